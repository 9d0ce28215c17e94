"""TikTok Shop's orders and parcels in the sandbox."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parcelguard.sandbox.world.goods import group, mark_line, split
from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.tiktok import ORDERS, TikTokSeller, data, open_shop, refusal

PACKAGES = "/fulfillment/202309/packages"
CANCELS = "/return_refund/202309/cancellations/search"


@pytest.fixture
def seller() -> Iterator[TikTokSeller]:
    with open_shop() as seller:
        yield seller


@pytest.fixture
def order(seller: TikTokSeller) -> Order:
    return seller.orders()[0]


def one(seller: TikTokSeller, order: Order, path: str = ORDERS) -> Any:
    return data(seller.get(path, ids=order.order_sn))["orders"][0]


def parcel(seller: TikTokSeller, number: str) -> Any:
    return data(seller.get(f"{PACKAGES}/{number}"))


def search(seller: TikTokSeller, body: object = None, path: str = f"{ORDERS}/search", **query: Any) -> Any:
    return data(seller.post(path, body or {}, **{"page_size": 50} | query))


@pytest.mark.parametrize("path", [ORDERS, "/order/202507/orders"])
def test_order_has_one_row_for_each_unit(seller: TikTokSeller, order: Order, path: str) -> None:
    row = one(seller, order, path)
    assert len(row["id"]) == 18
    assert row["id"].startswith("58")
    assert row["status"] == "AWAITING_COLLECTION"
    names = [item.name for item in order.items for _ in range(item.quantity)]
    assert [line["product_name"] for line in row["line_items"]] == names
    assert len({line["id"] for line in row["line_items"]}) == len(names)
    assert "quantity" not in row["line_items"][0]
    assert row["packages"] == [{"id": order.packages[0].package_number}]
    assert {line["tracking_number"] for line in row["line_items"]} == {row["tracking_number"]}
    assert row["tracking_number"] == order.packages[0].tracking_number
    assert row["payment"] == {"currency": "MYR", "total_amount": f"{order.total:.2f}"}
    assert "commerce_platform" not in row
    picture = row["line_items"][0]["sku_image"]
    assert httpx.get(picture).headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("status", "shown", "package"),
    [
        ("PENDING", "ON_HOLD", "TO_FULFILL"),
        ("READY_TO_SHIP", "AWAITING_SHIPMENT", "TO_FULFILL"),
        ("PROCESSED", "AWAITING_COLLECTION", "PROCESSING"),
        ("IN_CANCEL", "AWAITING_COLLECTION", "PROCESSING"),
        ("SHIPPED", "IN_TRANSIT", "FULFILLING"),
        ("TO_CONFIRM_RECEIVE", "DELIVERED", "COMPLETED"),
        ("COMPLETED", "COMPLETED", "COMPLETED"),
        ("CANCELLED", "CANCELLED", "CANCELLED"),
    ],
)
def test_states_have_the_platforms_words(
    seller: TikTokSeller, order: Order, status: str, shown: str, package: str
) -> None:
    seller.world.change_order(order, status)
    row = one(seller, order)
    assert (row["status"], row["line_items"][0]["display_status"]) == (shown, shown)
    assert row["line_items"][0]["package_status"] == package
    assert parcel(seller, order.packages[0].package_number)["package_status"] == package
    assert row["is_buyer_request_cancel"] is (status == "IN_CANCEL")
    assert row["is_on_hold_order"] is (status == "PENDING")


def test_unpaid_order_has_neither_parcel_nor_address(seller: TikTokSeller, order: Order) -> None:
    number = order.packages[0].package_number
    assert one(seller, order)["recipient_address"]["name"].endswith("***")
    seller.world.change_order(order, "UNPAID")
    row = one(seller, order)
    assert (row["status"], row["packages"], row["recipient_address"]) == ("UNPAID", [], {})
    assert refusal(seller.get(f"{PACKAGES}/{number}")) == 21008111


def test_strange_orders_are_refused_or_left_out(seller: TikTokSeller, order: Order) -> None:
    ids = f"{order.order_sn},580000000000000001"
    assert refusal(seller.get(ORDERS, ids=ids)) == 21008111
    seller.fault("omit_unknown_orders")
    assert [row["id"] for row in data(seller.get(ORDERS, ids=ids))["orders"]] == [order.order_sn]
    assert refusal(seller.get(ORDERS)) == 10002014
    assert refusal(seller.get(ORDERS, ids=",".join(["1"] * 51))) == 10002014


def test_orders_are_searched_in_pages(seller: TikTokSeller) -> None:
    numbers = []
    for order in seller.orders():
        seller.clock.now += 1
        seller.world.change_order(order, "PROCESSED")
        numbers.append(order.order_sn)
    first = search(seller, page_size=3, sort_field="update_time")
    assert (first["total_count"], [row["id"] for row in first["orders"]]) == (4, numbers[:0:-1])
    assert {"+", "/", "="} <= set(first["next_page_token"])
    last = search(seller, page_size=3, sort_field="update_time", page_token=first["next_page_token"])
    assert ([row["id"] for row in last["orders"]], last["next_page_token"]) == (numbers[:1], "")
    up = search(seller, sort_field="update_time", sort_order="ASC")
    assert [row["id"] for row in up["orders"]] == numbers


def test_orders_are_searched_by_state_buyer_and_time(seller: TikTokSeller, order: Order) -> None:
    seller.clock.now += 100
    seller.world.change_order(order, "READY_TO_SHIP")
    now = int(seller.clock())
    mine = [order.order_sn]

    def found(**body: Any) -> Any:
        return [row["id"] for row in search(seller, body)["orders"]]

    assert found(order_status="AWAITING_SHIPMENT") == mine
    assert found(update_time_ge=now) == mine
    assert found(update_time_ge=now, update_time_lt=now) == []
    assert len(found(create_time_lt=now)) == 4
    assert found(buyer_user_id=one(seller, order)["user_id"]) == mine
    assert found(is_buyer_request_cancel=True) == []
    assert refusal(seller.post(f"{ORDERS}/search", {"update_time_ge": "now"}, page_size=1)) == 10002014


@pytest.mark.parametrize(
    "query", [{}, {"page_size": 0}, {"page_size": 101}, {"page_size": 1, "sort_field": "x"}]
)
def test_search_wants_its_page_size_and_knows_its_fields(seller: TikTokSeller, query: dict[str, Any]) -> None:
    assert refusal(seller.post(f"{ORDERS}/search", {}, **query)) == 10002014


def test_other_shops_orders_are_not_found(seller: TikTokSeller) -> None:
    order = seller.world.make_order(seller.world.add_shop("Teh & Co", "MY", marketplace="tiktok"))
    assert refusal(seller.get(ORDERS, ids=order.order_sn)) == 21008111
    assert order.order_sn not in {row["id"] for row in search(seller)["orders"]}
    assert refusal(seller.get(f"{PACKAGES}/{order.packages[0].package_number}")) == 21008111
    assert refusal(seller.get(f"/fulfillment/202309/orders/{order.order_sn}/tracking")) == 21008111


def test_split_order_has_two_parcels(seller: TikTokSeller, order: Order) -> None:
    split(order, seller.world.numbers, seller.shop)
    row = one(seller, order)
    numbers = [package.package_number for package in order.packages]
    assert (row["split_or_combine_tag"], [package["id"] for package in row["packages"]]) == ("SPLIT", numbers)
    details = [parcel(seller, number) for number in numbers]
    assert {detail["split_and_combine_tag"] for detail in details} == {"SPLIT"}
    units = [unit for detail in details for unit in detail["order_line_item_ids"]]
    assert units == [line["id"] for line in row["line_items"]]


def test_orders_packed_together_share_one_parcel(seller: TikTokSeller) -> None:
    first, second = seller.orders()[:2]
    group([first, second])
    rows = data(seller.get(ORDERS, ids=f"{first.order_sn},{second.order_sn}"))["orders"]
    ((number,),) = {tuple(package["id"] for package in row["packages"]) for row in rows}
    assert {row["split_or_combine_tag"] for row in rows} == {"COMBINED"}
    detail = parcel(seller, number)
    assert [entry["id"] for entry in detail["orders"]] == [first.order_sn, second.order_sn]
    assert detail["split_and_combine_tag"] == "COMBINE"
    found = search(seller, path=f"{PACKAGES}/search")
    assert (found["total_count"], len({row["id"] for row in found["packages"]})) == (3, 3)


def test_tracking_number_appears_when_shipping_is_arranged(seller: TikTokSeller, order: Order) -> None:
    number = order.packages[0].package_number
    label = f"{PACKAGES}/{number}/shipping_documents"
    seller.world.change_order(order, "READY_TO_SHIP")
    assert parcel(seller, number)["tracking_number"] == one(seller, order)["tracking_number"] == ""
    assert refusal(seller.get(label, document_type="SHIPPING_LABEL")) == 21023035
    seller.clock.now += 10
    data(seller.post(f"{PACKAGES}/{number}/ship", {"handover_method": "PICKUP"}))
    assert one(seller, order)["status"] == "AWAITING_COLLECTION"
    tracking = parcel(seller, number)["tracking_number"]
    data(seller.post(f"{PACKAGES}/{number}/ship", {}))
    assert parcel(seller, number)["tracking_number"] == tracking
    assert tracking.startswith("NVMY")
    changed = search(seller, {"update_time_ge": int(seller.clock())}, path=f"{PACKAGES}/search")["packages"]
    assert [(row["id"], row["status"], row["tracking_number"]) for row in changed] == [
        (number, "PROCESSING", tracking)
    ]
    given = data(seller.get(label, document_type="SHIPPING_LABEL", document_size="A6"))
    assert given["tracking_number"] == tracking
    assert seller.http.get(given["doc_url"]).content.startswith(b"%PDF")
    assert seller.http.get(given["doc_url"].replace(tracking, "NVMY1")).status_code == 404


def test_order_arranged_in_part_says_so(seller: TikTokSeller, order: Order) -> None:
    split(order, seller.world.numbers, seller.shop)
    seller.world.change_order(order, "READY_TO_SHIP")
    numbers = [package.package_number for package in order.packages]
    data(seller.post(f"{PACKAGES}/{numbers[1]}/ship", {}))
    assert one(seller, order)["status"] == "PARTIALLY_SHIPPING"
    assert [parcel(seller, number)["package_status"] for number in numbers] == ["TO_FULFILL", "PROCESSING"]
    data(seller.post(f"{PACKAGES}/{numbers[0]}/ship", {}))
    assert one(seller, order)["status"] == "AWAITING_COLLECTION"


def test_order_on_hold_cannot_be_shipped(seller: TikTokSeller, order: Order) -> None:
    seller.world.change_order(order, "PENDING")
    answer = seller.post(f"{PACKAGES}/{order.packages[0].package_number}/ship", {})
    assert refusal(answer) == 21011044


def test_packages_are_searched_by_state_and_in_pages(seller: TikTokSeller, order: Order) -> None:
    seller.world.change_order(order, "SHIPPED")
    path = f"{PACKAGES}/search"
    assert len(search(seller, {"package_status": "PROCESSING"}, path=path)["packages"]) == 3
    first = search(seller, path=path, page_size=3)
    last = search(seller, path=path, page_size=3, page_token=first["next_page_token"])
    assert len({row["id"] for row in first["packages"] + last["packages"]}) == 4
    assert refusal(seller.post(path, {"package_status": "LOST"}, page_size=1)) == 36009004
    assert refusal(seller.post(path, {}, page_size=51)) == 36009004


def test_last_mile_across_the_border_has_another_number(seller: TikTokSeller, order: Order) -> None:
    number = order.packages[0].package_number
    assert parcel(seller, number)["last_mile_tracking_number"] == ""
    seller.change(cross_border=True)
    assert parcel(seller, number)["last_mile_tracking_number"] not in ("", order.packages[0].tracking_number)


def test_request_to_cancel_may_come_between_two_reads(seller: TikTokSeller, order: Order) -> None:
    assert one(seller, order)["is_buyer_request_cancel"] is False
    assert data(seller.post(CANCELS, {"order_ids": [order.order_sn]}))["cancellations"] == []
    seller.world.change_order(order, "IN_CANCEL", "Found a cheaper one")
    assert one(seller, order)["cancel_reason"] == "Found a cheaper one"
    asked = data(seller.post(CANCELS, {"order_ids": [order.order_sn]}))["cancellations"][0]
    assert (asked["cancel_status"], asked["role"]) == ("CANCELLATION_REQUEST_PENDING", "BUYER")
    seller.world.change_order(order, "CANCELLED")
    row, asked = one(seller, order), data(seller.post(CANCELS, {}))["cancellations"][0]
    assert (row["status"], row["cancellation_initiator"]) == ("CANCELLED", "BUYER")
    assert asked["cancel_status"] == "CANCELLATION_REQUEST_COMPLETE"
    assert data(seller.post(CANCELS.replace("202309", "202602"), {}))["cancellations"] == [asked]
    assert refusal(seller.post(CANCELS, {"order_ids": order.order_sn})) == 36009004


def test_one_line_may_be_cancelled_alone(seller: TikTokSeller) -> None:
    order = seller.world.make_order(seller.shop, lines=2)
    mark_line(order, 1, cancelled=True)
    row = one(seller, order)
    states = {line["product_name"]: line["display_status"] for line in row["line_items"]}
    assert states == {order.items[0].name: "AWAITING_COLLECTION", order.items[1].name: "CANCELLED"}
    assert row["status"] == "AWAITING_COLLECTION"


@pytest.mark.parametrize("region", ["MY", "ID"])
def test_order_packed_by_the_platform_is_marked(region: str) -> None:
    with open_shop(region=region) as seller:
        for order in seller.orders():
            assert one(seller, order)["fulfillment_type"] == "FULFILLMENT_BY_SELLER"
            for number in range(len(order.items)):
                mark_line(order, number, packed_by_platform=True)
            row = one(seller, order)
            local = row.get("commerce_platform") == "TOKOPEDIA"
            expected = "FULFILLMENT_BY_DILAYANI_TOKOPEDIA" if local else "FULFILLMENT_BY_TIKTOK"
            assert row["fulfillment_type"] == expected


def test_carrier_tells_the_newest_first(seller: TikTokSeller, order: Order) -> None:
    def events() -> Any:
        path = f"/fulfillment/202309/orders/{order.order_sn}/tracking"
        return [event["description"] for event in data(seller.get(path))["tracking"]]

    seller.world.change_order(order, "READY_TO_SHIP")
    assert events() == ["Order placed"]
    seller.world.change_order(order, "SHIPPED")
    assert events() == ["Picked up by the carrier", "Shipment arranged", "Order placed"]


def test_some_orders_come_without_a_buyer(seller: TikTokSeller, order: Order) -> None:
    order.has_buyer_id = False
    assert one(seller, order)["user_id"] == ""


def test_fields_may_be_null_and_tracking_numbers_missing(seller: TikTokSeller, order: Order) -> None:
    seller.fault("null_fields", value=["user_id"], times=1)
    assert one(seller, order)["user_id"] is None
    seller.fault("empty_tracking")
    assert one(seller, order)["tracking_number"] == ""
    assert parcel(seller, order.packages[0].package_number)["tracking_number"] == ""
    assert search(seller, path=f"{PACKAGES}/search")["packages"][0]["tracking_number"] == ""
