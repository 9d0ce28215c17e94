"""One run of the live picture: `python -m parcelguard.commands.bench.picture floor|resting|reading HOME`.

Prints a line of JSON: CPU in percent of one core over all processes, frames shown a second, and
the 99th percentile of the event loop's lateness in milliseconds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import psutil
from PySide6.QtCore import QObject, QRect, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from parcelguard.camera.newest_picture import Image

SETTLE_S = 3.0
MEASURE_S = 10.0
LATENESS_TICK_MS = 5
VIEW = (826, 464)  # what the Pack screen gives a 16:9 picture at 1366×768
FPS = 30


class Meter(QObject):
    """Measures from SETTLE_S on for MEASURE_S, then reports and ends the program."""

    def __init__(self, frames: Callable[[], int], end: Callable[[], object]) -> None:
        super().__init__()
        self._frames = frames
        self._end = end
        self._late: list[float] = []
        self._last = 0.0
        QTimer.singleShot(int(SETTLE_S * 1000), self, self._begin)

    def _begin(self) -> None:
        self._begun, self._seen, self._used = perf_counter(), self._frames(), _cpu_s()
        self._ticks = QTimer(self, interval=LATENESS_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._ticks.timeout.connect(self._tick)
        self._ticks.start()
        QTimer.singleShot(int(MEASURE_S * 1000), self, self._report)

    def _tick(self) -> None:
        now = perf_counter()
        if self._last:
            self._late.append(max(0.0, now - self._last - LATENESS_TICK_MS / 1000))
        self._last = now

    def _report(self) -> None:
        took = perf_counter() - self._begun
        late = sorted(self._late)
        result = {
            "cpu": (_cpu_s() - self._used) / took * 100,
            "fps": (self._frames() - self._seen) / took,
            "late_p99_ms": late[int(len(late) * 0.99)] * 1000,
        }
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
        self._end()


class BarePicture(QWidget):
    """Decode, one linear resize, and a paint without scaling."""

    def __init__(self, pictures: list[Image]) -> None:
        super().__init__()
        import cv2

        self._cv2 = cv2
        self._pictures = pictures
        self._image = QImage()
        self._next = 0
        self.painted = 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.resize(1366, 768)
        self._clock = QTimer(self, interval=1000 // FPS, timerType=Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._advance)
        self._clock.start()

    def _advance(self) -> None:
        cv2 = self._cv2
        encoded = self._pictures[self._next % len(self._pictures)]
        self._next += 1
        frame = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
        assert frame is not None
        small = cv2.resize(frame, VIEW, interpolation=cv2.INTER_LINEAR)
        self._pixels = small  # QImage only borrows it
        self._image = QImage(small.data, *VIEW, small.strides[0], QImage.Format.Format_BGR888)
        self.update(QRect(0, 0, *VIEW))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Copy the picture to the screen."""
        if not self._image.isNull():
            QPainter(self).drawImage(0, 0, self._image)
            self.painted += 1


def _cpu_s() -> float:
    """Return the CPU seconds of this process and all its living children."""
    here = psutil.Process()
    times = [each.cpu_times() for each in (here, *here.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def _floor() -> None:
    from parcelguard.camera.sources.demo import DemoBench
    from parcelguard.core.config import CameraSettings

    application = QApplication([])
    picture = BarePicture(DemoBench(CameraSettings(source="demo")).loop())
    picture.show()
    meter = Meter(lambda: picture.painted, application.quit)
    application.exec()
    del meter


def _ours(home: str, *, reading: bool) -> None:
    from parcelguard.app import App, open_app
    from parcelguard.core.config import CameraSettings, Settings, folders_of

    settings = Settings(camera=CameraSettings(source="demo", read_codes=reading))
    meters = []

    def add(app: App) -> None:
        preview = app.window.pack_screen.preview
        app.ready.connect(lambda: meters.append(Meter(lambda: preview.frames_painted, app.window.close)))

    open_app(settings, folders_of(Path(home), settings), also=add)


if __name__ == "__main__":
    if sys.argv[1] == "floor":
        _floor()
    else:
        _ours(sys.argv[2], reading=sys.argv[1] == "reading")
