"""What each of Shopee's error codes leads to. The table is written from the specification."""

from __future__ import annotations

import pytest

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
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.marketplace.meaning import ClockRefused
from parcelguard.marketplace.shopee.codes import (
    MEANINGS,
    consent_ended,
    failure,
    no_permission,
    token_refused,
    wants_consent,
)
from parcelguard.ui.words.reasons.saying import said

EXPECTED: dict[type[DeliveryError], str] = {
    Held: """
        user_is_forbidden reach_5_message_limit first_chat_without_order_info
        block_by_internal_safety_strategies error_blocked error_sender_block_receiver
        assigned_to_subaccount shop_bound_subaccount invalid_code invalid_shop_id
        invalid_main_acount_id
        """,
    ShopWaits: """
        error_sign invalid_partner_id error_partner_key_expired partner_frozen
        error_auth invalid_acceess_token invalid_access_token partner_shop_no_link shop_no_linked
        shop_access_expired refresh_token_expired error_shop_refresh_token shop_banned
        error_merchant_refresh_token merchant_access_expired merchant_no_linked
        error_permission error_api_permission error_api_call_restricted api_suspended error_forbidden
        error_kyc_auth error_ashop_api_permission source_ip_undeclared error_limit
        """,
    Refused: """
        error_business message_too_long message_is_censored param_error error_param error_not_found
        invalid_error package_not_exist package_number_not_exist
        """,
    TooFast: "exceed_send_limitaion error_rate_limit error_too_frequent",
    OutcomeUnknown: "error_server error_network error_data system_busy",
}
TABLE = [(code, kind) for kind, codes in EXPECTED.items() for code in codes.split()]


def test_table_covers_every_code_the_program_knows() -> None:
    assert sorted(code for code, _ in TABLE) == sorted(MEANINGS)


@pytest.mark.parametrize(("code", "kind"), TABLE)
def test_code_has_its_meaning_alone_and_behind_a_module(code: str, kind: type[DeliveryError]) -> None:
    for told in (code, f"chat.{code}", f"common.sub.{code}"):
        for status in (200, 403):
            error = failure(told, "some text", "r1", status)
            assert type(error) is kind
            values = MEANINGS[code].values
            assert error.reason == because(MEANINGS[code].reason, marketplace="Shopee", **values)
            words = said(error.reason)
            assert words.headline
            assert words.advice
            assert "{" not in words.headline + words.advice
            assert told in str(error)
            assert "r1" in str(error)


@pytest.mark.parametrize(
    "code",
    ["", "error_shop", "brand_new", "error_inner", "internal_error", "logistics.timeout", "too_busy", "-"],
)
def test_code_that_is_not_listed_is_unknown(code: str) -> None:
    assert type(failure(code, "", "", 200)) is OutcomeUnknown


def test_state_of_the_shop_is_held_whatever_it_is_called() -> None:
    assert type(failure("user_banned", "", "", 200)) is ShopWaits


def test_refusal_keeps_code_and_request() -> None:
    error = failure("common.message_is_censored", "", "r9", 200)
    assert isinstance(error, NotAllowed)
    assert (error.code, error.request_id) == ("common.message_is_censored", "r9")


def test_rate_and_permission_are_told_by_status_alone() -> None:
    fast = failure("anything", "", "", 429, 12.0)
    assert isinstance(fast, TooFast)
    assert (type(fast), fast.retry_after_s) == (TooFast, 12.0)
    assert type(failure("anything", "", "", 491)) is ShopWaits


def test_refused_time_is_told_from_other_wrong_parameters() -> None:
    assert type(failure("error_param", "Timestamp is expired.", "", 403)) is ClockRefused
    assert issubclass(ClockRefused, NotSent)
    assert type(failure("error_param", "Wrong parameters, detail: to_id.", "", 200)) is Refused


def test_refused_token_is_told_from_other_refusals() -> None:
    assert token_refused("invalid_acceess_token", "")
    assert token_refused("common.invalid_access_token", "")
    assert token_refused("error_auth", "Invalid access token.")
    assert not token_refused("error_auth", "Invalid refresh_token.")
    assert not token_refused("error_param", "access_token")


def test_same_text_again_is_told_from_other_business_refusals() -> None:
    same = failure("error_business", "The message is same as the previous one.", "", 200)
    other = failure("error_business", "The message can not be recalled.", "", 200)
    assert type(same) is type(other) is Refused
    assert same.reason == because(MarketplaceReason.MESSAGE_REPEATED, marketplace="Shopee", hours=24)
    assert other.reason == because(MarketplaceReason.MESSAGE_REFUSED, marketplace="Shopee")


def test_missing_permission_is_told_from_missing_consent() -> None:
    for status, message in ((200, "No permission to current api."), (491, "")):
        error = failure("error_auth", message, "", status)
        assert isinstance(error, ShopWaits)
        assert no_permission(error)
        assert not consent_ended(error)
    for code in ("error_auth", "error_merchant_refresh_token", "merchant_no_linked"):
        consent = failure(code, "Invalid refresh_token.", "", 403)
        assert isinstance(consent, ShopWaits)
        assert wants_consent(consent)
        assert consent_ended(consent)
