"""Reading the media log: pages by position, counts, and one proof's whole history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, literal, select, tuple_

from parcelguard.core.parts import Part, PartKind, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.disk.files import THUMBNAIL_SUFFIX
from parcelguard.store.parts import part_of
from parcelguard.store.proofs import ProofRecords, proof_of
from parcelguard.store.tables import Moment, generations, parts, proofs
from parcelguard.store.views import FILTER_STATES, LogFilter, LogQuery

_OF_ITS_OWN = [reason.value for reason in PlanReason if reason.counts_as_sending]
Position = tuple[datetime, str]
_SENT = (ProofState.DELIVERED.value, ProofState.HANDED.value)
_TELLING = (PartState.HELD, PartState.REFUSED, PartState.UNKNOWN, PartState.WAITING)


@dataclass(frozen=True, slots=True)
class Generation:
    """One deliberate sending of a proof."""

    number: int
    text: str
    purpose: Purpose
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One proof as the log lists it; `blocking` is the part that keeps it from being delivered.

    `sendings`: how often it was sent on purpose.
    """

    proof: Proof
    at: datetime
    generation: int
    sendings: int
    thumbnail: str
    photos: int
    blocking: Part | None
    sent_at: datetime | None


class LogRecords:
    """Questions about what was kept."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, query: LogQuery, after: Position | None, limit: int) -> list[LogRow]:
        """Return up to `limit` rows, newest first, that come after the position `after`."""
        found = select(proofs).where(*_matching(query))
        if query.filter is not LogFilter.ALL:
            found = found.where(proofs.c.state.in_([each.value for each in FILTER_STATES[query.filter]]))
        if after:
            found = found.where(tuple_(proofs.c.logged_at, proofs.c.id) < tuple_(*_moment(after)))
        found = found.order_by(proofs.c.logged_at.desc(), proofs.c.id.desc()).limit(limit)
        return [self._row(row) for row in self._connection.execute(found).all()]

    def one(self, proof_id: str) -> LogRow | None:
        """Return one proof as the log lists it."""
        row = self._connection.execute(select(proofs).where(proofs.c.id == proof_id)).first()
        return self._row(row) if row else None

    def counts(self, query: LogQuery) -> dict[LogFilter, int]:
        """Count what each chip would show for this search and these dates."""
        grouped = select(proofs.c.state, func.count()).where(*_matching(query)).group_by(proofs.c.state)
        by_state = {ProofState(state): count for state, count in self._connection.execute(grouped)}
        counts = {
            chip: sum(by_state.get(state, 0) for state in states) for chip, states in FILTER_STATES.items()
        }
        return {LogFilter.ALL: sum(by_state.values()), **counts}

    def by_shop(self, since: datetime) -> dict[str, dict[ProofState, int]]:
        """Count the proofs saved since then, by shop and state."""
        query = (
            select(proofs.c.shop_id, proofs.c.state, func.count())
            .where(proofs.c.logged_at >= since, proofs.c.saved_at.is_not(None))  # the former has an index
            .group_by(proofs.c.shop_id, proofs.c.state)
        )
        counted: dict[str, dict[ProofState, int]] = {}
        for shop_id, state, number in self._connection.execute(query):
            counted.setdefault(shop_id, {})[ProofState(state)] = number
        return counted

    def by_hand(self) -> list[tuple[Proof, Part]]:
        """Return what waits to be sent by hand with the part that stands for it, the oldest first."""
        newest = and_(parts.c.proof_id == proofs.c.id, parts.c.generation == proofs.c.generation)
        waiting = proofs.c.state == ProofState.BY_HAND.value
        query = select(proofs).where(waiting).order_by(proofs.c.saved_at, proofs.c.id)
        hands = select(parts).join(proofs, newest).where(waiting, parts.c.kind == PartKind.HAND.value)
        by_proof = {row.proof_id: part_of(row) for row in self._connection.execute(hands)}
        return [(proof_of(row), by_proof[row.id]) for row in self._connection.execute(query)]

    def generations(self, proof_id: str) -> list[Generation]:
        """Return each sending of a proof, oldest first."""
        query = select(generations).where(generations.c.proof_id == proof_id).order_by(generations.c.number)
        return [
            Generation(
                row.number, row.text, Purpose(PlanReason(row.reason), row.words), row.made_by, row.made_at
            )
            for row in self._connection.execute(query)
        ]

    def _row(self, row: Row[Any]) -> LogRow:
        taken = ProofRecords(self._connection).photos(row.id)
        telling = (
            select(parts)
            .where(parts.c.proof_id == row.id, parts.c.generation == row.generation)
            .where(parts.c.state.in_([state.value for state in _TELLING]))
            .order_by(parts.c.ordinal)
            .limit(1)
        )
        blocking = self._connection.execute(telling).first()
        return LogRow(
            proof=proof_of(row),
            at=row.logged_at or row.opened_at,
            generation=row.generation,
            sendings=self._sendings(row) if row.generation > 1 else row.generation,
            thumbnail=taken[0].path.removesuffix(".jpg") + THUMBNAIL_SUFFIX if taken else "",
            photos=len(taken),
            blocking=part_of(blocking) if blocking else None,
            sent_at=self._sent_at(row) if row.state in _SENT else None,
        )

    def _sendings(self, row: Row[Any]) -> int:
        query = select(func.count()).where(
            generations.c.proof_id == row.id, generations.c.reason.in_(_OF_ITS_OWN)
        )
        return self._connection.execute(query).scalar_one()

    def _sent_at(self, row: Row[Any]) -> datetime | None:
        """Return when the buyer's last message of the newest generation was accepted, or marked as sent."""
        seen = [kind.value for kind in PartKind if kind.visible]
        last = select(func.max(parts.c.changed_at)).where(
            parts.c.proof_id == row.id, parts.c.generation == row.generation, parts.c.kind.in_(seen)
        )
        return self._connection.execute(last).scalar()


def _matching(query: LogQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [proofs.c.logged_at.is_not(None)]
    if query.since:
        conditions.append(proofs.c.logged_at >= query.since)
    if query.until:
        conditions.append(proofs.c.logged_at < query.until)
    words = query.text.casefold().split()
    if words:
        conditions.append(and_(*(proofs.c.found_by.contains(word, autoescape=True) for word in words)))
    return conditions


def _moment(position: Position) -> tuple[Any, Any]:
    return literal(position[0], Moment), literal(position[1])
