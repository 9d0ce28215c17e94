"""The window's side of the camera: starts the camera process, watches it, and hears what it says.

Imports no OpenCV, numpy or barcode engine: pictures are bytes in shared memory, and everything
else arrives as small messages. All callbacks run on the client's one thread.

A photo request is answered by `photo_kept` or `photo_failed`. After a failure the original may
still turn up (the disk was slow): then `photo_kept` follows, because a photo on the disk is never
thrown away. So: at most one failure per request, never a failure after a photo.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

from parcelguard.camera.messages import (
    Alive,
    Assignment,
    CodeRead,
    FrameReady,
    LogLine,
    Outlined,
    PhotoFailed,
    PhotoKept,
    Quit,
    Reading,
    SetReading,
    SetView,
    ShowLabel,
    SourceLive,
    SourceLost,
    TakePhoto,
)
from parcelguard.camera.ring import Frame, Ring
from parcelguard.camera.supervisor import Child, Timeouts, Verdict
from parcelguard.core.config import CameraSettings
from parcelguard.core.events import CameraChanged, CameraState, CodesSeen
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because

log = logging.getLogger(__name__)

FIRST_VIEW = (1280, 720)
_TICK_S = 0.1
_STOP_S = 6.0


@dataclass(slots=True)
class _Pending:
    """A photo asked for and not yet answered."""

    request: TakePhoto
    until: float
    failed: bool = False


@dataclass(slots=True)
class _Requested:
    """What the window wants; told again to each new camera process."""

    view: tuple[int, int] = FIRST_VIEW
    reading: Reading = Reading.EAGER


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraListeners:
    """Who hears what comes from the camera process; all are called on the client's thread."""

    publish: Callable[[object], None]  # camera and outlines, for everybody
    frame_arrived: Callable[[], None]
    code_read: Callable[[CodeRead], None]
    photo_kept: Callable[[PhotoKept], None]
    photo_failed: Callable[[PhotoFailed], None]

    @classmethod
    def of_hub(cls, publish: Callable[[object], None], frame_arrived: Callable[[], None]) -> Self:
        """Let a hub hear everything but that a frame has come: live video is no event."""
        return cls(
            publish=publish,
            frame_arrived=frame_arrived,
            code_read=publish,
            photo_kept=publish,
            photo_failed=publish,
        )


@dataclass(slots=True)
class _Shared:
    """What the window's thread and the client's thread both touch, under one lock."""

    lock: Lock = field(default_factory=Lock)
    child: Child | None = None
    pending: dict[str, _Pending] = field(default_factory=dict)
    stopping: Event = field(default_factory=Event)


class CameraClient:
    """Live pictures, codes and durable photos, whatever the camera and its driver do."""

    def __init__(
        self,
        settings: CameraSettings,
        media: Path,
        listeners: CameraListeners,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._settings = settings
        self._media = media
        self._listeners = listeners
        self._timeouts = timeouts or Timeouts()
        self._requested = _Requested()
        self._shared = _Shared()
        self._ring: Ring | None = None
        self._thread: Thread | None = None
        self._woken, self._wake = Pipe(duplex=False)

    # ---- the window's thread ---------------------------------------------------------

    def start(self) -> None:
        """Begin; returns at once. Raises OSError when there is no shared memory to be had."""
        if self._thread is not None:
            return
        self._shared.stopping.clear()
        self._ring = Ring.create()
        self._thread = Thread(target=self._run, args=(self._ring,), name="camera client", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the camera process, by force if need be, and give everything back."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._shared.stopping.set()
        self._nudge()
        thread.join(_STOP_S)
        if thread.is_alive():
            log.error("the camera client's thread did not end")
        ring, self._ring = self._ring, None
        if ring is not None:
            ring.release_memory()

    def frame(self) -> Frame | None:
        """Give the newest picture and hold its slot until the next call; None before the first picture."""
        return self._ring.hold_newest() if self._ring is not None else None

    def set_view(self, width: int, height: int) -> None:
        """Fit coming pictures into this many device pixels."""
        if width > 0 and height > 0:
            self._requested.view = (width, height)
            self._send(SetView(width, height))

    def set_reading(self, reading: Reading) -> None:
        """Change how eagerly codes are looked for."""
        if reading is not self._requested.reading:  # asked with every change of the desk, F1 included
            self._requested.reading = reading
            self._send(SetReading(reading))

    def request_photo(self, request: TakePhoto) -> None:
        """Ask for a photo; the answer comes through a callback."""
        pending = _Pending(request, time.monotonic() + self._timeouts.photo_s)
        with self._shared.lock:
            self._shared.pending[request.photo_id] = pending
        # Noted before it is sent: the answer may come before `_send` returns.
        if not self._send(request):
            pending.until = 0.0  # due at once: there is no camera process to answer
            self._nudge()

    def show_label(self, text: str) -> None:
        """Demo source only: hold a label with this code into the picture."""
        self._send(ShowLabel(text))

    @property
    def pid(self) -> int | None:
        """The camera process's number, for `doctor` and the bench."""
        child = self._shared.child
        return child.pid if child else None

    def _send(self, command: object) -> bool:
        with self._shared.lock:
            return self._shared.child is not None and self._shared.child.send(command)

    def _nudge(self) -> None:
        self._wake.send_bytes(b"!")

    # ---- the client's own thread -----------------------------------------------------

    def _run(self, ring: Ring) -> None:
        self._publish(CameraChanged(state=CameraState.STARTING))
        pause_s = self._timeouts.shortest_pause_s
        while not self._shared.stopping.is_set():
            verdict = self._serve(ring)
            # No answer comes any more from a process that has ended, and the packer must not wait for one.
            self._fail_due(everyone=True, detail=verdict.detail)
            if self._shared.stopping.is_set():
                return
            log.warning("camera process: %s; started again in %.1f s", verdict.detail, pause_s)
            restarts = because(CameraReason.CAMERA_RESTARTS)
            self._publish(CameraChanged(state=CameraState.LOST, reason=restarts))
            self._publish(CodesSeen(()))
            # A driver that kills its process at once would otherwise be started without a pause for ever.
            if verdict.lived_s > self._timeouts.healthy_after_s:
                pause_s = self._timeouts.shortest_pause_s
            self._rest(pause_s)
            pause_s = min(pause_s * 2, self._timeouts.longest_pause_s)

    def _serve(self, ring: Ring) -> Verdict:
        """Run one camera process until it ends, is ended, or the window wants to stop."""
        # Kept here and not in the process, so that a new one begins with what the window wants now.
        view, reading = self._requested.view, self._requested.reading
        assignment = Assignment(
            settings=self._settings, media=self._media, ring=ring.name, view=view, reading=reading
        )
        try:
            child = Child(assignment, self._timeouts)
        except OSError as error:
            return Verdict.could_not_start(error)
        with self._shared.lock:
            self._shared.child = child
        if (view, reading) != (self._requested.view, self._requested.reading):  # changed while it was started
            self._send(SetView(*self._requested.view))
            self._send(SetReading(self._requested.reading))
        try:
            return self._listen(child)
        finally:
            with self._shared.lock:
                self._shared.child = None
            # It is out of sight by now: no command may go into a pipe that is being closed.
            child.end(gently=self._shared.stopping.is_set())
            # What it managed to say before it ended, kept photos above all.
            self._drain(child.connection)
            child.connection.close()

    def _listen(self, child: Child) -> Verdict:
        while not self._shared.stopping.is_set():
            # With a pipe to wake it, so that the end of the window need not wait for the next message.
            ready = wait([child.connection, self._woken], _TICK_S)
            if self._woken in ready:
                self._woken.recv_bytes()
            if child.connection in ready:
                try:
                    message = child.connection.recv()
                except (EOFError, OSError):
                    return child.died()
                if isinstance(message, Alive):
                    child.note_heartbeat(message)
                self._hear(message)
            self._fail_due()
            if (verdict := child.judge()) is not None:
                return verdict
        self._send(Quit())
        return Verdict("stopped")

    def _drain(self, connection: Connection) -> None:
        try:
            while connection.poll():
                self._hear(connection.recv())
        except (EOFError, OSError):
            return

    def _hear(self, message: object) -> None:
        """Hand one message to whom it concerns; a listener that fails is logged, the camera goes on."""
        try:
            self._dispatch(message)
        except Exception:
            log.exception("a listener failed on %s", type(message).__name__)

    def _dispatch(self, message: object) -> None:
        match message:
            case FrameReady():
                self._listeners.frame_arrived()
            case CodeRead():
                self._listeners.code_read(message)
            case Outlined(boxes):
                self._listeners.publish(CodesSeen(boxes))
            case PhotoKept(photo_id=photo_id):
                with self._shared.lock:
                    self._shared.pending.pop(photo_id, None)
                # Told even when it came too late: the file is durable, and belongs to its order.
                self._listeners.photo_kept(message)
            case PhotoFailed(photo_id=photo_id):
                # A request that took too long has failed already, and a failure is told once.
                with self._shared.lock:
                    pending = self._shared.pending.pop(photo_id, None)
                if pending is not None and not pending.failed:
                    self._listeners.photo_failed(message)
            case SourceLive(width, height, fps):
                self._listeners.publish(
                    CameraChanged(state=CameraState.LIVE, width=width, height=height, fps=fps)
                )
            case SourceLost(reason, detail):
                log.warning("camera: %s, %s", reason.kind, detail)
                self._listeners.publish(CameraChanged(state=CameraState.LOST, reason=reason))
            case LogLine(level, logger, text):
                logging.getLogger(logger).log(level, "%s", text)

    def _publish(self, event: object) -> None:
        try:
            self._listeners.publish(event)
        except Exception:
            log.exception("a listener failed on %s", type(event).__name__)

    def _fail_due(self, *, everyone: bool = False, detail: str = "no answer in time") -> None:
        """Tell the failure of requests whose time is over, or of all when their process is gone."""
        now = time.monotonic()
        with self._shared.lock:
            due = [p for p in self._shared.pending.values() if not p.failed and (everyone or p.until <= now)]
            for pending in due:
                pending.failed = True
            if everyone:  # no process is left that could still answer them
                self._shared.pending.clear()
        for pending in due:
            asked = pending.request
            failed = PhotoFailed(
                photo_id=asked.photo_id,
                proof_id=asked.proof_id,
                reason=because(CameraReason.PHOTO_NOT_TAKEN),
                detail=detail,
            )
            try:
                self._listeners.photo_failed(failed)
            except Exception:
                log.exception("a listener failed on PhotoFailed")

    def _rest(self, pause_s: float) -> None:
        """Wait before the next start; requests that come meanwhile fail at once, stop() ends it."""
        until = time.monotonic() + pause_s
        while not self._shared.stopping.is_set() and (left := until - time.monotonic()) > 0:
            if self._woken.poll(left):
                self._woken.recv_bytes()
            self._fail_due()
