"""The packer's keys as large buttons, and the bench's own figures beside them."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from parcelguard.core.message_id import msgid
from parcelguard.core.proofs import Today
from parcelguard.runtime.translation import tr
from parcelguard.ui.keys.key_filter import Action
from parcelguard.ui.kit.paint import RIGHT, box, focus_ring, key_cap, key_cap_width, text, width_of
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.words import bar_words as words
from parcelguard.ui.words.key_names import ESC, key_name

_KEYS = (
    (Action.TAKE, "F1", msgid("Take photo"), Token.ACCENT_FILL),
    (Action.SAVE, "F4", msgid("Save and send"), Token.OK_FILL),
    (Action.RETAKE, "F2", msgid("Retake last"), None),
    (Action.CLEAR, ESC, msgid("Clear order"), None),
)


class KeyButton(QAbstractButton):
    """One key with what it does; works by mouse too, and never takes the focus from a scan."""

    def __init__(self, theme: Theme, key: str, does: str, fill: Token | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._key = key
        self._fill = fill
        self.setText(does)
        # Narrower than its words where the window is: otherwise all are squeezed alike, the figures too.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{does}, {key}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """Return cap, words and space around them."""
        theme = self._theme
        font = theme.font(Size.WORDS, 600)
        cap = key_cap_width(theme, self._key)
        width = cap + width_of(self.text(), font) + theme.px(55)
        return QSize(width, max(theme.px(64), theme.em(50)))

    def minimumSizeHint(self) -> QSize:
        """Return room for the key: a narrow window may shorten only the words."""
        return QSize(self._theme.em(96), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the key and the words."""
        painter, theme = QPainter(self), self._theme
        fill = theme.color(self._fill or Token.SURFACE)
        if self.isDown():
            fill = fill.darker(112)
        elif self.underMouse():
            fill = fill.lighter(108)
        line = None if self._fill else theme.color(Token.LINE)
        box(painter, self.rect(), theme.px(12), fill, line)
        tight = self.width() < self.sizeHint().width()
        left = theme.px(8 if tight else 21)
        filled = self._fill is not None
        left += key_cap(painter, theme, left, self.height() // 2, self._key, filled=filled) + theme.px(
            8 if tight else 13
        )
        area = QRect(left, 0, self.width() - left - theme.px(8), self.height())
        ink = theme.color(Token.ON_FILL if filled else Token.TEXT)
        fonts = [theme.font(size, 600) for size in (Size.WORDS, Size.BODY, Size.SMALL)]
        font = next((each for each in fonts if width_of(self.text(), each) <= area.width()), fonts[-1])
        text(painter, area, self.text(), font, ink)
        if self.hasFocus():
            focus_ring(painter, theme, self.rect(), theme.px(12))


class Figures(QWidget):
    """How many were packed today, and how fast."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._today = Today()

    def show_today(self, today: Today) -> None:
        """Take in the bench's figures."""
        self._today = today
        self.setAccessibleName(". ".join(line for line in self._lines if line))
        self.updateGeometry()
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Return room for both lines at their smallest: figures that are cut say something else."""
        small = self._theme.font(Size.SMALL), self._theme.font(Size.SMALL, 700)
        widest = max(width_of(line, font) for line in self._lines for font in small)
        return QSize(max(self._theme.em(130), widest + self._theme.px(4)), 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw both lines at the right."""
        painter, theme = QPainter(self), self._theme
        packed, pace = self._lines
        first = self._fitting(packed, (Size.WORDS, Size.BODY, Size.SMALL), 700)
        second = self._fitting(pace, (Size.BODY, Size.SMALL), 400)
        height = QFontMetrics(first).height() + theme.px(2)
        lower = QFontMetrics(second).height() if pace else 0
        top = (self.height() - height - lower) // 2
        text(painter, QRect(0, top, self.width(), height), packed, first, theme.color(Token.TEXT), RIGHT)
        below = QRect(0, top + height, self.width(), lower)
        text(painter, below, pace, second, theme.color(Token.MUTED), RIGHT)

    @property
    def _lines(self) -> tuple[str, str]:
        return words.packed_today(self._today.packed), words.pace(self._today.seconds_per_order)

    def _fitting(self, line: str, sizes: tuple[Size, ...], weight: Literal[400, 700]) -> QFont:
        """Return the largest of these fonts that the line fits in."""
        fonts = [self._theme.font(size, weight) for size in sizes]
        return next((font for font in fonts if width_of(line, font) <= self.width()), fonts[-1])


class KeyBar(QWidget):
    """The keys in the order of the hand, then the figures."""

    pressed = Signal(Action)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.buttons: dict[Action, KeyButton] = {}
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for action, key, does, fill in _KEYS:
            button = KeyButton(theme, key_name(key), tr(does), fill, self)
            button.clicked.connect(lambda _checked=False, action=action: self.pressed.emit(action))
            self.buttons[action] = button
            self._layout.addWidget(button)
        self._figures = Figures(theme, self)
        self._layout.addWidget(self._figures, 1)
        self._fit()
        theme.changed.connect(self._fit)

    def show_today(self, today: Today) -> None:
        """Take in the bench's figures."""
        self._figures.show_today(today)

    def _fit(self) -> None:
        self._layout.setSpacing(self._theme.px(12))
        self._figures.setVisible(not self._theme.large_text)
        for button in self.buttons.values():
            button.updateGeometry()
            button.setFixedHeight(button.sizeHint().height())
