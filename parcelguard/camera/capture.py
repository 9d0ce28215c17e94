"""The capture thread: grabs from the source, keeps the newest picture, fills the preview ring.

Whatever a camera does ends as one of two messages: it is live, or it is lost and tried again.
A driver that hangs cannot be interrupted from inside; `stuck_s` tells the parent, which then ends
the whole process.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from math import sqrt
from threading import Event, Thread

import cv2
import numpy as np

from parcelguard.camera.messages import FrameReady, SourceLive, SourceLost
from parcelguard.camera.newest_picture import Image, Newest, Picture
from parcelguard.camera.ring import MAX_PIXELS, Ring
from parcelguard.camera.sources.opening import source_for
from parcelguard.camera.sources.ports import FrameSource
from parcelguard.core.config import CameraSettings
from parcelguard.core.errors import CameraUnavailable
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.times import utc_now

log = logging.getLogger(__name__)

REOPEN_AFTER_S = 1.0
FROZEN_AFTER_S = 3.0
LONGEST_OPENING_S = 10.0  # some webcams take this long to open on Windows; only what exceeds it is stuck
_SAMPLE = 16  # every 16th pixel of every 16th row tells two pictures of a living sensor apart


class Capture:
    """One camera source, opened, read and reopened on a thread of its own."""

    def __init__(
        self,
        settings: CameraSettings,
        ring: Ring,
        newest: Newest,
        tell: Callable[[object], None],
        view: tuple[int, int],
    ) -> None:
        self.view = view
        self._settings = settings
        self._ring = ring
        self._newest = newest
        self._tell = tell
        self._source: FrameSource | None = None
        self._stopping = Event()
        self._in_driver_since: float | None = None
        self._number = 0
        self._lost_reason: Reason | None = None  # what was told last, until the source is live again
        self._live_size: tuple[int, int] | None = None
        self._thread = Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def stuck_s(self) -> float:
        """How long the driver has not come back from a call, in seconds."""
        since = self._in_driver_since
        return max(0.0, time.monotonic() - since) if since is not None else 0.0

    def show_label(self, text: str, seconds: float) -> None:
        """Hold a label into the picture, if the source can."""
        source = self._source
        if source is not None:
            source.show_label(text, seconds)

    def stop_capture(self, timeout_s: float = 0.5) -> bool:
        """Ask the thread to end and wait; False means the driver is stuck."""
        self._stopping.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow(source_for(self._settings))
            except CameraUnavailable as error:
                self._lost(error)
            except Exception as error:  # OpenCV raises its own kinds on odd devices; the thread must live
                log.exception("capture failed")
                self._lost(CameraUnavailable(f"unexpected: {type(error).__name__}"))
            self._stopping.wait(REOPEN_AFTER_S)

    def _follow(self, source: FrameSource) -> None:
        """Open the source and pass its pictures on until it fails or the thread shall end."""
        self._source = source
        stillness = _Stillness() if source.moves_always else None
        try:
            # Counted from later on: opening may take long and is not stuck before that.
            self._in_driver_since = time.monotonic() + LONGEST_OPENING_S
            source.open_source()
            while not self._stopping.is_set():
                self._in_driver_since = time.monotonic()
                image = source.read_picture()
                self._in_driver_since = None
                self._show(image)
                self._judge(image, source, stillness)
        finally:
            self._in_driver_since = time.monotonic()  # letting go of a device can hang as well
            source.close_source()
            self._in_driver_since = None
            self._source = None

    def _show(self, image: Image) -> None:
        """Share the picture with reader and darkroom, and a fitted copy with the window."""
        self._number += 1
        # Before the preview: F1 takes the newest picture, and must not wait for a resize.
        self._newest.put(Picture(image, self._number, time.monotonic(), utc_now()))
        height, width = image.shape[:2]
        fitted = fit(width, height, *self.view)
        draft = self._ring.begin(*fitted)
        target = np.frombuffer(draft.buffer, np.uint8).reshape(fitted[1], fitted[0], 3)
        if fitted == (width, height):
            np.copyto(target, image)
        else:
            cv2.resize(image, fitted, dst=target, interpolation=cv2.INTER_LINEAR)
        self._ring.finish(draft)
        self._tell(FrameReady(draft.slot, draft.number, draft.width, draft.height))

    def _judge(self, image: Image, source: FrameSource, stillness: _Stillness | None) -> None:
        """Tell whether the source lives: it delivers, and what it delivers moves."""
        if stillness is not None and stillness.lasts_s(image, time.monotonic()) > FROZEN_AFTER_S:
            self._newest.frozen = True
            still = because(CameraReason.PICTURE_STANDS_STILL, seconds=round(FROZEN_AFTER_S))
            self._lost(CameraUnavailable("identical pictures", still))
            return
        size = (image.shape[1], image.shape[0])
        if size != self._live_size or self._lost_reason:
            self._newest.frozen = False
            self._live_size, self._lost_reason = size, None
            self._tell(SourceLive(*size, source.fps))

    def _lost(self, error: CameraUnavailable) -> None:
        # A picture that stands still is kept, and `frozen` keeps photos from being made of it. Of a camera
        # that is gone nothing is kept: its newest picture is not what lies on the bench now.
        if not self._newest.frozen:
            self._newest.put(None)
        if error.reason != self._lost_reason:  # it is tried again each second: told once
            self._tell(SourceLost(error.reason, str(error)))
        self._lost_reason = error.reason


class _Stillness:
    """Measures how long a source has delivered one and the same picture."""

    def __init__(self) -> None:
        self._sample = b""
        self._since = 0.0

    def lasts_s(self, image: Image, now: float) -> float:
        """Return for how many seconds the picture has not changed in a single sampled byte."""
        sample = image[::_SAMPLE, ::_SAMPLE].tobytes()
        if sample != self._sample:
            self._sample, self._since = sample, now
        return now - self._since


def fit(width: int, height: int, view_width: int, view_height: int) -> tuple[int, int]:
    """Return the largest size of the same shape inside the view that a ring slot can hold."""
    scale = min(view_width / width, view_height / height, sqrt(MAX_PIXELS / (width * height)))
    return max(1, int(width * scale + 1e-6)), max(1, int(height * scale + 1e-6))
