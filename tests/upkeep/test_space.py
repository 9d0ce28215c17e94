"""Room on the disk: what it means, the reserve that is given up, and the folder that must be the true one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.errors import DiskFull, StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.disk.files import make_folder, write_durably
from parcelguard.disk.media_folder import MARKER, FolderGone, MediaFolder
from parcelguard.store.database import Store
from parcelguard.upkeep.disk_space import BALLAST, Ballast, Level, bytes_a_day, judge, measure
from tests.support.fakes import NOON, save_proof

GB = 10**9


# ---- the rule ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "total", "rate", "level"),
    [
        (100 * GB, 500 * GB, 0, Level.PLENTY),
        (50 * GB, 500 * GB, 0, Level.PLENTY),  # exactly a tenth
        (49 * GB, 500 * GB, 0, Level.LOW),
        (100 * GB, 500 * GB, 30 * GB, Level.PLENTY),
        (100 * GB, 500 * GB, 34 * GB, Level.LOW),  # less than three days
        (15 * GB, 500 * GB, 0, Level.LOW),
        (14 * GB, 500 * GB, 0, Level.VERY_LOW),
        (GB - 1, 2 * GB, 0, Level.VERY_LOW),
        (GB, 2 * GB, 0, Level.PLENTY),
        (300 * 10**6, 1000 * GB, 0, Level.VERY_LOW),
        (300 * 10**6 - 1, GB, 0, Level.FULL),
        (0, GB, GB, Level.FULL),
    ],
)
def test_levels_begin_where_they_should(free: int, total: int, rate: float, level: Level) -> None:
    assert judge(free, total, rate, NOON).level is level


def test_forecast_is_the_day_on_which_the_room_ends_at_this_rate() -> None:
    assert judge(30 * GB, 500 * GB, 10 * GB, NOON).full_at == NOON + timedelta(days=3)
    assert judge(30 * GB, 500 * GB, 0, NOON).full_at is None
    assert judge(30 * GB, 500 * GB, 1, NOON).full_at is None, "further away than anybody plans"


def test_rate_comes_from_the_photos_of_the_last_days(store: Store, media: Path) -> None:
    assert bytes_a_day(store, NOON) == 0
    with store.read() as records:
        pass
    for day in (20, 4, 2):
        save_proof(store, media, NOON - timedelta(days=day), photos=1)
    with store.read() as records:
        size = next(records.inventory.photos()).size

    assert bytes_a_day(store, NOON) == pytest.approx(2 * size / 4, rel=0.01)


def test_photos_of_an_hour_are_not_taken_for_those_of_a_day(store: Store, media: Path) -> None:
    proof = save_proof(store, media, NOON - timedelta(hours=1), photos=1)
    with store.read() as records:
        (photo,) = records.proofs.photos(proof.id)

    assert bytes_a_day(store, NOON) == photo.size


def test_disk_is_measured_or_told_in_words(tmp_path: Path) -> None:
    assert measure(tmp_path, 0, NOON).free == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)
    with pytest.raises(StorageError):
        measure(tmp_path / "gone", 0, NOON)


# ---- the reserve ----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 3 MB."""
    mount, disk = shutil.which("mount"), tmp_path / "disk"
    disk.mkdir()
    made = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], check=False)
    if not made or made.returncode:
        pytest.skip("needs root to mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


def fill(path: Path) -> None:
    """Write until there is no room left."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_ballast_takes_real_room_and_gives_it_back(small_disk: Path) -> None:
    ballast = Ballast(small_disk, 2 * 2**20)
    ballast.keep()
    ballast.keep()

    with pytest.raises(DiskFull):
        write_durably(small_disk / "photo.jpg", bytes(1_500_000))
    assert ballast.give_up()
    write_durably(small_disk / "photo.jpg", bytes(1_500_000))

    assert not ballast.give_up(), "there is none any more"


@pytest.mark.skipif(sys.platform == "win32", reason="counts blocks")
@pytest.mark.parametrize("system", ["with fallocate", "without"])
def test_ballast_has_no_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    if system == "without":
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    size = 3 * 2**20 + 5
    Ballast(tmp_path, size).keep()

    status = (tmp_path / BALLAST).stat()
    assert status.st_size == size
    assert status.st_blocks * 512 >= size
    assert [path.name for path in tmp_path.iterdir()] == [BALLAST]


def test_ballast_that_does_not_fit_takes_nothing(small_disk: Path) -> None:
    with pytest.raises(DiskFull):
        Ballast(small_disk, 4 * 2**20).keep()
    assert list(small_disk.iterdir()) == []


def test_ballast_of_another_size_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / BALLAST).write_bytes(b"cut short")
    Ballast(tmp_path, 100_000).keep()

    assert (tmp_path / BALLAST).stat().st_size == 100_000


# ---- the folder -----------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_folder_is_made_and_marked_at_its_first_use(tmp_path: Path, home: Path) -> None:
    folder = MediaFolder(tmp_path / "drive" / "photos", home)
    folder.try_write()
    folder.check_marker()
    folder.try_write()

    assert [path.name for path in folder.path.iterdir()] == [MARKER]


def test_folder_with_the_photos_of_an_older_program_is_taken_over(tmp_path: Path, home: Path) -> None:
    make_folder(tmp_path / "photos" / "2026" / "11")
    MediaFolder(tmp_path / "photos", home).try_write()
    (tmp_path / "photos" / MARKER).unlink()
    MediaFolder(tmp_path / "photos", home).try_write()

    assert (tmp_path / "photos" / MARKER).exists()


def test_empty_folder_in_the_place_of_a_drive_that_is_gone_is_not_written_to(
    tmp_path: Path, home: Path
) -> None:
    drive = tmp_path / "drive"
    folder = MediaFolder(drive, home)
    folder.claim()
    drive.rename(tmp_path / "unplugged")

    for _ in ("the name is gone too", "an empty folder stays"):
        for ask in (folder.check_marker, folder.claim, folder.try_write, MediaFolder(drive, home).claim):
            with pytest.raises(FolderGone) as caught:
                ask()
            assert caught.value.reason == because(StorageReason.FOLDER_GONE, folder=str(drive))
        drive.mkdir(exist_ok=True)
    assert list(drive.iterdir()) == []

    drive.rmdir()
    (tmp_path / "unplugged").rename(drive)
    folder.try_write()
    folder.check_marker()


def test_marked_folder_found_by_a_new_home_is_remembered(tmp_path: Path, home: Path) -> None:
    MediaFolder(tmp_path / "drive", home).claim()
    new_home = tmp_path / "new home"
    new_home.mkdir()
    folder = MediaFolder(tmp_path / "drive", new_home)
    folder.claim()
    (tmp_path / "drive").rename(tmp_path / "unplugged")

    with pytest.raises(FolderGone):
        folder.claim()


def test_another_folder_in_the_settings_is_a_new_beginning(tmp_path: Path, home: Path) -> None:
    MediaFolder(tmp_path / "old", home).claim()
    MediaFolder(tmp_path / "new", home).claim()

    assert (tmp_path / "new" / MARKER).exists()


def test_folder_inside_the_home_has_no_drive_to_lose_and_is_made_again(home: Path) -> None:
    folder = MediaFolder(home / "media", home)
    folder.claim()
    shutil.rmtree(folder.path)
    folder.try_write()

    assert (folder.path / MARKER).exists()


def test_file_in_the_folders_place_is_told_in_words(tmp_path: Path, home: Path) -> None:
    (tmp_path / "photos").write_text("a file")
    folder = MediaFolder(tmp_path / "photos", home)
    for ask in (folder.claim, folder.check_marker, folder.try_write):
        with pytest.raises(StorageError) as caught:
            ask()
        assert caught.value.reason.kind in (StorageReason.FOLDER_GONE, StorageReason.FOLDER_REFUSES)
        assert caught.value.reason["folder"] == str(folder.path)


def test_folder_that_does_not_answer_is_told_in_words(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = MediaFolder(tmp_path / "photos", home)
    folder.claim()
    real = os.lstat

    def fail(path: Path, *, dir_fd: int | None = None) -> object:
        if Path(path).name == MARKER:
            raise OSError(116, "Stale file handle")
        return real(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "lstat", fail)
    monkeypatch.setattr(Path, "lstat", lambda path: fail(path))
    for ask in (folder.claim, folder.check_marker, folder.try_write):
        with pytest.raises(FolderGone):
            ask()


def test_read_only_drive_is_told_in_words_and_full_one_as_full(small_disk: Path, home: Path) -> None:
    folder = MediaFolder(small_disk, home)
    folder.claim()
    fill(small_disk / "filler")
    with pytest.raises(DiskFull):
        folder.try_write()
    (small_disk / "filler").unlink()

    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageError) as caught:
        folder.try_write()
    assert caught.value.reason == because(StorageReason.FOLDER_REFUSES, folder=str(small_disk))
    folder.check_marker()

    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    folder.try_write()


def test_probe_that_cannot_be_removed_is_told_in_words(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = MediaFolder(tmp_path / "photos", home)
    folder.claim()
    real = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.exists():
            raise PermissionError(13, "held by another program")
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StorageError, match="held"):
        folder.try_write()
