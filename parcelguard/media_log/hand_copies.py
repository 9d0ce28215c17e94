"""The buyer's pictures as files, for what a person sends in the seller centre."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from time import time

from parcelguard.core.errors import StorageError
from parcelguard.core.proofs import Photo
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.picture_sizes import picture_size
from parcelguard.delivery.ports import CopyMaker
from parcelguard.disk.files import holds, write_durably
from parcelguard.store.database import Store
from parcelguard.store.views import HandJob

KEPT_S = 24 * 3600


class HandCopies:
    """One folder for each proof that waits to be sent by hand.

    It goes some time after the proof waits no more: a browser may be sending the files just then.
    """

    def __init__(self, folder: Path, store: Store, copies: CopyMaker, media: Path) -> None:
        self._folder = folder
        self._store = store
        self._copies = copies
        self._media = media

    def of(self, job: HandJob) -> tuple[Path, ...]:
        """Return the copies in their order, made where they are missing. Raises StorageError."""
        with self._store.read() as records:
            proof = records.proofs.get(job.proof_id)
            photos = [each for each in records.proofs.photos(job.proof_id) if each.path in job.photos]
        by_whom = (proof.station, proof.packer) if proof else ()
        folder = self._folder / job.proof_id
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = because(SendingReason.COPY_FOLDER, folder=str(folder))
            raise StorageError(f"{folder}: {error}", why) from error
        return tuple(self._copy(folder, photo, job.order_number, by_whom) for photo in photos)

    def sweep(self, waiting: Collection[str]) -> None:
        """Remove the folders of proofs that do not wait any more."""
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name not in waiting and time() - folder.stat().st_mtime > KEPT_S:
                    shutil.rmtree(folder, ignore_errors=True)  # copies only; it is tried again next time

    def _copy(self, folder: Path, photo: Photo, order_number: str, by_whom: tuple[str, ...]) -> Path:
        path = folder / f"{photo.ordinal}.jpg"
        if not path.exists():
            original = self._media / photo.path
            if not holds(original, photo.sha256):
                why = because(SendingReason.PHOTO_UNUSABLE, photo=photo.ordinal)
                raise StorageError(f"{original}: not what was taken", why)
            taken = photo.taken_at.astimezone()
            caption = (order_number, f"{taken:%Y-%m-%d %H:%M:%S %z}", *by_whom)
            write_durably(path, self._copies.make(original, caption, picture_size([photo])))
        return path
