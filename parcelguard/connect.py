"""Connecting a shop from the command line: the seller's consent, once."""

from __future__ import annotations

import getpass
import secrets

from parcelguard.channels import shopee_client
from parcelguard.config import folders_of, home_folder, load_settings
from parcelguard.domain import utc_now
from parcelguard.errors import SettingsError
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.vault import Vault

REDIRECT = "http://127.0.0.1/parcelguard"


def connect_shop(home: str | None, shop_id: str) -> int:
    """Ask for the partner key and the address after consent; keep the tokens. Prints what happens."""
    folder = home_folder(home)
    settings = load_settings(folder / "settings.toml")
    shop = next((each for each in settings.shops if each.id == shop_id), None)
    if shop is None:
        known = ", ".join(each.id for each in settings.shops) or "none yet"
        raise SettingsError(
            f"no shop {shop_id!r}; in the settings file: {known}",
            headline="There is no such shop.",
            advice="Name one that is there, or add it to the settings file.",
        )
    folders = folders_of(folder, settings)
    folders.make()
    http = Http(shop.host)
    try:
        client = shopee_client(shop, Vault(folders.secrets), http, utc_now)
        key = getpass.getpass("Partner key (not shown): ").strip()
        state = secrets.token_urlsafe(16)
        _say(f"\n1. Open this page, log in as the shop's owner, and allow the app:\n\n"
             f"   {client.authorisation_address(REDIRECT, state)}\n\n"
             "2. The browser then shows an address that begins with\n"
             f"   {REDIRECT} and says that it cannot be reached. That is as it should be.\n"
             "   Copy the whole address here.\n")  # fmt: skip
        try:
            address = input("Address: ").strip()
        except EOFError as error:
            raise SettingsError(
                "no address",
                headline="Nothing was connected.",
                advice="Start again when you have the address.",
            ) from error
        client.accept_consent(address, key, state)
        info = client.get("/api/v2/shop/get_shop_info")
    finally:
        http.close()
    _say(f"Connected to {info.get('shop_name') or shop.name}.")
    if not shop.send:
        _say("Sending is off. Read what Shopee allows, then set send = true for this shop.")
    return 0


def _say(text: str) -> None:
    print(text)  # noqa: T201 - a command speaks to its terminal
