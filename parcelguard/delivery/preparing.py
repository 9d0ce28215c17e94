"""Prepares what a part carries: the buyer's picture, and the address under which the marketplace has it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from parcelguard.core.errors import HeldHere
from parcelguard.core.parts import Part
from parcelguard.core.proofs import Photo
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.picture_sizes import picture_size
from parcelguard.delivery.ports import ChatSender, CopyMaker, Picture
from parcelguard.store.database import Store
from parcelguard.store.jobs import Job

UPLOAD_LIFE = timedelta(hours=1)  # nobody says how long an address lives; this is well within


class Preparer:
    """Works for one courier, on its thread."""

    def __init__(
        self,
        store: Store,
        sender: ChatSender,
        copies: CopyMaker,
        media: Path,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._sender = sender
        self._copies = copies
        self._media = media
        self._now = now

    def picture(self, job: Job) -> Picture:
        """Return the picture as this channel wants it."""
        address = self._address(job)
        content = b"" if self._sender.policy.keeps_uploads else self.copy(job)
        return Picture(address=address, size=picture_size(job.photos), content=content)

    def copy(self, job: Job) -> bytes:
        """Return the buyer's picture, made from originals that still are what was photographed."""
        if not job.photos or len(job.photos) < len(job.part.photo_ids):
            raise HeldHere("no photo row", because(SendingReason.PHOTO_UNRECORDED))
        paths = [self._unchanged(photo, job.part) for photo in job.photos]
        taken = job.photos[0].taken_at.astimezone()
        moment = f"{taken:%Y-%m-%d %H:%M:%S} {taken:%z}"
        caption = (job.proof.order_number, moment, job.proof.station, job.proof.packer)
        size = picture_size(job.photos)
        if len(paths) > 1:
            return self._copies.collage(paths, caption, size)
        return self._copies.make(paths[0], caption, size)

    def _address(self, job: Job) -> str:
        """Return the picture's address; an old one is made anew."""
        if job.address and job.uploaded_at and self._now() - job.uploaded_at < UPLOAD_LIFE:
            return job.address
        address = self._sender.upload_picture(self.copy(job))
        with self._store.begin() as records:
            records.parts.new_address(job.part, address)
        return address

    def _unchanged(self, photo: Photo, part: Part) -> Path:
        path = self._media / photo.path
        joined = len(part.photo_ids) > 1
        try:
            # A buyer gets what was photographed, or nothing: files in the folder can be exchanged.
            same = hashlib.sha256(path.read_bytes()).hexdigest() == photo.sha256
        except OSError as error:
            kind = SendingReason.JOINED_PHOTO_MISSING if joined else SendingReason.PHOTO_MISSING
            raise HeldHere(f"{path}: {error}", because(kind, photo=photo.ordinal)) from error
        if not same:
            kind = SendingReason.JOINED_PHOTO_CHANGED if joined else SendingReason.PHOTO_CHANGED
            raise HeldHere(f"{path} changed", because(kind, photo=photo.ordinal))
        return path
