"""What is wrong in a settings file, line by line."""

from __future__ import annotations

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.message_id import msgid
from parcelguard.core.settings_mistakes import Mistake, WrongSettings
from parcelguard.runtime.translation import tr

_AT = msgid("{place}: {mistake}")
_AT_FOUND = msgid("{place} = {found}: {mistake}")


def mistake_lines(error: ParcelGuardError) -> list[str]:
    """Return a line for each mistake in the settings; none where the error is about something else."""
    return [_line(each) for each in error.mistakes] if isinstance(error, WrongSettings) else []


def _line(mistake: Mistake) -> str:
    words = tr(mistake.message, **dict(mistake.values))
    if mistake.found:
        return tr(_AT_FOUND, place=mistake.place, found=mistake.found, mistake=words)
    return tr(_AT, place=mistake.place, mistake=words)
