"""A bench that falls asleep in the middle of sending and wakes minutes later.

The process is stopped at each named place, the marketplace's clock and the bench's own are moved on, and it
is woken. Meanwhile others may have acted: then the sleeper's message must die by its old signature, or,
where nothing is signed, by the clock that counts sleep.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import figures
from tests.harness.market import CHANNELS
from tests.harness.rig import Rig, Victim, open_rig

TEXT = 4  # of an order with two photos: two uploads and a check of the order go first
PLACES = {  # and which visit is that of the first picture
    "send.choosing": TEXT + 1,
    "send.claimed": TEXT + 1,
    "send.marked": 2,
    "send.half_written": 2,
    "send.written": 2,
    "send.answered": TEXT + 1,
    "send.kept": TEXT + 1,
}
NAPS = (0.2, 0.8, 2.0)  # in lives of a signed request
SLEEPS = [  # every nap at every place, and every channel at every place
    (channel, point, NAPS[(number + turn) % len(NAPS)])
    for turn, channel in enumerate(CHANNELS)
    for number, point in enumerate(PLACES)
]

pytestmark = [
    pytest.mark.usefixtures("no_stray_threads"),
    pytest.mark.skipif(sys.platform == "win32", reason="no process can be stopped here"),
]


@pytest.fixture
def rig(tmp_path: Path, channel: str) -> Iterator[Rig]:
    with open_rig(tmp_path, orders=2, channel=channel) as opened:
        yield opened


def put_to_sleep(rig: Rig, point: str, visit: int, *wishes: str) -> Victim:
    sleeper = rig.start("--pack", "--photos", "2", *wishes, crash=f"{point}:stop:{visit}")
    assert sleeper.fell_asleep(), f"{point} was not visited {visit} times"
    return sleeper


def counted(rig: Rig) -> list[str]:
    """Where old signatures protect, they have to do it alone."""
    return [] if rig.market.sheet.signed else ["--counts-sleep"]


def wake(rig: Rig, sleeper: Victim) -> None:
    """Let it do all it can do, and end it in good order."""
    sleeper.wake()
    sleeper.wait_for(lambda victim: victim.heard("packed"))
    sleeper.wait_for(lambda victim: victim.heard("queue") and not victim.heard("queue")[-1]["sending"])
    rig.end(sleeper, gently=True)


def others_act(rig: Rig) -> None:
    """Take the sleeper for dead: sort out what it left, prove it absent, and send it once more."""
    rig.settle(resends=True)


@pytest.mark.parametrize(("channel", "point", "nap"), SLEEPS)
def test_bench_that_slept_while_sending_sends_nothing_twice(
    rig: Rig, channel: str, point: str, nap: float
) -> None:
    sleeper = put_to_sleep(rig, point, PLACES[point], *counted(rig))
    rig.clock.advance(nap * rig.policy.signature_window.total_seconds())
    wake(rig, sleeper)

    rig.settle()
    findings = rig.judge()
    figures.note("sleep", channel, sleeps=1, **findings.counts)
    assert not findings.wrong


def test_claim_that_slept_for_more_than_twenty_seconds_is_not_sent(rig: Rig) -> None:
    """It is given up before the wire, and another attempt is made at once."""
    sleeper = put_to_sleep(rig, "send.claimed", PLACES["send.claimed"])
    rig.clock.advance(21)
    wake(rig, sleeper)

    (slept,) = rig.query("SELECT part_id FROM attempt JOIN part ON part.id = part_id WHERE number = 2")
    first, second = rig.query(f"SELECT * FROM attempt WHERE part_id = '{slept['part_id']}' ORDER BY number")
    assert first["wire_at"] is None
    assert second["outcome"] == "sent"
    assert second["claimed_at"] - first["claimed_at"] > 20_000_000


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("point", ["send.claimed", "send.marked", "send.half_written"])
def test_sleeper_that_wakes_after_others_acted_sends_nothing(rig: Rig, channel: str, point: str) -> None:
    sleeper = put_to_sleep(rig, point, PLACES[point], *counted(rig))
    rig.clock.advance(600)
    others_act(rig)
    wake(rig, sleeper)

    rig.settle()
    findings = rig.judge()
    figures.note("sleep", channel, sleeps=1, **findings.counts)
    assert not findings.wrong
    assert {row["state"] for row in rig.query("SELECT state FROM proof")} == {"delivered"}


def test_sleeper_that_signs_when_it_wakes_is_noticed(rig: Rig) -> None:
    """The harness itself: a signature made at the last moment lets an old message through."""
    marks_before = 2  # this bad bench passes the place twice with each message
    sleeper = put_to_sleep(rig, "send.marked", marks_before + 1, "--bad", "resign-at-write")
    rig.clock.advance(600)
    others_act(rig)
    wake(rig, sleeper)

    assert rig.judge().doubled


@pytest.mark.parametrize("channel", [CHANNELS[-1]])
def test_sleeper_that_does_not_count_its_sleep_is_noticed(rig: Rig) -> None:
    """The harness itself: where nothing is signed, only that clock keeps an old message back."""
    assert not rig.market.sheet.signed
    sleeper = put_to_sleep(rig, "send.marked", PLACES["send.marked"])
    rig.clock.advance(600)
    others_act(rig)
    wake(rig, sleeper)

    assert rig.judge().doubled
