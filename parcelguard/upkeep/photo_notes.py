"""The notes beside the photos: the media folder tells by itself what each picture is of.

`draft.json` is written when an order opens, `proof.json` once F4 has committed. From them and the
pictures' names the records can be made again. What is read here may have been written by anybody,
so it is believed only as far as it fits its folder.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Annotated, TypedDict, Unpack
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from parcelguard.core.errors import StorageError
from parcelguard.core.parts import PartKind
from parcelguard.core.proofs import Photo, Proof, ProofState, Shot
from parcelguard.core.scans import ScanSource
from parcelguard.disk.files import PHOTO_NAME, photo_folder, write_durably
from parcelguard.store.database import Records, Store

log = logging.getLogger(__name__)

VERSION = 1
DRAFT, PROOF = "draft.json", "proof.json"
LOOK_BACK = timedelta(days=2)
YEARS = range(2000, 2101)
_LARGEST = 256 * 1024
_ID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Moment = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(pattern=_ID)]
Count = Annotated[int, Meta(ge=1, le=2**40)]


class PhotoNote(Struct, frozen=True, kw_only=True):
    """One photo of a saved proof; `file` lies in the note's own folder."""

    id: Id
    ordinal: Annotated[int, Meta(ge=1, le=9)]
    shot: Shot
    file: Annotated[str, Meta(pattern=f"^{PHOTO_NAME.pattern}$")]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    size: Count
    width: Count
    height: Count
    taken_at: Moment
    sharp: bool = True
    recovered: bool = False


class How(TypedDict, total=False):
    """How a saved proof was to reach its buyer, as its note tells it."""

    sends: bool
    text: str
    with_text: bool
    one_picture: bool
    by_hand: bool


class Note(Struct, frozen=True, kw_only=True):
    """All that is needed to make a proof's records again. Without `saved_at` F4 was not pressed.

    `sends`: its shop sent messages then; `with_text`: the text was one of them; `one_picture`: the photos
    were one other. `by_hand`: a person was to send it.
    """

    version: int = VERSION
    id: Id
    station: str
    packer: str
    code: str
    raw_code: str
    source: ScanSource
    opened_at: Moment
    shop: str = ""
    order: str = ""
    buyer_id: str = ""
    buyer_name: str = ""
    tracking: str = ""
    saved_at: Moment | None = None
    sends: bool = False
    text: str = ""
    with_text: bool = False
    one_picture: bool = False
    by_hand: bool = False
    photos: tuple[PhotoNote, ...] = ()

    def proof(self, state: ProofState) -> Proof:
        """Return the proof it tells of."""
        return Proof(
            id=self.id,
            state=state,
            code=self.code,
            raw_code=self.raw_code,
            source=self.source,
            station=self.station,
            packer=self.packer,
            opened_at=self.opened_at,
            saved_at=self.saved_at,
            shop_id=self.shop,
            order_number=self.order,
            buyer_id=self.buyer_id,
            buyer_name=self.buyer_name,
            tracking=self.tracking,
        )


class _Versioned(Struct):
    version: int


class Notes:
    """Writes the notes of one media folder. A failure is told, never raised: the records have it all."""

    def __init__(
        self, media: Path, troubled: Callable[[StorageError | None], None] = lambda _trouble: None
    ) -> None:
        self._media = media
        self._troubled = troubled
        # Desk, log and housekeeping write, and one note has one temporary name.
        self._lock = Lock()

    def opened(self, proof: Proof) -> None:
        """Describe an open order, or describe it again when more is known of it."""
        self._write(DRAFT, note_of(proof))

    def saved(self, proof: Proof, photos: Sequence[Photo], **how: Unpack[How]) -> None:
        """Describe a saved proof with its photos."""
        self._write(PROOF, note_of(proof, photos, **how))

    def resent(self, store: Store, proof_id: str) -> None:
        """Describe a proof anew after it was sent again: rebuilt from its note, it must not seem unsent."""
        with store.read() as records:
            proof = records.proofs.get(proof_id)
            note = described(records, proof) if proof else None
        if note:
            self._write(PROOF, note)

    def complete(self, store: Store, now: datetime) -> int:
        """Describe what was saved lately and a crash left without its note; returns how many."""
        with store.read() as records:
            lacking = [
                described(records, proof)
                for proof in records.proofs.recent(now - LOOK_BACK)
                if proof.saved_at and not self._path(proof.opened_at, proof.id, PROOF).exists()
            ]
        for note in lacking:
            self._write(PROOF, note)
        return len(lacking)

    def _write(self, name: str, note: Note) -> None:
        path = self._path(note.opened_at, note.id, name)
        try:
            with self._lock:
                write_durably(path, msgspec.json.format(msgspec.json.encode(note)), new_folder=False)
        except StorageError as error:
            log.warning("not described: %s", error)
            self._troubled(error)
        else:
            self._troubled(None)

    def _path(self, opened_at: datetime, proof_id: str, name: str) -> Path:
        return self._media / photo_folder(opened_at, proof_id) / name


def note_of(proof: Proof, photos: Sequence[Photo] = (), **how: Unpack[How]) -> Note:
    """Return the note of a proof and the photos that are part of it."""
    return Note(
        id=proof.id,
        station=proof.station,
        packer=proof.packer,
        code=proof.code,
        raw_code=proof.raw_code,
        source=proof.source,
        opened_at=proof.opened_at,
        shop=proof.shop_id,
        order=proof.order_number,
        buyer_id=proof.buyer_id,
        buyer_name=proof.buyer_name,
        tracking=proof.tracking,
        saved_at=proof.saved_at,
        **how,
        photos=tuple(
            PhotoNote(
                id=photo.id,
                ordinal=photo.ordinal,
                shot=photo.shot,
                file=Path(photo.path).name,
                sha256=photo.sha256,
                size=photo.size,
                width=photo.width,
                height=photo.height,
                taken_at=photo.taken_at,
                sharp=photo.sharp,
                recovered=photo.recovered,
            )
            for photo in photos
        ),
    )


def described(records: Records, proof: Proof) -> Note:
    """Return the note of a saved proof as the records know it."""
    sendings = records.log.generations(proof.id)
    first = records.parts.of_set(proof.id, 1) if sendings else []
    by_hand = any(part.kind is PartKind.HAND for part in first)
    return note_of(
        proof,
        records.proofs.photos(proof.id),
        sends=bool(sendings) and not by_hand,
        text=sendings[0].text if sendings else "",
        with_text=any(part.kind is PartKind.TEXT for part in first),
        one_picture=any(len(part.photo_ids) > 1 for part in first),
        by_hand=by_hand,
    )


def read_note(path: Path) -> Note:
    """Read a note that fits the folder it lies in. Raises StorageError saying what is wrong with it."""
    data = _read(path)
    try:
        # The version alone at first, so that a newer note is called newer and not broken.
        version = msgspec.json.decode(data, type=_Versioned).version
        # Not guessed at: what a newer version adds may change what the rest of the note means.
        if version > VERSION:
            raise StorageError(f"{path}: written by a newer ParcelGuard (version {version})")
        note = msgspec.json.decode(data, type=Note)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StorageError(f"{path}: not a note of ParcelGuard ({error})") from error
    # A note that was copied into another folder must not give that proof's photos a second life.
    if not path.parent.as_posix().endswith("/" + photo_folder(note.opened_at, note.id)):
        raise StorageError(f"{path}: it belongs into another folder")
    if (note.saved_at is None) != (path.name == DRAFT):
        raise StorageError(f"{path}: it says nothing of having been saved")
    moments = (note.opened_at, note.saved_at or note.opened_at, *(photo.taken_at for photo in note.photos))
    if not all(moment.year in YEARS for moment in moments):
        raise StorageError(f"{path}: no such time")
    for same in ("id", "ordinal", "file"):
        if len({getattr(photo, same) for photo in note.photos}) < len(note.photos):
            raise StorageError(f"{path}: two photos have the same {same}")
    return note


def is_proof_id(name: str) -> bool:
    """Whether a folder's name is a proof's id as this program writes it."""
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _read(path: Path) -> bytes:
    """Read a small ordinary file; anything else under this name is refused, not waited for."""
    # The folder lies where anybody may put things: no link is followed, and no pipe is waited for.
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(_LARGEST + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError as error:
        raise StorageError(f"{path}: {error}") from error
    if not data or len(data) > _LARGEST:
        raise StorageError(f"{path}: not a note of ParcelGuard ({len(data)} bytes)")
    return data
