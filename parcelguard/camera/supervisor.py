"""One camera process as its parent sees it: started, listened to, judged, ended."""

from __future__ import annotations

import logging
import multiprocessing
import time
from dataclasses import dataclass
from typing import Self

from parcelguard.camera.messages import Alive, Assignment
from parcelguard.camera.process import run

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait before acting, in seconds."""

    heartbeat_s: float = 3.0
    first_heartbeat_s: float = 20.0  # a cold disk and a virus scanner make the first start slow
    stuck_s: float = 5.0
    photo_s: float = 5.0
    shortest_pause_s: float = 0.5
    longest_pause_s: float = 5.0
    healthy_after_s: float = 10.0  # a process that lived this long starts the pauses afresh
    quit_s: float = 3.0  # a last photo may still be on its way to a slow disk
    terminate_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a camera process has to be started again, in words for the log."""

    detail: str
    lived_s: float = 0.0

    @classmethod
    def could_not_start(cls, error: OSError) -> Self:
        """Return the verdict on a process that the system refused to start."""
        return cls(f"could not be started: {error}")


class Child:
    """A running camera process and the pipe to it. Raises OSError when it cannot be started."""

    def __init__(self, assignment: Assignment, timeouts: Timeouts) -> None:
        # Spawned on every system: a fork would copy locks that other threads hold just then.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._timeouts = timeouts
        self._process = context.Process(
            target=run, args=(theirs, assignment), name="parcelguard camera", daemon=True
        )
        try:
            self._process.start()
        except OSError:
            self.connection.close()
            raise
        finally:
            theirs.close()  # only the child holds it now, so its end is heard as the end of the pipe
        self._started = self._heard_at = time.monotonic()
        self._heartbeats = 0
        self._stuck_s = 0.0

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return self._process.pid

    def send(self, command: object) -> bool:
        """Send a command; False when the process cannot hear any more. One caller at a time."""
        try:
            self.connection.send(command)
        except OSError:
            return False
        return True

    def note_heartbeat(self, alive: Alive) -> None:
        """Note a heartbeat."""
        self._heard_at = time.monotonic()
        self._stuck_s = alive.stuck_s
        self._heartbeats += 1

    def judge(self) -> Verdict | None:
        """Return why this process must be replaced, or None while all is well."""
        silent_s = time.monotonic() - self._heard_at
        # The first word comes before the heavy imports, so only the second proves a process at work.
        allowed_s = self._timeouts.heartbeat_s if self._heartbeats > 1 else self._timeouts.first_heartbeat_s
        if silent_s > allowed_s:
            return self._verdict(f"silent for {silent_s:.1f} s")
        # Heartbeats come from another thread than the driver's calls, so they go on while the driver hangs.
        if self._stuck_s > self._timeouts.stuck_s:
            return self._verdict(f"the driver has not answered for {self._stuck_s:.1f} s")
        return None

    def died(self) -> Verdict:
        """Return the verdict on a process that ended by itself."""
        self._process.join(self._timeouts.terminate_s)
        return self._verdict(f"ended with exit code {self._process.exitcode}")

    def end(self, *, gently: bool) -> None:
        """Make sure the process is gone: wait when asked to quit, then terminate, then kill."""
        # Only one that was asked to quit ends by itself; one that is being replaced may hang.
        if gently:
            self._process.join(self._timeouts.quit_s)
        if self._process.exitcode is None:
            self._process.terminate()
            self._process.join(self._timeouts.terminate_s)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self._process.close()

    def _verdict(self, detail: str) -> Verdict:
        return Verdict(detail, lived_s=time.monotonic() - self._started)
