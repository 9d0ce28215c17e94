"""Looking after the shops: what the Channels screen asks for, and what it changes.

Every change is written to the settings file first and then handed to whoever runs the station.
Keys and tokens go into the vault and nowhere else. All calls may come from any thread; those that
ask a marketplace take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from parcelguard.chat.registry import client_of
from parcelguard.core.config import Settings, ShopSettings
from parcelguard.core.errors import ParcelGuardError, SettingsError
from parcelguard.core.marketplace_facts import ALL, marketplace
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.marketplace.ports import Access, Client, Seller, closing_connections
from parcelguard.runtime.assets import asset
from parcelguard.shops.app_secrets import AppSecrets, entered, secret_names
from parcelguard.shops.consent import PORT, ConsentFlow
from parcelguard.shops.loopback import PageWords
from parcelguard.shops.practice import rehearse
from parcelguard.shops.preset import filled, presets, remarks
from parcelguard.shops.rows import Figures, RowReader
from parcelguard.shops.settings_file import SettingsFile
from parcelguard.shops.shop_ids import new_shop_id
from parcelguard.shops.views import (
    AppKeys,
    Attempt,
    Consented,
    Filled,
    MarketplaceRow,
    NoticeUnread,
    Preset,
    Rehearsal,
    Remark,
    ShopRow,
    Weight,
)
from parcelguard.vault.vault import Vault

_FIXED = ("id", "marketplace", "region")  # records carry them
_ITS_OWN = ("shop_id", "inbox_id")  # what no other shop can share, whatever its app


class Shopkeeping:
    """The shops of one station, as their owner sees them."""

    def __init__(
        self,
        settings_file: Path,
        vault: Vault,
        *,
        figures: Figures,
        apply: Callable[[Settings], None],
        now: Callable[[], datetime],
        page_words: PageWords,
        port: int = PORT,
    ) -> None:
        """Read the settings file.

        `apply` is called after every change with what holds from then on. `page_words` says what the
        seller's browser is shown.
        """
        self._file = SettingsFile(settings_file)
        self._vault = vault
        self._apply = apply
        self._now = now
        self._app_secrets = AppSecrets(vault)
        self._reader = RowReader(vault, self._app_secrets, figures, now)
        self._changing = RLock()
        self._settings = self._file.read()
        self._answered: dict[str, Access] = {}
        self._consents = ConsentFlow(
            self._client_of, now=now, accepted=self._accepted, page_words=page_words, port=port
        )

    def stop_waiting(self) -> None:
        """Wait for no browser any more."""
        self._consents.stop_waiting()

    def shops(self) -> tuple[ShopRow, ...]:
        """Return every shop in the settings' order, without asking any marketplace."""
        return self._reader.rows_of(self._settings.shops, self._settings, self._answered)

    def marketplaces(self) -> tuple[MarketplaceRow, ...]:
        """Return every marketplace there is, with its master switch."""
        names = [shop.marketplace for shop in self._settings.shops]
        off = self._settings.marketplaces_off
        return tuple(MarketplaceRow(row, row.name not in off, names.count(row.name)) for row in ALL.values())

    def probe_shop(self, shop_id: str) -> ShopRow:
        """Ask the marketplace what this shop may do, and return its row."""
        shop = self._shop(shop_id)
        with closing_connections(self._client_of(shop)) as client:
            self._answered[shop_id] = client.probe_access()
        [row] = self._reader.rows_of((shop,), self._settings, self._answered)
        return row

    def app_of(self, name: str) -> AppKeys | None:
        """Return the app that another shop of a marketplace uses, to be used again."""
        for shop in self._settings.shops:
            if shop.marketplace == name and self._app_secrets.of_shop(shop):
                return AppKeys(shop.id, shop.name, _app_values(shop))
        return None

    # ---- changing ----------------------------------------------------------------------

    def change_shop(self, shop_id: str, values: Mapping[str, Any]) -> None:
        """Change what is set for a shop; None takes a value back to the usual one.

        Raises SettingsError when a value is wrong; then nothing was changed.
        """
        shop = self._shop(shop_id)
        if fixed := [name for name in _FIXED if values.get(name, getattr(shop, name)) != getattr(shop, name)]:
            raise SettingsError(f"{fixed[0]} is fixed", because(ShopReason.SHOP_KEEPS_ITS_PLACE))
        if values.get("send") and not shop.send:
            raise NoticeUnread
        if "message" in values:
            _refuse_faults(remarks(shop, str(values["message"])))
        self._change_settings(lambda: self._file.change_shop(shop_id, values))

    def switch_shop(self, shop_id: str, on: bool, notice_read: bool = False) -> None:
        """Switch sending on or off; on only for who has read what the marketplace allows."""
        if on and not notice_read:
            raise NoticeUnread
        self._shop(shop_id)
        self._change_settings(lambda: self._file.change_shop(shop_id, {"send": on}))

    def switch_marketplace(self, name: str, on: bool) -> None:
        """Turn the master switch of a marketplace."""

        def change() -> Settings:
            off = tuple(each for each in self._file.read().marketplaces_off if each != name)
            return self._file.switch_marketplaces_off(off if on else (*off, name))

        self._change_settings(change)

    def add_shop(self, values: Mapping[str, Any], secrets: Mapping[str, str], same_app_as: str = "") -> str:
        """Add a shop, its sending off, and return its id.

        `secrets`: by grant. `same_app_as`: the shop whose app is used again.
        """
        with self._changing:
            given = entered(secrets)
            if same_app_as:
                sharing = self._shop(same_app_as)
                values = {**_app_values(sharing), **values}
                given = {**self._app_secrets.of_shop(sharing), **given}
            shop_id = new_shop_id(values, {shop.id for shop in self._settings.shops})
            try:
                # First the secrets: the station works by the settings at once, and would find none.
                self._app_secrets.keep_new(shop_id, given)
                self._change_settings(lambda: self._file.add_shop({"id": shop_id, **values, "send": False}))
            except ParcelGuardError:
                self._app_secrets.forget(shop_id, given)
                raise
        return shop_id

    def enter_keys(self, shop_id: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Enter an app's keys anew; an empty secret stays as it is.

        Tokens are of the app and shop that they were given to: they go when either becomes another one.
        """
        with self._changing:
            shop = self._shop(shop_id)
            # A value that was empty is only filled in; one that is replaced means another app or shop.
            another = any(getattr(shop, name) not in ("", 0, value) for name, value in values.items())
            self._file.change_shop(shop_id, values)
            self._app_secrets.replace(shop, entered(secrets), other_app=another)
            self._answered.pop(shop_id, None)
            self._change_settings(self._file.read)

    def remove_shop(self, shop_id: str) -> None:
        """Take a shop out. Its records stay, and what waits is held; keys and tokens are forgotten."""
        with self._changing:
            shop = self._shop(shop_id)
            self._consents.stop_waiting()
            # First the file: a file that cannot be written leaves a shop that still works.
            self._change_settings(lambda: self._file.remove_shop(shop_id))
            self._app_secrets.forget(shop_id, secret_names(shop))
            self._answered.pop(shop_id, None)

    # ---- the preset message ------------------------------------------------------------

    def check_message(self, shop_id: str, text: str) -> tuple[Remark, ...]:
        """Return what to know about a message, what keeps it from being saved first."""
        return remarks(self._shop(shop_id), text)

    def preview_message(self, shop_id: str, text: str) -> Filled:
        """Return a message as a made-up buyer would get it."""
        return filled(self._shop(shop_id), text)

    def ready_messages(self, shop_id: str) -> tuple[Preset, ...]:
        """Return ready messages in the languages of the shop's buyers."""
        return presets(self._shop(shop_id).region)

    def send_test(self, shop_id: str, text: str) -> Rehearsal:
        """Send a message and a picture to a sandbox's buyer and return what he saw."""
        shop = self._shop(shop_id)
        _refuse_faults(remarks(shop, text))
        return rehearse(shop, text, asset("pictures/parcel.jpg"))

    # ---- consents ----------------------------------------------------------------------

    def begin_consent(
        self, shop_id: str, grant: str, answered: Callable[[Consented], None], redirect: str = ""
    ) -> Attempt:
        """Begin a consent, and return the page for the browser; see `ConsentFlow.begin_attempt`."""
        shop = self._shop(shop_id)
        if grant not in self._app_secrets.of_shop(shop):
            raise SettingsError("no app secret", because(ShopReason.APP_KEYS_MISSING))
        return self._consents.begin_attempt(shop, grant, answered, redirect)

    def paste_address(self, attempt: Attempt, address: str) -> None:
        """Take the address at which the browser ended; see `ConsentFlow.take_pasted`."""
        self._consents.take_pasted(attempt, address)

    def cancel_consent(self, attempt: Attempt) -> None:
        """Give an attempt up; nothing is answered any more."""
        self._consents.give_up(attempt)

    def _accepted(self, shop: ShopSettings, grant: str, seller: Seller) -> None:
        """Note which shop a consent was for, where only the marketplace could tell."""
        with self._changing:
            self._answered.pop(shop.id, None)
            if self._shop(shop.id).shop_id:
                self._change_settings(self._file.read)
                return
            try:
                self._change_settings(lambda: self._file.change_shop(shop.id, {"shop_id": seller.shop_id}))
            except SettingsError:
                # It is another shop of these settings. A token works once: two that renew the same ones
                # would lock each other out.
                self._app_secrets.drop_tokens(shop, grant)
                raise

    def _client_of(self, shop: ShopSettings) -> Client:
        return client_of(shop, self._vault, self._now)

    def _change_settings(self, change: Callable[[], Settings]) -> None:
        """Change the file, then let the station work by it; one change after the other."""
        with self._changing:
            self._settings = change()
            self._apply(self._settings)

    def _shop(self, shop_id: str) -> ShopSettings:
        for shop in self._settings.shops:
            if shop.id == shop_id:
                return shop
        raise SettingsError(f"no shop {shop_id!r}", because(ShopReason.NO_SUCH_SHOP))


def _app_values(shop: ShopSettings) -> dict[str, Any]:
    """Return what names the app of a shop, without what is the shop's own."""
    return {
        name: getattr(shop, name) for name in marketplace(shop.marketplace).needed if name not in _ITS_OWN
    }


def _refuse_faults(found: tuple[Remark, ...]) -> None:
    for remark in found:
        if remark.weight is Weight.STOP:
            raise SettingsError(remark.reason.kind, remark.reason)
