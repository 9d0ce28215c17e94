"""What a person can do about a proof: send it again, answer what nobody knows, open its folder.

Everything is asked inline; there is no dialog to miss or to click away.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from parcelguard.domain import Part, PartKind, ProofState
from parcelguard.store.views import ProofDetail
from parcelguard.ui.log_model import RESENDABLE
from parcelguard.ui.ports import Decision
from parcelguard.ui.theme import Theme

FAILED_REASON = "Sending failed"
_ANSWERS = (
    (Decision.THERE, "It is there"),
    (Decision.LEAVE, "Leave it"),
    (Decision.SEND_AGAIN, "Not there, send again"),
)


def button(words: str, parent: QWidget, *, main: bool = False) -> QPushButton:
    """Return a push button; `main` marks the one main action."""
    made = QPushButton(words, parent)
    made.setProperty("main", main)
    made.setAutoDefault(False)
    return made


def plain_label(words: str, parent: QWidget) -> QLabel:
    """Return a wrapped label that never reads its text as markup."""
    made = QLabel(words, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(True)
    return made


class ResendPanel(QWidget):
    """Reason and text of a further sending, and what the buyer gets."""

    confirmed = Signal(str, str)  # text, reason
    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.reason = QLineEdit(self)
        self.reason.setPlaceholderText("Why it is sent again (kept with the proof)")
        self.reason.setAccessibleName("Reason")
        self.reason.setMaxLength(200)
        self.text = QPlainTextEdit(self)
        self.text.setAccessibleName("Message to buyer")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(theme.em(96))
        self.gets = plain_label("", self)
        self.confirm = button("Send again", self, main=True)
        self.cancel = button("Cancel", self)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(8))
        for widget in (self.reason, self.text, self.gets):
            rows.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.confirm)
        row.addWidget(self.cancel)
        row.addStretch(1)
        rows.addLayout(row)
        self.reason.textChanged.connect(self._check)
        self.text.textChanged.connect(self._check)
        self.reason.returnPressed.connect(self._confirm)
        self.confirm.clicked.connect(self._confirm)
        self.cancel.clicked.connect(self.cancelled)

    def open(self, detail: ProofDetail) -> None:
        """Begin with the text that was sent; a failed one brings its reason along."""
        failed = detail.entry.proof.state is ProofState.ATTENTION
        self.reason.setText(FAILED_REASON if failed else "")
        self.text.setPlainText(detail.text)
        count = len(detail.photos)
        photos = f"{count} photo{'s' if count != 1 else ''}"
        again = "" if failed else " They stand in the chat twice then."
        self.gets.setText(f"The buyer gets this text and {photos}.{again}")
        self._check()
        self.show()
        self.reason.setFocus()

    def _check(self) -> None:
        told = bool(self.reason.text().strip()) and bool(self.text.toPlainText().strip())
        self.confirm.setEnabled(told)

    def _confirm(self) -> None:
        if self.confirm.isEnabled():
            self.confirmed.emit(self.text.toPlainText().strip(), self.reason.text().strip())


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

    def _question(self, part: Part, detail: ProofDetail) -> QWidget:
        name = part_name(part, detail)
        asked = QWidget(self)
        rows = QVBoxLayout(asked)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(plain_label(f"{name} may have arrived. Look in the chat: is it there?", asked))
        answers = QGridLayout()
        answers.setSpacing(self._theme.px(6))
        for place, (decision, words) in enumerate(_ANSWERS):
            answer = button(words, asked)
            answer.setAccessibleName(f"{name}: {words}")
            answer.clicked.connect(partial(self._answer, part.id, decision))
            answers.addWidget(answer, place // 2, place % 2)
        rows.addLayout(answers)
        return asked

    def _answer(self, part_id: str, decision: Decision) -> None:
        for asked in self._asked:
            asked.setEnabled(False)  # one answer each; the next look at the proof brings what is left
        self.answered.emit(part_id, decision)


class Actions(QWidget):
    """The buttons at the foot of the detail, or what they opened."""

    resend = Signal(str, str)  # text, reason
    decided = Signal(str, Decision)
    folder = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._detail: ProofDetail | None = None
        self.panel = ResendPanel(theme, self)
        self.questions = Questions(theme, self)
        self._buttons = QWidget(self)
        self.main = button("Resend", self._buttons, main=True)
        self.edit = button("Edit and resend", self._buttons)
        self.open_folder = button("Folder", self._buttons)
        row = QVBoxLayout(self._buttons) if theme.large_text else QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        for each in (self.main, self.edit, self.open_folder):
            row.addWidget(each)
        row.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(10))
        for widget in (self.questions, self.panel, self._buttons):
            rows.addWidget(widget)
        self.main.clicked.connect(self.begin)
        self.edit.clicked.connect(self._open_panel)
        self.open_folder.clicked.connect(self.folder)
        self.panel.confirmed.connect(self._confirm)
        self.panel.cancelled.connect(self.close_panel)
        self.questions.answered.connect(self.decided)
        self.panel.hide()

    def show_detail(self, detail: ProofDetail) -> None:
        """Offer what makes sense for this proof. A text being written stays."""
        same = self._detail is not None and self._detail.entry.proof.id == detail.entry.proof.id
        self._detail = detail
        state = detail.entry.proof.state
        failed = state is ProofState.ATTENTION
        unsure = bool(detail.undecided)
        self.main.setText("Resend" if failed else "Resend proof")
        self.main.setVisible(state in RESENDABLE and not unsure)
        self.main.setEnabled(True)
        self.edit.setVisible(failed and not unsure)
        self.questions.show_parts(detail)
        if not same or state not in RESENDABLE:
            self.close_panel()

    def begin(self) -> None:
        """Send a failed proof again at once; ask for the reason when the buyer has it already."""
        detail = self._detail
        if detail is None or not self.main.isVisibleTo(self._buttons):
            return
        if detail.entry.proof.state is ProofState.ATTENTION:
            self.main.setEnabled(False)  # a second click says nothing new
            self.resend.emit(detail.text, FAILED_REASON)
        else:
            self._open_panel()

    def close_panel(self) -> bool:
        """Leave the panel; False if it was not open."""
        if self.panel.isHidden():
            return False
        self.panel.hide()
        self._buttons.show()
        return True

    def _open_panel(self) -> None:
        if self._detail is not None:
            self._buttons.hide()
            self.panel.open(self._detail)

    def _confirm(self, text: str, reason: str) -> None:
        self.close_panel()
        self.main.setEnabled(False)
        self.resend.emit(text, reason)


def part_name(part: Part, detail: ProofDetail) -> str:
    """Return what a part is called: "The text" or "Photo 2"."""
    if part.kind is PartKind.TEXT:
        return "The text"
    ordinals = {photo.id: photo.ordinal for photo in detail.photos}
    return f"Photo {ordinals.get(part.photo_id, part.ordinal)}"
