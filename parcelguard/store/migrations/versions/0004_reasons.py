"""Reasons are kept as a kind with its values, not as sentences; what a person wrote stands by itself.

A sentence that is known becomes its kind; any other stays word for word among the values, so that nothing
the log ever said is lost. The words are those of the versions before, whatever the program says today.
"""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# What the versions before kept as the reason of a part that they themselves held or ended.
OWN = (
    "unknown", "late", "quiet", "photo_missing", "shop_off", "budget", "nothing_left", "by_hand", "filtered",
    "replaced", "closed", "order_cancelled",
)  # fmt: skip
OWN_OF_ATTEMPTS = OWN[:8]  # the others were the marketplace's, or no attempt's
LOOK = "Open the chat, then answer: it is there, or not there."
BUDGET = r"This buyer has (?P<said>\d+) of the (?P<limit>\d+) messages that may go unanswered\. "
BUDGET += r"This takes (?P<planned>\d+)\."
CONFIRMING = "ParcelGuard looks in the chat before anything is sent again."
REFUSED = "Read the reason in the log, then resend."
RESTORED = r"Restored from the photo folder: whether this was sent is not known\."
SWITCHED_OFF = r"It may have arrived: the shop was switched off before that was known\."
JOINED = (
    "Bring the file back and send again, or resend from the log: the photos then go singly, and this one "
)
JOINED += "can be left out."
ALONE = "Bring the file back and send again, or leave this photo out: the rest can go."

# What was kept as the reason (ANY: a marketplace's own code), the headline as a pattern, the advice (ANY:
# that of this headline), and the kind it becomes.
ANY = "*"
KNOWN = (
    ("", r"Not sent yet\.", ANY, "not_sent_yet"),
    ("", r"Saved\. No network: sends by itself when it is back\.", ANY, "no_network"),
    ("", r"Not sent yet: this computer could not prepare the message\.", ANY, "not_prepared"),
    ("", r"The marketplace did not confirm this message\.", CONFIRMING, "not_confirmed"),
    (ANY, r"The marketplace refused this message\.", REFUSED, "refused_by_marketplace"),
    (ANY, r"Held: the marketplace does not allow this now\.", "A supervisor decides in Check.", "held"),
    ("late", r"Not sent in time: it had to wait for too long\.", ANY, "late"),
    ("quiet", r"Held for the night: it is late where the buyer lives\.", ANY, "quiet"),
    ("shop_off", r"This shop sends no messages\.", ANY, "shop_off"),
    ("order_cancelled", r"This order is cancelled or about to be\.", ANY, "order_cancelled"),
    ("photo_missing", r"Photo (?P<photo>\d) is missing on this disk\.", ALONE, "photo_missing"),
    ("photo_missing", r"Photo (?P<photo>\d) is missing on this disk\.", JOINED, "joined_photo_missing"),
    ("photo_missing", r"Photo (?P<photo>\d) was changed after it was taken\.", ALONE, "photo_changed"),
    (
        "photo_missing",
        r"Photo (?P<photo>\d) was changed after it was taken\.",
        JOINED,
        "joined_photo_changed",
    ),
    ("photo_missing", r"A photo of this proof is missing\.", ANY, "photo_unrecorded"),
    ("budget", BUDGET, "Send one picture, send by hand, or wait until the buyer answers.", "budget"),
    ("nothing_left", BUDGET, "Send by hand, or wait until the buyer answers.", "nothing_left"),
    ("unknown", r"This marketplace’s chat cannot be read back\.", LOOK, "cannot_read_back"),
    ("unknown", r"The chat cannot be read back now\.", LOOK, "not_read_back_now"),
    ("unknown", r"Two messages in the chat look like this one\.", LOOK, "two_alike"),
    ("unknown", r"The chat could not be read far enough back\.", LOOK, "not_far_enough"),
    ("unknown", r"Looked twice: the chat does not show it\.", LOOK, "not_seen"),
    ("unknown", SWITCHED_OFF, LOOK, "switched_off_meanwhile"),
    ("unknown", RESTORED, LOOK, "restored"),
    ("by_hand", RESTORED, LOOK, "restored_by_hand"),
    ("by_hand", r"A person sends this by hand\.", ANY, "by_hand"),
    ("filtered", r"Accepted, but hidden from the buyer by the marketplace\.", ANY, "filtered"),
)
DAY_USED_UP = "No more messages today: the marketplace’s daily limit is reached."


def upgrade() -> None:
    """Add the columns, carry over what was kept, and let the sentences go."""
    op.add_column("part", sa.Column("reason_values", sa.JSON(), nullable=True))
    op.add_column("part", sa.Column("code", sa.String(), nullable=False, server_default=""))
    op.add_column("attempt", sa.Column("reason", sa.String(), nullable=False, server_default=""))
    op.add_column("generation", sa.Column("words", sa.String(), nullable=False, server_default=""))
    _carry_over_parts()
    _carry_over_attempts()
    _carry_over_generations()
    op.execute("ALTER TABLE part DROP COLUMN headline")
    op.execute("ALTER TABLE part DROP COLUMN advice")


def reason_of(kept: str, headline: str, advice: str) -> tuple[str, dict[str, str | int], str]:
    """Return kind, values and the marketplace's code of what a part was kept with."""
    sentences: dict[str, str | int] = {"headline": headline, "advice": advice} if headline or advice else {}
    for code, pattern, advised, kind in KNOWN:
        match = re.fullmatch(pattern, headline)
        if match and advised in (ANY, advice) and (code == kept or (code == ANY and kept not in OWN)):
            return (
                kind,
                {name: int(value) for name, value in match.groupdict().items()},
                kept if code == ANY else "",
            )
    if headline == DAY_USED_UP:
        return "day_used_up", sentences, ""
    if kept in OWN:
        return kept, sentences, ""
    return "as_told" if sentences else "", sentences, kept


def _carry_over_parts() -> None:
    """Look at each different wording once: a table of a million parts has a few hundred of them."""
    records = op.get_bind()
    records.execute(sa.text(
        "CREATE TEMP TABLE carried (kept TEXT, headline TEXT, advice TEXT, kind TEXT, told TEXT, code TEXT, "
        "PRIMARY KEY (kept, headline, advice))"
    ))  # fmt: skip
    wordings = records.execute(sa.text("SELECT DISTINCT reason, headline, advice FROM part")).all()
    for kept, headline, advice in wordings:
        kind, values, code = reason_of(kept, headline, advice)
        row = {
            "kept": kept, "headline": headline, "advice": advice,
            "kind": kind, "told": json.dumps(values) if values else None, "code": code,
        }  # fmt: skip
        records.execute(
            sa.text("INSERT INTO carried VALUES (:kept, :headline, :advice, :kind, :told, :code)"), row
        )
    records.execute(sa.text(
        "UPDATE part SET reason = carried.kind, reason_values = carried.told, code = carried.code "
        "FROM carried "
        "WHERE part.reason = kept AND part.headline = carried.headline AND part.advice = carried.advice"
    ))  # fmt: skip
    records.execute(sa.text("DROP TABLE carried"))


def _carry_over_attempts() -> None:
    """Tell the program's own reasons from the marketplace's codes, which stood in one column."""
    code: sa.ColumnClause[str] = sa.column("code")
    outcome: sa.ColumnClause[str] = sa.column("outcome")
    attempt = sa.table("attempt", code, outcome, sa.column("detail"), sa.column("reason"))
    of_the_day = sa.and_(code == "budget", outcome == "waiting")
    kind = sa.case((of_the_day, "day_used_up"), else_=code)
    op.execute(attempt.update().where(code.in_(OWN_OF_ATTEMPTS)).values(reason=kind, code=""))
    found = attempt.update().where(outcome == "sent", sa.column("detail") == "found by reading back")
    op.execute(found.values(reason="found_in_chat", detail=""))


def _carry_over_generations() -> None:
    """Tell the program's own purposes from what a person wrote, which stood in one column."""
    reason: sa.ColumnClause[str] = sa.column("reason")
    generation = sa.table("generation", reason, sa.column("words"))
    offered = {"Hidden by the marketplace": "resent_hidden", "Text changed": "resent_refused"}
    for words, kind in offered.items():
        op.execute(generation.update().where(reason == words).values(reason=kind))
    own = ["F4", "fitted", "one picture", "by_hand", *offered.values()]
    op.execute(generation.update().where(reason.not_in(own)).values(words=reason, reason="resent"))
