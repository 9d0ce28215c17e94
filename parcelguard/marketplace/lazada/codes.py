"""What Lazada's codes mean: whether the call took effect, and what a person reads.

Source: the Lazada Open Platform's pages and what live shops answered. Nearly all refusals come with
HTTP 200, so the code decides. The codes for a blocked buyer, a used-up quota or a forbidden word
are not published: what is not listed counts as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

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

RATE_LIMIT = "ApiCallLimit"
SERVER_TROUBLE = "SystemError"
NO_PERMISSION = "InsufficientPermission"
APP_REST_S = 60.0  # after the whole app was too fast
CAMPAIGN_REST_S = 3600.0
_CAUTION = 1.2  # a ban is waited out with something to spare
_BAN = re.compile(r"ban will last (\d{1,5}) second", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One code's verdict and words; `{app}` stands for which of the seller's two apps called."""

    kind: type[DeliveryError]
    headline: str
    advice: str
    wait_s: float | None = None


_CONSENT = Meaning(
    ShopWaits, "Lazada wants the seller's consent to {app} again.", "Connect it again; the photos are safe."
)
_APP = Meaning(
    ShopWaits, "Lazada does not accept the keys of the app for {app}.", "Check its app key and app secret."
)
_PARAMETER = Meaning(
    Refused, "Lazada did not understand the call.", "Show the log to whoever looks after this program."
)
_NOT_FOUND = Meaning(Refused, "Lazada does not know this order in this shop.", "Check the order number.")
_PICTURE = Meaning(Refused, "Lazada does not take this picture.", "Take the photo again, then send.")
_SLOWER = Meaning(TooFast, "Lazada asks to send more slowly.", "It goes out by itself.")
_BUSY = Meaning(OutcomeUnknown, "Lazada had trouble and did not confirm.", "ParcelGuard looks in the chat.")

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
    "AUTH_TYPE_UNSUPPORTED": Meaning(
        ShopWaits,
        "The subscription to this app has to be renewed at Lazada.",
        "Renew it in the service marketplace, then connect again.",
    ),
    "InvalidCode": Meaning(
        Held, "Lazada does not accept this code.", "It works once, for 30 minutes. Connect the shop again."
    ),
    **dict.fromkeys(("IncompleteSignature", "InvalidAppKey"), _APP),
    **dict.fromkeys(("MissingParameter", "InvalidApi", "InvalidApiPath"), _PARAMETER),
    NO_PERMISSION: Meaning(
        ShopWaits,
        "Lazada gives the app for {app} no permission for this.",
        "Apply for it in Lazada's console, or send by hand.",
    ),
    "AppWhiteIpLimit": Meaning(
        ShopWaits,
        "Lazada refuses this office's internet address.",
        "Empty the IP whitelist of the app for {app} in the console.",
    ),
    "SellerNotVerified": Meaning(
        ShopWaits,
        "Lazada has not fully opened this shop yet.",
        "Finish its verification in the seller centre.",
    ),
    **dict.fromkeys((RATE_LIMIT, "SellerCallLimit"), _SLOWER),
    "AppCallLimit": Meaning(TooFast, _SLOWER.headline, _SLOWER.advice, APP_REST_S),
    "901": Meaning(TooFast, _SLOWER.headline, _SLOWER.advice, 1.0),
    "998": Meaning(
        NotSent,
        "Lazada has switched this off during a sale.",
        "It is saved, and tried again every hour.",
        CAMPAIGN_REST_S,
    ),
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
    "300": Meaning(NotSent, "Lazada could not take the picture.", "It is tried again by itself."),
    **dict.fromkeys(("30", "302", "303"), _PICTURE),
    "-22": Meaning(
        Refused,
        "Lazada does not let you write about this order any more.",
        "It is too old for a new chat. Send by hand if the buyer's chat is still open.",
    ),
}
_TOKEN = frozenset(code for code, meaning in MEANINGS.items() if meaning is _CONSENT) - {
    "IllegalRefreshToken"
}
_ENDS_CONSENT = frozenset({"IllegalRefreshToken", "AUTH_TYPE_UNSUPPORTED"})


class Unlisted(OutcomeUnknown):
    """A code whose meaning nobody has told us."""

    advice = "ParcelGuard looks in the chat."

    def __init__(self, detail: str, *, code: str, request_id: str) -> None:
        super().__init__(detail, headline=f"Lazada gave an unexpected answer ({code[:40]}).")
        self.code = code
        self.request_id = request_id


class ClockRefused(NotSent):
    """Lazada refused the time in the signature; the next one uses the time Lazada told."""

    headline = "This computer's clock is wrong; it is corrected for sending."
    advice = "Please set the clock."


def failure(
    code: str,
    message: str,
    request_id: str,
    status: int,
    retry_after_s: float | None = None,
    *,
    app: str = "",
) -> DeliveryError:
    """Return the error that a coded refusal stands for. What is not listed counts as unknown.

    `app`: what the calling app is for, in words.
    """
    detail = f"{code} (HTTP {status}, request {request_id})"
    if status == 429:
        return TooFast(detail, retry_after_s=retry_after_s)
    if code == "IllegalTimestamp":
        return ClockRefused(detail)
    meaning = MEANINGS.get(code) or (_BUSY if "rpc timeout" in message.lower() else None)
    if meaning is None:
        return Unlisted(detail, code=code, request_id=request_id)
    words = {"headline": meaning.headline.format(app=app), "advice": meaning.advice.format(app=app)}
    if issubclass(meaning.kind, NotAllowed):
        return meaning.kind(detail, code=code, request_id=request_id, **words)
    if issubclass(meaning.kind, NotSent):
        return meaning.kind(detail, retry_after_s=_wait_s(meaning, message, retry_after_s), **words)
    return meaning.kind(detail, **words)


def consent_ended(error: NotAllowed) -> bool:
    """Whether a refused refresh stays refused until the seller agrees again."""
    return error.code in _ENDS_CONSENT


def not_found(error: NotAllowed) -> bool:
    """Whether Lazada says that there is no such order in this shop."""
    return MEANINGS.get(error.code) is _NOT_FOUND


def wrong_keys(error: NotAllowed) -> bool:
    """Whether Lazada does not accept the app's key or secret: no consent helps."""
    return MEANINGS.get(error.code) is _APP


def token_refused(code: str) -> bool:
    """Whether a call was refused because its access token is bad: refresh once, repeat once."""
    return code in _TOKEN


def _wait_s(meaning: Meaning, message: str, told_s: float | None) -> float | None:
    """Return how long to wait: as the answer's words, its header, or the code itself tell."""
    if ban := _BAN.search(message):
        return max(int(ban[1]) * _CAUTION, meaning.wait_s or 0)
    return told_s if told_s is not None else meaning.wait_s
