"""Dates and times of day as a person reads them, in the language in use and this computer's time."""

from __future__ import annotations

from datetime import date, datetime

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
    return f"{at.astimezone():%H:%M}" if _is_today(at) else dated_moment(at)


def dated_moment(at: datetime) -> str:
    """Return a time of day here with its date, whatever day it is: "23 Nov 07:05"."""
    local = at.astimezone()
    return tr("{day} {month} {clock}", day=f"{local:%d}", month=_month(local), clock=f"{local:%H:%M}")


def exact_moment(at: datetime) -> str:
    """Return a time of day here with seconds; with its date, and no seconds, when it was another day."""
    return clock(at) if _is_today(at) else moment(at)


def clock(at: datetime) -> str:
    """Return a time of day here with seconds."""
    return f"{at.astimezone():%H:%M:%S}"


def day_and_month(at: datetime) -> str:
    """Return the day of a moment, as this computer's calendar has it: "23 Nov"."""
    local = at.astimezone()
    return tr("{day} {month}", day=f"{local:%d}", month=_month(local))


def calendar_day(day: date) -> str:
    """Return a day here as people name it: today and yesterday, else its date with the year."""
    days_ago = (datetime.now().astimezone().date() - day).days
    if days_ago == 0:
        return tr("Today")
    if days_ago == 1:
        return tr("Yesterday")
    return tr("{day} {month} {year}", day=f"{day:%d}", month=_month(day), year=day.year)


def _month(day: date) -> str:
    return tr(_MONTHS[day.month - 1])


def _is_today(at: datetime) -> bool:
    return at.astimezone().date() == datetime.now().astimezone().date()
