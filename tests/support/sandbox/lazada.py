"""A Lazada client written from the platform's documentation, with nothing between test and wire."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.world.records import Order
from parcelguard.sandbox.world.world import World
from tests.support.sandbox.common import Clock, picture, served, switch_on

SECRET = "pg-test-secret-0001"
COMMON = {"app_key": "900100", "timestamp": "1735689600000", "sign_method": "sha256"}
TOKEN = COMMON | {"access_token": "50000test00accesstoken"}
SESSION = {"session_id": "200200_2_300300_1_103"}
TEXT = "Ảnh đóng gói đơn #900000000000001 ✓\nสวัสดี & thank you"
VECTORS: list[tuple[str, str, dict[str, str], str]] = [
    (
        "helloworld",
        "/order/get",
        COMMON
        | {"app_key": "123456", "access_token": "test", "timestamp": "1517820392000", "order_id": "1234"},
        "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A",
    ),
    (
        SECRET,
        "/auth/token/create",
        COMMON | {"code": "0_900100_TestCode123"},
        "94EF92872F861C0635DFD7A0F7CB0D59643E26B44963D6176826D0F4FEDAF87C",
    ),
    (
        SECRET,
        "/auth/token/refresh",
        COMMON | {"refresh_token": "50001test00refreshtoken"},
        "35433BAD6A38F5C59CA8F4B31E94E8C13F3F46A384D6E5FED54A64CE0CEE4311",
    ),
    (
        SECRET,
        "/im/session/open",
        TOKEN | {"order_id": "900000000000001"},
        "FEB96DD6C646052470381D5DC3EE189B657EA7C3A2827DA0690AAA72D66ACC6C",
    ),
    (
        SECRET,
        "/im/message/send",
        TOKEN | SESSION | {"template_id": "1", "txt": TEXT},
        "E5A58225A0BDBFA640D03E4F3F605F25D3060B3D86991AEAFF085E5B5686CBA1",
    ),
    (
        SECRET,
        "/im/message/send",
        TOKEN
        | SESSION
        | {
            "template_id": "3",
            "img_url": "https://my-live.slatic.net/p/abc123.jpg?x=1&y=2",
            "width": "1280",
            "height": "960",
        },
        "E8C94C4559D32ABDDFBC0AF80CC783362E9E157982FB999C5BA0AB21B65CDEA5",
    ),
    (SECRET, "/image/upload", TOKEN, "347BA09523F488D46D54CC460EED2FDA48C37EF89771A8392CED53CAD709F3E8"),
    (
        SECRET,
        "/orders/items/get",
        TOKEN | {"order_ids": "[900000000000001,900000000000002]"},
        "40DF36D089C40C837A6AB12824347BC4A23758E076A12FEB9D4BDBD8EAD86F4F",
    ),
    (
        SECRET,
        "/test/api",
        COMMON | {"foo_bar": "1", "fooBar": "2", "foo1": "3", "Zed": "4"},
        "26C8A13E564795C74848168E2CF0F1DC7D4A6C1096F80C55B3CA44267E3E0F63",
    ),
    (
        SECRET,
        "/seller/get",
        TOKEN | {"partner_id": "lazop-sdk-python-20181207"},
        "5E88334C3B334A6D9D623BBC6195FB16441A0D5286719CBD704C38B111C094FF",
    ),
]


def sign(secret: str, path: str, given: dict[str, str]) -> str:
    base = path + "".join(name + given[name] for name in sorted(given))
    return hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest().upper()


class LazadaSeller:
    """One shop with both grants; every call chooses the app it belongs to unless one is named."""

    def __init__(self, world: World, address: str, http: httpx.Client) -> None:
        self.world, self.address, self.http = world, address, http
        self.clock: Any = world._clock  # a `Clock` that can be set, or the real one
        self.shop = world.shops_of("lazada")[0]
        self.connect()

    def connect(self, **settings: Any) -> Any:
        """Get fresh credentials; `settings` may change what may be changed on the way."""
        answer = self.http.post("/admin/seller", json={"shop_id": self.shop.shop_id, **settings})
        assert answer.status_code == 200, answer.text
        self.apps = answer.json()
        return self.apps

    def parameters(
        self, path: str, app: str | None = None, changed: dict[str, Any] | None = None, **given: Any
    ) -> dict[str, str]:
        facts = self.apps[app or ("chat" if path.startswith("/im/") else "order")]
        given = {name: str(value) for name, value in given.items()}
        given |= {
            "app_key": facts["app_key"],
            "timestamp": str(int(self.clock() * 1000)),
            "sign_method": "sha256",
        }
        if not path.startswith("/auth/"):
            given["access_token"] = facts["access_token"]
        given |= {name: str(value) for name, value in (changed or {}).items()}
        given = {name: value for name, value in given.items() if value != "None"}
        return {"sign": sign(facts["app_secret"], path, given)} | given

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.http.get(f"/rest{path}", params=self.parameters(path, **given))

    def post(self, path: str, **given: Any) -> httpx.Response:
        """System parameters in the query, the call's own ones in the form."""
        signed = self.parameters(path, **given)
        own = {name: signed.pop(name) for name in [*signed] if name in given}
        return self.http.post(f"/rest{path}", params=signed, data=own)

    def upload(
        self, data: bytes | None = None, app: str | None = None, field: str = "image"
    ) -> httpx.Response:
        path, data = "/image/upload", picture(size=(400, 360)) if data is None else data
        return self.http.post(
            f"/rest{path}", params=self.parameters(path, app=app), files={field: ("p.jpg", data)}
        )

    def orders(self) -> list[Order]:
        return [order for order in self.world.orders.values() if order.shop_id == self.shop.shop_id]

    def session(self, order: Order) -> str:
        return str(self.get("/im/session/open", order_id=order.order_sn).json()["session_id"])

    def send(self, session: str, template: int = 1, **given: Any) -> httpx.Response:
        return self.post("/im/message/send", session_id=session, template_id=template, **given)

    def say(self, session: str, text: str) -> httpx.Response:
        return self.send(session, txt=text)

    def messages(self, session: str, **given: Any) -> Any:
        given = {"start_time": int(self.clock() * 1000), "page_size": 20} | given
        return self.get("/im/message/list", session_id=session, **given).json()["data"]

    def fault(self, kind: str, **switch: Any) -> None:
        switch_on(self.http, kind, **switch)


@contextmanager
def open_lazada(orders: int = 3, *, clock: Callable[[], float] | None = None) -> Iterator[LazadaSeller]:
    """Serve one Lazada shop with orders of today."""
    world = demo_world(orders=orders, specials=False, clock=clock or Clock(), marketplaces=("lazada",))
    with served(world) as (address, http):
        yield LazadaSeller(world, address, http)


def refusal(answer: httpx.Response) -> Any:
    """Return the code of a coded refusal."""
    said = answer.json()
    assert answer.status_code == 200
    assert set(said) == {"code", "type", "message", "request_id"}
    assert said["request_id"]
    return said["code"]
