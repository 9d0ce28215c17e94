"""What a marketplace's answer means; `marketplace` is among the values wherever the words name it."""

from __future__ import annotations

from enum import StrEnum


class MarketplaceReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    REFUSED = "refused_by_marketplace"
