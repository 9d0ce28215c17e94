"""A Shopee client written from the platform's documentation, with nothing between test and wire."""

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.shopee.state import ShopeeState, connect_shop
from parcelguard.sandbox.world.records import Order
from parcelguard.sandbox.world.world import World
from tests.support.sandbox.common import Clock, picture, served, switch_on

KEY = "shpk5061726365674775617264546573744b65795f303031"
PARTNER = 2001887


class ShopeeSeller:
    """One shop whose owner agreed; every call is signed for it unless another signature is asked for."""

    def __init__(self, world: World, address: str, http: httpx.Client) -> None:
        self.world, self.address, self.http = world, address, http
        self.clock: Any = world._clock  # a `Clock` that can be set, or the real one
        self.shop = next(iter(world.shops.values()))
        self.state = world.state_of(ShopeeState)
        self.grant = connect_shop(world, self.shop)
        self.token = self.grant.access_token

    def sign(self, path: str, timestamp: float, *rest: object) -> str:
        base = "".join(map(str, (PARTNER, path, timestamp, *rest)))
        return hmac.new(KEY.encode(), base.encode(), hashlib.sha256).hexdigest()

    def common(self, path: str, public: bool = False, **changed: Any) -> dict[str, Any]:
        now = int(self.clock())
        subject = {} if public else {"access_token": self.token, "shop_id": self.shop.shop_id}
        query = {"partner_id": PARTNER, "timestamp": now, "sign": self.sign(path, now, *subject.values())}
        return {name: value for name, value in (query | subject | changed).items() if value is not None}

    def get(
        self, path: str, public: bool = False, changed: dict[str, Any] | None = None, **query: Any
    ) -> httpx.Response:
        path = f"/api/v2/{path}"
        return self.http.get(path, params=self.common(path, public, **(changed or {})) | query)

    def post(self, path: str, body: object, public: bool = False, **changed: Any) -> httpx.Response:
        path = f"/api/v2/{path}"
        return self.http.post(path, params=self.common(path, public, **changed), json=body)

    def upload(
        self, data: bytes, name: str = "photo.jpg", media_type: str = "image/jpeg", field: str = "file"
    ) -> httpx.Response:
        path = "/api/v2/sellerchat/upload_image"
        return self.http.post(path, params=self.common(path), files={field: (name, data, media_type)})

    def orders(self) -> list[Order]:
        return list(self.world.orders.values())

    def send(self, order: Order, kind: str = "text", first: bool = True, **content: Any) -> httpx.Response:
        body: dict[str, Any] = {"to_id": order.buyer.user_id, "message_type": kind, "content": content}
        if first:
            body |= {"source_type": "order", "source_content": {"order_sn": order.order_sn}}
        return self.post("sellerchat/send_message", body)

    def messages(self, conversation_id: object, **query: Any) -> Any:
        answer = self.get("sellerchat/get_message", conversation_id=conversation_id, **query).json()
        return answer["response"]["messages"]

    def fault(self, kind: str, **switch: Any) -> None:
        switch_on(self.http, kind, **switch)


@contextmanager
def open_shop(
    orders: int = 4, *, specials: bool | Collection[str] = False, clock: Callable[[], float] | None = None
) -> Iterator[ShopeeSeller]:
    """Serve one Shopee shop with orders of today."""
    world = demo_world(orders=orders, specials=specials, clock=clock or Clock())
    with served(world) as (address, http):
        yield ShopeeSeller(world, address, http)


def refusal(answer: httpx.Response) -> Any:
    """Return the code of a coded refusal."""
    said = answer.json()
    assert "response" not in said
    assert said["request_id"]
    return said["error"]


def uploaded(seller: ShopeeSeller, data: bytes | None = None) -> str:
    """Upload a picture and return its address."""
    return str(seller.upload(data or picture()).json()["response"]["url"])


def say(seller: ShopeeSeller, order: Order, text: str, **changed: Any) -> httpx.Response:
    """Send a text to the order's buyer, or what is left of it with these fields changed."""
    body: dict[str, Any] = {
        "to_id": order.buyer.user_id,
        "message_type": "text",
        "content": {"text": text},
        "source_content": {"order_sn": order.order_sn},
    }
    body = {name: value for name, value in (body | changed).items() if value is not None}
    return seller.post("sellerchat/send_message", body)
