"""What reading a chat back showed: the evidence for whoever decides about a message of unknown fate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, select

from parcelguard.core.parts import Part
from parcelguard.store.tables import looks
from parcelguard.store.views import LookTaken, Sighting

MOST_SEEN = 20


class LookRecords:
    """Questions about looks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(
        self, part: Part, at: datetime, *, covered: bool, found: Sequence[str], seen: Sequence[Sighting]
    ) -> None:
        """Record one look; only the newest messages of a long chat."""
        newest = select(func.coalesce(func.max(looks.c.number), 0)).where(looks.c.part_id == part.id)
        number = self._connection.execute(newest).scalar_one() + 1
        shown = msgspec.to_builtins(list(seen[:MOST_SEEN]))
        self._connection.execute(
            insert(looks).values(
                part_id=part.id, number=number, looked_at=at, covered=covered, found=list(found), seen=shown
            )
        )

    def of(self, part_id: str) -> tuple[LookTaken, ...]:
        """Return every look for a part, oldest first."""
        rows = self._connection.execute(select(looks).where(looks.c.part_id == part_id).order_by("number"))
        return tuple(
            LookTaken(
                row.looked_at, row.covered, tuple(row.found), msgspec.convert(row.seen, tuple[Sighting, ...])
            )
            for row in rows
        )
