"""What is asked about a proof: why it is sent again, why nothing more of it is, whether a part arrived."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.message_id import msgid
from parcelguard.core.parts import Part, PartState, label_of
from parcelguard.core.proofs import ProofState
from parcelguard.runtime.translation import tr, trn
from parcelguard.store.views import ProofDetail
from parcelguard.ui.kit.blocks import ReasonBox, plain_label
from parcelguard.ui.kit.buttons import button
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.kit.tones import BandTone
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
_ANSWERS = (
    (Decision.THERE, msgid("It is there")),
    (Decision.LEAVE, msgid("Leave it")),
    (Decision.SEND_AGAIN, msgid("Not there, send again")),
)


def is_hidden(detail: ProofDetail) -> bool:
    """Whether the marketplace accepted a message of this proof and keeps it from the buyer."""
    return any(part.state is PartState.FILTERED for part in detail.parts)


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

    def open_resending(self, detail: ProofDetail) -> None:
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

    def open_closing(self) -> None:
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
