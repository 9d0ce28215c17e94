"""The sentences of the log. As in `words`: nothing but DELIVERED is called sent."""

from __future__ import annotations

from datetime import datetime

from parcelguard.domain import ProofState
from parcelguard.store.views import LogEntry, LogFilter
from parcelguard.ui.words import BandTone, failure

FILTERS: dict[LogFilter, str] = {
    LogFilter.ALL: "All",
    LogFilter.SENT: "Sent",
    LogFilter.SENDING: "Sending",
    LogFilter.WAITING: "Waiting",
    LogFilter.FAILED: "Failed",
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
    ProofState.CLOSED: (BandTone.READY, "Closed, not sent"),
}


def status(entry: LogEntry, now: datetime) -> tuple[BandTone, str]:
    """Return the colour and the words of one row of the log."""
    state = entry.proof.state
    tone, words = _STATES[state]
    if state is ProofState.ATTENTION and entry.headline:
        told = failure(entry.headline)
        words = f"Failed · {told.removeprefix('Not sent: ')}" if told.startswith("Not sent") else told
    elif state is ProofState.WAITING and entry.due_at is not None:
        left = max(0, round((entry.due_at - now).total_seconds()))
        words = f"Waiting · again in {left // 60}:{left % 60:02d}"
    elif state is ProofState.DELIVERED:
        when = f" {entry.sent_at.astimezone():%H:%M:%S}" if entry.sent_at else ""
        words = f"Sent{when}{' · resent' if entry.generation > 1 else ''}"
    return tone, words
