"""Brings the station's alerts and the window's own to the strip under the top bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout

from parcelguard.core.alerts import Alert, AlertsChanged, Severity
from parcelguard.core.events import Cue, Sounded
from parcelguard.ui.kit.theme import Theme

if TYPE_CHECKING:
    from parcelguard.ui.shell.alert_strip import AlertStrip

NOTED_MS = 15_000


class AlertFeed(QObject):
    """Builds the strip with the first alert; a new stop is heard once."""

    def __init__(
        self, theme: Theme, publish: Callable[[object], None], rows: QVBoxLayout, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._publish = publish
        self._rows = rows
        self._of_station: tuple[Alert, ...] = ()
        self._of_window: tuple[Alert, ...] = ()
        self.strip: AlertStrip | None = None
        self._over = QTimer(self, singleShot=True, interval=NOTED_MS)
        self._over.timeout.connect(self._forget)

    def show_alerts(self, event: AlertsChanged) -> None:
        """Take in what is wrong with the station now."""
        stopped = {alert.key for alert in self._of_station if alert.severity is Severity.STOP}
        self._of_station = event.alerts
        if any(alert.severity is Severity.STOP and alert.key not in stopped for alert in event.alerts):
            self._publish(Sounded(Cue.STOP))
        self._show()

    def note(self, alert: Alert) -> None:
        """Say something of the window itself for some seconds."""
        self._of_window = (alert,)
        self._over.start()
        self._publish(Sounded(Cue.LOOK))
        self._show()

    def _forget(self) -> None:
        self._of_window = ()
        self._show()

    def _show(self) -> None:
        alerts = tuple(sorted((*self._of_station, *self._of_window), key=lambda alert: -alert.severity))
        if self.strip is None and alerts:
            from parcelguard.ui.shell.alert_strip import AlertStrip

            self.strip = AlertStrip(self._theme)
            self._rows.insertWidget(1, self.strip)
        if self.strip is not None:
            self.strip.show_alerts(alerts)
