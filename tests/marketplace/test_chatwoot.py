"""Chatwoot as one inbox uses it: find the contact, open the conversation, send, read back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from parcelguard.chat.chatwoot import chatwoot_chat
from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NoNetwork,
    NotSent,
    OutcomeUnknown,
    Refused,
    SettingsError,
    ShopWaits,
    TooFast,
)
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.core.times import utc_now
from parcelguard.delivery.ports import HouseRules, Picture, SentMark, Target
from parcelguard.marketplace.chatwoot.client import ChatwootClient
from parcelguard.marketplace.chatwoot.codes import MEANINGS, failure
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.meaning import Meaning
from parcelguard.marketplace.ports import AccessState
from parcelguard.ui.words.reasons.saying import said
from tests.support.chatwoot_bench import Bench, jpeg, open_bench
from tests.support.tampering import Tampering

pytestmark = pytest.mark.usefixtures("no_stray_threads")

MESSAGES = "POST /api/v1/accounts/31/conversations"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def mark_of_text(text: str) -> SentMark:
    return SentMark(kind=PartKind.TEXT, since=utc_now() - timedelta(minutes=1), text=text)


def mark_of_picture(picture: Picture) -> SentMark:
    since = utc_now() - timedelta(minutes=1)
    return SentMark(kind=PartKind.IMAGE, since=since, address=picture.address, size=picture.size)


def tamper(bench: Bench, path: str, change: Callable[[dict[str, Any]], object]) -> None:
    """From now on `change` alters each answer for `path`."""
    bench.client.close_connections()
    http = Http(bench.settings.host, Tampering(path, change))
    bench.client = ChatwootClient(bench.settings, bench.vault, http, bench.now)
    bench.chat = chatwoot_chat(bench.client, bench.settings, HouseRules())


# ---- finding the buyer ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"identifier": "WA10203040"}, "WA10203040"),
        ({"identifier": "wa10203040"}, "WA10203040"),
        ({"identifier": "WA1 WA10203040"}, "WA10203040"),
        ({"phone_number": "+62812345678"}, "+62812345678"),
        ({"phone_number": "+62812345678"}, "62812345678"),
        ({"email": "ayu@example.my"}, "AYU@EXAMPLE.MY"),
    ],
)
def test_contact_is_found_by_the_scanned_code(bench: Bench, facts: dict[str, str], code: str) -> None:
    order = bench.order(**facts)
    found = bench.orders.find_by_code(code)
    assert found
    assert (found.shop_id, found.number, found.buyer_id) == ("ayu", code, str(order.buyer.user_id))
    assert found.buyer_name == order.buyer.name


def test_contact_is_found_by_a_word_of_the_name(bench: Bench) -> None:
    order = bench.order(identifier=None)
    order.buyer.name = "Ayu, WA10203040"
    assert bench.orders.find_by_code("WA10203040")
    assert bench.orders.find_by_code("WA1020304") is None


@pytest.mark.parametrize("code", ["WA1020304", "WA102030400", "A10203040", "2345678", "no one"])
def test_part_of_a_code_finds_nobody(bench: Bench, code: str) -> None:
    bench.order(identifier="WA10203040", phone_number="+62812345678")
    assert bench.orders.find_by_code(code) is None


def test_contact_without_a_phone_number_is_not_found_by_a_sign(bench: Bench) -> None:
    bench.order(identifier="1+1", phone_number=None)
    assert bench.orders.find_by_code("+") is None


def test_code_that_is_part_of_many_others_still_finds_its_contact(bench: Bench) -> None:
    for number in range(16):
        bench.order(identifier=f"WA10203040{number:02}")
    assert bench.orders.find_by_code("WA10203040") is None
    order = bench.order(identifier="WA10203040")
    found = bench.orders.find_by_code("WA10203040")
    assert found
    assert found.buyer_id == str(order.buyer.user_id)


def test_code_of_two_contacts_on_different_pages_names_neither(bench: Bench) -> None:
    bench.order(identifier="WA10203040")
    for number in range(16):
        bench.order(identifier=f"WA10203040{number:02}")
    other = bench.order(identifier=None)
    other.buyer.name = "Ayu WA10203040"
    assert bench.orders.find_by_code("WA10203040") is None


def test_code_that_too_many_contacts_hold_names_none(bench: Bench) -> None:
    bench.order(identifier="WA1")
    for number in range(80):
        bench.order(identifier=f"WA10{number:02}")
    assert bench.orders.find_by_code("WA1") is None


def test_code_of_two_contacts_names_neither(bench: Bench) -> None:
    bench.order(identifier="WA10203040")
    other = bench.order(identifier=None)
    other.buyer.name = "Ayu WA10203040"
    assert bench.orders.find_by_code("WA10203040") is None


def test_no_order_changes_behind_the_sellers_back(bench: Bench) -> None:
    assert list(bench.orders.changed_orders(utc_now() - timedelta(days=1), utc_now())) == []


# ---- opening -------------------------------------------------------------------------------


def test_conversation_is_begun_once_and_found_from_then_on(bench: Bench) -> None:
    order = bench.order()
    first = bench.opened(order).conversation_id
    assert first
    assert bench.opened(order).conversation_id == first
    assert not bench.world.transcript()


def test_conversation_without_a_number_is_begun_again_later(bench: Bench) -> None:
    tamper(bench, "POST /api/v1/accounts/31/conversations", dict.clear)
    with pytest.raises(NotSent):
        bench.opened()


def test_newest_conversation_of_the_own_inbox_is_taken(bench: Bench) -> None:
    order = bench.order()
    mine = bench.opened(order).conversation_id
    inbox = bench.settings.inbox_id

    def more(body: dict[str, Any]) -> None:
        body["payload"] += [{"id": 99, "inbox_id": inbox + 1}, {"id": 1000, "inbox_id": inbox}, {"id": 2}]

    assert mine == "1"
    tamper(bench, "GET /api/v1/accounts/31/contacts/", lambda body: more(body) if body["payload"] else None)
    bench.state.contacts(bench.shop)
    assert bench.opened(order).conversation_id == "1000"


def test_conversation_that_takes_only_templates_is_held(bench: Bench) -> None:
    order = bench.order()
    bench.opened(order)

    def close(body: dict[str, Any]) -> None:
        for each in body["payload"]:
            each["can_reply"] = False

    tamper(bench, "/conversations", close)
    with pytest.raises(Held) as caught:
        bench.opened(order)
    assert caught.value.reason == because(MarketplaceReason.ONLY_TEMPLATES, marketplace="Chatwoot")


def test_code_that_names_another_contact_by_now_is_held(bench: Bench) -> None:
    order, other = bench.order(), bench.order()
    target = Target(order_number=order.order_sn, buyer_id=str(other.buyer.user_id))
    with pytest.raises(Held) as caught:
        bench.chat.open_conversation(target, 4)
    assert caught.value.code == "buyer_changed"


def test_nothing_is_sent_without_a_conversation(bench: Bench) -> None:
    order = bench.order()
    target = Target(order_number=order.order_sn, buyer_id=str(order.buyer.user_id))
    with pytest.raises(NotSent):
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert bench.chat.look_for_message(target, mark_of_text("Hello.")).covered
    assert bench.chat.hidden_messages(target, {"1"}, utc_now()) == frozenset()


# ---- sending -------------------------------------------------------------------------------


def test_text_and_pictures_arrive_once_with_their_own_bytes(bench: Bench) -> None:
    target = bench.opened()
    text = bench.chat.send_text(target, "Paket anda ✓ + % &", bench.wire())
    first, _ = bench.show(target)
    bench.show(target, (600, 480))
    lines = bench.world.transcript()
    assert [line["message_type"] for line in lines] == ["text", "image", "image"]
    assert lines[0]["text"] == "Paket anda ✓ + % &"
    assert lines[1]["image_sha256"] == hashlib.sha256(jpeg()).hexdigest()
    assert text.message_id != first != ""
    assert text.conversation_id == target.conversation_id
    assert len(bench.marks) == 3


def test_upload_calls_nobody_and_names_the_picture_by_its_bytes(bench: Bench) -> None:
    assert not bench.chat.policy.keeps_uploads
    assert (
        bench.chat.upload_picture(jpeg())
        == bench.chat.upload_picture(jpeg())
        != bench.chat.upload_picture(jpeg((10, 10)))
    )
    assert bench.world.requests.counts()["total"] == 0


def test_missing_message_id_is_a_success_all_the_same(bench: Bench) -> None:
    target = bench.opened()
    bench.world.faults.set("missing_message_id")
    assert bench.chat.send_text(target, "Hello.", bench.wire()).message_id == ""


def test_answer_without_the_message_confirms_nothing(bench: Bench) -> None:
    target = bench.opened()
    tamper(bench, MESSAGES, lambda body: body.clear())
    with pytest.raises(OutcomeUnknown) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert caught.value.reason.kind is MarketplaceReason.NOT_CONFIRMED


@pytest.mark.parametrize("status", [200, 302, 403, 502])
def test_page_in_place_of_an_answer_leaves_a_message_unknown(bench: Bench, status: int) -> None:
    target = bench.opened()
    bench.world.faults.set("non_json", path=MESSAGES, status=status)
    with pytest.raises(OutcomeUnknown):
        bench.chat.send_text(target, "Hello.", bench.wire())


def test_page_in_place_of_an_answer_is_no_answer_when_reading(bench: Bench) -> None:
    bench.world.faults.set("non_json")
    with pytest.raises(NoNetwork) as caught:
        bench.orders.find_by_code("WA10203040")
    assert caught.value.reason == because(MarketplaceReason.ANSWER_MADE_NO_SENSE, marketplace="Chatwoot")


@pytest.mark.parametrize(("status", "meaning"), MEANINGS.items())
def test_refusal_is_told_by_its_status(bench: Bench, status: int, meaning: Meaning) -> None:
    target = bench.opened()
    bench.world.faults.set("error", path=MESSAGES, error=str(status), status=status)
    with pytest.raises(DeliveryError) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert type(caught.value) is meaning.verdict
    assert caught.value.reason == because(meaning.reason, marketplace="Chatwoot")
    assert said(caught.value.reason).advice
    assert not bench.world.transcript()


@pytest.mark.parametrize("status", [402, 418, 500, 503])
def test_status_that_is_not_listed_is_unknown(status: int) -> None:
    assert type(failure(status)) is OutcomeUnknown


def test_waiting_time_is_taken_from_the_answer(bench: Bench) -> None:
    target = bench.opened()
    bench.world.faults.set("rate_limit", 9, path=MESSAGES)
    with pytest.raises(TooFast) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert caught.value.retry_after_s == 9


def test_token_never_shows(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secrets = bench.vault.load("ayu")
    assert secrets
    target = bench.opened()
    bench.world.faults.set("drop_before", path=MESSAGES)
    with pytest.raises(OutcomeUnknown) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    ours = [line.getMessage() for line in caplog.records if line.name.startswith("parcelguard")]
    assert secrets.app_secret not in f"{caught.value!r} {ours} {vars(caught.value)}"


# ---- reading back --------------------------------------------------------------------------


def test_message_whose_answer_was_lost_is_found(bench: Bench) -> None:
    target = bench.opened()
    bench.world.faults.set("drop_after", path=MESSAGES, times=1)
    with pytest.raises(OutcomeUnknown):
        bench.chat.send_text(target, "Hello  there.", bench.wire())
    look = bench.chat.look_for_message(target, mark_of_text("Hello there."))
    assert len(look.found) == 1
    assert look.covered


def test_pictures_are_told_apart_by_their_size_and_by_their_name(bench: Bench) -> None:
    target = bench.opened()
    first, picture = bench.show(target)
    second, other = bench.show(target, (630, 470))
    for named in (False, True):
        assert bench.chat.look_for_message(target, mark_of_picture(picture)).found == (first,)
        assert bench.chat.look_for_message(target, mark_of_picture(other)).found == (second,)

        def name(body: dict[str, Any]) -> None:
            for each, sent in zip(body["payload"], (picture, other), strict=False):  # the last page is empty
                (attached,) = each["attachments"]
                attached["data_url"] = f"https://cw.example/blobs/x/{sent.address}?y=1"
                attached["width"] = attached["height"] = None

        if not named:
            tamper(bench, "GET /api/v1/accounts/31/conversations/1/messages", name)


def test_picture_without_name_and_size_leaves_it_open_whether_ours_is_there(bench: Bench) -> None:
    target = bench.opened()
    _, picture = bench.show(target)

    def bare(body: dict[str, Any]) -> None:
        for each in body["payload"]:
            each["attachments"] = [{"file_type": "image"}]

    tamper(bench, "GET /api/v1/accounts/31/conversations/1/messages", bare)
    look = bench.chat.look_for_message(target, mark_of_picture(picture))
    assert (look.found, look.covered) == ((), False)


def test_words_of_the_buyer_and_private_notes_are_not_ours(bench: Bench) -> None:
    order = bench.order()
    target = bench.opened(order)
    bench.world.buyer_says(order.buyer.user_id, "Hello.", bench.shop.shop_id)
    bench.chat.send_text(target, "Hello.", bench.wire())

    def note(body: dict[str, Any]) -> None:
        for each in body["payload"]:
            each["private"] = True

    assert len(bench.chat.look_for_message(target, mark_of_text("Hello.")).found) == 1
    tamper(bench, "GET /api/v1/accounts/31/conversations/1/messages", note)
    assert bench.chat.look_for_message(target, mark_of_text("Hello.")).found == ()


def test_three_pages_are_read_and_no_more(bench: Bench) -> None:
    order = bench.order()
    target = bench.opened(order)
    for number in range(61):
        bench.world.buyer_says(order.buyer.user_id, f"Hello {number}", bench.shop.shop_id)
    look = bench.chat.look_for_message(target, mark_of_text("Hello."))
    assert not look.covered
    assert len(look.seen) == 60
    assert [each.text for each in look.seen[:1]] == [""]
    later = replace(mark_of_text("Hello."), since=utc_now() + timedelta(seconds=5))
    assert bench.chat.look_for_message(target, later).covered


def test_message_that_never_went_on_to_the_buyer_is_told(bench: Bench) -> None:
    target = bench.opened()
    bench.world.faults.set("late_filter", 0, times=1)
    gone = bench.chat.send_text(target, "Hello.", bench.wire()).message_id
    stays = bench.chat.send_text(target, "Hello again.", bench.wire()).message_id
    assert bench.chat.hidden_messages(target, {gone, stays}, utc_now() - timedelta(minutes=1)) == {gone}
    assert bench.chat.hidden_messages(target, {gone}, utc_now() + timedelta(minutes=1)) == frozenset()


def test_nothing_can_be_taken_back(bench: Bench) -> None:
    target = bench.opened()
    with pytest.raises(Refused):
        bench.chat.take_back(target, "1", PartKind.TEXT)
    assert not bench.chat.policy.recall_within


# ---- access --------------------------------------------------------------------------------


def test_probe_tells_what_the_token_may_do(bench: Bench) -> None:
    assert bench.client.probe_access().state is AccessState.AUTHORISED
    bench.shop.chat_allowed = False
    assert bench.client.probe_access().state is AccessState.NO_CHAT
    bench.shop.chat_allowed = True
    bench.state.revoke()
    access = bench.client.probe_access()
    assert (access.state, access.orders) == (AccessState.CONSENT_AGAIN, False)
    assert access.reason == because(MarketplaceReason.ACCESS_TOKEN_REFUSED, marketplace="Chatwoot")
    bench.world.faults.set("drop_before")
    assert bench.client.probe_access().state is AccessState.UNREACHABLE
    bench.vault.forget("ayu")
    assert bench.client.probe_access().state is AccessState.NOT_CONNECTED


def test_token_that_is_taken_back_holds_the_shop(bench: Bench) -> None:
    target = bench.opened()
    bench.state.revoke()
    with pytest.raises(ShopWaits) as caught:
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert caught.value.code == "401"


def test_unreachable_server_takes_no_mark(bench: Bench) -> None:
    target = bench.opened()
    bench.configure(host="http://127.0.0.1:9")
    with pytest.raises(NoNetwork):
        bench.chat.send_text(target, "Hello.", bench.wire())
    assert not bench.marks


def test_there_is_no_consent_to_give(bench: Bench) -> None:
    with pytest.raises(SettingsError):
        bench.client.consent_address("shop", "", "s1")
    with pytest.raises(SettingsError):
        bench.client.accept_consent("shop", "http://x/?code=1&state=s1", "s1")


def test_clock_of_the_server_is_learned(bench: Bench) -> None:
    bench.world.faults.set("clock_offset_s", 600)
    bench.client.probe_access()
    assert abs(bench.chat.clock_offset - timedelta(seconds=600)) < timedelta(seconds=3)
