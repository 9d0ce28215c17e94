"""A Lazada client written from the platform's documentation, with nothing between test and wire."""

import hashlib
import hmac
from contextlib import contextmanager

import httpx

from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import running
from tests.sandbox.test_sandbox_chat import picture
from tests.sandbox.test_sandbox_wire import Clock


def sign(secret, path, given):
    base = path + "".join(name + given[name] for name in sorted(given))
    return hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest().upper()


class LazadaSeller:
    """One shop with both grants; every call chooses the app it belongs to unless told."""

    def __init__(self, world, address, http):
        self.world, self.address, self.http = world, address, http
        self.clock = world._clock
        self.shop = world.shops_of("lazada")[0]
        self.connect()

    def connect(self, **wish):
        """Get fresh credentials; `wish` may change what may be changed on the way."""
        answer = self.http.post("/admin/seller", json={"shop_id": self.shop.shop_id, **wish})
        assert answer.status_code == 200, answer.text
        self.apps = answer.json()
        return self.apps

    def parameters(self, path, app=None, changed=None, **given):
        app = self.apps[app or ("chat" if path.startswith("/im/") else "order")]
        given = {name: str(value) for name, value in given.items()}
        given |= {
            "app_key": app["app_key"],
            "timestamp": str(int(self.clock() * 1000)),
            "sign_method": "sha256",
        }
        if not path.startswith("/auth/"):
            given["access_token"] = app["access_token"]
        given |= {name: str(value) for name, value in (changed or {}).items()}
        given = {name: value for name, value in given.items() if value != "None"}
        return {"sign": sign(app["app_secret"], path, given)} | given

    def get(self, path, **given):
        return self.http.get(f"/rest{path}", params=self.parameters(path, **given))

    def post(self, path, **given):
        """System parameters in the query, the call's own ones in the form."""
        signed = self.parameters(path, **given)
        own = {name: signed.pop(name) for name in [*signed] if name in given}
        return self.http.post(f"/rest{path}", params=signed, data=own)

    def upload(self, data=None, app=None, field="image"):
        path, data = "/image/upload", picture(size=(400, 360)) if data is None else data
        return self.http.post(
            f"/rest{path}", params=self.parameters(path, app=app), files={field: ("p.jpg", data)}
        )

    def orders(self):
        return [order for order in self.world.orders.values() if order.shop_id == self.shop.shop_id]

    def session(self, order):
        return self.get("/im/session/open", order_id=order.order_sn).json()["session_id"]

    def send(self, session, template=1, **given):
        return self.post("/im/message/send", session_id=session, template_id=template, **given)

    def say(self, session, text):
        return self.send(session, txt=text)

    def messages(self, session, **given):
        given = {"start_time": int(self.clock() * 1000), "page_size": 20} | given
        return self.get("/im/message/list", session_id=session, **given).json()["data"]

    def fault(self, kind, **wish):
        answer = self.http.post("/admin/faults", json={"kind": kind, **wish})
        assert answer.status_code == 200, answer.text


@contextmanager
def open_lazada(orders=3, **wishes):
    wishes = {"specials": False, "clock": Clock(), "marketplaces": ("lazada",)} | wishes
    world = demo_world(orders=orders, **wishes)
    with running(world) as address, httpx.Client(base_url=address, timeout=5) as http:
        yield LazadaSeller(world, address, http)


def refusal(answer):
    """Return the code of a coded refusal."""
    said = answer.json()
    assert answer.status_code == 200
    assert set(said) == {"code", "type", "message", "request_id"}
    assert said["request_id"]
    return said["code"]
