"""The tables. Times are whole microseconds since 1970 in UTC; ids are UUID version 7 as text.

What must never happen is forbidden here, not only in code: one proof has each part once, a
conversation has one message in flight, and one marketplace message satisfies one part.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    literal,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION = "0004"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """A timezone-aware moment, kept as whole microseconds so that it sorts and compares exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Turn a moment into microseconds; refuse one without a zone."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn microseconds into a moment in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


# The states that partial indexes cover. A query has to repeat the very same condition, spelled out,
# for SQLite to see that the index holds all it asks for; `one_of` does both.
TO_DO = ("queued", "leased", "waiting", "unknown", "held")
IN_LINE = ("queued", "waiting")
IN_DOUBT = ("leased", "unknown", "held")


def one_of(column: ColumnElement[str], states: Iterable[str]) -> ColumnElement[bool]:
    """Say that a state is one of these, in the words of a partial index."""
    return column.in_([literal(state, String, literal_execute=True) for state in states])


def _covers(states: Iterable[str]) -> dict[str, Any]:
    condition = text("state IN ({})".format(", ".join(f"'{state}'" for state in states)))
    return {"sqlite_where": condition, "postgresql_where": condition}


metadata = MetaData()

orders = Table(
    "customer_order",
    metadata,
    Column("shop_id", String, primary_key=True),
    Column("number", String, primary_key=True),
    Column("buyer_id", String, nullable=False),
    Column("buyer_name", String, nullable=False),
    Column("tracking", String, nullable=False),
    Column("carrier", String, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("items", JSON, nullable=False),
    Column("read_at", Moment, nullable=False),
)

order_codes = Table(
    "order_code",
    metadata,
    Column("code", String, nullable=False),
    Column("shop_id", String, nullable=False),
    Column("number", String, nullable=False),
    PrimaryKeyConstraint("code", "shop_id", "number"),
    ForeignKeyConstraint(
        ["shop_id", "number"], ["customer_order.shop_id", "customer_order.number"], ondelete="CASCADE"
    ),
)

sync_marks = Table(
    "sync_mark",
    metadata,
    Column("shop_id", String, primary_key=True),
    Column("until", Moment, nullable=False),
)

proofs = Table(
    "proof",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("code", String, nullable=False),
    Column("raw_code", String, nullable=False),
    Column("source", String, nullable=False),
    Column("station", String, nullable=False),
    Column("packer", String, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("saved_at", Moment),
    Column("logged_at", Moment),  # saved or left with photos; the log lists only these
    Column("shop_id", String, nullable=False),
    Column("order_number", String, nullable=False),
    Column("buyer_id", String, nullable=False),
    Column("buyer_name", String, nullable=False),
    Column("tracking", String, nullable=False),
    Column("found_by", String, nullable=False),  # what the log's search looks in, folded
    Column("generation", Integer, nullable=False, default=0),
    Index("proof_by_time", "logged_at", "id"),
    Index("proof_by_state", "state", "logged_at", "id"),
    Index("proof_by_order", "order_number", "shop_id"),
    Index("proof_saved", "station", "saved_at"),
)

photos = Table(
    "photo",
    metadata,
    Column("id", String, primary_key=True),
    Column("proof_id", ForeignKey("proof.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("shot", String, nullable=False),
    Column("path", String, nullable=False),  # not unique: a picture that stood still is one file
    Column("sha256", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("sharp", Boolean, nullable=False),
    Column("recovered", Boolean, nullable=False),
    Column("discarded_at", Moment),
    Index(
        "photo_place",
        "proof_id",
        "ordinal",
        unique=True,
        sqlite_where=text("discarded_at IS NULL"),
        postgresql_where=text("discarded_at IS NULL"),
    ),
)

generations = Table(
    "generation",
    metadata,
    Column("proof_id", ForeignKey("proof.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("words", String, nullable=False, server_default=""),  # what a person wrote about it
)

parts = Table(
    "part",
    metadata,
    Column("id", String, primary_key=True),
    Column("proof_id", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("shop_id", String, nullable=False),
    Column("conversation", String, nullable=False),
    Column("photo_id", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("due_at", Moment),
    Column("reason", String, nullable=False),  # the name of its kind; what it is said in is never stored
    Column("remote_id", String, nullable=False),
    Column("address", String, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("reason_values", JSON(none_as_null=True)),
    Column("code", String, nullable=False, server_default=""),  # the marketplace's own word for it
    UniqueConstraint("proof_id", "generation", "ordinal"),
    ForeignKeyConstraint(["proof_id", "generation"], ["generation.proof_id", "generation.number"]),
    Index(
        "part_in_flight",
        "conversation",
        unique=True,
        sqlite_where=text("state = 'leased'"),
        postgresql_where=text("state = 'leased'"),
    ),
    Index(
        "part_in_doubt",
        "conversation",
        **_covers(IN_DOUBT),
    ),
    Index("part_of_buyer", "conversation", "kind"),
    Index(
        "part_in_line",
        "shop_id",
        "proof_id",
        "ordinal",
        **_covers(IN_LINE),
    ),
    Index(
        "part_to_do",
        "shop_id",
        "state",
        **_covers(TO_DO),
    ),
)

attempts = Table(
    "attempt",
    metadata,
    Column("part_id", ForeignKey("part.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("claimed_at", Moment, nullable=False),
    Column("signed_at", Moment, nullable=False),
    Column("ahead_ms", Integer, nullable=False, server_default="0"),  # the marketplace's clock, by then
    Column("wire_at", Moment),  # no mark: certainly not sent
    Column("ended_at", Moment),
    Column("outcome", String, nullable=False),
    Column("code", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("reason", String, nullable=False, server_default=""),  # the kind of reason it ended for
    Index("attempt_by_time", "claimed_at"),
)

looks = Table(
    "look",
    metadata,
    Column("part_id", ForeignKey("part.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("looked_at", Moment, nullable=False),
    Column("covered", Boolean, nullable=False),  # whether it reached back to before the attempt
    Column("found", JSON, nullable=False),  # ids of own messages that match, newest first
    Column("seen", JSON, nullable=False),  # what the chat showed, for the person who decides
    Index("look_by_time", "looked_at"),
)

decisions = Table(
    "decision",
    metadata,
    Column("id", String, primary_key=True),
    Column("part_id", ForeignKey("part.id"), nullable=False, index=True),
    Column("answer", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("evidence", String, nullable=False),  # why the part stood there when it was decided
)

remote_messages = Table(
    "remote_message",
    metadata,
    Column("shop_id", String, nullable=False),
    Column("remote_id", String, nullable=False),
    Column("part_id", ForeignKey("part.id"), nullable=False, unique=True),
    PrimaryKeyConstraint("shop_id", "remote_id"),
)

conversations = Table(
    "conversation",
    metadata,
    Column("shop_id", String, primary_key=True),
    Column("buyer_id", String, primary_key=True),
    Column("remote_id", String, nullable=False),
)
