"""What the window shows while the program waits for calls in flight before it ends."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.paint import CENTER, text, wrapped
from parcelguard.ui.kit.theme import Size, Theme, Token

SLOW_MS = 300  # a wait that long is shown
HINT_WIDTH = 620
FINISHING = msgid("Finishing…")
FINISHING_HINT = msgid(
    "What is on its way right now gets a few seconds. The rest goes out after the next start."
)


class Farewell(QWidget):
    """Lies over the whole window, once the wait is long enough to wonder about."""

    over = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._background = Background("farewell", self)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow.timeout.connect(self._show)
        self.setAccessibleName(f"{tr(FINISHING)} {tr(FINISHING_HINT)}")
        self.hide()

    def begin(self, take_down: Callable[[], object]) -> None:
        """Call this in the background; `over` tells when it has returned, or failed: the log says why."""
        self._slow.start()
        self._background.ask(take_down, self._done, self._done)

    def shut_down(self) -> None:
        """Wait for it here; nothing is told any more."""
        self._slow.stop()
        self._background.shut_down()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Say that it takes a moment, and that nothing is lost meanwhile."""
        painter, theme = QPainter(self), self._theme
        painter.fillRect(self.rect(), theme.color(Token.BG))
        line = theme.em(30)
        top = self.height() // 2 - line
        title = QRect(0, top, self.width(), line)
        text(painter, title, tr(FINISHING), theme.font(Size.WORDS, 600), theme.color(Token.TEXT), CENTER)
        small = theme.font(Size.SMALL)
        width = min(theme.em(HINT_WIDTH), self.width() * 9 // 10)
        for place, sentence in enumerate(wrapped(tr(FINISHING_HINT), small, width)):
            row = QRect(0, top + line + place * theme.em(22), self.width(), theme.em(22))
            text(painter, row, sentence, small, theme.color(Token.MUTED), CENTER)

    def _show(self) -> None:
        self.setGeometry(self.window().rect())
        self.show()
        self.raise_()

    def _done(self, _answer: object) -> None:
        self.shut_down()
        self.over.emit()
