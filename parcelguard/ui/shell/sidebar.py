"""The bar at the left: one button for each screen that exists, with what waits behind it."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from parcelguard.core.events import QueueChanged
from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr, trn
from parcelguard.ui.kit.icons import Icon, draw_icon
from parcelguard.ui.kit.paint import CENTER, box, focus_ring, text, width_of
from parcelguard.ui.kit.theme import Size, Theme, Token

WIDTH = 84
MOST_COUNTED = 99


class Page(StrEnum):
    """The screens of this program."""

    PACK = "pack"
    LOG = "log"
    CHECK = "check"
    BY_HAND = "by_hand"
    CHANNELS = "channels"
    HELP = "help"


_NAMES = {
    Page.PACK: msgid("Pack"),
    Page.LOG: msgid("Log"),
    Page.CHECK: msgid("Check"),
    Page.BY_HAND: msgid("By hand"),
    Page.CHANNELS: msgid("Channels"),
    Page.HELP: msgid("Help"),
}
_COUNTS = {Page.BY_HAND: Token.WARN}  # what is to be sent by hand is work, and nothing is wrong
_TITLES = {
    **_NAMES,
    Page.LOG: msgid("Media log"),
    Page.CHECK: msgid("Needs a check"),
    Page.BY_HAND: msgid("To send by hand"),
}
_ICONS = {
    Page.PACK: Icon.PACK,
    Page.LOG: Icon.LOG,
    Page.CHECK: Icon.CHECK,
    Page.BY_HAND: Icon.BY_HAND,
    Page.CHANNELS: Icon.CHANNELS,
    Page.HELP: Icon.HELP,
}


def title_of(page: Page) -> str:
    """Return the name of a screen as it stands above it."""
    return tr(_TITLES[page])


class NavButton(QAbstractButton):
    """An icon with its word under it."""

    def __init__(self, theme: Theme, page: Page, parent: QWidget) -> None:
        super().__init__(parent)
        self.page = page
        self._theme = theme
        self._count = 0
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.say_anew()

    @property
    def count(self) -> int:
        """How many things wait behind this button."""
        return self._count

    def show_count(self, count: int) -> None:
        """Put a count on the icon; none for nothing."""
        if count != self._count:
            self._count = count
            self.say_anew()

    def say_anew(self) -> None:
        """Say name and count again: the count changed, or the language did."""
        name, count = tr(_NAMES[self.page]), self._count
        self.setText(name)
        spoken = trn("{page}, {count} waiting", "{page}, {count} waiting", count, page=name)
        self.setAccessibleName(spoken if count else name)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size in the drawings, scaled; wider where a language has a longer word."""
        word = width_of(self.text(), self._theme.font(Size.SMALL)) + self._theme.px(6)
        return QSize(max(self._theme.px(68), word), self._theme.px(38) + self._theme.em(22))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw icon and word; the current screen has a soft field behind it."""
        painter, theme = QPainter(self), self._theme
        if self.isChecked() or self.underMouse():
            token = Token.INFO_SOFT if self.isChecked() else Token.RAISED
            box(painter, self.rect(), theme.px(8), theme.color(token))
        ink = theme.color(Token.TEXT if self.isChecked() else Token.MUTED)
        side, words = theme.px(22), theme.font(Size.SMALL)
        top = theme.px(9)
        draw_icon(painter, _ICONS[self.page], QRectF((self.width() - side) / 2, top, side, side), ink)
        below = top + side
        text(painter, QRect(0, below, self.width(), self.height() - below), self.text(), words, ink, CENTER)
        if self._count:
            self._paint_count(painter, QPointF((self.width() + side) / 2, top))
        if self.hasFocus():
            focus_ring(painter, theme, self.rect(), theme.px(8))

    def _paint_count(self, painter: QPainter, corner: QPointF) -> None:
        """Draw the count over the upper right corner of the icon."""
        theme, font = self._theme, self._theme.font(Size.SMALL, 700)
        figure = f"{self._count}" if self._count <= MOST_COUNTED else f"{MOST_COUNTED}+"
        height = QFontMetrics(font).height()
        width = max(height, width_of(figure, font) + theme.px(8))
        over = theme.px(1 if theme.large_text else 7)  # large figures stand beside the icon
        left = min(round(corner.x()) - over, self.width() - width)
        area = QRect(left, max(0, round(corner.y()) - theme.px(6)), width, height)
        box(painter, area, height / 2, theme.color(_COUNTS.get(self.page, Token.BAD)))
        text(painter, area, figure, font, theme.color(Token.ON_MARK), CENTER)


class Sidebar(QWidget):
    """The mark of the program, the screens, and help at the bottom."""

    chosen = Signal(Page)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons = {page: NavButton(theme, page, self) for page in Page}
        self._layout = QVBoxLayout(self)
        for page, button in self._buttons.items():
            if page is Page.HELP:
                self._layout.addStretch(1)
            self._layout.addWidget(button)
            button.clicked.connect(lambda _checked=False, page=page: self.chosen.emit(page))
        self._fit()
        theme.changed.connect(self._fit)

    def show_page(self, page: Page) -> None:
        """Mark the current screen."""
        self._buttons[page].setChecked(True)

    def show_queue(self, queue: QueueChanged) -> None:
        """Count what waits for a person."""
        self._buttons[Page.CHECK].show_count(queue.attention)
        self._buttons[Page.BY_HAND].show_count(queue.by_hand)

    def say_anew(self) -> None:
        """Name the screens in the language that is in use now."""
        for button in self._buttons.values():
            button.say_anew()
        self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bar and the mark."""
        painter, theme = QPainter(self), self._theme
        painter.fillRect(self.rect(), theme.color(Token.SURFACE))
        painter.fillRect(QRect(self.width() - 1, 0, 1, self.height()), theme.color(Token.LINE))
        side = theme.px(40)
        mark = QRect((self.width() - side) // 2, theme.px(14), side, side)
        fill = QLinearGradient(QPointF(mark.topLeft()), QPointF(mark.bottomRight()))
        fill.setColorAt(0, theme.color(Token.ACCENT))
        fill.setColorAt(1, theme.color(Token.OK))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(fill)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(mark, theme.px(9), theme.px(9))
        letters = QFont(theme.font(Size.BODY, 700))
        letters.setPixelSize(side * 3 // 8)  # a mark, not text: it does not grow with the setting
        text(painter, mark, "PG", letters, theme.color(Token.ON_FILL), CENTER)

    def _fit(self) -> None:
        px = self._theme.px
        widest = max(button.sizeHint().width() for button in self._buttons.values())
        self.setFixedWidth(max(px(24) + self._theme.em(WIDTH - 24), px(16) + widest))
        self._layout.setContentsMargins(px(8), px(74), px(8), px(10))
        self._layout.setSpacing(px(6))
        for button in self._buttons.values():
            button.setFont(self._theme.font(Size.SMALL))
            button.setFixedHeight(button.sizeHint().height())
