"""Shopee's orders and tracking numbers (Shopee Open Platform v2, order and logistics).

No call maps a tracking number to an order, so tracking numbers are read with the packages and
kept in the local index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from parcelguard.domain import Item, Order
from parcelguard.errors import Refused
from parcelguard.marketplace.shopee import CANCELLED_STATES, ShopeeClient, joined
from parcelguard.marketplace.shopee_codes import not_found

FIELDS = (
    "buyer_user_id,buyer_username,item_list,package_list,cancel_by,cancel_reason,shipping_carrier,split_up"
)
LONGEST_SPAN = timedelta(days=15)
LIST_PAGE = 100
DETAIL_PAGE = 50
_ORDER_NUMBER = re.compile(r"\d{6}[0-9A-Z]{8}")
_PACKAGE_NUMBER = re.compile(r"OFG[0-9A-Z]+|\d{15,}")


class ShopeeOrders:
    """Reads one Shopee shop's orders."""

    def __init__(self, client: ShopeeClient) -> None:
        self._client = client

    def changed(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        """Yield the orders changed in that time, in batches of up to 50."""
        while since < until:
            end = min(since + LONGEST_SPAN, until)
            for numbers in _batches(list(self._numbers(since, end))):
                yield self._known_orders(numbers)
            since = end

    def read(self, number: str) -> Order | None:
        """Return one order as it is now."""
        try:
            found = self._orders([number])
        except Refused as error:
            if not_found(error):
                return None
            raise
        return next((order for order in found if order.number == number), None)

    def look_up(self, code: str) -> Order | None:
        """Ask for codes of the shapes that Shopee can look up: order numbers and package numbers."""
        if _ORDER_NUMBER.fullmatch(code):
            return self.read(code)
        if _PACKAGE_NUMBER.fullmatch(code):
            packages = self._packages([code])
            number = str(packages[0].get("order_sn") or "") if packages else ""
            return self.read(number) if number else None
        return None

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
            yield from (str(row["order_sn"]) for row in answer.get("order_list") or ())
            cursor = str(answer.get("next_cursor") or "")
            if not answer.get("more") or not cursor:
                return

    def _known_orders(self, numbers: Sequence[str]) -> list[Order]:
        """Read many orders at once, or one by one when Shopee refuses all because it misses one."""
        try:
            return self._orders(numbers)
        except Refused as error:
            if not not_found(error):
                raise
        return [order for order in map(self.read, numbers) if order]

    def _orders(self, numbers: Sequence[str]) -> list[Order]:
        answer = self._client.get(
            "/api/v2/order/get_order_detail",
            order_sn_list=joined(numbers),
            response_optional_fields=FIELDS,
        )
        details = answer.get("order_list") or []
        package_numbers = [
            str(package["package_number"])
            for detail in details
            for package in detail.get("package_list") or ()
            if package.get("package_number")
        ]
        packages: dict[str, list[Mapping[str, Any]]] = {}
        for some in _batches(package_numbers):
            for package in self._packages(some):
                packages.setdefault(str(package.get("order_sn")), []).append(package)
        return [self._order(detail, packages.get(str(detail.get("order_sn")), [])) for detail in details]

    def _packages(self, numbers: Sequence[str]) -> list[Mapping[str, Any]]:
        """Read packages; an unknown one is left out, the others are still worth having."""
        try:
            answer = self._client.get("/api/v2/order/get_package_detail", package_number_list=joined(numbers))
        except Refused as error:
            if not not_found(error):
                raise
            return [] if len(numbers) == 1 else [each for one in numbers for each in self._packages([one])]
        return list(answer.get("package_list") or [])

    def _order(self, detail: Mapping[str, Any], packages: Sequence[Mapping[str, Any]]) -> Order:
        tracking = [str(package.get("tracking_number") or "") for package in packages]
        numbers = [str(each.get("package_number") or "") for each in detail.get("package_list") or ()]
        codes = [*tracking, *numbers, str(detail.get("booking_sn") or "")]
        return Order(
            shop_id=self._client.account.local_id,
            number=str(detail["order_sn"]),
            buyer_id=str(detail.get("buyer_user_id") or ""),
            buyer_name=str(detail.get("buyer_username") or ""),
            tracking=next(filter(None, tracking), ""),
            carrier=str(detail.get("shipping_carrier") or ""),
            cancelled=str(detail.get("order_status")) in CANCELLED_STATES,
            items=tuple(_item(each) for each in detail.get("item_list") or ()),
            codes=tuple(code for code in codes if code),
        )


def _batches(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    return (numbers[start : start + DETAIL_PAGE] for start in range(0, len(numbers), DETAIL_PAGE))


def _item(row: Mapping[str, Any]) -> Item:
    names = (str(row.get("item_name") or ""), str(row.get("model_name") or ""))
    counts = (row.get("active_qty"), row.get("model_quantity_purchased"))
    quantity = next((count for count in counts if count is not None), 1)  # 0: this line was cancelled
    return Item(
        name=", ".join(filter(None, names)),
        sku=str(row.get("model_sku") or row.get("item_sku") or ""),
        quantity=int(quantity),
    )
