"""Orders, parcels and tracking numbers as the sandbox tells them."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.shopee.state import connect_shop
from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.common import Clock
from tests.support.sandbox.shopee import ShopeeSeller, open_shop, refusal

DAY = 86_400


@pytest.fixture
def seller() -> Iterator[ShopeeSeller]:
    with open_shop(orders=6) as seller:
        yield seller


@pytest.fixture
def odd_shop() -> Iterator[ShopeeSeller]:
    with open_shop(orders=8, specials=True) as seller:
        yield seller


def listed(seller: ShopeeSeller, **query: Any) -> httpx.Response:
    now = int(seller.clock())
    asked: dict[str, Any] = {
        "time_range_field": "update_time",
        "time_from": now - 15 * DAY,
        "time_to": now,
        "page_size": 100,
    } | query
    return seller.get("order/get_order_list", **asked)


def detail(seller: ShopeeSeller, *orders: Order, fields: str = "", **query: Any) -> Any:
    joined = ",".join(order.order_sn for order in orders)
    answer = seller.get(
        "order/get_order_detail", order_sn_list=joined, response_optional_fields=fields, **query
    )
    return answer.json()["response"]["order_list"]


def test_orders_come_page_by_page_without_gap_or_repeat(seller: ShopeeSeller) -> None:
    found, cursor, more = [], "", True
    while more:
        said = listed(seller, page_size=4, cursor=cursor).json()["response"]
        found += [row["order_sn"] for row in said["order_list"]]
        cursor, more = said["next_cursor"], said["more"]
    assert sorted(found) == sorted(seller.world.orders)
    assert cursor == ""


def test_span_over_fifteen_days_is_refused(seller: ShopeeSeller) -> None:
    now = int(seller.clock())
    assert refusal(listed(seller, time_from=now - 15 * DAY - 1)) == "order.order_list_invalid_time"
    assert refusal(listed(seller, time_from=now + 1)) == "order.order_list_invalid_time"


@pytest.mark.parametrize("wrong", [{"page_size": 101}, {"page_size": 0}, {"time_range_field": "pay_time"}])
def test_wrong_list_parameters_are_refused(seller: ShopeeSeller, wrong: dict[str, Any]) -> None:
    assert refusal(listed(seller, **wrong)) == "error_param"


def test_list_can_be_narrowed_to_a_status_and_tells_it_when_asked(seller: ShopeeSeller) -> None:
    order = seller.orders()[2]
    seller.http.post("/admin/orders", json={"order_sn": order.order_sn, "status": "CANCELLED"})
    said = listed(seller, order_status="CANCELLED", response_optional_fields="order_status").json()[
        "response"
    ]
    assert said["order_list"] == [{"order_sn": order.order_sn, "order_status": "CANCELLED", "booking_sn": ""}]
    assert "order_status" not in listed(seller).json()["response"]["order_list"][0]


def test_changed_order_is_found_by_its_update_time(seller: ShopeeSeller) -> None:
    seller.clock.now += 3600
    order = seller.orders()[0]
    seller.http.post("/admin/orders", json={"order_sn": order.order_sn, "status": "SHIPPED"})
    rows = listed(seller, time_from=int(seller.clock()) - 60).json()["response"]["order_list"]
    assert [row["order_sn"] for row in rows] == [order.order_sn]


def test_buyer_and_items_come_only_when_asked_for(seller: ShopeeSeller) -> None:
    order = seller.orders()[0]
    bare = detail(seller, order)[0]
    assert not {"buyer_user_id", "item_list", "package_list"} & bare.keys()
    full = detail(seller, order, fields="buyer_user_id,buyer_username,item_list,package_list")[0]
    assert (full["buyer_user_id"], full["buyer_username"]) == (order.buyer.user_id, order.buyer.name)
    assert len(full["item_list"]) == len(order.items)
    assert full["package_list"][0]["package_number"] == order.packages[0].package_number
    assert "tracking_number" not in full["package_list"][0]


def test_picture_of_an_item_can_be_fetched(seller: ShopeeSeller) -> None:
    item = detail(seller, seller.orders()[0], fields="item_list")[0]["item_list"][0]
    answer = seller.http.get(item["image_info"]["image_url"])
    assert answer.content.startswith(b"\x89PNG")


def test_one_unknown_order_fails_the_batch_unless_told_otherwise(seller: ShopeeSeller) -> None:
    order = seller.orders()[0]
    asked: dict[str, Any] = {"order_sn_list": f"{order.order_sn},260101NOTTHERE"}
    assert refusal(seller.get("order/get_order_detail", **asked)) == "error_not_found"
    seller.fault("omit_unknown_orders")
    rows = seller.get("order/get_order_detail", **asked).json()["response"]["order_list"]
    assert [row["order_sn"] for row in rows] == [order.order_sn]


def test_at_most_fifty_orders_at_once(seller: ShopeeSeller) -> None:
    many = ",".join(["260101NOTTHERE"] * 51)
    assert refusal(seller.get("order/get_order_detail", order_sn_list=many)) == "error_param"
    assert refusal(seller.get("order/get_order_detail")) == "error_param"


def test_another_shops_order_is_not_found(seller: ShopeeSeller) -> None:
    order = seller.orders()[0]
    seller.shop = seller.world.add_shop("Other", marketplace="shopee")
    seller.token = connect_shop(seller.world, seller.shop).access_token
    assert refusal(seller.get("order/get_order_detail", order_sn_list=order.order_sn)) == "error_not_found"


def test_optional_fields_can_be_null(seller: ShopeeSeller) -> None:
    seller.fault("null_fields", value=["item_list"])
    row = detail(seller, seller.orders()[0], fields="item_list,note")[0]
    assert (row["item_list"], row["note"]) == (None, "")


def test_tracking_numbers_agree_in_all_three_calls(seller: ShopeeSeller) -> None:
    order = seller.orders()[0]
    number, tracking = order.packages[0].package_number, order.packages[0].tracking_number
    package = seller.get("order/get_package_detail", package_number_list=number).json()["response"]
    assert package["package_list"][0]["tracking_number"] == tracking
    single = seller.get("logistics/get_tracking_number", order_sn=order.order_sn).json()["response"]
    assert single["tracking_number"] == tracking
    body = {"package_list": [{"package_number": number}, {"package_number": "OFG0"}]}
    mass = seller.post("logistics/get_mass_tracking_number", body).json()["response"]
    assert mass["success_list"] == [{"package_number": number, "tracking_number": tracking}]
    assert [row["package_number"] for row in mass["fail_list"]] == ["OFG0"]


def test_unknown_parcels_and_empty_numbers_are_refused(seller: ShopeeSeller) -> None:
    order_sn = seller.orders()[0].order_sn
    answer = seller.get("order/get_package_detail", package_number_list="OFG0")
    assert refusal(answer) == "logistics.package_number_not_exist"
    assert refusal(seller.get("logistics/get_tracking_number", order_sn="x")) == "logistics.invalid_error"
    answer = seller.get("logistics/get_tracking_number", order_sn=order_sn, package_number="OFG0")
    assert refusal(answer) == "logistics.package_not_exist"
    answer = seller.get("logistics/get_tracking_number", order_sn=order_sn, package_number="")
    assert refusal(answer) == "error_param"


def test_search_lists_only_parcels_still_in_the_shop(seller: ShopeeSeller) -> None:
    gone = seller.orders()[0]
    seller.world.change_order(gone, "SHIPPED")
    body: dict[str, Any] = {"filter": {"package_status": 3}, "pagination": {"page_size": 3, "cursor": ""}}
    first = seller.post("order/search_package_list", body).json()["response"]
    assert (first["pagination"]["total_count"], first["pagination"]["more"]) == (5, True)
    body["pagination"]["cursor"] = first["pagination"]["next_cursor"]
    second = seller.post("order/search_package_list", body).json()["response"]
    found = [row["order_sn"] for row in first["packages_list"] + second["packages_list"]]
    assert sorted(found) == sorted(set(seller.world.orders) - {gone.order_sn})


def test_usual_demo_has_one_of_each_special(odd_shop: ShopeeSeller) -> None:
    states = Counter(order.status for order in odd_shop.orders())
    assert states == {"PROCESSED": 5, "CANCELLED": 1, "IN_CANCEL": 1, "READY_TO_SHIP": 1}
    assert sum(len(order.packages) == 2 for order in odd_shop.orders()) == 1
    waiting = next(order for order in odd_shop.orders() if order.status == "READY_TO_SHIP")
    answer = odd_shop.get("logistics/get_tracking_number", order_sn=waiting.order_sn).json()
    assert answer["response"]["tracking_number"] == ""
    cancelled = next(order for order in odd_shop.orders() if order.status == "CANCELLED")
    row = detail(odd_shop, cancelled, fields="cancel_by,cancel_reason")[0]
    assert (row["cancel_by"], row["cancel_reason"]) == ("buyer", "Changed my mind")


def test_split_order_needs_the_parcels_number(odd_shop: ShopeeSeller) -> None:
    order = next(order for order in odd_shop.orders() if len(order.packages) == 2)
    assert refusal(odd_shop.get("logistics/get_tracking_number", order_sn=order.order_sn)) == "error_param"
    for package in order.packages:
        answer = odd_shop.get(
            "logistics/get_tracking_number", order_sn=order.order_sn, package_number=package.package_number
        )
        assert answer.json()["response"]["tracking_number"] == package.tracking_number
    assert detail(odd_shop, order, fields="split_up")[0]["split_up"] is True


def test_label_appears_when_shipping_is_arranged(odd_shop: ShopeeSeller) -> None:
    order = next(order for order in odd_shop.orders() if order.status == "READY_TO_SHIP")
    row = odd_shop.http.post("/admin/orders", json={"order_sn": order.order_sn, "status": "PROCESSED"}).json()
    assert re.fullmatch(r"SPXMY\d{11}[0-9A-Z]", row["tracking_number"])


def test_demo_is_plain_with_real_looking_numbers_and_a_buyer_for_each_order() -> None:
    world = demo_world(orders=200, seed=3, specials=False, clock=Clock())
    orders = list(world.orders.values())
    assert all(re.fullmatch(r"260101[0-9A-Z]{8}", order.order_sn) for order in orders)
    assert all(re.fullmatch(r"SPXMY\d{11}[0-9A-Z]", order.packages[0].tracking_number) for order in orders)
    assert all(re.fullmatch(r"OFG\d{15}", order.packages[0].package_number) for order in orders)
    assert len({order.buyer.user_id for order in orders}) == len({o.buyer.name for o in orders}) == 200
    assert {order.status for order in orders} == {"PROCESSED"}
    assert {len(order.items) for order in orders} == {1, 2, 3}
    assert all(order.create_time <= order.update_time <= world.now() for order in orders)


def test_same_seed_makes_the_same_shop() -> None:
    first, second = (demo_world(orders=5, seed=7, clock=Clock()) for _ in range(2))
    assert list(first.orders) == list(second.orders)
    assert list(demo_world(orders=5, seed=8, clock=Clock()).orders) != list(first.orders)


def test_grouped_orders_share_one_label_and_unreachable_buyers_have_no_id() -> None:
    with open_shop(orders=3, specials=("grouped", "no_buyer_id")) as seller:
        orders = seller.orders()
        assert orders[2].packages[0].tracking_number == orders[0].packages[0].tracking_number
        rows = detail(seller, *orders, fields="buyer_user_id,package_list")
        assert (
            rows[0]["package_list"][0]["group_shipment_id"]
            == rows[2]["package_list"][0]["group_shipment_id"]
            != 0
        )
        assert rows[1]["buyer_user_id"] == 0


def test_few_orders_leave_at_least_one_plain() -> None:
    world = demo_world(orders=1, specials=True, clock=Clock())
    assert [order.status for order in world.orders.values()] == ["PROCESSED"]


def test_booking_has_no_buyer_until_it_is_matched(seller: ShopeeSeller) -> None:
    made = seller.http.post("/admin/bookings", json={}).json()
    number, now = made["booking_sn"], int(seller.clock())
    span: dict[str, Any] = {
        "time_range_field": "create_time",
        "time_from": now - 60,
        "time_to": now,
        "page_size": 10,
    }
    rows = seller.get("order/get_booking_list", **span).json()["response"]["booking_list"]
    assert [(row["booking_sn"], row["order_sn"]) for row in rows] == [(number, "")]
    one = seller.get("order/get_booking_detail", booking_sn_list=number).json()["response"]["booking_list"][0]
    assert one["item_list"]
    assert not any("buyer" in name for name in one)
    answer = seller.get("logistics/get_booking_tracking_number", booking_sn=number).json()["response"]
    assert answer["tracking_number"] == made["tracking_number"]

    order = seller.orders()[0]
    seller.http.post(f"/admin/bookings/{number}/match", json={"order_sn": order.order_sn})
    rows = seller.get("order/get_booking_list", booking_status="MATCHED", **span).json()["response"]
    assert [row["order_sn"] for row in rows["booking_list"]] == [order.order_sn]
    assert detail(seller, order)[0]["booking_sn"] == number
    assert refusal(seller.get("order/get_booking_detail", booking_sn_list="x")) == "error_not_found"
