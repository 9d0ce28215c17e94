"""Asks the marketplaces about orders behind the packer's back, and keeps the local index fresh."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Protocol

from parcelguard.core.errors import ParcelGuardError, TooFast
from parcelguard.core.orders import Order
from parcelguard.core.scans import Scan
from parcelguard.orders.ports import OrderSource
from parcelguard.runtime.threads import Worker
from parcelguard.store.database import Store

log = logging.getLogger(__name__)

SYNC_EVERY_S = 300.0
AGAIN_S = 60.0  # after a reading that was too fast
FIRST_SYNC = timedelta(days=15)
AT_ONCE = timedelta(days=1)  # of changes: what was read before a refusal need not be read again
MOST_UNANSWERED = 20
LONGEST_FAREWELL_S = 5.0  # a system that shuts down grants little more
OVERLAP = timedelta(minutes=10)  # orders that changed while the last list was read


class Asker(Protocol):
    """Who gets the answers; called on the order desk's thread."""

    def order_read(self, proof_id: str, order: Order) -> None:
        """Take in an order as the marketplace has it now."""

    def order_missing(self, proof_id: str, *, asked: bool) -> None:
        """Hear that no marketplace knows the code, or that none could be asked."""


class OrderIndex:
    """The desk's questions go first on one thread; the regular reading of orders has its own.

    No question waits for a reading under way, which may take minutes: it is answered with what is
    known, and again when the reading brought the order.
    """

    def __init__(self, store: Store, sources: Mapping[str, OrderSource], now: Callable[[], datetime]) -> None:
        self._store = store
        self._sources = sources
        self._now = now
        self._asker: Asker | None = None
        self._questions = Worker("order questions")
        self._unanswered: deque[tuple[str, Scan]] = deque(maxlen=MOST_UNANSWERED)  # on the questions' thread
        self._stopping, self._due = Event(), Event()
        self._reading = Lock()
        self._sync = Thread(target=self._keep_fresh, name="order sync", daemon=True)

    def start(self, asker: Asker) -> None:
        """Begin to read orders, and answer to `asker`."""
        self._asker = asker
        self._sync.start()

    def stop(self) -> bool:
        """End both threads; False means a call hangs."""
        self._stopping.set()
        self._due.set()
        done = self._questions.stop()
        if self._sync.ident is not None:
            self._sync.join(LONGEST_FAREWELL_S)
        return done and not self._sync.is_alive()

    def refresh(self, proof_id: str, order: Order) -> None:
        """Read an order again; silent when the marketplace cannot be reached, since packing goes on."""
        self._questions.post(self._refresh, proof_id, order)

    def search(self, proof_id: str, scan: Scan) -> None:
        """Look for a code that no local order has."""
        self._questions.post(self._search, proof_id, scan)

    def sync(self) -> int:
        """Read what changed at every shop; return the number of orders read."""
        return sum(self._sync_shop(shop_id, source) for shop_id, source in self._sources.items())

    def _refresh(self, proof_id: str, order: Order) -> None:
        source = self._sources.get(order.shop_id)
        if source is None or self._asker is None:
            return
        try:
            fresh = source.read_order(order.number)
        except ParcelGuardError as error:
            log.info("order not read again: %s", error)
            return
        if fresh:
            self._asker.order_read(proof_id, self._kept(fresh))

    def _search(self, proof_id: str, scan: Scan) -> None:
        """Ask for the code itself, then read what is new: no call finds a tracking number."""
        if self._asker is None:
            return
        asked, still_reading = False, False
        for shop_id, source in self._sources.items():
            try:
                order = self._look_up(source, scan)
                waits = order is None and not self._read_news(shop_id, source)
                order = order or self._indexed(scan)
                asked, still_reading = True, still_reading or waits
            except ParcelGuardError as error:
                log.info("code not looked up at %s: %s", shop_id, error)
                continue
            except Exception:  # an odd answer; the packer still hears that nothing came of it
                log.exception("code not looked up at %s", shop_id)
                continue
            if order:
                self._asker.order_read(proof_id, order)
                return
        # Kept, since the reading that is under way may bring the order while the packer goes on.
        self._unanswered.append((proof_id, scan))
        self._asker.order_missing(proof_id, asked=asked and not still_reading)

    def _look_up(self, source: OrderSource, scan: Scan) -> Order | None:
        found = next(filter(None, map(source.find_by_code, scan.texts)), None)
        return self._kept(found) if found else None

    def _indexed(self, scan: Scan) -> Order | None:
        """Return the one order that the index has for a code by now."""
        with self._store.read() as records:
            found = records.orders.find(scan.texts)
        return found[0] if len(found) == 1 else None

    def _kept(self, order: Order) -> Order:
        """Keep an order and return it with what was known of it before."""
        with self._store.begin() as records:
            records.orders.keep([order])
            return records.orders.get(order.shop_id, order.number) or order

    def _look_again(self) -> None:
        """Answer what was asked before the reading that just ended; the desk knows if it still matters."""
        for question in list(self._unanswered):
            proof_id, scan = question
            if self._asker and (order := self._indexed(scan)):
                self._unanswered.remove(question)
                self._asker.order_read(proof_id, order)

    def _keep_fresh(self) -> None:
        while not self._stopping.is_set():
            wait_s = SYNC_EVERY_S
            for shop_id, source in self._sources.items():
                try:
                    self._sync_shop(shop_id, source)
                except TooFast as error:
                    log.info("orders of %s not all read: %s", shop_id, error)
                    wait_s = AGAIN_S
                except ParcelGuardError as error:
                    log.info("orders of %s not read: %s", shop_id, error)
                except Exception:  # one shop's odd answer must not stop the others
                    log.exception("orders of %s not read", shop_id)
                self._questions.post(self._look_again)
            self._due.wait(wait_s)
            self._due.clear()

    def _sync_shop(self, shop_id: str, source: OrderSource) -> int:
        """Read what changed since the last time, one reading at a time."""
        with self._reading:
            return self._read_changes(shop_id, source)

    def _read_news(self, shop_id: str, source: OrderSource) -> bool:
        """Read what changed for a question; False when that is left to the regular reading.

        It is when a reading is under way, and the first one is, or one of days: they may take minutes.
        """
        with self._store.read() as records:
            done = records.orders.synced_until(shop_id)
        if done is None or self._now() - done > AT_ONCE:
            self._due.set()
            return False
        if not self._reading.acquire(blocking=False):
            return False
        try:
            self._read_changes(shop_id, source)
        finally:
            self._reading.release()
        return True

    def _read_changes(self, shop_id: str, source: OrderSource) -> int:
        until = self._now()
        with self._store.read() as records:
            done = records.orders.synced_until(shop_id)
        since = max(done, until - FIRST_SYNC) if done else until - FIRST_SYNC
        count = 0
        while True:
            end = min(since + AT_ONCE, until)
            for batch in source.changed_orders(since - OVERLAP, end):
                if self._stopping.is_set():
                    return count
                with self._store.begin() as records:
                    records.orders.keep(batch)
                count += len(batch)
            with self._store.begin() as records:
                # Only after all of the span is kept, so that a reading cut off is repeated and not skipped.
                records.orders.mark_synced(shop_id, end)
            if end == until or self._stopping.is_set():
                return count
            since = end
