"""Quick answers to what went to one buyer and into one day."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the three indexes."""
    op.create_index("part_of_buyer", "part", ["conversation", "kind"])
    op.create_index("attempt_by_time", "attempt", ["claimed_at"])
    op.create_index("look_by_time", "look", ["looked_at"])
