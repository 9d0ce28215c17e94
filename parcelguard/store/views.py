"""What the records look like to those who read them: frozen values, free of SQLAlchemy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from parcelguard.core.parts import Decision, Part
from parcelguard.core.proofs import Photo, Proof, ProofState
from parcelguard.core.shops import Shop


class LogFilter(StrEnum):
    """The chips above the log."""

    ALL = "all"
    SENT = "sent"
    SENDING = "sending"
    WAITING = "waiting"
    FAILED = "failed"  # a person has to look
    BY_HAND = "by_hand"  # a person sends it
    NOT_SENT = "not_sent"  # left without F4, or no chat to send to, or closed


FILTER_STATES: dict[LogFilter, tuple[ProofState, ...]] = {
    LogFilter.SENT: (ProofState.DELIVERED, ProofState.PARTLY, ProofState.HANDED),
    LogFilter.SENDING: (ProofState.SENDING,),
    LogFilter.WAITING: (ProofState.WAITING,),
    LogFilter.FAILED: (ProofState.ATTENTION,),
    LogFilter.BY_HAND: (ProofState.BY_HAND,),
    LogFilter.NOT_SENT: (ProofState.ABANDONED, ProofState.SAVED, ProofState.CLOSED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """What the log is asked for. Times in UTC, `until` exclusive; `text` finds orders, tracking, buyers."""

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    filter: LogFilter = LogFilter.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One row of the log. `thumbnail` is relative to the media folder; empty when there is none.

    `headline` and `due_at` are of the part that keeps the proof from being delivered. `generation`: how
    often it was sent on purpose, whatever the marketplace's limits made of it.
    """

    proof: Proof
    at: datetime
    shop: Shop | None
    thumbnail: str
    photos: int
    generation: int = 0
    headline: str = ""
    due_at: datetime | None = None
    sent_at: datetime | None = None
    asks: bool = False  # nobody knows whether a message arrived; a person decides
    checking: bool = False  # the chat is being looked through for one


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries newest first, and where the next page begins (None at the end)."""

    entries: tuple[LogEntry, ...]
    next: tuple[datetime, str] | None


class Tone(StrEnum):
    """The colour of one step."""

    OK = "ok"
    WAIT = "wait"
    BAD = "bad"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a proof, in words."""

    at: datetime
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofDetail:
    """Everything the right side of the log shows. `unchanged` is None until the files were checked."""

    entry: LogEntry
    photos: tuple[Photo, ...]
    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    text: str
    headline: str = ""
    advice: str = ""

    @property
    def undecided(self) -> tuple[Part, ...]:
        """The parts of which nobody knows whether they arrived; a person decides."""
        return tuple(part for part in self.parts if part.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandJob:
    """What one buyer still has to get by hand; `part_id` is what HANDED is answered about.

    `order_number` is the scanned code where no order is known. `photos` are paths in the media folder.
    """

    part_id: str
    proof_id: str
    shop: Shop | None
    order_number: str
    buyer_name: str
    text: str
    photos: tuple[str, ...]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """One message seen when a chat was read back. `text` is empty for what the buyer wrote."""

    at: datetime | None
    own: bool
    kind: str
    text: str
    matches: bool


@dataclass(frozen=True, slots=True)
class LookTaken:
    """One reading back of a chat: when, whether it reached far enough, and what it showed, newest first.

    `found`: the marketplace's ids of the own messages that match.
    """

    at: datetime
    covered: bool
    found: tuple[str, ...] = ()
    seen: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionItem:
    """One part that waits for a person. `what` names it: "Message", "Photo 2".

    `may_arrive_until`: before that moment a message that is not there may still come. `text` is what
    the buyer was or would be told.
    """

    part_id: str
    proof: Proof
    what: str
    headline: str
    advice: str
    since: datetime
    thumbnail: str
    text: str = ""
    looks: tuple[LookTaken, ...] = ()
    may_arrive_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionGroup:
    """What waits for the same reason, of one shop and one day, oldest first; `total` may exceed the items.

    `answers` are the decisions that make sense here. `editable`: the words can be changed and sent
    anew, from the log.
    """

    reason: str
    title: str
    shop: str
    day: date
    answers: tuple[Decision, ...]
    items: tuple[AttentionItem, ...]
    total: int
    editable: bool = False
    caution: str = ""  # what to know before sending: "It is 22:10 in Malaysia: quiet hours until 08:00."
