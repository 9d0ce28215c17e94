"""Where pictures come from: the settings' one word becomes something that can be read.

A source is opened, read and closed on the capture thread only. It paces itself: `read_picture` returns when
the next picture is due. It raises CameraUnavailable when no more pictures can be expected; the
capture thread then closes it and opens a new one.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np

from parcelguard.camera.newest_picture import Image
from parcelguard.camera.sources.demo import DemoBench
from parcelguard.camera.sources.ports import FrameSource
from parcelguard.camera.sources.streams import NetworkStream
from parcelguard.camera.sources.webcams import Webcam, find_webcam
from parcelguard.core.config import CameraSettings
from parcelguard.core.errors import CameraUnavailable
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because

log = logging.getLogger(__name__)

PICTURE_S = 2.0
_PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}


def source_for(settings: CameraSettings) -> FrameSource:
    """Return the source that the settings name, not yet open. Raises CameraUnavailable."""
    name = settings.source.strip()
    if name == "demo":
        return DemoBench(settings)
    if name.isdecimal():
        return Webcam(int(name), settings)
    if "://" in name:
        return _stream(name)
    path = Path(name).expanduser()
    if path.is_dir():
        return PictureFolder(path, settings.fps)
    if path.exists():
        return VideoFile(path)
    if path.is_absolute() or path.suffix:
        raise CameraUnavailable(f"no such file: {name}", because(CameraReason.NO_SUCH_FILE))
    return Webcam(find_webcam(name), settings)


def _stream(address: str) -> FrameSource:
    scheme = urlsplit(address).scheme.lower()
    if scheme not in ("rtsp", "rtsps", "http", "https"):
        raise CameraUnavailable(f"unknown kind of address: {scheme}://", because(CameraReason.NOT_A_STREAM))
    return NetworkStream(address)


class Pace:
    """Waits until the next picture is due; after a delay it does not hurry to catch up."""

    def __init__(self, fps: float) -> None:
        self._interval_s = 1 / fps
        self._due = time.monotonic()

    def wait(self) -> None:
        """Return when the next picture is due."""
        now = time.monotonic()
        if now < self._due:
            time.sleep(self._due - now)
        self._due = max(self._due, now - self._interval_s) + self._interval_s


class VideoFile:
    """A recorded video, played in real time and again from its start."""

    moves_always = False

    def __init__(self, path: Path) -> None:
        self.fps = 30.0
        self._path = path
        self._capture: cv2.VideoCapture | None = None
        self._pace = Pace(self.fps)

    def open_source(self) -> None:
        """Open the file."""
        self._capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise CameraUnavailable(f"not a video: {self._path.name}", because(CameraReason.NOT_A_VIDEO))
        stated = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = stated if 1 <= stated <= 240 else 30.0
        self._pace = Pace(self.fps)

    def read_picture(self) -> Image:
        """Return the next picture when it is due."""
        if self._capture is None:
            raise CameraUnavailable("not open")
        self._pace.wait()
        came, image = self._capture.read()
        if not came:
            self._capture.release()
            self._capture.open(str(self._path), cv2.CAP_FFMPEG)
            came, image = self._capture.read()
        if not came:
            raise CameraUnavailable(f"no pictures in {self._path.name}", because(CameraReason.NOT_A_VIDEO))
        return np.asarray(image, np.uint8)

    def close_source(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def show_label(self, text: str, seconds: float) -> None:
        """Do nothing: a recording has no labels to show."""


class PictureFolder:
    """Pictures of a folder in natural order, each shown for two seconds at the given rate."""

    moves_always = False

    def __init__(self, folder: Path, fps: float) -> None:
        self.fps = float(fps)
        self._folder = folder
        self._pace = Pace(self.fps)
        self._pictures: Iterator[Image] = iter(())
        self._shown: Image | None = None
        self._until = 0.0
        self._told: set[Path] = set()

    def open_source(self) -> None:
        """Look which pictures are there."""
        if not self._files():
            raise self._empty("no pictures")
        self._pictures = self._endless()
        self._until = 0.0

    def read_picture(self) -> Image:
        """Return the picture that is on show now, when it is due."""
        self._pace.wait()
        now = time.monotonic()
        if self._shown is None or now >= self._until:
            self._shown = next(self._pictures)
            self._until = now + PICTURE_S
        return self._shown.copy()

    def close_source(self) -> None:
        """Forget the picture on show."""
        self._shown = None

    def show_label(self, text: str, seconds: float) -> None:
        """Do nothing: a folder has no labels to show."""

    def _files(self) -> list[Path]:
        files = [file for file in self._folder.iterdir() if file.suffix.lower() in _PICTURE_SUFFIXES]
        return sorted(files, key=lambda file: _natural(file.name))

    def _endless(self) -> Iterator[Image]:
        """Yield picture after picture for ever, and look for new files in each round."""
        while True:
            readable = False
            for file in self._files():
                image = cv2.imread(str(file), cv2.IMREAD_COLOR)
                if image is not None:
                    readable = True
                    yield np.asarray(image, np.uint8)
                elif file not in self._told:
                    self._told.add(file)
                    log.warning("not a readable picture: %s", file.name)
            if not readable:
                raise self._empty("no readable picture")

    def _empty(self, what: str) -> CameraUnavailable:
        return CameraUnavailable(
            f"{what} in {self._folder.name}", because(CameraReason.NO_PICTURES_IN_FOLDER)
        )


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key under which 'a10' comes after 'a9'."""
    parts = re.split(r"(\d+)", name.lower())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
