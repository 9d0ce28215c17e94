"""Keeps a second program off the data folder of the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from parcelguard.errors import AlreadyRunning


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold this data folder, which has to exist, for one program alone. Raises AlreadyRunning.

    The system lets go of the lock when the program is killed. Leave it on the thread that entered.
    """
    lock = FileLock(home / "running.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise AlreadyRunning(str(home)) from error
    try:
        yield
    finally:
        lock.release()
