"""What stands on the packing desk, as the screens show it: frozen values and the news about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from parcelguard.core.message_sets import Allowance, MessageSet, fitting_set
from parcelguard.core.orders import Order
from parcelguard.core.proofs import MAX_PHOTOS, Photo, Proof, Today
from parcelguard.core.reasons.reason import Reason
from parcelguard.core.shops import Shop


class DeskState(StrEnum):
    """What the bench is doing; the band on the screen takes its colour and words from it."""

    READY = "ready"
    OPEN = "open"
    UNMATCHED = "unmatched"  # no order has this code (yet); photos are kept under it
    CANCELLED = "cancelled"
    PACKED = "packed"  # the order has a saved proof already; F1 begins another


class NoticeKind(StrEnum):
    """Something the packer should know now; gone with the next thing that works."""

    SCAN_FIRST = "scan_first"
    THREE_ALREADY = "three_already"
    NO_PHOTO_YET = "no_photo_yet"
    NOTHING_TO_RETAKE = "nothing_to_retake"
    OTHER_ORDER_OPEN = "other_order_open"  # code: the one that was scanned
    NOT_AN_ORDER = "not_an_order"  # code: the one that was scanned
    SEVERAL_ORDERS = "several_orders"  # code: the one that was scanned
    STILL_CANCELLED = "still_cancelled"
    NO_SUCH_ORDER = "no_such_order"  # the marketplaces were asked, none knows it
    NOT_LOOKED_UP = "not_looked_up"  # the marketplaces could not be asked
    PHOTO_FAILED = "photo_failed"  # reason: what happened and what to do
    NOT_KEPT = "not_kept"  # reason: what happened and what to do
    RESTORED = "restored"  # an order left open by a crash is back
    PHOTOS_KEPT = "photos_kept"  # code: of the order that was left with photos


class Notice(Struct, frozen=True):
    """What the band should say, and what it is about."""

    kind: NoticeKind
    code: str = ""
    reason: Reason | None = None


class F4Does(StrEnum):
    """What F4 comes to where the buyer may be told too little for a usual set."""

    WAIT_FOR_SUPERVISOR = "wait_for_supervisor"
    SEND_PICTURE_AND_TEXT = "send_picture_and_text"
    SEND_PICTURE_WITHOUT_TEXT = "send_picture_without_text"
    SEND_PICTURE = "send_picture"  # the buyer has the text already


class ShortBudget(Struct, frozen=True):
    """How many messages this buyer may still get, and what F4 does about it."""

    left: int
    f4: F4Does


@dataclass(frozen=True, slots=True)
class DeskPhoto:
    """A durable photo and its small picture (JPEG bytes)."""

    photo: Photo
    thumbnail: bytes = field(repr=False)


class PackedBefore(Struct, frozen=True):
    """When and by whom this order was saved last."""

    at: datetime
    packer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that the Pack screen shows of the bench at this moment."""

    state: DeskState = DeskState.READY
    code: str = ""
    order: Order | None = None
    shop: Shop | None = None
    photos: tuple[DeskPhoto, ...] = ()
    taking: int = 0
    saving: bool = False
    searching: bool = False
    message: str = ""
    message_said: bool = False  # the buyer has this very text already; only the photos follow
    packed_before: PackedBefore | None = None
    short_budget: ShortBudget | None = None  # what is different about sending this time; mostly nothing
    notice: Notice | None = None
    today: Today = field(default_factory=Today)

    @property
    def full(self) -> bool:
        """Whether no further photo can be taken."""
        return len(self.photos) >= MAX_PHOTOS


class DeskChanged(Struct, frozen=True):
    """The bench moved on."""

    desk: Desk


class ProofSaved(Struct, frozen=True):
    """F4 committed a proof; `sends` says whether parts wait for the marketplace."""

    proof: Proof
    sends: bool


def short_budget(shop: Shop, allowance: Allowance, *, with_text: bool) -> ShortBudget | None:
    """Return what F4 does when the buyer may be told too little for a usual set; mostly None."""
    left = allowance.left
    usual = fitting_set(shop, MAX_PHOTOS, with_text=with_text, left=None)
    if left is None or usual is None or left >= usual.messages(MAX_PHOTOS):
        return None
    fit = fitting_set(shop, MAX_PHOTOS, with_text=with_text, left=left)
    return ShortBudget(left, _f4_does(fit, with_text=with_text))


def _f4_does(fit: MessageSet | None, *, with_text: bool) -> F4Does:
    if fit is None:
        return F4Does.WAIT_FOR_SUPERVISOR
    if fit.with_text:
        return F4Does.SEND_PICTURE_AND_TEXT
    return F4Does.SEND_PICTURE_WITHOUT_TEXT if with_text else F4Does.SEND_PICTURE
