"""Shopee's chat against the local marketplace: a whole set, what holds it, and reading it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from parcelguard.chat.shopee import ShopeeChat
from parcelguard.core.errors import Held, NotSent, OutcomeUnknown, Refused
from parcelguard.core.orders import Order
from parcelguard.core.parts import PartKind, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.shops import Shop
from parcelguard.core.times import utc_now
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.ports import Picture, SentMark
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.shopee.client import ShopeeClient
from parcelguard.store.database import Store
from parcelguard.ui.words.reasons.saying import said
from tests.support.fakes import SHOP, Clock, PlainCopies, picture, save_proof
from tests.support.shopee_bench import Bench, open_bench, sha256

pytestmark = pytest.mark.usefixtures("no_stray_threads")


@pytest.fixture
def clock() -> Clock:
    return Clock(utc_now())


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Bench]:
    with open_bench(tmp_path, now=clock) as opened:
        yield opened


class Van:
    """A courier that carries proofs to the local Shopee."""

    def __init__(self, bench: Bench, store: Store, media: Path, clock: Clock, shop: Shop = SHOP) -> None:
        self.bench, self.store, self.media, self.clock = bench, store, media, clock
        self.courier = Courier(
            shop=shop,
            store=store,
            sender=bench.chat,
            copies=PlainCopies(),
            media=media,
            publish=lambda event: None,
            now=clock,
            elapsed_s=clock.elapsed_s,
        )

    def save(self, number: int = 0, photos: int = 3) -> Proof:
        theirs = self.bench.order(number)
        ours = Order(
            shop_id=SHOP.id,
            number=theirs.order_sn,
            buyer_id=str(theirs.buyer.user_id),
            buyer_name=theirs.buyer.name,
        )
        return save_proof(self.store, self.media, self.clock(), ours, photos)

    def work(self, seconds: float = 0) -> None:
        self.clock.advance(seconds)
        while (due := self.courier.step()) is not None and due <= self.clock():
            pass

    def state(self, proof: Proof) -> ProofState:
        with self.store.read() as records:
            kept = records.proofs.get(proof.id)
        assert kept
        return kept.state

    def reasons(self, proof: Proof) -> list[str]:
        with self.store.read() as records:
            held = [part for part in records.parts.of(proof.id) if part.state is PartState.HELD]
            return [part.code or str(part.reason and part.reason.kind) for part in held]


@pytest.fixture
def van(bench: Bench, store: Store, media: Path, clock: Clock) -> Van:
    return Van(bench, store, media, clock)


# ---- sending -------------------------------------------------------------------------------


def test_whole_set_reaches_the_buyer_in_order(van: Van) -> None:
    proof = van.save()
    van.work()

    lines = van.bench.world.transcript()
    assert van.state(proof) is ProofState.DELIVERED
    assert [line["message_type"] for line in lines] == ["text", "image", "image", "image"]
    assert van.bench.texts() == [f"Hi, {proof.order_number}."]
    assert van.bench.pictures() == [sha256(picture(n)) for n in (1, 2, 3)]
    assert {line["order_sn"] for line in lines} == {proof.order_number}
    with van.store.read() as records:
        ids = [part.remote_id for part in records.parts.of(proof.id) if part.kind.visible]
    assert ids == [line["message_id"] for line in lines]


def test_set_that_could_not_be_finished_is_held_before_anything_is_shown(
    bench: Bench, store: Store, media: Path, clock: Clock
) -> None:
    van = Van(bench, store, media, clock, replace(SHOP, collage="never"))
    first = van.save(photos=2)
    van.work()
    second = van.save(photos=2)
    van.work()

    assert van.state(first) is ProofState.DELIVERED
    assert van.reasons(second) == ["budget"]
    assert len(van.bench.world.transcript()) == 3
    with van.store.read() as records:
        (held,) = [part for part in records.parts.of(second.id) if part.state is PartState.HELD]
    assert held.reason == because(SendingReason.BUDGET, said=3, limit=5, planned=3)


def test_set_is_made_to_fit_what_shopee_still_allows(van: Van) -> None:
    van.bench.state.rules.same_again_after_s = 0
    van.save(photos=2)
    van.work()
    second = van.save(photos=2)
    van.work()

    assert van.state(second) is ProofState.DELIVERED
    kinds = [line["message_type"] for line in van.bench.world.transcript()]
    assert kinds == ["text", "image", "image", "text", "image"]


def test_buyers_answer_makes_room_again(van: Van) -> None:
    first = van.save(photos=2)
    van.work()
    van.bench.world.buyer_says(int(first.buyer_id), "Thank you!")
    second = van.save(photos=2)
    with van.store.begin() as records:
        records.parts.plan(
            second,
            [(PartKind.OPEN, ""), (PartKind.TEXT, "")],
            text="Other.",
            by="",
            why=Purpose(PlanReason.RESENT),
        )
    van.work()
    assert van.state(second) is ProofState.DELIVERED


@pytest.mark.parametrize("status", ["CANCELLED", "IN_CANCEL"])
def test_order_cancelled_meanwhile_is_held(van: Van, status: str) -> None:
    proof = van.save()
    van.bench.world.change_order(van.bench.order(), status, "changed my mind")
    van.work()

    assert van.reasons(proof) == ["order_cancelled"]
    assert van.bench.world.transcript() == []


def test_order_that_names_another_buyer_now_is_held(van: Van) -> None:
    proof = van.save()
    van.bench.order().buyer = van.bench.order(1).buyer
    van.work()
    assert van.reasons(proof) == ["buyer_changed"]
    assert van.bench.world.transcript() == []


def test_order_that_is_gone_is_not_sent(van: Van) -> None:
    proof = van.save()
    van.bench.world.faults.set("omit_unknown_orders")
    del van.bench.world.orders[proof.order_number]
    van.work()
    assert van.reasons(proof) == ["error_not_found"]


def test_buyer_who_blocked_the_shop_is_held_after_one_try(van: Van) -> None:
    proof = van.save()
    van.bench.order().buyer.blocked = "by_buyer"
    van.work()
    van.work(3600)
    assert van.reasons(proof) == ["error_blocked"]
    assert van.bench.asked("send_message") == 1


def test_order_without_a_buyer_is_held(bench: Bench) -> None:
    bench.tamper("order_detail", lambda body: body["response"]["order_list"][0].update(buyer_user_id=None))
    with pytest.raises(Held) as held:
        bench.chat.open_conversation(bench.target(bench.order()), planned=4)
    assert held.value.code == "no_buyer"
    assert held.value.reason.kind is MarketplaceReason.NO_BUYER


def test_first_contact_begins_with_an_order_card_where_shopee_wants_one(van: Van) -> None:
    van.bench.world.faults.set("order_card_first_only")
    proof = van.save()
    van.work()

    assert van.state(proof) is ProofState.DELIVERED
    kinds = [line["message_type"] for line in van.bench.world.transcript()]
    assert kinds == ["order", "text", "image", "image", "image"]
    assert van.bench.texts() == [f"Hi, {proof.order_number}."]


def test_lost_answer_about_an_order_card_doubles_neither_card_nor_text(van: Van) -> None:
    van.bench.world.faults.set("order_card_first_only")
    van.bench.world.faults.set("drop_after", path="send_message", after=1, times=1)
    proof = van.save(photos=1)
    for seconds in (0, 5, 390, 60):
        van.work(seconds)
    assert [line["message_type"] for line in van.bench.world.transcript()] == ["order"]
    assert van.reasons(proof) == ["not_seen"]

    receipt = van.bench.chat.send_text(van.bench.target(van.bench.order()), "Hi.", van.bench.wire())
    assert receipt.message_id
    assert [line["message_type"] for line in van.bench.world.transcript()] == ["order", "text"]


def test_message_goes_without_naming_its_order_where_shopee_does_not_want_that(bench: Bench) -> None:
    bench.say("First.")
    bench.world.faults.set("refuse_source_content")
    refused_before = bench.asked("send_message")
    assert bench.say("Second.")
    assert bench.say("Third.")
    assert bench.asked("send_message") - refused_before == 3, "refused once, then remembered"
    assert len(bench.texts()) == 3


def test_first_contact_where_the_order_may_not_be_named_begins_with_a_card(bench: Bench) -> None:
    bench.world.faults.set("refuse_source_content")
    assert bench.say("Hello.")
    assert [line["message_type"] for line in bench.world.transcript()] == ["order", "text"]


@pytest.mark.parametrize("told", [777, "777"])
def test_answer_about_another_buyer_stops_the_set_before_its_pictures(bench: Bench, told: object) -> None:
    bench.tamper("send_message", lambda body: body["response"].update(to_id=told))
    with pytest.raises(OutcomeUnknown) as caught:
        bench.say("Hello.")
    assert caught.value.reason.kind is MarketplaceReason.OTHER_BUYER_TOLD


@pytest.mark.parametrize("told", [None, 0, "", "0"])
def test_answer_that_names_no_buyer_is_a_success(bench: Bench, told: object) -> None:
    bench.tamper("send_message", lambda body: body["response"].update(to_id=told))
    assert bench.say("Hello.")


def test_refused_parameter_that_has_nothing_to_do_with_the_order_is_told(bench: Bench) -> None:
    target = bench.target(bench.order())
    with pytest.raises(Refused) as refused:
        bench.chat.send_image(target, Picture(address="https://x.test/none"), bench.wire())
    assert refused.value.code == "param_error"
    bench.say("Named all the same.")
    assert bench.world.transcript()[-1]["order_sn"] == target.order_number


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("user_is_forbidden", "does not let you write to this buyer"),
        ("reach_5_message_limit", "5 unanswered messages"),
        ("assigned_to_subaccount", "belongs to a sub-account"),
        ("shop_bound_subaccount", "belong to a sub-account"),
        ("block_by_internal_safety_strategies", "safety rules"),
    ],
)
def test_refusal_that_a_person_has_to_resolve_is_held_with_its_reason(
    van: Van, code: str, words: str
) -> None:
    van.bench.world.faults.set("error", path="send_message", error=code, message="No.")
    proof = van.save(photos=1)
    van.work()
    van.work(3600)
    assert van.reasons(proof) == [code]
    assert van.bench.asked("send_message") == 1
    with van.store.read() as records:
        (held,) = [part for part in records.parts.of(proof.id) if part.state is PartState.HELD]
    assert words in said(held.reason).headline


def test_buyer_who_neither_ordered_nor_wrote_lately_is_out_of_reach(van: Van) -> None:
    proof = van.save(photos=1)
    van.bench.order().create_time -= 31 * 86_400
    van.work()
    assert van.reasons(proof) == ["user_is_forbidden"]
    van.bench.world.buyer_says(int(proof.buyer_id), "Where is it?")
    assert van.bench.say()


def test_same_text_within_a_day_is_refused_in_words(bench: Bench) -> None:
    bench.say("Hello.")
    with pytest.raises(Refused) as refused:
        bench.say("Hello.")
    assert refused.value.reason.kind is MarketplaceReason.MESSAGE_REPEATED


def test_policy_knows_shopees_limits(bench: Bench) -> None:
    policy = bench.chat.policy
    assert (policy.unanswered_limit, policy.longest_text) == (5, 600)
    assert policy.same_text == timedelta(hours=24)


def test_numeric_ids_and_missing_message_ids_are_taken(van: Van) -> None:
    van.bench.world.faults.set("numeric_ids")
    van.bench.world.faults.set("missing_message_id", after=2)
    proof = van.save()
    van.work()

    assert van.state(proof) is ProofState.DELIVERED
    assert len(van.bench.world.transcript()) == 4


@pytest.mark.parametrize("after", range(4))
def test_lost_answer_is_found_in_the_chat_and_nothing_is_sent_twice(van: Van, after: int) -> None:
    van.bench.world.faults.set("drop_after", path="send_message", after=after, times=1)
    proof = van.save()
    van.work()
    assert van.state(proof) is ProofState.WAITING
    van.work(5)

    assert van.state(proof) is ProofState.DELIVERED
    assert len(van.bench.world.transcript()) == 4


def test_message_that_shows_up_late_is_found_by_a_later_look(van: Van) -> None:
    van.bench.world.faults.set("drop_after", path="send_message", times=1)
    van.bench.world.faults.set("list_delay_s", 50.0, times=1)
    proof = van.save(photos=1)
    van.work()
    van.work(5)
    assert van.state(proof) is ProofState.WAITING
    van.bench.world.move_on(400)
    van.work(390)
    assert van.state(proof) is ProofState.DELIVERED


def test_message_that_never_arrived_becomes_a_question(van: Van) -> None:
    van.bench.world.faults.set("drop_before", path="send_message", times=1)
    proof = van.save(photos=1)
    for seconds in (0, 5, 390, 60):
        van.work(seconds)
    assert van.reasons(proof) == ["not_seen"]
    assert van.bench.world.transcript() == []


def test_lost_answer_is_found_on_a_computer_whose_clock_is_minutes_ahead(
    tmp_path: Path, store: Store, media: Path, clock: Clock
) -> None:
    clock.advance(420)
    with open_bench(tmp_path / "ahead", now=clock) as bench:
        bench.connect(left_s=40_000)
        van = Van(bench, store, media, clock)
        bench.world.faults.set("drop_after", path="send_message", times=1)
        proof = van.save(photos=1)
        van.work()
        van.work(5)
        assert van.state(proof) is ProofState.DELIVERED


# ---- reading back --------------------------------------------------------------------------


def mark(bench: Bench, text: str = "", address: str = "", seconds_ago: float = 60) -> SentMark:
    kind = PartKind.IMAGE if address else PartKind.TEXT
    since = bench.now() - timedelta(seconds=seconds_ago)
    return SentMark(kind=kind, since=since, text=text, address=address)


def test_text_is_found_without_knowing_the_conversation(bench: Bench) -> None:
    order = bench.order()
    message = bench.say("Hello.\n  Two  lines.")
    look = bench.chat.look_for_message(
        bench.target(order), mark(bench, f"Hello. Two lines. {order.order_sn}")
    )

    assert look.found == (message,)
    assert look.covered
    conversation = bench.world.transcript()[0]["conversation_id"]
    assert look.conversation_id == conversation
    again = bench.chat.look_for_message(bench.target(order, conversation), mark(bench, "Something else."))
    assert (again.found, again.covered) == ((), True)


def test_picture_is_found_by_the_end_of_its_address(bench: Bench) -> None:
    order = bench.order()
    address = bench.chat.upload_picture(picture(5))
    message = bench.chat.send_image(bench.target(order), Picture(address=address), bench.wire()).message_id

    moved = f"https://other.host.test/some/where/{address.rsplit('/', 1)[-1]}?size=large"
    assert bench.chat.look_for_message(bench.target(order), mark(bench, address=moved)).found == (message,)
    assert (
        bench.chat.look_for_message(bench.target(order), mark(bench, address="https://x.test/other")).found
        == ()
    )
    assert bench.chat.look_for_message(bench.target(order), mark(bench, address="/")).found == ()


def test_buyers_own_words_and_older_messages_are_no_match(bench: Bench) -> None:
    order = bench.order()
    bench.say("Twin.")
    text = f"Twin. {order.order_sn}"
    bench.world.buyer_says(order.buyer.user_id, text)

    assert len(bench.chat.look_for_message(bench.target(order), mark(bench, text)).found) == 1
    later = bench.chat.look_for_message(bench.target(order), mark(bench, text, seconds_ago=-5))
    assert (later.found, later.covered) == ((), True)


def test_buyer_who_never_got_a_message_has_no_conversation(bench: Bench) -> None:
    look = bench.chat.look_for_message(bench.target(bench.order()), mark(bench, "Hello."))
    assert (look.found, look.covered, look.conversation_id) == ((), True, "")


def test_long_conversation_that_does_not_reach_back_is_told_as_such(bench: Bench) -> None:
    order = bench.order()
    bench.say("First.")
    text = f"First. {order.order_sn}"
    for _ in range(74):
        bench.world.buyer_says(order.buyer.user_id, "and?")
    assert len(bench.chat.look_for_message(bench.target(order), mark(bench, text)).found) == 1
    bench.world.buyer_says(order.buyer.user_id, "and?")
    look = bench.chat.look_for_message(bench.target(order), mark(bench, text))
    assert (look.found, look.covered) == ((), False)


def test_conversation_is_found_on_a_later_page(tmp_path: Path, clock: Clock) -> None:
    with open_bench(tmp_path, orders=40, now=clock) as bench:
        orders = {order.buyer.user_id: order for order in bench.world.orders.values()}
        for order in orders.values():
            bench.say("Hello.", order)
        first = next(iter(orders.values()))
        look = bench.chat.look_for_message(bench.target(first), mark(bench, f"Hello. {first.order_sn}"))
        assert len(look.found) == 1
        assert len(orders) > 25


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "a text",
        {"message_type": "bundle_message", "content": "[..]"},
        {"message_type": "text", "content": "[..]"},
        {"message_type": "text", "content": None},
        {"message_type": "image", "content": ["[..]"]},
        {"message_type": None, "content": [None]},
        {"message_type": "text", "content": {"text": None}, "created_timestamp": "soon"},
        {"message_type": "text", "content": {"text": 5}, "created_timestamp": None},
    ],
)
def test_odd_message_in_front_hides_nothing(bench: Bench, odd: object) -> None:
    order = bench.order()
    message = bench.say("Hello.")
    if isinstance(odd, dict):
        odd = {"from_shop_id": bench.shop.shop_id, "message_id": "odd", **odd}
    bench.tamper("get_message", lambda body: body["response"]["messages"].insert(0, odd))
    conversation = bench.world.transcript()[0]["conversation_id"]

    look = bench.chat.look_for_message(
        bench.target(order, conversation), mark(bench, f"Hello. {order.order_sn}")
    )
    assert (look.found, look.covered) == ((message,), True)
    assert bench.chat.open_conversation(bench.target(order, conversation), planned=3)


def test_null_is_not_taken_for_the_beginning_of_a_conversation(bench: Bench) -> None:
    order = bench.order()
    bench.say("First.")
    for _ in range(75):
        bench.world.buyer_says(order.buyer.user_id, "and?")
    bench.tamper("get_message", lambda body: body["response"]["messages"].__setitem__(0, None))
    look = bench.chat.look_for_message(bench.target(order), mark(bench, "Something else."))
    assert (look.found, look.covered) == ((), False)


def test_message_that_stands_on_two_pages_counts_once(bench: Bench) -> None:
    order = bench.order()
    message = bench.say("Twin.")
    text = f"Twin. {order.order_sn}"
    for _ in range(24):
        bench.world.buyer_says(order.buyer.user_id, "and?")
    conversation = bench.world.transcript()[0]["conversation_id"]
    last_of_page: list[dict[str, object]] = []

    def repeat(body: dict[str, Any]) -> None:
        messages = body["response"]["messages"]
        if last_of_page:
            messages.insert(0, last_of_page[0])
        else:
            last_of_page.append(messages[-1])
            body["response"]["page_result"]["next_offset"] = messages[-1]["message_id"]

    bench.tamper("get_message", repeat)
    look = bench.chat.look_for_message(bench.target(order, conversation), mark(bench, text))
    assert bench.asked("get_message") == 2
    assert look.found == (message,)


def test_page_that_is_only_short_is_not_taken_for_the_beginning_of_a_conversation(bench: Bench) -> None:
    order = bench.order()
    message = bench.say("First.")
    for _ in range(30):
        bench.world.buyer_says(order.buyer.user_id, "and?")

    def shorten(body: dict[str, Any]) -> None:
        del body["response"]["messages"][1]

    bench.tamper("get_message", shorten)
    look = bench.chat.look_for_message(bench.target(order), mark(bench, f"First. {order.order_sn}"))
    assert (look.found, look.covered) == ((message,), True)


@pytest.mark.parametrize("end", ["", "0", 0, None])
def test_beginning_of_a_conversation_is_told_in_several_ways(bench: Bench, end: object) -> None:
    bench.say("First.")
    bench.tamper("get_message", lambda body: body["response"]["page_result"].update(next_offset=end))
    assert bench.chat.look_for_message(bench.target(bench.order()), mark(bench, "Other.")).covered is True
    assert bench.asked("get_message") == 1


def test_conversation_that_comes_back_empty_proves_nothing(bench: Bench) -> None:
    order = bench.order()
    bench.say("First.")
    bench.tamper("get_message", lambda body: body["response"].update(messages=[]))
    look = bench.chat.look_for_message(bench.target(order), mark(bench, f"First. {order.order_sn}"))
    assert (look.found, look.covered) == ((), False)


def test_odd_conversations_and_cursors_are_passed_over(bench: Bench) -> None:
    order = bench.order()
    message = bench.say("Hello.")
    text = mark(bench, f"Hello. {order.order_sn}")
    bench.tamper("conversation_list", lambda body: body["response"]["conversations"].insert(0, None))
    assert bench.chat.look_for_message(bench.target(order), text).found == (message,)

    odd = {
        "conversations": "none",
        "page_result": {"more": True, "next_cursor": {"next_message_time_nano": "x"}},
    }
    bench.tamper("conversation_list", lambda body: body.update(response=odd))
    assert bench.chat.look_for_message(bench.target(order), text).covered is False


def test_upload_that_answers_without_an_address_is_repeated_later(bench: Bench) -> None:
    answer = httpx.Response(200, json={"request_id": "r1", "error": "", "response": {"url": ""}})
    http = Http(bench.address, httpx.MockTransport(lambda request: answer))
    chat = ShopeeChat(ShopeeClient(bench.account, bench.vault, http, bench.now))

    with pytest.raises(NotSent, match="without url"):
        chat.upload_picture(picture())
    http.close()


# ---- what a person reads, hidden messages, taking back ----------------------------------------


def test_look_tells_what_stands_in_the_chat_without_the_buyers_words(bench: Bench) -> None:
    order = bench.order()
    bench.say("First.")
    bench.say("A long one. " + "x" * 100)
    bench.world.buyer_says(order.buyer.user_id, "My address is 1, Jalan Ampang.")
    address = bench.chat.upload_picture(picture(5))
    bench.chat.send_image(bench.target(order), Picture(address=address), bench.wire())

    newest, buyers, long, first = bench.chat.look_for_message(
        bench.target(order), mark(bench, address=address)
    ).seen

    assert (newest.own, newest.kind, newest.matches) == (True, "image", True)
    assert newest.text == address.rsplit("/", 1)[-1][:80]
    assert (buyers.own, buyers.text, buyers.matches) == (False, "", False)
    assert len(long.text) == 80
    assert long.text.endswith("…")
    assert (first.text, first.matches) == (f"First. {order.order_sn}", False)
    assert first.at is not None


@pytest.mark.parametrize("status", ["blocked", "censored_blacklist"])
def test_message_that_was_hidden_later_is_noticed_ten_minutes_after(van: Van, status: str) -> None:
    van.bench.world.faults.set("late_filter", 300.0, times=1, after=1, status_text=status)
    proof = van.save(photos=1)
    van.work()
    assert van.state(proof) is ProofState.DELIVERED

    van.bench.world.move_on(600)
    van.work(600)
    assert van.state(proof) is ProofState.ATTENTION
    with van.store.read() as records:
        hidden = [part.kind for part in records.parts.of(proof.id) if part.state is PartState.FILTERED]
    assert hidden == [PartKind.IMAGE]


def test_what_the_buyer_can_see_stays_delivered(van: Van) -> None:
    proof = van.save(photos=1)
    van.work()
    van.bench.world.move_on(600)
    van.work(600)
    assert van.state(proof) is ProofState.DELIVERED
    asked = van.bench.asked("get_message")
    van.work(86_400)
    assert van.bench.asked("get_message") == asked, "one look is all"


def test_nothing_is_hidden_in_a_chat_that_is_not_known_or_older_than_asked(bench: Bench) -> None:
    order = bench.order()
    message = bench.say()
    conversation = bench.world.transcript()[0]["conversation_id"]
    later = bench.now() + timedelta(seconds=5)
    assert bench.chat.hidden_messages(bench.target(order), [message], bench.now()) == frozenset()
    assert bench.chat.hidden_messages(bench.target(order, conversation), [message], later) == frozenset()


@pytest.mark.parametrize(("region", "minutes"), [("SG", 10), ("TH", 3), ("MY", 0)])
def test_taking_back_is_possible_as_long_as_the_country_allows(
    bench: Bench, region: str, minutes: int
) -> None:
    chat = ShopeeChat(bench.client, region)
    assert chat.policy.recall_within == timedelta(minutes=minutes)


def test_message_is_taken_back(bench: Bench) -> None:
    bench.shop.region = "SG"
    message = bench.say()
    bench.chat.take_back(bench.target(bench.order()), message, PartKind.TEXT)
    assert [line["status"] for line in bench.world.transcript()] == ["recalled"]


def test_recall_that_comes_too_late_is_refused_in_words(bench: Bench) -> None:
    message = bench.say()  # in Malaysia nothing is taken back
    with pytest.raises(Refused) as refused:
        bench.chat.take_back(bench.target(bench.order()), message, PartKind.IMAGE)
    assert refused.value.reason.kind is MarketplaceReason.NOT_TAKEN_BACK
    assert [line["status"] for line in bench.world.transcript()] == ["normal"]


def test_log_in_page_in_place_of_shopee_stops_the_shop_and_is_told(van: Van) -> None:
    van.bench.world.faults.set("non_json", times=1)
    proof = van.save(photos=1)
    van.work()
    assert van.state(proof) is ProofState.WAITING
    with van.store.read() as records:
        (part, *_) = records.parts.of(proof.id)
    assert said(part.reason).headline == "Shopee’s answer made no sense."
    assert van.bench.asked("") == 1, "nothing else is tried meanwhile"
    van.work(30)
    assert van.state(proof) is ProofState.DELIVERED


def test_every_message_of_a_set_that_was_hidden_is_noticed(van: Van) -> None:
    van.bench.world.faults.set("late_filter", 300.0, times=2)
    proof = van.save(photos=1)
    van.work()
    van.bench.world.move_on(600)
    van.work(600)
    with van.store.read() as records:
        hidden = [part.kind for part in records.parts.of(proof.id) if part.state is PartState.FILTERED]
    assert hidden == [PartKind.TEXT, PartKind.IMAGE]
