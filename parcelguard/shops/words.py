"""What the row of a shop says about its access, its sending and its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from parcelguard.core.proofs import ProofState
from parcelguard.marketplace.ports import Access, AccessState
from parcelguard.shops.views import Remedy, Today
from parcelguard.store.views import FILTER_STATES, LogFilter, Tone

SOON = timedelta(days=7)  # time enough to find whoever owns the shop
NOTHING = "—"
BY_HAND = "By hand"
_SAID: Mapping[AccessState, tuple[str, Tone, Remedy]] = {
    AccessState.AUTHORISED: ("Authorised", Tone.OK, Remedy.NOTHING),
    AccessState.CONSENT_AGAIN: ("Needs consent again", Tone.BAD, Remedy.AUTHORISE),
    AccessState.NO_CHAT: ("No chat permission", Tone.WAIT, Remedy.APPLY),
    AccessState.NOT_CONNECTED: ("Not authorised", Tone.BAD, Remedy.AUTHORISE),
    AccessState.UNREACHABLE: ("Cannot be reached now", Tone.WAIT, Remedy.TEST),
    AccessState.BY_HAND: (BY_HAND, Tone.PLAIN, Remedy.NOTHING),
}


def access_words(access: Access, now: datetime) -> tuple[str, Tone, Remedy]:
    """Return what the row says of a shop's access, in which colour, and what it offers beside."""
    words, tone, remedy = _SAID[access.state]
    if access.state is not AccessState.AUTHORISED or access.until is None:
        return words, tone, remedy
    left = access.until - now
    if left <= timedelta(0):
        return _SAID[AccessState.CONSENT_AGAIN]
    if left > SOON:
        return f"{words} · {left.days} days left", tone, remedy
    return f"Expires {_in_days(left.days)}", Tone.WAIT, Remedy.AUTHORISE


def _in_days(days: int) -> str:
    if days == 0:
        return "within a day"
    return f"in {days} day{'s' * (days != 1)}"


def today_words(today: Today) -> str:
    """Return a day's figures: '96 · 1 failed'."""
    if not any((today.delivered, today.failed, today.waiting, today.by_hand)):
        return NOTHING
    further = {"failed": today.failed, "waiting": today.waiting, "by hand": today.by_hand}
    return " · ".join([str(today.delivered), *(f"{n} {what}" for what, n in further.items() if n)])


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
