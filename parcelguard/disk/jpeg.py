"""How large a picture is, read from the picture itself."""

from __future__ import annotations

from pathlib import Path


def jpeg_size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a whole JPEG, or None when it cannot be read."""
    from PIL import Image, UnidentifiedImageError  # a start that finds no stray picture does without

    try:
        with Image.open(path, formats=["JPEG"]) as picture:
            picture.load()
            return picture.size
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
