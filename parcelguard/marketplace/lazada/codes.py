"""What Lazada's codes mean: whether the call took effect, and what a person reads.

Source: the Lazada Open Platform's pages and what live shops answered. Nearly all refusals come with
HTTP 200, so the code decides. The codes for a blocked buyer, a used-up quota or a forbidden word
are not published: what is not listed counts as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Refused,
    ShopWaits,
    TooFast,
)
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.marketplace.meaning import LONGEST_CODE, ClockRefused, Meaning

TITLE = marketplace("lazada").title
RATE_LIMIT = "ApiCallLimit"
SERVER_TROUBLE = "SystemError"
NO_PERMISSION = "InsufficientPermission"
APP_REST_S = 60.0  # after the whole app was too fast
CAMPAIGN_REST_S = 3600.0
_CAUTION = 1.2  # a ban is waited out with something to spare
_BAN = re.compile(r"ban will last (\d{1,5}) second", re.IGNORECASE)


_CONSENT = Meaning(ShopWaits, MarketplaceReason.CONSENT_AGAIN)
_APP = Meaning(ShopWaits, MarketplaceReason.APP_KEYS_REFUSED)
_PARAMETER = Meaning(Refused, MarketplaceReason.CALL_NOT_UNDERSTOOD)
_NOT_FOUND = Meaning(Refused, MarketplaceReason.ORDER_UNKNOWN)
_PICTURE = Meaning(Refused, MarketplaceReason.PICTURE_REFUSED)
_CLOCK = Meaning(ClockRefused, MarketplaceReason.CLOCK_REFUSED)
_SLOWER = Meaning(TooFast, MarketplaceReason.SLOWER)
_BUSY = Meaning(OutcomeUnknown, MarketplaceReason.BUSY)
# The same refusals of the seller's other app: they are mended in another place.
_OF_CHAT_APP: Mapping[MarketplaceReason, MarketplaceReason] = {
    MarketplaceReason.CONSENT_AGAIN: MarketplaceReason.CHAT_CONSENT_AGAIN,
    MarketplaceReason.APP_KEYS_REFUSED: MarketplaceReason.CHAT_APP_KEYS_REFUSED,
    MarketplaceReason.NO_ORDER_ACCESS: MarketplaceReason.NO_CHAT_ACCESS,
}

MEANINGS: Mapping[str, Meaning] = {
    **dict.fromkeys(
        (
            "IllegalAccessToken",
            "InvalidAccessToken",
            "InvalidToken",
            "MissingAccessToken",
            "AccessTokenExpired",
            "IllegalRefreshToken",
        ),
        _CONSENT,
    ),
    "AUTH_TYPE_UNSUPPORTED": Meaning(ShopWaits, MarketplaceReason.SUBSCRIPTION_ENDED),
    "InvalidCode": Meaning(Held, MarketplaceReason.CODE_REFUSED, values={"minutes": 30}),
    **dict.fromkeys(("IncompleteSignature", "InvalidAppKey"), _APP),
    **dict.fromkeys(("MissingParameter", "InvalidApi", "InvalidApiPath"), _PARAMETER),
    NO_PERMISSION: Meaning(ShopWaits, MarketplaceReason.NO_ORDER_ACCESS),
    "AppWhiteIpLimit": Meaning(ShopWaits, MarketplaceReason.OFFICE_REFUSED),
    "SellerNotVerified": Meaning(ShopWaits, MarketplaceReason.SHOP_NOT_VERIFIED),
    **dict.fromkeys((RATE_LIMIT, "SellerCallLimit"), _SLOWER),
    "AppCallLimit": Meaning(TooFast, MarketplaceReason.SLOWER, APP_REST_S),
    "901": Meaning(TooFast, MarketplaceReason.SLOWER, 1.0),
    "998": Meaning(NotSent, MarketplaceReason.OFF_DURING_SALE, CAMPAIGN_REST_S),
    **dict.fromkeys(
        ("6", "15", "1000", "40011", "SystemBusy", SERVER_TROUBLE, "ServiceTimeout", "ServiceUnavailable"),
        _BUSY,
    ),
    # Said to be refusals for pace; nobody has seen that they come before anything is done.
    **dict.fromkeys(("IopSystemFlowlimit", "ServiceCurrentlimit"), _BUSY),
    "16": _NOT_FOUND,
    **dict.fromkeys(
        ("37", "38", "39", "56"), _NOT_FOUND
    ),  # of a list of orders; each is then asked for alone
    **dict.fromkeys(("14", "17", "19", "36", "74", "75"), _PARAMETER),
    "300": Meaning(NotSent, MarketplaceReason.PICTURE_NOT_TAKEN_NOW),
    **dict.fromkeys(("30", "302", "303"), _PICTURE),
    "-22": Meaning(Refused, MarketplaceReason.ORDER_TOO_OLD),
}
_TOKEN = frozenset(
    code for code, meaning in MEANINGS.items() if meaning.reason is MarketplaceReason.CONSENT_AGAIN
) - {"IllegalRefreshToken"}
_ENDS_CONSENT = frozenset({"IllegalRefreshToken", "AUTH_TYPE_UNSUPPORTED"})
_WRONG_KEYS = frozenset({MarketplaceReason.APP_KEYS_REFUSED, MarketplaceReason.CHAT_APP_KEYS_REFUSED})


class Unlisted(OutcomeUnknown):
    """A code whose meaning nobody has told us."""

    def __init__(self, detail: str, *, code: str, request_id: str) -> None:
        shown = code[:LONGEST_CODE]
        super().__init__(detail, because(MarketplaceReason.UNEXPECTED_ANSWER, marketplace=TITLE, code=shown))
        self.code = code
        self.request_id = request_id


def failure(
    code: str,
    message: str,
    request_id: str,
    status: int,
    retry_after_s: float | None = None,
    *,
    of_chat_app: bool = False,
) -> DeliveryError:
    """Return the error that a coded refusal stands for. What is not listed counts as unknown.

    `of_chat_app`: which of the seller's two apps called.
    """
    detail = f"{code} (HTTP {status}, request {request_id})"
    meaning = _meaning(code, message, status)
    if meaning is None:
        return Unlisted(detail, code=code, request_id=request_id)
    if of_chat_app:
        meaning = replace(meaning, reason=_OF_CHAT_APP.get(meaning.reason, meaning.reason))
    wait_s = _wait_s(meaning, message, retry_after_s)
    return meaning.error(detail, marketplace=TITLE, code=code, request_id=request_id, retry_after_s=wait_s)


def consent_ended(error: NotAllowed) -> bool:
    """Whether a refused refresh stays refused until the seller agrees again."""
    return error.code in _ENDS_CONSENT


def not_found(error: NotAllowed) -> bool:
    """Whether Lazada says that there is no such order in this shop."""
    return error.reason.kind is MarketplaceReason.ORDER_UNKNOWN


def wrong_keys(error: NotAllowed) -> bool:
    """Whether Lazada does not accept the app's key or secret: no consent helps."""
    return error.reason.kind in _WRONG_KEYS


def token_refused(code: str) -> bool:
    """Whether a call was refused because its access token is bad: refresh once, repeat once."""
    return code in _TOKEN


def _meaning(code: str, message: str, status: int) -> Meaning | None:
    if status == 429:
        return _SLOWER
    if code == "IllegalTimestamp":
        return _CLOCK
    return MEANINGS.get(code) or (_BUSY if "rpc timeout" in message.lower() else None)


def _wait_s(meaning: Meaning, message: str, told_s: float | None) -> float | None:
    """Return how long to wait: as the answer's words, its header, or the code itself tell."""
    if ban := _BAN.search(message):
        return max(int(ban[1]) * _CAUTION, meaning.wait_s or 0)
    return told_s if told_s is not None else meaning.wait_s
