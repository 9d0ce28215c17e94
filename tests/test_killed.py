"""A bench that is killed at any moment, again and again: nothing acknowledged is lost, nothing is sent twice.

Run as a script this file is the bench: it packs orders without a screen, says on stdout what a packer
would have seen, and sends to the marketplace that the test keeps running.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from queue import SimpleQueue

import pytest

from parcelguard.domain import Proof, ProofState, ScanSource, Shop, utc_now
from parcelguard.store.database import Store

KILLS = 10
ORDERS = 40
SHOP = Shop(id="kopi", marketplace="shopee", region="MY", name="K", message="Order {order}.", enabled=True)

pytestmark = pytest.mark.usefixtures("no_stray_threads")


# ---- the bench that is killed --------------------------------------------------------------


def pack_until_killed(folder: Path, address: str, shop_id: int) -> None:
    """Do what a packer does, as fast as it goes; end when every order is packed and sent."""
    from fakes import PlainCopies, picture

    from parcelguard.channels import connect
    from parcelguard.config import ShopSettings
    from parcelguard.delivery.courier import Courier
    from parcelguard.delivery.engine import DeliveryEngine
    from parcelguard.desk import DeskState, ProofSaved
    from parcelguard.domain import Photo
    from parcelguard.marketplace.vault import Vault
    from parcelguard.packing import Bench, PackingDesk, PhotoRequest
    from parcelguard.scanner.normaliser import read_scan
    from parcelguard.store.adopt import adopt_photos
    from parcelguard.store.files import photo_name, write_durably

    media = folder / "media"
    store = Store(folder / "parcelguard.db")
    adopt_photos(store, media, utc_now(), lambda path: (64, 48))
    settings = ShopSettings(
        id=SHOP.id, name="K", partner_id=2001887, shop_id=shop_id, host=address, send=True,
        seconds_between_messages=0,
    )  # fmt: skip
    channel = connect(settings, Vault(folder / "secrets.json"), utc_now)
    courier = Courier(
        shop=SHOP, store=store, sender=channel.sender, copies=PlainCopies(), media=media,
        publish=lambda event: None, now=utc_now,
    )  # fmt: skip
    engine = DeliveryEngine({SHOP.id: courier}, utc_now)

    class Camera:
        def take(self, request: PhotoRequest) -> None:
            data = picture(random.randrange(256))
            sha256 = hashlib.sha256(data).hexdigest()
            path = f"{request.folder}/{photo_name(request.ordinal, request.shot, sha256)}"
            write_durably(media / path, data, read_only=True)
            photo = Photo(
                id=request.photo_id, proof_id=request.proof_id, ordinal=request.ordinal, shot=request.shot,
                path=path, sha256=sha256, size=len(data), width=64, height=48, taken_at=utc_now(),
            )  # fmt: skip
            desk.photo_kept(photo, b"")
            say(photo=path, sha256=sha256)

    class Orders:
        def refresh(self, proof_id: str, order: object) -> None:
            """Ask nobody."""

        search = refresh

    def say(**facts: str) -> None:
        sys.stdout.write(f"{json.dumps(facts)}\n")
        sys.stdout.flush()

    def hear(event: object) -> None:
        if isinstance(event, ProofSaved):
            engine.proof_saved(SHOP.id, event.proof.id)
            say(proof=event.proof.id)

    desk = PackingDesk(
        store=store, media=media, shops={SHOP.id: SHOP}, same_text={}, camera=Camera(), orders=Orders(),
        bench=Bench("Bench 01", "Aina"), publish=hear, now=utc_now,
    )  # fmt: skip
    desk.restore()
    engine.start()
    say(started="")
    for number in json.loads((folder / "orders.json").read_text()):
        if desk._desk.state is DeskState.READY:
            desk.scan(read_scan(number, ScanSource.WEDGE))
        if desk._desk.state is DeskState.OPEN:
            for _ in range(2 - len(desk._desk.photos)):
                desk.take_photo()
            desk.save()
        else:
            desk.clear()
    sys.stdin.read()


# ---- the test ------------------------------------------------------------------------------


class Victim:
    """One run of the bench, and what it acknowledged before it died."""

    def __init__(self, folder: Path, address: str, shop_id: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder), address, str(shop_id)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: list[dict[str, str]] = []
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert "started" in self._lines.get(timeout=30)

    def _read(self) -> None:
        for line in self._process.stdout:
            if line.endswith("\n"):
                self.said.append(json.loads(line))
            self._lines.put(line)

    def kill(self) -> list[dict[str, str]]:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(10)
        self._process.stdin.close()
        self._process.stdout.close()
        return self.said


def saved_proofs(store: Store) -> list[Proof]:
    with store.read() as records:
        return [proof for proof in records.proofs.recent(utc_now().replace(year=2000)) if proof.saved_at]


def test_killed_bench_loses_nothing_and_sends_nothing_twice(tmp_path: Path) -> None:
    from shopee_bench import open_bench

    from parcelguard.domain import Order

    numbers = random.Random(7)
    said: list[dict[str, str]] = []
    with open_bench(tmp_path, orders=ORDERS) as bench:
        theirs = list(bench.world.orders.values())
        store = Store(tmp_path / "parcelguard.db")
        with store.begin() as records:
            records.orders.keep(
                Order(shop_id=SHOP.id, number=each.order_sn, buyer_id=str(each.buyer.user_id))
                for each in theirs
            )
        store.close()
        (tmp_path / "orders.json").write_text(json.dumps([each.order_sn for each in theirs]))
        bench.world.faults.set("latency_s", 0.02, path="sellerchat")

        for _ in range(KILLS):
            victim = Victim(tmp_path, bench.address, bench.shop.shop_id)
            time.sleep(numbers.uniform(0.02, 0.5))  # the moment of the kill is the point, not a wait
            said += victim.kill()
        last = Victim(tmp_path, bench.address, bench.shop.shop_id)
        store = Store(tmp_path / "parcelguard.db")
        until = time.monotonic() + 20
        while time.monotonic() < until:
            states = Counter(proof.state for proof in saved_proofs(store))
            if states.total() == ORDERS and not states[ProofState.SENDING]:
                break
            time.sleep(0.05)
        said += last.kill()
        lines = bench.world.transcript()

    # Every message is at most once in the chat: texts name their order, pictures are sent by their hash.
    texts = Counter(line["text"] for line in lines if line["message_type"] == "text")
    images = Counter(line["image_url"] for line in lines if line["message_type"] == "image")
    assert max(texts.values()) == 1
    assert max(images.values()) == 1
    per_order = Counter(line["order_sn"] for line in lines)
    assert max(per_order.values()) <= 3

    # What was acknowledged is there.
    for each in said:
        if "photo" in each:
            data = (tmp_path / "media" / each["photo"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == each["sha256"]
    proofs = {proof.id: proof for proof in saved_proofs(store)}
    assert {each["proof"] for each in said if "proof" in each} <= set(proofs)

    # Nothing is called delivered that the buyer has not got, and each order has one proof.
    ids = {line["message_id"] for line in lines}
    with store.read() as records:
        for proof in proofs.values():
            parts = records.parts.of(proof.id)
            assert {part.remote_id for part in parts if part.state == "sent" and part.kind.visible} <= ids
            if proof.state is ProofState.DELIVERED:
                assert per_order[proof.order_number] == 3
    store.close()
    assert len({proof.order_number for proof in proofs.values()}) == len(proofs) == ORDERS
    assert Counter(proof.state for proof in proofs.values())[ProofState.DELIVERED] >= ORDERS // 2


if __name__ == "__main__":
    pack_until_killed(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
