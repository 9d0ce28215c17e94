"""Lazada's signatures, its two apps and their consents, and what counts as its own answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    DeliveryError,
    NoNetwork,
    NotSent,
    OutcomeUnknown,
    SettingsError,
    ShopWaits,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.times import utc_now
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.lazada.client import CHAT, GATEWAYS, ORDERS, LazadaClient, lazada_client
from parcelguard.marketplace.lazada.wire import sign
from parcelguard.marketplace.ports import AccessState
from parcelguard.sandbox.lazada.apps import LazadaApps
from parcelguard.ui.words.reasons.saying import said
from parcelguard.vault.vault import Secrets, vault_at
from tests.support.channel_benches import LAZADA, Bench, jpeg, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")

SECRET = "pg-test-secret-0001"
COMMON = {"app_key": "900100", "timestamp": "1735689600000", "sign_method": "sha256"}
TOKEN = {"access_token": "50000test00accesstoken"}
SESSION = {"session_id": "200200_2_300300_1_103"}
TEXT = "Ảnh đóng gói đơn #900000000000001 ✓\nสวัสดี & thank you"
PICTURE = {"img_url": "https://my-live.slatic.net/p/abc123.jpg?x=1&y=2", "width": "1280", "height": "960"}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(LAZADA, tmp_path) as opened:
        yield opened


def lazada(bench: Bench) -> LazadaClient:
    assert isinstance(bench.channel.client, LazadaClient)
    return bench.channel.client


Answering = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Callable[[Answering], LazadaClient]]:
    """Return what makes a client whose marketplace is one function."""
    opened: list[LazadaClient] = []

    def build(answer: Answering) -> LazadaClient:
        vault = vault_at(tmp_path / "secrets.json", "file")
        lasting = Secrets(SECRET, "50000test00accesstoken", "refresh", utc_now().timestamp() + 10**6)
        for key in ("kopi", "kopi/chat"):
            vault.keep(key, lasting)
        shop = ShopSettings(
            id="kopi", marketplace="lazada", name="Kopi", app_key="900100", chat_app_key="900200"
        )
        transport = httpx.MockTransport(answer)
        opened.append(LazadaClient(shop, vault, Http("http://lazada.test/rest", transport), utc_now))
        return opened[-1]

    yield build
    for each in opened:
        each.close_connections()


def answer_of(**body: Any) -> Answering:
    return lambda request: httpx.Response(200, json={"request_id": "rq-1", **body})


# ---- signatures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        (
            "/auth/token/create",
            {"code": "0_900100_TestCode123"},
            "94EF92872F861C0635DFD7A0F7CB0D59643E26B44963D6176826D0F4FEDAF87C",
        ),
        (
            "/auth/token/refresh",
            {"refresh_token": "50001test00refreshtoken"},
            "35433BAD6A38F5C59CA8F4B31E94E8C13F3F46A384D6E5FED54A64CE0CEE4311",
        ),
        (
            "/im/session/open",
            {**TOKEN, "order_id": "900000000000001"},
            "FEB96DD6C646052470381D5DC3EE189B657EA7C3A2827DA0690AAA72D66ACC6C",
        ),
        (
            "/im/message/send",
            {**TOKEN, **SESSION, "template_id": "1", "txt": TEXT},
            "E5A58225A0BDBFA640D03E4F3F605F25D3060B3D86991AEAFF085E5B5686CBA1",
        ),
        (
            "/im/message/send",
            {**TOKEN, **SESSION, "template_id": "3", **PICTURE},
            "E8C94C4559D32ABDDFBC0AF80CC783362E9E157982FB999C5BA0AB21B65CDEA5",
        ),
        ("/image/upload", TOKEN, "347BA09523F488D46D54CC460EED2FDA48C37EF89771A8392CED53CAD709F3E8"),
        (
            "/orders/items/get",
            {**TOKEN, "order_ids": "[900000000000001,900000000000002]"},
            "40DF36D089C40C837A6AB12824347BC4A23758E076A12FEB9D4BDBD8EAD86F4F",
        ),
        (
            "/test/api",
            {"foo_bar": "1", "fooBar": "2", "foo1": "3", "Zed": "4"},
            "26C8A13E564795C74848168E2CF0F1DC7D4A6C1096F80C55B3CA44267E3E0F63",
        ),
        (
            "/seller/get",
            {**TOKEN, "partner_id": "lazop-sdk-python-20181207"},
            "5E88334C3B334A6D9D623BBC6195FB16441A0D5286719CBD704C38B111C094FF",
        ),
    ],
)
def test_signatures_agree_with_the_vectors(path: str, parameters: dict[str, str], expected: str) -> None:
    assert sign(SECRET, path, {**COMMON, **parameters}) == expected


def test_signature_agrees_with_the_documentations_own_example() -> None:
    parameters = {
        "app_key": "123456",
        "access_token": "test",
        "timestamp": "1517820392000",
        "sign_method": "sha256",
        "order_id": "1234",
    }
    expected = "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
    assert sign("helloworld", "/order/get", parameters) == expected


def test_get_carries_everything_in_the_query_and_post_its_own_in_a_form(
    answering: Callable[[Answering], LazadaClient],
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer_of(code="0")(request)

    client = answering(answer)
    client.get(ORDERS, "/order/get", order_id="900000000000001", status="")
    client.post(CHAT, "/im/session/open", order_id="900000000000001")

    read, opened = seen
    assert read.url.path == "/rest/order/get"
    query = dict(parse_qsl(read.url.query.decode(), keep_blank_values=True))
    signature = query.pop("sign")
    assert query.keys() == {"app_key", "timestamp", "sign_method", "access_token", "order_id"}, "none empty"
    assert signature == sign(SECRET, "/order/get", query)

    query = dict(parse_qsl(opened.url.query.decode()))
    assert query.keys() == {"app_key", "timestamp", "sign_method", "access_token", "sign"}
    assert query["app_key"] == "900200", "the chat has an app of its own"
    assert parse_qs(opened.content.decode()) == {"order_id": ["900000000000001"]}
    assert opened.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("region", GATEWAYS)
def test_shop_is_called_at_its_own_countrys_gateway(tmp_path: Path, region: str) -> None:
    shop = ShopSettings(id="kopi", marketplace="lazada", region=region, name="Kopi", app_key="1")
    made = lazada_client(shop, vault_at(tmp_path / "secrets.json", "file"), utc_now)
    try:
        page = urlsplit(made.consent_address(CHAT, "https://back.test/x?y=1", "s"))
        assert f"{page.scheme}://{page.netloc}{page.path}" == "https://auth.lazada.com/oauth/authorize"
        assert parse_qs(page.query)["redirect_uri"] == ["https://back.test/x?y=1"]
        assert parse_qs(page.query)["force_auth"] == ["true"]
    finally:
        made.close_connections()


# ---- what counts as an answer --------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"code": "0", "data": {"x": 1}},
        {"code": 0, "data": {"x": 1}},
        {"data": {"x": 1}, "success": "true", "err_code": "0"},
        {"code": "0", "err_code": None, "data": {"x": 1, "success": True, "err_code": "0"}},
    ],
)
def test_successes_in_every_documented_form_are_taken(
    answering: Callable[[Answering], LazadaClient], body: dict[str, Any]
) -> None:
    assert answering(answer_of(**body)).get(ORDERS, "/order/get", order_id="1")["data"]["x"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"code": "0", "success": False, "data": {}},
        {"code": "0", "success": "false", "data": {}},
        {"code": "0", "err_code": "PG_SIM_BLOCKED", "err_message": "closed", "data": {}},
        {"code": "0", "data": {"success": "false"}},
        {"code": "0", "data": {"err_code": "E1"}},
        {"code": "SomethingNew", "type": "ISV"},
        {"code": "0"},
        {"code": "0", "data": "ok"},
    ],
)
def test_anything_less_than_a_success_leaves_a_message_unknown(
    answering: Callable[[Answering], LazadaClient], body: dict[str, Any]
) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        answering(answer_of(**body)).send("/im/message/send", {"txt": "x"}, utc_now(), lambda: None)
    assert ("marketplace", "Lazada") in caught.value.reason.values


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"code": "0", "data": {}}, NoNetwork),  # a gateway: every word of Lazada's has a request id
        (403, {"code": 403, "message": "Forbidden"}, NoNetwork),
        (503, {"message": "busy"}, NotSent),
        (429, {"message": "slow"}, NotSent),
        (404, {"request_id": "rq", "code": "0", "data": {}}, NotSent),
    ],
)
def test_answers_that_lazada_did_not_give_are_no_answers(
    answering: Callable[[Answering], LazadaClient], status: int, body: dict[str, Any], kind: type[NotSent]
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body, headers={"date": "Sun, 01 Jan 2023 00:00:00 GMT"})

    client = answering(answer)
    with pytest.raises(NotSent) as caught:
        client.get(ORDERS, "/order/get", order_id="1")
    assert isinstance(caught.value, kind)
    assert "request_id" in body or client.clock.offset == timedelta(0), "only Lazada tells its time"


# ---- two apps ------------------------------------------------------------------------------


def test_grants_are_kept_apart_and_paired_by_the_seller(bench: Bench) -> None:
    bench.forget_tokens()
    for grant in (CHAT, ORDERS):
        bench.channel.client.accept_consent(grant, bench.walk(grant, "s"), "s")
    orders, chat = bench.secrets(ORDERS), bench.secrets(CHAT)
    assert orders.access_token != chat.access_token
    assert orders.app_secret != chat.app_secret
    assert orders.notes["seller_id"] == chat.notes["seller_id"] == str(bench.shop.shop_id)
    assert chat.refresh_ends_at > chat.expires_at > utc_now().timestamp()


def test_chat_of_another_seller_than_the_orders_is_refused_before_the_shop_has_a_number(
    bench: Bench,
) -> None:
    bench.forget_tokens()
    client = lazada(bench)
    client.shop = ShopSettings(id="kopi", marketplace="lazada", name="Kopi", app_key="1")
    bench.channel.client.accept_consent(ORDERS, bench.walk(ORDERS, "s"), "s")
    other = bench.world.add_shop("Teh Tarik", "MY", marketplace="lazada")
    with pytest.raises(SettingsError, match="beside another") as caught:
        client.accept_consent(CHAT, bench.walk(CHAT, "s", shop=other), "s")
    assert caught.value.reason == because(MarketplaceReason.CONSENTS_OF_TWO_SELLERS)
    assert not bench.secrets(CHAT).access_token


def test_consent_for_a_shop_in_another_country_is_refused(bench: Bench) -> None:
    abroad = bench.world.add_shop("Kopi Singapore", "SG", marketplace="lazada")
    with pytest.raises(SettingsError) as caught:
        bench.channel.client.accept_consent(ORDERS, bench.walk(ORDERS, "s", shop=abroad), "s")
    assert said(caught.value.reason).headline == "This consent is for a shop in SG, not in MY."


def test_orders_alone_work_and_the_chat_is_said_to_need_its_own_consent(bench: Bench) -> None:
    bench.vault.keep("kopi/chat", Secrets(bench.secrets(CHAT).app_secret))
    access = bench.channel.client.probe_access()
    assert (access.state, access.orders) == (AccessState.NOT_CONNECTED, True)
    assert access.reason == because(ShopReason.CHAT_CONSENT_MISSING)
    assert "In-house IM Chat" in said(access.reason).advice
    assert bench.channel.orders.read_order(bench.order.order_sn)


def test_consent_taken_back_from_the_chat_alone_leaves_the_orders(bench: Bench) -> None:
    state = bench.world.state_of(LazadaApps)
    state.revoke(state.apps[1])
    access = bench.channel.client.probe_access()
    assert (access.state, access.orders) == (AccessState.CONSENT_AGAIN, True)
    state.revoke(state.apps[0])
    assert bench.channel.client.probe_access().orders is False


@pytest.mark.parametrize("path", ["/seller/get", "/im/session/list"])
@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("InsufficientPermission", AccessState.NO_CHAT),
        ("IncompleteSignature", AccessState.NOT_CONNECTED),
        ("InvalidAppKey", AccessState.NOT_CONNECTED),
        ("AppWhiteIpLimit", AccessState.UNREACHABLE),
    ],
)
def test_probe_sends_nobody_for_a_consent_or_permission_that_would_not_help(
    bench: Bench, path: str, code: str, state: AccessState
) -> None:
    bench.fault("error", error=code, path=path)
    access = bench.channel.client.probe_access()
    assert (access.state, access.orders) == (state, path != "/seller/get")
    assert said(access.reason).headline


def test_probe_tells_when_the_first_of_both_consents_ends(bench: Bench) -> None:
    soon = utc_now() + timedelta(days=3)
    bench.vault.keep("kopi/chat", replace(bench.secrets(CHAT), refresh_ends_at=soon.timestamp()))
    assert bench.channel.client.probe_access().until == datetime.fromtimestamp(soon.timestamp(), UTC)


def test_chat_is_asked_once_for_each_token_since_polling_costs_the_permission(bench: Bench) -> None:
    for _ in range(3):
        assert bench.channel.client.probe_access().state is AccessState.AUTHORISED
    assert bench.asked("/im/session/list") == 1
    bench.fault("expire_tokens", path="/im/session/open")
    bench.target()
    bench.channel.client.probe_access()
    assert bench.asked("/im/session/list") == 2


def test_chat_that_was_refused_meanwhile_is_asked_again(bench: Bench) -> None:
    target = bench.target()
    bench.channel.client.probe_access()
    bench.shop.chat_allowed = False
    with pytest.raises(ShopWaits):
        bench.say(target)
    assert bench.channel.client.probe_access().state is AccessState.NO_CHAT


def test_picture_goes_through_the_chats_app_where_the_one_for_orders_may_not(bench: Bench) -> None:
    bench.world.state_of(LazadaApps).chat_may_upload = True
    bench.fault("error", error="InsufficientPermission", path="/image/upload", times=1)
    assert bench.sender.upload_picture(jpeg())
    assert bench.asked("/image/upload") == 2


def test_picture_that_neither_app_may_upload_is_told(bench: Bench) -> None:
    bench.fault("error", error="InsufficientPermission", path="/image/upload")
    with pytest.raises(ShopWaits) as caught:
        bench.sender.upload_picture(jpeg())
    assert caught.value.reason == because(MarketplaceReason.NO_CHAT_ACCESS, marketplace="Lazada")


def test_other_refusals_of_a_picture_are_not_tried_with_the_other_app(bench: Bench) -> None:
    bench.fault("error", error="AppWhiteIpLimit", path="/image/upload")
    with pytest.raises(ShopWaits):
        bench.sender.upload_picture(jpeg())
    assert bench.asked("/image/upload") == 1


# ---- tokens --------------------------------------------------------------------------------


def test_token_is_renewed_early_and_only_its_own_app_is_asked(bench: Bench) -> None:
    old = bench.secrets(CHAT)
    bench.vault.keep("kopi/chat", replace(old, expires_at=utc_now().timestamp() + 3600))
    orders = bench.secrets(ORDERS)
    bench.target()

    new = bench.secrets(CHAT)
    assert bench.asked("/auth/token/refresh") == 1
    assert new.access_token != old.access_token
    assert new.refresh_token != old.refresh_token
    assert new.notes == old.notes
    assert bench.secrets(ORDERS) == orders


def test_tokens_of_one_day_are_not_renewed_with_every_call(bench: Bench) -> None:
    bench.world.state_of(LazadaApps).lives.access_s = 86_400
    bench.fault("expire_tokens", path="/order/items/get")
    for _ in range(3):
        bench.target()
    assert bench.asked("/auth/token/refresh") == 1


def test_what_a_token_answer_leaves_out_stays_as_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bench.secrets(ORDERS)
    answer = {"request_id": "rq", "code": "0", "access_token": "50000new", "expires_in": "604800"}
    _answer_token_calls(monkeypatch, answer)
    bench.fault("expire_tokens", path="/seller/get")
    with pytest.raises(DeliveryError):  # the invented token is refused in turn
        lazada(bench).get(ORDERS, "/seller/get")
    after = bench.secrets(ORDERS)
    assert (after.access_token, after.refresh_token) == ("50000new", before.refresh_token)
    assert after.refresh_ends_at == before.refresh_ends_at
    assert timedelta(days=6.9) < after.expires - utc_now() < timedelta(days=7.1)


def test_token_answer_without_a_token_loses_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bench.secrets(ORDERS)
    _answer_token_calls(monkeypatch, {"request_id": "rq", "code": "0"})
    bench.fault("expire_tokens", path="/seller/get")
    with pytest.raises(NotSent):
        lazada(bench).get(ORDERS, "/seller/get")
    assert bench.secrets(ORDERS) == before


@pytest.mark.parametrize(
    "info", [None, [], [{"country": "my"}], [{"country": "my", "seller_id": "x"}], "my", [None]]
)
def test_consent_that_does_not_say_whose_it_is_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, info: object
) -> None:
    answer = {"request_id": "rq", "access_token": "a", "refresh_token": "r", "country_user_info": info}
    _answer_token_calls(monkeypatch, answer)
    before = bench.secrets(ORDERS)
    with pytest.raises(SettingsError):
        bench.channel.client.accept_consent(ORDERS, "http://127.0.0.1:9/?code=c&state=s", "s")
    assert bench.secrets(ORDERS) == before


def test_list_of_sellers_is_read_under_both_its_names(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    info = {"country": "MY", "seller_id": bench.shop.shop_id, "short_code": "MYPG0001"}
    answer = {"request_id": "rq", "access_token": "a", "refresh_token": "r", "country_user_info_list": [info]}
    _answer_token_calls(monkeypatch, answer)
    seller = bench.channel.client.accept_consent(ORDERS, "http://127.0.0.1:9/?code=c&state=s", "s")
    assert (seller.shop_id, seller.name, seller.region) == (bench.shop.shop_id, "MYPG0001", "MY")


def test_token_call_survives_a_wrong_clock_and_a_log_in_page(bench: Bench) -> None:
    bench.clock.off = timedelta(hours=5)
    assert bench.channel.client.accept_consent(ORDERS, bench.walk(ORDERS, "s"), "s").shop_id
    bench.fault("non_json", path="/auth/token/create", times=1)
    sent_back = bench.walk(ORDERS, "s")
    with pytest.raises(NoNetwork):
        bench.channel.client.accept_consent(ORDERS, sent_back, "s")
    assert bench.channel.client.accept_consent(ORDERS, sent_back, "s").shop_id, "the code was not spent"


def _answer_token_calls(monkeypatch: pytest.MonkeyPatch, body: dict[str, Any]) -> None:
    """Let the address for tokens give one answer."""
    answer = httpx.MockTransport(lambda request: httpx.Response(200, text=json.dumps(body)))
    monkeypatch.setattr("parcelguard.marketplace.lazada.client.Http", lambda base_url: Http(base_url, answer))
