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
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from parcelguard.core.errors import NotSent, StorageError
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.delivery.picture_sizes import arranged, extent
from parcelguard.runtime.assets import asset

if TYPE_CHECKING:
    from PIL import Image, ImageFont

log = logging.getLogger(__name__)

LARGEST_BYTES = 1_000_000
LARGEST_COLLAGE_BYTES = 900_000
_MOST_PIXELS = 60_000_000
_QUALITIES = (88, 82, 75, 66, 55, 42, 30)
_STRIP_COLOUR = (12, 16, 22)
_STRIP_OPACITY = 0.62
_TEXT_COLOUR = (255, 255, 255)
_FONT_SHARE = 1 / 38  # of the picture's shorter edge
_SMALLEST_FONT = 11
LONGEST_S = 60.0  # a copy takes a second
_END_S = 5.0


@dataclass(frozen=True, slots=True)
class _CopyRequest:
    """What the helper process is asked for. `size`: width and height of the copy in pixels."""

    originals: tuple[Path, ...]
    caption: tuple[str, ...]
    size: tuple[int, int]


class CopyUnreadable(StorageError):
    """The original is missing or damaged."""

    kind = StorageReason.PHOTO_UNREADABLE


class CopyNotMade(NotSent):
    """The helper process hung, broke or could not be started; the original is safe."""

    kind = StorageReason.COPY_NOT_MADE


def buyer_copy(original: Path, caption: Sequence[str], size: tuple[int, int]) -> bytes:
    """Return the JPEG for the buyer: so large and at most 1.0 MB, caption lines on a strip at the bottom.

    Carries no EXIF. Raises CopyUnreadable; the original is only read.
    """
    from PIL import Image

    picture = _decoded(original, size)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    _write_caption(picture, [line for line in caption if line.strip()])
    return _encoded(picture)


def buyer_collage(originals: Sequence[Path], caption: Sequence[str], size: tuple[int, int]) -> bytes:
    """Return the JPEG for the buyer that shows several photos at once: so large and at most 0.9 MB.

    Carries no EXIF. Raises CopyUnreadable; the originals are only read.
    """
    from PIL import Image

    photos = [_decoded(original, size) for original in originals]
    boxes = arranged([photo.size for photo in photos])
    across, down = (wanted / whole for wanted, whole in zip(size, extent(boxes), strict=True))
    picture = Image.new("RGB", size, _STRIP_COLOUR)
    for photo, (left, top, right, bottom) in zip(photos, boxes, strict=True):
        corner = round(left * across), round(top * down)
        fitted = round(right * across) - corner[0], round(bottom * down) - corner[1]
        picture.paste(photo.resize(fitted, Image.Resampling.LANCZOS, reducing_gap=2.0), corner)
    _write_caption(picture, [line for line in caption if line.strip()])
    return _encoded(picture, LARGEST_COLLAGE_BYTES)


def _decoded(original: Path, size: tuple[int, int]) -> Image.Image:
    from PIL import Image

    try:
        with Image.open(original, formats=["JPEG"]) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise CopyUnreadable(f"{original.name}: {opened.width} x {opened.height} pixels")
            # The decoder halves while it reads, which is quicker than to decode all and reduce it then.
            opened.draft("RGB", size)
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


def _font_for(line: str, size: int, width: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the bundled font, smaller when the line would not fit a width in pixels."""
    font = _font(size)
    length = font.getlength(line)
    return font if length <= width else _font(max(6, int(size * width / length)))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    file = asset("fonts/Inter-SemiBold.otf")
    return ImageFont.truetype(str(file), size) if file.is_file() else ImageFont.load_default(size)


def _encoded(picture: Image.Image, largest: int = LARGEST_BYTES) -> bytes:
    """Return the JPEG at the best quality that keeps it within the size; smaller edges as a last resort."""
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=quality)
            if file.tell() <= largest:
                return file.getvalue()
        picture = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))


class BuyerCopies:
    """Makes buyer copies in one helper process, started when first needed and again if it breaks.

    A plain process on a pipe rather than an executor: one that hangs can be killed, and the end
    of the pipe ends it when the window's process is gone.
    """

    def __init__(self) -> None:
        self._turn = Lock()  # one copy at a time
        self._lock = Lock()
        self._helper: _Helper | None = None
        self._closed = False

    def make(self, original: Path, caption: Sequence[str], size: tuple[int, int]) -> bytes:
        """Return the buyer's copy; waits for it. Raises CopyUnreadable or CopyNotMade."""
        return self._made(_CopyRequest((original,), tuple(caption), size))

    def collage(self, originals: Sequence[Path], caption: Sequence[str], size: tuple[int, int]) -> bytes:
        """Return one picture of several photos in the same way."""
        return self._made(_CopyRequest(tuple(originals), tuple(caption), size))

    def _made(self, request: _CopyRequest) -> bytes:
        with self._turn:
            # A broken helper is no verdict on the photo: the second try tells the two apart.
            try:
                return self._ask(request)
            except (EOFError, OSError) as error:
                log.warning("the copy process broke and is started again: %r", error)
            try:
                return self._ask(request)
            except (EOFError, OSError) as error:
                raise CopyNotMade(f"{request.originals[0].name}: {error!r}") from error

    def stop_helper(self) -> None:
        """End the helper process at once; a copy being made is given up."""
        with self._lock:
            self._closed = True
            if self._helper is not None:
                # Before the turn is waited for: whoever has it waits for just this helper.
                self._helper.kill()
        with self._turn:  # whoever waited for the helper has heard its end
            self._end_helper()

    def _ask(self, request: _CopyRequest) -> bytes:
        helper = self._running_helper()
        answer: bytes | Exception | None = None
        try:
            answer = helper.ask(request)
        finally:
            if answer is None:
                self._end_helper()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _running_helper(self) -> _Helper:
        with self._lock:
            if self._closed:
                raise CopyNotMade("the program ends")
            if self._helper is None:
                self._helper = _Helper()
            return self._helper

    def _end_helper(self) -> None:
        with self._lock:
            helper, self._helper = self._helper, None
        if helper is not None:
            helper.end()


class _Helper:
    """The helper process and the pipe to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name="copies", daemon=True)
        # The helper's end is open in the helper alone, so that its death ends the pipe.
        with theirs:
            self._process.start()

    def ask(self, request: _CopyRequest) -> bytes | Exception:
        """Return what came of it. Raises CopyNotMade after a long wait; EOFError or OSError when it broke."""
        self._connection.send(request)
        if not self._connection.poll(LONGEST_S):
            raise CopyNotMade(f"{request.originals[0].name}: no answer in {LONGEST_S:.0f} s")
        answer: bytes | Exception = self._connection.recv()
        return answer

    def kill(self) -> None:
        """End it now, even if it was stopped; from any thread."""
        self._process.kill()

    def end(self) -> None:
        """End it and give the pipe back."""
        self.kill()
        self._process.join(_END_S)
        self._connection.close()


def _serve(connection: Connection) -> None:
    """Make copies until the window's process closes its end of the pipe, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process; the window decides
    while True:
        try:
            connection.send(_outcome(connection.recv()))
        except (EOFError, OSError):
            return


def _outcome(request: _CopyRequest) -> bytes | Exception:
    try:
        if len(request.originals) > 1:
            return buyer_collage(request.originals, request.caption, request.size)
        return buyer_copy(request.originals[0], request.caption, request.size)
    except Exception as error:  # noqa: BLE001 - raised again where it was asked for
        return error
