"""What a demo station's records say once it has ended: what it calls sent, and what still waits and why."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from parcelguard.commands.demo.figures import Kept, Waiting
from parcelguard.core.reasons.reason import reason_stored
from parcelguard.ui.words.reasons.saying import said

BETWEEN = "+"  # the photos of one picture
_OPEN = """
SELECT max(part.reason) AS kind, part.reason_values AS told, count(*) AS messages
FROM proof JOIN part ON part.proof_id = proof.id AND part.generation = proof.generation
WHERE proof.saved_at IS NOT NULL AND part.kind IN ('text', 'image', 'hand')
  AND part.state NOT IN ('sent', 'filtered', 'cancelled')
GROUP BY proof.id
UNION ALL
SELECT max(part.reason), part.reason_values, 0
FROM proof JOIN part ON part.proof_id = proof.id AND part.generation = proof.generation
WHERE part.state = 'filtered'
GROUP BY proof.id
"""
_TOGETHER = """
SELECT coalesce(sum(length(photo_id) - length(replace(photo_id, ?, ''))), 0)
FROM part JOIN proof ON proof.id = part.proof_id AND part.generation = proof.generation
WHERE part.kind = 'image' AND part.state = 'sent'
"""


def kept(database: Path) -> Kept:
    """Read the records of a station that has ended."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as records:
        records.row_factory = sqlite3.Row
        return Kept(
            sent=frozenset(_column(records, "SELECT remote_id FROM remote_message")),
            handed=frozenset(_column(records, "SELECT order_number FROM proof WHERE state = 'handed'")),
            waiting=tuple(_waiting(records)),
            together=int(records.execute(_TOGETHER, (BETWEEN,)).fetchone()[0]),
            photos=dict(
                records.execute(
                    "SELECT order_number, count(*) FROM proof JOIN photo ON photo.proof_id = proof.id "
                    "WHERE discarded_at IS NULL GROUP BY order_number"
                )
            ),
        )


def _waiting(records: sqlite3.Connection) -> Iterator[Waiting]:
    """Yield what waits and says why; what does not say is left to be counted as lost."""
    for row in records.execute(_OPEN):
        reason = reason_stored(row["kind"], json.loads(row["told"] or "{}"))
        if reason is not None:
            yield Waiting(said(reason).headline, row["messages"])


def _column(records: sqlite3.Connection, query: str) -> list[str]:
    return [str(row[0]) for row in records.execute(query)]
