"""Shopee Open Platform v2: bookings, goods that are packed before they have a buyer."""

from typing import Any

from parcelguard.sandbox.shopee.orders import MOST_AT_ONCE, item_row, slice_by_time
from parcelguard.sandbox.shopee.refusals import Refused
from parcelguard.sandbox.shopee.wire import Asked, Call
from parcelguard.sandbox.world.records import Booking
from parcelguard.sandbox.world.world import World


def get_booking_list(world: World, asked: Asked) -> dict[str, Any]:
    """v2.order.get_booking_list: at most 15 days, a page at a time."""
    status = asked.query.get("booking_status")
    found = (booking for booking in world.bookings.values() if booking.shop_id == asked.shop.shop_id)
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
    empty = world.faults.take("empty_tracking", asked.path)
    return {"tracking_number": "" if empty else booking.tracking_number, "hint": ""}


def _find(world: World, asked: Asked, booking_sn: str) -> Booking:
    booking = world.bookings.get(booking_sn)
    if booking is None or booking.shop_id != asked.shop.shop_id:
        raise Refused("error_not_found", "Wrong parameters, detail: the booking is not found.")
    return booking


CALLS = (
    Call("GET", "/api/v2/order/get_booking_list", get_booking_list),
    Call("GET", "/api/v2/order/get_booking_detail", get_booking_detail),
    Call("GET", "/api/v2/logistics/get_booking_tracking_number", get_booking_tracking_number),
)
