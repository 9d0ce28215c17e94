"""How a database was left: closed in good order or not, when it was checked last, and whether it is whole.

Two empty files beside it remember that. `.open` is there while a program works on it; one that was
killed leaves it. `.checked` is as old as the last check.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from parcelguard.core.errors import DamagedDatabase
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason

CHECK_AFTER = timedelta(days=7)
COMPANIONS = ("-wal", "-shm")  # what SQLite keeps beside a database; a part of it
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Health:
    """The two files beside one database."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._open = database.with_name(f"{database.name}.open")
        self._checked = database.with_name(f"{database.name}.checked")

    def examine(self, now: datetime) -> None:
        """Check a database that was not closed, or not checked for a week. Raises DamagedDatabase.

        Records that were there and are gone count as damaged: an empty log must not pass for the true one.
        """
        if not self._database.exists() or not self._database.stat().st_size:
            if self._checked.exists():
                raise DamagedDatabase(f"{self._database} is gone", because(StorageReason.RECORDS_GONE))
            return
        if self._open.exists() or self.due(now):
            check(self._database)
            self.checked(now)

    def due(self, now: datetime) -> bool:
        """Whether the last check is a week ago, or lies in the future of a clock that was set back."""
        if not self._checked.exists():
            return True
        return abs(now.timestamp() - self._checked.stat().st_mtime) > CHECK_AFTER.total_seconds()

    def checked(self, now: datetime) -> None:
        """Remember that it was found whole."""
        self._checked.touch(mode=0o600)
        os.utime(self._checked, (now.timestamp(), now.timestamp()))

    def opened(self, now: datetime) -> None:
        """Remember that a program works on it."""
        self._open.touch(mode=0o600)
        if not self._checked.exists():
            self.checked(now)

    def closed(self) -> None:
        """Remember that it was closed in good order."""
        self._open.unlink(missing_ok=True)


def check(database: Path) -> None:
    """Read through a whole database. Raises DamagedDatabase, or sqlite3.Error when it cannot be read."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DamagedDatabase(f"{database}: {found}")


def is_damage(error: BaseException | None) -> bool:
    """Whether one of SQLite's failures means that the file itself is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _DAMAGED


def tighten(database: Path) -> None:
    """Keep others of this computer from reading it, should an older program have let them."""
    if sys.platform == "win32":  # there the folder's own rights decide
        return
    for path in (database, *(database.with_name(database.name + each) for each in COMPANIONS)):
        if path.exists() and path.stat().st_mode & 0o077:
            path.chmod(0o600)
