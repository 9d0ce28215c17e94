"""What the core's tests share: a clock that is moved, pictures, and hand-written stand-ins."""

from __future__ import annotations

import hashlib
import io
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image

from parcelguard.core.ids import new_id
from parcelguard.core.message_sets import plan_parts
from parcelguard.core.orders import Item, Order
from parcelguard.core.parts import Part, PartKind, PlanReason, Purpose
from parcelguard.core.proofs import Photo, Proof, ProofState, Shot
from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.scans import Scan, ScanSource
from parcelguard.core.shops import Shop
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.ports import ChannelPolicy, Look, Picture, Receipt, SentMark, Target, Wire
from parcelguard.disk.files import photo_folder, photo_name, write_durably
from parcelguard.packing.ports import PhotoRequest
from parcelguard.store.database import Store

Answer = TypeVar("Answer")

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SHOP = Shop(id="kopi", marketplace="shopee", region="MY", name="Kopi & Co", message="Hi {buyer}, {order}.")
ORDER = Order(
    shop_id=SHOP.id,
    number="261120Q9CKD7T1",
    buyer_id="310045566",
    buyer_name="aminah_88",
    tracking="SPXMY042177883121",
    carrier="SPX Express",
    items=(Item("Enamel mug", "MUG-350", 2),),
    codes=("OFG200000000000001",),
)

F4 = Purpose(PlanReason.F4)
OTHER = replace(ORDER, number="261120B8G7VFJ2", buyer_id="310045567", tracking="SPXMY042177883122", codes=())


class Clock:
    """The present moment, moved by hand. Time passes when it moves on; `jump` only sets the wall clock."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._passed_s = 0.0

    def __call__(self) -> datetime:
        return self._now

    @property
    def now(self) -> datetime:
        return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        self._passed_s += max(0.0, (moment - self._now).total_seconds())
        self._now = moment

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def elapsed_s(self) -> float:
        """The clock that nobody can set."""
        return self._passed_s

    def jump(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def wait_for(what: Callable[[], Answer], timeout_s: float = 10.0) -> Answer:
    """Return the first true answer of `what`; fail when there is none in time."""
    until = time.monotonic() + timeout_s
    while not (answer := what()):
        if time.monotonic() > until:
            pytest.fail(f"waited {timeout_s} s in vain")
        time.sleep(0.005)
    return answer


def wedge(text: str, **facts: Any) -> Scan:
    return Scan(text=text, raw=text, source=ScanSource.WEDGE, **facts)


def picture(shade: int = 90, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a small JPEG; another shade makes another picture."""
    stream = io.BytesIO()
    Image.new("RGB", size, (shade % 256, shade // 256, 120)).save(stream, "JPEG", comment=f"shade {shade}")
    return stream.getvalue()


def keep_picture(media: Path, proof: Proof, ordinal: int, data: bytes) -> Photo:
    """Write a picture as the camera does and return what it would report."""
    sha256 = hashlib.sha256(data).hexdigest()
    folder = photo_folder(proof.opened_at, proof.id)
    name = photo_name(ordinal, Shot.at(ordinal), sha256)
    write_durably(media / folder / name, data, read_only=True)
    return Photo(
        id=new_id(),
        proof_id=proof.id,
        ordinal=ordinal,
        shot=Shot.at(ordinal),
        path=f"{folder}/{name}",
        sha256=sha256,
        size=len(data),
        width=64,
        height=48,
        taken_at=proof.opened_at,
    )


def draft(order: Order | None = ORDER, opened_at: datetime = NOON, **facts: Any) -> Proof:
    about = (
        {
            "shop_id": order.shop_id,
            "order_number": order.number,
            "buyer_id": order.buyer_id,
            "buyer_name": order.buyer_name,
            "tracking": order.tracking,
        }
        if order
        else {}
    )
    return Proof(
        **{
            "id": new_id(),
            "state": ProofState.DRAFT,
            "code": order.number if order else "UNKNOWN1",
            "raw_code": "raw",
            "source": ScanSource.WEDGE,
            "station": "Bench 01",
            "packer": "Aina",
            "opened_at": opened_at,
            **about,
            **facts,
        }
    )


def save_proof(
    store: Store, media: Path, now: datetime, order: Order = ORDER, photos: int = 2, text: str = ""
) -> Proof:
    """Do what scan, F1 and F4 do, without a desk."""
    proof = draft(order, now)
    kept = [keep_picture(media, proof, n, picture(n)) for n in range(1, photos + 1)]
    saved = replace(proof, state=ProofState.SENDING, saved_at=now)
    with store.begin() as records:
        records.proofs.open(proof)
        for photo in kept:
            records.proofs.add_photo(photo)
        records.proofs.save(saved)
        planned = plan_parts([photo.id for photo in kept])
        records.parts.plan(saved, planned, text=text or f"Hi, {order.number}.", by="Aina", why=F4)
    return saved


def refuse_writes(store: Store, setting: str) -> None:
    """Let the disk refuse every write ("ON"), or take them again ("OFF")."""
    connection = store._writer.raw_connection()
    connection.cursor().execute(f"PRAGMA query_only = {setting}")
    connection.close()  # back into the pool


@contextmanager
def read_only(store: Store) -> Iterator[None]:
    refuse_writes(store, "ON")
    try:
        yield
    finally:
        refuse_writes(store, "OFF")


def kind_of(part: Part) -> ReasonKind | None:
    """Return for which kind of reason a part stands where it stands."""
    return part.reason.kind if part.reason else None


class CameraOnCue:
    """Keeps what it was asked for; the test says when and whether a photo comes."""

    def __init__(self, media: Path) -> None:
        self._media = media
        self.asked: list[PhotoRequest] = []

    def take(self, request: PhotoRequest) -> None:
        self.asked.append(request)

    def develop(self, request: PhotoRequest, data: bytes | None = None) -> Photo:
        """Write the picture that was asked for and return its facts."""
        data = data or picture(len(self.asked))
        sha256 = hashlib.sha256(data).hexdigest()
        path = f"{request.folder}/{photo_name(request.ordinal, request.shot, sha256)}"
        write_durably(self._media / path, data, read_only=True)
        return Photo(
            id=request.photo_id,
            proof_id=request.proof_id,
            ordinal=request.ordinal,
            shot=request.shot,
            path=path,
            sha256=sha256,
            size=len(data),
            width=64,
            height=48,
            taken_at=NOON,
        )


class SilentOrders:
    """Takes the desk's questions; the test answers them."""

    def __init__(self) -> None:
        self.refreshed: list[tuple[str, Order]] = []
        self.searched: list[tuple[str, Scan]] = []

    def refresh(self, proof_id: str, order: Order) -> None:
        self.refreshed.append((proof_id, order))

    def search(self, proof_id: str, scan: Scan) -> None:
        self.searched.append((proof_id, scan))


class PlainCopies:
    """Sends the original as it is."""

    def make(self, original: Path, caption: Sequence[str], size: tuple[int, int]) -> bytes:
        return original.read_bytes()

    def collage(self, originals: Sequence[Path], caption: Sequence[str], size: tuple[int, int]) -> bytes:
        return b"".join(original.read_bytes() for original in originals)


@dataclass
class ScriptedSender:
    """A chat that answers as told. `plan("text", error)` makes the next text fail.

    An error planned with `left=False` strikes before anything left: the wire mark is not set.
    """

    policy: ChannelPolicy = field(
        default_factory=lambda: ChannelPolicy(
            signature_window=timedelta(seconds=300),
            between_messages=timedelta(0),
            same_text=timedelta(hours=24),
        )
    )
    calls: list[str] = field(default_factory=list)
    looks: list[SentMark] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)
    recalled: list[tuple[Target, str, PartKind]] = field(default_factory=list)
    asked_hidden: list[tuple[Target, list[str], datetime]] = field(default_factory=list)
    clock_offset: timedelta = timedelta(0)
    planned: list[int] = field(default_factory=list)
    before: Callable[[str], None] = lambda kind: None

    def __post_init__(self) -> None:
        self._script: dict[str, deque[tuple[Any, bool]]] = {}
        self._messages = 0

    def plan(self, kind: str, *answers: Any, left: bool = True) -> None:
        self._script.setdefault(kind, deque()).extend((answer, left) for answer in answers)

    def upload_picture(self, data: bytes) -> str:
        answer: str = self._answer(
            "upload", None, f"https://pictures.test/{hashlib.sha256(data).hexdigest()[:8]}"
        )
        return answer

    def open_conversation(self, target: Target, planned: int) -> str:
        self.planned.append(planned)
        answer: str = self._answer("open", None, target.conversation_id)
        return answer

    def send_text(self, target: Target, text: str, wire: Wire) -> Receipt:
        answer: Receipt = self._answer("text", wire, None)
        return answer

    def send_image(self, target: Target, picture: Picture, wire: Wire) -> Receipt:
        answer: Receipt = self._answer("image", wire, None)
        return answer

    def look_for_message(self, target: Target, mark: SentMark) -> Look:
        self.looks.append(mark)
        answer: Look = self._answer("look", None, Look((), covered=True))
        return answer

    def hidden_messages(
        self, target: Target, message_ids: Collection[str], since: datetime
    ) -> frozenset[str]:
        self.asked_hidden.append((target, list(message_ids), since))
        answer: frozenset[str] = self._answer("hidden", None, frozenset())
        return answer

    def take_back(self, target: Target, message_id: str, kind: PartKind) -> None:
        self._answer("take_back", None, usual="")
        self.taken_back.append(message_id)
        self.recalled.append((target, message_id, kind))

    def _answer(self, kind: str, wire: Wire | None, usual: Any) -> Any:
        self.calls.append(kind)
        self.before(kind)
        script = self._script.get(kind)
        answer, left = script.popleft() if script else (None, True)
        if wire and left:
            wire.mark()
        if isinstance(answer, BaseException):
            raise answer
        if answer is not None:
            return answer
        if wire is None:
            return usual
        self._messages += 1
        return Receipt(message_id=f"m{self._messages}", conversation_id="c1")


class Delivery:
    """One courier with its store, chat and clock, and what it published."""

    def __init__(self, store: Store, media: Path, clock: Clock, sender: ScriptedSender | None = None) -> None:
        self.store, self.media, self.clock = store, media, clock
        self.sender = sender or ScriptedSender()
        self.shop = SHOP
        self.news: list[object] = []
        self.courier = self.new_courier()

    def new_courier(self, watched: dict[str, float] | None = None) -> Courier:
        """Return a courier as after a restart, or one that knows what others have `watched`."""
        return Courier(
            shop=self.shop,
            store=self.store,
            sender=self.sender,
            copies=PlainCopies(),
            media=self.media,
            publish=self.news.append,
            now=self.clock,
            elapsed_s=self.clock.elapsed_s,
            watched=watched,
        )

    def use(self, shop: Shop) -> None:
        """Go on with other settings of the shop."""
        self.shop = shop
        self.courier = self.new_courier()

    def save(self, order: Order = ORDER, photos: int = 2, text: str = "") -> Proof:
        return save_proof(self.store, self.media, self.clock(), order, photos, text)

    def work(self) -> datetime | None:
        """Do everything that is due now; return when to come again."""
        for _ in range(100):
            due = self.courier.step()
            if due is None or due > self.clock():
                return due
        pytest.fail("the courier never comes to rest")

    def work_until_due(self) -> datetime:
        """Do everything that is due now, where something is due later; return when."""
        due = self.work()
        assert due is not None
        return due

    def wait_and_work(self, seconds: float) -> datetime | None:
        self.clock.advance(seconds)
        return self.work()

    def parts(self, proof: Proof) -> list[Part]:
        """Return the parts of the newest generation."""
        with self.store.read() as records:
            return records.parts.of_newest(proof.id)

    def states(self, proof: Proof) -> str:
        return " ".join(f"{part.kind}:{part.state}" for part in self.parts(proof))

    def part(self, proof: Proof, kind: str, number: int = 1) -> Part:
        return [part for part in self.parts(proof) if part.kind == kind][number - 1]

    def state(self, proof: Proof) -> ProofState:
        with self.store.read() as records:
            found = records.proofs.get(proof.id)
        assert found
        return found.state

    def heard(self, kind: type[Answer]) -> list[Answer]:
        return [event for event in self.news if isinstance(event, kind)]
