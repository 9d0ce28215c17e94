"""The disk fills up: the packer is told, the open order is finished, and nothing acknowledged is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.harness.asked import Asked
from tests.harness.figures import note
from tests.harness.invariants import judge
from tests.harness.needs import unavailable
from tests.harness.offline import furnish
from tests.harness.power import memory_disk, missing_for_disks
from tests.support.fakes import wait_for

SIZE_MB = 16
ORDERS = 100
BALLAST = "media/.parcelguard-ballast"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    if reason := missing_for_disks():
        unavailable(reason)
    with memory_disk(tmp_path / "home", SIZE_MB) as folder:
        yield folder


@pytest.fixture
def codes(home: Path) -> Iterator[str]:
    return iter(furnish(home, ORDERS))


def fill(home: Path, left: int = 0) -> Path:
    """Take all room but so many bytes, while the bench takes some too; return the file that holds it."""
    filler = home / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while (room := shutil.disk_usage(home).free - left) > 0:
            file.write(bytes(min(room, 2**20)))
    return filler


def notices(said: list[dict[str, Any]]) -> str:
    return " ".join(each["detail"] for each in said if each["event"] == "notice")


def test_disk_that_fills_up_while_packing_stops_the_next_order(home: Path, codes: Iterator[str]) -> None:
    said: list[dict[str, Any]] = []
    with Asked(home, said, "--small-disk") as bench:
        filler = fill(home, left=4 * 2**20)
        packed = 0
        while bench.do(f"pack {next(codes)}"):
            packed += 1
        told = notices(said)
        filler.unlink()
        worked_on = bench.do(f"pack {next(codes)}")

    findings = judge(home, said, ())
    note("full disk", "", full_disks=1, **findings.counts)
    assert packed > 0
    assert "no new order can be opened" in told
    assert worked_on
    assert findings.wrong == {}


def test_open_order_is_finished_on_a_full_disk(home: Path, codes: Iterator[str]) -> None:
    said: list[dict[str, Any]] = []
    with Asked(home, said, "--small-disk") as bench:
        wait_for((home / BALLAST).exists)
        assert bench.do(f"pack {next(codes)}")
        assert bench.do(f"open {next(codes)}")
        filler = fill(home)
        finished = bench.do("photo") and bench.do("photo") and bench.do("save")
        told = notices(said)
        opened_another = bench.do(f"open {next(codes)}")
        filler.unlink()
        worked_on = bench.do(f"pack {next(codes)}")

    findings = judge(home, said, ())
    note("full disk", "", full_disks=1, **findings.counts)
    assert finished
    assert "The disk is full" in told
    assert not opened_another
    assert worked_on
    assert findings.wrong == {}


def test_bench_without_ballast_cannot_finish_its_order_and_loses_nothing(
    home: Path, codes: Iterator[str]
) -> None:
    said: list[dict[str, Any]] = []
    with Asked(home, said, "--small-disk", "--bad=no-ballast") as bench:
        assert bench.do(f"open {next(codes)}")
        assert bench.do("photo")
        filler = fill(home)
        finished = bench.do("photo") and bench.do("save")
        filler.unlink()
        finished_later = bench.do("photo") and bench.do("save")

    assert not finished
    assert finished_later
    assert judge(home, said, ()).wrong == {}
