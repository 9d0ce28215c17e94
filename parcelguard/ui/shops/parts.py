"""Small controls of the Channels screen: a switch, words to press, and the buyer's view of a message."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from parcelguard.runtime.assets import asset
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.buttons import ButtonRow
from parcelguard.ui.kit.paint import CENTER, box, dot, focus_ring, rounded_picture, text, width_of, wrapped
from parcelguard.ui.kit.pictures import read_picture
from parcelguard.ui.kit.theme import Size, Theme, Token

_BUBBLE_SHARE = 0.78  # of the chat's width, as in the marketplaces' own chats
_PICTURE_SHARE = 0.46


class Switch(QAbstractButton):
    """On or off, with words beside it if there are any.

    A press only asks: the switch follows what is so, not what was wished.
    """

    def __init__(self, theme: Theme, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setText(words)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def nextCheckState(self) -> None:
        """Stay; whoever was asked sets the switch when it is done."""

    def sizeHint(self) -> QSize:
        """Return the size in the drawings; it grows with the text."""
        groove, words = self._groove, self.text()
        room = self._theme.px(14) + width_of(words, self._theme.font(Size.SMALL, 600)) if words else 0
        return QSize(groove.width() + room, groove.height())

    @property
    def _groove(self) -> QSize:
        return QSize(self._theme.em(40), self._theme.em(22))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the groove and the knob; a switched-off one is grey and its knob at the left."""
        painter, theme = QPainter(self), self._theme
        area = QRect(QPoint(0, (self.height() - self._groove.height()) // 2), self._groove)
        on = self.isChecked()
        fill = theme.color(Token.OK_FILL if on else Token.LINE)
        box(painter, area, area.height() / 2, fill)
        half = area.height() / 2
        at = area.right() - half + 1 if on else area.left() + half
        knob = theme.color(Token.ON_FILL if on else Token.MUTED)
        dot(painter, QPointF(at, area.center().y() + 0.5), half - theme.px(3), knob)
        rest = self.rect().adjusted(area.width() + theme.px(8), 0, 0, 0)
        text(painter, rest, self.text(), theme.font(Size.SMALL, 600), theme.color(Token.TEXT))
        if self.hasFocus():
            focus_ring(painter, theme, area, half)


class Masters(ButtonRow):
    """One switch for each marketplace: off stops all its shops at once."""

    switched = Signal(str, bool)  # marketplace, wished

    def show_switches(self, shown: Sequence[tuple[str, str, bool]]) -> None:
        """Show a switch for each (marketplace, what it is called, whether it is on)."""
        if [each.objectName() for each in self.buttons] != [name for name, _, _ in shown]:
            self.show_buttons([self._make(name) for name, _, _ in shown])
        for switch, (_, words, on) in zip(self.buttons, shown, strict=True):
            switch.setText(words)
            switch.setAccessibleName(tr("All shops at {marketplace}", marketplace=words))
            switch.setChecked(on)
        self._arrange()

    def _make(self, name: str) -> Switch:
        switch = Switch(self._theme, "", self)
        switch.setObjectName(name)
        switch.clicked.connect(lambda: self.switched.emit(name, not switch.isChecked()))
        return switch


class Link(QAbstractButton):
    """Words that can be pressed, in the colour of the main action."""

    def __init__(self, theme: Theme, words: str, parent: QWidget, *, ink: Token = Token.ACCENT) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ink = ink
        self.setText(words)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Return the words with a little room for the frame of the focus."""
        font = self._theme.font(Size.BODY, 600)
        return QSize(width_of(self.text(), font) + self._theme.px(12), QFontMetrics(font).height() + 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the words; a soft field shows that the mouse is on them."""
        painter, theme = QPainter(self), self._theme
        if self.underMouse():
            box(painter, self.rect(), theme.px(6), theme.color(Token.RAISED))
        text(painter, self.rect(), self.text(), theme.font(Size.BODY, 600), theme.color(self._ink), CENTER)
        if self.hasFocus():
            focus_ring(painter, theme, self.rect(), theme.px(6))


class Steps(QWidget):
    """How far it is: the present step by colour, weight and for screen readers in words."""

    def __init__(self, theme: Theme, names: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names = names
        self._step = 0

    def show_step(self, step: int) -> None:
        """Mark a step."""
        self._step = step
        self.setAccessibleName(
            tr(
                "Step {number} of {count}: {name}",
                number=step + 1,
                count=len(self._names),
                name=self._names[step],
            )
        )
        self.update()

    def sizeHint(self) -> QSize:
        """Return one line of round fields."""
        return QSize(0, self._theme.em(26))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw number and name of each step; without room only the present one has its name."""
        painter, theme = QPainter(self), self._theme
        strong, plain = theme.font(Size.SMALL, 700), theme.font(Size.SMALL)
        gap, pad = theme.px(6), theme.px(9)
        names = [f"{place}  {name}" for place, name in enumerate(self._names, 1)]
        wide = sum(width_of(name, strong) + 2 * pad + gap for name in names) <= self.width() + gap
        left = 0
        for place, name in enumerate(names):
            here = place == self._step
            shown = name if wide or here else str(place + 1)
            font = strong if here else plain
            area = QRect(left, 0, width_of(shown, strong) + 2 * pad, self.height())
            fill = Token.ACCENT_FILL if here else Token.RAISED
            box(painter, area, area.height() / 2, theme.color(fill))
            text(painter, area, shown, font, theme.color(Token.ON_FILL if here else Token.MUTED), CENTER)
            left += area.width() + gap


class BuyerView(QWidget):
    """A picture and the text in a chat, as the buyer sees them."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._words = ""
        self._usual = read_picture(str(asset("pictures/parcel.jpg")), QSize(480, 300))
        self._image = self._usual
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def show_words(self, words: str, picture: QImage | None = None) -> None:
        """Show a text as one buyer gets it, below a usual picture or the one that he got."""
        self._words = words
        self._image = picture or self._usual
        self.setAccessibleName(tr("What the buyer sees: three photos, then: {text}", text=words))
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Return room for the picture and some lines."""
        return QSize(0, self._theme.em(150))

    def sizeHint(self) -> QSize:
        """Return the height in the drawings; what is left over is the chat's."""
        return QSize(0, self._theme.em(280))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the chat from its upper end; a text that is too long for it is cut below."""
        painter, theme = QPainter(self), self._theme
        box(painter, self.rect(), theme.px(12), theme.color(Token.CHAT))
        edge, gap = theme.px(14), theme.px(9)
        picture = QRect(0, edge, round(self.width() * _PICTURE_SHARE), 0)
        picture.setHeight(min(picture.width() * 10 // 16, max(0, self.height() // 3)))
        picture.moveRight(self.width() - edge)
        rounded_picture(painter, picture, theme.px(10), self._image, theme)
        font = theme.font(Size.SMALL)
        line = round(QFontMetrics(font).height() * 1.3)
        pad = theme.px(12)
        widest = round(self.width() * _BUBBLE_SHARE)
        lines = wrapped(self._words, font, widest - 2 * pad) if self._words else []
        if not lines:
            return
        width = min(widest, max(width_of(each, font) for each in lines) + 2 * pad)
        top = picture.bottom() + gap
        bubble = QRect(self.width() - edge - width, top, width, len(lines) * line + 2 * theme.px(9))
        painter.setClipRect(self.rect().adjusted(0, 0, 0, -theme.px(6)))
        box(painter, bubble, theme.px(10), theme.color(Token.CHAT_BUBBLE))
        for place, words in enumerate(lines):
            row = QRect(bubble.left() + pad, bubble.top() + theme.px(9) + place * line, width - 2 * pad, line)
            text(painter, row, words, font, theme.color(Token.ON_CHAT))


class SideFrame(QWidget):
    """The card beside the shops."""

    def __init__(self, theme: Theme, inside: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        rows = QVBoxLayout(self)
        rows.setContentsMargins(1, 1, 1, 1)
        rows.addWidget(inside)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the frame."""
        painter, theme = QPainter(self), self._theme
        box(painter, self.rect(), theme.px(12), theme.color(Token.SURFACE), theme.color(Token.LINE))
