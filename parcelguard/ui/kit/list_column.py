"""A screen's left side: its title, its list or what is said in place of it, and what came of the last act."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListView, QVBoxLayout, QWidget

from parcelguard.ui.kit.blocks import ReasonBox, plain_label
from parcelguard.ui.kit.theme import Theme

HINT_WIDTH = 620


class ListColumn(QWidget):
    """The list has the room; a note and its hint stand in the middle of it while there is no row."""

    def __init__(self, theme: Theme, rows: QListView, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.title = plain_label("", self)
        self.note = plain_label("", self)
        self.hint = plain_label("", self)
        for label in (self.note, self.title):
            label.setProperty("strong", True)  # noqa: FBT003 - Qt's own way
        self.result = ReasonBox(theme, self)
        self.result.hide()
        self.foot = QHBoxLayout()
        self._lay_out(rows)

    def fit(self, page_width: int) -> None:
        """Give note and hint a width that is read well, whoever else has room on the page."""
        for label in (self.note, self.hint):
            label.setFixedWidth(min(self._theme.em(HINT_WIDTH), page_width * 9 // 10))  # centred in its row

    def _lay_out(self, rows: QListView) -> None:
        px = self._theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(8))
        above = QVBoxLayout()
        above.setContentsMargins(px(14), px(12), px(12), px(4))
        above.addWidget(self.title)
        column.addLayout(above)
        column.addStretch(1)
        for label in (self.note, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            middle = QHBoxLayout()
            middle.addWidget(label)
            column.addLayout(middle)
        column.addWidget(rows, 1000)
        column.addStretch(1)
        self.foot.setContentsMargins(px(12), 0, px(12), px(12))
        self.foot.setSpacing(px(8))
        self.foot.addWidget(self.result, 1)
        column.addLayout(self.foot)
