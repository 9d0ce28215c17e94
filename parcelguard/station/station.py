"""One packing station without its window: everything built, plugged together and taken down again.

Screens, tests and measurements all drive this. Packing runs on the desk's thread, sending on the
couriers', order reading on its own; news goes through the hub.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from threading import Lock
from time import monotonic
from typing import Protocol

from parcelguard.camera.copies import BuyerCopies
from parcelguard.camera.messages import CodeRead, PhotoFailed, PhotoKept, Reading, TakePhoto
from parcelguard.core.alerts import Alert, AlertKey, Alerts, AlertsChanged, AlertTopic, Severity
from parcelguard.core.config import Folders, Settings
from parcelguard.core.errors import ParcelGuardError, StorageError
from parcelguard.core.events import EventHub
from parcelguard.core.orders import Order
from parcelguard.core.proofs import Photo
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.core.scans import Scan, ScanSource
from parcelguard.core.times import utc_now
from parcelguard.delivery.announcing import ProofAnnouncer
from parcelguard.disk.jpeg import jpeg_size
from parcelguard.disk.media_folder import MediaFolder
from parcelguard.media_log.hand_copies import HandCopies
from parcelguard.media_log.media_log import MediaLog
from parcelguard.packing.desk_view import DeskChanged, DeskState, ProofSaved
from parcelguard.packing.packing_desk import PackingDesk
from parcelguard.packing.ports import Bench, DeskRecords, DeskRules, DeskShops, PhotoRequest
from parcelguard.runtime.clock import ClockAlerts, ClockComparison
from parcelguard.scanner.normaliser import read_scan
from parcelguard.station.desk_steps import DeskSteps
from parcelguard.station.shops_at_work import ShopsAtWork, StationServices
from parcelguard.store.database import Store
from parcelguard.upkeep.adopt import adopt_photos
from parcelguard.upkeep.backup import Backups
from parcelguard.upkeep.housekeeping import Housekeeping, StationData
from parcelguard.vault.vault import Vault, vault_at

log = logging.getLogger(__name__)

QUIET_S = 60.0


class BenchCamera(Protocol):
    """What a station asks of its camera; the answers come through the hub."""

    def request_photo(self, request: TakePhoto) -> None:
        """Ask for a photo; PhotoKept or PhotoFailed follows."""

    def set_reading(self, reading: Reading) -> None:
        """Change how eagerly codes are looked for."""


class Station:
    """The working parts of one bench. Build it off the window's thread: it opens the database.

    Whoever builds it makes sure that it is the only one on its data folder.
    """

    def __init__(
        self,
        settings: Settings,
        folders: Folders,
        hub: EventHub,
        camera: BenchCamera,
        now: Callable[[], datetime] = utc_now,
        vault: Vault | None = None,
    ) -> None:
        self.hub = hub
        self._camera = camera
        self._media = folders.media
        self._closing, self._closed = Lock(), False
        self._begun = False  # until an order that a crash left open is back, the camera opens none
        self._stops: set[AlertKey] = set()  # alerts that kept the packer from going on
        self._desk_free, self._desk_moved_at = True, monotonic()
        self.alerts = Alerts(hub.publish)
        with ExitStack() as undo:
            self.store = Store(folders.database, now)
            undo.callback(self.store.close)
            adopt_photos(self.store, folders.media, now(), jpeg_size)
            self.housekeeping = self._new_housekeeping(folders, now)
            undo.callback(self.housekeeping.stop)
            self._clock_alerts = ClockAlerts(ClockComparison(now), self.alerts, self._woke)
            copies = BuyerCopies()
            undo.callback(copies.stop_helper)
            self._services = StationServices(
                store=self.store,
                vault=vault or vault_at(folders.secrets, settings.secrets.keep),
                copies=copies,
                media=folders.media,
                publish=hub.publish,
                now=now,
                alerts=self.alerts,
                damaged=self.housekeeping.damaged,
            )
            self._at_work = ShopsAtWork(settings, self._services)
            undo.callback(lambda: self._at_work.end_work())
            self._announcer = ProofAnnouncer(self.store, hub.publish)
            self.log = self._new_log(settings, folders, copies, now)
            self._desk = self._new_desk(settings, folders, now)
            self._steps = DeskSteps(self.housekeeping, self._desk.step_failed)
            undo.callback(self._steps.stop)
            for cancel in self._listen():
                undo.callback(cancel)
            # Nothing failed: what was built is taken down by `shut_down`, in the opposite order.
            self._undo = undo.pop_all()

    def _new_housekeeping(self, folders: Folders, now: Callable[[], datetime]) -> Housekeeping:
        return Housekeeping(
            StationData(
                store=self.store,
                folder=_claimed(folders),
                home=folders.home,
                backups=Backups(folders.backups, folders.home),
            ),
            alerts=self.alerts,
            quiet=self._quiet,
            now=now,
            each_round=self._each_round,
        )

    def _new_log(
        self, settings: Settings, folders: Folders, copies: BuyerCopies, now: Callable[[], datetime]
    ) -> MediaLog:
        return MediaLog(
            store=self.store,
            served=self._at_work,
            copies=HandCopies(folders.home / "by-hand", self.store, copies, folders.media),
            describe=partial(self.housekeeping.notes.resent, self.store),
            announcer=self._announcer,
            media=folders.media,
            packer=settings.bench.packer,
            now=now,
        )

    def _new_desk(self, settings: Settings, folders: Folders, now: Callable[[], datetime]) -> PackingDesk:
        return PackingDesk(
            records=DeskRecords(store=self.store, media=folders.media, notes=self.housekeeping.notes),
            shops=self._desk_shops(),
            camera=_DeskCamera(self._camera),
            bench=Bench(settings.bench.station, settings.bench.packer),
            publish=self.hub.publish,
            now=now,
            rules=DeskRules(
                # Asked of the shops that are at work then: they are replaced when a shop changes.
                left_for=lambda conversation: self._at_work.left_for(conversation),
                may_open=self.housekeeping.may_open,
                may_save=self.housekeeping.may_save,
            ),
        )

    def start(self) -> None:
        """Bring back what a crash left open, and begin to read orders and to send."""
        self._at_work.start(self)
        # The restored order first: what the camera reads must not open another in its place.
        self._steps.post(self._desk.restore)
        self._begun = True
        self.housekeeping.start()
        self._announcer.queue()

    def shut_down(self) -> None:
        """End every thread and close the database; what is in flight is sorted out at the next start.

        Whoever comes second, from another thread, waits until the first has done it.
        """
        with self._closing:
            self._closed = True
            self._undo.close()

    def use_shops_of(self, settings: Settings) -> None:
        """Go on with the shops that these settings name; the open order stays as it is.

        Call it off the window's thread: what is in flight ends first, within seconds.
        """
        with self._closing:
            if self._closed:
                return
            at_work = ShopsAtWork(settings, self._services)
            before, self._at_work = self._at_work, at_work
            # The old couriers end before the new ones begin: two for one shop would send twice.
            before.end_work()
            self.log.use(at_work)
            at_work.start(self)
            self._steps.post(self._desk.use_shops, self._desk_shops())
            self._announcer.queue()

    def check_keys(self, vault: Vault) -> None:
        """Tell when the shops' keys cannot be opened: packing goes on, sending waits."""
        try:
            vault.open()
        except ParcelGuardError as error:
            log.warning("the shops' keys: %s", error)
            self.alerts.raise_alert(Alert(AlertKey(AlertTopic.KEYS), Severity.WARN, error.reason))

    # ---- the packer's keys and scanner -------------------------------------------------

    def scan(self, scan: Scan) -> None:
        """Take in a code."""
        self._steps.post(self._desk.scan, scan)

    def take_photo(self) -> None:
        """F1."""
        self._steps.post(self._desk.take_photo)

    def retake(self) -> None:
        """F2."""
        self._steps.post(self._desk.retake)

    def save(self) -> None:
        """F4."""
        self._steps.post(self._desk.save)

    def clear(self) -> None:
        """Esc."""
        self._steps.post(self._desk.clear)

    # ---- answers from the marketplaces -------------------------------------------------

    def order_read(self, proof_id: str, order: Order) -> None:
        """Hand an order that was read to the desk."""
        self._steps.post(self._desk.order_read, proof_id, order)

    def order_missing(self, proof_id: str, *, asked: bool) -> None:
        """Tell the desk that a code was not found."""
        self._steps.post(lambda: self._desk.order_missing(proof_id, asked=asked))

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

    def _desk_shops(self) -> DeskShops:
        at_work = self._at_work
        return DeskShops(shops=at_work.shops, same_text=at_work.same_text, orders=at_work.orders)

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
        self._steps.post(self._desk.photo_kept, photo, kept.thumbnail)

    def _photo_failed(self, failed: PhotoFailed) -> None:
        log.warning("photo %s not taken: %s", failed.photo_id, failed.detail)
        self.housekeeping.write_failed(full=failed.reason.kind is StorageReason.DISK_FULL)
        self._steps.post(self._desk.photo_failed, failed.photo_id, failed.reason)

    def _code_read(self, code: CodeRead) -> None:
        scan = read_scan(code.text, ScanSource.CAMERA, code.symbology)
        if scan and self._begun:
            self.scan(scan)

    def _alerts_changed(self, event: AlertsChanged) -> None:
        """Let the band forget a trouble with disk or folder once it is over."""
        # Only what had stopped the packer: a note that goes takes nothing back.
        stops = {alert.key for alert in event.alerts if alert.severity is Severity.STOP}
        if self._stops - stops:
            self._steps.post(self._desk.take_back_failure)
        self._stops = stops

    def _desk_changed(self, event: DeskChanged) -> None:
        """Codes in the picture open orders only while none is open."""
        self._desk_moved_at = monotonic()
        free = event.desk.state in (DeskState.READY, DeskState.PACKED)
        self._desk_free = free
        self._camera.set_reading(Reading.EAGER if free else Reading.RELAXED)

    def _woke(self) -> None:
        self._at_work.delivery.wake()

    def _quiet(self) -> bool:
        """Whether no order is open and nothing has happened at the desk for a while."""
        return self._desk_free and monotonic() - self._desk_moved_at > QUIET_S

    def _each_round(self) -> None:
        """Look for sleep and set clocks, and for what a call that ended late has set going for nobody."""
        self._clock_alerts.check_clock()
        self._at_work.hold_unserved()

    def _proof_saved(self, event: ProofSaved) -> None:
        proof, at_work = event.proof, self._at_work
        if event.sends and at_work.serves(proof.shop_id):
            at_work.delivery.proof_saved(proof.shop_id, proof.id)
        elif event.sends:  # its shop was switched off while the order was open
            at_work.hold_unserved()
            shop = at_work.shops.get(proof.shop_id)
            self._announcer.proof(proof.id, shop.label if shop else "")


class _DeskCamera:
    """Lets the desk ask the camera without knowing its messages."""

    def __init__(self, camera: BenchCamera) -> None:
        self._camera = camera

    def take(self, request: PhotoRequest) -> None:
        self._camera.request_photo(
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
