"""What a supervisor does about proofs that did not go out: resend, decide, take back, close."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from parcelguard.delivery.ports import ChannelPolicy, ChatSender
from parcelguard.delivery.settling import settle_sent, target_of
from parcelguard.delivery.unserved import hold_parts
from parcelguard.domain import (
    PHOTO_MISSING,
    Decision,
    Order,
    Part,
    PartKind,
    PartState,
    Proof,
    ProofState,
    Shop,
    fill_message,
    plan_parts,
)
from parcelguard.errors import Refused
from parcelguard.faults import hit
from parcelguard.store.database import Records, Store

TEXT = ""  # the text's place among the photo ids of a proof's visible parts
CLOSED = "closed"  # the answer that ends a proof, and the reason its parts were cancelled
_NO_CHANNEL = ChannelPolicy(signature_window=timedelta(0))
_MOVABLE = (PartState.HELD, PartState.REFUSED, PartState.UNKNOWN)


class Mender:
    """Each act is recorded with who did it and why; nothing is sent twice without one."""

    def __init__(
        self,
        store: Store,
        shops: Mapping[str, Shop],
        senders: Mapping[str, ChatSender],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._shops = shops
        self._senders = senders
        self._now = now

    def resend(self, proof_id: str, *, text: str, reason: str, by: str, only_if_stuck: bool = False) -> Proof:
        """Begin a new generation: of a delivered proof everything, otherwise only what did not arrive.

        Raises Refused with the reason in words when it may not be sent; with `only_if_stuck` also when
        it does not wait for a person any more.
        """
        with self._store.begin() as records:
            proof = self._sendable(records, proof_id)
            if only_if_stuck and proof.state is not ProofState.ATTENTION:
                raise Refused(headline="It was decided meanwhile.", advice="Nothing more is sent.")
            parts, photos = records.parts.of(proof_id), records.proofs.photos(proof_id)
            _refuse_doubt(parts)
            whole = {TEXT} if any(part.kind is PartKind.TEXT for part in parts) else set()
            shown = _shown(parts, whole | {photo.id for photo in photos})
            with_text = TEXT not in shown
            if with_text:
                self._refuse_same_text(records, proof, text)
            missing = [photo.id for photo in photos if photo.id not in shown]
            planned = plan_parts(missing, with_text=with_text)
            records.parts.plan(proof, planned, text=text, by=by, reason=reason)
        return proof

    def words(self, proof_id: str, template: str) -> str:
        """Return a template as this proof's buyer would read it, from what is still known of the order."""
        with self._store.read() as records:
            proof = records.proofs.get(proof_id)
            if proof is None:
                return template
            orders = records.orders.find([proof.order_number or proof.code])
        order = next((order for order in orders if order.shop_id == proof.shop_id), None) or Order(
            shop_id=proof.shop_id,
            number=proof.order_number or proof.code,
            buyer_name=proof.buyer_name,
            tracking=proof.tracking,
        )
        shop = self._shops.get(proof.shop_id)
        return fill_message(template, order, shop) if shop else template

    def decide(self, part_id: str, decision: Decision, by: str) -> str:
        """Carry out a person's answer about a part that does not move by itself; returns its proof's id.

        Returns "" when there is nothing to decide any more: somebody was first, or it was found.
        Raises Refused when the answer cannot be carried out.
        """
        if decision is Decision.TAKE_BACK:
            return self._take_back(part_id, by)
        with self._store.begin() as records:
            part = records.parts.get(part_id)
            if part is None or not _answers(part, decision):
                return ""
            proof = records.proofs.get(part.proof_id)
            assert proof  # a part has its proof
            if decision is Decision.SEND_AGAIN:
                self._refuse_silent(proof)
            records.parts.decide(part, decision, by)
            if decision is Decision.THERE:
                settle_sent(records, part, part.remote_id, self._policy(proof), self._now())
            elif decision is Decision.SEND_AGAIN:
                records.parts.line_up(part)
            else:
                _leave(records, part)
            self._hold_silent(records, proof)
            hit("decide.row")
        return part.proof_id

    def close(self, proof_id: str, *, reason: str, by: str) -> None:
        """Send nothing more of a proof, by a person's decision. Raises Refused while one part is in doubt."""
        with self._store.begin() as records:
            parts = records.parts.of(proof_id, generation=0)
            _refuse_doubt(parts)
            open_parts = [part for part in parts if part.state.stuck or not part.state.settled]
            if open_parts:
                records.parts.decide(open_parts[0], CLOSED, by, evidence=reason)
                records.parts.cancel_rest(proof_id, CLOSED)

    def _take_back(self, part_id: str, by: str) -> str:
        """Recall the newer of two messages that look alike; the older one is the part's."""
        with self._store.read() as records:
            part = records.parts.get(part_id)
            looks = records.looks.of(part_id)
            if part is None or not part.asked or not looks or len(looks[-1].found) < 2:
                return ""
            job = records.attempts.job(part)
        *_, older = looks[-1].found  # newest first
        newer = looks[-1].found[0]
        self._senders[job.proof.shop_id].take_back(target_of(job), newer, part.kind)
        with self._store.begin() as records:
            records.parts.decide(part, Decision.TAKE_BACK, by, evidence=f"took back message {newer}")
            settle_sent(records, part, older, self._policy(job.proof), self._now())
            self._hold_silent(records, job.proof)
        return part.proof_id

    def _hold_silent(self, records: Records, proof: Proof) -> None:
        """Let an answer about a shop that sends nothing set nothing going that nobody would carry."""
        if not self._serves(proof):
            hold_parts(records, [shop.id for shop in self._shops.values() if shop.enabled])

    def _serves(self, proof: Proof) -> bool:
        shop = self._shops.get(proof.shop_id)
        return shop is not None and shop.enabled

    def _policy(self, proof: Proof) -> ChannelPolicy:
        sender = self._senders.get(proof.shop_id)
        return sender.policy if sender else _NO_CHANNEL

    def _sendable(self, records: Records, proof_id: str) -> Proof:
        proof = records.proofs.get(proof_id)
        if proof is None or proof.saved_at is None:
            raise Refused(
                headline="This order was left without F4.", advice="Scan it again and press F4 to send."
            )
        if not proof.buyer_id:
            proof = self._linked(records, proof)
        self._refuse_silent(proof)
        return proof

    def _refuse_silent(self, proof: Proof) -> None:
        """Refuse what nobody would carry."""
        if not self._serves(proof):
            raise Refused(headline="This shop sends no messages.", advice="Switch it on in the settings.")

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
        window = self._policy(proof).same_text
        since = self._now() - window
        if window and records.parts.text_said(proof.conversation, text, since, or_under_way=False):
            raise Refused(
                headline="The marketplace refuses the same text twice in a day.",
                advice="Change a few words and send again.",
            )


def _answers(part: Part, decision: Decision) -> bool:
    """Whether this answer means anything for a part as it stands now."""
    if decision is Decision.THERE:
        return part.asked or part.state in (PartState.UNKNOWN, PartState.FILTERED)
    if decision is Decision.SEND_AGAIN:
        return part.state in _MOVABLE
    return part.state in _MOVABLE or part.state is PartState.FILTERED


def _leave(records: Records, part: Part) -> None:
    """Leave unsent what a part stands for: itself, its photo, or all that would follow."""
    if part.asked or part.state in (PartState.UNKNOWN, PartState.FILTERED):
        records.parts.move(part, PartState.CANCELLED, due_at=None)
    elif part.reason == PHOTO_MISSING:
        records.parts.cancel_photo(part)
    else:
        records.parts.cancel_rest(part.proof_id, CLOSED)


def _refuse_doubt(parts: Iterable[Part]) -> None:
    if any(part.in_doubt and part.kind.visible for part in parts):
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
