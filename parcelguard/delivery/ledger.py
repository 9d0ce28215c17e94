"""What may still be said to a buyer, and by a shop in a day, counted from the records.

Counted is what went into a conversation or may have, and what will go: of sets that are begun when
the next is about to begin, of all that wait when a person plans one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta

from parcelguard.core.errors import ShopWaits
from parcelguard.core.message_sets import Allowance
from parcelguard.core.parts import BUDGET, Part
from parcelguard.core.shops import Shop
from parcelguard.delivery.ports import ChannelPolicy, ChatSender, OverBudget
from parcelguard.store.database import Records, Store

UNLIMITED = Allowance()
FOR_SETS = 0.9  # of a day's calls; the rest is for reading back


def allowance(
    records: Records,
    policy: ChannelPolicy,
    conversation: str,
    now: datetime,
    *,
    wanted: int = 1,
    before: Part | None = None,
) -> Allowance:
    """Return how many messages may go into a conversation, and from when on as many as are wanted.

    `before`: the part of a set that is about to begin; what waits behind it does not count then.
    """
    limit, window = policy.unanswered_limit, policy.unanswered_window
    if limit is None or not window:
        return UNLIMITED
    said = records.budget.said(conversation, now - window, before=before)
    gone = len(said) + wanted - limit  # so many have to grow old first
    return Allowance(
        left=max(0, limit - len(said)),
        until=said[gone - 1] + window if 0 < gone <= len(said) else None,
        why=f"This buyer has {len(said)} of the {limit} messages that may go unanswered.",
    )


def calls_left(
    records: Records, policy: ChannelPolicy, shop_id: str, now: datetime, ahead: timedelta
) -> Allowance:
    """Return how many calls a shop's sets may still take today, and when its next day begins."""
    if policy.calls_per_day is None:
        return UNLIMITED
    midnight = datetime.combine((now + ahead).astimezone(UTC), time(), UTC) - ahead
    used = records.budget.calls(shop_id, midnight)
    left = int(policy.calls_per_day * FOR_SETS) - used
    return Allowance(max(0, left), midnight + timedelta(days=1), f"{used} chat calls were made today.")


def afford(
    records: Records,
    policy: ChannelPolicy,
    shop: Shop,
    part: Part,
    planned: int,
    now: datetime,
    ahead: timedelta,
) -> None:
    """Make sure that a set may not only begin but end; `part` opens it and `planned` messages follow.

    `ahead`: by how much the marketplace's clock is. Raises OverBudget, or ShopWaits when the day is used
    up. What a person insists on is the marketplace's to refuse: the buyer may have answered meanwhile.
    """
    day = calls_left(records, policy, shop.id, now, ahead)
    if day.left is not None and day.until and day.left < planned + 1:
        raise ShopWaits(
            day.why,
            code=BUDGET,
            headline="No more messages today: the marketplace’s daily limit is reached.",
            advice=f"Keep packing. Sending goes on by itself at {_clock(day.until, now)}.",
        )
    buyer = allowance(records, policy, part.conversation, now, wanted=planned, before=part)
    if buyer.left is not None and buyer.left < planned and not records.parts.insisted(part):
        later = f"wait until {_clock(buyer.until, now)}" if buyer.until else "wait until the buyer answers"
        raise OverBudget(
            f"{buyer.left} left, {planned} planned",
            left=buyer.left,
            headline=f"{buyer.why} This takes {planned}.",
            advice=f"{'Send one picture, send' if buyer.left else 'Send'} by hand, or {later}.",
        )


def _clock(moment: datetime, now: datetime) -> str:
    there, here = moment.astimezone(), now.astimezone()
    return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%H:%M on %d %B}"


class Ledger:
    """Answers for the packing desk, of whatever shop."""

    def __init__(self, store: Store, senders: Mapping[str, ChatSender], now: Callable[[], datetime]) -> None:
        self._store = store
        self._senders = senders
        self._now = now

    def left_for(self, shop_id: str, conversation: str) -> Allowance:
        """Return what may be said to a buyer after all that waits for him already."""
        sender = self._senders.get(shop_id)
        if sender is None:
            return UNLIMITED
        with self._store.read() as records:
            return allowance(records, sender.policy, conversation, self._now())
