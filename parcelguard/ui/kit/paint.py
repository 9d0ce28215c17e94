"""Small drawing helpers shared by the painted widgets. Text is always drawn as plain text."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QTextLayout,
    QTextOption,
)

from parcelguard.ui.kit.theme import Size, Theme, Token

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTER = Qt.AlignmentFlag.AlignCenter
MOST_WIDTHS = 2000
_widths: dict[tuple[str, str, int, QFont.Weight], int] = {}  # shaping a text costs more than painting it


def box(
    painter: QPainter, area: QRect | QRectF, radius: float, fill: QColor, line: QColor | None = None
) -> None:
    """Fill a rounded box, with a hairline inside its edge if `line` is given."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill)
    painter.setPen(QPen(line, 1) if line else Qt.PenStyle.NoPen)
    edge = QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5) if line else QRectF(area)
    painter.drawRoundedRect(edge, radius, radius)


def text(
    painter: QPainter,
    area: QRect,
    words: str,
    font: QFont,
    color: QColor,
    align: Qt.AlignmentFlag = LEFT,
) -> int:
    """Draw one line, shortened to fit, and return the width it took."""
    shown = one_line(words)
    width = width_of(shown, font)
    if width > area.width():
        shown = QFontMetrics(font).elidedText(shown, Qt.TextElideMode.ElideRight, max(0, area.width()))
        width = width_of(shown, font)
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(area, align | Qt.TextFlag.TextSingleLine, shown)
    return width


def one_line(words: str) -> str:
    """Return foreign text without line breaks and control characters."""
    if words.isprintable():
        return words
    return "".join(char if char.isprintable() else "·" if char == "\x1d" else " " for char in words)


def width_of(words: str, font: QFont) -> int:
    """Return how wide one line would be, rounded up: a pixel too few would cost the last letters."""
    key = (words, font.family(), font.pixelSize(), font.weight())
    if key not in _widths:
        if len(_widths) >= MOST_WIDTHS:
            _widths.clear()
        _widths[key] = ceil(QFontMetricsF(font).horizontalAdvance(one_line(words))) + 1
    return _widths[key]


def dot(painter: QPainter, center: QPointF, radius: float, color: QColor) -> None:
    """Draw a small filled circle."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(color)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(center, radius, radius)


def badge(painter: QPainter, theme: Theme, left: int, middle: int, label: str) -> int:
    """Draw the small mark that names a shop, and return its width."""
    font = theme.font(Size.SMALL, 700)
    width = width_of(label, font) + theme.px(18)
    height = QFontMetrics(font).height() + theme.px(8)
    area = QRect(left, middle - height // 2, width, height)
    box(painter, area, theme.px(5), theme.marketplace(label))
    text(painter, area, label, font, theme.color(Token.ON_FILL), CENTER)
    return width


def key_cap_width(theme: Theme, name: str) -> int:
    """Return how wide a key is drawn."""
    return max(
        theme.em(28 if theme.large_text else 38), width_of(name, theme.font(Size.SMALL, 700)) + theme.px(16)
    )


def key_cap(painter: QPainter, theme: Theme, left: int, middle: int, name: str, *, filled: bool) -> int:
    """Draw a key as a key, and return its width."""
    font = theme.font(Size.SMALL, 700)
    width = key_cap_width(theme, name)
    height = theme.em(31)
    area = QRect(left, middle - height // 2, width, height)
    face = QColor(theme.color(Token.ON_FILL if filled else Token.TEXT))
    line = QColor(face)
    face.setAlphaF(0.16 if filled else 0.10)
    line.setAlphaF(0.38 if filled else 0.18)
    box(painter, area, theme.px(6), face, line)
    ink = theme.color(Token.ON_FILL if filled else Token.TEXT)
    text(painter, area, name, font, ink, CENTER)
    return width


def focus_ring(painter: QPainter, theme: Theme, area: QRect, radius: float) -> None:
    """Show that a control has the keyboard."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color(Token.ACCENT), 2))
    painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), radius, radius)


def mixed(over: QColor, under: QColor, part: float = 0.5) -> QColor:
    """Return a colour between two: how borders of soft fields are made calmer than their token."""
    rest = 1 - part
    return QColor(
        round(over.red() * part + under.red() * rest),
        round(over.green() * part + under.green() * rest),
        round(over.blue() * part + under.blue() * rest),
    )


def wrapped(words: str, font: QFont, width: int) -> list[str]:
    """Return the lines that `words` takes in this width."""
    found: list[str] = []
    for part in words.splitlines() or [""]:
        line_words = one_line(part)
        layout = QTextLayout(line_words, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            start = line.textStart()
            found.append(line_words[start : start + line.textLength()].rstrip())
        layout.endLayout()
    return found


def rounded_picture(painter: QPainter, area: QRect, radius: float, image: QImage, theme: Theme) -> None:
    """Fill a rounded field with a picture, cut to its shape; an empty field if there is none."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if image.isNull():
        box(painter, area, radius, theme.color(Token.RAISED), theme.color(Token.LINE))
        return
    factor = max(area.width() / image.width(), area.height() / image.height())
    width, height = area.width() / factor, area.height() / factor
    source = QRectF((image.width() - width) / 2, (image.height() - height) / 2, width, height)
    path = QPainterPath()
    path.addRoundedRect(QRectF(area), radius, radius)
    painter.save()
    painter.setClipPath(path)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(area), image, source)
    painter.restore()
    painter.setPen(QPen(theme.color(Token.LINE), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(area).translated(QPointF(0.5, 0.5)).adjusted(0, 0, -1, -1), radius, radius)
