"""Shops with a morning's orders, the same for the same seed."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from parcelguard.sandbox.world.goods import group, new_order, split
from parcelguard.sandbox.world.records import Order, Shop
from parcelguard.sandbox.world.shapes import MALAYSIA, SHAPES
from parcelguard.sandbox.world.world import World

USUAL_SPECIALS = ("cancelled", "in_cancel", "no_tracking", "split")
MORE_SPECIALS = ("grouped", "no_buyer_id")
ALL = tuple(SHAPES)
_LONGEST_AGO_S = 9 * 3600


def demo_world(
    *,
    orders: int = 12,
    seed: int = 1,
    specials: bool | Collection[str] = True,
    marketplaces: Collection[str] = ("shopee",),
    clock: Callable[[], float] = time.time,
) -> World:
    """Open "Kopi & Co" at each marketplace, with fresh orders dealt out in turn.

    `specials` names the odd orders, last in the list. `True` means one cancelled order, one whose buyer asks
    to cancel, one without a tracking number and one in two parcels; "grouped" (two orders, one parcel) and
    "no_buyer_id" can be asked for too.
    """
    wanted = list(USUAL_SPECIALS if specials is True else specials or ())
    world = World(clock=clock, seed=seed)
    shops = [
        world.add_shop(name, region, marketplace=marketplace)
        for marketplace in marketplaces
        for name, region in SHAPES[marketplace].shops
    ]
    made = [_fresh_order(world, shops[number % len(shops)]) for number in range(orders)]
    odd = made[1:][::-1]  # the first order always stays plain
    for name, order in zip(wanted, odd, strict=False):
        _make_special(world, name, order, made)
    return world


def _fresh_order(world: World, shop: Shop) -> Order:
    now = world.now()
    midnight = (
        datetime.fromtimestamp(now, UTC)
        .astimezone(MALAYSIA)
        .replace(hour=0, minute=0, second=0, microsecond=0)
        .timestamp()
    )
    created = float(int(max(midnight, now - world.numbers.random.uniform(60, _LONGEST_AGO_S))))
    updated = float(int(created + (now - created) * world.numbers.random.random()))
    return world.add_order(new_order(world.numbers, shop, created=created, updated=updated))


def _make_special(world: World, name: str, order: Order, made: list[Order]) -> None:
    match name:
        case "cancelled":
            world.change_order(order, "CANCELLED", "Changed my mind")
        case "in_cancel":
            world.change_order(order, "IN_CANCEL", "Found a cheaper one")
        case "no_tracking":
            world.change_order(order, "READY_TO_SHIP")
        case "split":
            split(order, world.numbers, world.shops[order.shop_id])
        case "grouped":
            group([order, next(one for one in made if one.shop_id == order.shop_id)])
        case "no_buyer_id":
            order.has_buyer_id = False
        case _:
            raise ValueError(f"no such special order: {name}")
