"""macOS and Windows flush and rename in their own way; stand-ins that answer as they do are asked here."""

from __future__ import annotations

import ctypes
import errno
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from parcelguard.core.errors import DiskFull, StorageError
from parcelguard.disk import files

fcntl = pytest.importorskip("fcntl", reason="Windows itself needs no stand-in")

F_FULLFSYNC = 51
ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, FILE_EXISTS, DRIVE_FULL = 5, 32, 33, 183, 112
REPLACE_EXISTING, WRITE_THROUGH = 0x1, 0x8


# ---- macOS -----------------------------------------------------------------------------------


class MacDrive:
    """Takes F_FULLFSYNC as macOS does, and notes every flush; `refusal` makes it fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refusal = 0
        self.flushed: list[str] = []
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(fcntl, "F_FULLFSYNC", F_FULLFSYNC, raising=False)
        monkeypatch.setattr(fcntl, "fcntl", self._fcntl)
        monkeypatch.setattr(os, "fsync", self._fsync)

    def _fcntl(self, descriptor: int, command: int) -> int:
        assert command == F_FULLFSYNC
        if self.refusal:
            raise OSError(self.refusal, os.strerror(self.refusal))
        self.flushed.append(f"to the drive: {_name(descriptor)}")
        return 0

    def _fsync(self, descriptor: int) -> None:
        self.flushed.append(_name(descriptor))


def _name(descriptor: int) -> str:
    return Path(f"/proc/self/fd/{descriptor}").readlink().name


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> MacDrive:
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to name what is flushed")
    return MacDrive(monkeypatch)


def test_mac_is_asked_to_flush_to_the_drive_itself(tmp_path: Path, mac: MacDrive) -> None:
    files.write_durably(tmp_path / "photo.jpg", b"photo")

    assert mac.flushed == ["to the drive: photo.jpg.part", tmp_path.name]


@pytest.mark.parametrize("unknown", [errno.ENOTSUP, errno.ENOTTY, errno.EINVAL])
def test_mac_share_that_cannot_flush_to_the_drive_is_flushed_as_well_as_it_can(
    tmp_path: Path, mac: MacDrive, unknown: int
) -> None:
    mac.refusal = unknown

    files.write_durably(tmp_path / "photo.jpg", b"photo")

    assert mac.flushed == ["photo.jpg.part", tmp_path.name]


def test_mac_drive_that_fails_is_never_flushed_again_and_believed(tmp_path: Path, mac: MacDrive) -> None:
    mac.refusal = errno.EIO

    with pytest.raises(StorageError):
        files.write_durably(tmp_path / "photo.jpg", b"photo")

    assert mac.flushed == []
    assert list(tmp_path.iterdir()) == []


# ---- Windows ---------------------------------------------------------------------------------


class Kernel32:
    """Moves files as Windows does; `refusals` are answered first, one a call."""

    def __init__(self) -> None:
        self.refusals: Iterator[int] = iter(())
        self.calls = 0
        self.error = 0
        self.durable: set[str] = set()  # names that outlive a power cut

    def __call__(self, library: str, *, use_last_error: bool) -> Kernel32:
        assert (library, use_last_error) == ("kernel32", True)
        return self

    def MoveFileExW(self, old: str, new: str, flags: int) -> int:  # noqa: N802
        self.calls += 1
        self.error = next(self.refusals, 0)
        if not self.error and Path(new).exists() and not flags & REPLACE_EXISTING:
            self.error = FILE_EXISTS
        if self.error:
            return 0
        Path(old).replace(new)
        if flags & WRITE_THROUGH:
            self.durable.add(Path(new).name)
        return 1


class CountedSleep:
    """The module's clock: a sleep takes no time and is counted."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def monotonic(self) -> float:
        return self.slept_s

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel32:
    codes = {DRIVE_FULL: errno.ENOSPC}
    kernel = Kernel32()
    monkeypatch.setattr(ctypes, "WinDLL", kernel, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", lambda: kernel.error, raising=False)
    monkeypatch.setattr(
        ctypes,
        "WinError",
        lambda code: OSError(codes.get(code, errno.EACCES), f"error {code}"),
        raising=False,
    )
    return kernel


@pytest.fixture
def counted_sleep() -> CountedSleep:
    return CountedSleep()


@pytest.fixture
def windows(kernel: Kernel32, counted_sleep: CountedSleep, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the module once more, as Windows would."""
    monkeypatch.setattr(sys, "platform", "win32")
    spec = importlib.util.spec_from_file_location("files_on_windows", files.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "time", counted_sleep)
    return module


def test_windows_is_told_to_write_the_new_name_through(
    tmp_path: Path, windows: ModuleType, kernel: Kernel32
) -> None:
    path = tmp_path / "2026" / "secrets.json"

    windows.write_durably(path, b"first")
    windows.write_durably(path, b"second")

    assert path.read_bytes() == b"second"
    assert kernel.durable == {"secrets.json"}
    assert [each.name for each in path.parent.iterdir()] == ["secrets.json"]


def test_windows_folders_are_made_and_may_exist(tmp_path: Path, windows: ModuleType) -> None:
    windows.make_folder(tmp_path / "2026" / "11")
    windows.make_folder(tmp_path / "2026" / "11")

    assert (tmp_path / "2026" / "11").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        windows.make_folder(tmp_path / "file" / "11")


@pytest.mark.parametrize("busy", [ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION])
def test_windows_scanner_that_holds_a_new_file_is_waited_for(
    tmp_path: Path, windows: ModuleType, kernel: Kernel32, counted_sleep: CountedSleep, busy: int
) -> None:
    kernel.refusals = iter([busy] * 3)

    windows.write_durably(tmp_path / "photo.jpg", b"photo", read_only=True)

    assert (tmp_path / "photo.jpg").read_bytes() == b"photo"
    assert 0 < counted_sleep.slept_s < 1


def test_windows_file_that_stays_held_is_given_up_after_two_and_a_half_seconds(
    tmp_path: Path, windows: ModuleType, kernel: Kernel32, counted_sleep: CountedSleep
) -> None:
    kernel.refusals = iter([SHARING_VIOLATION] * 1000)

    with pytest.raises(StorageError, match="error 32"):
        windows.write_durably(tmp_path / "photo.jpg", b"photo")

    assert counted_sleep.slept_s == pytest.approx(2.5, abs=0.2)
    assert list(tmp_path.iterdir()) == []


def test_windows_full_drive_is_told_at_once(
    tmp_path: Path, windows: ModuleType, kernel: Kernel32, counted_sleep: CountedSleep
) -> None:
    (tmp_path / "secrets.json").write_bytes(b"before")
    kernel.refusals = iter([DRIVE_FULL])

    with pytest.raises(DiskFull):
        windows.write_durably(tmp_path / "secrets.json", b"after")

    assert (kernel.calls, counted_sleep.slept_s) == (1, 0)
    assert (tmp_path / "secrets.json").read_bytes() == b"before"


def test_windows_original_that_got_no_name_leaves_nothing_behind(
    tmp_path: Path, windows: ModuleType, kernel: Kernel32, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = Path.unlink

    def remove_writable(path: Path, missing_ok: bool = False) -> None:
        if path.exists() and not path.stat().st_mode & 0o200:
            raise PermissionError(errno.EACCES, "Windows removes no read-only file")
        remove(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", remove_writable)
    kernel.refusals = iter([DRIVE_FULL])

    with pytest.raises(DiskFull):
        windows.write_durably(tmp_path / "photo.jpg", b"photo", read_only=True)

    assert list(tmp_path.iterdir()) == []
