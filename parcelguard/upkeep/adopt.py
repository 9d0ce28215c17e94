"""Pictures that a crash left without a row find their way back into their proof.

Between the rename of a photo and the commit of its row the program may die. Such a picture was
never acknowledged, but it is complete, so it is kept and marked as recovered.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Container
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from parcelguard.core.ids import new_id
from parcelguard.core.proofs import MAX_PHOTOS, Photo, Proof, Shot
from parcelguard.disk.files import PARTIAL_SUFFIX, PHOTO_NAME, photo_folder
from parcelguard.store.database import Records, Store

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=2)


def adopt_photos(
    store: Store, media: Path, now: datetime, size_of: Callable[[Path], tuple[int, int] | None]
) -> int:
    """Give a row to every complete picture that has none; remove half-written ones. Returns how many."""
    with store.read() as records:
        proofs = records.proofs.recent(now - LOOK_BACK)
    adopted = 0
    for proof in proofs:
        folder = media / photo_folder(proof.opened_at, proof.id)
        try:
            paths = sorted(folder.iterdir()) if folder.is_dir() else []
        except OSError as error:
            log.warning("not looked into %s: %s", folder.name, error)
            continue
        adopted += _adopt_in(store, media, paths, proof, size_of)
    return adopted


def _adopt_in(
    store: Store,
    media: Path,
    paths: list[Path],
    proof: Proof,
    size_of: Callable[[Path], tuple[int, int] | None],
) -> int:
    with store.begin() as records:
        # Read and added in one transaction: a picture whose row is there already must not get a second one.
        known = records.proofs.known_paths(proof.id)
        found = 0
        for path in paths:
            try:
                photo = _found(path, media, known, proof, size_of)
            except OSError as error:  # one thing that cannot be read or removed must not stop the start
                log.warning("left alone %s: %s", path.name, error)
                continue
            if photo:
                _add(records, proof, photo)
                found += 1
                log.warning("adopted %s", photo.path)
        return found


def _found(
    path: Path,
    media: Path,
    known: Container[str],
    proof: Proof,
    size_of: Callable[[Path], tuple[int, int] | None],
) -> Photo | None:
    """Return the picture that has no row yet, if this path holds one."""
    original = _original(path)
    relative = original.relative_to(media).as_posix() if original else ""
    if original is None or relative in known:
        return None
    size = size_of(original)
    # What has no size is no picture that could be sent; it is left where it lies.
    return _photo(original, relative, proof, size) if size else None


def _original(path: Path) -> Path | None:
    """Return a complete original; a flushed picture that was not renamed yet gets its name now."""
    if not path.is_file():
        return None
    if not path.name.endswith(PARTIAL_SUFFIX):
        return path if PHOTO_NAME.fullmatch(path.name) else None
    final = path.with_name(path.name.removesuffix(PARTIAL_SUFFIX))
    # The crash may have come between flush and rename. Then all bytes are there and only the name is missing;
    # what is half written was never acknowledged, so nobody relies on it.
    if _is_whole(path, final.name) and not final.exists():
        return path.rename(final)
    path.unlink()
    return None


def _is_whole(path: Path, name: str) -> bool:
    """Whether a picture's bytes have the hash its name promises: after a power cut there may be holes."""
    match = PHOTO_NAME.fullmatch(name)
    return match is not None and hashlib.sha256(path.read_bytes()).hexdigest().startswith(match[3])


def _photo(path: Path, relative: str, proof: Proof, size: tuple[int, int]) -> Photo:
    match = PHOTO_NAME.fullmatch(path.name)
    assert match  # _pictures yields only such names
    status = path.stat()
    return Photo(
        id=new_id(),
        proof_id=proof.id,
        ordinal=int(match[1]),
        shot=Shot(match[2]),
        path=relative,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        size=status.st_size,
        width=size[0],
        height=size[1],
        taken_at=datetime.fromtimestamp(status.st_mtime, UTC),
        recovered=True,
    )


def _add(records: Records, proof: Proof, photo: Photo) -> None:
    """Put the picture into its place, or the next free one."""
    taken = {each.ordinal for each in records.proofs.photos(proof.id)}
    # Its own place may be taken: the packer, who saw no tick, may have taken that photo again.
    free = [n for n in (photo.ordinal, *range(1, MAX_PHOTOS + 1)) if n not in taken]
    place = free[0] if free else photo.ordinal
    records.proofs.add_photo(replace(photo, ordinal=place, shot=Shot.at(place)))
