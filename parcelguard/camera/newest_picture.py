"""The newest full picture, shared by capture, reader and darkroom. No queue: older pictures are gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Condition
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Image: TypeAlias = npt.NDArray[np.uint8]
"""(height, width, 3) BGR, or (height, width) gray; never written to once it is shared."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One full picture from the source. `at` is the monotonic clock in seconds, `number` counts from 1."""

    image: Image
    number: int
    at: float
    taken_at: datetime


class Newest:
    """One place for one picture. `frozen` says that the camera delivers, but always the same picture."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._picture: Picture | None = None
        self.frozen = False

    def put(self, picture: Picture | None) -> None:
        """Replace the picture; None when the source is lost."""
        with self._changed:
            self._picture = picture
            self._changed.notify_all()

    def get(self) -> Picture | None:
        """Return the newest picture, or None while there is no source."""
        return self._picture

    def wait_after(self, number: int, timeout_s: float) -> Picture | None:
        """Wait for a picture other than `number`; None when none came in time."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._picture is not None and self._picture.number != number, timeout_s
            )
            picture = self._picture
        return picture if picture is not None and picture.number != number else None


class Priority:
    """Lets photos go first: the reader starts no work while one is being kept."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._photos = 0

    def claim(self) -> None:
        """One more photo is to be kept."""
        with self._changed:
            self._photos += 1

    def release(self) -> None:
        """One photo is done."""
        with self._changed:
            self._photos -= 1
            self._changed.notify_all()

    def give_way(self, timeout_s: float = 2.0) -> None:
        """Wait until no photo is being kept, but not for ever: a disk may hang."""
        with self._changed:
            self._changed.wait_for(lambda: self._photos == 0, timeout_s)
