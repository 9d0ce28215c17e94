"""Copies of the records on a second place: made while packing goes on, checked, and kept for two weeks.

Keys and tokens are not in the records, so they are in no copy either.
"""

from __future__ import annotations

import hashlib
import logging
import platform
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from parcelguard.core.errors import DamagedDatabase, StorageError
from parcelguard.disk.files import PARTIAL_SUFFIX, keep_durably, make_folder
from parcelguard.runtime.crash_points import hit
from parcelguard.store.database import Store, version_of
from parcelguard.store.health import check
from parcelguard.store.tables import SCHEMA_VERSION

log = logging.getLogger(__name__)

KEPT = timedelta(days=14)
FEWEST = 7  # copies that stay, however old they seem: a clock that was wrong once must not cost them
_STAMP = "%Y%m%d-%H%M%S"
_PAGES = 256  # a megabyte at a time, so that a photo need not wait for the drive


@dataclass(frozen=True, slots=True)
class Backup:
    """One copy of the records as of a moment."""

    path: Path
    at: datetime


class Backups:
    """The copies of one station. Their names say whose they are: several stations may share the folder."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        computer = re.sub(r"[^a-z0-9]+", "-", platform.node().lower()).strip("-")[:40] or "computer"
        place = hashlib.sha256(str(home.absolute()).encode(errors="surrogateescape")).hexdigest()[:6]
        self._stem = f"parcelguard-{computer}-{place}-"

    def make(self, store: Store, now: datetime, paused: Callable[[], None] = lambda: None) -> Backup:
        """Copy the records, check the copy, and remove copies that are too old.

        `paused` is called after every megabyte. Raises StorageError; then the older copies are untouched.
        """
        backup = Backup(self.folder / f"{self._stem}{now.astimezone(UTC):{_STAMP}}.db", now)
        partial = backup.path.with_name(backup.path.name + PARTIAL_SUFFIX)
        make_folder(self.folder)
        try:
            self._copy(store, partial, backup.path, paused)
        except BaseException:
            # Also when `paused` gives the copy up because the program ends: half of it only takes up room.
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
        # Last of all: no old copy goes before the new one has been read back.
        self._remove_old(backup)
        return backup

    def all(self) -> list[Backup]:
        """Return the copies there are, the newest first; whether they are whole is not looked at."""
        try:
            names = [path.name for path in self.folder.iterdir()]
        except OSError:
            return []
        found = [Backup(self.folder / name, at) for name in names if (at := self._moment(name))]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def newest_good(self, now: datetime) -> Backup | None:
        """Return the newest whole copy; one that seems to be of the future only when there is no other."""
        # A copy from the future was made while the clock was wrong: its name does not tell how new it is.
        likely_first = sorted(self.all(), key=lambda each: each.at > now)
        return next((each for each in likely_first if is_good(each.path)), None)

    def _copy(self, store: Store, partial: Path, path: Path, paused: Callable[[], None]) -> None:
        def step() -> None:
            hit("backup.half_written")
            paused()

        proofs = store.copy_to(partial, pages=_PAGES, paused=step)
        keep_durably(partial, path)
        # Read back under its own name: what counts is what the drive gives back, not what was written.
        try:
            _examine(path, proofs)
        except StorageError:
            with suppress(OSError):
                path.unlink()
            raise

    def _remove_old(self, newest: Backup) -> None:
        for old in self.all()[FEWEST:]:  # whatever the clock said when they were made
            if old != newest and newest.at - old.at > KEPT:
                with suppress(OSError):
                    old.path.unlink()
                    log.info("removed %s", old.path.name)
        for leftover in self.folder.glob(f"{self._stem}*{PARTIAL_SUFFIX}"):
            with suppress(OSError):
                leftover.unlink()

    def _moment(self, name: str) -> datetime | None:
        stamp = name.removeprefix(self._stem).removesuffix(".db")
        if name != f"{self._stem}{stamp}.db":
            return None
        try:
            return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        except ValueError:
            return None


def is_good(path: Path) -> bool:
    """Whether a copy of the records is whole and this program can work with it."""
    try:
        check(path)
        version = version_of(path)
    except (StorageError, sqlite3.Error) as error:
        log.warning("not a good copy: %s (%s)", path.name, error)
        return False
    # An older version is brought up to date when it is opened; a newer one cannot be.
    return version is not None and version <= SCHEMA_VERSION


def _examine(path: Path, proofs: int) -> None:
    """Open a fresh copy as one would in need. Raises StorageError when it would not help then."""
    try:
        check(path)
        version = version_of(path)
        with closing(sqlite3.connect(path)) as connection:
            there = connection.execute("SELECT count(*) FROM proof").fetchone()[0]
    except (DamagedDatabase, sqlite3.Error) as error:
        raise StorageError(f"the copy {path.name} is not whole: {error}") from error
    if (version, there) != (SCHEMA_VERSION, proofs):
        raise StorageError(f"the copy {path.name} has version {version} and {there} of {proofs} proofs")
