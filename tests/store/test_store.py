"""The database: how it opens and upgrades, who may write, and what it forbids."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.exc import IntegrityError

from parcelguard.core.errors import DamagedDatabase, DiskFull, StorageError
from parcelguard.core.orders import Conversation, Order
from parcelguard.core.parts import Part, PartKind, PartState
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.disk import local_disk as place
from parcelguard.store.database import Store, version_of
from parcelguard.store.health import tighten
from parcelguard.store.tables import SCHEMA_VERSION, metadata
from parcelguard.ui.words.reasons.saying import said
from tests.support.fakes import NOON, ORDER, OTHER, Clock, draft, keep_picture, picture, save_proof

pytestmark = pytest.mark.usefixtures("no_stray_threads")


def names(store: Store) -> list[str]:
    with store.read() as records:
        return [order.number for order in records.orders.find([ORDER.tracking])]


# ---- opening -------------------------------------------------------------------------------


def test_migrations_lead_to_exactly_the_tables_the_code_uses(store: Store, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'parcelguard.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_migrations_make_the_same_indexes_with_the_same_conditions(store: Store, tmp_path: Path) -> None:
    bare = create_engine(f"sqlite:///{tmp_path / 'bare.db'}")
    metadata.create_all(bare)
    found = []
    for file in ("parcelguard.db", "bare.db"):
        with closing(sqlite3.connect(tmp_path / file)) as connection:
            rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''")
            found.append(dict(rows.fetchall()))
    bare.dispose()
    assert found[0] == found[1]
    assert "WHERE state = 'leased'" in found[0]["part_in_flight"]


def test_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "new" / "parcelguard.db"
    path.parent.mkdir()
    path.touch()

    store = Store(path)
    store.close()

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(SCHEMA_VERSION,)]


def test_upgrade_that_broke_off_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "parcelguard.db"
    from alembic.operations import Operations

    real, tables = Operations.create_table, []

    def breaks_off(self: Operations, name: str, *columns: Any, **options: Any) -> object:
        tables.append(name)
        if len(tables) == 5:
            raise sqlite3.OperationalError("disk I/O error")
        return real(self, name, *columns, **options)

    monkeypatch.setattr(Operations, "create_table", breaks_off)
    with pytest.raises(StorageError):
        Store(path)
    monkeypatch.undo()

    store = Store(path)
    with store.begin() as records:
        records.orders.keep([ORDER])
    assert names(store) == [ORDER.number]
    store.close()


def test_database_opens_again_with_everything_in_it(tmp_path: Path) -> None:
    path = tmp_path / "parcelguard.db"
    first = Store(path)
    with first.begin() as records:
        records.orders.keep([ORDER])
    first.close()

    second = Store(path)
    assert names(second) == [ORDER.number]
    second.close()


@pytest.mark.parametrize("name", ["what?", "50%", "#1", "a&b=c?mode=memory"])
def test_database_lies_where_its_path_says_whatever_letters_it_has(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "parcelguard.db"
    store = Store(path)
    with store.begin() as records:
        records.orders.keep([ORDER])
    store.close()

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT number FROM customer_order").fetchall() == [(ORDER.number,)]
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.skipif(os.name == "nt", reason="Windows: the profile folder's own rights protect it")
def test_database_is_for_this_account_only_in_a_folder_others_may_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = Store(tmp_path / "parcelguard.db")
    with store.begin() as records:
        records.orders.keep([ORDER])
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    store.close()
    assert modes == {f"parcelguard.db{end}": 0o600 for end in ("", "-wal", "-shm", ".open", ".checked")}


def test_failing_statement_tells_no_values(store: Store) -> None:
    proof = draft()
    with store.begin() as records:
        records.proofs.open(proof)
    with pytest.raises(IntegrityError) as caught, store.begin() as records:
        records.proofs.open(proof)
    assert "hidden" in str(caught.value)
    assert ORDER.buyer_name not in str(caught.value)


def test_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "parcelguard.db"
    path.write_bytes(b"this is no database, but long enough to be looked at" * 50)

    with pytest.raises(StorageError):
        Store(path)
    assert path.read_bytes().startswith(b"this is no database")


def test_database_of_a_newer_program_is_told_in_words_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "parcelguard.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    with pytest.raises(StorageError, match="9999"):
        Store(path)


def test_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        Store(tmp_path / "file" / "parcelguard.db")


def test_commits_survive_a_power_cut(store: Store) -> None:
    with store._writer.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


# ---- transactions --------------------------------------------------------------------------


def test_exception_undoes_the_whole_block(store: Store) -> None:
    with pytest.raises(AttributeError), store.begin() as records:
        records.orders.keep([ORDER, None])  # type: ignore[list-item]

    assert names(store) == []


def test_reader_sees_only_what_was_committed_and_never_waits(store: Store) -> None:
    with store.begin() as records:
        records.orders.keep([ORDER])
        assert names(store) == []
    assert names(store) == [ORDER.number]


def test_view_stays_the_same_while_others_write(store: Store) -> None:
    with store.read() as reading:
        assert reading.orders.find([ORDER.number]) == []
        with store.begin() as records:
            records.orders.keep([ORDER])
        assert reading.orders.find([ORDER.number]) == []


def test_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StorageError, match="readonly"), store.read() as records:
        records.orders.keep([ORDER])


def test_all_of_many_writers_succeed(store: Store) -> None:
    ready = threading.Barrier(12)

    def write(number: int) -> None:
        ready.wait(10)
        for each in range(10):
            with store.begin() as records:
                records.orders.keep([replace(ORDER, number=f"261120{number:04}{each:04}")])

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(write, range(12)))

    assert len(names(store)) == 120


def test_reader_that_gets_no_connection_in_time_is_told_in_words(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store._readers.pool, "_timeout", 0.01)
    with ExitStack() as busy:
        for _ in range(4):
            busy.enter_context(store.read())
        with pytest.raises(StorageError), store.read():
            pass
    with store.read() as records:
        assert records.inventory.proofs() == 0


def test_full_disk_is_told_as_such_and_nothing_is_kept(store: Store) -> None:
    with store._writer.connect() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    many = [replace(ORDER, number=f"261120AAAA{n:04}") for n in range(500)]

    with pytest.raises(DiskFull), store.begin() as records:
        records.orders.keep(many)

    assert names(store) == []


def test_moments_come_back_exactly_and_without_a_zone_are_refused(store: Store, clock: Clock) -> None:
    odd = NOON + timedelta(microseconds=123_457)
    proof = draft(opened_at=odd)
    with store.begin() as records:
        records.proofs.open(proof)
        assert records.proofs.get(proof.id) == proof
    with pytest.raises(Exception, match="offset-naive"), store.begin() as records:
        records.proofs.open(draft(opened_at=datetime(2026, 1, 1)))  # noqa: DTZ001


# ---- orders --------------------------------------------------------------------------------


def test_order_is_found_by_each_of_its_codes_however_it_is_written(store: Store) -> None:
    with store.begin() as records:
        records.orders.keep([ORDER, OTHER])
    with store.read() as records:
        for code in (ORDER.number, ORDER.tracking.lower(), "OFG 2000-0000 0000001"):
            (found,) = records.orders.find([code])
            assert replace(found, codes=()) == replace(ORDER, codes=())
        assert records.orders.find(["NOTHING", OTHER.number])[0].number == OTHER.number
        assert records.orders.find(["", "NOTHING"]) == []
        assert records.orders.find([]) == []


def test_reading_without_tracking_takes_nothing_from_a_known_order(store: Store) -> None:
    with store.begin() as records:
        records.orders.keep([ORDER])
        records.orders.keep([replace(ORDER, tracking="", codes=(), cancelled=True)])
    with store.read() as records:
        for code in (ORDER.number, ORDER.tracking, *ORDER.codes):
            (found,) = records.orders.find([code])
            assert (found.tracking, found.cancelled) == (ORDER.tracking, True)
        assert records.orders.get(ORDER.shop_id, ORDER.number) == found
        assert records.orders.get(ORDER.shop_id, "no such order") is None


def test_newer_reading_renews_an_order_and_adds_its_codes(store: Store) -> None:
    with store.begin() as records:
        records.orders.keep([ORDER])
        records.orders.keep([replace(ORDER, tracking="SPXMY0000", cancelled=True)])
    with store.read() as records:
        (found,) = records.orders.find(["SPXMY0000"])
        assert records.orders.find([ORDER.tracking]) == [found]  # the label printed first may still be on it
    assert (found.tracking, found.cancelled) == ("SPXMY0000", True)


def test_parcel_of_several_orders_finds_them_all(store: Store) -> None:
    with store.begin() as records:
        records.orders.keep([ORDER, replace(OTHER, tracking=ORDER.tracking)])
    with store.read() as records:
        assert len(records.orders.find([ORDER.tracking])) == 2


def test_mark_of_a_sync_is_kept_for_each_shop(store: Store) -> None:
    with store.begin() as records:
        records.orders.mark_synced("kopi", NOON)
        records.orders.mark_synced("kopi", NOON + timedelta(hours=1))
        assert records.orders.synced_until("kopi") == NOON + timedelta(hours=1)
        assert records.orders.synced_until("other") is None


# ---- what is forbidden ---------------------------------------------------------------------


def leased(store: Store, media: Path, order: Order = ORDER) -> str:
    """Save a proof and send its first part on its way; return the part's id."""
    save_proof(store, media, NOON, order)
    with store.begin() as records:
        part = records.attempts.claim("kopi", NOON, visible=True)
    assert part
    return part.id


def test_second_message_in_flight_in_a_conversation_is_forbidden(store: Store, media: Path) -> None:
    leased(store, media)
    second = save_proof(store, media, NOON)
    with store.read() as records:
        part = records.parts.of(second.id)[0]
    with pytest.raises(IntegrityError, match=r"part\.conversation"), store.begin() as records:
        records.parts.move(part, PartState.LEASED)


def test_claim_passes_over_a_conversation_with_a_message_in_flight(store: Store, media: Path) -> None:
    first = leased(store, media)
    same_buyer = save_proof(store, media, NOON)
    elsewhere = save_proof(store, media, NOON, OTHER)

    with store.begin() as records:
        part = records.attempts.claim("kopi", NOON, visible=True)
        assert part
        assert part.id != first
        assert part.proof_id == elsewhere.id != same_buyer.id
        assert records.attempts.claim("kopi", NOON, visible=True) is None


def test_message_cannot_satisfy_two_parts_nor_a_part_two_messages(store: Store, media: Path) -> None:
    proof = save_proof(store, media, NOON)
    with store.begin() as records:
        first, second, *_ = records.parts.of(proof.id)
        records.remote.remember_message(first, "m1")
    with store.begin() as records:
        records.remote.remember_message(second, "m1")  # the marketplace's slip: the first binding stays
        records.remote.remember_message(first, "m2")
    with store._readers.begin() as connection:
        bound = connection.execute(text("SELECT part_id, remote_id FROM remote_message")).all()
    assert bound == [(first.id, "m1")]


def test_each_part_exists_once(store: Store, media: Path) -> None:
    proof = save_proof(store, media, NOON)
    columns = "proof_id, generation, ordinal, kind, state, shop_id, conversation, photo_id, attempts, looks, "
    columns += "reason, remote_id, address, changed_at"
    with pytest.raises(IntegrityError), store._writer.begin() as connection:
        connection.execute(text(f"INSERT INTO part (id, {columns}) SELECT 'x', {columns} FROM part LIMIT 1"))
    with store.read() as records:
        assert len(records.parts.of(proof.id)) == 6


def test_place_in_a_proof_holds_one_photo(store: Store, media: Path) -> None:
    proof = draft()
    photo = keep_picture(media, proof, 1, picture(1))
    with store.begin() as records:
        records.proofs.open(proof)
        assert records.proofs.add_photo(photo)
        late = keep_picture(media, proof, 1, picture(2))
        assert not records.proofs.add_photo(late)  # kept beside, not in the place
        assert records.proofs.photos(proof.id) == (photo,)
        assert records.proofs.known_paths(proof.id) == {photo.path, late.path}


def test_proof_is_saved_once(store: Store, media: Path) -> None:
    proof = save_proof(store, media, NOON)
    with pytest.raises(LookupError), store.begin() as records:
        records.proofs.save(replace(proof, saved_at=NOON + timedelta(hours=1)))


def test_attempt_and_generation_need_what_they_belong_to(store: Store) -> None:
    with pytest.raises(IntegrityError), store._writer.begin() as connection:
        connection.execute(text("INSERT INTO generation VALUES ('no proof', 1, '', '', '', 0, '')"))


def test_change_decided_on_an_older_state_changes_nothing(store: Store, media: Path) -> None:
    save_proof(store, media, NOON)
    with store.begin() as records:
        part = records.attempts.claim("kopi", NOON, visible=True)
        assert part
        assert records.parts.move(part, PartState.WAITING, due_at=NOON)
        assert not records.parts.move(part, PartState.HELD)
        assert not records.attempts.mark_wire(part, NOON)


def test_success_is_always_accepted(store: Store, media: Path) -> None:
    save_proof(store, media, NOON)
    with store.begin() as records:
        part = records.attempts.claim("kopi", NOON, visible=True)
        assert part
        records.parts.move(part, PartState.UNKNOWN, due_at=NOON)
        assert records.parts.move(part, PartState.SENT)
        moved = records.parts.get(part.id)
    assert moved
    assert moved.state is PartState.SENT


# ---- proofs --------------------------------------------------------------------------------


def test_only_the_newest_draft_is_opened_again(store: Store, media: Path) -> None:
    older, newer = draft(), draft(OTHER)
    with store.begin() as records:
        records.proofs.open(older)
        records.proofs.add_photo(keep_picture(media, older, 1, picture()))
        records.proofs.open(newer)

        assert records.proofs.open_draft() == newer
        left = records.proofs.get(older.id)
    assert left
    assert left.state is ProofState.ABANDONED


def test_figures_of_the_bench_count_since_midnight_and_the_last_hour(store: Store, media: Path) -> None:
    for minutes, seconds in ((5, 30), (10, 40), (15, 90)):
        saved = NOON - timedelta(minutes=minutes)
        order = replace(ORDER, number=f"2611200000000{minutes}")
        proof = draft(order, opened_at=saved - timedelta(seconds=seconds))
        with store.begin() as records:
            records.proofs.open(proof)
            records.proofs.save(replace(proof, state=ProofState.SAVED, saved_at=saved))
    with store.read() as records:
        today = records.proofs.today(NOON, "Bench 01")
        elsewhere = records.proofs.today(NOON, "Bench 02")
        next_day = records.proofs.today(NOON + timedelta(days=1), "Bench 01")
    assert (today.packed, today.seconds_per_order) == (3, 40)
    assert (elsewhere.packed, elsewhere.seconds_per_order) == (0, None)
    assert (next_day.packed, next_day.seconds_per_order) == (0, None)


def test_log_pages_and_claims_use_their_indexes(store: Store) -> None:
    with store._readers.connect() as connection:
        known = inspect(connection).get_indexes("proof")
        newest = "SELECT id FROM proof WHERE logged_at IS NOT NULL ORDER BY logged_at DESC, id DESC"
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {newest}")).all()
    assert {"proof_by_time", "proof_by_state"} <= {each["name"] for each in known}
    assert "proof_by_time" in str(plan)


def test_counting_what_a_buyer_or_a_day_got_reads_no_whole_table(store: Store) -> None:
    asked: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(store._readers, "before_cursor_execute", hear)
    with store.read() as records:
        records.budget.said(Conversation("kopi", "1"), NOON)
        records.budget.said(Conversation("kopi", "1"), NOON, before=Part(
            id="x", proof_id="p", generation=1, ordinal=1, kind=PartKind.OPEN, state=PartState.LEASED,
            conversation=Conversation("kopi", "1"),
        ))  # fmt: skip
        records.budget.calls("kopi", NOON)
        records.budget.crowded("kopi", 100)
        records.budget.messages_left("kopi")
        records.attempts.last_sent("kopi", NOON)
    event.remove(store._readers, "before_cursor_execute", hear)

    assert len(asked) == 12
    with store._readers.connect() as connection:
        for statement, values in asked[1:]:  # after BEGIN
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            scans = [row.detail for row in plan if row.detail.startswith("SCAN") and "anon" not in row.detail]
            assert not scans, statement


def test_photos_added_to_a_packed_order_make_no_second_parcel(store: Store, media: Path) -> None:
    for minutes in (5, 10):
        proof = draft(ORDER, opened_at=NOON - timedelta(minutes=minutes + 1))
        with store.begin() as records:
            records.proofs.open(proof)
            records.proofs.save(
                replace(proof, state=ProofState.SAVED, saved_at=NOON - timedelta(minutes=minutes))
            )
    with store.read() as records:
        assert records.proofs.today(NOON, "Bench 01").packed == 1


# ---- how it was left -----------------------------------------------------------------------


def file_of(tmp_path: Path) -> Path:
    """Return the path of a database that was used and closed."""
    path = tmp_path / "parcelguard.db"
    store = Store(path)
    with store.begin() as records:
        records.orders.keep([ORDER])
    store.close()
    return path


def damage(path: Path, keep: int = 8192) -> None:
    """Overwrite the middle of a database, as a failing drive does."""
    with path.open("r+b") as file:
        file.seek(keep)
        file.write(b"\xa5" * (path.stat().st_size - keep))


def checks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Note each time a database is read through."""
    done: list[Path] = []

    def note(path: Path) -> None:
        done.append(path)

    monkeypatch.setattr("parcelguard.store.health.check", note)
    return done


def test_database_closed_in_order_is_opened_without_reading_it_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, done = file_of(tmp_path), checks(monkeypatch)
    Store(path).close()
    assert done == []


def test_database_that_was_not_closed_is_read_through_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, done = file_of(tmp_path), checks(monkeypatch)
    (tmp_path / "parcelguard.db.open").touch()
    Store(path).close()
    assert done == [path]
    Store(path).close()
    assert done == [path]


@pytest.mark.parametrize("away", [timedelta(days=8), timedelta(days=-8)])
def test_database_not_checked_for_a_week_is_read_through_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, away: timedelta
) -> None:
    path, done = file_of(tmp_path), checks(monkeypatch)
    then = datetime.now().astimezone() + away
    Store(path, lambda: then).close()
    Store(path, lambda: then).close()
    assert done == [path]


def test_database_of_a_program_that_never_checked_is_read_through_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, done = file_of(tmp_path), checks(monkeypatch)
    (tmp_path / "parcelguard.db.checked").unlink()
    Store(path).close()
    assert done == [path]


def test_damage_after_a_crash_is_told_at_the_start_and_nothing_is_touched(tmp_path: Path) -> None:
    path = file_of(tmp_path)
    damage(path)
    (tmp_path / "parcelguard.db.open").touch()
    before = path.read_bytes()

    for _ in range(2):
        with pytest.raises(DamagedDatabase) as caught:
            Store(path)
        assert "damaged" in said(caught.value.reason).headline
    assert path.read_bytes() == before


def test_damage_that_only_reading_through_shows_is_told_at_the_start(tmp_path: Path) -> None:
    path = file_of(tmp_path)
    with path.open("r+b") as file:
        file.seek(36)
        file.write((5).to_bytes(4, "big"))  # pages said to be free, which are not there
    Store(path).close()
    (tmp_path / "parcelguard.db.open").touch()

    with pytest.raises(DamagedDatabase, match=r"(?i)freelist"):
        Store(path)


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_records_that_are_gone_do_not_pass_for_new_ones(tmp_path: Path, how: str) -> None:
    path = file_of(tmp_path)
    path.unlink()
    if how == "empty":
        path.touch()

    with pytest.raises(DamagedDatabase) as caught:
        Store(path)
    assert "gone" in said(caught.value.reason).headline


def test_damage_found_at_work_is_told_and_looked_into_at_the_next_start(tmp_path: Path) -> None:
    store = Store(file_of(tmp_path))
    damage(tmp_path / "parcelguard.db")
    with pytest.raises(DamagedDatabase), store.begin() as records:
        records.orders.keep([OTHER])
    with pytest.raises(DamagedDatabase):
        store.check()
    store.close()

    with pytest.raises(DamagedDatabase):
        Store(tmp_path / "parcelguard.db")


def test_whole_database_is_found_whole_beside_the_daily_work(store: Store, clock: Clock) -> None:
    due = [store.check_due]
    clock.advance(8 * 86400)
    due.append(store.check_due)
    assert due == [False, True]
    with store.begin() as records:
        records.orders.keep([ORDER])
        store.check()
    assert not store.check_due


def test_closing_goes_on_when_the_marks_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "parcelguard.db")

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    store.close()
    assert (tmp_path / "parcelguard.db.open").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows: the profile folder's own rights protect it")
def test_database_that_others_could_read_is_tightened(tmp_path: Path) -> None:
    path = file_of(tmp_path)
    wal = path.with_name("parcelguard.db-wal")
    wal.touch()
    for each in (path, wal):
        each.chmod(0o644)

    tighten(path)
    assert {stat.S_IMODE(each.stat().st_mode) for each in (path, wal)} == {0o600}
    path.chmod(0o644)
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_on_windows_the_folders_rights_are_left_to_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "parcelguard.db"
    path.touch(mode=0o644)
    path.chmod(0o644)
    monkeypatch.setattr(sys, "platform", "win32")
    tighten(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_failing_drive_is_not_taken_for_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file_of(tmp_path)

    class Failing:
        def execute(self, _statement: str) -> None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error

        def close(self) -> None:
            pass

    monkeypatch.setattr(sqlite3, "connect", lambda _path: Failing())
    with pytest.raises(sqlite3.OperationalError, match="I/O"):
        version_of(path)


# ---- upgrades -------------------------------------------------------------------------------


def old_database(path: Path) -> None:
    """Make a database of the first version, with an order in it."""
    from alembic import command
    from alembic.config import Config

    from parcelguard.store import migrate

    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO customer_order VALUES ('kopi', 'OLD1', '', '', '', '', 0, '[]', 0)")
        connection.commit()


def version_in(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_upgrade_keeps_a_copy_that_the_version_before_can_open(tmp_path: Path) -> None:
    path = tmp_path / "parcelguard.db"
    old_database(path)

    Store(path).close()

    (kept,) = (tmp_path / "backups").iterdir()
    assert version_in(path) == SCHEMA_VERSION
    assert version_in(kept) == "0001"
    if os.name != "nt":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("how", ["fails", "is killed"])
def test_upgrade_that_breaks_off_leaves_the_old_database_usable(tmp_path: Path, how: str) -> None:
    path = tmp_path / "parcelguard.db"
    old_database(path)
    action = "raise" if how == "fails" else "kill"
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from parcelguard.store.database import Store; "
         "from pathlib import Path; Store(Path(sys.argv[1]))", str(path)],
        env={**os.environ, "PARCELGUARD_TEST": "1", "PARCELGUARD_FAULT": f"upgrade.step:{action}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    if how == "fails":
        assert "StorageError" in done.stderr

    with closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert "look" not in tables
        assert connection.execute("SELECT number FROM customer_order").fetchall() == [("OLD1",)]
    assert version_in(path) == "0001"
    Store(path).close()
    assert version_in(path) == SCHEMA_VERSION


def test_upgrade_without_room_for_its_copy_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "parcelguard.db"
    old_database(path)
    (tmp_path / "backups").write_text("a file stands in the way")

    with pytest.raises(StorageError):
        Store(path)
    assert version_in(path) == "0001"


# ---- where it lies ---------------------------------------------------------------------------

MOUNTS = """\
/dev/vda / ext4 rw,relatime 0 0
nas:/export /mnt/nas nfs4 rw,vers=4.2 0 0
//server/share /mnt/my\\040share cifs rw 0 0
/dev/sdb1 /mnt/nas/local ext4 rw 0 0
odd
"""


@pytest.mark.parametrize(
    ("folder", "network"),
    [
        ("/home/aina", False),
        ("/mnt/nas", True),
        ("/mnt/nas/parcelguard/home", True),
        ("/mnt/nasty", False),
        ("/mnt/nas/local/home", False),
        ("/mnt/my share/x", True),
    ],
)
def test_network_drives_are_known_by_their_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, network: bool
) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    monkeypatch.setattr(place, "_MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(sys, "platform", "linux")
    assert place.on_network(Path(folder)) is network


def test_system_that_tells_no_mounts_is_taken_at_its_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "_MOUNTS", tmp_path / "none")
    monkeypatch.setattr(sys, "platform", "linux")
    assert not place.on_network(Path("/mnt/nas"))


def test_network_drives_of_a_mac_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    told = (
        "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n"
        "//aina@nas/photos on /Volumes/my photos (smbfs, nodev, nosuid, mounted by aina)\n"
        "map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)\nodd\n"
    )
    answer = subprocess.CompletedProcess([], 0, stdout=told)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    assert place.on_network(Path("/Volumes/my photos/home"))
    assert not place.on_network(Path("/Users/aina"))

    def fail(*_: object, **__: object) -> None:
        raise OSError(2, "no such program")

    monkeypatch.setattr(subprocess, "run", fail)
    assert not place.on_network(Path("/Volumes/my photos/home"))


def test_network_drives_of_windows_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"C:\\": 3, "N:\\": 4}

    class Kernel:
        def GetDriveTypeW(self, root: str) -> int:  # noqa: N802
            return kinds[root]

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "WinDLL", lambda _name: Kernel(), raising=False)
    assert place.on_network(PureWindowsPath("N:\\parcelguard"))  # type: ignore[arg-type]
    assert not place.on_network(PureWindowsPath("C:\\Users\\aina"))  # type: ignore[arg-type]
    assert place.on_network(PureWindowsPath("\\\\nas\\share\\x"))  # type: ignore[arg-type]


def test_records_on_a_network_drive_are_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "on_network", lambda _folder: True)
    with pytest.raises(StorageError) as caught:
        Store(tmp_path / "home" / "parcelguard.db")
    assert "network drive" in said(caught.value.reason).headline
    assert not (tmp_path / "home").exists()


# ---- what touches one row and no other ---------------------------------------------------------


def test_part_that_moved_on_meanwhile_is_not_changed_by_who_read_it_before(store: Store, media: Path) -> None:
    proof = save_proof(store, media, NOON)
    with store.begin() as records:
        seen = records.parts.of(proof.id)[0]
        assert records.parts.move(seen, PartState.HELD, reason=because(SendingReason.LATE))
        assert not records.parts.change(seen, PartState.SENT)
        assert records.parts.of(proof.id)[0].state is PartState.HELD


def test_new_address_is_kept_for_that_picture_alone(store: Store, media: Path) -> None:
    one, other = save_proof(store, media, NOON), save_proof(store, media, NOON, OTHER)
    with store.begin() as records:
        image = next(part for part in records.parts.of(one.id) if part.kind is PartKind.IMAGE)
        records.parts.new_address(image, "https://pictures.test/new")
        every = [*records.parts.of(one.id), *records.parts.of(other.id)]
        changed = [part for part in every if part.address]
    assert [(part.kind, part.photo_id) for part in changed] == [(PartKind.UPLOAD, image.photo_id)]


def test_message_taken_at_one_shop_is_free_at_another(store: Store, media: Path) -> None:
    proof = save_proof(store, media, NOON)
    with store.begin() as records:
        part = next(part for part in records.parts.of(proof.id) if part.kind is PartKind.TEXT)
        records.remote.remember_message(part, "m1")
        assert records.remote.taken_messages(proof.shop_id, ["m1", "m2"]) == {"m1"}
        assert records.remote.taken_messages("another", ["m1"]) == set()


def test_code_that_no_order_had_finds_its_own_proof_only(store: Store) -> None:
    with store.begin() as records:
        for code in ("AAA111", "BBB222", "CCC333"):
            proof = replace(draft(ORDER, NOON), code=code, order_number="", shop_id="")
            records.proofs.open(proof)
            records.proofs.save(replace(proof, state=ProofState.SAVED, saved_at=NOON))
        found = records.proofs.last_saved_under("BBB222")
        assert found
        assert found.code == "BBB222"
        assert records.proofs.last_saved_under("DDD444") is None
        assert records.proofs.today(NOON, found.station).packed == 3
