"""How a proof goes to the buyer: which messages, in which order, and how few it may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from parcelguard.core.parts import PartKind, together
from parcelguard.core.shops import Shop


def plan_parts(
    photo_ids: Sequence[str], *, with_text: bool = True, one_picture: bool = False
) -> list[tuple[PartKind, str]]:
    """Return (kind, photo id) in sending order: uploads show nothing and go first, then text, then pictures.

    A refused text so stops the set before any picture is shown to the buyer. `one_picture`: all photos
    go as one.
    """
    pictures = [together(photo_ids)] if one_picture and photo_ids else photo_ids
    return [
        *((PartKind.UPLOAD, picture) for picture in pictures),
        (PartKind.OPEN, ""),
        *([(PartKind.TEXT, "")] if with_text else []),
        *((PartKind.IMAGE, picture) for picture in pictures),
    ]


def plan_by_hand() -> list[tuple[PartKind, str]]:
    """Return the parts of a set that a person sends."""
    return [(PartKind.HAND, "")]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may still be said: `left` of `limit` messages or calls, as `used` are gone; more from `until` on.

    `left` is None where nothing limits it, or only the chat itself can tell.
    """

    left: int | None = None
    until: datetime | None = None
    used: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class MessageSet:
    """How a proof goes to the buyer: with its text or not, its photos singly or as one picture."""

    with_text: bool
    one_picture: bool

    def messages(self, photos: int) -> int:
        """Count the messages it takes to send so many photos."""
        return self.with_text + (min(photos, 1) if self.one_picture else photos)


def fitting_set(
    shop: Shop, photos: int, *, with_text: bool, left: int | None, crowded: bool = False
) -> MessageSet | None:
    """Return how so many photos go within `left` messages; None when a shop's rule has no way for that.

    One picture is the first to give, the text the second: the caption in the picture names the order.
    `crowded`: many proofs of the shop wait, and each should take as few messages as it may.
    """
    single, joined = MessageSet(with_text, one_picture=False), MessageSet(with_text, one_picture=True)
    ways = {
        "never": [single],
        "when_needed": [joined] if crowded else [single, joined],
        "always": [joined],
    }[shop.collage]
    if shop.collage != "never" and photos:
        ways.append(MessageSet(with_text=False, one_picture=True))
    return next((way for way in ways if left is None or way.messages(photos) <= left), None)
