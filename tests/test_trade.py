"""Shops that change while a station works: added, switched off and on, with an order open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from fakes import wait_for, wedge
from test_station import Camera

from parcelguard.config import Settings, folders_of, load_settings
from parcelguard.demo.shops import keep_secrets, named, settings_text
from parcelguard.desk import Desk, DeskChanged, DeskState
from parcelguard.domain import ProofState, utc_now
from parcelguard.events import EventHub, ProofChanged
from parcelguard.marketplace.vault import vault_at
from parcelguard.sandbox.app import MARKETPLACES
from parcelguard.sandbox.demo import demo_world
from parcelguard.sandbox.records import Order
from parcelguard.sandbox.running import running
from parcelguard.sandbox.world import World
from parcelguard.station import Station

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

    def delivered(self, order: Order) -> bool:
        return self.states.get(order.order_sn) is ProofState.DELIVERED

    def in_the_chat(self, order: Order) -> int:
        return sum(line["to_id"] == order.buyer.user_id for line in self.world.transcript())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    world = demo_world(orders=6, specials=False, marketplaces=NAMES)
    rules = {each.NAME: each for each in MARKETPLACES}
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
        station = Station(settings, folders, hub, Camera(folders.media, hub), vault=vault)  # type: ignore[arg-type]
        stack.callback(station.close)
        made = Office(station, settings, world)
        hub.subscribe(DeskChanged, lambda event: setattr(made, "desk", event.desk))
        hub.subscribe(ProofChanged, lambda event: made.states.update({event.order_number: event.state}))
        station.start()
        yield made


def test_shop_that_is_added_is_served_at_once_and_the_open_order_stays_open(office: Office) -> None:
    office.station.use(office.with_only("shopee"))
    first = office.order("shopee")
    wait_for(lambda: office.desk.state is DeskState.READY)
    office.open(first)
    office.photograph()

    office.station.use(office.settings)
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

    office.station.use(office.with_only("shopee"))
    office.world.faults.clear()
    (group,) = office.station.log.attention()
    assert group.reason == "shop_off"

    office.station.use(office.settings)
    other = office.order("tiktok", 1)
    office.open(other)
    office.photograph()
    office.save()
    wait_for(lambda: office.delivered(other))
    assert office.in_the_chat(order) == 0


def test_figures_of_the_day_are_counted_by_shop(office: Office) -> None:
    order = office.order("shopee", 1)
    office.open(order)
    office.photograph()
    office.save()
    wait_for(lambda: office.delivered(order))

    (shop_id,) = [shop.id for shop in office.settings.shops if shop.marketplace == "shopee"]
    counted = office.station.log.figures(utc_now() - timedelta(hours=1))
    assert counted == {shop_id: {ProofState.DELIVERED: 1}}
