"""The cards beside the picture: photos, items, and the message as the buyer will get it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFontMetrics,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from parcelguard.core.message_id import msgid
from parcelguard.core.orders import Item
from parcelguard.core.proofs import MAX_PHOTOS
from parcelguard.packing.desk_view import Desk, DeskPhoto, DeskState
from parcelguard.runtime.translation import tr, trn
from parcelguard.ui.kit.paint import CENTER, RIGHT, box, rounded_picture, text, width_of, wrapped
from parcelguard.ui.kit.theme import Size, Theme, Token


class Card(QWidget):
    """A titled field of the right column. Subclasses paint what is in it."""

    title = ""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._desk = Desk()
        theme.changed.connect(self._fit)
        self._fit()

    def show_desk(self, desk: Desk) -> None:
        """Take in the bench as it is now."""
        self._desk = desk
        self.setAccessibleName(f"{tr(self.title)}: {self._spoken()}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the frame, the title, and what is in it."""
        painter, theme = QPainter(self), self._theme
        box(painter, self.rect(), theme.px(12), theme.color(Token.SURFACE), theme.color(Token.LINE))
        inside = self.rect().adjusted(theme.px(15), theme.px(12), -theme.px(15), -theme.px(12))
        head = QRect(inside.left(), inside.top(), inside.width(), theme.em(24))
        text(painter, head, tr(self.title), theme.font(Size.SMALL, 600), theme.color(Token.MUTED))
        below = inside.adjusted(0, head.height() + theme.px(6), 0, 0)
        self._paint_head(painter, head)
        self._paint(painter, below)

    def _paint_head(self, painter: QPainter, head: QRect) -> None:
        """Draw what stands opposite the title; nothing unless a card has something to count."""

    def _paint(self, painter: QPainter, inside: QRect) -> None:
        raise NotImplementedError

    def _spoken(self) -> str:
        raise NotImplementedError

    def _fit(self) -> None:
        self.updateGeometry()
        self.update()


class PhotosCard(Card):
    """Three slots; a tick stands only on photos that are durable."""

    title = msgid("Photos")

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._images: dict[str, QImage] = {}
        super().__init__(theme, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_desk(self, desk: Desk) -> None:
        """Read the small pictures that are new; they are few and tiny."""
        known = self._images
        self._images = {
            each.photo.id: known.get(each.photo.id) or QImage.fromData(each.thumbnail) for each in desk.photos
        }
        super().show_desk(desk)

    def sizeHint(self) -> QSize:
        """Return title and one row of slots."""
        return QSize(self._theme.px(404), self._theme.px(118) + self._theme.em(32))

    def badge_of(self, each: DeskPhoto) -> str:
        """Return what stands on a photo."""
        if each.photo.sharp:
            return tr("Sharp · back") if each.photo.recovered else tr("Sharp")
        return tr("Blurry · F2 · back") if each.photo.recovered else tr("Blurry · F2")

    def _spoken(self) -> str:
        count = tr("{count}, taking one", count=self._count()) if self._desk.taking else self._count()
        badges = ", ".join(self.badge_of(each) for each in self._desk.photos)
        return ". ".join(part for part in (count, badges) if part)

    def _count(self) -> str:
        return tr("{count} of {most}", count=len(self._desk.photos), most=MAX_PHOTOS)

    def _paint_head(self, painter: QPainter, head: QRect) -> None:
        font = self._theme.font(Size.BODY, 700)
        text(painter, head, self._count(), font, self._theme.color(Token.TEXT), RIGHT)

    def _paint(self, painter: QPainter, inside: QRect) -> None:
        theme, desk = self._theme, self._desk
        gap = theme.px(10)
        width = (inside.width() - gap * (MAX_PHOTOS - 1)) // MAX_PHOTOS
        by_ordinal = {each.photo.ordinal: each for each in desk.photos}
        free = [ordinal for ordinal in range(1, MAX_PHOTOS + 1) if ordinal not in by_ordinal]
        taking = set(free[: desk.taking])
        for ordinal in range(1, MAX_PHOTOS + 1):
            slot = QRect(inside.left() + (ordinal - 1) * (width + gap), inside.top(), width, inside.height())
            if ordinal in by_ordinal:
                self._paint_photo(painter, slot, by_ordinal[ordinal])
            else:
                self._paint_free(painter, slot, ordinal, taking=ordinal in taking)

    def _paint_photo(self, painter: QPainter, slot: QRect, each: DeskPhoto) -> None:
        theme = self._theme
        radius = theme.px(8)
        rounded_picture(painter, slot, radius, self._images.get(each.photo.id, QImage()), theme)
        good = each.photo.sharp
        font = theme.font(Size.SMALL, 700)
        words = self.badge_of(each)
        if width_of(words, font) + theme.px(14) > slot.width() - theme.px(8):
            words = tr("Sharp") if good else tr("Blurry")
        width = min(width_of(words, font) + theme.px(14), slot.width() - theme.px(8))
        height = QFontMetrics(font).height() + theme.px(5)
        mark = QRect(slot.left() + theme.px(6), slot.bottom() - theme.px(6) - height, width, height)
        box(painter, mark, theme.px(5), theme.color(Token.OK if good else Token.WARN))
        inside = mark.adjusted(theme.px(5), 0, -theme.px(5), 0)
        text(painter, inside, words, font, theme.color(Token.ON_MARK), CENTER)
        side = theme.em(20)
        tick = QRect(slot.right() - side - theme.px(5), slot.top() + theme.px(6), side, side)
        box(painter, tick, side / 2, theme.color(Token.OK_FILL))
        text(painter, tick, "✓", font, theme.color(Token.ON_FILL), CENTER)

    def _paint_free(self, painter: QPainter, slot: QRect, ordinal: int, *, taking: bool) -> None:
        theme = self._theme
        pen = QPen(theme.color(Token.ACCENT if taking else Token.LINE), 2, Qt.PenStyle.DashLine)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(slot).adjusted(1, 1, -1, -1), theme.px(8), theme.px(8))
        if taking:
            self._paint_taking(painter, slot)
        else:
            text(painter, slot, str(ordinal), theme.font(Size.CODE, 700), theme.color(Token.MUTED), CENTER)

    def _paint_taking(self, painter: QPainter, slot: QRect) -> None:
        words, fonts = tr("Taking…"), [self._theme.font(size, 600) for size in (Size.BODY, Size.SMALL)]
        font = next((each for each in fonts if width_of(words, each) <= slot.width()), fonts[-1])
        text(painter, slot, words, font, self._theme.color(Token.TEXT), CENTER)


class ItemsCard(Card):
    """What belongs into the parcel. Long lists scroll by wheel and say how many are below."""

    title = msgid("Items to pack")

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._top = 0
        super().__init__(theme, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def show_desk(self, desk: Desk) -> None:
        """Begin at the first item of a new order."""
        if desk.order != self._desk.order:
            self._top = 0
        super().show_desk(desk)

    def sizeHint(self) -> QSize:
        """Return room for two items; the layout gives what is left."""
        return QSize(self._theme.px(404), self._theme.em(150))

    def minimumSizeHint(self) -> QSize:
        """Return room for the title and one item."""
        return QSize(0, self._theme.px(32) + self._theme.em(78))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll by one item."""
        items = len(self._desk.order.items) if self._desk.order else 0
        step = -1 if event.angleDelta().y() > 0 else 1
        self._top = min(max(0, self._top + step), max(0, items - 1))
        self.update()

    def _spoken(self) -> str:
        if self._desk.order is None:
            return self._empty()
        return ", ".join(f"{item.quantity} × {item.name}" for item in self._desk.order.items) or self._empty()

    def _empty(self) -> str:
        if self._desk.state is DeskState.READY:
            return tr("The order’s items appear here")
        if self._desk.state is DeskState.UNMATCHED:
            return tr("No items are known for this code")
        return tr("The marketplace names no items")

    def _paint_head(self, painter: QPainter, head: QRect) -> None:
        count = sum(item.quantity for item in self._desk.order.items) if self._desk.order else 0
        if count:
            muted = self._theme.color(Token.MUTED)
            text(
                painter,
                head,
                trn("{count} to pack", "{count} to pack", count),
                self._theme.font(Size.SMALL),
                muted,
                RIGHT,
            )

    def _paint(self, painter: QPainter, inside: QRect) -> None:
        theme, order = self._theme, self._desk.order
        if order is None or not order.items:
            self._paint_empty(painter, inside)
            return
        row = theme.em(51)
        room = max(1, inside.height() // row)
        top = min(self._top, max(0, len(order.items) - room))
        shown = order.items[top : top + room]
        hidden = len(order.items) - top - len(shown)
        if hidden and len(shown) > 1:
            shown, hidden = shown[:-1], hidden + 1
        for place, item in enumerate(shown):
            area = QRect(inside.left(), inside.top() + place * row, inside.width(), row)
            self._paint_item(painter, area, item)
        if hidden:
            below = QRect(inside.left(), inside.top() + len(shown) * row, inside.width(), theme.em(30))
            text(
                painter,
                below,
                trn("and {count} more", "and {count} more", hidden),
                theme.font(Size.BODY),
                theme.color(Token.MUTED),
            )

    def _paint_empty(self, painter: QPainter, inside: QRect) -> None:
        font = self._theme.font(Size.BODY)
        lines, height = wrapped(self._empty(), font, inside.width()), QFontMetrics(font).height()
        top = inside.top() + (inside.height() - len(lines) * height) // 2
        for place, line in enumerate(lines):
            area = QRect(inside.left(), top + place * height, inside.width(), height)
            text(painter, area, line, font, self._theme.color(Token.MUTED), CENTER)

    def _paint_item(self, painter: QPainter, area: QRect, item: Item) -> None:
        theme = self._theme
        painter.fillRect(QRect(area.left(), area.top(), area.width(), 1), theme.color(Token.LINE))
        quantity, figure = f"×{item.quantity}", theme.font(Size.WORDS, 700)
        ink = theme.color(Token.WARN if item.quantity > 1 else Token.TEXT)
        taken = text(painter, area, quantity, figure, ink, RIGHT)
        inside = area.adjusted(0, theme.px(4), -taken - theme.px(12), -theme.px(4))
        upper = QRect(inside.left(), inside.top(), inside.width(), inside.height() * 11 // 20)
        lower = QRect(inside.left(), upper.bottom(), inside.width(), inside.bottom() - upper.bottom())
        text(painter, upper, item.name, theme.font(Size.BODY, 600), theme.color(Token.TEXT))
        text(painter, lower, item.sku, theme.font(Size.SMALL, mono=True), theme.color(Token.MUTED))


class MessageCard(Card):
    """The text as the buyer gets it, shortened where it does not fit."""

    title = msgid("Message to buyer")

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return title and three lines."""
        return QSize(self._theme.px(404), self._theme.px(40) + self._theme.em(84))

    def _spoken(self) -> str:
        if self._desk.state is DeskState.CANCELLED:
            return self._empty()
        if self._desk.message_said:
            return tr("The buyer has this message already, or it is in line. Only the photos follow")
        return self._desk.message or self._empty()

    @property
    def _shows_message(self) -> bool:
        """Whether the words are the buyer's own text, and not about it."""
        desk = self._desk
        return bool(desk.message) and not desk.message_said and desk.state is not DeskState.CANCELLED

    def _empty(self) -> str:
        if self._desk.state is DeskState.READY:
            return tr("The text the buyer gets appears here")
        return tr("Nothing is sent for this order")

    def _paint(self, painter: QPainter, inside: QRect) -> None:
        theme = self._theme
        box(painter, inside, theme.px(8), theme.color(Token.RAISED))
        area = inside.adjusted(theme.px(12), theme.px(6), -theme.px(12), -theme.px(6))
        ink = Token.TEXT if self._shows_message else Token.MUTED
        paragraph(painter, area, self._spoken(), theme, ink)


def paragraph(painter: QPainter, area: QRect, words: str, theme: Theme, ink: Token) -> None:
    """Draw wrapped plain text; the last line that fits is shortened."""
    font = theme.font(Size.SMALL)
    metrics = QFontMetrics(font)
    height = round(metrics.height() * 1.25)
    room = max(1, area.height() // height)
    lines = wrapped(words, font, area.width())
    shown = lines[:room]
    if len(lines) > room:
        rest = " ".join(lines[room - 1 :])
        shown[-1] = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, area.width())
    top = area.top() + max(0, (area.height() - height * len(shown)) // 2)
    for place, line in enumerate(shown):
        text(
            painter,
            QRect(area.left(), top + place * height, area.width(), height),
            line,
            font,
            theme.color(ink),
        )
