"""Reading the address that a seller's browser was sent back to, the same way at every marketplace."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from parcelguard.core.errors import SettingsError
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because


def returned(redirected_to: str, state: str, title: str) -> Mapping[str, str]:
    """Return the values in the address, a code among them.

    Raises SettingsError when it is of another attempt, or when the seller did not allow it.
    """
    try:
        values = dict(parse_qsl(urlsplit(redirected_to.strip()).query))
    except ValueError as error:  # broken brackets, or more values than anyone sends
        raise _no_code("not an address", title) from error
    if values.get("state") != state:
        raise SettingsError("state differs", because(MarketplaceReason.ATTEMPT_DIFFERS))
    if values.get("code", "null") == "null":  # so TikTok writes a refusal
        raise _no_code("no code in the address", title)
    return values


def other_shop(detail: str, shop: str) -> SettingsError:
    """Return what to raise when the seller allowed it for another shop than this one."""
    return SettingsError(detail, because(MarketplaceReason.CONSENT_FOR_OTHER_SHOP, shop=shop))


def _no_code(detail: str, title: str) -> SettingsError:
    return SettingsError(detail, because(MarketplaceReason.NO_CODE, marketplace=title))
