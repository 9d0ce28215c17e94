"""What follows from each failure, as a table: the state, when it is due, and what the shop does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parcelguard.core.errors import (
    DeliveryError,
    Held,
    HeldHere,
    NoNetwork,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Refused,
    ShopWaits,
    TooFast,
)
from parcelguard.core.parts import AttemptOutcome, PartKind, PartState
from parcelguard.delivery.next_step import Next, ShopNext, what_next
from parcelguard.delivery.ports import OverBudget
from tests.support.fakes import NOON

AGAIN = NOON + timedelta(seconds=8)  # as the part's own growing wait has it
ONLINE = NOON + timedelta(seconds=4)  # as the shop's own rest has it
SHOP = NOON + timedelta(minutes=1)
LOOK = NOON + timedelta(seconds=5)
TOLD = NOON + timedelta(seconds=30)
WAITING, UNKNOWN, HELD = PartState.WAITING, PartState.UNKNOWN, PartState.HELD
REFUSED, GIVEN_UP = PartState.REFUSED, PartState.CANCELLED
GOES_ON, SLOWS, AWAY, WAITS = ShopNext.GOES_ON, ShopNext.SLOWS, ShopNext.AWAY, ShopNext.WAITS
MESSAGES = (PartKind.TEXT, PartKind.IMAGE)
UNSEEN = (PartKind.UPLOAD, PartKind.OPEN)

NOT_SENT, TOLD_WHEN = NotSent("busy"), NotSent("busy", retry_after_s=30)
TOO_FAST, TOO_FAST_TOLD = TooFast("slowly"), TooFast("slowly", retry_after_s=30.0)
AWAY_NOW, SHOP_MAY_NOT = NoNetwork("away"), ShopWaits("consent")
NO, NOT_NOW, OURS = Refused("no"), Held("cancelled"), HeldHere("late")
BUDGET, LOST = OverBudget(used=5, limit=5, planned=3), OutcomeUnknown("lost")

# error -> (of a message, of what the buyer does not see, of the later check: first try, second try)
TABLE: list[tuple[DeliveryError, list[Next]]] = [
    (NOT_SENT, [*[Next(WAITING, AGAIN)] * 3, Next(GIVEN_UP, None)]),
    (TOLD_WHEN, [*[Next(WAITING, TOLD)] * 3, Next(GIVEN_UP, None)]),
    (
        TOO_FAST,
        [*[Next(WAITING, AGAIN, SLOWS, answered=True)] * 3, Next(GIVEN_UP, None, SLOWS, answered=True)],
    ),
    (
        TOO_FAST_TOLD,
        [*[Next(WAITING, TOLD, SLOWS, answered=True)] * 3, Next(GIVEN_UP, None, SLOWS, answered=True)],
    ),
    (AWAY_NOW, [*[Next(WAITING, ONLINE, AWAY)] * 4]),
    (SHOP_MAY_NOT, [*[Next(WAITING, SHOP, WAITS)] * 3, Next(GIVEN_UP, None, WAITS)]),
    (NO, [*[Next(REFUSED, None, answered=True)] * 2, *[Next(GIVEN_UP, None, answered=True)] * 2]),
    (
        NotAllowed("no"),
        [*[Next(REFUSED, None, answered=True)] * 2, *[Next(GIVEN_UP, None, answered=True)] * 2],
    ),
    (NOT_NOW, [*[Next(HELD, None, answered=True)] * 2, *[Next(GIVEN_UP, None, answered=True)] * 2]),
    (OURS, [*[Next(HELD, None)] * 2, *[Next(GIVEN_UP, None)] * 2]),
    (BUDGET, [*[Next(HELD, None)] * 2, *[Next(GIVEN_UP, None)] * 2]),
    (
        LOST,
        [
            Next(UNKNOWN, LOOK, answered=True),
            *[Next(WAITING, AGAIN, answered=True)] * 2,
            Next(GIVEN_UP, None, answered=True),
        ],
    ),
]


def following(error: DeliveryError, kind: PartKind, attempts: int = 1) -> Next:
    return what_next(
        error,
        kind=kind,
        attempts=attempts,
        now=NOON,
        again_after=AGAIN - NOON,
        offline_for=ONLINE - NOON,
    )


@pytest.mark.parametrize(("error", "follows"), TABLE, ids=lambda each: type(each).__name__)
def test_each_failure_leads_where_the_table_says(error: DeliveryError, follows: list[Next]) -> None:
    message, unseen, check, second_check = follows
    assert [following(error, kind) for kind in MESSAGES] == [message] * len(MESSAGES)
    assert [following(error, kind) for kind in UNSEEN] == [unseen] * len(UNSEEN)
    assert following(error, PartKind.CHECK, attempts=1) == check
    assert following(error, PartKind.CHECK, attempts=2) == second_check


def test_how_often_a_message_was_tried_changes_nothing_but_its_wait() -> None:
    for error, (message, *_) in TABLE:
        assert following(error, PartKind.TEXT, attempts=99) == message


def test_attempt_is_recorded_by_where_its_part_goes() -> None:
    outcomes = {type(error): message.outcome for error, (message, *_) in TABLE}
    assert outcomes[NotSent] is AttemptOutcome.WAITING
    assert outcomes[Refused] is AttemptOutcome.REFUSED
    assert outcomes[HeldHere] is AttemptOutcome.HELD
    assert outcomes[OutcomeUnknown] is AttemptOutcome.UNKNOWN
    assert Next(GIVEN_UP, None).outcome is AttemptOutcome.GIVEN_UP


def test_only_what_may_have_left_is_ever_unknown() -> None:
    unknown = [type(error) for error, (message, *_) in TABLE if message.state is UNKNOWN]
    assert unknown == [OutcomeUnknown]
