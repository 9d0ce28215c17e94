"""What the sandbox's chat takes, refuses and lists."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from parcelguard.sandbox.shopee.state import ShopeeState, connect_shop
from parcelguard.sandbox.shopee.wire import MAX_BYTES
from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.common import picture
from tests.support.sandbox.shopee import ShopeeSeller, open_shop, refusal, say, uploaded

DAY = 86_400


@pytest.fixture
def seller() -> Iterator[ShopeeSeller]:
    with open_shop() as seller:
        yield seller


@pytest.fixture
def order(seller: ShopeeSeller) -> Order:
    return seller.orders()[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_uploaded_image_is_served_and_measured(seller: ShopeeSeller, order: Order, kind: str) -> None:
    data = picture(kind)
    said = seller.upload(data, media_type=f"image/{kind.lower()}").json()["response"]
    assert said["thumbnail"] == said["url"] + "_tn"
    assert seller.http.get(said["url"]).content == data
    assert seller.http.get(said["thumbnail"]).headers["content-type"] == f"image/{kind.lower()}"
    seller.send(order, "image", image_url=said["url"])
    line = seller.http.get("/admin/transcript").json()[0]
    assert (line["width"], line["height"], line["bytes"]) == (64, 48, len(data))
    assert line["image_sha256"] == hashlib.sha256(data).hexdigest()


def test_image_larger_than_two_megabytes_is_refused(seller: ShopeeSeller) -> None:
    data = picture()
    assert refusal(seller.upload(data + bytes(MAX_BYTES - len(data) + 1))) == "error_param"
    assert seller.upload(data + bytes(MAX_BYTES - len(data))).json()["error"] == ""


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\x89PNG\r\n"]
)
def test_file_that_only_claims_to_be_an_image_is_refused(seller: ShopeeSeller, data: bytes) -> None:
    assert refusal(seller.upload(data)) == "error_param"


def test_upload_needs_the_right_field_a_name_and_an_image_type(seller: ShopeeSeller) -> None:
    assert refusal(seller.upload(picture(), field="image")) == "error_param"
    assert refusal(seller.upload(picture(), media_type="text/plain")) == "error_param"
    assert refusal(seller.post("sellerchat/upload_image", {"file": "x"})) == "error_param"


def test_three_photos_a_text_and_a_card_are_all_the_run_allows(seller: ShopeeSeller, order: Order) -> None:
    url = uploaded(seller)
    assert seller.send(order, "order", first=False, order_sn=order.order_sn).json()["error"] == ""
    for _ in range(3):
        assert seller.send(order, "image", image_url=url).json()["error"] == ""
    assert say(seller, order, "one").json()["error"] == ""
    assert refusal(say(seller, order, "two")) == "reach_5_message_limit"
    seller.world.buyer_says(order.buyer.user_id, "thanks")
    assert say(seller, order, "two").json()["error"] == ""


def test_answer_to_a_send_has_the_published_shape(seller: ShopeeSeller, order: Order) -> None:
    url = uploaded(seller)
    said = seller.send(order, "image", image_url=url).json()["response"]
    assert said.keys() == {
        "message_id",
        "to_id",
        "message_type",
        "content",
        "conversation_id",
        "created_timestamp",
        "region",
        "message_option",
    }
    assert said["content"]["url"] == url
    assert len(said["message_id"]) == len(said["conversation_id"]) == 19


def test_first_message_must_say_which_order_it_is_about(seller: ShopeeSeller, order: Order) -> None:
    assert refusal(say(seller, order, "hi", source_content=None)) == "first_chat_without_order_info"
    assert refusal(say(seller, order, "hi", source_content={})) == "first_chat_without_order_info"
    assert say(seller, order, "hi").json()["error"] == ""
    assert say(seller, order, "more", source_content=None).json()["error"] == ""


def test_order_card_opens_a_conversation(seller: ShopeeSeller, order: Order) -> None:
    seller.send(order, "order", first=False, order_sn=order.order_sn)
    assert say(seller, order, "hi", source_content=None).json()["error"] == ""


def test_another_buyers_order_is_a_wrong_parameter(seller: ShopeeSeller, order: Order) -> None:
    other = seller.orders()[1]
    assert refusal(say(seller, order, "hi", source_content={"order_sn": other.order_sn})) == "param_error"
    assert refusal(seller.send(order, "order", first=False, order_sn=other.order_sn)) == "param_error"


def test_buyer_without_recent_contact_is_forbidden(seller: ShopeeSeller, order: Order) -> None:
    seller.clock.now += 30 * DAY
    seller.token = connect_shop(seller.world, seller.shop).access_token
    assert refusal(say(seller, order, "hi")) == "user_is_forbidden"
    seller.http.post(f"/admin/buyers/{order.buyer.user_id}", json={"open_return": True})
    assert say(seller, order, "hi").json()["error"] == ""


def test_buyer_who_wrote_this_week_may_be_answered(seller: ShopeeSeller, order: Order) -> None:
    seller.clock.now += 30 * DAY
    seller.world.buyer_says(order.buyer.user_id, "where is it?")
    seller.token = connect_shop(seller.world, seller.shop).access_token
    assert say(seller, order, "hi").json()["error"] == ""
    seller.clock.now += 7 * DAY
    seller.token = connect_shop(seller.world, seller.shop).access_token
    assert refusal(say(seller, order, "hello?")) == "user_is_forbidden"


def test_stranger_is_forbidden(seller: ShopeeSeller, order: Order) -> None:
    assert refusal(say(seller, order, "hi", to_id=1)) == "user_is_forbidden"


@pytest.mark.parametrize(
    ("blocked", "error"), [("by_buyer", "error_blocked"), ("by_shop", "error_sender_block_receiver")]
)
def test_blocked_conversation_is_refused(
    seller: ShopeeSeller, order: Order, blocked: str, error: str
) -> None:
    seller.http.post(f"/admin/buyers/{order.buyer.user_id}", json={"blocked": blocked})
    assert refusal(say(seller, order, "hi")) == error


def test_same_text_again_is_refused_for_a_day(seller: ShopeeSeller, order: Order) -> None:
    say(seller, order, "packed")
    assert refusal(say(seller, order, "packed")) == "error_business"
    assert say(seller, seller.orders()[1], "packed").json()["error"] == ""
    seller.clock.now += DAY
    seller.token = connect_shop(seller.world, seller.shop).access_token
    assert say(seller, order, "packed").json()["error"] == ""


def test_same_photo_again_is_refused_where_the_rule_covers_it(seller: ShopeeSeller, order: Order) -> None:
    seller.send(order, "image", image_url=uploaded(seller))
    assert seller.send(order, "image", image_url=uploaded(seller)).json()["error"] == ""
    seller.world.state_of(ShopeeState).rules.same_image_counts = True
    assert refusal(seller.send(order, "image", image_url=uploaded(seller))) == "error_business"


def test_text_may_have_six_hundred_characters(seller: ShopeeSeller, order: Order) -> None:
    assert refusal(say(seller, order, "é" * 601)) == "message_too_long"
    assert say(seller, order, "é" * 600).json()["error"] == ""


@pytest.mark.parametrize("text", ["Add us on WhatsApp", "see https://x.example"])
def test_banned_words_are_censored(seller: ShopeeSeller, order: Order, text: str) -> None:
    assert refusal(say(seller, order, text)) == "message_is_censored"


def test_banned_picture_is_censored(seller: ShopeeSeller, order: Order) -> None:
    url = uploaded(seller, picture(size=(666, 666)))
    assert refusal(seller.send(order, "image", image_url=url)) == "message_is_censored"


@pytest.mark.parametrize(
    "changed",
    [
        {"to_id": None},
        {"to_id": "310045566"},
        {"to_id": True},
        {"content": None},
        {"content": "hi"},
        {"content": {}},
        {"content": {"text": 5}},
        {"message_type": "smoke"},
        {"message_type": "image"},
        {"message_type": "image", "content": {"image_url": "https://elsewhere.example/file/1"}},
        {"message_type": "sticker", "content": {"sticker_id": "1"}},
        {"source_content": "order"},
        {"source_type": "item"},
        {"business_type": 7},
        {"business_type": 11},
        {"conversation_id": "1300000000000000777"},
    ],
)
def test_wrong_body_is_refused_and_leaves_no_trace(
    seller: ShopeeSeller, order: Order, changed: dict[str, Any]
) -> None:
    assert refusal(say(seller, order, "hi", **changed)) == "param_error"
    assert seller.http.get("/admin/transcript").json() == []


def test_permission_is_judged_before_the_message(seller: ShopeeSeller, order: Order) -> None:
    order.buyer.blocked = "by_buyer"
    assert refusal(say(seller, order, "hi", message_type="smoke")) == "error_blocked"
    assert refusal(say(seller, order, "hi", content="hi")) == "param_error"


def test_shop_without_chat_permission_is_told_so(seller: ShopeeSeller) -> None:
    seller.http.post("/admin/seller", json={"chat_allowed": False})
    answer = seller.get("sellerchat/get_unread_conversation_count")
    assert (answer.status_code, answer.json()["error"]) == (403, "error_permission")
    assert seller.get("shop/get_shop_info").json()["error"] == ""


def test_messages_are_listed_newest_first_and_page_by_page(seller: ShopeeSeller, order: Order) -> None:
    sent = [say(seller, order, f"text {n}").json()["response"] for n in range(3)]
    talk = sent[0]["conversation_id"]
    seller.world.buyer_says(order.buyer.user_id, "ok")
    answer = seller.get("sellerchat/get_message", conversation_id=talk, page_size=3).json()["response"]
    assert [message["content"]["text"] for message in answer["messages"]] == ["ok", "text 2", "text 1"]
    offset = answer["page_result"]["next_offset"]
    assert [m["content"]["text"] for m in seller.messages(talk, offset=offset)] == ["text 0"]


def test_own_messages_are_known_by_the_shops_id(seller: ShopeeSeller) -> None:
    order = next(order for order in seller.orders() if order.buyer.shop_id)
    talk = say(seller, order, "hi").json()["response"]["conversation_id"]
    seller.world.buyer_says(order.buyer.user_id, "ok")
    theirs, ours = seller.messages(talk)
    assert (ours["from_shop_id"], ours["from_id"]) == (seller.shop.shop_id, seller.shop.user_id)
    assert theirs["from_shop_id"] == order.buyer.shop_id != 0
    assert (ours["source"], ours["status"]) == ("openapi", "normal")
    assert ours["source_content"] == {"order_sn": order.order_sn}


def test_filtering_by_message_ids_is_a_wrong_parameter(seller: ShopeeSeller, order: Order) -> None:
    talk = say(seller, order, "hi").json()["response"]["conversation_id"]
    answer = seller.get("sellerchat/get_message", conversation_id=talk, message_id_list="1")
    assert refusal(answer) == "param_error"


def test_another_shops_conversation_cannot_be_read(seller: ShopeeSeller, order: Order) -> None:
    talk = say(seller, order, "hi").json()["response"]["conversation_id"]
    seller.shop = seller.world.add_shop("Other", marketplace="shopee")
    seller.token = connect_shop(seller.world, seller.shop).access_token
    assert refusal(seller.get("sellerchat/get_one_conversation", conversation_id=talk)) == "param_error"


def conversations(seller: ShopeeSeller, direction: str, **query: Any) -> Any:
    answer = seller.get("sellerchat/get_conversation_list", direction=direction, **query).json()["response"]
    names = [talk["to_name"] for talk in answer["conversations"]]
    return names, answer["page_result"]


def test_older_starts_at_the_newest_and_latest_at_the_oldest(seller: ShopeeSeller) -> None:
    for order in seller.orders():
        say(seller, order, "hi")
        seller.clock.now += 1
    names = [order.buyer.name for order in seller.orders()]
    assert conversations(seller, "older")[0] == names[::-1]
    assert conversations(seller, "latest")[0] == names
    first, result = conversations(seller, "older", page_size=3)
    cursor = result["next_cursor"]["next_message_time_nano"]
    assert (first, result["more"]) == (names[:0:-1], True)
    assert conversations(seller, "older", next_timestamp_nano=cursor)[0] == names[:1]
    assert conversations(seller, "latest", next_timestamp_nano=cursor)[0] == names[2:]


def test_conversation_pages_of_sixty_come_back_empty(seller: ShopeeSeller, order: Order) -> None:
    say(seller, order, "hi")
    assert conversations(seller, "older", page_size=60)[0] == []
    assert refusal(seller.get("sellerchat/get_conversation_list")) == "error_param"


def test_conversation_tells_what_is_unread_and_what_the_buyer_has_read(
    seller: ShopeeSeller, order: Order
) -> None:
    sent = say(seller, order, "hi").json()["response"]
    one = seller.get("sellerchat/get_one_conversation", conversation_id=sent["conversation_id"])
    talk = one.json()["response"]
    assert (talk["opposite_last_read_msg_id"], talk["opposite_last_deliver_msg_id"]) == (
        "0",
        sent["message_id"],
    )
    seller.http.get("/buyer/data", params={"buyer": order.buyer.user_id})
    one = seller.get("sellerchat/get_one_conversation", conversation_id=sent["conversation_id"])
    assert one.json()["response"]["opposite_last_read_msg_id"] == sent["message_id"]
    assert conversations(seller, "older", type="unread")[0] == []
    seller.world.buyer_says(order.buyer.user_id, "ok")
    count = seller.get("sellerchat/get_unread_conversation_count").json()["response"]
    assert count == {"total_unread_count": 1}
    seller.post("sellerchat/read_conversation", {"conversation_id": sent["conversation_id"]})
    count = seller.get("sellerchat/get_unread_conversation_count").json()["response"]
    assert count == {"total_unread_count": 0}


def test_message_can_be_taken_back_only_where_the_country_allows(seller: ShopeeSeller, order: Order) -> None:
    sent = say(seller, order, "hi").json()["response"]
    body = {"message_id": sent["message_id"], "message_type": "text"}
    assert refusal(seller.post("sellerchat/delete_message", body)) == "error_business"
    seller.http.post("/admin/seller", json={"region": "SG"})
    assert seller.post("sellerchat/delete_message", body).json()["error"] == ""
    assert seller.messages(sent["conversation_id"]) == []
    assert seller.http.get("/admin/transcript").json()[0]["status"] == "recalled"


def test_two_sends_at_once_are_both_kept_apart_and_in_one_order(seller: ShopeeSeller) -> None:
    orders = seller.orders()[:2]
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda order: say(seller, order, "hi").json()["response"], orders))
    lines = seller.http.get("/admin/transcript").json()
    assert [line["n"] for line in lines] == [1, 2]
    assert {line["message_id"] for line in lines} == {answer["message_id"] for answer in answers}
    assert {line["buyer"] for line in lines} == {order.buyer.name for order in orders}


def test_the_fifth_and_sixth_message_at_once_cannot_both_pass(seller: ShopeeSeller, order: Order) -> None:
    for n in range(4):
        say(seller, order, f"text {n}")
    with ThreadPoolExecutor(2) as both:
        errors = list(both.map(lambda text: say(seller, order, text).json()["error"], ["a", "b"]))
    assert sorted(errors) == ["", "reach_5_message_limit"]
