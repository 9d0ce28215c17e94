"""'Scan this': a small window beside the app for a person who has no scanner at hand.

Each order can be scanned as a keyboard-wedge scanner would do it, with real key events into the
app's window, or held into the demo camera's picture as a printed label.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRect, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtSvgWidgets import QSvgWidget
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from parcelguard.app import App
from parcelguard.commands.demo.keys import press
from parcelguard.commands.demo.market import DemoOrder
from parcelguard.runtime.translation import tr

KEY_GAP_MS = 8
WIDTH = 380
HEIGHT = 760
GAP = 8
BARCODE_SIZE = (300, 64)


class ScanPanel(QWidget):
    """Lists the demo's orders with their barcodes."""

    def __init__(self, app: App, orders: Sequence[DemoOrder], sheet: Path, buyer_page: str) -> None:
        super().__init__(None, Qt.WindowType.Tool)
        self._app = app
        self._keys: list[tuple[Qt.Key, str]] = []
        self._typing = QTimer(self, interval=KEY_GAP_MS, timerType=Qt.TimerType.PreciseTimer)
        self._typing.timeout.connect(self._type_one)
        self.setWindowTitle(tr("Scan this"))
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setPalette(app.window.palette())
        self.setFont(app.window.font())
        column = QVBoxLayout(self)
        column.addLayout(self._links(sheet, buyer_page))
        column.addWidget(self._list(orders, sheet.parent), 1)
        app.window.closed.connect(self.close)

    def show_beside(self) -> None:
        """Show the panel at the right edge of the screen, the app beside it, the keyboard with the app."""
        room: QRect = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(WIDTH, min(HEIGHT, room.height()))
        self.move(room.right() - self.width(), room.top())
        window = self._app.window
        width = max(window.minimumWidth(), min(window.width(), room.width() - self.width() - GAP))
        window.setGeometry(room.left(), room.top(), width, min(window.height(), room.height()))
        self.show()
        self._app.window.activateWindow()

    def _links(self, sheet: Path, buyer_page: str) -> QHBoxLayout:
        row = QHBoxLayout()
        for words, address in (
            (tr("Buyer’s chat"), QUrl(buyer_page)),
            (tr("Print the sheet"), QUrl.fromLocalFile(str(sheet))),
        ):
            button = QPushButton(words)
            button.clicked.connect(lambda _=False, to=address: QDesktopServices.openUrl(to))
            row.addWidget(button)
        return row

    def _list(self, orders: Sequence[DemoOrder], labels: Path) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        for order in orders:
            column.addWidget(self._order(order, labels))
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        return area

    def _order(self, order: DemoOrder, labels: Path) -> QWidget:
        code = order.tracking or order.number
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 16)
        title = QLabel(f"{order.number} · {order.buyer}")
        title.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(title)
        picture = labels / f"{code}.svg"
        if picture.exists():
            barcode = QSvgWidget(str(picture))
            barcode.setFixedSize(*BARCODE_SIZE)
            barcode.setStyleSheet("background: white")
            barcode.setAccessibleName(tr("Barcode {code}", code=code))
            column.addWidget(barcode)
        row = QHBoxLayout()
        scan = QPushButton(tr("Scan"))
        scan.clicked.connect(lambda: self.scan(code))
        hold = QPushButton(tr("Hold it to the camera"))
        hold.clicked.connect(lambda: self._hold(code))
        row.addWidget(scan)
        row.addWidget(hold)
        column.addLayout(row)
        return box

    def scan(self, code: str) -> None:
        """Type a code as a scanner does."""
        self._keys = [(Qt.Key(ord(letter)), letter) for letter in code] + [(Qt.Key.Key_Return, "\r")]
        self._typing.start()

    def _type_one(self) -> None:
        if not self._keys:
            self._typing.stop()
            return
        press(self._app.window, *self._keys.pop(0))

    def _hold(self, code: str) -> None:
        if self._app.camera is not None:
            self._app.camera.show_label(code)
