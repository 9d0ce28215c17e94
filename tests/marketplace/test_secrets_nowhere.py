"""Secrets are in their locked file and nowhere else: not in records, settings, logs or tracebacks."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.orders import Order
from parcelguard.core.times import utc_now
from parcelguard.delivery.courier import Courier
from parcelguard.runtime.logs import hide_secrets, start_logging, stop_logging
from parcelguard.store.database import Store
from tests.support.fakes import SHOP, Clock, PlainCopies, save_proof
from tests.support.shopee_bench import Bench, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")

INFO = "/api/v2/shop/get_shop_info"
TROUBLES = (
    ("drop_before", "access_token"),
    ("drop_after", "send_message"),
    ("status_5xx", "send_message"),
    ("non_json", "send_message"),
    ("expire_tokens", "send_message"),
    ("error", "send_message"),
    ("non_json", "access_token"),
    ("status_5xx", "access_token"),
    ("revoke", "access_token"),
)


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the local marketplace give out tokens in a form that no pattern knows."""
    numbers = count()
    monkeypatch.setattr(
        "parcelguard.sandbox.shopee.tokens.secrets.token_hex",
        lambda _length: f"Canary.{next(numbers)}~tok/en",
    )


@pytest.fixture
def bench(tmp_path: Path, canaries: None) -> Iterator[Bench]:
    with open_bench(tmp_path, now=Clock(utc_now())) as opened:
        yield opened


def found_in(text: str, secrets: list[str]) -> list[str]:
    return [each for each in secrets if each in text or each.replace("/", "%2F") in text]


def failing(use: Callable[[], object]) -> str:
    """Return the whole story of a failure, with the value of every variable on its way."""
    try:
        use()
    except ParcelGuardError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(told.format()) + repr(error) + repr(error.reason)
    return ""


def test_no_secret_in_records_settings_logs_or_tracebacks(bench: Bench, tmp_path: Path, media: Path) -> None:
    start_logging(tmp_path / "logs")
    store = Store(tmp_path / "parcelguard.db", bench.now)
    try:
        courier = Courier(
            shop=SHOP, store=store, sender=bench.chat, copies=PlainCopies(), media=media,
            publish=lambda event: None, now=bench.now,
        )  # fmt: skip
        told = []
        for number, (fault, path) in enumerate(TROUBLES):
            bench.connect(left_s=-5 if path == "access_token" else 3600)
            bench.world.faults.set(fault, path=path, times=1)
            theirs = bench.world.make_order(bench.shop)
            ours = Order(shop_id=SHOP.id, number=theirs.order_sn, buyer_id=str(theirs.buyer.user_id))
            save_proof(store, media, bench.now(), ours, 1)
            story = failing(partial(bench.say, f"Hello {number}.", theirs))
            while (due := courier.step()) is not None and due <= bench.now():
                pass
            bench.world.faults.clear()
            bench.now.advance(120)  # type: ignore[attr-defined]
            told.append(story)
            logging.getLogger("parcelguard").error("told: %s", story)
        stories = [story for story in told if story]
    finally:
        store.close()
        stop_logging()
    grants = bench.state.grants
    secrets = [*grants._access, *grants._refresh, bench.state.partner.partner_key]

    assert len(secrets) > 20
    assert any(map(partial(found_in, secrets=secrets), stories)), "without hiding they are there"
    assert len(stories) >= 6
    assert [found_in(hide_secrets(story), secrets) for story in stories] == [[]] * len(stories)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert found_in(file.read_bytes().decode(errors="replace"), secrets) == [], file.name
    assert "renewed" in (tmp_path / "logs" / "parcelguard.log").read_text()
