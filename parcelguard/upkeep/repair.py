"""Mends damaged records: from the newest good backup and the photo folder, or from the folder alone.

The new database is made whole beside the damaged one before that is touched. The damaged one is put
aside and never removed. A message whose sending is not known afterwards is held until a person has looked.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from parcelguard.core.errors import DamagedDatabase, StorageError
from parcelguard.core.ids import new_id
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.disk.files import keep_durably, make_folder, refused
from parcelguard.disk.media_folder import MediaFolder
from parcelguard.store.database import Store
from parcelguard.store.health import COMPANIONS, Health, check
from parcelguard.upkeep.backup import Backup, Backups
from parcelguard.upkeep.rescan import Difference, SizeOf, hold_in_doubt, rescan

log = logging.getLogger(__name__)

ASIDE = "damaged"


class Way(StrEnum):
    """The ways to go on when the records are damaged, the best first."""

    BACKUP = "backup"
    PHOTOS = "photos"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of it."""

    backup: Backup | None
    aside: Path | None
    difference: Difference
    held: int


class Repair:
    """The records of one station that cannot be opened, and what can be done about it."""

    def __init__(
        self,
        damage: DamagedDatabase,
        *,
        database: Path,
        media: MediaFolder,
        backups: Backups,
        size_of: SizeOf,
        now: Callable[[], datetime],
    ) -> None:
        self.damage = damage
        self._database = database
        self._media = media
        self._size_of = size_of
        self._now = now
        self.backup = backups.newest_good(now())

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways to go on, the best first."""
        return tuple(way for way in Way if way is not Way.BACKUP or self.backup)

    def carry_out(self, way: Way) -> Repaired:
        """Make the records again. Raises StorageError; then the damaged ones lie where they lay."""
        backup = self.backup if way is Way.BACKUP else None
        made = self._database.with_name(f"{self._database.name}.new")
        self._media.claim()  # without its photos the records would come back empty
        # The new database is whole before the damaged one is moved: a crash at any step leaves one of them.
        try:
            _remove(made)
            if backup:
                shutil.copyfile(backup.path, made)
                made.chmod(0o600)
            difference, held = self._fill(made, backup)
            # Only a database of one file can be given its name in one step.
            _fold(made)
            aside = self._put_aside()
            keep_durably(made, self._database)
            _remove(made)
            Health(self._database).checked(self._now())
        except OSError as error:
            raise refused(self._database, error) from error
        log.warning("records made again; the damaged ones are in %s", aside)
        return Repaired(backup, aside, difference, held)

    def _fill(self, made: Path, backup: Backup | None) -> tuple[Difference, int]:
        """Bring the new database up to date with the photo folder; nothing in it goes out by itself."""
        store = Store(made, self._now)
        try:
            if backup:
                asks, by_hand = (
                    because(kind, backup=backup.at.isoformat())
                    for kind in (SendingReason.SINCE_BACKUP, SendingReason.SINCE_BACKUP_BY_HAND)
                )
                with store.begin() as records:
                    # Before anything else: since the backup these messages may have gone out, and the backup
                    # knows nothing of that.
                    hold_in_doubt(records, asks, by_hand)
            # What was packed after the backup is told by the notes beside the photos.
            difference = rescan(store, self._media.path, self._size_of, thorough=False)
            with store.begin() as records:
                # What was open before the damage is not what lies on the bench now.
                for draft in records.inventory.drafts():
                    records.proofs.abandon(draft.id, draft.opened_at)
                held = len(records.inventory.undelivered())
        finally:
            store.close()
        return difference, held

    def _put_aside(self) -> Path | None:
        """Move the damaged database with its companions; itself first, so that a crash is noticed."""
        Health(self._database).checked(self._now())  # from here on, a missing database is a damaged one
        damaged = [self._database.with_name(self._database.name + end) for end in ("", *COMPANIONS)]
        if not any(path.exists() for path in damaged):
            return None
        aside = self._database.parent / ASIDE / f"{self._now().astimezone(UTC):%Y%m%d-%H%M%S}-{new_id()[-4:]}"
        make_folder(aside)
        for path in damaged:
            if path.exists():
                path.rename(aside / path.name)
        return aside


def _fold(made: Path) -> None:
    """Make one file of the new database: closing it on a full disk leaves part of it in its log."""
    try:
        with closing(sqlite3.connect(made)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
        check(made)
    except sqlite3.Error as error:
        raise StorageError(f"{made}: {error}") from error


def damage_of(database: Path) -> DamagedDatabase | None:
    """Read through a database; return what is wrong with it, or None."""
    try:
        store = Store(database)
        try:
            store.check()
        finally:
            store.close()
    except DamagedDatabase as error:
        return error
    return None


def _remove(made: Path) -> None:
    """Remove an unfinished new database with everything beside it."""
    for path in made.parent.glob(f"{made.name}*"):
        path.unlink()
