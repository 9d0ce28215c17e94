"""All that is needed to carry one part out, gathered with one question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    select,
)

from parcelguard.core.parts import AttemptOutcome, Decision, Part, PartKind, PartState, PlanReason
from parcelguard.core.proofs import Photo, Proof
from parcelguard.store.proofs import photo_of, proof_of
from parcelguard.store.tables import attempts, conversations, decisions, generations, parts, photos, proofs

_VISIBLE = [kind.value for kind in PartKind if kind.visible]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A part with all that is needed to carry it out.

    `released_at`: when a person last set it going, by F4, a resend or a decision, or when the buyer
    got the message before it. `by_person`: by other than F4. `checked_at`: when the order was last
    checked. `claimed_at` and `signed_at` are of its newest attempt. `address` and
    `uploaded_at` are its picture's, once uploaded.
    """

    part: Part
    proof: Proof
    text: str
    released_at: datetime
    by_person: bool
    checked_at: datetime | None
    claimed_at: datetime
    signed_at: datetime
    photos: tuple[Photo, ...]
    address: str
    uploaded_at: datetime | None
    conversation_id: str


class JobRecords:
    """Questions about what a part needs."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    def of(self, part: Part) -> Job:
        """Gather what a part needs."""
        facts = self._connection.execute(_facts(), {"part_id": part.id}).one()
        carried = select(photos).where(photos.c.id.in_(part.photo_ids)).order_by(photos.c.ordinal)
        found = self._connection.execute(carried).all() if part.photo_ids else ()
        return Job(
            part=part,
            proof=proof_of(facts),
            text=facts.text,
            released_at=max(filter(None, (facts.made_at, facts.decided_at, facts.accepted_at))),
            by_person=facts.decided_at is not None or not PlanReason(facts.reason).by_itself,
            checked_at=facts.checked_at,
            claimed_at=facts.claimed_at or self._now(),
            signed_at=facts.signed_at or self._now(),
            photos=tuple(photo_of(row) for row in found),
            address=facts.address or "",
            uploaded_at=facts.uploaded_at,
            conversation_id=facts.remote_id or "",
        )


@cache
def _facts() -> Select[Any]:
    """Return the question. Built once: building costs more than asking."""
    upload = parts.alias()
    generation = and_(generations.c.proof_id == parts.c.proof_id, generations.c.number == parts.c.generation)
    newest = and_(attempts.c.part_id == parts.c.id, attempts.c.number == parts.c.attempts)
    known = and_(conversations.c.shop_id == proofs.c.shop_id, conversations.c.buyer_id == proofs.c.buyer_id)
    joined = (
        parts.join(proofs, proofs.c.id == parts.c.proof_id)
        .join(generations, generation)
        .outerjoin(attempts, newest)
        .outerjoin(upload, _uploads_its_picture(upload))
        .outerjoin(conversations, known)
    )
    columns = (
        proofs,
        generations.c.text,
        generations.c.made_at,
        generations.c.reason,
        attempts.c.claimed_at,
        attempts.c.signed_at,
        upload.c.address,
        upload.c.changed_at.label("uploaded_at"),
        conversations.c.remote_id,
        _decided_at().label("decided_at"),
        _accepted_at().label("accepted_at"),
        _checked_at().label("checked_at"),
    )
    return select(*columns).select_from(joined).where(parts.c.id == bindparam("part_id"))


def _same_set(other: FromClause) -> ColumnElement[bool]:
    return and_(other.c.proof_id == parts.c.proof_id, other.c.generation == parts.c.generation)


def _uploads_its_picture(other: FromClause) -> ColumnElement[bool]:
    same_picture = and_(parts.c.photo_id != "", other.c.photo_id == parts.c.photo_id)
    return and_(_same_set(other), same_picture, other.c.kind == PartKind.UPLOAD.value)


def _decided_at() -> ScalarSelect[Any]:
    """When a person last said of any part of the proof that it is to be sent."""
    other = parts.alias()
    to_send = decisions.c.answer == Decision.SEND_AGAIN.value
    last = select(func.max(decisions.c.made_at)).join(other, other.c.id == decisions.c.part_id)
    return last.where(other.c.proof_id == parts.c.proof_id, to_send).correlate(parts).scalar_subquery()


def _accepted_at() -> ScalarSelect[Any]:
    """When the marketplace last took a message of the set.

    By its answers: that a person found an older message in the chat releases nothing.
    """
    other, attempt = parts.alias(), attempts.alias()
    taken = and_(other.c.kind.in_(_VISIBLE), attempt.c.outcome == AttemptOutcome.SENT.value)
    last = select(func.max(attempt.c.ended_at)).join(other, other.c.id == attempt.c.part_id)
    return last.where(_same_set(other), taken).correlate(parts).scalar_subquery()


def _checked_at() -> ScalarSelect[Any]:
    """When order and conversation were last checked for the set."""
    other = parts.alias()
    opened = and_(other.c.kind == PartKind.OPEN.value, other.c.state == PartState.SENT.value)
    last = select(func.max(other.c.changed_at)).where(_same_set(other), opened)
    return last.correlate(parts).scalar_subquery()
