"""A station looks after itself: what is wrong is told, kept from the next parcel, and withdrawn by itself."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from parcelguard.core.alerts import Alert, Alerts, AlertsChanged, AlertTopic, Severity
from parcelguard.core.errors import DamagedDatabase, DiskFull, StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.disk.media_folder import FolderGone, MediaFolder
from parcelguard.store.database import Store
from parcelguard.ui.words.reasons.saying import said_alert
from parcelguard.upkeep.backup import Backups
from parcelguard.upkeep.disk_space import BALLAST
from parcelguard.upkeep.housekeeping import Housekeeping, StationData
from parcelguard.upkeep.photo_notes import PROOF
from parcelguard.upkeep.records_care import Due, copy_due
from tests.support.fakes import NOON, Clock, save_proof, wait_for

pytestmark = pytest.mark.usefixtures("no_stray_threads")

GB = 10**9


class Disk(NamedTuple):
    total: int
    used: int
    free: int


class House:
    """Housekeeping with everything around it; its disk and its clocks are moved by hand."""

    def __init__(self, store: Store, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.clock = store, clock
        self.home = tmp_path
        self.drive = tmp_path.with_name(f"{tmp_path.name}-drive")
        self.folder = MediaFolder(self.drive / "media", tmp_path)
        self.folder.claim()
        self.backups = Backups(tmp_path / "backups", tmp_path)
        self.news: list[AlertsChanged] = []
        self.seconds = 0.0
        self.quiet = False
        self.free = 200 * GB
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: Disk(500 * GB, 0, self.free))
        self.keeping = self.new()

    def new(self) -> Housekeeping:
        return Housekeeping(
            StationData(store=self.store, folder=self.folder, home=self.home, backups=self.backups),
            alerts=Alerts(self.hear),
            quiet=lambda: self.quiet,
            now=self.clock,
            monotonic=lambda: self.seconds,
        )

    def hear(self, event: object) -> None:
        assert isinstance(event, AlertsChanged)
        self.news.append(event)

    @property
    def alerts(self) -> dict[AlertTopic, Alert]:
        return {alert.key.topic: alert for alert in self.news[-1].alerts} if self.news else {}

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.advance(seconds)

    def unplug(self) -> None:
        self.drive.rename(self.home / "unplugged")

    def plug_in(self) -> None:
        (self.home / "unplugged").rename(self.drive)


@pytest.fixture
def house(store: Store, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    made = House(store, tmp_path, clock, monkeypatch)
    yield made
    shutil.rmtree(made.drive, ignore_errors=True)


# ---- the photo folder --------------------------------------------------------------------------------


def test_nothing_wrong_is_nothing_told(house: House) -> None:
    assert house.keeping.round() == 30
    house.keeping.may_open()
    assert house.news == []


def test_drive_that_is_gone_stops_the_next_parcel_until_it_is_back(house: House) -> None:
    house.keeping.round()
    house.unplug()
    for may in (house.keeping.may_open, house.keeping.may_save):
        with pytest.raises(FolderGone, match="media"):
            may()

    assert house.keeping.round() == 2
    assert house.keeping.round() == 2
    assert len(house.news) == 1, "told once"
    assert house.alerts[AlertTopic.MEDIA_FOLDER].severity is Severity.STOP
    assert str(house.folder.path) in said_alert(house.alerts[AlertTopic.MEDIA_FOLDER]).headline
    house.plug_in()
    with pytest.raises(FolderGone):  # as it was at the last look
        house.keeping.may_open()

    assert house.keeping.round() == 30
    assert house.alerts == {}
    house.keeping.may_open()


def test_folder_that_does_not_answer_is_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        answer.wait(10)

    monkeypatch.setattr(house.folder, "try_write", hang)
    looking = threading.Thread(target=house.keeping.round)
    looking.start()
    asked.wait(10)
    house.keeping.may_open()
    house.seconds += 6
    with pytest.raises(StorageError) as caught:
        house.keeping.may_open()
    assert caught.value.reason == because(StorageReason.FOLDER_STUCK, folder=str(house.folder.path))
    assert AlertTopic.MEDIA_FOLDER in house.alerts

    answer.set()
    looking.join()
    house.keeping.may_open()
    assert house.alerts == {}


def test_failed_write_is_looked_into_at_once(house: House) -> None:
    house.keeping.start()
    try:
        wait_for((house.folder.path / BALLAST).exists)
        house.unplug()
        assert not house.keeping.write_failed(full=False)
        wait_for(lambda: AlertTopic.MEDIA_FOLDER in house.alerts)
    finally:
        assert house.keeping.stop()
        house.plug_in()


# ---- room ------------------------------------------------------------------------------------------------


def test_little_room_is_told_and_withdrawn(house: House) -> None:
    house.free = 40 * GB
    house.keeping.round()
    assert house.alerts[AlertTopic.DISK_SPACE].severity is Severity.WARN
    assert "40 GB" in said_alert(house.alerts[AlertTopic.DISK_SPACE]).headline

    house.free = 900 * 10**6
    house.keeping.round()
    assert house.alerts[AlertTopic.DISK_SPACE].severity is Severity.STOP
    assert "0.9 GB" in said_alert(house.alerts[AlertTopic.DISK_SPACE]).headline
    house.keeping.may_open()

    house.free = 200 * GB
    house.keeping.round()
    assert house.alerts == {}


def test_full_disk_opens_no_new_order(house: House) -> None:
    house.keeping.round()
    house.free = 299 * 10**6
    with pytest.raises(StorageError) as caught:
        house.keeping.may_open()
    assert caught.value.reason == because(StorageReason.NO_NEW_ORDER)
    assert not isinstance(caught.value, DiskFull), "the ballast is for the order that is open"

    house.keeping.round()
    assert house.alerts[AlertTopic.DISK_SPACE].reason == caught.value.reason
    assert (house.folder.path / BALLAST).exists()


def test_forecast_names_the_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parcelguard.upkeep.housekeeping.bytes_a_day", lambda _store, _now: 10.0 * GB)
    house.free = 20 * GB
    house.keeping.round()

    day = (NOON + timedelta(days=2)).astimezone()
    assert f"until {day:%d %b}" in said_alert(house.alerts[AlertTopic.DISK_SPACE]).headline


def test_rate_is_counted_once_an_hour(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[datetime] = []

    def count(_store: Store, now: datetime) -> float:
        counted.append(now)
        return 0.0

    monkeypatch.setattr("parcelguard.upkeep.housekeeping.bytes_a_day", count)
    for _ in range(5):
        house.keeping.round()
        house.pass_time(1000)
    assert len(counted) == 2


def test_ballast_is_kept_given_up_when_a_write_fails_and_kept_again(house: House) -> None:
    ballast = house.folder.path / BALLAST
    house.keeping.round()
    assert ballast.stat().st_size == 64 * 2**20

    assert house.keeping.write_failed(full=True)
    assert not ballast.exists()
    assert not house.keeping.write_failed(full=True)

    house.free = 500 * 10**6
    house.keeping.round()
    assert not ballast.exists(), "there is too little room for it"
    house.free = 200 * GB
    house.keeping.round()
    assert ballast.exists()


def test_ballast_is_given_up_before_the_last_room_is_gone(house: House) -> None:
    house.keeping.round()
    house.free = 10 * 2**20
    house.keeping.round()

    assert not (house.folder.path / BALLAST).exists()


def test_disk_found_full_by_the_probe_gives_up_the_ballast(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.keeping.round()
    real, full = house.folder.try_write, [DiskFull("full")]

    def probe() -> None:
        if full:
            raise full.pop()
        real()

    monkeypatch.setattr(house.folder, "try_write", probe)
    assert house.keeping.round() == 30
    assert house.alerts == {}

    (house.folder.path / BALLAST).unlink()
    full.append(DiskFull("full"))
    assert house.keeping.round() == 2
    assert house.alerts[AlertTopic.MEDIA_FOLDER].reason == because(StorageReason.DISK_FULL)
    with pytest.raises(DiskFull):
        house.keeping.may_open()
    house.keeping.may_save()


def test_ballast_and_room_that_cannot_be_had_cost_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house.folder.path / BALLAST).mkdir()
    assert house.keeping.round() == 30

    def fail(_path: Path) -> Disk:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", fail)
    assert house.keeping.round() == 30


# ---- notes ----------------------------------------------------------------------------------------------


def test_notes_that_a_crash_left_out_are_written_at_the_start(house: House) -> None:
    save_proof(house.store, house.folder.path, NOON)
    house.keeping.round()

    assert len(list(house.folder.path.rglob(PROOF))) == 1


def test_note_that_could_not_be_written_is_told_and_written_later(house: House) -> None:
    proof = save_proof(house.store, house.folder.path, NOON)
    (folder,) = {path.parent for path in house.folder.path.rglob("*.jpg")}
    obstacle = folder / f"{PROOF}.part"
    obstacle.mkdir()
    house.keeping.round()
    assert house.alerts[AlertTopic.NOTES].severity is Severity.WARN

    obstacle.rmdir()
    house.keeping.round()
    assert house.alerts == {}
    assert proof.id in (folder / PROOF).read_text()


# ---- copies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest", "now", "due"),
    [
        (None, "04:00", Due.NOW),
        ("-1 05:00", "04:00", Due.WHEN_QUIET),
        ("-1 03:00", "04:00", Due.NOW),  # older than a day
        ("02:10", "04:00", Due.NO),
        ("02:10", "23:00", Due.NO),
        ("-1 02:10", "01:59", Due.NO),
        ("-1 02:10", "02:05", Due.WHEN_QUIET),
    ],
)
def test_copy_is_due_after_two_at_night_or_when_the_last_is_a_day_old(
    newest: str | None, now: str, due: Due
) -> None:
    def local(text: str) -> datetime:
        day, clock = (21 + int(text.split()[0]), text.split()[1]) if " " in text else (21, text)
        hour, minute = map(int, clock.split(":"))
        return datetime(2026, 11, day, hour, minute).astimezone(UTC)  # what the wall clock shows

    assert copy_due(local(newest) if newest else None, local(now)) is due


def test_first_copy_is_made_a_minute_after_the_start_and_the_next_at_night(house: House) -> None:
    house.keeping.round()
    assert house.backups.all() == []
    house.pass_time(61)
    house.keeping.round()
    assert len(house.backups.all()) == 1
    house.keeping.round()
    assert len(house.backups.all()) == 1

    night = house.clock.now.astimezone().replace(hour=2, minute=5) + timedelta(days=1)
    house.pass_time((night - house.clock.now).total_seconds())
    for house.quiet in (False, True):
        before = len(house.backups.all())
        house.keeping.round()
        assert len(house.backups.all()) == before + house.quiet


def test_copy_that_fails_is_told_and_tried_again_in_an_hour(house: House) -> None:
    house.backups.folder.write_text("a file stands in the way")
    house.pass_time(61)
    house.keeping.round()
    assert house.alerts[AlertTopic.BACKUP].severity is Severity.WARN
    assert str(house.backups.folder) in said_alert(house.alerts[AlertTopic.BACKUP]).advice

    house.backups.folder.unlink()
    house.pass_time(60)
    house.keeping.round()
    assert AlertTopic.BACKUP in house.alerts
    house.pass_time(3600)
    house.keeping.round()
    assert house.alerts == {}
    assert len(house.backups.all()) == 1


def test_copy_on_a_full_disk_does_not_put_the_records_under_suspicion(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise DiskFull("full")

    monkeypatch.setattr(house.backups, "make", fail)
    monkeypatch.setattr(house.store, "check", lambda: pytest.fail("read through for nothing"))
    house.pass_time(61)
    house.keeping.round()

    assert AlertTopic.BACKUP in house.alerts


def test_copy_made_in_the_future_of_a_clock_set_right_does_not_count(house: House) -> None:
    house.backups.make(house.store, NOON + timedelta(days=300))
    house.pass_time(61)
    house.keeping.round()

    assert len(house.backups.all()) == 2


def test_copy_under_way_is_given_up_when_the_program_ends(house: House) -> None:
    house.keeping.stop()
    house.pass_time(61)
    house.keeping.round()

    assert house.backups.all() == []
    assert list(house.backups.folder.iterdir()) == []
    assert house.alerts == {}


# ---- checks ------------------------------------------------------------------------------------------------


def test_records_are_read_through_once_a_week_when_nobody_packs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.pass_time(61)
    house.keeping.round()
    checks: list[datetime] = []
    real = house.store.check

    def check() -> None:
        checks.append(house.clock.now)
        real()

    monkeypatch.setattr(house.store, "check", check)
    house.pass_time(8 * 86400)
    house.keeping.round()
    assert checks == []
    house.quiet = True
    for _ in range(3):
        house.keeping.round()
    assert len(checks) == 1


def test_damaged_records_are_told_and_stay_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise DamagedDatabase("malformed")

    monkeypatch.setattr(house.store, "check", broken)
    house.quiet = True
    house.pass_time(8 * 86400)
    house.keeping.round()

    assert house.alerts[AlertTopic.RECORDS].severity is Severity.STOP
    assert "damaged" in said_alert(house.alerts[AlertTopic.RECORDS]).headline


# ---- the thread --------------------------------------------------------------------------------------------


def test_bug_in_a_round_does_not_end_it(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[None] = []

    def fail() -> float:
        rounds.append(None)
        raise LookupError("a bug")

    monkeypatch.setattr(house.keeping, "round", fail)
    house.keeping.start()
    wait_for(lambda: rounds)
    house.keeping.write_failed(full=False)
    wait_for(lambda: len(rounds) > 1)

    assert house.keeping.stop()
    assert "a bug" in caplog.text


def test_chore_that_fails_costs_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise StorageError("no")

    monkeypatch.setattr(house.keeping.notes, "complete", fail)
    house.pass_time(61)
    house.keeping.round()

    assert len(house.backups.all()) == 1


def test_housekeeping_that_was_never_started_stops_at_once(house: House) -> None:
    assert house.keeping.stop()
