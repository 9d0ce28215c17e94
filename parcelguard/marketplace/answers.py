"""Reading answers that may be odd: a null or a text where an object is due must not stop a shop.

And answers that are none: a log-in page or a gateway that speaks in the marketplace's place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from parcelguard.core.errors import NoNetwork, NotSent, OutcomeUnknown
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import ReasonKind, because


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

    def __init__(self, detail: str, *, title: str) -> None:
        super().__init__(detail, because(MarketplaceReason.ANSWER_MADE_NO_SENSE, marketplace=title))


# A doubt about a message is settled by looking in the chat; one about a reading by asking again.
_WHERE_NOTHING_IS_SHOWN: Mapping[ReasonKind, MarketplaceReason] = {
    MarketplaceReason.BUSY: MarketplaceReason.BUSY_READING,
    MarketplaceReason.UNEXPECTED_ANSWER: MarketplaceReason.UNEXPECTED_READING,
}


def not_confirmed(detail: str, *, title: str) -> OutcomeUnknown:
    """Return the doubt about a success that brings nothing back."""
    return OutcomeUnknown(detail, because(MarketplaceReason.NOT_CONFIRMED, marketplace=title))


def not_answered(error: OutcomeUnknown) -> NotSent:
    """Return what an unclear answer means where nothing visible was asked for."""
    if isinstance(error, Imposter):
        return NoNetwork(str(error), error.reason)
    kind = _WHERE_NOTHING_IS_SHOWN.get(error.reason.kind)
    return NotSent(str(error), because(kind, **dict(error.reason.values)) if kind else None)
