"""Proofs of shops that nobody carries for: switched off or removed from the settings while sending."""

from __future__ import annotations

from collections.abc import Collection

from parcelguard.core.parts import LOOK_AND_ANSWER, SHOP_OFF, UNKNOWN_REASON, PartKind, PartState
from parcelguard.store.database import Records, Store

HEADLINE = "This shop sends no messages."
NOT_LOOKED_FOR = "It may have arrived: the shop was switched off before that was known."
ADVICE = "Switch it on in the settings and resend, send it by hand, or close this proof."


def hold_unserved(store: Store, served: Collection[str]) -> None:
    """Hold what is under way for shops without a courier, so that it neither waits unseen nor goes out later.

    What may have left already is asked about, as always.
    """
    with store.begin() as records:
        hold_parts(records, served)


def hold_parts(records: Records, served: Collection[str]) -> None:
    """Do the same inside a transaction, after an answer that would set something going."""
    for part, attempt in records.attempts.without_courier(served):
        if part.kind is PartKind.CHECK:  # what was delivered is looked at again when the shop is back
            continue
        left = part.kind.visible and attempt is not None and attempt.wire_at is not None
        if left and part.state in (PartState.LEASED, PartState.UNKNOWN):
            facts = {"reason": UNKNOWN_REASON, "headline": NOT_LOOKED_FOR, "advice": LOOK_AND_ANSWER}
        else:
            facts = {"reason": SHOP_OFF, "headline": HEADLINE, "advice": ADVICE}
        records.parts.move(part, PartState.HELD, due_at=None, **facts)
