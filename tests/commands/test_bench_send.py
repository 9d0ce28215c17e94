"""`parcelguard bench send`: ours and the floor make the same calls, and what they cost is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from parcelguard.commands.bench import send
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import running

pytestmark = pytest.mark.usefixtures("no_stray_threads")


def test_it_sends_every_part_both_ways_and_tells_what_it_cost() -> None:
    rows = {str(row.case): row for row in send.measure(parts=16, turn=1)}

    assert list(rows) == [
        "rate, answered at once",
        "CPU, answered at once",
        "rate, answered after 30 ms",
        "CPU, answered after 30 ms",
        "memory after 8 parts",
        "memory after 16 parts",
    ]
    far = rows["rate, answered after 30 ms"]
    assert 0 < far.ours < 1 / send.FAR_AWAY_S
    assert far.floor
    assert 0 < far.floor < 1 / send.FAR_AWAY_S


def test_floor_makes_the_very_calls_that_delivery_makes(tmp_path: Path) -> None:
    """A floor that did less would be none."""
    world = demo_world(orders=2, specials=False)
    with running(world) as market:
        seller = send._ask(market, "seller")
        first, second = map(send._order, send._ask(market, "orders"))
        with send._ours(market, seller, tmp_path) as ours:
            ours.pack([first])
            ours.send()
            delivery = world.requests.counts()["by_path"]
            with send._floor(market, seller, ours.copies) as floor:
                floor.send(second)
        both = world.requests.counts()["by_path"]

    assert {path: 2 * calls["count"] for path, calls in delivery.items()} == {
        path: calls["count"] for path, calls in both.items()
    }
    messages = [(line["message_type"], line.get("image_sha256")) for line in world.transcript()]
    assert messages[:4] == messages[4:]
