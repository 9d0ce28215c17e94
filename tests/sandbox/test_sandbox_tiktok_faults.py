"""Each fault switch means at TikTok Shop what it means at the other marketplaces."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.tiktok import ORDERS, SHOPS, TALKS, TikTokSeller, data, open_shop, refusal


@pytest.fixture
def seller() -> Iterator[TikTokSeller]:
    with open_shop() as seller:
        yield seller


@pytest.fixture
def order(seller: TikTokSeller) -> Order:
    return seller.orders()[0]


@pytest.fixture
def talk(seller: TikTokSeller, order: Order) -> str:
    return seller.open_talk(order)


def accepted(seller: TikTokSeller) -> Any:
    return [line.get("text") for line in seller.http.get("/admin/transcript").json()]


def shops(seller: TikTokSeller) -> httpx.Response:
    return seller.get(SHOPS, shop_cipher=None)


def test_message_is_accepted_and_the_answer_never_comes(seller: TikTokSeller, talk: str) -> None:
    seller.fault("timeout_after_accept", times=1)
    assert seller.messages(talk) == []
    seller.http.timeout = httpx.Timeout(0.15)
    with pytest.raises(httpx.ReadTimeout):
        seller.say(talk, "packed")
    seller.http.timeout = httpx.Timeout(5)
    assert accepted(seller) == ["packed"]
    assert len(seller.messages(talk)) == 1


@pytest.mark.parametrize(("kind", "left"), [("drop_before", []), ("drop_after", ["packed"])])
def test_line_drops_before_or_after(seller: TikTokSeller, talk: str, kind: str, left: list[Any]) -> None:
    seller.fault(kind, path="/messages", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        seller.say(talk, "packed")
    assert accepted(seller) == left


@pytest.mark.parametrize("processed", [False, True])
def test_server_trouble_and_web_pages_may_strike_before_or_after(
    seller: TikTokSeller, talk: str, processed: bool
) -> None:
    seller.fault("status_5xx", value=504, processed=processed, times=1, path="/messages")
    assert seller.say(talk, "one").status_code == 504
    seller.fault("non_json", processed=processed, times=1, path="/messages")
    assert seller.say(talk, "two").headers["content-type"].startswith("text/html")
    assert accepted(seller) == (["one", "two"] if processed else [])


@pytest.mark.parametrize("processed", [False, True])
def test_coded_error_may_lie_about_a_message_that_went_through(
    seller: TikTokSeller, talk: str, processed: bool
) -> None:
    seller.fault("error", error="45101001", path="/messages", processed=processed, times=1)
    assert refusal(seller.say(talk, "packed")) == 45101001
    assert accepted(seller) == (["packed"] if processed else [])


def test_error_without_a_code_of_the_platform_is_an_internal_one(seller: TikTokSeller) -> None:
    seller.fault("error", status=500)
    answer = shops(seller)
    assert (answer.status_code, refusal(answer)) == (500, 36009003)


def test_wrong_signature_is_still_found_first(seller: TikTokSeller) -> None:
    seller.fault("error")
    assert refusal(seller.get(SHOPS, shop_cipher=None, changed={"sign": "0"})) == 106001


@pytest.mark.parametrize(("seconds", "header"), [(7, "7"), (0, None)])
def test_rate_limit_may_tell_when_to_come_back(
    seller: TikTokSeller, talk: str, seconds: int, header: str | None
) -> None:
    seller.fault("rate_limit", value=seconds, times=1, path="/messages")
    answer = seller.say(talk, "packed")
    assert (answer.status_code, refusal(answer)) == (429, 36009002)
    assert answer.headers.get("retry-after") == header
    assert accepted(seller) == []


def test_requests_per_second_and_sends_per_minute_are_counted(seller: TikTokSeller, talk: str) -> None:
    seller.clock.now += 1
    seller.fault("requests_per_s", value=2)
    assert [shops(seller).status_code for _ in range(3)] == [200, 200, 429]
    seller.http.delete("/admin/faults")
    seller.fault("sends_per_minute", value=2)
    assert [seller.say(talk, str(number)).json()["code"] for number in range(3)] == [0, 0, 36009002]


def test_token_calls_have_their_limits_too(seller: TikTokSeller) -> None:
    seller.fault("rate_limit", value=3, path="/token/")
    answer = seller.http.get("/api/v2/token/refresh")
    assert (answer.status_code, answer.headers["retry-after"], refusal(answer)) == (429, "3", 36009002)


def test_filter_strikes_late_and_hides_the_message_from_the_buyer(
    seller: TikTokSeller, order: Order, talk: str
) -> None:
    seller.fault("late_filter", value=600, times=1)
    data(seller.say(talk, "packed"))

    def on_screen() -> Any:
        answer = seller.http.get("/buyer/data", params={"buyer": order.buyer.user_id})
        return [message["text"] for message in answer.json()["chat"]["messages"]]

    assert (seller.messages(talk)[0]["is_visible"], on_screen()) == (True, ["packed"])
    seller.http.post("/admin/clock", json={"advance_s": 600})
    assert (seller.messages(talk)[0]["is_visible"], on_screen()) == (False, [])
    assert seller.http.get("/admin/transcript").json()[0]["status"] == "blocked"


def test_message_may_be_listed_late(seller: TikTokSeller, talk: str) -> None:
    seller.fault("list_delay_s", value=30)
    data(seller.say(talk, "packed"))
    assert seller.messages(talk) == []
    assert data(seller.get(TALKS, page_size=1))["conversations"][0]["latest_message"] == {}
    seller.clock.now += 30
    assert len(seller.messages(talk)) == 1


def test_message_id_may_be_missing_or_a_number(seller: TikTokSeller, talk: str) -> None:
    seller.fault("missing_message_id", times=1)
    assert data(seller.say(talk, "one")) == {}
    seller.fault("numeric_ids")
    number = data(seller.say(talk, "two"))["message_id"]
    assert isinstance(number, int)
    assert seller.messages(talk)[0]["id"] == number


def test_clock_of_the_marketplace_may_be_off(seller: TikTokSeller) -> None:
    seller.fault("clock_offset_s", value=600)
    answer = shops(seller)
    assert refusal(answer) == 36009004
    assert answer.headers["date"] == "Thu, 01 Jan 2026 06:10:00 GMT"


def test_every_refusal_may_come_with_status_200(seller: TikTokSeller) -> None:
    seller.fault("all_200")
    answer = seller.get(ORDERS, ids="1", shop_cipher=None)
    assert (answer.status_code, refusal(answer)) == (200, 106013)


def test_requests_are_counted_by_path_and_code(seller: TikTokSeller) -> None:
    shops(seller)
    seller.get(SHOPS)
    counted = seller.http.get("/admin/requests").json()["by_path"][SHOPS]
    assert counted == {"count": 2, "errors": {"": 1, "36009004": 1}}
