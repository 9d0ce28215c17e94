"""What is said about a marketplace's answers."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import ReasonKind

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    MarketplaceReason.REFUSED: (
        msgid("The marketplace refused this message."),
        msgid("Read the reason in the log, then resend."),
    ),
}
