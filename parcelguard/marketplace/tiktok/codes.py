"""What TikTok Shop's codes mean: whether the call took effect, and what a person reads.

Source: the Partner Center's pages and what live shops answered. The HTTP status says little, so the
code decides; one of them, 36009004, says everything in its message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NotAllowed,
    OutcomeUnknown,
    Refused,
    ShopWaits,
    TooFast,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.marketplace.meaning import ClockRefused, Meaning, unexpected

CHAT = "/customer_service/"
RATE_LIMIT = "36009002"
SERVER_TROUBLE = "36009003"
READ_THE_MESSAGE = "36009004"
NOT_GRANTED = "shop_not_granted"  # found here: the consent names other shops
LONGEST_REST = timedelta(hours=1)  # when a quota comes back is not known for sure, so it is tried hourly


class TokenRefused(ShopWaits):
    """The access token has ended or was taken back; only a renewed one can tell which."""


class KeysRefused(ShopWaits):
    """The app's key, or the secret that signs, is not the one of the console."""


class CipherRefused(ShopWaits):
    """The shop's opaque name does not belong to this token: it may have changed with a consent."""


_CONSENT = Meaning(TokenRefused, MarketplaceReason.CONSENT_AGAIN)
_APP = Meaning(KeysRefused, MarketplaceReason.APP_KEYS_REFUSED)
_CLOCK = Meaning(ClockRefused, MarketplaceReason.CLOCK_REFUSED)
_NO_CHAT = Meaning(ShopWaits, MarketplaceReason.NO_CHAT_SCOPE)
_NO_ACCESS = Meaning(ShopWaits, MarketplaceReason.NO_ORDER_SCOPE)
_PARAMETER = Meaning(Refused, MarketplaceReason.CALL_NOT_UNDERSTOOD)
_NOT_FOUND = Meaning(Refused, MarketplaceReason.ORDER_UNKNOWN)
_PICTURE = Meaning(Refused, MarketplaceReason.PICTURE_REFUSED)
_SLOWER = Meaning(TooFast, MarketplaceReason.SLOWER)
_NO_CONVERSATION = Meaning(Refused, MarketplaceReason.CHAT_REFUSED)
_NOT_ALLOWED = Meaning(
    Refused, MarketplaceReason.BUYER_CLOSED_TO_SHOP, values={"order_days": 60, "chat_days": 30}
)
_NOT_ACTIVE = Meaning(ShopWaits, MarketplaceReason.SHOP_NOT_ACTIVE)
_BUSY = Meaning(OutcomeUnknown, MarketplaceReason.BUSY)

MEANINGS: Mapping[str, Meaning] = {
    **dict.fromkeys((SERVER_TROUBLE, "36009007", "45101001", "10037002", "10037003", "10037004"), _BUSY),
    RATE_LIMIT: _SLOWER,
    "36009037": Meaning(TooFast, MarketplaceReason.HOURLY_CALLS_USED_UP),
    "45101004": Meaning(TooFast, MarketplaceReason.CHAT_CALLS_USED_UP),
    "105002": _CONSENT,
    "36004001": Meaning(ShopWaits, MarketplaceReason.CONSENT_AGAIN),
    "36004004": Meaning(Held, MarketplaceReason.CODE_REFUSED, values={"minutes": 30}),
    "101000": Meaning(CipherRefused, MarketplaceReason.CONSENT_NOT_FOR_SHOP),
    "106001": _APP,
    "36009033": Meaning(ShopWaits, MarketplaceReason.OFFICE_REFUSED),
    **dict.fromkeys(("36009043", "36009044"), _NOT_ACTIVE),
    **dict.fromkeys(("105005", "105004", "66009315", "10006402"), _NO_ACCESS),
    **dict.fromkeys(
        ("36009009", "36009010", "36009014", "36009022", "106013", "45101002", "45111001"), _PARAMETER
    ),
    **dict.fromkeys(("40006", "10002014", "10002015", "21008111"), _NOT_FOUND),
    **dict.fromkeys(("36009021", "36009023", "45101008"), _PICTURE),
    **dict.fromkeys(("45101003", "45102007"), _NO_CONVERSATION),
    "45101006": Meaning(Refused, MarketplaceReason.TEXT_SENSITIVE),
    **dict.fromkeys(("45109001", "45109003"), _NOT_ALLOWED),
}
# What 36009004 stands for; the first of these that its message holds decides.
_BY_MESSAGE: Sequence[tuple[str, Meaning]] = (
    ("required signature", _PARAMETER),
    ("x-tts-access-token", _CONSENT),
    ("access_token", _CONSENT),
    ("timestamp", _CLOCK),
    ("app_key", _APP),
    ("shop_cipher", _PARAMETER),
    ("shop_id", _PARAMETER),
    ("version", _PARAMETER),
)
_NO_SCOPE = frozenset({MarketplaceReason.NO_ORDER_SCOPE, MarketplaceReason.NO_CHAT_SCOPE})
_MOVED = frozenset({"36009009", "36009014"})


def failure(
    code: str,
    message: str,
    request_id: str,
    status: int,
    retry_after_s: float | None = None,
    *,
    title: str,
    path: str,
    now: datetime,
) -> DeliveryError:
    """Return the error that a coded refusal of a call to `path` stands for.

    What is not listed counts as unknown. `title`: the channel's name, which is another one in
    Indonesia. `now`: the marketplace's time, by which quotas come back.
    """
    detail = f"{code} (HTTP {status}, request {request_id})"
    meaning = _meaning(code, message, path)
    if status == 429 and not issubclass(meaning.verdict, TooFast):
        meaning = _SLOWER
    wait_s = _until_reset_s(code, now) if retry_after_s is None else retry_after_s
    return meaning.error(detail, marketplace=title, code=code, request_id=request_id, retry_after_s=wait_s)


def consent_ended(error: NotAllowed) -> bool:
    """Whether a refused refresh stays refused until the seller agrees again."""
    return error.code == "36004001"


def wants_consent(error: NotAllowed) -> bool:
    """Whether only the seller's consent, given again, changes this refusal."""
    return isinstance(error, (TokenRefused, CipherRefused)) or error.code in ("36004001", NOT_GRANTED)


def wrong_keys(error: NotAllowed) -> bool:
    """Whether the app's key or secret is not accepted: no consent helps."""
    return isinstance(error, KeysRefused)


def not_found(error: NotAllowed) -> bool:
    """Whether there is no such order or package in this shop, as far as the marketplace tells at all."""
    return error.reason.kind is MarketplaceReason.ORDER_UNKNOWN


def no_conversation(error: NotAllowed) -> bool:
    """Whether the conversation has to be opened again."""
    return error.reason.kind is MarketplaceReason.CHAT_REFUSED


def no_access(error: NotAllowed) -> bool:
    """Whether the app or the consent lacks the scope for this."""
    return error.reason.kind in _NO_SCOPE


def moved(error: NotAllowed) -> bool:
    """Whether this version of a call is not served any more."""
    return error.code in _MOVED


def _meaning(code: str, message: str, path: str) -> Meaning:
    if code == READ_THE_MESSAGE:
        told = message.lower()
        return next((meaning for words, meaning in _BY_MESSAGE if words in told), unexpected(code))
    meaning = MEANINGS.get(code) or unexpected(code)
    return _NO_CHAT if meaning == _NO_ACCESS and path.startswith(CHAT) else meaning


def _until_reset_s(code: str, now: datetime) -> float | None:
    """Return how long a used-up quota keeps the shop waiting, tried again hourly at the latest."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    reset = {
        "45101004": midnight + timedelta(days=1),
        "36009037": now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1),
    }.get(code)
    return min(reset - now, LONGEST_REST).total_seconds() if reset else None
