"""What a supervisor does about proofs that did not go out: resend, and decide about the unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from parcelguard.domain import Decision, Part, PartState, Proof, Shop, plan_parts
from parcelguard.errors import Refused
from parcelguard.store.database import Records, Store

TEXT = ""  # the text's place among the photo ids of a proof's visible parts
CLOSED = "closed"  # the answer that ends a proof, and the reason its parts were cancelled
_AFTER = {
    Decision.THERE: PartState.SENT,
    Decision.SEND_AGAIN: PartState.QUEUED,
    Decision.LEAVE: PartState.CANCELLED,
}


class Mender:
    """Each act is recorded with who did it and why; nothing is sent twice without one."""

    def __init__(
        self,
        store: Store,
        shops: Mapping[str, Shop],
        same_text: Mapping[str, timedelta],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._shops = shops
        self._same_text = same_text
        self._now = now

    def resend(self, proof_id: str, *, text: str, reason: str, by: str) -> Proof:
        """Begin a new generation: of a delivered proof everything, otherwise only what did not arrive.

        Raises Refused with the reason in words when it may not be sent.
        """
        with self._store.begin() as records:
            proof = self._sendable(records, proof_id)
            parts, photos = records.parts.of(proof_id), records.proofs.photos(proof_id)
            _refuse_doubt(parts)
            shown = _shown(parts, {TEXT, *(photo.id for photo in photos)})
            with_text = TEXT not in shown
            if with_text:
                self._refuse_same_text(records, proof, text)
            missing = [photo.id for photo in photos if photo.id not in shown]
            planned = plan_parts(missing, with_text=with_text)
            records.parts.plan(proof, planned, text=text, by=by, reason=reason)
        return proof

    def decide(self, part_id: str, decision: Decision, by: str) -> str:
        """Carry out a person's answer about a part of unknown fate; returns its proof's id.

        Returns "" when there is nothing to decide any more: somebody was first, or it was found.
        """
        with self._store.begin() as records:
            part = records.parts.get(part_id)
            if part is None or not (part.asked or part.state is PartState.UNKNOWN):
                return ""
            records.parts.decide(part, decision, by)
            records.parts.move(part, _AFTER[decision], reason="", headline="", advice="")
        return part.proof_id

    def close(self, proof_id: str, *, reason: str, by: str) -> None:
        """Send nothing more of a proof, by a person's decision. Raises Refused while one part is in doubt."""
        with self._store.begin() as records:
            parts = records.parts.of(proof_id, generation=0)
            _refuse_doubt(parts)
            open_parts = [part for part in parts if not part.state.settled]
            if open_parts:
                records.parts.decide(open_parts[0], CLOSED, by, evidence=reason)
                records.parts.cancel_rest(proof_id, CLOSED)

    def _sendable(self, records: Records, proof_id: str) -> Proof:
        proof = records.proofs.get(proof_id)
        if proof is None or proof.saved_at is None:
            raise Refused(
                headline="This order was left without F4.", advice="Scan it again and press F4 to send."
            )
        if not proof.buyer_id:
            proof = self._linked(records, proof)
        shop = self._shops.get(proof.shop_id)
        if shop is None or not shop.enabled:
            raise Refused(headline="This shop sends no messages.", advice="Switch it on in the settings.")
        return proof

    def _linked(self, records: Records, proof: Proof) -> Proof:
        """Return a proof of an unknown code with the order that has turned up since."""
        found = records.orders.find([proof.code])
        if len(found) != 1 or not found[0].buyer_id:
            raise Refused(
                headline="No order has this number yet.", advice="Try again when the order has come in."
            )
        linked = proof.about(found[0])
        records.proofs.link(linked)
        return linked

    def _refuse_same_text(self, records: Records, proof: Proof, text: str) -> None:
        window = self._same_text.get(proof.shop_id, timedelta(0))
        since = self._now() - window
        if window and records.parts.text_said(proof.conversation, text, since, or_under_way=False):
            raise Refused(
                headline="The marketplace refuses the same text twice in a day.",
                advice="Change a few words and send again.",
            )


def _refuse_doubt(parts: Iterable[Part]) -> None:
    if any(part.in_doubt for part in parts):
        raise Refused(
            headline="One message may have arrived already.",
            advice="Decide about it first: it is there, or not there.",
        )


def _shown(parts: Iterable[Part], whole: set[str]) -> set[str]:
    """Return the photos, and TEXT, that the buyer got since the whole proof was last complete.

    What came after it was complete belongs to a deliberate repetition, which counts from the start.
    """
    shown: set[str] = set()
    for part in parts:
        if part.kind.visible and part.state is PartState.SENT:
            shown = {part.photo_id} if shown == whole else {*shown, part.photo_id}
    return set() if shown == whole else shown
