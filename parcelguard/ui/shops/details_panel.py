"""What a person enters for a shop: its chat page, and which codes are its orders where no orders are read."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from parcelguard.runtime.translation import tr
from parcelguard.shops.views import ShopRow
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import plain_label
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.shops.panels import SidePanel
from parcelguard.ui.words import shop_words as words


class DetailsPanel(SidePanel):
    """Two fields; the codes only where the marketplace gives no orders."""

    def __init__(self, theme: Theme, keeping: ShopsPort, calls: Background, parent: QWidget) -> None:
        super().__init__(theme, keeping, calls, parent)
        self._row: ShopRow | None = None
        self._beside: dict[QLineEdit, tuple[QWidget, QWidget]] = {}
        self.page = self._field(tr("Chat page"), tr(words.PAGE_HINT))
        self.codes = self._field(tr("Order numbers look like"), tr(words.CODES_HINT))
        self.body.addStretch(1)

    def show_details(self, row: ShopRow) -> None:
        """Show what is set for a shop."""
        self._name(row, words.details_title(row))
        self._row = row
        usual = row.marketplace.chat_page.get(row.settings.region, "")
        self.page.setText(row.settings.chat_page)
        self.page.setPlaceholderText(usual or "https://…/{order}")
        self.codes.setText(row.settings.codes)
        for widget in (self.codes, *self._beside[self.codes]):
            widget.setVisible(not row.marketplace.has_chat)
        self._offer((tr(words.SAVE), self._save), (tr(words.CANCEL), self.escape))

    def first_field(self) -> QWidget | None:
        """Return the first field."""
        return self.page

    def _field(self, name: str, hint: str) -> QLineEdit:
        label, field, below = QLabel(name, self), QLineEdit(self), plain_label(hint, self)
        label.setBuddy(field)
        label.setProperty("name", True)  # noqa: FBT003 - Qt's own way
        field.setAccessibleName(name)
        field.setAccessibleDescription(hint)
        field.setMaxLength(500)
        field.returnPressed.connect(self._save)
        for widget in (label, field, below):
            self.body.addWidget(widget)
        self._beside[field] = (label, below)
        return field

    def _save(self) -> None:
        row = self._row
        if row is None:
            return
        shop_id = row.settings.id
        values = {"chat_page": self.page.text().strip()}
        if not row.marketplace.has_chat:
            values["codes"] = self.codes.text().strip()

        def done(_nothing: None) -> None:
            self.changed.emit(shop_id)
            self.left.emit()

        self._ask(partial(self._keeping.change_shop, shop_id, values), done)
