"""One bench without its window, in a process of its own that a test may kill, stop and starve.

Everything is the real thing: the station, the camera's darkroom, the records, the courier, the chat over
HTTP. Only the lens is replaced by generated pictures. Each thing a packer would see is said on stdout as
one JSON line, after it would be on the screen. `--bad` breaks a promise on purpose: a harness that does
not notice is worth nothing.

    station_child.py HOME [--pack] [--photos N] [--decide ANSWER] [--bad NAME] [--clock FILE] [--copies]
                          [--on-cue] [--counts-sleep]

HOME holds settings.toml, secrets.json and, to pack, orders.txt with a code a line. `stop` on stdin, or
its end, ends the bench in good order.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.support.swapping import swap

if TYPE_CHECKING:  # the copies' helper process imports this file too, and needs nothing of it
    from parcelguard.camera.messages import TakePhoto
    from parcelguard.packing.desk_view import Desk, Notice
    from parcelguard.packing.packing_desk import PackingDesk

Said: TypeAlias = "tuple[None, Notice | None]"
SIZE = (384, 512)  # no marketplace takes pictures of less than 330 pixels a side
LARGE_EVERY = 4  # one in so many does not compress, and is written in two pieces
BLOCK = 8  # pixels a side: what JPEG compresses best
PATIENCE_S = 3.0
TRIES = 6


def say(event: str, **facts: object) -> None:
    """Tell the test, in one piece and at once."""
    os.write(1, f"{json.dumps({'event': event, **facts})}\n".encode())


class Now:
    """The bench's own clock: the computer's, moved by as many seconds as the test's file says."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.moved_s())

    def moved_s(self) -> float:
        return float(self._file.read_text()) if self._file else 0.0


class Lens:
    """Stands in for the camera's process: a new picture for each request, kept by the real darkroom."""

    def __init__(self, media: Path, publish: Callable[[object], None], now: Now) -> None:
        import numpy as np

        from parcelguard.camera.darkroom import Darkroom
        from parcelguard.camera.newest_picture import Newest, Priority

        self._noise = np.random.default_rng()
        self._now = now
        self._newest = Newest()
        self._darkroom = Darkroom(media, 90, self._newest, Priority(), publish)
        self._taken = 0

    def request_photo(self, request: TakePhoto) -> None:
        from parcelguard.camera.newest_picture import Picture

        self._taken += 1
        block = 1 if self._taken % LARGE_EVERY == 1 else BLOCK
        height, width = (side // block for side in SIZE)
        noise = self._noise.integers(0, 256, (height, width, 3), "uint8")
        image = noise.repeat(block, 0).repeat(block, 1)
        self._newest.put(Picture(image, self._taken, time.monotonic(), self._now()))
        self._darkroom.keep_photo(request)

    def set_reading(self, reading: object) -> None:
        """No codes are read here."""

    def close(self) -> None:
        self._darkroom.finish_photos()


class Screen:
    """What the packer sees: says each tick once, and keeps the desk as it stands now."""

    def __init__(self) -> None:
        from parcelguard.packing.desk_view import Desk

        self._changed = threading.Condition()
        self._ticked: set[str] = set()
        self.desk = Desk()

    def show(self, event: Any) -> None:
        for each in event.desk.photos:
            photo = each.photo
            if photo.id not in self._ticked:
                self._ticked.add(photo.id)
                say("photo", path=photo.path, sha256=photo.sha256, proof=photo.proof_id)
        if event.desk.notice:
            from parcelguard.ui.words.pack_words import reason_words

            notice = event.desk.notice
            say("notice", kind=notice.kind, detail=notice.code or reason_words(notice.reason))
        with self._changed:
            self.desk = event.desk
            self._changed.notify_all()

    def wait(self, what: Callable[[Desk], object], timeout_s: float = PATIENCE_S) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: bool(what(self.desk)), timeout_s)


class Packer:
    """Packs one order after the other as fast as the bench goes, with a person's odd habits."""

    def __init__(self, station: Any, screen: Screen, photos: int | None) -> None:
        self._station = station
        self._screen = screen
        self._photos = photos  # a number makes the packer regular
        self._random = random.Random()

    def finish_restored(self) -> None:
        """Go on with the order that a crash left open."""
        from parcelguard.packing.desk_view import DeskState

        if self._screen.desk.state is not DeskState.READY:
            self._photograph_and_save()

    def pack(self, code: str) -> None:
        from parcelguard.core.scans import ScanSource
        from parcelguard.packing.desk_view import DeskState
        from parcelguard.scanner.normaliser import read_scan

        for _ in range(TRIES):
            self._station.scan(read_scan(code, ScanSource.WEDGE))
            if self._screen.wait(lambda desk: desk.state is not DeskState.READY):
                self._photograph_and_save()
                return
        say("given up", order=code)

    def _photograph_and_save(self) -> None:
        from parcelguard.packing.desk_view import DeskState

        if self._screen.desk.state in (DeskState.CANCELLED, DeskState.PACKED):
            self._leave()
            return
        wanted = max(self._photos or self._random.choice((1, 2, 2, 3)), len(self._screen.desk.photos))
        in_a_hurry = self._oddly(0.2)  # F4 while the last photo is on its way
        for number in range(len(self._screen.desk.photos) + 1, wanted + 1):
            self._photograph(number, wait=not in_a_hurry or number < wanted)
        if self._oddly(0.1) and not in_a_hurry:
            self._retake()
        for _ in range(TRIES):
            told: Said = (None, self._screen.desk.notice)
            self._station.save()
            if self._oddly(0.1):
                self._station.save()
            self._screen.wait(partial(_ready_or_said, told))
            if self._screen.desk.state is DeskState.READY:
                return
            if not self._screen.desk.photos:  # the photo that F4 waited for was not taken
                self._photograph(1, wait=True)
        say("given up", order=self._screen.desk.code)
        self._leave()

    def _oddly(self, share: float) -> bool:
        return self._photos is None and self._random.random() < share

    def _photograph(self, number: int, *, wait: bool) -> None:
        for _ in range(TRIES):
            told: Said = (None, self._screen.desk.notice)
            self._station.take_photo()
            if not wait:
                return
            self._screen.wait(partial(_photo_or_said, number, told))
            if len(self._screen.desk.photos) >= number:
                return

    def _retake(self) -> None:
        last = self._screen.desk.photos[-1].photo.id
        self._station.retake()
        self._screen.wait(lambda desk: desk.notice or desk.photos[-1].photo.id != last)

    def _leave(self) -> None:
        from parcelguard.packing.desk_view import DeskState

        self._station.clear()
        self._screen.wait(lambda desk: desk.state is DeskState.READY)


class PlainCopies:
    """The original in the size asked for; the copy room's own process takes half a second to start."""

    def make(self, original: Path, caption: Sequence[str], size: tuple[int, int]) -> bytes:
        from PIL import Image

        copy = io.BytesIO()
        with Image.open(original) as image:
            image.resize(size).save(copy, "JPEG")
        return copy.getvalue()

    def collage(self, originals: Sequence[Path], caption: Sequence[str], size: tuple[int, int]) -> bytes:
        return self.make(originals[0], caption, size)

    def stop_helper(self) -> None:
        """There is no helper."""


def count_sleep(now: Now) -> None:
    """Let the clock that counts sleep go with the test's: a process that is only stopped does not sleep."""
    from parcelguard.marketplace import http
    from parcelguard.runtime.clock import real_seconds

    swap(http, "real_seconds", lambda: real_seconds() + now.moved_s())


def _ready_or_said(before: Said, desk: Desk) -> bool:
    from parcelguard.packing.desk_view import DeskState

    return desk.state is DeskState.READY or desk.notice not in before


def _photo_or_said(number: int, before: Said, desk: Desk) -> bool:
    return len(desk.photos) >= number or desk.notice not in before


# ---- promises broken on purpose ------------------------------------------------------------


def tick_before_commit(home: Path) -> None:
    """Show the tick before the file is written, and say "saved" before the transaction."""
    from parcelguard.camera.darkroom import Darkroom
    from parcelguard.packing.packing_desk import PackingDesk

    write, commit = Darkroom._write, PackingDesk._commit

    def tick_and_write(path: Path, original: bytes) -> None:
        sha256 = hashlib.sha256(original).hexdigest()
        proof = path.parent.name
        say("photo", path=path.relative_to(home / "media").as_posix(), sha256=sha256, proof=proof)
        write(path, original)

    def say_and_commit(desk: PackingDesk, proof: Any) -> None:
        say("saved", proof=proof.id, order=proof.order_number)
        commit(desk, proof)

    swap(Darkroom, "_write", staticmethod(tick_and_write))
    swap(PackingDesk, "_commit", say_and_commit)


def sync_normal(home: Path) -> None:
    """Let a commit return before it is on the drive."""
    from parcelguard.store import database

    full, normal = "synchronous = FULL", "synchronous = NORMAL"
    slack = tuple(pragma.replace(full, normal) for pragma in database._WRITING)
    assert slack != database._WRITING
    swap(database, "_WRITING", slack)


def no_flush(home: Path) -> None:
    """Flush nothing that this program writes itself; SQLite flushes on its own."""
    swap(os, "fsync", lambda _descriptor: None)


def no_folder_flush(home: Path) -> None:
    """Flush files, but not the folders that name them."""
    from parcelguard.disk import files

    swap(files, "_flush_folder", lambda _folder: None)


def lease_to_queued(home: Path) -> None:
    """Take an interrupted send for one that never began, whatever its wire mark says."""
    from dataclasses import replace

    from parcelguard.delivery.courier import Courier

    sort_out = Courier._sort_out

    def forget_marks(courier: Courier, stale: list[Any]) -> None:
        sort_out(courier, [(part, replace(attempt, wire_at=None)) for part, attempt in stale])

    swap(Courier, "_sort_out", forget_marks)


def retry(home: Path) -> None:
    """Send again at once when no answer came."""
    from parcelguard.core.errors import OutcomeUnknown
    from parcelguard.marketplace.http import Http

    send = Http.send

    def send_blindly(http: Http, request: Any, mark: Callable[[], None]) -> Any:
        try:
            return send(http, request, mark)
        except OutcomeUnknown:
            return send(http, request, mark)

    swap(Http, "send", send_blindly)


def resign_at_write(home: Path) -> None:
    """Sign as late as possible and send however old the claim is."""
    from parcelguard.marketplace.shopee.client import ShopeeClient
    from parcelguard.runtime.crash_points import hit

    send = ShopeeClient.send

    def sign_now(client: Any, path: str, body: Any, signed_at: datetime, mark: Callable[[], None]) -> Any:
        mark()
        hit("send.marked")  # a PC that sleeps here signs after it woke
        return send(client, path, body, client._now(), lambda: None)

    swap(ShopeeClient, "send", sign_now)


BAD: dict[str, Callable[[Path], None]] = {
    "tick-before-commit": tick_before_commit,
    "sync-normal": sync_normal,
    "no-flush": no_flush,
    "no-folder-flush": no_folder_flush,
    "lease-to-queued": lease_to_queued,
    "retry": retry,
    "resign-at-write": resign_at_write,
}


# ---- the bench -----------------------------------------------------------------------------


def open_codes(home: Path, database: Path) -> list[str]:
    """Return the codes that have no saved proof yet."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT DISTINCT order_number FROM proof WHERE saved_at IS NOT NULL")
        packed = {number for (number,) in rows}
    return [code for code in (home / "orders.txt").read_text().split() if code not in packed]


def decide(bench: Any, answer: str) -> None:
    """Give one answer to everything that asks a person."""
    from parcelguard.core.parts import Decision

    for group in bench.log.attention():
        for item in group.items:
            bench.log.decide(item.part_id, Decision(answer))
            say("decided", part=item.part_id, answer=answer)
    say("all decided")


def run(wish: argparse.Namespace, stopping: threading.Event) -> None:
    """Open the bench, pack if asked to, and send until told to stop."""
    from parcelguard.core.config import folders_of, load_settings
    from parcelguard.core.events import EventHub, QueueChanged
    from parcelguard.packing.desk_view import DeskChanged, ProofSaved
    from parcelguard.runtime import logs
    from parcelguard.station import station

    settings = load_settings(wish.home / "settings.toml")
    folders = folders_of(wish.home, settings)
    folders.make()
    logs.start_logging(folders.logs)
    if wish.bad:
        BAD[wish.bad](wish.home)
    if not wish.copies:
        swap(station, "BuyerCopies", PlainCopies)
    hub, now, screen, begun = EventHub(), Now(wish.clock), Screen(), threading.Event()
    if wish.counts_sleep:
        count_sleep(now)
    hub.subscribe(DeskChanged, screen.show)
    hub.subscribe(DeskChanged, lambda event: begun.set())
    hub.subscribe(
        ProofSaved, lambda event: say("saved", proof=event.proof.id, order=event.proof.order_number)
    )
    hub.subscribe(
        QueueChanged,
        lambda event: say("queue", sending=event.sending, waiting=event.waiting, attention=event.attention),
    )
    lens = Lens(folders.media, hub.publish, now)
    bench = station.Station(settings, folders, hub, lens, now)
    bench.start()
    begun.wait(PATIENCE_S)
    say("started", pid=os.getpid())
    if wish.decide:
        decide(bench, wish.decide)
    if wish.pack:
        packer = Packer(bench, screen, wish.photos)
        packer.finish_restored()
        for code in open_codes(wish.home, folders.database):
            if stopping.is_set():
                break
            packer.pack(code)
        say("packed")
    stopping.wait()
    lens.close()
    bench.shut_down()
    say("closed")


def load() -> None:
    """Import what takes time, before the bench begins."""
    import parcelguard.camera.darkroom
    import parcelguard.station.station  # noqa: F401


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--pack", action="store_true")
    parser.add_argument("--decide", help="answer everything that asks a person, as Decision names it")
    parser.add_argument("--bad", choices=BAD)
    parser.add_argument("--clock", type=Path)
    parser.add_argument("--on-cue", action="store_true", help="load all, then wait for a line on stdin")
    parser.add_argument("--copies", action="store_true", help="make the buyer's copies in their real process")
    parser.add_argument("--counts-sleep", action="store_true", help="a sleep is as long as --clock was moved")
    parser.add_argument("--photos", type=int, help="take so many of each order, and press nothing else")
    wish = parser.parse_args()
    load()
    if wish.on_cue:
        sys.stdin.readline()
    stopping = threading.Event()

    def wait_for_line() -> None:
        sys.stdin.readline()
        stopping.set()

    threading.Thread(target=wait_for_line, daemon=True).start()
    run(wish, stopping)


if __name__ == "__main__":
    main()
