"""What keeps a shop from being connected, and what its owner has to mend."""

from __future__ import annotations

from enum import StrEnum


class ShopReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    WRONG_SETTINGS = "wrong_settings"
