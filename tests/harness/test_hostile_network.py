"""A shop behind the worst network there is: nothing is doubled, falsely called sent, or lost.

The real client speaks through the proxy to the sandbox. One clock that is moved by hand serves the
courier, the client and the marketplace, so that rests of minutes cost nothing; a call's patience is
short, so that a black hole costs a fifth of a second. Who is asked about a message looks at the
buyer's screen and answers truthfully.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import SHOP, Clock, save_proof
from figures import note
from invariants import judge
from proxy import (
    Ending,
    Held,
    Plan,
    Proxy,
    cut_request,
    drip,
    half_answer,
    later,
    lose_answer,
    mixed,
    narrow,
    proxied,
    slow,
    wrong_page,
)
from shopee_bench import Bench

from parcelguard.delivery.courier import Courier
from parcelguard.delivery.mending import Mender
from parcelguard.domain import Decision, Order, Part, PartKind, PartState, Proof
from parcelguard.errors import OutcomeUnknown
from parcelguard.events import ProofChanged
from parcelguard.marketplace import http
from parcelguard.marketplace.http import Answer, Http, Request
from parcelguard.sandbox.buyer import buyer_view
from parcelguard.sandbox.demo import demo_world
from parcelguard.sandbox.running import running
from parcelguard.store.database import Store

PARTS = int(os.environ.get("PARCELGUARD_PARTS", "1000"))
PHOTOS = 3
CALL_S = 0.2
SAVE_EVERY = timedelta(seconds=8)
Maker = Callable[[random.Random], Plan]

pytestmark = pytest.mark.usefixtures("no_stray_threads")


def _ending(numbers: random.Random) -> Ending:
    return numbers.choices(list(Ending), (4, 4, 1))[0]


def _size(numbers: random.Random) -> int:
    """Return a number of bytes: of the first request, or of one much later on the same connection."""
    return int(10 ** numbers.uniform(0, 4.5))


HOSTILE: Mapping[Maker, float] = {
    lambda numbers: Plan(): 62,
    lambda numbers: Plan(name="slow close", close_after_s=0.02): 2,
    lambda numbers: slow(0.002, 0.01): 4,
    lambda numbers: narrow(numbers.uniform(50_000, 500_000)): 3,
    lambda numbers: drip(numbers.choice([0.0, 0.001])): 3,
    lambda numbers: cut_request(0, _ending(numbers)): 3,
    lambda numbers: cut_request(_size(numbers), _ending(numbers)): 6,
    lambda numbers: lose_answer(_ending(numbers)): 6,
    lambda numbers: half_answer(_size(numbers), _ending(numbers)): 5,
    lambda numbers: wrong_page(numbers.choice([200, 302])): 3,
    lambda numbers: later(numbers.uniform(5, 600)): 3,
}


class Copies:
    """Sends the original as it is."""

    def make(self, original: Path, caption: Sequence[str], size: tuple[int, int] = (0, 0)) -> bytes:
        return original.read_bytes()


class Retrying(Http):
    """What this program must never be: sends again when no answer came."""

    def send(self, request: Request, mark: Callable[[], None]) -> Answer:
        for _ in range(3):
            try:
                return super().send(request, mark)
            except OutcomeUnknown:
                continue
        return super().send(request, mark)


class HostileShop:
    """One shop with its courier, the line it speaks through, and a person who answers its questions."""

    def __init__(self, store: Store, folder: Path, clock: Clock, bench: Bench, proxy: Proxy) -> None:
        self.store, self.media, self.clock = store, folder / "media", clock
        self.bench, self.proxy = bench, proxy
        self.proofs: dict[str, Proof] = {}
        self.late: Counter[str] = (
            Counter()
        )  # requests that came long after they were sent, by what became of them
        self.answers: Counter[Decision] = Counter()
        self._asking: set[str] = set()
        self._numbers = random.Random(5)
        self._orders = iter(bench.world.orders.values())
        self._mender = Mender(store, {SHOP.id: SHOP}, {SHOP.id: bench.chat}, clock)
        self._courier = Courier(
            shop=SHOP,
            store=store,
            sender=bench.chat,
            copies=Copies(),
            media=self.media,
            publish=self._hear,
            now=clock,
            elapsed_s=lambda: clock().timestamp(),
        )

    def play(self) -> None:
        """Pack every order, and go on until nothing moves by itself any more."""
        save_at: datetime | None = self.clock()
        while True:
            due = self._courier.step()
            if (due is not None and due <= self.clock()) or self._answer():
                continue
            moments = [save_at, due, *map(_due, self.proxy.held)]
            coming = [moment for moment in moments if moment]
            if not coming:
                return
            self.clock.now = max(self.clock(), min(coming))
            for held in [each for each in self.proxy.held if _due(each) <= self.clock()]:
                self._deliver(held)
            if save_at and self.clock() >= save_at:
                save_at = self._pack()

    def parts(self) -> list[Part]:
        with self.store.read() as records:
            return [part for proof in self.proofs for part in records.parts.of(proof)]

    # ---- steps -------------------------------------------------------------------------

    def _pack(self) -> datetime | None:
        """Save the next order, and let the network come and go; returns when to do so again."""
        theirs = next(self._orders, None)
        if theirs is None:
            self.proxy.accept()
            return None
        order = Order(shop_id=SHOP.id, number=theirs.order_sn, buyer_id=str(theirs.buyer.user_id))
        proof = save_proof(self.store, self.media, self.clock(), order, PHOTOS)
        self.proofs[proof.id] = proof
        mood = self._numbers.random()
        if mood < 0.03:
            self.proxy.refuse()
        else:
            self.proxy.accept()
        if mood > 0.5:  # or one good connection would serve all reading for ever
            self.proxy.drop_all()
        return self.clock() + SAVE_EVERY

    def _deliver(self, held: Held) -> None:
        """Let a request arrive that was sent long ago."""
        answer = json.loads(self.proxy.deliver(held).partition(b"\r\n\r\n")[2])
        if b"/send_message" in held.request.partition(b"\r\n")[0]:
            self.late[answer["message"] or "accepted"] += 1

    def _hear(self, event: object) -> None:
        if isinstance(event, ProofChanged) and event.asks:
            self._asking.add(event.proof_id)

    def _answer(self) -> bool:
        """Answer what a person is asked; True when there was something."""
        asked = 0
        while self._asking:
            proof = self.proofs[self._asking.pop()]
            with self.store.read() as records:
                parts = [part for part in records.parts.of(proof.id) if part.asked]
            for part in parts:
                decision = Decision.THERE if self._buyer_sees(proof, part) else Decision.SEND_AGAIN
                self._mender.decide(part.id, decision, "Budi")
                self.answers[decision] += 1
                asked += 1
        return asked > 0

    def _buyer_sees(self, proof: Proof, part: Part) -> bool:
        world = self.bench.world
        with world.lock:
            shown = buyer_view(world, int(proof.buyer_id))["chat"]["messages"]
        own = [each for each in shown if each["from_shop"] and each["order_sn"] == proof.order_number]
        if part.kind is PartKind.TEXT:
            return any(each["kind"] == "text" for each in own)
        with self.store.read() as records:
            (photo,) = [each for each in records.proofs.photos(proof.id) if each.id == part.photo_id]
        return any(self._hash(each["image"]) == photo.sha256 for each in own if each["image"])

    def _hash(self, address: str) -> str:
        found = self.bench.world.pictures.open(address.rpartition("/")[2])
        assert found
        return hashlib.sha256(found[1].read_bytes()).hexdigest()


@contextmanager
def hostile_shop(
    store: Store,
    folder: Path,
    clock: Clock,
    proofs: int,
    mix: Mapping[Maker, float] = HOSTILE,
    speak: type[Http] = Http,
) -> Iterator[HostileShop]:
    world = demo_world(orders=proofs, specials=False, clock=lambda: clock().timestamp())
    world.rules.unanswered = 10**6  # the platform's own guards would hide what is doubled here
    world.rules.same_again_after_s = 0
    world.grants.lives.access_s = 90 * 86_400
    with (
        running(world) as address,
        proxied(address, mixed(mix, seed=9), now=lambda: clock().timestamp()) as proxy,
    ):
        bench = Bench(world, proxy.address, folder, clock)
        bench.connect(left_s=world.grants.lives.access_s)
        bench.http.close()
        bench._speak(speak(proxy.address))
        try:
            yield HostileShop(store, folder, clock, bench, proxy)
        finally:
            bench.http.close()


def _due(held: Held) -> datetime:
    return datetime.fromtimestamp(held.due, UTC)


def doubled(transcript: Sequence[Mapping[str, object]]) -> int:
    """Count messages beyond the first of their kind: nobody ordered any twice that had arrived."""
    same = Counter(
        (line["order_sn"], line["message_type"], line.get("text") or line.get("image_sha256"))
        for line in transcript
    )
    return sum(times - 1 for times in same.values())


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a call a fifth of a second instead of twenty."""
    for name in ("CONNECT_S", "CALL_S", "UPLOAD_S"):
        monkeypatch.setattr(http, name, CALL_S)


@pytest.mark.timeout(60 + PARTS)
@pytest.mark.usefixtures("impatient")
def test_nothing_is_doubled_falsely_sent_or_lost(
    store: Store, tmp_path: Path, media: Path, clock: Clock
) -> None:
    with hostile_shop(store, tmp_path, clock, proofs=PARTS // (PHOTOS + 1)) as shop:
        some = PARTS // 10  # are listed only after the last look; of the others half a little late
        shop.bench.world.faults.set("list_delay_s", 1200, after=some, times=some)
        shop.bench.world.faults.set("list_delay_s", 45, after=PARTS // 2)
        shop.play()
        transcript = shop.bench.world.transcript()
        secrets = shop.bench.vault.load("kopi")
    parts = [part for part in shop.parts() if part.kind.visible]
    states = Counter(part.state for part in parts)

    assert secrets
    said = [{"event": "saved", "proof": proof} for proof in shop.proofs]
    keys = (secrets.partner_key, secrets.access_token, secrets.refresh_token)
    findings = judge(tmp_path, said, transcript, at_rest=True, secrets=keys)
    assert findings.wrong == {}
    assert doubled(transcript) == 0
    note(
        "hostile network",
        parts_sent=states[PartState.SENT],
        connections=shop.proxy.used.total(),
        unknown_asked=shop.answers.total(),
        stragglers_accepted=shop.late["accepted"],
        stragglers_refused=shop.late["Timestamp is expired."],
        **findings.counts,
    )

    # It was hostile enough to prove something, and delivery got through all the same.
    assert states[PartState.SENT] >= 0.97 * len(parts)
    assert len(parts) == len(shop.proofs) * (PHOTOS + 1)
    assert shop.answers[Decision.SEND_AGAIN] > 0
    assert shop.answers[Decision.THERE] > 0
    assert shop.late["accepted"] > 0
    assert shop.late["Timestamp is expired."] > 0


@pytest.mark.usefixtures("impatient")
def test_client_that_sends_again_by_itself_is_caught(
    store: Store, tmp_path: Path, media: Path, clock: Clock
) -> None:
    """A control: a harness that does not see this one's doubled messages is worth nothing."""
    with hostile_shop(store, tmp_path, clock, proofs=20, speak=Retrying) as shop:
        shop.play()
        transcript = shop.bench.world.transcript()
    assert doubled(transcript) > 0
    assert judge(tmp_path, [], transcript).doubled


@pytest.mark.usefixtures("impatient")
def test_program_that_does_not_wait_for_stragglers_is_caught(
    store: Store, tmp_path: Path, media: Path, clock: Clock
) -> None:
    """Another control: absence is believed while the signature still holds, and then the message comes."""
    stragglers: Mapping[Maker, float] = {lambda numbers: Plan(): 2, lambda numbers: later(280): 1}
    with hostile_shop(store, tmp_path, clock, proofs=4, mix=stragglers) as shop:
        hasty = replace(shop.bench.chat.policy, signature_window=timedelta(0), list_delay=timedelta(0))
        shop.bench.chat._policy = hasty
        shop.play()
        transcript = shop.bench.world.transcript()
    assert doubled(transcript) > 0
