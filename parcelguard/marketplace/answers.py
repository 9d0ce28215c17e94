"""Reading answers that may be odd: a null or a text where an object is due must not stop a shop.

And answers that are none: a log-in page or a gateway that speaks in the marketplace's place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from parcelguard.core.errors import NoNetwork, NotSent, OutcomeUnknown


def entry(value: object) -> Mapping[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; whatever else stands in it is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def moment(seconds: object) -> datetime | None:
    """Return the moment that Unix seconds tell, or None when they tell none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if seconds else None  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError, OSError):
        return None


class Imposter(OutcomeUnknown):
    """A log-in page or a proxy spoke, not the marketplace; `title` is the marketplace's name."""

    advice = "Check the network: a log-in page or proxy may stand in between."

    def __init__(self, detail: str, *, title: str) -> None:
        super().__init__(detail, headline=f"Something answers in place of {title}.")


def not_confirmed(detail: str, *, title: str) -> OutcomeUnknown:
    """Return the doubt about a success that brings nothing back."""
    return OutcomeUnknown(detail, headline=f"{title} did not confirm.")


def not_answered(error: OutcomeUnknown) -> NotSent:
    """Return what an unclear answer means where nothing visible was asked for."""
    if isinstance(error, Imposter):
        return NoNetwork(str(error), headline=error.headline, advice=error.advice)
    return NotSent(str(error), headline=error.headline, advice="It is tried again by itself.")
