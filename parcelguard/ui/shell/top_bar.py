"""The bar at the top: the screen's name, and chips that tell how camera and queue are."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QSize, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from parcelguard.core.events import CameraChanged, CameraState, QueueChanged, ShopQueue
from parcelguard.ui.kit.paint import CENTER, LEFT, box, dot, text, width_of
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.words import bar_words as words

HEIGHT = 52


@dataclass(frozen=True, slots=True)
class Chip:
    """A small round field: words, and a dot whose colour never speaks alone."""

    text: str
    dot: Token | None = None
    bright: bool = False
    opens_check: bool = False  # a click on it shows what needs a person


_CAMERA_DOTS = {
    CameraState.STARTING: Token.WARN,
    CameraState.LIVE: Token.OK,
    CameraState.LOST: Token.BAD,
}


class TopBar(QWidget):
    """Painted as one widget: seven labels would cost the first paint more than they give."""

    attention_clicked = Signal()

    def __init__(self, theme: Theme, station: str, packer: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = ""
        self._people = (Chip(station), Chip(packer, bright=True))
        self._camera = CameraChanged(state=CameraState.STARTING)
        self._queue = QueueChanged(sending=0, waiting=0, attention=0)
        self._seconds: dict[str, int] = {}  # that each shop's queue takes
        self._attention_area = QRect()
        self._fit()
        theme.changed.connect(self._fit)

    def set_title(self, title: str) -> None:
        """Name the screen."""
        self._title = title
        self.say_anew()

    def _fitting(self, room: int) -> list[Chip]:
        """Return the chips there is room for: bench and packer, whom everybody here knows, go first."""
        shown, gap = list(self.chips), self._theme.px(14)
        names = [chip for chip in shown if chip.dot is None]
        while names and sum(self._width(chip) + gap for chip in shown) - gap > room:
            shown.remove(names.pop(0))
        return shown

    def _width(self, chip: Chip) -> int:
        theme = self._theme
        mark = theme.px(14) if chip.dot else 0
        return width_of(chip.text, theme.font(Size.SMALL)) + 2 * theme.px(11) + mark

    def say_anew(self) -> None:
        """Say all of it again: something changed, or the language did."""
        self.setAccessibleName(", ".join((self._title, *(chip.text for chip in self.chips))))
        self.update()

    def show_camera(self, camera: CameraChanged) -> None:
        """Take in how the camera is."""
        self._camera = camera
        self.say_anew()

    def show_queue(self, queue: QueueChanged) -> None:
        """Take in how many proofs are under way."""
        self._queue = queue
        self.say_anew()

    def show_shop_queue(self, queue: ShopQueue) -> None:
        """Take in how long one shop's queue takes; the shops send side by side, so the longest counts."""
        self._seconds[queue.shop_id] = queue.seconds
        self.say_anew()

    @property
    def chips(self) -> tuple[Chip, ...]:
        """Return what the chips say, left to right; those that count nothing are left out."""
        camera, queue = self._camera, self._queue
        lasts = words.queue_time(max(self._seconds.values(), default=0))
        counted = []
        if queue.sending:
            sending = words.sending_chip(queue.sending, "" if queue.waiting else lasts)
            counted.append(Chip(sending, Token.ACCENT))
        if queue.waiting:
            counted.append(Chip(words.waiting_chip(queue.waiting, lasts), Token.WARN))
        if queue.attention:
            counted.append(Chip(words.attention_chip(queue.attention), Token.BAD, opens_check=True))
        return (Chip(words.camera_chip(camera), _CAMERA_DOTS[camera.state]), *counted, *self._people)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open what needs a check by a click on its chip."""
        if self._attention_area.contains(event.position().toPoint()):
            self.attention_clicked.emit()

    def sizeHint(self) -> QSize:
        """Return the height of the bar."""
        return QSize(0, max(self._theme.px(HEIGHT), self._theme.em(40)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the title at the left and the chips from the right."""
        painter, theme = QPainter(self), self._theme
        painter.fillRect(self.rect(), theme.color(Token.SURFACE))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), theme.color(Token.LINE))
        title = theme.font(Size.BODY, 700)
        left = theme.px(20)
        taken = text(
            painter,
            QRect(left, 0, self.width() // 3, self.height()),
            self._title,
            title,
            theme.color(Token.TEXT),
        )
        self._draw_chips(painter, left + taken + theme.px(16))

    def _draw_chips(self, painter: QPainter, leftmost: int) -> None:
        theme = self._theme
        font = theme.font(Size.SMALL)
        height = QFontMetrics(font).height() + theme.px(12)
        top = (self.height() - height) // 2
        right = self.width() - theme.px(20)
        self._attention_area = QRect()
        space = theme.px(11)
        for chip in reversed(self._fitting(right - leftmost)):
            mark = theme.px(14) if chip.dot else 0
            width = self._width(chip)
            area = QRect(right - width, top, width, height)
            if area.left() < leftmost:
                break
            box(painter, area, height / 2, theme.color(Token.RAISED))
            if chip.dot:
                center = QPointF(area.left() + space + theme.px(4), area.center().y() + 0.5)
                dot(painter, center, theme.px(4), theme.color(chip.dot))
            ink = theme.color(Token.TEXT if chip.bright else Token.MUTED)
            words_area = area.adjusted(space + mark, 0, -space, 0)
            text(painter, words_area, chip.text, font, ink, LEFT if chip.dot else CENTER)
            if chip.opens_check:
                self._attention_area = area
            right = area.left() - theme.px(14)

    def _fit(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.update()
