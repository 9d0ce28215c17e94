"""What the Channels screen is shown: frozen values, free of files and networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import ParcelGuardError, SettingsError
from parcelguard.core.marketplace_facts import Marketplace
from parcelguard.core.reasons.reason import Reason
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.marketplace.ports import Access, Seller
from parcelguard.shops.standing import Standing, Today


class NoticeUnread(SettingsError):
    """Sending may be switched on only by someone who has read what the marketplace allows."""

    kind = ShopReason.NOTICE_UNREAD


class Sends(StrEnum):
    """How a shop's messages go out now."""

    NOTHING = "nothing"
    BY_HAND = "by hand"
    BY_PACKER = "by packer"  # as the marketplace's rule says


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One consent that a seller gives a marketplace's app. `title` says what for, to be translated."""

    grant: str
    title: str
    keyed: bool  # the app's secret was entered
    connected: bool
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopRow:
    """One shop. `asked`: `access` is the marketplace's own word; otherwise it is judged by the keys here."""

    settings: ShopSettings
    marketplace: Marketplace
    label: str
    access: Access
    asked: bool
    standing: Standing
    sends: Sends
    today: Today
    grants: tuple[GrantRow, ...]
    on: bool  # this shop's switch
    live: bool  # the switch, the marketplace's master switch and a way to send, all together


@dataclass(frozen=True, slots=True)
class MarketplaceRow:
    """One marketplace with its master switch and how many shops it has here."""

    marketplace: Marketplace
    on: bool
    shops: int


@dataclass(frozen=True, slots=True)
class AppKeys:
    """The app that another shop of this marketplace uses already; its secrets stay in the vault."""

    shop_id: str
    shop_name: str
    values: Mapping[str, str | int]


class Weight(StrEnum):
    """How serious a remark about a message is."""

    STOP = "stop"  # cannot be saved like this
    LOOK = "look"  # may be refused or hidden by the marketplace


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know about a preset message; `span` is where it stands in the template, if anywhere."""

    weight: Weight
    reason: Reason
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A preset message as a buyer would get it, and how long it may be at most."""

    text: str
    longest: int

    @property
    def length(self) -> int:
        """How long it is, in characters as the marketplace counts them."""
        return len(self.text)


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready message in one language of the shop's buyers."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """One message as the sandbox's buyer saw it; `picture` is a JPEG, or nothing for a text."""

    text: str = ""
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a test showed: the messages in order, or why not all of them came through."""

    seen: tuple[SeenMessage, ...]
    error: ParcelGuardError | None = None

    @property
    def pictures(self) -> int:
        """How many pictures the buyer saw."""
        return sum(1 for each in self.seen if each.picture)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A consent that was begun.

    `address`: the page for the seller's browser. `redirect`: where the marketplace sends him
    afterwards; `listens`: whether this program takes the answer there by itself, otherwise the seller
    pastes the address at which the browser ended. Pasting works in both cases.
    """

    id: str
    shop_id: str
    grant: str
    address: str = field(repr=False)  # with the attempt's state
    redirect: str
    listens: bool
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Consented:
    """How an attempt ended: connected to `seller`, or `error` says why not."""

    attempt: Attempt
    seller: Seller | None = None
    error: ParcelGuardError | None = None
