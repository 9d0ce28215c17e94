"""Parts of proofs on their way to the buyer: planned, moved from state to state, decided about.

Which state follows which is decided in `delivery`; here each change is guarded by the state
and attempt it was decided on, unblocks the next part, and keeps the proof's state in step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypedDict, Unpack

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from parcelguard.core.ids import new_id
from parcelguard.core.orders import Conversation
from parcelguard.core.parts import Decision, Part, PartKind, PartState, Purpose, proof_state
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import Reason, because, reason_stored
from parcelguard.core.reasons.sending import ASKS_A_PERSON, LESS_THAN_PLANNED, NO_MESSAGES_LEFT, SendingReason
from parcelguard.store.tables import attempts, decisions, generations, parts, proofs

_OVER_BUDGET = [kind.value for kind in LESS_THAN_PLANNED | NO_MESSAGES_LEFT]


class PartFacts(TypedDict, total=False):
    """What may change about a part beside its state; what is not named stays as it is."""

    due_at: datetime | None
    reason: Reason | None
    code: str
    remote_id: str
    address: str
    attempts: int
    looks: int


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's answer about a part. `evidence`: why the part stood there then, or what the person wrote."""

    at: datetime
    answer: Decision
    by: str
    evidence: str


class PartRecords:
    """Questions about parts."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    # ---- planning --------------------------------------------------------------------

    def plan(
        self,
        proof: Proof,
        planned: Sequence[tuple[PartKind, str]],
        *,
        text: str,
        by: str,
        why: Purpose,
        at: datetime | None = None,
    ) -> int:
        """Begin a generation: the first part may go at once, each later one waits for the one before it.

        Whatever an older generation had not settled is cancelled. `at`: when a person wanted it, if that
        was not now. Returns the generation's number.
        """
        # In the same transaction: two sets of one proof that are both under way would reach the buyer twice.
        self.cancel_rest(proof.id, SendingReason.REPLACED)
        newest = select(func.coalesce(func.max(generations.c.number), 0)).where(
            generations.c.proof_id == proof.id
        )
        number: int = self._connection.execute(newest).scalar_one() + 1
        self._connection.execute(
            insert(generations).values(
                proof_id=proof.id, number=number, text=text, reason=why.reason.value, words=why.words,
                made_by=by, made_at=at or self._now(),
            )
        )  # fmt: skip
        about = {"shop_id": proof.shop_id, "conversation": str(proof.conversation)}
        rows = [
            self._new(proof.id, number, ordinal, kind, PartState.BLOCKED) | about | {"photo_id": photo_id}
            for ordinal, (kind, photo_id) in enumerate(planned, 1)
        ]
        rows[0] |= _first(planned[0][0])
        self._connection.execute(insert(parts), rows)
        self._connection.execute(update(proofs).where(proofs.c.id == proof.id).values(generation=number))
        self.refresh(proof.id)
        return number

    def plan_check(self, part: Part, due: datetime) -> None:
        """Plan to ask later whether the messages of a part's set were hidden."""
        ordinals = [each.ordinal for each in self.of_set(part.proof_id, part.generation)]
        row = self._new(part.proof_id, part.generation, max(ordinals) + 1, PartKind.CHECK, PartState.WAITING)
        about = select(parts.c.shop_id, parts.c.conversation).where(parts.c.id == part.id)
        shop_id, conversation = self._connection.execute(about).one()
        row |= {"shop_id": shop_id, "conversation": conversation, "due_at": due}
        self._connection.execute(insert(parts), row)

    # ---- changing --------------------------------------------------------------------

    def move(self, part: Part, to: PartState, **facts: Unpack[PartFacts]) -> bool:
        """Change a part's state if it still is what `part` says; a success is always taken."""
        # Another station or a late answer may have moved it meanwhile. Only a success may come at any time:
        # what the marketplace has taken is true whatever was thought of it since.
        if not self.change(part, to, even_if_changed=to is PartState.SENT, **facts):
            return False
        # Here and nowhere else, so that no way of settling a part leaves its set standing still.
        if to.settled:
            self._release_next(part)
        self.refresh(part.proof_id)
        return True

    def line_up(self, part: Part) -> bool:
        """Set a part going by a person's decision: at its turn, behind what its set has not settled yet."""
        # A picture that a person releases must not overtake the text of its set.
        before = [each for each in self.of_set(part.proof_id, part.generation) if each.ordinal < part.ordinal]
        to = PartState.QUEUED if all(each.state.settled for each in before) else PartState.BLOCKED
        return self.move(part, to, due_at=None, reason=None, code="", looks=0)

    def opened_again(self, part: Part) -> None:
        """Record that order and conversation were checked once more for a part's set."""
        self._connection.execute(
            update(parts)
            .where(parts.c.proof_id == part.proof_id, parts.c.generation == part.generation)
            .where(parts.c.kind == PartKind.OPEN.value)
            .values(changed_at=self._now())
        )

    def new_address(self, image: Part, address: str) -> None:
        """Replace the address of an image's picture, which was uploaded again."""
        self._connection.execute(
            update(parts)
            .where(parts.c.proof_id == image.proof_id, parts.c.generation == image.generation)
            .where(parts.c.photo_id == image.photo_id, parts.c.kind == PartKind.UPLOAD.value)
            .values(address=address, changed_at=self._now())
        )

    # ---- looking ---------------------------------------------------------------------

    def of(self, proof_id: str) -> list[Part]:
        """Return all parts of a proof, the oldest set first."""
        return self._found(_of_proof(), proof_id)

    def of_newest(self, proof_id: str) -> list[Part]:
        """Return the parts of a proof's newest set."""
        return self._found(_of_newest(), proof_id)

    def of_set(self, proof_id: str, generation: int) -> list[Part]:
        """Return the parts of one set of a proof."""
        return self._found(_of_set(), proof_id, generation)

    def _found(self, query: Select[Any], proof_id: str, generation: int = 0) -> list[Part]:
        asked = {"proof_id": proof_id, "generation": generation}
        return [part_of(row) for row in self._connection.execute(query, asked)]

    def get(self, part_id: str) -> Part | None:
        """Return one part."""
        row = self._connection.execute(select(parts).where(parts.c.id == part_id)).first()
        return part_of(row) if row else None

    def still(self, part: Part) -> bool:
        """Whether a part is in the state and at the attempt that `part` says."""
        now = self.get(part.id)
        return now is not None and (now.state, now.attempts) == (part.state, part.attempts)

    def text_said(
        self, conversation: Conversation, text: str, since: datetime, *, or_under_way: bool
    ) -> bool:
        """Whether the buyer has this very text since then, or (`or_under_way`) will or may have it."""
        states = [PartState.SENT]
        if or_under_way:
            waiting = (PartState.BLOCKED, PartState.QUEUED, PartState.WAITING)
            states += [PartState.LEASED, PartState.UNKNOWN, *waiting]
        said = parts.c.state.in_([state.value for state in states])
        query = (
            select(func.count())
            .select_from(parts.join(generations))
            .where(parts.c.conversation == str(conversation), parts.c.kind == PartKind.TEXT.value)
            .where(or_(said, held_in_doubt()) if or_under_way else said, parts.c.changed_at >= since)
            .where(generations.c.text == text)
        )
        return self._connection.execute(query).scalar_one() > 0

    def decide(self, part: Part, answer: Decision, by: str, evidence: str = "") -> None:
        """Record a person's answer with the evidence: why the part stands there, unless told otherwise."""
        self._connection.execute(
            insert(decisions).values(
                id=new_id(), part_id=part.id, answer=answer.value, made_by=by, made_at=self._now(),
                evidence=evidence or _written(part.reason),
            )
        )  # fmt: skip

    def cancel_photo(self, part: Part) -> None:
        """Leave one photo out of its set: its upload and its message; what comes after goes on."""
        for other in self.of_set(part.proof_id, part.generation):
            if other.photo_id == part.photo_id and not other.state.settled:
                self.move(other, PartState.CANCELLED)

    def cancel_rest(self, proof_id: str, kind: SendingReason) -> None:
        """Cancel whatever is not settled, or hidden. All at once: one by one, each would release the next."""
        # What was sent stays sent, whatever set it belongs to: the history must not change.
        settled = [PartState.SENT.value, PartState.CANCELLED.value]
        unsettled = update(parts).where(parts.c.proof_id == proof_id, parts.c.state.not_in(settled))
        values = {"state": PartState.CANCELLED.value, "changed_at": self._now(), **_columns(because(kind))}
        self._connection.execute(unsettled.values(**values))
        self.refresh(proof_id)

    def insisted(self, part: Part) -> bool:
        """Whether a person has said that a part goes out although too many messages were counted."""
        # Only a decision made after the refusal: whoever insists must have known that too many were counted.
        counted = and_(attempts.c.part_id == decisions.c.part_id, attempts.c.ended_at <= decisions.c.made_at)
        said = (
            select(decisions.c.id)
            .join(attempts, counted)
            .where(decisions.c.part_id == part.id, decisions.c.answer == Decision.SEND_AGAIN.value)
            .where(attempts.c.reason.in_(_OVER_BUDGET))
            .limit(1)
        )
        return self._connection.execute(said).first() is not None

    def decisions(self, proof_id: str) -> list[Decided]:
        """Return every decision about a proof, oldest first."""
        query = (
            select(decisions).join(parts).where(parts.c.proof_id == proof_id).order_by(decisions.c.made_at)
        )
        return [
            Decided(row.made_at, Decision(row.answer), row.made_by, row.evidence)
            for row in self._connection.execute(query)
        ]

    def stuck(self) -> list[Part]:
        """Return every part that a person must decide about or that is being looked for, oldest first.

        What only waits to be sent by hand is no trouble.
        """
        states = [state.value for state in PartState if state.stuck] + [PartState.UNKNOWN.value]
        newest = and_(proofs.c.id == parts.c.proof_id, proofs.c.generation == parts.c.generation)
        query = select(parts).join(proofs, newest)
        query = query.where(parts.c.state.in_(states), parts.c.kind != PartKind.HAND.value)
        return [part_of(row) for row in self._connection.execute(query.order_by(parts.c.changed_at))]

    def queue(self) -> dict[ProofState, int]:
        """Count proofs by state, for those not at rest."""
        moving = (ProofState.SENDING, ProofState.WAITING, ProofState.ATTENTION, ProofState.BY_HAND)
        states = [each.value for each in moving]
        query = (
            select(proofs.c.state, func.count()).where(proofs.c.state.in_(states)).group_by(proofs.c.state)
        )
        return {ProofState(state): count for state, count in self._connection.execute(query)}

    # ---- steps -----------------------------------------------------------------------

    def _new(
        self, proof_id: str, generation: int, ordinal: int, kind: PartKind, state: PartState
    ) -> dict[str, Any]:
        nothing = dict.fromkeys(("photo_id", "reason", "code", "remote_id", "address"), "")
        return nothing | {
            "id": new_id(),
            "proof_id": proof_id,
            "generation": generation,
            "ordinal": ordinal,
            "kind": kind.value,
            "state": state.value,
            "attempts": 0,
            "looks": 0,
            "due_at": None,
            "reason_values": None,
            "changed_at": self._now(),
        }

    def change(
        self, part: Part, to: PartState, *, even_if_changed: bool = False, **facts: Unpack[PartFacts]
    ) -> bool:
        """Change columns of a part if it still is what `part` says, or at least was not sent yet."""
        values: dict[str, Any] = {"state": to.value, "changed_at": self._now(), **facts}
        if "reason" in facts:
            values |= _columns(facts["reason"])
        guarded = _guarded(even_if_changed, tuple(values))
        decided_on = {"part_id": part.id, "was": part.state.value, "after": part.attempts}
        new = {f"new_{name}": value for name, value in values.items()}
        done = self._connection.execute(guarded, {**decided_on, **new})
        return done.rowcount == 1

    def _release_next(self, part: Part) -> None:
        """Queue the next part once all before it are settled; leave what no message needs any more."""
        siblings = self.of_set(part.proof_id, part.generation)
        # An upload whose message was cancelled would spend a call for a picture that nobody gets.
        over = all(each.state.settled for each in siblings if each.kind.visible)
        for other in siblings:
            if over and other.kind is not PartKind.CHECK and not other.state.settled:
                self.change(other, PartState.CANCELLED, due_at=None)
            elif not over and other.state is PartState.BLOCKED:
                # One at a time and in order: the next goes only when it is known what became of this one.
                self.change(other, PartState.QUEUED)
                return
            elif not over and not other.state.settled:
                return

    def refresh(self, proof_id: str) -> None:
        """Bring the proof's state in step with its parts."""
        state = proof_state(self.of_newest(proof_id)).value
        changed = update(proofs).where(proofs.c.id == proof_id, proofs.c.state != state)
        self._connection.execute(changed.values(state=state))


def _first(kind: PartKind) -> Mapping[str, Any]:
    """Return how the first part of a set begins: on its way, or waiting for the person who sends it."""
    if kind is PartKind.HAND:
        return {"state": PartState.HELD.value, **_columns(because(SendingReason.BY_HAND))}
    return {"state": PartState.QUEUED.value}


def _columns(reason: Reason | None) -> dict[str, Any]:
    if reason is None:
        return {"reason": "", "reason_values": None}
    return {"reason": reason.kind.value, "reason_values": dict(reason.values) or None}


def _written(reason: Reason | None) -> str:
    """Return a reason as one text, for the record of a decision."""
    if reason is None:
        return ""
    return " ".join([reason.kind.value, *([json.dumps(dict(reason.values))] if reason.values else [])])


def held_in_doubt(part: FromClause = parts) -> ColumnElement[bool]:
    """Say that a part is held because nobody knows whether it arrived, as `Part.asked` tells it of one."""
    asks = [kind.value for kind in sorted(ASKS_A_PERSON)]
    return and_(part.c.state == PartState.HELD.value, part.c.reason.in_(asks))


# The questions for a proof's parts. Each is built once: building costs more than asking.


@cache
def _of_proof() -> Select[Any]:
    of_proof = select(parts).where(parts.c.proof_id == bindparam("proof_id"))
    return of_proof.order_by(parts.c.generation, parts.c.ordinal)


@cache
def _of_set() -> Select[Any]:
    return _of_proof().where(parts.c.generation == bindparam("generation"))


@cache
def _of_newest() -> Select[Any]:
    newest = select(proofs.c.generation).where(proofs.c.id == bindparam("proof_id"))
    return _of_proof().where(parts.c.generation == newest.scalar_subquery())


@cache
def _guarded(even_if_changed: bool, names: tuple[str, ...]) -> Update:
    """Return the change of these columns of a part that still is what it was decided on."""
    query = update(parts).where(parts.c.id == bindparam("part_id"))
    if even_if_changed:
        query = query.where(parts.c.state != PartState.SENT.value)
    else:
        query = query.where(parts.c.state == bindparam("was"), parts.c.attempts == bindparam("after"))
    return query.values({name: bindparam(f"new_{name}") for name in names})


def part_of(row: Row[Any]) -> Part:
    """Turn a row of `part` into its value."""
    return Part(
        id=row.id,
        proof_id=row.proof_id,
        generation=row.generation,
        ordinal=row.ordinal,
        kind=PartKind(row.kind),
        state=PartState(row.state),
        conversation=Conversation.named(row.conversation),
        photo_id=row.photo_id,
        attempts=row.attempts,
        due_at=row.due_at,
        changed_at=row.changed_at,
        reason=reason_stored(row.reason, row.reason_values),
        code=row.code,
        remote_id=row.remote_id,
        address=row.address,
    )
