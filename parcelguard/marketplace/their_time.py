"""Lists of what changed are asked for in the marketplace's time: this computer's clock may be hours off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from parcelguard.core.orders import Order
from parcelguard.marketplace.http import MarketplaceClock

SLACK = timedelta(minutes=1)  # so much is made up for by readings that overlap
Batches = Iterator[list[Order]]


def in_their_time(
    clock: MarketplaceClock, since: datetime, until: datetime, read: Callable[[datetime, datetime], Batches]
) -> Batches:
    """Yield what `read` finds between two moments of this computer.

    How far off its clock is may only be known from the answers; then all is read once more.
    """
    ahead = None
    while ahead is None or abs(clock.offset - ahead) > SLACK:
        ahead = clock.offset
        yield from read(since + ahead, until + ahead)
