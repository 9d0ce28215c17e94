"""Parts of proofs on their way to the buyer, and every try at them.

Which state follows which is decided in `delivery`; here each change is guarded by the state
and attempt it was decided on, unblocks the next part, and keeps the proof's state in step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Exists, Row, and_, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from parcelguard.domain import (
    UNKNOWN_REASON,
    Part,
    PartKind,
    PartState,
    Photo,
    Proof,
    ProofState,
    new_id,
    proof_state,
)
from parcelguard.store.proofs import photo_of, proof_of
from parcelguard.store.tables import (
    attempts,
    conversations,
    decisions,
    generations,
    parts,
    photos,
    proofs,
    remote_messages,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A part with all that is needed to carry it out.

    `released_at`: when a person last set it going, by F4, a resend or a decision. `address` and
    `uploaded_at` are its picture's, once uploaded.
    """

    part: Part
    proof: Proof
    text: str
    released_at: datetime
    photo: Photo | None
    address: str
    uploaded_at: datetime | None
    conversation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """How one attempt at a part went."""

    part_id: str
    number: int
    claimed_at: datetime
    signed_at: datetime
    wire_at: datetime | None
    ended_at: datetime | None
    outcome: str
    code: str
    detail: str


class PartRecords:
    """Questions about parts."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    # ---- planning --------------------------------------------------------------------

    def plan(
        self, proof: Proof, planned: Sequence[tuple[PartKind, str]], *, text: str, by: str, reason: str
    ) -> int:
        """Begin a generation: the first part may go at once, each later one waits for the one before it.

        Whatever an older generation had not settled is cancelled. Returns the generation's number.
        """
        self.cancel_rest(proof.id, "replaced")
        newest = select(func.coalesce(func.max(generations.c.number), 0)).where(
            generations.c.proof_id == proof.id
        )
        number: int = self._connection.execute(newest).scalar_one() + 1
        now = self._now()
        self._connection.execute(
            insert(generations).values(
                proof_id=proof.id, number=number, text=text, reason=reason, made_by=by, made_at=now
            )
        )
        rows = [
            {
                "id": new_id(),
                "proof_id": proof.id,
                "generation": number,
                "ordinal": ordinal,
                "kind": kind.value,
                "state": (PartState.QUEUED if ordinal == 1 else PartState.BLOCKED).value,
                "shop_id": proof.shop_id,
                "conversation": proof.conversation,
                "photo_id": photo_id,
                "attempts": 0,
                "looks": 0,
                "reason": "",
                "headline": "",
                "advice": "",
                "remote_id": "",
                "address": "",
                "changed_at": now,
            }
            for ordinal, (kind, photo_id) in enumerate(planned, 1)
        ]
        self._connection.execute(insert(parts), rows)
        self._connection.execute(update(proofs).where(proofs.c.id == proof.id).values(generation=number))
        self._refresh(proof.id)
        return number

    # ---- carrying out ----------------------------------------------------------------

    def claim(self, shop_id: str, now: datetime, *, visible: bool) -> Part | None:
        """Lease the oldest part that may go now and record the attempt before anything is sent.

        A conversation with a message in flight or of unknown fate gets no other one. With
        `visible` false only parts that the buyer never sees are considered.
        """
        kinds = [kind.value for kind in PartKind if visible or not kind.visible]
        due = or_(
            parts.c.state == PartState.QUEUED.value,
            and_(parts.c.state == PartState.WAITING.value, parts.c.due_at <= now),
        )
        query = (
            select(parts)
            .where(parts.c.shop_id == shop_id, due, parts.c.kind.in_(kinds), ~_conversation_in_doubt())
            .order_by(parts.c.proof_id, parts.c.ordinal)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        if row is None:
            return None
        part = part_of(row)
        number = part.attempts + 1
        if not self._set(part, state=PartState.LEASED.value, attempts=number, due_at=None, reason=""):
            return None
        self._connection.execute(
            insert(attempts).values(
                part_id=part.id, number=number, claimed_at=now, signed_at=now,
                outcome="", code="", request_id="", detail="",
            )
        )  # fmt: skip
        self._refresh(part.proof_id)
        return self._get(part.id)

    def job(self, part: Part) -> Job:
        """Gather what a part needs."""
        where = (generations.c.proof_id == part.proof_id, generations.c.number == part.generation)
        proof = proof_of(self._connection.execute(select(proofs).where(proofs.c.id == part.proof_id)).one())
        generation = self._connection.execute(select(generations).where(*where)).one()
        photo = self._connection.execute(select(photos).where(photos.c.id == part.photo_id)).first()
        upload = select(parts).where(
            parts.c.proof_id == part.proof_id,
            parts.c.generation == part.generation,
            parts.c.photo_id == part.photo_id,
            parts.c.kind == PartKind.UPLOAD.value,
        )
        known = select(conversations.c.remote_id).where(
            conversations.c.shop_id == proof.shop_id, conversations.c.buyer_id == proof.buyer_id
        )
        decided = select(func.max(decisions.c.made_at)).join(parts).where(parts.c.proof_id == part.proof_id)
        released = self._connection.execute(decided).scalar() or generation.made_at
        uploaded = self._connection.execute(upload).first() if part.photo_id else None
        return Job(
            part=part,
            proof=proof,
            text=generation.text,
            released_at=max(released, generation.made_at),
            photo=photo_of(photo) if photo else None,
            address=uploaded.address if uploaded else "",
            uploaded_at=uploaded.changed_at if uploaded else None,
            conversation_id=self._connection.execute(known).scalar() or "",
        )

    def mark_wire(self, part: Part, at: datetime) -> bool:
        """Record that the first byte is about to leave. False when the lease is no longer ours."""
        if not self._holds(part):
            return False
        where = (attempts.c.part_id == part.id, attempts.c.number == part.attempts)
        return self._connection.execute(update(attempts).where(*where).values(wire_at=at)).rowcount == 1

    def end_attempt(
        self, part: Part, outcome: str, *, code: str = "", request_id: str = "", detail: str = ""
    ) -> None:
        """Record how the present attempt at a part went."""
        where = (attempts.c.part_id == part.id, attempts.c.number == part.attempts)
        self._connection.execute(
            update(attempts)
            .where(*where)
            .values(
                ended_at=self._now(), outcome=outcome, code=code, request_id=request_id, detail=detail[:500]
            )
        )

    def move(self, part: Part, to: PartState, **facts: Any) -> bool:
        """Change a part's state if it still is what `part` says; a success is always taken.

        `facts` are columns of the part: due_at, reason, headline, advice, remote_id, address, looks.
        """
        if not self._set(part, even_if_changed=to is PartState.SENT, state=to.value, **facts):
            return False
        if to.settled:
            self._release_next(part)
        self._refresh(part.proof_id)
        return True

    def new_address(self, job: Job, address: str) -> None:
        """Replace the address of a picture that was uploaded again."""
        self._connection.execute(
            update(parts)
            .where(parts.c.proof_id == job.proof.id, parts.c.generation == job.part.generation)
            .where(parts.c.photo_id == job.part.photo_id, parts.c.kind == PartKind.UPLOAD.value)
            .values(address=address, changed_at=self._now())
        )

    def remember_message(self, part: Part, remote_id: str) -> None:
        """Bind a marketplace message to the one part it satisfies.

        The first binding stays: an id that comes a second time is the marketplace's slip, and no
        reason to doubt the answer that brought it.
        """
        row = {"shop_id": part.conversation.split("/")[0], "remote_id": remote_id, "part_id": part.id}
        self._connection.execute(upsert(remote_messages).values(**row).on_conflict_do_nothing())

    def taken_messages(self, shop_id: str, remote_ids: Sequence[str]) -> set[str]:
        """Return those of `remote_ids` that satisfy a part already."""
        query = select(remote_messages.c.remote_id).where(
            remote_messages.c.shop_id == shop_id, remote_messages.c.remote_id.in_(remote_ids)
        )
        return set(self._connection.execute(query).scalars())

    def remember_conversation(self, shop_id: str, buyer_id: str, remote_id: str) -> None:
        """Keep a conversation's id; there is no call that finds it by buyer."""
        row = upsert(conversations).values(shop_id=shop_id, buyer_id=buyer_id, remote_id=remote_id)
        keys = ["shop_id", "buyer_id"]
        self._connection.execute(
            row.on_conflict_do_update(index_elements=keys, set_={"remote_id": remote_id})
        )

    # ---- looking ---------------------------------------------------------------------

    def due_unknown(self, shop_id: str, now: datetime) -> tuple[Part, int] | None:
        """Return a part whose fate should be looked up now, and how often that was done already."""
        query = (
            select(parts)
            .where(
                parts.c.shop_id == shop_id, parts.c.state == PartState.UNKNOWN.value, parts.c.due_at <= now
            )
            .order_by(parts.c.due_at)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return (part_of(row), row.looks) if row else None

    def next_due(self, shop_id: str) -> datetime | None:
        """Return when a part can be claimed or looked for next; None when only news changes that."""
        waiting = and_(parts.c.state == PartState.WAITING.value, ~_conversation_in_doubt())
        unknown = parts.c.state == PartState.UNKNOWN.value
        query = select(func.min(parts.c.due_at)).where(parts.c.shop_id == shop_id, or_(waiting, unknown))
        return self._connection.execute(query).scalar()

    def without_courier(self, served: Collection[str]) -> list[tuple[Part, Try | None]]:
        """Return parts under way of shops that nobody carries for, with their newest attempts."""
        under_way = [PartState.QUEUED, PartState.LEASED, PartState.WAITING, PartState.UNKNOWN]
        query = select(parts).where(
            parts.c.shop_id.not_in(served), parts.c.state.in_([state.value for state in under_way])
        )
        left = [part_of(row) for row in self._connection.execute(query).all()]
        return [(part, self.last_try(part) if part.attempts else None) for part in left]

    def leased(self, shop_id: str) -> list[tuple[Part, Try]]:
        """Return parts in flight with their attempts; after a start these are what a crash left."""
        query = select(parts).where(parts.c.shop_id == shop_id, parts.c.state == PartState.LEASED.value)
        leased = [part_of(row) for row in self._connection.execute(query).all()]
        return [(part, self.last_try(part)) for part in leased]

    def last_try(self, part: Part) -> Try:
        """Return the newest attempt at a part."""
        query = (
            select(attempts).where(attempts.c.part_id == part.id).order_by(attempts.c.number.desc()).limit(1)
        )
        return try_of(self._connection.execute(query).one())

    def tries(self, proof_id: str) -> list[Try]:
        """Return every attempt at any part of a proof, oldest first."""
        query = (
            select(attempts).join(parts).where(parts.c.proof_id == proof_id).order_by(attempts.c.claimed_at)
        )
        return [try_of(row) for row in self._connection.execute(query)]

    def of(self, proof_id: str, generation: int | None = None) -> list[Part]:
        """Return a proof's parts; with `generation` 0 those of the newest, without it all."""
        query = select(parts).where(parts.c.proof_id == proof_id)
        if generation is not None:
            newest = select(proofs.c.generation).where(proofs.c.id == proof_id).scalar_subquery()
            query = query.where(parts.c.generation == (generation or newest))
        query = query.order_by(parts.c.generation, parts.c.ordinal)
        return [part_of(row) for row in self._connection.execute(query)]

    def get(self, part_id: str) -> Part | None:
        """Return one part."""
        row = self._connection.execute(select(parts).where(parts.c.id == part_id)).first()
        return part_of(row) if row else None

    def text_said(self, conversation: str, text: str, since: datetime, *, or_under_way: bool) -> bool:
        """Whether the buyer has this very text since then, or (`or_under_way`) will or may have it."""
        states = [PartState.SENT]
        if or_under_way:
            waiting = (PartState.BLOCKED, PartState.QUEUED, PartState.WAITING)
            states += [PartState.LEASED, PartState.UNKNOWN, *waiting]
        asked = and_(parts.c.state == PartState.HELD.value, parts.c.reason == UNKNOWN_REASON)
        said = parts.c.state.in_([state.value for state in states])
        query = (
            select(func.count())
            .select_from(parts.join(generations))
            .where(parts.c.conversation == conversation, parts.c.kind == PartKind.TEXT.value)
            .where(or_(said, asked) if or_under_way else said, parts.c.changed_at >= since)
            .where(generations.c.text == text)
        )
        return self._connection.execute(query).scalar_one() > 0

    def decide(self, part: Part, answer: str, by: str, evidence: str = "") -> None:
        """Record a person's answer with the evidence: what was on the screen, unless told otherwise."""
        self._connection.execute(
            insert(decisions).values(
                id=new_id(), part_id=part.id, answer=answer, made_by=by, made_at=self._now(),
                evidence=evidence or f"{part.headline} {part.advice}".strip(),
            )
        )  # fmt: skip

    def cancel_rest(self, proof_id: str, reason: str) -> None:
        """Cancel whatever is not settled. All at once: one by one, each would release the next."""
        settled = [state.value for state in PartState if state.settled]
        unsettled = update(parts).where(parts.c.proof_id == proof_id, parts.c.state.not_in(settled))
        values = {"state": PartState.CANCELLED.value, "reason": reason, "changed_at": self._now()}
        self._connection.execute(unsettled.values(**values))
        self._refresh(proof_id)

    def decisions(self, proof_id: str) -> list[tuple[datetime, str, str, str]]:
        """Return (when, answer, by whom, evidence) of every decision about a proof."""
        query = (
            select(decisions).join(parts).where(parts.c.proof_id == proof_id).order_by(decisions.c.made_at)
        )
        return [
            (row.made_at, row.answer, row.made_by, row.evidence) for row in self._connection.execute(query)
        ]

    def queue(self) -> dict[ProofState, int]:
        """Count proofs by state, for those not at rest."""
        states = [each.value for each in (ProofState.SENDING, ProofState.WAITING, ProofState.ATTENTION)]
        query = (
            select(proofs.c.state, func.count()).where(proofs.c.state.in_(states)).group_by(proofs.c.state)
        )
        return {ProofState(state): count for state, count in self._connection.execute(query)}

    # ---- steps -----------------------------------------------------------------------

    def _get(self, part_id: str) -> Part:
        return part_of(self._connection.execute(select(parts).where(parts.c.id == part_id)).one())

    def _holds(self, part: Part) -> bool:
        where = (parts.c.id == part.id, parts.c.state == part.state.value, parts.c.attempts == part.attempts)
        return self._connection.execute(select(parts.c.id).where(*where)).first() is not None

    def _set(self, part: Part, *, even_if_changed: bool = False, **values: Any) -> bool:
        guarded = update(parts).where(parts.c.id == part.id)
        if even_if_changed:
            guarded = guarded.where(parts.c.state != PartState.SENT.value)
        else:
            guarded = guarded.where(parts.c.state == part.state.value, parts.c.attempts == part.attempts)
        return self._connection.execute(guarded.values(changed_at=self._now(), **values)).rowcount == 1

    def _release_next(self, part: Part) -> None:
        """Queue the next part once everything before it is settled."""
        for other in self.of(part.proof_id, part.generation):
            if other.state is PartState.BLOCKED:
                self._set(other, state=PartState.QUEUED.value)
                return
            if not other.state.settled:
                return

    def _refresh(self, proof_id: str) -> None:
        state = proof_state(self.of(proof_id, generation=0))
        self._connection.execute(update(proofs).where(proofs.c.id == proof_id).values(state=state.value))


def _conversation_in_doubt() -> Exists:
    """Whether another part of the same conversation may have arrived, as Part.in_doubt tells it of one."""
    other = parts.alias()
    return (
        select(other.c.id)
        .where(other.c.conversation == parts.c.conversation, other.c.id != parts.c.id)
        .where(
            or_(
                other.c.state.in_([PartState.LEASED.value, PartState.UNKNOWN.value]),
                and_(other.c.state == PartState.HELD.value, other.c.reason == UNKNOWN_REASON),
            )
        )
        .exists()
    )


def part_of(row: Row[Any]) -> Part:
    """Turn a row of `part` into its value."""
    return Part(
        id=row.id,
        proof_id=row.proof_id,
        generation=row.generation,
        ordinal=row.ordinal,
        kind=PartKind(row.kind),
        state=PartState(row.state),
        conversation=row.conversation,
        photo_id=row.photo_id,
        attempts=row.attempts,
        due_at=row.due_at,
        reason=row.reason,
        headline=row.headline,
        advice=row.advice,
        remote_id=row.remote_id,
        address=row.address,
    )


def try_of(row: Row[Any]) -> Try:
    """Turn a row of `attempt` into its value."""
    return Try(
        part_id=row.part_id,
        number=row.number,
        claimed_at=row.claimed_at,
        signed_at=row.signed_at,
        wire_at=row.wire_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        code=row.code,
        detail=row.detail,
    )
