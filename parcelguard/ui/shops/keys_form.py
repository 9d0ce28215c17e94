"""The form for what a seller copies from a marketplace's console: entered once, with where to find it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QRegularExpression, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from parcelguard.core.marketplace_facts import Key, Marketplace
from parcelguard.runtime.translation import tr
from parcelguard.shops.views import AppKeys, ShopRow
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import plain_label
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.shops.panels import SidePanel
from parcelguard.ui.words import shop_words as words
from parcelguard.ui.words.access_words import apply_words

_DIGITS = QRegularExpression("[0-9]{0,18}")


class KeysForm(QWidget):
    """One field for each key. A secret is never shown again once it is kept."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._marketplace: Marketplace | None = None
        self._kept: frozenset[str] = frozenset()
        self.fields: dict[str, QLineEdit] = {}
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(theme.px(4))

    def show_keys(
        self,
        marketplace: Marketplace,
        values: Mapping[str, str | int] | None = None,
        kept: frozenset[str] = frozenset(),
    ) -> None:
        """Ask for a marketplace's keys; `kept` are the secrets that are there already."""
        self._marketplace, self._kept = marketplace, kept
        # Hidden at once: what is deleted later would keep the keyboard until then.
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.fields = {key.setting: self._add(key, marketplace) for key in marketplace.keys}
        self.fill(values or {})

    def fill(self, values: Mapping[str, str | int]) -> None:
        """Put these into their fields."""
        for setting, value in values.items():
            if setting in self.fields and value:
                self.fields[setting].setText(str(value))

    def take_over(self, app: AppKeys) -> None:
        """Use another shop's app: its secrets are taken from there, so nobody types them again."""
        self.fill(app.values)
        for key in self._keys:
            if key.secret:
                self.fields[key.setting].clear()
                self.fields[key.setting].setEnabled(False)
                self.fields[key.setting].setPlaceholderText(tr("as for {shop}", shop=app.shop_name))
        self._kept = frozenset(key.setting for key in self._keys if key.secret)
        self.changed.emit()

    @property
    def complete(self) -> bool:
        """Whether all that is needed now is there."""
        row = self._marketplace
        return row is not None and all(
            self._text(key) or words.may_come_later(key, row) or (key.secret and key.setting in self._kept)
            for key in self._keys
        )

    @property
    def values(self) -> dict[str, str | int]:
        """What is no secret."""
        return {
            key.setting: (int(self._text(key) or 0) if words.is_number(key) else self._text(key))
            for key in self._keys
            if not key.secret
        }

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that were entered."""
        return {key.setting: self._text(key) for key in self._keys if key.secret and self._text(key)}

    @property
    def _keys(self) -> tuple[Key, ...]:
        return self._marketplace.keys if self._marketplace else ()

    def _text(self, key: Key) -> str:
        return self.fields[key.setting].text().strip()

    def _add(self, key: Key, row: Marketplace) -> QLineEdit:
        label = QLabel(tr(key.label), self)
        field = QLineEdit(self)
        field.setAccessibleName(tr(key.label))
        field.setAccessibleDescription(words.key_hint(key, row))
        field.setMaxLength(500)
        if key.secret:
            field.setEchoMode(QLineEdit.EchoMode.Password)
        elif words.is_number(key):
            field.setValidator(QRegularExpressionValidator(_DIGITS, field))
        if key.setting in self._kept:
            field.setPlaceholderText(tr(words.KEPT))
        label.setBuddy(field)
        label.setProperty("name", True)  # noqa: FBT003 - Qt's own way
        field.textChanged.connect(self.changed)
        for widget in (label, field, plain_label(words.key_hint(key, row), self)):
            self._rows.addWidget(widget)
            widget.show()  # at once: the layout would do it later, and the keyboard is to begin here
        self._rows.addSpacing(self._theme.px(6))
        return field


class KeysPanel(SidePanel):
    """The keys of a shop that is there already."""

    def __init__(self, theme: Theme, keeping: ShopsPort, calls: Background, parent: QWidget) -> None:
        super().__init__(theme, keeping, calls, parent)
        self._row: ShopRow | None = None
        self.apply = plain_label("", self)
        self.form = KeysForm(theme, self)
        self.body.addWidget(self.apply)
        self.body.addWidget(self.form)
        self.body.addStretch(1)
        self.form.changed.connect(self._check)

    def show_kept_keys(self, row: ShopRow) -> None:
        """Show what is known of a shop's keys."""
        self._name(row, tr("Own keys"))
        self._row = row
        settings = row.settings
        self.apply.setText(apply_words(row.marketplace))
        kept = frozenset(each.grant for each in row.grants if each.keyed)
        values = {name: getattr(settings, name) for name in row.marketplace.needed}
        self.form.show_keys(row.marketplace, values, kept)
        self._offer((tr("Save keys"), self._save), (tr(words.CANCEL), self.escape))
        self._check()

    def first_field(self) -> QWidget | None:
        """Return the first key's field."""
        return next(iter(self.form.fields.values()), None)

    def _check(self) -> None:
        if self.buttons.buttons:
            self.buttons.buttons[0].setEnabled(self.form.complete)

    def _save(self) -> None:
        if self._row is None:
            return
        shop_id = self._row.settings.id

        def done(_nothing: None) -> None:
            self.changed.emit(shop_id)
            self.left.emit()

        form = self.form
        self._ask(partial(self._keeping.enter_keys, shop_id, form.values, form.secrets), done)
