"""What goes over the wire for a proof, one thing at a time, and where each stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from parcelguard.core.orders import Conversation
from parcelguard.core.proofs import Photo, ProofState
from parcelguard.core.reasons.reason import Reason, ReasonKind
from parcelguard.core.reasons.sending import ASKS_A_PERSON


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


class AttemptOutcome(StrEnum):
    """How one attempt at a part ended. Stored by its value, which older versions wrote too."""

    UNDER_WAY = ""  # it has not ended
    SENT = "sent"
    WAITING = "waiting"  # certainly not sent; it is tried again
    INTERRUPTED = "not sent"  # certainly not sent: the program stopped before the first byte left
    UNKNOWN = "unknown"
    HELD = "held"
    REFUSED = "refused"
    GIVEN_UP = "cancelled"

    @property
    def left_nothing(self) -> bool:
        """Whether it is certain that nothing was sent, and the part goes on by itself."""
        return self in (AttemptOutcome.WAITING, AttemptOutcome.INTERRUPTED)


class PlanReason(StrEnum):
    """Why a set of parts was planned. Stored by its value."""

    F4 = "F4"
    FITTED = "fitted"  # the buyer may be told less than F4 planned
    ONE_PICTURE = "one picture"  # a person had it put together
    BY_HAND = "by_hand"  # a person took it over
    RESENT = "resent"  # a person wanted it so, and wrote why
    RESENT_HIDDEN = "resent_hidden"  # with another text, as the marketplace hid the one before
    RESENT_REFUSED = "resent_refused"  # with another text, as the marketplace refused the one before

    @property
    def by_itself(self) -> bool:
        """Whether nobody but the packer's F4 asked for it."""
        return self in (PlanReason.F4, PlanReason.FITTED)

    @property
    def counts_as_sending(self) -> bool:
        """Whether it is a sending of its own, and not another way for the one before."""
        return self not in (PlanReason.FITTED, PlanReason.BY_HAND)


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a set of parts was planned: its kind, and what a person wrote about it."""

    reason: PlanReason
    words: str = ""


class Decision(StrEnum):
    """A person's answer about a part that does not move by itself."""

    THERE = "there"
    SEND_AGAIN = "send_again"
    LEAVE = "leave"
    TAKE_BACK = "take_back"  # it is there twice: recall one of them
    ONE_PICTURE = "one_picture"  # send what is left of the photos as one picture
    HANDED = "handed"  # it is sent by hand
    NOT_HANDED = "not_handed"  # that was a slip: it still waits for somebody to send it
    CLOSE = "closed"  # nothing more of the whole proof is sent


_JOINT = "+"  # no id holds it


def together(photo_ids: Iterable[str]) -> str:
    """Return the one id under which a part carries several photos in one picture."""
    return _JOINT.join(photo_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that goes over the wire for a proof, with its present state.

    `photo_id`: which photo it carries; of several in one picture all their ids, as `together` joins them.
    `reason`: why it stands where it stands; `code`: the marketplace's own word for that, where it gave one.
    """

    id: str
    proof_id: str
    generation: int
    ordinal: int
    kind: PartKind
    state: PartState
    conversation: Conversation
    photo_id: str = ""
    attempts: int = 0
    due_at: datetime | None = None
    changed_at: datetime | None = None
    reason: Reason | None = None
    code: str = ""
    remote_id: str = ""
    address: str = ""

    @property
    def photo_ids(self) -> tuple[str, ...]:
        """The photos it carries, in order."""
        return tuple(self.photo_id.split(_JOINT)) if self.photo_id else ()

    @property
    def asked(self) -> bool:
        """Whether a person is asked if it arrived: it was looked for, and nobody can tell."""
        return self.state is PartState.HELD and self.held_for(ASKS_A_PERSON)

    def held_for(self, kinds: Collection[ReasonKind]) -> bool:
        """Whether one of these is why it stands where it stands."""
        return self.reason is not None and self.reason.kind in kinds

    @property
    def in_doubt(self) -> bool:
        """Whether it may have arrived; then nothing else goes into its conversation."""
        return self.asked or self.state in (PartState.LEASED, PartState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class PartLabel:
    """By what a person knows a part: its kind, and which photo it carries (0: none, or no longer known)."""

    kind: PartKind
    photo: int = 0
    joined: bool = False  # several photos in one picture


def label_of(part: Part, photos: Iterable[Photo]) -> PartLabel:
    """Return by what a person knows a part of a proof with these photos."""
    numbers = {photo.id: photo.ordinal for photo in photos}
    return PartLabel(part.kind, numbers.get(part.photo_id, 0), joined=len(part.photo_ids) > 1)


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
