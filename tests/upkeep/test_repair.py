"""Damaged records are mended from a copy and the photo folder; nothing is lost, nothing goes out twice."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from parcelguard.app import App
from parcelguard.cli import main
from parcelguard.core.config import CameraSettings, Settings, folders_of
from parcelguard.core.errors import DamagedDatabase, DiskFull, StorageError
from parcelguard.core.parts import PartKind, PartState
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.disk.jpeg import jpeg_size
from parcelguard.disk.media_folder import FolderGone, MediaFolder
from parcelguard.runtime.single_instance import only_one
from parcelguard.store.database import Store
from parcelguard.ui.recovery.repair_page import Paragraph, RepairPage
from parcelguard.ui.words.repair_words import repaired_lines, way_title
from parcelguard.upkeep import repair
from parcelguard.upkeep.backup import Backups
from parcelguard.upkeep.repair import ASIDE, Repair, Repaired, Way, damage_of
from tests.support.app_helpers import PATIENCE_MS
from tests.support.fakes import NOON, ORDER, OTHER, Clock, Delivery, kind_of, picture, save_proof
from tests.support.packing_table import Table
from tests.support.swapping import swap

pytestmark = pytest.mark.usefixtures("no_stray_threads")


@dataclass
class Bench:
    """A station's files, whose records are about to be damaged."""

    home: Path
    clock: Clock

    @property
    def database(self) -> Path:
        return self.home / "parcelguard.db"

    @property
    def media(self) -> Path:
        return self.home / "media"

    @property
    def backups(self) -> Backups:
        return Backups(self.home / "backups", self.home)

    def open(self) -> Store:
        return Store(self.database, self.clock)

    def back_up(self) -> None:
        store = self.open()
        self.backups.make(store, self.clock())
        store.close()

    def damage(self) -> None:
        data = bytearray(self.database.read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        self.database.write_bytes(data)
        self.database.with_name("parcelguard.db.open").touch()

    def repair(self) -> Repair:
        with pytest.raises(DamagedDatabase) as caught:
            self.open()
        return Repair(
            caught.value,
            database=self.database,
            media=MediaFolder(self.media, self.home),
            backups=self.backups,
            size_of=jpeg_size,
            now=self.clock,
        )

    def proofs(self) -> dict[str, Proof]:
        store = self.open()
        with store.read() as records:
            found = {proof.id: proof for proof in records.proofs.recent(NOON.replace(year=2000))}
        store.close()
        return found


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    made = Bench(tmp_path, clock)
    made.media.mkdir()
    return made


def pack(bench: Bench, *orders: Any, leave_open: bool = False) -> list[Proof]:
    store = bench.open()
    table = Table(store, bench.media, bench.clock)
    for order in orders:
        table.scan(order.tracking)
        table.photograph()
        if not leave_open:
            table.keys.save()
    proofs = table.all_proofs()
    store.close()
    return proofs


# ---- what comes back ------------------------------------------------------------------------------


def test_copy_and_photo_folder_together_bring_everything_back(bench: Bench) -> None:
    before = pack(bench, ORDER)
    bench.back_up()
    bench.clock.advance(3600)
    after = pack(bench, OTHER)
    bench.damage()
    damaged = bench.database.read_bytes()

    repair = bench.repair()
    assert list(repair.ways) == [Way.BACKUP, Way.PHOTOS, Way.CLOSE]
    assert repair.backup
    assert repair.backup.at == NOON
    assert f"{NOON.astimezone():%d %b %H:%M}" in way_title(Way.BACKUP, NOON)
    done = repair.carry_out(Way.BACKUP)

    assert set(bench.proofs()) == {proof.id for proof in (*before, *after)}
    assert {proof.saved_at is None for proof in bench.proofs().values()} == {False}
    assert done.difference.proofs_added == 1
    assert done.aside
    assert (done.aside / "parcelguard.db").read_bytes() == damaged
    assert repaired_lines(done)[0].startswith("The records were made again from the backup of")
    assert "1 order was added to the records." in repaired_lines(done)
    assert "4 messages wait for a person: not sure they were sent." in repaired_lines(done)
    assert str(done.aside) in repaired_lines(done)[-1]
    if sys.platform != "win32":
        assert stat.S_IMODE(bench.database.stat().st_mode) == 0o600


def test_photo_folder_alone_brings_every_proof_back(bench: Bench) -> None:
    proofs = pack(bench, ORDER, OTHER)
    bench.damage()

    repair = bench.repair()
    assert list(repair.ways) == [Way.PHOTOS, Way.CLOSE]
    done = repair.carry_out(Way.PHOTOS)

    assert set(bench.proofs()) == {proof.id for proof in proofs}
    assert done.backup is None
    assert "the photo folder alone" in repaired_lines(done)[0]


def test_what_was_under_way_in_the_copy_is_not_sent_a_second_time(bench: Bench) -> None:
    store = bench.open()
    proof = save_proof(store, bench.media, NOON)
    store.close()
    bench.back_up()
    store = bench.open()
    first = Delivery(store, bench.media, bench.clock)
    first.work()
    assert first.state(proof) is ProofState.DELIVERED
    store.close()
    bench.damage()
    bench.repair().carry_out(Way.BACKUP)

    store = bench.open()
    again = Delivery(store, bench.media, bench.clock)
    again.courier.recover()
    for _ in range(20):
        again.wait_and_work(600)
    parts = again.parts(proof)
    assert again.sender.calls == []
    assert {part.state for part in parts if part.kind.visible} == {PartState.HELD}
    assert all(part.asked for part in parts if part.kind.visible)
    assert next(kind_of(part) for part in parts if part.kind is PartKind.TEXT) is SendingReason.SINCE_BACKUP
    store.close()


def test_what_the_copy_knows_as_delivered_stays_delivered(bench: Bench) -> None:
    store = bench.open()
    proof = save_proof(store, bench.media, NOON)
    Delivery(store, bench.media, bench.clock).work()
    store.close()
    bench.back_up()
    bench.damage()

    done = bench.repair().carry_out(Way.BACKUP)

    assert done.held == 0
    assert bench.proofs()[proof.id].state is ProofState.DELIVERED
    assert len(repaired_lines(done)) == 2, (
        "nothing to say but where it came from and where the damaged ones are"
    )


def test_order_open_in_the_copy_is_left_with_its_photos(bench: Bench) -> None:
    (proof,) = pack(bench, ORDER, leave_open=True)
    bench.back_up()
    bench.damage()
    bench.repair().carry_out(Way.BACKUP)

    assert bench.proofs()[proof.id].state is ProofState.ABANDONED


def test_one_message_is_told_of_as_one(bench: Bench) -> None:
    store = bench.open()
    proof = save_proof(store, bench.media, NOON, photos=0)
    store.close()
    bench.back_up()
    bench.damage()
    done = bench.repair().carry_out(Way.BACKUP)

    assert bench.proofs()[proof.id].state is ProofState.ATTENTION
    assert "1 message waits for a person: not sure it was sent." in repaired_lines(done)


def test_records_that_are_gone_come_back_too(bench: Bench) -> None:
    (proof,) = pack(bench, ORDER)
    bench.database.unlink()

    done = bench.repair().carry_out(Way.PHOTOS)

    assert set(bench.proofs()) == {proof.id}
    assert done.aside is None
    assert "damaged" not in " ".join(repaired_lines(done))


def test_database_that_never_was_checked_is_mended_too(bench: Bench) -> None:
    bench.database.write_bytes(b"no database" * 1000)
    done = bench.repair().carry_out(Way.PHOTOS)

    assert bench.proofs() == {}
    assert done.aside
    assert (done.aside / "parcelguard.db").read_bytes().startswith(b"no database")


def test_companions_of_the_damaged_database_go_aside_with_it(bench: Bench) -> None:
    pack(bench, ORDER)
    bench.damage()
    for end in ("-wal", "-shm"):
        bench.database.with_name(f"parcelguard.db{end}").write_bytes(b"what was not folded back")
    repair = Repair(
        DamagedDatabase(),
        database=bench.database,
        media=MediaFolder(bench.media, bench.home),
        backups=bench.backups,
        size_of=jpeg_size,
        now=bench.clock,
    )
    done = repair.carry_out(Way.PHOTOS)

    assert done.aside
    assert {path.name for path in done.aside.iterdir()} == {
        "parcelguard.db",
        "parcelguard.db-wal",
        "parcelguard.db-shm",
    }


# ---- when it breaks off ---------------------------------------------------------------------------


def test_repair_that_fails_leaves_the_damaged_records_and_can_be_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (proof,) = pack(bench, ORDER)
    bench.damage()
    damaged = bench.database.read_bytes()
    repair = bench.repair()

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parcelguard.upkeep.repair.make_folder", fail)
    with pytest.raises(StorageError):
        repair.carry_out(Way.PHOTOS)
    assert bench.database.read_bytes() == damaged
    monkeypatch.undo()

    repair.carry_out(Way.PHOTOS)
    assert set(bench.proofs()) == {proof.id}
    assert not list(bench.home.glob("*.new*"))


def test_nothing_is_mended_while_the_photo_folder_is_away(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pack(bench, ORDER)
    bench.damage()
    damaged = bench.database.read_bytes()
    drive = tmp_path_factory.mktemp("drive")
    folder = MediaFolder(drive, bench.home)
    folder.claim()
    drive.rename(drive.with_name("unplugged"))
    drive.mkdir()
    repair = Repair(
        DamagedDatabase(),
        database=bench.database,
        media=folder,
        backups=bench.backups,
        size_of=jpeg_size,
        now=bench.clock,
    )

    with pytest.raises(FolderGone):
        repair.carry_out(Way.PHOTOS)
    assert bench.database.read_bytes() == damaged


def test_repair_killed_between_putting_aside_and_the_new_name_is_offered_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (proof,) = pack(bench, ORDER)
    bench.damage()
    damaged = bench.database.read_bytes()

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("parcelguard.upkeep.repair.keep_durably", killed)
    with pytest.raises(KeyboardInterrupt):
        bench.repair().carry_out(Way.PHOTOS)
    monkeypatch.undo()

    bench.repair().carry_out(Way.PHOTOS)
    assert set(bench.proofs()) == {proof.id}
    (aside,) = (bench.home / ASIDE).iterdir()
    assert (aside / "parcelguard.db").read_bytes() == damaged


# ---- by command -----------------------------------------------------------------------------------


def test_rescan_command_adds_what_lacks_and_names_what_is_wrong(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    pack(bench, ORDER)
    bench.database.unlink()
    bench.database.with_name("parcelguard.db.checked").unlink()

    assert main(["--home", str(bench.home), "rescan"]) == 0
    assert "1 order was added" in capsys.readouterr().out
    assert main(["--home", str(bench.home), "rescan"]) == 0
    assert "say the same" in capsys.readouterr().out

    photo = next(bench.media.rglob("*.jpg"))
    photo.chmod(0o600)
    photo.write_bytes(picture(9))
    assert main(["--home", str(bench.home), "rescan"]) == 1
    assert f"changed: {photo.relative_to(bench.media).as_posix()}" in capsys.readouterr().out


def test_repair_command_mends_from_the_newest_copy(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    pack(bench, ORDER)
    bench.back_up()
    bench.damage()

    assert main(["--home", str(bench.home), "repair"]) == 0
    told = capsys.readouterr().out
    assert "damaged" in told
    assert "from the backup of" in told
    assert main(["--home", str(bench.home), "repair"]) == 0
    assert "Nothing was changed" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["repair", "--photos-only"], ["repair"]])
def test_repair_command_does_without_a_copy(
    bench: Bench, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    pack(bench, ORDER)
    if len(words) > 1:
        bench.back_up()
    bench.damage()

    assert main(["--home", str(bench.home), *words]) == 0
    assert "the photo folder alone" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["rescan", "repair"])
def test_commands_leave_a_running_station_alone(
    bench: Bench, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with only_one(bench.home):
        child = [sys.executable, "-m", "parcelguard", "--home", str(bench.home), command]
        done = subprocess.run(child, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "already open" in done.stderr


def test_whole_records_have_no_damage(bench: Bench) -> None:
    pack(bench, ORDER)
    assert damage_of(bench.database) is None


# ---- in the window --------------------------------------------------------------------------------


def settings() -> Settings:
    return Settings(camera=CameraSettings(source="demo"))


def asked_page(app: App) -> RepairPage:
    page = app.window.question.page
    assert page
    return page


def _is_another(app: App, before: RepairPage) -> bool:
    return app.window.question.page is not before


def test_window_asks_mends_and_goes_on_starting(qtbot: QtBot, bench: Bench) -> None:
    pack(bench, ORDER)
    bench.back_up()
    bench.damage()
    app = App(settings(), folders_of(bench.home, settings()))
    threads: list[str] = []
    try:
        with qtbot.waitSignal(app.damaged, timeout=PATIENCE_MS) as asked:
            app.window.show()
        page = asked_page(app)
        assert [choice.accessibleName()[3:14] for choice in page.choices] == [
            "Use the bac",
            "Rebuild fro",
            "Close",
        ]
        assert isinstance(asked.args[0], Repair)
        real = asked.args[0].carry_out

        def carry_out(way: Way) -> Repaired:
            threads.append(threading.current_thread().name)
            return real(way)

        swap(asked.args[0], "carry_out", carry_out)
        page.press("1")
        qtbot.waitUntil(
            lambda: "from the backup of" in page.findChildren(Paragraph)[0].words, timeout=PATIENCE_MS
        )
        assert threads == ["repair"]
        with qtbot.waitSignal(app.ready, timeout=PATIENCE_MS):
            page.go_on.click()
        assert app.station
        with app.station.store.read() as records:
            assert records.inventory.proofs() == 1
    finally:
        app.window.close()
        app.shut_down()


def test_repair_that_fails_is_told_and_asked_about_again(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.database.write_bytes(b"no database" * 1000)
    app = App(settings(), folders_of(bench.home, settings()))
    failures: list[Exception] = [DiskFull("full"), LookupError("a bug")]

    def fail(_repair: Repair, _way: Way) -> None:
        raise failures.pop(0)

    monkeypatch.setattr(Repair, "carry_out", fail)
    try:
        with qtbot.waitSignal(app.damaged, timeout=PATIENCE_MS):
            app.window.show()
        for words in ("The disk is full.", "could not start"):
            asked = asked_page(app)
            with qtbot.waitSignal(app._not_repaired, timeout=PATIENCE_MS):
                asked.press("1")
            qtbot.waitUntil(partial(_is_another, app, asked))
            assert words in asked_page(app).headline
        with qtbot.waitSignal(app.window.closed, timeout=PATIENCE_MS):
            asked_page(app).press("2")
    finally:
        app.window.close()
        app.shut_down()
    assert bench.database.read_bytes().startswith(b"no database")


def test_new_records_that_cannot_be_folded_into_one_file_are_not_believed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(bench, ORDER)
    bench.back_up()
    bench.damage()
    before = bench.database.read_bytes()
    mending = bench.repair()

    def full(made: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(repair, "check", full)
    with pytest.raises(StorageError, match="full"):
        mending.carry_out(Way.BACKUP)

    assert bench.database.read_bytes() == before
