"""Why a part or a proof stands where it stands, where the program itself says so."""

from __future__ import annotations

from enum import StrEnum


class SendingReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    AS_TOLD = "as_told"  # an earlier version kept a sentence and nothing else
    MISTAKE = "mistake"  # a bug, or nothing that has a kind of its own
    # of the whole shop
    SHOP_UNREACHABLE = "shop_unreachable"
    SHOP_SLOWED = "shop_slowed"
