"""What reading back showed, the marketplace's time of attempts, and quicker answers to what may go next."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

IN_DOUBT = sa.text("state IN ('leased', 'unknown', 'held')")
IN_LINE = sa.text("state IN ('queued', 'waiting')")


def upgrade() -> None:
    """Create the table, the column and the two indexes."""
    op.add_column("attempt", sa.Column("ahead_ms", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "look",
        sa.Column("part_id", sa.String(), sa.ForeignKey("part.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("part_id", "number"),
    )
    op.create_index(
        "part_in_doubt", "part", ["conversation"], sqlite_where=IN_DOUBT, postgresql_where=IN_DOUBT
    )
    op.create_index(
        "part_in_line",
        "part",
        ["shop_id", "proof_id", "ordinal"],
        sqlite_where=IN_LINE,
        postgresql_where=IN_LINE,
    )
