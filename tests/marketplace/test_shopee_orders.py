"""Orders from the local Shopee into the index, and the desk's questions about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from parcelguard.core.errors import (
    Held,
    NoNetwork,
    NotSent,
    SettingsError,
    ShopWaits,
    TooFast,
)
from parcelguard.core.orders import Order
from parcelguard.core.times import utc_now
from parcelguard.orders import order_index as desk
from parcelguard.orders.order_index import FIRST_SYNC, OVERLAP, OrderIndex
from parcelguard.orders.ports import OrderSource
from parcelguard.store.database import Store
from tests.support.fakes import ORDER, wait_for, wedge
from tests.support.shopee_bench import Bench, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def all_orders(bench: Bench, days: float = 1) -> list[Order]:
    now = utc_now() + timedelta(seconds=2)
    return [
        order for batch in bench.orders.changed_orders(now - timedelta(days=days), now) for order in batch
    ]


# ---- the marketplace -----------------------------------------------------------------------


def test_more_than_a_page_of_orders_is_read_completely(tmp_path: Path) -> None:
    with open_bench(tmp_path, orders=120) as bench:
        found = all_orders(bench)
        assert sorted(order.number for order in found) == sorted(bench.world.orders)
        assert bench.asked("get_order_list") == 2
        assert bench.asked("get_order_detail") == 3


def test_long_time_is_read_in_spans_the_marketplace_allows(bench: Bench) -> None:
    assert len(all_orders(bench, days=40)) == 3
    assert bench.asked("get_order_list") == 3


def test_everything_worth_knowing_is_read(bench: Bench) -> None:
    theirs = bench.order()
    ours = bench.orders.read_order(theirs.order_sn)

    assert ours
    assert (ours.shop_id, ours.buyer_id, ours.buyer_name) == (
        "kopi",
        str(theirs.buyer.user_id),
        theirs.buyer.name,
    )
    package = theirs.packages[0]
    assert (ours.tracking, ours.carrier) == (package.tracking_number, theirs.carrier)
    assert set(ours.codes) == {package.tracking_number, package.package_number}
    assert [(item.quantity, item.sku) for item in ours.items] == [
        (item.quantity, item.model_sku or item.sku) for item in theirs.items
    ]
    assert not ours.cancelled


@pytest.mark.parametrize("status", ["CANCELLED", "IN_CANCEL"])
def test_cancelled_orders_are_told(bench: Bench, status: str) -> None:
    bench.world.change_order(bench.order(), status, "changed my mind")
    found = bench.orders.read_order(bench.order().order_sn)
    assert found
    assert found.cancelled


def test_null_and_missing_fields_are_tolerated(bench: Bench) -> None:
    names = ["buyer_user_id", "buyer_username", "item_list", "package_list", "shipping_carrier"]
    bench.world.faults.set("null_fields", names)
    found = bench.orders.read_order(bench.order().order_sn)

    assert found
    assert (found.buyer_id, found.buyer_name, found.items, found.tracking, found.codes) == (
        "",
        "",
        (),
        "",
        (),
    )


def test_order_without_a_buyer_or_a_label_yet_is_read(bench: Bench) -> None:
    bench.order().has_buyer_id = False
    bench.world.faults.set("empty_tracking")
    found = bench.orders.read_order(bench.order().order_sn)
    assert found
    assert (found.buyer_id, found.tracking) == ("", "")


def test_unknown_order_is_none_whichever_way_it_is_told(bench: Bench) -> None:
    assert bench.orders.read_order("261120AAAAAAAA") is None
    bench.world.faults.set("omit_unknown_orders")
    assert bench.orders.read_order("261120AAAAAAAA") is None


def test_order_is_looked_up_by_its_number_and_its_package(bench: Bench) -> None:
    order = bench.order(1)
    for code in (order.order_sn, order.packages[0].package_number):
        found = bench.orders.find_by_code(code)
        assert found
        assert found.number == order.order_sn
    assert bench.orders.find_by_code("OFG999999999999999") is None
    assert bench.orders.find_by_code("261120AAAAAAAA") is None
    asked = bench.asked("order/")
    assert bench.orders.find_by_code(order.packages[0].tracking_number) is None
    assert bench.asked("order/") == asked


def test_one_bad_order_in_a_batch_does_not_cost_the_others(bench: Bench) -> None:
    bench.world.faults.set("error", error="error_not_found", path="get_order_detail", times=2)
    assert len(all_orders(bench)) == 2


def test_one_bad_package_in_a_batch_does_not_cost_the_others_their_tracking(bench: Bench) -> None:
    code = "logistics.package_number_not_exist"
    bench.world.faults.set("error", error=code, path="get_package_detail", times=2)
    assert sorted(bool(order.tracking) for order in all_orders(bench)) == [False, True, True]


def test_refusal_of_all_packages_is_not_taken_for_missing_tracking(bench: Bench) -> None:
    bench.world.faults.set("error", error="error_limit", path="get_package_detail")
    with pytest.raises(ShopWaits):
        bench.orders.read_order(bench.order().order_sn)


def no_quantity(order: dict[str, Any]) -> None:
    order["item_list"][0] = order["item_list"][0] | {"model_quantity_purchased": "", "active_qty": None}


@pytest.mark.parametrize(
    ("spoil", "left"),
    [
        (no_quantity, 2),
        (lambda order: order.pop("order_sn"), 2),
        (lambda order: order.update(order_sn=None), 2),
        (lambda order: order.update(item_list=[None, "mug"], package_list=[None]), 3),
        (lambda order: order.update(item_list="mug", package_list=7), 3),
    ],
)
def test_one_odd_order_does_not_end_the_reading(
    bench: Bench, store: Store, caplog: pytest.LogCaptureFixture, spoil: Callable[[Any], object], left: int
) -> None:
    bench.tamper("get_order_detail", lambda body: spoil(body["response"]["order_list"][0]))
    index = Index(store, {"kopi": bench.orders}, lambda: utc_now() + timedelta(seconds=2))

    assert index.sync() == left
    index.stop()
    with store.read() as records:
        assert records.orders.synced_until("kopi")
    assert ("left out" in caplog.text) == (left < 3)
    assert not any(order.buyer.name in caplog.text for order in bench.world.orders.values())


def test_nulls_among_the_listed_orders_are_passed_over(bench: Bench) -> None:
    bench.tamper(
        "get_order_list", lambda body: body["response"]["order_list"].extend([None, {}, {"order_sn": None}])
    )
    assert len(all_orders(bench)) == 3


def test_odd_order_that_is_asked_for_is_not_taken_for_an_unknown_one(bench: Bench) -> None:
    bench.tamper("get_order_detail", lambda body: no_quantity(body["response"]["order_list"][0]))
    with pytest.raises(NotSent, match="odd"):
        bench.orders.read_order(bench.order().order_sn)


def test_part_of_a_line_that_was_cancelled_is_not_to_be_packed() -> None:
    from parcelguard.marketplace.shopee.orders import _item

    row = {"item_name": "Mug", "model_quantity_purchased": 3}
    assert [_item({**row, "active_qty": count}).quantity for count in (0, 2, None)] == [0, 2, 3]
    assert [_item({**row, "cancelled_qty": count}).quantity for count in (0, 2, None, 4)] == [3, 1, 3, 0]
    assert _item({**row, "active_qty": 1, "cancelled_qty": 2}).quantity == 1
    assert _item({"item_name": "Mug"}).quantity == 1


def test_masked_name_is_nothing_to_address_a_buyer_by(bench: Bench) -> None:
    bench.order().buyer.name = "a******8"
    ours = bench.orders.read_order(bench.order().order_sn)
    assert ours
    assert ours.buyer_name == ""


# ---- the index -----------------------------------------------------------------------------


class Ear:
    """Hears the answers to the desk's questions."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []
        self.orders: list[Order] = []

    def order_read(self, proof_id: str, order: Order) -> None:
        self.orders.append(order)
        self.heard.append((proof_id, order.number))

    def order_missing(self, proof_id: str, *, asked: bool) -> None:
        self.heard.append((proof_id, asked))


class Source:
    """Answers every question with the same thing."""

    def __init__(self, answer: Order | Exception | None) -> None:
        self._answer = answer
        self.spans: list[tuple[datetime, datetime]] = []

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        self.spans.append((since, until))
        if (answer := self.read_order("")) is not None:
            yield [answer]

    def read_order(self, number: str) -> Order | None:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    find_by_code = read_order


class Index(OrderIndex):
    """An index whose questions are answered without its regular reading."""

    def begin(self, ear: Ear) -> None:
        self._asker = ear


def make(store: Store, *answers: Order | Exception | None) -> tuple[Index, Ear, list[Source]]:
    sources = [Source(answer) for answer in answers]
    index = Index(store, {f"shop{n}": source for n, source in enumerate(sources)}, utc_now)
    ear = Ear()
    index.begin(ear)
    return index, ear, sources


def read_before(store: Store, *numbers: int) -> None:
    with store.begin() as records:
        for number in numbers:
            records.orders.mark_synced(f"shop{number}", utc_now())


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        ((None, ORDER), ORDER.number),
        ((NoNetwork("gone"), ORDER), ORDER.number),
        ((ValueError("odd answer"), ORDER), ORDER.number),
        ((None, None), True),
        ((NotSent("busy"), None), True),
        ((NotSent("busy"), Held("consent")), False),
        ((SettingsError("keys"),), False),
        ((KeyError("order_sn"),), False),
        ((), False),
    ],
)
def test_search_is_always_answered(
    store: Store, answers: tuple[Order | Exception | None, ...], heard: object
) -> None:
    index, ear, _ = make(store, *answers)
    read_before(store, *range(len(answers)))
    index.search("p1", wedge("CODE12345"))
    assert index.stop()

    assert ear.heard == [("p1", heard)]
    with store.read() as records:
        assert bool(records.orders.find([ORDER.number])) is (heard == ORDER.number)


def test_first_reading_is_not_made_for_a_question(store: Store) -> None:
    index, ear, sources = make(store, None, None)
    read_before(store, 1)
    index.search("p1", wedge("CODE12345"))
    assert index.stop()

    assert [len(source.spans) for source in sources] == [0, 1]
    assert ear.heard == [("p1", False)]


def test_refresh_is_silent_when_the_marketplace_cannot_be_asked(store: Store) -> None:
    for answer in (NoNetwork("gone"), None):
        index, ear, _ = make(store, answer)
        index.refresh("p1", Order(shop_id="shop0", number="1"))
        index.refresh("p1", Order(shop_id="no such shop", number="1"))
        assert index.stop()
        assert ear.heard == []


def test_refresh_brings_the_order_as_it_is_now(bench: Bench, store: Store) -> None:
    index = Index(store, {"kopi": bench.orders}, utc_now)
    ear = Ear()
    index.begin(ear)
    order = bench.order()
    bench.world.change_order(order, "CANCELLED", "changed my mind")
    index.refresh("p1", Order(shop_id="kopi", number=order.order_sn))
    assert index.stop()

    assert ear.heard == [("p1", order.order_sn)]
    with store.read() as records:
        assert records.orders.find([order.order_sn])[0].cancelled


def test_orders_are_read_from_where_the_last_reading_ended(store: Store) -> None:
    index, _, (source,) = make(store, ORDER)
    assert index.sync() == FIRST_SYNC.days
    spans, source.spans = source.spans, []
    index.sync()
    index.stop()

    assert spans[-1][1] - spans[0][0] == FIRST_SYNC + OVERLAP
    assert {end - begin for (_, end), (begin, _) in pairwise(spans)} == {OVERLAP}
    ((again, _),) = source.spans
    assert spans[-1][1] - again == OVERLAP


class HurriedSource(Source):
    """Says after some days of a reading that it was too fast."""

    def __init__(self, days: int) -> None:
        super().__init__(None)
        self._days = days

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        if len(self.spans) == self._days:
            self._days = -1
            raise TooFast("slower")
        return super().changed_orders(since, until)


def test_reading_that_was_too_fast_goes_on_from_the_day_it_had_reached(store: Store) -> None:
    source = HurriedSource(4)
    index = Index(store, {"kopi": source}, utc_now)
    with pytest.raises(TooFast):
        index.sync()
    index.sync()
    index.stop()
    assert len(source.spans) == FIRST_SYNC.days + 1, "the last day has just begun"
    assert source.spans[4][0] == source.spans[3][1] - OVERLAP


def test_reading_that_was_too_fast_goes_on_soon(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "AGAIN_S", 0.01)
    source = HurriedSource(4)
    index = OrderIndex(store, {"kopi": source}, utc_now)
    index.start(Ear())
    wait_for(lambda: len(source.spans) > FIRST_SYNC.days)
    assert index.stop()


def test_index_that_is_days_behind_does_not_keep_a_question_waiting(store: Store) -> None:
    index, ear, (source,) = make(store, None)
    with store.begin() as records:
        records.orders.mark_synced("shop0", utc_now() - timedelta(days=2))
    index.search("p1", wedge("CODE12345"))
    assert index.stop()
    assert (source.spans, ear.heard) == ([], [("p1", False)])


def test_reading_that_failed_is_begun_again_from_the_same_place(store: Store) -> None:
    index, _, _ = make(store, NotSent("busy"))
    with pytest.raises(NotSent):
        index.sync()
    index.stop()
    with store.read() as records:
        assert records.orders.synced_until("shop0") is None


def test_refresh_without_tracking_leaves_the_desk_what_is_known(store: Store) -> None:
    index, ear, _ = make(store, replace(ORDER, shop_id="shop0", tracking="", codes=()))
    with store.begin() as records:
        records.orders.keep([replace(ORDER, shop_id="shop0")])
    index.refresh("p1", replace(ORDER, shop_id="shop0"))
    assert index.stop()
    assert ear.orders[0].tracking == ORDER.tracking


class SlowSource(Source):
    """Knows one order by its list only, and reads the list for as long as the test wants."""

    def __init__(self, answer: Order) -> None:
        super().__init__(answer)
        self.began, self.may_end = Event(), Event()

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        self.began.set()
        assert self.may_end.wait(10)
        yield from super().changed_orders(since, until)

    def find_by_code(self, code: str) -> Order | None:
        return None


def test_questions_do_not_wait_for_a_reading_and_are_answered_again_when_it_ends(store: Store) -> None:
    order = replace(ORDER, shop_id="slow")
    source = SlowSource(order)
    index = OrderIndex(store, {"slow": source}, utc_now)
    ear = Ear()
    index.start(ear)
    assert source.began.wait(10)

    index.search("p1", wedge(ORDER.tracking))
    index.search("p2", wedge("SPXMY000000000000"))
    index.refresh("p0", order)
    wait_for(lambda: len(ear.heard) == 3)
    assert ear.heard == [("p1", False), ("p2", False), ("p0", order.number)]

    source.may_end.set()
    wait_for(lambda: len(ear.heard) == 4)
    assert ear.heard[3:] == [("p1", order.number)]
    assert index.stop()


def test_code_that_can_be_looked_up_is_found_during_a_reading(bench: Bench, store: Store) -> None:
    slow = SlowSource(ORDER)
    index = OrderIndex(store, {"slow": slow, "kopi": bench.orders}, utc_now)
    ear = Ear()
    index.start(ear)
    assert slow.began.wait(10)

    index.search("p1", wedge(bench.order().order_sn))
    wait_for(lambda: ear.heard)
    assert ear.heard == [("p1", bench.order().order_sn)]
    slow.may_end.set()
    assert index.stop()


def test_regular_reading_fills_the_index_and_survives_a_failing_shop(bench: Bench, store: Store) -> None:
    sources: dict[str, OrderSource] = {
        "broken": Source(ValueError("odd")),
        "away": Source(NoNetwork("gone")),
        "kopi": bench.orders,
    }
    index = OrderIndex(store, sources, utc_now)
    index.start(Ear())
    tracking = bench.order(2).packages[0].tracking_number

    def found() -> bool:
        with store.read() as records:
            return bool(records.orders.find([tracking]))

    wait_for(found)
    assert index.stop()
