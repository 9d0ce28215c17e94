"""A Chatwoot client written from the server's documentation, with nothing between test and wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.world.records import Order, Shop
from parcelguard.sandbox.world.world import World
from tests.support.sandbox.common import Clock, served, switch_on


class Agent:
    """One agent of an account."""

    def __init__(self, world: World, http: httpx.Client) -> None:
        self.world, self.http = world, http
        self.clock: Any = world._clock  # a `Clock` that can be set, or the real one
        self.connect(next(iter(world.shops.values())))

    def connect(self, shop: Shop) -> Any:
        self.shop = shop
        given = self.http.get("/admin/seller", params={"shop_id": shop.shop_id}).json()
        self.inbox, self.account = given["inbox_id"], given["account_id"]
        self.headers = {"api_access_token": given["api_access_token"]}
        return given

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        request = {"headers": self.headers} | request
        return self.http.request(method, f"/api/v1/accounts/{self.account}/{path}", **request)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path, params=query)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.call("POST", path, json=body)

    def orders(self) -> list[Order]:
        return list(self.world.orders.values())

    def find(self, text: str) -> Any:
        return self.get("contacts/search", q=text).json()["payload"]

    def open_talk(self, order: Order) -> int:
        (contact,) = self.find(order.buyer.name)
        body = {
            "source_id": contact["contact_inboxes"][0]["source_id"],
            "inbox_id": self.inbox,
            "contact_id": contact["id"],
        }
        return int(self.post("conversations", body).json()["id"])

    def say(self, talk: int, text: str | None, **changed: Any) -> httpx.Response:
        body = {"content": text, "message_type": "outgoing", "private": False} | changed
        return self.post(f"conversations/{talk}/messages", body)

    def send_photos(
        self, talk: int, *photos: bytes, text: str = "", field: str = "attachments[]"
    ) -> httpx.Response:
        fields = {"content": text, "message_type": "outgoing", "private": "false"}
        files = [(field, (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(photos)]
        return self.call("POST", f"conversations/{talk}/messages", data=fields, files=files)

    def messages(self, talk: int, **query: Any) -> Any:
        return self.get(f"conversations/{talk}/messages", **query).json()["payload"]

    def transcript(self) -> Any:
        return self.http.get("/admin/transcript").json()

    def fault(self, kind: str, **switch: Any) -> None:
        switch_on(self.http, kind, **switch)


@contextmanager
def open_account() -> Iterator[Agent]:
    """Serve one account with four orders of a web shop."""
    world = demo_world(orders=0, marketplaces=(), clock=Clock())
    shop = world.add_shop("Kopi & Co WhatsApp", "ID", marketplace="chatwoot")
    for _ in range(4):
        world.make_order(shop)
    with served(world) as (_, http):
        yield Agent(world, http)


def refused(answer: httpx.Response, status: int) -> Any:
    """Return the text of a refusal with this status."""
    assert answer.status_code == status, answer.text
    return answer.json()["error"]
