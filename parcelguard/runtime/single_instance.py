"""Keeps a second program off the data folder of the first, and calls the first one's window forward."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parcelguard.core.errors import AlreadyRunning

_LOCK = "running.lock"
_SIGN = "running.sign"  # there while a program runs, or after it was killed
_CALL = "running.call"  # left by a second start, taken away by the running one
CALL_PATIENCE_S = 3.0


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold this data folder, which has to exist, for one program alone. Raises AlreadyRunning.

    The system lets go of the lock when the program is killed. Leave it on the thread that entered.
    """
    from filelock import FileLock, Timeout  # a start that finds no sign of another does without

    lock = FileLock(home / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise AlreadyRunning(str(home)) from error
    try:
        # A full disk, say; only the courtesy of coming forward is lost.
        with suppress(OSError):
            (home / _CALL).unlink(missing_ok=True)
            (home / _SIGN).touch(mode=0o600)
        yield
    finally:
        with suppress(OSError):
            (home / _SIGN).unlink(missing_ok=True)
        lock.release()


def call_running(home: Path, patience_s: float = CALL_PATIENCE_S) -> bool:
    """Ask the program that holds this folder to show its window. True when it answered.

    Costs next to nothing where none runs: the sign is looked for first.
    """
    # The sign alone proves nothing, since a killed program leaves it; the lock alone would cost every start
    # the import.
    if not (home / _SIGN).exists() or not _is_held(home):
        return False
    _let_it_come_forward()
    call = home / _CALL
    try:
        call.touch(mode=0o600)
        until = time.monotonic() + patience_s
        while call.exists():
            if time.monotonic() > until:
                call.unlink(missing_ok=True)
                return False
            time.sleep(0.02)
    except OSError:
        return False
    return True


def called(home: Path) -> bool:
    """Whether a second start asks for the window; asked once, it is answered."""
    call = home / _CALL
    try:
        call.unlink()
    except OSError:  # nobody called
        return False
    return True


def _is_held(home: Path) -> bool:
    from filelock import FileLock, Timeout

    try:
        with FileLock(home / _LOCK, timeout=0):
            return False
    except (Timeout, OSError):
        return True


def _let_it_come_forward() -> None:
    """Windows lets only the program in front put another one there."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(-1)
