"""TikTok Shop's orders, packages and tracking numbers; in Indonesia, those of Tokopedia too.

No call maps a tracking number to an order, so packages are read along with the orders and kept in
the local index. A tracking number is empty until the shipment is arranged, which may be seconds
before the scan.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import NotAllowed
from parcelguard.core.orders import Item, Order
from parcelguard.marketplace.answers import rows
from parcelguard.marketplace.buyer_names import to_greet
from parcelguard.marketplace.their_time import in_their_time
from parcelguard.marketplace.tiktok.client import CANCELLED_STATES, TikTokClient, cancelled
from parcelguard.marketplace.tiktok.codes import not_found

log = logging.getLogger(__name__)

PACKAGES = "/fulfillment/202309/packages"
SEARCH = "/order/202309/orders/search"
PAGE = 50
SHORTEST_NUMBER, LONGEST_NUMBER = 17, 20  # digits of an order's or a package's number
Row = Mapping[str, Any]


def tiktok_orders(client: TikTokClient, shop: ShopSettings) -> TikTokOrders:
    """Return what reads a shop's orders."""
    return TikTokOrders(client, shop.id)


class TikTokOrders:
    """Reads one shop's orders."""

    def __init__(self, client: TikTokClient, shop_id: str) -> None:
        self._client = client
        self._shop_id = shop_id

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        """Yield the orders that changed in that time, then those whose packages did; 50 at most at once."""
        return in_their_time(self._client.clock, since, until, self._changed)

    def read_order(self, number: str) -> Order | None:
        """Return one order as it is now."""
        found = [each for each in self._known([number]) if _number(each) == number]
        return next(iter(self._with_last_miles(found)), None)

    def find_by_code(self, code: str) -> Order | None:
        """Ask for codes that may be an order's or a package's number."""
        if not (code.isdecimal() and SHORTEST_NUMBER <= len(code) <= LONGEST_NUMBER):
            return None
        return self.read_order(code) or self._of_package(code)

    def _changed(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        body = {"update_time_ge": int(since.timestamp()), "update_time_lt": int(until.timestamp()) + 1}
        known: set[str] = set()
        for found in self._pages(SEARCH, "orders", body):
            known.update(_number(each) for each in found)
            yield self._with_last_miles(found)
        for packages in self._pages(f"{PACKAGES}/search", "packages", body):
            numbers = [_number(order) for package in packages for order in rows(package.get("orders"))]
            fresh = [each for each in dict.fromkeys(numbers) if each and each not in known]
            known.update(fresh)
            for start in range(0, len(fresh), PAGE):
                yield self._with_last_miles(self._known(fresh[start : start + PAGE]))

    def _of_package(self, number: str) -> Order | None:
        """Return the order in a package; of several, only when all are one buyer's."""
        package = self._package(number)
        inside = [_number(each) for each in rows(package.get("orders"))]
        found = [order for order in map(self.read_order, filter(None, inside)) if order]
        return found[0] if found and len({order.buyer_id for order in found}) == 1 else None

    def _package(self, number: str) -> Row:
        try:
            return self._client.get(f"{PACKAGES}/{number}")
        except NotAllowed as error:
            if not not_found(error):
                raise
            return {}

    def _known(self, numbers: Sequence[str]) -> list[Row]:
        """Read orders, one by one when all are refused because of one that is strange."""
        try:
            return self._client.orders(numbers)
        except NotAllowed as error:
            if not not_found(error):
                raise
            return [] if len(numbers) == 1 else [each for one in numbers for each in self._known([one])]

    def _pages(self, path: str, name: str, body: Row) -> Iterator[list[Row]]:
        query = {"page_size": str(PAGE), "sort_field": "update_time", "sort_order": "ASC"}
        while True:
            answer = self._client.post(path, body, **query)
            yield rows(answer.get(name))
            following = str(answer.get("next_page_token") or "")
            if not following or following == query.get("page_token"):
                return
            query["page_token"] = following

    def _with_last_miles(self, found: Sequence[Row]) -> list[Order]:
        """Return orders as ours; parcels that cross a border may get another number for the last mile."""
        abroad = self._client.cross_border
        orders = []
        for each in found:
            if not _number(each):
                log.warning("left out: an order without its number")
                continue
            last_miles = [self._last_mile(package) for package in _packages(each)] if abroad else []
            orders.append(self._order(each, last_miles))
        return orders

    def _last_mile(self, package: str) -> str:
        return str(self._package(package).get("last_mile_tracking_number") or "")

    def _order(self, row: Row, last_miles: Sequence[str]) -> Order:
        units = rows(row.get("line_items"))
        tracking = [str(each.get("tracking_number") or "") for each in (row, *units)]
        carriers = (row.get("shipping_provider"), *(each.get("shipping_provider_name") for each in units))
        return Order(
            shop_id=self._shop_id,
            number=_number(row),
            buyer_id=str(row.get("user_id") or ""),
            buyer_name=to_greet(row.get("buyer_nickname")),
            tracking=next(filter(None, tracking), ""),
            carrier=str(next(filter(None, carriers), "")),
            cancelled=cancelled(row),
            items=_items(units),
            codes=tuple(dict.fromkeys(filter(None, (*tracking, *_packages(row), *last_miles)))),
        )


def _number(row: Row) -> str:
    return str(row.get("id") or "")


def _packages(row: Row) -> list[str]:
    numbers = [_number(each) for each in rows(row.get("packages"))]
    numbers += [str(each.get("package_id") or "") for each in rows(row.get("line_items"))]
    return list(dict.fromkeys(filter(None, numbers)))


def _items(units: Sequence[Row]) -> tuple[Item, ...]:
    """Count the units, of which each has a row of its own; what was cancelled is not packed."""
    first: dict[tuple[str, ...], Row] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for unit in units:
        if any(unit.get(each) in CANCELLED_STATES for each in ("display_status", "package_status")):
            continue
        kind = tuple(str(unit.get(each) or "") for each in ("sku_id", "package_id", "display_status"))
        first.setdefault(kind, unit)
        counts[kind] += 1
    return tuple(_item(unit, counts[kind]) for kind, unit in first.items())


def _item(unit: Row, quantity: int) -> Item:
    names = (str(unit.get("product_name") or ""), str(unit.get("sku_name") or ""))
    sku = str(unit.get("seller_sku") or unit.get("sku_id") or "")
    return Item(name=", ".join(filter(None, names)), sku=sku, quantity=quantity)
