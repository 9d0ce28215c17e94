"""One shop's row: whom buyers there hear from, how, how much today, and whether it is on."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.paint import badge, focus_ring, text, width_of
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.shops.parts import Link, Switch
from parcelguard.ui.words.shop_line import ShopLine

ROW_HEIGHT = 53
MORE = "⋯"
SHOP, ACCESS, SENDS, TODAY, ON, MENU = range(6)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each column begins; a column without room has the width 0.

    `stacked`: the access stands below the shop's name, because both do not fit side by side.
    """

    left: tuple[int, ...]
    width: tuple[int, ...]
    stacked: bool = False

    def area(self, column: int, height: int) -> QRect:
        """Return a cell of a row."""
        if self.stacked and column in (SHOP, ACCESS):
            half, down = height * 9 // 20, height // 20
            return QRect(self.left[SHOP], down + half * column, self.width[SHOP], half)
        return QRect(self.left[column], 0, self.width[column], height)


class RowView(QAbstractButton):
    """One shop. Arrows go from row to row, Tab into what can be done with it."""

    link_pressed = Signal(str)
    switched = Signal(str, bool)  # wished
    menu_wanted = Signal(str)

    def __init__(self, theme: Theme, line: ShopLine, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._columns = Columns((0,) * 6, (0,) * 6)
        self.line = line
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.link = Link(theme, "", self)
        self.switch = Switch(theme, "", self)
        self.more = Link(theme, MORE, self, ink=Token.MUTED)
        self.link.clicked.connect(self._press_link)
        self.switch.clicked.connect(self._wish)
        self.more.clicked.connect(self._want_menu)
        self.show_line(line)

    def show_line(self, line: ShopLine) -> None:
        """Take in how the shop is now."""
        self.line = line
        shop = f"{line.label} {line.name}"
        self.setAccessibleName(line.spoken)
        self.link.setText(line.link)
        self.link.setVisible(bool(line.link))
        self.link.setAccessibleName(f"{line.link} {shop}")
        self.switch.setChecked(line.on)
        self.switch.setVisible(line.switchable)
        self.switch.setAccessibleName(tr("Send for {shop}", shop=shop))
        self.more.setAccessibleName(tr("More for {shop}", shop=shop))
        self._place()

    def arrange(self, columns: Columns) -> None:
        """Keep to these columns."""
        self._columns = columns
        self._place()

    def sizeHint(self) -> QSize:
        """Return the height of a row, of one line or two."""
        line = self._theme.em(ROW_HEIGHT - 18)
        return QSize(0, self._theme.px(18) + (line * 9 // 5 if self._columns.stacked else line))

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Put the controls into their columns."""
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the cells; the chosen row has a soft ground."""
        painter, theme, line = QPainter(self), self._theme, self.line
        if self.isChecked():
            painter.fillRect(self.rect(), theme.color(Token.INFO_SOFT))
        painter.fillRect(QRect(0, 0, self.width(), 1), theme.color(Token.LINE))
        shop = self._area(SHOP)
        left = shop.left() + badge(painter, theme, shop.left(), shop.center().y(), line.label) + theme.px(8)
        name = QRect(left, shop.top(), max(0, shop.right() - left), shop.height())
        ink, muted, body = theme.color(Token.TEXT), theme.color(Token.MUTED), theme.font()
        text(painter, name, line.name, body, ink)
        access = self._access_room()
        taken = text(painter, access, line.access, body, theme.color(line.tone))
        text(painter, access.adjusted(taken, 0, 0, 0), line.rest, body, muted)
        if (sends := self._sends_room()).width() > 0:
            text(painter, sends, line.sends, theme.font(Size.SMALL), muted)
        if self._columns.width[TODAY]:
            text(painter, self._area(TODAY), line.today, body, ink)
        if self.hasFocus():
            focus_ring(painter, theme, self.rect().adjusted(1, 1, -1, -1), theme.px(4))

    def _area(self, column: int) -> QRect:
        return self._columns.area(column, self.height()).adjusted(0, 0, -self._theme.px(8), 0)

    def _access_room(self) -> QRect:
        """Return the room of the words about the access: what the link leaves of it."""
        area = self._area(ACCESS)
        if self._under:
            area.setHeight(area.height() * 2 // 3)
        if self.line.link:
            area.setWidth(max(0, area.width() - self.link.sizeHint().width()))
        return area

    @property
    def _under(self) -> bool:
        """Whether how it sends stands under the access, for want of a column of its own."""
        return not self._columns.width[SENDS] and not self._columns.stacked

    def _sends_room(self) -> QRect:
        """Return the room of the words about how it sends; none in the narrowest window."""
        if not self._under:
            return self._area(SENDS)
        area = self._area(ACCESS)
        return area.adjusted(0, area.height() * 5 // 9, 0, 0)

    def _place(self) -> None:
        if self.line.link:
            words = width_of(self.line.access + self.line.rest, self._theme.font())
            room = self._access_room()
            size = self.link.sizeHint()
            left = room.left() + min(words + self._theme.px(4), room.width())
            top = room.center().y() - size.height() // 2
            self.link.setGeometry(left, top, size.width(), size.height())
        middle = self.height() // 2
        for column, control in ((ON, self.switch), (MENU, self.more)):
            size = control.sizeHint()
            area = self._columns.area(column, self.height())
            control.setGeometry(area.left(), middle - size.height() // 2, size.width(), size.height())
        self.update()

    def _press_link(self) -> None:
        self.link_pressed.emit(self.line.shop_id)

    def _wish(self) -> None:
        self.switched.emit(self.line.shop_id, not self.line.on)

    def _want_menu(self) -> None:
        self.menu_wanted.emit(self.line.shop_id)
