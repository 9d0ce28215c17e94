"""A shop behind the worst network there is: nothing is doubled, falsely called sent, or lost.

The real client speaks through the proxy to the sandbox. One clock that is moved by hand serves the
courier, the client and the marketplace, so that rests of minutes cost nothing; a call's patience is
short, so that a black hole costs a fifth of a second. Who is asked about a message looks at the
buyer's screen and answers truthfully. PARCELGUARD_PARTS says how many messages all channels together
have to carry (1,000 unless told).
"""

from __future__ import annotations

import hashlib
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from parcelguard.chat.registry import connect
from parcelguard.core.config import parse_settings
from parcelguard.core.errors import OutcomeUnknown
from parcelguard.core.events import ProofChanged
from parcelguard.core.message_sets import plan_parts
from parcelguard.core.orders import Order
from parcelguard.core.parts import Decision, Part, PartKind, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.picture_sizes import picture_size
from parcelguard.marketplace import http
from parcelguard.marketplace.http import Answer, Http, Request
from parcelguard.media_log.resending import Resender
from parcelguard.sandbox.buyer import buyer_view
from parcelguard.sandbox.faults import FaultSwitch
from parcelguard.sandbox.lazada.apps import LazadaApps
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.store.database import Store
from parcelguard.vault.vault import vault_at
from tests.harness.figures import note
from tests.harness.invariants import judge
from tests.harness.market import CHANNELS, SEND, SHOP, Market, open_market
from tests.harness.proxy import (
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
from tests.harness.station_child import PlainCopies
from tests.support.fakes import Clock, draft, keep_picture, kind_of, picture
from tests.support.swapping import swap

F4 = Purpose(PlanReason.F4)

PHOTOS = 3
A_PROOF = PHOTOS + 1  # messages
PROOFS = -(-int(os.environ.get("PARCELGUARD_PARTS", "1000")) // (A_PROOF * len(CHANNELS)))
PARTS = PROOFS * A_PROOF
SIZE = (352, 352)  # pixels: no marketplace takes much smaller pictures
CALL_S = 0.2
SAVE_EVERY = timedelta(seconds=8)
TOKENS_LAST = timedelta(days=90)
Maker = Callable[[random.Random], Plan]

pytestmark = pytest.mark.usefixtures("no_stray_threads")


def _ending(numbers: random.Random) -> Ending:
    return numbers.choices(list(Ending), (4, 4, 1))[0]


def _size(numbers: random.Random) -> int:
    """Return a number of bytes: of the first request, or of one much later on the same connection."""
    return int(10 ** numbers.uniform(0, 4.5))


HOSTILE: Mapping[Maker, float] = {
    lambda numbers: Plan(): 59,
    lambda numbers: Plan(name="slow close", close_after_s=0.02): 2,
    lambda numbers: slow(0.002, 0.01): 4,
    lambda numbers: narrow(numbers.uniform(50_000, 500_000)): 3,
    lambda numbers: drip(numbers.choice([0.0, 0.001])): 3,
    lambda numbers: cut_request(0, _ending(numbers)): 3,
    lambda numbers: cut_request(_size(numbers), _ending(numbers)): 6,
    lambda numbers: lose_answer(_ending(numbers)): 6,
    lambda numbers: half_answer(_size(numbers), _ending(numbers)): 5,
    lambda numbers: wrong_page(numbers.choice([200, 302])): 3,
}
HELD_BACK = 6  # of a hundred connections


def send_again_at_once(http: Http, request: Request, mark: Callable[[], None]) -> Answer:
    """Do what this program must never do: send again when no answer came."""
    for _ in range(3):
        try:
            return SEND_ONCE(http, request, mark)
        except OutcomeUnknown:
            continue
    return SEND_ONCE(http, request, mark)


SEND_ONCE = Http.send


class HostileShop:
    """One shop with its courier, the line it speaks through, and a person who answers its questions."""

    def __init__(self, store: Store, folder: Path, clock: Clock, market: Market) -> None:
        self.store, self.media, self.clock, self.market = store, folder / "media", clock, market
        self.proofs: dict[str, Proof] = {}
        self.late: Counter[str] = Counter()  # messages that came long after they were sent, by their fate
        self.answers: Counter[Decision] = Counter()
        self._asking: set[str] = set()
        self._numbers = random.Random(5)
        self._orders = iter(market.orders)
        self._vault = vault_at(folder / "secrets.json", "file")

    def open(self, proxy: Proxy) -> None:
        """Begin to speak through a proxy."""
        self.proxy = proxy
        until = (self.clock() + TOKENS_LAST).timestamp()
        settings = parse_settings(self.market.connect(self._vault, proxy.address, until)).shops[0]
        by_day = msgspec.structs.replace(settings, quiet_hours="off")
        channel = connect(by_day, self._vault, self.clock)
        assert channel.sender
        self.client, self.chat, shop = channel.client, channel.sender, by_day.shop()
        self._mender = Resender(self.store, {SHOP: shop}, {SHOP: self.chat}, self.clock)
        self._courier = Courier(
            shop=shop,
            store=self.store,
            sender=self.chat,
            copies=PlainCopies(),
            media=self.media,
            publish=self._hear,
            now=self.clock,
            elapsed_s=lambda: self.clock().timestamp(),
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

    def held_back(self, numbers: random.Random) -> Plan:
        """Keep a request for longer than its signature holds, or nearly; where it has none, for as long
        as is said of that channel.
        """
        window_s = self.chat.policy.signature_window.total_seconds()
        return later(numbers.uniform(5, 2 * window_s if self.market.sheet.signed else window_s))

    def parts(self) -> list[Part]:
        with self.store.read() as records:
            return [part for proof in self.proofs for part in records.parts.of(proof)]

    # ---- steps -------------------------------------------------------------------------

    def _pack(self) -> datetime | None:
        """Save the next order, and let the network come and go; returns when to do so again."""
        order = next(self._orders, None)
        if order is None:
            self.proxy.accept()
            return None
        proof = self._save(order)
        self.proofs[proof.id] = proof
        mood = self._numbers.random()
        if mood < 0.03:
            self.proxy.refuse()
        else:
            self.proxy.accept()
        if mood > 0.5:  # or one good connection would serve all reading for ever
            self.proxy.drop_all()
        return self.clock() + SAVE_EVERY

    def _save(self, order: Order) -> Proof:
        """Do what scan, F1 and F4 do, without a desk."""
        proof, now = draft(order, self.clock()), self.clock()
        shade = PHOTOS * len(self.proofs)
        taken = [keep_picture(self.media, proof, n, picture(shade + n, SIZE)) for n in range(1, PHOTOS + 1)]
        saved = replace(proof, state=ProofState.SENDING, saved_at=now)
        with self.store.begin() as records:
            records.proofs.open(proof)
            for photo in taken:
                records.proofs.add_photo(replace(photo, width=SIZE[0], height=SIZE[1]))
            records.proofs.save(saved)
            planned = plan_parts([photo.id for photo in taken])
            records.parts.plan(saved, planned, text=f"Hi, {order.number}.", by="Aina", why=F4)
        return saved

    def _deliver(self, held: Held) -> None:
        """Let a request arrive that was sent long ago."""
        before = len(self.market.world.transcript())
        answer = self.proxy.deliver(held).lower()
        if not _sends(held.request):
            return
        if len(self.market.world.transcript()) > before:
            self.late["accepted"] += 1
        else:
            self.late["too old" if b"timestamp" in answer else "refused"] += 1

    def _hear(self, event: object) -> None:
        if isinstance(event, ProofChanged) and event.state is ProofState.ATTENTION:
            self._asking.add(event.proof_id)

    def _answer(self) -> bool:
        """Answer what a person is asked; True when there was something."""
        asked = 0
        while self._asking:
            proof = self.proofs[self._asking.pop()]
            with self.store.read() as records:
                held = [part for part in records.parts.of(proof.id) if part.state is PartState.HELD]
            for part in [each for each in held if each.asked or kind_of(each) is SendingReason.LATE]:
                there = part.asked and self._buyer_sees(proof, part)
                decision = Decision.THERE if there else Decision.SEND_AGAIN
                self._mender.decide(part.id, decision, "Budi")
                if part.asked:
                    self.answers[decision] += 1
                asked += 1
        return asked > 0

    def _buyer_sees(self, proof: Proof, part: Part) -> bool:
        world = self.market.world
        with world.lock:
            buyer = world.orders[proof.order_number].buyer
            shown = buyer_view(world, buyer.user_id)["chat"]["messages"]
        if part.kind is PartKind.TEXT:
            return any(each["kind"] == "text" for each in shown)
        with self.store.read() as records:
            (photo,) = [each for each in records.proofs.photos(proof.id) if each.id == part.photo_id]
        copy = PlainCopies().make(self.media / photo.path, (), picture_size([photo]))
        sha256 = hashlib.sha256(copy).hexdigest()
        return any(self._hash(each["image"]) == sha256 for each in shown if each["image"])

    def _hash(self, address: str) -> str:
        found = self.market.world.pictures.picture_and_file(address.rpartition("/")[2])
        assert found
        return hashlib.sha256(found[1].read_bytes()).hexdigest()


@contextmanager
def hostile_shop(
    store: Store,
    folder: Path,
    clock: Clock,
    proofs: int,
    channel: str = "shopee",
    mix: Mapping[Maker, float] | None = None,
) -> Iterator[HostileShop]:
    with open_market(channel, proofs, lambda: clock().timestamp()) as market:
        world = market.world
        shopee = world.state_of(ShopeeState)
        # The platforms' own guards would hide what is doubled here.
        shopee.rules.unanswered = world.state_of(LazadaApps).rules.unanswered = 10**6
        shopee.rules.same_again_after_s = 0
        shopee.grants.lives.access_s = TOKENS_LAST.total_seconds()
        shop = HostileShop(store, folder, clock, market)
        plans = mixed({**HOSTILE, shop.held_back: HELD_BACK} if mix is None else mix, seed=9)
        with proxied(market.address, plans, now=lambda: clock().timestamp()) as proxy:
            shop.open(proxy)
            try:
                yield shop
            finally:
                shop.client.close_connections()


def _sends(request: bytes) -> bool:
    """Whether a request is the call by which a message is sent."""
    method, target, _ = request.partition(b"\r\n")[0].decode().split(" ")
    return FaultSwitch(0, "late", None, SEND).strikes(f"{method} {target.partition('?')[0]}")


def _due(held: Held) -> datetime:
    return datetime.fromtimestamp(held.due, UTC)


def doubled(transcript: Sequence[Mapping[str, object]]) -> int:
    """Count messages beyond the first of their kind: nobody ordered any twice that had arrived."""
    same = Counter(
        (line["to_id"], line["message_type"], line.get("text") or line.get("image_sha256"))
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
@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_is_doubled_falsely_sent_or_lost(
    store: Store, tmp_path: Path, media: Path, clock: Clock, channel: str
) -> None:
    with hostile_shop(store, tmp_path, clock, PROOFS, channel) as shop:
        faults, some = shop.market.world.faults, PARTS // 5
        never_s = 3 * shop.chat.policy.settle.total_seconds()
        faults.set("list_delay_s", never_s, after=some, times=some)  # listed only after the last look
        faults.set("list_delay_s", 45, after=PARTS // 2)  # of the others half a little late
        shop.play()
        market, transcript = shop.market, shop.market.world.transcript()
    parts = [part for part in shop.parts() if part.kind.visible]
    states = Counter(part.state for part in parts)

    said = [{"event": "saved", "proof": proof} for proof in shop.proofs]
    findings = judge(tmp_path, said, transcript, at_rest=True, secrets=market.secrets, buyers=market.buyers)
    assert findings.wrong == {}
    assert doubled(transcript) == 0
    note(
        "hostile network",
        channel,
        parts_sent=states[PartState.SENT],
        connections=shop.proxy.used.total(),
        unknown_asked=shop.answers.total(),
        stragglers_accepted=shop.late["accepted"],
        stragglers_refused=shop.late["too old"],
        **findings.counts,
    )

    # It was hostile enough to prove something, and delivery got through all the same.
    assert states[PartState.SENT] >= 0.97 * len(parts)
    assert len(parts) == PARTS
    assert shop.answers[Decision.SEND_AGAIN] > 0
    assert shop.answers[Decision.THERE] > 0
    assert shop.late["accepted"] > 0
    assert (shop.late["too old"] > 0) is market.sheet.signed
    assert shop.late["refused"] == 0


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("channel", CHANNELS)
def test_client_that_sends_again_by_itself_is_caught(
    store: Store, tmp_path: Path, media: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """A control: a harness that does not see this one's doubled messages is worth nothing."""
    monkeypatch.setattr(Http, "send", send_again_at_once)
    with hostile_shop(store, tmp_path, clock, 8, channel) as shop:
        shop.play()
        market, transcript = shop.market, shop.market.world.transcript()
    assert doubled(transcript) > 0
    assert judge(tmp_path, [], transcript, buyers=market.buyers).doubled


@pytest.mark.usefixtures("impatient")
def test_program_that_does_not_wait_for_stragglers_is_caught(
    store: Store, tmp_path: Path, media: Path, clock: Clock
) -> None:
    """Another control: absence is believed while the signature still holds, and then the message comes."""
    stragglers: Mapping[Maker, float] = {lambda numbers: Plan(): 2, lambda numbers: later(280): 1}
    with hostile_shop(store, tmp_path, clock, proofs=4, mix=stragglers) as shop:
        hasty = replace(shop.chat.policy, signature_window=timedelta(0), list_delay=timedelta(0))
        swap(shop.chat, "_policy", hasty)
        shop.play()
        transcript = shop.market.world.transcript()
    assert doubled(transcript) > 0
