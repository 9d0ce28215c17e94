"""What Shopee Open Platform v2 keeps for itself: the seller's app, consents, rules and bookings."""

from collections.abc import Collection
from dataclasses import dataclass, field

from parcelguard.sandbox.shopee.chat_rules import ChatRules
from parcelguard.sandbox.shopee.tokens import Grant, Grants
from parcelguard.sandbox.world.records import Item, Shop
from parcelguard.sandbox.world.world import World

# A seller's consent ends after a year at the latest ("Authorization and Authentication").
CONSENT_S = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Partner:
    """The seller's own app, as the platform's console shows it."""

    partner_id: int
    partner_key: str
    redirect_domains: tuple[str, ...] = ()  # empty: not checked


@dataclass(frozen=True, slots=True)
class Consent:
    """A seller's consent that the app acts for one shop."""

    since: float
    until: float


@dataclass(slots=True, kw_only=True)
class Booking:
    """Goods to pack before there is a buyer; `order_sn` comes when one is found."""

    booking_sn: str
    shop_id: int
    items: list[Item]
    tracking_number: str
    create_time: float
    update_time: float
    status: str = "PROCESSED"
    order_sn: str = ""


PARTNER = Partner(2001887, "shpk5061726365674775617264546573744b65795f303031")


@dataclass(slots=True)
class ShopeeState:
    """Everything Shopee keeps for itself in one world."""

    partner: Partner = PARTNER
    main_account_id: int = 660_033
    rules: ChatRules = field(default_factory=ChatRules)
    grants: Grants = field(default_factory=Grants)
    consents: dict[int, Consent] = field(default_factory=dict)  # by shop; taken back where there is none
    bookings: dict[str, Booking] = field(default_factory=dict)

    def link(self, shops: Collection[Shop], now: float) -> None:
        """Let the seller agree."""
        for shop in shops:
            self.consents[shop.shop_id] = Consent(now, now + CONSENT_S)

    def revoke(self) -> None:
        """Every seller takes the consent back; tokens that were given out open nothing from here on."""
        self.consents.clear()


def connect_shop(world: World, shop: Shop) -> Grant:
    """Connect a shop as if its seller had agreed just now."""
    with world.lock:
        state = world.state_of(ShopeeState)
        state.link([shop], world.now())
        return state.grants.issue(shop.shop_id, world.now())
