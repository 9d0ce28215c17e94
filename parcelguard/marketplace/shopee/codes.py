"""What Shopee's error codes mean: whether the call took effect, and what a person reads.

Source: Shopee Open Platform v2, common error codes and the seller chat announcements. Codes may
carry a module prefix ("order.", "common."); the whole code is matched first, then its last
segment. Spellings such as `exceed_send_limitaion` are Shopee's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NotAllowed,
    OutcomeUnknown,
    Refused,
    ShopWaits,
    TooFast,
)
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.marketplace.meaning import ClockRefused, Meaning, unexpected

_ROW = marketplace("shopee")
TITLE = _ROW.title
NO_PERMISSION_STATUS = 491

_CONSENT = Meaning(ShopWaits, MarketplaceReason.CONSENT_AGAIN)
_NO_CHAT = Meaning(ShopWaits, MarketplaceReason.NO_CHAT_ACCESS)
_APP = Meaning(ShopWaits, MarketplaceReason.PARTNER_KEYS_REFUSED)
_SHOP = Meaning(ShopWaits, MarketplaceReason.SHOP_CLOSED)
_WORDING = Meaning(Refused, MarketplaceReason.TEXT_REFUSED)
_PARAMETER = Meaning(Refused, MarketplaceReason.CALL_NOT_UNDERSTOOD)
_NOT_FOUND = Meaning(Refused, MarketplaceReason.ORDER_UNKNOWN)
_CODE = Meaning(Held, MarketplaceReason.CODE_REFUSED, values={"minutes": 10})
_REPEATED = Meaning(Refused, MarketplaceReason.MESSAGE_REPEATED, values={"hours": 24})
_SLOWER = Meaning(TooFast, MarketplaceReason.SLOWER)
_CLOCK = Meaning(ClockRefused, MarketplaceReason.CLOCK_REFUSED)
_BUSY = Meaning(OutcomeUnknown, MarketplaceReason.BUSY)

MEANINGS: Mapping[str, Meaning] = {
    "user_is_forbidden": Meaning(
        Held, MarketplaceReason.BUYER_CLOSED_FOR_NOW, values={"order_days": 30, "chat_days": 7}
    ),
    "reach_5_message_limit": Meaning(Held, MarketplaceReason.TOO_MANY_UNANSWERED, values={"limit": 5}),
    "first_chat_without_order_info": Meaning(Held, MarketplaceReason.ORDER_TO_BE_NAMED),
    "error_business": Meaning(Refused, MarketplaceReason.MESSAGE_REFUSED),
    "message_too_long": Meaning(
        Refused, MarketplaceReason.TEXT_TOO_LONG, values={"longest": _ROW.longest_text}
    ),
    "message_is_censored": _WORDING,
    "exceed_send_limitaion": _SLOWER,
    "error_rate_limit": _SLOWER,
    "error_too_frequent": _SLOWER,
    "error_limit": Meaning(ShopWaits, MarketplaceReason.DAILY_CALLS_USED_UP),
    "block_by_internal_safety_strategies": Meaning(Held, MarketplaceReason.SAFETY_RULES),
    "error_blocked": Meaning(Held, MarketplaceReason.BUYER_BLOCKED_SHOP),
    "error_sender_block_receiver": Meaning(Held, MarketplaceReason.SHOP_BLOCKED_BUYER),
    "assigned_to_subaccount": Meaning(Held, MarketplaceReason.CHAT_OF_SUBACCOUNT),
    "shop_bound_subaccount": Meaning(Held, MarketplaceReason.CHATS_OF_SUBACCOUNT),
    "param_error": _PARAMETER,
    "error_param": _PARAMETER,
    "error_not_found": _NOT_FOUND,
    "invalid_error": _NOT_FOUND,
    "package_not_exist": _NOT_FOUND,
    "package_number_not_exist": _NOT_FOUND,
    "invalid_code": _CODE,
    "invalid_shop_id": _CODE,
    "invalid_main_acount_id": _CODE,
    "error_sign": _APP,
    "invalid_partner_id": _APP,
    "error_partner_key_expired": _APP,
    "partner_frozen": _APP,
    "error_auth": _CONSENT,
    "invalid_acceess_token": _CONSENT,
    "invalid_access_token": _CONSENT,
    "partner_shop_no_link": _CONSENT,
    "shop_no_linked": _CONSENT,
    "shop_access_expired": _CONSENT,
    "refresh_token_expired": _CONSENT,
    "error_shop_refresh_token": _CONSENT,
    "error_merchant_refresh_token": _CONSENT,
    "merchant_access_expired": _CONSENT,
    "merchant_no_linked": _CONSENT,
    "shop_banned": _SHOP,
    "error_permission": _NO_CHAT,
    "error_api_permission": _NO_CHAT,
    "error_api_call_restricted": _NO_CHAT,
    "api_suspended": _NO_CHAT,
    "error_forbidden": _NO_CHAT,
    "error_kyc_auth": _NO_CHAT,
    "error_ashop_api_permission": _NO_CHAT,
    "source_ip_undeclared": Meaning(ShopWaits, MarketplaceReason.OFFICE_REFUSED),
    "error_server": _BUSY,
    "error_network": _BUSY,
    "error_data": _BUSY,
    "system_busy": _BUSY,
}
_ENDS_CONSENT = {
    "error_auth",
    "refresh_token_expired",
    "error_shop_refresh_token",
    "error_merchant_refresh_token",
    "merchant_access_expired",
    "merchant_no_linked",
    "shop_access_expired",
    "shop_no_linked",
    "partner_shop_no_link",
}
_SERVER_TROUBLE = ("inner", "internal", "timeout", "busy")
_NOT_CONNECTABLE = frozenset({MarketplaceReason.PARTNER_KEYS_REFUSED, MarketplaceReason.SHOP_CLOSED})


def consent_ended(error: NotAllowed) -> bool:
    """Whether a refused refresh stays refused until the seller agrees again."""
    return _last(error.code) in _ENDS_CONSENT


def wants_consent(error: NotAllowed) -> bool:
    """Whether only the seller's consent, given again, changes this refusal."""
    return error.reason.kind is MarketplaceReason.CONSENT_AGAIN


def not_connectable(error: NotAllowed) -> bool:
    """Whether the app's keys are wrong, or the shop is closed: no consent helps."""
    return error.reason.kind in _NOT_CONNECTABLE


def no_permission(error: NotAllowed) -> bool:
    """Whether Shopee gives this app no right to the call."""
    return error.reason.kind is MarketplaceReason.NO_CHAT_ACCESS


def wrong_parameter(error: NotAllowed) -> bool:
    """Whether Shopee did not understand something in the message."""
    return error.reason.kind is MarketplaceReason.CALL_NOT_UNDERSTOOD


def wants_order_card(error: NotAllowed) -> bool:
    """Whether a first contact has to begin with an order card."""
    return error.reason.kind is MarketplaceReason.ORDER_TO_BE_NAMED


def not_found(error: NotAllowed) -> bool:
    """Whether Shopee says that there is no such order or package."""
    return error.reason.kind is MarketplaceReason.ORDER_UNKNOWN


def failure(
    code: str, message: str, request_id: str, status: int, retry_after_s: float | None = None
) -> DeliveryError:
    """Return the error that a coded refusal stands for. What is not listed counts as unknown."""
    detail = f"{code} (HTTP {status}, request {request_id})"
    if status == NO_PERMISSION_STATUS or (code.endswith("error_auth") and "permission" in message.lower()):
        code = "error_permission"
    return _meaning(code, message.lower(), status).error(
        detail, marketplace=TITLE, code=code, request_id=request_id, retry_after_s=retry_after_s
    )


def token_refused(code: str, message: str) -> bool:
    """Whether a call was refused because its access token is bad: refresh once, repeat once."""
    last = _last(code)
    if last in ("invalid_acceess_token", "invalid_access_token"):
        return True
    return last == "error_auth" and "access_token" in message.lower().replace(" ", "_")


def _last(code: str) -> str:
    return code.rsplit(".", 1)[-1]


def _meaning(code: str, message: str, status: int) -> Meaning:
    """Return what a code means; two of them mean something else with some messages."""
    last = _last(code)
    if status == 429:
        return _SLOWER
    if code.endswith("error_param") and "timestamp" in message:
        return _CLOCK
    if code.endswith("error_business") and "same" in message:
        return _REPEATED
    known = MEANINGS.get(code) or MEANINGS.get(last)
    if known:
        return known
    if last.startswith("user_"):
        return _SHOP
    if any(word in last for word in _SERVER_TROUBLE):
        return _BUSY
    return unexpected(code)
