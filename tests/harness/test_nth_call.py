"""Each call that keeps a photo or a proof fails once, or the bench dies in it; nothing acknowledged is lost.

A bench packs one order for each call: first its first write fails, then its second, and so on until an
order passes untouched. After every failure the packer is told and presses again, and it works.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.asked import Asked
from tests.harness.figures import note
from tests.harness.invariants import judge
from tests.harness.needs import unavailable
from tests.harness.offline import furnish
from tests.harness.syscalls import Recording, missing_for_tracing, read_calls, tampering

ORDERS = 400
LONG = bool(os.environ.get("PARCELGUARD_LONG"))
MOST = 1000 if LONG else 60  # calls of one kind
FAILURES = {
    "openat": ("ENOSPC", "EIO", "EROFS"),
    "mkdir": ("ENOSPC", "EIO", "EROFS"),
    "write": ("ENOSPC", "EIO"),
    "pwrite64": ("ENOSPC", "EIO"),
    "fsync": ("ENOSPC", "EIO"),
    "fdatasync": ("ENOSPC", "EIO"),
    "chmod": ("EIO", "EROFS"),
    "rename": ("ENOSPC", "EIO", "EROFS"),
    "unlink": ("EIO", "EROFS"),
}
DEADLY = (
    *(("darkroom", call) for call in ("write", "fsync", "rename")),
    *(("packing desk", call) for call in ("write", "pwrite64", "fsync", "fdatasync", "rename")),
)


@pytest.fixture(autouse=True)
def tracing() -> None:
    if reason := missing_for_tracing():
        unavailable(reason)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def codes(home: Path) -> Iterator[str]:
    """Furnish the home; orders to pack, one after the other."""
    return iter(furnish(home, ORDERS))


@pytest.mark.parametrize("call", FAILURES)
def test_call_that_fails_is_told_and_loses_nothing(
    tmp_path: Path, home: Path, codes: Iterator[str], call: str
) -> None:
    said: list[dict[str, Any]] = []
    log, failed, wrong = tmp_path / "calls", 0, []
    with Asked(home, said) as bench:
        bench.do(f"pack {next(codes)}")  # all modules are read, all files open
        for error in FAILURES[call]:
            for number in range(1, MOST + 1):
                with tampering(bench.threads.values(), call, f"error={error}:when={number}", log):
                    worked = bench.do(f"pack {next(codes)}")
                if "(INJECTED)" not in log.read_text(errors="replace"):
                    break
                failed += 1
                told = Recording(read_calls(log), home).violations()
                wrong += [f"{call} {number} {error}: {words}" for words in told]
                if not worked:
                    wrong.append(f"{call} {number} {error}: the order could not be packed")

    findings = judge(home, said, ())
    note("nth call", "", calls_failed=failed, **findings.counts)
    assert wrong == []
    assert findings.wrong == {}
    assert failed > 0
    assert [each for each in said if each["event"] == "pressed again" and not each["told"]] == []
    assert set(Counter(each["order"] for each in said if each["event"] == "saved").values()) == {1}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("thread", "call"), DEADLY)
def test_bench_that_dies_in_a_call_loses_nothing(
    tmp_path: Path, home: Path, codes: Iterator[str], thread: str, call: str
) -> None:
    said: list[dict[str, Any]] = []
    log, died, lost = tmp_path / "calls", 0, []
    for number in range(1, MOST + 1):
        deadly = f"signal=SIGKILL:when={number}"
        with Asked(home, said) as bench, tampering([bench.threads[thread]], call, deadly, log):
            lived = bench.do(f"pack {next(codes)}")
        lost += judge(home, said, ()).lost
        if lived:
            break
        died += 1

    note("death in a call", "", calls_died_in=died, lost=len(lost))
    assert lost == []
    assert judge(home, said, ()).wrong == {}
    assert died > 1


def test_code_that_ignores_a_short_write_is_found_out(
    tmp_path: Path, home: Path, codes: Iterator[str]
) -> None:
    assert judge(home, written_short(tmp_path, home, codes), ()).lost == []
    assert judge(home, written_short(tmp_path, home, codes, "--bad=ignore-short-writes"), ()).lost != []


def test_code_that_flushes_again_after_a_failure_is_found_out(
    tmp_path: Path, home: Path, codes: Iterator[str]
) -> None:
    log, once = tmp_path / "calls", "error=EIO:when=1"
    with (
        Asked(home, [], "--bad=flush-twice") as bench,
        tampering([bench.threads["darkroom"]], "fsync", once, log),
    ):
        bench.do(f"pack {next(codes)}")

    wrong = Recording(read_calls(log), home).violations()
    assert [words for words in wrong if "was flushed again after a flush had failed" in words]


def written_short(folder: Path, home: Path, codes: Iterator[str], *bad: str) -> list[dict[str, Any]]:
    """Let the first writes of an order take only some bytes; return what was acknowledged all the same."""
    said: list[dict[str, Any]] = []
    shortened = "retval=40:when=1..2"
    with (
        Asked(home, said, *bad) as bench,
        tampering(bench.threads.values(), "write", shortened, folder / "calls"),
    ):
        bench.do(f"pack {next(codes)}")
    return said
