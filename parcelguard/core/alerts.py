"""What is wrong with this station right now, apart from any one order: one list, told when it changes."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, StrEnum
from threading import Lock

from msgspec import Struct

from parcelguard.core.reasons.reason import Reason


class Severity(IntEnum):
    """How much an alert asks for; the screens take the colour from it."""

    NOTE = 1
    WARN = 2
    STOP = 3  # packing cannot go on


class AlertTopic(StrEnum):
    """What an alert is about; there is at most one for each topic and shop."""

    SHOP_HELD = "shop_held"
    SHOP_AWAY = "shop_away"
    SHOP_SLOWED = "shop_slowed"
    CLOCK_OFF = "clock_off"
    CLOCK_SET = "clock_set"
    ASLEEP = "asleep"
    KEYS = "keys"
    RECORDS = "records"
    MEDIA_FOLDER = "media_folder"
    DISK_SPACE = "disk_space"
    NOTES = "notes"
    BACKUP = "backup"
    WINDOW = "window"


class AlertKey(Struct, frozen=True):
    """Names an alert for the program; `shop_id` where it is about one shop only."""

    topic: AlertTopic
    shop_id: str = ""


class Alert(Struct, frozen=True):
    """One lasting trouble. A newer one with the same key takes its place.

    `shop` is the shop's name where the reason itself does not say which shop it is.
    """

    key: AlertKey
    severity: Severity
    reason: Reason
    shop: str = ""


class AlertsChanged(Struct, frozen=True):
    """All alerts that hold now, the worst first."""

    alerts: tuple[Alert, ...]


class Alerts:
    """Raised and withdrawn from any thread; told only when something changed."""

    def __init__(self, publish: Callable[[object], None]) -> None:
        self._publish = publish
        self._lock = Lock()
        self._alerts: dict[AlertKey, Alert] = {}

    def raise_alert(self, alert: Alert) -> None:
        """Tell of a trouble, or of what has changed about it."""
        with self._lock:
            if self._alerts.get(alert.key) == alert:
                return
            self._alerts[alert.key] = alert
            self._publish_all()

    def withdraw(self, key: AlertKey) -> None:
        """Take back a trouble that is over; harmless when it was never told."""
        with self._lock:
            if self._alerts.pop(key, None):
                self._publish_all()

    def _publish_all(self) -> None:
        # Under the lock: two threads that raise at once must not publish their lists in the wrong order.
        ranked = sorted(self._alerts.values(), key=lambda alert: -alert.severity)
        self._publish(AlertsChanged(tuple(ranked)))
