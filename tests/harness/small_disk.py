"""A bench for a small disk: every limit about room is 1/128 of what it is at a real bench.

Run as a script this is `station_child` on such a disk.
"""

from __future__ import annotations

from tests.harness import station_child
from tests.support.swapping import swap

SMALLER = 128


def shrink() -> None:
    """Keep a small ballast, and open orders until little is free."""
    from functools import partial

    from parcelguard.upkeep import disk_space as space
    from parcelguard.upkeep import housekeeping

    for limit in ("FULL_BYTES", "VERY_LOW_BYTES", "BALLAST_BYTES"):
        setattr(space, limit, getattr(space, limit) // SMALLER)
    housekeeping.RESERVE_BYTES //= SMALLER
    swap(housekeeping, "Ballast", partial(space.Ballast, size=space.BALLAST_BYTES))


if __name__ == "__main__":
    shrink()
    station_child.main()
