"""What the demo shop sells, who buys it, and numbers that look like real ones."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from parcelguard.sandbox.world.records import Buyer, Item, Order, Package, Shop
from parcelguard.sandbox.world.shapes import SHAPES, drawn

CATALOGUE: tuple[Item, ...] = (
    Item(item_id=5500011, name="Enamel mug 350 ml", sku="MUG-350", price=24.9, model_id=7700021,
         model_name="Navy", model_sku="MUG-350-NVY", colour="#27406b"),
    Item(item_id=5500011, name="Enamel mug 350 ml", sku="MUG-350", price=24.9, model_id=7700022,
         model_name="Cream", model_sku="MUG-350-CRM", colour="#eadfc8"),
    Item(item_id=5500012, name="Drip coffee, 10 sachets", sku="COF-DRIP-10", price=32.0, colour="#6b4226"),
    Item(item_id=5500013, name="Cotton tote, olive", sku="TOTE-OLV", price=39.0, colour="#6d7444"),
    Item(item_id=5500014, name="Kopi-O bags, 20 pcs", sku="COF-KOPIO-20", price=18.5, colour="#3b2a20"),
    Item(item_id=5500015, name="Pour-over kettle 600 ml", sku="KET-600", price=119.0, model_id=7700031,
         model_name="Matt black", model_sku="KET-600-BLK", colour="#2b2d31"),
    Item(item_id=5500016, name="Paper filters V60, 100 pcs", sku="FIL-V60-100", price=21.9, colour="#d8c7a5"),
    Item(item_id=5500017, name="Gula melaka syrup 250 ml", sku="SYR-GULA-250", price=16.9, colour="#a5622a"),
    Item(item_id=5500018, name="House blend beans 250 g", sku="BEAN-HOUSE-250", price=42.0, model_id=7700041,
         model_name="Whole bean", model_sku="BEAN-HOUSE-250-WB", colour="#7a4a2b"),
    Item(item_id=5500019, name="Glass tumbler with straw", sku="TUM-GLS-450", price=27.5, colour="#7fb0a6"),
    Item(item_id=5500020, name="Bamboo coaster, set of 4", sku="COAST-BMB-4", price=14.9, colour="#c19a5b"),
)  # fmt: skip

_FIRST = (
    "aminah", "nurul", "kamal", "hafiz", "siti", "farah", "weijie", "meiling", "arun", "priya", "zulkifli",
    "aisyah", "danial", "hui_min", "ravi", "sofea", "izzat", "kavitha", "jason.tan", "shalini", "amirul",
    "lina", "faiz", "xin.yi", "haziq", "puteri", "suresh", "yasmin", "adam", "chloe",
)  # fmt: skip
_TAIL = ("_88", ".h", "77", "_o", "_kl", ".my", "2004", "_jb", "99", ".shop", "_pg", "12")


class Numbers:
    """Order, parcel, tracking and person numbers that never repeat."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a repeatable demo, nothing secret
        self._given: set[str] = set()

    def order(self, moment: float, marketplace: str) -> str:
        """Return a new order's number."""
        return self._drawn(SHAPES[marketplace].order, moment=moment)

    def tracking(self, region: str, marketplace: str) -> str:
        """As printed on the parcel's label."""
        return self._drawn(SHAPES[marketplace].tracking, region=region)

    def package(self, marketplace: str) -> str:
        """Return the platform's own number for a parcel."""
        return self._drawn(SHAPES[marketplace].package)

    def buyer(self) -> Buyer:
        """Make up a new person; every third one sells too."""
        number = len(self._given)
        name = self._unused(self._name)
        user_id = int(self._drawn("3########"))
        return Buyer(user_id, name, shop_id=user_id + 11 if number % 3 == 0 else 0)

    def _name(self) -> str:
        name = self.random.choice(_FIRST) + self.random.choice(_TAIL)
        return name if name not in self._given else name + str(self.random.randrange(10, 100))

    def _drawn(self, pattern: str, *, moment: float = 0.0, region: str = "") -> str:
        return self._unused(lambda: drawn(pattern, self.random, moment=moment, region=region))

    def _unused(self, make: Callable[[], str]) -> str:
        while (value := make()) in self._given:
            pass
        self._given.add(value)
        return value


def new_order(
    numbers: Numbers,
    shop: Shop,
    *,
    created: float,
    updated: float,
    order_sn: str = "",
    buyer: Buyer | None = None,
    lines: int | None = None,
) -> Order:
    """Make an order of one to three lines in one parcel, arranged and ready to pack."""
    chosen = numbers.random.sample(CATALOGUE, lines or numbers.random.choice((1, 1, 2, 2, 3)))
    items = [with_quantity(item, numbers.random.choice((1, 1, 1, 2, 3))) for item in chosen]
    return Order(
        order_sn=order_sn or numbers.order(created, shop.marketplace),
        shop_id=shop.shop_id,
        buyer=buyer or numbers.buyer(),
        items=items,
        packages=[_parcel(numbers, shop, items)],
        create_time=created,
        update_time=updated,
        carrier=SHAPES[shop.marketplace].carrier,
    )


def split(order: Order, numbers: Numbers, shop: Shop) -> None:
    """Send the order in two parcels; a single line is divided by quantity."""
    items = order.items
    if len(items) == 1:
        items = [with_quantity(items[0], max(2, items[0].quantity))]
        order.items = items
        halves = [[with_quantity(items[0], items[0].quantity - 1)], [with_quantity(items[0], 1)]]
    else:
        halves = [items[:1], items[1:]]
    order.packages[0].items = halves[0]
    order.packages.append(_parcel(numbers, shop, halves[1]))


def mark_line(
    order: Order,
    number: int,
    *,
    digital: bool = False,
    packed_by_platform: bool = False,
    cancelled: bool = False,
) -> None:
    """Set what is odd about one line, wherever it is packed."""
    old = order.items[number]
    new = replace(old, digital=digital, packed_by_platform=packed_by_platform, cancelled=cancelled)

    def same(item: Item) -> Item:
        mine = (item.item_id, item.model_id) == (old.item_id, old.model_id)
        return replace(new, quantity=item.quantity) if mine else item

    order.items = [same(item) for item in order.items]
    for package in order.packages:
        package.items = [same(item) for item in package.items]


def _parcel(numbers: Numbers, shop: Shop, items: list[Item]) -> Package:
    return Package(
        package_number=numbers.package(shop.marketplace),
        tracking_number=numbers.tracking(shop.region, shop.marketplace),
        items=items,
    )


def group(orders: Sequence[Order]) -> None:
    """Put several orders of one buyer into one parcel with one label."""
    first = orders[0].packages[0]
    for order in orders:
        order.buyer = orders[0].buyer
        order.packages[0].tracking_number = first.tracking_number
        order.packages[0].group_shipment_id = 910_000_000_001


def with_quantity(item: Item, quantity: int) -> Item:
    """Return the same goods, so many times."""
    return replace(item, quantity=quantity)
