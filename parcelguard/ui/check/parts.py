"""Painted pieces of the evidence: a quotation, what the chat showed, and buttons that wrap."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from parcelguard.store.views import LookTaken, Sighting
from parcelguard.ui.kit.paint import RIGHT, box, mixed, text, width_of, wrapped
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.log.parts import Flowing
from parcelguard.ui.words import check_words

MATCHES = "✓ matches"


class Quote(Flowing):
    """Words as the buyer gets them, under a small title."""

    def __init__(self, theme: Theme, title: str, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._title = title
        self._words = ""

    def show_words(self, words: str, title: str = "") -> None:
        """Quote this, under another title if there is one; nothing takes no room."""
        self._words, self._title = words, title or self._title
        self.setAccessibleName(f"{self._title}: {words}")
        self.setVisible(bool(words))
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return room for title and words."""
        lines = len(self._lines(width))
        return _line(self._theme) * (lines + 1) + self._theme.px(24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the title, and the words on a raised field."""
        painter, theme, height = QPainter(self), self._theme, _line(self._theme)
        title = QRect(0, 0, self.width(), height)
        text(painter, title, self._title, theme.font(Size.SMALL, 600), theme.color(Token.MUTED))
        field = self.rect().adjusted(0, height + theme.px(6), 0, 0)
        box(painter, field, theme.px(8), theme.color(Token.RAISED))
        top = field.top() + theme.px(9)
        for words in self._lines(self.width()):
            row = QRect(theme.px(12), top, self.width() - theme.px(24), height)
            text(painter, row, words, theme.font(Size.SMALL), theme.color(Token.TEXT))
            top += height

    def _lines(self, width: int) -> list[str]:
        return wrapped(self._words, self._theme.font(Size.SMALL), max(40, width - self._theme.px(24)))


class Looks(Flowing):
    """What reading back the chat showed: each look, and the messages seen in it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._looks: tuple[LookTaken, ...] = ()

    def show_looks(self, looks: tuple[LookTaken, ...]) -> None:
        """Take in what was seen."""
        self._looks = looks
        self.setAccessibleName(". ".join(_spoken(looks)) or check_words.NOT_READ_BACK)
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of all rows."""
        return self._flow(None, width)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the title, each look, and under it the messages, matching ones marked."""
        self._flow(QPainter(self), self.width())

    def _flow(self, painter: QPainter | None, width: int) -> int:
        """Lay the rows out one below the other, drawing them if there is a painter; return where they end."""
        theme, line = self._theme, _line(self._theme)
        muted = theme.color(Token.MUTED)
        if painter:
            title = QRect(0, 0, width, line)
            text(painter, title, "What the chat showed", theme.font(Size.SMALL, 600), muted)
        top = line + theme.px(6)
        if not self._looks:
            if painter:
                row = QRect(0, top, width, line)
                text(painter, row, check_words.NOT_READ_BACK, theme.font(Size.SMALL), muted)
            return top + line
        for taken in self._looks:
            for words in wrapped(check_words.look(taken), theme.font(Size.SMALL, 600), width):
                if painter:
                    ink = theme.color(Token.TEXT if taken.covered else Token.WARN)
                    text(painter, QRect(0, top, width, line), words, theme.font(Size.SMALL, 600), ink)
                top += line
            if not taken.seen:
                if painter:
                    row = QRect(0, top, width, line)
                    text(painter, row, check_words.NOTHING_SEEN, theme.font(Size.SMALL), muted)
                top += line
            for seen in taken.seen:
                top = self._message(painter, seen, top, width)
            top += theme.px(10)
        return top

    def _message(self, painter: QPainter | None, seen: Sighting, top: int, width: int) -> int:
        theme, line = self._theme, _line(self._theme)
        small, mono = theme.font(Size.SMALL), theme.font(Size.SMALL, mono=True)
        at, side, words = check_words.sighting(seen)
        pad = theme.px(8)
        sides = pad + max(width_of("00:00", mono), width_of(at, mono)) + theme.px(10)
        left = sides + width_of("This shop", small) + theme.px(12)
        mark = width_of(MATCHES, theme.font(Size.SMALL, 700)) + theme.px(10) if seen.matches else 0
        lines = wrapped(words, small, max(60, width - left - mark - pad))
        height = len(lines) * line + theme.px(8)
        if painter:
            area = QRect(0, top, width, height)
            if seen.matches:
                soft, line_ = theme.color(Token.OK_SOFT), theme.color(Token.OK)
                box(painter, area.adjusted(0, 1, 0, -1), theme.px(6), soft, mixed(line_, soft))
            first = QRect(pad, top + theme.px(4), width - 2 * pad, line)
            muted, ink = theme.color(Token.MUTED), theme.color(Token.TEXT)
            text(painter, first, at, mono, muted)
            text(painter, first.adjusted(sides - pad, 0, 0, 0), side, small, ink if seen.own else muted)
            if seen.matches:
                text(painter, first, MATCHES, theme.font(Size.SMALL, 700), theme.color(Token.OK), RIGHT)
            for place, words_ in enumerate(lines):
                row = QRect(left, first.top() + place * line, width - left - mark - pad, line)
                text(painter, row, words_, small, ink)
        return top + height


class ButtonRow(QWidget):
    """Buttons side by side, in as many rows as they need."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons: list[QAbstractButton] = []

    def show_buttons(self, buttons: Sequence[QAbstractButton]) -> None:
        """Show these, left to right; Tab goes through them in this order."""
        for button in self._buttons:
            if button not in buttons:
                button.hide()
                button.deleteLater()
        self._buttons = list(buttons)
        for button in buttons:
            button.show()
        self._arrange()

    @property
    def buttons(self) -> list[QAbstractButton]:
        """The buttons that are shown."""
        return self._buttons

    def event(self, event: QEvent) -> bool:
        """Break the rows anew when a button takes another size, as with another size of text."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Break the rows anew."""
        self._arrange()

    def sizeHint(self) -> QSize:
        """Return one row; the height follows from the width."""
        return QSize(0, self.minimumHeight())

    def _arrange(self) -> None:
        gap, at, tall = self._theme.px(8), QPoint(0, 0), 0
        for button in self._buttons:
            size = button.sizeHint().boundedTo(QSize(max(1, self.width()), 10_000))
            if at.x() and at.x() + size.width() > self.width():
                at = QPoint(0, at.y() + tall + gap)
            button.setGeometry(QRect(at, size))
            at, tall = QPoint(at.x() + size.width() + gap, at.y()), size.height()
        self.setFixedHeight(at.y() + tall)


def _line(theme: Theme) -> int:
    return round(QFontMetrics(theme.font(Size.SMALL)).height() * 1.25)


def _spoken(looks: tuple[LookTaken, ...]) -> list[str]:
    told = []
    for taken in looks:
        told.append(check_words.look(taken))
        for seen in taken.seen:
            at, side, words = check_words.sighting(seen)
            told.append(f"{at} {side}: {words}{', matches' if seen.matches else ''}")
    return told
