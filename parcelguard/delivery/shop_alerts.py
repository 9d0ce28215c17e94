"""What one shop's courier tells the whole station: out of reach, not allowed to send, slowed down."""

from __future__ import annotations

from datetime import datetime, timedelta

from parcelguard.core.alerts import Alert, Alerts, Severity
from parcelguard.core.errors import DeliveryError, ShopHeld
from parcelguard.core.shops import Shop

PATIENCE = timedelta(minutes=2)  # shorter absences are told with each order only


class ShopAlerts:
    """Begins with the first failure of a kind and is over with the next answer."""

    def __init__(self, shop: Shop, alerts: Alerts) -> None:
        self._shop = shop
        self._alerts = alerts
        self._since: datetime | None = None
        self.error: DeliveryError | None = None
        self._clock_told = False

    def met(self, error: DeliveryError, now: datetime) -> None:
        """Take in that nothing can be sent now."""
        self._since = self._since or now
        self.error = error
        if isinstance(error, ShopHeld):
            self._show("held", Severity.WARN, f"{self._shop.name}: {error.headline}", error.advice)
        elif now - self._since >= PATIENCE:
            since = f"{self._since.astimezone():%H:%M}"
            headline = f"{self._shop.label} cannot be reached since {since}."
            self._show("away", Severity.WARN, headline, "Keep packing: what waits goes out by itself.")

    def over(self) -> None:
        """Take in that the marketplace answers again."""
        if self.error is not None:
            self._since, self.error = None, None
            self._alerts.withdraw(self._kind("held"))
            self._alerts.withdraw(self._kind("away"))

    def leave(self) -> None:
        """Take back all that was told."""
        self.over()
        self.paced(slowed=False)
        self.clock_off(timedelta(0))

    def paced(self, *, slowed: bool) -> None:
        """Take in whether the marketplace wants fewer messages a minute."""
        if slowed:
            self._show("slowed", Severity.NOTE, f"{self._shop.label} asks to send more slowly.", "")
        else:
            self._alerts.withdraw(self._kind("slowed"))

    def clock_off(self, offset: timedelta) -> None:
        """Take in by how much this computer's clock differs from the marketplace's."""
        minutes = round(abs(offset).total_seconds() / 60)
        if minutes < CLOCK_MINUTES:
            if self._clock_told:  # another shop's courier may not have measured it yet
                self._alerts.withdraw("clock")
            self._clock_told = False
            return
        self._clock_told = True
        how = "slow" if offset > timedelta(0) else "fast"
        headline = f"This computer’s clock is {minutes} minutes {how}; it is corrected for sending."
        self._alerts.show(Alert("clock", Severity.NOTE, headline, "Please set it."))

    def _show(self, kind: str, severity: Severity, headline: str, advice: str) -> None:
        self._alerts.show(Alert(self._kind(kind), severity, headline, advice))

    def _kind(self, kind: str) -> str:
        return f"{kind} {self._shop.id}"


CLOCK_MINUTES = 2
