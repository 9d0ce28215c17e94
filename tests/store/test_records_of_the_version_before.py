"""Records as the last version wrote them migrate, and the log shows the same in the same or better words.

`records_0003.sql` was made with that version's own code; `records_0003_shown.json` is what its log showed.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from parcelguard.core.parts import Decision, PlanReason, Purpose
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.media_log.history import History
from parcelguard.store.database import Store, version_of
from parcelguard.store.tables import SCHEMA_VERSION
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.step_words import step_words
from tests.support.fakes import SHOP, Clock

HERE = Path(__file__).parent
BETTER = {  # what the last version said -> what is said of it now
    "Restored from the photo folder: whether this was sent is not known.": (
        "Restored from the photo folder. Not sure it was sent."
    ),
    "Message held (late)": "Message held: too late",
    "Message held (quiet)": "Message held for the night",
    "Message held (photo missing)": "Message held: a photo is missing or was changed",
    "Message held (budget)": "Message held: too few messages left for the buyer",
    "Message held (nothing left)": "Message held: no messages left for the buyer",
    "Message accepted (found by reading back)": "Message accepted (found in the chat)",
    "Shortened: the buyer may be told no more now": "Made shorter: the buyer can get no more messages now",
    "Sent again by Budi (Hidden by the marketplace)": "Sent again by Budi (hidden by the marketplace)",
}
OTHER_ADVICE = ("p04",)  # a photo without a record cannot be brought back as a file


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HERE / "records_0003.sql").read_text(encoding="utf-8"))
    assert version_of(path) == "0003"
    return path


@pytest.fixture
def store(records: Path, clock: Clock) -> Store:
    return Store(records, clock)


def shown_before() -> dict[str, Any]:
    shown: dict[str, Any] = json.loads((HERE / "records_0003_shown.json").read_text(encoding="utf-8"))
    return shown


def better(words: str) -> str:
    return BETTER.get(words, words)


@pytest.mark.parametrize("proof_id", shown_before())
def test_log_shows_the_same_in_the_same_or_better_words(store: Store, proof_id: str, tmp_path: Path) -> None:
    before = shown_before()[proof_id]
    detail = History(store, {SHOP.id: SHOP}, tmp_path).detail(proof_id)
    words = said(detail.reason)
    assert detail.entry.proof.state == before["state"]
    assert words.headline == better(before["headline"])
    if proof_id not in OTHER_ADVICE:
        assert words.advice == better(before["advice"])
    assert [step_words(step) for step in detail.steps] == [better(step) for step in before["steps"]]
    assert (detail.entry.asks, detail.entry.generation) == (before["asks"], before["generation"])


def test_records_are_of_this_version_afterwards_and_a_copy_of_the_one_before_is_kept(
    store: Store, records: Path
) -> None:
    store.close()
    assert version_of(records) == SCHEMA_VERSION
    assert version_of(records.parent / "backups" / "records-before-0003-ends.db") == "0003"


@pytest.mark.parametrize(
    ("proof_id", "reason", "code"),
    [
        ("p01", because(SendingReason.LATE), ""),
        ("p03", because(SendingReason.PHOTO_MISSING, photo=1), ""),
        ("p05", because(SendingReason.BUDGET, said=4, limit=5, planned=4), ""),
        ("p09", because(SendingReason.NOT_SEEN), ""),
        ("p13", because(SendingReason.ORDER_CANCELLED), ""),
        ("p17", because(SendingReason.HIDDEN), ""),
        ("p18", because(SendingReason.NO_NETWORK), ""),
        (
            "p14",
            because(
                SendingReason.AS_TOLD,
                headline="This buyer has blocked the shop.",
                advice="Nothing was sent.",
            ),
            "error_blocked",
        ),
    ],
)
def test_what_is_recognised_becomes_a_value_and_the_rest_stays_word_for_word(
    store: Store, proof_id: str, reason: Reason, code: str
) -> None:
    with store.read() as records:
        (part,) = records.parts.of(proof_id)
    assert (part.reason, part.code) == (reason, code)


@pytest.mark.parametrize("proof_id", ["p06", "p07", "p11", "p19"])
def test_known_reason_in_words_that_are_not_known_keeps_both(store: Store, proof_id: str) -> None:
    with store.read() as records:
        (part,) = records.parts.of(proof_id)
    assert part.reason is not None
    assert part.reason.kind in (
        SendingReason.NOTHING_LEFT, SendingReason.BUDGET, SendingReason.UNKNOWN, SendingReason.DAY_USED_UP,
    )  # fmt: skip
    assert said(part.reason).headline == shown_before()[proof_id]["headline"]


def test_own_reasons_of_attempts_are_told_from_the_marketplaces_codes(store: Store) -> None:
    with store.read() as records:
        ended = {name: records.attempts.tries(name)[0] for name in ("p05", "p14", "p19", "p21")}
    assert {name: (attempt.reason, attempt.code) for name, attempt in ended.items()} == {
        "p05": (SendingReason.BUDGET, ""),
        "p14": (None, "error_blocked"),
        "p19": (SendingReason.DAY_USED_UP, ""),
        "p21": (SendingReason.FOUND_IN_CHAT, ""),
    }


def test_purposes_and_what_a_person_wrote_are_told_apart(store: Store) -> None:
    with store.read() as records:
        newest = {name: records.log.generations(name)[-1].purpose for name in ("p22", "p23", "p24", "p25")}
        (decided,) = records.parts.decisions("p25")
    assert newest == {
        "p22": Purpose(PlanReason.RESENT, "buyer asked"),
        "p23": Purpose(PlanReason.FITTED),
        "p24": Purpose(PlanReason.RESENT_HIDDEN),
        "p25": Purpose(PlanReason.ONE_PICTURE),
    }
    assert (decided.answer, decided.evidence) == (Decision.CLOSE, "picked up")
