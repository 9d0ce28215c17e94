"""Attempts at parts: leased before anything is sent, marked before the first byte, and how they ended."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from parcelguard.core.parts import F4, FITTED, UNKNOWN_REASON, Decision, Part, PartKind, PartState
from parcelguard.core.proofs import Photo, Proof
from parcelguard.store.parts import PartRecords, part_of
from parcelguard.store.proofs import photo_of, proof_of
from parcelguard.store.tables import (
    IN_DOUBT,
    IN_LINE,
    TO_DO,
    attempts,
    conversations,
    decisions,
    generations,
    one_of,
    parts,
    photos,
    proofs,
)

# Beyond any channel's rest: what seems due later than this waits because a clock was set back.
LONGEST_WAIT = timedelta(hours=3)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """How one attempt at a part went. `ahead`: by how much the marketplace's clock was ahead at the claim."""

    part_id: str
    number: int
    claimed_at: datetime
    signed_at: datetime
    ahead: timedelta
    wire_at: datetime | None
    ended_at: datetime | None
    outcome: str
    code: str
    detail: str


class AttemptRecords:
    """Questions about attempts."""

    def __init__(self, connection: Connection, parts_: PartRecords, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._parts = parts_
        self._now = now

    def claim(
        self,
        shop_id: str,
        now: datetime,
        *,
        visible: bool,
        in_hand: str = "",
        newest: bool = False,
        ahead: timedelta = timedelta(0),
    ) -> Part | None:
        """Lease the next part that may go now and record the attempt before anything is sent.

        Parts of the proof `in_hand` come first, then those of the oldest proof, or the newest. A
        conversation with a message in flight or of unknown fate gets no other one. With `visible`
        false only parts that the buyer never sees are considered.
        """
        row = self._next(shop_id, now, visible=visible, newest=newest, proof_id=in_hand) if in_hand else None
        row = row or self._next(shop_id, now, visible=visible, newest=newest)
        if row is None:
            return None
        part = part_of(row)
        number = part.attempts + 1
        self._parts.change(part, state=PartState.LEASED.value, attempts=number, due_at=None, reason="")
        begun = {
            "part_id": part.id, "number": number, "claimed_at": now, "signed_at": now,
            "ahead_ms": ahead // timedelta(milliseconds=1),
            "outcome": "", "code": "", "request_id": "", "detail": "",
        }  # fmt: skip
        self._connection.execute(insert(attempts), begun)
        if part.state is PartState.WAITING:  # to the proof, in line and in flight are the same
            self._parts.refresh(part.proof_id)
        return replace(part, state=PartState.LEASED, attempts=number, due_at=None, reason="")

    def _next(
        self, shop_id: str, now: datetime, *, visible: bool, newest: bool, proof_id: str = ""
    ) -> Row[Any] | None:
        query = _in_line(visible=visible, newest=newest, of_proof=bool(proof_id))
        asked = {"shop_id": shop_id, "now": now, "too_late": now + LONGEST_WAIT, "proof_id": proof_id}
        return self._connection.execute(query, asked).first()

    def job(self, part: Part) -> Job:
        """Gather what a part needs."""
        facts = self._connection.execute(_facts(), {"part_id": part.id}).one()
        carried = select(photos).where(photos.c.id.in_(part.photo_ids)).order_by(photos.c.ordinal)
        found = self._connection.execute(carried).all() if part.photo_ids else ()
        return Job(
            part=part,
            proof=proof_of(facts),
            text=facts.text,
            released_at=max(filter(None, (facts.made_at, facts.decided_at, facts.shown_at))),
            by_person=facts.decided_at is not None or facts.reason not in (F4, FITTED),
            checked_at=facts.checked_at,
            claimed_at=facts.claimed_at or self._now(),
            signed_at=facts.signed_at or self._now(),
            photos=tuple(photo_of(row) for row in found),
            address=facts.address or "",
            uploaded_at=facts.uploaded_at,
            conversation_id=facts.remote_id or "",
        )

    def mark_wire(self, part: Part, at: datetime) -> bool:
        """Record that the first byte is about to leave. False when the lease is no longer ours."""
        held = exists().where(
            parts.c.id == part.id, parts.c.state == part.state.value, parts.c.attempts == part.attempts
        )
        where = (attempts.c.part_id == part.id, attempts.c.number == part.attempts, held)
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

    def leased(self, shop_id: str) -> list[tuple[Part, Try]]:
        """Return parts in flight with their attempts; after a start these are what a crash left."""
        query = select(parts).where(*_in_state(shop_id, PartState.LEASED))
        leased = [part_of(row) for row in self._connection.execute(query).all()]
        return [(part, self.last_try(part)) for part in leased]

    def unknown(self, shop_id: str) -> list[Part]:
        """Return the parts of unknown fate."""
        query = select(parts).where(*_in_state(shop_id, PartState.UNKNOWN))
        return [part_of(row) for row in self._connection.execute(query)]

    def on_the_wire(self, part: Part) -> int:
        """Count the attempts at a part whose first byte may have left."""
        query = select(func.count()).where(attempts.c.part_id == part.id, attempts.c.wire_at.is_not(None))
        return self._connection.execute(query).scalar_one()

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

    def last_sent(self, shop_id: str, since: datetime) -> datetime | None:
        """Return when a shop's last message was claimed, if that was after `since`."""
        query = (
            select(func.max(attempts.c.claimed_at))
            .join(parts, parts.c.id == attempts.c.part_id)
            .where(attempts.c.claimed_at > since, attempts.c.wire_at.is_not(None), parts.c.shop_id == shop_id)
        )
        return self._connection.execute(query).scalar()

    def refused_since_sent(self, shop_id: str, codes: Collection[str], since: datetime) -> list[datetime]:
        """Return when a shop was refused for one of these reasons since its last message, oldest first."""
        visible = parts.c.kind.in_([kind.value for kind in PartKind if kind.visible])
        recent = and_(attempts.c.claimed_at > since, parts.c.shop_id == shop_id)
        ended = select(attempts.c.ended_at).join(parts, parts.c.id == attempts.c.part_id).where(recent)
        sent = ended.where(visible, attempts.c.outcome == PartState.SENT.value)
        sent_last = self._connection.execute(sent.order_by(attempts.c.ended_at.desc())).scalar()
        refused = ended.where(attempts.c.code.in_(codes)).order_by(attempts.c.ended_at)
        found = self._connection.execute(refused).scalars()
        return [at for at in found if sent_last is None or at > sent_last]

    def due_unknown(self, shop_id: str, now: datetime) -> tuple[Part, int] | None:
        """Return a part whose fate should be looked up now, and how often that was done already."""
        query = (
            select(parts)
            .where(*_in_state(shop_id, PartState.UNKNOWN))
            .where(or_(parts.c.due_at <= now, parts.c.due_at > now + LONGEST_WAIT))
            .order_by(parts.c.due_at)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return (part_of(row), row.looks) if row else None

    def next_due(self, shop_id: str) -> datetime | None:
        """Return when a part can be claimed or looked for next; None when only news changes that."""
        moving = _in_state(shop_id, PartState.WAITING, PartState.UNKNOWN)
        alone = or_(parts.c.state == PartState.UNKNOWN.value, ~_conversation_in_doubt())
        query = select(func.min(parts.c.due_at)).where(*moving, alone)
        return self._connection.execute(query).scalar()

    def without_courier(self, served: Collection[str]) -> list[tuple[Part, Try | None]]:
        """Return parts under way of shops that nobody carries for, with their newest attempts."""
        under_way = [PartState.QUEUED, PartState.LEASED, PartState.WAITING, PartState.UNKNOWN]
        query = select(parts).where(
            parts.c.shop_id.not_in(served), parts.c.state.in_([state.value for state in under_way])
        )
        left = [part_of(row) for row in self._connection.execute(query).all()]
        return [(part, self.last_try(part) if part.attempts else None) for part in left]


@cache
def _in_line(*, visible: bool, newest: bool, of_proof: bool) -> Select[Any]:
    """Return the question for the next part that may go. Built once: building costs more than asking."""
    due = or_(
        parts.c.state == PartState.QUEUED.value,
        and_(
            parts.c.state == PartState.WAITING.value,
            or_(parts.c.due_at <= bindparam("now"), parts.c.due_at > bindparam("too_late")),
        ),
    )
    in_line = one_of(parts.c.state, IN_LINE)
    query = select(parts).where(
        parts.c.shop_id == bindparam("shop_id"), in_line, due, ~_conversation_in_doubt()
    )
    if not visible:
        query = query.where(parts.c.kind.in_([kind.value for kind in PartKind if not kind.visible]))
    if of_proof:
        query = query.where(parts.c.proof_id == bindparam("proof_id"))
    first = parts.c.proof_id.desc() if newest else parts.c.proof_id
    return query.order_by(first, parts.c.ordinal).limit(1)


@cache
def _facts() -> Select[Any]:
    """Return the question for all that is needed to carry one part out."""
    upload, other = parts.alias(), parts.alias()
    same_set = (upload.c.proof_id == parts.c.proof_id, upload.c.generation == parts.c.generation)
    uploaded = and_(
        *same_set,
        parts.c.photo_id != "",
        upload.c.photo_id == parts.c.photo_id,
        upload.c.kind == PartKind.UPLOAD.value,
    )
    decided = (
        select(func.max(decisions.c.made_at))
        .join(other, other.c.id == decisions.c.part_id)
        .where(other.c.proof_id == parts.c.proof_id, decisions.c.answer == Decision.SEND_AGAIN.value)
        .correlate(parts)
    )
    seen = parts.alias()
    going = attempts.alias()
    shown = (  # by what the marketplace answered; that a person found an older one is no release
        select(func.max(going.c.ended_at))
        .join(seen, seen.c.id == going.c.part_id)
        .where(seen.c.proof_id == parts.c.proof_id, seen.c.generation == parts.c.generation)
        .where(seen.c.kind.in_([kind.value for kind in PartKind if kind.visible]))
        .where(going.c.outcome == PartState.SENT.value)
        .correlate(parts)
    )
    check = parts.alias()
    opened = (
        select(func.max(check.c.changed_at))
        .where(check.c.proof_id == parts.c.proof_id, check.c.generation == parts.c.generation)
        .where(check.c.kind == PartKind.OPEN.value, check.c.state == PartState.SENT.value)
        .correlate(parts)
    )
    generation = and_(generations.c.proof_id == parts.c.proof_id, generations.c.number == parts.c.generation)
    newest = and_(attempts.c.part_id == parts.c.id, attempts.c.number == parts.c.attempts)
    known = and_(conversations.c.shop_id == proofs.c.shop_id, conversations.c.buyer_id == proofs.c.buyer_id)
    joined = (
        parts.join(proofs, proofs.c.id == parts.c.proof_id)
        .join(generations, generation)
        .outerjoin(attempts, newest)
        .outerjoin(upload, uploaded)
        .outerjoin(conversations, known)
    )
    return (
        select(
            proofs,
            generations.c.text,
            generations.c.made_at,
            generations.c.reason,
            attempts.c.claimed_at,
            attempts.c.signed_at,
            upload.c.address,
            upload.c.changed_at.label("uploaded_at"),
            conversations.c.remote_id,
            decided.scalar_subquery().label("decided_at"),
            shown.scalar_subquery().label("shown_at"),
            opened.scalar_subquery().label("checked_at"),
        )
        .select_from(joined)
        .where(parts.c.id == bindparam("part_id"))
    )


def _in_state(shop_id: str, *states: PartState) -> tuple[ColumnElement[bool], ...]:
    return (
        parts.c.shop_id == shop_id,
        one_of(parts.c.state, TO_DO),
        parts.c.state.in_([state.value for state in states]),
    )


def _conversation_in_doubt() -> Exists:
    """Whether another part of the same conversation may have arrived, as Part.in_doubt tells it of one."""
    other = parts.alias()
    asked = or_(other.c.state != PartState.HELD.value, other.c.reason == UNKNOWN_REASON)
    doubtful = one_of(other.c.state, IN_DOUBT)
    return (
        select(other.c.id)
        .where(other.c.conversation == parts.c.conversation, other.c.id != parts.c.id, doubtful, asked)
        .exists()
    )


def try_of(row: Row[Any]) -> Try:
    """Turn a row of `attempt` into its value."""
    return Try(
        part_id=row.part_id,
        number=row.number,
        claimed_at=row.claimed_at,
        signed_at=row.signed_at,
        ahead=timedelta(milliseconds=row.ahead_ms),
        wire_at=row.wire_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        code=row.code,
        detail=row.detail,
    )
