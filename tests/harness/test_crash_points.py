"""A bench broken at each named place, and what stands there after it was started again.

Each place is really visited: a bench that lives on, or says nothing of the trouble, fails its test.
What happens before sending is the same for every channel and is tried with one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest

from parcelguard.core.reasons.sending import ASKS_A_PERSON
from parcelguard.runtime.crash_points import POINTS
from tests.harness import figures
from tests.harness.invariants import Findings
from tests.harness.market import CHANNELS, RENEWING
from tests.harness.rig import Rig, Victim, open_rig

ORDERS = 3
VISIT_S = 20.0

TEXT = 4  # of an order with two photos: two uploads and a check of the order go first
FIRST, *OTHERS = CHANNELS
STEPS = [*((FIRST, step) for step in (1, TEXT, TEXT + 2)), *((other, TEXT + 1) for other in OTHERS)]

ABSENT = ("photo.taken", "file.half_written")  # no photo, and nothing half is left
ADOPTED = ("file.flushed", "file.renamed", "file.folder_flushed", "photo.kept", "photo.row")
KEPT = ("photo.committed",)
OPEN_AGAIN = ("save.asked", "save.rows")
NOT_SENT = ("send.choosing", "send.claimed")  # certainly: no wire mark
IN_DOUBT = ("send.marked", "send.half_written", "send.written", "send.answered")
DOUBTS = [  # by which message: the text, or a picture; at each place other channels have the one or the other
    *((FIRST, point, message) for point in IN_DOUBT for message in (0, 1, 2)),
    *(
        (other, point, (turn + number) % 2)
        for turn, other in enumerate(OTHERS)
        for number, point in enumerate(IN_DOUBT)
    ),
]
SAVED = ("save.committed", "save.described")
ELSEWHERE = ("send.kept", "look.done", "decide.row", "token.answered")
TOKENS = ("token.asked", "token.journaled")
STORAGE = ("backup.half_written", "upgrade.step")  # broken where storage is tested
DISK = ("file.half_written", "file.flushed", "file.renamed", "file.folder_flushed", "photo.row", "save.rows")
SECOND_TRY = {"raise": ("file.half_written", "file.flushed"), "full": ("photo.row", "save.rows")}

pytestmark = [pytest.mark.usefixtures("no_stray_threads")]


@pytest.fixture
def rig(tmp_path: Path, channel: str) -> Iterator[Rig]:
    with open_rig(tmp_path, orders=ORDERS, channel=channel) as opened:
        yield opened


def test_each_crash_point_has_its_test() -> None:
    tested = (
        *ABSENT,
        *ADOPTED,
        *KEPT,
        *OPEN_AGAIN,
        *SAVED,
        *NOT_SENT,
        *IN_DOUBT,
        *ELSEWHERE,
        *TOKENS,
        *STORAGE,
    )
    assert sorted(tested) == sorted(POINTS)


# ---- steps -----------------------------------------------------------------------------------------


def kill_at(rig: Rig, point: str, visit: int = 1, *wishes: str) -> Victim:
    """Run a bench that is killed at that place; one that never comes there fails the test."""
    victim = rig.start(*(wishes or ("--pack", "--photos", "2")), crash=f"{point}:kill:{visit}")
    visited = victim.died(VISIT_S)
    rig.end(victim)
    assert visited, (
        f"{point} was not visited {visit} times: {victim.said[-3:]} {victim.stderr.decode()[-500:]}"
    )
    return victim


def start_again(rig: Rig) -> Victim:
    """Open the bench, touch nothing, and close it."""
    victim = rig.start()
    victim.wait_for(lambda victim: victim.heard("started"))
    rig.end(victim, gently=True)
    return victim


def all_well(rig: Rig, point: str) -> Findings:
    """Pack and send the rest; nothing is lost, doubled or falsely sent, and each order has one proof."""
    findings = rig.finish()
    figures.note("crash points", rig.market.name, crash_points=1, **findings.counts)
    assert not findings.wrong, point
    proofs = rig.query("SELECT order_number FROM proof WHERE saved_at IS NOT NULL ORDER BY order_number")
    assert [proof["order_number"] for proof in proofs] == sorted(rig.codes)
    return findings


def states(rig: Rig) -> set[str]:
    return {row["state"] for row in rig.query("SELECT state FROM proof WHERE saved_at IS NOT NULL")}


def photos(rig: Rig) -> list[dict[str, Any]]:
    return rig.query("SELECT * FROM photo ORDER BY taken_at")


def under_way(rig: Rig) -> dict[str, Any]:
    """Return the one part that was in flight, with its attempt."""
    (part,) = rig.query(
        "SELECT part.*, wire_at, outcome FROM part JOIN attempt ON part_id = part.id AND number = attempts "
        "WHERE state = 'leased'"
    )
    return part


def visit_of(point: str, message: int) -> int:
    """Return which visit is a message's: what the buyer never sees passes some places, too."""
    return message + (TEXT if point in ("send.claimed", "send.answered", "send.kept") else 1)


# ---- a photo ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "visit"), [("photo.taken", 1), ("photo.taken", 2), ("file.half_written", 1)]
)
def test_killed_before_a_photo_was_whole_the_order_opens_again_without_it(
    rig: Rig, point: str, visit: int
) -> None:
    victim = kill_at(rig, point, visit)
    ticked = victim.heard("photo")

    again = start_again(rig)
    assert again.heard("notice")[0]["kind"] == "restored"
    assert again.heard("photo") == ticked
    assert [photo["recovered"] for photo in photos(rig)] == [0] * len(ticked)
    assert not list(rig.home.rglob("*.part"))
    all_well(rig, point)


@pytest.mark.parametrize("point", ADOPTED)
def test_killed_after_a_photo_was_whole_it_is_found_and_marked(rig: Rig, point: str) -> None:
    assert not kill_at(rig, point).heard("photo")

    again = start_again(rig)
    (found,) = photos(rig)
    assert found["recovered"]
    assert [each["sha256"] for each in again.heard("photo")] == [found["sha256"]]
    all_well(rig, point)


@pytest.mark.parametrize("point", KEPT)
def test_killed_before_the_tick_the_photo_stands_in_the_strip(rig: Rig, point: str) -> None:
    assert not kill_at(rig, point).heard("photo")

    again = start_again(rig)
    (kept,) = photos(rig)
    assert not kept["recovered"]
    assert [each["sha256"] for each in again.heard("photo")] == [kept["sha256"]]
    all_well(rig, point)


# ---- F4 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", OPEN_AGAIN)
def test_killed_before_f4_was_kept_the_order_opens_again_and_f4_is_harmless(rig: Rig, point: str) -> None:
    victim = kill_at(rig, point)
    assert not victim.heard("saved")
    assert not rig.query("SELECT * FROM part")

    again = start_again(rig)
    assert again.heard("photo") == victim.heard("photo") != []
    all_well(rig, point)


@pytest.mark.parametrize("point", SAVED)
def test_killed_once_f4_was_kept_the_proof_is_saved_described_and_sent(rig: Rig, point: str) -> None:
    victim = kill_at(rig, point)
    assert bool(victim.heard("saved")) is (point == "save.described")  # said before it is described
    (proof,) = rig.query("SELECT * FROM proof")
    assert proof["saved_at"]

    again = start_again(rig)
    assert not again.heard("notice")  # nothing to restore
    (note,) = rig.home.rglob("proof.json")
    assert proof["id"] in note.read_text()
    all_well(rig, point)
    assert states(rig) == {"delivered"}


# ---- sending ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channel", "visit"), STEPS)  # an upload, the text, a picture
@pytest.mark.parametrize("point", NOT_SENT)
def test_killed_without_a_wire_mark_it_was_not_sent_and_goes_out_at_once(
    rig: Rig, point: str, visit: int
) -> None:
    kill_at(rig, point, visit)
    assert point == "send.choosing" or under_way(rig)["wire_at"] is None

    all_well(rig, point)
    assert states(rig) == {"delivered"}
    assert not rig.query("SELECT * FROM attempt WHERE outcome = 'unknown'")


@pytest.mark.parametrize(("channel", "point", "message"), DOUBTS)
def test_killed_after_the_wire_mark_it_is_looked_for_and_found_or_asked_about(
    rig: Rig, point: str, message: int
) -> None:
    kill_at(rig, point, visit_of(point, message))
    part = under_way(rig)
    assert part["wire_at"] is not None
    arrived = [line for line in rig.world.transcript() if line["message_type"] == part["kind"]]

    start_again(rig)
    (attempt,) = rig.query(f"SELECT * FROM attempt WHERE part_id = '{part['id']}'")
    assert attempt["outcome"] in ("unknown", "sent")
    all_well(rig, point)
    (part,) = rig.query(f"SELECT * FROM part WHERE id = '{part['id']}'")
    if point == "send.answered":
        assert arrived
        assert part["state"] == "sent"
    elif point in ("send.marked", "send.half_written"):
        assert part["state"] == "held"
        assert part["reason"] in ASKS_A_PERSON
    else:  # whether a request that was just written arrives is the line's affair
        assert part["state"] in ("sent", "held")
        assert part["reason"] == "" if part["state"] == "sent" else part["reason"] in ASKS_A_PERSON


@pytest.mark.parametrize(("channel", "visit"), STEPS)
def test_killed_between_two_parts_it_goes_on_with_the_next(rig: Rig, visit: int) -> None:
    kill_at(rig, "send.kept", visit)
    assert not rig.query("SELECT * FROM part WHERE state = 'leased'")

    all_well(rig, "send.kept")
    assert states(rig) == {"delivered"}


@pytest.mark.parametrize("channel", CHANNELS)
def test_killed_after_a_look_nothing_is_concluded_and_it_is_looked_again(rig: Rig) -> None:
    kill_at(rig, "send.answered", TEXT)
    start_again(rig)  # knows now that it does not know
    rig.clock.advance(6)

    kill_at(rig, "look.done", 1, "--pack")
    (text,) = rig.query("SELECT state FROM part WHERE kind = 'text' AND state IN ('unknown', 'sent')")
    assert text["state"] == "unknown"
    all_well(rig, "look.done")
    assert states(rig) == {"delivered"}


def test_killed_while_a_person_decides_the_question_is_asked_again(rig: Rig) -> None:
    kill_at(rig, "send.marked", 2)
    rig.settle()
    asks = ", ".join(f"'{kind}'" for kind in ASKS_A_PERSON)
    asked = f"SELECT * FROM part WHERE state = 'held' AND reason IN ({asks})"
    assert len(rig.query(asked)) == 1

    kill_at(rig, "decide.row", 1, "--decide", "send_again")
    assert len(rig.query(asked)) == 1
    assert not rig.query("SELECT * FROM decision")

    again = rig.start("--decide", "send_again")
    again.wait_for(lambda victim: victim.heard("all decided"))
    rig.end(again, gently=True)
    all_well(rig, "decide.row")
    assert states(rig) == {"delivered"}


def test_killed_between_new_tokens_and_their_file_nothing_is_lost_and_consent_is_asked_for(rig: Rig) -> None:
    """The refresh token was spent: the old pair works on for minutes, then the seller has to agree again."""
    rig.connect(left_s=60)
    kill_at(rig, "token.answered")
    rig.clock.advance(600)
    again = rig.start("--pack")
    again.wait_for(lambda victim: victim.heard("packed"))
    again.wait_for(lambda victim: victim.heard("queue")[-1]["waiting"])
    rig.end(again, gently=True)
    assert not rig.judge(at_rest=False).wrong
    assert not rig.world.transcript()

    rig.connect()
    all_well(rig, "token.answered")
    assert states(rig) == {"delivered"}


@pytest.mark.parametrize(("channel", "point"), [*product([FIRST], TOKENS), *zip(RENEWING[1:], cycle(TOKENS))])
def test_killed_while_tokens_are_renewed_the_shop_goes_on_without_the_seller(rig: Rig, point: str) -> None:
    """Before the call nothing was spent; after the answer the journal holds the new pair."""
    rig.connect(left_s=60)
    kill_at(rig, point)
    rig.clock.advance(600)
    all_well(rig, point)
    assert states(rig) == {"delivered"}


# ---- a disk that fails -----------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["raise", "full"])
@pytest.mark.parametrize("point", DISK)
def test_failing_disk_gives_no_tick_and_the_bench_works_on(rig: Rig, point: str, action: str) -> None:
    """The packer hears of it, presses again, and everything is packed without a new start.

    Two things are tried again before anyone is troubled: what the drive did not take is written anew,
    and on a full disk the desk's step is repeated once the ballast is gone.
    """
    victim = rig.start("--pack", "--photos", "2", crash=f"{point}:{action}")
    victim.wait_for(lambda victim: victim.heard("packed"), 60)
    rig.end(victim, gently=True)

    told = {each["kind"] for each in victim.heard("notice")}
    tried_again = SECOND_TRY[action]
    assert bool(told & {"photo_failed", "not_kept"}) is (point not in tried_again)
    assert not victim.heard("given up")
    all_well(rig, f"{point}:{action}")
    assert states(rig) == {"delivered"}


# ---- the harness itself ----------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["file.half_written", "save.asked", "save.rows"])
def test_promise_given_too_early_is_noticed_at_its_crash_point(rig: Rig, point: str) -> None:
    kill_at(rig, point, 1, "--pack", "--photos", "2", "--bad", "tick-before-commit")
    start_again(rig)
    assert rig.judge(at_rest=False).lost


@pytest.mark.parametrize("point", ["send.answered", "send.written"])
def test_mark_that_is_forgotten_is_noticed_at_its_crash_point(rig: Rig, point: str) -> None:
    kill_at(rig, point, visit_of(point, 1))
    again = rig.start("--pack", "--bad", "lease-to-queued")
    again.wait_for(lambda victim: victim.heard("packed"))
    rig.end(again, gently=True)
    rig.settle()
    assert rig.judge().doubled


def test_place_that_is_never_visited_is_noticed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "VISIT_S", 1.0)
    with pytest.raises(AssertionError, match="not visited"):
        kill_at(rig, "save.asked", 99)
