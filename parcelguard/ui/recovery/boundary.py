"""Keeps a mistake in one screen's code from ending the program or leaving a dead screen.

Qt calls our code, and what that raises ends at `sys.excepthook`. From the trace the boundary finds the
widget whose code it was and tells the window, which builds that screen anew.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid


class Boundary(QObject):
    """Listens between `start` and `stop`; whoever listened before still hears of everything."""

    failed = Signal(object)  # the innermost widget whose code raised, or None; never told in its own call

    _caught = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._before = sys.excepthook
        # Queued: the code that failed is still on the stack, and its widget must not be taken away under it.
        self._caught.connect(self.failed, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Listen."""
        if sys.excepthook != self._hook:
            self._before = sys.excepthook
            sys.excepthook = self._hook

    def stop(self) -> None:
        """Listen no more; harmless when somebody else has begun to."""
        if sys.excepthook == self._hook:
            sys.excepthook = self._before

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._before(kind, error, trace)
        if not issubclass(kind, Exception):
            return
        culprit = next(_widgets(trace), None)
        _end_painting(trace)
        self._caught.emit(culprit)


def _end_painting(trace: TracebackType | None) -> None:
    """End the painters that live on in dead frames: a widget that is still painted cannot go away."""
    for frame, _ in traceback.walk_tb(trace):
        for value in frame.f_locals.values():
            if isinstance(value, QPainter) and isValid(value) and value.isActive():
                value.end()
    traceback.clear_frames(trace)


def _widgets(trace: TracebackType | None) -> Iterator[QWidget]:
    """Yield the widgets whose code was running, the innermost first."""
    frames = [frame for frame, _ in traceback.walk_tb(trace)]
    for frame in reversed(frames):
        code = frame.f_code
        owner = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None  # self, of a method
        while isinstance(owner, QObject) and isValid(owner):
            if isinstance(owner, QWidget):
                yield owner
                break
            owner = owner.parent()
