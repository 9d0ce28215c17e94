"""Lazada in the sandbox: signatures, the first checks, consent and tokens of its two apps."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from parcelguard.sandbox.lazada import signing as lazada_signing
from tests.support.sandbox.common import wish_on
from tests.support.sandbox.lazada import VECTORS, LazadaSeller, open_lazada, refusal

DAY = 86_400
BACK = "http://127.0.0.1:8765/connected"


@pytest.fixture
def seller() -> Iterator[LazadaSeller]:
    with open_lazada() as seller:
        yield seller


def consent(seller: LazadaSeller, app: str = "order", answer: str = "allow", **changed: Any) -> Any:
    query = {
        "response_type": "code",
        "force_auth": "true",
        "redirect_uri": BACK,
        "client_id": seller.apps[app]["app_key"],
        "state": "s&1",
    }
    page = seller.http.get("/oauth/authorize", params=query | changed)
    if page.status_code != 200:
        return page.text
    wish = wish_on(page)
    pressed = {"wish": wish, "who": str(seller.shop.shop_id), "answer": answer}
    moved = seller.http.post("/consent", data=pressed)
    assert seller.http.post("/consent", data=pressed).status_code == 400
    return {name: values[0] for name, values in parse_qs(urlsplit(moved.headers["location"]).query).items()}


def create(seller: LazadaSeller, code: str, app: str = "order") -> httpx.Response:
    return seller.get("/auth/token/create", app=app, code=code)


def refresh(seller: LazadaSeller, token: str | None = None, app: str = "order") -> httpx.Response:
    token = token or seller.apps[app]["refresh_token"]
    return seller.get("/auth/token/refresh", app=app, refresh_token=token)


def works(seller: LazadaSeller, token: str | None = None) -> bool:
    changed = {"access_token": token} if token else {}
    return bool(seller.get("/seller/get", changed=changed).json()["code"] == "0")


@pytest.mark.parametrize(("secret", "path", "given", "expected"), VECTORS)
def test_signatures_agree_with_the_official_clients(
    secret: str, path: str, given: dict[str, str], expected: str
) -> None:
    assert lazada_signing.sign(secret, lazada_signing.base_string(path, given)) == expected
    assert lazada_signing.matches(secret, path, given | {"sign": expected}, expected)
    assert not lazada_signing.matches(secret, path, given, expected.lower())


def test_names_are_sorted_by_their_bytes() -> None:
    base = lazada_signing.base_string("/test/api", VECTORS[8][2])
    assert base == "/test/apiZed4app_key900100foo13fooBar2foo_bar1sign_methodsha256timestamp1735689600000"


@pytest.mark.parametrize("where", ["query", "form", "both"])
def test_parameters_may_stand_in_the_query_the_form_or_both(seller: LazadaSeller, where: str) -> None:
    path, order = "/im/session/open", seller.orders()[0].order_sn
    given = seller.parameters(path, order_id=order)
    own = {"order_id": given["order_id"]}
    query, form = {
        "query": (given, {}),
        "form": ({}, given),
        "both": ({name: value for name, value in given.items() if name != "order_id"}, own),
    }[where]
    answer = seller.http.post(f"/rest{path}", params=query, data=form).json()
    assert answer["session_id"].startswith(f"{seller.shop.shop_id}_2_")


def test_empty_parameters_may_be_signed_or_left_out(seller: LazadaSeller) -> None:
    signed = seller.parameters("/orders/get", created_after="2020-01-01T00:00:00+08:00", status="")
    left_out = seller.parameters("/orders/get", created_after="2020-01-01T00:00:00+08:00") | {"status": ""}
    for given in (signed, left_out):
        assert seller.http.get("/rest/orders/get", params=given).json()["code"] == "0"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"app_key": None, "timestamp": None}, "MissingParameter"),
        ({"timestamp": None}, "MissingParameter"),
        ({"app_key": "1", "timestamp": "0"}, "InvalidAppKey"),
        ({"timestamp": "0"}, "IllegalTimestamp"),
        ({"timestamp": "now"}, "IllegalTimestamp"),
        ({"sign_method": "md5"}, "IncompleteSignature"),
        ({"access_token": None}, "MissingAccessToken"),
        ({"access_token": "50000other"}, "IllegalAccessToken"),
    ],
)
def test_checks_come_in_order_and_are_answered_with_200(
    seller: LazadaSeller, changed: dict[str, Any], code: str
) -> None:
    assert refusal(seller.get("/seller/get", changed=changed)) == code


def test_wrong_or_missing_signature_is_refused(seller: LazadaSeller) -> None:
    given = seller.parameters("/seller/get")
    wrong = given | {"sign": given["sign"].lower()}
    assert refusal(seller.http.get("/rest/seller/get", params=wrong)) == "IncompleteSignature"
    more = given | {"order_id": "1"}
    assert refusal(seller.http.get("/rest/seller/get", params=more)) == "IncompleteSignature"
    del given["sign"]
    assert refusal(seller.http.get("/rest/seller/get", params=given)) == "MissingParameter"


@pytest.mark.parametrize(("away", "code"), [(7200, "0"), (-7200, "0"), (7201, "Illegal"), (-7201, "Illegal")])
def test_timestamp_may_be_two_hours_off(seller: LazadaSeller, away: int, code: str) -> None:
    stamp = int((seller.clock() + away) * 1000)
    assert seller.get("/seller/get", changed={"timestamp": stamp}).json()["code"].startswith(code)


def test_clock_set_wrong_on_purpose_is_told_by_the_date(seller: LazadaSeller) -> None:
    seller.fault("clock_offset_s", value=8000)
    answer = seller.get("/seller/get")
    assert refusal(answer) == "IllegalTimestamp"
    assert answer.headers["date"] == "Thu, 01 Jan 2026 08:13:20 GMT"


def test_unknown_path_wrong_method_and_doubled_parameter_are_refused(seller: LazadaSeller) -> None:
    assert refusal(seller.get("/order/fulfil")) == "InvalidApiPath"
    assert refusal(seller.get("/im/message/send", session_id="x")) == "InvalidMethod"
    given = seller.parameters("/seller/get")
    doubled = seller.http.get("/rest/seller/get", params=[*given.items(), ("app_key", "1")])
    assert refusal(doubled) == "InvalidParameter"
    garbled = {"content-type": "multipart/form-data; boundary=x"}
    answer = seller.http.post("/rest/image/upload", params=given, content=b"--y", headers=garbled)
    assert refusal(answer) in ("InvalidParameter", "IncompleteSignature")


def test_each_app_has_its_own_calls_and_its_own_tokens(seller: LazadaSeller) -> None:
    order = seller.orders()[0].order_sn
    assert refusal(seller.get("/im/session/open", app="order", order_id=order)) == "InsufficientPermission"
    assert refusal(seller.get("/seller/get", app="chat")) == "InsufficientPermission"
    foreign = {"access_token": seller.apps["order"]["access_token"]}
    answer = seller.get("/im/session/open", order_id=order, changed=foreign)
    assert refusal(answer) == "IllegalAccessToken"


def test_shop_without_chat_permission_keeps_its_orders(seller: LazadaSeller) -> None:
    seller.connect(chat_allowed=False)
    order = seller.orders()[0].order_sn
    assert refusal(seller.get("/im/session/open", order_id=order)) == "InsufficientPermission"
    assert seller.get("/order/get", order_id=order).json()["code"] == "0"


def test_shop_that_is_not_open_yet_is_not_verified(seller: LazadaSeller) -> None:
    seller.connect(status="PENDING")
    assert refusal(seller.get("/seller/get")) == "SellerNotVerified"


@pytest.mark.parametrize("app", ["order", "chat"])
def test_seller_who_allows_is_sent_back_with_a_code_that_gives_tokens(seller: LazadaSeller, app: str) -> None:
    back = consent(seller, app)
    key = seller.apps[app]["app_key"]
    assert back["state"] == "s&1"
    assert back["code"].startswith(f"0_{key}_")
    tokens = create(seller, back["code"], app).json()
    assert (tokens["code"], tokens["expires_in"], tokens["refresh_expires_in"]) == ("0", 864_000, 4_320_000)
    assert (tokens["country"], tokens["account_platform"]) == ("my", "seller_center")
    assert tokens["country_user_info"] == [
        {"country": "my", "user_id": "200200", "seller_id": "200200", "short_code": "MYPG0200"}
    ]
    path, given = ("/seller/get", {}) if app == "order" else ("/im/session/list", {"start_time": 1})
    changed = {"access_token": tokens["access_token"]}
    assert seller.get(path, changed=changed, **given).json()["code"] == "0"


def test_seller_who_cancels_is_sent_back_without_a_code(seller: LazadaSeller) -> None:
    assert consent(seller, answer="cancel") == {"error": "access_denied", "state": "s&1"}


def test_consent_page_wants_a_known_app_and_the_declared_address(seller: LazadaSeller) -> None:
    assert "client_id" in consent(seller, client_id="1")
    seller.connect(callback="https://shop.example/back")
    assert consent(seller) == "redirect uri does not match the callback URL"
    assert "code" in consent(seller, redirect_uri="https://shop.example/back")


def test_consent_page_shows_only_the_countries_asked_for(seller: LazadaSeller) -> None:
    seller.world.add_shop("Kopi & Co Jakarta", "ID", marketplace="lazada")
    query = {"response_type": "code", "redirect_uri": BACK, "client_id": "900100", "country": "id,vn"}
    page = seller.http.get("/oauth/authorize", params=query).text
    assert "Jakarta" in page
    assert "MYPG0200" not in page


def test_code_is_good_once_for_its_own_app_for_half_an_hour(seller: LazadaSeller) -> None:
    code = consent(seller)["code"]
    assert refusal(create(seller, code, app="chat")) == "InvalidCode"
    assert create(seller, code).json()["code"] == "0"
    assert refusal(create(seller, code)) == "InvalidCode"
    late = consent(seller)["code"]
    seller.clock.now += 1800
    assert refusal(create(seller, late)) == "InvalidCode"
    assert refusal(seller.get("/auth/token/create")) == "MissingParameter"


def test_refresh_ends_the_old_pair_and_does_not_prolong_the_new_one(seller: LazadaSeller) -> None:
    seller.clock.now += DAY
    tokens = refresh(seller).json()
    assert tokens["refresh_expires_in"] == 49 * DAY
    assert "country_user_info_list" in tokens
    assert not works(seller)
    assert works(seller, tokens["access_token"])
    assert refusal(refresh(seller)) == "IllegalRefreshToken"
    assert refresh(seller, tokens["refresh_token"]).json()["code"] == "0"


def test_old_pair_may_be_left_alive_for_a_while(seller: LazadaSeller) -> None:
    seller.connect(after_refresh_s=300)
    tokens = refresh(seller).json()
    seller.clock.now += 299
    assert works(seller)
    assert refresh(seller).json()["code"] == "0"
    seller.clock.now += 1
    assert not works(seller)
    assert works(seller, tokens["access_token"])


def test_tokens_lapse_and_their_lives_can_be_shortened(seller: LazadaSeller) -> None:
    given = seller.connect(access_life_s=20, refresh_life_s=40)["order"]
    assert (given["expires_in"], given["refresh_expires_in"]) == (20, 40)
    seller.clock.now += 20
    assert refusal(seller.get("/seller/get")) == "IllegalAccessToken"
    assert refresh(seller).json()["code"] == "0"
    seller.connect()
    seller.clock.now += 40
    assert refusal(refresh(seller)) == "IllegalRefreshToken"


def test_refresh_token_of_the_other_app_is_refused(seller: LazadaSeller) -> None:
    chat = seller.apps["chat"]["refresh_token"]
    assert refusal(refresh(seller, chat)) == "IllegalRefreshToken"
    assert refresh(seller, chat, app="chat").json()["code"] == "0"


def test_tokens_of_one_app_can_be_made_to_lapse_or_be_taken_back(seller: LazadaSeller) -> None:
    order = seller.orders()[0].order_sn
    seller.fault("expire_tokens", path="/seller/get")
    assert refusal(seller.get("/seller/get")) == "IllegalAccessToken"
    assert seller.get("/im/session/open", order_id=order).json()["code"] == "0"
    assert refresh(seller).json()["code"] == "0"
    old = seller.apps
    seller.connect(revoke="chat")
    seller.apps = old
    assert refusal(seller.get("/im/session/open", order_id=order)) == "IllegalAccessToken"
    assert refusal(refresh(seller, app="chat")) == "IllegalRefreshToken"
    seller.fault("revoke", path="/auth/token/refresh")
    seller.connect()
    assert refusal(refresh(seller)) == "IllegalRefreshToken"


def test_seller_is_told_who_they_are(seller: LazadaSeller) -> None:
    data = seller.get("/seller/get").json()["data"]
    assert (data["seller_id"], data["name"], data["location"]) == (200200, "Kopi & Co", "MY")


def test_rate_limits_say_how_long_the_ban_lasts(seller: LazadaSeller) -> None:
    seller.fault("rate_limit", value=3, times=1)
    answer = seller.get("/seller/get")
    assert refusal(answer) == "ApiCallLimit"
    assert answer.json()["message"].endswith("this ban will last 3 seconds")
    seller.fault("requests_per_s", value=1)
    assert works(seller)
    assert refusal(seller.get("/seller/get")) == "SellerCallLimit"


@pytest.mark.parametrize(("code", "kind"), [("901", "ISP"), ("998", "ISP"), ("AppCallLimit", "ISV")])
def test_any_other_code_can_be_asked_for(seller: LazadaSeller, code: str, kind: str) -> None:
    seller.fault("error", error=code, message="Not now.")
    said = seller.get("/seller/get").json()
    assert (said["code"], said["type"], said["message"]) == (code, kind, "Not now.")


def test_line_breaks_here_as_everywhere(seller: LazadaSeller) -> None:
    seller.fault("non_json", status=502, times=1)
    answer = seller.get("/seller/get")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (502, "text/html")
    seller.fault("drop_before", times=1, path="/seller/get")
    with pytest.raises(httpx.RemoteProtocolError):
        seller.get("/seller/get")
    assert works(seller)


def test_scalars_may_come_in_quotes(seller: LazadaSeller) -> None:
    seller.fault("quoted_scalars")
    order = seller.orders()[0]
    said = seller.say(seller.session(order), "packed").json()
    assert (said["success"], said["data"]["template_id"]) == ("true", "1")
    assert create(seller, consent(seller)["code"]).json()["account_id"] is None
