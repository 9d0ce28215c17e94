"""Questions about everything that is kept, for those who compare, mend and measure it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from parcelguard.core.parts import Part, PartKind, PartState
from parcelguard.core.proofs import Photo, Proof, ProofState
from parcelguard.store.parts import part_of
from parcelguard.store.proofs import photo_of, proof_of
from parcelguard.store.tables import parts, photos, proofs

_VISIBLE = [kind.value for kind in PartKind if kind.visible]
_SETTLED = [state.value for state in PartState if state.settled]


class InventoryRecords:
    """Questions about all proofs, photos and parts at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def proofs(self) -> int:
        """Count the proofs, whatever became of them."""
        return self._connection.execute(select(func.count()).select_from(proofs)).scalar_one()

    def photos(self) -> Iterator[Photo]:
        """Yield every photo ever recorded, discarded ones too."""
        for row in self._connection.execute(select(photos).order_by(photos.c.path)):
            yield photo_of(row)

    def drafts(self) -> list[Proof]:
        """Return the proofs that F4 has not saved and nobody has left."""
        query = select(proofs).where(proofs.c.state == ProofState.DRAFT.value)
        return [proof_of(row) for row in self._connection.execute(query)]

    def undelivered(self, proof_id: str = "") -> list[Part]:
        """Return every part that a buyer would see and that is not settled, of one proof or of all."""
        query = select(parts).where(parts.c.kind.in_(_VISIBLE), parts.c.state.not_in(_SETTLED))
        if proof_id:
            query = query.where(parts.c.proof_id == proof_id)
        return [part_of(row) for row in self._connection.execute(query)]

    def reopen(self, proof_id: str) -> None:
        """Make a draft again of what was left, so that it can be saved as it once was."""
        left = update(proofs).where(proofs.c.id == proof_id, proofs.c.state == ProofState.ABANDONED.value)
        self._connection.execute(left.values(state=ProofState.DRAFT.value))

    def known_photos(self, ids: Collection[str]) -> set[str]:
        """Return which of these ids are taken."""
        return set(self._connection.execute(select(photos.c.id).where(photos.c.id.in_(ids))).scalars())

    def written_since(self, moment: datetime) -> tuple[int, datetime | None]:
        """Return how many bytes of photos were taken since then, and when the first of them was."""
        query = select(func.coalesce(func.sum(photos.c.size), 0), func.min(photos.c.taken_at))
        size, first = self._connection.execute(query.where(photos.c.taken_at >= moment)).one()
        return int(size), first
