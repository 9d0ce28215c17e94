"""A client, a chat and an order source against the local TikTok Shop, as a station has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from parcelguard.chat.tiktok import tiktok_chat
from parcelguard.core.config import ShopSettings
from parcelguard.core.times import utc_now
from parcelguard.delivery.ports import HouseRules, Picture, Target, Wire
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.tiktok.client import TikTokClient, tiktok_client
from parcelguard.marketplace.tiktok.orders import tiktok_orders
from parcelguard.sandbox.running import running
from parcelguard.sandbox.tiktok import marketplace as tiktok
from parcelguard.sandbox.tiktok.app_state import TikTokApp
from parcelguard.sandbox.tiktok.ids import user_id
from parcelguard.sandbox.world.records import Order, Shop
from parcelguard.sandbox.world.world import World
from parcelguard.vault.vault import Secrets, vault_at
from tests.support.tampering import Tampering


class Bench:
    """Everything one shop needs, plus what the server saw."""

    def __init__(
        self, world: World, shop: Shop, address: str, folder: Path, now: Callable[[], datetime]
    ) -> None:
        self.world, self.shop, self.address, self.now = world, shop, address, now
        self.state = world.state_of(TikTokApp)
        self.vault = vault_at(folder / "secrets.json", "file")
        self.marks: list[float] = []
        self.settings = ShopSettings(
            id="kedai",
            marketplace="tiktok",
            region=shop.region,
            name=shop.name,
            app_key=self.state.app.app_key,
            service_id=self.state.app.service_id,
            shop_id=shop.shop_id,
            host=address,
        )
        self._open()
        self.connect()

    def _open(self) -> None:
        self.client = tiktok_client(self.settings, self.vault, self.now)
        self._speak()

    def _speak(self) -> None:
        self.chat = tiktok_chat(self.client, self.settings, HouseRules(between_messages=timedelta(0)))
        self.orders = tiktok_orders(self.client, self.settings)

    def tamper(self, path: str, change: Callable[[dict[str, Any]], object], status: int = 0) -> None:
        """From now on `change` alters each answer for `path`, and `status` its status."""
        self.client.close_connections()
        changing = Http(self.address, Tampering(path, change, status))
        self.client = TikTokClient(self.settings, self.vault, changing, changing, self.now)
        self._speak()

    def configure(self, **changes: Any) -> None:
        """Change the shop's settings, as a restarted station reads them."""
        self.client.close_connections()
        self.settings = msgspec.structs.replace(self.settings, **changes)
        self._open()

    def connect(self, left_s: float = 7 * 86_400, notes: Mapping[str, str] | None = None) -> Secrets:
        """Let the seller agree; the access token has so many seconds left."""
        given = tiktok.credentials(self.world, self.shop)
        secrets = Secrets(
            given["app_secret"],
            given["access_token"],
            given["refresh_token"],
            time.time() + left_s,
            given["refresh_token_expire_in"],
            notes or {},
        )
        self.vault.keep("kedai", secrets)
        return secrets

    def kept(self) -> Secrets:
        secrets = self.vault.load("kedai")
        assert secrets
        return secrets

    def order(self, number: int = 0) -> Order:
        orders = [each for each in self.world.orders.values() if each.shop_id == self.shop.shop_id]
        return orders[number]

    def target(self, order: Order | None = None, conversation: str = "") -> Target:
        order = order or self.order()
        return Target(
            order_number=order.order_sn, buyer_id=user_id(order.buyer), conversation_id=conversation
        )

    def opened(self, order: Order | None = None) -> Target:
        """Return the target with its conversation, as after the check before the first message."""
        target = self.target(order)
        return self.target(order, self.chat.open_conversation(target, 4))

    def wire(self) -> Wire:
        return Wire(self.now(), lambda: self.marks.append(time.monotonic()))

    def say(self, text: str = "Hello.") -> str:
        """Send a text; return its id."""
        return self.chat.send_text(self.opened(), text, self.wire()).message_id

    def show(self, target: Target, size: tuple[int, int] = (640, 480)) -> tuple[str, Picture]:
        """Send a picture; return its id and the picture."""
        picture = Picture(address=self.chat.upload_picture(jpeg(size)), size=size)
        return self.chat.send_image(target, picture, self.wire()).message_id, picture

    def asked(self, path: str) -> int:
        """Count the requests that reached the server."""
        rows = self.world.requests.counts()["by_path"]
        return sum(row["count"] for key, row in rows.items() if path in key)

    def texts(self) -> list[str]:
        return [line["text"] for line in self.world.transcript() if line["message_type"] == "text"]


def jpeg(size: tuple[int, int] = (640, 480), colour: str = "#446688") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


@contextmanager
def open_bench(
    folder: Path, orders: int = 3, region: str = "MY", now: Callable[[], datetime] = utc_now
) -> Iterator[Bench]:
    world = World()
    shop = world.add_shop("Kedai Demo", region, marketplace="tiktok")
    for _ in range(orders):
        world.make_order(shop)
    with running(world) as address:
        bench = Bench(world, shop, address, folder, now)
        try:
            yield bench
        finally:
            bench.client.close_connections()
