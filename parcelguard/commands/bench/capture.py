"""F1 from the key to the durable row, beside the sum of its parts.

The floor encodes, hashes, writes durably and inserts with the same calls, one after the other in
one process. Both are taken in turn while the same preview runs, so both feel the same machine.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Condition
from time import perf_counter, sleep

import cv2
import numpy as np
import numpy.typing as npt

from parcelguard.camera.client import CameraClient, CameraListeners
from parcelguard.commands.bench.harness import Case, Row, spread
from parcelguard.core.config import CameraSettings, Settings, folders_of
from parcelguard.core.errors import CameraUnavailable
from parcelguard.core.events import CameraChanged, CameraState, EventHub
from parcelguard.core.message_id import msgid
from parcelguard.core.proofs import MAX_PHOTOS
from parcelguard.core.scans import ScanSource
from parcelguard.disk.files import write_durably
from parcelguard.packing.desk_view import Desk, DeskChanged, DeskState
from parcelguard.scanner.normaliser import read_scan
from parcelguard.station.station import Station

ORDERS = 40
LONGEST_WAIT_S = 30.0
REST_S = 0.05  # nobody presses F1 while the disk still works off the last photo; the floor rests too


class _DeskObserver:
    """Waits for what the hub tells."""

    def __init__(self, hub: EventHub) -> None:
        self._changed = Condition()
        self._changed_at = 0.0
        self.desk = Desk()
        self.live = False
        hub.subscribe(DeskChanged, self._on_desk)
        hub.subscribe(CameraChanged, self._on_camera)

    def until(self, seen: Callable[[], bool]) -> float:
        """Wait until `seen` holds and return when the desk told it, not when this thread woke up."""
        with self._changed:
            if not self._changed.wait_for(seen, LONGEST_WAIT_S):
                raise CameraUnavailable("the measurement waited in vain")
            return self._changed_at

    def _on_desk(self, event: DeskChanged) -> None:
        with self._changed:
            self._changed_at = perf_counter()
            self.desk = event.desk
            self._changed.notify_all()

    def _on_camera(self, event: CameraChanged) -> None:
        with self._changed:
            self.live = event.state is CameraState.LIVE
            self._changed.notify_all()


def measure() -> list[Row]:
    """Take some 120 photos each way."""
    with tempfile.TemporaryDirectory(prefix="parcelguard-bench-") as home:
        settings = Settings(camera=CameraSettings(source="demo"))
        folders = folders_of(Path(home), settings)
        folders.make()
        hub = EventHub()
        observer = _DeskObserver(hub)
        camera = CameraClient(
            settings.camera, folders.media, CameraListeners.of_hub(hub.publish, frame_arrived=lambda: None)
        )
        camera.start()
        try:
            station = Station(settings, folders, hub, camera)
            station.start()
            try:
                observer.until(lambda: observer.live)
                return _take_turns(station, observer, folders.media, settings.camera.quality)
            finally:
                station.shut_down()
        finally:
            camera.stop()


def _take_turns(station: Station, observer: _DeskObserver, media: Path, quality: int) -> list[Row]:
    ours: list[float] = []
    floor: list[float] = []
    beside = media.parent / "floor"
    with closing(_plain_database(beside)) as database:
        for order in range(ORDERS):
            scan = read_scan(f"BENCH{order:06d}", ScanSource.TYPED)
            assert scan
            station.scan(scan)
            observer.until(lambda: observer.desk.state is DeskState.UNMATCHED)
            for number in range(1, MAX_PHOTOS + 1):
                sleep(REST_S)
                begun = perf_counter()
                station.take_photo()
                done = observer.until(lambda wanted=number: len(observer.desk.photos) == wanted)  # type: ignore[misc]
                ours.append(done - begun)
                frame = _pixels(media / observer.desk.photos[-1].photo.path)
                sleep(REST_S)
                floor.append(_floor(frame, quality, beside / f"{order}-{number}.jpg", database))
            station.clear()
            observer.until(lambda: observer.desk.state is DeskState.READY)
    middle, high = Case(msgid("F1 to durable row, median")), Case(msgid("F1 to durable row, p95"))
    return spread(middle, high, _ms(ours), _ms(floor))


def _floor(frame: npt.NDArray[np.uint8], quality: int, path: Path, database: sqlite3.Connection) -> float:
    """Do the same work with nothing in between; returns seconds."""
    begun = perf_counter()
    _, encoded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
    data = encoded.tobytes()
    digest = hashlib.sha256(data).hexdigest()
    write_durably(path, data)
    with database:
        database.execute("INSERT INTO photo VALUES (?, ?, ?)", (str(path), digest, len(data)))
    return perf_counter() - begun


def _plain_database(folder: Path) -> sqlite3.Connection:
    folder.mkdir()
    database = sqlite3.connect(folder / "floor.db")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE photo (path TEXT, sha256 TEXT, size INTEGER)")
    return database


def _pixels(path: Path) -> npt.NDArray[np.uint8]:
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture.astype(np.uint8, copy=False)


def _ms(seconds: list[float]) -> list[float]:
    return [each * 1000 for each in seconds]
