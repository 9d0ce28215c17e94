"""One packing station without its window: everything built, plugged together and taken down again.

Screens, tests and measurements all drive this. Packing runs on the desk's thread, sending on the
couriers', order reading on its own; news goes through the hub.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from time import monotonic

from parcelguard.alerts import Alerts, AlertsChanged, Severity
from parcelguard.camera.client import CameraClient
from parcelguard.camera.copies import CopyRoom
from parcelguard.camera.messages import CodeRead, PhotoFailed, PhotoKept, Reading, TakePhoto
from parcelguard.channels import connect
from parcelguard.clocks import ClockNews, ClockWatch
from parcelguard.config import Folders, Settings
from parcelguard.delivery.attention import Attention
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.engine import DeliveryEngine
from parcelguard.delivery.history import History
from parcelguard.delivery.mending import Mender
from parcelguard.delivery.news import News
from parcelguard.delivery.unserved import hold_unserved
from parcelguard.desk import DeskChanged, DeskState, ProofSaved
from parcelguard.domain import Decision, Order, Photo, Scan, ScanSource, utc_now
from parcelguard.errors import DamagedDatabase, DiskFull, ParcelGuardError, Refused, StorageError
from parcelguard.events import EventHub
from parcelguard.housekeeping import Housekeeping
from parcelguard.marketplace.vault import Vault
from parcelguard.orders.desk import OrderIndex
from parcelguard.packing import Bench, PackingDesk, PhotoRequest
from parcelguard.scanner.normaliser import read_scan
from parcelguard.store.adopt import adopt_photos
from parcelguard.store.backup import Backups
from parcelguard.store.database import Store
from parcelguard.store.folder import MediaFolder
from parcelguard.store.jpeg import jpeg_size
from parcelguard.store.views import AttentionGroup, LogFilter, LogPage, LogQuery, ProofDetail
from parcelguard.threads import Worker

log = logging.getLogger(__name__)

QUIET_S = 60.0


class Station:
    """The working parts of one bench. Build it off the window's thread: it opens the database.

    Whoever builds it makes sure that it is the only one on its data folder.
    """

    def __init__(
        self,
        settings: Settings,
        folders: Folders,
        hub: EventHub,
        camera: CameraClient,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.hub = hub
        self._camera = camera
        self._media = folders.media
        self._closing = Lock()
        self._stops: set[str] = set()  # alerts that kept the packer from going on
        self._desk_free, self._desk_moved_at = True, monotonic()
        self.alerts = Alerts(hub.publish)
        shops = {shop.id: shop.shop() for shop in settings.shops}
        with ExitStack() as undo:
            self.store = Store(folders.database, now)
            undo.callback(self.store.close)
            adopt_photos(self.store, folders.media, now(), jpeg_size)
            self.housekeeping = Housekeeping(
                store=self.store,
                folder=_claimed(folders),
                home=folders.home,
                backups=Backups(folders.backups, folders.home),
                alerts=self.alerts,
                quiet=self._quiet,
                now=now,
                also=ClockNews(ClockWatch(now), self.alerts, self._woke).look,
            )
            undo.callback(self.housekeeping.stop)
            vault = Vault(folders.secrets)
            channels = {shop.id: connect(shop, vault, now) for shop in settings.shops}
            senders = {each: channels[each].sender for each in channels}
            for channel in channels.values():
                undo.callback(channel.close)
            copies = CopyRoom()
            undo.callback(copies.close)
            self.orders = OrderIndex(self.store, {each: channels[each].orders for each in channels}, now)
            undo.callback(self.orders.stop)
            couriers = {
                shop_id: Courier(
                    shop=shops[shop_id],
                    store=self.store,
                    sender=channel.sender,
                    copies=copies,
                    media=folders.media,
                    publish=hub.publish,
                    now=now,
                    alerts=self.alerts,
                )
                for shop_id, channel in channels.items()
                if shops[shop_id].enabled
            }
            hold_unserved(self.store, couriers)
            self.delivery = DeliveryEngine(couriers, now, self.housekeeping.damaged)
            undo.callback(self.delivery.stop)
            same_text = {each: senders[each].policy.same_text for each in senders}
            self._news = News(self.store, hub.publish)
            self.log = Log(
                history=History(self.store, shops, folders.media),
                attention=Attention(self.store, shops, senders, now),
                mender=Mender(self.store, shops, senders, now),
                delivery=self.delivery,
                describe=partial(self.housekeeping.notes.resent, self.store),
                news=self._news,
                media=folders.media,
                packer=settings.bench.packer,
            )
            self._desk = PackingDesk(
                store=self.store,
                media=folders.media,
                shops=shops,
                same_text=same_text,
                camera=_DeskCamera(camera),
                orders=self.orders,
                bench=Bench(settings.bench.station, settings.bench.packer),
                publish=hub.publish,
                now=now,
                notes=self.housekeeping.notes,
                may_open=self.housekeeping.may_open,
                may_save=self.housekeeping.may_save,
            )
            self._worker = Worker("packing desk")
            undo.callback(self._worker.stop)
            for cancel in self._listen():
                undo.callback(cancel)
            self._undo = undo.pop_all()

    def start(self) -> None:
        """Bring back what a crash left open, and begin to read orders and to send."""
        self._post(self._desk.restore)
        self.orders.start(self)
        self.delivery.start()
        self.housekeeping.start()
        self._news.queue()

    def close(self) -> None:
        """End every thread and close the database; what is in flight is sorted out at the next start.

        Whoever comes second, from another thread, waits until the first has done it.
        """
        with self._closing:
            self._undo.close()

    # ---- the packer's keys and scanner -------------------------------------------------

    def scan(self, scan: Scan) -> None:
        """Take in a code."""
        self._post(self._desk.scan, scan)

    def take_photo(self) -> None:
        """F1."""
        self._post(self._desk.take_photo)

    def retake(self) -> None:
        """F2."""
        self._post(self._desk.retake)

    def save(self) -> None:
        """F4."""
        self._post(self._desk.save)

    def clear(self) -> None:
        """Esc."""
        self._post(self._desk.clear)

    # ---- answers from the marketplaces -------------------------------------------------

    def order_read(self, proof_id: str, order: Order) -> None:
        """Hand an order that was read to the desk."""
        self._post(self._desk.order_read, proof_id, order)

    def order_missing(self, proof_id: str, *, asked: bool) -> None:
        """Tell the desk that a code was not found."""
        self._post(lambda: self._desk.order_missing(proof_id, asked=asked))

    # ---- steps -------------------------------------------------------------------------

    def _listen(self) -> list[Callable[[], None]]:
        return [
            self.hub.subscribe(PhotoKept, self._photo_kept),
            self.hub.subscribe(PhotoFailed, self._photo_failed),
            self.hub.subscribe(CodeRead, self._code_read),
            self.hub.subscribe(DeskChanged, self._desk_changed),
            self.hub.subscribe(ProofSaved, self._proof_saved),
            self.hub.subscribe(AlertsChanged, self._alerts_changed),
        ]

    def _post(self, task: Callable[..., None], *arguments: object) -> None:
        def carry_out() -> None:
            try:
                self._with_room(task, *arguments)
            except ParcelGuardError as error:
                log.warning("desk: %s", error)
                self._desk.trouble(error.headline, error.advice)
            except Exception:  # a bug: the packer must see that this step did not happen
                log.exception("desk: a step failed")
                self._desk.trouble(ParcelGuardError.headline, ParcelGuardError.advice)

        self._worker.post(carry_out)

    def _with_room(self, task: Callable[..., None], *arguments: object) -> None:
        """Carry a step of the desk out; on a full disk the ballast makes room for another try."""
        try:
            task(*arguments)
        except DiskFull:
            if not self.housekeeping.write_failed(full=True):
                raise
            task(*arguments)
        except DamagedDatabase as error:
            self.housekeeping.damaged(error)
            raise

    def _photo_kept(self, kept: PhotoKept) -> None:
        photo = Photo(
            id=kept.photo_id,
            proof_id=kept.proof_id,
            ordinal=kept.ordinal,
            shot=kept.shot,
            path=kept.path,
            sha256=kept.sha256,
            size=kept.size,
            width=kept.width,
            height=kept.height,
            taken_at=kept.taken_at,
            sharp=kept.sharp,
        )
        self._post(self._desk.photo_kept, photo, kept.thumbnail)

    def _photo_failed(self, failed: PhotoFailed) -> None:
        log.warning("photo %s not taken: %s", failed.photo_id, failed.detail)
        self.housekeeping.write_failed(full=failed.headline == DiskFull.headline)
        self._post(self._desk.photo_failed, failed.photo_id, failed.headline, failed.advice)

    def _code_read(self, code: CodeRead) -> None:
        scan = read_scan(code.text, ScanSource.CAMERA, code.symbology)
        if scan:
            self.scan(scan)

    def _alerts_changed(self, event: AlertsChanged) -> None:
        """Let the band forget a trouble with disk or folder once it is over."""
        stops = {alert.kind for alert in event.alerts if alert.severity is Severity.STOP}
        if self._stops - stops:
            self._post(self._desk.relieved)
        self._stops = stops

    def _desk_changed(self, event: DeskChanged) -> None:
        """Codes in the picture open orders only while none is open."""
        self._desk_moved_at = monotonic()
        free = event.desk.state in (DeskState.READY, DeskState.PACKED)
        self._desk_free = free
        self._camera.set_reading(Reading.EAGER if free else Reading.RELAXED)

    def _woke(self) -> None:
        self.delivery.wake()

    def _quiet(self) -> bool:
        """Whether no order is open and nothing has happened at the desk for a while."""
        return self._desk_free and monotonic() - self._desk_moved_at > QUIET_S

    def _proof_saved(self, event: ProofSaved) -> None:
        if event.sends:
            self.delivery.proof_saved(event.proof.shop_id, event.proof.id)


class Log:
    """The media log as the screens use it: reading, resending, deciding."""

    def __init__(
        self,
        *,
        history: History,
        attention: Attention,
        mender: Mender,
        delivery: DeliveryEngine,
        describe: Callable[[str], None],
        news: News,
        media: Path,
        packer: str,
    ) -> None:
        self._history = history
        self._attention = attention
        self._mender = mender
        self._delivery = delivery
        self._describe = describe
        self._news = news
        self._media = media
        self._packer = packer

    def page(self, query: LogQuery, after: tuple[datetime, str] | None) -> LogPage:
        """Return the next entries, newest first."""
        return self._history.page(query, after)

    def counts(self, query: LogQuery) -> dict[LogFilter, int]:
        """Count what each chip would show."""
        return self._history.counts(query)

    def detail(self, proof_id: str) -> ProofDetail:
        """Return everything about one proof."""
        return self._history.detail(proof_id)

    def unchanged(self, proof_id: str) -> bool:
        """Whether the originals are what was photographed."""
        return self._history.unchanged(proof_id)

    def resend(self, proof_id: str, text: str, reason: str) -> None:
        """Send again, as a new recorded generation."""
        self._mender.resend(proof_id, text=text, reason=reason, by=self._packer)
        self._describe(proof_id)
        self._changed(proof_id)

    def resend_all(self, proof_ids: Sequence[str], template: str, reason: str) -> int:
        """Send many again with the same words, filled for each buyer; returns how many were set going.

        Raises Refused, with the first reason, when none was.
        """
        done, refused = 0, None
        for proof_id in proof_ids:
            text = self._mender.words(proof_id, template)
            try:
                self._mender.resend(proof_id, text=text, reason=reason, by=self._packer, only_if_stuck=True)
            except Refused as error:
                refused = refused or error
                continue
            self._describe(proof_id)
            self._changed(proof_id)
            done += 1
        if refused and not done:
            raise refused
        return done

    def decide(self, part_id: str, decision: Decision) -> None:
        """Answer what nobody knows."""
        if proof_id := self._mender.decide(part_id, decision, self._packer):
            self._changed(proof_id)

    def attention(self) -> tuple[AttentionGroup, ...]:
        """Return what waits for a person, by reason, shop and day."""
        return self._attention.groups()

    def decide_all(self, part_ids: Sequence[str], decision: Decision) -> int:
        """Answer the same for many; returns for how many there still was something to decide."""
        decided = 0
        for part_id in part_ids:
            if proof_id := self._mender.decide(part_id, decision, self._packer):
                self._changed(proof_id)
                decided += 1
        return decided

    def media_path(self, relative: str) -> Path:
        """Return where a picture lies."""
        return self._media / relative

    def close(self, proof_id: str, reason: str) -> None:
        """Send nothing more of a proof."""
        self._mender.close(proof_id, reason=reason, by=self._packer)
        self._changed(proof_id)

    def _changed(self, proof_id: str) -> None:
        self._delivery.wake()
        shop = self._history.detail(proof_id).entry.shop
        self._news.proof(proof_id, shop.label if shop else "")


class _DeskCamera:
    """Lets the desk ask the camera without knowing its messages."""

    def __init__(self, camera: CameraClient) -> None:
        self._camera = camera

    def take(self, request: PhotoRequest) -> None:
        self._camera.take(
            TakePhoto(
                photo_id=request.photo_id,
                proof_id=request.proof_id,
                ordinal=request.ordinal,
                shot=request.shot,
                folder=request.folder,
            )
        )


def _claimed(folders: Folders) -> MediaFolder:
    """Return the media folder, marked as such; housekeeping tells when it cannot be used."""
    folder = MediaFolder(folders.media, folders.home)
    try:
        folder.claim()
    except StorageError as error:
        log.warning("the photo folder: %s", error)
    return folder
