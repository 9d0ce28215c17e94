"""TikTok Shop in the sandbox: consent, codes, tokens and the shops they are good for."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.sandbox.common import wish_on
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

BACK = "http://127.0.0.1:8765/connected"
SERVICE = "7420000000000000001"
DAY = 86_400


@pytest.fixture
def seller() -> Iterator[TikTokSeller]:
    with open_shop() as seller:
        seller.change(redirect=BACK)
        yield seller


def page(seller: TikTokSeller, **query: Any) -> httpx.Response:
    query = {"service_id": SERVICE, "state": "s&1"} | query
    return seller.http.get("/open/authorize", params=query)


def consent(seller: TikTokSeller, answer: str = "allow", who: str | None = None, **query: Any) -> Any:
    wish = wish_on(page(seller, **query))
    press = {"wish": wish, "who": who or str(seller.shop.shop_id), "answer": answer}
    moved = seller.http.post("/consent", data=press)
    target = urlsplit(moved.headers["location"])
    return target, {name: values[0] for name, values in parse_qs(target.query).items()}


def token_call(seller: TikTokSeller, what: str, **query: Any) -> httpx.Response:
    return seller.http.get(f"/api/v2/token/{what}", params={"app_key": APP, "app_secret": SECRET} | query)


def redeem(seller: TikTokSeller, code: str, **query: Any) -> httpx.Response:
    return token_call(seller, "get", **{"auth_code": code, "grant_type": "authorized_code"} | query)


def refresh(seller: TikTokSeller, token: str, **query: Any) -> httpx.Response:
    return token_call(seller, "refresh", **{"refresh_token": token, "grant_type": "refresh_token"} | query)


def code_with(seller: TikTokSeller, token: str) -> Any:
    """Return what a call with this token is answered: 0 where it works."""
    return seller.call("GET", SHOPS, shop_cipher=None, token=token).json()["code"]


def test_seller_who_allows_is_sent_back_with_a_code_that_gives_working_tokens(seller: TikTokSeller) -> None:
    target, back = consent(seller)
    assert target.geturl().startswith(BACK)
    assert (back["state"], back["app_key"], back["shop_region"]) == ("s&1", APP, "MY")
    tokens = data(redeem(seller, back["code"]))
    now = int(seller.clock())
    assert tokens["access_token_expire_in"] == now + 7 * DAY
    assert tokens["refresh_token_expire_in"] == now + 365 * DAY
    assert (tokens["user_type"], tokens["seller_name"], tokens["seller_base_region"]) == (
        0,
        "Kopi & Co",
        "MY",
    )
    assert code_with(seller, tokens["access_token"]) == 0


def test_seller_who_cancels_is_sent_back_without_a_code(seller: TikTokSeller) -> None:
    _, back = consent(seller, answer="cancel")
    assert back == {"code": "null", "error": "auth_denied", "state": "s&1"}
    assert refusal(redeem(seller, "null")) == 36004004


def test_consent_from_the_platforms_own_store_has_no_state(seller: TikTokSeller) -> None:
    assert "state" not in consent(seller, state="")[1]


def test_without_an_address_of_the_app_the_page_can_be_copied(seller: TikTokSeller) -> None:
    seller.change(redirect="")
    target, back = consent(seller)
    landed = seller.http.get(target.geturl())
    assert landed.status_code == 200
    assert back["code"] in landed.text
    assert "<script" not in seller.http.get("/open/landed", params={"x": "<script>"}).text


def test_unknown_service_has_no_consent_page(seller: TikTokSeller) -> None:
    assert page(seller, service_id=APP).status_code == 404


def test_consent_page_says_what_the_app_may(seller: TikTokSeller) -> None:
    assert "write to buyers" in page(seller).text
    seller.change(chat_allowed=False)
    assert "write to buyers" not in page(seller).text


def test_pressed_page_is_used_up(seller: TikTokSeller) -> None:
    wish = wish_on(page(seller))
    press = {"wish": wish, "who": "", "answer": "allow"}
    assert [seller.http.post("/consent", data=press).status_code for _ in range(2)] == [302, 400]


def test_code_is_good_once(seller: TikTokSeller) -> None:
    code = consent(seller)[1]["code"]
    data(redeem(seller, code))
    assert refusal(redeem(seller, code)) == 36004004


def test_code_lapses_after_half_an_hour(seller: TikTokSeller) -> None:
    code = consent(seller)[1]["code"]
    seller.clock.now += 1800
    assert refusal(redeem(seller, code)) == 36004004


@pytest.mark.parametrize(
    ("query", "word"),
    [({"app_secret": "x"}, "app_key"), ({"app_key": "x"}, "app_key"), ({"grant_type": "x"}, "grant_type")],
)
def test_token_calls_want_the_app_and_the_kind_of_grant(
    seller: TikTokSeller, query: dict[str, str], word: str
) -> None:
    answer = redeem(seller, consent(seller)[1]["code"], **query)
    assert refusal(answer) == 36009004
    assert word in answer.json()["message"]
    assert refusal(refresh(seller, seller.given["refresh_token"], **query)) == 36009004


def test_refresh_gives_a_new_pair_and_the_old_access_token_lives_on(seller: TikTokSeller) -> None:
    fresh = data(refresh(seller, seller.given["refresh_token"]))
    assert code_with(seller, fresh["access_token"]) == code_with(seller, seller.token) == 0
    assert refusal(refresh(seller, seller.given["refresh_token"])) == 36004001
    assert code_with(seller, data(refresh(seller, fresh["refresh_token"]))["access_token"]) == 0


def test_old_refresh_token_may_stay_good(seller: TikTokSeller) -> None:
    seller.change(refresh_once=False)
    tokens = {data(refresh(seller, seller.given["refresh_token"]))["access_token"] for _ in range(2)}
    assert len(tokens) == 2


def test_access_token_lapses_after_its_life(seller: TikTokSeller) -> None:
    seller.token = seller.change(access_life_s=60)["access_token"]
    assert code_with(seller, seller.token) == 0
    seller.http.post("/admin/clock", json={"advance_s": 60})
    answer = seller.get(SHOPS, shop_cipher=None)
    assert (answer.status_code, refusal(answer)) == (401, 105002)


def test_refresh_token_lapses_after_its_life(seller: TikTokSeller) -> None:
    token = seller.change(refresh_life_s=60)["refresh_token"]
    seller.http.post("/admin/clock", json={"advance_s": 60})
    assert refusal(refresh(seller, token)) == 36004001


def test_revoked_consent_is_found_out_by_the_next_call(seller: TikTokSeller) -> None:
    seller.fault("revoke")
    answer = seller.get(SHOPS, shop_cipher=None)
    assert (answer.status_code, refusal(answer)) == (401, 36009004)
    assert "x-tts-access-token" in answer.json()["message"]
    assert refusal(refresh(seller, seller.given["refresh_token"])) == 36004001
    assert code_with(seller, data(redeem(seller, consent(seller)[1]["code"]))["access_token"]) == 0


def test_consent_may_be_revoked_just_before_a_refresh(seller: TikTokSeller) -> None:
    seller.fault("revoke", path="token/refresh")
    assert refusal(refresh(seller, seller.given["refresh_token"])) == 36004001


def test_tokens_may_lapse_in_the_middle(seller: TikTokSeller) -> None:
    seller.fault("expire_tokens", after=1)
    assert code_with(seller, seller.token) == 0
    assert code_with(seller, seller.token) == 105002
    assert code_with(seller, data(refresh(seller, seller.given["refresh_token"]))["access_token"]) == 0


def test_consent_across_the_border_covers_two_shops_told_apart_by_cipher(seller: TikTokSeller) -> None:
    first, second = seller.shop, seller.world.add_shop("Kopi & Co Singapore", "SG", marketplace="tiktok")
    order = seller.world.make_order(second)
    for shop in (first, second):
        seller.http.post("/admin/seller", json={"shop_id": shop.shop_id, "cross_border": True})
    seller.token = data(redeem(seller, consent(seller)[1]["code"]))["access_token"]
    shops = data(seller.get(SHOPS, shop_cipher=None))["shops"]
    assert [(shop["region"], shop["seller_type"]) for shop in shops] == [
        ("MY", "CROSS_BORDER"),
        ("SG", "CROSS_BORDER"),
    ]
    assert refusal(seller.get(ORDERS, ids=order.order_sn)) == 21008111
    rows = data(seller.get(ORDERS, ids=order.order_sn, shop_cipher=shops[1]["cipher"]))["orders"]
    assert rows[0]["payment"]["currency"] == "SGD"


def test_chat_scope_is_told_for_each_shop_of_a_consent(seller: TikTokSeller) -> None:
    first, second = seller.shop, seller.world.add_shop("Kopi & Co Singapore", "SG", marketplace="tiktok")
    for shop in (first, second):
        seller.http.post("/admin/seller", json={"shop_id": shop.shop_id, "cross_border": True})
    given = seller.change(chat_allowed=False)
    seller.token = given["access_token"]
    assert refusal(seller.get(TALKS, page_size=1)) == 105005
    shops = data(seller.get(SHOPS, shop_cipher=None))["shops"]
    assert data(seller.get(TALKS, page_size=1, shop_cipher=shops[1]["cipher"]))["conversations"] == []
