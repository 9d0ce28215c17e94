"""How a shop stands: its access as the Channels screen sees it, and its day. Values, no words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from parcelguard.core.proofs import ProofState
from parcelguard.marketplace.ports import Access, AccessState
from parcelguard.store.views import FILTER_STATES, LogFilter, Tone

SOON = timedelta(days=7)  # time enough to find whoever owns the shop


class Remedy(StrEnum):
    """What the row of a shop offers when its buyers cannot be written to."""

    NOTHING = ""
    AUTHORISE = "authorise"
    APPLY = "apply"  # show what to apply for, and where
    TEST = "test"  # ask the marketplace again


@dataclass(frozen=True, slots=True)
class Standing:
    """A shop's access. `days_left`: whole days until the consent ends, where that is known."""

    state: AccessState
    tone: Tone
    remedy: Remedy
    days_left: int | None = None

    @property
    def ends_soon(self) -> bool:
        """Whether the consent should be renewed now, before it ends."""
        return self.days_left is not None and self.remedy is Remedy.AUTHORISE


@dataclass(frozen=True, slots=True)
class Today:
    """How many proofs saved today reached the buyer, failed, or are still on their way."""

    delivered: int = 0
    failed: int = 0
    waiting: int = 0
    by_hand: int = 0


_STANDINGS: Mapping[AccessState, tuple[Tone, Remedy]] = {
    AccessState.AUTHORISED: (Tone.OK, Remedy.NOTHING),
    AccessState.CONSENT_AGAIN: (Tone.BAD, Remedy.AUTHORISE),
    AccessState.NO_CHAT: (Tone.WAIT, Remedy.APPLY),
    AccessState.NOT_CONNECTED: (Tone.BAD, Remedy.AUTHORISE),
    AccessState.UNREACHABLE: (Tone.WAIT, Remedy.TEST),
    AccessState.BY_HAND: (Tone.PLAIN, Remedy.NOTHING),
}


def standing_of(access: Access, now: datetime) -> Standing:
    """Judge a shop's access: a consent that has ended, or ends soon, is to be given again."""
    if access.state is not AccessState.AUTHORISED or access.until is None:
        return Standing(access.state, *_STANDINGS[access.state])
    left = access.until - now
    if left <= timedelta(0):
        return Standing(AccessState.CONSENT_AGAIN, *_STANDINGS[AccessState.CONSENT_AGAIN])
    if left <= SOON:
        return Standing(access.state, Tone.WAIT, Remedy.AUTHORISE, left.days)
    return Standing(access.state, Tone.OK, Remedy.NOTHING, left.days)


def today_of(counted: Mapping[ProofState, int]) -> Today:
    """Sum up a shop's proofs as the log's chips do."""

    def sum_of(*chips: LogFilter) -> int:
        return sum(counted.get(state, 0) for chip in chips for state in FILTER_STATES[chip])

    return Today(
        delivered=sum_of(LogFilter.SENT),
        failed=sum_of(LogFilter.FAILED),
        waiting=sum_of(LogFilter.SENDING, LogFilter.WAITING),
        by_hand=sum_of(LogFilter.BY_HAND),
    )


def midnight(now: datetime) -> datetime:
    """Return when this day began where this computer stands."""
    return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
