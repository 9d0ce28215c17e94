"""The state band as a widget: one colour, one code, one short sentence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from parcelguard.ui.kit.paint import RIGHT, badge, box, mixed, one_line, text, width_of, wrapped
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.kit.tones import FILLS, BandTone
from parcelguard.ui.words.pack_words import SEPARATOR, Band, starting


def whole_facts(facts: Sequence[str], font: QFont, space: int) -> str:
    """Return as many facts as fit in a line, the first at least: half a word tells nobody anything."""
    count = len(facts)
    while count > 1 and width_of(SEPARATOR.join(facts[:count]), font) > space:
        count -= 1
    return SEPARATOR.join(facts[:count])


class BandView(QWidget):
    """Paints a Band. The sentence is never cut before the buyer's line is gone."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._band = starting()
        self._fit()
        theme.changed.connect(self._fit)
        self.show_band(self._band)

    @property
    def band(self) -> Band:
        """What is shown."""
        return self._band

    def show_band(self, band: Band) -> None:
        """Show a band; equal ones cost nothing."""
        self._band = band
        parts = (band.badge, band.code, band.buyer_line, band.text)
        self.setAccessibleName(". ".join(one_line(part) for part in parts if part))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of the band."""
        return QSize(0, max(self._theme.px(64), self._theme.em(52)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw badge, code and buyer from the left, the sentence from the right."""
        painter, theme, shown = QPainter(self), self._theme, self._band
        fill, line = (theme.color(token) for token in FILLS[shown.tone])
        if shown.tone is not BandTone.READY:
            line = mixed(line, fill)
        box(painter, self.rect(), theme.px(12), fill, line)
        left, right, gap = theme.px(21), self.width() - theme.px(21), theme.px(16)
        words, code = theme.font(Size.WORDS, 600), theme.font(Size.CODE, 700, mono=True)
        if shown.badge:
            left += badge(painter, theme, left, self.height() // 2, shown.badge) + gap
        code_width = min(width_of(shown.code, code), max(0, (right - left) // 2)) if shown.code else 0
        room = max(0, right - left - code_width - gap)
        lines = [shown.text]
        if width_of(shown.text, words) > room:
            words = theme.font(Size.BODY, 600)
            lines = wrapped(shown.text, words, room)
        words_width = min(max(width_of(line, words) for line in lines), room)
        ink = theme.color(Token.TEXT)
        if code_width:
            text(painter, QRect(left, 0, code_width, self.height()), shown.code, code, ink)
            left += code_width + gap
        self._paint_words(painter, QRect(right - words_width, 0, words_width, self.height()), lines, words)
        space = right - words_width - gap - left
        if shown.buyer_facts and space > QFontMetrics(theme.font()).averageCharWidth() * 8:
            area = QRect(left, 0, space, self.height())
            buyer = whole_facts(shown.buyer_facts, theme.font(), space)
            text(painter, area, buyer, theme.font(), theme.color(Token.MUTED))

    def _paint_words(self, painter: QPainter, area: QRect, lines: list[str], font: QFont) -> None:
        """Draw the sentence; one that is long takes two smaller lines."""
        if len(lines) > 2:
            lines = [lines[0], " ".join(lines[1:])]
        height = QFontMetrics(font).height()
        top = (area.height() - height * len(lines)) // 2
        for place, line in enumerate(lines):
            row = QRect(area.left(), top + place * height, area.width(), height)
            text(painter, row, line, font, self._theme.color(Token.TEXT), RIGHT)

    def _fit(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.update()
