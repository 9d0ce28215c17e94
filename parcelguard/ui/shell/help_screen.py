"""Help inside the window: the keys, and what to do when the scanner does not behave."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.paint import box, key_cap, key_cap_width, text, wrapped
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.words.key_names import ENTER, ESC, SPACE, TAB, key_name

KEYS = (
    ("F1", msgid("Take a photo, up to three")),
    ("F2", msgid("Take the last photo again")),
    ("F4", msgid("Save the photos and send them to the buyer")),
    (ESC, msgid("Leave the order; photos are kept")),
    ("F3", msgid("Find an order by typing its number")),
    ("F9", msgid("This help; F9 or Esc closes it")),
)
LOG_KEYS = (
    (TAB, msgid("On to the next field, list or button")),
    ("↑ ↓", msgid("Choose a row; ↓ leaves the search")),
    (ENTER, msgid("Search at once, or confirm a reason")),
    (SPACE, msgid("Press the button that has the frame")),
)
CHECK_KEYS = (
    ("↑ ↓", msgid("Choose what needs a check")),
    ("← →", msgid("Close or open a group")),
    (SPACE, msgid("Tick a row, or all of a group")),
)
HAND_KEYS = (
    ("F6", msgid("Open the order’s chat in the browser")),
    ("F7", msgid("Copy the text")),
    ("F8", msgid("Copy the pictures")),
    ("F10", msgid("Mark it as sent, and go on to the next")),
)
SECTIONS = (
    (msgid("Keys"), KEYS),
    (msgid("Keys in the log"), LOG_KEYS),
    (msgid("Keys in Check"), CHECK_KEYS),
    (msgid("Keys in By hand"), HAND_KEYS),
)
KEY_ROW = 36
HINTS = (
    (
        msgid("Nothing happens when I scan"),
        msgid("Set the scanner to send Enter after each code and to US keyboard."),
    ),
    (
        msgid("Only digits arrive, letters are missing"),
        msgid("An input method eats them. Switch it to English."),
    ),
    (msgid("- or / arrive as other signs"), msgid("Set the scanner’s keyboard layout to US English.")),
    (
        msgid("“This code contains control keys”"),
        msgid("It holds keys that could act on this computer. Set the scanner to send plain codes."),
    ),
    (msgid("The label is torn"), msgid("Press F3, type the order or tracking number, then Enter.")),
    (
        msgid("The camera does not read the label"),
        msgid("Hold it flat, fill a third of the picture, and keep it still for a moment."),
    ),
    (msgid("A foot pedal"), msgid("Set it to send F1 or F4. Holding it down takes one photo only.")),
)


class HelpPage(ScrollColumn):
    """One column of keys and one of hints; scrolls when the text is large."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Help"))
        self._sheet = _Sheet(theme)
        self.setWidget(self._sheet)


class _Sheet(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        spoken = [
            *(
                line
                for title, keys in SECTIONS
                for line in (tr(title), *(f"{key_name(key)}: {tr(does)}" for key, does in keys))
            ),
            *(f"{tr(what)}: {tr(advice)}" for what, advice in HINTS),
        ]
        self.setAccessibleName(". ".join(spoken))
        theme.changed.connect(self._fit)
        self._fit()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(600), self.minimumHeight())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        margin = theme.px(18)
        middle = self.width() * 42 // 100
        height = self.height() - 2 * margin
        keys = QRect(margin, margin, middle - margin, height)
        hints = QRect(middle + margin, margin, self.width() - middle - 2 * margin, height)
        for area in (keys, hints):
            box(painter, area, theme.px(12), theme.color(Token.SURFACE), theme.color(Token.LINE))
        self._paint_keys(painter, keys.adjusted(theme.px(20), theme.px(16), -theme.px(20), 0))
        self._paint_hints(painter, hints.adjusted(theme.px(20), theme.px(16), -theme.px(20), 0))

    def _paint_title(self, painter: QPainter, area: QRect, words: str) -> int:
        font = self._theme.font(Size.WORDS, 600)
        height = QFontMetrics(font).height()
        text(painter, QRect(area.left(), area.top(), area.width(), height), words, font, self._ink)
        return area.top() + height + self._theme.px(14)

    def _paint_keys(self, painter: QPainter, area: QRect) -> None:
        theme = self._theme
        left, line = area.left() + self._cap_room, self._line_height()
        for title, keys in SECTIONS:
            top = self._paint_title(painter, area, tr(title))
            for key, does in keys:
                lines = wrapped(tr(does), theme.font(), area.right() - left)
                row = self._row_height(lines)
                key_cap(painter, theme, area.left(), top + row // 2, key_name(key), filled=False)
                first = top + (row - len(lines) * line) // 2
                for place, words in enumerate(lines):
                    spot = QRect(left, first + place * line, area.right() - left, line)
                    text(painter, spot, words, theme.font(), self._ink)
                top += row
            area.setTop(top + theme.px(16))

    def _row_height(self, lines: list[str]) -> int:
        """Return the height of a key's row; what is long takes more than one line."""
        return max(self._theme.em(KEY_ROW), len(lines) * self._line_height() + self._theme.px(6))

    def _line_height(self) -> int:
        return round(QFontMetrics(self._theme.font()).height() * 1.2)

    def _paint_hints(self, painter: QPainter, area: QRect) -> None:
        theme = self._theme
        top = self._paint_title(painter, area, tr("Scanner and camera"))
        for what, advice in HINTS:
            for line, strong in self._lines(what, advice, area.width()):
                font = theme.font(Size.BODY, 600 if strong else 400)
                height = round(QFontMetrics(font).height() * 1.2)
                ink = self._ink if strong else theme.color(Token.MUTED)
                text(painter, QRect(area.left(), top, area.width(), height), line, font, ink)
                top += height
            top += theme.px(10)

    @property
    def _cap_room(self) -> int:
        """Return the room of the widest key, and a gap."""
        widest = max(key_cap_width(self._theme, key_name(key)) for _, keys in SECTIONS for key, _ in keys)
        return max(self._theme.em(72), widest + self._theme.px(16))

    def _lines(self, what: str, advice: str, width: int) -> list[tuple[str, bool]]:
        theme = self._theme
        strong = theme.font(Size.BODY, 600)
        return [
            *((line, True) for line in wrapped(tr(what), strong, width)),
            *((line, False) for line in wrapped(tr(advice), theme.font(), width)),
        ]

    @property
    def _ink(self) -> QColor:
        return self._theme.color(Token.TEXT)

    def _fit(self) -> None:
        theme = self._theme
        line = self._line_height()
        width = max(100, self.width() * 58 // 100 - theme.px(76))
        lines = sum(len(self._lines(what, advice, width)) for what, advice in HINTS)
        hints = lines * line + len(HINTS) * theme.px(10) + theme.em(30)
        room = max(100, self.width() * 42 // 100 - theme.px(58) - self._cap_room)
        rows = [wrapped(tr(does), theme.font(), room) for _, keys in SECTIONS for _, does in keys]
        keys = sum(map(self._row_height, rows)) + len(SECTIONS) * (theme.em(30) + theme.px(16))
        self.setMinimumHeight(max(hints, keys) + theme.px(90))
        self.update()
