"""What goes over the wire for a proof, one thing at a time, and where each stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from parcelguard.core.proofs import ProofState


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


_JOINT = "+"  # no id holds it


def together(photo_ids: Iterable[str]) -> str:
    """Return the one id under which a part carries several photos in one picture."""
    return _JOINT.join(photo_ids)


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
