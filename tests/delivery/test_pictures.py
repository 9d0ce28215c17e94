"""How large the buyer's pictures are, and how several photos stand in one."""

from __future__ import annotations

from collections import Counter

import pytest

from parcelguard.core.ids import new_id
from parcelguard.core.proofs import Photo, Shot
from parcelguard.delivery.picture_sizes import LONGEST_COLLAGE, Box, arranged, extent, picture_size
from tests.support.fakes import NOON


def photo(width: int, height: int, ordinal: int = 1, proof_id: str = "") -> Photo:
    return Photo(
        id="x", proof_id=proof_id or new_id(), ordinal=ordinal, shot=Shot.at(ordinal), path="p", sha256="",
        size=1, width=width, height=height, taken_at=NOON,
    )  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (1600, 1200), (640, 480)])
def test_copy_fits_and_keeps_its_shape_but_for_a_few_pixels(width: int, height: int) -> None:
    for _ in range(50):
        wide, high = picture_size([photo(width, height)])
        scale = min(1.0, 1600 / max(width, height))
        assert 0 <= round(width * scale) - wide < 16
        assert 0 <= round(height * scale) - high < 16


def test_pictures_of_one_proof_differ_in_size_and_stay_the_same_for_ever() -> None:
    for _ in range(200):
        proof_id = new_id()
        photos = [photo(1920, 1080, ordinal, proof_id) for ordinal in (1, 2, 3)]
        first, second, third = photos
        ways = [[first], [second], [third], [first, second], [first, third], [second, third], photos]
        sizes = [picture_size(way) for way in ways]
        assert len(set(sizes)) == len(ways)
        assert sizes == [picture_size(way) for way in ways]


def test_pictures_of_different_proofs_mostly_differ_in_size() -> None:
    sizes = Counter(picture_size([photo(1920, 1080)]) for _ in range(512))
    assert len(sizes) > 150


def test_tiny_picture_still_has_a_size_and_none_has_none() -> None:
    assert min(picture_size([photo(3, 2)])) >= 1
    assert picture_size([]) == (0, 0)


# ---- several in one ---------------------------------------------------------------------------

WIDE, CLASSIC, TALL = (1920, 1080), (1600, 1200), (1080, 1920)


def apart(one: Box, other: Box) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("size", [WIDE, CLASSIC, TALL, (640, 480), (1000, 1000)])
def test_photos_stand_side_by_side_in_their_own_shape(size: tuple[int, int], count: int) -> None:
    boxes = arranged([size] * count)

    assert max(extent(boxes)) <= LONGEST_COLLAGE
    assert min(min(box[:2]) for box in boxes) >= 0
    for place, (left, top, right, bottom) in enumerate(boxes):
        assert (right - left) / (bottom - top) == pytest.approx(size[0] / size[1], rel=0.01)
        assert all(apart(boxes[place], other) for other in boxes[place + 1 :])


@pytest.mark.parametrize("size", [WIDE, CLASSIC, TALL])
def test_each_of_three_photos_stays_a_thousand_pixels_long(size: tuple[int, int]) -> None:
    for left, top, right, bottom in arranged([size] * 3):
        assert max(right - left, bottom - top) >= 1000


def test_wide_photos_stand_below_each_other_and_squarer_ones_one_above_two() -> None:
    assert [box[0] for box in arranged([WIDE] * 3)] == [0, 0, 0]
    assert arranged([CLASSIC] * 3) == [(167, 0, 1833, 1250), (0, 1250, 1000, 2000), (1000, 1250, 2000, 2000)]


def test_photos_of_different_shapes_find_room_too() -> None:
    boxes = arranged([WIDE, TALL, CLASSIC])
    assert max(extent(boxes)) <= LONGEST_COLLAGE
    assert all(max(right - left, bottom - top) > 800 for left, top, right, bottom in boxes)
