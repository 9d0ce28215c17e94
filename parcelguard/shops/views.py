"""What the Channels screen is shown: frozen values, free of files and networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import ParcelGuardError, SettingsError
from parcelguard.core.marketplace_facts import Marketplace
from parcelguard.marketplace.ports import Access, Seller
from parcelguard.store.views import Tone


class NoticeUnread(SettingsError):
    """Sending may be switched on only by someone who has read what the marketplace allows."""

    headline = "Read first what this marketplace allows."
    advice = "Then switch sending on."


class Remedy(StrEnum):
    """What the row of a shop offers when its buyers cannot be written to."""

    NOTHING = ""
    AUTHORISE = "authorise"
    APPLY = "apply"  # show what to apply for, and where
    TEST = "test"  # ask the marketplace again


@dataclass(frozen=True, slots=True)
class Today:
    """How many proofs saved today reached the buyer, failed, or are still on their way."""

    delivered: int = 0
    failed: int = 0
    waiting: int = 0
    by_hand: int = 0


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One consent that a seller gives a marketplace's app. `title` says what for."""

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
    access_words: str
    tone: Tone
    remedy: Remedy
    sends: str
    today: Today
    today_words: str
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
    text: str
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
    def headline(self) -> str:
        """Return what came of it, in a few words."""
        if self.error:
            return self.error.headline
        pictures = sum(1 for each in self.seen if each.picture)
        return f"The test buyer got {pictures} picture{'s' * (pictures != 1)} and the message."


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
