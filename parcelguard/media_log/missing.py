"""What the buyer has got of a proof, and so what is still to be sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parcelguard.core.parts import Part, PartKind, PartState
from parcelguard.core.proofs import Photo

TEXT = ""  # the text's place among the photo ids of a proof's visible parts


@dataclass(frozen=True, slots=True)
class Missing:
    """What a buyer has not got."""

    text: bool
    photos: tuple[Photo, ...]


def missing_of(parts: Iterable[Part], photos: Iterable[Photo]) -> Missing:
    """Return what the buyer did not get since the whole proof was last complete; if it is, all of it.

    What came after it was complete belongs to a deliberate repetition, which counts from the start.
    """
    parts, photos = tuple(parts), tuple(photos)
    with_text = any(part.kind in (PartKind.TEXT, PartKind.HAND) for part in parts)
    whole = {photo.id for photo in photos} | ({TEXT} if with_text else set())
    shown: set[str] = set()
    for part in parts:
        if part.kind.visible and part.state is PartState.SENT:
            shown = _carried(part, whole) if shown == whole else shown | _carried(part, whole)
    shown = set() if shown == whole else shown
    return Missing(TEXT not in shown, tuple(photo for photo in photos if photo.id not in shown))


def _carried(part: Part, whole: set[str]) -> set[str]:
    if part.kind is PartKind.HAND:
        return whole
    return {TEXT} if part.kind is PartKind.TEXT else set(part.photo_ids)
