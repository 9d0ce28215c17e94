"""Files are complete or absent, and what goes wrong is told in words."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parcelguard.core.errors import DiskFull, StorageError
from parcelguard.core.ids import new_id
from parcelguard.core.proofs import Shot
from parcelguard.disk.files import (
    keep_durably,
    photo_folder,
    photo_name,
    thumbnail_of,
    write_durably,
)
from tests.support.fakes import picture

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX file modes")
DATA = picture()


def test_content_is_complete_and_no_temporary_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "2026" / "11" / "21" / "photo.jpg"

    write_durably(path, DATA)

    assert path.read_bytes() == DATA
    assert [each.name for each in path.parent.iterdir()] == ["photo.jpg"]


@posix_only
def test_files_and_folders_are_for_this_account_only_and_originals_read_only(tmp_path: Path) -> None:
    write_durably(tmp_path / "new" / "tokens", b"x")
    write_durably(tmp_path / "new" / "photo.jpg", DATA, read_only=True)

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "new", *(tmp_path / "new").iterdir())
    }
    assert modes == {"new": 0o700, "tokens": 0o600, "photo.jpg": 0o400}


def test_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    write_durably(path, b"a long first version")
    write_durably(path, b"second")

    assert path.read_bytes() == b"second"


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))

    write_durably(tmp_path / "photo.jpg", DATA)

    assert (tmp_path / "photo.jpg").read_bytes() == DATA


@pytest.mark.parametrize("call", ["write", "fsync", "open", "rename"])
@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, DiskFull), (errno.EIO, StorageError)])
def test_any_failing_step_leaves_what_was_there_and_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, kind: type[StorageError]
) -> None:
    path = tmp_path / "secrets.json"
    write_durably(path, b"before")

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(StorageError) as caught:
        write_durably(path, DATA)
    monkeypatch.undo()

    assert type(caught.value) is kind
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["secrets.json"]


def test_file_is_written_anew_once_when_the_drive_reports_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures, inodes = os.fsync, [errno.EIO], []

    def fails_once(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)
        if failures:
            (tmp_path / "photo.jpg.part").rename(tmp_path / "kept")  # so that its number is not used again
            raise OSError(failures.pop(), "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fails_once)
    write_durably(tmp_path / "photo.jpg", DATA)

    assert (tmp_path / "photo.jpg").read_bytes() == DATA
    assert inodes[0] != inodes[1], "the file whose flush failed is not flushed again"


def test_drive_that_takes_less_than_it_says_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:10]) and len(data))

    with pytest.raises(StorageError, match="short file"):
        write_durably(tmp_path / "photo.jpg", DATA)
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_leftover_of_another_run_is_replaced_whatever_it_is(tmp_path: Path) -> None:
    for leave in (
        lambda path: path.write_bytes(b"half"),
        lambda path: path.symlink_to(tmp_path / "elsewhere"),
        lambda path: (path.write_bytes(b"half"), path.chmod(0o644)),
    ):
        leave(tmp_path / "tokens.part")
        write_durably(tmp_path / "tokens", b"x")
        assert stat.S_IMODE((tmp_path / "tokens").lstat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["tokens"]


def test_folder_that_has_to_be_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_durably(tmp_path / "drive" / "photo.jpg", DATA, new_folder=False)
    assert list(tmp_path.iterdir()) == []


def test_file_written_by_others_gets_its_name_durably_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial, path = tmp_path / "copy.db.part", tmp_path / "copy.db"
    partial.write_bytes(b"new")
    path.write_bytes(b"old")
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", lambda _descriptor: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        with pytest.raises(DiskFull):
            keep_durably(partial, path)
    assert path.read_bytes() == b"old"

    keep_durably(partial, path)
    assert path.read_bytes() == b"new"
    assert not partial.exists()


def test_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageError):
        write_durably(tmp_path / "file" / "2026" / "photo.jpg", DATA)


@posix_only
def test_file_is_flushed_before_its_rename_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    flush, rename = os.fsync, os.rename

    def noted_flush(descriptor: int) -> None:
        steps.append("flush folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "flush file")
        flush(descriptor)

    def noted_rename(old: Path, new: Path) -> None:
        steps.append("rename")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", noted_flush)
    monkeypatch.setattr(os, "rename", noted_rename)
    write_durably(tmp_path / "new" / "photo.jpg", DATA)

    assert steps == ["flush folder", "flush file", "rename", "flush folder"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 256 KB."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=False
    )
    if not made or made.returncode:
        pytest.skip("needs root to mount a small disk")
    yield disk
    assert umount
    subprocess.run([umount, str(disk)], check=True)


def test_full_disk_is_told_as_such_and_works_again_when_there_is_space(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))

    with pytest.raises(DiskFull):
        write_durably(small_disk / "photo.jpg", bytes(150_000))
    left = [path.name for path in small_disk.iterdir()]
    ballast.unlink()
    write_durably(small_disk / "photo.jpg", bytes(150_000))

    assert left == ["ballast"]
    assert (small_disk / "photo.jpg").stat().st_size == 150_000


def test_read_only_disk_is_told_in_words(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.raises(StorageError):
        write_durably(small_disk / "photo.jpg", DATA)


def test_names_are_made_of_nothing_that_was_scanned() -> None:
    proof_id, sha256 = new_id(), "ab" * 32

    assert photo_folder(datetime(2026, 3, 1, tzinfo=UTC), proof_id) == f"2026/03/01/{proof_id}"
    assert photo_name(2, Shot.LABEL, sha256) == "2-label-abababababab.jpg"
    assert thumbnail_of(Path("2-label-abababababab.jpg")).name == "2-label-abababababab.thumb.jpg"
    for wrong in ("../../etc", "", "2026"):
        with pytest.raises(ValueError, match=r"UUID|badly"):
            photo_folder(datetime(2026, 3, 1, tzinfo=UTC), wrong)
    with pytest.raises(ValueError, match="is not a valid Shot"):
        photo_name(1, "../label", sha256)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="invalid literal"):
        photo_name(1, Shot.LABEL, "../../passwd")
