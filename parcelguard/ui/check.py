"""What needs a check: everything that waits for a person's answer, with what is known about it.

Built on its first visit. Nothing here reads the database on the window's thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from parcelguard.domain import Decision
from parcelguard.errors import ParcelGuardError
from parcelguard.events import ProofChanged
from parcelguard.store.views import AttentionGroup
from parcelguard.ui import check_words
from parcelguard.ui.background import Background
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.check_detail import CheckDetail
from parcelguard.ui.check_list import CheckList
from parcelguard.ui.check_model import CheckModel, Row
from parcelguard.ui.log_actions import plain_label
from parcelguard.ui.log_parts import ReasonBox
from parcelguard.ui.pictures import Thumbnails
from parcelguard.ui.ports import LogDesk
from parcelguard.ui.qss import page_sheet
from parcelguard.ui.screen import Screen
from parcelguard.ui.theme import Theme, Token
from parcelguard.ui.words import BandTone

NEWS_REST_MS = 300
SLOW_MS = 300  # a wait that long is told
AT_ONCE = 25  # answers carried out between two looks at whether to stop
LIST_SHARE = 0.42
HINT_WIDTH = 620


class CheckPage(Screen):
    """Groups at the left, the chosen message's evidence and the answers at the right."""

    edit_wanted = Signal(str, str)  # proof id, order number

    def __init__(
        self, theme: Theme, desk: LogDesk, bridge: EventBridge, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._desk = desk
        self._rows = Background("check-rows", self)
        self._pictures = Background("check-pictures", self)
        self._acting = False
        self._stopping = False
        self._visited = False  # a message was chosen already; from then on the person chooses
        self.model = CheckModel(self)
        self.list = CheckList(theme, self.model, Thumbnails(desk, self._pictures), self)
        self.detail = CheckDetail(theme, desk, self._rows, self._pictures, self)
        self.told = ReasonBox(theme, self)
        self.told.hide()
        self.note = plain_label("", self)
        self.hint = plain_label("", self)
        self.note.setProperty("strong", True)  # noqa: FBT003 - Qt's own way
        self._news = QTimer(self, singleShot=True, interval=NEWS_REST_MS)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._lay_out()
        self._restyle()
        self._connect(bridge)
        self._say("")
        self._read()

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
        if self._acting:
            self._stop()
            return True
        return self.detail.answers.leave_question() or self.model.untick()

    def shut_down(self) -> None:
        """End the threads that read for this page."""
        self._news.stop()
        self._slow.stop()
        self._rows.shut_down()
        self._pictures.shut_down()

    # ---- Qt --------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin in the list, up to date."""
        super().showEvent(event)
        self.list.setFocus()
        self._news.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Forget what came of the last answer."""
        super().hideEvent(event)
        self.told.hide()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Share the room."""
        self._share_room()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), self._theme.color(Token.BG))

    # ---- building --------------------------------------------------------------------

    def _lay_out(self) -> None:
        px = self._theme.px
        self._left = QWidget(self)
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(px(8))
        for label in (self.note, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        left.addStretch(1)
        for label in (self.note, self.hint):
            middle = QHBoxLayout()
            middle.addWidget(label)
            left.addLayout(middle)
        left.addWidget(self.list, 1000)
        left.addStretch(1)
        below = QVBoxLayout()
        below.setContentsMargins(px(12), 0, px(12), px(12))
        below.addWidget(self.told)
        left.addLayout(below)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._left, 1)
        row.addWidget(self.detail)

    def _share_room(self) -> None:
        """Give the evidence the larger share: chats are read there."""
        self.detail.setFixedWidth(round(self.width() * (1 - LIST_SHARE)))
        for label in (self.note, self.hint):
            label.setFixedWidth(min(self._theme.em(HINT_WIDTH), self.width() * 9 // 10))  # centred in its row

    def _restyle(self) -> None:
        theme = self._theme
        self.setStyleSheet(page_sheet(theme))
        self._share_room()
        self.update()

    def _connect(self, bridge: EventBridge) -> None:
        bridge.proof_changed.connect(self._on_proof)
        self.list.chosen.connect(self._show_chosen)
        self.model.ticked_changed.connect(self._show_answers)
        self.detail.answers.decided.connect(self._decide)
        self.detail.answers.edit_wanted.connect(self.edit_wanted)
        self.detail.answers.stopped.connect(self._stop)
        self._news.timeout.connect(self._read)
        self._slow.timeout.connect(self._tell_slow)
        self._theme.changed.connect(self._restyle)

    # ---- reading ---------------------------------------------------------------------

    def _on_proof(self, _news: ProofChanged) -> None:
        """Collect news; a burst of them costs one look at the database."""
        if self.isVisible() and not self._news.isActive():
            self._news.start()

    def _read(self) -> None:
        if not self.model.read:
            self._slow.start()
        self._rows.ask(self._desk.attention, self._show, self._tell_failure)

    def _show(self, groups: tuple[AttentionGroup, ...]) -> None:
        self._slow.stop()
        self.model.show(groups)
        if groups:
            self._say("")
            if self.list.current is None or not self._visited:
                self._visited = True
                self.list.choose(min(1, self.model.rowCount() - 1))  # the first message, below its group
        else:
            self._visited = False
            self._say(check_words.NOTHING, check_words.NOTHING_HINT)

    def _show_chosen(self) -> None:
        row = self.list.current
        if row is None:
            self.detail.clear()
        else:
            self.detail.show_row(row)
        self._show_answers()

    def _show_answers(self) -> None:
        self.detail.answers.show_rows(self.chosen)

    # ---- answering -------------------------------------------------------------------

    def _decide(self, decision: Decision, rows: list[Row]) -> None:
        """Carry out an answer, some messages at a time, so that it can be stopped."""
        parts = [row.item.part_id for row in rows if row.item]
        self._acting, self._stopping = True, False
        self.told.hide()
        self.detail.answers.begin(len(parts))
        self._go_on(decision, parts, 0, 0)

    def _go_on(self, decision: Decision, parts: list[str], asked: int, done: int) -> None:
        batch = parts[asked : asked + AT_ONCE]
        if not batch or self._stopping:
            self._finish(check_words.carried_out(decision, done, len(parts), stopped=bool(batch)))
            return

        def then(carried_out: int) -> None:
            self.detail.answers.progress(asked + len(batch), len(parts))
            self._go_on(decision, parts, asked + len(batch), done + carried_out)

        self._rows.ask(partial(self._desk.decide_all, batch, decision), then, self._refused)

    def _stop(self) -> None:
        self._stopping = True

    def _finish(self, words: str) -> None:
        self._acting = False
        self.model.untick()
        self.detail.answers.finish()
        self.told.show_reason(BandTone.OK, words, "")
        self.list.setFocus()
        self._read()

    def _refused(self, error: ParcelGuardError) -> None:
        self._acting = False
        self.detail.answers.refuse(error)
        self._read()

    # ---- telling ---------------------------------------------------------------------

    def _tell_slow(self) -> None:
        self._say("Reading…")

    def _tell_failure(self, error: ParcelGuardError) -> None:
        self._slow.stop()
        self._say(error.headline, error.advice)

    def _say(self, words: str, hint: str = "") -> None:
        """Say something in place of the list, or show the list again."""
        self.note.setText(words)
        self.hint.setText(hint)
        self.note.setVisible(bool(words))
        self.hint.setVisible(bool(hint))
        self.list.setVisible(not words)
        self.detail.setVisible(not words)
