"""Signatures, tokens, the clock, and that no secret leaves its place."""

from __future__ import annotations

import json
import logging
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import Clock
from shopee_bench import Bench, open_bench

from parcelguard.domain import utc_now
from parcelguard.errors import DeliveryError, Held, NotSent, Refused, SettingsError, StorageError
from parcelguard.marketplace.shopee import Account, ShopeeClient, sign
from parcelguard.marketplace.shopee_codes import ClockRefused
from parcelguard.marketplace.vault import Secrets, Vault

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
    bench.world.grants.expire_access()
    ready = threading.Barrier(20)

    def call(_: int) -> str:
        ready.wait(10)
        return bench.client.get(INFO)["shop_name"]

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
    bench.world.revoke()
    for _ in range(2):
        with pytest.raises(Held) as caught:
            bench.say()
        assert "consent" in caught.value.headline
        assert "Connect the shop again" in caught.value.advice
    assert kept(bench) == old


def test_refused_refresh_is_not_asked_again_until_the_seller_consents(bench: Bench) -> None:
    bench.connect(left_s=-5)
    bench.world.faults.set(
        "error", path="access_token/get", error="error_auth", message="Invalid refresh_token."
    )
    for _ in range(3):
        with pytest.raises(Held):
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
        with pytest.raises(Refused):
            bench.client.get(INFO)
        assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"


def test_refused_refresh_is_told_anew_each_time_without_the_token(bench: Bench) -> None:
    secrets = bench.connect(left_s=-5)
    bench.world.faults.set("error", path="access_token/get", error="refresh_token_expired")
    told = []
    for _ in range(3):
        with pytest.raises(Held) as caught:
            bench.client.get(INFO)
        told.append(caught.value)

    assert len({id(error) for error in told}) == 3
    assert {(str(error), error.code, error.headline) for error in told[1:]} == {
        (str(told[0]), "refresh_token_expired", told[0].headline)
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


def test_spent_refresh_token_asks_for_consent(bench: Bench) -> None:
    spent = bench.connect(left_s=-5)
    bench.client.get(INFO)
    bench.vault.keep("kopi", spent)
    with pytest.raises(Held, match="error_auth"):
        bench.client.get(INFO)


@pytest.mark.parametrize("fault", ["drop_before", "status_5xx"])
def test_trouble_while_refreshing_keeps_the_old_pair_in_use(bench: Bench, fault: str) -> None:
    old = bench.connect(left_s=600)
    bench.world.faults.set(fault, path="access_token/get", times=1)

    assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"
    assert kept(bench) == old
    bench.client.get(INFO)
    assert kept(bench) != old


def test_trouble_while_refreshing_a_lapsed_token_is_not_sent(bench: Bench) -> None:
    bench.connect(left_s=-5)
    bench.world.faults.set("drop_before", path="access_token/get", times=1)
    with pytest.raises(NotSent):
        bench.say()
    assert bench.marks == []
    assert bench.say()


def test_shop_that_was_never_connected_says_how_to_connect(bench: Bench) -> None:
    (bench.vault._path).unlink()
    with pytest.raises(Held) as caught:
        bench.say()
    assert caught.value.code == "not_connected"
    assert "parcelguard connect" in caught.value.advice


# ---- consent -------------------------------------------------------------------------------


def consent(bench: Bench, **changes: object) -> None:
    code = bench.world.grants.new_code(bench.shop.shop_id, (), bench.world.now())
    values = {"code": code, "shop_id": bench.shop.shop_id, "state": "s1"} | changes
    query = "&".join(f"{name}={value}" for name, value in values.items())
    bench.client.accept_consent(f"http://127.0.0.1/parcelguard?{query}", KEY, "s1")


def test_consent_is_traded_for_tokens_that_work(bench: Bench) -> None:
    bench.vault._path.unlink()
    consent(bench)
    assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"


def test_consent_for_another_shop_or_attempt_is_refused_in_words(bench: Bench) -> None:
    for changes in ({"shop_id": 5}, {"state": "other"}, {"code": ""}):
        with pytest.raises(SettingsError):
            consent(bench, **changes)
    with pytest.raises(Held) as caught:
        consent(bench, code="spent")
    assert "code" in caught.value.headline.lower()


def test_authorisation_address_asks_for_this_app_and_attempt(bench: Bench) -> None:
    address = bench.client.authorisation_address("http://127.0.0.1/x", "s1")
    assert address.startswith(f"{bench.address}/auth?partner_id=2001887&auth_type=seller")
    real = ShopeeClient(
        Account("kopi", "https://partner.shopeemobile.com", 1, 2), bench.vault, bench.http, utc_now
    )
    assert real.authorisation_address("http://127.0.0.1/x", "s").startswith("https://open.shopee.com/auth?")


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
        bench.vault._path.unlink()
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
            told += [str(error), repr(error), error.headline, error.advice, repr(error.__cause__)]
        remember()
    told += [repr(kept(bench)), caplog.text, *(str(record.__dict__) for record in caplog.records)]

    assert len(secret) > 10
    assert "token refreshed" in caplog.text
    assert [each for each in secret for text in told if each in text] == []
    assert not any("sign=" in text for text in told)


def test_secrets_lie_in_a_file_for_this_account_only(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "secrets.json")
    assert vault.private
    vault.keep("a", Secrets(KEY, "x", "y", 5.0))
    vault.keep("b", Secrets(KEY))

    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert vault.private
    assert vault.load("a") == Secrets(KEY, "x", "y", 5.0)
    assert vault.load("c") is None
    (tmp_path / "secrets.json").chmod(0o640)
    assert not vault.private


def test_shops_kept_at_the_same_time_do_not_lose_each_other(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "secrets.json")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: vault.keep(f"shop{n}", Secrets(KEY, str(n))), range(24)))
    assert len(json.loads((tmp_path / "secrets.json").read_text())) == 24


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", '{"kopi": {"colour": "red"}}', '{"kopi": 5}'])
def test_damaged_secrets_are_told_in_words_without_their_content(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets.json").write_text(content)
    with pytest.raises(SettingsError) as caught:
        Vault(tmp_path / "secrets.json").load("kopi")
    assert "red" not in str(caught.value)
    assert "cannot be read" in caught.value.headline


def test_client_with_a_foreign_key_is_told_to_check_it(bench: Bench) -> None:
    bench.vault.keep("kopi", replace(kept(bench), partner_key="wrong"))
    with pytest.raises(Held) as caught:
        bench.client.get(INFO)
    assert caught.value.code == "error_sign"
    assert "partner key" in caught.value.advice
