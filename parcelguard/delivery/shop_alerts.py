"""What one shop's courier tells the whole station: out of reach, not allowed to send, slowed down."""

from __future__ import annotations

from datetime import datetime, timedelta

from parcelguard.core.alerts import Alert, AlertKey, Alerts, AlertTopic, Severity
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.core.shops import Shop

TOLD_AFTER = timedelta(minutes=2)  # shorter absences are told with each order only
CLOCK_MINUTES = 2
CLOCK = AlertKey(AlertTopic.CLOCK_OFF)  # of no shop: all of them measure the same clock


class ShopAlerts:
    """Begins with the first failure of a kind and is over with the next answer."""

    def __init__(self, shop: Shop, alerts: Alerts) -> None:
        self._shop = shop
        self._alerts = alerts
        self._since: datetime | None = None
        self.why: Reason | None = None  # why nothing can be sent now
        self._clock_told = False

    def unreachable(self, why: Reason, now: datetime) -> None:
        """Take in that the marketplace cannot be reached now."""
        self.why = why
        self._since = self._since or now
        if now - self._since >= TOLD_AFTER:
            since = self._since.isoformat()
            reason = because(SendingReason.SHOP_UNREACHABLE, shop=self._shop.label, since=since)
            self._raise(AlertTopic.SHOP_AWAY, Severity.WARN, reason)

    def may_not_send(self, why: Reason, now: datetime) -> None:
        """Take in that the shop may send nothing now."""
        self.why = why
        self._since = self._since or now
        self._raise(AlertTopic.SHOP_HELD, Severity.WARN, why, self._shop.name)

    def over(self) -> None:
        """Take in that the marketplace answers again."""
        if self.why is not None:
            self._since, self.why = None, None
            self._alerts.withdraw(self._key(AlertTopic.SHOP_HELD))
            self._alerts.withdraw(self._key(AlertTopic.SHOP_AWAY))

    def leave(self) -> None:
        """Take back all that was told."""
        self.over()
        self.paced(slowed=False)
        self.clock_off(timedelta(0))

    def paced(self, *, slowed: bool) -> None:
        """Take in whether the marketplace wants fewer messages a minute."""
        if slowed:
            reason = because(SendingReason.SHOP_SLOWED, shop=self._shop.label)
            self._raise(AlertTopic.SHOP_SLOWED, Severity.NOTE, reason)
        else:
            self._alerts.withdraw(self._key(AlertTopic.SHOP_SLOWED))

    def clock_off(self, offset: timedelta) -> None:
        """Take in by how much this computer's clock differs from the marketplace's."""
        minutes = round(abs(offset).total_seconds() / 60)
        if minutes < CLOCK_MINUTES:
            if self._clock_told:  # another shop's courier may not have measured it yet
                self._alerts.withdraw(CLOCK)
            self._clock_told = False
            return
        self._clock_told = True
        kind = StorageReason.CLOCK_SLOW if offset > timedelta(0) else StorageReason.CLOCK_FAST
        self._alerts.raise_alert(Alert(CLOCK, Severity.NOTE, because(kind, minutes=minutes)))

    def _raise(self, topic: AlertTopic, severity: Severity, reason: Reason, shop: str = "") -> None:
        self._alerts.raise_alert(Alert(self._key(topic), severity, reason, shop))

    def _key(self, topic: AlertTopic) -> AlertKey:
        return AlertKey(topic, self._shop.id)
