"""What the marketplace calls things: which of its messages satisfies which part, and its conversations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from parcelguard.core.parts import Part
from parcelguard.store.tables import conversations, remote_messages


class RemoteRecords:
    """Questions about the marketplace's own ids."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def remember_message(self, part: Part, remote_id: str) -> None:
        """Bind a marketplace message to the one part it satisfies.

        The first binding stays: an id that comes a second time is the marketplace's slip, and no
        reason to doubt the answer that brought it.
        """
        row = {"shop_id": part.conversation.shop_id, "remote_id": remote_id, "part_id": part.id}
        self._connection.execute(upsert(remote_messages).values(**row).on_conflict_do_nothing())

    def taken_messages(self, shop_id: str, remote_ids: Sequence[str]) -> set[str]:
        """Return those of `remote_ids` that satisfy a part already."""
        query = select(remote_messages.c.remote_id).where(
            remote_messages.c.shop_id == shop_id, remote_messages.c.remote_id.in_(remote_ids)
        )
        return set(self._connection.execute(query).scalars())

    def remember_conversation(self, shop_id: str, buyer_id: str, remote_id: str) -> None:
        """Keep a conversation's id; there is no call that finds it by buyer."""
        row = upsert(conversations).values(shop_id=shop_id, buyer_id=buyer_id, remote_id=remote_id)
        keys = ["shop_id", "buyer_id"]
        self._connection.execute(
            row.on_conflict_do_update(index_elements=keys, set_={"remote_id": remote_id})
        )
