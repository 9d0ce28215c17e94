"""What is wrong with this station right now, apart from any one order: one list, told when it changes."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from threading import Lock

from msgspec import Struct


class Severity(IntEnum):
    """How much an alert asks for; the screens take the colour from it."""

    NOTE = 1
    WARN = 2
    STOP = 3  # packing cannot go on


class Alert(Struct, frozen=True):
    """One lasting trouble. `kind` names it for the program, so that a newer word replaces an older one."""

    kind: str
    severity: Severity
    headline: str
    advice: str = ""


class AlertsChanged(Struct, frozen=True):
    """All alerts that hold now, the worst first."""

    alerts: tuple[Alert, ...]


class Alerts:
    """Raised and withdrawn from any thread; told only when something changed."""

    def __init__(self, publish: Callable[[object], None]) -> None:
        self._publish = publish
        self._lock = Lock()
        self._alerts: dict[str, Alert] = {}

    def show(self, alert: Alert) -> None:
        """Tell of a trouble, or of what has changed about it."""
        with self._lock:
            if self._alerts.get(alert.kind) == alert:
                return
            self._alerts[alert.kind] = alert
            self._tell()

    def withdraw(self, kind: str) -> None:
        """Take back a trouble that is over; harmless when it was never told."""
        with self._lock:
            if self._alerts.pop(kind, None):
                self._tell()

    def _tell(self) -> None:
        ranked = sorted(self._alerts.values(), key=lambda alert: -alert.severity)
        self._publish(AlertsChanged(tuple(ranked)))
