"""A bench in a process of its own that does one thing when asked to, and answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

CHILD = Path(__file__).with_name("patient_child.py")


class Asked:
    """One run of the bench; everything that it says is added to `said`."""

    def __init__(self, home: Path, said: list[dict[str, Any]], *options: str) -> None:
        self.said = said
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD), str(home), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        assert self._hear("ready"), "the bench did not start"
        self.threads: dict[str, int] = self.said[-1]["threads"]
        return self

    def __exit__(self, *failure: object) -> None:
        if any(failure):
            self._process.kill()
        self._process.communicate(timeout=30)

    def do(self, line: str) -> bool:
        """Ask for something; False when it could not be done, or the bench died over it."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()
        return self._hear("done") and bool(self.said[-1]["worked"])

    def _hear(self, event: str) -> bool:
        """Listen until something is said; False when the bench died first."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.said.append(json.loads(line))
            if self.said[-1]["event"] == event:
                return True
        return False
