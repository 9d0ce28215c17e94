"""Messages of unknown fate: rest, look, never repeat blindly; then a person decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parcelguard.core.errors import Held, NoNetwork, NotSent, OutcomeUnknown
from parcelguard.core.events import Cue, ProofChanged, Sounded
from parcelguard.core.parts import Decision, PartKind, PartState
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.ports import Look
from parcelguard.media_log.resending import Resender
from tests.support.fakes import NOON, ORDER, SHOP, Delivery, kind_of

NOTHING = Look((), covered=True)
SETTLE_S = 390


def resender(delivery: Delivery) -> Resender:
    return Resender(delivery.store, {SHOP.id: SHOP}, {SHOP.id: delivery.sender}, delivery.clock)


def lose_text(delivery: Delivery, photos: int = 1) -> Proof:
    """Save a proof whose text went out without an answer."""
    proof = delivery.save(photos=photos)
    delivery.sender.plan("text", OutcomeUnknown("lost", as_told("Not confirmed.", "Looking.")))
    delivery.work()
    return proof


def ask(delivery: Delivery, photos: int = 1) -> Proof:
    """Let a text be lost, looked for in vain, and asked about."""
    proof = lose_text(delivery, photos)
    for seconds in (5, SETTLE_S, 60):
        delivery.wait_and_work(seconds)
    return proof


def test_unknown_message_is_told_and_holds_the_later_ones(delivery: Delivery) -> None:
    proof = lose_text(delivery)

    assert delivery.states(proof) == "upload:sent open:sent text:unknown image:blocked"
    assert delivery.state(proof) is ProofState.WAITING
    assert delivery.heard(ProofChanged)[-1].reason == as_told("Not confirmed.", "Looking.")


def test_nothing_else_goes_into_the_conversation_meanwhile(delivery: Delivery) -> None:
    lose_text(delivery)
    same_buyer = delivery.save(photos=1)
    delivery.work()
    assert {part.state for part in delivery.parts(same_buyer)} == {PartState.QUEUED, PartState.BLOCKED}


def test_unknown_upload_is_simply_repeated(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", OutcomeUnknown("lost"))
    delivery.work()
    assert delivery.part(proof, "upload").state is PartState.WAITING
    delivery.wait_and_work(2)

    assert delivery.state(proof) is ProofState.DELIVERED
    assert delivery.sender.looks == []


def test_early_look_that_finds_the_message_settles_it(delivery: Delivery) -> None:
    proof = lose_text(delivery)
    delivery.sender.plan("look", Look(("found1",), covered=True, conversation_id="c1"))
    delivery.wait_and_work(4.9)
    assert delivery.sender.looks == []
    delivery.wait_and_work(0.1)

    assert delivery.state(proof) is ProofState.DELIVERED
    assert delivery.sender.calls.count("text") == 1
    assert delivery.part(proof, "text").remote_id == "found1"
    (mark,) = delivery.sender.looks
    assert (mark.kind, mark.text, mark.since) == (
        PartKind.TEXT,
        f"Hi, {ORDER.number}.",
        NOON - timedelta(seconds=60),
    )


def test_lost_picture_is_looked_for_by_its_address(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("image", OutcomeUnknown("lost"))
    delivery.sender.plan("look", Look(("found1",), covered=False))
    delivery.work()
    delivery.wait_and_work(5)

    assert delivery.state(proof) is ProofState.DELIVERED
    assert delivery.sender.looks[0].address == delivery.part(proof, "upload").address


def test_absence_is_believed_only_after_the_rest_and_two_more_looks(delivery: Delivery) -> None:
    proof = lose_text(delivery)
    moments = []
    while delivery.part(proof, "text").state is PartState.UNKNOWN:
        delivery.clock.now = delivery.work_until_due()
        before = len(delivery.sender.looks)
        delivery.work()
        if len(delivery.sender.looks) > before:
            moments.append((delivery.clock() - NOON).total_seconds())

    assert moments == [5, SETTLE_S, SETTLE_S + 60]
    part = delivery.part(proof, "text")
    assert (part.state, part.asked) == (PartState.HELD, True)
    assert delivery.state(proof) is ProofState.ATTENTION
    news = delivery.heard(ProofChanged)[-1]
    assert news.reason == part.reason
    assert kind_of(part) is SendingReason.NOT_SEEN
    assert delivery.heard(Sounded)[-1] == Sounded(Cue.LOOK)


def looked_at(delivery: Delivery, proof: Proof) -> list[float]:
    """Go on until the text is no doubt of the program's any more; return when it was looked for."""
    moments, before = [], len(delivery.sender.looks)
    while delivery.part(proof, "text").state is PartState.UNKNOWN:
        due = delivery.work()
        if len(delivery.sender.looks) > before:
            moments.append((delivery.clock() - NOON).total_seconds())
            before = len(delivery.sender.looks)
        if due:
            delivery.clock.now = max(due, delivery.clock())
    return moments


def test_restart_in_the_rest_looks_once_and_rests_anew_instead_of_looking_every_minute(
    delivery: Delivery,
) -> None:
    proof = lose_text(delivery)
    for seconds in (5, SETTLE_S):
        delivery.wait_and_work(seconds)
    restarted = 5 + SETTLE_S
    delivery.courier = delivery.new_courier()
    delivery.courier.recover()

    again = restarted + 60
    moments = looked_at(delivery, proof)
    assert moments == [again, restarted + SETTLE_S, restarted + SETTLE_S + 60]


def test_courier_that_follows_another_goes_on_with_its_rest(delivery: Delivery) -> None:
    watched: dict[str, float] = {}
    delivery.courier = delivery.new_courier(watched)
    proof = lose_text(delivery)
    delivery.wait_and_work(5)
    delivery.clock.advance(200)
    delivery.courier = delivery.new_courier(watched)
    delivery.courier.recover()
    assert looked_at(delivery, proof) == [SETTLE_S, SETTLE_S + 60]


def test_message_that_turns_up_at_the_last_look_was_sent(delivery: Delivery) -> None:
    proof = lose_text(delivery)
    delivery.sender.plan("look", NOTHING, NOTHING, Look(("late1",), covered=True))
    for seconds in (5, SETTLE_S, 60):
        delivery.wait_and_work(seconds)
    assert delivery.state(proof) is ProofState.DELIVERED


def test_nothing_is_ever_repeated_by_itself(delivery: Delivery) -> None:
    ask(delivery)
    for _ in range(50):
        delivery.wait_and_work(600)
    assert delivery.sender.calls.count("text") == 1
    assert delivery.sender.calls.count("look") == 3


def test_two_matches_are_shown_to_a_person(delivery: Delivery) -> None:
    proof = lose_text(delivery)
    delivery.sender.plan("look", Look(("a", "b"), covered=True))
    delivery.wait_and_work(5)

    part = delivery.part(proof, "text")
    assert (part.state, part.asked) == (PartState.HELD, True)
    assert kind_of(part) is SendingReason.TWO_ALIKE


def test_message_that_belongs_to_another_part_is_no_match(delivery: Delivery) -> None:
    first = delivery.save(photos=1)
    delivery.work()
    taken = delivery.part(first, "text").remote_id
    second = lose_text(delivery)
    delivery.sender.plan("look", Look((taken, "own1"), covered=True))
    delivery.wait_and_work(5)

    assert delivery.part(second, "text").remote_id == "own1"


def test_conversation_that_cannot_be_read_far_enough_back_is_a_question(delivery: Delivery) -> None:
    proof = lose_text(delivery)
    delivery.sender.plan("look", *[Look((), covered=False)] * 3)
    for seconds in (5, SETTLE_S, 60):
        delivery.wait_and_work(seconds)
    assert kind_of(delivery.part(proof, "text")) is SendingReason.NOT_FAR_ENOUGH


@pytest.mark.parametrize("error", [NotSent("5xx"), NoNetwork("gone"), Held("consent"), ValueError("a bug")])
def test_look_that_fails_is_made_again_later_and_holds_up_no_one_else(
    delivery: Delivery, error: Exception
) -> None:
    proof = lose_text(delivery)
    delivery.sender.plan("look", error, Look(("found1",), covered=True))
    delivery.wait_and_work(5)
    assert delivery.part(proof, "text").state is PartState.UNKNOWN
    assert delivery.sender.calls.count("look") == 1
    delivery.wait_and_work(29)
    assert delivery.sender.calls.count("look") == 1
    delivery.wait_and_work(1)

    assert delivery.state(proof) is ProofState.DELIVERED


def test_stray_second_success_is_not_a_second_message(delivery: Delivery) -> None:
    """The marketplace gives two parts the same message id: neither is told as sent twice."""
    proof = delivery.save(photos=1)
    delivery.work()
    second = lose_text(delivery)
    delivery.sender.plan("look", Look((delivery.part(proof, "text").remote_id,), covered=True))
    delivery.wait_and_work(5)
    assert delivery.part(second, "text").state is PartState.UNKNOWN


# ---- a person decides ----------------------------------------------------------------------


def test_it_is_there_goes_on_with_the_next_part(delivery: Delivery) -> None:
    proof = ask(delivery)
    resender(delivery).decide(delivery.part(proof, "text").id, Decision.THERE, "Budi")
    delivery.work()

    assert delivery.state(proof) is ProofState.DELIVERED
    assert delivery.sender.calls.count("text") == 1
    with delivery.store.read() as records:
        (decided,) = records.parts.decisions(proof.id)
    assert (decided.at, decided.answer, decided.by) == (delivery.clock(), Decision.THERE, "Budi")
    assert decided.evidence == "not_seen"


def test_send_again_sends_once_more_and_only_once(delivery: Delivery) -> None:
    proof = ask(delivery)
    resender(delivery).decide(delivery.part(proof, "text").id, Decision.SEND_AGAIN, "Budi")
    delivery.work()

    assert delivery.sender.calls.count("text") == 2
    assert delivery.state(proof) is ProofState.DELIVERED


def test_send_again_may_be_lost_again(delivery: Delivery) -> None:
    proof = ask(delivery)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    resender(delivery).decide(delivery.part(proof, "text").id, Decision.SEND_AGAIN, "Budi")
    for seconds in (0, 5, SETTLE_S, 60):
        delivery.wait_and_work(seconds)

    assert delivery.part(proof, "text").asked
    assert delivery.sender.looks[-1].since > NOON + timedelta(minutes=5)


def test_leave_it_goes_on_without_and_the_proof_is_partly_sent(delivery: Delivery) -> None:
    proof = ask(delivery)
    resender(delivery).decide(delivery.part(proof, "text").id, Decision.LEAVE, "Budi")
    delivery.work()

    assert delivery.states(proof) == "upload:sent open:sent text:cancelled image:sent"
    assert delivery.state(proof) is ProofState.PARTLY


def test_person_may_decide_while_the_message_still_rests(delivery: Delivery) -> None:
    proof = lose_text(delivery)
    resender(delivery).decide(delivery.part(proof, "text").id, Decision.THERE, "Budi")
    delivery.work()
    assert delivery.state(proof) is ProofState.DELIVERED


@pytest.mark.parametrize("decision", Decision)
def test_second_answer_to_the_same_question_changes_nothing(delivery: Delivery, decision: Decision) -> None:
    proof = ask(delivery)
    part_id = delivery.part(proof, "text").id
    resender(delivery).decide(part_id, Decision.THERE, "Budi")
    resender(delivery).decide(part_id, decision, "Citra")

    assert delivery.part(proof, "text").state is PartState.SENT


def test_second_press_on_send_again_while_it_is_on_its_way_sends_nothing_twice(delivery: Delivery) -> None:
    proof = ask(delivery)
    part_id = delivery.part(proof, "text").id
    resender(delivery).decide(part_id, Decision.SEND_AGAIN, "Budi")
    delivery.sender.plan("text", OutcomeUnknown("lost"))

    def press_again(_kind: str) -> None:
        resender(delivery).decide(part_id, Decision.SEND_AGAIN, "Budi")

    delivery.sender.before = press_again
    delivery.courier.step()
    delivery.sender.before = lambda kind: None
    delivery.work()

    assert delivery.part(proof, "text").state is PartState.UNKNOWN
    assert delivery.sender.calls.count("text") == 2


def test_decision_about_something_else_changes_nothing(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("open", Held("five", code="reach_5_message_limit"))
    delivery.work()
    for part in delivery.parts(proof):
        assert resender(delivery).decide(part.id, Decision.THERE, "Budi") == ""
        if not part.state.stuck:
            assert resender(delivery).decide(part.id, Decision.SEND_AGAIN, "Budi") == ""
            assert resender(delivery).decide(part.id, Decision.LEAVE, "Budi") == ""
        assert resender(delivery).decide(part.id, Decision.TAKE_BACK, "Budi") == ""
    assert resender(delivery).decide("no such part", Decision.THERE, "Budi") == ""

    assert delivery.states(proof) == "upload:sent open:held text:blocked image:blocked"


def test_a_chat_that_cannot_be_read_for_long_makes_a_person_look(delivery: Delivery) -> None:
    proof = lose_text(delivery)
    delivery.sender.plan("look", *[Held("consent")] * 60)
    for _ in range(40):
        delivery.wait_and_work(30)

    part = delivery.part(proof, "text")
    assert (part.state, part.asked) == (PartState.HELD, True)
    assert delivery.state(proof) is ProofState.ATTENTION
    assert delivery.heard(ProofChanged)[-1].reason == because(SendingReason.NOT_READ_BACK_NOW)
    assert delivery.sender.calls.count("text") == 1
