"""The camera process: what runs in the child, and how it ends.

Nothing heavy is imported at the top: the window's process imports this module to name `run`
to the spawned child, and must not load OpenCV for that.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from parcelguard.camera.messages import (
    Alive,
    Assignment,
    LogLine,
    Quit,
    SetReading,
    SetView,
    ShowLabel,
    TakePhoto,
)
from parcelguard.core.config import CameraSettings

if TYPE_CHECKING:
    from parcelguard.camera.workers import CameraWorkers

HEARTBEAT_S = 0.5


class ProcessPipe:
    """The child's end of the pipe. Any thread may tell; when the window is gone, telling does nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def send_message(self, message: object) -> None:
        """Send one message to the window's process."""
        try:
            # Several threads tell; two messages mixed into each other would end the pipe.
            with self._lock:
                self._connection.send(message)
        except OSError:
            # Nobody is left to hear it; the main thread finds the end of the pipe by itself.
            return

    def next_command(self, timeout_s: float) -> object | None:
        """Wait for the next command; None when none came. Raises EOFError when the window is gone."""
        try:
            return self._connection.recv() if self._connection.poll(timeout_s) else None
        except OSError as error:
            raise EOFError from error


class LogToWindow(logging.Handler):
    """Carries log records to the window's process, where the log files are."""

    def __init__(self, pipe: ProcessPipe) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(message)s"))  # the window adds level and name
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        """Send the finished text: a record itself may hold what cannot be pickled."""
        self._pipe.send_message(LogLine(record.levelno, record.name, self.format(record)))


def run(connection: Connection, assignment: Assignment) -> None:
    """Work until told to quit, or until the window's process is gone. Ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the window decides
    pipe = ProcessPipe(connection)
    logging.basicConfig(level=logging.INFO, handlers=[LogToWindow(pipe)])
    _calm_opencv(assignment.settings)
    try:
        # Before the heavy imports: starting and importing get the time of a first heartbeat each.
        pipe.send_message(Alive(0.0))
        from parcelguard.camera.workers import CameraWorkers

        workers = CameraWorkers(assignment, pipe.send_message)
        _obey(pipe, workers)
        workers.stop_workers()
    except EOFError:
        logging.getLogger(__name__).info("the window's process is gone")
    except Exception:
        logging.getLogger(__name__).exception("the camera process failed")
    finally:
        # A thread may hang in a driver for good, and interpreter shutdown would wait or crash on it.
        os._exit(0)


def _obey(pipe: ProcessPipe, workers: CameraWorkers) -> None:
    """Hand commands on and send heartbeats. Returns at Quit or when the window is gone."""
    beat = 0.0
    while True:
        now = time.monotonic()
        if now >= beat:
            pipe.send_message(Alive(workers.stuck_s()))
            beat = now + HEARTBEAT_S
        try:
            command = pipe.next_command(beat - now)
        except EOFError:
            return
        match command:
            case TakePhoto():
                workers.keep_photo(command)
            case SetView(width, height):
                workers.set_view(width, height)
            case SetReading(reading):
                workers.set_reading(reading)
            case ShowLabel(text, seconds):
                workers.show_label(text, seconds)
            case Quit():
                return


def _calm_opencv(settings: CameraSettings) -> None:
    """Set what OpenCV reads from the environment once, at import."""
    os.environ["OPENCV_LOG_LEVEL"] = "SILENT"  # its messages name addresses, and these hold passwords
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = "3"  # seconds; ten by default
    os.environ["OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS"] = "0"  # they cost ten seconds at opening
    if settings.source.startswith("rtsp"):
        # UDP loses packets on office Wi-Fi, and each loss is a smeared picture.
        os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
