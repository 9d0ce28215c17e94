"""How persons, parcels and states are named on TikTok Shop's wire.

Buyers and chat participants live in two number spaces; orders packed together share one package.
"""

from parcelguard.sandbox.world.records import Buyer, Order, Package, Shop
from parcelguard.sandbox.world.world import World

_USERS = 7_210_000_000_000_000_000
_CHATTERS = 7_330_000_000_000_000_000
_STATUSES = {
    "PENDING": "ON_HOLD",
    "READY_TO_SHIP": "AWAITING_SHIPMENT",
    "PROCESSED": "AWAITING_COLLECTION",
    "RETRY_SHIP": "AWAITING_COLLECTION",
    "IN_CANCEL": "AWAITING_COLLECTION",
    "SHIPPED": "IN_TRANSIT",
    "TO_CONFIRM_RECEIVE": "DELIVERED",
    "TO_RETURN": "COMPLETED",
}
_PACKAGE_STATUSES = {
    "AWAITING_COLLECTION": "PROCESSING",
    "PARTIALLY_SHIPPING": "PROCESSING",
    "IN_TRANSIT": "FULFILLING",
    "DELIVERED": "COMPLETED",
    "COMPLETED": "COMPLETED",
    "CANCELLED": "CANCELLED",
}


def user_id(buyer: Buyer) -> str:
    """Return the buyer's number in orders."""
    return str(_USERS + buyer.user_id)


def buyer_of(world: World, number: str) -> Buyer | None:
    """Find the buyer behind a number in orders."""
    return world.buyers.get(int(number) - _USERS) if number.isdecimal() else None


def im_user_id(one: Buyer | Shop) -> str:
    """Return the number in the chat of a buyer, or of a shop's account."""
    return str(_CHATTERS + one.user_id)


def platform(buyer: Buyer) -> str:
    """Return which of Indonesia's two storefronts a person buys at."""
    return "TIKTOK_SHOP" if buyer.user_id % 2 else "TOKOPEDIA"


def status(order: Order) -> str:
    """Return an order's state; arranged for some of its parcels only, it has one of its own."""
    labelled = [bool(package.tracking_number) for package in order.packages]
    if order.status == "PROCESSED" and any(labelled) and not all(labelled):
        return "PARTIALLY_SHIPPING"
    return _STATUSES.get(order.status, order.status)


def package_status(order: Order, package: Package) -> str:
    """Return a parcel's state; it needs a label to be more than to be fulfilled."""
    state = _PACKAGE_STATUSES.get(status(order), "TO_FULFILL")
    return "TO_FULFILL" if state == "PROCESSING" and not package.tracking_number else state


def package_id(world: World, order: Order, package: Package) -> str:
    """Return a parcel's number; orders packed together have the first one's."""
    if not package.group_shipment_id:
        return package.package_number
    return min(
        other.package_number
        for mate in world.orders_of(order.shop_id, order.buyer.user_id)
        for other in mate.packages
        if other.group_shipment_id == package.group_shipment_id
    )


def package_ids(world: World, order: Order) -> list[str]:
    """Return the numbers of an order's parcels."""
    return [package_id(world, order, package) for package in order.packages]
