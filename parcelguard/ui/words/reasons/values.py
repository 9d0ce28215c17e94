"""How the values of a reason are shown.

`{minutes:span}`, `{since:clock}`, `{until:moment}`, `{until:day}`, `{free:room}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from parcelguard.core.reasons.reason import Value
from parcelguard.runtime.translation import tr, trn
from parcelguard.ui.words.times import day_and_month, moment


def span_words(span: timedelta) -> str:
    """Return a length of time as a person says it: in minutes, hours (from two on) or days (from two on)."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return trn("{count} minute", "{count} minutes", minutes)
    hours = round(minutes / 60)
    if hours < 48:
        return trn("{count} hour", "{count} hours", hours)
    return trn("{count} day", "{count} days", round(hours / 24))


def room_words(size: int) -> str:
    """Return room on a disk, with one place after the point while it is little."""
    gigabytes = size / 1e9
    return tr("{number} GB", number=f"{gigabytes:.0f}" if gigabytes >= 10 else f"{gigabytes:.1f}")


_FORMS: Mapping[str, Callable[[Value], str]] = {
    "span": lambda minutes: span_words(timedelta(minutes=float(minutes))),
    "clock": lambda iso: f"{datetime.fromisoformat(str(iso)).astimezone():%H:%M}",
    "moment": lambda iso: moment(datetime.fromisoformat(str(iso))),
    "day": lambda iso: day_and_month(datetime.fromisoformat(str(iso))),
    "room": lambda size: room_words(int(size)),
}


class SpokenValue:
    """A value that is put into words by the form that a sentence asks for; without one as it stands.

    Moments are kept as ISO texts with their zone and shown in this computer's time, so that a reason can
    be stored and is right where it is read.
    """

    def __init__(self, value: Value) -> None:
        self._value = value

    def __format__(self, form: str) -> str:
        say = _FORMS.get(form)
        return say(self._value) if say else format(self._value, form)
