"""A note inside the picture that comes and goes by itself, for news of another order."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QRect, QTimer, QVariantAnimation
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QStyle, QWidget

from parcelguard.ui.kit.paint import box, mixed, text, width_of
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.kit.tones import FILLS, BandTone
from parcelguard.ui.pack.preview import PreviewPane
from parcelguard.ui.words.pack_words import Band

SHOWN_MS = 4000
FADE_MS = 150

_INKS = {
    BandTone.READY: Token.TEXT,
    BandTone.INFO: Token.TEXT,
    BandTone.OK: Token.OK,
    BandTone.WARN: Token.WARN,
    BandTone.BAD: Token.BAD,
}


def motion_wanted() -> bool:
    """Whether this system plays animations at all."""
    style = QApplication.style()
    return style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0


class Toast(QWidget):
    """Sits at the bottom right of its parent."""

    def __init__(self, theme: Theme, parent: PreviewPane) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = parent
        self._band: Band | None = None
        self._strength = 1.0
        self._over = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._over.timeout.connect(self._leave)
        self._fade = QVariantAnimation(self)
        self._fade.setDuration(FADE_MS)
        self._fade.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._fade.valueChanged.connect(self._set_strength)
        self._fade.finished.connect(self._on_faded)
        theme.changed.connect(self.place)
        self.hide()

    @property
    def band(self) -> Band | None:
        """What it says now; None while it is gone."""
        return self._band

    def show_band(self, band: Band) -> None:
        """Say this for some seconds; newer news replace older."""
        self._band = band
        self.setAccessibleName(f"{band.text}. {band.code}")
        self.place()
        self.show()
        self.raise_()
        self._over.start()
        self._run(0.0, 1.0)

    def place(self) -> None:
        """Take the bottom right corner of the picture."""
        if self._band is None:
            return
        theme, parent = self._theme, self._picture
        headline, below = theme.font(Size.BODY, 600), theme.font(Size.SMALL, mono=True)
        lines = QFontMetrics(headline).height() + QFontMetrics(below).height()
        wanted = max(width_of(self._band.text, headline), width_of(self._below, below)) + 2 * theme.px(19)
        margin = theme.px(14)
        width = min(wanted, parent.width() - 2 * margin)
        height = lines + 2 * theme.px(12)
        caption = parent.caption_size()
        crowded = caption.width() + width + 3 * margin > parent.width()
        bottom = parent.height() - margin - (caption.height() + theme.px(10) if crowded else 0)
        self.setGeometry(parent.width() - margin - width, bottom - height, width, height)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw both lines on a soft field."""
        if self._band is None:
            return
        painter, theme = QPainter(self), self._theme
        painter.setOpacity(self._strength)
        fill, line = (theme.color(token) for token in FILLS[self._band.tone])
        box(painter, self.rect(), theme.px(10), fill, mixed(line, fill))
        headline, below = theme.font(Size.BODY, 600), theme.font(Size.SMALL, mono=True)
        area = self.rect().adjusted(theme.px(19), theme.px(12), -theme.px(19), -theme.px(12))
        first = QFontMetrics(headline).height()
        strong = theme.color(Token.TEXT)
        text(painter, QRect(area.left(), area.top(), area.width(), first), self._band.text, headline, strong)
        ink = QColor(mixed(theme.color(_INKS[self._band.tone]), strong, 0.6))
        rest = QRect(area.left(), area.top() + first, area.width(), area.height() - first)
        text(painter, rest, self._below, below, ink)

    @property
    def _below(self) -> str:
        band = self._band
        return " · ".join(part for part in (band.code, band.badge) if part) if band else ""

    def _leave(self) -> None:
        self._run(1.0, 0.0)

    def _run(self, start: float, end: float) -> None:
        self._fade.stop()
        if not motion_wanted():
            self._set_strength(end)
            self._on_faded()
            return
        self._fade.setStartValue(start)
        self._fade.setEndValue(end)
        self._fade.start()

    def _set_strength(self, value: float) -> None:
        self._strength = value
        self.update()

    def _on_faded(self) -> None:
        if self._strength <= 0.0:
            self._band = None
            self.hide()
