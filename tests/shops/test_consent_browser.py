"""Sellers consent in a real browser, at every marketplace that asks for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from parcelguard.core.config import Settings
from parcelguard.core.errors import SettingsError
from parcelguard.core.marketplace_facts import ALL, marketplace
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.times import utc_now
from parcelguard.marketplace.ports import AccessState
from parcelguard.marketplace.tokens import grant_key
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.lazada.apps import LazadaApps
from parcelguard.sandbox.running import running
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.sandbox.tiktok.app_state import TikTokApp
from parcelguard.sandbox.world.world import World
from parcelguard.shops.keeping import Shopkeeping
from parcelguard.shops.views import Attempt, Consented
from parcelguard.ui.words.access_words import access_words
from parcelguard.ui.words.consent_page_words import page_words
from parcelguard.ui.words.reasons.saying import said
from parcelguard.vault.vault import Secrets, vault_at
from tests.support.browser import Browser, browser

PATIENCE_S = 30
MARKETPLACES = [name for name, row in ALL.items() if row.grants]


def app_of(world: World, name: str, back: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Register the redirect address in the marketplace's console; return the app's keys and secrets."""
    match name:
        case "shopee":
            state = world.state_of(ShopeeState)
            state.partner = replace(state.partner, redirect_domains=("127.0.0.1",))
            shop = world.shops_of(name)[0]
            return (
                {"partner_id": state.partner.partner_id, "shop_id": shop.shop_id},
                {"shop": state.partner.partner_key},
            )
        case "lazada":
            orders, chat = world.state_of(LazadaApps).apps
            for app in (orders, chat):
                app.callback = back
            return (
                {"app_key": orders.key, "chat_app_key": chat.key},
                {"orders": orders.secret, "chat": chat.secret},
            )
        case _:
            custom = world.state_of(TikTokApp).app
            custom.redirect = back
            return {"app_key": custom.app_key, "service_id": custom.service_id}, {"shop": custom.app_secret}


class Office:
    """A seller's desk: the program, a marketplace and a browser."""

    def __init__(self, name: str, world: World, address: str, home: Path, page: Browser) -> None:
        self.name, self.world, self.address, self.page = name, world, address, page
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.back = f"http://127.0.0.1:{self.port}/parcelguard"
        self.vault = vault_at(home / "secrets.json", "file")
        self.applied: list[Settings] = []
        self.answers: Queue[Consented] = Queue()
        self.keeping = Shopkeeping(
            home / "settings.toml",
            self.vault,
            figures=lambda _since: {},
            apply=self.applied.append,
            now=utc_now,
            page_words=page_words,
            port=self.port,
        )
        keys, secrets = app_of(world, name, self.back)
        shop = {"marketplace": name, "region": "MY", "name": "Kopi & Co", "host": address}
        self.shop_id = self.keeping.add_shop({**shop, **keys}, secrets)
        self.grants = tuple(marketplace(name).grants)

    def begin(self, grant: str = "", redirect: str = "") -> Attempt:
        return self.keeping.begin_consent(self.shop_id, grant or self.grants[0], self.answers.put, redirect)

    def outcome(self) -> Consented:
        return self.answers.get(timeout=PATIENCE_S)

    def kept(self) -> Mapping[str, Secrets | None]:
        return {grant: self.vault.load(grant_key(self.shop_id, grant)) for grant in self.grants}

    def connected(self) -> list[str]:
        return [grant for grant, kept in self.kept().items() if kept and kept.access_token]

    def allow(self, grant: str = "") -> Consented:
        self.page.open(self.begin(grant).address)
        self.page.press("allow")
        assert "is connected" in self.page.headline()
        return self.outcome()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(params=MARKETPLACES)
def office(request: pytest.FixtureRequest, tmp_path: Path, chromium: Browser) -> Iterator[Office]:
    world = demo_world(orders=1, marketplaces=(request.param,))
    with running(world) as address:
        made = Office(request.param, world, address, tmp_path, chromium)
        yield made
        made.keeping.stop_waiting()


def test_a_seller_who_allows_it_has_a_connected_shop(office: Office) -> None:
    assert office.keeping.shops()[0].access.state is AccessState.NOT_CONNECTED

    for grant in office.grants:
        outcome = office.allow(grant)
        assert outcome.error is None
        assert outcome.seller is not None
        assert outcome.seller.shop_id == office.applied[-1].shops[0].shop_id

    assert office.connected() == list(office.grants)
    row = office.keeping.probe_shop(office.shop_id)
    assert (row.access.state, row.access.orders) == (AccessState.AUTHORISED, True)
    assert access_words(row.standing).startswith("Authorised")


def test_a_seller_who_cancels_changes_nothing_and_may_begin_again(office: Office) -> None:
    before = office.kept()
    office.page.open(office.begin().address)
    office.page.press("cancel")

    shown = office.page.headline()

    outcome = office.outcome()
    assert outcome.error is not None
    title = marketplace(office.name).title
    assert outcome.error.reason == because(ShopReason.CONSENT_DENIED, marketplace=title)
    assert shown == said(outcome.error.reason).headline == f"You pressed Cancel at {title}."
    assert office.kept() == before
    assert office.allow().error is None


def test_a_consent_that_comes_back_again_changes_nothing(office: Office) -> None:
    office.allow()
    kept, answered = office.kept(), office.page.address()
    assert office.page.open(answered) == "net::ERR_CONNECTION_REFUSED"  # nobody listens any more

    attempt = office.begin()
    office.page.open(answered)
    assert office.page.headline() == "This address belongs to another attempt."
    with pytest.raises(SettingsError):
        office.keeping.paste_address(attempt, answered)

    values = {name: value for name, [value] in parse_qs(urlsplit(answered).query).items()}
    [state] = parse_qs(urlsplit(attempt.address).query)["state"]
    office.page.open(f"{office.back}?{urlencode({**values, 'state': state})}")  # with a code that was spent
    refused = office.page.headline()
    outcome = office.outcome()

    assert outcome.error is not None
    assert said(outcome.error.reason).headline == refused
    assert office.kept() == kept
    assert office.keeping.probe_shop(office.shop_id).access.state is not AccessState.UNREACHABLE


def test_a_page_that_was_used_cannot_be_used_again(office: Office) -> None:
    office.page.open(office.begin().address)
    wish = office.page.wait("document.querySelector('[name=wish]')?.value ?? null")
    office.page.press("allow")
    assert "is connected" in office.page.headline()
    kept = office.kept()

    office.begin()
    again = httpx.post(f"{office.address}/consent", data={"wish": wish, "answer": "allow"})

    assert (again.status_code, "used already" in again.text) == (400, True)
    assert office.kept() == kept


def test_an_attempt_given_up_takes_no_answer_any_more(office: Office) -> None:
    attempt = office.begin()
    office.page.open(attempt.address)
    office.keeping.cancel_consent(attempt)
    office.page.press("allow")

    office.page.wait("location.protocol === 'chrome-error:' ? true : null")

    assert office.connected() == []
    assert office.answers.empty()


def test_a_code_that_has_run_out_is_refused_and_the_next_one_is_taken(office: Office) -> None:
    landing = f"{office.address}/buyer"  # an address of the seller's own, where this program cannot listen
    app_of(office.world, office.name, landing)
    attempt = office.begin(redirect=landing)
    assert not attempt.listens
    office.page.open(attempt.address)
    office.page.press("allow")
    ended_at = office.page.wait("location.search.includes('code=') ? location.href : null")
    office.world.move_on(31 * 60)

    office.keeping.paste_address(attempt, ended_at)
    outcome = office.outcome()

    assert outcome.error is not None
    assert said(outcome.error.reason).advice
    assert office.connected() == []

    again = office.begin(redirect=landing)
    office.page.open(again.address)
    office.page.press("allow")
    office.keeping.paste_address(
        again, office.page.wait("location.search.includes('code=') ? location.href : null")
    )
    assert office.outcome().error is None
    assert office.connected() == [office.grants[0]]
