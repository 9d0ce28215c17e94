"""The sandbox's signatures and first checks, and the client every sandbox test speaks through."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from parcelguard.sandbox.shopee import signing
from tests.support.sandbox.common import NEW_YEAR
from tests.support.sandbox.shopee import KEY, PARTNER, ShopeeSeller, open_shop, refusal

TOKEN = "6163636573735f746f6b656e5f64656d"

VECTORS = [
    ("/api/v2/auth/token/get", "", "", "da7a7bbd56ec0ee49bf6e6f8208f86539812737790460665e8211ddd76ab7cfd"),
    (
        "/api/v2/auth/access_token/get",
        "",
        "",
        "f4f874127f93f47f672ddc4c5cf91a0364c45f91a10b7fcf403bf4ed9fbfc4ab",
    ),
    ("/api/v2/shop/auth_partner", "", "", "e80167beec0906b384a6aa35f87c65920f0eb2bbba143840a07d8cc1a4ffb7b6"),
    (
        "/api/v2/shop/get_shop_info",
        TOKEN,
        227700123,
        "e115a0cad5bbb1fc27b07c877d3a2edd185ce7d96a252c1109db8af1bcb1d0c6",
    ),
    (
        "/api/v2/order/get_order_detail",
        TOKEN,
        227700123,
        "13c0ced17aecef96cd4b789061fc0eb18113e9dccd072bafbb1f5fd60a7d0e4b",
    ),
    (
        "/api/v2/sellerchat/upload_image",
        TOKEN,
        227700123,
        "cb6f9d38a8479bc7c898a7239e95484aba8ac53b969465b3cd20073b1b8fc3e2",
    ),
    (
        "/api/v2/sellerchat/send_message",
        TOKEN,
        227700123,
        "dbf4bfa68d2e769c80c62d4ffafa8f8ca29c8801e0346f41787ac87036a08eea",
    ),
    (
        "/api/v2/merchant/get_merchant_info",
        TOKEN,
        1000456,
        "8f1c07a30eb5354f87baaf914e77295c0316188f1f7885f4690425aaaf6753ea",
    ),
]


@pytest.fixture
def seller() -> Iterator[ShopeeSeller]:
    with open_shop() as seller:
        yield seller


@pytest.mark.parametrize(("path", "token", "subject", "expected"), VECTORS)
def test_signatures_agree_with_the_published_vectors(
    path: str, token: str, subject: int | str, expected: str
) -> None:
    base = signing.base_string(PARTNER, path, NEW_YEAR, token, subject)
    assert signing.sign(KEY, base) == expected
    assert signing.matches(KEY, base, expected)


def test_the_key_is_used_as_text() -> None:
    base = "/api/v2/auth/token/get123456test_partner_idtest_shop_idtest_main_account_id"
    expected = "37c864bd9821ff5f2c2f46b2faca14eb1811a718d1fdc6dcf383cba7c74bf9e9"
    assert signing.sign("test_partner_key", base) == expected


def test_a_well_signed_call_is_answered_with_the_marketplaces_date(seller: ShopeeSeller) -> None:
    answer = seller.get("shop/get_shop_info")
    said = answer.json()
    assert (said["shop_name"], said["region"], said["error"]) == ("Kopi & Co", "MY", "")
    assert answer.headers["date"] == "Thu, 01 Jan 2026 06:00:00 GMT"


def test_uppercase_signature_is_refused(seller: ShopeeSeller) -> None:
    path = "/api/v2/shop/get_shop_info"
    sign = seller.common(path)["sign"].upper()
    answer = seller.get("shop/get_shop_info", changed={"sign": sign})
    assert (answer.status_code, answer.json()["error"], answer.json()["message"]) == (
        403,
        "error_sign",
        "Wrong sign.",
    )


def test_signature_over_the_parts_in_another_order_is_refused(seller: ShopeeSeller) -> None:
    path, now = "/api/v2/shop/get_shop_info", int(seller.clock())
    wrong = seller.sign(path, now, seller.shop.shop_id, seller.token)
    assert refusal(seller.get("shop/get_shop_info", changed={"sign": wrong})) == "error_sign"


def test_signature_over_other_query_parameters_is_refused(seller: ShopeeSeller) -> None:
    path, now = "/api/v2/sellerchat/get_message", int(seller.clock())
    wrong = seller.sign(path, now, seller.token, seller.shop.shop_id, "25")
    answer = seller.get("sellerchat/get_message", changed={"sign": wrong}, page_size=25)
    assert refusal(answer) == "error_sign"


@pytest.mark.parametrize("away", [-301, 301])
def test_timestamp_far_from_the_servers_clock_is_refused(seller: ShopeeSeller, away: int) -> None:
    seller.clock.now, kept = seller.clock.now + away, seller.clock.now
    query = seller.common("/api/v2/shop/get_shop_info")
    seller.clock.now = kept
    answer = seller.http.get("/api/v2/shop/get_shop_info", params=query)
    assert (answer.json()["error"], answer.json()["message"]) == ("error_param", "Timestamp is expired.")


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"partner_id": None, "timestamp": None}, "error_param", "There is no partner_id in query."),
        ({"timestamp": None, "sign": None}, "error_param", "There is no timestamp in query."),
        ({"timestamp": "soon"}, "error_param", "Invalid timestamp."),
        ({"sign": None, "partner_id": 1}, "error_param", "There is no sign in query."),
        ({"partner_id": 1, "sign": "0"}, "invalid_partner_id", "Invalid partner_id."),
        ({"sign": "0" * 64, "access_token": "x"}, "error_sign", "Wrong sign."),
    ],
)
def test_checks_come_in_the_platforms_order(
    seller: ShopeeSeller, changed: dict[str, Any], error: str, message: str
) -> None:
    answer = seller.get("shop/get_shop_info", changed=changed)
    assert (answer.status_code, answer.json()["error"], answer.json()["message"]) == (403, error, message)


def test_call_without_a_token_is_told_so(seller: ShopeeSeller) -> None:
    path = "/api/v2/shop/get_shop_info"
    answer = seller.http.get(path, params=seller.common(path, public=True))
    assert answer.json()["message"] == "There is no access_token in query."


def test_common_parameter_given_twice_is_refused(seller: ShopeeSeller) -> None:
    path = "/api/v2/shop/get_shop_info"
    pairs = [*seller.common(path).items(), ("shop_id", "1")]
    assert refusal(seller.http.get(path, params=pairs)) == "error_param"


def test_unknown_path_and_wrong_method_are_wrong_parameters(seller: ShopeeSeller) -> None:
    assert refusal(seller.get("shop/get_shop_info/")) == "error_param"
    assert refusal(seller.get("sellerchat/send_message")) == "error_param"


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
def test_body_that_is_no_object_is_a_wrong_parameter(seller: ShopeeSeller, body: bytes) -> None:
    path = "/api/v2/sellerchat/send_message"
    headers = {"content-type": "application/json"}
    answer = seller.http.post(path, params=seller.common(path), content=body, headers=headers)
    assert refusal(answer) == "error_param"


def test_form_body_is_refused_where_json_is_due(seller: ShopeeSeller) -> None:
    path = "/api/v2/sellerchat/send_message"
    answer = seller.http.post(path, params=seller.common(path), data={"to_id": 1})
    assert refusal(answer) == "error_param"


def test_pages_of_other_origins_and_names_are_turned_away(seller: ShopeeSeller) -> None:
    for header in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert seller.http.get("/admin/seller", headers=header).status_code == 403


def test_requests_are_counted_by_path_and_error(seller: ShopeeSeller) -> None:
    seller.get("shop/get_shop_info")
    seller.get("shop/get_shop_info", changed={"sign": "0"})
    counts = seller.http.get("/admin/requests").json()
    assert counts["by_path"]["/api/v2/shop/get_shop_info"] == {
        "count": 2,
        "errors": {"": 1, "error_sign": 1},
    }
    assert json.dumps(counts["recent"]).count("error_sign") == 1
