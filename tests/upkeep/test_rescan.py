"""The records made again from the photo folder: nothing is lost or sent, and twice is as once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from parcelguard.core.ids import new_id
from parcelguard.core.parts import Decision, PartState
from parcelguard.core.proofs import Photo, Proof, ProofState
from parcelguard.disk.files import make_folder, photo_folder
from parcelguard.disk.jpeg import jpeg_size
from parcelguard.store.database import Store
from parcelguard.ui.words.repair_words import difference_lines
from parcelguard.upkeep.photo_notes import DRAFT, PROOF, Notes
from parcelguard.upkeep.rescan import RESTORED, Difference, rescan
from tests.support.fakes import (
    NOON,
    ORDER,
    OTHER,
    SHOP,
    Clock,
    Delivery,
    draft,
    keep_picture,
    picture,
    save_proof,
)
from tests.support.packing_table import Table


@pytest.fixture
def table(store: Store, media: Path, clock: Clock) -> Table:
    return Table(store, media, clock)


@pytest.fixture
def empty(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A database that knows nothing, as after the old one was lost."""
    opened = Store(tmp_path / "empty.db", clock)
    yield opened
    opened.close()


def scan(store: Store, media: Path, **how: Any) -> Difference:
    return rescan(store, media, jpeg_size, **how)


def proofs(store: Store) -> list[Proof]:
    with store.read() as records:
        return sorted(records.proofs.recent(NOON.replace(year=2000)), key=lambda proof: proof.id)


def photos(store: Store, proof_id: str) -> tuple[Photo, ...]:
    with store.read() as records:
        return records.proofs.photos(proof_id)


def recorded(store: Store, proof_id: str) -> set[str]:
    with store.read() as records:
        return records.proofs.known_paths(proof_id)


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=str) for (name,) in names
        }


def pack(table: Table, order: Any = ORDER, count: int = 2) -> Proof:
    table.scan(order.tracking)
    for _ in range(count):
        table.photograph()
    table.keys.save()
    return table.saved()[-1].proof


# ---- proofs that were saved ------------------------------------------------------------------------


def test_saved_proofs_come_back_whole_and_each_message_is_asked_about(
    table: Table, store: Store, empty: Store, media: Path
) -> None:
    saved = [pack(table), pack(table, OTHER, 1)]

    found = scan(empty, media)

    assert (found.proofs_added, found.photos_added) == (2, 3)
    assert found.missing == found.changed == found.refused == found.unreadable == []
    assert difference_lines(found) == [
        "2 orders were added to the records.",
        "3 photos were added to the records.",
    ]
    for proof in saved:
        assert replace(proofs(empty)[saved.index(proof)], state=proof.state) == proof
        assert photos(empty, proof.id) == tuple(
            replace(photo, recovered=True) for photo in photos(store, proof.id)
        )
        with empty.read() as records:
            parts = records.parts.of(proof.id)
            (generation,) = records.log.generations(proof.id)
            row = records.log.one(proof.id)
        assert row
        assert row.at == proof.saved_at
        visible = [part for part in parts if part.kind.visible]
        assert {(part.state, part.reason) for part in visible} == {(PartState.HELD, RESTORED)}
        assert all(part.asked for part in visible)
        assert generation.text == f"Hi aminah_88, {proof.order_number}."
    assert {proof.state for proof in proofs(empty)} == {ProofState.ATTENTION}


def test_repeating_it_changes_nothing(table: Table, empty: Store, media: Path, tmp_path: Path) -> None:
    pack(table)
    table.scan(OTHER.tracking)
    table.photograph()
    scan(empty, media)
    before = rows(tmp_path / "empty.db")

    assert scan(empty, media).none
    assert rows(tmp_path / "empty.db") == before


def test_true_records_are_left_as_they_are(table: Table, store: Store, media: Path, tmp_path: Path) -> None:
    pack(table)
    table.scan(OTHER.tracking)
    table.photograph()
    table.keys.retake()
    table.answer_photo()
    before = rows(tmp_path / "parcelguard.db")

    found = scan(store, media)

    assert found.none
    assert difference_lines(found) == ["The photo folder and the records say the same."]
    assert rows(tmp_path / "parcelguard.db") == before


def test_nothing_that_came_back_goes_out_until_a_person_says_so(
    table: Table, empty: Store, media: Path, clock: Clock
) -> None:
    proof = pack(table)
    scan(empty, media)
    with empty.begin() as records:
        records.orders.keep([ORDER])
    delivery = Delivery(empty, media, clock)
    delivery.courier.recover()
    delivery.work()
    assert delivery.sender.calls == []

    with empty.begin() as records:
        for part in records.inventory.undelivered():
            records.parts.decide(part, Decision.SEND_AGAIN, "Aina")
            records.parts.move(part, PartState.QUEUED, reason=None)
    delivery.work()

    assert [call for call in delivery.sender.calls if call in ("text", "image")] == ["text", "image", "image"]
    assert delivery.state(proof) is ProofState.DELIVERED


def test_proof_whose_shop_sent_nothing_asks_nothing(
    store: Store, empty: Store, media: Path, clock: Clock
) -> None:
    table = Table(store, media, clock, shops={SHOP.id: replace(SHOP, enabled=False)})
    proof = pack(table)

    scan(empty, media)

    assert [each.state for each in proofs(empty)] == [ProofState.SAVED]
    with empty.read() as records:
        assert records.parts.of(proof.id) == []


def test_note_of_a_proof_without_photos_or_words_asks_nothing(empty: Store, media: Path) -> None:
    saved = replace(draft(), saved_at=NOON)
    make_folder(media / photo_folder(saved.opened_at, saved.id))
    Notes(media).saved(saved, [], sends=True, text="", with_text=False)

    scan(empty, media)

    assert [each.state for each in proofs(empty)] == [ProofState.SAVED]


def test_photos_added_without_the_words_again_ask_about_no_words(
    table: Table, empty: Store, media: Path
) -> None:
    pack(table)
    table.scan()
    table.photograph()
    table.keys.save()
    second = table.saved()[-1].proof

    scan(empty, media)

    with empty.read() as records:
        assert "text" not in [part.kind for part in records.parts.of(second.id)]


def test_picture_beside_a_saved_proof_stays_beside_it(table: Table, empty: Store, media: Path) -> None:
    table.scan()
    table.photograph()
    table.keys.retake()
    kept = table.answer_photo()
    table.keys.save()
    proof = table.saved()[-1].proof

    found = scan(empty, media)

    assert found.photos_added == 2
    assert [photo.path for photo in photos(empty, proof.id)] == [kept.path]
    assert len(recorded(empty, proof.id)) == 2


def test_photo_of_a_note_whose_file_is_gone_is_recorded_and_reported(
    table: Table, empty: Store, media: Path
) -> None:
    proof = pack(table)
    gone = photos(table.store, proof.id)[0]
    (media / gone.path).unlink()

    found = scan(empty, media)

    assert found.missing == [gone.path]
    assert difference_lines(found)[-1] == "1 photo is in the records but not in the folder."
    assert len(photos(empty, proof.id)) == 2


@pytest.mark.parametrize("thorough", [True, False])
def test_photo_that_was_changed_is_reported(table: Table, store: Store, media: Path, thorough: bool) -> None:
    proof = pack(table)
    same_size, other_size = (media / photo.path for photo in photos(store, proof.id))
    same_size.chmod(0o600)
    same_size.write_bytes(same_size.read_bytes()[:-1] + b"\x00")
    other_size.chmod(0o600)
    other_size.write_bytes(b"short")

    found = scan(store, media, thorough=thorough)

    assert [Path(path).name for path in found.changed] == (
        [same_size.name, other_size.name] if thorough else [other_size.name]
    )


# ---- older records than the folder ------------------------------------------------------------------


def copied(store: Store, to: Path, clock: Clock) -> Store:
    """Return a database as it is now, as a backup would bring it back later."""
    store.copy_to(to)
    return Store(to, clock)


def test_order_that_was_open_when_the_copy_was_made_is_completed_as_it_was_saved(
    table: Table, store: Store, media: Path, tmp_path: Path, clock: Clock
) -> None:
    table.scan()
    table.photograph()
    before = copied(store, tmp_path / "copy.db", clock)
    table.keys.retake()
    again = table.answer_photo()
    second = table.photograph()
    table.keys.save()
    proof = table.saved()[-1].proof

    found = scan(before, media)

    assert (found.proofs_added, found.proofs_completed, found.photos_added) == (0, 1, 2)
    assert [photo.path for photo in photos(before, proof.id)] == [again.path, second.path]
    assert proofs(before)[0].state is ProofState.ATTENTION
    assert proofs(before)[0].saved_at == proof.saved_at
    assert scan(before, media).none
    before.close()


def test_order_that_was_left_by_a_first_attempt_is_completed_when_its_note_can_be_read(
    table: Table, empty: Store, media: Path
) -> None:
    proof = pack(table)
    (note,) = media.rglob(PROOF)
    text = note.read_text()
    note.write_text("{")
    assert len(scan(empty, media).refused) == 1
    assert [each.state for each in proofs(empty)] == [ProofState.ABANDONED]
    note.write_text(text)

    scan(empty, media)
    assert [each.state for each in proofs(empty)] == [ProofState.ATTENTION]
    assert len(photos(empty, proof.id)) == 2


# ---- orders that F4 never saved -----------------------------------------------------------------------


def test_open_order_comes_back_as_left_with_its_photos(table: Table, empty: Store, media: Path) -> None:
    table.scan()
    first = table.photograph()
    table.keys.retake()
    again = table.answer_photo()
    os.utime(media / first.path, (1_000_000_000, 1_000_000_000))

    found = scan(empty, media)

    (proof,) = proofs(empty)
    assert (proof.state, proof.order_number, proof.packer) == (ProofState.ABANDONED, ORDER.number, "Aina")
    assert (found.proofs_added, found.photos_added) == (1, 2)
    assert [photo.path for photo in photos(empty, proof.id)] == [again.path], "the newest try is the photo"
    with empty.read() as records:
        row = records.log.one(proof.id)
        assert records.proofs.open_draft() is None
    assert row
    assert row.at == proof.opened_at


def test_folder_without_a_note_comes_back_under_its_own_id(empty: Store, media: Path) -> None:
    opened = draft()
    keep_picture(media, opened, 1, picture(1))
    keep_picture(media, opened, 2, picture(2))

    scan(empty, media)

    (proof,) = proofs(empty)
    assert (proof.id, proof.state, proof.code) == (opened.id, ProofState.ABANDONED, "?")
    assert photo_folder(proof.opened_at, proof.id) == photo_folder(opened.opened_at, opened.id)
    assert [photo.ordinal for photo in photos(empty, proof.id)] == [1, 2]
    assert scan(empty, media).none


@pytest.mark.parametrize(
    "proof_id", ["ffffffff-ffff-4fff-bfff-ffffffffffff", "00000000-0000-7000-8000-000000000000"]
)
def test_id_that_tells_no_moment_of_its_day_leaves_the_day(empty: Store, media: Path, proof_id: str) -> None:
    keep_picture(media, draft(id=proof_id), 1, picture())

    scan(empty, media)

    assert proofs(empty)[0].opened_at == NOON.replace(hour=0)


def test_moment_of_the_id_is_kept_where_it_fits_its_day(empty: Store, media: Path) -> None:
    moment = f"{int((NOON + timedelta(hours=2)).timestamp() * 1000):012x}"
    keep_picture(media, draft(id=f"{moment[:8]}-{moment[8:]}-7000-8000-000000000000"), 1, picture())

    scan(empty, media)

    assert proofs(empty)[0].opened_at == NOON + timedelta(hours=2)


def test_draft_in_the_records_stays_open_and_takes_its_lost_picture(store: Store, media: Path) -> None:
    opened = draft()
    with store.begin() as records:
        records.proofs.open(opened)
    kept = keep_picture(media, opened, 1, picture())

    assert scan(store, media).photos_added == 1
    assert proofs(store)[0].state is ProofState.DRAFT
    assert [photo.path for photo in photos(store, opened.id)] == [kept.path]


def test_empty_folder_is_no_proof(empty: Store, media: Path) -> None:
    opened = draft()
    (media / photo_folder(opened.opened_at, opened.id)).mkdir(parents=True)

    assert scan(empty, media).none


# ---- what is not believed -----------------------------------------------------------------------------


def test_note_of_a_broken_hand_is_skipped_and_the_photos_count(
    table: Table, empty: Store, media: Path
) -> None:
    pack(table)
    for name in (PROOF, DRAFT):
        next(media.rglob(name)).write_bytes(b"[" * 1000)

    found = scan(empty, media)

    assert [Path(path).name for path in found.refused] == [PROOF, DRAFT]
    assert "2 notes were not understood. The photos in their folders count." in difference_lines(found)
    assert [each.state for each in proofs(empty)] == [ProofState.ABANDONED]
    assert len(photos(empty, proofs(empty)[0].id)) == 2


def test_picture_that_is_not_what_its_name_promises_is_reported_and_not_taken(
    empty: Store, media: Path
) -> None:
    opened = draft()
    kept = media / keep_picture(media, opened, 1, picture()).path
    kept.with_name("2-label-0123456789ab.jpg").write_bytes(picture(3))
    (media / keep_picture(media, opened, 3, b"no picture").path).touch()

    found = scan(empty, media)

    assert found.photos_added == 1
    assert [Path(path).name[0] for path in found.changed] == ["2", "3"]


def test_foreign_files_folders_and_links_are_left_alone(
    table: Table, store: Store, empty: Store, media: Path, tmp_path: Path
) -> None:
    pack(table)
    folder = next(media.rglob(PROOF)).parent
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    for name in ("notes.txt", "2026.zip"):
        (media / name).write_text("mine")
    (media / "2026" / "13" / "40" / new_id()).mkdir(parents=True)
    (media / "2026" / "11" / "21" / "holiday").mkdir()
    (media / "9999" / "1" / "1" / new_id()).mkdir(parents=True)
    folder.symlink_to(elsewhere)

    found = scan(empty, media)
    assert found.none
    assert proofs(empty) == []


def test_photo_id_that_is_taken_gets_another_one(table: Table, empty: Store, media: Path) -> None:
    proof = pack(table)
    other = save_proof(empty, media, NOON, OTHER, photos=0)
    taken = replace(photos(table.store, proof.id)[0], proof_id=other.id)
    with empty.begin() as records:
        records.proofs.add_photo(taken)

    scan(empty, media)

    assert len(photos(empty, proof.id)) == 2
    assert taken.id not in [photo.id for photo in photos(empty, proof.id)]


def test_folders_that_cannot_be_read_are_named_and_cost_no_other(
    table: Table, empty: Store, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, readable = pack(table), pack(table, OTHER)
    (media / "2025").mkdir()
    real = os.scandir

    def refuse(path: Path) -> Any:
        if Path(path).name in (closed.id, "2025"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = scan(empty, media)

    assert found.unreadable == ["2025", photo_folder(closed.opened_at, closed.id)]
    assert [proof.id for proof in proofs(empty)] == [readable.id]
    assert difference_lines(found)[-1] == "2 folders or photos could not be read."


def test_photos_that_cannot_be_read_are_named_and_cost_no_other(
    store: Store, empty: Store, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = draft()
    bad, good = (keep_picture(media, opened, n, picture(n)) for n in (1, 2))
    with empty.begin() as records:
        elsewhere = draft(OTHER)
        records.proofs.open(elsewhere)
        records.proofs.add_photo(replace(bad, id=new_id(), proof_id=elsewhere.id))
    real = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == Path(bad.path).name:
            raise OSError(5, "Input/output error", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    found = scan(empty, media)

    assert found.unreadable == [bad.path, bad.path]  # as a picture without a row, and as a row's picture
    assert [photo.path for photo in photos(empty, opened.id)] == [good.path]


def test_media_folder_that_is_gone_is_named(empty: Store, tmp_path: Path) -> None:
    assert scan(empty, tmp_path / "gone").unreadable == ["."]


def test_notes_and_folder_agree_after_every_step(table: Table, store: Store, media: Path) -> None:
    pack(table)
    for note in media.rglob("*.json"):
        note.unlink()
    Notes(media).complete(store, NOON)

    assert scan(store, media).none
