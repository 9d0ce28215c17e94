"""Files that survive a power cut, and the names they get.

A file is complete or absent: written under a temporary name in the target folder, flushed
to the drive, renamed, and the folder flushed. Nothing scanned or typed becomes part of a path.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

from parcelguard.core.errors import DiskFull, StorageError
from parcelguard.core.proofs import Shot
from parcelguard.runtime.crash_points import hit

PARTIAL_SUFFIX = ".part"
THUMBNAIL_SUFFIX = ".thumb.jpg"
PHOTO_NAME = re.compile(rf"([1-9])-({'|'.join(Shot)})-([0-9a-f]{{12}})\.jpg")
_AT_ONCE = 128 * 1024
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_NO_FULL_FLUSH = {errno.ENOTSUP, errno.ENOTTY, errno.EINVAL}  # network shares and old file systems
_WINDOWS_BUSY = {5, 32, 33}  # virus scanners and indexers hold new files for a moment
_WINDOWS_WAIT_S = 2.5


def holds(path: Path, sha256: str) -> bool:
    """Whether a file is there and holds what it held when its hash was taken."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def write_durably(path: Path, data: bytes, *, read_only: bool = False, new_folder: bool = True) -> None:
    """Write `data` to `path` so that after return it survives a power cut.

    Without `new_folder` the folder has to be there: a drive that is gone must not be replaced by a
    folder of its name. Raises DiskFull or StorageError; then `path` holds what it held before. (One
    exception: when only flushing the folder fails after the rename, the new file is there, but may not
    outlive a power cut.)
    """
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    passed = hit if read_only else _nothing  # the named points are those of an original
    try:
        if new_folder:
            _make_folders(path.parent)
        # The order is the promise: the bytes on the drive, then the name, then the folder that holds the
        # name. A cut between any two leaves either the old file or the whole new one, never a torn one.
        _write_flushed(partial, data, passed)
        if read_only:
            partial.chmod(0o400)
        _rename_durably(partial, path, passed)
    except OSError as error:
        # A read-only disk refuses even this; the first error tells why.
        with suppress(OSError):
            _remove(partial)
        raise refused(path, error) from error


def keep_durably(partial: Path, path: Path) -> None:
    """Give a file that was written under a temporary name in the same folder its own name, durably.

    Raises DiskFull or StorageError; then `path` holds what it held before.
    """
    try:
        # Opened for writing although nothing is written: Windows flushes only what may be written.
        descriptor = os.open(partial, os.O_RDWR)
        try:
            _flush(descriptor)
        finally:
            os.close(descriptor)
        _rename_durably(partial, path)
    except OSError as error:
        raise refused(path, error) from error


def make_folder(folder: Path) -> None:
    """Create a folder and what is missing above it, so that it survives a power cut.

    Raises DiskFull or StorageError.
    """
    try:
        _make_folders(folder)
    except OSError as error:
        raise refused(folder, error) from error


def photo_folder(opened_at: datetime, proof_id: str) -> str:
    """Return a proof's folder relative to the media folder: YYYY/MM/DD/<proof id>."""
    return f"{opened_at:%Y/%m/%d}/{UUID(proof_id)}"


def photo_name(ordinal: int, shot: Shot, sha256: str) -> str:
    """Return a photo's file name: number, shot and the first 12 digits of its hash."""
    return f"{int(ordinal)}-{Shot(shot).value}-{int(sha256[:12], 16):012x}.jpg"


def thumbnail_of(photo: Path) -> Path:
    """Return where the small copy of an original lies."""
    return photo.with_name(photo.name.removesuffix(".jpg") + THUMBNAIL_SUFFIX)


def refused(path: Path, error: OSError) -> StorageError:
    """Return the failure in words that a disk's refusal means."""
    kind = DiskFull if error.errno in _DISK_FULL else StorageError
    return kind(f"{path}: {error}")


def _nothing(_point: str) -> None:
    """Pass a point that tests do not break."""


def _write_flushed(partial: Path, data: bytes, passed: Callable[[str], None]) -> None:
    """Write and flush a new file; when the drive reports an error, another one, once."""
    try:
        _write_new(partial, data, passed)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        _write_new(partial, data, passed)


def _write_new(partial: Path, data: bytes, passed: Callable[[str], None]) -> None:
    # A file of its own: never into one that somebody else has put there, nor where a link leads.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    _remove(partial)  # what an earlier try left
    descriptor = os.open(partial, flags, 0o600)
    try:
        # The system may take less than it was given, and says so only in what it returns.
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest[:_AT_ONCE]) :]
            passed("file.half_written")
        # A failed flush is final: the kernel may have dropped the data and call the next flush a success.
        _flush(descriptor)
        # Believed only when the file has grown to its size, whatever the writes returned.
        if os.fstat(descriptor).st_size != len(data):
            raise OSError(errno.EIO, "short file")
        passed("file.flushed")
    finally:
        os.close(descriptor)


def _remove(partial: Path) -> None:
    if partial.is_file() and not partial.is_symlink():
        partial.chmod(0o600)  # Windows removes no read-only file
    partial.unlink(missing_ok=True)


def _flush(descriptor: int) -> None:
    """Flush to the drive itself; macOS needs its own call for that."""
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            # What cannot do the full flush gets the plain one; any other error is the drive's and must be
            # told.
            if error.errno not in _NO_FULL_FLUSH:
                raise
            os.fsync(descriptor)
    else:
        os.fsync(descriptor)


if sys.platform == "win32":
    import ctypes
    import time

    _move = ctypes.WinDLL("kernel32", use_last_error=True).MoveFileExW
    _REPLACE_AND_WRITE_THROUGH = 0x1 | 0x8

    def _rename_durably(partial: Path, path: Path, passed: Callable[[str], None] = _nothing) -> None:
        # Python's rename does not write through on Windows; this call does, and needs no folder flush.
        until = time.monotonic() + _WINDOWS_WAIT_S
        while not _move(str(partial), str(path), _REPLACE_AND_WRITE_THROUGH):
            code = ctypes.get_last_error()
            if code not in _WINDOWS_BUSY or time.monotonic() > until:
                raise ctypes.WinError(code)
            time.sleep(0.05)
        passed("file.renamed")

    def _make_folders(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)

else:

    def _rename_durably(partial: Path, path: Path, passed: Callable[[str], None] = _nothing) -> None:
        partial.rename(path)
        passed("file.renamed")
        _flush_folder(path.parent)
        passed("file.folder_flushed")

    def _make_folders(folder: Path) -> None:
        """Create missing folders and flush each new name into its parent."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        # From the top down: a name is durable only in a folder whose own name is.
        for new in reversed(missing):
            new.mkdir(mode=0o700, exist_ok=True)
            _flush_folder(new.parent)

    def _flush_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
