"""Connecting a shop from the command line: the seller's consent, where there is no window."""

from __future__ import annotations

import getpass
import os
import sys
import webbrowser
from contextlib import ExitStack, suppress
from queue import SimpleQueue
from threading import Thread

from parcelguard.core.config import Settings, ShopSettings, folders_of, home_folder, load_settings
from parcelguard.core.errors import ParcelGuardError, SettingsError
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.times import utc_now
from parcelguard.runtime.single_instance import only_one
from parcelguard.runtime.translation import tr
from parcelguard.shops.keeping import Shopkeeping
from parcelguard.shops.views import Attempt, Consented
from parcelguard.ui.words.access_words import access_words
from parcelguard.ui.words.consent_page_words import page_words
from parcelguard.ui.words.reasons.saying import said
from parcelguard.vault.vault import vault_at

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
        keeping = Shopkeeping(
            folders.settings,
            vault,
            figures=lambda _since: {},
            apply=lambda _settings: None,
            now=utc_now,
            page_words=page_words,
        )
        with ExitStack() as stack:
            stack.callback(keeping.stop_waiting)
            grant = _grant(shop, grant)
            _ask_for_secret(keeping, shop, grant)
            if grant in marketplace(shop.marketplace).grants:
                _consent(keeping, shop, grant, redirect, browser=browser)
            row = keeping.probe_shop(shop_id)
    _say(tr("Chat access: {access}.", access=access_words(row.standing)))
    missing = said(row.access.reason)
    for sentence in (missing.headline, missing.advice):
        if sentence:
            _say(sentence)
    if not shop.send:
        title = row.marketplace.title
        _say(
            tr(
                "Sending is off. Read what {marketplace} allows, then set send = true for this shop.",
                marketplace=title,
            )
        )
    return 0


def _named(settings: Settings, shop_id: str) -> ShopSettings:
    for shop in settings.shops:
        if shop.id == shop_id:
            return shop
    known = ", ".join(each.id for each in settings.shops) or "—"
    raise SettingsError(f"no shop {shop_id!r}", because(ShopReason.UNKNOWN_SHOP, shop=shop_id, known=known))


def _grant(shop: ShopSettings, asked: str) -> str:
    """Return which consent is meant; a marketplace without any still wants its key."""
    row = marketplace(shop.marketplace)
    known = tuple(row.grants) or tuple(key.setting for key in row.keys if key.secret)
    if not known:
        raise SettingsError("no consents", because(ShopReason.NO_CONSENT_NEEDED))
    if asked and asked not in known:
        values = {"marketplace": row.title, "grant": asked, "known": ", ".join(known)}
        raise SettingsError(f"no consent {asked!r}", because(ShopReason.UNKNOWN_CONSENT, **values))
    return asked or known[0]


def _ask_for_secret(keeping: Shopkeeping, shop: ShopSettings, grant: str) -> None:
    """Ask for the app's secret, unless it is kept already."""
    row = next(row for row in keeping.shops() if row.settings.id == shop.id)
    if any(each.grant == grant and each.keyed for each in row.grants):
        return
    key = next(key for key in row.marketplace.keys if key.secret and key.setting == grant)
    _say(tr("{key}: {place}", key=tr(key.label), place=tr(key.where)))
    secret = getpass.getpass(tr("{key} (not shown): ", key=tr(key.label)))
    keeping.enter_keys(shop.id, {}, {grant: secret})


def _consent(keeping: Shopkeeping, shop: ShopSettings, grant: str, redirect: str, *, browser: bool) -> None:
    """Open the page and wait for the browser, or for its address to be pasted."""
    heard: SimpleQueue[Consented | bytes] = SimpleQueue()
    attempt = keeping.begin_consent(shop.id, grant, heard.put, redirect)
    login = tr("Log in as the shop's owner and allow the app:")
    _say(f"\n{login}\n\n   {attempt.address}\n")
    if browser:
        webbrowser.open(attempt.address)
    if attempt.listens:
        _say(
            tr("Waiting for the browser. If it ends at a page that cannot be shown, paste its address here.")
        )
    else:
        _say(tr("The browser then ends at {address}", address=attempt.redirect))
        _say(tr("Paste the whole address here."))
    _say("")
    Thread(target=_read_lines, args=(heard,), name="terminal", daemon=True).start()
    while not isinstance(answer := heard.get(), Consented):
        _paste(keeping, attempt, answer)
    if answer.error:
        raise answer.error
    name = answer.seller.name if answer.seller else ""
    _say(tr("Connected to {shop}.", shop=name or shop.name))


def _paste(keeping: Shopkeeping, attempt: Attempt, line: bytes) -> None:
    if line == _NO_MORE:
        if not attempt.listens:
            raise SettingsError("no address", because(ShopReason.NOTHING_CONNECTED))
        return
    text = line.decode(errors="replace").strip()
    if not text:
        return
    try:
        keeping.paste_address(attempt, text)
    except ParcelGuardError as error:
        words = said(error.reason)
        _say(f"{words.headline} {words.advice}")


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
