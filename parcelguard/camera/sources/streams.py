"""Cameras on the network: RTSP, and MJPEG over HTTP as phones and cheap IP cameras send it."""

from __future__ import annotations

import logging
import time
from urllib.parse import urlsplit

import cv2
import numpy as np

from parcelguard.camera.newest_picture import Image
from parcelguard.camera.sources.mjpeg import PartStream, open_parts
from parcelguard.core.errors import CameraUnavailable
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because

log = logging.getLogger(__name__)

TIMEOUT_MS = 3000
_SKIPS = 2
_BAD_READS = 5


class NetworkStream:
    """A stream by address. Plain MJPEG over HTTP is read here, everything else through OpenCV's FFmpeg.

    Pictures that queued up are skipped, so the newest is shown. `fps` is what the stream states, and
    25 where it states nothing.
    """

    moves_always = True

    def __init__(self, address: str) -> None:
        self.fps = 25.0
        self._address = address
        self._capture: cv2.VideoCapture | None = None
        self._parts: PartStream | None = None

    def open_source(self) -> None:
        """Connect, within three seconds."""
        if self._address.lower().startswith("http"):
            try:
                self._parts = open_parts(self._address, TIMEOUT_MS / 1000)
            except CameraUnavailable as error:
                raise self._unavailable(error) from error
        if self._parts is None:
            self._open_with_ffmpeg()

    def _open_with_ffmpeg(self) -> None:
        # OpenCV would wait for 30 seconds; the packer should hear sooner that there is no picture.
        limits = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            TIMEOUT_MS,
        ]
        capture = cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            raise self._unavailable("does not answer")
        self._capture = capture
        stated = capture.get(cv2.CAP_PROP_FPS)
        self.fps = stated if 1 <= stated <= 120 else 25.0

    def read_picture(self) -> Image:
        """Return the newest picture. Raises CameraUnavailable after three seconds without one."""
        if self._parts is not None:
            try:
                return self._parts.read_picture()
            except CameraUnavailable as error:
                raise self._unavailable(error) from error
        if self._capture is None:
            raise CameraUnavailable("not open")
        for _ in range(_BAD_READS):
            if not self._grab_newest():
                break
            came, image = self._capture.retrieve()
            if came and image is not None and image.size:
                return np.asarray(image, np.uint8)
        raise self._unavailable("sends no pictures")

    def _grab_newest(self) -> bool:
        """Grab a picture; one that comes at once has waited in a buffer, so take the one behind it.

        The stated rate may be wrong, so no more than two are skipped: that shortens any backlog
        threefold and still shows every third picture of a faster camera.
        """
        assert self._capture is not None
        for _ in range(_SKIPS + 1):
            began = time.monotonic()
            if not self._capture.grab():
                return False
            if time.monotonic() - began > 0.5 / self.fps:
                break
        return True

    def close_source(self) -> None:
        """Disconnect."""
        if self._parts is not None:
            self._parts.close_stream()
            self._parts = None
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def show_label(self, text: str, seconds: float) -> None:
        """Do nothing: a camera has no labels to show."""

    def _unavailable(self, why: object) -> CameraUnavailable:
        return CameraUnavailable(f"{shown(self._address)}: {why}", because(CameraReason.NO_STREAM))


def shown(address: str) -> str:
    """Return an address as it may stand in a log: without user, password, path and query."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}"
