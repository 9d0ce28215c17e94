"""What the records look like to those who read them: frozen values, free of SQLAlchemy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from parcelguard.core.parts import Decision, Part, PartKind, PartLabel, Purpose
from parcelguard.core.proofs import Photo, Proof, ProofState
from parcelguard.core.reasons.reason import Reason
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

    `reason` and `due_at` are of the part that keeps the proof from being delivered. `generation`: how
    often it was sent on purpose, whatever the marketplace's limits made of it.
    """

    proof: Proof
    at: datetime
    shop: Shop | None
    thumbnail: str
    photos: int
    generation: int = 0
    reason: Reason | None = None
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


class StepKind(StrEnum):
    """What one step of a proof's history tells, and which values of it are set."""

    PHOTOS_TAKEN = "photos_taken"  # count, by, station
    PHOTOS_FOUND = "photos_found"  # the same; some of them only found again after a stop
    SAVED = "saved"
    SAVED_TO_SEND = "saved_to_send"
    SAVED_BY_HAND = "saved_by_hand"
    SHORTENED = "shortened"  # the buyer may be told no more now
    TAKEN_OVER = "taken_over"  # by
    SENT_AGAIN = "sent_again"  # by, purpose
    DONE = "done"  # part
    FOUND = "found"  # part: by reading the chat back
    HELD = "held"  # part, reason
    NOT_TAKEN = "not_taken"  # part, shop ("": unknown), code ("": none)
    UNCLEAR = "unclear"  # part
    ON_ITS_WAY = "on_its_way"  # part
    NOT_SENT = "not_sent"  # part, count: of tries in a row
    GIVEN_UP = "given_up"  # part
    DECIDED = "decided"  # by, decision
    CLOSED = "closed"  # by, note


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened to a proof; `kind` says which of the values belong to it."""

    at: datetime
    kind: StepKind
    tone: Tone
    part: PartLabel | None = None
    reason: Reason | None = None
    decision: Decision | None = None
    purpose: Purpose | None = None
    by: str = ""
    station: str = ""
    shop: str = ""
    code: str = ""
    note: str = ""  # as a person wrote it
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofDetail:
    """Everything the right side of the log shows. `unchanged` is None until the files were checked."""

    entry: LogEntry
    photos: tuple[Photo, ...]
    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    text: str
    reason: Reason | None = None

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
    """One part that waits for a person, and why.

    `may_arrive_until`: before that moment a message that is not there may still come. `text` is what
    the buyer was or would be told.
    """

    part_id: str
    proof: Proof
    part: PartLabel
    reason: Reason | None
    since: datetime
    thumbnail: str
    text: str = ""
    looks: tuple[LookTaken, ...] = ()
    may_arrive_until: datetime | None = None


class AttentionTopic(StrEnum):
    """What a group of messages waits for, in the order in which a day's groups are listed."""

    ARRIVAL = "arrival"  # nobody knows whether they arrived
    CHECKING = "checking"  # they are being looked for in the chat
    LATE = "late"
    QUIET = "quiet"
    ORDER_CANCELLED = "order_cancelled"
    SHOP_OFF = "shop_off"
    BUDGET = "budget"
    NOTHING_LEFT = "nothing_left"
    WITHOUT_PHOTO = "without_photo"
    HIDDEN = "hidden"
    REFUSED = "refused"  # by the marketplace, in its own words
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionKey:
    """What the messages of one group have in common.

    `code` and `part`: what the marketplace gave as its reason, and for which kind of part; only where it
    said no itself.
    """

    topic: AttentionTopic
    shop_id: str
    day: date
    code: str = ""
    part: PartKind | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """The quiet hours where a shop's buyers live: what the clock shows there, and until when they last."""

    now: time
    until: time


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionGroup:
    """What waits for the same reason, of one shop and one day, oldest first; `total` may exceed the items.

    `reason` is that of the oldest. `answers` are the decisions that make sense here. `editable`: the words
    can be changed and sent anew, from the log. `night`: what to know before sending.
    """

    key: AttentionKey
    reason: Reason | None
    shop: str
    answers: tuple[Decision, ...]
    items: tuple[AttentionItem, ...]
    total: int
    editable: bool = False
    night: Night | None = None

    @property
    def topic(self) -> AttentionTopic:
        """What the messages wait for."""
        return self.key.topic

    @property
    def day(self) -> date:
        """Since when they wait."""
        return self.key.day
