"""Dates and times of day as a person reads them, in the language in use and this computer's time."""

from __future__ import annotations

from datetime import datetime

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr

# Python's own names of the months follow the system's language, not the one that was chosen.
_MONTHS = (
    msgid("Jan"),
    msgid("Feb"),
    msgid("Mar"),
    msgid("Apr"),
    msgid("May"),
    msgid("Jun"),
    msgid("Jul"),
    msgid("Aug"),
    msgid("Sep"),
    msgid("Oct"),
    msgid("Nov"),
    msgid("Dec"),
)


def moment(at: datetime) -> str:
    """Return a time of day here; with its date when it was another day."""
    local = at.astimezone()
    time = f"{local:%H:%M}"
    if local.date() == datetime.now(local.tzinfo).date():
        return time
    return tr("{day} {month} {time}", day=local.strftime("%d"), month=_month(local), time=time)


def clock(at: datetime) -> str:
    """Return a time of day here with seconds."""
    return f"{at.astimezone():%H:%M:%S}"


def day(at: datetime) -> str:
    """Return a date here."""
    local = at.astimezone()
    return tr("{day} {month} {year}", day=local.strftime("%d"), month=_month(local), year=local.year)


def _month(local: datetime) -> str:
    return tr(_MONTHS[local.month - 1])
