"""zbar as a second pair of eyes, where it reads what zxing does not: item codes and still photos.

It needs a system library on Linux and macOS. Without it everything else works the same.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from parcelguard.camera.newest_picture import Image
from parcelguard.camera.reading.symbologies import named

log = logging.getLogger(__name__)

_TYPES = {
    "Code128": "CODE128",
    "QRCode": "QRCODE",
    "EAN13": "EAN13",
    "EAN8": "EAN8",
    "UPCA": "UPCA",
    "Code39": "CODE39",
    "ITF": "I25",
}
_SYMBOLOGIES = {theirs: ours for ours, theirs in _TYPES.items()}


@cache
def _zbar() -> Any:
    """Return the pyzbar module, or None where it or its system library is missing."""
    try:
        from pyzbar import pyzbar
    except (ImportError, OSError) as error:  # OSError: the library is there but does not load
        log.info("zbar is not available, item codes are read by one engine only: %s", error)
        return None
    return pyzbar


def zbar_available() -> bool:
    """Return whether the second engine works on this computer; for `doctor`."""
    return _zbar() is not None


def second_reading(gray: Image, symbologies: Sequence[str]) -> list[tuple[str, str, npt.NDArray[np.float32]]]:
    """Return (text, symbology, (4, 2) corners in pixels) of what zbar reads in the gray picture."""
    pyzbar = _zbar()
    if pyzbar is None:
        return []
    wanted = [getattr(pyzbar.ZBarSymbol, _TYPES[name]) for name in symbologies if name in _TYPES]
    if not wanted:
        return []
    # zbar reads UPC-A only as EAN-13 with a leading zero unless both are asked for.
    codes = pyzbar.decode(np.ascontiguousarray(gray), symbols=wanted)
    return [_plain(code, symbologies) for code in codes if code.data and code.type in _SYMBOLOGIES]


def _plain(code: Any, symbologies: Sequence[str]) -> tuple[str, str, npt.NDArray[np.float32]]:
    left, top, width, height = code.rect
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    text, symbology = named(code.data.decode("utf-8", "replace"), _SYMBOLOGIES[code.type], symbologies)
    return text, symbology, np.array(corners, np.float32)
