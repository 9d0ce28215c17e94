"""The shared memory in which preview pictures travel from the camera process to the window.

Four slots behind a small header. The writer takes the slot written longest ago, but never the
newest one and never the one the screen holds. Neither side waits for the other: the writer marks a
slot as torn and then looks whether it is held; the screen marks a slot as held and then looks
whether it is torn. So at least one of the two notices the other and steps back.
"""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Self

SLOTS = 4
MAX_PIXELS = 1920 * 1080
SLOT_BYTES = MAX_PIXELS * 3

_NOBODY = -1
_HELD, _NEWEST, _LAST_NUMBER = 0, 1, 2
_FIRST_SLOT = 8  # index of slot 0's entry; an entry is (number, width, height, unused)
_ENTRY = 4
_HEADER_BYTES = 4096
_TORN = 0  # a slot's number while it is being written, or before it ever was
_TRIES = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """One preview picture: rows of BGR bytes, tightly packed; `number` rises by one with each picture.

    The bytes stay as they are until the next `frame()` call. Keep the object while painting from it.
    """

    buffer: memoryview
    width: int
    height: int
    number: int

    @property
    def stride(self) -> int:
        """Bytes from one row to the next."""
        return self.width * 3


@dataclass(frozen=True, slots=True)
class Draft:
    """A slot being written: `buffer` has width * height * 3 bytes."""

    slot: int
    number: int
    width: int
    height: int
    buffer: memoryview


class _Memory(SharedMemory):
    def close(self) -> None:
        """Unmap, or leave that to the last view: a screen may still paint from a handed-out frame."""
        try:
            super().close()
        except BufferError:
            return


class Ring:
    """Both ends of the shared memory; the window's process makes it and removes it."""

    def __init__(self, memory: SharedMemory, *, owner: bool) -> None:
        buffer = memory.buf
        assert buffer is not None  # it is None only after close()
        self._memory = memory
        self._owner = owner
        self._slots = buffer[_HEADER_BYTES:]
        self._header = buffer[:_HEADER_BYTES].cast("q")

    @classmethod
    def create(cls) -> Self:
        """Make a new, empty ring. Raises OSError when there is no memory for it."""
        ring = cls(_Memory(create=True, size=_HEADER_BYTES + SLOTS * SLOT_BYTES), owner=True)
        ring._header[_HELD] = ring._header[_NEWEST] = _NOBODY
        return ring

    @classmethod
    def attach(cls, name: str) -> Self:
        """Open the ring that another process made.

        A spawned child shares its parent's resource tracker, for which this second registration of
        the same name changes nothing; so only the owner removes it, once.
        """
        return cls(_Memory(name=name), owner=False)

    @property
    def name(self) -> str:
        """What the other process attaches to."""
        return self._memory.name

    def release_memory(self) -> None:
        """Let go of the memory; the owner also removes its name."""
        self._header.release()
        self._slots.release()
        if self._owner:
            self._memory.unlink()
        self._memory.close()

    def hold_newest(self) -> Frame | None:
        """Give the newest picture and keep the writer off it until the next call; None before the first."""
        # Between reading the newest and marking it, the writer may have gone round; the next try finds a
        # newer one.
        for _ in range(_TRIES):
            slot = self._header[_NEWEST]
            if slot == _NOBODY:
                return None
            self._header[_HELD] = slot
            # Only after the mark: a writer that began before it is seen here, one that begins now sees it.
            number, width, height = self._entry(slot)
            if number != _TORN:
                return Frame(self._bytes(slot, width, height), width, height, number)
        return None

    def begin(self, width: int, height: int) -> Draft:
        """Take a slot to write a picture of this size into; nobody sees it before `finish`."""
        if not 0 < width * height <= MAX_PIXELS:
            raise ValueError(f"{width} x {height} does not fit a slot of {MAX_PIXELS} pixels")
        slot = self._header[_NEWEST]
        while True:
            slot = (slot + 1) % SLOTS
            if slot in (self._header[_NEWEST], self._header[_HELD]):
                continue
            entry = self._entry(slot)
            # Torn first, then the look at who holds it: the other way round both could believe to be alone.
            self._set_entry(slot, _TORN, width, height)
            if self._header[_HELD] != slot:
                break
            self._set_entry(slot, *entry)  # the screen took it in between: leave it whole
        number = self._header[_LAST_NUMBER] + 1
        return Draft(slot, number, width, height, self._bytes(slot, width, height))

    def finish(self, draft: Draft) -> None:
        """Make the written picture the newest one."""
        # The slot is whole before it becomes the newest: the screen takes the newest without asking.
        self._set_entry(draft.slot, draft.number, draft.width, draft.height)
        self._header[_LAST_NUMBER] = draft.number
        self._header[_NEWEST] = draft.slot

    def _bytes(self, slot: int, width: int, height: int) -> memoryview:
        start = slot * SLOT_BYTES
        return self._slots[start : start + width * height * 3]

    def _entry(self, slot: int) -> tuple[int, int, int]:
        at = _FIRST_SLOT + slot * _ENTRY
        return self._header[at], self._header[at + 1], self._header[at + 2]

    def _set_entry(self, slot: int, number: int, width: int, height: int) -> None:
        at = _FIRST_SLOT + slot * _ENTRY
        # The mark goes first when a slot opens and last when it closes.
        if number == _TORN:
            self._header[at] = number
        self._header[at + 1], self._header[at + 2] = width, height
        self._header[at] = number
