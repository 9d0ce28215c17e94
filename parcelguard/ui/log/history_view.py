"""What happened to a proof, step by step."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from parcelguard.store.views import Step, Tone
from parcelguard.ui.kit.blocks import Flowing
from parcelguard.ui.kit.paint import (
    dot,
    text,
    width_of,
    wrapped,
)
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.words.step_words import step_words
from parcelguard.ui.words.times import clock

_STEP_DOTS = {Tone.OK: Token.OK, Tone.WAIT: Token.WARN, Tone.BAD: Token.BAD, Tone.PLAIN: Token.MUTED}


class Steps(Flowing):
    """What happened to the proof, one line after the other."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._steps: tuple[Step, ...] = ()

    def show_steps(self, steps: tuple[Step, ...]) -> None:
        """Take in the proof's history."""
        self._steps = steps
        self.setAccessibleName(". ".join(f"{clock(step.at)} {step_words(step)}" for step in steps))
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of all steps."""
        lines = sum(len(self._lines(step, width)) for step in self._steps)
        return lines * self._line_height() + len(self._steps) * self._theme.px(8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw dot, time and words of each step, joined by a thin line."""
        painter, theme = QPainter(self), self._theme
        height, top, middle = self._line_height(), 0, float(theme.px(5))
        left = self._words_left()
        previous: float | None = None
        for step in self._steps:
            at = top + height / 2
            if previous is not None:
                painter.setPen(QPen(theme.color(Token.LINE), 1))
                painter.drawLine(QPointF(middle, previous + theme.px(6)), QPointF(middle, at - theme.px(6)))
            previous = at
            dot(painter, QPointF(middle, at), theme.px(4), theme.color(_STEP_DOTS[step.tone]))
            place = QRect(theme.px(20), top, left - theme.px(24), height)
            mono = theme.font(Size.SMALL, mono=True)
            text(painter, place, clock(step.at), mono, theme.color(Token.MUTED))
            for line in self._lines(step, self.width()):
                area = QRect(left, top, self.width() - left, height)
                text(painter, area, line, theme.font(Size.SMALL), theme.color(Token.TEXT))
                top += height
            top += theme.px(8)

    def _words_left(self) -> int:
        return self._theme.px(30) + width_of("00:00:00", self._theme.font(Size.SMALL, mono=True))

    def _lines(self, step: Step, width: int) -> list[str]:
        return wrapped(step_words(step), self._theme.font(Size.SMALL), max(40, width - self._words_left()))

    def _line_height(self) -> int:
        return round(QFontMetrics(self._theme.font(Size.SMALL)).height() * 1.2)
