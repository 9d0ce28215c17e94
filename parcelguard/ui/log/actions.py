"""What a person can do about a proof: send it again, answer what nobody knows, open its folder.

Everything is asked inline; there is no dialog to miss or to click away.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.message_id import msgid
from parcelguard.core.parts import Part, PartKind, PartState, label_of
from parcelguard.core.proofs import ProofState
from parcelguard.runtime.translation import tr, trn
from parcelguard.store.views import ProofDetail
from parcelguard.ui.kit.blocks import ReasonBox, plain_label
from parcelguard.ui.kit.buttons import ButtonRow, button
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.log.model import RESENDABLE
from parcelguard.ui.ports import Decision
from parcelguard.ui.words.part_words import part_name
from parcelguard.ui.words.reasons.saying import said

# Reasons of a further sending, for the person to keep or to change; the log keeps them as they were read.
FAILED_REASON = msgid("Sending failed")
HIDDEN_REASON = msgid("Hidden by the marketplace")
_REASONS = {ProofState.ATTENTION: FAILED_REASON, ProofState.SAVED: msgid("Sent from the log")}
_TWICE = {
    ProofState.DELIVERED: msgid("The buyer gets the photos twice."),
    ProofState.PARTLY: msgid("The buyer gets twice what is in the chat already."),
}
_MAIN = {ProofState.ATTENTION: msgid("Resend"), ProofState.SAVED: msgid("Send now")}
_AGAIN = msgid("Resend proof")
_TO_HAND = (ProofState.SAVED, ProofState.ATTENTION, ProofState.PARTLY, ProofState.CLOSED)
_CLOSABLE = (ProofState.ATTENTION, ProofState.WAITING)
_ANSWERS = (
    (Decision.THERE, msgid("It is there")),
    (Decision.LEAVE, msgid("Leave it")),
    (Decision.SEND_AGAIN, msgid("Not there, send again")),
)


class Panel(QWidget):
    """A question that stands in place of the buttons: a reason, which is kept, and yes or no."""

    cancelled = Signal()

    def __init__(self, theme: Theme, yes: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.reason = QLineEdit(self)
        self.reason.setAccessibleName(tr("Reason"))
        self.reason.setMaxLength(200)
        self.confirm = button(yes, self, main=True)
        self.cancel = button(tr("Cancel"), self)
        self.refusal = ReasonBox(theme, self)
        self.refusal.hide()
        self._asking = False
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(theme.px(8))
        self._rows.addWidget(self.reason)
        self._rows.addWidget(self.refusal)
        row = QHBoxLayout()
        row.addWidget(self.confirm)
        row.addWidget(self.cancel)
        row.addStretch(1)
        self._rows.addLayout(row)
        self.reason.textChanged.connect(self._check)
        self.reason.returnPressed.connect(self._confirm)
        self.confirm.clicked.connect(self._confirm)
        self.cancel.clicked.connect(self.cancelled)
        self.hide()

    def refuse(self, error: ParcelGuardError) -> None:
        """Say why it was not done; what was written stays, to be changed and tried again."""
        self._asking = False
        self.refusal.show_reason(BandTone.BAD, *said(error.reason))
        self._check()

    def _insert(self, *widgets: QWidget) -> None:
        """Put these between the reason and the buttons."""
        for place, widget in enumerate(widgets, 1):
            self._rows.insertWidget(place, widget)

    def _begin(self) -> None:
        self._asking = False
        self.refusal.hide()
        self._check()
        self.show()
        self.reason.setFocus()

    def _complete(self) -> bool:
        return bool(self.reason.text().strip())

    def _check(self) -> None:
        self.confirm.setEnabled(self._complete() and not self._asking)

    def _confirm(self) -> None:
        if self.confirm.isEnabled():
            self._asking = True  # a second press says nothing new
            self.refusal.hide()
            self._check()
            self._tell()

    def _tell(self) -> None:
        raise NotImplementedError


class ResendPanel(Panel):
    """Reason and text of a further sending, and what the buyer gets."""

    confirmed = Signal(str, str)  # text, reason

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, tr("Send again"), parent)
        self.text = QPlainTextEdit(self)
        self.text.setAccessibleName(tr("Message to buyer"))
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(theme.em(96))
        self.gets = plain_label("", self)
        self._insert(self.text, self.gets)
        self.text.textChanged.connect(self._check)

    def open(self, detail: ProofDetail) -> None:
        """Begin with the text that was sent; what the buyer has not seen brings its reason along."""
        state = detail.entry.proof.state
        first = state is ProofState.SAVED
        reason = HIDDEN_REASON if is_hidden(detail) else _REASONS.get(state, "")
        self.reason.setPlaceholderText(
            tr("First a reason: why now?") if first else tr("First a reason: why again?")
        )
        self.reason.setText(tr(reason))
        self.confirm.setText(tr("Send now") if first else tr("Send again"))
        self.text.setPlainText(detail.text)
        gets = trn(
            "The buyer gets this text and {count} photo.",
            "The buyer gets this text and {count} photos.",
            len(detail.photos),
        )
        self.gets.setText(f"{gets} {tr(_TWICE.get(state, ''))}".strip())
        self._begin()

    def _complete(self) -> bool:
        return super()._complete() and bool(self.text.toPlainText().strip())

    def _tell(self) -> None:
        self.confirmed.emit(self.text.toPlainText().strip(), self.reason.text().strip())


class ClosePanel(Panel):
    """Why nothing more is to be sent of a proof."""

    confirmed = Signal(str)  # reason

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, tr("Close proof"), parent)
        self.reason.setPlaceholderText(tr("First a reason: why close it?"))
        self._insert(
            plain_label(tr("Nothing more of this order is sent. The photos stay on this computer."), self)
        )

    def open(self) -> None:
        """Begin without a reason."""
        self.reason.clear()
        self._begin()

    def _tell(self) -> None:
        self.confirmed.emit(self.reason.text().strip())


class Questions(QWidget):
    """One question for each part of which nobody knows whether it arrived."""

    answered = Signal(str, Decision)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._asked: list[QWidget] = []

    def show_parts(self, detail: ProofDetail) -> None:
        """Ask about these parts."""
        for asked in self._asked:
            self._rows.removeWidget(asked)
            asked.deleteLater()
        self._asked = [self._question(part, detail) for part in detail.undecided]
        for asked in self._asked:
            self._rows.addWidget(asked)
        self.setVisible(bool(self._asked))

    def enable(self) -> None:
        """Take an answer again, after one that could not be kept."""
        for asked in self._asked:
            asked.setEnabled(True)

    def _question(self, part: Part, detail: ProofDetail) -> QWidget:
        name = part_name(label_of(part, detail.photos))
        asked = QWidget(self)
        rows = QVBoxLayout(asked)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(
            plain_label(tr("{part} may have arrived. Look in the chat: is it there?", part=name), asked)
        )
        answers = QGridLayout()
        answers.setSpacing(self._theme.px(6))
        for place, (decision, words) in enumerate(_ANSWERS):
            answer = button(tr(words), asked)
            answer.setAccessibleName(tr("{part}: {answer}", part=name, answer=tr(words)))
            answer.clicked.connect(partial(self._answer, part.id, decision))
            if place < 2:
                answers.addWidget(answer, 0, place)
            else:  # the longest has the row to itself
                answers.addWidget(answer, 1, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        rows.addLayout(answers)
        return asked

    def _answer(self, part_id: str, decision: Decision) -> None:
        for asked in self._asked:
            asked.setEnabled(False)  # one answer each; the next look at the proof brings what is left
        self.answered.emit(part_id, decision)


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
        self.main.clicked.connect(self.begin)
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

    def begin(self) -> None:
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
            self.panel.open(self._detail)

    def _open_close(self) -> None:
        self._buttons.hide()
        self.close_panel.open()

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


def is_hidden(detail: ProofDetail) -> bool:
    """Whether the marketplace accepted a message of this proof and keeps it from the buyer."""
    return any(part.state is PartState.FILTERED for part in detail.parts)
