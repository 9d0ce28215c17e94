"""Lazada's orders: one row for each unit, dates in every form, and codes that may be scanned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import NotSent, Refused
from parcelguard.core.orders import Item, Order
from parcelguard.core.times import utc_now
from parcelguard.marketplace.http import MarketplaceClock
from parcelguard.marketplace.lazada.orders import LazadaOrders, lazada_orders, moment_of
from parcelguard.sandbox.world.goods import split
from tests.support.channel_benches import LAZADA, Bench, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")

JAKARTA = timezone(timedelta(hours=7))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(LAZADA, tmp_path) as opened:
        yield opened


class Canned:
    """A client that answers from a table and keeps what it was asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers, self.asked = answers, list[tuple[str, dict[str, Any]]]()
        self.shop = type("Shop", (), {"id": "kopi"})
        self.clock = MarketplaceClock()

    def get(self, grant: str, path: str, **parameters: Any) -> dict[str, Any]:
        assert grant == "orders"
        self.asked.append((path, parameters))
        answer = self.answers[path]
        return {"data": answer(parameters) if callable(answer) else answer}


def orders_of(**answers: Any) -> tuple[LazadaOrders, Canned]:
    canned = Canned({"/" + name.replace("__", "/"): answer for name, answer in answers.items()})
    return LazadaOrders(canned, JAKARTA), canned  # type: ignore[arg-type]


def unit(**fields: Any) -> dict[str, Any]:
    return {"order_item_id": 900000000000101, "name": "Mug", "sku": "MUG", "status": "packed", **fields}


def read(*units: dict[str, Any], **head: Any) -> Order:
    orders, _ = orders_of(order__get={"order_id": 900000000000001, **head}, order__items__get=list(units))
    found = orders.read_order("900000000000001")
    assert found
    return found


# ---- one order -----------------------------------------------------------------------------


def test_units_of_a_kind_become_one_line_and_cancelled_ones_do_not_count() -> None:
    blue, red = {"variation": "Color:Blue"}, {"variation": "Color:Red"}
    order = read(unit(**blue), unit(**red), unit(**blue), unit(status="canceled", **red), unit(sku="LID"))
    assert order.items == (
        Item("Mug, Color:Blue", "MUG", 2),
        Item("Mug, Color:Red", "MUG", 1),
        Item("Mug", "LID", 1),
    )
    assert not order.cancelled


def test_every_tracking_number_package_and_unit_finds_the_order() -> None:
    first = unit(tracking_code="LEXPG01MY", package_id="FP01", shipment_provider="LEX MY", buyer_id=300300)
    second = unit(tracking_code="12345678901", package_id="FP02", order_item_id=900000000000102)
    order = read(first, first, second)
    assert order.codes == (
        "LEXPG01MY",
        "12345678901",
        "FP01",
        "FP02",
        "900000000000101",
        "900000000000102",
    )
    assert (order.tracking, order.carrier, order.buyer_id) == ("LEXPG01MY", "LEX MY", "300300")


def test_order_not_packed_yet_has_no_codes_but_its_units() -> None:
    order = read(unit(tracking_code="", package_id=None))
    assert (order.tracking, order.codes) == ("", ("900000000000101",))


@pytest.mark.parametrize(
    ("name", "shown"), [("Aina", "Aina"), (" Aina ", "Aina"), ("A***a", ""), ("", ""), (None, "")]
)
def test_masked_name_is_nothing_to_address_a_buyer_by(name: str | None, shown: str) -> None:
    assert read(unit(), address_shipping={"first_name": name}).buyer_name == shown
    assert read(unit(), address_shipping=None).buyer_name == ""


@pytest.mark.parametrize(
    ("statuses", "cancelled"),
    [
        (("canceled", "cancelled"), True),
        (("returned",), True),
        (("CANCELED",), True),
        (("canceled", "packed"), False),
        (("a status of tomorrow",), False),
        ((), False),
    ],
)
def test_order_is_cancelled_when_nothing_of_it_is_left(statuses: tuple[str, ...], cancelled: bool) -> None:
    assert read(*(unit(status=each) for each in statuses)).cancelled is cancelled


def test_order_whose_buyer_asks_to_cancel_is_cancelled() -> None:
    assert read(unit(), is_cancel_pending="true").cancelled
    assert read(unit(need_cancel_confirm=1)).cancelled


def test_order_that_lazada_does_not_know_is_none(bench: Bench) -> None:
    assert bench.channel.orders.read_order("400000000000000") is None
    bench.fault("error", error="17", path="/order/get", times=1)
    with pytest.raises(Refused):
        bench.channel.orders.read_order(bench.order.order_sn)


def test_answer_about_another_order_is_not_taken() -> None:
    orders, _ = orders_of(order__get={"order_id": 1}, order__items__get=[unit()])
    assert orders.read_order("900000000000001") is None


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("40000000000001", True),
        ("4000000000000001", True),
        ("4000000000001", False),
        ("FP090000000000001", False),
        ("LEXDO0069388114", False),
        ("40000000000000A", False),
    ],
)
def test_only_what_looks_like_an_order_number_is_asked_for(bench: Bench, code: str, asks: bool) -> None:
    assert bench.channel.orders.find_by_code(code) is None
    assert bench.asked("/order/get") == asks


def test_order_in_two_parcels_is_found_by_both(bench: Bench) -> None:
    order = bench.world.make_order(bench.shop, lines=2)
    split(order, bench.world.numbers, bench.shop)
    found = bench.channel.orders.read_order(order.order_sn)
    assert found
    assert {each.tracking_number for each in order.packages} <= set(found.codes)


# ---- many orders ---------------------------------------------------------------------------


def test_long_list_is_read_page_by_page_and_its_units_fifty_at_a_time(bench: Bench) -> None:
    for _ in range(119):
        bench.world.make_order(bench.shop)
    since, until = utc_now() - timedelta(days=1), utc_now() + timedelta(minutes=1)
    batches = list(bench.channel.orders.changed_orders(since, until))
    assert [len(batch) for batch in batches] == [50, 50, 20]
    assert len({order.number for batch in batches for order in batch}) == 120
    assert (bench.asked("/orders/get"), bench.asked("/orders/items/get")) == (2, 3)


def test_orders_that_change_while_a_list_is_read_hide_none_of_the_others(bench: Bench) -> None:
    orders = [bench.world.make_order(bench.shop, age_s=3600 - n) for n in range(150)]
    now = utc_now()
    batches = bench.channel.orders.changed_orders(now - timedelta(hours=2), now - timedelta(minutes=1))
    listed = {order.number for order in next(batches)}
    for order in orders[:5]:
        bench.world.change_order(order, "SHIPPED")
    listed |= {order.number for batch in batches for order in batch}
    assert listed == {order.order_sn for order in orders}


def test_only_what_changed_in_that_time_is_listed(bench: Bench) -> None:
    old = bench.world.make_order(bench.shop, age_s=7200)
    since, until = utc_now() - timedelta(hours=1), utc_now() + timedelta(minutes=1)
    listed = [order.number for batch in bench.channel.orders.changed_orders(since, until) for order in batch]
    assert bench.order.order_sn in listed
    assert old.order_sn not in listed


def test_one_order_that_lazada_misses_does_not_keep_the_others(bench: Bench) -> None:
    others = [bench.world.make_order(bench.shop) for _ in range(3)]
    bench.fault("error", error="37", path="/orders/items/get", times=1)
    bench.fault("error", error="16", path="/order/items/get", times=1)
    since, until = utc_now() - timedelta(days=1), utc_now() + timedelta(minutes=1)
    ((*found,),) = bench.channel.orders.changed_orders(since, until)
    assert len(found) == len(others)


@pytest.mark.parametrize(("first", "then"), [("17", "0"), ("37", "17")])
def test_any_other_refusal_of_the_units_is_told(bench: Bench, first: str, then: str) -> None:
    bench.fault("error", error=first, path="/orders/items/get", times=1)
    if then != "0":
        bench.fault("error", error=then, path="/order/items/get", times=1)
    with pytest.raises(Refused):
        list(
            bench.channel.orders.changed_orders(
                utc_now() - timedelta(days=1), utc_now() + timedelta(minutes=1)
            )
        )


@pytest.mark.parametrize(("region", "utc"), [("MY", "04:00"), ("ID", "05:00"), ("XX", "12:00")])
def test_list_longer_than_lazada_counts_goes_on_from_the_last_time_seen(region: str, utc: str) -> None:
    def heads(asked: Mapping[str, Any]) -> dict[str, Any]:
        first = datetime.fromisoformat(asked["update_after"])
        begin = 10_000 if first.hour else 0
        numbers = range(begin + asked["offset"], begin + asked["offset"] + (50 if begin else 100))
        date = "2026-01-05 12:00:00"  # without an offset: of the shop's country
        return {"orders": [{"order_id": 10**14 + number, "updated_at": date} for number in numbers]}

    _, canned = orders_of(orders__get=heads, orders__items__get=[])
    orders = lazada_orders(canned, ShopSettings(id="kopi", region=region, name="Kopi"))  # type: ignore[arg-type]
    since = datetime(2026, 1, 5, tzinfo=UTC)
    assert not any(orders.changed_orders(since, since + timedelta(days=1)))
    lists = [asked for path, asked in canned.asked if path == "/orders/get"]
    assert [each["offset"] for each in lists] == [*range(0, 5001, 90), 0]
    assert lists[0]["update_after"] == "2026-01-05T00:00:00+00:00"
    assert lists[-1]["update_after"] == f"2026-01-05T{utc}:00+00:00"


@pytest.mark.parametrize("date", ["2026-01-05T00:00:00+00:00", "no date", None])
def test_list_that_cannot_go_on_ends(date: str | None, caplog: pytest.LogCaptureFixture) -> None:
    head = {"order_id": 10**14, "updated_at": date}
    orders, canned = orders_of(orders__get={"orders": [head] * 100}, orders__items__get=[])
    since = datetime(2026, 1, 5, tzinfo=UTC)
    list(orders.changed_orders(since, since + timedelta(days=1)))
    assert sum(path == "/orders/get" for path, _ in canned.asked) == 56
    assert "left out" in caplog.text


def test_odd_heads_are_passed_over() -> None:
    heads = {"orders": [None, {}, {"order_id": "x"}, {"order_number": "100000000000000"}]}
    units = [{"order_number": 10**14, "order_items": [unit(), None]}, "odd"]
    orders, canned = orders_of(orders__get=heads, orders__items__get=units)
    ((found,),) = orders.changed_orders(utc_now() - timedelta(days=1), utc_now())
    assert found.number == "100000000000000"
    assert canned.asked[1][1]["order_ids"] == "[100000000000000]"


def test_empty_list_asks_for_no_units() -> None:
    orders, canned = orders_of(orders__get={"orders": None})
    assert list(orders.changed_orders(utc_now() - timedelta(days=1), utc_now())) == []
    assert len(canned.asked) == 1


# ---- dates ---------------------------------------------------------------------------------

FIVE = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    [
        "2026-01-05 09:00:00 +0800",
        "2026-01-05T09:00:00+08:00",
        "2026-01-05T09:00:00+0800",
        "2026-01-05 01:00:00 +0000",
        "2026-01-05T01:00:00Z",
        "2026-01-05 08:00:00",
        "2026-01-05T08:00:00",
        " 2026-01-05 08:00:00 ",
        "1767574800000",
        1767574800000,
    ],
)
def test_dates_of_every_form_are_read(told: object) -> None:
    assert moment_of(told, JAKARTA) == FIVE


@pytest.mark.parametrize("told", ["", None, "soon", "2026-13-01", "9" * 40, {}])
def test_what_is_no_date_is_none(told: object) -> None:
    assert moment_of(told, JAKARTA) is None


def test_orders_are_not_read_without_an_answer(bench: Bench) -> None:
    bench.fault("status_5xx", 502, path="/orders/get")
    with pytest.raises(NotSent):
        list(bench.channel.orders.changed_orders(utc_now() - timedelta(days=1), utc_now()))
