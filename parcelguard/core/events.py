"""What one room tells and others may hear, and the hub that carries it.

Events are frozen values, so any thread may hold one. They are msgspec structs: the window needs
them before its first paint, and a frozen dataclass takes thirty times as long to make. An event
that carries a room's own value (the packing desk, say) is declared beside that value.
Live video is no event: the camera keeps only its newest frame.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from threading import Lock
from typing import TypeVar

from msgspec import Struct

from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import Reason

log = logging.getLogger(__name__)

Event = TypeVar("Event")


class Cue(StrEnum):
    """The five sounds of a bench; each names what just happened."""

    SCANNED = "scanned"
    PHOTO = "photo"
    SENT = "sent"
    LOOK = "look"
    STOP = "stop"


class Sounded(Struct, frozen=True):
    """A sound is due."""

    cue: Cue


class CameraState(StrEnum):
    """Whether the bench sees anything."""

    STARTING = "starting"
    LIVE = "live"
    LOST = "lost"


class CameraChanged(Struct, frozen=True, kw_only=True):
    """The camera came, went, or changed its picture size."""

    state: CameraState
    width: int = 0
    height: int = 0
    fps: float = 0.0
    reason: Reason | None = None  # of CameraState.LOST


class CodeBox(Struct, frozen=True):
    """One code in the picture: its text and four corners as fractions of width and height."""

    text: str
    symbology: str
    corners: tuple[tuple[float, float], ...]


class CodesSeen(Struct, frozen=True):
    """What the reader outlines now; empty when nothing is in view any more."""

    boxes: tuple[CodeBox, ...]


class ProofChanged(Struct, frozen=True):
    """A proof's delivery moved on; `reason` is set when a person should read why it stands there."""

    proof_id: str
    order_number: str
    shop: str
    state: ProofState
    reason: Reason | None = None
    asks: bool = False  # nobody knows whether a message arrived; a person decides
    checking: bool = False  # the same, and the chat is being looked through for it


class QueueChanged(Struct, frozen=True):
    """How many proofs are on their way, wait for something, need a person, or are to be sent by hand."""

    sending: int
    waiting: int
    attention: int
    by_hand: int = 0


class ShopQueue(Struct, frozen=True):
    """How many messages of one shop wait, and how many seconds they take at its present pace."""

    shop_id: str
    shop: str
    messages: int
    seconds: int


class EventHub:
    """Publishes from any thread; each subscriber is called on the publisher's thread.

    A subscriber that raises is logged and does not stop the others: the publisher has
    done its work already, and a broken screen must not undo it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._subscribers: dict[type, list[Callable[..., None]]] = {}

    def subscribe(self, kind: type[Event], receive: Callable[[Event], None]) -> Callable[[], None]:
        """Call `receive` for each event of `kind`; the returned function ends that."""
        with self._lock:
            self._subscribers[kind] = [*self._subscribers.get(kind, []), receive]

        def cancel() -> None:
            with self._lock:
                kept = [other for other in self._subscribers.get(kind, []) if other is not receive]
                self._subscribers[kind] = kept

        return cancel

    def publish(self, event: object) -> None:
        """Hand `event` to everyone who listens for its type."""
        for receive in self._subscribers.get(type(event), ()):
            try:
                receive(event)
            except Exception:
                log.exception("a listener failed on %s", type(event).__name__)
