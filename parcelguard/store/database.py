"""The SQLite file: one connection writes, a few others read.

WAL with synchronous=FULL: a commit that returned survives a power cut. The writing pool holds
exactly one connection, so writers queue for it and SQLite never sees two of them.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.pool import QueuePool

from parcelguard.domain import utc_now
from parcelguard.errors import DiskFull, StorageError
from parcelguard.store.attempts import AttemptRecords
from parcelguard.store.log import LogRecords
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
        self.remote = RemoteRecords(connection)
        self.log = LogRecords(connection)


class Store:
    """Opens the database, brings its tables up to date, and hands out transactions."""

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():  # SQLite would let others of this computer read it
                path.touch(mode=0o600)
        except OSError as error:
            raise StorageError(f"{path.parent}: {error}") from error
        with _told_in_words(path):
            self._upgrade(path)
            self._writer = _engine(path, _WRITING, size=1)
            self._readers = _engine(path, _READING, size=_READERS)
        self._path = path

    @contextmanager
    def begin(self) -> Iterator[Records]:
        """One writing transaction: committed at the end of the block, undone by an exception.

        Raises DiskFull or StorageError when it could not be kept; then nothing of it was.
        """
        with _told_in_words(self._path), self._writer.begin() as connection:
            yield Records(connection, self._now)

    @contextmanager
    def read(self) -> Iterator[Records]:
        """One consistent view; never waits for a writer."""
        with _told_in_words(self._path), self._readers.begin() as connection:
            yield Records(connection, self._now)

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log back."""
        self._readers.dispose()
        self._writer.dispose()

    def _upgrade(self, path: Path) -> None:
        """Migrate only when needed: Alembic costs a quarter of a second to import."""
        version = _version(path)
        if version and version > SCHEMA_VERSION:
            raise StorageError(
                f"{path} has tables of version {version}, this program knows {SCHEMA_VERSION}",
                headline="A newer ParcelGuard has worked with this data.",
                advice="Install the newer version again.",
            )
        if version != SCHEMA_VERSION:
            from parcelguard.store.migrate import upgrade

            engine = _engine(path, _WRITING, size=1)
            try:
                upgrade(engine)
            finally:
                engine.dispose()


def _version(path: Path) -> str | None:
    if not path.exists():
        return None
    with closing(sqlite3.connect(path)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:  # no such table: a new or foreign file
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
        connection.exec_driver_sql("BEGIN IMMEDIATE" if pragmas is _WRITING else "BEGIN")

    return engine


@contextmanager
def _told_in_words(path: Path) -> Iterator[None]:
    """Translate the driver's failures once, here; the log keeps the detail without values."""
    try:
        yield
    except NoFreeConnection as error:  # every connection was busy for too long
        raise StorageError(f"{path}: {error}") from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.IntegrityError):
            raise
        full = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise (DiskFull if full else StorageError)(f"{path}: {cause}") from error
