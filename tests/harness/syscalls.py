"""What a bench asks of the system, seen and tampered with by strace.

`Recording` reads what strace noted and says in words which steps came in the wrong order.
`tampering` lets the Nth call of one thread fail, or kills the bench in it.
"""

from __future__ import annotations

import codecs
import json
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FLUSHES = ("fsync", "fdatasync")
WRITES = ("write", "pwrite64", "writev")
CALLS = (*FLUSHES, *WRITES, "openat", "mkdir", "chmod", "rename", "unlink")
_SAVED = ("saved", "sending", "waiting", "delivered", "attention")  # states of a proof after F4
_LINE = re.compile(r"(?:(?P<thread>\d+) +)?(?P<what>.*)")  # of one thread alone, its number is not noted
_WHOLE = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>.*)")
_BEGUN = re.compile(r"(?P<name>\w+)\((?P<arguments>.*) <unfinished \.\.\.>")
_ENDED = re.compile(r"<\.\.\. \w+ resumed>(?P<arguments>.*)\) += (?P<result>.*)")
_DESCRIPTOR = re.compile(r"(?P<number>\d+)<(?P<path>[^>]*)>")
_TEXT = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"')


def missing_for_tracing() -> str:
    """Return why nothing can be traced here; nothing when it can."""
    if not shutil.which("strace"):
        return "not installed: strace"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], check=False, capture_output=True)
    return "" if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.decode().strip()}"


# ---- the record ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the system, and the lines of the record in which it began and ended."""

    name: str
    arguments: str
    began: int
    ended: int = -1
    result: str = ""

    @property
    def path(self) -> str:
        """What it is about: the descriptor's file, or the first name; of a rename, the old one."""
        match = _DESCRIPTOR.match(self.arguments)
        return match["path"] if match else self.texts()[0]

    @property
    def descriptor(self) -> int:
        match = _DESCRIPTOR.match(self.arguments)
        return int(match["number"]) if match else -1

    @property
    def worked(self) -> bool:
        return not self.result.startswith("-1")

    def texts(self) -> list[str]:
        """Return the arguments in quotes: names, or what was written."""
        found = [match["text"] for match in _TEXT.finditer(self.arguments)]
        return [codecs.decode(text, "unicode_escape") for text in found]


def recorder(log: Path) -> list[str]:
    """Return how to start a program so that its calls are noted in `log`."""
    return ["strace", *_noted_in(log), "-f", "--seccomp-bpf", "-qq", "--"]


@contextmanager
def tampering(threads: Collection[int], call: str, how: str, log: Path) -> Iterator[None]:
    """Meanwhile change what a call does in these threads, as strace's `inject` says; note all in `log`.

    Each thread's calls are counted on their own.
    """
    attached = [word for thread in threads for word in ("-p", str(thread))]
    strace = subprocess.Popen(
        ["strace", *_noted_in(log), *attached, "-e", f"inject={call}:{how}"], stderr=subprocess.PIPE
    )
    assert strace.stderr
    try:
        for _ in threads:
            said = strace.stderr.readline()
            assert b"attached" in said, said
        yield
    finally:
        strace.terminate()
        strace.communicate()


def _noted_in(log: Path) -> list[str]:
    return ["-y", "-s", "9000", "-e", f"trace={','.join(CALLS)}", "-e", "signal=none", "-o", str(log)]


def read_calls(log: Path) -> list[Call]:
    """Read the notes; a call during which another thread was noted is put together again."""
    lines = log.read_text(errors="replace").splitlines()
    calls: list[Call] = []
    begun: dict[str, Call] = {}
    for number, line in enumerate(lines):
        match = _LINE.fullmatch(line)
        assert match
        thread, what = match["thread"] or "", match["what"]
        if whole := _WHOLE.fullmatch(what):
            calls.append(Call(whole["name"], whole["arguments"], number, number, whole["result"]))
        elif start := _BEGUN.fullmatch(what):
            begun[thread] = Call(start["name"], start["arguments"], number)
        elif (end := _ENDED.fullmatch(what)) and (call := begun.pop(thread, None)):
            arguments = call.arguments + end["arguments"]
            calls.append(replace(call, arguments=arguments, ended=number, result=end["result"]))
    return calls


# ---- the order of steps ----------------------------------------------------------------------


class Recording:
    """The calls of one bench from its start to its end, and whether their order keeps the promises.

    A step counts as done when its call has returned, and as begun when it was asked for.
    """

    def __init__(self, calls: Sequence[Call], home: Path) -> None:
        self._media = home / "media"
        worked = [call for call in calls if call.worked]
        self._flushes = [call for call in worked if call.name in FLUSHES]
        self._failed = [call for call in calls if call.name in FLUSHES and not call.worked]
        self._writes = [call for call in worked if call.name in WRITES]
        self._wal = str(home / "parcelguard.db-wal")
        self._rows = [(call, call.arguments) for call in self._writes if call.path == self._wal]
        self._made = [call for call in worked if call.name == "mkdir"]
        self._renamed = [call for call in worked if call.name == "rename"]
        self.said = list(_said(self._writes))

    def violations(self) -> list[str]:
        """Return in words what came too early, or never."""
        return [
            *(words for call in self._renamed for words in self._rename(call)),
            *(words for call in self._made for words in self._new_folder(call)),
            *(words for call, line in self.said for words in self._tick(call, line)),
        ]

    def _rename(self, rename: Call) -> Iterator[str]:
        old, new = map(Path, rename.texts())
        if not new.is_relative_to(self._media):
            return
        written = [call for call in self._writes if call.path == str(old) and call.ended < rename.began]
        complete = max((call.ended for call in written), default=-1)
        if any(call.path == str(old) and call.began > complete for call in self._failed):
            yield f"{new.name} was flushed again after a flush had failed, and believed"
        content = self._flush(old, after=complete)
        if content is None or content.ended > rename.began:
            yield f"{new.name} got its name before its content was flushed"
        row = self._first_row(f"/{new.name}")
        folder = self._flush(new.parent, after=rename.ended)
        if row and (folder is None or folder.ended > row.began):
            yield f"{new.name} got its row before the folder that names it was flushed"

    def _new_folder(self, made: Call) -> Iterator[str]:
        folder = Path(made.texts()[0])
        if not folder.is_relative_to(self._media) or folder == self._media:
            return
        flushed = self._flush(folder.parent, after=made.ended)
        row = self._first_row(f"{folder.relative_to(self._media).as_posix()}/")
        if row and (flushed is None or flushed.ended > row.began):
            yield f"folder {folder.name} got a photo's row before its own name was flushed"

    def _tick(self, tick: Call, line: dict[str, Any]) -> Iterator[str]:
        if line["event"] == "photo":
            what, row = f"photo {line['path']}", self._first_row(line["path"])
        elif line["event"] == "saved":
            rows = [self._first_row(f"{line['proof']}{state}") for state in _SAVED]
            what, row = f"proof {line['proof']}", min(filter(None, rows), key=_begun, default=None)
        else:
            return
        if row is None or row.began > tick.began:
            yield f"{what} was acknowledged before its row was written"
            return
        committed = self._flush(Path(self._wal), after=row.ended)
        if committed is None or committed.ended > tick.began:
            yield f"{what} was acknowledged before its row was flushed"

    def _flush(self, path: Path, after: int) -> Call | None:
        """Return the first flush of a file or folder that was asked for after a step was done."""
        found = (call for call in self._flushes if call.path == str(path) and call.began > after)
        return min(found, key=_begun, default=None)

    def _first_row(self, text: str) -> Call | None:
        """Return the first write of a row that holds this text."""
        return next((call for call, arguments in self._rows if text in arguments), None)


def _begun(call: Call) -> int:
    return call.began


def _said(writes: Sequence[Call]) -> Iterator[tuple[Call, dict[str, Any]]]:
    """Return what the bench told the test, and when."""
    for call in writes:
        if call.descriptor == 1:
            yield call, json.loads(call.texts()[0])
