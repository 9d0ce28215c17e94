"""Reads the codes in one gray picture: a ladder of steps, each dearer and tried only when needed.

Plain scanning reads rows and columns only, so a label turned by more than about 18 degrees is
missed however sharp it is; finding the bars first and turning them straight mends that. Boxes of
different steps may overlap: equal texts become one, different texts of one kind spoil the whole
reading, because one of them is wrong and nothing tells which.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from parcelguard.camera.newest_picture import Image
from parcelguard.camera.reading.second_engine import second_reading
from parcelguard.camera.reading.symbologies import RETAIL, named

log = logging.getLogger(__name__)

Corners = npt.NDArray[np.float32]
"""(4, 2): x and y of a box's corners in pixels of the full picture, in order around it."""

ALWAYS_READ = ("Code128", "QRCode")
OTHERS_EVERY = 3  # the other symbologies triple the cost of a reading, so they join every third
ENLARGE_EVERY = 5
_UNCHECKED = ("Code39", "ITF")  # without a check digit zbar sees them where there are none
_LINEAR = ("Code128", "Code39", "ITF", "EAN13", "EAN8", "UPCA")
_FORMATS = {
    name: getattr(zxingcpp.BarcodeFormat, name)
    for name in ("Code128", "QRCode", "EAN13", "EAN8", "UPCA", "Code39", "ITF", "DataMatrix")
}
_QUIET_ZONE = 0.12  # of a code's width, added left and right before the straightened piece is read
_SHORTEST_SIDE = 8.0  # pixels; less is no barcode
_MOST_BOXES = 8


@dataclass(frozen=True, slots=True)
class Found:
    """One code of one reading."""

    text: str
    symbology: str
    corners: Corners


class Ladder:
    """Reads gray pictures, one after the other; counts them to know when the dearer steps are due."""

    def __init__(self, symbologies: Sequence[str]) -> None:
        # What labels carry is read in every picture; when the settings name none of it, all they name is.
        self._always = tuple(name for name in symbologies if name in ALWAYS_READ) or tuple(symbologies)
        self._all = tuple(symbologies)
        self._locator = cv2.barcode.BarcodeDetector()
        self._readings = 0
        self._failing = 0

    def read_codes(self, gray: Image, give_way: Callable[[], None] = lambda: None) -> list[Found]:
        """Return the codes in the (h, w) gray picture; nothing when two readings contradict each other.

        `give_way` is called between steps and may wait.
        """
        self._readings += 1
        thorough = self._readings % OTHERS_EVERY == 0
        symbologies = self._all if thorough else self._always
        found = read(gray, symbologies, thorough=thorough)
        if not any(each.symbology in _LINEAR for each in found):
            give_way()
            found += straightened(gray, symbologies, found, self._locator)
        # Enlarging costs as much as all the rest, so it waits until the cheaper steps failed several times.
        self._failing = 0 if found else self._failing + 1
        if self._failing and self._failing % ENLARGE_EVERY == 0:
            give_way()
            # The middle only: the whole picture at twice its size would have four times the pixels.
            found = _enlarged_centre(gray, self._always)
        return settle(found)


def read(gray: Image, symbologies: Sequence[str], *, thorough: bool) -> list[Found]:
    """Read what stands along rows and columns; thorough also tries smaller and inverted copies."""
    barcodes = zxingcpp.read_barcodes(
        gray,
        formats=zxingcpp.barcode_formats_from_str("|".join(symbologies)),
        try_downscale=thorough,
        try_invert=thorough,
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [
        Found(*named(barcode.text, _NAMES[str(barcode.format)], symbologies), _corners(barcode.position))
        for barcode in barcodes
        if barcode.text and str(barcode.format) in _NAMES
    ]


_NAMES = {str(kind): name for name, kind in _FORMATS.items()}


def read_still(gray: Image, symbologies: Sequence[str]) -> list[Found]:
    """Read one picture as well as possible: every step, every symbology, both engines."""
    found = read(gray, symbologies, thorough=True)
    found += straightened(gray, symbologies, found, cv2.barcode.BarcodeDetector())
    if not found:
        checked = [name for name in symbologies if name not in _UNCHECKED]
        found = [Found(*each) for each in second_reading(gray, checked)]
    return settle(found or _enlarged_centre(gray, symbologies))


def straightened(
    gray: Image, symbologies: Sequence[str], known: list[Found], locator: cv2.barcode.BarcodeDetector
) -> list[Found]:
    """Find bars at any angle, turn each piece straight and read it; places read already are left out."""
    linear = [name for name in symbologies if name in _LINEAR]
    if not linear:
        return []
    boxes = _without_overlap(_locate(gray, locator), [each.corners for each in known])
    return [each for box in boxes for each in _read_straight(gray, box, linear)]


def _locate(gray: Image, locator: cv2.barcode.BarcodeDetector) -> list[Corners]:
    try:
        _, points = locator.detect(gray)
    except cv2.error as error:  # it does not like some tiny or empty pictures
        log.debug("locator: %s", error)
        return []
    return [] if points is None else [np.asarray(box, np.float32) for box in points]


def settle(found: list[Found]) -> list[Found]:
    """Merge overlapping boxes with one text; return nothing when two of one kind contradict each other."""
    kept: list[Found] = []
    for each in found:
        rivals = [other for other in kept if overlap(each.corners, other.corners)]
        # A code that is not read now is read in the next picture; a wrong one opens the wrong order.
        if any(other.symbology == each.symbology and other.text != each.text for other in rivals):
            return []
        if not any(other.text == each.text for other in rivals):
            kept.append(each)
    return kept


def overlap(one: Corners, other: Corners) -> bool:
    """Return whether the upright frames of two boxes share a good part of the smaller one."""
    low = np.maximum(one.min(axis=0), other.min(axis=0))
    high = np.minimum(one.max(axis=0), other.max(axis=0))
    width, height = np.maximum(high - low, 0)
    if width == 0 and height == 0:
        return False
    shared = max(width, 1.0) * max(height, 1.0)  # a reading along one row is a line without height
    return bool(shared > 0.2 * min(_area(one), _area(other)))


def _area(box: Corners) -> float:
    width, height = box.max(axis=0) - box.min(axis=0)
    return float(max(width, 1.0) * max(height, 1.0))


def _without_overlap(boxes: list[Corners], taken: list[Corners]) -> list[Corners]:
    """Keep the largest of overlapping boxes, and none where a code has been read already."""
    kept: list[Corners] = []
    for box in sorted(boxes, key=_area, reverse=True)[:_MOST_BOXES]:
        if not any(overlap(box, other) for other in [*kept, *taken]):
            kept.append(box)
    return kept


def _read_straight(gray: Image, box: Corners, linear: Sequence[str]) -> list[Found]:
    """Turn one located piece so that its longer side lies level, and read it."""
    (x, y), (width, height), angle = cv2.minAreaRect(box)
    if width < height:
        width, height, angle = height, width, angle + 90
    if height < _SHORTEST_SIDE:
        return []
    level = _Level((x, y), (width, height), angle)
    # As it is at first; sharpened only when that fails, since that is for bars under two pixels.
    plain = level.piece(gray, 1.0)
    found = read(plain, linear, thorough=False) or read(
        _sharpened(level.piece(gray, 2.0)), linear, thorough=False
    )
    if not found and any(name in RETAIL for name in linear):
        found = [Found(*each) for each in second_reading(plain, [name for name in linear if name in RETAIL])]
    return [Found(each.text, each.symbology, box) for each in found]


@dataclass(frozen=True, slots=True)
class _Level:
    """A box by its centre, size in pixels and angle in degrees."""

    centre: tuple[float, float]
    size: tuple[float, float]
    angle: float

    def piece(self, gray: Image, scale: float) -> Image:
        """Cut the box out, level and enlarged, with room for the quiet zones left and right."""
        width, height = self.size
        size = (int(width * (1 + 2 * _QUIET_ZONE) * scale) + 20, int(height * scale) + 8)
        turn = cv2.getRotationMatrix2D(self.centre, self.angle, scale)
        turn[:, 2] += np.array([size[0] / 2 - self.centre[0], size[1] / 2 - self.centre[1]])
        piece = cv2.warpAffine(gray, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(piece, np.uint8)


def _sharpened(piece: Image) -> Image:
    """Average along the bars, which takes the noise away, then sharpen across them.

    For bars narrower than two pixels: on seeded frames this reads 32 of 32 at 1.5 px a module where
    the plain piece gives 7.
    """
    height, width = piece.shape
    rows = cv2.resize(piece, (width, max(6, height // 8)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.addWeighted(rows, 3.0, cv2.GaussianBlur(rows, (0, 0), 2.5), -2.0, 0.0), np.uint8)


def _enlarged_centre(gray: Image, symbologies: Sequence[str]) -> list[Found]:
    """Read the middle half of the picture at twice its size: for a code held too far away."""
    height, width = gray.shape
    top, left = height // 4, width // 4
    centre = gray[top : top + height // 2, left : left + width // 2]
    if centre.size == 0:
        return []
    found = read(np.asarray(cv2.resize(centre, None, fx=2, fy=2), np.uint8), symbologies, thorough=False)
    corner = np.array([left, top], np.float32)
    return [
        Found(each.text, each.symbology, (each.corners / 2 + corner).astype(np.float32)) for each in found
    ]


def _corners(position: zxingcpp.Position) -> Corners:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return np.array([(point.x, point.y) for point in corners], np.float32)
