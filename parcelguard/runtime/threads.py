"""A thread that works off what it is handed, one thing after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

log = logging.getLogger(__name__)


class Worker:
    """One named thread and its inbox. What is posted runs in order; a failure is logged, not fatal."""

    def __init__(self, name: str) -> None:
        self._inbox: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def post(self, task: Callable[..., object], *arguments: object) -> None:
        """Run `task(*arguments)` on the worker's thread, soon."""
        self._inbox.put(lambda: task(*arguments))

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Finish what was posted and end; False means a task is stuck."""
        self._inbox.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (task := self._inbox.get()) is not None:
            try:
                task()
            except Exception:
                # One bad task must not end the thread: what is posted later would wait for ever.
                log.exception("%s: a task failed", self._thread.name)
