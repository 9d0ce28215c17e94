"""What a supervisor does about proofs that did not go out: resend, decide, take back, close."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from parcelguard.core.errors import NotPossible
from parcelguard.core.message_sets import plan_by_hand, plan_parts
from parcelguard.core.orders import Order
from parcelguard.core.parts import Decision, Part, PartKind, PartState, PlanReason, Purpose
from parcelguard.core.preset_message import DEFAULT_MESSAGE, fill_message
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import WITHOUT_PHOTO, SendingReason
from parcelguard.core.shops import Shop
from parcelguard.delivery.ports import ChannelPolicy, ChatSender
from parcelguard.delivery.settling import settle_sent, target_of
from parcelguard.delivery.unserved import hold_parts
from parcelguard.media_log.missing import Missing, missing_of
from parcelguard.runtime.crash_points import hit
from parcelguard.store.database import Records, Store

_NO_CHANNEL = ChannelPolicy(signature_window=timedelta(0))
_NO_SHOP = Shop(id="", marketplace="manual", region="", name="", message=DEFAULT_MESSAGE)
_BY_HAND = {
    PartState.HELD: (Decision.HANDED, Decision.LEAVE),
    PartState.SENT: (Decision.NOT_HANDED,),
}
_MOVABLE = (PartState.HELD, PartState.REFUSED, PartState.UNKNOWN)


class Resender:
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

    def resend(
        self, proof_id: str, *, text: str, why: Purpose, by: str, only_if_stuck: bool = False
    ) -> Proof:
        """Begin a new generation: of a delivered proof everything, otherwise only what did not arrive.

        Raises NotPossible when it may not be sent; with `only_if_stuck` also when
        it does not wait for a person any more.
        """
        with self._store.begin() as records:
            proof = self._sendable(records, proof_id)
            if only_if_stuck and proof.state is not ProofState.ATTENTION:
                raise NotPossible("not stuck", because(SendingReason.DECIDED_MEANWHILE))
            self._plan_rest(records, proof, text=text, by=by, why=why)
        return proof

    def _plan_rest(
        self, records: Records, proof: Proof, *, text: str, by: str, why: Purpose, one_picture: bool = False
    ) -> None:
        """Plan to send what the buyer has not got."""
        missing = _missing(records, proof)
        if missing.text:
            self._refuse_text(records, proof, text)
        photo_ids = [photo.id for photo in missing.photos]
        planned = plan_parts(photo_ids, with_text=missing.text, one_picture=one_picture)
        records.parts.plan(proof, planned, text=text, by=by, why=why)

    def by_hand(self, proof_id: str, by: str) -> Proof:
        """Leave to a person what the buyer has not got; nothing of it goes out by itself any more.

        Raises NotPossible, also while one message may have arrived already.
        """
        with self._store.begin() as records:
            proof = records.proofs.get(proof_id)
            if proof is None or proof.saved_at is None:
                raise _without_f4()
            if proof.state in (ProofState.DELIVERED, ProofState.HANDED):
                raise NotPossible("delivered", because(SendingReason.BUYER_HAS_IT))
            if proof.state is not ProofState.BY_HAND:
                _missing(records, proof)
                sendings = records.log.generations(proof_id)
                text = sendings[-1].text if sendings else self._usual_words(records, proof)
                records.parts.plan(proof, plan_by_hand(), text=text, by=by, why=Purpose(PlanReason.BY_HAND))
        return proof

    def words(self, proof_id: str, template: str) -> str:
        """Return a template as this proof's buyer would read it, from what is still known of the order."""
        with self._store.read() as records:
            proof = records.proofs.get(proof_id)
            shop = self._shops.get(proof.shop_id) if proof else None
            return self._words(records, proof, shop, template) if proof and shop else template

    def _usual_words(self, records: Records, proof: Proof) -> str:
        """Return the preset message for a proof; of an unknown shop the usual one."""
        shop = self._shops.get(proof.shop_id) or _NO_SHOP
        return self._words(records, proof, shop, shop.message)

    def _words(self, records: Records, proof: Proof, shop: Shop, template: str) -> str:
        orders = records.orders.find([proof.order_number or proof.code])
        order = next((order for order in orders if order.shop_id == proof.shop_id), None) or Order(
            shop_id=proof.shop_id,
            number=proof.order_number or proof.code,
            buyer_name=proof.buyer_name,
            tracking=proof.tracking,
        )
        return fill_message(template, order, shop)

    def decide(self, part_id: str, decision: Decision, by: str) -> str:
        """Carry out a person's answer about a part that does not move by itself; returns its proof's id.

        Returns "" when there is nothing to decide any more: somebody was first, or it was found.
        Raises NotPossible when the answer cannot be carried out.
        """
        if decision is Decision.TAKE_BACK:
            return self._take_back(part_id, by)
        with self._store.begin() as records:
            part = records.parts.get(part_id)
            if part is None or not _answers(part, decision):
                return ""
            proof = records.proofs.get(part.proof_id)
            assert proof  # a part has its proof
            if decision in (Decision.SEND_AGAIN, Decision.ONE_PICTURE):
                self._refuse_silent(proof)
            records.parts.decide(part, decision, by)
            self._carry_out(records, proof, part, decision, by)
            self._hold_silent(records, proof)
            hit("decide.row")
        return part.proof_id

    def _carry_out(self, records: Records, proof: Proof, part: Part, decision: Decision, by: str) -> None:
        if decision is Decision.THERE:
            settle_sent(records, part, part.remote_id, self._policy(proof), self._now())
        elif decision is Decision.SEND_AGAIN:
            records.parts.line_up(part)
        elif decision is Decision.ONE_PICTURE:
            text = records.log.generations(proof.id)[-1].text
            self._plan_rest(
                records, proof, text=text, by=by, why=Purpose(PlanReason.ONE_PICTURE), one_picture=True
            )
        elif decision is Decision.HANDED:
            records.parts.move(part, PartState.SENT)
        elif decision is Decision.NOT_HANDED:
            records.parts.move(part, PartState.HELD)
        else:
            _leave(records, part)

    def close_proof(self, proof_id: str, *, note: str, by: str) -> None:
        """Send nothing more of a proof, by a person's decision. Raises NotPossible while one is in doubt."""
        with self._store.begin() as records:
            parts = records.parts.of_newest(proof_id)
            _refuse_doubt(parts)
            open_parts = [part for part in parts if part.state.stuck or not part.state.settled]
            if open_parts:
                records.parts.decide(open_parts[0], Decision.CLOSE, by, evidence=note)
                records.parts.cancel_rest(proof_id, SendingReason.CLOSED)

    def _take_back(self, part_id: str, by: str) -> str:
        """Recall the newer of two messages that look alike; the older one is the part's."""
        with self._store.read() as records:
            part = records.parts.get(part_id)
            looks = records.looks.of(part_id)
            if part is None or not part.asked or not looks or len(looks[-1].found) < 2:
                return ""
            job = records.jobs.of(part)
        *_, older = looks[-1].found  # newest first
        newer = looks[-1].found[0]
        # Before anything is recorded: when the marketplace refuses, the question stands as it stood.
        self._senders[job.proof.shop_id].take_back(target_of(job), newer, part.kind)
        with self._store.begin() as records:
            records.parts.decide(part, Decision.TAKE_BACK, by, evidence=newer)
            settle_sent(records, part, older, self._policy(job.proof), self._now())
            self._hold_silent(records, job.proof)
        return part.proof_id

    def _hold_silent(self, records: Records, proof: Proof) -> None:
        """Let an answer about a shop that sends nothing set nothing going that nobody would carry."""
        if not self._serves(proof):
            hold_parts(records, [shop.id for shop in self._shops.values() if shop.writes])

    def _serves(self, proof: Proof) -> bool:
        shop = self._shops.get(proof.shop_id)
        return shop is not None and shop.writes

    def _policy(self, proof: Proof) -> ChannelPolicy:
        sender = self._senders.get(proof.shop_id)
        return sender.policy if sender else _NO_CHANNEL

    def _sendable(self, records: Records, proof_id: str) -> Proof:
        proof = records.proofs.get(proof_id)
        if proof is None or proof.saved_at is None:
            raise _without_f4()
        if not proof.buyer_id:
            proof = self._linked(records, proof)
        self._refuse_silent(proof)
        return proof

    def _refuse_silent(self, proof: Proof) -> None:
        """Refuse what nobody would carry."""
        if not self._serves(proof):
            raise NotPossible("not served", because(SendingReason.SHOP_OFF))

    def _linked(self, records: Records, proof: Proof) -> Proof:
        """Return a proof of an unknown code with the order that has turned up since."""
        found = records.orders.find([proof.code])
        # One code may stand on orders of two shops; a guess would write to a stranger.
        if len(found) != 1 or not found[0].buyer_id:
            raise NotPossible("no order", because(SendingReason.NO_ORDER_YET))
        linked = proof.about(found[0])
        records.proofs.link(linked)
        return linked

    def _refuse_text(self, records: Records, proof: Proof, text: str) -> None:
        """Refuse words that the marketplace would not take."""
        longest = self._policy(proof).longest_text
        if len(text) > longest:
            too_long = because(SendingReason.TEXT_TOO_LONG, by=len(text) - longest, longest=longest)
            raise NotPossible("text too long", too_long)
        window = self._policy(proof).same_text
        since = self._now() - window
        if window and records.parts.text_said(proof.conversation, text, since, or_under_way=False):
            raise NotPossible("same text", because(SendingReason.SAME_TEXT))


def _missing(records: Records, proof: Proof) -> Missing:
    """Return what the buyer has not got. Raises NotPossible while nobody knows."""
    parts = records.parts.of(proof.id)
    _refuse_doubt(parts)
    return missing_of(parts, records.proofs.photos(proof.id))


def _without_f4() -> NotPossible:
    return NotPossible("never saved", because(SendingReason.LEFT_WITHOUT_F4))


def _answers(part: Part, decision: Decision) -> bool:
    """Whether this answer means anything for a part as it stands now."""
    if part.kind is PartKind.HAND:
        return decision in _BY_HAND.get(part.state, ())
    if decision is Decision.ONE_PICTURE:
        return part.state is PartState.HELD and not part.asked
    if decision is Decision.THERE:
        return part.asked or part.state in (PartState.UNKNOWN, PartState.FILTERED)
    if decision is Decision.SEND_AGAIN:
        return part.state in _MOVABLE
    return decision is Decision.LEAVE and (part.state in _MOVABLE or part.state is PartState.FILTERED)


def _leave(records: Records, part: Part) -> None:
    """Leave unsent what a part stands for: itself, its photo, or all that would follow."""
    if part.asked or part.state in (PartState.UNKNOWN, PartState.FILTERED):
        records.parts.move(part, PartState.CANCELLED, due_at=None)
    elif part.held_for(WITHOUT_PHOTO):
        records.parts.cancel_photo(part)
    else:
        records.parts.cancel_rest(part.proof_id, SendingReason.CLOSED)


def _refuse_doubt(parts: Iterable[Part]) -> None:
    if any(part.in_doubt and part.kind.visible for part in parts):
        raise NotPossible("in doubt", because(SendingReason.MAY_HAVE_ARRIVED))
