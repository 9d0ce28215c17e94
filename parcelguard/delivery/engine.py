"""The couriers' threads: started and stopped together, woken when there is something new."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event, Thread

from parcelguard.core.errors import DamagedDatabase, ParcelGuardError
from parcelguard.delivery.courier import Courier

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 30.0
AFTER_TROUBLE_S = 2.0
LONGEST_FAREWELL_S = 5.0  # a system that shuts down grants little more


class CourierThread:
    """One courier at work until stopped."""

    def __init__(
        self,
        courier: Courier,
        name: str,
        now: Callable[[], datetime],
        damaged: Callable[[DamagedDatabase], None] = lambda _error: None,
    ) -> None:
        self.courier = courier
        self._damaged = damaged
        self._now = now
        self._wake = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to carry what is waiting."""
        self._thread.start()

    def wake(self) -> None:
        """Look for work at once."""
        self._wake.set()

    def ask_to_stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()
        self._wake.set()

    def stop(self, timeout_s: float) -> bool:
        """Finish the call in flight and end; False means it is stuck (its outcome will be unknown)."""
        self.ask_to_stop()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        recovered = False
        while not self._stopping.is_set():
            try:
                if not recovered:
                    # Before the first step, and again until it succeeds: nothing new goes out beside
                    # unsettled leases.
                    self.courier.recover()
                    recovered = True
                pause_s = self._pause(self.courier.step())
            except ParcelGuardError as error:  # the disk refuses; nothing was acknowledged, so try again
                log.warning("%s could not keep its records: %s", self._thread.name, error)
                if isinstance(error, DamagedDatabase):
                    self._damaged(error)
                pause_s = AFTER_TROUBLE_S
            except Exception:  # a bug must not end the thread; what was in flight becomes unknown
                log.exception("%s stumbled", self._thread.name)
                pause_s = AFTER_TROUBLE_S
            self._wake.wait(pause_s)
            self._wake.clear()

    def _pause(self, due: datetime | None) -> float:
        if due is None:
            return LONGEST_SLEEP_S
        return min(max((due - self._now()).total_seconds(), 0.0), LONGEST_SLEEP_S)


class DeliveryEngine:
    """All couriers of this station, one for each shop that sends."""

    def __init__(
        self,
        couriers: Mapping[str, Courier],
        now: Callable[[], datetime],
        damaged: Callable[[DamagedDatabase], None] = lambda _error: None,
    ) -> None:
        self._threads = {
            shop_id: CourierThread(courier, f"courier {shop_id}", now, damaged)
            for shop_id, courier in couriers.items()
        }

    def start(self) -> None:
        """Start every courier."""
        for thread in self._threads.values():
            thread.start()

    def proof_saved(self, shop_id: str, proof_id: str) -> None:
        """Carry a proof that was just saved."""
        if thread := self._threads.get(shop_id):
            thread.courier.proof_saved(proof_id)
            thread.wake()

    def wake(self) -> None:
        """Look for work at once, everywhere."""
        for thread in self._threads.values():
            thread.wake()

    def stop(self) -> bool:
        """Stop every courier within a few seconds; False when a call in flight had to be left behind.

        Such a call's outcome is unknown, and looked up at the next start.
        """
        until = time.monotonic() + LONGEST_FAREWELL_S
        for thread in self._threads.values():
            thread.ask_to_stop()
        # All were asked before the first is waited for, so that they share one farewell.
        ended = [thread.stop(max(0.0, until - time.monotonic())) for thread in self._threads.values()]
        return all(ended)
