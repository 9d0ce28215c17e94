"""The buyer's pictures: how large each is, and how several photos stand in one.

A few pixels are taken off the size of each, as follows from the proof and the photo's number, so that
a picture can be told from its neighbours by its size alone where a marketplace gives it a new address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from uuid import UUID

from parcelguard.core.proofs import Photo

LONGEST_EDGE = 1600  # of a single photo's copy, in pixels
LONGEST_COLLAGE = 2000
_MARKS = 16
Size = tuple[int, int]  # width, height
Box = tuple[int, int, int, int]  # left, top, right, bottom
_ROWS: Mapping[int, Sequence[Sequence[int]]] = {  # in how many rows, by how many each holds
    1: ([1],),
    2: ([1, 1], [2]),
    3: ([1, 1, 1], [1, 2], [2, 1], [3]),
}


def picture_size(photos: Sequence[Photo]) -> Size:
    """Return width and height of the picture that carries these photos; nothing where there are none.

    A single one fits 1600 × 1600, several in one fit 2000 × 2000; both less their mark.
    """
    if not photos:
        return 0, 0
    first = photos[0]
    if len(photos) > 1:
        width, height = extent(arranged([(photo.width, photo.height) for photo in photos]))
    else:
        scale = min(1.0, LONGEST_EDGE / max(first.width, first.height))
        width, height = round(first.width * scale), round(first.height * scale)
    mark = UUID(first.proof_id).int
    across = mark % _MARKS
    down = (mark // _MARKS + 5 * sum(photo.ordinal for photo in photos)) % _MARKS  # 5: no two photos share it
    return max(1, width - across), max(1, height - down)


def arranged(sizes: Sequence[Size]) -> list[Box]:
    """Return where each of up to three pictures stands in one of 2000 × 2000 at most, in their order.

    Of the ways to set them in rows it is the one that shows the smallest of them largest.
    """
    ways = [_in_rows(sizes, rows) for rows in _ROWS[len(sizes)]]
    return max(ways, key=lambda boxes: min((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes))


def extent(boxes: Sequence[Box]) -> Size:
    """Return width and height of what these boxes fill."""
    return max(right for _, _, right, _ in boxes), max(bottom for *_, bottom in boxes)


def _in_rows(sizes: Sequence[Size], rows: Sequence[int]) -> list[Box]:
    """Set pictures in rows as large as they fit, each row in the middle."""
    groups = [sizes[end - count : end] for count, end in zip(rows, accumulate(rows), strict=True)]
    aspects = [sum(width / height for width, height in group) for group in groups]
    heights = _lowered([LONGEST_COLLAGE / aspect for aspect in aspects])
    widths = [height * aspect for height, aspect in zip(heights, aspects, strict=True)]
    boxes, top = [], 0.0
    for group, width, height in zip(groups, widths, heights, strict=True):
        left = (max(widths) - width) / 2
        for across, down in group:
            right = left + height * across / down
            boxes.append((round(left), round(top), round(right), round(top + height)))
            left = right
        top += height
    return boxes


def _lowered(heights: Sequence[float]) -> list[float]:
    """Bring the tallest rows down to one height, so that all of them fit."""
    lowered, room = list(heights), float(LONGEST_COLLAGE)
    by_height = sorted(range(len(heights)), key=heights.__getitem__)
    for left, place in zip(range(len(heights), 0, -1), by_height, strict=True):
        lowered[place] = min(heights[place], room / left)
        room -= lowered[place]
    return lowered
