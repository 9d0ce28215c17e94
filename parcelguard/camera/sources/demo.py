"""The "demo" source: a stand-in for a webcam above a packing bench that costs what a real one costs.

A picture loop is drawn once and kept as JPEG; each read decodes one, as a webcam's MJPG does. The
loop is filled while it is first played, so the first picture does not wait for the last.
"""

from __future__ import annotations

import logging
import math
import time

import cv2
import numpy as np

from parcelguard.camera.newest_picture import Image
from parcelguard.camera.sources.demo_art import HEIGHT, WIDTH, draw_bench, draw_label
from parcelguard.core.config import CameraSettings

log = logging.getLogger(__name__)

FRAMES = 40
JPEG_QUALITY = 90
NOISE = 5.0
_SWAY_PX = 3.0
_SWAY_DEGREES = 0.12
_LABEL_CENTRE = (1500, 320)
_LABEL_DEGREES = -7.0
_SLIDE_S = 0.25
_SHADOW_PX = 28


class DemoBench:
    """An open carton on a bench, gently moving, with a label held in now and then."""

    moves_always = False

    def __init__(self, settings: CameraSettings) -> None:
        self.fps = float(settings.fps)
        self._jpegs: list[Image] = []
        self._base: Image | None = None
        self._noise: Image | None = None
        self._count = 0
        self._due = 0.0
        self._label: _Label | None = None

    def open_source(self) -> None:
        """Draw the scene; about a quarter of a second."""
        if self._base is None:
            self._base = draw_bench()
            self._noise = _sensor_noise()
        self._due = time.monotonic()

    def read_picture(self) -> Image:
        """Decode the next picture of the loop when it is due."""
        now = time.monotonic()
        if now < self._due:
            time.sleep(self._due - now)
        self._due = max(self._due, now - 1 / self.fps) + 1 / self.fps
        place = self._count % FRAMES
        self._count += 1
        if place == len(self._jpegs):
            self._jpegs.append(self._rendered(place))
        image = np.asarray(cv2.imdecode(self._jpegs[place], cv2.IMREAD_COLOR), np.uint8)
        label = self._label
        if label is not None and not label.show(image, time.monotonic()):
            self._label = None
        return image

    def close_source(self) -> None:
        """Keep the pictures: the source may be opened again."""

    def show_label(self, text: str, seconds: float) -> None:
        """Hold a shipping label with this code into the picture."""
        try:
            self._label = _Label(draw_label(text), time.monotonic(), seconds)
        except ValueError as error:
            log.warning("no Code 128 for %r: %s", text, error)

    def loop(self) -> list[Image]:
        """Return the whole loop as JPEG bytes, to measure what playing it costs elsewhere."""
        self.open_source()
        return [self._rendered(place) for place in range(FRAMES)]

    def _rendered(self, place: int) -> Image:
        """Return picture number `place` of the loop as JPEG bytes: the scene swayed, with sensor noise."""
        assert self._base is not None
        assert self._noise is not None
        turn = 2 * math.pi * place / FRAMES
        move = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), _SWAY_DEGREES * math.sin(turn), 1.01)
        move[:, 2] += np.array([_SWAY_PX * math.sin(turn), _SWAY_PX * math.cos(2 * turn)])
        scene = cv2.warpAffine(self._base, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        top, left = place * 29 % 64, place * 47 % 64
        noise = self._noise[top : top + HEIGHT, left : left + WIDTH]
        scene = cv2.addWeighted(scene, 1.0, noise, 1.0, -128.0)
        jpeg = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        return np.asarray(jpeg, np.uint8)


def _sensor_noise() -> Image:
    """Return noise around 128, a little larger than a picture, so that each picture takes another part."""
    tile = np.random.default_rng(7).standard_normal((604, 1024, 3), np.float32) * NOISE + 128
    noise = np.tile(tile.clip(0, 255).astype(np.uint8), (2, 2, 1))
    return np.ascontiguousarray(noise[: HEIGHT + 64, : WIDTH + 64])


class _Label:
    """A label on its way into the picture, held there, and gone when its time is over."""

    def __init__(self, label: Image, since: float, seconds: float) -> None:
        height, width = label.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), _LABEL_DEGREES, 1.0)
        reach = np.abs(turn[:, :2])
        size = (
            int(width * reach[0, 0] + height * reach[0, 1]),
            int(width * reach[1, 0] + height * reach[1, 1]),
        )
        turn[:, 2] += np.array([size[0] / 2 - width / 2, size[1] / 2 - height / 2])
        cover = cv2.warpAffine(np.full((height, width), 255, np.uint8), turn, size)
        paper = cv2.warpAffine(label, turn, size, flags=cv2.INTER_LINEAR)
        room = (_SHADOW_PX,) * 4
        cover = cv2.copyMakeBorder(cover, *room, cv2.BORDER_CONSTANT, value=0).astype(np.float32) / 255
        paper = cv2.copyMakeBorder(paper, *room, cv2.BORDER_CONSTANT, value=(0, 0, 0)).astype(np.float32)
        shadow = cv2.GaussianBlur(np.roll(cover, (10, 6), (0, 1)), (0, 0), 9) * 0.5
        self._patch = paper * cover[..., None]
        self._rest = cv2.merge([(1 - cover) * (1 - shadow)] * 3)  # what stays of the picture underneath
        self._since, self._seconds = since, seconds

    def show(self, image: Image, now: float) -> bool:
        """Draw the label into the picture; False when its time is over."""
        age_s = now - self._since
        if age_s > self._seconds:
            return False
        slide = max(0.0, 1 - min(age_s, self._seconds - age_s) / _SLIDE_S) ** 2
        height, width = self._patch.shape[:2]
        left = int(_LABEL_CENTRE[0] - width / 2 + slide * (WIDTH - _LABEL_CENTRE[0] + width / 2))
        top = int(_LABEL_CENTRE[1] - height / 2 + 4 * math.sin(age_s * 3))
        shown = min(width, image.shape[1] - left)
        if shown > 0:
            ground = image[top : top + height, left : left + shown]
            ground[:] = self._patch[:, :shown] + ground * self._rest[:, :shown]
        return True
