"""What may still be said to a buyer, and by a shop in a day, counted from the records.

Counted is what went into a conversation or may have, and what will go: of sets that are begun when
the next is about to begin, of all that wait when a person plans one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta

from parcelguard.core.errors import ShopWaits
from parcelguard.core.message_sets import Allowance
from parcelguard.core.orders import Conversation
from parcelguard.core.parts import Part
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.shops import Shop
from parcelguard.delivery.ports import ChannelPolicy, ChatSender, OverBudget
from parcelguard.store.database import Records, Store

UNLIMITED = Allowance()
FOR_SETS = 0.9  # of a day's calls; the rest is for reading back


def allowance(
    records: Records,
    policy: ChannelPolicy,
    conversation: Conversation,
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
    # From the records and not from a counter: a restart forgets nothing, and what may have arrived counts
    # too.
    said = records.budget.said(conversation, now - window, before=before)
    gone = len(said) + wanted - limit  # so many have to grow old first
    return Allowance(
        left=max(0, limit - len(said)),
        until=said[gone - 1] + window if 0 < gone <= len(said) else None,
        used=len(said),
        limit=limit,
    )


def calls_left(
    records: Records, policy: ChannelPolicy, shop_id: str, now: datetime, ahead: timedelta
) -> Allowance:
    """Return how many calls a shop's sets may still take today, and when its next day begins."""
    if policy.calls_per_day is None:
        return UNLIMITED
    # The day ends by the marketplace's clock, in UTC; turned back into this computer's time, which the
    # attempts are recorded in.
    midnight = datetime.combine((now + ahead).astimezone(UTC), time(), UTC) - ahead
    used = records.budget.calls(shop_id, midnight)
    limit = int(policy.calls_per_day * FOR_SETS)
    return Allowance(max(0, limit - used), midnight + timedelta(days=1), used, limit)


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
    # The calls of the day first: used up, they stop the whole shop, while the buyer's limit stops this set.
    if day.left is not None and day.until and day.left < planned + 1:
        raise ShopWaits(
            f"{day.used} of {day.limit} chat calls were made today",
            because(SendingReason.DAY_USED_UP, until=day.until.isoformat()),
        )
    buyer = allowance(records, policy, part.conversation, now, wanted=planned, before=part)
    if buyer.left is not None and buyer.left < planned and not records.parts.insisted(part):
        raise OverBudget(used=buyer.used, limit=buyer.limit, planned=planned, until=buyer.until)


class Ledger:
    """Answers for the packing desk, of whatever shop."""

    def __init__(self, store: Store, senders: Mapping[str, ChatSender], now: Callable[[], datetime]) -> None:
        self._store = store
        self._senders = senders
        self._now = now

    def left_for(self, conversation: Conversation) -> Allowance:
        """Return what may be said to a buyer after all that waits for him already."""
        # Nobody to ask is no reason to stop F4: the set is counted again before it begins.
        sender = self._senders.get(conversation.shop_id)
        if sender is None:
            return UNLIMITED
        with self._store.read() as records:
            return allowance(records, sender.policy, conversation, self._now())
