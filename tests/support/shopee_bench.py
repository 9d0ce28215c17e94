"""A client, a chat and an order source against the local Shopee, as a station has them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from parcelguard.chat.shopee import ShopeeChat
from parcelguard.core.times import utc_now
from parcelguard.delivery.ports import HouseRules, Target, Wire
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.shopee.client import Account, ShopeeClient
from parcelguard.marketplace.shopee.orders import ShopeeOrders
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import running
from parcelguard.sandbox.shopee.state import ShopeeState, connect_shop
from parcelguard.sandbox.world.records import Order
from parcelguard.sandbox.world.world import World
from parcelguard.vault.vault import Secrets, vault_at

SEND = "/api/v2/sellerchat/send_message"


class Tampering(httpx.BaseTransport):
    """Passes calls on to the server and changes some answers on their way back."""

    def __init__(self, path: str, change: Callable[[dict[str, Any]], object]) -> None:
        self._inner = httpx.HTTPTransport()
        self._path, self._change = path, change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if self._path not in request.url.path:
            return answer
        body = json.loads(answer.read())
        answer.close()
        self._change(body)
        return httpx.Response(answer.status_code, json=body)

    def close(self) -> None:
        self._inner.close()


class Bench:
    """Everything one shop needs, plus what the server saw."""

    def __init__(self, world: World, address: str, folder: Path, now: Callable[[], datetime]) -> None:
        self.world, self.address, self.now = world, address, now
        self.shop = next(iter(world.shops.values()))
        self.vault = vault_at(folder / "secrets.json", "file")
        self.state = world.state_of(ShopeeState)
        self.account = Account("kopi", address, self.state.partner.partner_id, self.shop.shop_id)
        self.marks: list[float] = []
        self.speak(Http(address))
        self.connect()

    def speak(self, http: Http) -> None:
        self.http = http
        self.client = ShopeeClient(self.account, self.vault, http, self.now)
        self.chat = ShopeeChat(self.client, house=HouseRules(between_messages=timedelta(0)))
        self.orders = ShopeeOrders(self.client)

    def tamper(self, path: str, change: Callable[[dict[str, Any]], object]) -> None:
        """From now on `change` alters each answer for `path`."""
        self.http.close()
        self.speak(Http(self.address, Tampering(path, change)))

    def connect(self, left_s: float = 14_400) -> Secrets:
        """Let the seller agree; the token has so many seconds left."""
        grant = connect_shop(self.world, self.shop)
        secrets = Secrets(
            self.state.partner.partner_key,
            grant.access_token,
            grant.refresh_token,
            time.time() + left_s,
        )
        self.vault.keep("kopi", secrets)
        return secrets

    def order(self, number: int = 0) -> Order:
        return list(self.world.orders.values())[number]

    def target(self, order: Order, conversation: str = "") -> Target:
        return Target(
            order_number=order.order_sn, buyer_id=str(order.buyer.user_id), conversation_id=conversation
        )

    def wire(self) -> Wire:
        return Wire(self.now(), lambda: self.marks.append(time.monotonic()))

    def say(self, text: str = "Hello.", order: Order | None = None) -> str:
        """Send a text; return its id."""
        order = order or self.order()
        text = f"{text} {order.order_sn}"
        return self.chat.send_text(self.target(order), text, self.wire()).message_id

    def asked(self, path: str) -> int:
        """Count the requests that reached the server."""
        rows = self.world.requests.counts()["by_path"]
        return sum(row["count"] for key, row in rows.items() if path in key)

    def texts(self) -> list[str]:
        return [line["text"] for line in self.world.transcript() if line["message_type"] == "text"]

    def pictures(self) -> list[str]:
        return [line["image_sha256"] for line in self.world.transcript() if line["message_type"] == "image"]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def open_bench(folder: Path, orders: int = 3, now: Callable[[], datetime] = utc_now) -> Iterator[Bench]:
    world = demo_world(orders=orders, specials=False)
    with running(world) as address:
        bench = Bench(world, address, folder, now)
        try:
            yield bench
        finally:
            bench.http.close()
