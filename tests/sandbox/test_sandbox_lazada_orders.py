"""How Lazada's orders, items and parcels look over the wire in the sandbox."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.lazada import LazadaSeller, open_lazada, refusal

LONG_AGO = "2025-12-01T00:00:00+08:00"


@pytest.fixture
def seller() -> Iterator[LazadaSeller]:
    with open_lazada() as seller:
        yield seller


@pytest.fixture
def order(seller: LazadaSeller) -> Order:
    return seller.orders()[0]


def listed(seller: LazadaSeller, **given: Any) -> Any:
    given = {"update_after": LONG_AGO} | given
    return seller.get("/orders/get", **given).json()["data"]


def rows(seller: LazadaSeller, order: Order) -> Any:
    return seller.get("/order/items/get", order_id=order.order_sn).json()["data"]


def put(seller: LazadaSeller, order: Order, **wish: Any) -> None:
    answer = seller.http.post("/admin/orders", json={"order_sn": order.order_sn, **wish})
    assert answer.status_code == 200, answer.text


def test_order_is_looked_up_by_its_number(seller: LazadaSeller, order: Order) -> None:
    data = seller.get("/order/get", order_id=order.order_sn).json()["data"]
    assert (data["order_id"], data["order_number"]) == (int(order.order_sn), int(order.order_sn))
    assert data["statuses"] == ["ready_to_ship"]
    assert data["items_count"] == sum(item.quantity for item in order.items)
    assert data["created_at"].endswith(" +0800")
    assert "*" in data["address_shipping"]["phone"]
    assert refusal(seller.get("/order/get", order_id="1")) == "16"


def test_items_come_one_row_a_unit(seller: LazadaSeller, order: Order) -> None:
    found = rows(seller, order)
    wanted = Counter({item.model_sku or item.sku: item.quantity for item in order.items})
    assert Counter(row["sku"] for row in found) == wanted
    assert len({row["order_item_id"] for row in found}) == len(found)
    package = order.packages[0]
    assert {(row["tracking_code"], row["package_id"]) for row in found} == {
        (package.tracking_number, package.package_number)
    }
    assert {row["buyer_id"] for row in found} == {str(order.buyer.user_id)}
    assert {(row["is_digital"], row["is_fbl"], row["status"]) for row in found} == {(0, "0", "ready_to_ship")}


def test_order_in_two_parcels_has_two_codes(seller: LazadaSeller, order: Order) -> None:
    put(seller, order, split=True)
    found = {row["tracking_code"] for row in rows(seller, order)}
    assert found == {package.tracking_number for package in order.packages}
    assert len(found) == 2


def test_single_lines_may_be_odd(seller: LazadaSeller) -> None:
    order = seller.world.make_order(seller.shop, lines=3)
    marks = [{"cancelled": True}, {"digital": True}, {"packed_by_platform": True}]
    put(seller, order, lines_marked=marks)
    by_sku = {row["sku"]: row for row in rows(seller, order)}
    cancelled, digital, theirs = (by_sku[item.model_sku or item.sku] for item in order.items)
    assert (cancelled["status"], cancelled["tracking_code"]) == ("canceled", "")
    assert (digital["is_digital"], digital["package_id"]) == (1, "")
    assert theirs["is_fbl"] == "1"
    statuses = seller.get("/order/get", order_id=order.order_sn).json()["data"]["statuses"]
    assert statuses == ["canceled", "ready_to_ship"]


@pytest.mark.parametrize("marks", [[{"typo": True}], [{}] * 9])
def test_odd_lines_that_cannot_be_say_why(seller: LazadaSeller, order: Order, marks: list[Any]) -> None:
    answer = seller.http.post("/admin/orders", json={"order_sn": order.order_sn, "lines_marked": marks})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("status", "wire"),
    [
        ("UNPAID", "unpaid"),
        ("READY_TO_SHIP", "pending"),
        ("PROCESSED", "ready_to_ship"),
        ("SHIPPED", "shipped"),
        ("TO_CONFIRM_RECEIVE", "delivered"),
        ("COMPLETED", "confirmed"),
        ("CANCELLED", "canceled"),
        ("lost_by_3pl", "lost_by_3pl"),
    ],
)
def test_status_is_told_in_the_platforms_words(
    seller: LazadaSeller, order: Order, status: str, wire: str
) -> None:
    put(seller, order, status=status)
    assert {row["status"] for row in rows(seller, order)} == {wire}


def test_order_whose_buyer_asks_to_cancel_says_so(seller: LazadaSeller, order: Order) -> None:
    put(seller, order, status="IN_CANCEL")
    data = seller.get("/order/get", order_id=order.order_sn).json()["data"]
    assert (data["need_cancel_confirm"], data["is_cancel_pending"]) == (True, True)
    assert {row["cancel_return_initiator"] for row in rows(seller, order)} == {"buyer-cancel"}


def test_unpacked_order_has_no_codes_yet(seller: LazadaSeller, order: Order) -> None:
    put(seller, order, status="READY_TO_SHIP")
    assert {(row["tracking_code"], row["package_id"]) for row in rows(seller, order)} == {("", "")}


def test_tracking_code_may_be_digits_only(seller: LazadaSeller, order: Order) -> None:
    put(seller, order, tracking_number="6041234567")
    assert {row["tracking_code"] for row in rows(seller, order)} == {"6041234567"}


def test_orders_are_listed_by_when_they_changed(seller: LazadaSeller) -> None:
    oldest, middle, newest = seller.orders()
    for order in (oldest, middle, newest):
        seller.clock.now += 60
        seller.world.change_order(order, "SHIPPED")
    all_of_them = listed(seller, sort_by="updated_at", sort_direction="ASC")
    assert [row["order_id"] for row in all_of_them["orders"]] == [
        int(order.order_sn) for order in (oldest, middle, newest)
    ]
    assert (all_of_them["count"], all_of_them["countTotal"]) == (3, 3)
    page = listed(seller, sort_by="updated_at", sort_direction="DESC", limit=1, offset=1)
    assert (page["count"], page["countTotal"]) == (1, 3)
    assert page["orders"][0]["order_id"] == int(middle.order_sn)
    since = listed(
        seller, update_after="2026-01-01T14:02:00+08:00", update_before="2026-01-01T14:03:00+08:00"
    )
    assert [row["order_id"] for row in since["orders"]] == [int(middle.order_sn)]
    assert listed(seller, status="unpaid")["orders"] == []
    assert listed(seller, update_after=None, created_after=LONG_AGO)["count"] == 3


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"update_after": None}, "MissingParameter"),
        ({"update_after": "2026-01-01"}, "17"),
        ({"update_after": "2026-01-01T14:00:00"}, "17"),
        ({"update_after": "yesterday"}, "17"),
        ({"offset": 5001}, "14"),
        ({"limit": 101}, "19"),
        ({"status": "packed"}, "36"),
        ({"sort_direction": "UP"}, "74"),
        ({"sort_by": "price"}, "75"),
    ],
)
def test_list_that_is_asked_for_wrongly_is_refused(
    seller: LazadaSeller, given: dict[str, Any], code: str
) -> None:
    assert refusal(seller.get("/orders/get", **{"update_after": LONG_AGO} | given)) == code


def test_listed_dates_may_lack_their_offset_and_single_ones_do_not(
    seller: LazadaSeller, order: Order
) -> None:
    seller.fault("naive_dates")
    assert {len(row["created_at"]) for row in listed(seller)["orders"]} == {len("2026-01-01 14:00:00")}
    data = seller.get("/order/get", order_id=order.order_sn).json()["data"]
    assert data["created_at"].endswith(" +0800")


def test_items_of_many_orders_come_in_one_call(seller: LazadaSeller) -> None:
    numbers = [int(order.order_sn) for order in seller.orders()]
    data = seller.get("/orders/items/get", order_ids=json.dumps(numbers)).json()["data"]
    assert [entry["order_id"] for entry in data] == numbers
    assert data[0]["order_items"] == rows(seller, seller.orders()[0])


def test_list_of_orders_that_cannot_be_served_is_refused(seller: LazadaSeller, order: Order) -> None:
    def code(order_ids: object) -> Any:
        return refusal(seller.get("/orders/items/get", order_ids=order_ids))

    number = int(order.order_sn)
    assert [code(text) for text in ("x", "{}", "[]")] == ["56", "56", "56"]
    assert code(json.dumps([number] * 51)) == "38"
    assert code("[1]") == "39"
    assert code(f"[{number},1]") == "37"
    seller.fault("omit_unknown_orders")
    answer = seller.get("/orders/items/get", order_ids=f"[{number},1]").json()
    assert [entry["order_id"] for entry in answer["data"]] == [number]


def test_two_shops_may_have_the_same_order_number(seller: LazadaSeller, order: Order) -> None:
    wish = {"add": True, "marketplace": "lazada", "shop_name": "Teh & Co", "region": "SG"}
    other = seller.http.post("/admin/seller", json=wish).json()
    wish = {"shop_id": other["shop_id"], "order_sn": order.order_sn, "buyer_name": "someone else"}
    assert seller.http.post("/admin/orders", json=wish).json()["order_sn"] == order.order_sn
    mine = rows(seller, order)
    seller.apps = other
    theirs = rows(seller, order)
    assert mine[0]["tracking_code"] != theirs[0]["tracking_code"]
    assert {row["currency"] for row in theirs} == {"SGD"}
    both = [row for row in seller.http.get("/admin/orders").json() if row["order_sn"] == order.order_sn]
    assert [row["shop_id"] for row in both] == [200200, 200201]
    wish = {"shop_id": other["shop_id"], "order_sn": order.order_sn, "status": "CANCELLED"}
    seller.http.post("/admin/orders", json=wish)
    assert order.status == "PROCESSED"


def test_fields_may_be_empty(seller: LazadaSeller, order: Order) -> None:
    seller.fault("null_fields", value=["buyer_id"])
    seller.fault("empty_tracking", times=1)
    row = rows(seller, order)[0]
    assert (row["buyer_id"], row["tracking_code"]) == (None, "")
    order.has_buyer_id = False
    seller.http.delete("/admin/faults")
    assert rows(seller, order)[0]["buyer_id"] == ""


def test_parcels_can_be_followed_once_they_are_ready(seller: LazadaSeller, order: Order) -> None:
    package = order.packages[0]
    said = seller.get("/logistic/order/trace", order_id=order.order_sn, locale="en").json()
    found = said["result"]["module"][0]["package_detail_info_list"]
    assert [(row["ofc_package_id"], row["tracking_number"]) for row in found] == [
        (package.package_number, package.tracking_number)
    ]
    other = seller.get("/logistic/order/trace", order_id=order.order_sn, ofcPackageIdList='["FP1"]').json()
    assert other["result"]["module"] == []


def test_dates_are_local_to_the_shops_country() -> None:
    with open_lazada() as seller:
        shop = seller.world.add_shop("Kopi & Co Jakarta", "ID", marketplace="lazada")
        order = seller.world.make_order(shop)
        seller.shop = shop
        seller.connect()
        data = seller.get("/order/get", order_id=order.order_sn).json()["data"]
    assert data["created_at"] == "2026-01-01 13:00:00 +0700"


def fulfil(seller: LazadaSeller, path: str, name: str, rows: object) -> Any:
    return seller.post(path, **{name: json.dumps(rows)}).json()


def test_order_is_packed_labelled_and_set_ready(seller: LazadaSeller, order: Order) -> None:
    put(seller, order, status="READY_TO_SHIP")
    package = order.packages[0]
    asked = {"packages": [{"package_id": package.package_number}]}
    label = fulfil(seller, "/order/package/document/get", "getDocumentReq", {"doc_type": "PDF"} | asked)
    assert label["code"] == "PG_SIM_STATUS"
    wish = {"pack_order_list": [{"order_id": int(order.order_sn), "order_item_list": []}]}
    packed = fulfil(seller, "/order/fulfill/pack", "packReq", wish)["result"]["data"]["pack_order_list"][0]
    items = packed["order_item_list"]
    assert {(item["item_err_code"], item["tracking_number"]) for item in items} == {
        ("0", package.tracking_number)
    }
    assert [item["order_item_id"] for item in items] == [row["order_item_id"] for row in rows(seller, order)]
    assert {row["status"] for row in rows(seller, order)} == {"packed"}
    label = fulfil(seller, "/order/package/document/get", "getDocumentReq", asked)["result"]["data"]
    assert base64.b64decode(label["file"]).startswith(b"%PDF")
    assert seller.http.get(label["pdf_url"]).content.startswith(b"%PDF")
    done = fulfil(seller, "/order/package/rts", "readyToShipReq", asked)["result"]["data"]["packages"][0]
    assert (done["package_id"], done["item_err_code"]) == (package.package_number, "0")
    assert {row["status"] for row in rows(seller, order)} == {"ready_to_ship"}


def test_rows_that_cannot_be_packed_say_so_in_a_call_that_succeeds(
    seller: LazadaSeller, order: Order
) -> None:
    wish = {
        "pack_order_list": [
            {"order_id": int(order.order_sn), "order_item_list": [1]},
            {"order_id": 1, "order_item_list": [1]},
        ]
    }
    said = fulfil(seller, "/order/fulfill/pack", "packReq", wish)["result"]
    codes = [row["order_item_list"][0]["item_err_code"] for row in said["data"]["pack_order_list"]]
    assert (said["success"], codes) == (True, ["PG_SIM_STATUS", "PG_SIM_UNKNOWN"])
    packages = [{"package_id": order.packages[0].package_number}, {"package_id": "FP1"}]
    said = fulfil(seller, "/order/package/rts", "readyToShipReq", {"packages": packages})["result"]
    assert [row["item_err_code"] for row in said["data"]["packages"]] == ["PG_SIM_STATUS", "PG_SIM_UNKNOWN"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ([], "InvalidParameter"),
        ({}, "InvalidParameter"),
        ({"packages": ["FP1"]}, "InvalidParameter"),
        ({"packages": []}, "38"),
        ({"packages": [{}] * 21}, "38"),
    ],
)
def test_fulfilment_asked_for_wrongly_is_refused(
    seller: LazadaSeller, wish: dict[str, Any] | list[Any], code: str
) -> None:
    assert fulfil(seller, "/order/package/rts", "readyToShipReq", wish)["code"] == code
    assert refusal(seller.post("/order/package/rts", readyToShipReq="{")) == "InvalidParameter"
