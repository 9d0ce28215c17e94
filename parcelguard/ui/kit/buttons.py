"""Push buttons, buttons that wrap, and a choice among a few."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QPushButton, QWidget

from parcelguard.ui.kit.theme import Theme, Token


def button(words: str, parent: QWidget, *, main: bool = False, quiet: bool = False) -> QPushButton:
    """Return a push button; `main` marks the one main action, `quiet` one that is seldom wanted."""
    made = QPushButton(words, parent)
    made.setProperty("main", main)
    made.setProperty("quiet", quiet)
    made.setAutoDefault(False)
    return made


class ButtonRow(QWidget):
    """Buttons side by side, in as many rows as they need; one that is hidden takes no room."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons: list[QAbstractButton] = []

    def show_buttons(self, buttons: Sequence[QAbstractButton]) -> None:
        """Show these, left to right; Tab goes through them in this order."""
        for button in self._buttons:
            if button not in buttons:
                button.hide()
                button.deleteLater()
        self._buttons = list(buttons)
        for button in buttons:
            button.show()
        self._arrange()

    @property
    def buttons(self) -> list[QAbstractButton]:
        """The buttons that are shown."""
        return self._buttons

    def event(self, event: QEvent) -> bool:
        """Break the rows anew when a button takes another size, as with another size of text."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Break the rows anew."""
        self._arrange()

    def sizeHint(self) -> QSize:
        """Return one row; the height follows from the width."""
        return QSize(0, self.minimumHeight())

    def _arrange(self) -> None:
        gap, at, tall = self._theme.px(8), QPoint(0, 0), 0
        for button in self._buttons:
            if button.isHidden():
                continue
            size = button.sizeHint().boundedTo(QSize(max(1, self.width()), 10_000))
            if at.x() and at.x() + size.width() > self.width():
                at = QPoint(0, at.y() + tall + gap)
            button.setGeometry(QRect(at, size))
            at, tall = QPoint(at.x() + size.width() + gap, at.y()), size.height()
        self.setFixedHeight(at.y() + tall)


class Choice(QComboBox):
    """A combo box that draws its own arrow: a style sheet would need a picture file for it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the arrow over the field."""
        super().paintEvent(event)
        painter, step = QPainter(self), self._theme.px(4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color(Token.MUTED), 1.8))
        x, y = self.width() - self._theme.px(18), self.height() / 2 + 1
        tip, half = QPointF(x, y + step / 2), step / 2
        painter.drawPolyline([QPointF(x - step, y - half), tip, QPointF(x + step, y - half)])
