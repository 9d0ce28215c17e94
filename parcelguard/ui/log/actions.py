"""What a person can do about a proof: send it again, answer what nobody knows, open its folder.

Everything is asked inline; there is no dialog to miss or to click away.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.message_id import msgid
from parcelguard.core.parts import PartKind
from parcelguard.core.proofs import ProofState
from parcelguard.runtime.translation import tr
from parcelguard.store.views import ProofDetail
from parcelguard.ui.kit.buttons import ButtonRow, button
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.log.action_panels import FAILED_REASON, ClosePanel, Questions, ResendPanel, is_hidden
from parcelguard.ui.log.model import RESENDABLE
from parcelguard.ui.ports import Decision

_MAIN = {ProofState.ATTENTION: msgid("Resend"), ProofState.SAVED: msgid("Send now")}
_AGAIN = msgid("Resend proof")
_TO_HAND = (ProofState.SAVED, ProofState.ATTENTION, ProofState.PARTLY, ProofState.CLOSED)
_CLOSABLE = (ProofState.ATTENTION, ProofState.WAITING)


class Actions(QWidget):
    """The buttons at the foot of the detail, or what they opened."""

    resend = Signal(str, str)  # text, reason
    closed = Signal(str)  # reason
    decided = Signal(str, Decision)
    folder = Signal()
    by_hand = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._detail: ProofDetail | None = None
        self.panel = ResendPanel(theme, self)
        self.close_panel = ClosePanel(theme, self)
        self.questions = Questions(theme, self)
        self._buttons = QWidget(self)
        self._begin_row = ButtonRow(theme, self._buttons)
        self._end_row = ButtonRow(theme, self._buttons)  # apart: these end what the others begin
        self.main = button(tr("Resend"), self._begin_row, main=True)
        self.edit = button(tr("Edit and resend"), self._begin_row)
        self.open_folder = button(tr("Folder"), self._begin_row)
        self.close_proof = button(tr("Close…"), self._end_row, quiet=True)
        self.close_proof.setAccessibleName(tr("Close this proof: nothing more of it is sent"))
        self.hand = button(tr("Send by hand"), self._end_row, quiet=True)
        self.hand.setAccessibleName(tr("Send the rest of this proof by hand"))
        self.not_sent = button(tr("Not sent after all"), self._end_row, quiet=True)
        self.not_sent.setAccessibleName(tr("It was not sent by hand after all"))
        self._lay_out(theme)
        self.hand.clicked.connect(self._leave_to_hand)
        self.not_sent.clicked.connect(self._take_back)
        self.main.clicked.connect(self.begin_resending)
        self.edit.clicked.connect(self._open_panel)
        self.close_proof.clicked.connect(self._open_close)
        self.open_folder.clicked.connect(self.folder)
        self.panel.confirmed.connect(self._confirm)
        self.close_panel.confirmed.connect(self._confirm_close)
        for panel in (self.panel, self.close_panel):
            panel.cancelled.connect(self.leave_panel)
        self.questions.answered.connect(self.decided)

    def show_detail(self, detail: ProofDetail) -> None:
        """Offer what makes sense for this proof. A text being written stays."""
        same = self._detail is not None and self._detail.entry.proof.id == detail.entry.proof.id
        self._detail = detail
        state = detail.entry.proof.state
        failed = state is ProofState.ATTENTION
        unsure = bool(detail.undecided)
        self.main.setText(tr(_MAIN.get(state, _AGAIN)))
        self.main.setVisible(state in RESENDABLE and not unsure)
        self.edit.setVisible(failed and not unsure)
        self.close_proof.setVisible(state in _CLOSABLE)
        self.hand.setVisible(state in _TO_HAND and not unsure)
        self.not_sent.setVisible(state is ProofState.HANDED)
        self._end_row.setVisible(any(not each.isHidden() for each in self._end_row.buttons))
        self.enable()
        self.questions.show_parts(detail)
        if not same or (self.panel.isVisibleTo(self) and state not in RESENDABLE):
            self.leave_panel()
        if self.close_panel.isVisibleTo(self) and state not in _CLOSABLE:
            self.leave_panel()

    def edit_text(self) -> None:
        """Open the panel with the text, if there is something to send again."""
        if self._detail is not None and self.main.isVisibleTo(self._buttons):
            self._open_panel()

    def enable(self) -> None:
        """Let the person act, again after what was asked did not work."""
        for each in (self.main, self.close_proof, self.hand, self.not_sent):
            each.setEnabled(True)
        self.questions.enable()

    def begin_resending(self) -> None:
        """Send a failed proof again at once; for any other, or a hidden one, open the panel."""
        detail = self._detail
        if detail is None or not self.main.isVisibleTo(self._buttons):
            return
        if detail.entry.proof.state is ProofState.ATTENTION and not is_hidden(detail):
            self._wait()
            self.resend.emit(detail.text, tr(FAILED_REASON))
        else:
            self._open_panel()

    def refuse(self, error: ParcelGuardError) -> bool:
        """Say in the open panel that what it asked for was refused; False if none is open."""
        self.enable()
        opened = next((panel for panel in (self.panel, self.close_panel) if not panel.isHidden()), None)
        if opened is not None:
            opened.refuse(error)
        return opened is not None

    def leave_panel(self) -> bool:
        """Leave what is asked; False if nothing is."""
        if self.panel.isHidden() and self.close_panel.isHidden():
            return False
        self.panel.hide()
        self.close_panel.hide()
        self._buttons.show()
        return True

    def _lay_out(self, theme: Theme) -> None:
        self._begin_row.show_buttons([self.main, self.edit, self.open_folder])
        self._end_row.show_buttons([self.close_proof, self.hand, self.not_sent])
        buttons = QVBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(theme.px(8))
        buttons.addWidget(self._begin_row)
        buttons.addWidget(self._end_row)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(10))
        for widget in (self.questions, self.panel, self.close_panel, self._buttons):
            rows.addWidget(widget)

    def _open_panel(self) -> None:
        if self._detail is not None:
            self._buttons.hide()
            self.panel.open_resending(self._detail)

    def _open_close(self) -> None:
        self._buttons.hide()
        self.close_panel.open_closing()

    def _confirm(self, text: str, reason: str) -> None:
        self._wait()
        self.resend.emit(text, reason)

    def _confirm_close(self, reason: str) -> None:
        self._wait()
        self.closed.emit(reason)

    def _leave_to_hand(self) -> None:
        self._wait()
        self.by_hand.emit()

    def _take_back(self) -> None:
        """Put it back among what is to be sent by hand."""
        parts = self._detail.parts if self._detail else ()
        part = next((part for part in parts if part.kind is PartKind.HAND), None)
        if part is not None:
            self._wait()
            self.decided.emit(part.id, Decision.NOT_HANDED)

    def _wait(self) -> None:
        """Take no second click: it says nothing new."""
        for each in (self.main, self.close_proof, self.hand, self.not_sent):
            each.setEnabled(False)
