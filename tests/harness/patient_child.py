"""A real bench that does what a test asks for, and presses again what did not work.

    patient_child.py HOME [--bad NAME] [--small-disk]

Each line on stdin is `pack CODE`, `open CODE`, `photo` or `save`; "done" answers it. What the packer
would see is said as by `station_child`, but with `writev`: a test that lets `write` fail must still
hear the bench.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.harness import small_disk, station_child
from tests.support.swapping import swap

if TYPE_CHECKING:
    from parcelguard.packing.desk_view import Desk

PHOTOS = 2
TRIES = 4


def say(event: str, **facts: object) -> None:
    os.writev(1, [f"{json.dumps({'event': event, **facts})}\n".encode()])


class PatientPacker:
    """Takes two photos and saves; after each notice that something failed, presses the same key again."""

    def __init__(self, station: Any, screen: station_child.Screen, _seed: object) -> None:
        self._station, self._screen = station, screen

    def finish_restored(self) -> None:
        """Save what a crash left open, and say which thread keeps photos and which the rows."""
        from parcelguard.packing.desk_view import DeskState

        self._rest()
        if self._screen.desk.state is not DeskState.READY:
            assert self._photograph_and_save(), "what a crash left open could not be finished"
        threads = {each.name: each.native_id for each in threading.enumerate()}
        say("ready", threads={name: threads[name] for name in ("packing desk", "darkroom")})

    def pack(self, line: str) -> None:
        """Do what a line asks for."""
        word, _, code = line.partition(" ")
        steps = {
            "pack": lambda: self._open(code) and self._photograph_and_save(),
            "open": lambda: self._open(code),
            "photo": self._photograph,
            "save": self._save,
        }
        worked = steps[word]()
        self._rest()
        say("done", worked=worked)

    def _rest(self) -> None:
        """Wait until the desk has done everything that it still has to do."""
        rested = threading.Event()
        self._station._steps.post(rested.set)
        rested.wait()

    def _open(self, code: str) -> bool:
        from parcelguard.core.scans import ScanSource
        from parcelguard.packing.desk_view import DeskState
        from parcelguard.scanner.normaliser import read_scan

        scan = read_scan(code, ScanSource.WEDGE)
        return self._press(lambda: self._station.scan(scan), lambda desk: desk.state is not DeskState.READY)

    def _photograph_and_save(self) -> bool:
        missing = PHOTOS - len(self._screen.desk.photos)
        return all(self._photograph() for _ in range(missing)) and self._save()

    def _photograph(self) -> bool:
        wanted = len(self._screen.desk.photos) + 1
        return self._press(self._station.take_photo, lambda desk: len(desk.photos) >= wanted)

    def _save(self) -> bool:
        from parcelguard.packing.desk_view import DeskState

        return self._press(self._station.save, lambda desk: desk.state is DeskState.READY)

    def _press(self, key: Callable[[], None], worked: Callable[[Desk], bool]) -> bool:
        for _ in range(TRIES):
            answered = self._pressed_once(key, worked)
            if answered and worked(self._screen.desk):
                return True
            say("pressed again", told=answered)
        return False

    def _pressed_once(self, key: Callable[[], None], worked: Callable[[Desk], bool]) -> bool:
        """Press, and wait for what it does or for a word on why not; False when neither comes."""
        before = self._screen.desk.notice
        key()
        return self._screen.wait(
            lambda desk: worked(desk) or (desk.notice is not None and desk.notice is not before)
        )


class Wish(argparse.Namespace):
    """Options of the bench; what is not named is not wished for."""

    def __getattr__(self, name: str) -> None:
        return None


def ignore_short_writes(home: Path) -> None:
    """Believe that a write has written everything."""
    from parcelguard.disk import files

    def write_once(partial: Path, data: bytes, *_points: object) -> None:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, data)
        os.fsync(descriptor)
        os.close(descriptor)

    swap(files, "_write_flushed", write_once)


def flush_twice(home: Path) -> None:
    """Believe the second flush after the first has failed; the system may have dropped the data."""
    from parcelguard.disk import files

    flush = files._flush

    def flush_again(descriptor: int) -> None:
        try:
            flush(descriptor)
        except OSError:
            flush(descriptor)

    swap(files, "_flush", flush_again)


def no_ballast(home: Path) -> None:
    """Keep no room for the order that is open."""
    from parcelguard.upkeep.disk_space import Ballast

    swap(Ballast, "keep", lambda _ballast: None)


BAD: dict[str, Callable[[Path], None]] = {
    "ignore-short-writes": ignore_short_writes,
    "flush-twice": flush_twice,
    "no-ballast": no_ballast,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--bad")
    parser.add_argument("--small-disk", action="store_true")
    asked = parser.parse_args()
    stopping = threading.Event()

    def lines(_home: Path, _database: Path) -> Iterator[str]:
        for line in sys.stdin:
            yield line.strip()
        stopping.set()

    swap(station_child, "say", say)
    swap(station_child, "Packer", PatientPacker)
    swap(station_child, "open_codes", lines)
    station_child.BAD.update(BAD)
    if asked.small_disk:
        small_disk.shrink()
    station_child.run(Wish(home=asked.home, bad=asked.bad, pack=True), stopping)


if __name__ == "__main__":
    main()
