"""What the capture needs of a source of pictures."""

from __future__ import annotations

from typing import Protocol

from parcelguard.camera.newest_picture import Image


class FrameSource(Protocol):
    """Something that delivers pictures.

    `moves_always`: two pictures are never identical, as noise on a sensor sees to; so identical ones
    mean that the device is frozen. `fps` is known after `open_source`, pictures per second.
    """

    moves_always: bool
    fps: float

    def open_source(self) -> None:
        """Get ready to read. Raises CameraUnavailable."""

    def read_picture(self) -> Image:
        """Return the newest picture, (h, w, 3) uint8 BGR, new each time. Raises CameraUnavailable."""

    def close_source(self) -> None:
        """Let go; harmless when not open."""

    def show_label(self, text: str, seconds: float) -> None:
        """Hold a label into the picture; only the demo can."""
