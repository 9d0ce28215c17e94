"""Power cuts without a switch: a disk that is a file, and copies of it that hold only what was flushed.

The file system is mounted through a loop device, so what a program wrote and did not flush waits in
the memory of the mounted file system and is not in the file. A copy of the file is the disk as a
power cut would have left it; mounting the copy replays its journal as the next start would.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.support.fakes import wait_for

CHILD = Path(__file__).with_name("small_disk.py")
SIZE_MB = 64
_TOOLS = ("mkfs.ext4", "mount", "umount", "losetup")
_WHERE = "/usr/sbin:/sbin:/usr/bin:/bin"


def missing_for_disks() -> str:
    """Return why no disk can be mounted here; nothing when it can."""
    missing = [tool for tool in _TOOLS if not shutil.which(tool, path=_WHERE)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "only root mounts disks"
    return "" if Path("/dev/loop-control").exists() else "no loop devices"


class Disk:
    """An ext4 file system in a file, mounted on a folder."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image = image
        self._folder = folder

    @classmethod
    def new(cls, image: Path, folder: Path) -> Disk:
        """Make an empty one, complete: nothing is left for the system to write later on its own."""
        with image.open("wb") as file:
            file.truncate(SIZE_MB * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        return cls(image, folder)

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """Mount it. Unmounting flushes everything, so take the copy for a power cut before."""
        self._folder.mkdir(exist_ok=True)
        _run("mount", "-o", "loop", str(self.image), str(self._folder))
        try:
            yield self._folder
        finally:
            _run("umount", str(self._folder))

    def as_cut_now(self, image: Path) -> Disk:
        """Return a copy as a power cut now would leave it: read until two readings are the same."""
        earlier, now = b"", self.image.read_bytes()
        while now != earlier:  # the journal's thread was writing
            earlier, now = now, self.image.read_bytes()
        image.write_bytes(now)
        return Disk(image, self._folder)


@contextmanager
def memory_disk(folder: Path, size_mb: int) -> Iterator[Path]:
    """Mount a small disk that really fills up."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", str(folder))


class Victim:
    """A bench that packs; what it acknowledges is noted outside its own disk."""

    def __init__(self, home: Path, heard: Path, *options: str, under: Sequence[str] = ()) -> None:
        self._heard = heard
        with heard.open("wb") as file:
            self._process = subprocess.Popen(
                [*under, sys.executable, str(CHILD), str(home), "--pack", *options],
                stdin=subprocess.PIPE,
                stdout=file,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self._process.kill()
        self._process.wait(10)
        assert self._process.stdin
        self._process.stdin.close()

    def said(self) -> list[dict[str, Any]]:
        """Return every line that was said completely."""
        lines = self._heard.read_bytes().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith(b"\n")]

    def wait_for(self, event: str) -> None:
        """Wait until something is said."""

        def heard() -> bool:
            assert self._process.poll() is None, "the bench ended by itself"
            return event in [each["event"] for each in self.said()]

        wait_for(heard, timeout_s=30)

    def freeze(self) -> None:
        """Stop it with all its threads; a flush that has begun comes to its end first."""
        assert self._process.poll() is None, "the bench ended by itself"
        self._process.send_signal(signal.SIGSTOP)
        wait_for(lambda: self._states() == {"T"})

    def end(self) -> None:
        """Let it end in good order."""
        self._process.communicate(b"stop\n", timeout=30)
        assert self._process.returncode == 0

    def _states(self) -> set[str]:
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks}


def _run(tool: str, *arguments: str) -> None:
    program = shutil.which(tool, path=_WHERE)
    assert program
    subprocess.run([program, *arguments], check=True, capture_output=True)
