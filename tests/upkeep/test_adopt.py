"""After a crash: pictures without a row find their proof, half-written ones go."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.proofs import Photo, Proof, ProofState, Shot
from parcelguard.disk.files import photo_folder, photo_name
from parcelguard.store.database import Store
from parcelguard.upkeep.adopt import adopt_photos
from tests.support.fakes import NOON, draft, keep_picture, picture, save_proof


def size_of(path: Path) -> tuple[int, int] | None:
    return (64, 48) if path.read_bytes().startswith(b"\xff\xd8\xff") else None


def adopt(store: Store, media: Path) -> int:
    return adopt_photos(store, media, NOON + timedelta(minutes=1), size_of)


def photos(store: Store, proof: Proof) -> tuple[Photo, ...]:
    with store.read() as records:
        return records.proofs.photos(proof.id)


def folder_of(media: Path, proof: Proof) -> Path:
    return media / photo_folder(proof.opened_at, proof.id)


@pytest.fixture
def proof(store: Store) -> Proof:
    opened = draft()
    with store.begin() as records:
        records.proofs.open(opened)
    return opened


def half_written(media: Path, proof: Proof, ordinal: int, data: bytes, whole: bytes) -> Path:
    name = photo_name(ordinal, Shot.at(ordinal), hashlib.sha256(whole).hexdigest())
    path = folder_of(media, proof) / f"{name}.part"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_picture_without_a_row_is_adopted_into_its_draft(store: Store, media: Path, proof: Proof) -> None:
    kept = keep_picture(media, proof, 2, picture())

    assert adopt(store, media) == 1

    (photo,) = photos(store, proof)
    assert photo.recovered
    assert (photo.ordinal, photo.shot, photo.path) == (2, Shot.LABEL, kept.path)
    assert (photo.sha256, photo.size, photo.width) == (kept.sha256, kept.size, 64)
    assert adopt(store, media) == 0


def test_known_and_discarded_pictures_are_not_adopted_again(store: Store, media: Path, proof: Proof) -> None:
    first, second = (keep_picture(media, proof, n, picture(n)) for n in (1, 2))
    with store.begin() as records:
        records.proofs.add_photo(first)
        records.proofs.add_photo(second)
        records.proofs.discard_photo(second.id, NOON)

    assert adopt(store, media) == 0
    assert photos(store, proof) == (first,)


def test_flushed_picture_that_was_not_renamed_gets_its_name(store: Store, media: Path, proof: Proof) -> None:
    data = picture()
    partial = half_written(media, proof, 1, data, data)

    assert adopt(store, media) == 1
    assert photos(store, proof)[0].sha256 == hashlib.sha256(data).hexdigest()
    assert not partial.exists()


def test_half_written_picture_goes(store: Store, media: Path, proof: Proof) -> None:
    data = picture()
    partial = half_written(media, proof, 1, data[:300], data)

    assert adopt(store, media) == 0
    assert not partial.exists()


def test_picture_with_a_hole_in_it_goes_though_its_end_is_there(
    store: Store, media: Path, proof: Proof
) -> None:
    data = picture()
    holed = data[:200] + bytes(len(data) - 300) + data[-100:]
    partial = half_written(media, proof, 1, holed, data)

    assert adopt(store, media) == 0
    assert not partial.exists()


def test_folder_among_the_pictures_is_left_alone(store: Store, media: Path, proof: Proof) -> None:
    keep_picture(media, proof, 1, picture())
    folder = folder_of(media, proof)
    names = ["0-folder.part", "1-contents-0123456789ab.jpg", "2-label-0123456789ab.jpg.part"]
    for name in names:
        (folder / name).mkdir()

    assert adopt(store, media) == 1
    assert all((folder / name).is_dir() for name in names)


def test_file_that_cannot_be_removed_costs_no_other_picture(
    store: Store, media: Path, proof: Proof, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    data = picture()
    stuck = half_written(media, proof, 1, data[:300], data)
    keep_picture(media, proof, 2, picture(2))

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "used by another program", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    assert adopt(store, media) == 1
    assert stuck.exists()
    assert stuck.name in caplog.text


def test_picture_that_cannot_be_read_costs_no_other(store: Store, media: Path, proof: Proof) -> None:
    keep_picture(media, proof, 1, picture(1))
    kept = keep_picture(media, proof, 2, picture(2))

    def size(path: Path) -> tuple[int, int] | None:
        if path.name.startswith("1-"):
            raise OSError(5, "input/output error")
        return (64, 48)

    assert adopt_photos(store, media, NOON, size) == 1
    assert [photo.path for photo in photos(store, proof)] == [kept.path]


def test_folder_that_cannot_be_read_costs_no_other(
    store: Store, media: Path, proof: Proof, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = draft()
    with store.begin() as records:
        records.proofs.open(other)
    for each in (proof, other):
        keep_picture(media, each, 1, picture())
    real = Path.iterdir

    def refuse(path: Path) -> object:
        if path.name == proof.id:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert adopt(store, media) == 1
    assert proof.id in caplog.text


def test_foreign_files_are_left_alone(store: Store, media: Path, proof: Proof) -> None:
    folder = folder_of(media, proof)
    folder.mkdir(parents=True)
    names = ["1-selfie-0123456789ab.jpg", "notes.txt", "1-contents-0123456789ab.thumb.jpg", "Thumbs.db"]
    for name in names:
        (folder / name).write_bytes(picture())

    assert adopt(store, media) == 0
    assert sorted(each.name for each in folder.iterdir()) == sorted(names)


def test_file_that_is_no_picture_is_left_alone(store: Store, media: Path, proof: Proof) -> None:
    keep_picture(media, proof, 1, b"not a picture")
    assert adopt(store, media) == 0


def test_place_that_is_taken_gives_the_next_free_one(store: Store, media: Path, proof: Proof) -> None:
    known = keep_picture(media, proof, 1, picture(1))
    with store.begin() as records:
        records.proofs.add_photo(known)
    keep_picture(media, proof, 1, picture(2))

    assert adopt(store, media) == 1
    assert [photo.ordinal for photo in photos(store, proof)] == [1, 2]


def test_saved_proof_keeps_a_found_picture_beside_it(store: Store, media: Path) -> None:
    proof = save_proof(store, media, NOON, photos=1)
    found = keep_picture(media, proof, 2, picture(7))

    assert adopt(store, media) == 1

    assert [photo.ordinal for photo in photos(store, proof)] == [1]
    with store.read() as records:
        assert found.path in records.proofs.known_paths(proof.id)
        kept = records.proofs.get(proof.id)
    assert kept
    assert kept.state is ProofState.SENDING


def test_abandoned_proof_with_a_found_picture_is_listed(store: Store, media: Path, proof: Proof) -> None:
    with store.begin() as records:
        records.proofs.abandon(proof.id, NOON)
        assert records.log.one(proof.id)
    keep_picture(media, proof, 1, picture())

    assert adopt(store, media) == 1
    with store.read() as records:
        row = records.log.one(proof.id)
    assert row
    assert row.photos == 1


def test_old_proofs_are_not_searched_but_old_drafts_are(store: Store, media: Path) -> None:
    long_ago = NOON - timedelta(days=9)
    left, still_open = draft(opened_at=long_ago), draft(opened_at=long_ago)
    with store.begin() as records:
        records.proofs.open(replace(left, state=ProofState.ABANDONED))
        records.proofs.open(still_open)
    for proof in (left, still_open):
        keep_picture(media, proof, 1, picture())

    assert adopt(store, media) == 1
    assert len(photos(store, still_open)) == 1
