"""A client, a chat and an order source against the local Chatwoot, as a station has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from parcelguard.chat.chatwoot import chatwoot_chat
from parcelguard.core.config import ShopSettings
from parcelguard.core.times import utc_now
from parcelguard.delivery.ports import HouseRules, Picture, Target, Wire
from parcelguard.marketplace.chatwoot.client import chatwoot_client
from parcelguard.marketplace.chatwoot.orders import chatwoot_orders
from parcelguard.sandbox.chatwoot import marketplace as chatwoot
from parcelguard.sandbox.chatwoot.accounts import ChatwootAccounts, Contact
from parcelguard.sandbox.running import running
from parcelguard.sandbox.world.records import Order
from parcelguard.sandbox.world.world import World
from parcelguard.vault.vault import Secrets, vault_at


class Bench:
    """Everything one inbox needs, plus what the server saw."""

    def __init__(self, world: World, address: str, folder: Path, now: Callable[[], datetime]) -> None:
        self.world, self.now = world, now
        self.shop = world.add_shop("Batik Ayu", "ID", marketplace="chatwoot")
        self.state = world.state_of(ChatwootAccounts)
        self.vault = vault_at(folder / "secrets.json", "file")
        self.marks: list[float] = []
        given = chatwoot.credentials(world, self.shop)
        self.vault.keep("ayu", Secrets(given["api_access_token"]))
        self.settings = ShopSettings(
            id="ayu",
            marketplace="chatwoot",
            region="ID",
            name=self.shop.name,
            shop_id=given["account_id"],
            inbox_id=given["inbox_id"],
            host=address,
        )
        self._open()

    def _open(self) -> None:
        self.client = chatwoot_client(self.settings, self.vault, self.now)
        self.chat = chatwoot_chat(self.client, self.settings, HouseRules(between_messages=timedelta(0)))
        self.orders = chatwoot_orders(self.client, self.settings)

    def configure(self, **changes: Any) -> None:
        """Change the shop's settings, as a restarted station reads them."""
        self.client.close_connections()
        self.settings = msgspec.structs.replace(self.settings, **changes)
        self._open()

    def order(self, **facts: Any) -> Order:
        """Let someone order something; the address book has the order's number, or what is told."""
        order = self.world.make_order(self.shop)
        told = facts or {"identifier": order.order_sn}
        contact = Contact(
            order.buyer,
            identifier=told.pop("identifier", None),
            phone_number=told.pop("phone_number", None),
            email=told.pop("email", None),
        )
        assert not told, "an address book has no other fields here"
        self.state.contacts(self.shop)[order.buyer.user_id] = contact
        return order

    def opened(self, order: Order | None = None) -> Target:
        """Return the target with its conversation, as after the check before the first message."""
        order = order or self.order()
        target = Target(order_number=order.order_sn, buyer_id=str(order.buyer.user_id))
        return Target(
            order_number=target.order_number,
            buyer_id=target.buyer_id,
            conversation_id=self.chat.open_conversation(target, 4),
        )

    def wire(self) -> Wire:
        return Wire(self.now(), lambda: self.marks.append(time.monotonic()))

    def show(self, target: Target, size: tuple[int, int] = (640, 480)) -> tuple[str, Picture]:
        """Send a picture; return its id and the picture."""
        content = jpeg(size)
        picture = Picture(address=self.chat.upload_picture(content), size=size, content=content)
        return self.chat.send_image(target, picture, self.wire()).message_id, picture


def jpeg(size: tuple[int, int] = (640, 480)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "#446688").save(buffer, "JPEG")
    return buffer.getvalue()


@contextmanager
def open_bench(folder: Path, now: Callable[[], datetime] = utc_now) -> Iterator[Bench]:
    world = World()
    with running(world) as address:
        bench = Bench(world, address, folder, now)
        try:
            yield bench
        finally:
            bench.client.close_connections()
