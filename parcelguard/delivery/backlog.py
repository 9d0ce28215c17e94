"""Tells how long a shop's queue will take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import ceil

from parcelguard.core.events import ShopQueue
from parcelguard.core.shops import Shop
from parcelguard.store.database import Store

BETWEEN_NEWS_S = 2.0  # counting thousands costs more than a message


class Backlog:
    """Works for one courier, on its thread. Tells only what has changed, and not all the time."""

    def __init__(
        self, store: Store, shop: Shop, publish: Callable[[object], None], elapsed_s: Callable[[], float]
    ) -> None:
        self._store = store
        self._shop = shop
        self._publish = publish
        self._elapsed_s = elapsed_s
        self._told = ShopQueue(shop.id, shop.label, 0, 0)
        self._next_s = 0.0

    def tell(self, gap: timedelta, rest: timedelta, *, at_rest: bool) -> None:
        """Tell how many messages wait, which go out a `gap` apart once `rest` is over.

        `at_rest`: nothing can be done now, so that what is told stays for a while.
        """
        now_s = self._elapsed_s()
        if now_s < self._next_s and not at_rest:
            return
        self._next_s = now_s + BETWEEN_NEWS_S
        with self._store.read() as records:
            messages = records.budget.messages_left(self._shop.id)
        seconds = ceil((rest + messages * gap).total_seconds()) if messages else 0
        told = ShopQueue(self._shop.id, self._shop.label, messages, seconds)
        if told != self._told:
            self._told = told
            self._publish(told)

    def leave(self) -> None:
        """Tell that nothing is counted any more."""
        self._publish(ShopQueue(self._shop.id, self._shop.label, 0, 0))
