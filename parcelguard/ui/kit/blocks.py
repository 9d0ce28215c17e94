"""Blocks of words: plain labels, a heading, a reason, a quotation."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from parcelguard.ui.kit.paint import badge, box, mixed, text, wrapped
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.kit.tones import FILLS, BandTone


def plain_label(words: str, parent: QWidget) -> QLabel:
    """Return a wrapped label that never reads its text as markup."""
    made = QLabel(words, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(True)
    return made


class Heading(QWidget):
    """The shop's badge and the order's number, or with `mono` off a name."""

    def __init__(self, theme: Theme, parent: QWidget, *, mono: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self._mono = mono
        self._shop = self._code = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_order(self, shop: str, code: str) -> None:
        """Name what is shown below."""
        self._shop, self._code = shop, code
        self.setAccessibleName(f"{shop} {code}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        """Return one line."""
        return QSize(0, self._theme.em(30))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw both in one line."""
        painter, theme, left = QPainter(self), self._theme, 0
        if self._shop:
            left = badge(painter, theme, 0, self.height() // 2, self._shop) + theme.px(10)
        area = QRect(left, 0, self.width() - left, self.height())
        font = theme.font(Size.BODY, 700, mono=self._mono)
        text(painter, area, self._code, font, theme.color(Token.TEXT))


class Flowing(QWidget):
    """A painted piece whose height follows from its width."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        """Say so to the layout."""
        return True

    def sizeHint(self) -> QSize:
        """Return the height at the present width."""
        return QSize(0, self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height with another width; layouts keep what a narrow moment had asked for."""
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class ReasonBox(Flowing):
    """Why something is not in the chat, and what to do."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._tone, self._headline, self._advice = BandTone.BAD, "", ""

    def show_reason(self, tone: BandTone, headline: str, advice: str) -> None:
        """Say it; without words the box is gone."""
        self._tone, self._headline, self._advice = tone, headline, advice
        self.setAccessibleName(f"{headline} {advice}".strip())
        self.setVisible(bool(headline or advice))
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of both paragraphs."""
        theme = self._theme
        lines = len(self._lines(width))
        return lines * self._line_height() + theme.px(22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw headline and advice on a soft field."""
        painter, theme = QPainter(self), self._theme
        fill, line = (theme.color(each) for each in FILLS[self._tone])
        box(painter, self.rect(), theme.px(10), fill, mixed(line, fill))
        top, height = theme.px(11), self._line_height()
        ink = theme.color(Token.TEXT)
        for words_, strong in self._lines(self.width()):
            area = QRect(theme.px(12), top, self.width() - theme.px(24), height)
            text(painter, area, words_, theme.font(Size.SMALL, 600 if strong else 400), ink)
            top += height

    def _line_height(self) -> int:
        return round(QFontMetrics(self._theme.font(Size.SMALL)).height() * 1.2)

    def _lines(self, width: int) -> list[tuple[str, bool]]:
        theme = self._theme
        room = width - theme.px(24)
        strong = wrapped(self._headline, theme.font(Size.SMALL, 600), room) if self._headline else []
        rest = wrapped(self._advice, theme.font(Size.SMALL), room) if self._advice else []
        return [(line, True) for line in strong] + [(line, False) for line in rest]


class Quote(Flowing):
    """Words as the buyer gets them, under a small title."""

    def __init__(self, theme: Theme, title: str, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._title = title
        self._words = ""

    def show_words(self, words: str, title: str = "") -> None:
        """Quote this, under another title if there is one; nothing takes no room."""
        self._words, self._title = words, title or self._title
        self.setAccessibleName(f"{self._title}: {words}")
        self.setVisible(bool(words))
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return room for title and words."""
        lines = len(self._lines(width))
        return line_height(self._theme) * (lines + 1) + self._theme.px(24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the title, and the words on a raised field."""
        painter, theme, height = QPainter(self), self._theme, line_height(self._theme)
        title = QRect(0, 0, self.width(), height)
        text(painter, title, self._title, theme.font(Size.SMALL, 600), theme.color(Token.MUTED))
        field = self.rect().adjusted(0, height + theme.px(6), 0, 0)
        box(painter, field, theme.px(8), theme.color(Token.RAISED))
        top = field.top() + theme.px(9)
        for words in self._lines(self.width()):
            row = QRect(theme.px(12), top, self.width() - theme.px(24), height)
            text(painter, row, words, theme.font(Size.SMALL), theme.color(Token.TEXT))
            top += height

    def _lines(self, width: int) -> list[str]:
        return wrapped(self._words, self._theme.font(Size.SMALL), max(40, width - self._theme.px(24)))


def line_height(theme: Theme) -> int:
    """Return the height of one line of small text in a block."""
    return round(QFontMetrics(theme.font(Size.SMALL)).height() * 1.25)
