"""What waits for a supervisor: why, with what evidence, and what each answer leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from parcelguard.core.errors import (
    Held,
    NoNetwork,
    NotPossible,
    OutcomeUnknown,
    Refused,
)
from parcelguard.core.parts import Decision, PartKind, PartLabel, PartState
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.times import QuietHours
from parcelguard.delivery.ports import Look
from parcelguard.media_log.attention import Attention
from parcelguard.media_log.resending import Resender
from parcelguard.store.views import AttentionGroup, AttentionTopic, Sighting
from parcelguard.ui.words.attention_words import group_title, night_words
from parcelguard.ui.words.reasons.saying import said
from tests.support.fakes import NOON, ORDER, OTHER, SHOP, Delivery

EVERY = (Decision.THERE, Decision.SEND_AGAIN, Decision.LEAVE)


def attention(delivery: Delivery) -> tuple[AttentionGroup, ...]:
    return Attention(delivery.store, {SHOP.id: SHOP}, {SHOP.id: delivery.sender}, delivery.clock).groups()


def resender(delivery: Delivery) -> Resender:
    return Resender(delivery.store, {SHOP.id: SHOP}, {SHOP.id: delivery.sender}, delivery.clock)


def answer(delivery: Delivery, decision: Decision) -> None:
    for group in attention(delivery):
        for item in group.items:
            resender(delivery).decide(item.part_id, decision, "Budi")


def late(delivery: Delivery, count: int = 1) -> None:
    """Let orders wait without network until it is too late."""
    for number in range(count):
        delivery.save(replace(OTHER, number=f"26112000000{number:03}", buyer_id=f"3100{number:03}"), photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.wait_and_work(3601)


def lost_text(delivery: Delivery, *looks: Look) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.sender.plan("look", *looks)
    delivery.work()
    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)


def test_nothing_waits_for_a_person_while_all_goes_well(delivery: Delivery) -> None:
    delivery.save()
    delivery.work()
    assert attention(delivery) == ()


def test_unknown_message_is_asked_about_with_what_the_chat_showed(delivery: Delivery) -> None:
    seen = Sighting(NOON, own=True, kind="text", text="Hello", matches=False)
    empty = Look((), covered=True, seen=(seen,))
    lost_text(delivery, empty, empty, empty)

    (group,) = attention(delivery)
    assert (group.topic, group.shop, group.answers) == (AttentionTopic.ARRIVAL, "Shopee MY", EVERY)
    assert group.total == 1
    (item,) = group.items
    assert (item.part, item.text) == (PartLabel(PartKind.TEXT), f"Hi, {ORDER.number}.")
    assert item.reason == because(SendingReason.NOT_SEEN)
    assert [look.seen for look in item.looks] == [(seen,)] * 3
    assert item.may_arrive_until is None
    assert item.thumbnail.endswith(".thumb.jpg")


def test_message_still_being_looked_for_can_be_decided_early(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("image", OutcomeUnknown("lost"))
    delivery.work()

    (group,) = attention(delivery)
    (item,) = group.items
    assert (group.topic, item.part) == (AttentionTopic.CHECKING, PartLabel(PartKind.IMAGE, 1))
    assert item.may_arrive_until == NOON + timedelta(seconds=390)

    answer(delivery, Decision.THERE)
    assert delivery.state(proof) is ProofState.DELIVERED
    assert attention(delivery) == ()


def test_late_orders_are_one_group_and_go_by_one_answer(delivery: Delivery) -> None:
    late(delivery, 3)

    (group,) = attention(delivery)
    assert (group.topic, group.total) == (AttentionTopic.LATE, 3)
    assert group.answers == (Decision.SEND_AGAIN, Decision.LEAVE)
    answer(delivery, Decision.SEND_AGAIN)
    delivery.work()

    assert attention(delivery) == ()
    assert delivery.sender.calls.count("text") == 3


def test_leaving_a_late_order_closes_it_whole(delivery: Delivery) -> None:
    late(delivery)
    answer(delivery, Decision.LEAVE)
    delivery.work()

    assert attention(delivery) == ()
    assert "text" not in delivery.sender.calls


def test_long_group_lists_some_and_counts_all(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parcelguard.media_log.attention.SHOWN", 2)
    late(delivery, 3)
    (group,) = attention(delivery)
    assert (len(group.items), group.total) == (2, 3)


def test_two_days_are_two_groups_the_newer_one_first(delivery: Delivery) -> None:
    late(delivery)
    delivery.clock.advance(86_400)
    late(delivery)
    days = [group.day for group in attention(delivery)]
    assert days == sorted(days, reverse=True)
    assert len(set(days)) == 2


def test_refused_words_can_be_edited_or_left(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan(
        "text", Refused("censored", as_told("Shopee refused the text."), code="message_is_censored")
    )
    delivery.work()

    (group,) = attention(delivery)
    assert (group_title(group), group.editable, group.answers) == (
        "Shopee refused the text.",
        True,
        (Decision.LEAVE,),
    )
    answer(delivery, Decision.LEAVE)
    assert delivery.state(proof) is ProofState.CLOSED
    assert "image" not in delivery.sender.calls


def test_refused_picture_may_be_tried_again(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("image", Refused("no", code="param_error"))
    delivery.work()
    (group,) = attention(delivery)
    assert Decision.SEND_AGAIN in group.answers

    answer(delivery, Decision.SEND_AGAIN)
    delivery.work()
    assert delivery.state(proof) is ProofState.DELIVERED


def test_marketplaces_own_reason_is_the_title(delivery: Delivery) -> None:
    delivery.save(photos=1)
    delivery.sender.plan(
        "open", Held("no", as_told("This buyer has blocked the shop."), code="error_blocked")
    )
    delivery.work()
    (group,) = attention(delivery)
    assert (group.topic, group.key.code) == (AttentionTopic.HELD, "error_blocked")
    assert group_title(group) == "This buyer has blocked the shop."


def test_missing_photo_can_be_left_out_and_the_rest_goes(delivery: Delivery) -> None:
    proof = delivery.save(photos=2)
    with delivery.store.read() as records:
        first, _ = records.proofs.photos(proof.id)
    (delivery.media / first.path).chmod(0o600)
    (delivery.media / first.path).unlink()
    delivery.work()

    (group,) = attention(delivery)
    assert (group.topic, group.items[0].part.photo) == (AttentionTopic.WITHOUT_PHOTO, 1)
    answer(delivery, Decision.LEAVE)
    delivery.work()

    assert delivery.state(proof) is ProofState.PARTLY
    assert delivery.sender.calls.count("image") == 1


def test_hidden_message_is_told_and_the_person_decides(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.sender.plan("hidden", frozenset({"m2", "somebody else's"}))
    delivery.work()
    assert delivery.state(proof) is ProofState.DELIVERED

    delivery.wait_and_work(600)
    assert delivery.part(proof, "image").state is PartState.FILTERED
    assert delivery.state(proof) is ProofState.ATTENTION
    (group,) = attention(delivery)
    assert (group.topic, group.answers, group.editable) == (
        AttentionTopic.HIDDEN,
        (Decision.THERE, Decision.LEAVE),
        True,
    )

    answer(delivery, Decision.SEND_AGAIN)  # the same again would be hidden again
    assert delivery.part(proof, "image").state is PartState.FILTERED
    answer(delivery, Decision.THERE)
    assert delivery.state(proof) is ProofState.DELIVERED
    delivery.wait_and_work(6000)
    assert delivery.sender.calls.count("hidden") == 1


def test_hidden_message_that_is_left_ends_the_matter(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.sender.plan("hidden", frozenset({"m1"}))
    delivery.work()
    delivery.wait_and_work(600)
    answer(delivery, Decision.LEAVE)
    assert delivery.state(proof) is ProofState.PARTLY


def test_closing_a_proof_with_a_hidden_message_ends_the_matter(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.sender.plan("hidden", frozenset({"m1"}))
    delivery.work()
    delivery.wait_and_work(600)
    resender(delivery).close_proof(proof.id, note="told by phone", by="Budi")
    assert delivery.state(proof) is ProofState.PARTLY
    assert attention(delivery) == ()


def test_asking_whether_it_was_hidden_is_given_up_after_the_second_failure(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.sender.plan("hidden", OutcomeUnknown("odd"), OutcomeUnknown("odd"))
    delivery.work()
    for _ in range(5):
        delivery.wait_and_work(600)

    assert delivery.sender.calls.count("hidden") == 2
    assert delivery.state(proof) is ProofState.DELIVERED
    assert delivery.part(proof, "check").state is PartState.CANCELLED


TWICE = Look(
    ("newer", "older"),
    covered=True,
    seen=(
        Sighting(NOON, own=True, kind="text", text="Hi", matches=True),
        Sighting(NOON, own=True, kind="text", text="Hi", matches=True),
        Sighting(None, own=False, kind="text", text="", matches=False),
    ),
)


@pytest.fixture
def recalling(delivery: Delivery) -> Delivery:
    delivery.sender.policy = replace(delivery.sender.policy, recall_within=timedelta(minutes=10))
    return delivery


def test_message_that_is_there_twice_can_be_taken_back_once(recalling: Delivery) -> None:
    lost_text(recalling, TWICE)
    (group,) = attention(recalling)
    assert group.answers == (*EVERY, Decision.TAKE_BACK)

    answer(recalling, Decision.TAKE_BACK)
    recalling.work()

    assert recalling.sender.taken_back == ["newer"]
    assert attention(recalling) == ()


def test_taking_back_is_not_offered_once_it_is_too_late(recalling: Delivery) -> None:
    lost_text(recalling, TWICE)
    recalling.clock.advance(600)
    (group,) = attention(recalling)
    assert Decision.TAKE_BACK not in group.answers


def test_refused_recall_leaves_the_question_open(recalling: Delivery) -> None:
    lost_text(recalling, TWICE)
    recalling.sender.plan("take_back", Refused("late"))
    with pytest.raises(Refused, match="late"):
        answer(recalling, Decision.TAKE_BACK)
    (group,) = attention(recalling)
    assert group.topic is AttentionTopic.ARRIVAL


def test_shop_that_sends_nothing_offers_only_to_leave(delivery: Delivery) -> None:
    late(delivery)
    for shops in ({}, {SHOP.id: replace(SHOP, enabled=False)}):
        (group,) = Attention(delivery.store, shops, {}, delivery.clock).groups()
        assert group.answers == (Decision.LEAVE,)
        off = Resender(delivery.store, shops, {}, delivery.clock)
        with pytest.raises(NotPossible, match="not served"):
            off.decide(group.items[0].part_id, Decision.SEND_AGAIN, "Budi")


def test_quiet_hours_are_told_before_anything_is_sent(delivery: Delivery) -> None:
    assert delivery.sender.policy.quiet is None
    late(delivery)
    assert attention(delivery)[0].night is None

    delivery.sender.policy = replace(delivery.sender.policy, quiet=QuietHours(timedelta(hours=8)))
    assert attention(delivery)[0].night is None  # 13:00 in Malaysia
    delivery.clock.advance(9 * 3600)
    assert (
        night_words(attention(delivery)[0]) == "It is 22:00 where the buyers live: quiet hours until 08:00."
    )


def test_unknown_part_of_a_shop_without_channel_is_asked_about_all_the_same(delivery: Delivery) -> None:
    lost_text(delivery)
    (group,) = Attention(delivery.store, {}, {}, delivery.clock).groups()
    assert group.items[0].may_arrive_until is None
    assert Decision.THERE in group.answers
    nobody = Resender(delivery.store, {}, {}, delivery.clock)
    assert nobody.decide(group.items[0].part_id, Decision.THERE, "Budi")


def test_decisions_are_recorded_with_what_was_on_the_screen(delivery: Delivery) -> None:
    late(delivery)
    answer(delivery, Decision.SEND_AGAIN)
    with delivery.store.read() as records:
        (proof,) = records.proofs.recent(NOON)
        (decided,) = records.parts.decisions(proof.id)
    assert (decided.answer, decided.by) == (Decision.SEND_AGAIN, "Budi")
    assert decided.evidence == "late"


def test_item_shows_the_very_photo_it_is_about(delivery: Delivery) -> None:
    proof = delivery.save(photos=2)
    delivery.sender.plan("image", None, Refused("no", as_told("No.", "Ask."), code="param_error"))
    delivery.work()
    with delivery.store.read() as records:
        photos = records.proofs.photos(proof.id)

    ((item,),) = [group.items for group in attention(delivery)]
    assert item.thumbnail == photos[1].path.removesuffix(".jpg") + ".thumb.jpg"
    assert (item.part, item.reason) == (PartLabel(PartKind.IMAGE, 2), as_told("No.", "Ask."))
    assert (item.proof.id, item.since) == (proof.id, NOON)
    assert item.looks == ()


def test_item_about_the_words_shows_the_first_photo(delivery: Delivery) -> None:
    proof = delivery.save(photos=2)
    delivery.sender.plan("text", Refused("no", code="message_is_censored"))
    delivery.work()
    with delivery.store.read() as records:
        photos = records.proofs.photos(proof.id)
    assert attention(delivery)[0].items[0].thumbnail.startswith(photos[0].path.removesuffix(".jpg"))


def test_item_whose_photos_are_gone_shows_none(delivery: Delivery) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("text", Refused("no", code="message_is_censored"))
    delivery.work()
    with delivery.store._writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM photo")
    assert attention(delivery)[0].items[0].thumbnail == ""


def test_item_that_is_looked_for_says_what_a_person_can_do(delivery: Delivery) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    (group,) = attention(delivery)
    assert said(group.items[0].reason).advice == "Open the chat, then answer: it is there, or not there."
    assert not group.editable
    delivery.clock.advance(390)
    assert attention(delivery)[0].items[0].may_arrive_until is None


def test_groups_of_a_day_stand_by_shop_and_reason(delivery: Delivery) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    delivery.save(OTHER, photos=1)
    delivery.sender.plan("open", Held("no", code="error_blocked"))
    delivery.work()
    assert [group.topic for group in attention(delivery)] == [AttentionTopic.CHECKING, AttentionTopic.HELD]


@pytest.mark.parametrize(
    ("age_s", "ahead_s", "offered"), [(599, 0, True), (600, 0, False), (300, 299, True), (300, 301, False)]
)
def test_recall_is_timed_by_the_marketplaces_clock(
    recalling: Delivery, age_s: int, ahead_s: int, offered: bool
) -> None:
    recalling.save(photos=1)
    recalling.sender.plan("text", OutcomeUnknown("lost"))
    recalling.sender.plan("look", TWICE)
    recalling.work()
    recalling.wait_and_work(5)
    recalling.clock.advance(age_s - 5)
    recalling.sender.clock_offset = timedelta(seconds=ahead_s)
    assert (Decision.TAKE_BACK in attention(recalling)[0].answers) == offered


def test_recall_needs_a_match_whose_time_is_known(recalling: Delivery) -> None:
    seen = (
        Sighting(None, own=True, kind="text", text="Hi", matches=True),
        Sighting(NOON, own=True, kind="text", text="Other", matches=False),
    )
    lost_text(recalling, Look(("newer", "older"), covered=True, seen=seen))
    assert Decision.TAKE_BACK not in attention(recalling)[0].answers
