"""TikTok Shop's chat as one shop uses it: check, send, read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from parcelguard.core.errors import Held, NotSent, OutcomeUnknown, Refused, ShopWaits, TooFast
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.times import utc_now
from parcelguard.delivery.ports import Picture, SentMark, Target
from parcelguard.ui.words.reasons.saying import said
from tests.support.tiktok_bench import Bench, jpeg, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")

SENDING = "POST /customer_service/202309/conversations/"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def mark_of_text(text: str) -> SentMark:
    return SentMark(kind=PartKind.TEXT, since=utc_now() - timedelta(minutes=1), text=text)


def mark_of_picture(picture: Picture) -> SentMark:
    since = utc_now() - timedelta(minutes=1)
    return SentMark(kind=PartKind.IMAGE, since=since, address=picture.address, size=picture.size)


# ---- sending -------------------------------------------------------------------------------


def test_text_and_pictures_arrive_once_and_in_order(bench: Bench) -> None:
    target = bench.opened()
    first = bench.chat.send_text(target, "Your order is packed.", bench.wire())
    second, _ = bench.show(target)
    third, _ = bench.show(target, (600, 480))
    lines = bench.world.transcript()
    assert [line["message_type"] for line in lines] == ["text", "image", "image"]
    assert [line["message_id"] for line in lines] == [first.message_id, second, third]
    assert first.conversation_id == target.conversation_id == lines[0]["conversation_id"]
    assert [line.get("width") for line in lines] == [None, 640, 600]
    assert len(bench.marks) == 3


def test_missing_message_id_is_a_success_all_the_same(bench: Bench) -> None:
    target = bench.opened()
    bench.world.faults.set("missing_message_id", path="/messages")
    assert bench.chat.send_text(target, "Hello.", bench.wire()).message_id == ""
    assert bench.texts() == ["Hello."]


def test_conversation_that_is_gone_is_opened_again_and_the_message_sent_once(bench: Bench) -> None:
    receipt = bench.chat.send_text(bench.target(conversation="71"), "Hello.", bench.wire())
    assert bench.texts() == ["Hello."]
    assert receipt.conversation_id == bench.world.transcript()[0]["conversation_id"]

    bench.world.faults.set("error", path=SENDING[5:], error="45102007", status=200)
    with pytest.raises(Refused) as caught:
        bench.chat.send_text(bench.target(conversation=receipt.conversation_id), "Hello.", bench.wire())
    assert caught.value.code == "45102007"
    assert bench.texts() == ["Hello."]


def test_sensitive_words_are_the_sellers_to_change(bench: Bench) -> None:
    with pytest.raises(Refused) as caught:
        bench.say("See https://example.com")
    assert caught.value.code == "45101006"
    assert caught.value.reason.kind is MarketplaceReason.TEXT_SENSITIVE
    assert not bench.texts()


def test_buyer_of_long_ago_cannot_be_written_to(bench: Bench) -> None:
    bench.world.move_on(61 * 86_400)
    bench.connect()
    with pytest.raises(Refused) as caught:
        bench.chat.open_conversation(bench.target(), 4)
    assert caught.value.code == "45109003"
    assert "60 days" in said(caught.value.reason).advice


def test_used_up_quota_waits_and_goes_on(bench: Bench) -> None:
    target = bench.opened()
    bench.state.settings.chat_calls_a_day = 0
    with pytest.raises(TooFast) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert caught.value.reason.kind is MarketplaceReason.CHAT_CALLS_USED_UP
    assert caught.value.retry_after_s
    assert 0 < caught.value.retry_after_s <= 3600
    bench.state.settings.chat_calls_a_day = 10_000
    assert bench.chat.send_text(target, "Hello.", bench.wire())


def test_shop_without_the_chat_scope_is_held_and_may_read_orders(bench: Bench) -> None:
    target = bench.opened()
    bench.shop.chat_allowed = False
    with pytest.raises(ShopWaits) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert caught.value.reason.kind is MarketplaceReason.NO_CHAT_SCOPE
    assert bench.orders.read_order(target.order_number)


@pytest.mark.parametrize("code", ["36009003", "36009007", "45101001", "45999999"])
def test_trouble_that_may_have_let_the_message_through_is_unknown(bench: Bench, code: str) -> None:
    target = bench.opened()
    bench.world.faults.set("error", path=SENDING[5:], error=code, processed=True, times=1)
    with pytest.raises(OutcomeUnknown):
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert bench.texts() == ["Hello."]
    assert len(bench.chat.look_for_message(target, mark_of_text("Hello.")).found) == 1


def test_picture_that_is_not_taken_is_not_sent_yet(bench: Bench) -> None:
    with pytest.raises(NotSent):
        bench.chat.upload_picture(b"no picture")


# ---- checking the order --------------------------------------------------------------------


def test_opening_creates_the_conversation_once(bench: Bench) -> None:
    first = bench.chat.open_conversation(bench.target(), 4)
    assert first
    assert bench.chat.open_conversation(bench.target(), 4) == first
    assert not bench.world.transcript()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("IN_CANCEL", "order_cancelled"),
        ("CANCELLED", "order_cancelled"),
        ("PENDING", "order_on_hold"),
        ("UNPAID", "order_on_hold"),
    ],
)
def test_order_that_is_not_to_be_shipped_is_held(bench: Bench, status: str, code: str) -> None:
    bench.world.change_order(bench.order(), status)
    with pytest.raises(Held) as caught:
        bench.chat.open_conversation(bench.target(), 4)
    assert caught.value.code == code
    assert "Nothing was sent" in said(caught.value.reason).advice
    assert not bench.asked("/conversations")


def test_order_of_which_every_line_is_cancelled_is_held(bench: Bench) -> None:
    for package in bench.order().packages:
        package.items = [replace(item, cancelled=True) for item in package.items]
    with pytest.raises(Held) as caught:
        bench.chat.open_conversation(bench.target(), 4)
    assert caught.value.code == "order_cancelled"


def test_order_of_another_buyer_is_held(bench: Bench) -> None:
    target = Target(order_number=bench.order().order_sn, buyer_id="7210000000000000001")
    with pytest.raises(Held) as caught:
        bench.chat.open_conversation(target, 4)
    assert caught.value.code == "buyer_changed"


def test_order_that_is_left_out_of_the_answer_is_held(bench: Bench) -> None:
    bench.world.faults.set("omit_unknown_orders")
    with pytest.raises(Held) as caught:
        bench.chat.open_conversation(Target(order_number="580000000000000009", buyer_id="1"), 4)
    assert caught.value.code == "order_not_found"


# ---- reading back --------------------------------------------------------------------------


def test_message_whose_answer_was_lost_is_found(bench: Bench) -> None:
    target = bench.opened()
    bench.world.faults.set("drop_after", path=SENDING, times=1)
    with pytest.raises(OutcomeUnknown):
        bench.chat.send_text(target, "Hello  there.", bench.wire())
    look = bench.chat.look_for_message(target, mark_of_text("Hello there."))
    assert look.found == (bench.world.transcript()[0]["message_id"],)
    assert look.covered
    assert [(each.own, each.text, each.matches) for each in look.seen] == [(True, "Hello there.", True)]


def test_message_that_never_arrived_is_absent(bench: Bench) -> None:
    target = bench.opened()
    bench.chat.send_text(target, "Hello.", bench.wire())
    bench.world.buyer_says(bench.order().buyer.user_id, "Good bye.", bench.shop.shop_id)
    look = bench.chat.look_for_message(target, mark_of_text("Good bye."))
    assert look.found == ()
    assert look.covered
    assert [each.own for each in look.seen] == [False, True]
    assert look.seen[0].text == ""


@pytest.mark.parametrize("rewritten", [False, True])
def test_pictures_are_told_apart_though_their_addresses_change(bench: Bench, rewritten: bool) -> None:
    bench.state.settings.rewrite_urls = rewritten
    target = bench.opened()
    first, picture = bench.show(target)
    second, other = bench.show(target, (630, 470))
    assert bench.chat.look_for_message(target, mark_of_picture(picture)).found == (first,)
    assert bench.chat.look_for_message(target, mark_of_picture(other)).found == (second,)
    unsent = Picture(address=bench.chat.upload_picture(jpeg((620, 460))), size=(620, 460))
    assert bench.chat.look_for_message(target, mark_of_picture(unsent)).found == ()


def test_three_pages_are_read_and_no_more(bench: Bench) -> None:
    target = bench.opened()
    for number in range(31):
        bench.world.buyer_says(bench.order().buyer.user_id, f"Hello {number}", bench.shop.shop_id)
    look = bench.chat.look_for_message(target, mark_of_text("Hello."))
    assert not look.covered
    assert len(look.seen) == 30

    longer_ago = replace(mark_of_text("Hello."), since=utc_now() + timedelta(seconds=5))
    assert bench.chat.look_for_message(target, longer_ago).covered


def test_conversation_is_found_when_its_id_was_lost(bench: Bench) -> None:
    target = bench.opened()
    said = bench.chat.send_text(target, "Hello.", bench.wire())
    look = bench.chat.look_for_message(bench.target(), mark_of_text("Hello."))
    assert look.found == (said.message_id,)
    assert look.conversation_id == target.conversation_id


def test_message_that_is_hidden_later_is_told(bench: Bench) -> None:
    target = bench.opened()
    bench.world.faults.set("late_filter", 0, path="/messages", times=1)
    gone = bench.chat.send_text(target, "Hello.", bench.wire()).message_id
    stays = bench.chat.send_text(target, "Hello again.", bench.wire()).message_id
    since = utc_now() - timedelta(minutes=1)
    assert bench.chat.hidden_messages(target, {gone, stays}, since) == {gone}
    assert bench.chat.hidden_messages(target, {stays}, since) == frozenset()
    assert bench.chat.hidden_messages(bench.target(), {gone}, since) == frozenset()


def test_odd_messages_stop_no_look(bench: Bench) -> None:
    target = bench.opened()
    bench.chat.send_text(target, "Hello.", bench.wire())
    for message in bench.world.chat.of_shop(bench.shop.shop_id)[0].messages:
        message.source_content["content"] = ["odd"]
    look = bench.chat.look_for_message(target, mark_of_text("Hello."))
    assert look.found == ()
    assert look.seen[0].text == ""

    def spoil(body: dict[str, Any]) -> None:
        first = body["data"]["messages"][0]
        body["data"]["messages"] = [{**first, "content": "{half"}, {**first, "id": "2", "sender": None}]

    bench.tamper("GET /customer_service", spoil)
    assert [each.own for each in bench.chat.look_for_message(target, mark_of_text("Hello.")).seen] == [
        True,
        False,
    ]


def test_answers_that_leave_out_what_was_asked_for_are_asked_for_again(bench: Bench) -> None:
    bench.tamper("POST /customer_service", lambda body: body.update(data={}))
    with pytest.raises(NotSent):
        bench.chat.upload_picture(jpeg())
    with pytest.raises(NotSent):
        bench.chat.open_conversation(bench.target(), 4)


def test_message_without_a_known_conversation_opens_it_first(bench: Bench) -> None:
    receipt = bench.chat.send_text(bench.target(), "Hello.", bench.wire())
    assert receipt.conversation_id == bench.world.transcript()[0]["conversation_id"]


def test_nothing_can_be_taken_back(bench: Bench) -> None:
    assert not bench.chat.policy.recall_within
    with pytest.raises(Refused) as caught:
        bench.chat.take_back(bench.target(), "1", PartKind.TEXT)
    assert caught.value.reason.kind is MarketplaceReason.NEVER_TAKEN_BACK


def test_policy_is_the_marketplaces(bench: Bench) -> None:
    policy = bench.chat.policy
    assert policy.settle == timedelta(seconds=390)
    assert policy.calls_per_day == 10_000
    assert policy.longest_text == 2000
    assert policy.unanswered_limit is None
