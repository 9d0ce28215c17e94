"""Photos and proofs: what was photographed for one order, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from parcelguard.core.orders import Conversation, Order
from parcelguard.core.scans import ScanSource

MAX_PHOTOS = 3


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
    def conversation(self) -> Conversation:
        """The conversation this proof goes into."""
        return Conversation(self.shop_id, self.buyer_id)

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
