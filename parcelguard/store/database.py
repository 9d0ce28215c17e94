"""The SQLite file: one connection writes, a few others read.

WAL with synchronous=FULL: a commit that returned survives a power cut. The writing pool holds
exactly one connection, so writers queue for it and SQLite never sees two of them.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.pool import QueuePool

from parcelguard.core.errors import DamagedDatabase, DiskFull, StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.core.times import utc_now
from parcelguard.disk.files import PARTIAL_SUFFIX, keep_durably, make_folder, refused
from parcelguard.disk.local_disk import refuse_network
from parcelguard.store.attempts import AttemptRecords
from parcelguard.store.budget import BudgetRecords
from parcelguard.store.health import Health, check, is_damage, tighten
from parcelguard.store.inventory import InventoryRecords
from parcelguard.store.jobs import JobRecords
from parcelguard.store.log import LogRecords
from parcelguard.store.looks import LookRecords
from parcelguard.store.orders import OrderRecords
from parcelguard.store.parts import PartRecords
from parcelguard.store.proofs import ProofRecords
from parcelguard.store.remote import RemoteRecords
from parcelguard.store.tables import SCHEMA_VERSION

log = logging.getLogger(__name__)

_ALWAYS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
)
# WAL with synchronous=NORMAL may lose the last commits in a power cut (sqlite.org/pragma.html): a tick would
# lie. fullfsync is for macOS, whose fsync leaves data in the drive's cache.
_WRITING = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA fullfsync = ON")
_READING = ("PRAGMA query_only = ON", "PRAGMA wal_autocheckpoint = 0")
_WRITER_PATIENCE_S = 30
_READERS = 4


class Records:
    """One transaction's view of everything kept, by the questions the application asks."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self.orders = OrderRecords(connection, now)
        self.proofs = ProofRecords(connection)
        self.parts = PartRecords(connection, now)
        self.attempts = AttemptRecords(connection, self.parts, now)
        self.jobs = JobRecords(connection, now)
        self.remote = RemoteRecords(connection)
        self.budget = BudgetRecords(connection, now)
        self.looks = LookRecords(connection)
        self.log = LogRecords(connection)
        self.inventory = InventoryRecords(connection)


class Store:
    """Opens the database, brings its tables up to date, and hands out transactions."""

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now) -> None:
        self._path = path
        self._now = now
        self._health = Health(path)
        self._damaged = False
        # WAL needs shared memory, and locks on network drives cannot be trusted: sqlite.org/wal.html.
        refuse_network(path.parent)
        with _told_in_words(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._health.examine(now())
            path.touch(mode=0o600)  # SQLite would let others of this computer read it
            tighten(path)
            self._upgrade(path)
            self._writer = _engine(path, _WRITING, size=1)
            self._readers = _engine(path, _READING, size=_READERS)
            self._health.opened(now())

    @contextmanager
    def begin(self) -> Iterator[Records]:
        """One writing transaction: committed at the end of the block, undone by an exception.

        Raises DiskFull or StorageError when it could not be kept; then nothing of it was.
        """
        with self._told(), self._writer.begin() as connection:
            yield Records(connection, self._now)

    @contextmanager
    def read(self) -> Iterator[Records]:
        """One consistent view; never waits for a writer."""
        with self._told(), self._readers.begin() as connection:
            yield Records(connection, self._now)

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log back."""
        self._readers.dispose()
        self._writer.dispose()
        if not self._damaged:  # otherwise the next start looks closely
            with suppress(OSError):
                self._health.closed()

    def check(self) -> None:
        """Read through the whole database beside the daily work. Raises DamagedDatabase."""
        with self._told():
            check(self._path)
            self._health.checked(self._now())

    @property
    def check_due(self) -> bool:
        """Whether the last check is a week ago."""
        return self._health.due(self._now())

    def copy_to(self, path: Path, *, pages: int = -1, paused: Callable[[], None] = lambda: None) -> int:
        """Write a copy as of this moment while others read and write; returns how many proofs are in it.

        `paused` is called after every so many pages. The copy is a database of its own, not yet flushed.
        """
        with _told_in_words(path), self._readers.begin() as connection:
            proofs = InventoryRecords(connection).proofs()  # from here on this connection's view stands still
            copy_database(connection.connection.driver_connection, path, pages, paused)
        return proofs

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell failures in words, and remember that one of them was damage."""
        try:
            with _told_in_words(self._path):
                yield
        except DamagedDatabase:
            self._damaged = True
            raise

    def _upgrade(self, path: Path) -> None:
        """Migrate only when needed: Alembic costs a quarter of a second to import."""
        version = version_of(path)
        if version and version > SCHEMA_VERSION:
            raise StorageError(
                f"{path} has tables of version {version}, this program knows {SCHEMA_VERSION}",
                because(StorageReason.NEWER_RECORDS),
            )
        if version != SCHEMA_VERSION:
            from parcelguard.store.migrate import upgrade

            if version:
                _copy_before_upgrade(path, version)
            engine = _engine(path, _WRITING, size=1)
            try:
                upgrade(engine)
            finally:
                engine.dispose()


def _copy_before_upgrade(path: Path, version: str) -> None:
    """Keep what the version before can open, in case the new one cannot be used."""
    kept = path.parent / "backups" / f"{path.stem}-before-{version}-ends.db"
    partial = kept.with_name(kept.name + PARTIAL_SUFFIX)
    make_folder(kept.parent)
    with closing(sqlite3.connect(path)) as source:
        copy_database(source, partial, -1, lambda: None)
    keep_durably(partial, kept)


def copy_database(source: Any, path: Path, pages: int, paused: Callable[[], None]) -> None:
    """Copy an open database into a new file that needs no companions to be read."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as copy:
        source.backup(copy, pages=pages, progress=lambda *_: paused(), sleep=0)
        # WAL mode is copied along with the pages, and a file in that mode needs two companions to be read.
        copy.execute("PRAGMA journal_mode = DELETE")


def version_of(path: Path) -> str | None:
    """Return the version of a database's tables; None for a new file, and for one of another program."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # which means: no such table
                raise
            return None
    return str(row[0]) if row else None


def _engine(path: Path, pragmas: tuple[str, ...], size: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,  # an error's text goes into the log, and buyers' names do not
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=_WRITER_PATIENCE_S,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in (*_ALWAYS, *pragmas):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        # A writer takes the lock at once: one that reads first and writes later can fail half-way with
        # SQLITE_BUSY, which waiting does not mend.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if pragmas is _WRITING else "BEGIN")

    return engine


@contextmanager
def _told_in_words(path: Path) -> Iterator[None]:
    """Translate the driver's failures once, here; the log keeps the detail without values."""
    try:
        yield
    except NoFreeConnection as error:  # every connection was busy for too long
        raise StorageError(f"{path}: {error}") from error
    except OSError as error:
        raise refused(path, error) from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        # A broken rule is a bug of this program, not the disk's: it must not be told as a full or failing
        # drive.
        if isinstance(cause, sqlite3.IntegrityError):
            raise
        if is_damage(cause):
            raise DamagedDatabase(f"{path}: {cause}") from error
        full = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise (DiskFull if full else StorageError)(f"{path}: {cause}") from error
