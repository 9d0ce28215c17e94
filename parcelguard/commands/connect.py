"""Connecting a shop from the command line: the seller's consent, where there is no window."""

from __future__ import annotations

import getpass
import os
import sys
import webbrowser
from contextlib import closing, suppress
from queue import SimpleQueue
from threading import Thread

from parcelguard.core.config import Settings, ShopSettings, folders_of, home_folder, load_settings
from parcelguard.core.errors import ParcelGuardError, SettingsError
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.times import utc_now
from parcelguard.runtime.single_instance import only_one
from parcelguard.shops.consent import PATH, PORT
from parcelguard.shops.keeping import Shopkeeping
from parcelguard.shops.loopback import HERE
from parcelguard.shops.views import Attempt, Consented
from parcelguard.vault.vault import vault_at

REDIRECT = f"http://{HERE}:{PORT}{PATH}"  # what to enter in a marketplace's console
_NO_MORE = b""


def connect_shop(
    home: str | None, shop_id: str, grant: str = "", redirect: str = "", *, browser: bool = True
) -> int:
    """Ask for what is missing, and let the seller consent in a browser. Prints what happens.

    `redirect`: the address that the marketplace's console sends sellers back to, if not this program's
    own. Without `browser` the page's address is only printed.
    """
    folder = home_folder(home)
    settings = load_settings(folder / "settings.toml")
    shop = _named(settings, shop_id)
    folders = folders_of(folder, settings)
    folders.make()
    with only_one(folder):  # the window renews tokens too, and a token works once
        vault = vault_at(folders.secrets, settings.secrets.keep)
        keeping = Shopkeeping(folders.settings, vault, lambda _since: {}, lambda _settings: None, utc_now)
        with closing(keeping):
            grant = _grant(shop, grant)
            _ask_for_secret(keeping, shop, grant)
            if grant in marketplace(shop.marketplace).grants:
                _consent(keeping, shop, grant, redirect, browser=browser)
            row = keeping.probe(shop_id)
    _say(f"Chat access: {row.access_words}.")
    for words in (row.access.headline, row.access.advice):
        if words:
            _say(words)
    if not shop.send:
        title = row.marketplace.title
        _say(f"Sending is off. Read what {title} allows, then set send = true for this shop.")
    return 0


def _named(settings: Settings, shop_id: str) -> ShopSettings:
    for shop in settings.shops:
        if shop.id == shop_id:
            return shop
    known = ", ".join(each.id for each in settings.shops) or "none yet"
    raise SettingsError(
        f"no shop {shop_id!r}; in the settings file: {known}",
        headline="There is no such shop.",
        advice="Name one that is there, or add it to the settings file.",
    )


def _grant(shop: ShopSettings, asked: str) -> str:
    """Return which consent is meant; a marketplace without any still wants its key."""
    row = marketplace(shop.marketplace)
    known = tuple(row.grants) or tuple(key.setting for key in row.keys if key.secret)
    if not known:
        headline = "This shop needs no consent."
        raise SettingsError(headline, headline=headline, advice="Its buyers are written to by hand.")
    if asked and asked not in known:
        headline = f"{row.title} knows no consent for {asked!r}."
        raise SettingsError(headline, headline=headline, advice=f"Name one of: {', '.join(known)}")
    return asked or known[0]


def _ask_for_secret(keeping: Shopkeeping, shop: ShopSettings, grant: str) -> None:
    """Ask for the app's secret, unless it is kept already."""
    row = next(row for row in keeping.shops() if row.settings.id == shop.id)
    if any(each.grant == grant and each.keyed for each in row.grants):
        return
    key = next(key for key in row.marketplace.keys if key.secret and key.setting == grant)
    _say(f"{key.label}: {key.where}")
    secret = getpass.getpass(f"{key.label} (not shown): ")
    keeping.enter_keys(shop.id, {}, {grant: secret})


def _consent(keeping: Shopkeeping, shop: ShopSettings, grant: str, redirect: str, *, browser: bool) -> None:
    """Open the page and wait for the browser, or for its address to be pasted."""
    heard: SimpleQueue[Consented | bytes] = SimpleQueue()
    attempt = keeping.authorise(shop.id, grant, heard.put, redirect)
    _say(f"\nLog in as the shop's owner and allow the app:\n\n   {attempt.address}\n")
    if browser:
        webbrowser.open(attempt.address)
    if attempt.listens:
        _say("Waiting for the browser. If it ends at a page that cannot be shown, paste its address here.\n")
    else:
        _say(f"The browser then ends at {attempt.redirect}\nPaste the whole address here.\n")
    Thread(target=_read_lines, args=(heard,), name="terminal", daemon=True).start()
    while not isinstance(said := heard.get(), Consented):
        _paste(keeping, attempt, said)
    if said.error:
        raise said.error
    name = said.seller.name if said.seller else ""
    _say(f"Connected to {name or shop.name}.")


def _paste(keeping: Shopkeeping, attempt: Attempt, line: bytes) -> None:
    if line == _NO_MORE:
        if not attempt.listens:
            headline = "Nothing was connected."
            raise SettingsError("no address", headline=headline, advice="Start again when you have it.")
        return
    text = line.decode(errors="replace").strip()
    if not text:
        return
    try:
        keeping.paste(attempt, text)
    except ParcelGuardError as error:
        _say(f"{error.headline} {error.advice}")


def _read_lines(heard: SimpleQueue[Consented | bytes]) -> None:
    """Hand on what is typed; the bare descriptor, since a reader blocked in Python's own upsets its end."""
    typed = b""
    with suppress(OSError, AttributeError):  # there may be no terminal at all
        while more := os.read(sys.stdin.fileno(), 4096):
            *lines, typed = (typed + more).split(b"\n")
            for line in lines:
                heard.put(line + b"\n")
    if typed:
        heard.put(typed)
    heard.put(_NO_MORE)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command speaks to its terminal
