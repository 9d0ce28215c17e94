"""Values and rules the whole application agrees on.

Nothing here touches a screen, a disk or a network, so every rule can be tested in
microseconds. Times are always timezone-aware and in UTC; ids are UUID version 7 as text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Literal

MAX_PHOTOS = 3
LONGEST_MESSAGE = 600  # of a shop whose marketplace says nothing else


def new_id() -> str:
    """Return a new UUID version 7: unique without asking anyone, and sorted by time."""
    from uuid_utils import uuid7  # not needed before the first paint

    return str(uuid7())


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


# ---- Orders ------------------------------------------------------------------------------


Collage = Literal["never", "when_needed", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One seller account at one marketplace in one country.

    `enabled`: its chat is written to. `by_hand`: a person sends instead, in the seller centre.
    `collage`: when a proof's photos go as one picture; when_needed means that the buyer may be told
    too little for single ones, or that more than `collage_when_waiting` proofs of the shop wait.
    """

    id: str
    marketplace: str
    region: str
    name: str
    message: str
    enabled: bool = True
    by_hand: bool = False
    title: str = ""
    longest_text: int = LONGEST_MESSAGE
    collage: Collage = "when_needed"
    collage_when_waiting: int = 100

    @property
    def writes(self) -> bool:
        """Whether its buyers are written to from here."""
        return self.enabled and not self.by_hand

    @property
    def label(self) -> str:
        """What the small badge says: 'Shopee MY'."""
        return self.title or f"{self.marketplace.capitalize()} {self.region}".strip()


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order."""

    name: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a buyer bought in one marketplace order, as last read from the marketplace.

    `buyer_id` is empty where the marketplace names no buyer to write to. `codes` are all
    texts that find this order when scanned, its own number included.
    """

    shop_id: str
    number: str
    buyer_id: str = ""
    buyer_name: str = ""
    tracking: str = ""
    carrier: str = ""
    cancelled: bool = False
    items: tuple[Item, ...] = ()
    codes: tuple[str, ...] = ()


def conversation_of(shop_id: str, buyer_id: str) -> str:
    """Name the conversation of a shop with a buyer, whether or not the marketplace has opened it."""
    return f"{shop_id}/{buyer_id}"


class ScanSource(StrEnum):
    """How a code came in."""

    WEDGE = "wedge"
    CAMERA = "camera"
    TYPED = "typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One code from any scanner: `text` is normalised, `raw` is what arrived.

    `candidates` are further texts worth looking up when `text` finds nothing (the parts
    of a QR payload, the query values of an address). `kind` and `hint` name what the text
    looks like ("order", "shopee"); they are a guess and never acted on alone.
    """

    text: str
    raw: str
    source: ScanSource
    symbology: str = ""
    candidates: tuple[str, ...] = ()
    kind: str = ""
    hint: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts worth looking up, the best first."""
        return (self.text, *self.candidates)


# ---- Photos and proofs -------------------------------------------------------------------


class Shot(StrEnum):
    """What a photo is for, in the order they are taken."""

    CONTENTS = "contents"
    LABEL = "label"
    WEIGHT = "weight"

    @classmethod
    def at(cls, ordinal: int) -> Shot:
        """Return the shot that photo number `ordinal` (from 1) is for."""
        return tuple(cls)[min(ordinal, MAX_PHOTOS) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One durable original JPEG. `path` is relative to the media folder; size in bytes, edges in pixels."""

    id: str
    proof_id: str
    ordinal: int
    shot: Shot
    path: str
    sha256: str
    size: int
    width: int
    height: int
    taken_at: datetime
    sharp: bool = True
    recovered: bool = False


class ProofState(StrEnum):
    """Where a proof stands. From SENDING on it follows from the proof's parts."""

    DRAFT = "draft"  # order open, every photo so far durable
    ABANDONED = "abandoned"  # left without F4; photos kept
    SAVED = "saved"  # F4 committed, but there is no chat to send to
    SENDING = "sending"
    WAITING = "waiting"  # on its way, and something outside has to come back first
    DELIVERED = "delivered"  # every visible part accepted by the marketplace
    ATTENTION = "attention"  # a person has to look
    PARTLY = "partly"  # some visible parts sent, the rest cancelled by a person
    BY_HAND = "by_hand"  # a person sends it in the seller centre
    HANDED = "handed"  # a person has said that it is sent
    CLOSED = "closed"  # nothing more will be sent, by a person's decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Up to three photos and one message for one order. The order's facts are copied at opening."""

    id: str
    state: ProofState
    code: str
    raw_code: str
    source: ScanSource
    station: str
    packer: str
    opened_at: datetime
    saved_at: datetime | None = None
    shop_id: str = ""
    order_number: str = ""
    buyer_id: str = ""
    buyer_name: str = ""
    tracking: str = ""

    @property
    def conversation(self) -> str:
        """Name the conversation this proof goes into."""
        return conversation_of(self.shop_id, self.buyer_id)

    def about(self, order: Order) -> Proof:
        """Return the proof with the order's facts, which so outlive the order."""
        return replace(
            self,
            shop_id=order.shop_id,
            order_number=order.number,
            buyer_id=order.buyer_id,
            buyer_name=order.buyer_name,
            tracking=order.tracking,
        )


@dataclass(frozen=True, slots=True)
class Today:
    """The bench's own figures: orders saved today, and seconds from scan to F4 in the last hour."""

    packed: int = 0
    seconds_per_order: int | None = None


class PartKind(StrEnum):
    """What goes over the wire for a proof."""

    UPLOAD = "upload"
    OPEN = "open"
    TEXT = "text"
    IMAGE = "image"
    CHECK = "check"  # later: did the marketplace hide what it had accepted?
    HAND = "hand"  # all that the buyer has not got yet, sent by a person

    @property
    def visible(self) -> bool:
        """Whether the buyer sees it. Only visible parts must never go out twice."""
        return self in (PartKind.TEXT, PartKind.IMAGE, PartKind.HAND)


class PartState(StrEnum):
    """Where one part stands; the transitions live in `delivery`."""

    BLOCKED = "blocked"
    QUEUED = "queued"
    LEASED = "leased"
    WAITING = "waiting"  # provably not sent; repeats by itself when due
    UNKNOWN = "unknown"  # may have been sent; rests, then is looked for in the chat
    HELD = "held"  # a person decides
    REFUSED = "refused"
    SENT = "sent"
    FILTERED = "filtered"  # accepted, and hidden from the buyer later
    CANCELLED = "cancelled"

    @property
    def stuck(self) -> bool:
        """Whether nothing moves it any more but a person."""
        return self in (PartState.HELD, PartState.REFUSED, PartState.FILTERED)

    @property
    def settled(self) -> bool:
        """Whether nothing will move this part by itself any more, and the next may go."""
        return self in (PartState.SENT, PartState.FILTERED, PartState.CANCELLED)


# Why a set of parts was planned, where no person gave a reason.
F4 = "F4"
FITTED = "fitted"  # the buyer may be told less than F4 planned
ONE_PICTURE = "one picture"  # a person had it put together

# Why a part is held, where the program itself says so; a marketplace's reasons are its own codes.
UNKNOWN_REASON = "unknown"  # nobody knows whether it arrived
LOOK_AND_ANSWER = "Open the chat, then answer: it is there, or not there."  # what to do about it
LATE = "late"
QUIET = "quiet"
PHOTO_MISSING = "photo_missing"
SHOP_OFF = "shop_off"
BUDGET = "budget"  # the marketplace lets the buyer be told less than this now
NOTHING_LEFT = "nothing_left"  # it lets him be told nothing at all
BY_HAND = "by_hand"  # nothing is wrong: a person sends it; also why such a set was planned
OWN_REASONS = frozenset({UNKNOWN_REASON, LATE, QUIET, PHOTO_MISSING, SHOP_OFF, BUDGET, NOTHING_LEFT, BY_HAND})
CHECKING = "checking"  # not held: it is being looked for in the chat


class Decision(StrEnum):
    """A person's answer about a part that does not move by itself."""

    THERE = "there"
    SEND_AGAIN = "send_again"
    LEAVE = "leave"
    TAKE_BACK = "take_back"  # it is there twice: recall one of them
    ONE_PICTURE = "one_picture"  # send what is left of the photos as one picture
    HANDED = "handed"  # it is sent by hand
    NOT_HANDED = "not_handed"  # that was a slip: it still waits for somebody to send it


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that goes over the wire for a proof, with its present state.

    `photo_id`: which photo it carries; of several in one picture all their ids, as `together` joins them.
    """

    id: str
    proof_id: str
    generation: int
    ordinal: int
    kind: PartKind
    state: PartState
    conversation: str
    photo_id: str = ""
    attempts: int = 0
    due_at: datetime | None = None
    changed_at: datetime | None = None
    reason: str = ""
    headline: str = ""
    advice: str = ""
    remote_id: str = ""
    address: str = ""

    @property
    def photo_ids(self) -> tuple[str, ...]:
        """The photos it carries, in order."""
        return tuple(self.photo_id.split(_JOINT)) if self.photo_id else ()

    @property
    def asked(self) -> bool:
        """Whether a person is asked if it arrived: it was looked for, and nobody can tell."""
        return self.state is PartState.HELD and self.reason == UNKNOWN_REASON

    @property
    def in_doubt(self) -> bool:
        """Whether it may have arrived; then nothing else goes into its conversation."""
        return self.asked or self.state in (PartState.LEASED, PartState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When buyers of a market are asleep: messages that are late already do not go out by themselves.

    `offset`: the market's time against UTC; none of the markets keeps summer time.
    """

    offset: timedelta
    start: time = time(21)
    end: time = time(8)

    def until(self, moment: datetime) -> datetime | None:
        """Return when the quiet ends that `moment` falls into, in UTC; None when it falls into none."""
        local = (moment + self.offset).replace(tzinfo=None)
        clock = local.time()
        overnight = self.start > self.end
        quiet = (clock >= self.start or clock < self.end) if overnight else self.start <= clock < self.end
        if not quiet:
            return None
        end = datetime.combine(local.date(), self.end)
        if end <= local:
            end += timedelta(days=1)
        return end.replace(tzinfo=UTC) - self.offset


_HOURS_EAST = {"MY": 8, "SG": 8, "ID": 7, "TH": 7, "VN": 7, "PH": 8, "TW": 8, "BR": -3}


def quiet_hours(region: str, told: str = "21:00-08:00") -> QuietHours | None:
    """Return the quiet hours of a market, "off" for none; None too where the market's time is not known."""
    hours = _HOURS_EAST.get(region)
    if hours is None or told == "off":
        return None
    start, end = (time.fromisoformat(each) for each in told.split("-"))
    return QuietHours(timedelta(hours=hours), start, end)


# ---- What goes to the buyer --------------------------------------------------------------

_JOINT = "+"  # no id holds it


def together(photo_ids: Iterable[str]) -> str:
    """Return the one id under which a part carries several photos in one picture."""
    return _JOINT.join(photo_ids)


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
    """What a buyer may still be told: `left` messages, and more from `until` on; `why`, in words.

    `left` is None where nothing limits it, or only the chat itself can tell.
    """

    left: int | None = None
    until: datetime | None = None
    why: str = ""


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


def proof_state(parts: Collection[Part]) -> ProofState:
    """Derive a proof's state from the parts of its newest generation."""
    states = {part.state for part in parts}
    visible = [part.state for part in parts if part.kind.visible]
    by_hand = any(part.kind is PartKind.HAND for part in parts)
    if visible and all(state is PartState.SENT for state in visible):
        return ProofState.HANDED if by_hand else ProofState.DELIVERED
    if states & {PartState.HELD, PartState.REFUSED, PartState.FILTERED}:
        return ProofState.BY_HAND if by_hand else ProofState.ATTENTION
    if all(state.settled for state in visible):
        return ProofState.PARTLY if PartState.SENT in visible else ProofState.CLOSED
    if states & {PartState.WAITING, PartState.UNKNOWN}:
        return ProofState.WAITING
    return ProofState.SENDING


# ---- The preset message ------------------------------------------------------------------

PLACEHOLDERS = ("buyer", "order", "shop", "tracking", "items")
DEFAULT_MESSAGE = (
    "Hi {buyer}, your order {order} is packed. Here are photos of your parcel before it is sealed."
)


def unknown_placeholders(template: str) -> list[str]:
    """Return what stands in braces and is no placeholder, so that a typing slip is told early."""
    return [name for name in _braced(template) if name not in PLACEHOLDERS]


def fill_message(template: str, order: Order, shop: Shop) -> str:
    """Return the text as the buyer gets it, the list of items shortened so that all of it fits.

    What stands in an order is never read as a template. Where no buyer is named, none is greeted: a word
    in his place would have to be in his language.
    """
    longest = shop.longest_text
    if not order.buyer_name:
        for mention in (" {buyer}", "{buyer}, ", "{buyer} ", "{buyer}"):
            template = template.replace(mention, "")
    items = ", ".join(f"{item.quantity} × {item.name}" for item in order.items) or "-"
    values = {
        "buyer": order.buyer_name,
        "order": order.number,
        "shop": shop.name,
        "tracking": order.tracking or "-",
        "items": items,
    }
    filled = _filled(template, values)
    mentions = template.count("{items}")
    if len(filled) > longest and mentions:
        too_many = -(-(len(filled) - longest) // mentions) + 1  # rounded up, and the sign of omission
        values["items"] = items[: max(0, len(items) - too_many)].rstrip(", ") + "…"
        filled = _filled(template, values)
    return filled


def _filled(template: str, values: Mapping[str, str]) -> str:
    filled, rest = "", template
    while rest:
        before, brace, after = rest.partition("{")
        name, closing, remainder = after.partition("}")
        if not brace:
            return filled + before
        if closing and name in values:
            filled, rest = filled + before + values[name], remainder
        else:
            filled, rest = filled + before + brace, after
    return filled


def _braced(template: str) -> list[str]:
    pieces = template.split("{")[1:]
    return [piece.split("}", 1)[0] for piece in pieces if "}" in piece]
