"""Copies of the records: whole, checked, private, kept for two weeks, and never another station's."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.errors import DiskFull, StorageError
from parcelguard.disk.files import keep_durably
from parcelguard.store.database import Store
from parcelguard.upkeep import backup as backup_module
from parcelguard.upkeep.backup import Backups, is_good
from tests.support.fakes import NOON, ORDER, OTHER, Clock, save_proof


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    return Backups(tmp_path / "second place", tmp_path)


def files(backups: Backups) -> list[str]:
    return sorted(path.name for path in backups.folder.iterdir())


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM proof").fetchone()[0])


def test_copy_is_a_whole_database_of_its_own_that_others_cannot_read(
    store: Store, media: Path, backups: Backups
) -> None:
    proof = save_proof(store, media, NOON)

    made = backups.make(store, NOON)

    assert files(backups) == [made.path.name], "no companions, nothing temporary"
    if sys.platform != "win32":
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert is_good(made.path)
    opened = Store(made.path)
    with opened.read() as records:
        assert records.proofs.get(proof.id)
    opened.close()


def test_copy_is_of_one_moment_though_packing_goes_on(store: Store, media: Path, backups: Backups) -> None:
    save_proof(store, media, NOON)
    written: list[object] = []

    def pack() -> None:
        if not written:
            written.append(save_proof(store, media, NOON, OTHER))

    made = backups.make(store, NOON, pack)

    assert written
    assert count(made.path) == 1


def test_copies_are_kept_for_two_weeks(store: Store, backups: Backups) -> None:
    for day in range(17):
        backups.make(store, NOON + timedelta(days=day))

    ages = [NOON + timedelta(days=16) - each.at for each in backups.all()]
    assert ages == [timedelta(days=day) for day in range(15)]


def test_only_copy_is_kept_however_old_it_is(store: Store, backups: Backups) -> None:
    made = backups.make(store, NOON - timedelta(days=100))

    assert backups.all() == [made]
    assert backups.newest_good(NOON) == made


def test_folder_is_shared_with_other_stations_without_mixing(
    store: Store, backups: Backups, tmp_path: Path
) -> None:
    other = Backups(backups.folder, tmp_path / "another home")
    theirs = other.make(store, NOON - timedelta(days=60))
    (backups.folder / "parcelguard-notes.db").write_text("mine")
    made = backups.make(store, NOON)

    assert backups.all() == [made]
    assert other.all() == [theirs]
    assert (backups.folder / "parcelguard-notes.db").exists()


def test_name_that_holds_no_moment_is_no_copy(store: Store, backups: Backups) -> None:
    made = backups.make(store, NOON)
    made.path.rename(made.path.with_name(made.path.name.replace("20261121", "20261399")))

    assert backups.all() == []


def test_damaged_copy_is_passed_over_for_an_older_good_one(store: Store, backups: Backups) -> None:
    good = backups.make(store, NOON - timedelta(days=2))
    torn = backups.make(store, NOON - timedelta(days=1))
    newest = backups.make(store, NOON)
    torn.path.write_bytes(b"no database at all" * 1000)
    newest.path.write_bytes(newest.path.read_bytes()[:20_000])

    assert backups.all()[0] == newest
    assert backups.newest_good(NOON) == good


def test_copy_of_a_newer_program_is_not_good_for_this_one(store: Store, backups: Backups) -> None:
    made = backups.make(store, NOON)
    with closing(sqlite3.connect(made.path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    assert backups.newest_good(NOON) is None


def test_folder_that_is_gone_has_no_copies(backups: Backups) -> None:
    assert backups.all() == []
    assert backups.newest_good(NOON) is None


def test_copy_that_breaks_off_leaves_the_older_ones_and_nothing_half(store: Store, backups: Backups) -> None:
    made = backups.make(store, NOON - timedelta(days=20))

    def break_off() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(DiskFull):
        backups.make(store, NOON, break_off)
    assert files(backups) == [made.path.name]


def test_copy_on_a_full_disk_is_told_as_such(
    store: Store, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left")))

    with pytest.raises(DiskFull):
        backups.make(store, NOON)
    assert files(backups) == []


def test_leftover_of_a_killed_copy_goes_with_the_next_one(store: Store, backups: Backups) -> None:
    made = backups.make(store, NOON - timedelta(days=1))
    made.path.with_name(made.path.name + ".part").write_bytes(b"half")

    backups.make(store, NOON)

    assert len(files(backups)) == 2
    assert not list(backups.folder.glob("*.part"))


def test_copy_killed_half_way_leaves_the_older_one_and_the_records(tmp_path: Path) -> None:
    work = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from parcelguard.upkeep.backup import Backups
from parcelguard.store.database import Store
home = Path(sys.argv[1])
Backups(home / "backups", home).make(Store(home / "parcelguard.db"), datetime.now(UTC))
"""
    first, *_ = (
        subprocess.run(
            [sys.executable, "-c", work, str(tmp_path)],
            env={**os.environ, "PARCELGUARD_TEST": "1", "PARCELGUARD_FAULT": fault},
            check=False,
        )
        for fault in ("", "backup.half_written:kill")
    )
    assert first.returncode == 0
    backups = Backups(tmp_path / "backups", tmp_path)
    (older,) = backups.all()
    assert len(files(backups)) == 2, "one is half written"
    assert backups.newest_good(older.at) == older

    store = Store(tmp_path / "parcelguard.db")
    backups.make(store, older.at + timedelta(days=1))
    store.close()
    assert len(files(backups)) == len(backups.all()) == 2


def test_copy_that_is_not_whole_when_read_back_is_told_and_removed(
    store: Store, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = keep_durably

    def tears(partial: Path, path: Path) -> None:
        partial.write_bytes(partial.read_bytes()[:-4096])
        real(partial, path)

    monkeypatch.setattr(backup_module, "keep_durably", tears)
    with pytest.raises(StorageError, match="not whole"):
        backups.make(store, NOON)
    assert files(backups) == []


def test_copy_that_lacks_proofs_is_told_and_removed(
    store: Store, media: Path, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_proof(store, media, NOON, ORDER)
    real = keep_durably

    def loses(partial: Path, path: Path) -> None:
        with closing(sqlite3.connect(partial)) as connection:
            connection.execute("DELETE FROM proof")
            connection.commit()
        real(partial, path)

    monkeypatch.setattr(backup_module, "keep_durably", loses)
    with pytest.raises(StorageError, match="0 of 1 proofs"):
        backups.make(store, NOON)
    assert files(backups) == []


def test_large_database_is_copied_piece_by_piece(
    store: Store, media: Path, backups: Backups, clock: Clock
) -> None:
    with store.begin() as records:
        for number in range(3000):
            records.orders.keep([type(ORDER)(shop_id="kopi", number=f"N{number}", buyer_name="x" * 500)])
    pauses: list[None] = []

    backups.make(store, NOON, lambda: pauses.append(None))

    assert len(pauses) > 1


def test_clock_that_was_far_ahead_once_costs_no_copies(store: Store, backups: Backups) -> None:
    made = [backups.make(store, NOON + timedelta(days=day)) for day in range(6)]
    ahead = backups.make(store, NOON + timedelta(days=400))

    assert backups.all() == [ahead, *reversed(made)]
    assert backups.newest_good(NOON + timedelta(days=6)) == made[-1]
    assert backups.newest_good(NOON - timedelta(days=1)) == ahead, "when nothing else is there"
