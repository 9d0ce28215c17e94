"""Reads off the window's thread; answers come back to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from parcelguard.errors import ParcelGuardError
from parcelguard.threads import Worker

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Background(QObject):
    """One thread that works off questions in order. Each answer is given on the window's thread."""

    _answered = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Worker | None = None
        self._name = name
        self._closed = False
        self._answered.connect(self._deliver)

    def ask(
        self,
        question: Callable[[], Answer],
        then: Callable[[Answer], None],
        failed: Callable[[ParcelGuardError], None],
    ) -> None:
        """Run `question` on the thread; `then` or `failed` gets what came of it."""
        if self._closed:
            return
        if self._worker is None:
            self._worker = Worker(self._name)
        self._worker.post(self._run, question, then, failed)

    def shut_down(self) -> None:
        """Drop what is still asked and end the thread."""
        self._closed = True
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def _run(
        self,
        question: Callable[[], Answer],
        then: Callable[[Answer], None],
        failed: Callable[[ParcelGuardError], None],
    ) -> None:
        if self._closed:
            return
        try:
            answer = question()
        except ParcelGuardError as error:
            log.warning("%s: %s", self._name, error)
            told = error
            self._answered.emit(lambda: failed(told))
        else:
            self._answered.emit(lambda: then(answer))

    def _deliver(self, answer: Callable[[], None]) -> None:
        if not self._closed:
            answer()
