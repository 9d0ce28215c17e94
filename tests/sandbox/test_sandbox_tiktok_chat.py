"""What TikTok Shop's customer service in the sandbox takes, refuses and lists."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parcelguard.sandbox.tiktok.wire import MAX_UPLOAD
from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.common import picture
from tests.support.sandbox.tiktok import ORDERS, TALKS, TikTokSeller, data, open_shop, refusal

DAY = 86_400
SETTINGS = "/customer_service/202309/agents/settings"
PERFORMANCE = "/customer_service/202407/performance"


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


def transcript(seller: TikTokSeller) -> Any:
    return seller.http.get("/admin/transcript").json()


def image(seller: TikTokSeller, talk: str, **changed: Any) -> httpx.Response:
    given = data(seller.upload(picture())) | changed
    return seller.send(talk, "IMAGE", **given)


def user_of(seller: TikTokSeller, order: Order) -> Any:
    return data(seller.get(ORDERS, ids=order.order_sn))["orders"][0]["user_id"]


def test_conversation_is_opened_once_and_found_again(seller: TikTokSeller, order: Order, talk: str) -> None:
    assert seller.open_talk(order) == talk
    seller.say(talk, "packed")
    assert seller.open_talk(order) == talk
    assert len(talk) == 19


def test_strangers_and_buyers_of_long_ago_cannot_be_written_to(seller: TikTokSeller, order: Order) -> None:
    user = user_of(seller, order)
    assert refusal(seller.post(TALKS, {"buyer_user_id": "7210000000000000001"})) == 45109003
    assert refusal(seller.post(TALKS, {"buyer_user_id": "nobody"})) == 45109003
    assert refusal(seller.post(TALKS, {"buyer_user_id": int(user)})) == 45101001
    assert refusal(seller.post(TALKS, {})) == 45101001
    order.create_time -= 60 * DAY
    assert refusal(seller.post(TALKS, {"buyer_user_id": user})) == 45109003
    order.buyer.open_return = True
    data(seller.post(TALKS, {"buyer_user_id": user}))


def test_talk_within_thirty_days_keeps_the_door_open(seller: TikTokSeller, order: Order, talk: str) -> None:
    order.create_time -= 60 * DAY
    assert refusal(seller.say(talk, "packed")) == 45109001
    seller.world.buyer_says(order.buyer.user_id, "hello?")
    data(seller.say(talk, "packed"))
    seller.http.post("/admin/clock", json={"advance_s": 30 * DAY})
    seller.connect(seller.shop)
    assert refusal(seller.say(talk, "still there?")) == 45109001


def test_chat_turns_to_forbidden_when_the_buyer_blocks(seller: TikTokSeller, order: Order, talk: str) -> None:
    order.buyer.blocked = "by_buyer"
    assert refusal(seller.say(talk, "packed")) == 45109001
    assert data(seller.get(TALKS, page_size=1))["conversations"][0]["can_send_message"] is False
    assert transcript(seller) == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_uploaded_image_is_served_measured_and_sent(seller: TikTokSeller, talk: str, kind: str) -> None:
    raw = picture(kind)
    given = data(seller.upload(raw, media_type=f"image/{kind.lower()}"))
    assert (given["width"], given["height"]) == (64, 48)
    assert seller.http.get(given["url"]).content == raw
    assert transcript(seller) == []
    data(seller.send(talk, "IMAGE", **given))
    (line,) = transcript(seller)
    assert (line["message_type"], line["image_sha256"]) == ("image", hashlib.sha256(raw).hexdigest())
    assert (line["marketplace"], line["shop_id"]) == ("tiktok", seller.shop.shop_id)


def test_largest_upload_is_ten_megabytes(seller: TikTokSeller) -> None:
    raw = picture()
    data(seller.upload(raw + bytes(MAX_UPLOAD - len(raw))))
    answer = seller.upload(raw + bytes(MAX_UPLOAD - len(raw) + 1))
    assert (answer.status_code, refusal(answer)) == (400, 36009021)


def test_upload_wants_its_field_a_name_an_image_type_and_an_image(seller: TikTokSeller) -> None:
    assert refusal(seller.upload(picture(), field="file")) == 45101001
    assert refusal(seller.upload(b"hello")) == 45101001
    for answer in (
        seller.upload(picture(), media_type="text/plain"),
        seller.post("/customer_service/202309/images/upload", {"data": "x"}),
    ):
        assert (answer.status_code, refusal(answer)) == (400, 36009023)


def test_broken_multipart_form_is_refused(seller: TikTokSeller) -> None:
    path = "/customer_service/202309/images/upload"
    headers = {"x-tts-access-token": seller.token, "content-type": "multipart/form-data"}
    answer = seller.http.post(path, params=seller.signed(path), content=b"--x", headers=headers)
    assert (answer.status_code, refusal(answer)) == (400, 36009023)


@pytest.mark.parametrize(
    "changed", [{"width": "64"}, {"height": 49}, {"url": "http://elsewhere.example/1.jpg"}, {"url": 7}]
)
def test_image_is_sent_as_it_was_uploaded(seller: TikTokSeller, talk: str, changed: dict[str, Any]) -> None:
    assert refusal(image(seller, talk, **changed)) == 45101001
    assert transcript(seller) == []


def test_image_of_another_shop_is_refused(seller: TikTokSeller, talk: str) -> None:
    given, first = data(seller.upload(picture())), seller.shop
    second = seller.world.add_shop("Teh & Co", "MY", marketplace="tiktok")
    order = seller.world.make_order(second)
    seller.connect(second)
    theirs = seller.open_talk(order)
    assert refusal(seller.send(theirs, "IMAGE", **given)) == 45101001
    assert refusal(seller.say(talk, "packed")) == 45102007
    seller.connect(first)
    assert refusal(seller.say(theirs, "packed")) == 45102007
    assert refusal(seller.say("7100000000000000001", "packed")) == 45101003


@pytest.mark.parametrize(
    "body",
    [
        {"type": "TEXT", "content": {"content": "packed"}},
        {"type": "TEXT", "content": "packed"},
        {"type": "TEXT", "content": '["packed"]'},
        {"type": "TEXT", "content": "{}"},
        {"type": "TEXT", "content": '{"content":""}'},
        {"type": "SMOKE", "content": '{"content":"packed"}'},
        {"type": "PRODUCT_CARD", "content": "{}"},
        {"content": '{"content":"packed"}'},
    ],
)
def test_content_is_a_string_that_holds_the_right_json(
    seller: TikTokSeller, talk: str, body: dict[str, Any]
) -> None:
    assert refusal(seller.post(f"{TALKS}/{talk}/messages", body)) == 45101001
    assert transcript(seller) == []


def test_text_has_at_most_two_thousand_characters(seller: TikTokSeller, talk: str) -> None:
    data(seller.say(talk, "✓" * 2000))
    assert refusal(seller.say(talk, "✓" * 2001)) == 45101001


@pytest.mark.parametrize("text", ["see https://shop.example", "write me on WhatsApp"])
def test_sensitive_words_are_refused(seller: TikTokSeller, talk: str, text: str) -> None:
    assert refusal(seller.say(talk, text)) == 45101006
    seller.change(banned_words=["parcel"])
    data(seller.say(talk, text))
    assert refusal(seller.say(talk, "your Parcel")) == 45101006


def test_forbidden_picture_is_refused(seller: TikTokSeller, talk: str) -> None:
    given = data(seller.upload(picture(size=(666, 666))))
    assert refusal(seller.send(talk, "IMAGE", **given)) == 45101006


def test_cards_must_be_about_the_buyers_own_order(seller: TikTokSeller, order: Order, talk: str) -> None:
    other, parcel = seller.orders()[1], order.packages[0].package_number
    data(seller.send(talk, "ORDER_CARD", order_id=order.order_sn))
    data(seller.send(talk, "LOGISTICS_CARD", order_id=order.order_sn, package_id=parcel))
    data(seller.send(talk, "PRODUCT_CARD", product_id="1729"))
    assert refusal(seller.send(talk, "ORDER_CARD", order_id=other.order_sn)) == 45101002
    assert refusal(seller.send(talk, "LOGISTICS_CARD", order_id=order.order_sn, package_id="1")) == 45101002
    assert refusal(seller.send(talk, "ORDER_CARD", order_id=int(order.order_sn))) == 45101001
    assert refusal(seller.send(talk, "RETURN_REFUND_CARD", order_id=order.order_sn, sku_id="1")) == 45101002
    assert refusal(seller.send(talk, "COUPON_CARD", coupon_id="1")) == 45111012
    assert refusal(seller.send(talk, "VIDEO", vid="1")) == 45111001
    assert [line["order_sn"] for line in transcript(seller)] == [order.order_sn, order.order_sn, ""]


def test_accepted_messages_reach_the_buyers_screen(seller: TikTokSeller, order: Order, talk: str) -> None:
    data(seller.say(talk, "Dibungkus ✓"))
    data(image(seller, talk))
    chat = seller.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()["chat"]
    assert [(message["kind"], message["text"]) for message in chat["messages"]] == [
        ("text", "Dibungkus ✓"),
        ("image", ""),
    ]
    assert seller.http.get(chat["messages"][1]["image"]).content == picture()


def test_messages_are_listed_newest_first_in_pages_of_ten(
    seller: TikTokSeller, order: Order, talk: str
) -> None:
    sent = []
    for number in range(12):
        sent.append(data(seller.say(talk, f"text {number}"))["message_id"])
        seller.clock.now += 1
    path = f"{TALKS}/{talk}/messages"
    first = data(seller.get(path, page_size=10))
    assert [message["id"] for message in first["messages"]] == sent[:1:-1]
    token = first["next_page_token"]
    assert {"+", "/", "="} <= set(token)
    seller.say(talk, "one more moves no page")
    last = data(seller.get(path, page_size=10, page_token=token))
    assert [message["id"] for message in last["messages"]] == sent[1::-1]
    assert last["next_page_token"] == ""
    assert [m["id"] for m in seller.messages(talk, sort_order="ASC", page_size=2)] == sent[:2]
    for wrong in ({"page_size": 11}, {"page_size": None}, {"page_token": "x"}, {"sort_order": "UP"}):
        assert refusal(seller.get(path, **{"page_size": 10} | wrong)) == 45101001


def test_listed_message_has_the_published_shape(seller: TikTokSeller, order: Order, talk: str) -> None:
    said = data(seller.say(talk, "Dibungkus ✓"))["message_id"]
    given = data(seller.upload(picture()))
    data(seller.send(talk, "IMAGE", **given))
    seller.world.buyer_says(order.buyer.user_id, "thanks")
    reply, photo, text = seller.messages(talk)
    assert text == {
        "id": said,
        "type": "TEXT",
        "content": '{"content": "Dibungkus ✓"}',
        "create_time": int(seller.clock()),
        "index": "1",
        "is_visible": True,
        "sender": text["sender"],
    }
    assert text["sender"]["role"] == "CUSTOMER_SERVICE"
    assert json.loads(photo["content"]) == {"url": given["url"], "width": "64", "height": "48"}
    assert (reply["type"], reply["sender"]["role"]) == ("TEXT", "BUYER")
    assert reply["sender"]["im_user_id"] != user_of(seller, order)


def test_history_may_show_uploads_under_another_address(seller: TikTokSeller, talk: str) -> None:
    seller.change(rewrite_urls=True)
    given = data(seller.upload(picture()))
    data(seller.send(talk, "IMAGE", **given))
    url = json.loads(seller.messages(talk)[0]["content"])["url"]
    assert url != given["url"]
    assert seller.http.get(url).content == picture()


@pytest.mark.parametrize("role", ["CUSTOMER_SERVICE", "SYSTEM", "ROBOT"])
def test_newer_send_tells_the_role(seller: TikTokSeller, talk: str, role: str) -> None:
    data(seller.send(talk, "TEXT", version="202606", role=role, content="packed"))
    assert seller.messages(talk)[0]["sender"]["role"] == role


def test_newer_send_takes_only_a_role_of_the_shops_side(seller: TikTokSeller, talk: str) -> None:
    assert refusal(seller.send(talk, "TEXT", version="202606", role="BUYER", content="packed")) == 45101001
    data(seller.send(talk, "TEXT", version="202606", content="packed"))
    assert seller.messages(talk)[0]["sender"]["role"] == "CUSTOMER_SERVICE"


def test_conversations_are_listed_with_the_newest_first(seller: TikTokSeller) -> None:
    talks = [seller.open_talk(order) for order in seller.orders()]
    seller.say(talks[1], "packed")
    first = data(seller.get(TALKS, page_size=3))
    rows = first["conversations"]
    assert (rows[0]["id"], rows[0]["latest_message"]["type"], rows[1]["latest_message"]) == (
        talks[1],
        "TEXT",
        {},
    )
    rest = data(seller.get(TALKS, page_size=3, page_token=first["next_page_token"]))
    assert {row["id"] for row in rows + rest["conversations"]} == set(talks)
    assert refusal(seller.get(TALKS, page_size=21)) == 45101001


def test_one_conversation_tells_who_is_in_it(seller: TikTokSeller, order: Order, talk: str) -> None:
    answer = seller.get(f"/customer_service/202601/conversations/{talk}")
    person, house = data(answer)["conversation"]["participants"]
    assert (person["user_id"], person["role"], house["role"]) == (user_of(seller, order), "BUYER", "SHOP")
    assert "platform" not in person


def test_indonesian_buyers_come_from_two_storefronts() -> None:
    with open_shop(region="ID", orders=8) as seller:
        platforms = set()
        for order in seller.orders():
            talk = seller.open_talk(order)
            row = data(seller.get(ORDERS, ids=order.order_sn))["orders"][0]
            one = data(seller.get(f"/customer_service/202601/conversations/{talk}"))["conversation"]
            assert one["participants"][0]["platform"] == row["commerce_platform"]
            platforms.add(row["commerce_platform"])
        rows = data(seller.get(TALKS, page_size=20))["conversations"]
        assert {row["participants"][0]["buyer_platform"] for row in rows} == platforms
        assert platforms == {"TIKTOK_SHOP", "TOKOPEDIA"}


def test_indonesian_chat_images_open_only_for_the_shops_own_token() -> None:
    with open_shop(region="ID", orders=1) as seller:
        given = data(seller.upload(picture()))
        data(seller.send(seller.open_talk(seller.orders()[0]), "IMAGE", **given))

        def download(token: str | None = None, **query: Any) -> httpx.Response:
            headers = {"x-tts-access-token": token or seller.token}
            return seller.http.get(given["url"], params=query, headers=headers)

        assert download(shop_cipher=seller.cipher).content == picture()
        assert refusal(download()) == 101000
        assert refusal(download("x", shop_cipher=seller.cipher)) == 36009004
        given["url"] += "0"
        assert download(shop_cipher=seller.cipher).status_code == 404
        (bubble,) = seller.http.get("/buyer/data").json()["chat"]["messages"]
        assert seller.http.get(bubble["image"]).content == picture()


def test_marking_as_read_clears_the_staffs_mark(seller: TikTokSeller, order: Order, talk: str) -> None:
    seller.world.buyer_says(order.buyer.user_id, "hello?")

    def unread() -> Any:
        return data(seller.get(TALKS, page_size=1))["conversations"][0]["unread_count"]

    assert unread() == 1
    assert data(seller.post(f"{TALKS}/{talk}/messages/read")) == {}
    assert unread() == 0


def test_owner_may_stop_taking_chats(seller: TikTokSeller) -> None:
    assert data(seller.get(SETTINGS)) == {"can_accept_chat": True}
    data(seller.call("PUT", SETTINGS, {"can_accept_chat": False}))
    assert data(seller.get(SETTINGS)) == {"can_accept_chat": False}
    assert refusal(seller.call("PUT", SETTINGS, {"can_accept_chat": "no"})) == 45101001


def test_performance_is_told_between_two_days(seller: TikTokSeller, talk: str) -> None:
    days = {"support_date_ge": "2026-01-01", "support_date_lt": "2026-01-02"}
    assert data(seller.get(PERFORMANCE, **days))["performance"]["support_session_count"] == 1
    assert refusal(seller.get(PERFORMANCE, **days | {"support_date_lt": "2026-01-01"})) == 45101001
    assert refusal(seller.get(PERFORMANCE, support_date_ge="today")) == 45101001


def test_days_quota_is_counted_for_each_shop_and_ends_at_midnight_utc(
    seller: TikTokSeller, talk: str
) -> None:
    seller.change(chat_calls_a_day=2)
    data(seller.say(talk, "one"))
    data(seller.get(TALKS, page_size=1))
    assert refusal(seller.say(talk, "two")) == 45101004
    assert refusal(seller.get(f"{TALKS}/{talk}/messages", page_size=1)) == 45101004
    data(seller.upload(picture()))
    seller.clock.now += 18 * 3600
    data(seller.say(talk, "two"))
