"""The buyer's copy of a photo: smaller, captioned, and never the original.

Pillow is loaded only in the helper process: it holds the interpreter while it saves, which the
window would notice, and importing this module must stay cheap.
"""

from __future__ import annotations

import io
import logging
import multiprocessing
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from parcelguard.errors import StorageError
from parcelguard.resources import asset

if TYPE_CHECKING:
    from PIL import Image, ImageFont

log = logging.getLogger(__name__)

LONGEST_EDGE = 1600
LARGEST_BYTES = 1_000_000
_MOST_PIXELS = 60_000_000
_QUALITIES = (88, 82, 75, 66, 55, 42, 30)
_STRIP_COLOUR = (12, 16, 22)
_STRIP_OPACITY = 0.62
_TEXT_COLOUR = (255, 255, 255)
_FONT_SHARE = 1 / 38  # of the picture's shorter edge
_SMALLEST_FONT = 11


class CopyUnreadable(StorageError):
    """The original is missing or damaged."""

    headline = "A photo on this computer cannot be read."
    advice = "The supervisor can look at it in the log; other photos are not touched."


def buyer_copy(original: Path, caption: Sequence[str]) -> bytes:
    """Return the JPEG for the buyer: at most 1600 px and 1.0 MB, caption lines on a strip at the bottom.

    Carries no EXIF. Raises CopyUnreadable; the original is only read.
    """
    from PIL import Image

    picture = _decoded(original)
    picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    _write_caption(picture, [line for line in caption if line.strip()])
    return _encoded(picture)


def _decoded(original: Path) -> Image.Image:
    from PIL import Image

    try:
        with Image.open(original, formats=["JPEG"]) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise CopyUnreadable(f"{original.name}: {opened.width} x {opened.height} pixels")
            opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            return opened.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise CopyUnreadable(f"{original.name}: {error}") from error


def _write_caption(picture: Image.Image, lines: Sequence[str]) -> None:
    """Darken a strip along the bottom and write on it; nothing above the strip changes."""
    from PIL import Image, ImageDraw

    if not lines:
        return
    width, height = picture.size
    size = max(_SMALLEST_FONT, round(min(width, height) * _FONT_SHARE))
    margin, step = size, round(size * 1.45)
    strip_height = min(height, len(lines) * step + margin)
    box = (0, height - strip_height, width, height)
    strip = picture.crop(box)
    strip = Image.blend(strip, Image.new("RGB", strip.size, _STRIP_COLOUR), _STRIP_OPACITY)
    pen = ImageDraw.Draw(strip)
    for number, line in enumerate(lines):
        font = _font_for(line, size, width - 2 * margin)
        pen.text((margin, margin / 2 + number * step), line, font=font, fill=_TEXT_COLOUR)
    picture.paste(strip, box)


def _font_for(line: str, size: int, room: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the bundled font, smaller when the line would not fit its room in pixels."""
    font = _font(size)
    length = font.getlength(line)
    return font if length <= room else _font(max(6, int(size * room / length)))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    file = asset("fonts/Inter-SemiBold.otf")
    return ImageFont.truetype(str(file), size) if file.is_file() else ImageFont.load_default(size)


def _encoded(picture: Image.Image) -> bytes:
    """Return the JPEG at the best quality that keeps it within the size; smaller edges as a last resort."""
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=quality)
            if file.tell() <= LARGEST_BYTES:
                return file.getvalue()
        picture = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))


class CopyRoom:
    """Makes buyer copies in one helper process, started when first needed and again if it breaks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def make(self, original: Path, caption: Sequence[str]) -> bytes:
        """Return the buyer's copy; waits for it. Raises CopyUnreadable or StorageError."""
        lines = tuple(caption)
        try:
            return self._ask(original, lines)
        except BrokenProcessPool as error:
            log.warning("the copy process broke and is started again: %s", error)
        try:
            return self._ask(original, lines)
        except BrokenProcessPool as error:
            raise StorageError(f"no copy of {original.name}: {error}") from error

    def close(self) -> None:
        """End the helper process."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def _ask(self, original: Path, caption: tuple[str, ...]) -> bytes:
        pool = self._opened()
        try:
            return pool.submit(buyer_copy, original, caption).result()
        except BrokenProcessPool:
            self._forget(pool)
            raise

    def _opened(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    1, mp_context=multiprocessing.get_context("spawn"), initializer=_ignore_interrupts
                )
            return self._pool

    def _forget(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                self._pool = None
        broken.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    """Leave Ctrl+C to the window: it reaches every process of the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
