"""A bench whose clock is wrong: it still sends, and its records tell one consistent story.

The clock that is wrong is the wall's; the one that only counts goes on as it should.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from tests.harness import figures
from tests.harness.market import CHANNELS
from tests.harness.needs import unavailable
from tests.harness.rig import Rig, open_rig

ORDERS = 3
SKEWS = {"seven minutes fast": 420.0, "a day slow": -86_400.0}
LIBRARY = "**/faketime/libfaketime.so.1"

pytestmark = [pytest.mark.usefixtures("no_stray_threads")]


@pytest.fixture
def rig(tmp_path: Path, channel: str) -> Iterator[Rig]:
    with open_rig(tmp_path, orders=ORDERS, channel=channel) as opened:
        yield opened


def pack_and_send_all(rig: Rig, env: dict[str, str] | None = None) -> None:
    victim = rig.start("--pack", "--photos", "2", env=env)
    victim.wait_for(lambda victim: victim.heard("packed"), 60)
    victim.wait_for(lambda victim: victim.heard("queue")[-1]["sending"] == 0, 60)
    rig.end(victim, gently=True)


def tells_one_story(rig: Rig, skew_s: float) -> None:
    """All is delivered; every moment is the bench's, in the order in which things happened."""
    assert [row["state"] for row in rig.query("SELECT state FROM proof")] == ["delivered"] * ORDERS
    moments = rig.query(
        "SELECT opened_at, min(taken_at) AS first, max(taken_at) AS last, saved_at FROM proof "
        "JOIN photo ON photo.proof_id = proof.id GROUP BY proof.id"
    )
    for row in moments:
        assert row["opened_at"] <= row["first"] < row["last"] <= row["saved_at"]
    sent = {
        row["remote_id"]: row
        for row in rig.query(
            "SELECT remote_id, claimed_at, wire_at, ended_at FROM part JOIN attempt ON part_id = part.id "
            "WHERE kind IN ('text', 'image')"
        )
    }
    for line in rig.world.transcript():
        row = sent[line["message_id"]]
        assert row["claimed_at"] <= row["wire_at"] <= row["ended_at"]
        by_the_bench = datetime.fromtimestamp(row["wire_at"] / 1e6, UTC) - timedelta(seconds=skew_s)
        assert abs(by_the_bench.timestamp() - line["at"]) < 5  # what it is off by is the skew, no more
    findings = rig.judge(at_rest=False)
    figures.note("clocks", rig.market.name, clocks=1, **findings.counts)
    assert not findings.wrong


@pytest.mark.parametrize(("channel", "skew_s"), [*zip(CHANNELS, cycle(SKEWS.values()))])
def test_bench_with_a_wrong_clock_sends_and_keeps_a_consistent_record(rig: Rig, skew_s: float) -> None:
    rig.clock.skew(skew_s)
    pack_and_send_all(rig)
    tells_one_story(rig, skew_s)


@pytest.mark.parametrize("skew_s", SKEWS.values(), ids=SKEWS)
def test_computer_with_a_wrong_clock_sends_and_keeps_a_consistent_record(rig: Rig, skew_s: float) -> None:
    """The whole process is told a wrong time, every library in it."""
    env = {
        "LD_PRELOAD": str(_faketime()),
        "FAKETIME": f"{skew_s:+.0f}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    pack_and_send_all(rig, env)
    tells_one_story(rig, skew_s)


def _faketime() -> Path:
    places = [
        found for folder in (Path("/usr/lib"), Path("/usr/local/lib")) for found in folder.glob(LIBRARY)
    ]
    if not places:
        unavailable("there is no libfaketime (Debian package: faketime)")
    return places[0]
