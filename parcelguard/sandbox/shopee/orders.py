"""Shopee Open Platform v2: orders, packages and tracking numbers."""

from collections.abc import Mapping
from typing import Any, TypeVar

from parcelguard.sandbox.shopee.refusals import Refused, wrong_parameters
from parcelguard.sandbox.shopee.state import Booking
from parcelguard.sandbox.shopee.wire import Asked, Call
from parcelguard.sandbox.world.records import Item, Order, Package
from parcelguard.sandbox.world.world import World

Row = TypeVar("Row", Order, Booking)

# Shopee Open Platform v2, `v2.order.get_order_list` and `v2.order.get_order_detail`.
LONGEST_SPAN_S = 15 * 86_400
MOST_AT_ONCE = 50
_LOGISTICS = {
    "UNPAID": "LOGISTICS_NOT_START",
    "PENDING": "LOGISTICS_PENDING_ARRANGE",
    "READY_TO_SHIP": "LOGISTICS_READY",
    "RETRY_SHIP": "LOGISTICS_PICKUP_RETRY",
    "SHIPPED": "LOGISTICS_PICKUP_DONE",
    "TO_CONFIRM_RECEIVE": "LOGISTICS_DELIVERY_DONE",
    "COMPLETED": "LOGISTICS_DELIVERY_DONE",
    "CANCELLED": "LOGISTICS_REQUEST_CANCELED",
}
_STATUS_FILTER = {
    0: None,
    1: {"LOGISTICS_NOT_START", "LOGISTICS_PENDING_ARRANGE"},
    2: {"LOGISTICS_READY"},
    3: {"LOGISTICS_REQUEST_CREATED", "LOGISTICS_PICKUP_RETRY"},
}
_SHIPPED = {"LOGISTICS_PICKUP_DONE", "LOGISTICS_DELIVERY_DONE", "LOGISTICS_REQUEST_CANCELED"}


def get_order_list(world: World, asked: Asked) -> dict[str, Any]:
    """v2.order.get_order_list: at most 15 days, a page at a time."""
    status = asked.query.get("order_status")
    found = (order for order in world.orders.values() if order.shop_id == asked.shop.shop_id)
    page, cursor = slice_by_time(
        asked, {order.order_sn: order for order in found if status in (None, "", order.status)}
    )
    with_status = "order_status" in asked.query.get("response_optional_fields", "").split(",")
    return {
        "more": bool(cursor),
        "next_cursor": cursor,
        "order_list": [_listed(order, with_status=with_status) for order in page],
    }


def get_order_detail(world: World, asked: Asked) -> dict[str, Any]:
    """v2.order.get_order_detail: optional fields only when asked for."""
    wanted = set(asked.query.get("response_optional_fields", "").split(","))
    lenient = world.faults.strike("omit_unknown_orders", asked.path)
    orders = []
    for order_sn in asked.listed("order_sn_list", MOST_AT_ONCE):
        order = world.order_of(asked.shop, order_sn)
        if order is not None:
            orders.append(order)
        elif not lenient:
            raise Refused("error_not_found", "Wrong parameters, detail: the order is not found.")
    nulls = world.faults.strike("null_fields", asked.path)
    empty = set(nulls.value) if nulls and nulls.value else set()
    return {"order_list": [_detail(asked, order, wanted, empty) for order in orders]}


def get_package_detail(world: World, asked: Asked) -> dict[str, Any]:
    """v2.order.get_package_detail: the bulk source of tracking numbers."""
    no_tracking = bool(world.faults.strike("empty_tracking", asked.path))
    rows = []
    for number in asked.listed("package_number_list", MOST_AT_ONCE):
        found = _find_package(world, asked, number)
        if found is None:
            raise Refused("logistics.package_number_not_exist", f"Package {number} does not exist.")
        rows.append(_package_detail(*found, no_tracking=no_tracking))
    return {"package_list": rows}


def search_package_list(world: World, asked: Asked) -> dict[str, Any]:
    """v2.order.search_package_list: what has not left the shop yet."""
    pages = asked.body.get("pagination") or {}
    wanted = (asked.body.get("filter") or {}).get("package_status", 2)
    size, cursor = pages.get("page_size"), pages.get("cursor", "")
    if wanted not in _STATUS_FILTER or not isinstance(size, int) or not 1 <= size <= 100:
        raise wrong_parameters("package_status or page_size is invalid")
    if not isinstance(cursor, str) or not (cursor == "" or cursor.isdigit()):
        raise wrong_parameters("cursor is invalid")
    statuses = _STATUS_FILTER[wanted]
    # The platform lists only what the shop still has to hand over.
    rows = [
        (order, package)
        for order in world.orders.values()
        if order.shop_id == asked.shop.shop_id
        for package in order.packages
        if logistics_status(order) not in _SHIPPED
        and (statuses is None or logistics_status(order) in statuses)
    ]
    start = int(cursor or 0)
    more = start + size < len(rows)
    return {
        "packages_list": [
            {
                "order_sn": order.order_sn,
                "package_number": package.package_number,
                "logistics_channel_id": 28016,
                "is_shipment_arranged": _arranged(order),
            }
            for order, package in rows[start : start + size]
        ],
        "pagination": {
            "total_count": len(rows),
            "next_cursor": str(start + size) if more else "",
            "more": more,
        },
    }


def get_tracking_number(world: World, asked: Asked) -> dict[str, Any]:
    """v2.logistics.get_tracking_number; empty until shipping is arranged."""
    order = world.order_of(asked.shop, asked.query.get("order_sn", ""))
    if order is None:
        raise Refused("logistics.invalid_error", "The order does not exist.")
    number = asked.query.get("package_number")
    if number == "" or (number is None and len(order.packages) > 1):
        raise wrong_parameters("package_number is empty, or missing for a split order")
    package = next((one for one in order.packages if number in (None, one.package_number)), None)
    if package is None:
        raise Refused("logistics.package_not_exist", "The package does not exist.")
    empty = world.faults.strike("empty_tracking", asked.path)
    wanted = asked.query.get("response_optional_fields", "").split(",")
    extra = ("plp_number", "first_mile_tracking_number", "last_mile_tracking_number")
    return {
        "tracking_number": "" if empty else package.tracking_number,
        "hint": "" if package.tracking_number and not empty else "The tracking number is not ready yet.",
        "pickup_code": "",
    } | {name: "" for name in extra if name in wanted}


def get_mass_tracking_number(world: World, asked: Asked) -> dict[str, Any]:
    """v2.logistics.get_mass_tracking_number: up to 50 packages, each on its own."""
    listed = asked.body.get("package_list")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_AT_ONCE:
        raise wrong_parameters("package_list must have 1 to 50 entries")
    empty = world.faults.strike("empty_tracking", asked.path)
    answer: dict[str, Any] = {"success_list": [], "fail_list": []}
    for entry in listed:
        number = str(entry.get("package_number", "")) if isinstance(entry, dict) else ""
        found = _find_package(world, asked, number)
        if found is None:
            answer["fail_list"].append(
                {"package_number": number, "fail_reason": "The package does not exist."}
            )
        else:
            tracking = "" if empty else found[1].tracking_number
            answer["success_list"].append({"package_number": number, "tracking_number": tracking})
    return answer


def slice_by_time(asked: Asked, found: Mapping[str, Row]) -> tuple[list[Row], str]:
    """Return one page of what lies in the asked span, oldest first, and the cursor to the next."""
    which = asked.query.get("time_range_field")
    if which not in ("create_time", "update_time"):
        raise wrong_parameters("time_range_field is missing or invalid")
    start, end = asked.whole("time_from"), asked.whole("time_to")
    if not 0 <= end - start <= LONGEST_SPAN_S:
        raise Refused(
            "order.order_list_invalid_time", "Start time must be earlier than end time and within 15 days."
        )
    size, cursor = asked.whole("page_size", low=1, high=100), asked.query.get("cursor", "")
    # Sorted by a text that is the cursor too, so a page can begin where the last one ended.
    places = sorted(
        f"{getattr(row, which):017.3f}_{key}"
        for key, row in found.items()
        if start <= int(getattr(row, which)) <= end
    )
    places = [place for place in places if place > cursor]
    rows = [found[place.partition("_")[2]] for place in places[:size]]
    return rows, places[size - 1] if len(places) > size else ""


def logistics_status(order: Order) -> str:
    """Return the parcel's state as it goes over the wire."""
    return _LOGISTICS.get(order.status, "LOGISTICS_REQUEST_CREATED")


def _arranged(order: Order) -> bool:
    return any(package.tracking_number for package in order.packages)


def _listed(order: Order, *, with_status: bool) -> dict[str, Any]:
    row = {"order_sn": order.order_sn, "booking_sn": order.booking_sn}
    return row | {"order_status": order.status} if with_status else row


def _find_package(world: World, asked: Asked, number: str) -> tuple[Order, Package] | None:
    return next(
        (
            (order, package)
            for order in world.orders.values()
            if order.shop_id == asked.shop.shop_id
            for package in order.packages
            if package.package_number == number
        ),
        None,
    )


def _detail(asked: Asked, order: Order, wanted: set[str], empty: set[str]) -> dict[str, Any]:
    always: dict[str, Any] = {
        "order_sn": order.order_sn,
        "region": asked.shop.region,
        "currency": asked.shop.currency,
        "cod": False,
        "order_status": order.status,
        "message_to_seller": order.message_to_seller,
        "create_time": int(order.create_time),
        "update_time": int(order.update_time),
        "days_to_ship": 2,
        "ship_by_date": int(order.create_time) + 2 * 86_400,
        "booking_sn": order.booking_sn,
    }
    asked_for: dict[str, Any] = {
        "buyer_user_id": order.buyer.user_id if order.has_buyer_id else 0,
        "buyer_username": order.buyer.name if order.has_buyer_id else "",
        "item_list": [item_row(item, asked.base_url) for item in order.items],
        "package_list": [_package(order, package) for package in order.packages],
        "cancel_by": order.cancel_by,
        "cancel_reason": order.cancel_reason,
        "buyer_cancel_reason": order.buyer_cancel_reason,
        "shipping_carrier": order.carrier,
        "note": order.note,
        "pay_time": int(order.create_time) + 30,
        "pickup_done_time": int(order.update_time) if order.status == "SHIPPED" else 0,
        "split_up": len(order.packages) > 1,
        "total_amount": order.total,
        "fulfillment_flag": "fulfilled_by_local_seller",
    }
    chosen = {name: None if name in empty else value for name, value in asked_for.items() if name in wanted}
    return always | chosen


def item_row(item: Item, base_url: str) -> dict[str, Any]:
    """Return one line of an order as it goes over the wire."""
    return {
        "item_id": item.item_id,
        "item_name": item.name,
        "item_sku": item.sku,
        "model_id": item.model_id,
        "model_name": item.model_name,
        "model_sku": item.model_sku,
        "model_quantity_purchased": item.quantity,
        "model_original_price": item.price,
        "model_discounted_price": item.price,
        "weight": 0.3,
        "order_item_id": item.item_id,
        "promotion_group_id": 0,
        "image_info": {"image_url": f"{base_url}/goods/{item.model_sku or item.sku}.png"},
    }


def _package(order: Order, package: Package) -> dict[str, Any]:
    return {
        "package_number": package.package_number,
        "logistics_status": logistics_status(order),
        "logistics_channel_id": 28016,
        "shipping_carrier": order.carrier,
        "group_shipment_id": package.group_shipment_id,
        "item_list": _package_items(package),
    }


def _package_items(package: Package) -> list[dict[str, Any]]:
    return [
        {
            "item_id": item.item_id,
            "model_id": item.model_id,
            "model_quantity": item.quantity,
            "order_item_id": item.item_id,
            "promotion_group_id": 0,
        }
        for item in package.items
    ]


def _package_detail(order: Order, package: Package, *, no_tracking: bool) -> dict[str, Any]:
    return {
        "order_sn": order.order_sn,
        "package_number": package.package_number,
        "fulfillment_status": logistics_status(order),
        "tracking_number": "" if no_tracking else package.tracking_number,
        "shipping_carrier": order.carrier,
        "item_list": _package_items(package),
        "group_shipment_id": package.group_shipment_id,
        "is_split_up": len(order.packages) > 1,
        "is_shipment_arranged": _arranged(order),
        "ship_by_date": int(order.create_time) + 2 * 86_400,
        "pickup_done_time": int(order.update_time) if order.status == "SHIPPED" else 0,
        "update_time": int(order.update_time),
    }


CALLS = (
    Call("GET", "/api/v2/order/get_order_list", get_order_list),
    Call("GET", "/api/v2/order/get_order_detail", get_order_detail),
    Call("GET", "/api/v2/order/get_package_detail", get_package_detail),
    Call("POST", "/api/v2/order/search_package_list", search_package_list),
    Call("GET", "/api/v2/logistics/get_tracking_number", get_tracking_number),
    Call("POST", "/api/v2/logistics/get_mass_tracking_number", get_mass_tracking_number),
)
