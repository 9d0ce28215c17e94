"""Hand-written fakes for the ports of the screens, and keys as a scanner presses them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import msgspec
from PySide6.QtCore import QBuffer, QCoreApplication, QEvent, QIODevice, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QLinearGradient, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from parcelguard.core.config import Settings, ShopSettings
from parcelguard.core.errors import NotPossible, StorageError
from parcelguard.core.orders import Conversation, Item, Order
from parcelguard.core.parts import Part, PartKind, PartLabel, PartState, Purpose
from parcelguard.core.proofs import Photo, Proof, ProofState, Shot, Today
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.scans import Scan, ScanSource
from parcelguard.core.shops import Shop
from parcelguard.packing.desk_view import Desk, DeskPhoto, DeskState
from parcelguard.store.views import (
    FILTER_STATES,
    AttentionGroup,
    AttentionItem,
    AttentionKey,
    AttentionTopic,
    HandJob,
    LogEntry,
    LogFilter,
    LogPage,
    LogQuery,
    LookTaken,
    ProofDetail,
    Sighting,
    Step,
    StepKind,
    Tone,
)
from parcelguard.ui.ports import Decision

TOKEN_EXPIRED = because(SendingReason.SHOP_WAITS)
NOON = datetime(2026, 11, 21, 6, 32, 7, tzinfo=UTC)
NUMBER = "241120Q9CKD7T1"
MESSAGE = f"Hi aminah_88, your order {NUMBER} is packed. Here are photos of your parcel before it is sealed."
SHOP = Shop(id="shopee-my", marketplace="shopee", region="MY", name="Rumah Kopi", message="{order}")
LAZADA = Shop(id="lazada-my", marketplace="lazada", region="MY", name="Rumah Kopi", message="{order}")
ORDER = Order(
    shop_id=SHOP.id,
    number=NUMBER,
    buyer_id="9",
    buyer_name="aminah_88",
    tracking="SPXMY04217788312",
    carrier="SPX Express",
    items=(
        Item("Enamel mug 350 ml", "MUG-350-NVY", 1),
        Item("Drip coffee, 10 sachets", "COF-DRIP-10", 1),
        Item("Cotton tote, olive", "TOTE-OLV", 1),
    ),
)


def make_settings(**screen: object) -> Settings:
    shop = ShopSettings(id=SHOP.id, name=SHOP.name, partner_id=1, shop_id=2)
    settings = Settings(shops=(shop,))
    return replace_section(settings, **screen)


def replace_section(settings: Settings, **screen: object) -> Settings:
    bench = msgspec.structs.replace(settings.bench, station="Bench 07", packer="Aina")
    look = msgspec.structs.replace(settings.screen, **screen)
    return msgspec.structs.replace(settings, bench=bench, screen=look)


# ---- pictures ----------------------------------------------------------------------------


def parcel(width: int, height: int) -> QImage:
    """An open parcel with a label, drawn: enough to judge a layout by."""
    image = QImage(width, height, QImage.Format.Format_BGR888)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QLinearGradient(QPointF(0, 0), QPointF(width, height))
    ground.setColorAt(0, QColor("#a89a80"))
    ground.setColorAt(1, QColor("#6f6552"))
    painter.fillRect(image.rect(), ground)
    painter.scale(width / 100, height / 100)
    painter.setPen(Qt.PenStyle.NoPen)
    shapes = (
        ("#b98a52", ((20, 25), (78, 18), (80, 82), (23, 86))),
        ("#8a6236", ((23, 28), (75, 23), (77, 76), (27, 80))),
        ("#2f4058", ((27, 34), (42, 33), (43, 56), (28, 58))),
        ("#d6dbe2", ((45, 33), (58, 31), (60, 66), (47, 68))),
        ("#46614a", ((60, 33), (72, 32), (74, 62), (62, 64))),
        ("#e8dcc6", ((27, 66), (74, 58), (75, 74), (28, 79))),
        ("#ffffff", ((80, 18), (98, 22), (96, 42), (78, 38))),
    )
    for color, points in shapes:
        painter.setBrush(QColor(color))
        painter.drawPolygon(QPolygonF([QPointF(*point) for point in points]))
    painter.end()
    return image


def jpeg(width: int = 320, height: int = 180) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    parcel(width, height).save(buffer, "JPG", 85)  # type: ignore[call-overload]  # the stub asks for bytes, PySide for a text
    return bytes(buffer.data().data())


@dataclass
class FakePicture:
    width: int
    height: int
    number: int
    stride: int
    buffer: memoryview


class FakePreview:
    """Gives a drawn parcel of the size it was asked for."""

    def __init__(self) -> None:
        self.views: list[tuple[int, int]] = []
        self.number = 0
        self._picture: FakePicture | None = None

    def set_view(self, width: int, height: int) -> None:
        self.views.append((width, height))
        image = parcel(width, height)
        self._picture = FakePicture(
            width, height, 0, image.bytesPerLine(), memoryview(bytes(image.constBits()))
        )

    def frame(self) -> FakePicture | None:
        if self._picture:
            self._picture = replace(self._picture, number=self.number)
        return self._picture


# ---- packing -----------------------------------------------------------------------------


@dataclass
class FakePack:
    """Notes what was asked."""

    calls: list[str] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)

    def scan(self, scan: Scan) -> None:
        self.scans.append(scan)

    def take_photo(self) -> None:
        self.calls.append("take_photo")

    def retake(self) -> None:
        self.calls.append("retake")

    def save(self) -> None:
        self.calls.append("save")

    def clear(self) -> None:
        self.calls.append("clear")


def read_scan(raw: str, source: ScanSource) -> Scan | None:
    return Scan(text=raw.upper(), raw=raw, source=source) if raw.strip() else None


def make_photo(ordinal: int, *, sharp: bool = True, recovered: bool = False, proof_id: str = "p1") -> Photo:
    return Photo(
        id=f"{proof_id}-photo-{ordinal}",
        proof_id=proof_id,
        ordinal=ordinal,
        shot=Shot.at(ordinal),
        path=f"2026/11/21/{proof_id}/{ordinal}.jpg",
        sha256="9f3c" + "0" * 56 + "a1e7",
        size=400_000,
        width=1920,
        height=1080,
        taken_at=NOON,
        sharp=sharp,
        recovered=recovered,
    )


def open_desk(photos: int = 0, **changes: object) -> Desk:
    taken = tuple(DeskPhoto(make_photo(n, sharp=n != 2), jpeg()) for n in range(1, photos + 1))
    desk = Desk(
        state=DeskState.OPEN,
        code=NUMBER,
        order=ORDER,
        shop=SHOP,
        photos=taken,
        message=MESSAGE,
        today=Today(142, 38),
    )
    return replace(desk, **changes)  # type: ignore[arg-type]


def make_proof(n: int = 1, state: ProofState = ProofState.SENDING, **changes: object) -> Proof:
    proof = Proof(
        id=f"p{n}",
        state=state,
        code=f"241120PX{n:06d}",
        raw_code=f"241120PX{n:06d}",
        source=ScanSource.WEDGE,
        station="Bench 07",
        packer="Aina" if n % 3 else "Wei",
        opened_at=NOON - timedelta(minutes=n),
        saved_at=NOON - timedelta(minutes=n),
        shop_id=SHOP.id,
        order_number=f"241120PX{n:06d}",
        buyer_id=str(n),
        buyer_name=("nurul.h", "Tan W.", "jess_lim", "kamal77")[n % 4],
        tracking=f"SPXMY{n:011d}",
    )
    return replace(proof, **changes)  # type: ignore[arg-type]


# ---- the log -----------------------------------------------------------------------------

_STATES = (
    ProofState.ATTENTION,
    ProofState.DELIVERED,
    ProofState.DELIVERED,
    ProofState.WAITING,
    ProofState.DELIVERED,
    ProofState.SENDING,
    ProofState.DELIVERED,
    ProofState.ABANDONED,
)


def make_entry(n: int, state: ProofState | None = None, **changes: object) -> LogEntry:
    proof = make_proof(n, state or _STATES[(n - 1) % len(_STATES)])
    failed = proof.state is ProofState.ATTENTION
    entry = LogEntry(
        proof=proof,
        at=proof.opened_at,
        shop=LAZADA if n % 4 == 2 else SHOP,
        thumbnail=f"{proof.id}.thumb.jpg",
        photos=3,
        generation=0 if proof.state is ProofState.ABANDONED else 1,
        reason=TOKEN_EXPIRED if failed else None,
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


def make_item(n: int, **changes: object) -> AttentionItem:
    proof = make_proof(n, ProofState.ATTENTION)
    item = AttentionItem(
        part_id=f"{proof.id}-part-1",
        proof=proof,
        part=PartLabel(PartKind.TEXT),
        reason=because(SendingReason.LATE),
        since=proof.opened_at,
        thumbnail=f"{proof.id}.thumb.jpg",
        text=f"Hi {proof.buyer_name}, your order {proof.order_number} is packed.",
    )
    return replace(item, **changes)  # type: ignore[arg-type]


def make_group(
    count: int = 3,
    first: int = 1,
    *,
    topic: AttentionTopic = AttentionTopic.LATE,
    title: str = "",
    code: str = "",
    **changes: object,
) -> AttentionGroup:
    """Return a group of one topic, or with a `title` one that the marketplace gave the reason for."""
    made = tuple(make_item(n) for n in range(first, first + count))
    if title and topic is AttentionTopic.LATE:
        topic = AttentionTopic.HELD
    group = AttentionGroup(
        key=AttentionKey(topic=topic, shop_id=SHOP.id, day=NOON.astimezone().date(), code=code),
        reason=as_told(title) if title else because(SendingReason.LATE),
        shop=SHOP.label,
        answers=(Decision.SEND_AGAIN, Decision.LEAVE),
        items=made,
        total=count,
    )
    return replace(group, **changes)  # type: ignore[arg-type]


def unknown_group(first: int = 21, *, until: datetime | None = None) -> AttentionGroup:
    """Three messages of which nobody knows whether they arrived."""
    seen = (
        Sighting(NOON + timedelta(minutes=3), own=False, kind="text", text="", matches=False),
        Sighting(NOON + timedelta(minutes=1), own=True, kind="image", text="", matches=True),
        Sighting(NOON, own=True, kind="text", text=MESSAGE, matches=False),
    )
    looks = (
        LookTaken(NOON + timedelta(seconds=5), covered=False),
        LookTaken(NOON + timedelta(minutes=8), covered=True, found=("m-2",), seen=seen),
    )
    items = tuple(
        make_item(
            n,
            part=PartLabel(PartKind.IMAGE, 2),
            reason=because(SendingReason.NOT_SEEN),
            looks=looks,
            may_arrive_until=until,
        )
        for n in range(first, first + 3)
    )
    answers = (Decision.THERE, Decision.SEND_AGAIN, Decision.TAKE_BACK, Decision.LEAVE)
    return make_group(0, topic=AttentionTopic.ARRIVAL, answers=answers, items=items, total=3)


def make_job(n: int, shop: Shop | None = LAZADA, **changes: object) -> HandJob:
    proof = make_proof(n, ProofState.BY_HAND)
    job = HandJob(
        part_id=f"{proof.id}-hand",
        proof_id=proof.id,
        shop=shop,
        order_number=proof.order_number,
        buyer_name=proof.buyer_name,
        text=f"Hi {proof.buyer_name}, your order {proof.order_number} is packed.",
        photos=tuple(make_photo(photo, proof_id=proof.id).path for photo in (1, 2, 3)),
        saved_at=NOON + timedelta(minutes=n),
    )
    return replace(job, **changes)  # type: ignore[arg-type]


class FakeLog:
    """A log of `count` proofs in memory, paged by key like the real one."""

    def __init__(self, media: Path, count: int = 40, page_size: int = 50) -> None:
        self.media = media
        self.entries = [make_entry(n) for n in range(1, count + 1)]
        self.page_size = page_size
        self.pages_read = 0
        self.resent: list[tuple[str, str, Purpose]] = []
        self.decided: list[tuple[str, Decision]] = []
        self.closed: list[tuple[str, str]] = []
        self.groups: tuple[AttentionGroup, ...] = ()
        self.answered: list[tuple[tuple[str, ...], Decision]] = []
        self.first_elsewhere = 0  # so many answers come too late: another person gave one
        self.not_sendable: set[str] = set()  # proofs that may not be sent again
        self.tried: list[str] = []  # proofs that were to be sent again with others
        self.jobs: tuple[HandJob, ...] = ()
        self.turned_over: list[str] = []  # proofs left to a person
        self.stuck = False  # the records take nothing in
        self.whole = True
        self.broken = False
        self.undecided = 0
        self.filtered = False  # the marketplace hid a message
        if count:
            picture, small = jpeg(1280, 720), jpeg()
            for n in range(1, min(count, 40) + 1):
                (media / f"p{n}.thumb.jpg").write_bytes(small)
            for n in (1, 2, 3):
                for p in range(1, 4):
                    path = media / make_photo(n, proof_id=f"p{p}").path
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(picture)

    def page(self, query: LogQuery, after: tuple[datetime, str] | None) -> LogPage:
        if self.broken:
            raise StorageError("no disk")
        self.pages_read += 1
        found = [e for e in self._found(query) if after is None or (e.at, e.proof.id) < after]
        found.sort(key=lambda e: (e.at, e.proof.id), reverse=True)
        shown = found[: self.page_size]
        more = len(found) > len(shown)
        return LogPage(tuple(shown), (shown[-1].at, shown[-1].proof.id) if more else None)

    def counts(self, query: LogQuery) -> dict[LogFilter, int]:
        everything = self._found(replace(query, filter=LogFilter.ALL))
        counted = {
            name: sum(e.proof.state in states for e in everything) for name, states in FILTER_STATES.items()
        }
        return {LogFilter.ALL: len(everything), **counted}

    def detail(self, proof_id: str) -> ProofDetail:
        entry = next(e for e in self.entries if e.proof.id == proof_id)
        failed = entry.proof.state is ProofState.ATTENTION
        start = entry.at
        steps = [
            Step(at=start, kind=StepKind.PHOTOS_TAKEN, tone=Tone.OK, count=3, by="Aina", station="Bench 07"),
            Step(at=start + timedelta(seconds=18), kind=StepKind.SAVED_TO_SEND, tone=Tone.OK),
            Step(
                at=start + timedelta(seconds=19),
                kind=StepKind.DONE,
                tone=Tone.OK,
                part=PartLabel(PartKind.UPLOAD, 1),
            ),
        ]
        if failed:
            steps.append(
                Step(
                    at=start + timedelta(seconds=20),
                    kind=StepKind.NOT_TAKEN,
                    tone=Tone.BAD,
                    part=PartLabel(PartKind.OPEN),
                    shop="Shopee MY",
                    code="error_auth",
                )
            )
        parts = tuple(
            Part(
                id=f"{proof_id}-part-{n}",
                proof_id=proof_id,
                generation=1,
                ordinal=n,
                kind=PartKind.IMAGE,
                state=PartState.FILTERED if self.filtered else PartState.HELD,
                conversation=Conversation("shop", "buyer"),
                photo_id=f"{proof_id}-photo-{n}",
                reason=because(SendingReason.HIDDEN if self.filtered else SendingReason.NOT_SEEN),
            )
            for n in range(1, max(self.undecided, self.filtered) + 1)
        )
        return ProofDetail(
            entry=entry,
            photos=tuple(make_photo(n, proof_id=proof_id) for n in (1, 2, 3)),
            parts=parts,
            steps=tuple(steps),
            text=f"Hi {entry.proof.buyer_name}, your order {entry.proof.order_number} is packed.",
            reason=TOKEN_EXPIRED if failed else None,
        )

    def unchanged(self, proof_id: str) -> bool:
        return self.whole

    def resend(self, proof_id: str, text: str, why: Purpose) -> None:
        self.resent.append((proof_id, text, why))

    def resend_all(self, proof_ids: Sequence[str], template: str, why: Purpose) -> int:
        self.tried += proof_ids
        if self.stuck:
            raise StorageError("no disk")
        gone = [proof_id for proof_id in proof_ids if proof_id not in self.not_sendable]
        self.resent += [(proof_id, template, why) for proof_id in gone]
        if not gone:
            raise NotPossible("in doubt", because(SendingReason.MAY_HAVE_ARRIVED))
        self._take_out(lambda item: item.proof.id in gone)
        return len(gone)

    def decide(self, part_id: str, decision: Decision) -> None:
        self.decided.append((part_id, decision))

    def close_proof(self, proof_id: str, note: str) -> None:
        self.closed.append((proof_id, note))

    def attention(self) -> tuple[AttentionGroup, ...]:
        if self.broken:
            raise StorageError("no disk")
        return self.groups

    def decide_all(self, part_ids: Sequence[str], decision: Decision) -> int:
        self.answered.append((tuple(part_ids), decision))
        self._take_out(lambda item: item.part_id in part_ids)
        late, self.first_elsewhere = min(self.first_elsewhere, len(part_ids)), 0
        return len(part_ids) - late

    def media_path(self, relative: str) -> Path:
        return self.media / relative

    def by_hand(self) -> tuple[HandJob, ...]:
        if self.broken:
            raise StorageError("no disk")
        marked = {part_id for part_id, decision in self.decided if decision is Decision.HANDED}
        back = {part_id for part_id, decision in self.decided if decision is Decision.NOT_HANDED}
        return tuple(job for job in self.jobs if job.part_id not in marked - back)

    def send_by_hand(self, proof_id: str) -> None:
        if proof_id in self.not_sendable:
            raise NotPossible("in doubt", because(SendingReason.MAY_HAVE_ARRIVED))
        self.turned_over.append(proof_id)
        self._take_out(lambda item: item.proof.id == proof_id)

    def hand_pictures(self, job: HandJob) -> tuple[Path, ...]:
        folder = self.media / "by hand" / job.proof_id
        folder.mkdir(parents=True, exist_ok=True)
        paths = tuple(folder / f"{n}.jpg" for n in range(1, len(job.photos) + 1))
        for path in paths:
            path.write_bytes(jpeg())
        return paths

    def _take_out(self, settled: Callable[[AttentionItem], bool]) -> None:
        left = []
        for group in self.groups:
            items = tuple(item for item in group.items if not settled(item))
            if items:
                left.append(replace(group, items=items, total=group.total - len(group.items) + len(items)))
        self.groups = tuple(left)

    def _found(self, query: LogQuery) -> list[LogEntry]:
        def fits(entry: LogEntry) -> bool:
            proof = entry.proof
            if query.filter is not LogFilter.ALL and proof.state not in FILTER_STATES[query.filter]:
                return False
            if query.since and entry.at < query.since:
                return False
            if query.until and entry.at >= query.until:
                return False
            hay = f"{proof.order_number} {proof.tracking} {proof.buyer_name}".lower()
            return query.text.lower() in hay

        return [entry for entry in self.entries if fits(entry)]


# ---- keys --------------------------------------------------------------------------------

_EVDEV = {
    char: code
    for first, row in ((2, "1234567890-="), (16, "qwertyuiop[]"), (30, "asdfghjkl;'`"), (43, "\\zxcvbnm,./"))
    for code, char in enumerate(row, first)
}


class Hands:
    """Presses keys as X11 delivers them: with scan codes and the time of the key, no waiting."""

    def __init__(self, at_ms: int = 1_000_000) -> None:
        self.at_ms = at_ms

    def press(
        self,
        target: QWidget,
        key: Qt.Key,
        text: str = "",
        *,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        scan_code: int = 0,
        gap_ms: int = 20,
        repeat: bool = False,
    ) -> None:
        self.at_ms += gap_ms
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, modifiers, scan_code, 0, 0, text, repeat)
            event.setTimestamp(self.at_ms)
            QCoreApplication.sendEvent(target, event)

    def hold(self, target: QWidget, key: Qt.Key, text: str = "", *, repeats: int = 20) -> None:
        """Hold a key as X11 sometimes tells it: release and press at one time, not marked as repeat."""
        self.at_ms += 500
        self._send(target, QEvent.Type.KeyPress, key, text)
        for _ in range(repeats):
            self.at_ms += 40
            self._send(target, QEvent.Type.KeyRelease, key, text)
            self._send(target, QEvent.Type.KeyPress, key, text)
        self.at_ms += 40
        self._send(target, QEvent.Type.KeyRelease, key, text)

    def _send(self, target: QWidget, kind: QEvent.Type, key: Qt.Key, text: str) -> None:
        event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, 0, 0, 0, text)
        event.setTimestamp(self.at_ms)
        QCoreApplication.sendEvent(target, event)

    def type(
        self, target: QWidget, text: str, *, gap_ms: int = 20, physical: bool = True, shown: str = ""
    ) -> None:
        """Type `text`; `shown` is what an input method or other layout makes of the same keys."""
        for index, char in enumerate(text):
            shift = Qt.KeyboardModifier.ShiftModifier if char.isupper() else Qt.KeyboardModifier.NoModifier
            code = _EVDEV.get(char.lower(), 0) + 8 if physical and char.lower() in _EVDEV else 0
            seen = shown[index : index + 1] if shown else char
            key = Qt.Key(ord(char.upper())) if ord(char) < 128 else Qt.Key.Key_unknown
            self.press(target, key, seen, modifiers=shift, scan_code=code, gap_ms=gap_ms)

    def enter(self, target: QWidget, gap_ms: int = 20) -> None:
        self.press(target, Qt.Key.Key_Return, "\r", gap_ms=gap_ms)

    def rest(self, ms: int = 2000) -> None:
        self.at_ms += ms
