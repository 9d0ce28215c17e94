"""The camera's picture: frames painted as they come, with what belongs on top of them.

The camera side scales each frame to this widget's size, so painting is one copy without
scaling, pixmaps or conversions. Everything on top is laid out once and only drawn per frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QStaticText,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from parcelguard.core.events import CodeBox
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.paint import CENTER, box, one_line, text, width_of
from parcelguard.ui.kit.theme import Size, Theme, Token

if TYPE_CHECKING:
    from parcelguard.ui.ports import Picture, Preview

RESIZE_REST_MS = 120


@dataclass(frozen=True, slots=True)
class _Caption:
    words: QStaticText
    width: int
    height: int


class PreviewPane(QWidget):
    """Shows the newest frame. `frame_arrived` may be called from any thread."""

    _arrived = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._source: Preview | None = None
        self._picture: Picture | None = None  # keeps the frame's buffer alive
        self._waiting = False  # a frame was announced and not painted yet
        self._numbers_seen = -1
        self.frames_painted = 0
        self._boxes: tuple[CodeBox, ...] = ()
        self._caption_words = ""
        self._caption: tuple[str, _Caption] | None = None
        self._message = ("", "")
        self._corners = QPainterPath()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Camera picture"))
        self._arrived.connect(self._on_arrived)
        self._resized = QTimer(self, singleShot=True, interval=RESIZE_REST_MS)
        self._resized.timeout.connect(self._tell_size)
        theme.changed.connect(self._restyle)

    def attach(self, source: Preview) -> None:
        """Take frames from here on."""
        self._source = source
        self._tell_size()
        self.update()

    def frame_arrived(self) -> None:
        """Say that a new frame can be fetched. While one waits to be painted, more say nothing new."""
        if not self._waiting:
            self._waiting = True
            self._arrived.emit()

    def show_message(self, headline: str, advice: str) -> None:
        """Show words in place of the picture, or the picture again if there are none."""
        if (headline, advice) != self._message:
            self._message = (headline, advice)
            self.setAccessibleDescription(f"{headline}. {advice}" if headline else "")
            self.update()

    def show_boxes(self, boxes: tuple[CodeBox, ...]) -> None:
        """Outline these codes; corners are fractions of the picture."""
        self._boxes = boxes
        self.update()

    def set_caption(self, words: str) -> None:
        """Set what stands in the strip before the time; empty hides the strip."""
        self._caption_words = one_line(words)

    def caption_size(self) -> QSize:
        """Return how much room the caption takes at the bottom left."""
        if not self._caption_words:
            return QSize(0, 0)
        caption, px = self._caption_now(), self._theme.px
        return QSize(caption.width + 2 * px(10), caption.height + px(10))

    # ---- Qt --------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return a 16:9 shape; the layout gives what it has."""
        return QSize(640, 360)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Ask for frames of the new size once the window has come to rest."""
        self._shape_corners()
        self._caption = None
        self._resized.start()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the newest frame, then what lies on it."""
        self._waiting = False
        painter = QPainter(self)
        picture = self._fetch()
        if picture is None or self._message[0]:
            self._paint_message(painter)
        else:
            area = self._paint_picture(painter, picture)
            for seen in self._boxes:
                self._paint_box(painter, area, seen)
            self._paint_caption(painter)
        self._paint_edge(painter)

    def _on_arrived(self) -> None:
        self.update()

    # ---- steps -----------------------------------------------------------------------

    def _fetch(self) -> Picture | None:
        newest = self._source.frame() if self._source else None
        if newest is not None:
            self._picture = newest
            if newest.number != self._numbers_seen:
                self._numbers_seen = newest.number
                self.frames_painted += 1
        return self._picture

    def _paint_picture(self, painter: QPainter, picture: Picture) -> QRectF:
        ratio = self.devicePixelRatioF()
        image = QImage(
            picture.buffer, picture.width, picture.height, picture.stride, QImage.Format.Format_BGR888
        )
        image.setDevicePixelRatio(ratio)
        size = image.deviceIndependentSize()
        factor = min(self.width() / size.width(), self.height() / size.height())
        if 0.995 < factor < 1.02:  # made for this size
            factor = 1.0
        shown = QRectF(0, 0, size.width() * factor, size.height() * factor)
        shown.moveTopLeft(
            QPointF(round((self.width() - shown.width()) / 2), round((self.height() - shown.height()) / 2))
        )
        self._paint_bars(painter, shown.toRect())
        if factor == 1.0:
            painter.drawImage(shown.topLeft(), image)
        else:  # a frame from before the last resize
            painter.drawImage(shown, image)
        return shown

    def _paint_bars(self, painter: QPainter, shown: QRect) -> None:
        """Fill what the picture leaves free."""
        bars = QColor(self._theme.color(Token.SURFACE))
        whole = self.rect()
        painter.fillRect(QRect(0, 0, whole.width(), shown.top()), bars)
        painter.fillRect(QRect(0, shown.bottom(), whole.width(), whole.bottom() - shown.bottom() + 1), bars)
        painter.fillRect(QRect(0, shown.top(), shown.left(), shown.height()), bars)
        painter.fillRect(
            QRect(shown.right(), shown.top(), whole.right() - shown.right() + 1, shown.height()), bars
        )

    def _paint_box(self, painter: QPainter, picture: QRectF, seen: CodeBox) -> None:
        theme = self._theme
        color = theme.color(Token.OK)
        corners = QPolygonF(
            [
                QPointF(picture.x() + x * picture.width(), picture.y() + y * picture.height())
                for x, y in seen.corners
            ]
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(
            QPen(
                color, theme.px(3), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
            )
        )
        painter.drawPolygon(corners)
        font = theme.font(Size.SMALL, 700)
        bounds = corners.boundingRect()
        height = QFontMetrics(font).height() + theme.px(8)
        width = min(width_of(seen.text, font) + theme.px(18), self.width())
        left = min(max(0, round(bounds.left())), self.width() - width)
        above = round(bounds.top()) - height - theme.px(10)
        chip = QRect(left, above if above >= 0 else round(bounds.bottom()) + theme.px(10), width, height)
        box(painter, chip, theme.px(5), color)
        words_area = chip.adjusted(theme.px(8), 0, -theme.px(8), 0)
        text(painter, words_area, seen.text, font, theme.color(Token.ON_MARK), CENTER)

    def _paint_caption(self, painter: QPainter) -> None:
        if not self._caption_words:
            return
        theme, caption = self._theme, self._caption_now()
        margin, space, size = theme.px(14), theme.px(10), self.caption_size()
        area = QRect(QPoint(margin, self.height() - margin - size.height()), size)
        box(painter, area, theme.px(6), theme.color(Token.VEIL))
        painter.setPen(theme.color(Token.ON_VEIL))
        painter.setFont(theme.font(Size.SMALL, mono=True))
        painter.drawStaticText(area.left() + space, area.top() + theme.px(5), caption.words)

    def _caption_now(self) -> _Caption:
        """Return the strip with this second's time, laid out anew only when it changes."""
        now = datetime.now().astimezone()
        zone = now.strftime("%z")[:3]
        time = f"{now:%Y-%m-%d %H:%M:%S} {zone}"
        words = f"{self._caption_words} · {time}"
        if self._caption is None or self._caption[0] != words:
            font = self._theme.font(Size.SMALL, mono=True)
            fits = width_of(words, font) < self.width() - self._theme.px(48)
            laid_out = QStaticText(words if fits else time)
            laid_out.setTextFormat(Qt.TextFormat.PlainText)
            laid_out.prepare(font=font)
            width = width_of(laid_out.text(), font)
            self._caption = (words, _Caption(laid_out, width, QFontMetrics(font).height()))
        return self._caption[1]

    def _paint_message(self, painter: QPainter) -> None:
        theme = self._theme
        painter.fillRect(self.rect(), theme.color(Token.SURFACE))
        headline, advice = self._message
        words, rest = theme.font(Size.WORDS, 600), theme.font(Size.BODY)
        middle, inset = self.height() // 2, theme.px(24)
        line = QFontMetrics(words).height()
        width = self.width() - 2 * inset
        text(
            painter,
            QRect(inset, middle - line, width, line),
            headline,
            words,
            theme.color(Token.TEXT),
            CENTER,
        )
        painter.setFont(rest)
        painter.setPen(theme.color(Token.MUTED))
        below = QRect(inset, middle + theme.px(8), width, self.height() - middle)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(below, int(flags), advice)

    def _paint_edge(self, painter: QPainter) -> None:
        """Round the corners by painting over them: a mask would cost a copy of the frame."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(Token.BG))
        painter.drawPath(self._corners)

    def _shape_corners(self) -> None:
        radius = float(self._theme.px(12))
        right, bottom = float(self.width()), float(self.height())
        path = QPainterPath()
        for x, y, to_x, to_y in (
            (0, 0, 1, 1),
            (right, 0, -1, 1),
            (right, bottom, -1, -1),
            (0, bottom, 1, -1),
        ):
            path.moveTo(x, y)
            path.lineTo(x + to_x * radius, y)
            path.quadTo(x, y, x, y + to_y * radius)
            path.closeSubpath()
        self._corners = path

    def _restyle(self) -> None:
        self._caption = None
        self._shape_corners()
        self.update()

    def _tell_size(self) -> None:
        if self._source is not None and self.width() > 0 and self.height() > 0:
            ratio = self.devicePixelRatioF()
            self._source.set_view(round(self.width() * ratio), round(self.height() * ratio))
