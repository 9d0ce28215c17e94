"""Sorts out leases that nobody works on any more: after a crash, a power cut, or a night of sleep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from parcelguard.core.parts import AttemptOutcome, Part, PartState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.next_step import EARLY_LOOK
from parcelguard.store.attempts import Try
from parcelguard.store.database import Records


def recover_lease(
    records: Records, part: Part, attempt: Try, now: datetime, watch: Callable[[Part], None]
) -> None:
    """Settle one lease: no wire mark means not sent, a mark means unknown. `watch` begins to count its rest.

    The mark is on disk before the first byte leaves. So without one it is certain that nothing left, and the
    part may go again at once; with one the message may be in the chat, and only the chat can tell.
    """
    if not part.kind.visible or attempt.wire_at is None:
        records.attempts.end_attempt(part, AttemptOutcome.INTERRUPTED, detail="interrupted before sending")
        records.parts.move(part, PartState.QUEUED)
        return
    kind = SendingReason.NOT_CONFIRMED
    records.attempts.end_attempt(part, AttemptOutcome.UNKNOWN, reason=kind, detail="interrupted")
    # From now and not from the attempt: how long the program was away cannot be told by a clock that somebody
    # may have set.
    watch(part)
    records.parts.move(part, PartState.UNKNOWN, due_at=now + EARLY_LOOK, reason=because(kind), looks=0)
