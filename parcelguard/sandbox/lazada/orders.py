"""Lazada: orders, their items (one row a unit), and where the parcels are."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from parcelguard.sandbox.lazada.wire import Asked, Call, missing
from parcelguard.sandbox.world.records import Item, Order, Package, Shop
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

# Lazada Open Platform, `/orders/items/get`: error 38 comes with the 51st order.
MOST_AT_ONCE = 50
_HOURS = {"ID": 7, "TH": 7, "VN": 7}  # the others are eight ahead
_STATUSES = {
    "UNPAID": "unpaid",
    "PENDING": "topack",
    "INVOICE_PENDING": "pending",
    "READY_TO_SHIP": "pending",
    "RETRY_SHIP": "repacked",
    "PROCESSED": "ready_to_ship",
    "IN_CANCEL": "ready_to_ship",
    "TO_CONFIRM_RECEIVE": "delivered",
    "COMPLETED": "confirmed",
    "CANCELLED": "canceled",
    "TO_RETURN": "returned",
}
_FILTERS = {
    "unpaid", "pending", "topack", "toship", "ready_to_ship", "shipping", "shipped", "delivered", "canceled",
    "returned", "failed", "lost", "confirmed",
}  # fmt: skip
_AFTER = ("update_after", "created_after")


def get_orders(world: World, asked: Asked) -> dict[str, Any]:
    """/orders/get: without items; at most the first 5000 plus a page can be reached."""
    if not any(asked.given.get(name) for name in _AFTER):
        raise missing("created_after or update_after")
    field = _one_of(asked, "sort_by", {"created_at": "create_time", "updated_at": "update_time"}, "75")
    newest_first = _one_of(asked, "sort_direction", {"ASC": False, "DESC": True}, "74")
    # Beyond 5000 the platform gives nothing, so a client has to narrow its dates instead of paging on.
    offset = asked.whole("offset", 0, high=5000, code="14")
    limit = asked.whole("limit", 100, low=1, high=100, code="19")
    status = asked.given.get("status", "")
    if status and status not in _FILTERS:
        raise Refused("36", "E036: Invalid status filter")
    found = [
        order
        for order in world.orders.values()
        if order.shop_id == asked.shop.shop_id
        and _within(asked, order)
        and (not status or status in _order_statuses(order))
    ]
    found.sort(key=lambda order: (getattr(order, field), order.order_sn), reverse=newest_first)
    page = found[offset : offset + limit]
    naive = bool(world.faults.strike("naive_dates", asked.path))
    rows = [_order(world, asked, order, naive=naive) for order in page]
    return {"data": {"count": len(rows), "countTotal": len(found), "orders": rows}}


def get_order(world: World, asked: Asked) -> dict[str, Any]:
    """/order/get."""
    return {"data": _order(world, asked, _find(world, asked), naive=False)}


def get_order_items(world: World, asked: Asked) -> dict[str, Any]:
    """/order/items/get."""
    return {"data": _rows(world, asked, _find(world, asked))}


def get_orders_items(world: World, asked: Asked) -> dict[str, Any]:
    """/orders/items/get: up to 50 orders, all of which must be the shop's."""
    try:
        numbers = json.loads(asked.text("order_ids"))
    except ValueError as error:
        raise Refused("56", "E056: Invalid order_ids format") from error
    if not isinstance(numbers, list) or not numbers:
        raise Refused("56", "E056: Invalid order_ids format")
    if len(numbers) > MOST_AT_ONCE:
        raise Refused("38", "E038: Too many orders were requested")
    found = [world.order_of(asked.shop, str(number)) for number in numbers]
    orders = [order for order in found if order is not None]
    if not orders:
        raise Refused("39", "E039: No orders were found")
    if len(orders) < len(found) and not world.faults.strike("omit_unknown_orders", asked.path):
        raise Refused("37", "E037: One or more order ids in the list are incorrect")
    return {"data": [{**_names(order), "order_items": _rows(world, asked, order)} for order in orders]}


def trace(world: World, asked: Asked) -> dict[str, Any]:
    """/logistic/order/trace: where the parcels are, once they are ready to ship."""
    order = _find(world, asked)
    wanted = asked.given.get("ofcPackageIdList", "")
    packages = [
        {
            "ofc_package_id": package.package_number,
            "tracking_number": package.tracking_number,
            "logistic_detail_info_list": [
                {"event_time": int(order.update_time * 1000), "title": "Ready to ship", "description": ""}
            ],
        }
        for package in order.packages
        if package.tracking_number and (not wanted or package.package_number in wanted)
    ]
    module = {"ofc_order_id": order.order_sn, "package_detail_info_list": packages}
    return {"result": {"success": True, "module": [module] if packages else []}}


def _one_of(asked: Asked, name: str, choices: dict[str, Any], code: str) -> Any:
    given = asked.given.get(name) or next(iter(choices))
    if given not in choices:
        raise Refused(code, f"E{code.zfill(3)}: Invalid {name}")
    return choices[given]


def _within(asked: Asked, order: Order) -> bool:
    spans = (("update", order.update_time), ("created", order.create_time))
    for name, moment in spans:
        after, before = (_moment(asked, f"{name}_{side}") for side in ("after", "before"))
        if (after is not None and moment < after) or (before is not None and moment >= before):
            return False
    return True


def _moment(asked: Asked, name: str) -> float | None:
    text = asked.given.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("17", f"E017: Invalid date format of {name}") from error
    if moment.tzinfo is None:
        raise Refused("17", f"E017: {name} has no offset")
    return moment.timestamp()


def _find(world: World, asked: Asked) -> Order:
    order = world.order_of(asked.shop, asked.text("order_id"))
    if order is None:
        raise Refused("16", f"E016: {asked.given['order_id']!r} Invalid Order ID")
    return order


def _names(order: Order) -> dict[str, Any]:
    number = int(order.order_sn) if order.order_sn.isdecimal() else order.order_sn
    return {"order_id": number, "order_number": number}


def _status(order: Order, item: Item) -> str:
    return "canceled" if item.cancelled else _STATUSES.get(order.status, order.status.lower())


def _order_statuses(order: Order) -> list[str]:
    return sorted({_status(order, item) for item in order.items})


def _order(world: World, asked: Asked, order: Order, *, naive: bool) -> dict[str, Any]:
    asking = order.status == "IN_CANCEL"
    row = {
        **_names(order),
        "statuses": _order_statuses(order),
        "items_count": sum(item.quantity for item in order.items),
        "price": f"{order.total:.2f}",
        "payment_method": "MIXEDCARD",
        "created_at": _date(asked.shop, order.create_time, naive=naive),
        "updated_at": _date(asked.shop, order.update_time, naive=naive),
        "buyer_note": order.message_to_seller,
        "remarks": order.note,
        "warehouse_code": "dropshipping",
        "need_cancel_confirm": asking,
        "is_cancel_pending": asking,
        "customer_first_name": "K***",
        "customer_last_name": "",
        "address_shipping": {"first_name": "K***", "phone": "60********88", "country": asked.shop.region},
    }
    return _emptied(world, asked, row)


def _rows(world: World, asked: Asked, order: Order) -> list[dict[str, Any]]:
    empty = bool(world.faults.strike("empty_tracking", asked.path))
    return [
        _emptied(world, asked, _row(asked, order, package, item, item_id, empty=empty))
        for item_id, package, item in units(order)
    ]


def units(order: Order) -> Iterator[tuple[int, Package, Item]]:
    """Return every single piece of an order with its own id and its parcel."""
    pieces = [(package, item) for package in order.packages for item in package.items]
    # An order of three mugs is three rows: `/order/items/get` knows no quantity.
    every = [piece for piece in pieces for _ in range(piece[1].quantity)]
    for number, (package, item) in enumerate(every, start=1):
        item_id = int(f"{order.order_sn}{number:03}") if order.order_sn.isdecimal() else number
        yield item_id, package, item


def _row(
    asked: Asked, order: Order, package: Package, item: Item, item_id: int, *, empty: bool
) -> dict[str, Any]:
    parcelled = bool(package.tracking_number) and not (item.cancelled or item.digital)
    asking = order.status == "IN_CANCEL"
    return {
        "order_id": _names(order)["order_id"],
        "order_item_id": item_id,
        "name": item.name,
        "sku": item.model_sku or item.sku,
        "shop_sku": f"{item.item_id}_{asked.shop.region}-{item.model_id or item.item_id}",
        "sku_id": str(item.model_id or item.item_id),
        "product_id": str(item.item_id),
        "variation": f"Variant:{item.model_name}" if item.model_name else "",
        "product_main_image": f"{asked.base_url}/goods/{item.model_sku or item.sku}.png",
        "product_detail_url": "",
        "item_price": item.price,
        "paid_price": item.price,
        "currency": asked.shop.currency,
        "status": _status(order, item),
        "package_id": package.package_number if parcelled else "",
        "tracking_code": package.tracking_number if parcelled and not empty else "",
        "shipment_provider": f"{order.carrier} {asked.shop.region}" if parcelled else "",
        "shipping_provider_type": "standard",
        "sla_time_stamp": _date(asked.shop, order.create_time + 2 * 86_400, naive=False),
        "buyer_id": str(order.buyer.user_id) if order.has_buyer_id else "",
        "is_digital": int(item.digital),
        "is_fbl": str(int(item.packed_by_platform)),
        "delivery_option_sof": "0",
        "reason": order.cancel_reason,
        "reason_detail": "",
        "cancel_return_initiator": f"{order.cancel_by}-cancel" if order.cancel_by else "",
        "return_status": "",
        "need_cancel_confirm": asking,
        "is_cancel_pending": asking,
        "reverse_order_id": "",
        "created_at": _date(asked.shop, order.create_time, naive=False),
        "updated_at": _date(asked.shop, order.update_time, naive=False),
    }


def _emptied(world: World, asked: Asked, row: dict[str, Any]) -> dict[str, Any]:
    nulls = world.faults.strike("null_fields", asked.path)
    return row | {name: None for name in nulls.value if name in row} if nulls else row


def _date(shop: Shop, moment: float, *, naive: bool) -> str:
    zone = timezone(timedelta(hours=_HOURS.get(shop.region, 8)))
    local = datetime.fromtimestamp(int(moment), UTC).astimezone(zone)
    return local.strftime("%Y-%m-%d %H:%M:%S" + ("" if naive else " %z"))


CALLS = (
    Call("/orders/get", get_orders),
    Call("/order/get", get_order),
    Call("/order/items/get", get_order_items),
    Call("/orders/items/get", get_orders_items),
    Call("/logistic/order/trace", trace, ("GET", "POST")),
)
