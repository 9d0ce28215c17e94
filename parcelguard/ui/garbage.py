"""Garbage collection on the window's thread, and there only.

Python collects cycles on whichever thread happens to allocate. If one holds a Qt object, that is
destroyed on a courier's or the desk's thread, and Qt does not survive it. So automatic collection
is off while a window lives, and a timer does it here instead.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 1000
YOUNG = 2000  # new objects before a quick look is worth it
QUICK_LOOKS = 10  # of these before a thorough one


class GarbageTimer(QObject):
    """Collects now and then until `stop`. What exists at its start is taken to stay."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        # Modules and the window stay anyway: looking through them each time would take 50 ms.
        gc.freeze()
        self._looks = 0
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def stop(self) -> None:
        """Hand collecting back to Python, after a last thorough look."""
        self._timer.stop()
        gc.unfreeze()
        gc.collect()
        gc.enable()

    def _collect(self) -> None:
        # A bench that rests makes nothing new, and a look would only steal time from the next key.
        if gc.get_count()[0] < YOUNG:
            return
        self._looks += 1
        gc.collect(2 if self._looks % QUICK_LOOKS == 0 else 0)
