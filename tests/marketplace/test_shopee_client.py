"""Signatures, tokens, the clock, and that no secret leaves its place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NoNetwork,
    NotSent,
    SettingsError,
    ShopWaits,
    StorageError,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.core.times import utc_now
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.meaning import ClockRefused
from parcelguard.marketplace.ports import AccessState, Seller
from parcelguard.marketplace.shopee.client import shopee_client, sign
from parcelguard.ui.words.reasons.saying import said
from parcelguard.vault.vault import Secrets
from tests.support.fakes import Clock
from tests.support.shopee_bench import Bench, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")

INFO = "/api/v2/shop/get_shop_info"
KEY = "shpk5061726365674775617264546573744b65795f303031"
TOKEN = "6163636573735f746f6b656e5f64656d"
HALF_HOUR_S = 1800


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def kept(bench: Bench) -> Secrets:
    secrets = bench.vault.load("kopi")
    assert secrets
    return secrets


# ---- signatures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "rest", "expected"),
    [
        ("auth/token/get", (), "da7a7bbd56ec0ee49bf6e6f8208f86539812737790460665e8211ddd76ab7cfd"),
        ("auth/access_token/get", (), "f4f874127f93f47f672ddc4c5cf91a0364c45f91a10b7fcf403bf4ed9fbfc4ab"),
        ("shop/auth_partner", (), "e80167beec0906b384a6aa35f87c65920f0eb2bbba143840a07d8cc1a4ffb7b6"),
        (
            "shop/get_shop_info",
            (TOKEN, 227700123),
            "e115a0cad5bbb1fc27b07c877d3a2edd185ce7d96a252c1109db8af1bcb1d0c6",
        ),
        (
            "order/get_order_detail",
            (TOKEN, 227700123),
            "13c0ced17aecef96cd4b789061fc0eb18113e9dccd072bafbb1f5fd60a7d0e4b",
        ),
        (
            "sellerchat/upload_image",
            (TOKEN, 227700123),
            "cb6f9d38a8479bc7c898a7239e95484aba8ac53b969465b3cd20073b1b8fc3e2",
        ),
        (
            "sellerchat/send_message",
            (TOKEN, 227700123),
            "dbf4bfa68d2e769c80c62d4ffafa8f8ca29c8801e0346f41787ac87036a08eea",
        ),
        (
            "merchant/get_merchant_info",
            (TOKEN, 1000456),
            "8f1c07a30eb5354f87baaf914e77295c0316188f1f7885f4690425aaaf6753ea",
        ),
    ],
)
def test_signatures_agree_with_the_published_vectors(
    path: str, rest: tuple[object, ...], expected: str
) -> None:
    assert sign(KEY, 2001887, f"/api/v2/{path}", 1767225600, *rest) == expected


def test_key_is_used_as_text() -> None:
    base = "/api/v2/auth/token/get123456test_partner_idtest_shop_idtest_main_account_id"
    expected = "37c864bd9821ff5f2c2f46b2faca14eb1811a718d1fdc6dcf383cba7c74bf9e9"
    assert sign("test_partner_key", base) == expected


# ---- tokens --------------------------------------------------------------------------------


def test_fresh_token_is_used_as_it_is(bench: Bench) -> None:
    bench.connect(left_s=HALF_HOUR_S + 60)
    bench.client.get(INFO)
    assert bench.asked("access_token/get") == 0


def test_token_with_less_than_half_an_hour_left_is_refreshed_first(bench: Bench) -> None:
    old = bench.connect(left_s=HALF_HOUR_S - 60)
    bench.client.get(INFO)

    new = kept(bench)
    assert bench.asked("access_token/get") == 1
    assert new.access_token != old.access_token
    assert new.refresh_token != old.refresh_token
    assert timedelta(hours=3.9) < new.expires - utc_now() < timedelta(hours=4.1)
    bench.client.get(INFO)
    assert bench.asked("access_token/get") == 1


def test_token_that_lapsed_early_is_refreshed_and_the_call_repeated(bench: Bench) -> None:
    bench.world.faults.set("expire_tokens", path="get_shop_info")
    assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"

    bench.world.faults.set("expire_tokens", path="send_message")
    assert bench.say()
    assert len(bench.texts()) == 1
    assert bench.asked("access_token/get") == 2


def test_twenty_threads_refresh_once(bench: Bench) -> None:
    bench.connect(left_s=-5)
    bench.state.grants.expire_access()
    ready = threading.Barrier(20)

    def call(_: int) -> str:
        ready.wait(10)
        return str(bench.client.get(INFO)["shop_name"])

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(call, range(20))) == {"Kopi & Co"}
    assert bench.asked("access_token/get") == 1


def test_new_pair_that_cannot_be_kept_is_not_used(bench: Bench, tmp_path: Path) -> None:
    bench.connect(left_s=-5)
    blocked = tmp_path / "secrets.json.part"
    blocked.mkdir()
    with pytest.raises(StorageError):
        bench.say()

    assert bench.asked("access_token/get") == 1
    assert bench.asked("send_message") == 0


def test_refused_refresh_asks_for_consent(bench: Bench) -> None:
    old = bench.connect(left_s=-5)
    bench.state.revoke()
    for _ in range(2):
        with pytest.raises(ShopWaits) as caught:
            bench.say()
        assert caught.value.reason == because(MarketplaceReason.CONSENT_AGAIN, marketplace="Shopee")
    assert kept(bench) == old


def test_refused_refresh_is_not_asked_again_until_the_seller_consents(bench: Bench) -> None:
    bench.connect(left_s=-5)
    bench.world.faults.set(
        "error", path="access_token/get", error="error_auth", message="Invalid refresh_token."
    )
    for _ in range(3):
        with pytest.raises(ShopWaits):
            bench.client.get("/api/v2/shop/get_shop_info")
    asked = bench.world.requests.counts()["by_path"]["/api/v2/auth/access_token/get"]["count"]
    assert asked == 1

    bench.world.faults.clear()
    bench.connect()
    assert bench.client.get("/api/v2/shop/get_shop_info")["shop_name"] == bench.shop.name


def test_refusal_that_is_no_verdict_on_the_token_is_asked_again(bench: Bench) -> None:
    for code in ("source_ip_undeclared", "error_limit", "error_sign"):
        bench.connect(left_s=-5)
        bench.world.faults.set("error", path="access_token/get", error=code, times=1)
        with pytest.raises(ShopWaits):
            bench.client.get(INFO)
        assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"


def test_refused_refresh_is_told_anew_each_time_without_the_token(bench: Bench) -> None:
    secrets = bench.connect(left_s=-5)
    bench.world.faults.set("error", path="access_token/get", error="refresh_token_expired")
    told = []
    for _ in range(3):
        with pytest.raises(ShopWaits) as caught:
            bench.client.get(INFO)
        told.append(caught.value)

    assert len({id(error) for error in told}) == 3
    assert {(str(error), error.code, error.reason) for error in told[1:]} == {
        (str(told[0]), "refresh_token_expired", told[0].reason)
    }
    assert secrets.refresh_token not in str(vars(bench.client))


def test_token_that_still_works_is_used_though_its_refresh_is_refused(bench: Bench) -> None:
    bench.connect(left_s=600)
    bench.world.faults.set("error", path="access_token/get", error="error_auth")
    assert [bench.client.get(INFO)["shop_name"] for _ in range(2)] == ["Kopi & Co"] * 2
    assert bench.say()
    assert bench.asked("access_token/get") == 1


@pytest.mark.parametrize(
    ("told", "hours"),
    [
        ("4h", 0),
        ([], 0),
        (None, 0),
        (-5, 0),
        ("nan", 0),
        (10**400, 0),
        (1e300, 30 * 24),
        ("14400", 4),
        (14400, 4),
    ],
)
def test_new_pair_is_kept_whatever_its_life_is_told_to_be(bench: Bench, told: object, hours: int) -> None:
    old = bench.connect(left_s=-5)
    bench.tamper("access_token/get", lambda body: body.update(expire_in=told))

    assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"
    assert kept(bench).refresh_token != old.refresh_token
    assert abs(kept(bench).expires - utc_now() - timedelta(hours=hours)) < timedelta(minutes=1)


def test_token_answer_without_tokens_counts_as_none(bench: Bench) -> None:
    old = bench.connect(left_s=-5)
    bench.tamper("access_token/get", lambda body: body.pop("refresh_token"))
    with pytest.raises(NotSent, match="without tokens"):
        bench.say()
    assert kept(bench) == old


def test_spent_refresh_token_asks_for_consent(bench: Bench) -> None:
    spent = bench.connect(left_s=-5)
    bench.client.get(INFO)
    bench.vault.keep("kopi", spent)
    with pytest.raises(ShopWaits, match="error_auth"):
        bench.client.get(INFO)


@pytest.mark.parametrize("fault", ["drop_before", "status_5xx"])
def test_trouble_while_refreshing_keeps_the_old_pair_in_use(tmp_path: Path, fault: str) -> None:
    clock = Clock(utc_now())
    with open_bench(tmp_path, now=clock) as bench:
        old = bench.connect(left_s=600)
        bench.world.faults.set(fault, path="access_token/get", times=1)

        for _ in range(2):
            assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"
            assert kept(bench) == old
        assert bench.asked("access_token/get") == 1
        clock.advance(61)
        bench.client.get(INFO)
        assert kept(bench) != old


def test_trouble_while_refreshing_a_lapsed_token_is_not_sent_and_tried_again_after_a_minute(
    tmp_path: Path,
) -> None:
    clock = Clock(utc_now())
    with open_bench(tmp_path, now=clock) as bench:
        bench.connect(left_s=-5)
        bench.world.faults.set("drop_before", path="access_token/get", times=1)
        for _ in range(2):
            with pytest.raises(NotSent):
                bench.say()
        assert bench.marks == []
        assert bench.asked("access_token/get") == 1

        clock.advance(61)
        assert bench.say()


def test_marketplace_that_was_never_reached_is_asked_again_at_once(bench: Bench) -> None:
    bench.connect(left_s=-5)
    reach = bench.http
    bench.speak(Http("http://127.0.0.1:9"))
    with pytest.raises(NoNetwork):
        bench.say()
    bench.http.close()
    bench.speak(reach)
    assert bench.say()


def test_shop_that_was_never_connected_says_how_to_connect(bench: Bench) -> None:
    (bench.vault._path).unlink()
    with pytest.raises(ShopWaits) as caught:
        bench.say()
    assert caught.value.code == "not_connected"
    assert caught.value.reason == because(MarketplaceReason.NOT_CONNECTED, marketplace="Shopee")
    assert "parcelguard connect" in said(caught.value.reason).advice


# ---- consent -------------------------------------------------------------------------------


def only_keys(bench: Bench) -> None:
    """The seller has entered the partner key, and nothing else yet."""
    bench.vault.keep("kopi", Secrets(KEY))


def consent(bench: Bench, **changes: object) -> Seller:
    code = bench.state.grants.new_code(bench.shop.shop_id, (), bench.world.now())
    values = {"code": code, "shop_id": bench.shop.shop_id, "state": "s1"} | changes
    query = "&".join(f"{name}={value}" for name, value in values.items())
    return bench.client.accept_consent("shop", f"http://127.0.0.1/parcelguard?{query}", "s1")


def test_consent_is_traded_for_tokens_that_work(bench: Bench) -> None:
    only_keys(bench)
    assert consent(bench) == Seller(bench.shop.shop_id, "Kopi & Co", "MY")
    assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"


def test_consent_stands_when_only_the_shops_name_cannot_be_had(bench: Bench) -> None:
    only_keys(bench)
    bench.world.faults.set("drop_before", path="get_shop_info", times=1)
    assert consent(bench) == Seller(bench.shop.shop_id)
    assert bench.say()


def test_consent_for_another_shop_or_attempt_is_refused_in_words(bench: Bench) -> None:
    before = kept(bench)
    for changes, kind in (
        ({"shop_id": 5}, MarketplaceReason.CONSENT_FOR_OTHER_SHOP),
        ({"state": "other"}, MarketplaceReason.ATTEMPT_DIFFERS),
        ({"code": ""}, MarketplaceReason.NO_CODE),
        ({"code": "", "error": "access_denied"}, MarketplaceReason.NO_CODE),
        ({"shop_id": "x"}, MarketplaceReason.CONSENT_FOR_OTHER_SHOP),
    ):
        with pytest.raises(SettingsError) as caught:
            consent(bench, **changes)
        assert caught.value.reason.kind is kind
    with pytest.raises(SettingsError, match="state differs"):
        bench.client.accept_consent("shop", "http://127.0.0.1/parcelguard?code=5", "s1")
    with pytest.raises(Held) as refused:
        consent(bench, code="spent")
    assert refused.value.reason == because(MarketplaceReason.CODE_REFUSED, marketplace="Shopee", minutes=10)
    assert kept(bench) == before


def test_consent_without_the_partner_key_asks_for_it(bench: Bench) -> None:
    bench.vault.forget("kopi")
    with pytest.raises(SettingsError) as caught:
        consent(bench)
    assert caught.value.reason == because(MarketplaceReason.PARTNER_KEY_MISSING)


def test_consent_tells_which_shop_it_is_for_when_nobody_said_so(bench: Bench) -> None:
    bench.account = replace(bench.account, shop_id=0)
    bench.speak(bench.http)
    only_keys(bench)
    assert consent(bench).shop_id == bench.shop.shop_id
    assert bench.say()
    bench.speak(bench.http)
    with pytest.raises(SettingsError) as caught:
        consent(bench, shop_id="0")
    assert caught.value.reason == because(MarketplaceReason.SHOP_NOT_NAMED)


def main_account(bench: Bench, shops: list[int]) -> Seller:
    code = bench.state.grants.new_code(None, shops, bench.world.now())
    query = f"code={code}&main_account_id={bench.state.main_account_id}&state=s1"
    return bench.client.accept_consent("shop", f"http://127.0.0.1/parcelguard?{query}", "s1")


def test_main_accounts_consent_is_traded_for_the_shops_own_tokens(bench: Bench) -> None:
    only_keys(bench)
    assert main_account(bench, [5, bench.shop.shop_id]).shop_id == bench.shop.shop_id
    assert bench.say()


def test_main_accounts_consent_without_this_shop_is_refused_in_words(bench: Bench) -> None:
    only_keys(bench)
    with pytest.raises(SettingsError) as caught:
        main_account(bench, [5])
    assert caught.value.reason == because(
        MarketplaceReason.CONSENT_WITHOUT_SHOP, shop=str(bench.shop.shop_id)
    )


def test_consent_address_asks_for_this_app_and_attempt(bench: Bench) -> None:
    address = bench.client.consent_address("shop", "http://127.0.0.1/x", "s1")
    assert address.startswith(f"{bench.address}/auth?partner_id=2001887&auth_type=seller")
    shop = ShopSettings(id="kopi", name="Kopi", partner_id=1, shop_id=2)
    real = shopee_client(shop, bench.vault, utc_now)
    assert real.consent_address("shop", "http://127.0.0.1/x", "s").startswith("https://open.shopee.com/auth?")
    real.close_connections()


# ---- what a shop may do ------------------------------------------------------------------------


def test_probe_finds_a_shop_that_may_chat_and_until_when(bench: Bench) -> None:
    found = bench.client.probe_access()
    assert found.state is AccessState.AUTHORISED
    assert found.until == datetime.fromtimestamp(int(bench.state.consents[bench.shop.shop_id].until), UTC)
    assert found.orders
    assert bench.asked("get_conversation_list") == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http_491"},
        {"kind": "error", "error": "error_permission"},
        {"kind": "error", "error": "error_auth", "message": "No permission to current api."},
        {"kind": "error", "error": "api_suspended"},
    ],
)
def test_probe_tells_when_only_the_chat_is_missing(bench: Bench, fault: dict[str, str]) -> None:
    bench.world.faults.add({"path": "sellerchat", **fault})
    found = bench.client.probe_access()
    assert found.state is AccessState.NO_CHAT
    assert found.orders
    assert found.reason == because(MarketplaceReason.NO_CHAT_ACCESS, marketplace="Shopee")
    assert bench.asked("access_token/get") == 0


def test_probe_tells_when_the_seller_has_to_consent_again(bench: Bench) -> None:
    bench.connect(left_s=-5)
    bench.state.revoke()
    found = bench.client.probe_access()
    assert (found.state, found.orders) == (AccessState.CONSENT_AGAIN, False)
    assert found.reason == because(MarketplaceReason.CONSENT_AGAIN, marketplace="Shopee")


def test_probe_tells_of_a_shop_that_was_never_connected_or_whose_keys_are_wrong(bench: Bench) -> None:
    bench.vault.keep("kopi", replace(kept(bench), app_secret="wrong"))
    found = bench.client.probe_access()
    assert found.state is AccessState.NOT_CONNECTED
    assert found.reason == because(MarketplaceReason.PARTNER_KEYS_REFUSED, marketplace="Shopee")
    only_keys(bench)
    assert bench.client.probe_access().reason == because(
        MarketplaceReason.NOT_CONNECTED, marketplace="Shopee"
    )


def test_probe_tells_of_a_marketplace_that_does_not_answer(bench: Bench) -> None:
    for path, orders in (("get_shop_info", False), ("get_conversation_list", True)):
        bench.world.faults.set("drop_before", path=path, times=1)
        found = bench.client.probe_access()
        assert (found.state, found.orders) == (AccessState.UNREACHABLE, orders)


def test_probe_tells_of_a_shop_that_shopee_has_closed(bench: Bench) -> None:
    bench.shop.status = "FROZEN"
    found = bench.client.probe_access()
    assert found.state is AccessState.NO_CHAT
    assert found.reason == because(MarketplaceReason.SHOP_CLOSED, marketplace="Shopee")


def test_probe_falls_back_on_the_refresh_tokens_end(bench: Bench) -> None:
    bench.vault.keep("kopi", replace(kept(bench), refresh_ends_at=4e9))
    bench.tamper("get_shop_info", lambda body: body.pop("expire_time"))
    assert bench.client.probe_access().until == datetime.fromtimestamp(4e9, UTC)


# ---- the clock -----------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [7, -7, 600])
def test_wrong_clock_is_learned_from_the_answer_and_the_call_succeeds(tmp_path: Path, minutes: int) -> None:
    wrong = Clock(utc_now() + timedelta(minutes=minutes))
    with open_bench(tmp_path, now=wrong) as bench:
        bench.connect(left_s=40_000)
        assert bench.say()
        assert len(bench.texts()) == 1
        assert abs(bench.client.clock.offset + timedelta(minutes=minutes)) < timedelta(seconds=5)


def test_consent_works_on_a_computer_with_a_wrong_clock(tmp_path: Path) -> None:
    with open_bench(tmp_path, now=Clock(utc_now() - timedelta(hours=1))) as bench:
        only_keys(bench)
        consent(bench)
        assert abs(kept(bench).expires - utc_now() - timedelta(hours=4)) < timedelta(minutes=1)


def test_time_that_is_refused_in_spite_of_the_correction_is_not_tried_for_ever(bench: Bench) -> None:
    bench.world.faults.set("error", error="error_param", message="Timestamp is expired.", path="send_message")
    with pytest.raises(ClockRefused) as caught:
        bench.say()
    assert caught.value.retry_after_s is None
    assert bench.asked("send_message") == 2


def test_page_in_place_of_shopee_does_not_set_the_clock(bench: Bench) -> None:
    bench.world.faults.set("clock_offset_s", 3600.0)
    bench.world.faults.set("non_json", path="get_shop_info")
    with pytest.raises(NotSent):
        bench.client.get(INFO)
    assert bench.client.clock.offset == timedelta(0)


# ---- secrets -------------------------------------------------------------------------------


def test_no_secret_is_logged_or_told_in_an_error(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)  # as `start_logging` does
    secret = {KEY}

    def remember() -> None:
        secret.update({kept(bench).access_token, kept(bench).refresh_token})

    told = []
    remember()
    bench.connect(left_s=-5)
    remember()
    bench.say()
    remember()
    for fault, path in (
        ("drop_after", "send"), ("status_5xx", "send"), ("non_json", "send"), ("expire_tokens", "send"),
        ("error", "send"), ("revoke", "send"), ("drop_before", "access_token"),
    ):  # fmt: skip
        bench.connect(left_s=600 if path == "send" else -5)
        remember()
        bench.world.faults.clear()
        bench.world.faults.set(fault, path=path, times=1)
        try:
            bench.say(fault)
        except DeliveryError as error:
            told += [str(error), repr(error), repr(error.reason), repr(error.__cause__)]
        remember()
    told += [repr(kept(bench)), caplog.text, *(str(record.__dict__) for record in caplog.records)]

    assert len(secret) > 10
    assert "token renewed" in caplog.text
    assert [each for each in secret for text in told if each in text] == []
    assert not any("sign=" in text for text in told)


def test_client_with_a_foreign_key_is_told_to_check_it(bench: Bench) -> None:
    bench.vault.keep("kopi", replace(kept(bench), app_secret="wrong"))
    with pytest.raises(ShopWaits) as caught:
        bench.client.get(INFO)
    assert caught.value.code == "error_sign"
    assert "partner key" in said(caught.value.reason).advice
