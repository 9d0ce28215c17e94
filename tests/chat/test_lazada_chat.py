"""Lazada's chat: its pictures, its conversations by order, reading back, and what it hides in silence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from parcelguard.chat.lazada import LazadaChat
from parcelguard.core.errors import Held, NotSent, OutcomeUnknown, Refused
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.delivery.ports import HouseRules
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.lazada.client import LazadaClient
from parcelguard.marketplace.lazada.codes import MEANINGS, failure
from parcelguard.sandbox.world.goods import mark_line
from parcelguard.ui.words.reasons.saying import said
from tests.support.channel_benches import LAZADA, Bench, jpeg, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(LAZADA, tmp_path) as opened:
        yield opened


class Tampering(httpx.BaseTransport):
    """Passes calls on to the server and changes some answers on their way back."""

    def __init__(self, path: str, change: Callable[[dict[str, Any]], object]) -> None:
        self._inner = httpx.HTTPTransport()
        self._path, self._change = path, change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        body = json.loads(answer.read())
        answer.close()
        if self._path in request.url.path:
            self._change(body)
        return httpx.Response(answer.status_code, json=body)

    def close(self) -> None:
        self._inner.close()


def tampered(bench: Bench, path: str, change: Callable[[dict[str, Any]], object]) -> LazadaChat:
    """Return a chat in which `change` alters each answer for `path`."""
    http = Http(f"{bench.address}/rest", Tampering(path, change))
    bench.closing.callback(http.close)
    shop = bench.channel.client.shop  # type: ignore[attr-defined]
    return LazadaChat(LazadaClient(shop, bench.vault, http, bench.clock), HouseRules())


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    """Return what changes every message of a list."""

    def edit(body: dict[str, Any]) -> None:
        for message in body["data"]["message_list"]:
            change(message)

    return edit


# ---- how Lazada wants to be used -----------------------------------------------------------


def test_policy_is_that_of_the_sheet_with_the_houses_own_wishes(bench: Bench) -> None:
    house = HouseRules(
        between_messages=timedelta(seconds=3), late_after=timedelta(minutes=9), resend_when_absent=True
    )
    policy = LazadaChat(bench.channel.client, house).policy  # type: ignore[arg-type]
    assert policy.settle == timedelta(seconds=7290)
    assert policy.check_after == timedelta(minutes=1)
    assert (policy.unanswered_limit, policy.unanswered_window) == (5, timedelta(hours=24))
    assert policy.longest_text == 500
    assert (policy.between_messages, policy.late_after) == (house.between_messages, house.late_after)
    assert policy.resend_when_absent is True


# ---- pictures ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(640, 329), (329, 640), (5001, 400)])
def test_picture_of_a_size_that_lazada_refuses_is_not_even_uploaded(
    bench: Bench, size: tuple[int, int]
) -> None:
    with pytest.raises(Refused) as caught:
        bench.sender.upload_picture(jpeg(size))
    assert f"{size[0]} × {size[1]} pixels" in said(caught.value.reason).headline
    assert "330 to 5000" in said(caught.value.reason).advice
    assert bench.asked("/image/upload") == 0


def test_picture_that_is_too_heavy_is_not_even_uploaded(bench: Bench) -> None:
    with pytest.raises(Refused) as caught:
        bench.sender.upload_picture(jpeg() + b"\0" * 1_000_000)
    assert "KB" in said(caught.value.reason).headline


@pytest.mark.parametrize("size", [(330, 330), (1600, 1200)])
def test_picture_of_a_size_that_lazada_takes_is_sent_with_its_real_size(
    bench: Bench, size: tuple[int, int]
) -> None:
    target, picture = bench.target(), bench.picture(size)
    bench.sender.send_image(target, picture, bench.wire())
    (line,) = bench.lines()
    assert (line["width"], line["height"]) == size


@pytest.mark.parametrize("image", [None, {}, {"url": ""}, "url"])
def test_upload_that_answers_without_an_address_is_repeated_later(bench: Bench, image: object) -> None:
    chat = tampered(bench, "/image/upload", lambda body: body["data"].update(image=image))
    with pytest.raises(NotSent, match="without url"):
        chat.upload_picture(jpeg())


# ---- opening -------------------------------------------------------------------------------


@pytest.mark.parametrize("placed", ["code", "err_code"])
def test_order_too_old_for_a_chat_is_refused_wherever_the_code_stands(bench: Bench, placed: str) -> None:
    target = bench.target()
    if placed == "err_code":
        bench.fault("refusal_in_err_code", path="/im/session/open")
    bench.order.create_time -= 31 * 86_400
    with pytest.raises(Refused) as caught:
        bench.sender.open_conversation(target, 4)
    assert caught.value.code == "-22"
    assert not isinstance(caught.value, Held), "no waiting helps"
    assert caught.value.reason.kind is MarketplaceReason.ORDER_TOO_OLD


def test_unpaid_order_is_held(bench: Bench) -> None:
    target = bench.target()
    bench.world.change_order(bench.order, "UNPAID")
    with pytest.raises(Held) as caught:
        bench.sender.open_conversation(target, 4)
    assert caught.value.code == "order_unpaid"


def test_order_of_which_all_that_is_left_is_unpaid_is_held(bench: Bench) -> None:
    target = bench.target()

    def cancel_one(body: dict[str, Any]) -> None:
        unit = body["data"][0]
        body["data"] = [{**unit, "status": "canceled"}, {**unit, "status": "unpaid"}]

    with pytest.raises(Held) as caught:
        tampered(bench, "/order/items/get", cancel_one).open_conversation(target, 4)
    assert caught.value.code == "order_unpaid"


@pytest.mark.parametrize("placed", ["code", "err_code"])
def test_conversation_that_is_not_opened_for_an_unpublished_reason_is_a_persons_matter(
    bench: Bench, placed: str
) -> None:
    target = bench.target()

    def refuse(body: dict[str, Any]) -> None:
        body.pop("session_id")
        body.update({"code": "0", placed: "PG_SIM_CLOSED", "message": "The session is closed"})

    with pytest.raises(Refused) as caught:
        tampered(bench, "/im/session/open", refuse).open_conversation(target, 4)
    assert (caught.value.code, caught.value.request_id != "") == ("PG_SIM_CLOSED", True)
    assert caught.value.reason == because(
        MarketplaceReason.CHAT_NOT_OPENED, marketplace="Lazada", code="PG_SIM_CLOSED"
    )
    assert "Nothing was sent" in said(caught.value.reason).advice


@pytest.mark.parametrize("code", ["IopSystemFlowlimit", "ServiceTimeout"])
def test_conversation_that_is_not_opened_just_now_is_opened_later(bench: Bench, code: str) -> None:
    target = bench.target()
    bench.fault("error", error=code, path="/im/session/open", times=1)
    with pytest.raises(NotSent):
        bench.sender.open_conversation(target, 4)
    assert bench.sender.open_conversation(target, 4) == target.conversation_id


def test_order_that_is_gone_is_not_sent(bench: Bench) -> None:
    target = bench.target()
    del bench.world.orders[bench.order.order_sn]
    with pytest.raises(Refused) as caught:
        bench.sender.open_conversation(target, 4)
    assert caught.value.code == "16"
    chat = tampered(bench, "/order/items/get", lambda body: body.update(code="0", data=[]))
    with pytest.raises(Held):
        chat.open_conversation(target, 4)


def test_order_with_one_unit_left_is_still_packed(bench: Bench) -> None:
    target = bench.target()

    def cancel_all_but_one(body: dict[str, Any]) -> None:
        unit = {**body["data"][0], "status": "canceled"}
        body["data"] = [unit, body["data"][0], {**unit, "status": "cancelled"}]

    assert (
        tampered(bench, "/order/items/get", cancel_all_but_one).open_conversation(target, 4)
        == target.conversation_id
    )


@pytest.mark.parametrize("mark", ["digital", "packed_by_platform"])
def test_order_of_which_nothing_is_packed_here_is_held(bench: Bench, mark: str) -> None:
    bench.order = bench.world.make_order(bench.shop, lines=2)
    target = bench.target()
    mark_line(bench.order, 0, **{mark: True})
    assert bench.sender.open_conversation(target, 4), "the other line is"
    mark_line(bench.order, 1, **{mark: True})
    with pytest.raises(Held) as caught:
        bench.sender.open_conversation(target, 4)
    assert caught.value.code == "packed_elsewhere"


@pytest.mark.parametrize("flag", [True, "true", 1, "1"])
@pytest.mark.parametrize("name", ["is_cancel_pending", "need_cancel_confirm"])
def test_cancellation_under_way_is_seen_in_every_spelling(bench: Bench, name: str, flag: object) -> None:
    target = bench.target()
    chat = tampered(bench, "/order/items/get", lambda body: body["data"][-1].update({name: flag}))
    with pytest.raises(Held) as caught:
        chat.open_conversation(target, 4)
    assert caught.value.code == "order_cancelled"


def test_conversation_is_found_at_both_places(bench: Bench) -> None:
    target = bench.target()

    def move(body: dict[str, Any]) -> None:
        body["data"] = {"session_id": body.pop("session_id")}

    assert tampered(bench, "/im/session/open", move).open_conversation(target, 4) == target.conversation_id
    with pytest.raises(NotSent, match="without session_id"):
        tampered(bench, "/im/session/open", lambda body: body.pop("session_id")).open_conversation(target, 4)


def test_everything_works_when_lazada_puts_numbers_and_truths_in_quotes(bench: Bench) -> None:
    bench.fault("quoted_scalars", path="/rest")
    target, picture = bench.target(), bench.picture()
    sent = [bench.say(target), bench.sender.send_image(target, picture, bench.wire())]
    bench.clock.off = timedelta(0)

    assert [receipt.message_id for receipt in sent] == [line["message_id"] for line in bench.lines()]
    looks = [bench.sender.look_for_message(target, bench.mark_of(target, what)) for what in (picture, TEXT)]
    assert [look.found for look in looks] == [(sent[1].message_id,), (sent[0].message_id,)]
    assert all(look.covered for look in looks)


# ---- reading back --------------------------------------------------------------------------

TEXT = "Your parcel is packed."


def test_picture_with_another_address_is_found_by_its_size(bench: Bench) -> None:
    target, mine = bench.target(), bench.picture((640, 480))
    other = bench.picture((640, 481))
    sent = bench.sender.send_image(target, mine, bench.wire()).message_id
    bench.sender.send_image(target, other, bench.wire())

    def move(message: dict[str, Any]) -> None:
        content = json.loads(message["content"])
        content["imgUrl"] = f"https://my-live.slatic.net/p/{message['message_id']}.jpg"
        message["content"] = json.dumps(content)

    chat = tampered(bench, "/im/message/list", edited(move))
    assert chat.look_for_message(target, bench.mark_of(target, mine)).found == (sent,)
    unsized = replace(bench.mark_of(target, mine), size=(0, 0))
    assert chat.look_for_message(target, unsized).found == ()


def test_picture_is_found_by_its_address_when_its_size_was_changed(bench: Bench) -> None:
    target, mine = bench.target(), bench.picture((640, 480))
    sent = bench.sender.send_image(target, mine, bench.wire()).message_id
    bench.fault("rewritten_urls", path="/im/message/list")

    def shrink(message: dict[str, Any]) -> None:
        content = json.loads(message["content"])
        message["content"] = json.dumps({**content, "width": 320, "height": "small"})

    chat = tampered(bench, "/im/message/list", edited(shrink))
    assert chat.look_for_message(target, bench.mark_of(target, mine)).found == (sent,)


@pytest.mark.parametrize("content", ["", "no json", "[1]", None, 7, "[" * 20_000])
def test_odd_contents_are_no_match_and_stop_nothing(bench: Bench, content: object) -> None:
    target = bench.target()
    bench.say(target)
    chat = tampered(bench, "/im/message/list", edited(lambda message: message.update(content=content)))
    look = chat.look_for_message(target, bench.mark_of(target))
    assert (look.found, look.covered) == ((), True)
    assert look.seen[0].text == ""


def test_pages_are_read_backwards_until_a_message_is_older_than_asked(bench: Bench) -> None:
    target = bench.target()
    sent = bench.say(target).message_id
    for _ in range(45):
        bench.world.buyer_says(bench.order.buyer.user_id, "and?", bench.shop.shop_id)
    look = bench.sender.look_for_message(target, bench.mark_of(target))
    assert (look.found, look.covered) == ((sent,), True)
    assert bench.asked("/im/message/list") == 3
    assert len(look.seen) == 46, "no message is shown twice"

    mark = bench.mark_of(target)
    later = bench.sender.look_for_message(target, replace(mark, since=mark.since + timedelta(seconds=90)))
    assert (later.covered, bench.asked("/im/message/list")) == (True, 4)


def test_conversation_is_opened_to_be_read_when_it_is_not_known(bench: Bench) -> None:
    target = bench.target()
    sent = bench.say(target).message_id
    look = bench.sender.look_for_message(replace(target, conversation_id=""), bench.mark_of(target))
    assert (look.found, look.conversation_id) == ((sent,), target.conversation_id)


def test_page_that_promises_more_but_not_from_where_ends_the_search(bench: Bench) -> None:
    target = bench.target()
    bench.say(target)

    def stuck(body: dict[str, Any]) -> None:
        body["data"].update(has_more=True, next_start_time=None)

    look = tampered(bench, "/im/message/list", stuck).look_for_message(
        target, bench.mark_of(target, "Other.")
    )
    assert (look.found, look.covered) == ((), False)


def test_message_that_was_taken_back_is_not_called_sent(bench: Bench) -> None:
    target = bench.target()
    sent = bench.say(target).message_id
    assert bench.sender.look_for_message(target, bench.mark_of(target)).found == (sent,)
    bench.sender.take_back(target, sent, PartKind.TEXT)
    look = bench.sender.look_for_message(target, bench.mark_of(target))
    assert (look.found, look.covered) == ((), True)


def test_long_texts_and_pictures_are_shown_shortly(bench: Bench) -> None:
    target, picture = bench.target(), bench.picture()
    bench.say(target, "x" * 200)
    bench.sender.send_image(target, picture, bench.wire())
    image, text = bench.sender.look_for_message(target, bench.mark_of(target)).seen
    assert (len(text.text), text.text[-1]) == (80, "…")
    assert image.text == picture.address.rsplit("/", 1)[-1]


# ---- hidden, taken back, over the limit ----------------------------------------------------


def test_words_that_lazada_hides_at_once_are_noticed_with_one_call(bench: Bench) -> None:
    target = bench.target()
    seen = bench.say(target).message_id
    hidden = bench.say(target, "Find us on whatsapp").message_id
    since = bench.mark_of(target).since
    assert bench.sender.hidden_messages(target, [seen, hidden], since) == {hidden}
    assert bench.asked("/im/message/list") == 1
    assert bench.sender.hidden_messages(replace(target, conversation_id=""), [hidden], since) == frozenset()


def test_recall_with_a_code_that_nobody_knows_is_refused_in_words(bench: Bench) -> None:
    target = bench.target()
    with pytest.raises(Refused) as caught:
        bench.sender.take_back(target, "no such message", PartKind.IMAGE)
    assert caught.value.code == "PG_SIM_RECALL"
    assert caught.value.request_id


def test_recall_that_got_no_answer_may_be_repeated(bench: Bench) -> None:
    target = bench.target()
    sent = bench.say(target).message_id
    bench.fault("status_5xx", 502, path="/im/message/recall", times=1)
    with pytest.raises(NotSent):
        bench.sender.take_back(target, sent, PartKind.TEXT)
    bench.sender.take_back(target, sent, PartKind.TEXT)
    assert bench.lines()[0]["status"] == "recalled"


def test_sixth_message_without_an_answer_is_left_to_a_person(bench: Bench) -> None:
    target = bench.target()
    for n in range(5):
        bench.say(target, f"{n}.")
    with pytest.raises(OutcomeUnknown) as caught:
        bench.say(target, "One too many.")
    assert caught.value.reason == because(
        MarketplaceReason.UNEXPECTED_ANSWER, marketplace="Lazada", code="PG_SIM_SESSION_QUOTA"
    )
    bench.world.buyer_says(bench.order.buyer.user_id, "Thanks!", bench.shop.shop_id)
    bench.say(target, "You are welcome.")


# ---- codes ---------------------------------------------------------------------------------


def test_ban_is_waited_out_with_something_to_spare() -> None:
    told = failure(
        "ApiCallLimit", "Api access frequency exceeds the limit. This ban will last 10 seconds", "", 200
    )
    assert getattr(told, "retry_after_s", None) == 12


def test_short_ban_does_not_shorten_the_rest_of_an_app_that_was_too_fast() -> None:
    told = failure("AppCallLimit", "This ban will last 1 seconds", "", 200)
    assert getattr(told, "retry_after_s", None) == 60


@pytest.mark.parametrize(("code", "wait_s"), [("AppCallLimit", 60), ("901", 1), ("998", 3600)])
def test_some_codes_tell_by_themselves_how_long_to_wait(code: str, wait_s: float) -> None:
    assert getattr(failure(code, "No.", "", 200), "retry_after_s", None) == wait_s
    assert getattr(failure(code, "No.", "", 200, 5.0), "retry_after_s", None) == 5.0


def test_every_code_is_tried_with_all_channels_and_its_words_leave_no_gap() -> None:
    assert MEANINGS.keys() <= {refusal.code for refusal in LAZADA.refusals}
    for code in MEANINGS:
        for of_chat_app in (False, True):
            words = said(failure(code, "No.", "rq", 200, of_chat_app=of_chat_app).reason)
            assert words.headline, code
            assert words.advice, code
            assert "{" not in words.headline + words.advice, code
