"""TikTok Shop's orders, packages and tracking numbers as the order desk asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.errors import NotSent, ShopWaits
from parcelguard.core.orders import Order
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.times import utc_now
from parcelguard.sandbox.tiktok.ids import user_id
from parcelguard.sandbox.world.records import Package
from tests.support.tiktok_bench import Bench, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")

SEARCH = "/order/202309/orders/search"
PACKAGES = "/fulfillment/202309/packages"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def changed(bench: Bench, since: timedelta = timedelta(days=1)) -> list[Order]:
    now = utc_now()
    batches = bench.orders.changed_orders(now - since, now + timedelta(minutes=1))
    return [order for batch in batches for order in batch]


def read(bench: Bench, number: int = 0) -> Order:
    found = bench.orders.read_order(bench.order(number).order_sn)
    assert found
    return found


# ---- one order -----------------------------------------------------------------------------


def test_order_is_read_with_everything_a_scan_may_show(bench: Bench) -> None:
    order = bench.order()
    found = read(bench)
    package = order.packages[0]
    assert (found.shop_id, found.number) == ("kedai", order.order_sn)
    assert (found.buyer_id, found.buyer_name) == (user_id(order.buyer), order.buyer.name)
    assert (found.tracking, found.carrier) == (package.tracking_number, order.carrier)
    assert found.codes == (package.tracking_number, package.package_number)
    assert not found.cancelled


def test_masked_name_is_nothing_to_address_a_buyer_by(bench: Bench) -> None:
    bench.order().buyer.name = "a***8"
    assert read(bench).buyer_name == ""


def test_units_of_one_kind_are_counted(bench: Bench) -> None:
    order = bench.order()
    item = order.items[0]
    order.items = order.packages[0].items = [
        replace(item, quantity=3, model_name="Red", model_sku="MUG-RED"),
        replace(item, quantity=2, model_name="", model_sku="", sku="MUG", model_id=77, cancelled=False),
        replace(item, quantity=5, model_id=78, cancelled=True),
    ]
    items = read(bench).items
    assert [(each.sku, each.quantity) for each in items] == [("MUG-RED", 3), ("MUG", 2)]
    assert [each.name for each in items] == [f"{item.name}, Red", item.name]


@pytest.mark.parametrize(
    ("status", "cancelled"), [("PROCESSED", False), ("IN_CANCEL", True), ("CANCELLED", True)]
)
def test_order_is_cancelled_as_soon_as_the_buyer_asks_for_it(
    bench: Bench, status: str, cancelled: bool
) -> None:
    bench.world.change_order(bench.order(), status)
    assert read(bench).cancelled is cancelled


def test_tracking_number_comes_when_the_shipment_is_arranged(bench: Bench) -> None:
    bench.world.change_order(bench.order(), "READY_TO_SHIP")
    before = read(bench)
    assert before.tracking == ""
    assert before.codes == (bench.order().packages[0].package_number,)
    bench.world.change_order(bench.order(), "PROCESSED")
    assert read(bench).tracking == bench.order().packages[0].tracking_number != ""


def test_split_order_is_found_by_each_of_its_parcels(bench: Bench) -> None:
    order = bench.order()
    order.packages.append(
        Package(package_number="1179000000000000001", tracking_number="NVMY000000001", items=order.items[:1])
    )
    codes = read(bench).codes
    assert set(codes) == {
        code for package in order.packages for code in (package.package_number, package.tracking_number)
    }


def test_cross_border_parcel_is_found_by_the_last_miles_number_too(bench: Bench) -> None:
    tracking = bench.order().packages[0].tracking_number
    read(bench)
    assert bench.asked(PACKAGES) == 0

    bench.state.cross_border.add(bench.shop.shop_id)
    bench.configure()
    assert f"LM{tracking}" in read(bench).codes


@pytest.mark.parametrize("omitted", [False, True])
def test_order_of_another_shop_is_not_known(bench: Bench, omitted: bool) -> None:
    if omitted:
        bench.world.faults.set("omit_unknown_orders")
    other = bench.world.make_order(bench.world.add_shop("Other", "MY", marketplace="tiktok"))
    assert bench.orders.read_order(other.order_sn) is None
    assert bench.orders.find_by_code(other.order_sn) is None


def test_odd_fields_of_an_order_do_not_stop_the_others(bench: Bench) -> None:
    fields = ["line_items", "packages", "user_id", "buyer_nickname", "tracking_number", "shipping_provider"]
    bench.world.faults.set("null_fields", fields, path="/order/")
    found = read(bench)
    assert (found.buyer_id, found.items, found.codes) == ("", (), ())
    assert len(changed(bench)) == 3


def test_order_without_its_number_is_left_out(bench: Bench) -> None:
    bench.world.faults.set("null_fields", ["id"], path=SEARCH)
    found = changed(bench)
    assert len({order.number for order in found}) == 3  # found by their packages
    bench.world.faults.set("null_fields", ["id"], path="/order/202309/orders")
    assert changed(bench) == []


# ---- by scanned code -----------------------------------------------------------------------


def test_code_is_looked_up_as_an_order_and_then_as_a_package(bench: Bench) -> None:
    order = bench.order()
    found = bench.orders.find_by_code(order.order_sn)
    assert found
    assert found.number == order.order_sn
    found = bench.orders.find_by_code(order.packages[0].package_number)
    assert found
    assert found.number == order.order_sn


@pytest.mark.parametrize(
    "code", ["", "HELLO", "NVMY123456789", "1234567890123456", "5" * 21, "58" + "x" * 16]
)
def test_code_of_another_shape_is_not_asked_for(bench: Bench, code: str) -> None:
    assert bench.orders.find_by_code(code) is None
    assert bench.world.requests.counts()["total"] == 0


def test_package_of_several_orders_names_one_only_when_they_are_one_buyers(bench: Bench) -> None:
    first, second = bench.order(0), bench.order(1)
    second.buyer = first.buyer
    for order in (first, second):
        order.packages[0].group_shipment_id = 7
    number = min(first.packages[0].package_number, second.packages[0].package_number)
    found = bench.orders.find_by_code(number)
    assert found
    assert found.number in (first.order_sn, second.order_sn)
    assert number in read(bench, 0).codes
    assert number in read(bench, 1).codes


# ---- what changed --------------------------------------------------------------------------


def test_every_order_that_changed_comes_once(bench: Bench) -> None:
    for _ in range(112):
        bench.world.make_order(bench.shop)
    found = changed(bench)
    assert len(found) == 115
    assert len({order.number for order in found}) == 115
    assert bench.asked(SEARCH) == 3
    assert bench.asked("packages/search") == 3


def test_orders_that_changed_long_ago_are_left_out(bench: Bench) -> None:
    old = bench.world.make_order(bench.shop, age_s=2 * 86_400)
    assert old.order_sn not in {order.number for order in changed(bench)}
    assert old.order_sn in {order.number for order in changed(bench, timedelta(days=3))}


def test_one_strange_order_among_many_does_not_hide_the_rest(bench: Bench) -> None:
    bench.world.faults.set("null_fields", ["id"], path=SEARCH)  # so they are found by their packages
    bench.world.faults.set("error", path="/order/202309/orders", error="21008111", times=1, after=1)
    assert len(changed(bench)) == 3
    assert bench.asked("/order/202309/orders") == 5


def test_marketplace_that_does_not_answer_stops_the_reading(bench: Bench) -> None:
    bench.world.faults.set("status_5xx", path=SEARCH)
    with pytest.raises(NotSent):
        changed(bench)
    bench.world.faults.clear()
    bench.world.faults.set("error", path=SEARCH, error="105005", status=401)
    with pytest.raises(ShopWaits) as caught:
        changed(bench)
    assert caught.value.reason.kind is MarketplaceReason.NO_ORDER_SCOPE


def test_refusal_that_says_nothing_about_the_order_is_no_answer(bench: Bench) -> None:
    order = bench.order()
    for path in ("/order/", PACKAGES):
        bench.world.faults.clear()
        bench.world.faults.set("error", path=path, error="105005", status=401)
        with pytest.raises(ShopWaits):
            bench.orders.find_by_code(order.packages[0].package_number)
