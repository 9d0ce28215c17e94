from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from parcelguard.camera.ring import MAX_PIXELS, SLOTS, Ring


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = Ring.create()
    yield made
    made.release_memory()


def write(ring: Ring, value: int, width: int = 4, height: int = 2) -> int:
    draft = ring.begin(width, height)
    draft.buffer[:] = bytes([value % 256]) * (width * height * 3)
    ring.finish(draft)
    return draft.slot


def test_there_is_no_picture_before_the_first(ring: Ring) -> None:
    assert ring.hold_newest() is None


def test_the_newest_picture_is_handed_out_with_its_size(ring: Ring) -> None:
    write(ring, 7)
    write(ring, 9, width=5, height=3)

    frame = ring.hold_newest()

    assert frame is not None
    assert (frame.width, frame.height, frame.stride, frame.number) == (5, 3, 15, 2)
    assert bytes(frame.buffer) == bytes([9]) * 45


def test_a_held_picture_is_never_written_over(ring: Ring) -> None:
    write(ring, 1)
    held = ring.hold_newest()
    assert held is not None

    slots = [write(ring, value) for value in range(2, 40)]

    assert bytes(held.buffer) == bytes([1]) * 24
    assert len(set(slots)) == SLOTS - 1


def test_the_next_call_frees_the_slot_held_before(ring: Ring) -> None:
    write(ring, 1)
    ring.hold_newest()
    write(ring, 2)
    ring.hold_newest()

    slots = {write(ring, value) for value in range(3, 12)}

    assert 0 in slots


def test_the_newest_picture_is_not_written_over_before_a_newer_one_is_whole(ring: Ring) -> None:
    write(ring, 1)
    for value in range(2, 10):
        draft = ring.begin(4, 2)
        draft.buffer[:] = b"\xff" * 24  # half done when the screen asks

        frame = ring.hold_newest()

        assert frame is not None
        assert bytes(frame.buffer) == bytes([value - 1]) * 24
        draft.buffer[:] = bytes([value]) * 24
        ring.finish(draft)


def test_a_writer_that_died_in_the_middle_leaves_a_usable_ring(ring: Ring) -> None:
    write(ring, 1)
    ring.begin(4, 2)

    successor = Ring.attach(ring.name)
    for value in range(2, 9):
        write(successor, value)
    frame = ring.hold_newest()
    successor.release_memory()

    assert frame is not None
    assert (frame.number, bytes(frame.buffer)) == (8, bytes([8]) * 24)


def test_whatever_the_order_a_frame_is_whole_and_the_newest(ring: Ring) -> None:
    chance = random.Random(5)
    value = 0
    for _ in range(3000):
        if chance.random() < 0.6:
            value += 1
            write(ring, value)
        elif value:
            frame = ring.hold_newest()
            assert frame is not None
            assert frame.number == value
            assert set(frame.buffer) == {value % 256}


def test_a_picture_larger_than_a_slot_is_refused(ring: Ring) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        ring.begin(MAX_PIXELS + 1, 1)


def test_a_frame_outlives_the_ring(ring: Ring) -> None:
    other = Ring.create()
    write(other, 3)
    frame = other.hold_newest()
    other.release_memory()

    assert frame is not None
    assert bytes(frame.buffer) == bytes([3]) * 24
