"""Shops that change while a station works: added, switched off and on, with an order open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from parcelguard.commands.demo.shops import keep_secrets, named, settings_text
from parcelguard.core.alerts import Alert, AlertsChanged
from parcelguard.core.config import Settings, folders_of, load_settings
from parcelguard.core.events import EventHub, ProofChanged
from parcelguard.core.parts import Part
from parcelguard.core.proofs import ProofState
from parcelguard.core.times import utc_now
from parcelguard.delivery import engine
from parcelguard.packing.desk_view import Desk, DeskChanged, DeskState
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.registry import SERVED
from parcelguard.sandbox.running import running
from parcelguard.sandbox.world.records import Order
from parcelguard.sandbox.world.world import World
from parcelguard.station.station import Station
from parcelguard.store.views import AttentionTopic, LogQuery
from parcelguard.upkeep.photo_notes import read_note
from parcelguard.vault.vault import vault_at
from tests.station.test_station import Camera
from tests.support.fakes import read_only, wait_for, wedge

pytestmark = pytest.mark.usefixtures("no_stray_threads")
NAMES = ("shopee", "tiktok")


@dataclass
class Office:
    """A station with shops at Shopee and TikTok, and what its screens would be told."""

    station: Station
    settings: Settings
    world: World
    desk: Desk = field(default_factory=Desk)
    states: dict[str, ProofState] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()

    def with_only(self, marketplace: str) -> Settings:
        shops = tuple(shop for shop in self.settings.shops if shop.marketplace == marketplace)
        return msgspec.structs.replace(self.settings, shops=shops)

    def order(self, marketplace: str, number: int = 0) -> Order:
        world = self.world
        found = [
            each for each in world.orders.values() if world.shops[each.shop_id].marketplace == marketplace
        ]
        return found[number]

    def open(self, order: Order) -> None:
        self.station.scan(wedge(order.packages[0].tracking_number))
        wait_for(lambda: self.desk.order is not None and self.desk.order.number == order.order_sn)

    def photograph(self) -> None:
        before = len(self.desk.photos)
        self.station.take_photo()
        wait_for(lambda: len(self.desk.photos) == before + 1)

    def save(self) -> None:
        self.station.save()
        wait_for(lambda: self.desk.state is DeskState.READY)

    def parts(self) -> list[Part]:
        (entry,) = self.station.log.page(LogQuery(), None).entries
        return list(self.station.log.detail(entry.proof.id).parts)

    def delivered(self, order: Order) -> bool:
        return self.states.get(order.order_sn) is ProofState.DELIVERED

    def in_the_chat(self, order: Order) -> int:
        return sum(line["to_id"] == order.buyer.user_id for line in self.world.transcript())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    world = demo_world(orders=6, specials=False, marketplaces=NAMES)
    rules = SERVED
    with ExitStack() as stack:
        address = stack.enter_context(running(world))
        sellers = named(
            [
                {"marketplace": shop.marketplace, "shop_id": shop.shop_id, "shop_name": shop.name}
                | {"region": shop.region, **rules[shop.marketplace].credentials(world, shop)}
                for shop in world.shops.values()
            ]
        )
        file = tmp_path / "settings.toml"
        file.write_text(settings_text(sellers, address, 0.0), encoding="utf-8")
        settings = load_settings(file)
        folders = folders_of(tmp_path, settings)
        folders.make()
        vault = vault_at(folders.secrets, "file")
        keep_secrets(vault, sellers)
        hub = EventHub()
        station = Station(settings, folders, hub, Camera(folders.media, hub), vault=vault)
        stack.callback(station.shut_down)
        made = Office(station, settings, world)
        hub.subscribe(DeskChanged, lambda event: setattr(made, "desk", event.desk))
        hub.subscribe(ProofChanged, lambda event: made.states.update({event.order_number: event.state}))
        hub.subscribe(AlertsChanged, lambda event: setattr(made, "alerts", event.alerts))
        station.start()
        yield made


def test_shop_that_is_added_is_served_at_once_and_the_open_order_stays_open(office: Office) -> None:
    office.station.use_shops_of(office.with_only("shopee"))
    first = office.order("shopee")
    wait_for(lambda: office.desk.state is DeskState.READY)
    office.open(first)
    office.photograph()

    office.station.use_shops_of(office.settings)
    office.photograph()
    office.save()
    wait_for(lambda: office.delivered(first))
    assert office.in_the_chat(first) == 3

    added = office.order("tiktok")
    office.open(added)
    office.photograph()
    office.save()
    wait_for(lambda: office.delivered(added))
    assert office.in_the_chat(added) == 2


def test_what_waits_for_a_shop_that_is_switched_off_is_held_and_never_goes_out_by_itself(
    office: Office,
) -> None:
    order = office.order("tiktok")
    office.world.faults.set("rate_limit", 600, path="/customer_service")
    office.open(order)
    office.photograph()
    office.save()
    wait_for(lambda: office.states.get(order.order_sn) is ProofState.WAITING)

    office.station.use_shops_of(office.with_only("shopee"))
    office.world.faults.clear()
    (group,) = office.station.log.attention()
    assert group.topic is AttentionTopic.SHOP_OFF

    office.station.use_shops_of(office.settings)
    other = office.order("tiktok", 1)
    office.open(other)
    office.photograph()
    office.save()
    wait_for(lambda: office.delivered(other))
    assert office.in_the_chat(order) == 0


def test_order_that_was_open_when_its_shop_was_switched_off_is_held_after_f4(office: Office) -> None:
    order = office.order("tiktok")
    office.open(order)
    office.photograph()
    office.station.use_shops_of(office.with_only("shopee"))
    office.save()

    wait_for(lambda: office.states.get(order.order_sn) is ProofState.ATTENTION)
    (group,) = office.station.log.attention()
    assert group.topic is AttentionTopic.SHOP_OFF
    assert office.in_the_chat(order) == 0


def test_message_whose_call_hangs_while_the_shops_change_is_looked_for_and_not_repeated(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LONGEST_FAREWELL_S", 0.1)
    order = office.order("shopee")
    office.open(order)
    office.photograph()
    office.world.faults.set("latency_s", 2, path="send_message")
    office.save()
    wait_for(lambda: any(part.in_doubt and part.kind.visible for part in office.parts()))

    office.station.use_shops_of(office.settings)
    office.world.faults.clear()
    wait_for(lambda: office.delivered(order), timeout_s=30)
    assert office.in_the_chat(order) == 2


def test_what_the_disk_did_not_let_hold_is_held_in_the_next_round(office: Office) -> None:
    order = office.order("tiktok")
    office.world.faults.set("rate_limit", 600, path="/customer_service")
    office.open(order)
    office.photograph()
    office.save()
    wait_for(lambda: office.states.get(order.order_sn) is ProofState.WAITING)

    with read_only(office.station.store):
        office.station.use_shops_of(office.with_only("shopee"))
    assert office.station.log.attention() == ()
    office.station.housekeeping.round()
    (group,) = office.station.log.attention()
    assert group.topic is AttentionTopic.SHOP_OFF


def test_trouble_of_a_shop_ends_with_its_courier(office: Office) -> None:
    office.world.faults.set("rate_limit", 600, path="/customer_service")
    office.open(office.order("tiktok"))
    office.photograph()
    office.save()
    wait_for(lambda: office.alerts)

    office.station.use_shops_of(office.with_only("shopee"))
    assert office.alerts == ()


def test_station_that_is_closed_takes_up_no_shops_any_more(office: Office) -> None:
    office.station.shut_down()
    office.station.use_shops_of(office.settings)  # the fixture's module tells threads that are left behind


def test_proof_without_a_chat_that_is_sent_by_hand_says_so_in_its_note(office: Office) -> None:
    office.station.scan(wedge("ELSEWHERE12345"))
    wait_for(lambda: office.desk.state is DeskState.UNMATCHED)
    office.photograph()
    office.save()
    (entry,) = office.station.log.page(LogQuery(), None).entries
    assert entry.proof.state is ProofState.SAVED

    office.station.log.send_by_hand(entry.proof.id)
    (note,) = office.station.log.media_path("").rglob("proof.json")
    assert read_note(note).by_hand


def test_figures_of_the_day_are_counted_by_shop(office: Office) -> None:
    order = office.order("shopee", 1)
    office.open(order)
    office.photograph()
    office.save()
    wait_for(lambda: office.delivered(order))

    (shop_id,) = [shop.id for shop in office.settings.shops if shop.marketplace == "shopee"]
    counted = office.station.log.figures(utc_now() - timedelta(hours=1))
    assert counted == {shop_id: {ProofState.DELIVERED: 1}}
