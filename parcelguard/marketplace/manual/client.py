"""Shops without an interface: nothing is called, a person writes to the buyer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import SettingsError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.marketplace.ports import Access, AccessState, Seller
from parcelguard.vault.vault import Vault


def manual_client(shop: ShopSettings, vault: Vault, now: Callable[[], datetime]) -> ManualClient:  # noqa: ARG001
    """Return what stands in for a connection."""
    return ManualClient()


class ManualClient:
    """A shop that can only be reached by hand."""

    def close_connections(self) -> None:
        """Do nothing: there is no connection."""

    def consent_address(self, grant: str, redirect: str, state: str) -> str:  # noqa: ARG002
        """Refuse: there is nobody to ask."""
        raise _nothing_to_allow()

    def accept_consent(self, grant: str, redirected_to: str, state: str) -> Seller:  # noqa: ARG002
        """Refuse: there is nobody to ask."""
        raise _nothing_to_allow()

    def probe_access(self) -> Access:
        """Say that buyers are written to by hand."""
        return Access(AccessState.BY_HAND)


def _nothing_to_allow() -> SettingsError:
    return SettingsError("by hand", because(ShopReason.NO_CONSENT_NEEDED))
