"""The power fails at any moment: nothing that was acknowledged is missing when the bench starts again.

PARCELGUARD_CUTS says how many times (20 when it is not set).
"""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import pytest

from tests.harness.figures import note
from tests.harness.invariants import judge
from tests.harness.needs import unavailable
from tests.harness.offline import furnish
from tests.harness.power import Disk, Victim, missing_for_disks

CUTS = int(os.environ.get("PARCELGUARD_CUTS", "20"))
CONTROL_CUTS = 3
ORDERS = 600
ROOM = 28 * 1024 * 1024  # bytes; more than a bench fills before its power fails


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the image of a disk with a bench's home in which nothing is packed yet."""
    if reason := missing_for_disks():
        unavailable(reason)
    folder = tmp_path_factory.mktemp("disk")
    disk = Disk.new(folder / "furnished.img", folder / "mounted")
    with disk.mounted() as home:
        furnish(home, ORDERS)
    return disk.image


class Outages:
    """A bench whose power fails again and again; each start goes on with the disk of the last cut."""

    def __init__(self, furnished: Path, folder: Path, *options: str) -> None:
        self._furnished, self._folder, self._options = furnished, folder, options
        self._moments = random.Random(7)
        self._said: list[dict[str, str]] = []
        self._disk: Disk
        self._new_disk()
        self.cuts = self.photos = self.proofs = 0
        self.lost: list[str] = []

    def cut(self) -> None:
        """Start, pack, cut the power, and compare what was acknowledged with what is on the disk."""
        self.cuts += 1
        heard = self._folder / "heard"
        with self._disk.mounted() as home, Victim(home, heard, *self._options) as victim:
            victim.wait_for("started")
            time.sleep(self._moments.uniform(0.02, 0.6))  # the moment is the point, not a wait
            victim.freeze()
            said = victim.said()
            left = self._disk.as_cut_now(self._folder / f"cut {self.cuts}.img")
        self._said += said
        self.photos += [each["event"] for each in said].count("photo")
        self.proofs += [each["event"] for each in said].count("saved")
        self._disk.image.unlink()
        self._disk = left
        with left.mounted() as home:
            self.lost += judge(home, self._said, ()).lost
            has_room = shutil.disk_usage(home).free > ROOM
        if not has_room:
            self._new_disk()

    def _new_disk(self) -> None:
        self._said = []
        self._disk = Disk(self._folder / "new.img", self._folder / "mounted")
        shutil.copyfile(self._furnished, self._disk.image)


@pytest.mark.timeout(60 + 10 * CUTS)
def test_power_cut_takes_back_nothing_that_was_acknowledged(furnished: Path, tmp_path: Path) -> None:
    bench = Outages(furnished, tmp_path)

    for _ in range(CUTS):
        bench.cut()

    note("power cuts", power_cuts=bench.cuts, photos=bench.photos, proofs=bench.proofs, lost=len(bench.lost))
    assert bench.lost == []
    assert bench.photos > CUTS
    assert bench.proofs > CUTS // 2


def test_commit_that_returns_before_it_is_flushed_is_found_out(furnished: Path, tmp_path: Path) -> None:
    bench = Outages(furnished, tmp_path, "--bad=sync-normal")

    for _ in range(CONTROL_CUTS):
        bench.cut()

    assert [words for words in bench.lost if "is not saved" in words]
    assert [words for words in bench.lost if "has no row" in words]


def test_photo_that_is_not_flushed_is_found_out(furnished: Path, tmp_path: Path) -> None:
    bench = Outages(furnished, tmp_path, "--bad=no-flush")

    for _ in range(CONTROL_CUTS):
        bench.cut()

    assert [words for words in bench.lost if "is not what was ticked" in words or "No such file" in words]
