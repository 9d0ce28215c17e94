"""Shopee's orders and tracking numbers (Shopee Open Platform v2, order and logistics).

No call maps a tracking number to an order, so tracking numbers are read with the packages and
kept in the local index.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    NotAllowed,
    NotSent,
)
from parcelguard.core.orders import Item, Order
from parcelguard.marketplace.answers import rows
from parcelguard.marketplace.buyer_names import to_greet
from parcelguard.marketplace.shopee.client import CANCELLED_STATES, ShopeeClient, joined
from parcelguard.marketplace.shopee.codes import not_found
from parcelguard.marketplace.their_time import in_their_time

log = logging.getLogger(__name__)

FIELDS = (
    "buyer_user_id,buyer_username,item_list,package_list,cancel_by,cancel_reason,shipping_carrier,split_up"
)
LONGEST_SPAN = timedelta(days=15)
LIST_PAGE = 100
DETAIL_PAGE = 50
Row = Mapping[str, Any]
_ORDER_NUMBER = re.compile(r"\d{6}[0-9A-Z]{8}")
_PACKAGE_NUMBER = re.compile(r"OFG[0-9A-Z]+|\d{15,}")


def shopee_orders(client: ShopeeClient, shop: ShopSettings) -> ShopeeOrders:  # noqa: ARG001 - as for every marketplace
    """Return what reads one shop's orders."""
    return ShopeeOrders(client)


class OddOrder(NotSent):
    """One order came in a form that cannot be read; the others can."""


class ShopeeOrders:
    """Reads one Shopee shop's orders."""

    def __init__(self, client: ShopeeClient) -> None:
        self._client = client

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        """Yield the orders changed in that time, in batches of up to 50."""
        return in_their_time(self._client.clock, since, until, self._changed)

    def read_order(self, number: str) -> Order | None:
        """Return one order as it is now."""
        try:
            found = self._details([number])
        except NotAllowed as error:
            if not_found(error):
                return None
            raise
        return next((self._order(*each) for each in found if each[0].get("order_sn") == number), None)

    def find_by_code(self, code: str) -> Order | None:
        """Ask for codes of the shapes that Shopee can look up: order numbers and package numbers."""
        if _ORDER_NUMBER.fullmatch(code):
            return self.read_order(code)
        if _PACKAGE_NUMBER.fullmatch(code):
            packages = self._packages([code])
            number = str(packages[0].get("order_sn") or "") if packages else ""
            return self.read_order(number) if number else None
        return None

    def _changed(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        while since < until:
            end = min(since + LONGEST_SPAN, until)
            for numbers in _batches(list(self._numbers(since, end))):
                yield self._known_orders(numbers)
            since = end

    def _numbers(self, since: datetime, until: datetime) -> Iterator[str]:
        cursor = ""
        while True:
            answer = self._client.get(
                "/api/v2/order/get_order_list",
                time_range_field="update_time",
                time_from=int(since.timestamp()),
                time_to=int(until.timestamp()),
                page_size=LIST_PAGE,
                cursor=cursor,
            )
            yield from filter(
                None, (str(row.get("order_sn") or "") for row in rows(answer.get("order_list")))
            )
            cursor = str(answer.get("next_cursor") or "")
            if not answer.get("more") or not cursor:
                return

    def _known_orders(self, numbers: Sequence[str]) -> list[Order]:
        """Read many orders at once, or one by one when Shopee refuses all because it misses one."""
        try:
            found = self._details(numbers)
        except NotAllowed as error:
            if not not_found(error):
                raise
            return list(_readable(partial(self.read_order, number) for number in numbers))
        return list(_readable(partial(self._order, *each) for each in found))

    def _details(self, numbers: Sequence[str]) -> list[tuple[Row, list[Row]]]:
        """Return orders as they came, each with its packages."""
        answer = self._client.get(
            "/api/v2/order/get_order_detail",
            order_sn_list=joined(numbers),
            response_optional_fields=FIELDS,
        )
        details = rows(answer.get("order_list"))
        package_numbers = [
            str(package["package_number"])
            for detail in details
            for package in rows(detail.get("package_list"))
            if package.get("package_number")
        ]
        packages: dict[str, list[Row]] = {}
        for some in _batches(package_numbers):
            for package in self._packages(some):
                packages.setdefault(str(package.get("order_sn")), []).append(package)
        return [(detail, packages.get(str(detail.get("order_sn")), [])) for detail in details]

    def _packages(self, numbers: Sequence[str]) -> list[Row]:
        """Read packages; an unknown one is left out, the others are still worth having."""
        try:
            answer = self._client.get("/api/v2/order/get_package_detail", package_number_list=joined(numbers))
        except NotAllowed as error:
            if not not_found(error):
                raise
            return [] if len(numbers) == 1 else [each for one in numbers for each in self._packages([one])]
        return rows(answer.get("package_list"))

    def _order(self, detail: Row, packages: Sequence[Row]) -> Order:
        """Turn an order as it came into ours. Raises OddOrder."""
        number = str(detail.get("order_sn") or "")
        try:
            items = tuple(_item(each) for each in rows(detail.get("item_list")))
        except (TypeError, ValueError, OverflowError) as error:
            raise OddOrder(f"order {number}: an item's quantity is odd") from error
        if not number:
            raise OddOrder("an order without its number")
        tracking = [str(package.get("tracking_number") or "") for package in packages]
        numbers = [str(each.get("package_number") or "") for each in rows(detail.get("package_list"))]
        codes = [*tracking, *numbers, str(detail.get("booking_sn") or "")]
        return Order(
            shop_id=self._client.account.local_id,
            number=number,
            buyer_id=str(detail.get("buyer_user_id") or ""),
            buyer_name=to_greet(detail.get("buyer_username")),
            tracking=next(filter(None, tracking), ""),
            carrier=str(detail.get("shipping_carrier") or ""),
            cancelled=str(detail.get("order_status")) in CANCELLED_STATES,
            items=items,
            codes=tuple(code for code in codes if code),
        )


def _batches(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    return (numbers[start : start + DETAIL_PAGE] for start in range(0, len(numbers), DETAIL_PAGE))


def _readable(readings: Iterable[Callable[[], Order | None]]) -> Iterator[Order]:
    """Yield what can be read; one odd order must not keep the others from the index."""
    for reading in readings:
        try:
            order = reading()
        except OddOrder as error:
            log.warning("left out: %s", error)
            continue
        if order:
            yield order


def _item(row: Row) -> Item:
    names = (str(row.get("item_name") or ""), str(row.get("model_name") or ""))
    return Item(
        name=", ".join(filter(None, names)),
        sku=str(row.get("model_sku") or row.get("item_sku") or ""),
        quantity=_quantity(row),
    )


def _quantity(row: Row) -> int:
    """Return how many are to be packed; 0 when the line was cancelled. Not every count is always told."""
    left, bought = row.get("active_qty"), row.get("model_quantity_purchased")
    if left is not None:
        return int(left)
    return max(0, (1 if bought is None else int(bought)) - int(row.get("cancelled_qty") or 0))
