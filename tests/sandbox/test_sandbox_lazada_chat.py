"""What Lazada's chat takes, refuses, hides and lists in the sandbox."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parcelguard.sandbox.lazada.apps import LazadaApps
from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.common import picture
from tests.support.sandbox.lazada import LazadaSeller, open_lazada, refusal

DAY = 86_400


@pytest.fixture
def seller() -> Iterator[LazadaSeller]:
    with open_lazada() as seller:
        yield seller


@pytest.fixture
def order(seller: LazadaSeller) -> Order:
    return seller.orders()[0]


@pytest.fixture
def session(seller: LazadaSeller, order: Order) -> str:
    return seller.session(order)


def uploaded(seller: LazadaSeller) -> Any:
    return seller.upload().json()["data"]["image"]["url"]


def transcript(seller: LazadaSeller) -> Any:
    return seller.http.get("/admin/transcript").json()


def test_order_opens_the_one_session_of_shop_and_buyer(seller: LazadaSeller, order: Order) -> None:
    other = seller.world.make_order(seller.shop, buyer=order.buyer)
    answer = seller.get("/im/session/open", order_id=order.order_sn).json()
    assert answer.keys() == {"code", "request_id", "session_id"}
    assert answer["session_id"] == f"200200_2_{order.buyer.user_id}_1_103" == seller.session(other)
    assert seller.post("/im/session/open", order_id=order.order_sn).json()["code"] == "0"


def test_text_and_pictures_are_accepted_and_counted_to_the_order(
    seller: LazadaSeller, order: Order, session: str
) -> None:
    data = picture(size=(400, 360))
    url = seller.upload(data).json()["data"]["image"]["url"]
    assert seller.http.get(url).content == data
    said = seller.say(session, f"Packed: {order.order_sn}").json()
    assert (said["success"], said["err_code"], said["err_message"]) == (True, "0", "SUCCESS")
    assert said["data"]["current_time"] == int(seller.clock() * 1000)
    photo = seller.send(session, 3, img_url=url, width=400, height=360).json()
    text, image = transcript(seller)
    assert (text["message_id"], text["text"]) == (said["data"]["message_id"], f"Packed: {order.order_sn}")
    assert (image["message_id"], image["message_type"]) == (photo["data"]["message_id"], "image")
    assert image["image_sha256"] == hashlib.sha256(data).hexdigest()
    for line in (text, image):
        assert (line["marketplace"], line["shop_id"], line["order_sn"]) == ("lazada", 200200, order.order_sn)


def test_messages_count_to_the_order_named_last(seller: LazadaSeller, order: Order, session: str) -> None:
    other = seller.world.make_order(seller.shop, buyer=order.buyer)
    seller.say(session, "hello")
    seller.session(other)
    seller.say(session, "again")
    seller.say(session, f"about {order.order_sn}")
    seller.send(session, 10007, order_id=other.order_sn)
    assert [line["order_sn"] for line in transcript(seller)] == [
        order.order_sn,
        other.order_sn,
        order.order_sn,
        other.order_sn,
    ]


@pytest.mark.parametrize(
    ("template", "given", "kept"),
    [
        (4, {"txt": "[happy]"}, {"txt": "[happy]", "imgUrl": "", "smallImgUrl": ""}),
        (6, {"video_id": "v1", "width": 4, "height": 3}, {"videoId": "v1", "width": "4", "height": "3"}),
        (10006, {"item_id": "7"}, {"itemId": "7"}),
        (10008, {"promotion_id": "8"}, {"promotionId": "8"}),
        (10010, {}, {}),
    ],
)
def test_other_kinds_are_kept_under_other_names(
    seller: LazadaSeller, session: str, template: int, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert seller.send(session, template, **given).json()["code"] == "0"
    message = seller.messages(session)["message_list"][0]
    assert (message["template_id"], json.loads(message["content"])) == (template, kept)


def test_message_needs_its_parameters(seller: LazadaSeller, order: Order, session: str) -> None:
    assert refusal(seller.send(session, 3, img_url="x", width=1)) == "MissingParameter"
    assert refusal(seller.send(session, 3, img_url=uploaded(seller), width="1.5", height=1)) == (
        "InvalidParameter"
    )
    assert refusal(seller.send(session, 1)) == "MissingParameter"
    assert refusal(seller.send(session, 2, txt="x")) == "InvalidParameter"
    assert refusal(seller.say("200200_2_1_1_103", "x")) == "PG_SIM_NO_SESSION"
    assert refusal(seller.say(session.replace("200200", "200201"), "x")) == "PG_SIM_NO_SESSION"
    assert refusal(seller.say(session, "x" * 501)) == "PG_SIM_TEXT_TOO_LONG"
    assert refusal(seller.send(session, 3, img_url="http://x/y", width=1, height=1)) == "PG_SIM_IMAGE"
    assert refusal(seller.send(session, 10007, order_id=seller.orders()[1].order_sn)) == "PG_SIM_ORDER"
    assert transcript(seller) == []


def test_sixth_message_without_an_answer_is_refused(seller: LazadaSeller, order: Order, session: str) -> None:
    url = uploaded(seller)
    for _ in range(5):
        assert seller.send(session, 3, img_url=url, width=400, height=360).json()["code"] == "0"
    assert refusal(seller.say(session, "one more")) == "PG_SIM_SESSION_QUOTA"
    seller.world.buyer_says(order.buyer.user_id, "thanks")
    assert seller.say(session, "one more").json()["code"] == "0"


def test_run_without_an_answer_is_forgotten_after_a_day(seller: LazadaSeller, session: str) -> None:
    for number in range(5):
        seller.say(session, f"text {number}")
    seller.clock.now += DAY
    assert seller.say(session, "next day").json()["code"] == "0"


@pytest.mark.parametrize("inside", [False, True])
def test_order_too_old_says_so_in_code_or_in_err_code(seller: LazadaSeller, inside: bool) -> None:
    order = seller.world.make_order(seller.shop, age_s=30 * DAY + 1)
    if inside:
        seller.fault("refusal_in_err_code")
    said = seller.get("/im/session/open", order_id=order.order_sn).json()
    assert said["err_code" if inside else "code"] == "-22"
    assert said["err_message" if inside else "message"] == "order out of day limit: 30"
    assert (said["code"] == "0") is inside


def test_order_without_a_buyer_of_another_shop_or_none_opens_nothing(
    seller: LazadaSeller, order: Order
) -> None:
    order.has_buyer_id = False
    foreign = seller.world.make_order(seller.world.add_shop("Other", "MY", marketplace="lazada"))
    for number in (order.order_sn, foreign.order_sn, "1"):
        assert refusal(seller.get("/im/session/open", order_id=number)) == "PG_SIM_NO_BUYER"


def test_buyer_who_blocked_is_not_written_to(seller: LazadaSeller, order: Order, session: str) -> None:
    order.buyer.blocked = "by_buyer"
    assert refusal(seller.say(session, "hi")) == "PG_SIM_BLOCKED"


def test_moderation_is_silent(seller: LazadaSeller, order: Order, session: str) -> None:
    assert seller.say(session, "pay at https://x.example").json()["success"] is True
    seller.say(session, "packed")
    fine, caught = seller.messages(session)["message_list"]
    assert (fine["process_msg"], bool(caught["process_msg"])) == ("", True)
    shown = seller.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()["chat"]["messages"]
    assert [message["text"] for message in shown] == ["packed"]
    assert [line["status"] for line in transcript(seller)] == ["blocked", "normal"]


def test_message_may_be_caught_later(seller: LazadaSeller, session: str) -> None:
    seller.fault("late_filter", value=60, times=1)
    seller.say(session, "packed")
    assert seller.messages(session)["message_list"][0]["process_msg"] == ""
    seller.clock.now += 60
    assert seller.messages(session)["message_list"][0]["process_msg"] != ""


def test_message_is_accepted_and_the_answer_never_comes(seller: LazadaSeller, session: str) -> None:
    seller.fault("timeout_after_accept", times=1)
    seller.http.timeout = httpx.Timeout(0.15)
    with pytest.raises(httpx.ReadTimeout):
        seller.say(session, "packed")
    assert [line["text"] for line in transcript(seller)] == ["packed"]


def test_coded_error_may_lie_about_a_message_that_went_through(seller: LazadaSeller, session: str) -> None:
    seller.fault("error", path="/im/message/send", error="ServiceTimeout", processed=True)
    answer = seller.say(session, "packed")
    assert (refusal(answer), answer.json()["type"]) == ("ServiceTimeout", "ISP")
    assert len(transcript(seller)) == 1


def test_answer_may_lack_the_message_id(seller: LazadaSeller, session: str) -> None:
    seller.fault("missing_message_id")
    assert "message_id" not in seller.say(session, "packed").json()["data"]


def test_message_may_be_listed_late(seller: LazadaSeller, session: str) -> None:
    seller.fault("list_delay_s", value=30, times=1)
    seller.say(session, "packed")
    assert seller.messages(session)["message_list"] == []
    seller.clock.now += 30
    assert len(seller.messages(session)["message_list"]) == 1


def test_messages_are_listed_backwards_page_by_page(seller: LazadaSeller, order: Order, session: str) -> None:
    seller.world.state_of(LazadaApps).rules.unanswered = 100
    for number in range(25):
        seller.say(session, f"text {number}")
        seller.clock.now += number % 2  # two share each moment
    first = seller.messages(session)
    assert (len(first["message_list"]), first["has_more"]) == (20, True)
    second = seller.messages(
        session, start_time=first["next_start_time"], last_message_id=first["last_message_id"]
    )
    assert (len(second["message_list"]), second["has_more"]) == (5, False)
    both = first["message_list"] + second["message_list"]
    texts = [json.loads(message["content"])["txt"] for message in both]
    assert texts == [f"text {number}" for number in reversed(range(25))]
    assert first.keys() == {"message_list", "has_more", "next_start_time", "last_message_id"}
    assert refusal(seller.get("/im/message/list", session_id=session, start_time=1, page_size=21)) == (
        "InvalidParameter"
    )


def test_start_time_is_the_upper_bound(seller: LazadaSeller, session: str) -> None:
    seller.say(session, "early")
    seller.clock.now += 10
    seller.say(session, "late")
    early = seller.messages(session, start_time=int((seller.clock() - 10) * 1000))["message_list"]
    assert [json.loads(message["content"])["txt"] for message in early] == ["early"]
    assert seller.messages(session, start_time=1)["next_start_time"] == 1


def test_message_read_back_says_who_wrote_it(seller: LazadaSeller, order: Order, session: str) -> None:
    url = uploaded(seller)
    seller.send(session, 3, img_url=url, width=400, height=360)
    seller.world.buyer_says(order.buyer.user_id, "terima kasih")
    answer, photo = seller.messages(session)["message_list"]
    buyer, shop = str(order.buyer.user_id), "200200"
    assert (answer["from_account_type"], answer["from_account_id"], answer["to_account_id"]) == (
        1,
        buyer,
        shop,
    )
    assert (photo["from_account_type"], photo["from_account_id"], photo["template_id"]) == (2, shop, 3)
    assert (photo["status"], photo["type"], photo["site_id"]) == (0, 1, "MY")
    content = {"imgUrl": url, "osskey": "", "width": 400, "height": 360}
    assert json.loads(photo["content"]) == content
    seller.fault("rewritten_urls")
    again = json.loads(seller.messages(session)["message_list"][1]["content"])
    assert again["imgUrl"] != url
    assert seller.http.get(again["imgUrl"]).status_code == 200


def test_message_can_be_taken_back_within_two_minutes(seller: LazadaSeller, session: str) -> None:
    early = seller.say(session, "typo").json()["data"]["message_id"]
    late = seller.say(session, "packed").json()["data"]["message_id"]
    assert seller.post("/im/message/recall", session_id=session, message_id=early).json()["success"] is True
    seller.clock.now += 121
    answer = seller.post("/im/message/recall", session_id=session, message_id=late)
    assert refusal(answer) == "PG_SIM_RECALL"
    assert [row["status"] for row in seller.messages(session)["message_list"]] == [0, 1]


def test_sessions_are_listed_newest_first_and_can_be_marked_as_read(seller: LazadaSeller) -> None:
    first, second = seller.orders()[:2]
    for order in (first, second):
        seller.say(seller.session(order), "packed")
        seller.clock.now += 1
    seller.world.buyer_says(first.buyer.user_id, "thanks")
    seller.clock.now += 1
    now = int(seller.clock() * 1000)
    page = seller.get("/im/session/list", start_time=now, page_size=1).json()["data"]
    newest = page["session_list"][0]
    assert (newest["buyer_id"], newest["summary"], newest["unread_count"]) == (
        str(first.buyer.user_id),
        "thanks",
        1,
    )
    assert (newest["title"], newest["site_id"], page["has_more"]) == (first.buyer.name, "MY", True)
    rest = seller.get(
        "/im/session/list", start_time=page["next_start_time"], last_session_id=page["last_session_id"]
    ).json()["data"]
    assert [row["buyer_id"] for row in rest["session_list"]] == [str(second.buyer.user_id)]
    session, last = newest["session_id"], newest["last_message_id"]
    read = seller.post("/im/session/read", session_id=session, last_read_message_id=last)
    assert read.json()["success"] is True
    seen = seller.get("/im/session/get", session_id=session).json()["data"]
    assert (seen["unread_count"], seen["self_position"]) == (0, newest["last_message_time"])
    wrong = seller.post("/im/session/read", session_id=session, last_read_message_id="1")
    assert refusal(wrong) == "PG_SIM_NO_MESSAGE"


def test_session_without_messages_can_be_looked_at_but_is_not_listed(
    seller: LazadaSeller, session: str
) -> None:
    data = seller.get("/im/session/get", session_id=session).json()["data"]
    assert (data["last_message_id"], data["last_message_time"], data["self_position"]) == ("", 0, 0)
    assert seller.get("/im/session/list", start_time=1).json()["data"]["session_list"] == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "30"),
        (b"hello", "302"),
        (picture("GIF", (400, 400)), "302"),
        (picture(size=(329, 400)), "302"),
        (picture("PNG", (400, 5001)), "302"),
        (picture(size=(400, 400)) + bytes(1024 * 1024), "303"),
    ],
)
def test_image_that_does_not_fit_is_refused(seller: LazadaSeller, data: bytes, code: str) -> None:
    assert refusal(seller.upload(data)) == code


def test_upload_needs_the_right_field(seller: LazadaSeller) -> None:
    assert refusal(seller.upload(field="file")) == "MissingParameter"


def test_chat_app_uploads_only_if_it_may(seller: LazadaSeller, session: str) -> None:
    assert refusal(seller.upload(app="chat")) == "InsufficientPermission"
    seller.connect(chat_may_upload=True)
    url = seller.upload(app="chat").json()["data"]["image"]["url"]
    assert seller.send(session, 3, img_url=url, width=400, height=360).json()["code"] == "0"
