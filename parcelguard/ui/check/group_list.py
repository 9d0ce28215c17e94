"""The list of what needs a check: groups with their items, ticked by Space or on their box."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from parcelguard.runtime.translation import tr
from parcelguard.store.views import AttentionGroup
from parcelguard.ui.check.model import ROW_ROLE, CheckModel, Index, Row
from parcelguard.ui.kit.paint import RIGHT, badge, box, focus_ring, rounded_picture, text, width_of
from parcelguard.ui.kit.pictures import Thumbnails
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.words import check_words
from parcelguard.ui.words.attention_words import group_title
from parcelguard.ui.words.sentences import label
from parcelguard.ui.words.times import moment

ROW_HEIGHT = 62
RESTING = 0.45  # how much is seen of the list while a text for some of it is written
NARROW = 300  # below that a row is its number and words alone


class CheckDelegate(QStyledItemDelegate):
    """Paints both kinds of rows."""

    def __init__(self, theme: Theme, model: CheckModel, thumbnails: Thumbnails, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme
        self._model = model
        self._thumbnails = thumbnails
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Return room for two lines."""
        return QSize(0, self._theme.em(ROW_HEIGHT))

    def tick_area(self, row: QRect) -> QRect:
        """Return where a press ticks the row: larger than the box, for hasty hands."""
        return QRect(row.left(), row.top(), self._theme.px(22) + self._theme.em(18), row.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        theme, area, row = self._theme, option.rect, index.data(ROW_ROLE)
        if not isinstance(row, Row):
            return
        painter.save()
        if not self._view.isEnabled():
            painter.setOpacity(RESTING)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        ground = Token.INFO_SOFT if chosen else Token.SURFACE if row.item is None else Token.BG
        painter.fillRect(area, theme.color(ground))
        painter.fillRect(QRect(area.left(), area.bottom(), area.width(), 1), theme.color(Token.LINE))
        self._paint_tick(painter, self.tick_area(area), self._model.tick_of(row))
        inside = area.adjusted(self.tick_area(area).width(), 0, -theme.px(12), 0)
        if row.item is None:
            self._paint_group(painter, inside, row.group)
        else:
            self._paint_item(painter, inside, row)
        if chosen and self._view.hasFocus():
            focus_ring(painter, theme, area, theme.px(4))
        painter.restore()

    def _paint_tick(self, painter: QPainter, area: QRect, tick: Qt.CheckState) -> None:
        theme, side = self._theme, self._theme.em(18)
        field = QRect(QPoint(0, 0), QSize(side, side))
        field.moveCenter(area.center() + QPoint(theme.px(2), 0))
        on = tick is not Qt.CheckState.Unchecked
        fill = theme.color(Token.ACCENT_FILL if on else Token.RAISED)
        box(painter, field, theme.px(4), fill, theme.color(Token.ACCENT_FILL if on else Token.MUTED))
        if not on:
            return
        painter.setPen(QPen(theme.color(Token.ON_FILL), max(1.6, side / 9)))
        x, y, unit = field.left(), field.top(), side / 18
        if tick is Qt.CheckState.Checked:
            points = ((4.5, 9.5), (7.8, 12.8), (13.5, 5.8))
        else:
            points = ((5.0, 9.0), (13.0, 9.0), (13.0, 9.0))
        painter.drawPolyline([QPointF(x + left * unit, y + top * unit) for left, top in points])

    def _paint_group(self, painter: QPainter, area: QRect, group: AttentionGroup) -> None:
        theme = self._theme
        first, second = _halves(area)
        figure = theme.font(Size.SMALL, 700)
        count = f"{group.total:,}"
        right = area.right() - theme.px(20)
        self._paint_arrow(painter, QPointF(area.right() - theme.px(6), area.center().y()), group)
        width = width_of(count, figure) + theme.px(16)
        pill = QRect(right - width, area.center().y() - theme.em(11), width, theme.em(22))
        box(painter, pill, pill.height() / 2, theme.color(Token.RAISED), theme.color(Token.LINE))
        text(painter, pill, count, figure, theme.color(Token.TEXT), Qt.AlignmentFlag.AlignCenter)
        room = pill.left() - theme.px(10) - area.left()
        title = QRect(first.left(), first.top(), room, first.height())
        text(painter, title, label(group_title(group)), theme.font(Size.BODY, 600), theme.color(Token.TEXT))
        left = second.left()
        if group.shop:
            left += badge(painter, theme, left, second.center().y(), group.shop) + theme.px(8)
        rest = QRect(left, second.top(), second.left() + room - left, second.height())
        text(painter, rest, check_words.group_line(group), theme.font(Size.SMALL), theme.color(Token.MUTED))

    def _paint_arrow(self, painter: QPainter, center: QPointF, group: AttentionGroup) -> None:
        step = self._theme.px(4)
        painter.setPen(QPen(self._theme.color(Token.MUTED), 1.8))
        x, y = center.x(), center.y()
        if self._model.is_open(group):
            points = ((x - step, y - step / 2), (x, y + step / 2), (x + step, y - step / 2))
        else:
            points = ((x - step / 2, y - step), (x + step / 2, y), (x - step / 2, y + step))
        painter.drawPolyline([QPointF(*point) for point in points])

    def _paint_item(self, painter: QPainter, area: QRect, row: Row) -> None:
        theme, item = self._theme, row.item
        if item is None:
            return
        roomy = area.width() > theme.em(NARROW)
        if roomy:
            picture = QRect(area.left(), area.top() + theme.px(6), theme.em(60), area.height() - theme.px(12))
            image = self._thumbnails.picture(item.thumbnail, self._view.viewport().update)
            rounded_picture(painter, picture, theme.px(5), image or QImage(), theme)
            area = area.adjusted(picture.width() + theme.px(12), 0, 0, 0)
        first, second = _halves(area)
        number = first
        if roomy:
            since, mono = moment(item.since), theme.font(Size.SMALL, mono=True)
            taken = text(painter, first, since, mono, theme.color(Token.MUTED), RIGHT)
            number = first.adjusted(0, 0, -taken - theme.px(10), 0)
        name = item.proof.order_number or item.proof.code
        text(painter, number, name, theme.font(Size.BODY, 600, mono=True), theme.color(Token.TEXT))
        text(painter, second, check_words.row(item), theme.font(Size.SMALL), theme.color(Token.MUTED))


class CheckList(QListView):
    """Keyboard: arrows choose, left and right close and open a group, Space ticks."""

    chosen = Signal()  # another row, or the same one read anew

    def __init__(self, theme: Theme, model: CheckModel, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = model
        self._was: tuple[Row | None, int] = (None, 0)
        model.modelAboutToBeReset.connect(self._remember)  # before the view, which forgets
        self._delegate = CheckDelegate(theme, model, thumbnails, self)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setAccessibleName(tr("What needs a check"))
        model.modelReset.connect(self._find_again)

    def choose(self, place: int) -> None:
        """Make a row the current one."""
        index = self._rows.index(place)
        self.setCurrentIndex(index)
        self.scrollTo(index)

    @property
    def current(self) -> Row | None:
        """The row that is chosen."""
        return self._rows.row(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Space, left and right; the view knows the rest."""
        row, key = self.current, event.key()
        if row is None:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Space:
            self._rows.toggle(row)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._fold(row.group, opened=key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tick on the box; elsewhere choose, and open or close a group."""
        index = self.indexAt(event.position().toPoint())
        row = self._rows.row(index)
        if row is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        was_current = index == self.currentIndex()
        super().mousePressEvent(event)
        if self._delegate.tick_area(self.visualRect(index)).contains(event.position().toPoint()):
            self._rows.toggle(row)
        elif row.item is None:
            self._fold(row.group, opened=not (self._rows.is_open(row.group) and was_current))

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell who is interested."""
        super().currentChanged(current, previous)
        self.chosen.emit()

    def _fold(self, group: AttentionGroup, *, opened: bool) -> None:
        self._rows.set_open(group, opened=opened)

    def _remember(self) -> None:
        self._was = self.current, self.currentIndex().row()

    def _find_again(self) -> None:
        """Stand where one stood: on the same row, on its group if that is closed, else on what came up."""
        row, place = self._was
        found = self._rows.place_of(row) if row is not None else None
        last = self._rows.rowCount() - 1
        if last >= 0:
            self.choose(min(max(place, 0), last) if found is None else found)
        self.chosen.emit()


def _halves(area: QRect) -> tuple[QRect, QRect]:
    """Return the places of a row's two lines."""
    inside = area.adjusted(0, area.height() // 14, 0, -area.height() // 14)
    half = inside.height() // 2
    return (
        QRect(inside.left(), inside.top(), inside.width(), half),
        QRect(inside.left(), inside.top() + half, inside.width(), half),
    )
