"""What delivery needs from a channel. Channels implement it; they never retry, sleep or keep records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from parcelguard.core.errors import HeldHere
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.reason import Value, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.shops import LONGEST_MESSAGE
from parcelguard.core.times import QuietHours
from parcelguard.store.views import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRules:
    """What a seller decides about sending, whatever the marketplace."""

    between_messages: timedelta = timedelta(seconds=1.5)
    late_after: timedelta = timedelta(minutes=60)
    quiet: QuietHours | None = None
    resend_when_absent: bool = False

    def policy(self, **of_the_channel: Any) -> ChannelPolicy:
        """Return the policy of a channel that is used by these rules."""
        ours = {each.name: getattr(self, each.name) for each in fields(self)}
        return ChannelPolicy(**ours, **of_the_channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPolicy:
    """How a channel wants to be used; what differs by channel is here, not in branches.

    `signature_window`: how long a signed request stays acceptable. `list_delay`: how long a
    message may take to show up when read back. `same_text`: how long the same text to the same
    buyer is refused. `late_after`: a message that did not go out so long after a person asked for
    it waits for one. `quiet`: the buyers' night, in which nothing that is late goes out by itself.
    `check_after`: when to ask whether the marketplace hid what it had accepted (None: it never tells).
    `recall_within`: how long a message can be taken back. `resend_when_absent`: whether a message
    that is proved absent is sent once more without asking. `reads_back`: whether the chat can be read.
    `keeps_uploads`: whether `upload` stores a picture; if not it goes with the message, and `upload` only
    names it.
    `unanswered_limit`: how many messages a buyer may get without answering (None: any number), within
    `unanswered_window`; where that is zero they count until he answers, and `open` tells. `calls_per_day`:
    how many calls to the chat a shop has from midnight to midnight UTC; one for each message and one
    for each set are counted. `longest_text`: of a message, in characters. `warnings`: codes of refusals that
    tell of rules broken; after some of them in a row the shop rests.
    """

    signature_window: timedelta
    list_delay: timedelta = timedelta(seconds=60)
    between_messages: timedelta = timedelta(seconds=1.5)
    late_after: timedelta = timedelta(minutes=60)
    quiet: QuietHours | None = None
    same_text: timedelta = timedelta(0)
    check_after: timedelta | None = None
    recall_within: timedelta = timedelta(0)
    resend_when_absent: bool = False
    reads_back: bool = True
    keeps_uploads: bool = True
    unanswered_limit: int | None = None
    unanswered_window: timedelta = timedelta(0)
    calls_per_day: int | None = None
    longest_text: int = LONGEST_MESSAGE
    warnings: frozenset[str] = frozenset()

    @property
    def settle(self) -> timedelta:
        """How long after signing a message may still arrive; only then may one be called absent."""
        return self.signature_window + self.list_delay + timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom a message is for, and about which order. `conversation_id` is empty before the first contact."""

    order_number: str
    buyer_id: str
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """One attempt's bond with the network.

    The request is signed for `signed_at`. `mark` is called after the connection stands and before
    the first byte leaves; it records that durably, or raises NotSent when the moment has passed.
    """

    signed_at: datetime
    mark: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A marketplace's word that it took a message; `message_id` may be missing on success."""

    message_id: str = ""
    conversation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMark:
    """By what a message is recognised when the conversation is read back.

    `since`: in the marketplace's time. `size`: width and height in pixels of the picture that was
    sent. No two pictures of a proof share one, so a channel that gives pictures new addresses can
    still tell them apart.
    """

    kind: PartKind
    since: datetime
    text: str = ""
    address: str = ""
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as it goes into a chat.

    `address`: what `upload` returned for it. `size`: width and height in pixels. `content`: the JPEG
    itself, only where the channel keeps no pictures beforehand.
    """

    address: str
    size: tuple[int, int] = (0, 0)
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Look:
    """What reading back showed: ids of own messages that match, and whether it reached far enough back.

    `seen`: the newest messages as a person may read them.
    """

    found: tuple[str, ...]
    covered: bool
    conversation_id: str = ""
    seen: tuple[Sighting, ...] = ()


class OverBudget(HeldHere):
    """A buyer who does not answer may be told only `left` messages now, and more were planned.

    `used` of the `limit` are gone; `until`: from when on as many as are planned may go. Nothing was sent.
    """

    def __init__(self, *, used: int, limit: int, planned: int, until: datetime | None = None) -> None:
        self.left = max(0, limit - used)
        told: dict[str, Value] = {"said": used, "limit": limit, "planned": planned}
        if until is None:
            kind = SendingReason.BUDGET if self.left else SendingReason.NOTHING_LEFT
        else:
            kind = SendingReason.BUDGET_UNTIL if self.left else SendingReason.NOTHING_LEFT_UNTIL
            told["until"] = until.isoformat()
        super().__init__(f"{used} of {limit} said, {planned} planned", because(kind, **told))


class ChatSender(Protocol):
    """Reaches one shop's buyers.

    Each call raises NotSent (certainly not sent, repeat), Refused (the marketplace said no), Held (what it
    tells speaks against it), or OutcomeUnknown (nobody can tell). ShopWaits means that the shop may send
    nothing at all now, OverBudget (of `open`) that this buyer has been told too much already.
    """

    @property
    def policy(self) -> ChannelPolicy:
        """How this channel wants to be used."""

    @property
    def clock_offset(self) -> timedelta:
        """By how much the marketplace's clock is ahead of this computer's, as last measured."""

    def upload_picture(self, picture: bytes) -> str:
        """Store a JPEG at the marketplace and return its address. The buyer sees nothing."""

    def open_conversation(self, target: Target, planned: int) -> str:
        """Check that `planned` messages may go to this buyer now; return the conversation's id if known."""

    def send_text(self, target: Target, text: str, wire: Wire) -> Receipt:
        """Post a text in the order's conversation."""

    def send_image(self, target: Target, picture: Picture, wire: Wire) -> Receipt:
        """Post an uploaded picture in the order's conversation."""

    def look_for_message(self, target: Target, mark: SentMark) -> Look:
        """Read the conversation back and say which own messages match."""

    def hidden_messages(
        self, target: Target, message_ids: Collection[str], since: datetime
    ) -> frozenset[str]:
        """Return which of these messages, accepted since then by its clock, the marketplace has hidden."""

    def take_back(self, target: Target, message_id: str, kind: PartKind) -> None:
        """Remove an accepted message from the chat. Raises NotAllowed when it is too late for that."""


class CopyMaker(Protocol):
    """Makes the buyer's copies of originals."""

    def make(self, original: Path, caption: Sequence[str], size: tuple[int, int]) -> bytes:
        """Return a JPEG of this width and height that carries the caption; the original stays as it is."""

    def collage(self, originals: Sequence[Path], caption: Sequence[str], size: tuple[int, int]) -> bytes:
        """Return a JPEG of this width and height that shows them all and carries the caption once."""
