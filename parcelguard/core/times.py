"""The present moment, and when buyers are asleep. Times are always timezone-aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When buyers of a market are asleep: messages that are late already do not go out by themselves.

    `offset`: the market's time against UTC; none of the markets keeps summer time.
    """

    offset: timedelta
    start: time = time(21)
    end: time = time(8)

    def until(self, moment: datetime) -> datetime | None:
        """Return when the quiet ends that `moment` falls into, in UTC; None when it falls into none."""
        local = (moment + self.offset).replace(tzinfo=None)
        clock = local.time()
        overnight = self.start > self.end
        quiet = (clock >= self.start or clock < self.end) if overnight else self.start <= clock < self.end
        if not quiet:
            return None
        end = datetime.combine(local.date(), self.end)
        if end <= local:
            end += timedelta(days=1)
        return end.replace(tzinfo=UTC) - self.offset


_HOURS_EAST = {"MY": 8, "SG": 8, "ID": 7, "TH": 7, "VN": 7, "PH": 8, "TW": 8, "BR": -3}


def quiet_hours(region: str, told: str = "21:00-08:00") -> QuietHours | None:
    """Return the quiet hours of a market, "off" for none; None too where the market's time is not known."""
    hours = _HOURS_EAST.get(region)
    if hours is None or told == "off":
        return None
    start, end = (time.fromisoformat(each) for each in told.split("-"))
    return QuietHours(timedelta(hours=hours), start, end)
