"""What the parts of a proof are called; photos, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence

from parcelguard.core.message_id import msgid
from parcelguard.core.parts import PartKind
from parcelguard.core.proofs import Photo, Shot
from parcelguard.runtime.translation import tr, trn

_PHOTOS = {
    Shot.CONTENTS: msgid("Photo {number}, contents"),
    Shot.LABEL: msgid("Photo {number}, label"),
    Shot.WEIGHT: msgid("Photo {number}, weight"),
}


def part_name(kind: PartKind, ordinals: Sequence[int] = ()) -> str:
    """Return what a part is called by its photos' numbers: "Message", "Photo 2", "Photos 1–3"."""
    match kind:
        case PartKind.TEXT:
            return tr("Message")
        case PartKind.OPEN:
            return tr("Order and conversation")
        case PartKind.CHECK:
            return tr("Later check of the chat")
        case PartKind.HAND:
            return tr("By hand")
        case _ if not ordinals:
            return tr("Photo")
        case _ if len(ordinals) == 1:
            return photo_name(ordinals[0])
        case _:
            return tr("Photos {first}–{last}", first=min(ordinals), last=max(ordinals))


def photo_name(ordinal: int) -> str:
    """Return what a photo is called."""
    return tr("Photo {number}", number=ordinal)


def photo_of(photo: Photo) -> str:
    """Return what a photo is called, and what it is of."""
    return tr(_PHOTOS[photo.shot], number=photo.ordinal)


def count_photos(count: int) -> str:
    """Return how many photos there are."""
    return trn("{count} photo", "{count} photos", count)
