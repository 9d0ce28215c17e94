"""A whole station without its window or camera, on disks that are full, gone, or damaged."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from parcelguard.camera.messages import CodeRead, PhotoFailed, PhotoKept, Reading, TakePhoto
from parcelguard.core.alerts import AlertsChanged, AlertTopic
from parcelguard.core.config import Folders, Settings
from parcelguard.core.errors import DiskFull, StorageError
from parcelguard.core.events import EventHub
from parcelguard.core.proofs import Proof
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.core.times import utc_now
from parcelguard.disk.files import photo_name, write_durably
from parcelguard.packing.desk_view import Desk, DeskChanged, DeskState, Notice, NoticeKind
from parcelguard.packing.packing_desk import PackingDesk
from parcelguard.station.station import Station
from parcelguard.ui.words.pack_words import reason_words
from parcelguard.upkeep.disk_space import BALLAST, Ballast
from parcelguard.upkeep.photo_notes import DRAFT, PROOF, read_note
from tests.support.fakes import ORDER, picture, wait_for, wedge

pytestmark = pytest.mark.usefixtures("no_stray_threads")


class Disk(NamedTuple):
    total: int
    used: int
    free: int


class Camera:
    """Keeps each picture at once; tells what kept it from that, as the darkroom does."""

    def __init__(self, media: Path, hub: EventHub) -> None:
        self._media, self._hub = media, hub

    def set_reading(self, reading: Reading) -> None:
        """No codes are read here."""

    def request_photo(self, request: TakePhoto) -> None:
        data = picture(request.ordinal)
        sha256 = hashlib.sha256(data).hexdigest()
        path = f"{request.folder}/{photo_name(request.ordinal, request.shot, sha256)}"
        try:
            write_durably(self._media / path, data, read_only=True)
        except StorageError as error:
            failed = PhotoFailed(
                photo_id=request.photo_id,
                proof_id=request.proof_id,
                reason=error.reason,
                detail=str(error),
            )
            self._hub.publish(failed)
            return
        self._hub.publish(
            PhotoKept(
                photo_id=request.photo_id, proof_id=request.proof_id, ordinal=request.ordinal,
                shot=request.shot, path=path, sha256=sha256, size=len(data), width=64, height=48,
                taken_at=utc_now(), sharp=True, thumbnail=b"small",
            )
        )  # fmt: skip


class Bench:
    """The station and what its screens would show."""

    def __init__(self, home: Path, media: Path) -> None:
        self.folders = Folders(home, media)
        self.folders.make()
        hub = EventHub()
        self.desk = Desk()
        self.alerts: tuple[AlertTopic, ...] = ()
        hub.subscribe(DeskChanged, self._desk_changed)
        hub.subscribe(AlertsChanged, self._alerts_changed)
        self.camera = Camera(media, hub)
        self.station = Station(Settings(), self.folders, hub, self.camera)
        self.station.start()

    def _desk_changed(self, event: DeskChanged) -> None:
        self.desk = event.desk

    def _alerts_changed(self, event: AlertsChanged) -> None:
        self.alerts = tuple(alert.key.topic for alert in event.alerts)

    def until(self, what: Callable[[Desk], object]) -> None:
        wait_for(lambda: what(self.desk))

    def told(self, words: str) -> None:
        self.until(lambda desk: desk.notice and words in reason_words(desk.notice.reason))

    def open(self, code: str = "LABEL00012345") -> None:
        self.station.scan(wedge(code))
        self.until(lambda desk: desk.state is DeskState.UNMATCHED)


def fill_up(drive: Path) -> None:
    """Leave no room at all; the station goes on writing its notes meanwhile."""
    with (drive / "filler").open("ab") as filler:
        while free := shutil.disk_usage(drive).free:
            with suppress(OSError):
                os.posix_fallocate(filler.fileno(), filler.seek(0, os.SEEK_END), free)


@contextmanager
def opened(home: Path, media: Path) -> Iterator[Bench]:
    bench = Bench(home, media)
    try:
        yield bench
    finally:
        bench.station.shut_down()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path / "home", tmp_path / "drive") as running:
        yield running


def test_order_is_described_beside_its_photos_from_the_scan_to_f4(bench: Bench) -> None:
    bench.open()
    wait_for(lambda: list(bench.folders.media.rglob(DRAFT)))
    bench.station.take_photo()
    bench.until(lambda desk: desk.photos)
    bench.station.save()
    (path,) = wait_for(lambda: list(bench.folders.media.rglob(PROOF)))

    assert read_note(path).code == "LABEL00012345"


def test_label_in_view_at_a_start_does_not_take_the_place_of_the_order_that_was_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, media = tmp_path / "home", tmp_path / "drive"
    with opened(home, media) as bench:
        bench.open(ORDER.tracking)
        bench.station.take_photo()
        bench.until(lambda desk: desk.photos)
    start = Station.start

    def seen_before(station: Station) -> None:
        station.hub.publish(CodeRead(text=ORDER.tracking, symbology="Code128"))
        start(station)

    monkeypatch.setattr(Station, "start", seen_before)
    with opened(home, media) as bench:
        bench.until(lambda desk: len(desk.photos) == 1)


def test_drive_that_is_gone_stops_the_next_order_at_once_and_its_return_lets_it_go_on(
    bench: Bench, tmp_path: Path
) -> None:
    bench.folders.media.rename(tmp_path / "unplugged")
    bench.station.scan(wedge("LABEL00012345"))
    bench.told(f"Cannot save photos to {bench.folders.media}")
    assert bench.desk.state is DeskState.READY
    assert not bench.folders.media.exists()

    bench.station.housekeeping.write_failed(full=False)
    wait_for(lambda: AlertTopic.MEDIA_FOLDER in bench.alerts)
    (tmp_path / "unplugged").rename(bench.folders.media)
    wait_for(lambda: bench.alerts == ())
    bench.open()


def test_drive_that_is_gone_saves_no_order_until_it_is_back(bench: Bench, tmp_path: Path) -> None:
    bench.open()
    bench.station.take_photo()
    bench.until(lambda desk: desk.photos)
    bench.folders.media.rename(tmp_path / "unplugged")
    bench.station.save()
    bench.told("Do not close this parcel")
    assert bench.desk.state is DeskState.UNMATCHED

    (tmp_path / "unplugged").rename(bench.folders.media)
    bench.station.save()
    bench.until(lambda desk: desk.state is DeskState.READY)


def test_station_starts_without_its_drive_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path / "home", tmp_path / "drive"):
        pass
    (tmp_path / "drive").rename(tmp_path / "unplugged")

    with opened(tmp_path / "home", tmp_path / "drive") as bench:
        wait_for(lambda: AlertTopic.MEDIA_FOLDER in bench.alerts)
        bench.station.scan(wedge("LABEL00012345"))
        bench.told("Cannot save photos to")
    assert not (tmp_path / "drive").exists()


def test_full_disk_opens_no_order_and_the_open_one_can_be_finished(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.open()
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Disk(500 * 10**9, 0, 10**6))
    bench.station.take_photo()
    bench.until(lambda desk: desk.photos)
    bench.station.save()
    bench.until(lambda desk: desk.state is DeskState.READY)

    bench.station.scan(wedge("LABEL00012346"))
    bench.told("no new order")


def test_ballast_makes_room_for_the_step_that_found_the_disk_full(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.open()
    bench.station.take_photo()
    bench.until(lambda desk: desk.photos)
    ballast = bench.folders.media / BALLAST
    wait_for(ballast.exists)
    real = PackingDesk._commit

    def full(desk: PackingDesk, proof: Proof) -> None:
        if ballast.exists():
            raise DiskFull("no space")
        real(desk, proof)

    monkeypatch.setattr(PackingDesk, "_commit", full)
    bench.station.save()
    bench.until(lambda desk: desk.state is DeskState.READY)


def test_step_on_a_disk_that_stays_full_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.open()
    bench.station.take_photo()
    bench.until(lambda desk: desk.photos)

    def full(*_: object) -> None:
        raise DiskFull("no space")

    monkeypatch.setattr(PackingDesk, "_commit", full)
    bench.station.save()
    bench.told("The disk is full")
    assert bench.desk.state is DeskState.UNMATCHED


def test_order_that_is_open_when_the_disk_fills_up_is_finished_with_the_room_of_the_ballast(
    tmp_path: Path,
) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=380m", "tmpfs", str(drive)], check=False
    )
    if not made or made.returncode:
        pytest.skip("needs root to mount a small disk")
    try:
        (drive / "media").mkdir()
        Ballast(drive / "media").keep()
        with opened(tmp_path / "home", drive / "media") as bench:
            bench.open()
            fill_up(drive)
            bench.station.take_photo()
            bench.until(lambda desk: desk.notice and desk.notice.kind is NoticeKind.PHOTO_FAILED)
            assert bench.desk.notice
            assert bench.desk.notice.reason
            assert bench.desk.notice.reason.kind is StorageReason.DISK_FULL
            assert not bench.desk.photos

            wait_for(lambda: not (drive / "media" / BALLAST).exists())
            bench.station.take_photo()
            bench.until(lambda desk: desk.photos)
            bench.station.save()
            bench.until(lambda desk: desk.state is DeskState.READY)
            wait_for(lambda: list(drive.rglob(PROOF)))
            wait_for(lambda: AlertTopic.DISK_SPACE in bench.alerts)

            bench.station.scan(wedge("LABEL00012346"))
            bench.told("no new order")
    finally:
        subprocess.run(["umount", "-l", str(drive)], check=False)


def test_bug_in_a_step_is_told_to_the_packer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench.open()

    def fail(_desk: PackingDesk) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(PackingDesk, "save", fail)
    bench.station.save()
    bench.told("Something went wrong")
    assert bench.desk.notice == Notice(NoticeKind.NOT_KEPT, reason=because(SendingReason.MISTAKE))
    assert "a bug" in caplog.text


def test_damaged_records_are_told_as_a_lasting_trouble(bench: Bench) -> None:
    bench.open()
    database = bench.folders.database
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (database.stat().st_size - 4096))
    database.with_name("parcelguard.db-wal").write_bytes(b"")
    bench.station.take_photo()
    wait_for(lambda: AlertTopic.RECORDS in bench.alerts)
    bench.told("damaged")
