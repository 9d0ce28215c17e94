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

from parcelguard.core.parts import AttemptOutcome, Part, PartKind, PartState
from parcelguard.core.reasons.reason import ReasonKind, kind_named
from parcelguard.store.parts import PartRecords, held_in_doubt, part_of
from parcelguard.store.tables import IN_DOUBT, IN_LINE, TO_DO, attempts, one_of, parts

# Beyond any channel's rest: what seems due later than this waits because a clock was set back.
LONGEST_WAIT = timedelta(hours=3)
LONGEST_DETAIL = 500


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
    outcome: AttemptOutcome
    code: str
    detail: str
    reason: ReasonKind | None


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
        # First the set that is begun: a buyer should get a text and its pictures together.
        row = self._next(shop_id, now, visible=visible, newest=newest, proof_id=in_hand) if in_hand else None
        row = row or self._next(shop_id, now, visible=visible, newest=newest)
        if row is None:
            return None
        part = part_of(row)
        # State and attempt in one transaction, on disk before the courier does anything: a crash in the next
        # instruction finds a lease to settle, never a part that went out without a trace.
        number = part.attempts + 1
        self._parts.change(part, PartState.LEASED, attempts=number, due_at=None, reason=None, code="")
        begun = {
            "part_id": part.id, "number": number, "claimed_at": now, "signed_at": now,
            "ahead_ms": ahead // timedelta(milliseconds=1),
            "outcome": AttemptOutcome.UNDER_WAY.value,
            "code": "", "request_id": "", "detail": "", "reason": "",
        }  # fmt: skip
        self._connection.execute(insert(attempts), begun)
        if part.state is PartState.WAITING:  # to the proof, in line and in flight are the same
            self._parts.refresh(part.proof_id)
        return replace(part, state=PartState.LEASED, attempts=number, due_at=None, reason=None, code="")

    def _next(
        self, shop_id: str, now: datetime, *, visible: bool, newest: bool, proof_id: str = ""
    ) -> Row[Any] | None:
        query = _in_line(visible=visible, newest=newest, of_proof=bool(proof_id))
        asked = {"shop_id": shop_id, "now": now, "too_late": now + LONGEST_WAIT, "proof_id": proof_id}
        return self._connection.execute(query, asked).first()

    def mark_wire(self, part: Part, at: datetime) -> bool:
        """Record that the first byte is about to leave. False when the lease is no longer ours."""
        # Only under the lease that this attempt was claimed with: after a sleep or a restart another may have
        # been recovered from it, and whoever lost the lease must send nothing.
        held = exists().where(
            parts.c.id == part.id, parts.c.state == part.state.value, parts.c.attempts == part.attempts
        )
        where = (attempts.c.part_id == part.id, attempts.c.number == part.attempts, held)
        return self._connection.execute(update(attempts).where(*where).values(wire_at=at)).rowcount == 1

    def end_attempt(
        self,
        part: Part,
        outcome: AttemptOutcome,
        *,
        reason: ReasonKind | None = None,
        code: str = "",
        request_id: str = "",
        detail: str = "",
    ) -> None:
        """Record how the present attempt at a part went. `detail` is for the log, in nobody's language."""
        ended = {
            "ended_at": self._now(), "outcome": outcome.value, "reason": reason.value if reason else "",
            "code": code, "request_id": request_id, "detail": detail[:LONGEST_DETAIL],
        }  # fmt: skip
        where = (attempts.c.part_id == part.id, attempts.c.number == part.attempts)
        self._connection.execute(update(attempts).where(*where).values(**ended))

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
            # By the wire mark and not by the outcome: what may have arrived counts for the pace as well.
            .where(attempts.c.claimed_at > since, attempts.c.wire_at.is_not(None), parts.c.shop_id == shop_id)
        )
        return self._connection.execute(query).scalar()

    def refused_since_sent(self, shop_id: str, codes: Collection[str], since: datetime) -> list[datetime]:
        """Return when a shop was refused for one of these reasons since its last message, oldest first."""
        visible = parts.c.kind.in_([kind.value for kind in PartKind if kind.visible])
        recent = and_(attempts.c.claimed_at > since, parts.c.shop_id == shop_id)
        ended = select(attempts.c.ended_at).join(parts, parts.c.id == attempts.c.part_id).where(recent)
        sent = ended.where(visible, attempts.c.outcome == AttemptOutcome.SENT.value)
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
        # What stands behind a message in doubt is not due: waking for it would turn the courier round without
        # rest.
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


def _in_state(shop_id: str, *states: PartState) -> tuple[ColumnElement[bool], ...]:
    return (
        parts.c.shop_id == shop_id,
        one_of(parts.c.state, TO_DO),
        parts.c.state.in_([state.value for state in states]),
    )


def _conversation_in_doubt() -> Exists:
    """Whether another part of the same conversation may have arrived, as Part.in_doubt tells it of one."""
    other = parts.alias()
    asked = or_(other.c.state != PartState.HELD.value, held_in_doubt(other))
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
        outcome=AttemptOutcome(row.outcome),
        code=row.code,
        detail=row.detail,
        reason=kind_named(row.reason),
    )
