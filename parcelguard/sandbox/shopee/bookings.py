"""Shopee Open Platform v2: bookings, goods that are packed before they have a buyer."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from parcelguard.sandbox import admin
from parcelguard.sandbox.shopee.orders import MOST_AT_ONCE, item_row, slice_by_time
from parcelguard.sandbox.shopee.refusals import Refused
from parcelguard.sandbox.shopee.state import Booking, ShopeeState
from parcelguard.sandbox.shopee.wire import Asked, Call
from parcelguard.sandbox.world.goods import CATALOGUE
from parcelguard.sandbox.world.records import Order, Shop
from parcelguard.sandbox.world.world import World


def routes(world: World) -> list[Route]:
    """Return the switches of the sandbox that only a shop with bookings has."""
    return [
        admin.route(world, "POST", "/bookings", _make_booking),
        admin.route(world, "POST", "/bookings/{booking_sn}/match", _match_booking),
    ]


def make_booking(world: World, shop: Shop) -> Booking:
    """Let the platform ask for goods before anyone has ordered them."""
    with world.lock:
        now = world.now()
        booking = Booking(
            booking_sn=world.numbers.order(now, shop.marketplace),
            shop_id=shop.shop_id,
            items=[world.numbers.random.choice(CATALOGUE)],
            tracking_number=world.numbers.tracking(shop.region, shop.marketplace),
            create_time=now,
            update_time=now,
        )
        world.state_of(ShopeeState).bookings[booking.booking_sn] = booking
        return booking


def match_booking(world: World, booking: Booking, order: Order) -> None:
    """Find the booking's buyer: the goods packed for it go to this order."""
    with world.lock:
        booking.status, booking.order_sn = "MATCHED", order.order_sn
        order.booking_sn = booking.booking_sn
        order.packages[0].tracking_number = booking.tracking_number
        booking.update_time = order.update_time = world.now()


def get_booking_list(world: World, asked: Asked) -> dict[str, Any]:
    """v2.order.get_booking_list: at most 15 days, a page at a time."""
    status = asked.query.get("booking_status")
    bookings = world.state_of(ShopeeState).bookings
    found = (booking for booking in bookings.values() if booking.shop_id == asked.shop.shop_id)
    wanted = {one.booking_sn: one for one in found if status in (None, "", one.status)}
    page, cursor = slice_by_time(asked, wanted)
    rows = [
        {"booking_sn": one.booking_sn, "order_sn": one.order_sn, "booking_status": one.status} for one in page
    ]
    return {"more": bool(cursor), "next_cursor": cursor, "booking_list": rows}


def get_booking_detail(world: World, asked: Asked) -> dict[str, Any]:
    """v2.order.get_booking_detail: what to pack; never a buyer."""
    bookings = [_find(world, asked, number) for number in asked.listed("booking_sn_list", MOST_AT_ONCE)]
    return {
        "booking_list": [
            {
                "booking_sn": one.booking_sn,
                "order_sn": one.order_sn,
                "region": asked.shop.region,
                "booking_status": one.status,
                "match_status": "MATCH_SUCCESS" if one.order_sn else "MATCH_PENDING",
                "shipping_carrier": "SPX Express",
                "create_time": int(one.create_time),
                "update_time": int(one.update_time),
                "item_list": [item_row(item, asked.base_url) for item in one.items],
            }
            for one in bookings
        ]
    }


def get_booking_tracking_number(world: World, asked: Asked) -> dict[str, Any]:
    """v2.logistics.get_booking_tracking_number."""
    booking = _find(world, asked, asked.query.get("booking_sn", ""))
    empty = world.faults.strike("empty_tracking", asked.path)
    return {"tracking_number": "" if empty else booking.tracking_number, "hint": ""}


def _make_booking(world: World, _request: Request, posted: dict[str, Any]) -> Any:
    return asdict(make_booking(world, admin.shop_meant(world, posted)))


def _match_booking(world: World, request: Request, posted: dict[str, Any]) -> Any:
    booking = world.state_of(ShopeeState).bookings.get(request.path_params["booking_sn"])
    order = world.orders.get(str(posted.get("order_sn", "")))
    if booking is None or order is None:
        raise admin.BadRequest("no such booking or order")
    match_booking(world, booking, order)
    return asdict(booking)


def _find(world: World, asked: Asked, booking_sn: str) -> Booking:
    booking = world.state_of(ShopeeState).bookings.get(booking_sn)
    if booking is None or booking.shop_id != asked.shop.shop_id:
        raise Refused("error_not_found", "Wrong parameters, detail: the booking is not found.")
    return booking


CALLS = (
    Call("GET", "/api/v2/order/get_booking_list", get_booking_list),
    Call("GET", "/api/v2/order/get_booking_detail", get_booking_detail),
    Call("GET", "/api/v2/logistics/get_booking_tracking_number", get_booking_tracking_number),
)
