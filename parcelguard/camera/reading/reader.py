"""The reader thread: reads the newest picture some times per second and tells which codes it sees."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import TYPE_CHECKING

import cv2
import numpy as np

from parcelguard.camera.messages import CodeRead, Outlined, Reading
from parcelguard.camera.newest_picture import Image, Newest, Picture, Priority
from parcelguard.camera.reading.agreement import Agreement
from parcelguard.core.events import CodeBox

if TYPE_CHECKING:
    from parcelguard.camera.reading.barcodes import Found, Ladder

log = logging.getLogger(__name__)

PAUSE_S = {Reading.EAGER: 0.1, Reading.RELAXED: 0.5}
"""From the start of one reading to the start of the next."""
OUTLINE_STAYS_S = 0.4  # one reading may miss a code that is still there; the outline must not flicker
_WAIT_S = 0.5


class CodeReader:
    """Looks for codes on a thread of its own. A picture it chokes on is logged and passed over."""

    def __init__(
        self,
        symbologies: Sequence[str],
        newest: Newest,
        priority: Priority,
        tell: Callable[[object], None],
        reading: Reading,
    ) -> None:
        self._symbologies = symbologies
        self._newest = newest
        self._priority = priority
        self._tell = tell
        self._reading = reading
        self._agreement = Agreement()
        self._outlines = Outlines()
        self._complaints: set[str] = set()
        self._changed = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def set_reading(self, reading: Reading) -> None:
        """Change how eagerly codes are looked for."""
        self._reading = reading
        self._changed.set()

    def stop_reading(self, timeout_s: float = 0.5) -> bool:
        """End the thread; False means that it did not end in time."""
        self._stopping = True
        self._changed.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        from parcelguard.camera.reading.barcodes import (
            Ladder,  # imported here: the first picture need not wait for it
        )

        ladder = Ladder(self._symbologies)
        number = 0
        while not self._stopping:
            reading = self._reading
            if reading is Reading.OFF:
                self._tell(Outlined(()))
                self._outlines = Outlines()
                self._rest(None)
                continue
            began = time.monotonic()
            picture = self._newest.wait_after(number, _WAIT_S)
            if picture is None:
                self._outline([])
                continue
            number = picture.number
            self._priority.give_way()
            self._read(ladder, picture)
            self._rest(began + PAUSE_S[reading] - time.monotonic())

    def _rest(self, pause_s: float | None) -> None:
        """Wait until the next reading is due, or something changes."""
        if pause_s is None or pause_s > 0:
            self._changed.wait(pause_s)
        self._changed.clear()

    def _read(self, ladder: Ladder, picture: Picture) -> None:
        try:
            found = ladder.read_codes(gray_of(picture.image), self._priority.give_way)
        except Exception as error:  # a picture can upset the engines in ways they do not document
            if type(error).__name__ not in self._complaints:  # once per kind, not ten times a second
                self._complaints.add(type(error).__name__)
                log.exception("the reader failed on a picture")
            return
        codes = [(each.text, each.symbology) for each in found]
        eager = self._reading is Reading.EAGER
        for text, symbology in self._agreement.agree_on(codes, time.monotonic(), tell=eager):
            self._tell(CodeRead(text, symbology))
        height, width = picture.image.shape[:2]
        self._outline([box_of(each, width, height) for each in found])

    def _outline(self, boxes: list[CodeBox]) -> None:
        changed = self._outlines.update(boxes, time.monotonic())
        if changed is not None:
            self._tell(Outlined(changed))


class Outlines:
    """Decides when there is something new to draw. Pure; times are handed in."""

    def __init__(self) -> None:
        self._drawn: tuple[CodeBox, ...] = ()
        self._seen: dict[tuple[str, str], tuple[CodeBox, float]] = {}

    def update(self, boxes: list[CodeBox], now: float) -> tuple[CodeBox, ...] | None:
        """Return the boxes to draw from now on, or None when they are drawn already."""
        for box in boxes:
            self._seen[box.text, box.symbology] = (box, now)
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen[1] < OUTLINE_STAYS_S}
        boxes_now = tuple(box for box, _ in self._seen.values())
        if boxes_now == self._drawn:
            return None
        self._drawn = boxes_now
        return boxes_now


def gray_of(image: Image) -> Image:
    """Return a gray copy, (h, w) uint8."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def box_of(found: Found, width: int, height: int) -> CodeBox:
    """Return a found code with its corners as fractions of the picture."""
    corners = tuple((round(float(x) / width, 3), round(float(y) / height, 3)) for x, y in found.corners)
    return CodeBox(found.text, found.symbology, corners)
