"""A column that scrolls, with a bar that keeps its place."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class ScrollColumn(QScrollArea):
    """Shows one widget at its own width, and scrolls down when it is taller.

    The bar's room is always kept, and only its handle comes and goes. A bar that came and went would
    make wrapped text higher and lower in turn: at some sizes Qt then lays out without end, until the
    program has no stack left and dies.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = self.verticalScrollBar()
        bar.setEnabled(False)  # the style draws no handle then
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))
