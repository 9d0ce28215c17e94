"""The left of the Channels screen: title, master switches, the shops, and what is said about them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from parcelguard.runtime.translation import tr
from parcelguard.shops.views import MarketplaceRow, ShopRow
from parcelguard.ui.kit.blocks import ReasonBox, plain_label
from parcelguard.ui.kit.buttons import button
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.shops.parts import Masters
from parcelguard.ui.shops.shop_list import ShopList
from parcelguard.ui.words import shop_words as words

HINT_WIDTH = 520


class ShopsColumn(QWidget):
    """The shops, or what this screen is for as long as there is none."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.title = plain_label(tr(words.TITLE), self)
        self.subtitle = plain_label(tr(words.SUBTITLE), self)
        self.add = button(tr(words.ADD_SHOP), self, main=True)
        self.all_at = plain_label(tr(words.ALL_SHOPS_AT), self)
        self.all_at.setWordWrap(False)
        self.masters = Masters(theme, self)
        self.outcome = ReasonBox(theme, self)
        self.outcome.hide()
        self.list = ShopList(theme, self)
        self.note = plain_label(tr(words.READING), self)
        self.hint = plain_label(tr(words.NO_SHOP_HINT), self)
        for label in (self.title, self.note):
            label.setProperty("strong", True)  # noqa: FBT003 - Qt's own way
        self._lay_out()
        for widget in (self.all_at, self.masters, self.list, self.hint):
            widget.hide()

    def show_rows(self, shops: Sequence[ShopRow], known: Sequence[MarketplaceRow]) -> None:
        """Take in the shops, and the master switches of the marketplaces they are at."""
        self.list.show_lines([words.line(row) for row in shops])
        self.masters.show_switches(
            [
                (each.marketplace.name, words.master(each, shops), each.on)
                for each in known
                if each.shops and each.marketplace.has_chat
            ]
        )
        self.note.setText(tr(words.NO_SHOP))
        self.list.setVisible(bool(shops))
        for label in (self.note, self.hint):
            label.setVisible(not shops)
            label.setMaximumWidth(self._theme.em(HINT_WIDTH))
        for widget in (self.all_at, self.masters):
            widget.setVisible(bool(self.masters.buttons))

    def take_focus(self) -> None:
        """Give the keyboard to the chosen shop, or to what adds the first one."""
        if self.list.isHidden():
            self.add.setFocus()
        else:
            self.list.take_focus()

    def _lay_out(self) -> None:
        px = self._theme.px
        head = QHBoxLayout()
        titles = QVBoxLayout()
        titles.setSpacing(px(2))
        titles.addWidget(self.title)
        titles.addWidget(self.subtitle)
        head.addLayout(titles, 1)
        head.addWidget(self.add, 0, Qt.AlignmentFlag.AlignVCenter)
        switches = QHBoxLayout()
        switches.setSpacing(px(12))
        switches.addWidget(self.all_at)
        switches.addWidget(self.masters, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(12))
        rows.addLayout(head)
        rows.addLayout(switches)
        rows.addWidget(self.outcome)
        rows.addWidget(self.list, 1000)
        rows.addStretch(1)
        for label in (self.note, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            middle = QHBoxLayout()
            middle.addWidget(label)
            rows.addLayout(middle)
        rows.addStretch(1)
