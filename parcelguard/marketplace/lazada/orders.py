"""Lazada's orders (Lazada Open Platform, orders).

No call maps a tracking number or a package to an order, so both are read with the orders' units
and kept in the local index.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timezone, tzinfo

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import NotAllowed
from parcelguard.core.orders import Item, Order
from parcelguard.core.times import quiet_hours
from parcelguard.marketplace.answers import entry, moment, rows
from parcelguard.marketplace.buyer_names import to_greet
from parcelguard.marketplace.lazada.client import ORDERS, LazadaClient
from parcelguard.marketplace.lazada.codes import not_found
from parcelguard.marketplace.lazada.goods import OVER, Row, first, is_cancelled, status, texts
from parcelguard.marketplace.their_time import in_their_time

log = logging.getLogger(__name__)

LIST_PAGE = 100
LAST_OFFSET = 5000
READ_TWICE = 10  # orders of each page: when one changes meanwhile, those behind it move up
UNITS_OF = 50  # orders in one question for their units
_ORDER_NUMBER = re.compile(r"\d{14,16}")
_SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d)")


class LazadaOrders:
    """Reads one Lazada shop's orders."""

    def __init__(self, client: LazadaClient, zone: tzinfo = UTC) -> None:
        self._client = client
        self._zone = zone

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        """Yield the orders changed in that time, in batches of up to 50."""
        return in_their_time(self._client.clock, since, until, self._changed)

    def read_order(self, number: str) -> Order | None:
        """Return one order as it is now."""
        try:
            answer = self._client.get(ORDERS, "/order/get", order_id=number)
            order = entry(answer.get("data"))
            return self._order(order, self._units_of(number)) if _number(order) == number else None
        except NotAllowed as error:
            if not_found(error):
                return None
            raise

    def find_by_code(self, code: str) -> Order | None:
        """Ask for what looks like an order number; Lazada counts calls that fail against the app."""
        return self.read_order(code) if _ORDER_NUMBER.fullmatch(code) else None

    # ---- steps -------------------------------------------------------------------------

    def _changed(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        for page in self._pages(since, until):
            for start in range(0, len(page), UNITS_OF):
                some = page[start : start + UNITS_OF]
                units = self._units([_number(order) for order in some])
                yield [
                    self._order(order, units[number]) for order in some if (number := _number(order)) in units
                ]

    def _pages(self, since: datetime, until: datetime) -> Iterator[list[Row]]:
        """Yield the heads of orders, oldest change first; beyond the last offset from the last time seen."""
        offset, before = 0, set[str]()
        while True:
            answer = self._client.get(
                ORDERS,
                "/orders/get",
                update_after=_told(since),
                update_before=_told(until),
                sort_by="updated_at",
                sort_direction="ASC",
                offset=offset,
                limit=LIST_PAGE,
            )
            page = rows(entry(answer.get("data")).get("orders"))
            yield [order for order in page if (number := _number(order)) and number not in before]
            if len(page) < LIST_PAGE:
                return
            before = {_number(order) for order in page}
            offset += LIST_PAGE - READ_TWICE
            if offset > LAST_OFFSET:
                reached = moment_of(page[-1].get("updated_at"), self._zone)
                if reached is None or reached <= since:
                    log.warning("more orders changed at one moment than Lazada lists; the rest is left out")
                    return
                since, offset = reached, 0

    def _units(self, numbers: Sequence[str]) -> dict[str, list[Row]]:
        """Read the units of many orders at once, or one by one when Lazada refuses all for one of them."""
        if not numbers:
            return {}
        wanted = json.dumps([int(number) for number in numbers], separators=(",", ":"))
        try:
            answer = self._client.get(ORDERS, "/orders/items/get", order_ids=wanted)
        except NotAllowed as error:
            if not not_found(error):
                raise
            return dict(self._one_by_one(numbers))
        return {_number(each): rows(each.get("order_items")) for each in rows(answer.get("data"))}

    def _one_by_one(self, numbers: Sequence[str]) -> Iterator[tuple[str, list[Row]]]:
        for number in numbers:
            try:
                yield number, self._units_of(number)
            except NotAllowed as error:
                if not not_found(error):
                    raise
                log.warning("left out: %s", error)

    def _units_of(self, number: str) -> list[Row]:
        return rows(self._client.get(ORDERS, "/order/items/get", order_id=number).get("data"))

    def _order(self, order: Row, units: Sequence[Row]) -> Order:
        number = _number(order)
        codes = [
            each for name in ("tracking_code", "package_id", "order_item_id") for each in texts(units, name)
        ]
        return Order(
            shop_id=self._client.shop.id,
            number=number,
            buyer_id=first(units, "buyer_id"),
            buyer_name=to_greet(entry(order.get("address_shipping")).get("first_name")),
            tracking=first(units, "tracking_code"),
            carrier=first(units, "shipment_provider"),
            cancelled=is_cancelled(units, order),
            items=tuple(_items(units)),
            codes=tuple(codes),
        )


def lazada_orders(client: LazadaClient, shop: ShopSettings) -> LazadaOrders:
    """Return the orders of a shop; dates without an offset are of its country."""
    market = quiet_hours(shop.region)
    return LazadaOrders(client, timezone(market.offset) if market else UTC)


def moment_of(told: object, zone: tzinfo) -> datetime | None:
    """Return the moment that one of Lazada's forms of a date tells; without an offset it is of `zone`."""
    text = str(told or "").strip()
    if text.isdecimal():
        return moment(int(text) // 1000)
    try:
        told_moment = datetime.fromisoformat(_SPACE_BEFORE_OFFSET.sub("", text))
    except ValueError:
        return None
    return told_moment if told_moment.tzinfo else told_moment.replace(tzinfo=zone)


def _told(when: datetime) -> str:
    """Return a moment as Lazada's parameters want it: with its offset, without fractions."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def _number(order: Row) -> str:
    """Return an order's number, or '' for what is none; both fields hold the same one today."""
    number = str(order.get("order_id") or order.get("order_number") or "")
    return number if number.isdecimal() else ""


def _items(units: Sequence[Row]) -> Iterator[Item]:
    """Yield one line for all units of a kind; a unit that is cancelled counts for nothing."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for unit in units:
        kinds.setdefault((str(unit.get("sku") or ""), str(unit.get("variation") or "")), []).append(unit)
    for (sku, variation), alike in kinds.items():
        name = ", ".join(filter(None, (first(alike, "name"), variation)))
        yield Item(name, sku, sum(status(unit) not in OVER for unit in alike))
