"""What went to a buyer and into a day, and what still waits: the figures behind every limit on sending."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from parcelguard.core.orders import Conversation
from parcelguard.core.parts import AttemptOutcome, Part, PartKind, PartState
from parcelguard.core.proofs import ProofState
from parcelguard.store.parts import held_in_doubt
from parcelguard.store.tables import attempts, generations, looks, parts, photos, proofs

_MESSAGES = [PartKind.TEXT.value, PartKind.IMAGE.value]
_UNDER_WAY = [
    state.value for state in (PartState.BLOCKED, PartState.QUEUED, PartState.LEASED, PartState.WAITING)
]
_MAY_BE_THERE = [
    state.value for state in (PartState.SENT, PartState.FILTERED, PartState.UNKNOWN, PartState.CANCELLED)
]
_LEFT = [AttemptOutcome.SENT.value, AttemptOutcome.UNKNOWN.value]  # of attempts that may have arrived
_ON_THE_WAY = [ProofState.SENDING.value, ProofState.WAITING.value]


class BudgetRecords:
    """Questions about how much was sent, and how much is left to send."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    def said(
        self, conversation: Conversation, since: datetime, *, before: Part | None = None
    ) -> list[datetime]:
        """Return when each message went into a conversation since then, oldest first.

        What may have arrived counts, and so does what is under way, as of this moment: all of it, or
        with `before` only what belongs to a set that is begun and not to the set of that part.
        """
        here = parts.c.conversation == str(conversation)
        under_way = self._connection.execute(_under_way(here, before)).scalar_one()
        went = (
            select(func.max(attempts.c.wire_at))
            .join(parts, parts.c.id == attempts.c.part_id)
            .where(here, parts.c.kind.in_(_MESSAGES), _may_be_there(), attempts.c.outcome.in_(_LEFT))
            .where(attempts.c.wire_at >= since)
            .group_by(parts.c.id)
        )
        found = list(self._connection.execute(went).scalars())
        # What is under way has no time yet; it counts from now, which is the later and so the safer.
        return sorted([*found, *self._handed(here, since)]) + [self._now()] * under_way

    def calls(self, shop_id: str, since: datetime) -> int:
        """Count a shop's calls to the chat since then: messages, looks, and what opens or checks a set."""
        silent = parts.c.kind.in_([PartKind.OPEN.value, PartKind.CHECK.value])
        message = and_(parts.c.kind.in_(_MESSAGES), attempts.c.wire_at.is_not(None))
        called = (
            select(func.count())
            .select_from(attempts.join(parts))
            .where(attempts.c.claimed_at >= since, parts.c.shop_id == shop_id, or_(silent, message))
        )
        looked = (
            select(func.count())
            .select_from(looks.join(parts))
            .where(looks.c.looked_at >= since, parts.c.shop_id == shop_id)
        )
        return sum(self._connection.execute(query).scalar_one() for query in (called, looked))

    def crowded(self, shop_id: str, most: int) -> bool:
        """Whether more than `most` proofs of a shop are on their way."""
        waiting = select(proofs.c.id).where(_on_the_way(shop_id)).limit(most + 1).subquery()
        return self._connection.execute(select(func.count()).select_from(waiting)).scalar_one() > most

    def messages_left(self, shop_id: str) -> int:
        """Count the messages that a shop's proofs still have to send by themselves."""
        newest = and_(parts.c.proof_id == proofs.c.id, parts.c.generation == proofs.c.generation)
        query = (
            select(func.count())
            .select_from(proofs.join(parts, newest))
            .where(_on_the_way(shop_id), parts.c.kind.in_(_MESSAGES), parts.c.state.in_(_UNDER_WAY))
        )
        return self._connection.execute(query).scalar_one()

    def _handed(self, here: ColumnElement[bool], since: datetime) -> list[datetime]:
        """Return when messages were sent by hand; a person's word stands for the text and each photo."""
        shown = select(func.count()).where(
            photos.c.proof_id == parts.c.proof_id, photos.c.discarded_at.is_(None)
        )
        query = (
            select(parts.c.changed_at, generations.c.text, shown.scalar_subquery().label("photos"))
            .join(generations)
            .where(here, parts.c.kind == PartKind.HAND.value, parts.c.state == PartState.SENT.value)
            .where(parts.c.changed_at >= since)
        )
        rows = self._connection.execute(query)
        return [row.changed_at for row in rows for _ in range(row.photos + bool(row.text))]


def _under_way(here: ColumnElement[bool], before: Part | None) -> Select[int]:
    query = select(func.count()).where(here, parts.c.kind.in_(_MESSAGES), parts.c.state.in_(_UNDER_WAY))
    if before is None:
        return query
    opening = parts.alias()
    begun = exists().where(
        opening.c.proof_id == parts.c.proof_id,
        opening.c.generation == parts.c.generation,
        opening.c.kind == PartKind.OPEN.value,
        opening.c.state == PartState.SENT.value,
    )
    own = and_(parts.c.proof_id == before.proof_id, parts.c.generation == before.generation)
    return query.where(begun, ~own)


def _may_be_there() -> ColumnElement[bool]:
    return or_(parts.c.state.in_(_MAY_BE_THERE), held_in_doubt())


def _on_the_way(shop_id: str) -> ColumnElement[bool]:
    return and_(proofs.c.state.in_(_ON_THE_WAY), proofs.c.shop_id == shop_id)
