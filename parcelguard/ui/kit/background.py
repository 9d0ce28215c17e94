"""Reads off the window's thread; answers come back to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.runtime.threads import Worker

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class NoAnswer(ParcelGuardError):
    """A bug behind a question; whoever asked still hears that nothing came of it."""

    kind = StorageReason.NO_ANSWER


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
            self._answered.emit(partial(failed, error))
        except Exception as error:
            log.exception("%s: a question failed", self._name)
            self._answered.emit(partial(failed, NoAnswer(repr(error))))
        else:
            self._answered.emit(partial(then, answer))

    def _deliver(self, answer: Callable[[], None]) -> None:
        if not self._closed:
            answer()
