"""Builds a screen on its first visit; only then is its code loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from PySide6.QtWidgets import QWidget

from parcelguard.core.config import ShopSettings
from parcelguard.core.shops import Shop
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.ports import LogPort, ShopsPort
from parcelguard.ui.shell.sidebar import Page


def make(
    page: Page,
    theme: Theme,
    bridge: EventBridge,
    shops: Mapping[str, ShopSettings],
    log: LogPort | None,
    channels: ShopsPort | None,
    edit: Callable[[str, str], None],
) -> QWidget | None:
    """Return a new screen; None while what it shows is not there yet.

    `shops` is read each time it is needed. `edit` opens the log at a proof, with its text to be changed.
    """
    if page is Page.HELP:
        from parcelguard.ui.shell.help_screen import HelpPage

        return HelpPage(theme)
    if page is Page.CHANNELS and channels is not None:
        from parcelguard.ui.shops.shops_screen import ChannelsPage

        return ChannelsPage(theme, channels, bridge)
    if page is Page.CHANNELS or log is None:
        return None
    if page is Page.LOG:
        from parcelguard.ui.log.log_screen import LogPage

        return LogPage(theme, log, bridge)
    if page is Page.BY_HAND:
        from parcelguard.ui.by_hand.by_hand_screen import ByHandPage

        return ByHandPage(theme, log, bridge, shops)
    from parcelguard.ui.check.check_screen import CheckPage

    check = CheckPage(theme, log, bridge, ShopsFromSettings(shops))
    check.edit_wanted.connect(edit)
    return check


class ShopsFromSettings(Mapping[str, Shop]):
    """Shops as the rest of the program knows them, made from their present settings."""

    def __init__(self, settings: Mapping[str, ShopSettings]) -> None:
        self._settings = settings

    def __getitem__(self, shop_id: str) -> Shop:
        return self._settings[shop_id].shop()

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)
