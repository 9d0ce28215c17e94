"""The shops, one row each: whom buyers there hear from, how, how much today, and whether it is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.paint import LEFT, badge, box, focus_ring, text, width_of
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.shops.parts import Link, Switch

ROW_HEIGHT = 53
HEADER_HEIGHT = 39
MORE = "⋯"
_TITLES = (msgid("Shop"), msgid("Chat access"), msgid("Sends"), msgid("Today"), msgid("On"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopLine:
    """What a row says. `tone` colours `access`; `rest` follows it in grey; `link` is what can be pressed."""

    shop_id: str
    label: str
    name: str
    tone: Token
    access: str
    rest: str = ""
    link: str = ""
    sends: str = ""
    today: str = ""
    on: bool = False
    switchable: bool = True

    @property
    def spoken(self) -> str:
        """The row for a screen reader."""
        shop, access = f"{self.label} {self.name}", f"{self.access}{self.rest}"
        state = tr("on") if self.on else tr("off")
        parts = (shop, access, self.sends, tr("today {figures}", figures=self.today), state)
        return ", ".join(each for each in parts if each)


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


SHOP, ACCESS, SENDS, TODAY, ON, MENU = range(6)


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
        if (sends := self._sends_room()).width() > 0 and line.sends != line.access:
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


class _Header(QWidget):
    """The titles of the columns."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._columns = Columns((0,) * 6, (0,) * 6)

    def arrange(self, columns: Columns) -> None:
        """Keep to these columns."""
        self._columns = columns
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of the header."""
        return QSize(0, self._theme.px(14) + self._theme.em(HEADER_HEIGHT - 14))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the titles of the columns that have room."""
        painter, theme, columns = QPainter(self), self._theme, self._columns
        for column, title in enumerate(_TITLES):
            if columns.width[column]:
                area = QRect(columns.left[column], 0, columns.width[column], self.height())
                text(painter, area, tr(title), theme.font(Size.SMALL, 600), theme.color(Token.MUTED), LEFT)


class _Rows(QWidget):
    """Holds the rows, and tells when they have another width."""

    resized = Signal()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Tell it."""
        self.resized.emit()


class ShopList(QWidget):
    """The rows in a frame. What has no room is left out: how it sends first, then today's figures."""

    chosen = Signal(str)  # shop id
    link_pressed = Signal(str)
    switched = Signal(str, bool)
    menu_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.rows: list[RowView] = []
        self._header = _Header(theme, self)
        self._inner = _Rows()
        self._inner.resized.connect(self._arrange)  # a scroll bar takes its room from them
        self._stack = QVBoxLayout(self._inner)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSpacing(0)
        self._stack.addStretch(1)
        self._scroll = ScrollColumn(self)
        self._scroll.setWidget(self._inner)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.setSpacing(0)
        whole.addWidget(self._header)
        whole.addWidget(self._scroll, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        theme.changed.connect(self._fit)

    @property
    def shop_id(self) -> str:
        """The chosen shop; empty when there is none."""
        return next((row.line.shop_id for row in self.rows if row.isChecked()), "")

    def row(self, shop_id: str) -> RowView | None:
        """Return a shop's row."""
        return next((row for row in self.rows if row.line.shop_id == shop_id), None)

    def show_lines(self, lines: Sequence[ShopLine]) -> None:
        """Take in the shops. Rows that stay keep the keyboard's place."""
        before = self.shop_id
        kept = {row.line.shop_id: row for row in self.rows}
        self.rows = []
        for place, line in enumerate(lines):
            row = kept.pop(line.shop_id, None)
            if row is None:
                row = self._make(line)
            else:
                row.show_line(line)
            self._stack.insertWidget(place, row)
            self.rows.append(row)
        for row in kept.values():
            self._stack.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._fit()
        if self.rows and not self.shop_id:
            self.choose(self.rows[0].line.shop_id)
        elif not self.rows and before:
            self.chosen.emit("")

    def choose(self, shop_id: str) -> None:
        """Make a shop the chosen one."""
        row = self.row(shop_id)
        if row is not None:
            row.setChecked(True)
            self._scroll.ensureWidgetVisible(row)

    def take_focus(self) -> None:
        """Give the keyboard to the chosen row."""
        row = self.row(self.shop_id)
        if row is not None:
            row.setFocus()

    def sizeHint(self) -> QSize:
        """Return room for all rows."""
        rows = sum(row.sizeHint().height() for row in self.rows)
        return QSize(0, self._header.sizeHint().height() + rows + 4)

    def minimumSizeHint(self) -> QSize:
        """Return room for the header and a row."""
        row = self.rows[0].sizeHint().height() if self.rows else 0
        return QSize(0, self._header.sizeHint().height() + row + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the frame."""
        painter, theme = QPainter(self), self._theme
        box(painter, self.rect(), theme.px(12), theme.color(Token.SURFACE), theme.color(Token.LINE))

    def _make(self, line: ShopLine) -> RowView:
        row = RowView(self._theme, line, self._inner)
        row.toggled.connect(lambda on, row=row: self.chosen.emit(row.line.shop_id) if on else None)
        row.link_pressed.connect(self.link_pressed)
        row.switched.connect(self.switched)
        row.menu_wanted.connect(self.menu_wanted)
        row.show()
        return row

    def _fit(self) -> None:
        self._header.setFixedHeight(self._header.sizeHint().height())
        self._arrange()
        self.update()

    def _arrange(self) -> None:
        columns = self._share(self._inner.width())
        self._header.arrange(columns)
        for row in self.rows:
            row.arrange(columns)
            row.setFixedHeight(row.sizeHint().height())
        self.updateGeometry()

    def _share(self, room: int) -> Columns:
        """Give each column what its widest cell takes; the shop's name and the access share what is left."""
        theme, body = self._theme, self._theme.font()
        small, strong = theme.font(Size.SMALL, 700), theme.font(Size.BODY, 600)
        gap, edge = theme.px(13), theme.px(12)
        lines = [row.line for row in self.rows]

        def widest(column: int, cells: list[int]) -> int:
            return max([width_of(tr(_TITLES[column]), small), *cells]) + gap

        names = [width_of(each.label, small) + theme.px(26) + width_of(each.name, body) for each in lines]
        links = [width_of(each.link, strong) + theme.px(16) if each.link else 0 for each in lines]
        states = [width_of(each.access + each.rest, body) for each in lines]
        shop = widest(SHOP, names)
        access = widest(ACCESS, [link + state for link, state in zip(links, states, strict=True)])
        sends = widest(SENDS, [width_of(each.sends, theme.font(Size.SMALL)) for each in lines])
        today = widest(TODAY, [width_of(each.today, body) for each in lines])
        on = max(theme.em(40), width_of(tr(_TITLES[ON]), small)) + theme.px(14)
        menu = width_of(MORE, strong) + theme.px(14)
        spare = room - edge - shop - access - on - menu - theme.px(4)
        stacked = spare < 0
        if stacked:
            shop, access, spare = max(0, shop + access + spare), 0, 0
        today = today if spare >= today else 0
        sends = sends if spare - today >= sends else 0
        spare -= today + sends
        if not stacked:
            shop, access = shop + spare // 2, access + spare - spare // 2
        widths = (shop, access, sends, today, on, menu)
        return Columns(tuple(accumulate(widths[:-1], initial=edge)), widths, stacked)
