"""What the window's process and the camera process say to each other.

Imported on both sides, so nothing here may import OpenCV or a barcode engine. All values
are frozen and picklable; pictures never travel in a message, they lie in shared memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from parcelguard.core.config import CameraSettings
from parcelguard.core.events import CodeBox
from parcelguard.core.proofs import Shot
from parcelguard.core.reasons.reason import Reason


class Reading(StrEnum):
    """How eagerly codes are looked for."""

    EAGER = "eager"  # no order open: a code opens one
    RELAXED = "relaxed"  # order open: outlines only
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """All that the camera process needs to know at its start."""

    settings: CameraSettings
    media: Path
    ring: str
    view: tuple[int, int]
    reading: Reading


# ---- to the camera process ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetView:
    """The preview's size in device pixels; frames arrive fitted into it."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SetReading:
    """Change how eagerly codes are looked for."""

    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePhoto:
    """Keep the newest frame as a durable original of `proof_id`.

    `folder` is relative to the media folder (YYYY/MM/DD/<proof id>).
    """

    photo_id: str
    proof_id: str
    ordinal: int
    shot: Shot
    folder: str


@dataclass(frozen=True, slots=True)
class ShowLabel:
    """Demo source only: hold a label with this code into the picture for some seconds."""

    text: str
    seconds: float = 2.5


@dataclass(frozen=True, slots=True)
class Quit:
    """End the camera process."""


# ---- from the camera process -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FrameReady:
    """A new preview frame lies in `slot` of the shared ring."""

    slot: int
    number: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SourceLive:
    """The source delivers pictures of this size."""

    width: int
    height: int
    fps: float


@dataclass(frozen=True, slots=True)
class SourceLost:
    """The source cannot be opened, ended, or stands still; it is tried again by itself."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Outlined:
    """The codes in view now, for drawing."""

    boxes: tuple[CodeBox, ...]


@dataclass(frozen=True, slots=True)
class CodeRead:
    """A text that two frames agree on, told once per appearance."""

    text: str
    symbology: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoKept:
    """The original is on disk, flushed and hashed.

    `path` is relative to the media folder; `thumbnail` is a small JPEG (bytes), also kept
    beside the original as `<name>.thumb.jpg`.
    """

    photo_id: str
    proof_id: str
    ordinal: int
    shot: Shot
    path: str
    sha256: str
    size: int
    width: int
    height: int
    taken_at: datetime
    sharp: bool
    thumbnail: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFailed:
    """No photo was taken; nothing half is left behind."""

    photo_id: str
    proof_id: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Alive:
    """The process's heartbeat. `stuck_s`: how long the driver has not answered a read, in seconds."""

    stuck_s: float


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line for the log; the camera process has no log file of its own."""

    level: int
    logger: str
    text: str
