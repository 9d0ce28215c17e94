"""A question that stands before packing: what happened, what is safe, and a few ways to go on.

Shown in place of Pack by `MainWindow.ask`, `tell_progress` and `tell_done`. A choice is made by its
figure, by Tab and Space, or by mouse; a scan chooses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.blocks import Flowing, plain_label
from parcelguard.ui.kit.buttons import button
from parcelguard.ui.kit.paint import box, focus_ring, key_cap, key_cap_width, text, wrapped
from parcelguard.ui.kit.qss import page_sheet
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Size, Theme, Token

WIDEST = 820
PADDING = 18


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go on: its name, what it does in plain words, and what to call on the window's thread."""

    title: str
    text: str
    chosen: Callable[[], None]


class ChoiceButton(QAbstractButton):
    """A card with its figure as a key, a title and an explanation."""

    def __init__(self, theme: Theme, figure: int, choice: Choice, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.figure = str(figure)
        self._choice = choice
        self.setAccessibleName(f"{figure}: {choice.title}")
        self.setAccessibleDescription(choice.text)
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(policy.Policy.Expanding)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        """Say so to the layout."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return room for title and explanation."""
        theme = self._theme
        title, plain = theme.font(Size.WORDS, 600), theme.font()
        lines = QFontMetrics(title).height() * len(wrapped(self._choice.title, title, self._room(width)))
        rest = self._line_height() * len(wrapped(self._choice.text, plain, self._room(width)))
        return lines + rest + 2 * theme.px(PADDING) + theme.px(4)

    def sizeHint(self) -> QSize:
        """Return the size at the present width."""
        return QSize(self._theme.px(400), self.heightForWidth(self.width()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the card."""
        painter, theme = QPainter(self), self._theme
        over = self.underMouse() and self.isEnabled()
        box(
            painter,
            self.rect(),
            theme.px(12),
            theme.color(Token.RAISED if over else Token.SURFACE),
            theme.color(Token.LINE),
        )
        left, top = theme.px(18), theme.px(PADDING)
        title, plain = theme.font(Size.WORDS, 600), theme.font()
        height = QFontMetrics(title).height()
        key_cap(painter, theme, left, top + height // 2, self.figure, filled=False)
        left, room = self._left, self._room(self.width())
        ink = theme.color(Token.TEXT if self.isEnabled() else Token.MUTED)
        for line in wrapped(self._choice.title, title, room):
            text(painter, QRect(left, top, room, height), line, title, ink)
            top += height
        top += theme.px(4)
        for line in wrapped(self._choice.text, plain, room):
            row = QRect(left, top, room, self._line_height())
            text(painter, row, line, plain, theme.color(Token.MUTED))
            top += self._line_height()
        if self.hasFocus():
            focus_ring(painter, theme, self.rect(), theme.px(12))

    @property
    def _left(self) -> int:
        return self._theme.px(18) + key_cap_width(self._theme, self.figure) + self._theme.px(16)

    def _room(self, width: int) -> int:
        return max(60, width - self._left - self._theme.px(18))

    def _line_height(self) -> int:
        return round(QFontMetrics(self._theme.font()).height() * 1.2)


class Paragraph(Flowing):
    """Words at reading size, broken to the width."""

    def __init__(self, theme: Theme, size: Size, token: Token, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._size, self._token = size, token
        self._words = ""

    @property
    def words(self) -> str:
        """What stands here."""
        return self._words

    def say(self, words: str) -> None:
        """Say this; nothing takes no room."""
        self._words = words
        self.setAccessibleName(words)
        self.setVisible(bool(words))
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines."""
        return len(self._lines(width)) * self._line_height()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the lines."""
        painter, font = QPainter(self), self._font
        for place, line in enumerate(self._lines(self.width())):
            area = QRect(0, place * self._line_height(), self.width(), self._line_height())
            text(painter, area, line, font, self._theme.color(self._token))

    @property
    def _font(self) -> QFont:
        return self._theme.font(self._size, 400 if self._size is Size.BODY else 700)

    def _lines(self, width: int) -> list[str]:
        return wrapped(self._words, self._font, width) if self._words else []

    def _line_height(self) -> int:
        return round(QFontMetrics(self._font).height() * 1.25)


class RepairPage(ScrollColumn):
    """Asks, then tells how it goes on, then what came of it."""

    done = Signal()  # "Go on" was pressed

    def __init__(
        self,
        theme: Theme,
        headline: str,
        advice: str,
        choices: Sequence[Choice],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.headline, self.advice = headline, advice
        self.setAccessibleName(f"{headline} {advice}")
        inside = QWidget()
        self._head = Paragraph(theme, Size.CODE, Token.TEXT, inside)
        self._advice = Paragraph(theme, Size.BODY, Token.TEXT, inside)
        self.choices = [
            ChoiceButton(theme, figure, choice, inside) for figure, choice in enumerate(choices, 1)
        ]
        for chooser, choice in zip(self.choices, choices, strict=True):
            chooser.clicked.connect(partial(self._choose, choice))
        self.keys = plain_label(_keys(len(choices)), inside)
        self.progress_text = Paragraph(theme, Size.BODY, Token.TEXT, inside)
        self.go_on = button(tr("Go on"), inside, main=True)
        self.go_on.clicked.connect(self.done)
        self.go_on.hide()
        self.progress_text.say("")
        self._head.say(headline)
        self._advice.say(advice)
        self._lay_out(inside)
        self.setWidget(inside)
        theme.changed.connect(self._restyle)
        self._restyle()

    def press(self, character: str) -> None:
        """Take in a figure that stood alone."""
        for chooser in self.choices:
            if chooser.isVisible() and chooser.isEnabled() and chooser.figure == character:
                chooser.click()
                return

    def progress(self, words: str) -> None:
        """Say how far it is; the choices are made."""
        self._made()
        self.progress_text.say(words)

    def finish(self, headline: str, rest: str) -> None:
        """Say what came of it, the headline large, and offer to go on."""
        self._made()
        self._head.say(headline)
        self._advice.say(rest)
        self.progress_text.say("")
        self.go_on.show()
        self.go_on.setFocus()

    def _choose(self, choice: Choice) -> None:
        for chooser in self.choices:
            # A second press says nothing new.
            chooser.setEnabled(False)
        self.keys.hide()
        self.progress_text.say(tr("Working…"))
        choice.chosen()

    def _made(self) -> None:
        self.keys.hide()
        for chooser in self.choices:
            chooser.hide()

    def _lay_out(self, inside: QWidget) -> None:
        px = self._theme.px
        inside.setMaximumWidth(self._theme.em(WIDEST))
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(px(32), px(32), px(32), px(24))
        rows.setSpacing(px(14))
        for widget in (self._head, self._advice, *self.choices, self.keys, self.progress_text):
            rows.addWidget(widget)
        rows.addWidget(self.go_on, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch(1)

    def _restyle(self) -> None:
        self.setStyleSheet(page_sheet(self._theme))


def _keys(count: int) -> str:
    """Return how to choose without a mouse."""
    if count == 0:
        return ""
    if count == 1:
        return tr("Press 1")
    if count == 2:
        return tr("Press 1 or 2")
    if count == 3:
        return tr("Press 1, 2 or 3")
    return tr("Press a number from 1 to {last}", last=count)
