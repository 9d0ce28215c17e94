"""Painted pieces of the log: filter chips, and what happened to a proof."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from parcelguard.runtime.translation import tr
from parcelguard.store.views import LogFilter, Step, Tone
from parcelguard.ui.kit.blocks import Flowing
from parcelguard.ui.kit.paint import (
    box,
    dot,
    focus_ring,
    mixed,
    text,
    width_of,
    wrapped,
)
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.kit.tones import FILLS, BandTone
from parcelguard.ui.words.log_words import FILTERS
from parcelguard.ui.words.step_words import step_words
from parcelguard.ui.words.times import clock

STRIP_HEIGHT = 66
_STEP_DOTS = {Tone.OK: Token.OK, Tone.WAIT: Token.WARN, Tone.BAD: Token.BAD, Tone.PLAIN: Token.MUTED}


class FilterChip(QAbstractButton):
    """One filter with its live count."""

    def __init__(self, theme: Theme, kind: LogFilter, parent: QWidget) -> None:
        super().__init__(parent)
        self.kind = kind
        self._theme = theme
        self._count: int | None = None
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setText(tr(FILTERS[kind]))
        self.show_count(None)

    def show_count(self, count: int | None) -> None:
        """Take in how many rows this filter would show."""
        self._count = count
        self.setAccessibleName(f"{self.text()} {self._figure}".strip())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for word and count."""
        theme = self._theme
        name, figure = theme.font(Size.SMALL), theme.font(Size.SMALL, 700)
        width = width_of(self.text(), name) + width_of(self._figure, figure) + theme.px(32)
        return QSize(width, QFontMetrics(name).height() + theme.px(14))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a round field; the chosen one is coloured, and red if it counts failures."""
        painter, theme = QPainter(self), self._theme
        chosen = self.isChecked()
        bad = self.kind is LogFilter.FAILED and bool(self._count)
        fill, line = (theme.color(each) for each in FILLS[BandTone.BAD if bad else BandTone.INFO])
        if not chosen:
            fill, line = theme.color(Token.RAISED), theme.color(Token.BAD if bad else Token.LINE)
        box(painter, self.rect(), self.height() / 2, fill, mixed(line, fill))
        inside = self.rect().adjusted(theme.px(13), 0, -theme.px(8), 0)
        ink = theme.color(Token.TEXT if chosen else Token.MUTED)
        taken = text(painter, inside, self.text(), theme.font(Size.SMALL), ink)
        figure = inside.adjusted(taken + theme.px(6), 0, 0, 0)
        text(painter, figure, self._figure, theme.font(Size.SMALL, 700), theme.color(Token.TEXT))
        if self.hasFocus():
            focus_ring(painter, theme, self.rect(), self.height() / 2)

    @property
    def _figure(self) -> str:
        return "" if self._count is None else f"{self._count:,}"


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
