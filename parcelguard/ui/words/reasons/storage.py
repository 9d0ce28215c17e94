"""What is said about this computer's disk, records, keys and clock."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.reasons.storage import StorageReason

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    StorageReason.CANNOT_SAVE: (
        msgid("Cannot save on this computer. Do not close this parcel."),
        msgid("Check that the photo folder exists, can be written to and has free space."),
    ),
}
