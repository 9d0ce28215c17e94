"""Uploaded chat images: what they really are, and where their bytes wait.

The bytes go to a folder of their own that is removed with the marketplace: a day of photos costs no memory.
"""

import hashlib
import secrets
import shutil
import struct
import tempfile
import weakref
from pathlib import Path

from parcelguard.sandbox.world.records import Picture

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class UnfitPicture(ValueError):
    """An upload that is too large or no image; each marketplace has its own words for it."""


def measure(data: bytes) -> tuple[str, int, int] | None:
    """Return media type, width and height by content; None when it is no JPEG, PNG or GIF."""
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return "image/png", width, height
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return "image/gif", width, height
    if data.startswith(b"\xff\xd8\xff"):
        return _measure_jpeg(data)
    return None


def _measure_jpeg(data: bytes) -> tuple[str, int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return "image/jpeg", width, height
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        at += 2 + length
    return None


class Pictures:
    """Every image that was uploaded, by its file id."""

    def __init__(self) -> None:
        self._pictures: dict[str, Picture] = {}
        self._by_url: dict[str, Picture] = {}
        self._folder: Path | None = None

    def keep_upload(self, shop_id: int, data: bytes, base_url: str, *, most: int) -> Picture:
        """Keep an upload, or refuse it for its size or for not being an image."""
        if len(data) > most:
            raise UnfitPicture(f"the image is larger than {most // 1024 // 1024} MB")
        measured = measure(data)
        if measured is None or 0 in measured:
            raise UnfitPicture("the file is not a JPG, PNG or GIF image")
        media_type, width, height = measured
        file_id = secrets.token_hex(12)
        picture = Picture(
            file_id=file_id,
            shop_id=shop_id,
            url=f"{base_url}/file/{file_id}",
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            width=width,
            height=height,
            media_type=media_type,
        )
        place = self._place(picture.sha256)
        if not place.exists():
            place.write_bytes(data)
        self._pictures[file_id] = self._by_url[picture.url] = picture
        return picture

    def by_url(self, url: str, shop_id: int) -> Picture | None:
        """Find the shop's own upload behind an address."""
        picture = self._by_url.get(url)
        return picture if picture is not None and picture.shop_id == shop_id else None

    def picture_and_file(self, file_id: str) -> tuple[Picture, Path] | None:
        """Return an upload and where its bytes are; `_tn` asks for the thumbnail."""
        picture = self._pictures.get(file_id.removesuffix("_tn"))
        if picture is None or self._folder is None:
            return None
        return picture, self._place(picture.sha256)

    def remove_files(self) -> None:
        """Remove the bytes; the records stay."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _place(self, sha256: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="parcelguard-sandbox-"))
            # A forgotten `remove_files` still leaves no photos behind.
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder / sha256
