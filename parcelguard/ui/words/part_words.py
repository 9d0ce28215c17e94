"""What the parts of a proof are called; photos, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.parts import PartKind, PartLabel
from parcelguard.core.proofs import Photo, Shot
from parcelguard.runtime.translation import tr, trn

_PHOTOS = {
    Shot.CONTENTS: msgid("Photo {number}, contents"),
    Shot.LABEL: msgid("Photo {number}, label"),
    Shot.WEIGHT: msgid("Photo {number}, weight"),
}

_PARTS: Mapping[PartKind, str] = {
    PartKind.TEXT: msgid("Message"),
    PartKind.OPEN: msgid("Order and conversation"),
    PartKind.CHECK: msgid("Later check of the chat"),
    PartKind.HAND: msgid("By hand"),
}


def part_name(part: PartLabel) -> str:
    """Return what a person calls a part: "Message", "Photo 2"."""
    if part.kind in _PARTS:
        return tr(_PARTS[part.kind])
    if part.joined:
        return tr("Photos in one picture")
    return photo_name(part.photo) if part.photo else tr("Photo")


def photo_name(ordinal: int) -> str:
    """Return what a photo is called."""
    return tr("Photo {number}", number=ordinal)


def photo_of(photo: Photo) -> str:
    """Return what a photo is called, and what it is of."""
    return tr(_PHOTOS[photo.shot], number=photo.ordinal)


def count_photos(count: int) -> str:
    """Return how many photos there are."""
    return trn("{count} photo", "{count} photos", count)
