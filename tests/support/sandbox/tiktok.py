"""A TikTok Shop client written from the platform's documentation, with nothing between test and wire."""

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.tiktok.app_state import TikTokApp
from parcelguard.sandbox.world.records import Order, Shop
from parcelguard.sandbox.world.world import World
from tests.support.sandbox.common import Clock, served, switch_on

APP, SECRET = "pgdemo01", "pg_demo_secret_0001"
SHOPS = "/authorization/202309/shops"
ORDERS = "/order/202309/orders"
TALKS = "/customer_service/202309/conversations"


class TikTokSeller:
    """One shop whose owner agreed; every call names it by its cipher unless another is asked for."""

    def __init__(self, world: World, address: str, http: httpx.Client) -> None:
        self.world, self.address, self.http = world, address, http
        self.clock: Any = world._clock  # a `Clock` that can be set, or the real one
        self.state = world.state_of(TikTokApp)
        self.given = self.connect(next(iter(world.shops.values())))

    def connect(self, shop: Shop) -> Any:
        self.shop = shop
        given = self.http.get("/admin/seller", params={"shop_id": shop.shop_id}).json()
        self.token, self.cipher = given["access_token"], given["shop_cipher"]
        return given

    def orders(self) -> list[Order]:
        return [order for order in self.world.orders.values() if order.shop_id == self.shop.shop_id]

    def sign(self, path: str, query: dict[str, str], body: bytes = b"") -> str:
        flat = "".join(name + query[name] for name in sorted(query))
        raw = (SECRET + path + flat).encode() + body + SECRET.encode()
        return hmac.new(SECRET.encode(), raw, "sha256").hexdigest()

    def signed(
        self, path: str, body: bytes = b"", changed: dict[str, Any] | None = None, **query: Any
    ) -> dict[str, Any]:
        query = {"app_key": APP, "timestamp": str(int(self.clock())), "shop_cipher": self.cipher} | query
        query = {name: str(value) for name, value in query.items() if value is not None}
        query |= {"sign": self.sign(path, query, body)} | (changed or {})
        return {name: value for name, value in query.items() if value is not None}

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        changed: dict[str, Any] | None = None,
        token: str | None = None,
        **query: Any,
    ) -> httpx.Response:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"x-tts-access-token": self.token if token is None else token}
        if raw:
            headers["content-type"] = "application/json"
        params = self.signed(path, raw, changed, **query)
        return self.http.request(method, path, params=params, content=raw, headers=headers)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path, **query)

    def post(self, path: str, body: object = None, **query: Any) -> httpx.Response:
        return self.call("POST", path, body, **query)

    def upload(
        self, data: bytes, name: str = "photo.jpg", media_type: str = "image/jpeg", field: str = "data"
    ) -> httpx.Response:
        path = "/customer_service/202309/images/upload"
        headers = {"x-tts-access-token": self.token}
        files = {field: (name, data, media_type)}
        return self.http.post(path, params=self.signed(path), files=files, headers=headers)

    def open_talk(self, order: Order) -> str:
        buyer = data(self.get(ORDERS, ids=order.order_sn))["orders"][0]["user_id"]
        return str(data(self.post(TALKS, {"buyer_user_id": buyer}))["conversation_id"])

    def send(
        self, talk: str, kind: str, version: str = "202309", role: str | None = None, **content: Any
    ) -> httpx.Response:
        body = {"type": kind, "content": json.dumps(content)} | ({"sender_role": role} if role else {})
        return self.post(f"/customer_service/{version}/conversations/{talk}/messages", body)

    def say(self, talk: str, text: str) -> httpx.Response:
        return self.send(talk, "TEXT", content=text)

    def messages(self, talk: str, **query: Any) -> Any:
        return data(self.get(f"{TALKS}/{talk}/messages", **{"page_size": 10} | query))["messages"]

    def fault(self, kind: str, **switch: Any) -> None:
        switch_on(self.http, kind, **switch)

    def change(self, **settings: Any) -> Any:
        answer = self.http.post("/admin/seller", json={"shop_id": self.shop.shop_id, **settings})
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def open_shop(orders: int = 4, region: str = "MY") -> Iterator[TikTokSeller]:
    """Serve one TikTok shop with orders of today."""
    world = demo_world(orders=0, marketplaces=(), clock=Clock())
    shop = world.add_shop("Kopi & Co", region, marketplace="tiktok")
    for _ in range(orders):
        world.make_order(shop)
    with served(world) as (address, http):
        yield TikTokSeller(world, address, http)


def data(answer: httpx.Response) -> Any:
    """Return what a call that succeeded answers."""
    said = answer.json()
    assert (answer.status_code, said["code"], said["message"]) == (200, 0, "Success"), answer.text
    assert said["request_id"]
    return said["data"]


def refusal(answer: httpx.Response) -> Any:
    """Return the code of a coded refusal."""
    said = answer.json()
    assert said["request_id"]
    assert said["data"] is None
    return said["code"]
