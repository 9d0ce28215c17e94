"""The darkroom thread: makes the newest picture a durable original, and says so only then."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from parcelguard.camera.messages import PhotoFailed, PhotoKept, TakePhoto
from parcelguard.camera.newest_picture import Image, Newest, Picture, Priority
from parcelguard.core.errors import CameraUnavailable, ParcelGuardError, StorageError
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because
from parcelguard.disk.files import photo_name, thumbnail_of, write_durably
from parcelguard.runtime.crash_points import hit
from parcelguard.runtime.threads import Worker

log = logging.getLogger(__name__)

OLDEST_S = 1.0
SHARP_FROM = 30.0  # gray levels, see `sharpness`; a 1080p picture blurred by 2.5 px has 35 to 48, by 4 px 26
SMALL_WIDTH = 640
THUMBNAIL_WIDTH = 320
THUMBNAIL_QUALITY = 80


class Darkroom:
    """Works off photo requests one after the other."""

    def __init__(
        self,
        media: Path,
        quality: int,
        newest: Newest,
        priority: Priority,
        tell: Callable[[object], None],
    ) -> None:
        self._media = media
        self._quality = quality
        self._newest = newest
        self._priority = priority
        self._tell = tell
        self._worker = Worker("darkroom")
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="thumbnails")

    def keep_photo(self, request: TakePhoto) -> None:
        """Keep the newest picture; the answer is told as PhotoKept or PhotoFailed."""
        # From the key press on: the reader would share the cores with the encoder.
        self._priority.claim()
        self._worker.post(self._answer, request)

    def finish_photos(self) -> bool:
        """Finish what was asked for; False means the disk is stuck."""
        done = self._worker.stop(2.5)
        self._helper.shutdown(wait=False)
        return done

    def _answer(self, request: TakePhoto) -> None:
        try:
            self._tell(self._keep(request, self._usable()))
        except ParcelGuardError as error:
            self._tell(_failure(request, error))
        except Exception as error:  # whatever happened, the packer must hear that there is no photo
            log.exception("a photo failed")
            self._tell(_failure(request, ParcelGuardError(type(error).__name__, _NOT_TAKEN)))
        finally:
            self._priority.release()

    def _usable(self) -> Picture:
        """Return the newest picture. Raises CameraUnavailable when it is not what the camera sees now."""
        picture = self._newest.get()
        if picture is None:
            raise CameraUnavailable("no picture", because(CameraReason.NO_CAMERA_NO_PHOTO))
        age_s = time.monotonic() - picture.at
        if self._newest.frozen or age_s > OLDEST_S:
            still = because(CameraReason.STILL_PICTURE_NO_PHOTO)
            raise CameraUnavailable(f"newest picture is {age_s:.1f} s old", still)
        return picture

    def _keep(self, request: TakePhoto, picture: Picture) -> PhotoKept:
        # Encoded once and hashed as encoded: the name, the records and the evidence all speak of these bytes.
        hit("photo.taken")
        small = self._helper.submit(_small, picture.image)  # beside the encoder and the disk, not after them
        encoded, data = cv2.imencode(".jpg", picture.image, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        if not encoded:
            raise StorageError("imencode refused the picture", _NOT_TAKEN)
        original = data.tobytes()
        sha256 = hashlib.sha256(original).hexdigest()
        name = photo_name(request.ordinal, request.shot, sha256)
        path = self._media / request.folder / name
        # The name holds the hash: a second request for the same picture finds it kept.
        if not path.exists():
            self._write(path, original)
        # Durable by now: whatever fails from here on, the original is not lost, only not announced.
        thumbnail, sharp = small.result()
        self._helper.submit(_write_beside, path, thumbnail)  # it can be made again at any time
        height, width = picture.image.shape[:2]
        return PhotoKept(
            photo_id=request.photo_id,
            proof_id=request.proof_id,
            ordinal=request.ordinal,
            shot=request.shot,
            path=f"{request.folder}/{name}",
            sha256=sha256,
            size=len(original),
            width=width,
            height=height,
            taken_at=picture.taken_at,
            sharp=sharp,
            thumbnail=thumbnail,
        )

    @staticmethod
    def _write(path: Path, original: bytes) -> None:
        try:
            write_durably(path, original, read_only=True, new_folder=False)
        except OSError as error:  # even cleaning up can fail, on a folder that is gone
            raise StorageError(f"{path.name}: {error}") from error


_NOT_TAKEN = because(CameraReason.PHOTO_NOT_TAKEN)


def _small(image: Image) -> tuple[bytes, bool]:
    """Return the thumbnail, and whether the picture is sharp."""
    small = reduced(image)
    return small_copy(small), sharpness(small) >= SHARP_FROM


def reduced(image: Image) -> Image:
    """Return the picture halved until it is at most 640 wide; two to one is quick and averages noise."""
    while image.shape[1] > SMALL_WIDTH:
        size = (image.shape[1] // 2, max(1, image.shape[0] // 2))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return image


def sharpness(small: Image) -> float:
    """Return how steep the picture's steepest edges are, in gray levels.

    The 99th percentile of the Laplacian's magnitude rather than its variance: that grows with the
    noise of a dim picture and with the amount of things in it as much as with sharpness.
    """
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    edges = cv2.convertScaleAbs(cv2.Laplacian(gray, cv2.CV_16S))
    counts = cv2.calcHist([edges], [0], None, [256], [0, 256])[:, 0]
    return float(np.searchsorted(np.cumsum(counts), 0.99 * edges.size))


def small_copy(small: Image) -> bytes:
    """Return a JPEG at most 320 pixels wide."""
    height, width = small.shape[:2]
    if width > THUMBNAIL_WIDTH:
        size = (THUMBNAIL_WIDTH, max(1, round(height * THUMBNAIL_WIDTH / width)))
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY])[1].tobytes()


def _write_beside(original: Path, thumbnail: bytes) -> None:
    """Keep the thumbnail, not flushed: it can be made again from the original at any time."""
    try:
        thumbnail_of(original).write_bytes(thumbnail)
    except OSError as error:
        log.warning("thumbnail of %s not kept: %s", original.name, error)


def _failure(request: TakePhoto, error: ParcelGuardError) -> PhotoFailed:
    return PhotoFailed(
        photo_id=request.photo_id,
        proof_id=request.proof_id,
        reason=error.reason,
        detail=str(error),
    )
