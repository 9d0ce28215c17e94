"""TikTok Shop Open API: orders and requests to cancel them."""

from collections.abc import Iterator, Mapping
from typing import Any

from parcelguard.sandbox.tiktok.app_state import ORDER_SCOPE, RETURN_SCOPE
from parcelguard.sandbox.tiktok.ids import (
    package_id,
    package_ids,
    package_status,
    platform,
    status,
    user_id,
)
from parcelguard.sandbox.tiktok.refusals import BAD_ORDER, refusal
from parcelguard.sandbox.tiktok.wire import Asked, Call
from parcelguard.sandbox.world.records import Item, Order, Package
from parcelguard.sandbox.world.world import World

# TikTok Shop Open API, "Get Order Detail" and "Get Order List" (202309).
MOST_IDS = 50
MOST_ORDERS = 100
_CANCELS = {"IN_CANCEL": "CANCELLATION_REQUEST_PENDING", "CANCELLED": "CANCELLATION_REQUEST_COMPLETE"}
_NO_PARCEL = frozenset({"UNPAID"})
_NO_ADDRESS = frozenset({"UNPAID", "ON_HOLD"})


def search_orders(world: World, asked: Asked) -> dict[str, Any]:
    """Return a page of the shop's orders."""
    found = [order for order in _orders(world, asked) if _wanted(asked, order)]
    which = asked.choice("sort_field", "create_time", "update_time")
    down = asked.choice("sort_order", "DESC", "ASC") == "DESC"
    page = asked.page(found, lambda order: when(order, which), most=MOST_ORDERS, down=down)
    return {
        "orders": _rows(world, asked, page.rows),
        "next_page_token": page.next_token,
        "total_count": page.total,
    }


def get_orders(world: World, asked: Asked) -> dict[str, Any]:
    """Return up to 50 orders by number; what happens to a strange one is not known for the real platform."""
    wanted = [number for number in asked.query.get("ids", "").split(",") if number]
    if not 1 <= len(wanted) <= MOST_IDS:
        raise asked.bad(f"`ids` must have 1 to {MOST_IDS} entries")
    found = [world.order_of(asked.shop, number) for number in wanted]
    if None in found and not world.faults.strike("omit_unknown_orders", asked.path):
        raise refusal(21008111, "The order does not belong to the seller.")
    return {"orders": _rows(world, asked, [order for order in found if order is not None])}


def search_cancellations(world: World, asked: Asked) -> dict[str, Any]:
    """Return who asked to cancel what."""
    wanted = asked.body.get("order_ids", [])
    if not isinstance(wanted, list):
        raise asked.bad("`order_ids` must be a list")
    found = [
        order
        for order in _orders(world, asked)
        if order.status in _CANCELS and (not wanted or order.order_sn in wanted)
    ]
    rows = [_cancellation(order) for order in found]
    return {"cancellations": rows, "next_page_token": "", "total_count": len(rows)}


def when(order: Order, which: str) -> str:
    """Return a text that sorts orders by a time."""
    return f"{getattr(order, which):017.3f}_{order.order_sn}"


def within(asked: Asked, name: str, moment: float) -> bool:
    """Whether a moment lies in the span that the body's `name`_ge and `name`_lt ask for."""
    low, high = (asked.body.get(f"{name}_{end}") for end in ("ge", "lt"))
    for bound in (low, high):
        if bound is not None and type(bound) is not int:
            raise asked.bad(f"`{name}_ge` and `{name}_lt` must be whole numbers")
    return (low is None or int(moment) >= low) and (high is None or int(moment) < high)


def line_ids(order: Order, package: Package) -> list[str]:
    """Return the numbers of the units in a parcel."""
    return [number for number, held, _ in _units(order) if held is package]


def _orders(world: World, asked: Asked) -> list[Order]:
    return [order for order in world.orders.values() if order.shop_id == asked.shop.shop_id]


def _wanted(asked: Asked, order: Order) -> bool:
    body: Mapping[str, Any] = asked.body
    return (
        body.get("order_status") in (None, status(order))
        and body.get("buyer_user_id") in (None, user_id(order.buyer))
        and body.get("shipping_type") in (None, "TIKTOK")
        and body.get("is_buyer_request_cancel") in (None, order.status == "IN_CANCEL")
        and within(asked, "create_time", order.create_time)
        and within(asked, "update_time", order.update_time)
    )


def _rows(world: World, asked: Asked, orders: list[Order]) -> list[dict[str, Any]]:
    nulls = world.faults.strike("null_fields", asked.path)
    empty = dict.fromkeys(nulls.value) if nulls else {}
    no_tracking = bool(world.faults.strike("empty_tracking", asked.path))
    return [_order(world, asked, order, no_tracking=no_tracking) | empty for order in orders]


def _order(world: World, asked: Asked, order: Order, *, no_tracking: bool) -> dict[str, Any]:
    state = status(order)
    parcels = [] if state in _NO_PARCEL else package_ids(world, order)
    indonesian = {"commerce_platform": platform(order.buyer)} if asked.shop.region == "ID" else {}
    return {
        "id": order.order_sn,
        "status": state,
        "user_id": user_id(order.buyer) if order.has_buyer_id else "",
        "buyer_nickname": order.buyer.name if order.has_buyer_id else "",
        "buyer_message": order.message_to_seller,
        "seller_note": order.note,
        "create_time": int(order.create_time),
        "update_time": int(order.update_time),
        "paid_time": 0 if state == "UNPAID" else int(order.create_time) + 30,
        "rts_sla_time": int(order.create_time) + 2 * 86_400,
        "is_on_hold_order": state == "ON_HOLD",
        "is_cod": False,
        "is_sample_order": False,
        "fulfillment_type": _fulfilment(asked, order),
        "shipping_type": "TIKTOK",
        "shipping_provider": order.carrier,
        "delivery_option_name": "Standard shipping",
        "tracking_number": "" if no_tracking else order.packages[0].tracking_number,
        "split_or_combine_tag": _tag(order),
        "warehouse_id": "7300000000000000001",
        "packages": [{"id": number} for number in dict.fromkeys(parcels)],
        "payment": {"currency": asked.shop.currency, "total_amount": f"{order.total:.2f}"},
        "recipient_address": _address(order, state),
        "line_items": [_line(world, asked, order, no_tracking, *unit) for unit in _units(order)],
        **_cancelling(order),
        **indonesian,
    }


def _units(order: Order) -> Iterator[tuple[str, Package, Item]]:
    """Return one row for each unit: orders know no quantities."""
    number = 0
    for package in order.packages:
        for item in package.items:
            for _ in range(item.quantity):
                number += 1
                yield f"{order.order_sn}{number:03d}", package, item


def _line(
    world: World, asked: Asked, order: Order, no_tracking: bool, number: str, package: Package, item: Item
) -> dict[str, Any]:
    state = "CANCELLED" if item.cancelled else status(order)
    return {
        "id": number,
        "product_id": f"1729{item.item_id:015d}",
        "product_name": item.name,
        "sku_id": f"1730{item.model_id or item.item_id:015d}",
        "sku_name": item.model_name,
        "seller_sku": item.model_sku or item.sku,
        "sku_image": f"{asked.base_url}/goods/{item.model_sku or item.sku}.png",
        "package_id": "" if state in _NO_PARCEL else package_id(world, order, package),
        "package_status": "CANCELLED" if item.cancelled else package_status(order, package),
        "display_status": state,
        "tracking_number": "" if no_tracking else package.tracking_number,
        "shipping_provider_id": "7117858858072016641",
        "shipping_provider_name": order.carrier,
        "cancel_reason": order.cancel_reason if state == "CANCELLED" else "",
        "cancel_user": "BUYER" if state == "CANCELLED" else "",
        "is_gift": False,
        "sale_price": f"{item.price:.2f}",
        "currency": asked.shop.currency,
    }


def _fulfilment(asked: Asked, order: Order) -> str:
    if not all(item.packed_by_platform for item in order.items):
        return "FULFILLMENT_BY_SELLER"
    return (
        "FULFILLMENT_BY_DILAYANI_TOKOPEDIA"
        if asked.shop.region == "ID" and platform(order.buyer) == "TOKOPEDIA"
        else "FULFILLMENT_BY_TIKTOK"
    )


def _tag(order: Order) -> str:
    if any(package.group_shipment_id for package in order.packages):
        return "COMBINED"
    return "SPLIT" if len(order.packages) > 1 else ""


def _address(order: Order, state: str) -> dict[str, Any]:
    if state in _NO_ADDRESS:
        return {}
    return {"name": f"{order.buyer.name[:1]}***", "phone_number": "(+60)1*******8", "full_address": "***"}


def _cancelling(order: Order) -> dict[str, Any]:
    facts: dict[str, Any] = {"is_buyer_request_cancel": order.status == "IN_CANCEL"}
    if order.status in _CANCELS:
        facts |= {"request_cancel_time": int(order.update_time), "cancel_reason": order.cancel_reason}
    if order.status == "CANCELLED":
        facts |= {"cancel_time": int(order.update_time), "cancellation_initiator": order.cancel_by.upper()}
    return facts


def _cancellation(order: Order) -> dict[str, Any]:
    return {
        "cancel_id": f"403{order.order_sn[-16:]}",
        "order_id": order.order_sn,
        "cancel_status": _CANCELS[order.status],
        "cancel_type": "BUYER_CANCEL",
        "role": order.cancel_by.upper(),
        "cancel_reason_text": order.cancel_reason,
        "cancel_line_items": [{"order_line_item_id": number} for number, _, _ in _units(order)],
        "create_time": int(order.update_time),
        "update_time": int(order.update_time),
    }


CALLS = (
    Call("POST", "/order/202309/orders/search", search_orders, ORDER_SCOPE, wrong=BAD_ORDER),
    Call("GET", "/order/202309/orders", get_orders, ORDER_SCOPE, wrong=BAD_ORDER),
    Call("GET", "/order/202507/orders", get_orders, ORDER_SCOPE, wrong=BAD_ORDER),
    Call("POST", "/return_refund/202309/cancellations/search", search_cancellations, RETURN_SCOPE),
    Call("POST", "/return_refund/202602/cancellations/search", search_cancellations, RETURN_SCOPE),
)
