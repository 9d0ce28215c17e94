"""Every step that keeps a photo or a proof comes in its order: recorded from a whole run, not believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.figures import note
from tests.harness.needs import unavailable
from tests.harness.offline import furnish
from tests.harness.power import Victim
from tests.harness.syscalls import Recording, missing_for_tracing, read_calls, recorder

ORDERS = 6


@pytest.fixture(autouse=True)
def tracing() -> None:
    if reason := missing_for_tracing():
        unavailable(reason)


def record(folder: Path, *options: str) -> Recording:
    """Pack a few orders and return what was asked of the system."""
    home, log = folder / "home", folder / "calls"
    home.mkdir()
    furnish(home, ORDERS)
    with Victim(home, folder / "heard", "--photos=2", *options, under=recorder(log)) as bench:
        bench.wait_for("packed")
        bench.end()
    return Recording(read_calls(log), home)


def test_every_step_of_keeping_comes_in_its_order(tmp_path: Path) -> None:
    recording = record(tmp_path)

    wrong = recording.violations()

    events = [line["event"] for _, line in recording.said]
    note("write order", flows_traced=ORDERS, violations=len(wrong))
    assert wrong == []
    assert events.count("photo") == 2 * ORDERS
    assert events.count("saved") == ORDERS


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("no-folder-flush", "got its row before the folder that names it was flushed"),
        ("no-flush", "got its name before its content was flushed"),
        ("tick-before-commit", "was acknowledged before its row was written"),
        ("sync-normal", "was acknowledged before its row was flushed"),
    ],
)
def test_step_that_comes_too_early_is_found_out(tmp_path: Path, bad: str, words: str) -> None:
    wrong = record(tmp_path, f"--bad={bad}").violations()

    assert [violation for violation in wrong if words in violation]


def test_call_during_which_another_thread_was_noted_counts_from_its_beginning_to_its_end(
    tmp_path: Path,
) -> None:
    log = tmp_path / "calls"
    log.write_text(
        "7 fsync(5</home/1.jpg.part> <unfinished ...>\n"
        '8 write(1</heard>, "{\\"event\\": \\"started\\"}\\n", 23) = 23\n'
        "7 <... fsync resumed>)             = 0\n"
        '7 rename("/home/1.jpg.part", "/home/1.jpg") = -1 ENOSPC (No space left) (INJECTED)\n'
        "7 +++ killed by SIGKILL +++\n"
    )

    said, flushed, renamed = sorted(read_calls(log), key=lambda call: call.ended)

    assert (flushed.name, flushed.path, flushed.began, flushed.ended) == ("fsync", "/home/1.jpg.part", 0, 2)
    assert (said.descriptor, said.texts()) == (1, ['{"event": "started"}\n'])
    assert (renamed.texts(), renamed.worked) == (["/home/1.jpg.part", "/home/1.jpg"], False)
