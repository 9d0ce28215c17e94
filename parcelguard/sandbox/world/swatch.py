"""A small picture for goods that have none: a soft coloured tile, drawn without an image library."""

import struct
import zlib
from functools import cache

SIDE = 96


@cache
def swatch(colour: str) -> bytes:
    """Return a PNG tile in `#rrggbb` with a light disc, so a list of goods is told apart at a glance."""
    dark = bytes.fromhex(colour.removeprefix("#"))
    light = bytes(channel + (255 - channel) // 4 for channel in dark)
    rows = b"".join(
        b"\0" + b"".join(light if _in_disc(x, y) else dark for x in range(SIDE)) for y in range(SIDE)
    )
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _in_disc(x: int, y: int) -> bool:
    return (x - SIDE // 2) ** 2 + (y - SIDE // 2) ** 2 < (SIDE // 3) ** 2


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
