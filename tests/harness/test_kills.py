"""A bench killed at random moments, from scan to sent: nothing acknowledged is lost, nothing goes out twice.

PARCELGUARD_KILLS says how often (200 unless told; before a release 1,000 or more), over all channels.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import figures
from tests.harness.invariants import Findings, kept
from tests.harness.market import CHANNELS, SEND
from tests.harness.rig import Rig, Victim, open_rig

KILLS = int(os.environ.get("PARCELGUARD_KILLS", "200"))
A_BENCH = 25  # kills; then everything is settled and judged, and a fresh bench begins
ORDERS_A_KILL = 6  # fewer than a round can pack: the last rounds only send
LEAST = 10  # photos and messages a bench gets done between its deaths, on a slow computer
CHANCES = 60  # to catch a bad bench; a few are enough
BENCHES = [(CHANNELS[number % len(CHANNELS)], number) for number in range(-(-KILLS // A_BENCH))]

pytestmark = [pytest.mark.usefixtures("no_stray_threads"), pytest.mark.timeout(300)]


@pytest.fixture
def rig(tmp_path: Path, channel: str) -> Iterator[Rig]:
    with open_rig(tmp_path, orders=A_BENCH * ORDERS_A_KILL, channel=channel) as opened:
        opened.answer_slowly(0.015)
        yield opened


def killed_at_random(rig: Rig, kills: int, chance: random.Random, *wishes: str) -> Iterator[Victim]:
    """Start and kill, now and then before the bench is even open, with some time in between; yield each."""
    coming = rig.start("--pack", "--on-cue", *wishes)
    try:
        for _ in range(kills):
            victim, coming = coming, rig.start("--pack", "--on-cue", *wishes)  # loads while the other works
            victim.go()
            if chance.random() < 0.8:
                victim.wait_for(lambda victim: victim.heard("started"))
            time.sleep(chance.uniform(0.0, 0.45))  # the moment of the kill is the point, not a wait
            rig.end(victim)
            yield victim
            if chance.random() < 0.5:
                rig.clock.advance(chance.uniform(0, 60))
    finally:
        rig.end(coming)


def settled(rig: Rig) -> Findings:
    """Open the bench once more in peace, let everything come to rest, and judge."""
    rig.world.faults.clear()
    return rig.finish(pack=False)


@pytest.mark.parametrize(("channel", "bench"), BENCHES)
def test_bench_killed_at_random_moments_loses_nothing_and_sends_nothing_twice(
    rig: Rig, channel: str, bench: int
) -> None:
    chance = random.Random(bench)
    if bench // len(CHANNELS) % 2:  # a line that loses questions and answers, and a list that lags behind
        rig.world.faults.set("drop_before", path=SEND, after=chance.randrange(20), times=2)
        rig.world.faults.set("drop_after", path=SEND, after=chance.randrange(20), times=2)
        rig.world.faults.set("list_delay_s", 30.0, path=SEND, times=20)
    lost = [each for victim in killed_at_random(rig, A_BENCH, chance) for each in kept(rig.home, victim.said)]

    findings = settled(rig)
    findings.lost += lost

    figures.note(
        "kills", channel, kills=A_BENCH, photos=findings.photos, proofs=findings.proofs, **findings.counts
    )
    assert not findings.wrong
    assert findings.photos >= LEAST  # it came to packing,
    assert findings.messages >= LEAST  # and to sending
    orders = rig.query("SELECT count(DISTINCT order_number) AS n FROM proof WHERE saved_at IS NOT NULL")
    proofs = rig.query("SELECT count(*) AS n FROM proof WHERE saved_at IS NOT NULL")
    assert orders == proofs  # whatever was pressed again after a crash: one proof an order


# ---- the harness itself: it must notice each of these ----------------------------------------------


def test_tick_before_the_commit_is_noticed(rig: Rig) -> None:
    """A bench that ticks and says "saved" too early loses what it acknowledged."""
    killed = killed_at_random(rig, CHANCES, random.Random(1), "--bad", "tick-before-commit")
    assert any(kept(rig.home, victim.said) for victim in killed)


def test_interrupted_send_that_is_queued_again_is_noticed(rig: Rig) -> None:
    """A bench that takes a marked send for one that never began sends it twice."""
    rig.answer_slowly(0.1)
    killed = killed_at_random(rig, CHANCES, random.Random(2), "--bad", "lease-to-queued")
    assert any(rig.judge(at_rest=False).doubled for _ in killed)


@pytest.mark.parametrize("channel", CHANNELS)
def test_send_repeated_for_want_of_an_answer_is_noticed(rig: Rig, channel: str) -> None:
    """A client that sends again when the answer was lost posts pictures twice."""
    rig.world.faults.set("drop_after", path=SEND, after=1, times=20)  # from the first order's first picture
    killed = killed_at_random(rig, CHANCES, random.Random(3), "--bad", "retry")
    assert any(rig.judge(at_rest=False).doubled for _ in killed)
