"""What is said about messages on their way."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.reasons.sending import SendingReason

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    SendingReason.MISTAKE: (msgid("Something went wrong."), msgid("Call your supervisor.")),
    SendingReason.SHOP_UNREACHABLE: (
        msgid("{shop} cannot be reached since {since:clock}."),
        msgid("Keep packing. Waiting messages are sent by themselves."),
    ),
    SendingReason.SHOP_SLOWED: (msgid("{shop} asks to send more slowly."), ""),
}
