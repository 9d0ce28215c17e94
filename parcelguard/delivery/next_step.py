"""What happens next when an attempt did not succeed: one pure rule, from what the error proves.

| error          | message: text, image         | upload, open | later check     | shop            |
|----------------|------------------------------|--------------|-----------------|-----------------|
| NotSent        | waits, growing               | same         | waits, twice    | goes on         |
| TooFast        | waits, growing or as told    | same         | waits, twice    | slows down      |
| NoNetwork      | waits for the shop           | same         | same            | away: rests     |
| ShopWaits      | waits for the shop           | same         | waits, twice    | waits: rests    |
| Refused        | refused                      | refused      | given up        | goes on         |
| Held, HeldHere | held                         | held         | given up        | goes on         |
| OutcomeUnknown | unknown: read the chat first | waits        | waits, twice    | goes on         |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from parcelguard.core.errors import (
    DeliveryError,
    Held,
    HeldHere,
    NoNetwork,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    ShopWaits,
    TooFast,
)
from parcelguard.core.parts import AttemptOutcome, PartKind, PartState

SHOP_REST = timedelta(minutes=1)  # between two questions whether a shop may send again
CHECKS = 2  # times to ask whether messages were hidden, when asking fails
EARLY_LOOK = timedelta(seconds=5)  # most answers that got lost are to be found at once


class ShopNext(Enum):
    """What the whole shop does after a failure."""

    GOES_ON = auto()
    SLOWS = auto()  # it was too fast: nothing before the time that the marketplace asked for
    AWAY = auto()  # nothing can be reached
    WAITS = auto()  # nothing may be sent


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a part, when it is tried again (None: not by itself), and of its shop.

    `answered`: the marketplace has been heard, so the network is there.
    """

    state: PartState
    due_at: datetime | None
    shop: ShopNext = ShopNext.GOES_ON
    answered: bool = False

    @property
    def outcome(self) -> AttemptOutcome:
        """How the attempt is recorded."""
        return AttemptOutcome(self.state.value)


def what_next(
    error: DeliveryError,
    *,
    kind: PartKind,
    attempts: int,
    now: datetime,
    again_after: timedelta,
    offline_for: timedelta,
) -> Next:
    """Return what follows from a failed attempt at a part.

    `again_after`: how long this part waits after so many attempts; `offline_for`: how long a shop rests
    that could not be reached.
    """
    state, wait = _part_next(error, kind, again_after, offline_for)
    # The later look proves nothing about sent or not sent, so it never becomes a person's work.
    if kind is PartKind.CHECK and _check_is_over(error, attempts):
        state, wait = PartState.CANCELLED, None
    # Decided apart from the part: what stops one message need not stop the others.
    shop = _shop_next(error)
    # A rest that the shop owes to its own trouble is not ended by the answer that told of it.
    rests = shop in (ShopNext.AWAY, ShopNext.WAITS)
    due_at = None if wait is None else now + wait
    return Next(state, due_at, shop, answered=not rests and _answered(error))


def _part_next(
    error: DeliveryError, kind: PartKind, again_after: timedelta, offline_for: timedelta
) -> tuple[PartState, timedelta | None]:
    match error:
        # The special kinds stand before the general ones that they belong to: the first that fits decides.
        case ShopWaits():  # the shop's trouble, not the message's: it keeps its turn
            return PartState.WAITING, SHOP_REST
        case Held():
            return PartState.HELD, None
        case NotAllowed():
            return PartState.REFUSED, None
        case OutcomeUnknown() if kind.visible:
            return PartState.UNKNOWN, EARLY_LOOK
        case NoNetwork():
            return PartState.WAITING, offline_for
        case NotSent(retry_after_s=float() | int() as seconds):
            return PartState.WAITING, timedelta(seconds=seconds)
        case _:  # what the buyer never sees may be done twice
            return PartState.WAITING, again_after


def _shop_next(error: DeliveryError) -> ShopNext:
    match error:
        case NoNetwork():
            return ShopNext.AWAY
        case ShopWaits():
            return ShopNext.WAITS
        case TooFast():
            return ShopNext.SLOWS
        case _:
            return ShopNext.GOES_ON


def _check_is_over(error: DeliveryError, attempts: int) -> bool:
    """Whether it is not asked again if messages were hidden: not knowing changes nothing for anyone."""
    if isinstance(error, NotAllowed) and not isinstance(error, ShopWaits):
        return True
    return attempts >= CHECKS and not isinstance(error, NoNetwork)


def _answered(error: DeliveryError) -> bool:
    """Whether the marketplace said this; what this computer decides itself tells nothing of the network."""
    if isinstance(error, NotAllowed):
        return not isinstance(error, HeldHere)
    return isinstance(error, (TooFast, OutcomeUnknown))
