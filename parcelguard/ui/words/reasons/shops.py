"""What is said about connecting a shop, and about its settings."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.reasons.shops import ShopReason

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    ShopReason.WRONG_SETTINGS: (
        msgid("The settings file has a mistake."),
        msgid("Mend the line named above, then start again."),
    ),
}
