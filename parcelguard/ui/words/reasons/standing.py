"""Which headlines say already where a message is, so that nothing is put before them."""

from __future__ import annotations

from typing import Final

from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.reasons.sending import ASKS_A_PERSON, SendingReason

# "Not sent" before these would be said twice, or be wrong.
TELLS_WHERE_IT_IS: Final[frozenset[ReasonKind]] = frozenset(
    {
        *ASKS_A_PERSON,
        SendingReason.HELD,
        SendingReason.LATE,
        SendingReason.QUIET,
        SendingReason.HIDDEN,
        SendingReason.NOT_SENT,
        SendingReason.NOT_PREPARED,
        SendingReason.NOT_CONFIRMED,
        SendingReason.MAY_HAVE_ARRIVED,
        SendingReason.CLOSED,
        # An earlier version's sentence may say anything: nothing is claimed beside it.
        SendingReason.AS_TOLD,
    }
)
BEGINS_WITH_SAVED: Final[frozenset[ReasonKind]] = frozenset({SendingReason.NO_NETWORK})
