"""Webcams by number and by name."""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from parcelguard.camera.newest_picture import Image
from parcelguard.core.config import CameraSettings
from parcelguard.core.errors import CameraUnavailable
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because

log = logging.getLogger(__name__)

_LINUX_DEVICES = Path("/sys/class/video4linux")
_SYSTEM: str = sys.platform  # a plain str, so that the type checker reads the code of all systems
_HIGHEST_INDEX = 5
_BAD_READS = 10  # a damaged USB packet costs one picture, a pulled cable costs all
_BAD_READ_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class CameraFound:
    """A camera of this computer; `index` is the number for the settings."""

    index: int
    name: str


def list_cameras(devices: Path = _LINUX_DEVICES) -> list[CameraFound]:
    """Return the cameras of this computer.

    Linux tells their names. Elsewhere each number is tried, which takes a second or more and
    lights up the cameras, so only `doctor` calls it there; the names are then just numbers.
    """
    if devices.is_dir():
        return _listed(devices)
    if _SYSTEM == "linux":
        return []
    return [CameraFound(index, f"camera {index}") for index in range(_HIGHEST_INDEX) if _opens(index)]


def find_webcam(name: str, devices: Path = _LINUX_DEVICES) -> int:
    """Return the number of the webcam whose name contains `name`. Raises CameraUnavailable."""
    if not devices.is_dir() and _SYSTEM != "linux":
        raise CameraUnavailable(
            f"names are not known on {_SYSTEM}", because(CameraReason.CAMERAS_HAVE_NUMBERS)
        )
    found = list_cameras(devices)
    for camera in found:
        if name.casefold() in camera.name.casefold():
            return camera.index
    names = ", ".join(f"{camera.index}: {camera.name}" for camera in found) or "none"
    detail = f"no webcam named {name!r}; found {names}"
    raise CameraUnavailable(detail, because(CameraReason.NO_SUCH_CAMERA, name=name))


class Webcam:
    """A USB or built-in camera through the system's own driver."""

    moves_always = True

    def __init__(self, index: int, settings: CameraSettings) -> None:
        self.fps = float(settings.fps)
        self._index = index
        self._settings = settings
        self._capture: cv2.VideoCapture | None = None

    def open_source(self) -> None:
        """Open the camera and ask for the size and rate of the settings; the camera may choose others."""
        for backend in _backends():
            capture = cv2.VideoCapture(self._index, backend)
            if capture.isOpened():
                break
            capture.release()
        else:
            raise CameraUnavailable(f"webcam {self._index} does not open")
        self._capture = capture
        # MJPG first: uncompressed 1080p does not fit through USB 2 at 30 pictures per second.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._settings.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._settings.height)
        capture.set(cv2.CAP_PROP_FPS, self._settings.fps)
        # One picture waiting at most: each more shows the bench, and takes the photo, that much later.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        stated = capture.get(cv2.CAP_PROP_FPS)
        self.fps = stated if 1 <= stated <= 240 else float(self._settings.fps)

    def read_picture(self) -> Image:
        """Return the next picture; single damaged ones are skipped."""
        if self._capture is None:
            raise CameraUnavailable("not open")
        for _ in range(_BAD_READS):
            came, image = self._capture.read()
            if came and image is not None and image.size:
                return np.asarray(image, np.uint8)
            if not self._capture.isOpened():
                break
            time.sleep(_BAD_READ_PAUSE_S)
        raise CameraUnavailable(f"webcam {self._index} gives no pictures")

    def close_source(self) -> None:
        """Let go of the device."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def show_label(self, text: str, seconds: float) -> None:
        """Do nothing: a camera has no labels to show."""


def _listed(devices: Path) -> list[CameraFound]:
    """Read names from sysfs; a camera's further nodes (metadata) have an index other than 0."""
    found = []
    for device in devices.glob("video*"):
        number = device.name.removeprefix("video")
        if number.isdecimal() and _text(device / "index") in ("", "0"):
            found.append(CameraFound(int(number), _text(device / "name") or device.name))
    return sorted(found, key=lambda camera: camera.index)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _backends() -> list[int]:
    """Return OpenCV's back ends for this system, best first; guessing among all of them takes seconds."""
    if _SYSTEM == "win32":
        return [cv2.CAP_DSHOW, cv2.CAP_MSMF]  # DirectShow opens fast and honours MJPG
    return [cv2.CAP_AVFOUNDATION if _SYSTEM == "darwin" else cv2.CAP_V4L2]


def _opens(index: int) -> bool:
    capture = cv2.VideoCapture(index, _backends()[0])
    try:
        return bool(capture.isOpened())
    finally:
        capture.release()
