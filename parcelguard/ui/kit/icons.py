"""The few icons, as strokes on a 24 × 24 grid; drawn when needed, so none is loaded at start."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen


class Icon(StrEnum):
    """What an icon shows."""

    PACK = "pack"
    LOG = "log"
    CHECK = "check"
    BY_HAND = "by_hand"
    CHANNELS = "channels"
    HELP = "help"


def draw_icon(painter: QPainter, icon: Icon, area: QRectF, color: QColor) -> None:
    """Draw an icon into `area`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(area.topLeft())
    painter.scale(area.width() / 24, area.height() / 24)
    pen = QPen(color, 1.9, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(_PATHS[icon]())
    painter.restore()


def _line(path: QPainterPath, *points: tuple[float, float]) -> None:
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)


def _box() -> QPainterPath:
    path = QPainterPath()
    _line(path, (12, 2.5), (20.5, 7.2), (20.5, 16.8), (12, 21.5), (3.5, 16.8), (3.5, 7.2), (12, 2.5))
    _line(path, (3.5, 7.2), (12, 12), (20.5, 7.2))
    _line(path, (12, 12), (12, 21.5))
    return path


def _rows() -> QPainterPath:
    path = QPainterPath()
    for y, right in ((5, 20), (10, 16), (15, 20), (20, 12)):
        _line(path, (4, y), (right, y))
    return path


def _lens() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QRectF(2.5, 2.5, 15.5, 15.5))
    _line(path, (15.8, 15.8), (21.3, 21.3))
    _line(path, (6.9, 10.5), (9.3, 12.9), (13.7, 7.9))
    return path


def _page() -> QPainterPath:
    """Return a sheet that is handed on."""
    path = QPainterPath()
    _line(path, (20.5, 11), (20.5, 4), (9, 4), (9, 20), (20.5, 20), (20.5, 17))
    _line(path, (2.5, 14), (15.5, 14))
    _line(path, (11.8, 10.3), (15.5, 14), (11.8, 17.7))
    return path


def _bubble() -> QPainterPath:
    path = QPainterPath()
    _line(path, (3, 4), (21, 4), (21, 16.5), (11.5, 16.5), (6.5, 20.8), (6.5, 16.5), (3, 16.5), (3, 4))
    return path


def _question() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QRectF(2.5, 2.5, 19, 19))
    path.moveTo(9.3, 9.3)
    path.cubicTo(9.6, 5.9, 15.0, 6.1, 14.8, 9.5)
    path.cubicTo(14.6, 11.7, 12, 11.7, 12, 14)
    path.addEllipse(QRectF(11.6, 16.7, 0.8, 0.8))
    return path


_PATHS = {
    Icon.PACK: _box,
    Icon.LOG: _rows,
    Icon.CHECK: _lens,
    Icon.BY_HAND: _page,
    Icon.CHANNELS: _bubble,
    Icon.HELP: _question,
}
