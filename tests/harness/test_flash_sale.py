"""A flash sale in time-lapse: orders as fast as hands go, and no network for the middle third.

Run as a script this file is the bench: the real window, packed by the demo's driver. The test keeps
the marketplace and the network in front of it, and takes the network away while the bench packs on.
Everything that waits or rests is shortened by one factor; the camera and the hands are not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from statistics import quantiles
from typing import Any

import msgspec
import pytest

from tests.harness.figures import note
from tests.support.swapping import swap

ORDERS = int(os.environ.get("PARCELGUARD_ORDERS", "60"))
LONG = ORDERS >= 500
TIMES_FASTER = 5 if LONG else 15  # 500 orders in 6 minutes stand for 30
FRESH = max(8, ORDERS // 20)  # orders packed in peace afterwards, while the backlog goes out
FRESH_EVERY_S = 18 / TIMES_FASTER
GAP_S = 1.5 / TIMES_FASTER
BUDGETS_MS = {"scan_answer": 100, "f1_thumbnail": 150, "f4_ready": 200}
NEW_WAITS_S = 60 / TIMES_FASTER
PACE_USED = 0.9

pytestmark = pytest.mark.usefixtures("no_stray_threads")


# ---- the bench -------------------------------------------------------------------------------


def run_faster() -> None:
    """Shorten what waits and rests; the hands are a quick packer's."""
    from parcelguard.commands.demo import driver
    from parcelguard.delivery import engine, judge, leases, next_step, pace
    from parcelguard.delivery.ports import ChannelPolicy
    from parcelguard.marketplace import http
    from parcelguard.marketplace.shopee.client import SIGNATURE_WINDOW

    for module, name in (
        (http, "CONNECT_S"), (http, "CALL_S"), (http, "UPLOAD_S"),
        (pace, "LONGEST_PAUSE_S"), (pace, "LONGEST_WAIT_S"), (engine, "LONGEST_SLEEP_S"),
        (next_step, "EARLY_LOOK"), (leases, "EARLY_LOOK"), (judge, "BETWEEN_LOOKS"),
        (judge, "LOOK_AGAIN"), (judge, "LOOKING_PATIENCE"),
    ):  # fmt: skip
        setattr(module, name, getattr(module, name) / TIMES_FASTER)
    settle = ChannelPolicy(signature_window=SIGNATURE_WINDOW).settle / TIMES_FASTER
    swap(ChannelPolicy, "settle", property(lambda _policy: settle))
    driver.BETWEEN_KEYS_S, driver.BETWEEN_ORDERS_S, driver.KEY_GAP_S = 0.02, 0.05, 0.002
    driver.LONGEST_FOR_DELIVERY_S = 1200.0
    driver.Until.__init__.__defaults__ = (180.0, False)  # hundreds of orders take a while to come in


def pack_all(home: Path, market_address: str) -> None:
    """Pack every order in the real window, say how far it is, and write down what was seen."""
    run_faster()
    from PySide6.QtCore import QTimer

    from parcelguard.app import App, open_app
    from parcelguard.commands.demo import driver
    from parcelguard.commands.demo.driver import Driver
    from parcelguard.commands.demo.market import Market
    from parcelguard.core.config import folders_of, load_settings
    from parcelguard.core.events import ProofChanged
    from parcelguard.shops.practice import Sandbox

    settings = load_settings(home / "settings.toml")
    by_day = [msgspec.structs.replace(shop, quiet_hours="off") for shop in settings.shops]
    settings = msgspec.structs.replace(settings, shops=tuple(by_day))  # a sale is held at any hour

    class Near(Sandbox):
        """The one that runs already, asked without the network in between."""

        def __init__(self, address: str) -> None:
            self.address = address

    class NearMarket(Market):
        def __init__(self, address: str) -> None:
            self._sandbox = Near(address)

    market = NearMarket(market_address)
    drivers: list[Driver] = []
    asked: Queue[str] = Queue()

    def add(app: App) -> None:
        packer = Driver(app, market.orders())
        drivers.append(packer)
        app.ready.connect(packer.start)
        app.failed.connect(app.window.close)
        packer.finished.connect(app.window.close)
        app.window.bridge.proof_changed.connect(hear)
        tell = QTimer(packer, interval=20)
        tell.timeout.connect(say)
        tell.start()
        threading.Thread(target=answer, args=(app,), daemon=True).start()

    def say() -> None:
        packed = len(drivers[0].observed.orders)
        if packed >= ORDERS:
            driver.BETWEEN_ORDERS_S = FRESH_EVERY_S
        sys.stdout.write(f"{packed}\n")
        sys.stdout.flush()

    def hear(news: ProofChanged) -> None:
        if news.asks:
            asked.put(news.proof_id)

    def answer(app: App) -> None:
        """Be the person who is asked: look at what the buyer got, and say so."""
        from parcelguard.core.parts import Decision

        while True:
            proof_id = asked.get()
            assert app.station
            with app.station.store.read() as records:
                proof, parts = records.proofs.get(proof_id), records.parts.of_newest(proof_id)
            assert proof
            for part in (part for part in parts if part.asked):
                got = [line for line in market.transcript() if line["order_sn"] == proof.order_number]
                place = [each for each in parts if each.kind is part.kind].index(part)
                there = len([line for line in got if line["message_type"] == part.kind]) > place
                app.station.log.decide(part.id, Decision.THERE if there else Decision.SEND_AGAIN)

    open_app(settings, folders_of(home, settings), also=add)
    observed = json.dumps(asdict(drivers[0].observed), default=list)
    (home / "observed.json").write_text(observed, encoding="utf-8")


# ---- the test ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sale:
    """What one sale left: the figures, and when the network was away."""

    figures: Any
    trouble: str
    away: tuple[float, float]
    transcript: Sequence[Mapping[str, Any]]
    saved: Mapping[str, float]  # order -> when F4 was pressed

    def pace_used(self) -> float:
        """Return the share of the allowed pace at which the backlog went out."""
        sent = [line["at"] for line in self.transcript if line["at"] > self.away[1] + 1.0]
        bulk = sent[: int(len(sent) * 0.9)]  # the last ones rest or are being asked about
        return float((len(bulk) - 1) * GAP_S / (bulk[-1] - bulk[0]))

    def new_waited_s(self) -> list[float]:
        """Return how long each of the last orders waited for its first message, behind the backlog."""
        first: dict[str, float] = {}
        for line in self.transcript:
            first.setdefault(line["order_sn"], line["at"])
        fresh = sorted(self.saved.items(), key=lambda each: each[1])[-FRESH:]
        return [first[order] - at for order, at in fresh]


@dataclass(frozen=True)
class Behind:
    """A market as a station reaches it: through the proxy."""

    address: str
    sellers: Callable[[], list[dict[str, Any]]]


def hold_sale(home: Path, orders: int) -> Sale:
    from parcelguard.commands.demo.figures import Observed, count
    from parcelguard.commands.demo.market import Market
    from parcelguard.commands.demo.records import kept
    from parcelguard.commands.demo.run import prepare
    from parcelguard.store.database import Store
    from tests.harness.proxy import proxied

    with closing(Market(orders + FRESH, plain=True)) as market, proxied(market.address) as proxy:
        behind = Behind(proxy.address, market.sellers)
        _, folders = prepare(home, behind, gap_s=GAP_S)
        process = subprocess.Popen(
            [sys.executable, __file__, str(home), market.address],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
        try:
            _until(process, home, orders // 3)
            proxy.vanish()
            gone_at = time.time()
            _until(process, home, 2 * orders // 3)
            proxy.accept()
            back_at = time.time()
            _until(process, home, None)
        finally:
            process.kill()
            process.wait(10)
            assert process.stdout
            process.stdout.close()
        transcript = market.transcript()
    told = json.loads((home / "observed.json").read_text())
    observed = Observed(**{**told, "by_hand": set(told["by_hand"])})
    with closing(Store(folders.database)) as store, store.read() as records:
        proofs = records.proofs.recent(datetime(2000, 1, 1, tzinfo=UTC))
    saved = {proof.order_number: proof.saved_at.timestamp() for proof in proofs if proof.saved_at}
    figures = count(observed, transcript, folders.media, kept(folders.database))
    return Sale(figures, observed.trouble, (gone_at, back_at), transcript, saved)


def _until(bench: subprocess.Popen[str], home: Path, packed: int | None) -> None:
    """Read what the bench says until so many orders are packed, or until it ends."""
    assert bench.stdout
    while line := bench.stdout.readline():
        if packed is not None and int(line) >= packed:
            return
    assert packed is None, f"the bench ended early: {(home / 'observed.json').read_text()[-200:]}"


@pytest.mark.timeout(1800 if LONG else 240)
def test_flash_sale_without_network_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    sale = hold_sale(tmp_path, ORDERS)

    figures, waited = sale.figures, sale.new_waited_s()
    p95 = {name: spread.p95 for name, spread in figures.latency_ms.items()}
    wait_s = quantiles(waited, n=20, method="inclusive")[-1]
    note(
        "flash sale",
        flash_sale_orders=figures.orders,
        lost=figures.lost,
        doubled=figures.doubled,
        false_sent=figures.false_sent,
        pace_used_percent=round(sale.pace_used() * 100),
        new_order_waits_s=round(wait_s * TIMES_FASTER),
        **{f"{name}_p95_ms": round(p95[name]) for name in BUDGETS_MS},
    )
    assert sale.trouble == ""
    assert figures.clean, figures.table()
    assert figures.orders == ORDERS + FRESH
    assert sale.away[1] - sale.away[0] > GAP_S * 4, "the network was hardly away"
    if LONG:
        assert {name: ms for name, ms in p95.items() if ms > BUDGETS_MS.get(name, ms)} == {}
        assert wait_s <= NEW_WAITS_S
        assert sale.pace_used() >= PACE_USED


if __name__ == "__main__":
    pack_all(Path(sys.argv[1]), sys.argv[2])
