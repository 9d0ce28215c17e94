"""The demo's drawings: a bench with an open parcel seen from above, and a shipping label.

Flat shapes with soft shadows, in the colours of the app's own design. All sizes are pixels of a
1920 x 1080 picture; colours are written as hex RGB and drawn as BGR.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from parcelguard.camera.newest_picture import Image
from parcelguard.runtime.assets import asset

WIDTH, HEIGHT = 1920, 1080

Point = tuple[float, float]

_SHIFT = 4  # fractional bits of the drawing functions' coordinates
_TILT_DEGREES = -3.5
_CENTRE = (880.0, 560.0)
_MODULE_PX = 3
_SEED = 11


def draw_bench() -> Image:
    """Draw the scene, (1080, 1920, 3) uint8 BGR."""
    canvas = _Canvas(_bench_top())
    _carton(canvas)
    _mug_box(canvas)
    _coffee(canvas)
    _tote(canvas)
    _paper(canvas)
    _tape_roll(canvas)
    return _lit(canvas.image)


def draw_label(text: str) -> Image:
    """Draw a shipping label with a Code 128 of `text`. Raises ValueError when it cannot be encoded."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    row = np.array(zxingcpp.write_barcode_to_image(barcode, scale=_MODULE_PX, add_quiet_zones=True))[:1]
    width = row.shape[1] + 40
    label = np.full((400, width, 3), 252, np.uint8)
    bars = np.repeat(row, 150, axis=0)
    label[120:270, 20 : 20 + row.shape[1]] = np.minimum(bars[..., None], 252) | 24
    canvas = _Canvas(label, tilted=False)
    canvas.text((28, 28), "ParcelGuard demo express", 30, "222831")
    canvas.shape([(0, 92), (width, 92), (width, 95), (0, 95)], "222831")
    canvas.text((28, 290), text, 40, "16191f")
    canvas.text((28, 348), "STD · 1 of 1", 26, "5a626e")
    return canvas.image


class _Canvas:
    """A picture and a pen; coordinates are the parcel's own, turned a little as things on a bench are."""

    def __init__(self, image: Image, *, tilted: bool = True) -> None:
        self.image = image
        turn = math.radians(_TILT_DEGREES if tilted else 0.0)
        self._cos, self._sin = math.cos(turn), math.sin(turn)
        self._tilted = tilted

    def shape(self, points: Sequence[Point], colour: str, opacity: float = 1.0) -> None:
        """Fill a polygon."""
        outline = [self._fixed(points)]
        if opacity >= 1.0:
            cv2.fillPoly(self.image, outline, _bgr(colour), cv2.LINE_AA, _SHIFT)
            return
        layer = self.image.copy()
        cv2.fillPoly(layer, outline, _bgr(colour), cv2.LINE_AA, _SHIFT)
        cv2.addWeighted(layer, opacity, self.image, 1 - opacity, 0, dst=self.image)

    def round(self, box: tuple[float, float, float, float], radius: float, colour: str) -> None:
        """Fill a rectangle (left, top, right, bottom) with round corners."""
        left, top, right, bottom = box
        corners = (
            (right - radius, bottom - radius),
            (left + radius, bottom - radius),
            (left + radius, top + radius),
            (right - radius, top + radius),
        )
        points = [
            (x + radius * math.cos(math.radians(a)), y + radius * math.sin(math.radians(a)))
            for number, (x, y) in enumerate(corners)
            for a in range(number * 90, number * 90 + 91, 10)
        ]
        self.shape(points, colour)

    def disc(self, centre: Point, radius: float, colour: str) -> None:
        """Fill a circle."""
        points = [
            (centre[0] + radius * math.cos(a / 32 * math.pi), centre[1] + radius * math.sin(a / 32 * math.pi))
            for a in range(64)
        ]
        self.shape(points, colour)

    def line(self, start: Point, end: Point, colour: str, thickness: int) -> None:
        """Draw a line."""
        (one,), (other,) = self._fixed([start]), self._fixed([end])
        cv2.line(self.image, one.tolist(), other.tolist(), _bgr(colour), thickness, cv2.LINE_AA, _SHIFT)

    def shadow(self, points: Sequence[Point], offset: Point, blur: float, strength: float) -> None:
        """Darken what lies under a polygon, softly; computed at a quarter of the size."""
        height, width = self.image.shape[:2]
        small = np.zeros((height // 4, width // 4), np.uint8)
        moved = [(x + offset[0], y + offset[1]) for x, y in points]
        cv2.fillPoly(small, [self._fixed(moved) // 4], 255, cv2.LINE_AA, _SHIFT)
        small = cv2.GaussianBlur(small, (0, 0), blur / 4)
        mask = cv2.resize(small, (width, height))
        dark = cv2.cvtColor(cv2.convertScaleAbs(mask, alpha=-strength, beta=0), cv2.COLOR_GRAY2BGR)
        keep = cv2.subtract(np.full_like(dark, 255), dark)
        cv2.multiply(self.image, keep, dst=self.image, scale=1 / 255)

    def text(self, at: Point, words: str, size: int, colour: str) -> None:
        """Write one line with its upper left corner at `at`, turned like everything else."""
        font = _font(size)
        width, height = int(font.getlength(words)) + 8, int(size * 1.5)
        mask = Picture.new("L", (width, height), 0)
        ImageDraw.Draw(mask).text((2, 2), words, font=font, fill=255)
        corner = self._at(at)
        move = np.array([[self._cos, -self._sin, corner[0]], [self._sin, self._cos, corner[1]]])
        extent = (self.image.shape[1], self.image.shape[0])
        ink = cv2.warpAffine(np.asarray(mask), move, extent, flags=cv2.INTER_LINEAR)
        x, y, w, h = cv2.boundingRect(ink)
        part = self.image[y : y + h, x : x + w]
        cover = ink[y : y + h, x : x + w, None].astype(np.float32) / 255
        part[:] = part * (1 - cover) + np.array(_bgr(colour), np.float32) * cover

    def _at(self, point: Point) -> Point:
        if not self._tilted:
            return point
        x, y = point[0] - _CENTRE[0], point[1] - _CENTRE[1]
        return (
            _CENTRE[0] + x * self._cos - y * self._sin,
            _CENTRE[1] + x * self._sin + y * self._cos,
        )

    def _fixed(self, points: Sequence[Point]) -> npt.NDArray[np.int32]:
        turned = np.array([self._at(point) for point in points])
        return np.asarray(np.round(turned * (1 << _SHIFT)), np.int32)


def _bgr(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour)
    return blue, green, red


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    file = asset("fonts/Inter-SemiBold.otf")
    return ImageFont.truetype(str(file), size) if file.is_file() else ImageFont.load_default(size)


def _bench_top() -> Image:
    """Draw a light plywood top with its grain and two plank joints."""
    random = np.random.default_rng(_SEED)
    threads = random.normal(0, 1, (HEIGHT // 3, 24)).astype(np.float32)
    grain = cv2.resize(threads, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(grain, (0, 0), sigmaX=30, sigmaY=0.8)
    wood = np.empty((HEIGHT, WIDTH, 3), np.float32)
    for channel, (level, depth) in enumerate(zip(_bgr("b7a78d"), (7.0, 6.5, 6.0), strict=True)):
        wood[..., channel] = level + grain * depth
    top = np.asarray(cv2.convertScaleAbs(wood), np.uint8)
    for y in (262, 866):
        cv2.line(top, (0, y), (WIDTH, y + 6), _bgr("8f8068"), 3, cv2.LINE_AA)
        cv2.line(top, (0, y + 3), (WIDTH, y + 9), _bgr("c8b99f"), 2, cv2.LINE_AA)
    return top


_L, _T, _R, _B = 390.0, 250.0, 1370.0, 900.0  # the carton's rim
_WALL = 54.0


def _carton(canvas: _Canvas) -> None:
    """Draw four flaps, the rim, four inner walls in different shade, the floor."""
    flaps = {
        "top": ([(_L, _T), (_R, _T), (_R + 62, _T - 150), (_L - 70, _T - 158)], "d0a06a"),
        "bottom": ([(_L, _B), (_R, _B), (_R + 74, _B + 122), (_L - 58, _B + 128)], "d6a872"),
        "left": ([(_L, _T), (_L, _B), (_L - 196, _B + 26), (_L - 204, _T - 24)], "c4935c"),
        "right": ([(_R, _T), (_R, _B), (_R + 168, _B + 20), (_R + 176, _T - 18)], "c99a63"),
    }
    for points, _ in flaps.values():
        canvas.shadow(points, (16, 28), 26, 0.4)
    for points, colour in flaps.values():
        canvas.shape(points, colour)
        canvas.line(points[2], points[3], "e3bf91", 5)  # the cut edge catches the light
        canvas.line(points[0], points[1], "9f7443", 4)
    inner = (_L + _WALL, _T + _WALL, _R - _WALL, _B - _WALL)
    left, top, right, bottom = inner
    canvas.shape([(_L, _T), (_R, _T), (right, top), (left, top)], "80572f")
    canvas.shape([(_L, _T), (left, top), (left, bottom), (_L, _B)], "8d6237")
    canvas.shape([(_R, _T), (right, top), (right, bottom), (_R, _B)], "96693d")
    canvas.shape([(_L, _B), (left, bottom), (right, bottom), (_R, _B)], "a27343")
    floor = [(left, top), (right, top), (right, bottom), (left, bottom)]
    canvas.shape(floor, "8a6036")
    canvas.shadow([(left, top), (right, top), (right, top + 50), (left, top + 50)], (0, -10), 26, 0.5)
    canvas.line((left, (top + bottom) / 2), (right, (top + bottom) / 2), "744e2a", 3)


def _mug_box(canvas: _Canvas) -> None:
    """Draw a navy gift box with a label."""
    box = (492.0, 352.0, 752.0, 640.0)
    canvas.shadow(_corners(box), (12, 16), 18, 0.5)
    canvas.round(box, 20, "2c3e57")
    canvas.round((492.0, 352.0, 752.0, 380.0), 14, "37506f")
    canvas.round((520.0, 404.0, 724.0, 494.0), 12, "e9ecf1")
    canvas.text((540.0, 427.0), "MUG 350", 37, "22324a")
    canvas.shape([(560.0, 540.0), (650.0, 540.0), (642.0, 612.0), (568.0, 612.0)], "4a678c")
    canvas.round((640.0, 552.0, 680.0, 594.0), 14, "4a678c")
    canvas.round((650.0, 562.0, 670.0, 584.0), 8, "2c3e57")


def _coffee(canvas: _Canvas) -> None:
    """Draw a pouch of drip coffee."""
    outline = [(806.0, 340.0), (1040.0, 340.0), (1052.0, 740.0), (794.0, 740.0)]
    canvas.shadow(outline, (12, 18), 18, 0.5)
    canvas.shape(outline, "d9e0e9")
    canvas.shape([(806.0, 340.0), (1040.0, 340.0), (1041.0, 372.0), (805.0, 372.0)], "c2ccd8")
    for y in (350.0, 361.0):
        canvas.line((806.0, y), (1040.0, y), "aab6c4", 2)
    canvas.disc((923.0, 470.0), 74, "a34e4f")
    canvas.disc((923.0, 470.0), 50, "b96061")
    canvas.disc((923.0, 470.0), 22, "8d3f41")
    canvas.line((913.0, 456.0), (933.0, 484.0), "b96061", 4)
    canvas.round((846.0, 562.0, 1000.0, 662.0), 8, "f7f8fa")
    canvas.text((864.0, 572.0), "DRIP", 36, "3a2b2b")
    canvas.text((864.0, 618.0), "10 × 10 g", 24, "6d6262")


def _tote(canvas: _Canvas) -> None:
    """Draw a folded olive tote bag."""
    outline = [(1096.0, 372.0), (1290.0, 366.0), (1302.0, 690.0), (1100.0, 694.0)]
    canvas.shadow(outline, (10, 16), 16, 0.5)
    canvas.shape(outline, "4a634a")
    canvas.shape([(1096.0, 372.0), (1290.0, 366.0), (1294.0, 470.0), (1097.0, 476.0)], "567256")
    canvas.line((1097.0, 476.0), (1294.0, 470.0), "3a4f3a", 4)
    canvas.round((1128.0, 398.0, 1262.0, 452.0), 6, "f1eddd")
    canvas.text((1142.0, 408.0), "OLIVE", 32, "4a4a38")
    for x in (1140.0, 1246.0):
        canvas.line((x, 486.0), (x + 4, 684.0), "435a43", 12)


def _paper(canvas: _Canvas) -> None:
    """Draw crumpled packing paper along the near wall."""
    for height, colour, phase in ((176.0, "c9b491", 0.0), (130.0, "d8c6a6", 1.3), (84.0, "e4d5b9", 2.4)):
        edge = [
            (
                _L + _WALL + step * (_R - _L - 2 * _WALL) / 40,
                _B - _WALL - height + 22 * math.sin(step * 0.55 + phase) + 9 * math.sin(step * 1.7 + phase),
            )
            for step in range(41)
        ]
        outline = [*edge, (_R - _WALL, _B - _WALL), (_L + _WALL, _B - _WALL)]
        canvas.shadow(outline, (0, -8), 14, 0.3)
        canvas.shape(outline, colour)
        for number in range(3, 36, 6):
            x, y = edge[number]
            canvas.line((x - 30, y + 26), (x + 6, y + 52), "bfa981", 2)
            canvas.line((x + 6, y + 52), (x + 34, y + 44), "efe4cd", 2)


def _tape_roll(canvas: _Canvas) -> None:
    """Draw a roll of tape on the bench."""
    centre = (1690.0, 860.0)
    canvas.shadow(
        [(centre[0] + 96 * math.cos(a), centre[1] + 96 * math.sin(a)) for a in np.arange(0, 6.28, 0.2)],
        (10, 16),
        20,
        0.55,
    )
    canvas.disc(centre, 96, "b98e4f")
    canvas.disc(centre, 88, "cba365")
    canvas.disc(centre, 58, "e9e2d3")
    canvas.disc(centre, 50, "a89a80")


def _corners(box: tuple[float, float, float, float]) -> list[Point]:
    left, top, right, bottom = box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _lit(image: Image) -> Image:
    """Return the picture under lamp light from the upper left that falls off towards the corners."""
    y, x = np.mgrid[0 : HEIGHT // 8, 0 : WIDTH // 8].astype(np.float32)
    distance = np.hypot((x * 8 - 840) / 1350, (y * 8 - 430) / 900)
    light = cv2.resize(np.clip(1.06 - 0.34 * distance**2, 0.5, 1.08), (WIDTH, HEIGHT))
    return np.asarray(cv2.multiply(image, cv2.merge([light] * 3), dtype=cv2.CV_8U), np.uint8)
