"""Sending a proof again: what goes, what does not, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parcelguard.core.errors import (
    Held,
    NotPossible,
    OutcomeUnknown,
    Refused,
)
from parcelguard.core.parts import Decision, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.unserved import hold_unserved
from parcelguard.media_log.history import History
from parcelguard.media_log.resending import Resender
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.step_words import step_words
from tests.support.fakes import NOON, ORDER, SHOP, Delivery, draft, keep_picture, kind_of, picture

ASKED = Purpose(PlanReason.RESENT, "buyer asked")


@pytest.fixture
def resender(delivery: Delivery) -> Resender:
    shops = {SHOP.id: replace(SHOP, enabled=True)}
    return Resender(delivery.store, shops, {SHOP.id: delivery.sender}, delivery.clock)


def resend(delivery: Delivery, resender: Resender, proof: Proof, text: str = "Once more.") -> list[str]:
    """Resend and work; return what was called for it."""
    before = len(delivery.sender.calls)
    resender.resend(proof.id, text=text, why=ASKED, by="Budi")
    delivery.work()
    return delivery.sender.calls[before:]


def refusal(resender: Resender, proof: Proof, text: str = "Once more.") -> str:
    with pytest.raises(NotPossible) as caught:
        resender.resend(proof.id, text=text, why=ASKED, by="Budi")
    return said(caught.value.reason).headline


def test_delivered_proof_is_sent_again_as_a_whole(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=2)
    delivery.work()

    assert resend(delivery, resender, proof) == ["upload", "upload", "open", "text", "image", "image"]
    assert delivery.state(proof) is ProofState.DELIVERED
    with delivery.store.read() as records:
        first, second = records.log.generations(proof.id)
        assert len(records.parts.of(proof.id)) == 12
    assert (second.number, second.text, second.purpose, second.made_by) == (
        2,
        "Once more.",
        ASKED,
        "Budi",
    )
    assert first.purpose == Purpose(PlanReason.F4)


def test_refused_text_is_sent_again_with_all_pictures_once_each(
    delivery: Delivery, resender: Resender
) -> None:
    proof = delivery.save(photos=3)
    delivery.sender.plan("text", Refused("censored", code="message_is_censored"))
    delivery.work()

    assert resend(delivery, resender, proof) == ["upload"] * 3 + ["open", "text"] + ["image"] * 3
    assert delivery.sender.calls.count("image") == 3
    assert delivery.state(proof) is ProofState.DELIVERED
    with delivery.store.read() as records:
        old = [part.state for part in records.parts.of_set(proof.id, 1)]
    assert old == [PartState.SENT] * 4 + [PartState.CANCELLED] * 4


def test_only_what_did_not_arrive_is_sent_again(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=3)
    delivery.sender.plan("image", None, Refused("censored"))
    delivery.work()

    assert resend(delivery, resender, proof, "") == ["upload", "upload", "open", "image", "image"]
    assert delivery.sender.calls.count("text") == 1
    assert delivery.state(proof) is ProofState.DELIVERED


def test_what_arrived_in_an_earlier_try_is_not_sent_a_third_time(
    delivery: Delivery, resender: Resender
) -> None:
    proof = delivery.save(photos=3)
    delivery.sender.plan("image", None, Refused("no"), None, Refused("no"))
    delivery.work()
    resend(delivery, resender, proof)

    assert resend(delivery, resender, proof) == ["upload", "open", "image"]
    assert delivery.state(proof) is ProofState.DELIVERED
    assert resend(delivery, resender, proof).count("image") == 3


def test_second_full_sending_that_broke_off_is_completed(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=2)
    delivery.work()
    delivery.sender.plan("image", None, Refused("no"))
    resend(delivery, resender, proof, "Second.")

    assert resend(delivery, resender, proof) == ["upload", "open", "image"]


def test_proof_of_which_a_person_left_a_part_out_is_completed(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    resender.decide(delivery.part(proof, "text").id, Decision.LEAVE, "Budi")
    delivery.work()
    assert delivery.state(proof) is ProofState.PARTLY

    assert resend(delivery, resender, proof) == ["open", "text"]


def test_same_text_within_a_day_is_refused(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=1, text="Hello 1.")
    delivery.work()

    assert "same text" in refusal(resender, proof, "Hello 1.")
    delivery.clock.advance(86_401)
    assert resend(delivery, resender, proof, "Hello 1.")[-1] == "image"


def test_undecided_message_must_be_decided_first(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    assert "may have arrived" in refusal(resender, proof)

    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)
    assert delivery.part(proof, "text").state is PartState.HELD
    assert "may have arrived" in refusal(resender, proof)


def test_message_on_its_way_must_arrive_first(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=1)
    told: list[str] = []
    delivery.sender.before = lambda kind: told.append(refusal(resender, proof)) if kind == "text" else None
    delivery.work()
    assert "may have arrived" in told[0]


def test_late_or_held_proof_is_released_by_sending_again(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("open", Held("late", code="late"))
    delivery.work()
    delivery.clock.advance(7200)

    assert resend(delivery, resender, proof) == ["upload", "open", "text", "image"]


def test_order_that_was_left_without_f4_cannot_be_sent(delivery: Delivery, resender: Resender) -> None:
    proof = draft()
    with delivery.store.begin() as records:
        records.proofs.open(proof)
        records.proofs.abandon(proof.id, NOON)
    assert "without F4" in refusal(resender, proof)
    assert "without F4" in refusal(resender, replace(proof, id="no such proof"))


def test_shop_that_is_off_sends_nothing_again(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    off = Resender(delivery.store, {SHOP.id: replace(SHOP, enabled=False)}, {}, delivery.clock)
    assert "no messages" in refusal(off, proof)
    assert "no messages" in refusal(Resender(delivery.store, {}, {}, delivery.clock), proof)


def test_unmatched_proof_is_sent_once_its_order_has_come_in(delivery: Delivery, resender: Resender) -> None:
    proof = draft(None, code="BOOKING12345")
    with delivery.store.begin() as records:
        records.proofs.open(proof)
        records.proofs.add_photo(keep_picture(delivery.media, proof, 1, picture()))
        records.proofs.save(replace(proof, state=ProofState.SAVED, saved_at=NOON))
    assert "No order" in refusal(resender, proof)

    with delivery.store.begin() as records:
        records.orders.keep([replace(ORDER, codes=("BOOKING12345",))])
    assert resend(delivery, resender, proof) == ["upload", "open", "text", "image"]
    with delivery.store.read() as records:
        known = records.proofs.get(proof.id)
    assert known
    assert known.order_number == ORDER.number


def test_closing_ends_a_proof_and_keeps_who_and_why(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=2)
    delivery.sender.plan("open", Held("cancelled", because(SendingReason.ORDER_CANCELLED)))
    delivery.work()
    resender.close_proof(proof.id, note="buyer cancelled", by="Budi")
    delivery.work()

    assert delivery.state(proof) is ProofState.CLOSED
    assert "text" not in delivery.sender.calls
    history = History(delivery.store, {SHOP.id: SHOP}, delivery.media)
    assert step_words(history.detail(proof.id).steps[-1]) == "Budi closed it: buyer cancelled"


def test_what_may_have_arrived_has_to_be_decided_before_closing(
    delivery: Delivery, resender: Resender
) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()

    with pytest.raises(NotPossible, match="in doubt"):
        resender.close_proof(proof.id, note="enough", by="Budi")


def test_shop_without_a_courier_holds_its_parts_and_asks_about_what_may_have_left(
    delivery: Delivery, resender: Resender
) -> None:
    lost = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    waiting = delivery.save(replace(ORDER, number="261120ZZZZZZZ9", buyer_id="77"), photos=1)

    hold_unserved(delivery.store, served=())

    assert delivery.part(lost, "text").asked
    assert kind_of(delivery.part(waiting, "upload")) is SendingReason.SHOP_OFF
    assert {delivery.state(proof) for proof in (lost, waiting)} == {ProofState.ATTENTION}
    hold_unserved(delivery.store, served=())  # again at the next start: nothing changes
    assert delivery.part(lost, "text").asked


def test_saved_proof_without_an_order_shows_the_text_it_would_be_sent_with(
    delivery: Delivery, resender: Resender
) -> None:
    proof = draft(None)
    with delivery.store.begin() as records:
        records.proofs.open(proof)
        records.proofs.save(replace(proof, state=ProofState.SAVED, saved_at=NOON))
    history = History(delivery.store, {SHOP.id: SHOP}, delivery.media)
    assert history.detail(proof.id).text == ""

    with delivery.store.begin() as records:
        records.orders.keep([replace(ORDER, codes=(proof.code,))])
    assert ORDER.number in history.detail(proof.id).text


def test_words_proposed_for_another_sending_differ_from_those_the_buyer_has(
    delivery: Delivery, resender: Resender
) -> None:
    proof = delivery.save(photos=1)
    delivery.work()
    history = History(delivery.store, {SHOP.id: SHOP}, delivery.media)
    first = history.detail(proof.id).text
    assert first.startswith("Once more: ")

    resend(delivery, resender, proof, text=first)
    second = history.detail(proof.id).text
    assert second.startswith("Once more (3): ")
    resend(delivery, resender, proof, text=second)
    assert delivery.state(proof) is ProofState.DELIVERED


def test_log_tells_a_question_from_a_failure(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    history = History(delivery.store, {SHOP.id: SHOP}, delivery.media)
    assert history.detail(proof.id).entry.checking

    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)
    entry = history.detail(proof.id).entry
    assert (entry.asks, entry.checking) == (True, False)


def test_closing_what_is_settled_already_records_nothing(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=1)
    delivery.work()
    resender.close_proof(proof.id, note="twice", by="Budi")
    with delivery.store.read() as records:
        assert records.parts.decisions(proof.id) == []


def test_two_refused_parts_are_cancelled_together_and_release_nothing(
    delivery: Delivery, resender: Resender
) -> None:
    proof = delivery.save(photos=2)
    delivery.sender.plan("text", Refused("no", code="message_is_censored"))
    delivery.work()
    resender.close_proof(proof.id, note="phone", by="Budi")
    delivery.work()
    assert {part.state for part in delivery.parts(proof) if part.kind.visible} == {PartState.CANCELLED}


def test_words_for_many_are_filled_for_each_buyer(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=1)
    assert resender.words(proof.id, "Hi {buyer}: {order}, {tracking}, {items}") == (
        f"Hi {ORDER.buyer_name}: {ORDER.number}, {ORDER.tracking}, -"
    )
    with delivery.store.begin() as records:
        records.orders.keep([ORDER])
    assert resender.words(proof.id, "{items}") == "2 × Enamel mug"
    assert resender.words("gone", "{items}") == "{items}"


def test_words_of_a_shop_that_is_gone_stay_as_they_are(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    assert Resender(delivery.store, {}, {}, delivery.clock).words(proof.id, "{order}") == "{order}"


def test_uploads_that_no_message_needs_any_more_are_left(delivery: Delivery, resender: Resender) -> None:
    proof = delivery.save(photos=2)
    for part in delivery.parts(proof):
        if part.kind.visible:
            with delivery.store.begin() as records:
                records.parts.move(part, PartState.HELD, reason=because(SendingReason.RESTORED))
            resender.decide(part.id, Decision.THERE, "Budi")
    delivery.work()
    assert delivery.sender.calls == []
    assert {part.state for part in delivery.parts(proof) if not part.kind.visible} == {PartState.CANCELLED}


def test_resend_for_many_leaves_out_what_was_decided_meanwhile(
    delivery: Delivery, resender: Resender
) -> None:
    proof = delivery.save(photos=1)
    delivery.work()
    with pytest.raises(NotPossible) as refused:
        resender.resend(proof.id, text="Other.", why=ASKED, by="Budi", only_if_stuck=True)
    assert refused.value.reason == because(SendingReason.DECIDED_MEANWHILE)
    assert delivery.sender.calls.count("text") == 1
