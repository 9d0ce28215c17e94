"""What needs a check: everything that waits for a person's answer, with what is known about it.

Built on its first visit. Nothing here reads the database on the window's thread.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.events import ProofChanged
from parcelguard.core.shops import Shop
from parcelguard.runtime.translation import tr
from parcelguard.store.views import AttentionGroup
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.check.answering import Answering
from parcelguard.ui.check.detail import CheckDetail
from parcelguard.ui.check.group_list import CheckList
from parcelguard.ui.check.model import CheckModel, Row
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.list_column import ListColumn
from parcelguard.ui.kit.pictures import Thumbnails
from parcelguard.ui.kit.qss import page_sheet
from parcelguard.ui.kit.theme import Theme, Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.ports import LogPort
from parcelguard.ui.screen import Screen
from parcelguard.ui.words import check_words
from parcelguard.ui.words.reasons.saying import said

GATHER_MS = 300  # changes of so long are read from the records once
SLOW_MS = 300  # a wait that long is shown
LIST_SHARE = 0.42


class CheckPage(Screen):
    """Groups at the left, the chosen message's evidence and the answers at the right."""

    edit_wanted = Signal(str, str)  # proof id, order number

    def __init__(
        self,
        theme: Theme,
        log: LogPort,
        bridge: EventBridge,
        shops: Mapping[str, Shop],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._log = log
        self._rows = Background("check-rows", self)
        self._pictures = Background("check-pictures", self)
        self._visited = False  # a message was chosen already; from then on the person chooses
        self.model = CheckModel(self)
        self.list = CheckList(theme, self.model, Thumbnails(log, self._pictures), self)
        self.detail = CheckDetail(theme, log, shops, self._rows, self._pictures, self)
        self._answering = Answering(log, self._rows, self.detail, self)
        self._column = column = ListColumn(theme, self.list, self)
        self.title, self.note, self.hint, self.result = column.title, column.note, column.hint, column.result
        self._gathering = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._lay_out()
        self._restyle()
        self._connect(bridge)
        self._say("")
        self._read_groups()

    @property
    def chosen(self) -> list[Row]:
        """What an answer is for: the ticked messages, else the current one, else all of the current group."""
        if ticked := self.model.ticked:
            return ticked
        row = self.list.current
        if row is None:
            return []
        return [row] if row.item is not None else [Row(row.group, item) for item in row.group.items]

    def escape(self) -> bool:
        """Leave the nearest thing that is open; False if there is none."""
        if self._answering.stop():
            return True
        return self.detail.edit.escape() or self.detail.answers.leave_question() or self.model.untick()

    def shut_down(self) -> None:
        """End the threads that read for this page."""
        self._gathering.stop()
        self._slow.stop()
        self._rows.shut_down()
        self._pictures.shut_down()

    # ---- Qt --------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin in the list, or where a text was being written; up to date."""
        super().showEvent(event)
        (self.detail.edit.text if self._edits else self.list).setFocus()
        self._gathering.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Forget what came of the last answer."""
        super().hideEvent(event)
        self.result.hide()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Share the room."""
        self._share_room()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), self._theme.color(Token.BG))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._column, 1)
        row.addWidget(self.detail)

    def _share_room(self) -> None:
        """Give the evidence the larger share: chats are read there."""
        self.detail.setFixedWidth(round(self.width() * (1 - LIST_SHARE)))
        self._column.fit(self.width())

    def _restyle(self) -> None:
        theme = self._theme
        self.setStyleSheet(page_sheet(theme))
        self._share_room()
        self.update()

    def _connect(self, bridge: EventBridge) -> None:
        bridge.proof_changed.connect(self._on_proof)
        self.list.chosen.connect(self._show_chosen)
        self.model.ticked_changed.connect(self._show_answers)
        self.detail.answers.edit_wanted.connect(self.edit_wanted)
        self.detail.answers.edit_all_wanted.connect(self._edit_all)
        self._answering.began.connect(self.result.hide)
        self._answering.finished.connect(self._finish)
        self._answering.left_open.connect(self._read_groups)
        self.detail.edit.left.connect(self._leave_edit)
        self._gathering.timeout.connect(self._read_groups)
        self._slow.timeout.connect(self._show_that_it_is_slow)
        self._theme.changed.connect(self._restyle)

    # ---- reading ---------------------------------------------------------------------

    def _on_proof(self, _change: ProofChanged) -> None:
        """Collect news; a burst of them costs one look at the database."""
        if self.isVisible() and not self._gathering.isActive():
            self._gathering.start()

    def _read_groups(self) -> None:
        if not self.model.was_read:
            self._slow.start()
        self._rows.ask(self._log.attention, self._show_groups, self._show_failure)

    def _show_groups(self, groups: tuple[AttentionGroup, ...]) -> None:
        self._slow.stop()
        self.model.show_groups(groups)
        self.title.setText(check_words.title(groups))
        if self._edits and not self.detail.edit.drop_settled(
            {row.item.part_id for row in self.model.items if row.item}
        ):
            self._leave_edit()
            self.result.show_reason(BandTone.INFO, tr(check_words.DECIDED_MEANWHILE), "")
        if groups:
            self._say("")
            if self.list.current is None or not self._visited:
                self._visited = True
                self.list.choose(min(1, self.model.rowCount() - 1))  # the first message, below its group
        else:
            self._visited = False
            self._say(tr(check_words.NOTHING), tr(check_words.NOTHING_HINT))

    def _show_chosen(self) -> None:
        row = self.list.current
        if row is None:
            self.detail.clear()
        else:
            self.detail.show_row(row)
        self._show_answers()

    def _show_answers(self) -> None:
        self.detail.answers.show_rows(self.chosen)

    def _finish(self, words: str) -> None:
        """Say what came of it, and go on in the list."""
        self.model.untick()
        self.detail.answers.end_working()  # only now: what it offers is for what is chosen then
        if self._edits:
            self._leave_edit()
        self.result.show_reason(BandTone.OK, words, "")
        self.list.setFocus()
        self._read_groups()

    # ---- one text for many -----------------------------------------------------------

    @property
    def _edits(self) -> bool:
        """Whether a text is being written."""
        return not self.detail.edit.isHidden()

    def _edit_all(self, rows: list[Row]) -> None:
        """Write one text for these. The list rests meanwhile: it would change whom the text is for."""
        self.result.hide()
        self.list.setEnabled(False)
        self.detail.open_edit(rows)

    def _leave_edit(self) -> None:
        self.detail.close_edit()
        self.list.setEnabled(True)
        self.list.setFocus()

    def _show_that_it_is_slow(self) -> None:
        self._say(tr("Reading…"))

    def _show_failure(self, error: ParcelGuardError) -> None:
        self._slow.stop()
        self._say(*said(error.reason))

    def _say(self, words: str, hint: str = "") -> None:
        """Say something in place of the list, or show the list again."""
        self.note.setText(words)
        self.hint.setText(hint)
        self.note.setVisible(bool(words))
        self.hint.setVisible(bool(hint))
        self.list.setVisible(not words)
        self.detail.setVisible(not words)
        self.title.setVisible(not words)
