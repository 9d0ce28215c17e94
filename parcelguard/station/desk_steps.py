"""The steps of the packing desk, one after the other on a thread of their own, each with its way to fail."""

from __future__ import annotations

import logging
from collections.abc import Callable

from parcelguard.core.errors import DamagedDatabase, DiskFull, ParcelGuardError
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.runtime.threads import Worker
from parcelguard.upkeep.housekeeping import Housekeeping

log = logging.getLogger(__name__)


class DeskSteps:
    """Carries steps out in the order they were asked for.

    `step_failed` is called with the reason when a step did not happen, for the packer to see.
    """

    def __init__(self, housekeeping: Housekeeping, step_failed: Callable[[Reason], None]) -> None:
        self._housekeeping = housekeeping
        self._step_failed = step_failed
        self._worker = Worker("packing desk")

    def post(self, step: Callable[..., None], *arguments: object) -> None:
        """Carry a step out soon; from any thread."""
        self._worker.post(self._carry_out, step, *arguments)

    def stop(self) -> bool:
        """Finish what was asked for; False means that a step hangs."""
        return self._worker.stop()

    def _carry_out(self, step: Callable[..., None], *arguments: object) -> None:
        try:
            self._with_ballast(step, *arguments)
        except ParcelGuardError as error:
            log.warning("desk: %s", error)
            self._step_failed(error.reason)
        except Exception:  # a bug: the packer must see that this step did not happen
            log.exception("desk: a step failed")
            self._step_failed(because(SendingReason.MISTAKE))

    def _with_ballast(self, step: Callable[..., None], *arguments: object) -> None:
        """Carry a step out; on a full disk the ballast makes space for another try."""
        try:
            step(*arguments)
        except DiskFull:
            if not self._housekeeping.write_failed(full=True):
                raise
            step(*arguments)  # a step that failed left nothing behind, so it may be repeated
        except DamagedDatabase as error:
            self._housekeeping.damaged(error)
            raise
