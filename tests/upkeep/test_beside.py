"""The notes beside the photos: written when an order opens and after F4, and believed with care."""

from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from parcelguard.core.errors import StorageError
from parcelguard.core.ids import new_id
from parcelguard.core.message_sets import plan_parts
from parcelguard.core.parts import PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState, Shot
from parcelguard.disk.files import make_folder, photo_folder
from parcelguard.store.database import Store
from parcelguard.upkeep.photo_notes import DRAFT, PROOF, Note, Notes, described, note_of, read_note
from tests.support.fakes import NOON, ORDER, draft, keep_picture, picture, save_proof
from tests.support.packing_table import Table

F4 = Purpose(PlanReason.F4)

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


@pytest.fixture
def table(store: Store, media: Path, clock: Any) -> Table:
    return Table(store, media, clock)


def folder_of(media: Path, proof: Proof) -> Path:
    return media / photo_folder(proof.opened_at, proof.id)


def only(media: Path, name: str) -> Path:
    (found,) = media.rglob(name)
    return found


# ---- written -------------------------------------------------------------------------------------


def test_open_order_is_described_for_this_account_only(table: Table) -> None:
    table.scan()

    path = only(table.media, DRAFT)
    note = read_note(path)
    (proof,) = table.all_proofs()
    assert note.proof(ProofState.DRAFT) == proof
    assert not note.photos
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_description_follows_what_is_found_out_about_an_unknown_code(table: Table) -> None:
    table.scan("STRANGE12345")
    before = read_note(only(table.media, DRAFT))
    table.keys.order_read(before.id, ORDER)

    after = read_note(only(table.media, DRAFT))
    assert (before.order, after.order, after.buyer_id) == ("", ORDER.number, ORDER.buyer_id)


def test_order_read_again_unchanged_is_not_described_again(table: Table) -> None:
    table.scan()
    path = only(table.media, DRAFT)
    path.unlink()
    (proof,) = table.all_proofs()
    table.keys.order_read(proof.id, ORDER)

    assert not path.exists()


def test_saved_proof_is_described_with_everything_it_takes_to_rebuild_it(table: Table) -> None:
    table.scan()
    photos = [table.photograph(), table.photograph()]
    table.keys.save()

    note = read_note(only(table.media, PROOF))
    (proof,) = table.all_proofs()
    assert note.proof(proof.state) == proof
    assert (note.sends, note.with_text, note.text) == (True, True, "Hi aminah_88, 261120Q9CKD7T1.")
    assert [each.id for each in note.photos] == [photo.id for photo in photos]
    assert [each.file for each in note.photos] == [Path(photo.path).name for photo in photos]
    assert [each.sha256 for each in note.photos] == [photo.sha256 for photo in photos]
    assert [(each.ordinal, each.shot) for each in note.photos] == [(1, Shot.CONTENTS), (2, Shot.LABEL)]


def test_proof_is_told_as_saved_before_it_is_described(table: Table) -> None:
    described_yet: list[bool] = []

    def publish(event: object) -> None:
        table.news.append(event)
        if table.saved():
            described_yet.append(any(table.media.rglob(PROOF)))

    table.publish = publish
    table.scan()
    table.photograph()
    table.keys.save()

    assert described_yet
    assert not any(described_yet)
    assert any(table.media.rglob(PROOF))


def test_note_that_cannot_be_written_costs_no_step_and_is_told(store: Store, media: Path, clock: Any) -> None:
    troubles: list[StorageError | None] = []
    table = Table(store, media, clock, notes=Notes(media, troubles.append))
    table.scan()
    path = only(media, DRAFT)
    path.with_name(PROOF).mkdir()  # a folder stands in its place
    table.photograph()
    table.keys.save()

    assert len(table.saved()) == 1
    assert troubles[0] is None
    assert isinstance(troubles[-1], StorageError)


def test_folder_that_is_gone_is_not_made_anew_for_a_note(media: Path) -> None:
    troubles: list[StorageError | None] = []
    Notes(media, troubles.append).opened(draft())

    assert isinstance(troubles[0], StorageError)
    assert list(media.iterdir()) == []


def test_order_open_at_a_crash_is_described_again(
    table: Table, store: Store, media: Path, clock: Any
) -> None:
    table.scan()
    only(media, DRAFT).unlink()
    Table(store, media, clock).keys.restore()

    assert read_note(only(media, DRAFT)).order == ORDER.number


def test_saved_proof_that_a_crash_left_without_its_note_gets_the_very_same_one(
    table: Table, store: Store, media: Path
) -> None:
    table.scan()
    table.photograph()
    table.keys.save()
    path = only(media, PROOF)
    written = path.read_bytes()
    path.unlink()

    assert Notes(media).complete(store, NOON + timedelta(hours=1)) == 1
    assert path.read_bytes() == written
    assert Notes(media).complete(store, NOON + timedelta(hours=1)) == 0


def test_proof_without_a_chat_gets_its_note_too_and_drafts_and_old_ones_do_not(
    store: Store, media: Path
) -> None:
    silent = save_proof(store, media, NOON)
    old = save_proof(store, media, NOON - timedelta(days=5))
    with store.begin() as records:
        quiet, still_open = draft(None), draft()
        records.proofs.open(quiet)
        records.proofs.add_photo(keep_picture(media, quiet, 1, picture()))
        records.proofs.save(replace(quiet, state=ProofState.SAVED, saved_at=NOON))
        records.proofs.open(still_open)

    assert Notes(media).complete(store, NOON) == 2
    assert {path.parent.name for path in media.rglob(PROOF)} == {silent.id, quiet.id}
    assert not read_note(folder_of(media, quiet) / PROOF).sends
    assert not (folder_of(media, old) / PROOF).exists()


def test_text_that_the_buyer_had_already_is_told_as_not_sent(store: Store, media: Path) -> None:
    second = draft()
    with store.begin() as records:
        records.proofs.open(second)
        records.parts.plan(second, plan_parts([new_id()], with_text=False), text="Hi", by="Aina", why=F4)
        note = described(records, second)

    assert (note.sends, note.with_text) == (True, False)


# ---- read ----------------------------------------------------------------------------------------


def written(media: Path, name: str = PROOF, **wrong: Any) -> Path:
    """Write a note as it should be, but for what is wrong with it."""
    proof = replace(draft(), saved_at=NOON if name == PROOF else None)
    photo = keep_picture(media, proof, 1, picture())
    note = json.loads(msgspec.json.encode(note_of(proof, [photo] if name == PROOF else [])))
    for key, value in wrong.items():
        (note if key in note or not note["photos"] else note["photos"][0])[key] = value
    path = folder_of(media, proof) / name
    path.write_text(json.dumps(note))
    return path


def test_note_comes_back_as_it_was_written(media: Path) -> None:
    proof = replace(draft(buyer_name="阿美 \u202e\x07", raw_code='"}\x00'), saved_at=NOON)
    photo = keep_picture(media, proof, 1, picture())
    make_folder(folder_of(media, proof))
    Notes(media).saved(proof, [photo], sends=True, text="a\nb", with_text=True)

    note = read_note(folder_of(media, proof) / PROOF)
    assert note == note_of(proof, [photo], sends=True, text="a\nb", with_text=True)


def test_note_with_more_than_this_program_knows_is_read(media: Path) -> None:
    assert isinstance(read_note(written(media, DRAFT, weather="rain")), Note)


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"version": "one"},
        {"id": "../../../../etc"},
        {"id": "0199a000-0000-7000-8000-000000000000"},
        {"opened_at": "2026-11-20T04:00:00Z"},
        {"opened_at": "2026-11-21T04:00:00"},
        {"saved_at": None},
        {"saved_at": "9999-12-31T23:59:59Z"},
        {"code": None},
        {"code": 7},
        {"source": "telepathy"},
        {"file": "../1-contents-0123456789ab.jpg"},
        {"file": "passwd"},
        {"sha256": "AB" * 32},
        {"ordinal": 0},
        {"shot": "selfie"},
        {"size": 0},
        {"width": 10**30},
        {"taken_at": "1969-01-01T00:00:00Z"},
        {"photos": "none"},
    ],
)
def test_note_that_does_not_fit_is_refused(media: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(StorageError):
        read_note(written(media, **wrong))


@pytest.mark.parametrize("same", ["id", "ordinal", "file"])
def test_note_that_names_a_photo_twice_is_refused(media: Path, same: str) -> None:
    path = written(media)
    note = json.loads(path.read_text())
    first = note["photos"][0]
    other = {"id": "0199a000-0000-7000-8000-000000000000", "ordinal": 2, "file": "2-label-0123456789ab.jpg"}
    note["photos"].append(first | other | {same: first[same]})
    path.write_text(json.dumps(note))

    with pytest.raises(StorageError, match=same):
        read_note(path)


def test_draft_that_says_it_was_saved_is_refused(media: Path) -> None:
    with pytest.raises(StorageError):
        read_note(written(media, DRAFT, saved_at="2026-11-21T04:00:00Z"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"version": 1}',
        b"\xff\xfe",
        b'{"version": 1, "code": "\\ud800"}',
        b" " * 300_000,
    ],
)
def test_file_that_is_no_note_is_refused(media: Path, data: bytes) -> None:
    path = written(media)
    path.write_bytes(data)

    with pytest.raises(StorageError):
        read_note(path)


@posix_only
def test_pipe_link_and_folder_in_a_notes_place_are_refused_at_once(media: Path, tmp_path: Path) -> None:
    path = written(media)
    (tmp_path / "elsewhere.json").write_bytes(path.read_bytes())
    path.unlink()
    for make in (os.mkfifo, lambda path: path.symlink_to(tmp_path / "elsewhere.json"), Path.mkdir):
        make(path)
        with pytest.raises(StorageError):
            read_note(path)
        path.rmdir() if path.is_dir() else path.unlink()


def test_proof_that_was_sent_again_is_described_as_sent(store: Store, media: Path) -> None:
    proof = replace(draft(ORDER), state=ProofState.SAVED, saved_at=NOON)
    make_folder(folder_of(media, proof))
    notes = Notes(media)
    with store.begin() as records:
        records.proofs.open(draft(ORDER, id=proof.id))
        records.proofs.save(proof)
    notes.saved(proof, [], sends=False, text="", with_text=False)
    with store.begin() as records:
        records.parts.plan(
            proof, plan_parts([]), text="Hello.", by="Budi", why=Purpose(PlanReason.RESENT, "asked")
        )

    notes.resent(store, proof.id)
    notes.resent(store, "gone")

    note = read_note(folder_of(media, proof) / PROOF)
    assert (note.sends, note.text, note.with_text) == (True, "Hello.", True)
