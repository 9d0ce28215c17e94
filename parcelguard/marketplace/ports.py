"""What the program asks of every marketplace's connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from parcelguard.core.reasons.reason import Reason


class AccessState(StrEnum):
    """Whether buyers of a shop can be written to now."""

    AUTHORISED = "authorised"
    CONSENT_AGAIN = "consent again"
    NO_CHAT = "no chat permission"
    NOT_CONNECTED = "not connected"
    UNREACHABLE = "unreachable"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Access:
    """What a probe found. `until`: when the seller's consent ends, where the marketplace tells.

    `reason` says what is missing; None when all is well. `orders`: whether orders can be read, which may be
    so without any chat.
    """

    state: AccessState
    until: datetime | None = None
    orders: bool = True
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Seller:
    """Whom a consent was given for, by the marketplace's own word."""

    shop_id: int
    name: str = ""
    region: str = ""


class Client(Protocol):
    """One shop's signed calls, as far as all marketplaces have them.

    They raise DeliveryError, or SettingsError for what the person gave.
    """

    def close_connections(self) -> None:
        """Close every connection."""

    def consent_address(self, grant: str, redirect: str, state: str) -> str:
        """Return the page where the seller allows this app."""

    def accept_consent(self, grant: str, redirected_to: str, state: str) -> Seller:
        """Exchange what the seller was sent back with for tokens, and keep them.

        Raises SettingsError when the address is of another attempt, of another shop, or a refusal.
        """

    def probe_access(self) -> Access:
        """Ask the marketplace, with one cheap call for each grant, what this shop may do."""


AnyClient = TypeVar("AnyClient", bound=Client)


@contextmanager
def closing_connections(client: AnyClient) -> Iterator[AnyClient]:
    """Lend a client for a few calls, and close its connections after them."""
    try:
        yield client
    finally:
        client.close_connections()
