"""The sentences of the log. As in `words`: nothing is called sent but what the marketplace accepted.

What a person said to have sent is called "sent by hand".
"""

from __future__ import annotations

from datetime import datetime

from parcelguard.core.message_id import msgid
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.runtime.translation import tr
from parcelguard.store.views import LogEntry, LogFilter
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.words.part_words import count_photos
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.reasons.standing import TELLS_WHERE_IT_IS
from parcelguard.ui.words.sentences import label
from parcelguard.ui.words.times import clock

FILTERS: dict[LogFilter, str] = {
    LogFilter.ALL: msgid("All"),
    LogFilter.SENT: msgid("Sent"),
    LogFilter.SENDING: msgid("Sending"),
    LogFilter.WAITING: msgid("Waiting"),
    LogFilter.FAILED: msgid("Needs you"),
    LogFilter.BY_HAND: msgid("To send by hand"),
    LogFilter.NOT_SENT: msgid("Not sent"),
}

_STATES: dict[ProofState, tuple[BandTone, str]] = {
    ProofState.DRAFT: (BandTone.INFO, msgid("Being packed")),
    ProofState.ABANDONED: (BandTone.READY, msgid("Left without F4")),
    ProofState.SAVED: (BandTone.READY, msgid("Saved, not sent")),
    ProofState.SENDING: (BandTone.INFO, msgid("Sending")),
    ProofState.WAITING: (BandTone.WARN, msgid("Waiting")),
    ProofState.DELIVERED: (BandTone.OK, msgid("Sent")),
    ProofState.ATTENTION: (BandTone.BAD, msgid("Failed")),
    ProofState.PARTLY: (BandTone.WARN, msgid("Partly sent")),
    ProofState.BY_HAND: (BandTone.WARN, msgid("To send by hand")),
    ProofState.HANDED: (BandTone.INFO, msgid("Sent by hand")),
    ProofState.CLOSED: (BandTone.READY, msgid("Closed, not sent")),
}
HIDDEN = msgid("Accepted but hidden by the marketplace")
ON_THE_WAY = (ProofState.SENDING, ProofState.WAITING)


def status(entry: LogEntry, now: datetime) -> tuple[BandTone, str]:
    """Return the colour and the words of one row of the log."""
    state = entry.proof.state
    tone, usual = _STATES[state]
    if state is ProofState.ATTENTION:
        return tone, _attention(entry)
    if state in ON_THE_WAY and entry.checking:
        left = _time_left(entry, now)
        return tone, tr("Checking the chat · {left}", left=left) if left else tr("Checking the chat")
    if state is ProofState.WAITING and (left := _time_left(entry, now)):
        return tone, tr("Waiting · tries again in {left}", left=left)
    if state is ProofState.DELIVERED:
        return tone, _sent(entry)
    if state is ProofState.HANDED and entry.sent_at:
        return tone, tr("Sent by hand {clock}", clock=clock(entry.sent_at))
    return tone, tr(usual)


def counts_down(entry: LogEntry) -> bool:
    """Whether the words of this row change by themselves."""
    return entry.due_at is not None and entry.proof.state in ON_THE_WAY


def picture_words(entry: LogEntry) -> str:
    """Return what a row's picture is called."""
    return count_photos(entry.photos) if entry.photos else tr("No photo")


def link_words(state: ProofState) -> str:
    """Return what the link says that sends a proof, or sends it again."""
    return tr("Send now") if state is ProofState.SAVED else tr("Resend")


def _attention(entry: LogEntry) -> str:
    """Return why a person has to look. What may have arrived, or did, is never called failed."""
    if entry.reason is None:
        return tr("Asks you") if entry.asks else tr("Failed")
    words = label(said(entry.reason).headline)
    if entry.asks:
        return tr("Asks you · {reason}", reason=words)
    if entry.reason.kind is SendingReason.HIDDEN:
        return tr(HIDDEN)
    # What an earlier version said in a sentence is certain here too: what may have arrived asks, see above.
    kind = entry.reason.kind
    says_itself = kind in TELLS_WHERE_IT_IS and kind is not SendingReason.AS_TOLD
    return words if says_itself else tr("Failed · {reason}", reason=words)


def _sent(entry: LogEntry) -> str:
    sent = tr("Sent {clock}", clock=clock(entry.sent_at)) if entry.sent_at else tr("Sent")
    return tr("{sent} · resent", sent=sent) if entry.generation > 1 else sent


def _time_left(entry: LogEntry, now: datetime) -> str:
    if entry.due_at is None:
        return ""
    left = max(0, round((entry.due_at - now).total_seconds()))
    return f"{left // 60}:{left % 60:02d}"
