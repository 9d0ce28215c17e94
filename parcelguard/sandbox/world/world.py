"""The marketplaces' whole state behind one lock, told the time from outside.

Two clocks: the wire's clock judges timestamps and fills `Date`; the story's clock may be moved on by hours,
so that tokens lapse and filters strike while a client on the real clock can still sign its calls.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, TypeVar

from parcelguard.sandbox.faults import FaultSwitches
from parcelguard.sandbox.world.chat import Chat
from parcelguard.sandbox.world.goods import Numbers, new_order
from parcelguard.sandbox.world.pictures import Pictures
from parcelguard.sandbox.world.records import Buyer, Conversation, Message, Order, Shop
from parcelguard.sandbox.world.shapes import SHAPES

State = TypeVar("State")

_CURRENCIES = {
    "MY": "MYR",
    "SG": "SGD",
    "ID": "IDR",
    "TH": "THB",
    "VN": "VND",
    "PH": "PHP",
    "TW": "TWD",
    "BR": "BRL",
}
_NO_LABEL = frozenset({"UNPAID", "PENDING", "READY_TO_SHIP"})


class NoSuchBuyer(ValueError):
    """Nobody of that number has ordered anything."""


class World:
    """Shops, buyers, orders and conversations; hold `lock` around every change."""

    def __init__(self, *, clock: Callable[[], float] = time.time, seed: int = 1) -> None:
        self._clock = clock
        self._moved_on_s = 0.0
        self.lock = threading.RLock()
        self.numbers = Numbers(seed)
        self.faults = FaultSwitches()
        self.pictures = Pictures()
        self.chat = Chat(self.now)
        self.requests = RequestLog(self.wire_now)
        self.shops: dict[int, Shop] = {}
        self.buyers: dict[int, Buyer] = {}
        self.orders: dict[str, Order] = {}  # by number; see `order_of`
        self._states: dict[type, Any] = {}

    def state_of(self, kind: type[State]) -> State:
        """Return this world's one object of a class: what a single marketplace keeps beside the rest."""
        with self.lock:
            if kind not in self._states:
                self._states[kind] = kind()
            state: State = self._states[kind]
            return state

    def wire_now(self) -> float:
        """Tell the time the server believes it is."""
        return self._clock() + self.faults.clock_offset_s()

    def now(self) -> float:
        """Tell the time by which tokens, contact windows and filters are judged."""
        return self.wire_now() + self._moved_on_s

    def move_on(self, seconds: float) -> None:
        """Let time pass without waiting."""
        with self.lock:
            self._moved_on_s += seconds

    def add_shop(self, name: str, region: str = "MY", *, marketplace: str) -> Shop:
        """Open a shop; the ids of one marketplace follow each other."""
        with self.lock:
            first = SHAPES[marketplace].first_shop_id
            shop = Shop(
                first + len(self.shops_of(marketplace)),
                name,
                region,
                _CURRENCIES.get(region, "USD"),
                user_id=88_001 + len(self.shops),
                marketplace=marketplace,
            )
            self.shops[shop.shop_id] = shop
            return shop

    def shops_of(self, marketplace: str) -> list[Shop]:
        """Return a marketplace's shops."""
        return [shop for shop in self.shops.values() if shop.marketplace == marketplace]

    def add_order(self, order: Order) -> Order:
        """Let a buyer order something."""
        with self.lock:
            self.buyers.setdefault(order.buyer.user_id, order.buyer)
            # One cart over two shops of a marketplace may give both orders the same number.
            holder = self.orders.get(order.order_sn)
            taken = holder is not None and holder.shop_id != order.shop_id
            self.orders[_second_key(order.order_sn, order.shop_id) if taken else order.order_sn] = order
            return order

    def order_of(self, shop: Shop, number: str) -> Order | None:
        """Find a shop's order: one cart over two shops may give both the same number."""
        for key in (number, _second_key(number, shop.shop_id)):
            order = self.orders.get(key)
            if order is not None and order.shop_id == shop.shop_id:
                return order
        return None

    def make_order(
        self,
        shop: Shop,
        *,
        order_sn: str = "",
        buyer: Buyer | None = None,
        lines: int | None = None,
        age_s: float = 0,
    ) -> Order:
        """Let someone order something from the catalogue, `age_s` ago."""
        with self.lock:
            created = self.now() - age_s
            order = new_order(
                self.numbers,
                shop,
                created=created,
                updated=created,
                order_sn=order_sn,
                buyer=buyer,
                lines=lines,
            )
            return self.add_order(order)

    def change_order(self, order: Order, status: str, reason: str = "") -> None:
        """Move an order on; a parcel gets its label when shipping is arranged."""
        with self.lock:
            order.status = status
            order.update_time = self.now()
            if status in ("IN_CANCEL", "CANCELLED"):
                order.cancel_by = "buyer"
                order.cancel_reason = order.buyer_cancel_reason = reason or "Need to change delivery address"
            shop = self.shops[order.shop_id]
            for package in order.packages:
                if status in _NO_LABEL:
                    package.tracking_number = ""
                elif not package.tracking_number:
                    package.tracking_number = self.numbers.tracking(shop.region, shop.marketplace)

    def orders_of(self, shop_id: int, buyer_id: int) -> list[Order]:
        """Return what a buyer ordered in a shop."""
        return [
            order
            for order in self.orders.values()
            if order.shop_id == shop_id and order.buyer.user_id == buyer_id
        ]

    def order_meant(self, talk: Conversation, text: str = "") -> str:
        """Tell which order a message is about where the platform's own messages do not say.

        The number in the text decides, and stays true for the pictures that follow it.
        """
        numbers = (order.order_sn for order in self.orders_of(talk.shop_id, talk.buyer.user_id))
        talk.about = next((number for number in numbers if number in text), talk.about)
        return talk.about

    def buyer_says(self, buyer_id: int, text: str, shop_id: int | None = None) -> Message:
        """Write to the shop as the buyer; to the shop of the newest order unless one is named."""
        with self.lock:
            buyer = self.buyers.get(buyer_id)
            if buyer is None:
                raise NoSuchBuyer("no such buyer")
            shops = [order.shop_id for order in self.orders.values() if order.buyer is buyer]
            chosen = shop_id if shop_id in self.shops else shops[-1]
            return self.chat.reply(chosen, buyer, text)

    def transcript(self) -> list[dict[str, Any]]:
        """Return every accepted message of all marketplaces, in order."""
        with self.lock:
            return [
                line | {"marketplace": self.shops[line["shop_id"]].marketplace}
                for line in self.chat.transcript()
            ]

    def remove_pictures(self) -> None:
        """Throw the uploaded pictures away."""
        self.pictures.remove_files()


def _second_key(number: str, shop_id: int) -> str:
    return f"{number}@{shop_id}"


class RequestLog:
    """What was asked and how it was answered."""

    def __init__(self, now: Callable[[], float], keep: int = 1000) -> None:
        self._now = now
        self._counts: dict[str, Counter[str]] = {}
        self._recent: deque[dict[str, Any]] = deque(maxlen=keep)
        self._moments: dict[int, deque[float]] = {}

    def note(self, path: str, error: str, status: int) -> None:
        """Count one answer; faults of the line are noted as `wire:` and their kind."""
        self._counts.setdefault(path, Counter())[error] += 1
        self._recent.append({"at": round(self._now(), 3), "path": path, "error": error, "status": status})

    def too_many(self, shop_id: int, per_second: int) -> bool:
        """Whether this request is one too many within a second; refused ones do not count."""
        now = self._now()
        moments = self._moments.setdefault(shop_id, deque())
        while moments and moments[0] <= now - 1:
            moments.popleft()
        if len(moments) >= per_second:
            return True
        moments.append(now)
        return False

    def counts(self) -> dict[str, Any]:
        """Return totals by path and error, and the newest requests."""
        by_path = {
            path: {"count": sum(errors.values()), "errors": dict(errors)}
            for path, errors in self._counts.items()
        }
        total = sum(errors.total() for errors in self._counts.values())
        return {"total": total, "by_path": by_path, "recent": list(self._recent)}
