"""What each of TikTok Shop's codes leads to. The table is written from the specification."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

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
from parcelguard.core.reasons.reason import because
from parcelguard.marketplace.meaning import ClockRefused
from parcelguard.marketplace.tiktok.codes import (
    MEANINGS,
    CipherRefused,
    KeysRefused,
    TokenRefused,
    consent_ended,
    failure,
    moved,
    no_conversation,
    not_found,
)
from parcelguard.ui.words.reasons.saying import said

NOON = datetime(2026, 10, 1, 12, 10, tzinfo=UTC)
EXPECTED: dict[type[DeliveryError], str] = {
    OutcomeUnknown: "36009003 36009007 45101001 10037002 10037003 10037004",
    TooFast: "36009002 36009037 45101004",
    TokenRefused: "105002",
    CipherRefused: "101000",
    KeysRefused: "106001",
    Held: "36004004",
    ShopWaits: """
        36004001 36009033 36009043 36009044 105005 105004 66009315 10006402
        """,
    Refused: """
        36009009 36009010 36009014 36009021 36009022 36009023 106013 40006 10002014 10002015 21008111
        45101002 45101003 45101006 45101008 45102007 45109001 45109003 45111001
        """,
}
TABLE = [(code, kind) for kind, codes in EXPECTED.items() for code in codes.split()]


def told(
    code: str,
    message: str = "",
    *,
    status: int = 200,
    path: str = "/order/",
    title: str = "TikTok",
    **rest: float,
) -> DeliveryError:
    return failure(code, message, "r1", status, title=title, path=path, now=NOON, **rest)


def test_table_covers_every_code_the_program_knows() -> None:
    assert sorted(code for code, _ in TABLE) == sorted(MEANINGS)


@pytest.mark.parametrize(("code", "kind"), TABLE)
def test_code_has_its_meaning_whatever_the_status(code: str, kind: type[DeliveryError]) -> None:
    for status in (200, 400, 401, 500):
        error = told(code, "some text", status=status, title="Tokopedia & Shop")
        assert type(error) is kind
        words = said(error.reason)
        assert words.headline
        assert words.advice
        assert "TikTok" not in words.headline + words.advice
        assert "{" not in words.headline + words.advice
        assert code in str(error)
        assert "r1" in str(error)
        assert "some text" not in str(error)
        if isinstance(error, NotAllowed):
            assert (error.code, error.request_id) == (code, "r1")


@pytest.mark.parametrize("code", ["", "7", "45999999", "36009999", "{0}"])
def test_code_that_is_not_listed_is_unknown(code: str) -> None:
    assert type(told(code)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("The required signature parameter `sign` is missing.", Refused),
        ("Invalid `app_key`: there is no such app.", KeysRefused),
        ("Expired `timestamp`", ClockRefused),
        ("Invalid `x-tts-access-token`.", TokenRefused),
        ("ACCESS_TOKEN is invalid", TokenRefused),
        ("The parameter `shop_cipher` is not required here.", Refused),
        ("Invalid `shop_id`", Refused),
        ("Invalid version", Refused),
        ("Something else", OutcomeUnknown),
        ("", OutcomeUnknown),
    ],
)
def test_code_of_many_meanings_is_read_by_its_message(message: str, kind: type[DeliveryError]) -> None:
    assert type(told("36009004", message, status=401)) is kind


def test_missing_scope_is_named_by_what_was_called() -> None:
    chat = told("105005", path="/customer_service/202309/conversations")
    assert chat.reason == because(MarketplaceReason.NO_CHAT_SCOPE, marketplace="TikTok")
    assert "Customer Service" in said(chat.reason).advice
    assert told("105005").reason == because(MarketplaceReason.NO_ORDER_SCOPE, marketplace="TikTok")


def test_quota_of_the_day_waits_for_midnight_utc_and_is_tried_hourly_at_most() -> None:
    assert told("45101004").retry_after_s == 3600  # type: ignore[attr-defined]
    late = failure("45101004", "", "r1", 200, title="TikTok", path="/", now=NOON.replace(hour=23, minute=50))
    assert isinstance(late, TooFast)
    assert late.retry_after_s == 600
    assert told("36009037").retry_after_s == 3000  # type: ignore[attr-defined]
    assert told("45101004", retry_after_s=5).retry_after_s == 5  # type: ignore[attr-defined]


def test_status_too_many_means_so_whatever_the_code() -> None:
    error = told("12345", status=429, retry_after_s=9)
    assert isinstance(error, TooFast)
    assert error.retry_after_s == 9


def test_codes_that_lead_somewhere_are_told_apart() -> None:
    def refused(code: str) -> NotAllowed:
        error = told(code)
        assert isinstance(error, NotAllowed)
        return error

    assert consent_ended(refused("36004001"))
    assert not consent_ended(refused("106001"))
    assert not_found(refused("21008111"))
    assert not not_found(refused("106013"))
    assert moved(refused("36009014"))
    assert not moved(refused("36009010"))
    assert no_conversation(refused("45101003"))
    assert not no_conversation(refused("45109001"))
