"""Signatures, tokens, the shop's cipher, the clock, consent, and what a probe finds."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NoNetwork,
    NotSent,
    OutcomeUnknown,
    SettingsError,
    ShopWaits,
    TooFast,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.core.times import utc_now
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.ports import AccessState, closing_connections
from parcelguard.marketplace.tiktok.client import CONVERSATIONS, ORDERS, SHOPS, TikTokClient
from parcelguard.marketplace.tiktok.signing import json_text, sign
from parcelguard.runtime.logs import hide_secrets
from parcelguard.sandbox.tiktok.app_state import cipher
from parcelguard.ui.words.reasons.saying import said
from parcelguard.vault.vault import Secrets, vault_at
from tests.support.tiktok_bench import Bench, jpeg, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")

SECRET = "pg_demo_secret_0001"
OWN = {"app_key": "pgdemo01", "timestamp": "1760000000"}
IN_SHOP = {**OWN, "shop_cipher": "ROW_pgDemoCipher+/=01"}
TALK = "/customer_service/202309/conversations/7100000000000000001/messages"
TEXT = {"type": "TEXT", "content": json_text({"content": "Pesanan anda telah dibungkus ✓"}).decode()}
SEARCH = {"order_status": "AWAITING_SHIPMENT", "update_time_ge": 1759900000}
DAY_S = 86_400


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


# ---- signatures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "query", "body", "expected"),
    [
        (SHOPS, OWN, b"", "dec64737d5a666a1d6bc4af67633c339445f0c1e5f99321e63680736274015fa"),
        (
            "/order/202309/orders",
            {**IN_SHOP, "ids": "580000000000000001,580000000000000002"},
            b"",
            "6abab0bbc6e10eaea12a4eab44b3c924831794b3f6b7a56c95fd441b0aecdee8",
        ),
        (
            TALK,
            IN_SHOP,
            json_text(TEXT),
            "4a4ec71a997347ffe693306634c44058aa78881798d5d39b6a69ac40014fdae1",
        ),
        (
            "/customer_service/202309/images/upload",
            IN_SHOP,
            b"",
            "95ee090fd9881a8cf48f0775b790de8ec9313785d06b3133923da39f18b72e30",
        ),
        (
            "/order/202309/orders/search",
            {**IN_SHOP, "page_size": "50", "page_token": "aB+/c=="},
            json_text(SEARCH),
            "7f7538c83701022602475c63660e9a954c60caf83403e72641eaee4a337eebd4",
        ),
        (
            f"{TALK}/read",
            IN_SHOP,
            b"",
            "b7da3abd461ff053af0062010dd06df1c192755d70a8a4b3d815361b6a1ac358",
        ),
        (
            f"{TALK}/read",
            IN_SHOP,
            b"{}",
            "f60fe1446d03d8c404f9974924e9fdb8efde5395c726b5a3a6ddafd97edb58a0",
        ),
    ],
)
def test_signatures_agree_with_the_vectors(
    path: str, query: dict[str, str], body: bytes, expected: str
) -> None:
    assert sign(SECRET, path, query, body) == expected
    assert sign(SECRET, path, {**query, "sign": "old", "access_token": "t"}, body) == expected


@pytest.mark.parametrize(
    ("secret", "path", "query", "expected"),
    [
        (
            "e59af819cc",
            SHOPS,
            {"app_key": "29a39d", "timestamp": "1623812664"},
            "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
        ),
        (
            "app_secret",
            "/test-api",
            {"foo": "bar"},
            "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f",
        ),
    ],
)
def test_signatures_agree_with_other_peoples_vectors(
    secret: str, path: str, query: dict[str, str], expected: str
) -> None:
    assert sign(secret, path, query) == expected


def test_body_is_written_as_it_was_signed() -> None:
    assert len(json_text(TEXT)) == 78
    assert json.loads(json.loads(json_text(TEXT))["content"])["content"].endswith("✓")


def test_every_call_is_signed_as_the_marketplace_checks_it(bench: Bench) -> None:
    assert "+" in cipher(bench.shop)
    assert bench.client.get(CONVERSATIONS, page_size=1) == {"conversations": [], "next_page_token": ""}
    assert bench.client.post(
        "/order/202309/orders/search", {"order_status": "AWAITING_COLLECTION"}, page_size=1
    )["orders"]
    assert bench.client.upload("/customer_service/202309/images/upload", jpeg())["width"] == 640
    assert bench.say("Dibungkus ✓ + / = % & 你好")
    assert bench.texts() == ["Dibungkus ✓ + / = % & 你好"]


def test_query_goes_out_percent_encoded_and_the_body_as_it_was_signed(tmp_path: Path) -> None:
    seen: list[httpx.Request] = []

    class Line(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200, json={"code": 0, "message": "", "request_id": "r1", "data": {}})

    shop = ShopSettings(id="kedai", marketplace="tiktok", name="Kedai", app_key="pgdemo01")
    vault = vault_at(tmp_path / "secrets.json", "file")
    notes = {"shop_cipher": IN_SHOP["shop_cipher"]}
    vault.keep("kedai", Secrets(SECRET, "token", "refresh", 1.9e9, notes=notes))
    http = Http("http://127.0.0.1:9", Line())
    with closing_connections(
        TikTokClient(shop, vault, http, http, lambda: datetime.fromtimestamp(1760000000, UTC))
    ) as client:
        client.post("/order/202309/orders/search", SEARCH, page_size=50, page_token="aB+/c==")
    assert seen[0].content == json_text(SEARCH)
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].headers["x-tts-access-token"] == "token"
    assert sorted(seen[0].url.query.decode().split("&")) == [
        "app_key=pgdemo01",
        "page_size=50",
        "page_token=aB%2B%2Fc%3D%3D",
        "shop_cipher=ROW_pgDemoCipher%2B%2F%3D01",
        "sign=7f7538c83701022602475c63660e9a954c60caf83403e72641eaee4a337eebd4",
        "timestamp=1760000000",
    ]


# ---- which shop ----------------------------------------------------------------------------


def test_cipher_is_read_once_and_kept_with_the_consent(bench: Bench) -> None:
    for _ in range(3):
        bench.client.orders([bench.order().order_sn])
    assert bench.asked(SHOPS) == 1

    bench.connect(notes={"shop_cipher": cipher(bench.shop)})
    bench.configure()
    bench.client.orders([bench.order().order_sn])
    assert bench.asked(SHOPS) == 1


def test_cipher_that_is_refused_is_read_again_once(bench: Bench) -> None:
    bench.connect(notes={"shop_cipher": "ROW_of_yesterday"})
    assert bench.client.orders([bench.order().order_sn])
    assert bench.say()
    assert bench.asked(SHOPS) == 1
    assert len(bench.texts()) == 1

    bench.world.faults.set("error", path=ORDERS[0], error="101000", status=401)
    with pytest.raises(ShopWaits) as caught:
        bench.client.orders([bench.order().order_sn])
    assert caught.value.reason == because(MarketplaceReason.CONSENT_NOT_FOR_SHOP, marketplace="TikTok")
    assert bench.asked(SHOPS) == 2


def test_shop_that_the_consent_leaves_out_is_held(bench: Bench) -> None:
    bench.configure(shop_id=bench.shop.shop_id + 7)
    with pytest.raises(ShopWaits) as caught:
        bench.client.orders(["580000000000000001"])
    assert caught.value.code == "shop_not_granted"


def test_cross_border_consent_covers_several_shops_and_each_finds_its_own(bench: Bench) -> None:
    other = bench.world.add_shop("Kedai Demo SG", "SG", marketplace="tiktok")
    bench.state.cross_border.update({bench.shop.shop_id, other.shop_id})
    bench.connect()
    bench.configure(shop_id=0)
    assert bench.client.orders([bench.order().order_sn])
    assert bench.client.cross_border


def test_indonesian_shop_is_never_called_tiktok(tmp_path: Path) -> None:
    with open_bench(tmp_path, region="ID") as bench:
        bench.world.faults.set("error", path=ORDERS[0], error="105005", status=401)
        with pytest.raises(ShopWaits) as caught:
            bench.client.orders([bench.order().order_sn])
        words = said(caught.value.reason)
        assert "Tokopedia & Shop" in words.headline
        assert "TikTok" not in words.headline + words.advice


# ---- tokens --------------------------------------------------------------------------------


def test_token_with_less_than_a_day_left_is_renewed_first(bench: Bench) -> None:
    old = bench.connect(left_s=DAY_S - 60, notes={"shop_cipher": cipher(bench.shop), "kept": "too"})
    bench.client.orders([bench.order().order_sn])
    new = bench.kept()
    assert bench.asked("token/refresh") == 1
    assert new.access_token != old.access_token
    assert timedelta(days=6.9) < new.expires - utc_now() < timedelta(days=7.1)
    assert new.refresh_ends_at > utc_now().timestamp() + 300 * DAY_S
    assert new.notes == old.notes
    bench.client.orders([bench.order().order_sn])
    assert bench.asked("token/refresh") == 1


@pytest.mark.parametrize("path", ["/order/202309/orders", "/messages"])
def test_token_that_lapsed_early_is_renewed_and_the_call_made_again(bench: Bench, path: str) -> None:
    bench.world.faults.set("expire_tokens", path=path, times=1)
    assert bench.say()
    assert len(bench.texts()) == 1
    assert bench.asked("token/refresh") == 1


def test_consent_that_was_taken_back_is_asked_for_again(bench: Bench) -> None:
    bench.state.revoke()
    for _ in range(2):
        with pytest.raises(ShopWaits) as caught:
            bench.say()
        assert caught.value.reason.kind is MarketplaceReason.CONSENT_AGAIN
    assert bench.asked("token/refresh") == 1
    assert bench.client.probe_access().state is AccessState.CONSENT_AGAIN


def test_threads_at_the_tokens_end_renew_it_once(bench: Bench) -> None:
    bench.connect(left_s=-5)
    bench.state.expire_access()
    ready = threading.Barrier(20)

    def call(_: int) -> int:
        ready.wait(10)
        return len(bench.client.orders([bench.order().order_sn]))

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(call, range(20))) == {1}
    assert bench.asked("token/refresh") == 1


def test_no_secret_is_written_to_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = bench.connect(left_s=-5)
    bench.say()
    bench.world.faults.set("drop_before", path="token/refresh")
    bench.connect(left_s=-5)
    with pytest.raises(NotSent) as caught:
        bench.say()
    told = hide_secrets(caplog.text + repr(caught.value) + str(caught.value))
    for secret in (
        secrets.app_secret,
        secrets.access_token,
        secrets.refresh_token,
        bench.kept().access_token,
    ):
        assert secret not in told


# ---- clock ---------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [timedelta(hours=-9), timedelta(seconds=90), timedelta(days=2)])
def test_wrong_clock_is_corrected_and_the_message_sent_once(tmp_path: Path, off: timedelta) -> None:
    with open_bench(tmp_path, now=lambda: utc_now() + off) as bench:
        bench.connect(left_s=30 * DAY_S, notes={"shop_cipher": cipher(bench.shop)})
        talk = bench.world.chat.open_conversation(bench.shop.shop_id, bench.order().buyer)
        target = bench.target(conversation=talk.conversation_id)
        assert bench.chat.send_text(target, "Hello.", bench.wire()).message_id
        assert len(bench.texts()) == 1
        assert abs(bench.chat.clock_offset + off) < timedelta(seconds=3)


# ---- answers that are none -----------------------------------------------------------------


def test_page_in_place_of_an_answer_is_no_answer_when_reading(bench: Bench) -> None:
    bench.world.faults.set("non_json", path="/order/")
    with pytest.raises(NoNetwork) as caught:
        bench.client.orders([bench.order().order_sn])
    assert caught.value.reason.kind is MarketplaceReason.ANSWER_MADE_NO_SENSE
    assert said(caught.value.reason).headline.startswith("TikTok")


@pytest.mark.parametrize("status", [200, 302, 403])
def test_page_in_place_of_an_answer_leaves_a_message_unknown(bench: Bench, status: int) -> None:
    target = bench.opened()
    bench.world.faults.set("non_json", path="POST /customer_service", status=status)
    with pytest.raises(OutcomeUnknown):
        bench.chat.send_text(target, "Hello.", bench.wire())


def test_waiting_time_is_taken_from_the_answer(bench: Bench) -> None:
    target = bench.opened()
    bench.world.faults.set("rate_limit", 17, path="/messages")
    with pytest.raises(TooFast) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert caught.value.retry_after_s == 17
    assert not bench.texts()


def test_version_that_is_served_no_more_gives_way_to_the_newer(bench: Bench) -> None:
    for code in ("36009009", "36009014"):
        bench.world.faults.clear()
        bench.world.faults.set("error", path=ORDERS[0], error=code, status=404)
        assert bench.client.orders([bench.order().order_sn])[0]["id"] == bench.order().order_sn
    assert bench.asked(ORDERS[1]) == 2


@pytest.mark.parametrize("data", [None, "ok", []])
def test_success_that_brings_nothing_back_is_doubted(bench: Bench, data: object) -> None:
    target = bench.opened()
    bench.tamper("/messages", lambda body: body.update(data=data))
    with pytest.raises(OutcomeUnknown) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert caught.value.reason.kind is MarketplaceReason.NOT_CONFIRMED


@pytest.mark.parametrize(
    ("status", "kind"), [(429, TooFast), (500, OutcomeUnknown), (404, OutcomeUnknown), (200, OutcomeUnknown)]
)
def test_answer_without_the_envelope_is_judged_by_its_status(
    bench: Bench, status: int, kind: type[DeliveryError]
) -> None:
    target = bench.opened()
    bench.tamper("/messages", lambda body: body.pop("request_id"), status)
    with pytest.raises(kind):
        bench.chat.send_text(target, "Hello.", bench.wire())


def test_renewal_that_is_answered_by_a_page_or_in_part_can_be_tried_again(bench: Bench) -> None:
    bench.connect(left_s=-5)
    bench.world.faults.set("non_json", path="token/refresh", times=1)
    with pytest.raises(NotSent):
        bench.client.orders([bench.order().order_sn])
    bench.tamper("token/refresh", lambda body: body["data"].pop("refresh_token"))
    with pytest.raises(NotSent) as caught:
        bench.client.orders([bench.order().order_sn])
    assert caught.value.reason.kind is MarketplaceReason.NO_TOKENS


# ---- the seller's consent ------------------------------------------------------------------


def allowed(bench: Bench, state: str = "s1") -> str:
    """Return the address to which a seller is sent who allows it."""
    code = bench.state.new_code([bench.shop], bench.world.now())
    return f"http://127.0.0.1:1/back?app_key=pgdemo01&code={code}&locale=en&shop_region=MY&state={state}"


def test_consent_page_is_the_apps_own(bench: Bench) -> None:
    parts = urlsplit(bench.client.consent_address("shop", "http://127.0.0.1:9/back", "s1"))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{bench.address}/open/authorize"
    assert parse_qs(parts.query) == {"service_id": [bench.settings.service_id], "state": ["s1"]}

    bench.configure(host="")
    assert bench.client.consent_address("shop", "", "s1").startswith(
        "https://services.tiktokshop.com/open/authorize?service_id="
    )
    bench.configure(service_id="")
    with pytest.raises(SettingsError) as caught:
        bench.client.consent_address("shop", "", "s1")
    assert caught.value.reason.kind is MarketplaceReason.SERVICE_ID_MISSING


def test_consent_brings_tokens_and_the_shop(bench: Bench) -> None:
    bench.vault.keep("kedai", replace(bench.kept(), access_token="", refresh_token="", notes={}))
    bench.configure(shop_id=0)
    seller = bench.client.accept_consent("shop", allowed(bench), "s1")
    assert (seller.shop_id, seller.name, seller.region) == (bench.shop.shop_id, "Kedai Demo", "MY")
    assert bench.kept().notes == {"shop_cipher": cipher(bench.shop)}
    assert bench.say()


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("http://127.0.0.1:1/back?code=null&error=auth_denied&state=s1", MarketplaceReason.NO_CODE),
        ("http://127.0.0.1:1/back?state=s1", MarketplaceReason.NO_CODE),
        ("http://127.0.0.1:1/back?code=abc&state=other", MarketplaceReason.ATTEMPT_DIFFERS),
    ],
)
def test_address_that_brings_no_consent_changes_nothing(
    bench: Bench, address: str, kind: MarketplaceReason
) -> None:
    before = bench.kept()
    with pytest.raises(SettingsError) as caught:
        bench.client.accept_consent("shop", address, "s1")
    assert caught.value.reason.kind is kind
    assert bench.kept() == before


def test_code_works_once_and_for_half_an_hour(bench: Bench) -> None:
    address = allowed(bench)
    bench.client.accept_consent("shop", address, "s1")
    before = bench.kept()
    late = allowed(bench)
    bench.world.move_on(31 * 60)
    for each in (address, late):
        with pytest.raises(Held) as caught:
            bench.client.accept_consent("shop", each, "s1")
        assert caught.value.code == "36004004"
    assert bench.kept() == before


def test_consent_for_another_shop_is_not_taken(bench: Bench) -> None:
    other = bench.world.add_shop("Kedai Lain", "SG", marketplace="tiktok")
    before = bench.kept()
    code = bench.state.new_code([other], bench.world.now())
    for shop_id in (bench.shop.shop_id, 0):
        bench.configure(shop_id=shop_id)
        with pytest.raises(SettingsError) as caught:
            bench.client.accept_consent("shop", f"http://x/?code={code}&state=s1", "s1")
        assert caught.value.reason == because(
            MarketplaceReason.CONSENT_FOR_OTHER_SHOP, shop="Kedai Lain (SG)"
        )
        assert bench.kept() == before
        code = bench.state.new_code([other], bench.world.now())


def test_consent_of_someone_who_is_no_seller_is_not_taken(bench: Bench) -> None:
    before = bench.kept()
    address = allowed(bench)
    bench.tamper("token/get", lambda body: body["data"].update(user_type=1))
    with pytest.raises(SettingsError) as caught:
        bench.client.accept_consent("shop", address, "s1")
    assert caught.value.reason.kind is MarketplaceReason.NOT_A_SELLER
    assert bench.kept() == before


def test_consent_before_the_secret_is_entered_says_so(bench: Bench) -> None:
    bench.vault.forget("kedai")
    with pytest.raises(SettingsError) as caught:
        bench.client.accept_consent("shop", allowed(bench), "s1")
    assert caught.value.reason == because(MarketplaceReason.APP_SECRET_MISSING)


# ---- what a probe finds --------------------------------------------------------------------


def test_probe_finds_the_chat_granted(bench: Bench) -> None:
    access = bench.client.probe_access()
    assert (access.state, access.orders, access.reason) == (AccessState.AUTHORISED, True, None)
    assert access.until
    assert access.until > utc_now() + timedelta(days=300)


def test_probe_without_the_chat_scope_leaves_orders(bench: Bench) -> None:
    bench.shop.chat_allowed = False
    access = bench.client.probe_access()
    assert (access.state, access.orders) == (AccessState.NO_CHAT, True)
    assert "Customer Service" in said(access.reason).advice
    assert bench.client.orders([bench.order().order_sn])


def test_probe_without_tokens_or_network_says_which(bench: Bench) -> None:
    bench.world.faults.set("drop_before", path="/authorization")
    assert bench.client.probe_access().state is AccessState.UNREACHABLE
    bench.vault.forget("kedai")
    access = bench.client.probe_access()
    assert (access.state, access.orders) == (AccessState.NOT_CONNECTED, False)


@pytest.mark.parametrize(
    ("code", "message", "state"),
    [
        ("106001", "", AccessState.NOT_CONNECTED),
        ("36009004", "Invalid `app_key`", AccessState.NOT_CONNECTED),
        ("36009033", "", AccessState.UNREACHABLE),
        ("36009043", "", AccessState.UNREACHABLE),
        ("101000", "", AccessState.CONSENT_AGAIN),
    ],
)
def test_probe_asks_for_a_consent_only_where_that_helps(
    bench: Bench, code: str, message: str, state: AccessState
) -> None:
    bench.world.faults.set("error", error=code, message=message, status=401, path="/authorization")
    access = bench.client.probe_access()
    assert (access.state, access.orders) == (state, False)
    assert said(access.reason).headline


def test_probe_of_a_consent_for_other_shops_asks_for_one_again(bench: Bench) -> None:
    bench.configure(shop_id=7)
    access = bench.client.probe_access()
    assert access.state is AccessState.CONSENT_AGAIN
    assert access.reason
    assert access.reason.kind is MarketplaceReason.CONSENT_NOT_FOR_SHOP


def test_probe_that_is_too_fast_knows_that_it_was_let_in(bench: Bench) -> None:
    bench.state.settings.chat_calls_a_day = 0
    access = bench.client.probe_access()
    assert access.state is AccessState.AUTHORISED
    assert access.reason
    assert access.reason.kind is MarketplaceReason.CHAT_CALLS_USED_UP


def test_unreachable_marketplace_takes_no_mark(bench: Bench) -> None:
    target = bench.opened()
    bench.configure(host="http://127.0.0.1:9")
    with pytest.raises(DeliveryError) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert type(caught.value) is NoNetwork
    assert not bench.marks
