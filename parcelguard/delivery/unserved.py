"""Proofs of shops that nobody carries for: switched off or removed from the settings while sending."""

from __future__ import annotations

from collections.abc import Collection

from parcelguard.core.parts import PartKind, PartState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.store.database import Records, Store


def hold_unserved(store: Store, served: Collection[str]) -> None:
    """Hold what is under way for shops without a courier, so that it neither waits unseen nor goes out later.

    What may have left already is asked about, as always.
    """
    with store.begin() as records:
        hold_parts(records, served)


def hold_parts(records: Records, served: Collection[str]) -> None:
    """Do the same inside a transaction, after an answer that would set something going."""
    for part, attempt in records.attempts.without_courier(served):
        # What was delivered is looked at again when the shop is back.
        if part.kind is PartKind.CHECK:
            continue
        left = part.kind.visible and attempt is not None and attempt.wire_at is not None
        in_doubt = left and part.state in (PartState.LEASED, PartState.UNKNOWN)
        kind = SendingReason.SWITCHED_OFF_MEANWHILE if in_doubt else SendingReason.SHOP_OFF
        records.parts.move(part, PartState.HELD, due_at=None, reason=because(kind), code="")
