"""The menu of a shop: its consents, and whatever else can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from parcelguard.runtime.translation import tr
from parcelguard.shops.views import GrantRow, ShopRow
from parcelguard.ui.words import shop_words as words


def shop_menu(
    row: ShopRow,
    parent: QWidget,
    *,
    authorise: Callable[[GrantRow], None],
    carry_out: Mapping[words.Choice, Callable[[], None]],
) -> QMenu:
    """Return the menu of a shop; it goes away when it is closed."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for given in row.grants:
        menu.addAction(words.grant(given, row.grants), partial(authorise, given))
    for choice in words.choices(row):
        name = words.details(row) if choice is words.Choice.DETAILS else tr(choice)
        menu.addAction(name, carry_out[choice])
    return menu
