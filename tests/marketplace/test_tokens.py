"""Tokens: renewed once however many threads ask, never lost to a crash, never asked for in a loop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parcelguard.core.errors import NoNetwork, NotSent, Refused, ShopWaits, StorageError, TooFast
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.core.times import utc_now
from parcelguard.marketplace.tokens import Tokens, grant_key, life_s
from parcelguard.vault.vault import Secrets, vault_at
from tests.support.fakes import NOON, Clock
from tests.support.shopee_bench import Bench, open_bench

INFO = "/api/v2/shop/get_shop_info"
HOUR = timedelta(hours=1)
EARLY = timedelta(minutes=30)
CONSENT_AGAIN = because(MarketplaceReason.CONSENT_AGAIN, marketplace="The market")


class Market:
    """Gives a new pair for each refresh token, once; or fails as it is told to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.asked: list[str] = []
        self.failures: list[Exception] = []
        self.during: Callable[[], object] = lambda: None

    def __call__(self, present: Secrets) -> Secrets:
        self.asked.append(present.refresh_token)
        self.during()
        if self.failures:
            raise self.failures.pop(0)
        number = len(self.asked)
        until = (self.clock() + 4 * HOUR).timestamp()
        return replace(present, access_token=f"a{number}", refresh_token=f"r{number}", expires_at=until)


class Desk:
    """A vault, a marketplace, and the tokens of one grant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.market = Market(self.clock)
        self.vault = vault_at(folder / "secrets.json", "file")
        self.tokens = self.restarted()

    def restarted(self) -> Tokens:
        """What a new start of the program finds."""
        self.vault = vault_at(self.folder / "secrets.json", "file")
        self.tokens = Tokens(
            "kopi",
            self.vault,
            self.market,
            self.clock,
            early=EARLY,
            ended=lambda error: error.code == "over",
            title="The market",
        )
        return self.tokens

    def connect(self, left: timedelta) -> Secrets:
        secrets = Secrets("key", "a0", "r0", (self.clock() + left).timestamp())
        self.tokens.keep(secrets)
        return secrets

    @property
    def kept(self) -> Secrets | None:
        return self.vault.load("kopi")

    @property
    def journal(self) -> Path:
        return self.folder / "secrets.journal"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# ---- renewing ------------------------------------------------------------------------------


def test_tokens_with_enough_left_are_used_as_they_are(desk: Desk) -> None:
    secrets = desk.connect(EARLY + timedelta(seconds=1))
    assert desk.tokens.fresh() == secrets
    assert desk.market.asked == []


@pytest.mark.parametrize("left", [EARLY, timedelta(0), -HOUR])
def test_tokens_with_little_left_are_renewed_and_kept(desk: Desk, left: timedelta) -> None:
    desk.connect(left)
    new = desk.tokens.fresh()
    assert (new.access_token, new.refresh_token, new.app_secret) == ("a1", "r1", "key")
    assert desk.kept == desk.tokens.fresh() == new
    assert desk.market.asked == ["r0"]
    assert not desk.journal.exists()


def test_refused_access_token_is_renewed_once_for_all_who_held_it(desk: Desk) -> None:
    used = desk.connect(2 * HOUR)
    assert {desk.tokens.renewed(used).access_token for _ in range(3)} == {"a1"}
    assert desk.market.asked == ["r0"]


def test_shop_without_tokens_is_held(desk: Desk) -> None:
    for secrets in (None, Secrets("key")):
        if secrets:
            desk.vault.keep("kopi", secrets)
        with pytest.raises(ShopWaits) as caught:
            desk.tokens.fresh()
        assert caught.value.code == "not_connected"
        assert caught.value.reason == because(MarketplaceReason.NOT_CONNECTED, marketplace="The market")


def test_shop_whose_keys_do_not_open_is_held_with_the_reason(desk: Desk) -> None:
    desk.connect(HOUR)
    (desk.folder / "secrets.key").unlink()
    with pytest.raises(ShopWaits) as caught:
        desk.restarted().fresh()
    assert caught.value.code == "keys_locked"
    assert caught.value.reason == because(StorageReason.KEYS_NOT_OPENED)


def test_thread_that_comes_while_another_renews_early_uses_what_is_left(desk: Desk) -> None:
    old = desk.connect(timedelta(minutes=5))
    met: list[Secrets] = []
    desk.market.during = lambda: met.append(desk.tokens.fresh())
    assert desk.tokens.fresh().access_token == "a1"
    assert met == [old]


def test_hundred_threads_at_expiry_make_one_call(tmp_path: Path) -> None:
    with open_bench(tmp_path) as bench:
        bench.connect(left_s=-5)
        bench.state.grants.expire_access()
        ready = threading.Barrier(100)

        def call(_: int) -> str:
            ready.wait(30)
            return str(bench.client.get(INFO)["shop_name"])

        with ThreadPoolExecutor(100) as pool:
            assert set(pool.map(call, range(100))) == {"Kopi & Co"}
        assert bench.asked("access_token/get") == 1


def test_clients_of_one_vault_renew_once_together(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.connect(-HOUR)
    shared = [
        Tokens("kopi", desk.vault, desk.market, desk.clock, early=EARLY, ended=bool, title="m")
        for _ in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        assert {each.access_token for each in pool.map(Tokens.fresh, shared)} == {"a1"}
    assert desk.market.asked == ["r0"]


# ---- answers that are lost -----------------------------------------------------------------


def test_lost_answer_leaves_the_old_token_in_use_and_is_asked_for_again_after_a_minute(desk: Desk) -> None:
    old = desk.connect(timedelta(minutes=5))
    desk.market.failures = [NotSent("no answer")]
    assert [desk.tokens.fresh() for _ in range(3)] == [old] * 3
    desk.clock.advance(59)
    assert desk.tokens.fresh() == old
    assert desk.market.asked == ["r0"]
    desk.clock.advance(2)
    assert desk.tokens.fresh().access_token == "a2"
    assert desk.market.asked == ["r0", "r0"]


def test_lost_answer_about_a_token_that_ran_out_waits_for_the_rest_of_the_minute(desk: Desk) -> None:
    old = desk.connect(-HOUR)
    desk.market.failures = [NotSent("no answer")]
    with pytest.raises(NotSent, match="no answer"):
        desk.tokens.fresh()
    desk.clock.advance(20)
    for use in (desk.tokens.fresh, lambda: desk.tokens.renewed(old), desk.restarted().fresh):
        with pytest.raises(NotSent) as caught:
            use()
        assert caught.value.retry_after_s == 40
        assert caught.value.reason == because(MarketplaceReason.RENEWAL_UNANSWERED, marketplace="The market")
    assert desk.kept == old
    assert desk.market.asked == ["r0"]

    desk.clock.advance(41)
    assert desk.tokens.fresh().access_token == "a2"


def test_refusal_after_a_lost_answer_asks_for_consent_and_is_not_repeated(desk: Desk) -> None:
    old = desk.connect(-HOUR)
    desk.market.failures = [NotSent("no answer"), ShopWaits("spent", CONSENT_AGAIN, code="over")]
    with pytest.raises(NotSent):
        desk.tokens.fresh()
    desk.clock.advance(61)
    told = []
    for _ in range(3):
        with pytest.raises(ShopWaits) as caught:
            desk.tokens.fresh()
        told.append(caught.value)
    assert {error.reason for error in told} == {CONSENT_AGAIN}
    assert len({id(error) for error in told}) == 3
    assert desk.market.asked == ["r0", "r0"]
    assert desk.kept == old

    desk.connect(HOUR)
    assert desk.tokens.fresh().access_token == "a0"


@pytest.mark.parametrize("error", [NoNetwork("away"), TooFast("slowly"), Refused("not now", code="later")])
def test_token_that_was_certainly_not_spent_is_tried_again_at_once(desk: Desk, error: Exception) -> None:
    desk.connect(-HOUR)
    desk.market.failures = [error]
    with pytest.raises(type(error)):
        desk.tokens.fresh()
    assert not desk.journal.exists()
    assert desk.tokens.fresh().access_token == "a2"


def test_early_refusal_that_says_nothing_of_consent_is_not_asked_again_with_every_call(desk: Desk) -> None:
    old = desk.connect(timedelta(minutes=20))
    desk.market.failures = [Refused("not now", code="later")]
    assert [desk.tokens.fresh() for _ in range(5)] == [old] * 5
    assert len(desk.market.asked) == 1
    desk.clock.advance(61)
    assert desk.tokens.fresh().access_token == "a2"


def test_clock_that_was_set_back_does_not_lengthen_the_rest(desk: Desk) -> None:
    desk.connect(-HOUR)
    desk.market.failures = [NotSent("no answer")]
    with pytest.raises(NotSent):
        desk.tokens.fresh()
    desk.clock.jump(-3600)
    desk.connect(-HOUR)
    assert desk.tokens.fresh().access_token == "a2"


def test_consent_given_anew_ends_every_doubt(desk: Desk) -> None:
    desk.connect(-HOUR)
    desk.market.failures = [NotSent("no answer")]
    with pytest.raises(NotSent):
        desk.tokens.fresh()
    desk.tokens.keep(Secrets("key", "new", "newer", (desk.clock() + HOUR).timestamp()))
    assert desk.tokens.fresh().access_token == "new"
    assert not desk.journal.exists()


# ---- a disk that refuses -------------------------------------------------------------------


def block(path: Path) -> Path:
    """Let nothing be written there."""
    blocked = path.with_name(f"{path.name}.part")
    blocked.mkdir()
    return blocked


def test_nothing_is_asked_when_that_cannot_be_noted_first(desk: Desk) -> None:
    desk.connect(-HOUR)
    blocked = block(desk.journal)
    with pytest.raises(StorageError):
        desk.tokens.fresh()
    assert desk.market.asked == []
    blocked.rmdir()
    assert desk.tokens.fresh().access_token == "a1"


@pytest.mark.parametrize("name", ["secrets.journal", "secrets.json"])
def test_new_pair_that_cannot_be_written_is_not_used_and_not_lost(desk: Desk, name: str) -> None:
    desk.connect(-HOUR)
    blocked: list[Path] = []
    desk.market.during = lambda: blocked.append(block(desk.folder / name))
    for _ in range(2):
        with pytest.raises(StorageError):
            desk.tokens.fresh()
    blocked[0].rmdir()
    assert desk.tokens.fresh().access_token == "a1"
    assert desk.kept
    assert desk.kept.refresh_token == "r1"
    assert desk.market.asked == ["r0"]
    assert not desk.journal.exists()


def test_new_pair_that_could_not_be_written_is_kept_by_whoever_comes_next(desk: Desk) -> None:
    desk.connect(-HOUR)
    blocked: list[Path] = []
    desk.market.during = lambda: blocked.append(block(desk.journal))
    with pytest.raises(StorageError):
        desk.tokens.fresh()  # by a client that ends now: of a probe, or of shops that were changed
    blocked[0].rmdir()
    next_one = Tokens("kopi", desk.vault, desk.market, desk.clock, early=EARLY, ended=bool, title="m")
    assert next_one.fresh().access_token == "a1"
    assert desk.market.asked == ["r0"]


def test_new_pair_that_could_not_be_written_gives_way_to_a_newer_consent(desk: Desk) -> None:
    desk.connect(-HOUR)
    blocked: list[Path] = []
    desk.market.during = lambda: blocked.append(block(desk.journal))
    with pytest.raises(StorageError):
        desk.tokens.fresh()
    blocked[0].rmdir()
    consented = Secrets("key", "new", "newer", (desk.clock() + timedelta(minutes=10)).timestamp())
    desk.vault.keep("kopi", consented)  # by whoever else has this vault
    desk.market.during = lambda: None
    assert desk.tokens.fresh().access_token == "a2"
    assert desk.market.asked == ["r0", "newer"]


def test_new_pair_in_the_journal_is_found_after_a_restart(desk: Desk) -> None:
    desk.connect(-HOUR)
    blocked: list[Path] = []
    desk.market.during = lambda: blocked.append(block(desk.folder / "secrets.json"))
    with pytest.raises(StorageError):
        desk.tokens.fresh()
    blocked[0].rmdir()
    assert "r1" not in desk.journal.read_text()
    assert desk.restarted().fresh().access_token == "a1"
    assert desk.market.asked == ["r0"]


def test_line_of_a_trade_that_was_finished_is_passed_over(desk: Desk) -> None:
    desk.connect(-HOUR)
    lines: list[str] = []
    desk.market.during = lambda: lines.append(desk.journal.read_text())
    desk.tokens.fresh()
    desk.journal.write_text(lines[0])  # a power cut brought it back
    desk.market.during = lambda: None
    desk.clock.advance(4 * 3600)
    assert desk.restarted().fresh().access_token == "a2"
    assert desk.market.asked == ["r0", "r1"]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "5",
        '{"kopi": 5}',
        '{"kopi": {"spent": "x"}}',
        '{"kopi": {"spent": "x", "asked_at": 1e300, "answer": ""}}',
    ],
)
def test_damaged_journal_stops_nothing(desk: Desk, content: str) -> None:
    desk.connect(-HOUR)
    desk.journal.write_text(content)
    assert desk.restarted().fresh().access_token == "a1"


# ---- killed at each step -------------------------------------------------------------------

CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tests.support.shopee_bench import Account, Http, ShopeeClient
from parcelguard.vault.vault import vault_at

home, address, partner, shop = sys.argv[1:]
account = Account("kopi", address, int(partner), int(shop))
vault = vault_at(Path(home) / "secrets.json", "file")
ShopeeClient(account, vault, Http(address), lambda: datetime.now(UTC)).get("/api/v2/shop/get_shop_info")
"""


def killed_at(bench: Bench, home: Path, point: str) -> None:
    """Let another process renew the tokens and die at that place."""
    environment = {
        **os.environ,
        "PARCELGUARD_TEST": "1",
        "PARCELGUARD_FAULT": f"{point}:kill",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    account = (str(bench.account.partner_id), str(bench.account.shop_id))
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(home), bench.address, *account],
        env=environment,
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Bench]:
    clock = Clock(utc_now())
    with open_bench(tmp_path, now=clock) as bench:
        bench.connect(left_s=600)
        yield bench


def test_killed_before_the_call_the_shop_lives_on(killed: Bench, tmp_path: Path) -> None:
    killed_at(killed, tmp_path, "token.asked")
    assert killed.asked("access_token/get") == 0
    assert killed.client.get(INFO)["shop_name"] == "Kopi & Co"
    assert killed.asked("access_token/get") == 0, "nobody knows whether it was spent: it rests"
    killed.now.advance(90)  # type: ignore[attr-defined]
    assert killed.client.get(INFO)["shop_name"] == "Kopi & Co"
    assert killed.asked("access_token/get") == 1


def test_killed_with_the_new_pair_in_the_journal_the_shop_goes_on_with_it(
    killed: Bench, tmp_path: Path
) -> None:
    old = killed.vault.load("kopi")
    killed_at(killed, tmp_path, "token.journaled")
    assert killed.vault.load("kopi") == old
    killed.state.grants.expire_access()
    killed.state.grants._access[killed.state.grants._latest[killed.shop.shop_id]].expires = 4e9
    assert killed.client.get(INFO)["shop_name"] == "Kopi & Co"
    assert killed.asked("access_token/get") == 1
    assert killed.vault.load("kopi") != old


def test_killed_with_the_answer_in_hand_the_old_pair_works_on_and_then_consent_is_asked_for(
    killed: Bench, tmp_path: Path
) -> None:
    """This answer cannot be had again; the shop is not lost silently."""
    killed_at(killed, tmp_path, "token.answered")
    assert killed.client.get(INFO)["shop_name"] == "Kopi & Co"
    killed.now.advance(90)  # type: ignore[attr-defined]
    assert killed.client.get(INFO)["shop_name"] == "Kopi & Co"
    killed.state.grants.expire_access()
    with pytest.raises(ShopWaits) as caught:
        killed.say()
    assert caught.value.reason.kind is MarketplaceReason.CONSENT_AGAIN
    assert killed.asked("access_token/get") == 2
    killed.connect()
    assert killed.say()


# ---- small things --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (14_400, 14_400.0),
        ("14400", 14_400.0),
        ((NOON + HOUR).timestamp(), 3600.0),
        (None, 0.0),
        ([], 0.0),
        ("soon", 0.0),
        ("nan", 0.0),
        (-5, 0.0),
        (10**400, 0.0),
        (9e8, 365 * 86_400.0),
    ],
)
def test_life_of_a_token_is_read_from_whatever_is_told(told: object, seconds: float) -> None:
    assert life_s(told, NOON) == seconds


def test_life_is_not_believed_beyond_the_longest() -> None:
    assert life_s(1e8, NOON, HOUR) == 3600.0


def test_first_grant_is_kept_under_the_shops_own_id() -> None:
    assert [grant_key("kopi", each) for each in ("shop", "orders", "chat")] == ["kopi", "kopi", "kopi/chat"]


def test_end_of_a_token_is_a_moment() -> None:
    assert Secrets("key", expires_at=5.0).expires == datetime.fromtimestamp(5, UTC)
