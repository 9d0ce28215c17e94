"""What Chatwoot's refusals mean. It has no codes of its own: the HTTP status is the code."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.errors import DeliveryError, OutcomeUnknown, Refused, ShopWaits, TooFast
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.marketplace.meaning import Meaning

TITLE = "Chatwoot"
MEANINGS: Mapping[int, Meaning] = {
    400: Meaning(Refused, MarketplaceReason.CALL_NOT_UNDERSTOOD),
    401: Meaning(ShopWaits, MarketplaceReason.ACCESS_TOKEN_REFUSED),
    403: Meaning(ShopWaits, MarketplaceReason.NO_INBOX_ACCESS),
    404: Meaning(Refused, MarketplaceReason.CONVERSATION_UNKNOWN),
    413: Meaning(Refused, MarketplaceReason.PICTURE_TOO_LARGE),
    422: Meaning(Refused, MarketplaceReason.MESSAGE_NOT_TAKEN),
    429: Meaning(TooFast, MarketplaceReason.SLOWER),
}
_BUSY = Meaning(OutcomeUnknown, MarketplaceReason.BUSY)


def failure(status: int, retry_after_s: float | None = None) -> DeliveryError:
    """Return the error that a refusal stands for. What is not listed counts as unknown."""
    meaning = MEANINGS.get(status, _BUSY)
    return meaning.error(f"HTTP {status}", marketplace=TITLE, code=str(status), retry_after_s=retry_after_s)
