"""Makes the records again that the media folder tells of, and says where the two differ.

Nothing that is recorded is changed or removed, and nothing rebuilt here is ever sent by itself:
whether it went out before is not known, so a person is asked.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from parcelguard.core.errors import StorageError
from parcelguard.core.ids import new_id
from parcelguard.core.message_sets import plan_by_hand, plan_parts
from parcelguard.core.parts import PartKind, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Photo, Proof, ProofState, Shot
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.scans import ScanSource
from parcelguard.disk.files import PHOTO_NAME
from parcelguard.store.database import Records, Store
from parcelguard.upkeep.photo_notes import DRAFT, PROOF, Note, PhotoNote, is_proof_id, read_note

log = logging.getLogger(__name__)

RESTORED = because(SendingReason.RESTORED)
RESTORED_BY_HAND = because(SendingReason.RESTORED_BY_HAND)
_AT_ONCE = 50  # folders in one transaction: each costs a flush of the drive
UNNAMED = "?"  # the code of a proof whose note is gone
SizeOf = Callable[[Path], tuple[int, int] | None]


@dataclass(slots=True)
class Difference:
    """What the folder knew and the records did not, and the other way round. Paths are of the folder."""

    proofs_added: int = 0
    proofs_completed: int = 0  # recorded as never saved, and saved as the folder knows
    photos_added: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # notes that tell nothing that can be believed
    unreadable: list[str] = field(default_factory=list)

    def unread(self, path: Path, media: Path, error: OSError) -> None:
        """Note what could not be read, and go on."""
        log.warning("not read %s: %s", path, error)
        self.unreadable.append(path.relative_to(media).as_posix())

    @property
    def none(self) -> bool:
        """Whether folder and records tell the same."""
        return self == Difference()


def rescan(store: Store, media: Path, size_of: SizeOf, *, thorough: bool = True) -> Difference:
    """Bring into the records what only the folder knows; repeated, it changes nothing.

    `thorough`: read every photo and compare its hash; otherwise a photo with a row need only be there.
    """
    found = Difference()
    folders = _proof_folders(media, found)
    while some := list(islice(folders, _AT_ONCE)):
        with store.begin() as records:
            for folder in some:
                names = _files_in(folder, media, found)
                _Folder(media, folder, names, size_of, found).take_in(records)
    with store.read() as records:
        for photo in records.inventory.photos():
            _compare(media / photo.path, photo, found, thorough=thorough)
    return found


class _Folder:
    """One proof's folder."""

    def __init__(self, media: Path, path: Path, names: list[str], size_of: SizeOf, found: Difference) -> None:
        self._media = media
        self._path = path
        self._relative = path.relative_to(media).as_posix()
        self._names = names
        self._size_of = size_of
        self._found = found

    def take_in(self, records: Records) -> None:
        """Add the proof and the photos that have no row."""
        pictures = [name for name in self._names if PHOTO_NAME.fullmatch(name)]
        # The saved note knows more than the one of the open order, and is believed first.
        note = self._note(PROOF) or self._note(DRAFT)
        if note is None and not pictures:
            return
        known = records.proofs.get(self._path.name)
        proof = known or self._opened(records, note)
        unsaved = proof.state in (ProofState.DRAFT, ProofState.ABANDONED)
        completes = note if note and note.saved_at and unsaved else None
        if completes:
            # Only a draft can be saved, so it becomes one again within this transaction.
            records.inventory.reopen(proof.id)
            _discard_all_but(records, completes)
        self._add_photos(records, proof, note, pictures)
        if completes:
            _save(records, completes)
            self._found.proofs_completed += known is not None
        elif known is None:
            # Without F4 nothing was to go to a buyer: it is kept and can be found, and nothing is planned.
            records.proofs.abandon(proof.id, proof.opened_at)

    def _note(self, name: str) -> Note | None:
        if name not in self._names:
            return None
        try:
            return read_note(self._path / name)
        except StorageError as error:
            log.warning("not believed: %s", error)
            self._found.refused.append(self._in(name))
            return None

    def _opened(self, records: Records, note: Note | None) -> Proof:
        # A draft at first, also where F4 was pressed: its photos come before it is saved.
        proof = replace(note.proof(ProofState.DRAFT), saved_at=None) if note else _nameless(self._path)
        records.proofs.open(proof)
        self._found.proofs_added += 1
        return proof

    def _add_photos(self, records: Records, proof: Proof, note: Note | None, pictures: list[str]) -> None:
        """Record what has no row: the note's photos, and beside or instead of them what else lies there.

        Of several pictures of one shot the newest is the photo, because the others were taken again.
        """
        recorded = records.proofs.known_paths(proof.id)
        told = {each.file: each for each in note.photos} if note else {}
        taken = records.inventory.known_photos([each.id for each in told.values()])
        of_note = [
            self._told(proof, each, taken) for each in told.values() if self._in(each.file) not in recorded
        ]
        others = [name for name in pictures if name not in told and self._in(name) not in recorded]
        found = [photo for name in others if (photo := self._found_photo(proof, name))]
        # The newest first, so that it gets the place; those after it find it taken.
        found.sort(key=lambda photo: photo.taken_at, reverse=True)
        for photo in (*of_note, *found):
            records.proofs.add_photo(photo)
            self._found.photos_added += 1
        if told:  # then F4 has said which photos are the proof's
            for photo in found:
                records.proofs.discard_photo(photo.id, photo.taken_at)

    def _told(self, proof: Proof, note: PhotoNote, taken: Collection[str]) -> Photo:
        return Photo(
            id=new_id() if note.id in taken else note.id,
            proof_id=proof.id,
            ordinal=note.ordinal,
            shot=note.shot,
            path=self._in(note.file),
            sha256=note.sha256,
            size=note.size,
            width=note.width,
            height=note.height,
            taken_at=note.taken_at,
            sharp=note.sharp,
            recovered=True,
        )

    def _found_photo(self, proof: Proof, name: str) -> Photo | None:
        """Return a picture that only its name tells of; None when it is not what the name promises."""
        path, match = self._path / name, PHOTO_NAME.fullmatch(name)
        assert match
        try:
            sha256, status, size = _digest(path), path.stat(), self._size_of(path)
        except OSError as error:
            self._found.unread(path, self._media, error)
            return None
        # A picture that is not what its name promises is no evidence: it is told of and not recorded.
        if size is None or not sha256.startswith(match[3]):
            self._found.changed.append(self._in(name))
            return None
        return Photo(
            id=new_id(),
            proof_id=proof.id,
            ordinal=int(match[1]),
            shot=Shot(match[2]),
            path=self._in(name),
            sha256=sha256,
            size=status.st_size,
            width=size[0],
            height=size[1],
            taken_at=datetime.fromtimestamp(status.st_mtime, UTC),
            recovered=True,
        )

    def _in(self, name: str) -> str:
        return f"{self._relative}/{name}"


def _nameless(folder: Path) -> Proof:
    """Return what a folder without a note tells: its id, which holds the moment, and its date."""
    day = _date_of(folder.parent)
    assert day
    try:
        # The first 48 bits of a UUID of version 7 are the milliseconds of its moment (RFC 9562).
        opened = datetime.fromtimestamp((UUID(folder.name).int >> 80) / 1000, UTC)
    except (ValueError, OverflowError):  # an id that this program did not make
        opened = day
    return Proof(
        id=folder.name,
        state=ProofState.DRAFT,
        code=UNNAMED,
        raw_code=UNNAMED,
        source=ScanSource.TYPED,
        station="",
        packer="",
        opened_at=opened if opened.date() == day.date() else day,
    )


def _discard_all_but(records: Records, note: Note) -> None:
    """Take out of the proof what was photographed again between its backup and F4."""
    kept = {photo.file for photo in note.photos}
    for photo in records.proofs.photos(note.id):
        if Path(photo.path).name not in kept:
            records.proofs.discard_photo(photo.id, photo.taken_at)


def _save(records: Records, note: Note) -> None:
    """Save the proof as F4 did, and ask about every message that it may have sent."""
    photo_ids = [photo.id for photo in records.proofs.photos(note.id)]
    sends = note.sends and bool(photo_ids or note.with_text)
    proof = note.proof(ProofState.SENDING if sends else ProofState.SAVED)
    records.proofs.save(proof)
    # Planned as F4 did and held at once: whether it went out is known to the marketplace alone.
    if note.by_hand or sends:
        planned = plan_parts(photo_ids, with_text=note.with_text, one_picture=note.one_picture)
        planned = plan_by_hand() if note.by_hand else planned
        records.parts.plan(proof, planned, text=note.text, by=proof.packer, why=Purpose(PlanReason.F4))
        hold_in_doubt(records, RESTORED, RESTORED_BY_HAND, proof.id)


def hold_in_doubt(records: Records, why: Reason, by_hand: Reason, proof_id: str = "") -> int:
    """Hold every message that is not settled, of one proof or of all, until a person has looked.

    What a person sends anyway goes on waiting for one, who now looks first; `by_hand` says so.
    """
    undelivered = records.inventory.undelivered(proof_id)
    for part in undelivered:
        reason = by_hand if part.kind is PartKind.HAND else why
        records.parts.move(part, PartState.HELD, due_at=None, reason=reason, code="")
    return len(undelivered)


def _compare(path: Path, photo: Photo, found: Difference, *, thorough: bool) -> None:
    try:
        # The size first, since it costs no reading.
        same = path.stat().st_size == photo.size and (not thorough or _digest(path) == photo.sha256)
    except FileNotFoundError:
        found.missing.append(photo.path)
    except OSError as error:
        log.warning("not compared %s: %s", photo.path, error)
        found.unreadable.append(photo.path)
    else:
        if not same:
            found.changed.append(photo.path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _proof_folders(media: Path, found: Difference) -> Iterator[Path]:
    """Yield YYYY/MM/DD/<proof id>, and nothing that a link leads to."""
    days = [media]
    for _ in ("year", "month", "day"):
        days = [each for day in days for each in _folders_in(day, media, found) if each.name.isdecimal()]
    for day in filter(_date_of, days):
        yield from (each for each in _folders_in(day, media, found) if is_proof_id(each.name))


def _folders_in(folder: Path, media: Path, found: Difference) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError as error:
        found.unread(folder, media, error)
        return []


def _files_in(folder: Path, media: Path, found: Difference) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    except OSError as error:
        found.unread(folder, media, error)
        return []


def _date_of(folder: Path) -> datetime | None:
    """Return the date that a folder's path ends in."""
    written = "/".join(folder.parts[-3:])
    try:
        day = datetime.strptime(written, "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if f"{day:%Y/%m/%d}" == written else None
