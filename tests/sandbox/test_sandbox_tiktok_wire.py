"""TikTok Shop in the sandbox: signatures and first checks, and the client its other tests speak through."""

from collections.abc import Iterator
from typing import Any

import pytest

from parcelguard.sandbox.tiktok import signing as tiktok_signing
from parcelguard.sandbox.tiktok.app_state import cipher
from tests.support.sandbox.tiktok import (
    APP,
    ORDERS,
    SECRET,
    SHOPS,
    TALKS,
    TikTokSeller,
    data,
    open_shop,
    refusal,
)

AT = {"app_key": APP, "timestamp": "1760000000"}
C = AT | {"shop_cipher": "ROW_pgDemoCipher+/=01"}
MESSAGES = f"{TALKS}/7100000000000000001/messages"
TEXT = '{"type":"TEXT","content":"{\\"content\\":\\"Pesanan anda telah dibungkus ✓\\"}"}'.encode()
SEARCH = b'{"order_status":"AWAITING_SHIPMENT","update_time_ge":1759900000}'
PAGED = C | {"page_size": "50", "page_token": "aB+/c=="}
VECTORS = [
    (SHOPS, AT, b"", "dec64737d5a666a1d6bc4af67633c339445f0c1e5f99321e63680736274015fa"),
    (
        ORDERS,
        C | {"ids": "580000000000000001,580000000000000002"},
        b"",
        "6abab0bbc6e10eaea12a4eab44b3c924831794b3f6b7a56c95fd441b0aecdee8",
    ),
    (MESSAGES, C, TEXT, "4a4ec71a997347ffe693306634c44058aa78881798d5d39b6a69ac40014fdae1"),
    (f"{ORDERS}/search", PAGED, SEARCH, "7f7538c83701022602475c63660e9a954c60caf83403e72641eaee4a337eebd4"),
    (f"{MESSAGES}/read", C, b"", "b7da3abd461ff053af0062010dd06df1c192755d70a8a4b3d815361b6a1ac358"),
    (f"{MESSAGES}/read", C, b"{}", "f60fe1446d03d8c404f9974924e9fdb8efde5395c726b5a3a6ddafd97edb58a0"),
]


@pytest.fixture
def seller() -> Iterator[TikTokSeller]:
    with open_shop() as seller:
        yield seller


@pytest.mark.parametrize(("path", "query", "body", "expected"), VECTORS)
def test_signatures_agree_with_the_published_vectors(
    path: str, query: dict[str, str], body: bytes, expected: str
) -> None:
    assert tiktok_signing.sign(SECRET, path, query.items(), body) == expected


def test_multipart_body_is_not_signed() -> None:
    path = "/customer_service/202309/images/upload"
    expected = "95ee090fd9881a8cf48f0775b790de8ec9313785d06b3133923da39f18b72e30"
    assert tiktok_signing.sign(SECRET, path, C.items(), b"--a photo--", multipart=True) == expected


@pytest.mark.parametrize(
    ("secret", "path", "query", "expected"),
    [
        (
            "e59af819cc",
            SHOPS,
            {"app_key": "29a39d", "timestamp": "1623812664"},
            "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
        ),
        (
            "app_secret",
            "/test-api",
            {"foo": "bar"},
            "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f",
        ),
    ],
)
def test_signatures_agree_with_those_of_other_clients(
    secret: str, path: str, query: dict[str, str], expected: str
) -> None:
    extra = {"sign": "its own is left out", "access_token": "and so is this"}
    assert tiktok_signing.sign(secret, path, (query | extra).items()) == expected


def test_string_to_sign_is_the_published_one() -> None:
    assert tiktok_signing.string_to_sign(SECRET, SHOPS, AT.items()) == (
        b"pg_demo_secret_0001/authorization/202309/shopsapp_keypgdemo01timestamp1760000000pg_demo_secret_0001"
    )


def test_text_of_the_vector_is_as_long_as_published() -> None:
    assert len(TEXT) == 78


def test_a_well_signed_call_is_answered_with_the_marketplaces_date(seller: TikTokSeller) -> None:
    answer = seller.get(SHOPS, shop_cipher=None)
    shop = data(answer)["shops"][0]
    assert (shop["name"], shop["region"], shop["seller_type"]) == ("Kopi & Co", "MY", "LOCAL")
    assert (shop["id"], shop["cipher"]) == (str(seller.shop.shop_id), seller.cipher)
    assert answer.headers["date"] == "Thu, 01 Jan 2026 06:00:00 GMT"


def test_ciphers_hold_what_careless_encoding_breaks(seller: TikTokSeller) -> None:
    assert {"+", "/", "="} <= set(seller.cipher)
    path, shown = ORDERS, seller.orders()[0].order_sn
    params = seller.signed(path, ids=shown)
    bare = "&".join(f"{name}={value}" for name, value in params.items())
    answer = seller.http.get(f"{path}?{bare}", headers={"x-tts-access-token": seller.token})
    assert refusal(answer) == 106001


def test_signed_is_the_body_as_it_was_sent(seller: TikTokSeller) -> None:
    path, raw = f"{ORDERS}/search", b'{ "order_status" : "UNPAID" }'
    params = seller.signed(path, raw, page_size=1)
    headers = {"x-tts-access-token": seller.token, "content-type": "application/json"}
    assert data(seller.http.post(path, params=params, content=raw, headers=headers))["orders"] == []
    other = seller.http.post(path, params=params, content=raw.replace(b" ", b""), headers=headers)
    assert (other.status_code, refusal(other)) == (401, 106001)


@pytest.mark.parametrize(("away", "code"), [(-301, 36009004), (-300, 0), (30, 0), (31, 36009004)])
def test_timestamp_may_be_five_minutes_old_but_hardly_ahead(
    seller: TikTokSeller, away: int, code: int
) -> None:
    answer = seller.get(SHOPS, shop_cipher=None, timestamp=int(seller.clock()) + away)
    assert answer.json()["code"] == code
    assert code == 0 or "timestamp" in answer.json()["message"]


@pytest.mark.parametrize(
    ("changed", "token", "status", "code", "word"),
    [
        ({"sign": None, "app_key": "x"}, "x", 401, 36009004, "required signature"),
        ({"app_key": "x", "timestamp": "1"}, "x", 401, 36009004, "app_key"),
        ({"timestamp": "soon"}, "x", 401, 36009004, "timestamp"),
        ({"timestamp": "1767247200000"}, "x", 401, 36009004, "timestamp"),
        ({"timestamp": "1"}, "x", 401, 36009004, "timestamp"),
        ({"sign": "0" * 64}, "x", 401, 106001, "sign"),
        ({}, "x", 401, 36009004, "x-tts-access-token"),
        ({}, "", 401, 36009004, "x-tts-access-token"),
    ],
)
def test_checks_come_in_the_platforms_order(
    seller: TikTokSeller, changed: dict[str, Any], token: str, status: int, code: int, word: str
) -> None:
    answer = seller.call("GET", SHOPS, shop_cipher=None, changed=changed, token=token)
    assert (answer.status_code, refusal(answer)) == (status, code)
    assert word in answer.json()["message"]


def test_uppercase_signature_is_refused(seller: TikTokSeller) -> None:
    sign = seller.signed(SHOPS, shop_cipher=None)["sign"].upper()
    assert refusal(seller.get(SHOPS, shop_cipher=None, changed={"sign": sign})) == 106001


def test_cipher_is_wanted_everywhere_but_in_the_list_of_shops(seller: TikTokSeller) -> None:
    answer = seller.get(ORDERS, ids="1", shop_cipher=None)
    assert (answer.status_code, refusal(answer)) == (400, 106013)
    answer = seller.get(SHOPS)
    assert (answer.status_code, refusal(answer)) == (400, 36009004)
    assert "`shop_cipher` is not required" in answer.json()["message"]


def test_cipher_of_a_shop_outside_the_consent_is_refused(seller: TikTokSeller) -> None:
    other = seller.world.add_shop("Teh & Co", "SG", marketplace="tiktok")
    answer = seller.get(ORDERS, ids="1", shop_cipher=cipher(other))
    assert (answer.status_code, refusal(answer)) == (401, 101000)


def test_shop_without_the_chat_scope_keeps_its_orders(seller: TikTokSeller) -> None:
    number = seller.orders()[0].order_sn
    assert "seller.customer_service" in seller.given["granted_scopes"]
    given = seller.change(chat_allowed=False)
    assert "seller.customer_service" not in given["granted_scopes"]
    answer = seller.get(TALKS, page_size=1)
    assert (answer.status_code, refusal(answer)) == (401, 105005)
    assert len(data(seller.get(ORDERS, ids=number))["orders"]) == 1
    seller.change(chat_allowed=True)
    assert data(seller.get(TALKS, page_size=1))["conversations"] == []


def test_inactive_seller_is_told_so(seller: TikTokSeller) -> None:
    seller.change(status="BANNED")
    answer = seller.get(ORDERS, ids="1")
    assert (answer.status_code, refusal(answer)) == (401, 36009044)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/order/202309/order", 404, 36009009),
        ("GET", "/order/202309/orders/", 404, 36009009),
        ("GET", "/order/202212/orders", 400, 36009014),
        ("DELETE", ORDERS, 405, 36009010),
        ("POST", SHOPS, 405, 36009010),
    ],
)
def test_unknown_path_version_and_method_have_codes_of_their_own(
    seller: TikTokSeller, method: str, path: str, status: int, code: int
) -> None:
    answer = seller.call(method, path)
    assert (answer.status_code, refusal(answer)) == (status, code)


@pytest.mark.parametrize("raw", [b"[]", b"{", b"\xff"])
def test_body_that_is_no_object_is_refused(seller: TikTokSeller, raw: bytes) -> None:
    path = f"{ORDERS}/search"
    headers = {"x-tts-access-token": seller.token, "content-type": "application/json"}
    params = seller.signed(path, raw, page_size=1)
    answer = seller.http.post(path, params=params, content=raw, headers=headers)
    assert (answer.status_code, refusal(answer)) == (400, 36009004)


def test_form_body_is_refused_where_json_is_due(seller: TikTokSeller) -> None:
    path, raw = f"{ORDERS}/search", b"a=1"
    headers = {"x-tts-access-token": seller.token, "content-type": "application/x-www-form-urlencoded"}
    params = seller.signed(path, raw, page_size=1)
    answer = seller.http.post(path, params=params, content=raw, headers=headers)
    assert (answer.status_code, refusal(answer)) == (400, 36009022)
