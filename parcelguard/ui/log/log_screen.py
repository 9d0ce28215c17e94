"""The media log: what was saved, how it got to the buyers, and what to do about the rest.

Built on its first visit. Nothing here reads the database on the window's thread.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.events import ProofChanged
from parcelguard.core.message_id import msgid
from parcelguard.packing.desk_view import ProofSaved
from parcelguard.runtime.translation import tr
from parcelguard.store.views import LogEntry, LogFilter
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import plain_label
from parcelguard.ui.kit.qss import page_sheet
from parcelguard.ui.kit.theme import Theme, Token
from parcelguard.ui.log.detail import LogDetail
from parcelguard.ui.log.filters import LogFilters
from parcelguard.ui.log.model import ENTRY_ROLE, RESENDABLE, Column, LogModel
from parcelguard.ui.log.row_painter import ROW_HEIGHT, LogDelegate, link_width
from parcelguard.ui.ports import LogPort
from parcelguard.ui.screen import Screen
from parcelguard.ui.words.log_words import counts_down
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.sentences import together

GATHER_MS = 300  # changes of so long are read from the records once
SLOW_MS = 300  # a wait that long is shown
TICK_MS = 1000
_WIDTHS = {
    Column.PICTURE: 84,
    Column.TAKEN: 104,
    Column.ORDER: 156,
    Column.SHOP: 136,
    Column.BUYER: 96,
    Column.PACKER: 76,
    Column.RESEND: 82,
}
# What these do with when the status needs the rest.
_NARROW = {Column.PICTURE: 76, Column.ORDER: 142, Column.BUYER: 88, Column.PACKER: 54}
_WIDE_ROOM = 980
_SHORT_BADGES = {Column.SHOP: 112}  # all but the longest fit
_LONG_BADGES_ROOM = 860
_NEEDED_ROOM = {
    Column.PACKER: 900,
    Column.BUYER: 830,
    Column.SHOP: 740,
    Column.PICTURE: 560,
    Column.RESEND: 470,
}
EMPTY_LOG = msgid(
    "No photos yet. Scan an order on Pack, press F1 to take a photo and F4 to send it. Then it appears here."
)
NOTHING_FOUND = msgid("No order found. Try fewer letters, other dates, or the status All.")


class LogPage(Screen):
    """Search and rows at the left, one proof in detail at the right."""

    def __init__(
        self, theme: Theme, log: LogPort, bridge: EventBridge, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._log = log
        self._rows = Background("log-rows", self)
        self._pictures = Background("log-pictures", self)
        self._changed: set[str] = set()
        self._counting = 0
        self._wanted = ""  # the proof whose text is to be changed once its row is there
        self.filters = LogFilters(theme, self)
        self.model = LogModel(log, self._rows, self._pictures, self)
        self.table = QTableView(self)
        self.note = plain_label("", self)
        self.detail = LogDetail(theme, log, self._rows, self._pictures, self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.hide()
        self._gathering = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self.ticks = QTimer(self, interval=TICK_MS)
        self._set_up_table()
        self._lay_out()
        self._restyle()
        self._connect(bridge)
        self._search()

    def shut_down(self) -> None:
        """End the threads that read for this page."""
        self._gathering.stop()
        self._slow.stop()
        self.ticks.stop()
        self._rows.shut_down()
        self._pictures.shut_down()

    def edit(self, proof_id: str, order_number: str) -> None:
        """Show this proof, with its text open to be changed and sent again."""
        self._wanted = proof_id
        self.filters.only(order_number)

    def escape(self) -> bool:
        """Leave the nearest thing that is open; False if there is none."""
        return self.detail.foot.leave_panel() or self.filters.clear_search()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin in the search field, up to date."""
        super().showEvent(event)
        self.filters.search.setFocus()
        self._gathering.start()
        self.ticks.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Count nothing down that nobody sees."""
        super().hideEvent(event)
        self.ticks.stop()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Share the room anew."""
        self._share_room()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), self._theme.color(Token.BG))

    def _share_room(self) -> None:
        """Give way to the status in a narrow window or with large text: the packer's name first."""
        theme, table = self._theme, self.table
        self.detail.fit(self.width())
        room = self.width() - self.detail.width()
        narrow = _NARROW if room < theme.em(_WIDE_ROOM) else {}
        short = _SHORT_BADGES if room < theme.em(_LONG_BADGES_ROOM) else {}
        for column, width in {**_WIDTHS, **narrow, **short}.items():
            table.setColumnWidth(column, theme.em(width))
        table.setColumnWidth(Column.RESEND, max(theme.em(_WIDTHS[Column.RESEND]), link_width(theme)))
        for column, needed in _NEEDED_ROOM.items():
            table.setColumnHidden(column, room < theme.em(needed))

    # ---- building --------------------------------------------------------------------

    def _set_up_table(self) -> None:
        table, px = self.table, self._theme.px
        table.setModel(self.model)
        table.setItemDelegate(LogDelegate(self._theme, self.model, table.viewport()))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setAccessibleName(tr("Photos, newest first"))
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows, columns = table.verticalHeader(), table.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        columns.setMinimumSectionSize(px(40))
        columns.setSectionResizeMode(Column.STATUS, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        px = self._theme.px
        left = QVBoxLayout()
        left.setContentsMargins(px(16), px(14), px(16), px(14))
        left.setSpacing(px(12))
        left.addWidget(self.filters)
        left.addWidget(self.note, 1)
        left.addWidget(self.table, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.detail)

    def _restyle(self) -> None:
        theme = self._theme
        self.setStyleSheet(page_sheet(theme))
        self.table.verticalHeader().setDefaultSectionSize(theme.em(ROW_HEIGHT))
        self._share_room()
        self.update()

    def _connect(self, bridge: EventBridge) -> None:
        bridge.proof_changed.connect(self._on_proof)
        bridge.proof_saved.connect(self._on_saved)
        self.filters.changed.connect(self._search)
        self.filters.search.left_below.connect(self._enter_rows)
        self.model.loaded.connect(self._show_state)
        self.model.failed.connect(self._show_failure)
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.clicked.connect(self._on_click)
        self.detail.changed.connect(self._on_acted)
        self._gathering.timeout.connect(self._refresh)
        self._slow.timeout.connect(self._show_that_it_is_slow)
        self.ticks.timeout.connect(self._count_down)
        self._theme.changed.connect(self._restyle)

    # ---- asking ----------------------------------------------------------------------

    def _search(self) -> None:
        self._slow.start()
        self.detail.clear()
        self.model.search(self.filters.query)
        self._count()

    def _count(self) -> None:
        self._counting += 1
        asked = self._counting
        query = self.filters.query

        def show(counts: dict[LogFilter, int]) -> None:
            if asked == self._counting:
                self.filters.show_counts(counts)

        self._rows.ask(lambda: self._log.counts(query), show, self._show_failure)

    def _on_proof(self, event: ProofChanged) -> None:
        self._note_change(event.proof_id)

    def _on_saved(self, event: ProofSaved) -> None:
        self._note_change(event.proof.id)

    def _on_acted(self, proof_id: str) -> None:
        self._changed.add(proof_id)
        self._refresh()

    def _note_change(self, proof_id: str) -> None:
        """Collect news; a burst of them costs one look at the database."""
        self._changed.add(proof_id)
        if self.isVisible() and not self._gathering.isActive():
            self._gathering.start()

    def _refresh(self) -> None:
        changed, self._changed = self._changed, set()
        self.model.refresh(changed)
        self.detail.refresh(changed)
        self._count()

    # ---- telling ---------------------------------------------------------------------

    def _show_state(self) -> None:
        self._slow.stop()
        if self.model.rowCount():
            self._say("")
            wanted = self.model.row_of(self._wanted)
            if wanted is not None:
                proof_id, self._wanted = self._wanted, ""
                self.table.selectRow(wanted)
                self.detail.show_proof(proof_id, edit=True)
            elif not self.table.currentIndex().isValid():
                self.table.selectRow(0)
        else:
            self._say(tr(NOTHING_FOUND if self.filters.narrowed else EMPTY_LOG))

    def _show_that_it_is_slow(self) -> None:
        if not self.model.rowCount():
            self._say(tr("Reading…"))

    def _show_failure(self, error: ParcelGuardError) -> None:
        self._slow.stop()
        self._say(together(*said(error.reason)))

    def _say(self, words: str) -> None:
        """Say something in place of the rows, or show the rows again."""
        self.note.setText(words)
        self.note.setVisible(bool(words))
        self.table.setVisible(not words)

    def _count_down(self) -> None:
        """Paint the rows anew whose words tell how long they wait still."""
        table, last = self.table, self.model.rowCount() - 1
        lowest = table.rowAt(table.viewport().height() - 1)
        for row in range(max(0, table.rowAt(0)), (lowest if lowest >= 0 else last) + 1):
            if counts_down(self.model.entry(row)):
                table.update(self.model.index(row, Column.STATUS))

    def _enter_rows(self) -> None:
        if self.model.rowCount():
            self.table.setFocus()

    def _on_row(self, current: QModelIndex) -> None:
        entry = current.data(ENTRY_ROLE) if current.isValid() else None
        if isinstance(entry, LogEntry):
            self.detail.show_proof(entry.proof.id)

    def _on_click(self, index: QModelIndex) -> None:
        """Act on the link only: Enter and double clicks come from scanners and haste."""
        entry = index.data(ENTRY_ROLE)
        if index.column() != Column.RESEND or not isinstance(entry, LogEntry):
            return
        if entry.proof.state in RESENDABLE:
            self.detail.show_proof(entry.proof.id, resend=True)
