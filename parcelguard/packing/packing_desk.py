"""The packing desk: scan, photograph, save. A state machine without a screen.

All methods run on one thread, the desk's worker, and nothing here waits for a network or a
camera: answers come back as `photo_kept`, `order_read` and the like. What the person must see
is in the frozen `Desk` that each step publishes, and it is committed before it is published.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict

from parcelguard.core.errors import StorageError
from parcelguard.core.events import Cue, Sounded
from parcelguard.core.ids import new_id
from parcelguard.core.orders import Conversation, Order
from parcelguard.core.preset_message import fill_message
from parcelguard.core.proofs import MAX_PHOTOS, Photo, Proof, ProofState, Shot, Today
from parcelguard.core.reasons.reason import Reason
from parcelguard.core.scans import Scan, ScanSource
from parcelguard.core.shops import Shop
from parcelguard.disk.files import make_folder, photo_folder, thumbnail_of
from parcelguard.packing.desk_view import (
    Desk,
    DeskChanged,
    DeskPhoto,
    DeskState,
    Notice,
    NoticeKind,
    PackedBefore,
    ProofSaved,
    ShortBudget,
    short_budget,
)
from parcelguard.packing.ports import Bench, DeskCamera, DeskRecords, DeskRules, DeskShops, PhotoRequest
from parcelguard.packing.saving import PHOTOS_ONLY, Saving
from parcelguard.runtime.crash_points import hit

log = logging.getLogger(__name__)

SECOND_PRESS = timedelta(seconds=2)


class _Message(TypedDict):
    message: str
    message_said: bool
    short_budget: ShortBudget | None


@dataclass(frozen=True, slots=True)
class _AskedPhoto:
    """A photo the camera was asked for; `replaces`: the photo that it is taken instead of."""

    ordinal: int
    replaces: str


class PackingDesk:
    """One bench: at most one order open, at most three photos, saved once."""

    def __init__(
        self,
        *,
        records: DeskRecords,
        shops: DeskShops,
        camera: DeskCamera,
        bench: Bench,
        publish: Callable[[object], None],
        now: Callable[[], datetime],
        rules: DeskRules | None = None,
    ) -> None:
        self._store, self._media, self._notes = records.store, records.media, records.notes
        self._shops = shops
        self._rules = rules or DeskRules()
        self._camera = camera
        self._bench = bench
        self._publish = publish
        self._now = now
        self._desk = Desk()
        self._proof: Proof | None = None  # the open draft
        self._asked: dict[str, _AskedPhoto] = {}  # photos on their way from the camera to the disk, by id
        self._keeping = ""  # the photo whose row is being written
        self._saved_at: datetime | None = None
        self._scan: Scan | None = None  # what opened the order on the desk
        self._saved_last = ""  # the order, or the code without one, of the last F4

    def use_shops(self, shops: DeskShops) -> None:
        """Go on with these shops; an open order keeps what it was opened with."""
        self._shops = shops
        # Whom the open order was asked of may have ended without an answer, so it is asked about anew.
        if self._proof and self._scan:
            self._ask_marketplace(self._scan)

    # ---- what the packer does --------------------------------------------------------

    def restore(self) -> None:
        """Open again what a crash left open, with its photos."""
        with self._store.begin() as records:
            proof = records.proofs.open_draft()
            photos = records.proofs.photos(proof.id) if proof else ()
            orders = records.orders.find([proof.order_number]) if proof and proof.order_number else []
        self._desk = Desk(today=self._today())
        if proof is None:
            self._show()
            return
        order = next((order for order in orders if order.shop_id == proof.shop_id), None)
        self._open(proof, order)
        shown = tuple(DeskPhoto(photo, self._thumbnail(photo)) for photo in photos)
        self._show(photos=shown, notice=Notice(NoticeKind.RESTORED))
        self._ask_marketplace(Scan(text=proof.code, raw=proof.raw_code, source=proof.source))
        self._notes.opened(proof)  # the crash may have come before that

    def scan(self, scan: Scan) -> None:
        """Open the order that carries this code, if the desk is free for one."""
        with self._store.read() as records:
            found = records.orders.find(scan.texts)
        if self._proof is not None:
            self._scan_while_open(scan, found)
        elif len(found) > 1:
            self._notify(Notice(NoticeKind.SEVERAL_ORDERS, scan.text))
        elif not found and scan.source is ScanSource.CAMERA and scan.kind not in ("order", "track"):
            # The camera sees sort codes and items that nobody meant to scan.
            return
        elif scan.source is ScanSource.CAMERA and self._saved_last in [scan.text, *map(_key, found)]:
            # The label of the parcel that was just packed is still in view.
            return
        elif not found and scan.kind == "item" and scan.source is not ScanSource.TYPED:
            self._notify(Notice(NoticeKind.NOT_AN_ORDER, scan.text))
        elif not found:
            self._begin(scan, None)
            self._sound(Cue.LOOK)
            self._ask_marketplace(scan)
        elif found[0].cancelled:
            self._face(scan.text, found[0], DeskState.CANCELLED)
            self._sound(Cue.STOP)
        elif packed := self._packed_before(found[0], scan.text):
            self._scan = scan
            self._face(scan.text, found[0], DeskState.PACKED, packed)
            self._sound(Cue.LOOK)
        else:
            self._begin(scan, found[0])
            self._sound(Cue.SCANNED)
            self._ask_marketplace(scan)

    def take_photo(self) -> None:
        """F1: take the next photo; of an order that is packed already, the first of another proof."""
        if self._desk.state is DeskState.PACKED and self._desk.order:
            assert self._scan is not None
            self._begin(self._scan, self._desk.order)
            self._ask_marketplace(self._scan)
        if not self._may_photograph():
            return
        busy = {each.photo.ordinal for each in self._desk.photos}
        # Those on their way count: a second F1 must not ask for the same place.
        busy |= {asked.ordinal for asked in self._asked.values()}
        free = [ordinal for ordinal in range(1, MAX_PHOTOS + 1) if ordinal not in busy]
        if free:
            self._ask_camera(free[0])
        else:
            self._notify(Notice(NoticeKind.THREE_ALREADY))

    def retake(self) -> None:
        """F2: take the last photo again; the old one stays on disk and is not sent."""
        if not self._may_photograph():
            return
        if not self._desk.photos:
            self._notify(Notice(NoticeKind.NOTHING_TO_RETAKE))
            return
        last = self._desk.photos[-1].photo
        # One retake at a time: two would both take the place of the same photo.
        if not any(asked.replaces == last.id for asked in self._asked.values()):
            self._ask_camera(last.ordinal, replaces=last.id)

    def save(self) -> None:
        """F4: commit the proof with its parts, and be ready for the next order."""
        if self._desk.state is DeskState.CANCELLED:
            self._notify(Notice(NoticeKind.STILL_CANCELLED), cue=Cue.STOP)
        elif self._proof is None:
            just_saved = self._saved_at and self._now() - self._saved_at < SECOND_PRESS
            # A second press of the same F4 says nothing new: pedals bounce, and nervous fingers press twice.
            if not just_saved:
                packed = self._desk.state is DeskState.PACKED
                self._notify(Notice(NoticeKind.NO_PHOTO_YET if packed else NoticeKind.SCAN_FIRST))
        elif self._asked:
            # A photo is still on its way to the disk; `photo_kept` carries the F4 out once it is there.
            self._show(saving=True)
        elif not self._desk.photos:
            self._notify(Notice(NoticeKind.NO_PHOTO_YET))
        else:
            self._commit(self._proof)

    def clear(self) -> None:
        """Esc: leave the order. Asks nothing and loses nothing."""
        proof, kept = self._proof, bool(self._desk.photos or self._asked)
        if proof is not None:
            with self._store.begin() as records:
                records.proofs.abandon(proof.id, self._now())
        name = self._desk.order.number if self._desk.order else self._desk.code
        self._leave(Notice(NoticeKind.PHOTOS_KEPT, name) if kept else None)

    # ---- what the camera and the marketplaces answer ----------------------------------

    def photo_kept(self, photo: Photo, thumbnail: bytes) -> None:
        """Record a durable photo. Only now may the tick be shown."""
        asked = self._asked.get(photo.id)
        replaces = asked.replaces if asked else ""
        hit("photo.kept")
        self._keeping = photo.id  # until it is kept, or `step_failed` says that it is not
        # One transaction: a photo taken instead of another never leaves both with the proof, nor neither.
        with self._store.begin() as records:
            if replaces:
                records.proofs.discard_photo(replaces, self._now())
            belongs = records.proofs.add_photo(photo)
            hit("photo.row")
        hit("photo.committed")
        self._asked.pop(photo.id, None)
        if self._proof is None or photo.proof_id != self._proof.id:
            # The order was left meanwhile; the photo is kept with it.
            return
        photos = list(self._desk.photos)
        if belongs:
            photos = [each for each in photos if each.photo.id != replaces] + [DeskPhoto(photo, thumbnail)]
        photos.sort(key=lambda each: each.photo.ordinal)
        self._show(photos=tuple(photos), taking=len(self._asked), notice=None)
        if belongs:
            self._sound(Cue.PHOTO)
        if self._desk.saving and not self._asked:
            self._commit(self._proof)

    def photo_failed(self, photo_id: str, reason: Reason) -> None:
        """Say that no photo was taken; an F4 that waited for it is not carried out."""
        if self._asked.pop(photo_id, None) is not None:
            self._show(taking=len(self._asked), saving=False)
            self._notify(Notice(NoticeKind.PHOTO_FAILED, reason=reason), cue=Cue.STOP)

    def order_read(self, proof_id: str, order: Order) -> None:
        """Take in what the marketplace says of the open order now."""
        if self._proof is None or self._proof.id != proof_id:
            return
        before, self._proof = self._proof, self._proof.about(order)
        with self._store.begin() as records:
            records.proofs.link(self._proof)
        was_unmatched = self._desk.state is DeskState.UNMATCHED
        shop = self._shops.shops.get(order.shop_id)
        state = DeskState.CANCELLED if order.cancelled else DeskState.OPEN
        changed = state is not self._desk.state
        saving = self._desk.saving and not order.cancelled  # an F4 that waits is not carried out then
        message = self._message(shop, order)
        packed = self._packed_before(order, self._desk.code)
        self._show(
            state=state,
            order=order,
            shop=shop,
            searching=False,
            saving=saving,
            packed_before=packed,
            **message,
        )
        if changed and order.cancelled:
            self._show(notice=None)
            self._sound(Cue.STOP)
        elif was_unmatched:
            self._show(notice=None)
            self._sound(Cue.LOOK if packed else Cue.SCANNED)
        if self._proof != before:
            self._notes.opened(self._proof)

    def order_missing(self, proof_id: str, *, asked: bool) -> None:
        """Say that no marketplace knows the code (`asked`), or that none could be asked."""
        if self._proof is not None and self._proof.id == proof_id and self._desk.searching:
            kind = NoticeKind.NO_SUCH_ORDER if asked else NoticeKind.NOT_LOOKED_UP
            self._show(searching=False, notice=self._desk.notice or Notice(kind))

    def step_failed(self, reason: Reason) -> None:
        """Say that the last step could not be kept; what was acknowledged before is safe."""
        self._asked.pop(self._keeping, None)
        self._show(taking=len(self._asked), saving=False)
        self._notify(Notice(NoticeKind.NOT_KEPT, reason=reason), cue=Cue.STOP)

    def take_back_failure(self) -> None:
        """Take back what `step_failed` said: the disk or folder is well again."""
        if self._desk.notice and self._desk.notice.kind is NoticeKind.NOT_KEPT:
            self._show(notice=None)

    # ---- steps -----------------------------------------------------------------------

    def _scan_while_open(self, scan: Scan, found: list[Order]) -> None:
        own = self._desk.order
        same = own and any(order.number == own.number and order.shop_id == own.shop_id for order in found)
        if same or scan.text == self._desk.code:
            self._sound(Cue.SCANNED)
        elif scan.source is not ScanSource.CAMERA:  # the camera sees labels nobody meant to scan
            kind = NoticeKind.OTHER_ORDER_OPEN if found else NoticeKind.NOT_AN_ORDER
            self._notify(Notice(kind, scan.text))

    def _begin(self, scan: Scan, order: Order | None) -> None:
        """Open a new draft; it is on disk before the band changes."""
        proof = Proof(
            id=new_id(),
            state=ProofState.DRAFT,
            code=scan.text,
            raw_code=scan.raw,
            source=scan.source,
            station=self._bench.station,
            packer=self._bench.packer,
            opened_at=self._now(),
        )
        if order:
            proof = proof.about(order)
        # Asked before anything is written: an order that cannot be photographed must not be begun.
        self._rules.may_open()
        # Made now, so that a folder that cannot be made is told before the first photo and not after it.
        make_folder(self._media / photo_folder(proof.opened_at, proof.id))
        with self._store.begin() as records:
            records.proofs.open(proof)
        self._open(proof, order)
        self._notes.opened(proof)

    def _open(self, proof: Proof, order: Order | None) -> None:
        self._proof = proof
        state = DeskState.OPEN if order else DeskState.UNMATCHED
        state = DeskState.CANCELLED if order and order.cancelled else state
        self._face(proof.code, order, state, self._packed_before(order, proof.code))

    def _face(
        self, code: str, order: Order | None, state: DeskState, packed: PackedBefore | None = None
    ) -> None:
        """Show an order, or a code without one, on an otherwise clean desk."""
        shop = self._shops.shops.get(order.shop_id) if order else None
        self._desk = Desk(
            state=state,
            code=code,
            order=order,
            shop=shop,
            searching=state is DeskState.UNMATCHED,
            **self._message(shop, order),
            packed_before=packed,
            today=self._desk.today,
        )
        self._show()

    def _packed_before(self, order: Order | None, code: str) -> PackedBefore | None:
        """Return when this order, or this code without one, was saved last."""
        with self._store.read() as records:
            before = records.proofs.last_saved(order) if order else records.proofs.last_saved_under(code)
        return PackedBefore(before.saved_at or before.opened_at, before.packer) if before else None

    def _message(self, shop: Shop | None, order: Order | None) -> _Message:
        """Return what the buyer will read: nothing where nothing is sent, and not the same thing twice."""
        if not (shop and order and (shop.by_hand or (shop.enabled and order.buyer_id))):
            return {"message": "", "message_said": False, "short_budget": None}
        text = fill_message(shop.message, order, shop)
        if shop.by_hand:
            return {"message": text, "message_said": False, "short_budget": None}
        conversation = Conversation(order.shop_id, order.buyer_id)
        window = self._shops.same_text.get(shop.id, timedelta(0))
        with self._store.read() as records:
            before = records.parts.text_said(conversation, text, self._now() - window, or_under_way=True)
        short = short_budget(shop, self._rules.left_for(conversation), with_text=not before)
        return {"message": text, "message_said": before, "short_budget": short}

    def _ask_marketplace(self, scan: Scan) -> None:
        assert self._proof is not None
        self._scan = scan
        if self._desk.order:
            self._shops.orders.refresh(self._proof.id, self._desk.order)
        else:
            self._shops.orders.search(self._proof.id, scan)

    def _may_photograph(self) -> bool:
        if self._desk.state is DeskState.CANCELLED:
            self._notify(Notice(NoticeKind.STILL_CANCELLED), cue=Cue.STOP)
        elif self._proof is None:
            packed = self._desk.state is DeskState.PACKED
            self._notify(Notice(NoticeKind.NOTHING_TO_RETAKE if packed else NoticeKind.SCAN_FIRST))
        return self._proof is not None and self._desk.state is not DeskState.CANCELLED

    def _ask_camera(self, ordinal: int, replaces: str = "") -> None:
        assert self._proof is not None
        request = PhotoRequest(
            photo_id=new_id(),
            proof_id=self._proof.id,
            ordinal=ordinal,
            shot=Shot.at(ordinal),
            folder=photo_folder(self._proof.opened_at, self._proof.id),
        )
        self._asked[request.photo_id] = _AskedPhoto(ordinal, replaces)
        # Before anything is shown: the picture should be of the moment the key was pressed.
        self._camera.take(request)
        self._show(taking=len(self._asked))

    def _commit(self, proof: Proof) -> None:
        """Write the proof and its parts in one transaction: either all of F4 happened or nothing."""
        saving = Saving.of(proof, self._desk, self._now())
        hit("save.asked")
        self._rules.may_save()
        with self._store.begin() as records:
            way = saving.way(records, self._rules.left_for) if saving.sends else PHOTOS_ONLY
            saving.write(records, way)
            hit("save.rows")
        # From here on the promise is on disk. Whatever fails below loses nothing of it, so the packer hears
        # of it first, and the note beside the photos, which a repair can make again, is written last.
        hit("save.committed")
        self._saved_at = saving.proof.saved_at
        self._saved_last = _key(self._desk.order) if self._desk.order else self._desk.code
        self._leave(None)
        self._sound(Cue.SENT)
        self._publish(ProofSaved(saving.proof, saving.sends))
        saving.describe(self._notes, way)
        hit("save.described")

    def _leave(self, notice: Notice | None) -> None:
        self._proof = None
        self._asked.clear()
        self._desk = Desk()
        self._show(notice=notice)

    def _show(self, **changes: object) -> None:
        """Publish the desk as it is now."""
        desk = replace(self._desk, **changes)  # type: ignore[arg-type]
        if desk.state is DeskState.READY:
            desk = replace(desk, today=self._today())
        self._desk = desk
        self._publish(DeskChanged(desk))

    def _today(self) -> Today:
        """Count today's orders; figures that cannot be read must not spoil what was saved."""
        try:
            with self._store.read() as records:
                return records.proofs.today(self._now(), self._bench.station)
        except StorageError as error:
            log.warning("today's figures not read: %s", error)
            return self._desk.today

    def _notify(self, notice: Notice, cue: Cue = Cue.LOOK) -> None:
        self._show(notice=notice)
        self._sound(cue)

    def _sound(self, cue: Cue) -> None:
        self._publish(Sounded(cue))

    def _thumbnail(self, photo: Photo) -> bytes:
        try:
            return thumbnail_of(self._media / photo.path).read_bytes()
        except OSError:
            # The screen draws an empty frame; the original is what counts.
            return b""


def _key(order: Order) -> str:
    return f"{order.shop_id}/{order.number}"
