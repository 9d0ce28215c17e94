"""Each fault switch does what it says, where and as often as it says."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.common import picture
from tests.support.sandbox.shopee import ShopeeSeller, open_shop, refusal, say

SEND = "sellerchat/send_message"


@pytest.fixture
def seller() -> Iterator[ShopeeSeller]:
    with open_shop() as seller:
        yield seller


@pytest.fixture
def order(seller: ShopeeSeller) -> Order:
    return seller.orders()[0]


def accepted(seller: ShopeeSeller) -> Any:
    return [line.get("text") for line in seller.http.get("/admin/transcript").json()]


def shop_info(seller: ShopeeSeller) -> httpx.Response:
    return seller.get("shop/get_shop_info")


def test_faults_strike_only_their_path_after_some_and_so_often(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("error", path=SEND, after=1, times=2, error="system_busy", message="Busy.")
    assert shop_info(seller).json()["error"] == ""
    errors = [say(seller, order, f"text {n}").json()["error"] for n in range(4)]
    assert errors == ["", "system_busy", "system_busy", ""]
    assert accepted(seller) == ["text 0", "text 3"]


def test_switches_are_listed_with_their_counts_and_cleared(seller: ShopeeSeller) -> None:
    seller.fault("latency_s", value=0.0)
    seller.fault("all_200")
    shop_info(seller)
    rows = seller.http.get("/admin/faults").json()
    assert [(row["kind"], row["used"]) for row in rows] == [("latency_s", 1), ("all_200", 0)]
    rows = seller.http.delete(f"/admin/faults/{rows[0]['id']}").json()
    assert [row["kind"] for row in rows] == ["all_200"]
    assert seller.http.delete("/admin/faults").json() == []


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"kind": "smoke"},
        {"kind": "latency_s", "value": "long"},
        {"kind": "status_5xx", "value": True},
        {"kind": "error", "typo": 1},
        {"kind": "error", "times": "often"},
        {"kind": "null_fields"},
    ],
)
def test_switch_that_cannot_be_set_says_why(seller: ShopeeSeller, wish: dict[str, Any]) -> None:
    answer = seller.http.post("/admin/faults", json=wish)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_latency_comes_before_the_answer(seller: ShopeeSeller) -> None:
    seller.fault("latency_s", value=30)
    with pytest.raises(httpx.ReadTimeout):
        seller.http.get("/api/v2/shop/get_shop_info", params=seller.common("/x"), timeout=0.1)


def test_message_is_accepted_and_the_answer_never_comes(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("timeout_after_accept", times=1)
    seller.http.timeout = httpx.Timeout(0.15)
    with pytest.raises(httpx.ReadTimeout):
        say(seller, order, "packed")
    assert accepted(seller) == ["packed"]
    assert refusal(say(seller, order, "packed")) == "error_business"


def test_message_is_accepted_and_the_line_drops_after_a_while(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("timeout_after_accept", value=0.05)
    with pytest.raises(httpx.RemoteProtocolError):
        say(seller, order, "packed")
    assert accepted(seller) == ["packed"]


def test_line_dropped_before_leaves_nothing_behind(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("drop_before", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        say(seller, order, "packed")
    assert accepted(seller) == []
    assert say(seller, order, "packed").json()["error"] == ""


def test_line_dropped_after_leaves_the_message(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("drop_after", times=1, path=SEND)
    with pytest.raises(httpx.RemoteProtocolError):
        say(seller, order, "packed")
    assert accepted(seller) == ["packed"]


@pytest.mark.parametrize("processed", [False, True])
def test_server_trouble_may_strike_before_or_after(
    seller: ShopeeSeller, order: Order, processed: bool
) -> None:
    seller.fault("status_5xx", value=502, processed=processed, times=1)
    answer = say(seller, order, "packed")
    assert (answer.status_code, answer.text) == (502, "upstream connect error or disconnect")
    assert accepted(seller) == (["packed"] if processed else [])


def test_answer_may_be_a_web_page(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("non_json", times=1)
    answer = say(seller, order, "packed")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_coded_error_may_lie_about_a_message_that_went_through(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("error", path=SEND, processed=True, status=500)
    answer = say(seller, order, "packed")
    assert (answer.status_code, refusal(answer)) == (500, "error_server")
    assert accepted(seller) == ["packed"]


def test_wrong_signature_is_still_found_first(seller: ShopeeSeller) -> None:
    seller.fault("error")
    assert refusal(seller.get("shop/get_shop_info", changed={"sign": "0"})) == "error_sign"


def test_message_id_may_be_missing(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("missing_message_id", times=1)
    said = say(seller, order, "packed").json()
    assert said["error"] == ""
    assert "message_id" not in said["response"]
    assert said["response"]["conversation_id"]


def test_ids_may_be_numbers(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("numeric_ids")
    said = say(seller, order, "packed").json()["response"]
    assert isinstance(said["message_id"], int)
    message = seller.messages(said["conversation_id"])[0]
    assert (message["message_id"], message["conversation_id"]) == (
        said["message_id"],
        said["conversation_id"],
    )


def test_chat_may_answer_491(seller: ShopeeSeller) -> None:
    seller.fault("http_491")
    answer = seller.get("sellerchat/get_unread_conversation_count")
    assert (answer.status_code, answer.json()["error"]) == (491, "error_permission")
    assert shop_info(seller).status_code == 200


def test_rate_limit_tells_when_to_come_back(seller: ShopeeSeller) -> None:
    seller.fault("rate_limit", value=7, times=1)
    answer = shop_info(seller)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert refusal(answer) == "error_rate_limit"
    seller.fault("rate_limit", status=200, times=1)
    answer = shop_info(seller)
    assert (answer.status_code, refusal(answer)) == (200, "error_rate_limit")


def test_requests_per_second_are_counted(seller: ShopeeSeller) -> None:
    seller.fault("requests_per_s", value=2)
    assert [shop_info(seller).status_code for _ in range(3)] == [200, 200, 429]
    seller.clock.now += 1
    assert shop_info(seller).status_code == 200


def test_sends_per_minute_are_counted(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("sends_per_minute", value=2)
    errors = [say(seller, order, f"text {n}").json()["error"] for n in range(3)]
    assert errors == ["", "", "exceed_send_limitaion"]


@pytest.mark.parametrize("status", ["blocked", "censored_blacklist"])
def test_filter_strikes_late_and_hides_the_message_from_the_buyer(
    seller: ShopeeSeller, order: Order, status: str
) -> None:
    seller.fault("late_filter", value=600, times=1, status_text=status)
    talk = say(seller, order, "packed").json()["response"]["conversation_id"]

    def on_screen() -> Any:
        data = seller.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()
        return [message["text"] for message in data["chat"]["messages"]]

    assert (seller.messages(talk)[0]["status"], on_screen()) == ("normal", ["packed"])
    seller.http.post("/admin/clock", json={"advance_s": 600})
    assert (seller.messages(talk)[0]["status"], on_screen()) == (status, [])
    assert seller.http.get("/admin/transcript").json()[0]["status"] == status


def test_message_may_be_listed_late(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("list_delay_s", value=30)
    talk = say(seller, order, "packed").json()["response"]["conversation_id"]
    assert seller.messages(talk) == []
    listing = seller.get("sellerchat/get_conversation_list", direction="older").json()["response"]
    assert listing["conversations"] == []
    seller.clock.now += 30
    assert len(seller.messages(talk)) == 1


def test_tracking_numbers_may_be_missing(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("empty_tracking")
    number = order.packages[0].package_number
    single = seller.get("logistics/get_tracking_number", order_sn=order.order_sn).json()["response"]
    package = seller.get("order/get_package_detail", package_number_list=number).json()["response"]
    assert single["tracking_number"] == package["package_list"][0]["tracking_number"] == ""


def test_tokens_may_lapse_in_the_middle(seller: ShopeeSeller) -> None:
    seller.fault("expire_tokens", after=1)
    assert shop_info(seller).json()["error"] == ""
    assert refusal(shop_info(seller)) == "invalid_acceess_token"
    body = {
        "refresh_token": seller.grant.refresh_token,
        "partner_id": seller.world.state_of(ShopeeState).partner.partner_id,
        "shop_id": seller.shop.shop_id,
    }
    seller.token = seller.post("auth/access_token/get", body, public=True).json()["access_token"]
    assert shop_info(seller).json()["error"] == ""


def test_every_refusal_may_come_with_status_200(seller: ShopeeSeller) -> None:
    seller.fault("all_200")
    answer = seller.get("shop/get_shop_info", changed={"sign": "0"})
    assert (answer.status_code, refusal(answer)) == (200, "error_sign")


def test_servers_clock_may_be_off_and_date_shows_it(seller: ShopeeSeller) -> None:
    seller.fault("clock_offset_s", value=-3600)
    answer = shop_info(seller)
    assert answer.json()["message"] == "Timestamp is expired."
    assert answer.headers["date"] == "Thu, 01 Jan 2026 05:00:00 GMT"
    seller.http.delete("/admin/faults")
    assert shop_info(seller).json()["error"] == ""


def test_time_can_be_moved_on_without_breaking_signatures(seller: ShopeeSeller) -> None:
    seller.http.post("/admin/clock", json={"advance_s": 14400})
    assert refusal(shop_info(seller)) == "invalid_acceess_token"


def test_only_an_order_card_may_open_a_conversation(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("order_card_first_only")
    assert refusal(say(seller, order, "hi")) == "first_chat_without_order_info"
    assert seller.send(order, "order", order_sn=order.order_sn).json()["error"] == ""
    assert say(seller, order, "hi").json()["error"] == ""


def test_order_context_may_be_refused(seller: ShopeeSeller, order: Order) -> None:
    seller.fault("refuse_source_content")
    assert refusal(say(seller, order, "hi")) == "param_error"


def test_uploads_can_fail_alone(seller: ShopeeSeller) -> None:
    seller.fault("error", path="upload_image", times=1)
    assert refusal(seller.upload(picture())) == "error_server"
    assert seller.upload(picture()).json()["error"] == ""
