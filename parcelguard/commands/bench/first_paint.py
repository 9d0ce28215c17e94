"""What ends a measured start-up at its first paint, and the floor: a window of Qt alone.

`python -m parcelguard.commands.bench.first_paint` opens a window of the same make with nothing but Qt: a
bar, a table and a picture. It prints one line when it is painted and ends, as ours does.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parcelguard.app import App


def end_with_first_paint(app: App) -> None:
    """Print a line when the window is painted, and end this process."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    class PaintObserver(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint:
                QTimer.singleShot(0, _done)
            return False

    app.window.installEventFilter(PaintObserver(app.window))


def _floor() -> None:
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtGui import QImage, QPainter, QPaintEvent
    from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTableWidget, QToolBar, QWidget

    class Picture(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self._image = QImage(960, 540, QImage.Format.Format_BGR888)
            self._image.fill(0)

        def paintEvent(self, _event: QPaintEvent) -> None:
            QPainter(self).drawImage(0, 0, self._image)
            QTimer.singleShot(0, _done)

    application = QApplication([])
    window = QMainWindow()
    bar = QToolBar()
    for words in ("Take photo", "Save and send", "Retake last", "Clear order"):
        bar.addAction(words)
    window.addToolBar(bar)
    dock = QDockWidget("Log")
    dock.setWidget(QTableWidget(10, 6))
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.setCentralWidget(Picture())
    window.resize(1366, 768)
    window.show()
    application.exec()


def _done() -> None:
    sys.stdout.write("painted\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    _floor()
