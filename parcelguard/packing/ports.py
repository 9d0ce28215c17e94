"""What the packing desk is built from, and what it asks of the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from parcelguard.core.message_sets import Allowance
from parcelguard.core.orders import Conversation, Order
from parcelguard.core.proofs import Shot
from parcelguard.core.scans import Scan
from parcelguard.core.shops import Shop
from parcelguard.store.database import Store
from parcelguard.upkeep.photo_notes import Notes


@dataclass(frozen=True, slots=True)
class PhotoRequest:
    """What the desk asks the camera for. `folder` is relative to the media folder."""

    photo_id: str
    proof_id: str
    ordinal: int
    shot: Shot
    folder: str


class DeskCamera(Protocol):
    """Takes photos; the answer comes back through `photo_kept` or `photo_failed`."""

    def take(self, request: PhotoRequest) -> None:
        """Keep the newest frame as a durable original."""


class OrderFinder(Protocol):
    """Asks the marketplaces; answers come back through `order_read` or `order_missing`."""

    def refresh(self, proof_id: str, order: Order) -> None:
        """Read an order again: it may have been cancelled since."""

    def search(self, proof_id: str, scan: Scan) -> None:
        """Look for a code that no local order has."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and by whom is packed."""

    station: str
    packer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRecords:
    """Where the desk keeps what it was given: rows, photos, and the notes beside the photos."""

    store: Store
    media: Path
    notes: Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskShops:
    """The shops that are packed for; replaced as a whole when a shop comes, goes or changes."""

    shops: Mapping[str, Shop]
    same_text: Mapping[str, timedelta]  # how long each shop's marketplace refuses the same text
    orders: OrderFinder


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRules:
    """What the desk has to ask before it promises something.

    `left_for`: what may still be said in a conversation of a shop.
    `may_open` raises StorageError while no further parcel may be begun, `may_save` while the photos are
    out of reach.
    """

    left_for: Callable[[Conversation], Allowance] = lambda _conversation: Allowance()
    may_open: Callable[[], None] = lambda: None
    may_save: Callable[[], None] = lambda: None
