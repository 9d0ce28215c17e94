"""Parts of proofs on their way to the buyer: planned, moved from state to state, decided about.

Which state follows which is decided in `delivery`; here each change is guarded by the state
and attempt it was decided on, unblocks the next part, and keeps the proof's state in step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, Update, and_, bindparam, func, insert, or_, select, update

from parcelguard.core.ids import new_id
from parcelguard.core.parts import (
    BUDGET,
    BY_HAND,
    NOTHING_LEFT,
    UNKNOWN_REASON,
    Decision,
    Part,
    PartKind,
    PartState,
    proof_state,
)
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.store.tables import (
    attempts,
    decisions,
    generations,
    parts,
    proofs,
)

_FOR_A_PERSON = {
    "state": PartState.HELD.value,
    "reason": BY_HAND,
    "headline": "A person sends this by hand.",
    "advice": "Open the order’s chat in the seller centre, send text and photos, then mark it sent.",
}


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
        reason: str,
        at: datetime | None = None,
    ) -> int:
        """Begin a generation: the first part may go at once, each later one waits for the one before it.

        Whatever an older generation had not settled is cancelled. `at`: when a person wanted it, if that
        was not now. Returns the generation's number.
        """
        self.cancel_rest(proof.id, "replaced")
        newest = select(func.coalesce(func.max(generations.c.number), 0)).where(
            generations.c.proof_id == proof.id
        )
        number: int = self._connection.execute(newest).scalar_one() + 1
        self._connection.execute(
            insert(generations).values(
                proof_id=proof.id, number=number, text=text, reason=reason, made_by=by,
                made_at=at or self._now(),
            )
        )  # fmt: skip
        about = {"shop_id": proof.shop_id, "conversation": proof.conversation}
        rows = [
            self._new(proof.id, number, ordinal, kind, PartState.BLOCKED) | about | {"photo_id": photo_id}
            for ordinal, (kind, photo_id) in enumerate(planned, 1)
        ]
        rows[0] |= _FOR_A_PERSON if rows[0]["kind"] == PartKind.HAND else {"state": PartState.QUEUED.value}
        self._connection.execute(insert(parts), rows)
        self._connection.execute(update(proofs).where(proofs.c.id == proof.id).values(generation=number))
        self.refresh(proof.id)
        return number

    def plan_check(self, part: Part, due: datetime) -> None:
        """Plan to ask later whether the messages of a part's set were hidden."""
        ordinals = [each.ordinal for each in self.of(part.proof_id, part.generation)]
        row = self._new(part.proof_id, part.generation, max(ordinals) + 1, PartKind.CHECK, PartState.WAITING)
        about = select(parts.c.shop_id, parts.c.conversation).where(parts.c.id == part.id)
        shop_id, conversation = self._connection.execute(about).one()
        row |= {"shop_id": shop_id, "conversation": conversation, "due_at": due}
        self._connection.execute(insert(parts), row)

    # ---- changing --------------------------------------------------------------------

    def move(self, part: Part, to: PartState, **facts: Any) -> bool:
        """Change a part's state if it still is what `part` says; a success is always taken.

        `facts` are columns of the part: due_at, reason, headline, advice, remote_id, address, looks.
        """
        if not self.change(part, even_if_changed=to is PartState.SENT, state=to.value, **facts):
            return False
        if to.settled:
            self._release_next(part)
        self.refresh(part.proof_id)
        return True

    def line_up(self, part: Part) -> bool:
        """Set a part going by a person's decision: at its turn, behind what its set has not settled yet."""
        before = [each for each in self.of(part.proof_id, part.generation) if each.ordinal < part.ordinal]
        to = PartState.QUEUED if all(each.state.settled for each in before) else PartState.BLOCKED
        return self.move(part, to, due_at=None, reason="", headline="", advice="", looks=0)

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

    def of(self, proof_id: str, generation: int | None = None) -> list[Part]:
        """Return a proof's parts; with `generation` 0 those of the newest, without it all."""
        asked = {"proof_id": proof_id, "generation": generation}
        return [part_of(row) for row in self._connection.execute(_of(generation), asked)]

    def get(self, part_id: str) -> Part | None:
        """Return one part."""
        row = self._connection.execute(select(parts).where(parts.c.id == part_id)).first()
        return part_of(row) if row else None

    def still(self, part: Part) -> bool:
        """Whether a part is in the state and at the attempt that `part` says."""
        now = self.get(part.id)
        return now is not None and (now.state, now.attempts) == (part.state, part.attempts)

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

    def cancel_photo(self, part: Part) -> None:
        """Leave one photo out of its set: its upload and its message; what comes after goes on."""
        for other in self.of(part.proof_id, part.generation):
            if other.photo_id == part.photo_id and not other.state.settled:
                self.move(other, PartState.CANCELLED)

    def cancel_rest(self, proof_id: str, reason: str) -> None:
        """Cancel whatever is not settled, or hidden. All at once: one by one, each would release the next."""
        settled = [PartState.SENT.value, PartState.CANCELLED.value]
        unsettled = update(parts).where(parts.c.proof_id == proof_id, parts.c.state.not_in(settled))
        values = {"state": PartState.CANCELLED.value, "reason": reason, "changed_at": self._now()}
        self._connection.execute(unsettled.values(**values))
        self.refresh(proof_id)

    def insisted(self, part: Part) -> bool:
        """Whether a person has said that a part goes out although too many messages were counted."""
        counted = and_(attempts.c.part_id == decisions.c.part_id, attempts.c.ended_at <= decisions.c.made_at)
        said = (
            select(decisions.c.id)
            .join(attempts, counted)
            .where(decisions.c.part_id == part.id, decisions.c.answer == Decision.SEND_AGAIN.value)
            .where(attempts.c.code.in_((BUDGET, NOTHING_LEFT)))
            .limit(1)
        )
        return self._connection.execute(said).first() is not None

    def decisions(self, proof_id: str) -> list[tuple[datetime, str, str, str]]:
        """Return (when, answer, by whom, evidence) of every decision about a proof."""
        query = (
            select(decisions).join(parts).where(parts.c.proof_id == proof_id).order_by(decisions.c.made_at)
        )
        return [
            (row.made_at, row.answer, row.made_by, row.evidence) for row in self._connection.execute(query)
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
        nothing = dict.fromkeys(("photo_id", "reason", "headline", "advice", "remote_id", "address"), "")
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
            "changed_at": self._now(),
        }

    def change(self, part: Part, *, even_if_changed: bool = False, **values: Any) -> bool:
        """Change columns of a part if it still is what `part` says, or at least was not sent yet."""
        guarded = _guarded(even_if_changed, tuple(values))
        decided_on = {"part_id": part.id, "was": part.state.value, "after": part.attempts}
        told = {f"new_{name}": value for name, value in values.items()}
        done = self._connection.execute(guarded, {**decided_on, "new_changed_at": self._now(), **told})
        return done.rowcount == 1

    def _release_next(self, part: Part) -> None:
        """Queue the next part once all before it are settled; leave what no message needs any more."""
        siblings = self.of(part.proof_id, part.generation)
        over = all(each.state.settled for each in siblings if each.kind.visible)
        for other in siblings:
            if over and other.kind is not PartKind.CHECK and not other.state.settled:
                self.change(other, state=PartState.CANCELLED.value, due_at=None)
            elif not over and other.state is PartState.BLOCKED:
                self.change(other, state=PartState.QUEUED.value)
                return
            elif not over and not other.state.settled:
                return

    def refresh(self, proof_id: str) -> None:
        """Bring the proof's state in step with its parts."""
        state = proof_state(self.of(proof_id, generation=0)).value
        changed = update(proofs).where(proofs.c.id == proof_id, proofs.c.state != state)
        self._connection.execute(changed.values(state=state))


@cache
def _of(generation: int | None) -> Select[Any]:
    """Return the question for a proof's parts. Built once: building costs more than asking."""
    query = select(parts).where(parts.c.proof_id == bindparam("proof_id"))
    if generation == 0:
        newest = select(proofs.c.generation).where(proofs.c.id == bindparam("proof_id"))
        query = query.where(parts.c.generation == newest.scalar_subquery())
    elif generation is not None:
        query = query.where(parts.c.generation == bindparam("generation"))
    return query.order_by(parts.c.generation, parts.c.ordinal)


@cache
def _guarded(even_if_changed: bool, names: tuple[str, ...]) -> Update:
    """Return the change of these columns of a part that still is what it was decided on."""
    query = update(parts).where(parts.c.id == bindparam("part_id"))
    if even_if_changed:
        query = query.where(parts.c.state != PartState.SENT.value)
    else:
        query = query.where(parts.c.state == bindparam("was"), parts.c.attempts == bindparam("after"))
    return query.values({name: bindparam(f"new_{name}") for name in ("changed_at", *names)})


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
        changed_at=row.changed_at,
        reason=row.reason,
        headline=row.headline,
        advice=row.advice,
        remote_id=row.remote_id,
        address=row.address,
    )
