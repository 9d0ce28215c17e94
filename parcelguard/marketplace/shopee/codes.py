"""What Shopee's error codes mean: whether the call took effect, and what a person reads.

Source: Shopee Open Platform v2, common error codes and the seller chat announcements. Codes may
carry a module prefix ("order.", "common."); the whole code is matched first, then its last
segment. Spellings such as `exceed_send_limitaion` are Shopee's own.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Meaning:
    """One code's verdict and words."""

    kind: type[DeliveryError]
    headline: str
    advice: str


_CONSENT = Meaning(
    ShopWaits, "Shopee wants the seller's consent again.", "Connect the shop again; the photos are safe."
)
_NO_CHAT = Meaning(
    ShopWaits,
    "Shopee gives this app no access to chat.",
    "Apply for it in Shopee's console, or send by hand.",
)
_APP = Meaning(
    ShopWaits, "Shopee does not accept this app's keys.", "Check partner id, partner key and host."
)
_SHOP = Meaning(ShopWaits, "Shopee has closed or frozen this shop.", "Look into the seller centre.")
_WORDING = Meaning(Refused, "Shopee refused the text.", "Change the words, then resend.")
_PARAMETER = Meaning(
    Refused, "Shopee did not understand the message.", "Show the log to whoever looks after this program."
)
_NOT_FOUND = Meaning(Refused, "Shopee does not know this order.", "Check the order number.")
_CODE = Meaning(
    Held, "Shopee does not accept this code.", "It works once, for ten minutes. Connect the shop again."
)
_REPEATED = Meaning(
    Refused,
    "Shopee refused the same message again.",
    "It does so for 24 hours. Change a few words, then resend.",
)
_BUSY = Meaning(OutcomeUnknown, "Shopee had trouble and did not confirm.", "ParcelGuard looks in the chat.")

MEANINGS: Mapping[str, Meaning] = {
    "user_is_forbidden": Meaning(
        Held,
        "Shopee does not let you write to this buyer now.",
        "It allows it for 30 days after an order, 7 days after the buyer wrote, or while a return is open.",
    ),
    "reach_5_message_limit": Meaning(
        Held, "This buyer has 5 unanswered messages already.", "Wait until the buyer answers, then resend."
    ),
    "first_chat_without_order_info": Meaning(
        Held, "Shopee wants the order named in the first message.", "Open the chat once by hand, then resend."
    ),
    "error_business": Meaning(
        Refused, "Shopee refused this message.", "Change the words or leave a photo out, then resend."
    ),
    "message_too_long": Meaning(Refused, "The text is too long for Shopee.", "Shorten it to 600 letters."),
    "message_is_censored": _WORDING,
    "exceed_send_limitaion": Meaning(TooFast, "Shopee asks to send more slowly.", "It goes out by itself."),
    "error_rate_limit": Meaning(TooFast, "Shopee asks to send more slowly.", "It goes out by itself."),
    "error_too_frequent": Meaning(TooFast, "Shopee asks to send more slowly.", "It goes out by itself."),
    "error_limit": Meaning(
        ShopWaits,
        "Today’s quota of Shopee calls is used up.",
        "Keep packing. Sending goes on by itself after midnight, Singapore time.",
    ),
    "block_by_internal_safety_strategies": Meaning(
        Held, "Shopee blocked this message by its own safety rules.", "Do not repeat it; ask Shopee."
    ),
    "error_blocked": Meaning(Held, "This buyer has blocked the shop.", "Nothing can be sent to this buyer."),
    "error_sender_block_receiver": Meaning(
        Held, "The shop has blocked this buyer.", "Unblock the buyer in the seller centre, then resend."
    ),
    "assigned_to_subaccount": Meaning(
        Held, "This chat belongs to a sub-account.", "Take the chat back in the seller centre, then resend."
    ),
    "shop_bound_subaccount": Meaning(
        Held, "The shop's chats belong to a sub-account.", "Change that in the seller centre, then resend."
    ),
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
    "source_ip_undeclared": Meaning(
        ShopWaits,
        "Shopee refuses this office's internet address.",
        "Switch the IP whitelist off in the console.",
    ),
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
NO_PERMISSION_STATUS = 491


def consent_ended(error: NotAllowed) -> bool:
    """Whether a refused refresh stays refused until the seller agrees again."""
    return error.code.rsplit(".", 1)[-1] in _ENDS_CONSENT


def wants_consent(error: NotAllowed) -> bool:
    """Whether only the seller's consent, given again, changes this refusal."""
    return MEANINGS.get(error.code.rsplit(".", 1)[-1]) is _CONSENT


def not_connectable(error: NotAllowed) -> bool:
    """Whether the app's keys are wrong, or the shop is closed: no consent helps."""
    return error.headline in (_APP.headline, _SHOP.headline)


def no_permission(error: NotAllowed) -> bool:
    """Whether Shopee gives this app no right to the call."""
    return MEANINGS.get(error.code.rsplit(".", 1)[-1]) is _NO_CHAT


def wrong_parameter(error: NotAllowed) -> bool:
    """Whether Shopee did not understand something in the message."""
    return MEANINGS.get(error.code.rsplit(".", 1)[-1]) is _PARAMETER


def wants_order_card(error: NotAllowed) -> bool:
    """Whether a first contact has to begin with an order card."""
    return error.code.rsplit(".", 1)[-1] == "first_chat_without_order_info"


def not_found(error: NotAllowed) -> bool:
    """Whether Shopee says that there is no such order or package."""
    return MEANINGS.get(error.code.rsplit(".", 1)[-1]) is _NOT_FOUND


def failure(
    code: str, message: str, request_id: str, status: int, retry_after_s: float | None = None
) -> DeliveryError:
    """Return the error that a coded refusal stands for. What is not listed counts as unknown."""
    detail = f"{code} (HTTP {status}, request {request_id})"
    if status == NO_PERMISSION_STATUS or (code.endswith("error_auth") and "permission" in message.lower()):
        code = "error_permission"
    if status == 429:
        return TooFast(detail, retry_after_s=retry_after_s)
    if code.endswith("error_param") and "timestamp" in message.lower():
        return ClockRefused(detail)
    meaning = _REPEATED if code.endswith("error_business") and "same" in message.lower() else _meaning(code)
    if issubclass(meaning.kind, NotAllowed):
        return meaning.kind(
            detail, code=code, request_id=request_id, headline=meaning.headline, advice=meaning.advice
        )
    if issubclass(meaning.kind, NotSent):
        return meaning.kind(
            detail, retry_after_s=retry_after_s, headline=meaning.headline, advice=meaning.advice
        )
    return meaning.kind(detail, headline=meaning.headline, advice=meaning.advice)


class ClockRefused(NotSent):
    """Shopee refused the time in the signature; the next one uses the time Shopee told."""

    headline = "This computer's clock is wrong; it is corrected for sending."
    advice = "Please set the clock."


def token_refused(code: str, message: str) -> bool:
    """Whether a call was refused because its access token is bad: refresh once, repeat once."""
    last = code.rsplit(".", 1)[-1]
    if last in ("invalid_acceess_token", "invalid_access_token"):
        return True
    return last == "error_auth" and "access_token" in message.lower().replace(" ", "_")


def _meaning(code: str) -> Meaning:
    last = code.rsplit(".", 1)[-1]
    known = MEANINGS.get(code) or MEANINGS.get(last)
    if known:
        return known
    if last.startswith("user_"):
        return _SHOP
    if any(word in last for word in _SERVER_TROUBLE):
        return _BUSY
    return Meaning(
        OutcomeUnknown, f"Shopee gave an unexpected answer ({code[:40]}).", "ParcelGuard looks in the chat."
    )
