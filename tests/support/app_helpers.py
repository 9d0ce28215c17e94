"""The whole program in a test: real window, real camera process, real HTTP to a sandbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from parcelguard.app import App
from parcelguard.commands.demo.keys import press
from parcelguard.core.config import (
    BenchSettings,
    CameraSettings,
    SecretSettings,
    Settings,
    ShopSettings,
    folders_of,
)
from parcelguard.core.events import CameraChanged, CameraState, ProofChanged
from parcelguard.core.proofs import ProofState
from parcelguard.packing.desk_view import Desk, DeskChanged, DeskState
from parcelguard.sandbox.shopee.state import ShopeeState, connect_shop
from parcelguard.sandbox.world.records import Order
from parcelguard.sandbox.world.world import World
from parcelguard.vault.vault import Secrets, vault_at

PATIENCE_MS = 30_000


@dataclass
class Running:
    """A program at work, and what its window was told."""

    app: App
    desk: Desk
    camera: CameraState
    told: list[ProofChanged]

    def delivered(self) -> bool:
        """Whether the newest news is that a proof was accepted whole."""
        return bool(self.told) and self.told[-1].state is ProofState.DELIVERED

    def scan(self, code: str) -> None:
        """Type a code as a scanner does."""
        for letter in code:
            press(self.app.window, Qt.Key(ord(letter)), letter)
        press(self.app.window, Qt.Key.Key_Return, "\r")

    def press(self, key: Qt.Key) -> None:
        press(self.app.window, key)


def station_settings(address: str, world: World, source: str = "demo", **shop: object) -> Settings:
    """Settings of a bench that sells at this sandbox."""
    seller = next(iter(world.shops.values()))
    entry = ShopSettings(
        id="kopi",
        name="Kopi & Co",
        partner_id=world.state_of(ShopeeState).partner.partner_id,
        shop_id=seller.shop_id,
        host=address,
        send=True,
        seconds_between_messages=0,
    )
    return Settings(
        bench=BenchSettings(station="Bench 07", packer="Aina"),
        camera=CameraSettings(source=source),
        secrets=SecretSettings(keep="file"),
        shops=(msgspec.structs.replace(entry, **shop),),
    )


def connect(home: Path, settings: Settings, world: World) -> None:
    """Give the station its tokens, as `parcelguard connect` would."""
    grant = connect_shop(world, next(iter(world.shops.values())))
    folders = folders_of(home, settings)
    folders.make()
    secrets = Secrets(
        world.state_of(ShopeeState).partner.partner_key,
        grant.access_token,
        grant.refresh_token,
        time.time() + 14_400,
    )
    vault_at(folders.secrets, "file").keep("kopi", secrets)


@contextmanager
def running_app(qtbot: QtBot, home: Path, settings: Settings, *, live: bool = True) -> Iterator[Running]:
    """Show the window, wait until the program is ready, and end it in order."""
    app = App(settings, folders_of(home, settings))
    run = Running(app, Desk(), CameraState.STARTING, [])

    def on_desk(news: DeskChanged) -> None:
        run.desk = news.desk

    def on_camera(news: CameraChanged) -> None:
        run.camera = news.state

    app.window.bridge.desk_changed.connect(on_desk)
    app.window.bridge.camera_changed.connect(on_camera)
    app.window.bridge.proof_changed.connect(run.told.append)
    try:
        with qtbot.waitSignal(app.ready, timeout=PATIENCE_MS):
            app.window.show()
        if live:
            qtbot.waitUntil(lambda: run.camera is CameraState.LIVE, timeout=PATIENCE_MS)
        yield run
    finally:
        app.window.close()
        app.shut_down()


def tracking_of(order: Order) -> str:
    """What the scanner reads from the parcel's label."""
    return order.packages[0].tracking_number


def _has_photos(run: Running, wanted: int) -> bool:
    return len(run.desk.photos) == wanted


def pack(qtbot: QtBot, run: Running, order: Order, photos: int = 3) -> None:
    """Scan an order, photograph it and press F4, as a packer would."""
    run.scan(tracking_of(order))
    qtbot.waitUntil(lambda: run.desk.state is DeskState.OPEN, timeout=PATIENCE_MS)
    for count in range(1, photos + 1):
        run.press(Qt.Key.Key_F1)
        qtbot.waitUntil(partial(_has_photos, run, count), timeout=PATIENCE_MS)
    run.press(Qt.Key.Key_F4)
    qtbot.waitUntil(lambda: run.desk.state is DeskState.READY, timeout=PATIENCE_MS)
