"""What the chat showed when it was read back, painted."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr
from parcelguard.store.views import LookTaken, Sighting
from parcelguard.ui.kit.blocks import Flowing, line_height
from parcelguard.ui.kit.paint import RIGHT, box, mixed, text, width_of, wrapped
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.words import check_words

MATCHES = msgid("✓ matches")


class Looks(Flowing):
    """What reading back the chat showed: each look, and the messages seen in it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._looks: tuple[LookTaken, ...] = ()

    def show_looks(self, looks: tuple[LookTaken, ...]) -> None:
        """Take in what was seen."""
        self._looks = looks
        self.setAccessibleName(". ".join(_spoken(looks)) or tr(check_words.NOT_READ_BACK))
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
        theme, line = self._theme, line_height(self._theme)
        muted = theme.color(Token.MUTED)
        if painter:
            title = QRect(0, 0, width, line)
            text(painter, title, tr("What the chat showed"), theme.font(Size.SMALL, 600), muted)
        top = line + theme.px(6)
        if not self._looks:
            if painter:
                row = QRect(0, top, width, line)
                text(painter, row, tr(check_words.NOT_READ_BACK), theme.font(Size.SMALL), muted)
            return top + line
        for taken in self._looks:
            for words in wrapped(check_words.chat_checked(taken), theme.font(Size.SMALL, 600), width):
                if painter:
                    ink = theme.color(Token.TEXT if taken.covered else Token.WARN)
                    text(painter, QRect(0, top, width, line), words, theme.font(Size.SMALL, 600), ink)
                top += line
            if not taken.seen:
                if painter:
                    row = QRect(0, top, width, line)
                    text(painter, row, tr(check_words.NOTHING_SEEN), theme.font(Size.SMALL), muted)
                top += line
            for seen in taken.seen:
                top = self._message(painter, seen, top, width)
            top += theme.px(10)
        return top

    def _message(self, painter: QPainter | None, seen: Sighting, top: int, width: int) -> int:
        theme, line = self._theme, line_height(self._theme)
        small, mono = theme.font(Size.SMALL), theme.font(Size.SMALL, mono=True)
        at, side, words = check_words.sighting(seen)
        pad = theme.px(8)
        sides = pad + max(width_of("00:00", mono), width_of(at, mono)) + theme.px(10)
        left = sides + width_of(check_words.shop_side(), small) + theme.px(12)
        mark = width_of(tr(MATCHES), theme.font(Size.SMALL, 700)) + theme.px(10) if seen.matches else 0
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
                text(painter, first, tr(MATCHES), theme.font(Size.SMALL, 700), theme.color(Token.OK), RIGHT)
            for place, words_ in enumerate(lines):
                row = QRect(left, first.top() + place * line, width - left - mark - pad, line)
                text(painter, row, words_, small, ink)
        return top + height


def _spoken(looks: tuple[LookTaken, ...]) -> list[str]:
    spoken = []
    for taken in looks:
        spoken.append(check_words.chat_checked(taken))
        spoken.extend(check_words.sighting_spoken(seen) for seen in taken.seen)
    return spoken
