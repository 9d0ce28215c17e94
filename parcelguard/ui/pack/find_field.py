"""The field for typing an order's number, over the band. Not a dialog: packing goes on behind it."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.paint import RIGHT, box, text, width_of
from parcelguard.ui.kit.qss import line_edit_sheet
from parcelguard.ui.kit.theme import Size, Theme, Token

HINT = msgid("Enter opens it · Esc closes")


class FindField(QWidget):
    """Covers the band while somebody types."""

    entered = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.field = QLineEdit(self)
        self.field.setAccessibleName(tr("Order or tracking number"))
        self.field.setPlaceholderText(tr("Type the order or tracking number"))
        self.field.setMaxLength(200)
        self.field.returnPressed.connect(self._enter)
        self._layout = QHBoxLayout(self)
        self._layout.addWidget(self.field)
        theme.changed.connect(self._fit)
        self._fit()
        self.hide()

    def open_field(self) -> None:
        """Show the field, empty and ready to type into."""
        self.field.clear()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_field(self) -> None:
        """Hide it and give the keyboard back."""
        self.field.clearFocus()
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw over the band, with the two keys that matter at the right."""
        painter, theme = QPainter(self), self._theme
        box(painter, self.rect(), theme.px(12), theme.color(Token.INFO_SOFT), theme.color(Token.ACCENT))
        area = QRect(0, 0, self.width() - theme.px(21), self.height())
        text(painter, area, tr(HINT), theme.font(Size.BODY), theme.color(Token.MUTED), RIGHT)

    def _enter(self) -> None:
        typed = self.field.text().strip()
        self.close_field()
        if typed:
            self.entered.emit(typed)

    def _hint_width(self) -> int:
        return width_of(tr(HINT), self._theme.font(Size.BODY))

    def _fit(self) -> None:
        theme = self._theme
        self._layout.setContentsMargins(
            theme.px(14), theme.px(9), max(theme.em(260), self._hint_width() + theme.px(35)), theme.px(9)
        )
        self.field.setStyleSheet(line_edit_sheet(theme, Size.WORDS, mono=True))
        self.update()
