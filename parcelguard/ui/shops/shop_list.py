"""The shops, one row each: whom buyers there hear from, how, how much today, and whether it is on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.paint import LEFT, box, text, width_of
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.shops.shop_row import (
    ACCESS,
    MORE,
    ON,
    SENDS,
    SHOP,
    TODAY,
    Columns,
    RowView,
)
from parcelguard.ui.words.shop_line import ShopLine

HEADER_HEIGHT = 39
_TITLES = (msgid("Shop"), msgid("Chat access"), msgid("Sends"), msgid("Today"), msgid("On"))


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
        # Too narrow for name and access side by side: the access goes below the name and takes no column.
        stacked = spare < 0
        if stacked:
            shop, access, spare = max(0, shop + access + spare), 0, 0
        # The figures are looked at each day, how it sends hardly ever: so that gives way first.
        today = today if spare >= today else 0
        sends = sends if spare - today >= sends else 0
        spare -= today + sends
        if not stacked:
            shop, access = shop + spare // 2, access + spare - spare // 2
        widths = (shop, access, sends, today, on, menu)
        return Columns(tuple(accumulate(widths[:-1], initial=edge)), widths, stacked)
