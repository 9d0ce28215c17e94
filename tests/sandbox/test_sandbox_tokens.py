"""Consent, codes and tokens as the sandbox hands them out."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.sandbox.common import wish_on
from tests.support.sandbox.shopee import PARTNER, ShopeeSeller, open_shop, refusal

BACK = "http://127.0.0.1:8765/connected"


@pytest.fixture
def seller() -> Iterator[ShopeeSeller]:
    with open_shop() as seller:
        yield seller


def consent(
    seller: ShopeeSeller, answer: str = "allow", who: str | None = None, url: str = "/auth", **query: Any
) -> Any:
    query = query or {
        "partner_id": PARTNER,
        "auth_type": "seller",
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "s&1",
    }
    page = seller.http.get(url, params=query)
    assert page.status_code == 200, page.text
    wish = wish_on(page)
    who = who or str(seller.shop.shop_id)
    moved = seller.http.post("/consent", data={"wish": wish, "who": who, "answer": answer})
    assert moved.headers["location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(moved.headers["location"]).query).items()}


def redeem(seller: ShopeeSeller, code: str, **subject: Any) -> httpx.Response:
    subject = subject or {"shop_id": seller.shop.shop_id}
    return seller.post("auth/token/get", {"code": code, "partner_id": PARTNER, **subject}, public=True)


def refresh(seller: ShopeeSeller, token: str, **subject: Any) -> httpx.Response:
    subject = subject or {"shop_id": seller.shop.shop_id}
    body = {"refresh_token": token, "partner_id": PARTNER, **subject}
    return seller.post("auth/access_token/get", body, public=True)


def works(seller: ShopeeSeller, token: str) -> bool:
    seller.token = token
    return bool(seller.get("shop/get_shop_info").json()["error"] == "")


def test_seller_who_allows_is_sent_back_with_a_code_that_gives_working_tokens(seller: ShopeeSeller) -> None:
    back = consent(seller)
    assert back["state"] == "s&1"
    assert back["shop_id"] == str(seller.shop.shop_id)
    tokens = redeem(seller, back["code"]).json()
    assert (tokens["error"], tokens["expire_in"]) == ("", 14400)
    assert works(seller, tokens["access_token"])


def test_signed_link_leads_to_the_same_page(seller: ShopeeSeller) -> None:
    query = seller.common("/api/v2/shop/auth_partner", public=True) | {"redirect": BACK}
    back = consent(seller, url="/api/v2/shop/auth_partner", **query)
    assert "state" not in back
    assert redeem(seller, back["code"]).json()["error"] == ""


def test_wrongly_signed_link_is_refused(seller: ShopeeSeller) -> None:
    query = seller.common("/api/v2/shop/auth_partner", public=True, sign="0") | {"redirect": BACK}
    assert refusal(seller.http.get("/api/v2/shop/auth_partner", params=query)) == "error_sign"


def test_seller_who_cancels_is_sent_back_without_a_code(seller: ShopeeSeller) -> None:
    assert consent(seller, answer="cancel") == {"error": "access_denied", "state": "s&1"}


def test_consent_page_escapes_where_it_leads(seller: ShopeeSeller) -> None:
    query = {"partner_id": str(PARTNER), "redirect_uri": 'http://x"><script>alert(1)</script>/'}
    assert "<script>alert" not in seller.http.get("/auth", params=query).text


def test_redirect_that_was_not_declared_is_refused() -> None:
    with open_shop() as seller:
        seller.state.partner = type(seller.state.partner)(
            PARTNER,
            seller.state.partner.partner_key,
            redirect_domains=("shop.example",),
        )
        answer = seller.http.get("/auth", params={"partner_id": PARTNER, "redirect_uri": BACK})
    assert answer.json().keys() == {"code", "error", "msg", "debug_message"}


def test_code_is_good_once(seller: ShopeeSeller) -> None:
    code = consent(seller)["code"]
    redeem(seller, code)
    assert refusal(redeem(seller, code)) == "invalid_code"


def test_code_lapses_after_ten_minutes(seller: ShopeeSeller) -> None:
    code = consent(seller)["code"]
    seller.clock.now += 600
    assert refusal(redeem(seller, code)) == "invalid_code"


def test_code_of_another_shop_or_account_is_refused(seller: ShopeeSeller) -> None:
    code = consent(seller)["code"]
    assert refusal(redeem(seller, code, shop_id=1)) == "invalid_shop_id"
    assert refusal(redeem(seller, code, main_account_id=1)) == "invalid_main_acount_id"
    assert refusal(redeem(seller, code, main_account_id=seller.state.main_account_id)) == (
        "invalid_main_acount_id"
    )
    assert refusal(redeem(seller, code, shop_id=1, main_account_id=1)) == "error_param"
    assert refusal(redeem(seller, code, shop_id=str(seller.shop.shop_id))) == "error_param"


def test_main_accounts_first_refresh_token_is_good_once_for_each_shop(seller: ShopeeSeller) -> None:
    second = seller.world.add_shop("Kopi & Co Singapore", "SG", marketplace="shopee")
    back = consent(seller, who="main")
    main = int(back["main_account_id"])
    tokens = redeem(seller, back["code"], main_account_id=main).json()
    assert tokens["shop_id_list"] == [seller.shop.shop_id, second.shop_id]
    assert not works(seller, tokens["access_token"])
    assert works(seller, refresh(seller, tokens["refresh_token"]).json()["access_token"])
    assert refresh(seller, tokens["refresh_token"], shop_id=second.shop_id).json()["error"] == ""
    assert refusal(refresh(seller, tokens["refresh_token"])) == "error_auth"


def test_refresh_token_is_spent_by_use(seller: ShopeeSeller) -> None:
    first = refresh(seller, seller.grant.refresh_token).json()
    assert (first["shop_id"], first["partner_id"], first["expire_in"]) == (
        seller.shop.shop_id,
        PARTNER,
        14400,
    )
    again = refresh(seller, seller.grant.refresh_token)
    assert (again.json()["error"], again.json()["message"]) == ("error_auth", "Invalid refresh_token.")
    assert refresh(seller, first["refresh_token"]).json()["error"] == ""


def test_refresh_token_lapses_after_thirty_days(seller: ShopeeSeller) -> None:
    seller.clock.now += 30 * 86_400
    assert refusal(refresh(seller, seller.grant.refresh_token)) == "error_auth"


def test_old_access_token_lives_five_minutes_after_a_refresh(seller: ShopeeSeller) -> None:
    old = seller.token
    new = refresh(seller, seller.grant.refresh_token).json()["access_token"]
    seller.clock.now += 299
    assert works(seller, old)
    seller.clock.now += 1
    assert not works(seller, old)
    assert works(seller, new)


def test_access_token_lapses_after_four_hours_with_the_platforms_spelling(seller: ShopeeSeller) -> None:
    seller.clock.now += 14400
    answer = seller.get("shop/get_shop_info")
    assert (answer.status_code, answer.json()["error"]) == (403, "invalid_acceess_token")


def test_life_of_access_tokens_can_be_shortened(seller: ShopeeSeller) -> None:
    given = seller.http.post("/admin/seller", json={"access_life_s": 20}).json()
    assert given["expire_in"] == 20
    seller.clock.now += 20
    assert not works(seller, given["access_token"])


def test_token_of_one_shop_does_not_open_another(seller: ShopeeSeller) -> None:
    seller.shop = seller.world.add_shop("Other", marketplace="shopee")
    seller.state.link([seller.shop], seller.world.now())
    assert refusal(seller.get("shop/get_shop_info")) == "invalid_acceess_token"


def test_grant_taken_back_ends_calls_and_refreshes(seller: ShopeeSeller) -> None:
    seller.fault("revoke")
    assert refusal(seller.get("shop/get_shop_info")) == "partner_shop_no_link"
    assert refusal(refresh(seller, seller.grant.refresh_token)) == "shop_no_linked"


def test_grant_runs_out_after_a_year(seller: ShopeeSeller) -> None:
    seller.clock.now += 365 * 86_400
    assert refusal(seller.get("shop/get_shop_info")) == "shop_access_expired"


def test_partner_sees_the_shops_that_agreed(seller: ShopeeSeller) -> None:
    seller.world.add_shop("Never agreed", marketplace="shopee")
    answer = seller.get("public/get_shops_by_partner", public=True, page_size=100, page_no=1).json()
    assert [shop["shop_id"] for shop in answer["authed_shop_list"]] == [seller.shop.shop_id]
    assert answer["more"] is False


def test_banned_shop_can_only_be_looked_at(seller: ShopeeSeller) -> None:
    seller.http.post("/admin/seller", json={"status": "BANNED"})
    assert seller.get("shop/get_shop_info").json()["status"] == "BANNED"
    assert refusal(seller.get("sellerchat/get_unread_conversation_count")) == "shop_banned"
