"""Delivery at full speed, beside a bare loop that makes the same calls.

Ours is store, courier, chat and client: every attempt on disk before it leaves and its outcome
after it. The floor is httpx alone with the same addresses, bodies, signatures and connections: a
fresh one for each message, kept ones for the rest. Both speak to one sandbox in a process of its
own, in turns. Nothing is paced, and the buyer's copies are ready.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time, time
from typing import Any

import cv2
import httpx
import numpy as np
import psutil

from parcelguard.chat.shopee import CHAT, ShopeeChat
from parcelguard.commands.bench.harness import Case, Row
from parcelguard.core.ids import new_id
from parcelguard.core.message_id import msgid
from parcelguard.core.message_sets import plan_parts
from parcelguard.core.orders import Order
from parcelguard.core.parts import PlanReason, Purpose
from parcelguard.core.proofs import Photo, Proof, ProofState, Shot
from parcelguard.core.scans import ScanSource
from parcelguard.core.shops import Shop
from parcelguard.core.times import utc_now
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.ports import HouseRules
from parcelguard.disk.files import photo_name, write_durably
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.shopee.client import Account, ShopeeClient, sign
from parcelguard.store.database import Store
from parcelguard.vault.vault import Secrets, vault_at

PARTS = 10_000
TURN = 25  # orders a turn
SLOW_TURNS = 2
FAR_AWAY_S = 0.03  # how long a near marketplace takes to answer
EDGES = (1200, 900)
SHOP = Shop(id="bench", marketplace="shopee", region="MY", name="Bench", message="{order}")
SHOTS = tuple(Shot)
PARTS_EACH = len(plan_parts([shot.value for shot in SHOTS]))
MB = 1e6
Seller = dict[str, Any]


@dataclass(slots=True)
class Cost:
    """What some parts took."""

    parts: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @contextmanager
    def counting(self, parts: int) -> Iterator[None]:
        """Count what happens in the block."""
        begun, cpu = perf_counter(), process_time()
        yield
        self.wall_s += perf_counter() - begun
        self.cpu_s += process_time() - cpu
        self.parts += parts

    @property
    def rate(self) -> float:
        """Parts a second."""
        return self.parts / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of this process's CPU for one part."""
        return self.cpu_s / self.parts * 1000


@dataclass(slots=True)
class Costs:
    """Ours and the floor's."""

    ours: Cost = field(default_factory=Cost)
    floor: Cost = field(default_factory=Cost)


def measure(parts: int = PARTS, turn: int = TURN) -> list[Row]:
    """Send so many parts each way; memory is taken after a fifth of them and after all."""
    turns = -(-parts // (PARTS_EACH * turn))
    orders = 2 * turn * (turns + SLOW_TURNS)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parcelguard-bench-")))
        market = stack.enter_context(_market(orders))
        seller = _ask(market, "seller")
        waiting = map(_order, _ask(market, "orders"))
        ours = stack.enter_context(_ours(market, seller, home))
        floor = stack.enter_context(_floor(market, seller, ours.copies))
        near, far, memory = Costs(), Costs(), psutil.Process().memory_info
        grown: dict[int, int] = {}
        for number in range(1, turns + 1):
            _take_turns(near, ours, floor, waiting, turn)
            if number in (-(-turns // 5), turns):
                grown[near.ours.parts] = memory().rss
        _ask(market, "faults", {"kind": "latency_s", "value": FAR_AWAY_S})
        for _ in range(SLOW_TURNS):
            _take_turns(far, ours, floor, waiting, turn)
    return [
        *_rows(near, Case(msgid("rate, answered at once")), Case(msgid("CPU, answered at once"))),
        *_rows(
            far,
            Case(msgid("rate, answered after {ms} ms"), ms=round(FAR_AWAY_S * 1000)),
            Case(msgid("CPU, answered after {ms} ms"), ms=round(FAR_AWAY_S * 1000)),
        ),
        *(
            Row(Case(msgid("memory after {count} parts"), count=f"{sent:,}"), rss / MB, None, msgid("MB"))
            for sent, rss in grown.items()
        ),
    ]


def _rows(costs: Costs, rate: Case, cpu: Case) -> list[Row]:
    return [
        Row(rate, costs.ours.rate, costs.floor.rate, msgid("parts/s")),
        Row(cpu, costs.ours.cpu_ms, costs.floor.cpu_ms, msgid("ms a part")),
    ]


def _take_turns(costs: Costs, ours: Ours, floor: Floor, waiting: Iterator[Order], turn: int) -> None:
    mine, theirs = list(islice(waiting, turn)), list(islice(waiting, turn))
    ours.pack(mine)
    with costs.ours.counting(PARTS_EACH * len(mine)):
        ours.send()
    with costs.floor.counting(PARTS_EACH * len(theirs)):
        for order in theirs:
            floor.send(order)


# ---- ours ----------------------------------------------------------------------------------


class Ready:
    """Copies that were made before: the picture is its own copy."""

    def __init__(self, media: Path) -> None:
        numbers = np.random.default_rng(1)
        self.photos: list[tuple[str, bytes]] = []
        for number, shot in enumerate(SHOTS, 1):
            coarse = numbers.integers(0, 255, (EDGES[1] // 4, EDGES[0] // 4, 3), np.uint8)
            done, encoded = cv2.imencode(".jpg", cv2.resize(coarse, EDGES), [cv2.IMWRITE_JPEG_QUALITY, 82])
            assert done
            data = encoded.tobytes()
            name = photo_name(number, shot, hashlib.sha256(data).hexdigest())
            write_durably(media / name, data, read_only=True)
            self.photos.append((name, data))
        self._by_name = dict(self.photos)

    def make(self, original: Path, _caption: Sequence[str], _size: tuple[int, int]) -> bytes:
        """Return the copy that lies ready."""
        return self._by_name[original.name]

    def collage(self, originals: Sequence[Path], caption: Sequence[str], size: tuple[int, int]) -> bytes:
        """Return the first one's copy: no set is sent as one picture here."""
        return self.make(originals[0], caption, size)


class Ours:
    """A courier with everything it needs, and nobody who listens."""

    def __init__(self, store: Store, media: Path, client: ShopeeClient) -> None:
        self.copies = Ready(media)
        self._store = store
        self._courier = Courier(
            shop=SHOP,
            store=store,
            sender=ShopeeChat(client, house=HouseRules(between_messages=timedelta(0))),
            copies=self.copies,
            media=media,
            publish=lambda _event: None,
            now=utc_now,
        )

    def pack(self, orders: Iterable[Order]) -> None:
        """Save proofs as F4 does; not measured here."""
        now = utc_now()
        for order in orders:
            draft = Proof(
                id=new_id(), state=ProofState.DRAFT, code=order.number, raw_code=order.number,
                source=ScanSource.WEDGE, station="Bench", packer="Aina", opened_at=now,
            ).about(order)  # fmt: skip
            photos = [
                Photo(
                    id=new_id(), proof_id=draft.id, ordinal=number, shot=shot, path=name,
                    sha256=hashlib.sha256(data).hexdigest(), size=len(data), width=EDGES[0], height=EDGES[1],
                    taken_at=now,
                )
                for number, (shot, (name, data)) in enumerate(zip(SHOTS, self.copies.photos, strict=True), 1)
            ]  # fmt: skip
            with self._store.begin() as records:
                records.proofs.open(draft)
                for photo in photos:
                    records.proofs.add_photo(photo)
                saved = replace(draft, state=ProofState.SENDING, saved_at=now)
                records.proofs.save(saved)
                planned = plan_parts([photo.id for photo in photos])
                records.parts.plan(saved, planned, text=_text(order), by="Aina", why=Purpose(PlanReason.F4))

    def send(self) -> None:
        """Carry everything that waits."""
        while (due := self._courier.step()) is not None and due <= utc_now():
            pass


@contextmanager
def _ours(market: str, seller: Seller, home: Path) -> Iterator[Ours]:
    media = home / "media"
    media.mkdir()
    vault = vault_at(home / "secrets.json", "file")
    tokens = (seller["access_token"], seller["refresh_token"], time() + seller["expire_in"])
    vault.keep(SHOP.id, Secrets(seller["partner_key"], *tokens))
    store, http = Store(home / "parcelguard.db"), Http(market)
    account = Account(SHOP.id, market, seller["partner_id"], seller["shop_id"])
    try:
        yield Ours(store, media, ShopeeClient(account, vault, http, utc_now))
    finally:
        http.close()
        store.close()


# ---- the floor -----------------------------------------------------------------------------


class Floor:
    """The same calls in the same order, and nothing else."""

    def __init__(
        self, seller: Seller, kept: httpx.Client, fresh: httpx.Client, pictures: Sequence[bytes]
    ) -> None:
        self._seller = seller
        self._kept = kept
        self._fresh = fresh
        self._pictures = pictures

    def send(self, order: Order) -> None:
        """Upload, check the order, and post."""
        addresses = [self._upload(picture)["url"] for picture in self._pictures]
        detail = {"order_sn_list": order.number, "response_optional_fields": "buyer_user_id"}
        self._call(self._kept, "GET", "/api/v2/order/get_order_detail", detail)
        self._post(order, "text", {"text": _text(order)})
        for address in addresses:
            self._post(order, "image", {"image_url": address})

    def _upload(self, picture: bytes) -> dict[str, Any]:
        files = {"file": ("photo.jpg", picture, "image/jpeg")}
        return self._call(self._kept, "POST", f"{CHAT}/upload_image", {}, files=files)

    def _post(self, order: Order, kind: str, content: dict[str, str]) -> None:
        body = {
            "to_id": int(order.buyer_id),
            "message_type": kind,
            "content": content,
            "source_type": "order",
            "source_content": {"order_sn": order.number},
        }
        self._call(self._fresh, "POST", f"{CHAT}/send_message", {}, json=body)

    def _call(
        self, client: httpx.Client, method: str, path: str, query: dict[str, str], **body: Any
    ) -> dict[str, Any]:
        seller, now = self._seller, int(time())
        token, shop_id, partner_id = seller["access_token"], seller["shop_id"], seller["partner_id"]
        signed = {
            "partner_id": partner_id,
            "timestamp": now,
            "access_token": token,
            "shop_id": shop_id,
            "sign": sign(seller["partner_key"], partner_id, path, now, token, shop_id),
        }
        answer = client.request(method, path, params={**query, **signed}, **body).json()
        if answer["error"]:
            raise RuntimeError(f"{path}: {answer['error']}")
        return dict(answer["response"])


@contextmanager
def _floor(market: str, seller: Seller, copies: Ready) -> Iterator[Floor]:
    one_use = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=market) as kept, httpx.Client(base_url=market, limits=one_use) as fresh:
        yield Floor(seller, kept, fresh, [data for _, data in copies.photos])


# ---- the sandbox ---------------------------------------------------------------------------


@contextmanager
def _market(orders: int) -> Iterator[str]:
    """Run a sandbox with so many orders; it ends with this process, whatever happens."""
    command = [sys.executable, "-m", "parcelguard.sandbox", "--plain", "--stop-with-stdin"]
    command += ["--orders", str(orders)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603
        assert process.stdin
        assert process.stdout
        yield str(json.loads(process.stdout.readline())["address"])
        process.stdin.close()


def _ask(market: str, what: str, wish: dict[str, Any] | None = None) -> Any:
    body = json.dumps(wish).encode() if wish else None
    with urllib.request.urlopen(f"{market}/admin/{what}", body) as answer:  # noqa: S310
        return json.load(answer)


def _order(row: dict[str, Any]) -> Order:
    return Order(shop_id=SHOP.id, number=row["order_sn"], buyer_id=str(row["buyer"]["id"]))


def _text(order: Order) -> str:
    return f"Hi, your order {order.number} is packed. Here are photos of your parcel before it is sealed."
