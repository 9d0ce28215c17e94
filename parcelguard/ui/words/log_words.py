"""The sentences of the log. As in `words`: nothing is called sent but what the marketplace accepted.

What a person said to have sent is called "sent by hand".
"""

from __future__ import annotations

from datetime import datetime

from parcelguard.core.proofs import ProofState
from parcelguard.store.views import LogEntry, LogFilter
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.words.pack_words import HIDDEN, failure, hidden
from parcelguard.ui.words.sentences import label

FILTERS: dict[LogFilter, str] = {
    LogFilter.ALL: "All",
    LogFilter.SENT: "Sent",
    LogFilter.SENDING: "Sending",
    LogFilter.WAITING: "Waiting",
    LogFilter.FAILED: "Needs you",
    LogFilter.BY_HAND: "To send by hand",
    LogFilter.NOT_SENT: "Not sent",
}

_STATES: dict[ProofState, tuple[BandTone, str]] = {
    ProofState.DRAFT: (BandTone.INFO, "Being packed"),
    ProofState.ABANDONED: (BandTone.READY, "Left without F4"),
    ProofState.SAVED: (BandTone.READY, "Saved, not sent"),
    ProofState.SENDING: (BandTone.INFO, "Sending"),
    ProofState.WAITING: (BandTone.WARN, "Waiting"),
    ProofState.DELIVERED: (BandTone.OK, "Sent"),
    ProofState.ATTENTION: (BandTone.BAD, "Failed"),
    ProofState.PARTLY: (BandTone.WARN, "Partly sent"),
    ProofState.BY_HAND: (BandTone.WARN, "To send by hand"),
    ProofState.HANDED: (BandTone.INFO, "Sent by hand"),
    ProofState.CLOSED: (BandTone.READY, "Closed, not sent"),
}
_FAILED = "Not sent: "
ON_THE_WAY = (ProofState.SENDING, ProofState.WAITING)


def status(entry: LogEntry, now: datetime) -> tuple[BandTone, str]:
    """Return the colour and the words of one row of the log."""
    state = entry.proof.state
    tone, words = _STATES[state]
    if state is ProofState.ATTENTION and entry.asks:
        words = f"Asks you · {_inside(entry.headline)}" if entry.headline else "Asks you"
    elif state is ProofState.ATTENTION and hidden(entry.headline):
        words = HIDDEN
    elif state is ProofState.ATTENTION and entry.headline:
        told = failure(entry.headline)
        words = f"Failed · {told.removeprefix(_FAILED)}" if told.startswith(_FAILED) else told
    elif state in ON_THE_WAY and entry.checking:
        words = f"Checking the chat{_left(' · ', entry, now)}"
    elif state is ProofState.WAITING:
        words = f"Waiting{_left(' · tries again in ', entry, now)}"
    elif state is ProofState.DELIVERED:
        words = f"Sent{_at(entry)}{' · resent' if entry.generation > 1 else ''}"
    elif state is ProofState.HANDED:
        words = f"Sent by hand{_at(entry)}"
    return tone, words


def counts_down(entry: LogEntry) -> bool:
    """Whether the words of this row change by themselves."""
    return entry.due_at is not None and entry.proof.state in ON_THE_WAY


def _at(entry: LogEntry) -> str:
    return f" {entry.sent_at.astimezone():%H:%M:%S}" if entry.sent_at else ""


def _left(words: str, entry: LogEntry, now: datetime) -> str:
    if entry.due_at is None:
        return ""
    left = max(0, round((entry.due_at - now).total_seconds()))
    return f"{words}{left // 60}:{left % 60:02d}"


def _inside(headline: str) -> str:
    """Return a headline as it stands after other words."""
    told = label(headline)
    return told[:1].lower() + told[1:]
