"""Room on the disk: how much is left, until when it lasts, and a reserve for the order that is open."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path

from parcelguard.disk.files import PARTIAL_SUFFIX, keep_durably, refused
from parcelguard.store.database import Store

RATE_OVER = timedelta(days=7)
BALLAST_BYTES = 64 * 2**20
BALLAST = ".parcelguard-ballast"
FULL_BYTES = 300 * 10**6
VERY_LOW_BYTES = 10**9
VERY_LOW_SHARE = 0.03
LOW_SHARE = 0.10
LOW_DAYS = 3.0
_FURTHEST_DAYS = 3650.0
_AT_ONCE = 2**20


class Level(IntEnum):
    """How much room there is, the worst last."""

    PLENTY = 0
    LOW = 1
    VERY_LOW = 2
    FULL = 3  # no new order may be opened


@dataclass(frozen=True, slots=True)
class Space:
    """The room on one disk. `full_at` is when it ends at the present rate; None when nothing is written."""

    level: Level
    free: int
    full_at: datetime | None


def judge(free: int, total: int, bytes_a_day: float, now: datetime) -> Space:
    """Return what so much room means at this rate of writing."""
    days = free / bytes_a_day if bytes_a_day > 0 else None
    if free < FULL_BYTES:
        level = Level.FULL
    elif free < VERY_LOW_BYTES or free < VERY_LOW_SHARE * total:
        level = Level.VERY_LOW
    elif free < LOW_SHARE * total or (days is not None and days < LOW_DAYS):
        level = Level.LOW
    else:
        level = Level.PLENTY
    return Space(
        level, free, now + timedelta(days=days) if days is not None and days < _FURTHEST_DAYS else None
    )


def measure(folder: Path, bytes_a_day: float, now: datetime) -> Space:
    """Measure the disk of a folder. Raises StorageError when it cannot be asked."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        raise refused(folder, error) from error
    return judge(usage.free, usage.total, bytes_a_day, now)


def bytes_a_day(store: Store, now: datetime) -> float:
    """Return how much the photos of the last days took, each day."""
    with store.read() as records:
        written, first = records.inventory.written_since(now - RATE_OVER)
    if first is None:
        return 0.0
    return written / max(1.0, (now - first) / timedelta(days=1))


class Ballast:
    """A file that is worth nothing, given up when the disk is full so that the open order fits."""

    def __init__(self, folder: Path, size: int = BALLAST_BYTES) -> None:
        self._path = folder / BALLAST
        self._size = size

    def keep(self) -> None:
        """Take the room, unless it is taken already. Raises StorageError, and then takes none."""
        partial = self._path.with_name(self._path.name + PARTIAL_SUFFIX)
        try:
            if self._path.exists() and self._path.stat().st_size == self._size:
                return
            with partial.open("wb") as file:
                _take(file.fileno(), self._size)
        except OSError as error:
            # On a disk that is nearly full a half-made reserve would only make it worse.
            partial.unlink(missing_ok=True)
            raise refused(self._path, error) from error
        keep_durably(partial, self._path)

    def give_up(self) -> bool:
        """Free the room. False when there was none to free."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


def _take(descriptor: int, size: int) -> None:
    """Give a file real blocks of the disk; a file with holes would take none."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    noise = os.urandom(_AT_ONCE)  # which no file system can squeeze
    for begin in range(0, size, _AT_ONCE):
        os.write(descriptor, noise[: size - begin])
