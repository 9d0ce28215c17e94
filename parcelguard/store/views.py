"""What the records look like to those who read them: frozen values, free of SQLAlchemy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from parcelguard.domain import Part, Photo, Proof, ProofState, Shop


class LogFilter(StrEnum):
    """The chips above the log."""

    ALL = "all"
    SENT = "sent"
    SENDING = "sending"
    WAITING = "waiting"
    FAILED = "failed"  # a person has to look
    NOT_SENT = "not_sent"  # left without F4, or no chat to send to, or closed


FILTER_STATES: dict[LogFilter, tuple[ProofState, ...]] = {
    LogFilter.SENT: (ProofState.DELIVERED, ProofState.PARTLY),
    LogFilter.SENDING: (ProofState.SENDING,),
    LogFilter.WAITING: (ProofState.WAITING,),
    LogFilter.FAILED: (ProofState.ATTENTION,),
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

    `headline` and `due_at` are of the part that keeps the proof from being delivered.
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
