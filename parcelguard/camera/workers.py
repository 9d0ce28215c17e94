"""Everything that works inside the camera process, built and closed in one place."""

from __future__ import annotations

from collections.abc import Callable

import cv2

from parcelguard.camera.capture import Capture
from parcelguard.camera.darkroom import Darkroom
from parcelguard.camera.messages import Assignment, Reading, TakePhoto
from parcelguard.camera.newest_picture import Newest, Priority
from parcelguard.camera.reading.reader import CodeReader
from parcelguard.camera.ring import Ring


class CameraWorkers:
    """Capture, reader and darkroom, each on its own thread, around the newest picture."""

    def __init__(self, assignment: Assignment, tell: Callable[[object], None]) -> None:
        cv2.setNumThreads(1)  # our own threads fill the cores; more would only get in their way
        settings = assignment.settings
        newest, priority = Newest(), Priority()
        self._capture = Capture(settings, Ring.attach(assignment.ring), newest, tell, assignment.view)
        self._darkroom = Darkroom(assignment.media, settings.quality, newest, priority, tell)
        reading = assignment.reading if settings.read_codes else Reading.OFF
        self._reader = CodeReader(settings.symbologies, newest, priority, tell, reading)
        self._reads_codes = settings.read_codes

    def stuck_s(self) -> float:
        """How long the driver has not answered, in seconds."""
        return self._capture.stuck_s()

    def keep_photo(self, request: TakePhoto) -> None:
        """Keep the newest picture."""
        self._darkroom.keep_photo(request)

    def set_view(self, width: int, height: int) -> None:
        """Fit coming preview pictures into this many pixels."""
        self._capture.view = (width, height)

    def set_reading(self, reading: Reading) -> None:
        """Change how eagerly codes are looked for."""
        if self._reads_codes:
            self._reader.set_reading(reading)

    def show_label(self, text: str, seconds: float) -> None:
        """Demo source only: hold a label into the picture."""
        self._capture.show_label(text, seconds)

    def stop_workers(self) -> None:
        """Finish photos asked for, then let go of the camera. A thread stuck in a driver is left behind."""
        self._darkroom.finish_photos()
        self._reader.stop_reading()
        self._capture.stop_capture()
