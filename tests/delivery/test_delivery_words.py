"""What a supervisor reads about each message that stopped, word for word; and what is recorded of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.errors import (
    NoNetwork,
    NotPossible,
    OutcomeUnknown,
    Refused,
    StorageError,
)
from parcelguard.core.events import ProofChanged
from parcelguard.core.parts import Decision, Part, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import ASKS_A_PERSON, SendingReason
from parcelguard.core.times import QuietHours
from parcelguard.delivery.ports import Look
from parcelguard.delivery.unserved import hold_unserved
from parcelguard.media_log.attention import Attention
from parcelguard.media_log.resending import Resender
from parcelguard.store.views import Sighting
from parcelguard.ui.words.attention_words import group_title
from parcelguard.ui.words.reasons.saying import Said, said
from tests.support.fakes import NOON, ORDER, OTHER, SHOP, Delivery, kind_of
from tests.support.swapping import swap

ASKED = Purpose(PlanReason.RESENT, "asked")
ASK = "Open the chat, then answer: it is there, or not there."
EMPTY = Look((), covered=True)


def resender(delivery: Delivery) -> Resender:
    return Resender(delivery.store, {SHOP.id: SHOP}, {SHOP.id: delivery.sender}, delivery.clock)


def titles(delivery: Delivery) -> list[str]:
    found = Attention(delivery.store, {SHOP.id: SHOP}, {SHOP.id: delivery.sender}, delivery.clock).groups()
    return [group_title(group) for group in found]


def stuck(delivery: Delivery, proof: Proof) -> list[Reason | None]:
    return [part.reason for part in delivery.parts(proof) if part.state.stuck]


def wait_late(delivery: Delivery) -> Proof:
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.wait_and_work(3601)
    return proof


def wait_into_the_night(delivery: Delivery) -> Proof:
    delivery.sender.policy = replace(delivery.sender.policy, quiet=QuietHours(timedelta(hours=8)))
    delivery.clock.advance(8.9 * 3600)
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.wait_and_work(11 * 60)
    return proof


def lose(delivery: Delivery, *looks: Look) -> Proof:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.sender.plan("look", *looks)
    delivery.work()
    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)
    return proof


def lose_and_never_read(delivery: Delivery) -> Proof:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.sender.plan("look", *[NoNetwork("away")] * 99)
    delivery.work()
    for _ in range(40):
        delivery.wait_and_work(30)
    return proof


def hide(delivery: Delivery) -> Proof:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.sender.plan("hidden", frozenset({"m2"}))
    delivery.work()
    delivery.wait_and_work(600)
    return proof


def photo_file(delivery: Delivery, proof: Proof) -> Path:
    with delivery.store.read() as records:
        (photo,) = records.proofs.photos(proof.id)
    path = delivery.media / photo.path
    path.chmod(0o600)
    return path


def remove_photo(delivery: Delivery) -> Proof:
    proof = delivery.save(photos=1)
    photo_file(delivery, proof).unlink()
    delivery.work()
    return proof


def change_photo(delivery: Delivery) -> Proof:
    proof = delivery.save(photos=1)
    photo_file(delivery, proof).write_bytes(b"other")
    delivery.work()
    return proof


def switch_off(delivery: Delivery) -> Proof:
    proof = delivery.save(photos=1)
    hold_unserved(delivery.store, [])
    return proof


def switch_off_in_doubt(delivery: Delivery) -> Proof:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    hold_unserved(delivery.store, [])
    return proof


BRING = "Bring the file back and send again, or leave this photo out: the rest can go."
STORIES: list[tuple[Callable[[Delivery], Proof], Reason, str, str, str]] = [
    (
        wait_late,
        because(SendingReason.LATE),
        "Not sent in time",
        "Not sent in time: it had to wait for too long.",
        "A supervisor sends it when a message so late still makes sense to the buyer.",
    ),
    (
        wait_into_the_night,
        because(SendingReason.QUIET),
        "Held for the night",
        "Held for the night: it is late where the buyer lives.",
        "A supervisor sends it in the morning, or now.",
    ),
    (
        lambda delivery: lose(delivery, EMPTY, EMPTY, EMPTY),
        because(SendingReason.NOT_SEEN),
        "Not sure it arrived",
        "Looked twice: the chat does not show it.",
        ASK,
    ),
    (
        lambda delivery: lose(delivery, EMPTY, EMPTY, Look((), covered=False)),
        because(SendingReason.NOT_FAR_ENOUGH),
        "Not sure it arrived",
        "The chat could not be read far enough back.",
        ASK,
    ),
    (
        lambda delivery: lose(delivery, Look(("a", "b"), covered=True)),
        because(SendingReason.TWO_ALIKE),
        "Not sure it arrived",
        "Two messages in the chat look like this one.",
        ASK,
    ),
    (
        lose_and_never_read,
        because(SendingReason.NOT_READ_BACK_NOW),
        "Not sure it arrived",
        "The chat cannot be read back now.",
        ASK,
    ),
    (
        hide,
        because(SendingReason.HIDDEN),
        "Accepted, but hidden by the marketplace",
        "Accepted, but hidden from the buyer by the marketplace.",
        "Change the words or the photo, then resend.",
    ),
    (
        remove_photo,
        because(SendingReason.PHOTO_MISSING, photo=1),
        "A photo is missing or was changed",
        "Photo 1 is missing on this disk.",
        BRING,
    ),
    (
        change_photo,
        because(SendingReason.PHOTO_CHANGED, photo=1),
        "A photo is missing or was changed",
        "Photo 1 was changed after it was taken.",
        BRING,
    ),
    (
        switch_off,
        because(SendingReason.SHOP_OFF),
        "The shop sends no messages",
        "This shop sends no messages.",
        "Switch it on in the settings and resend, send it by hand, or close this proof.",
    ),
    (
        switch_off_in_doubt,
        because(SendingReason.SWITCHED_OFF_MEANWHILE),
        "Not sure it arrived",
        "It may have arrived: the shop was switched off before that was known.",
        ASK,
    ),
]


@pytest.mark.parametrize(("story", "reason", "title", "headline", "advice"), STORIES)
def test_stopped_message_says_why_and_what_to_do(
    delivery: Delivery,
    story: Callable[[Delivery], Proof],
    reason: Reason,
    title: str,
    headline: str,
    advice: str,
) -> None:
    proof = story(delivery)
    assert stuck(delivery, proof) == [reason]
    assert said(reason) == Said(headline, advice)
    assert titles(delivery) == [title]
    by_another = (SendingReason.HIDDEN, SendingReason.SHOP_OFF, SendingReason.SWITCHED_OFF_MEANWHILE)
    if reason.kind not in by_another:
        changed = delivery.heard(ProofChanged)[-1]
        assert (changed.reason, changed.asks) == (reason, reason.kind in ASKS_A_PERSON)


@pytest.mark.parametrize("story", [wait_late, remove_photo, change_photo, hide])
def test_nothing_is_due_for_what_waits_for_a_person(
    delivery: Delivery, story: Callable[[Delivery], Proof]
) -> None:
    proof = story(delivery)
    assert [part.due_at for part in delivery.parts(proof) if part.state.stuck] == [None]
    assert delivery.work() is None


def tries(delivery: Delivery, proof: Proof, part: Part) -> list[tuple[str, str, str]]:
    with delivery.store.read() as records:
        return [
            (each.outcome, each.reason or "", each.detail)
            for each in records.attempts.tries(proof.id)
            if each.part_id == part.id
        ]


def test_detail_of_a_missing_photo_names_the_file_for_the_log(delivery: Delivery) -> None:
    proof = remove_photo(delivery)
    ((outcome, reason, detail),) = tries(delivery, proof, delivery.part(proof, "upload"))
    assert (outcome, reason) == ("held", "photo_missing")
    assert "1-contents-" in detail


def test_detail_of_a_photo_without_row_is_told(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    with delivery.store._writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM photo")
    delivery.work()
    assert stuck(delivery, proof) == [because(SendingReason.PHOTO_UNRECORDED)]
    assert tries(delivery, proof, delivery.part(proof, "upload")) == [
        ("held", "photo_unrecorded", "no photo row")
    ]


def test_late_and_quiet_say_in_the_log_how_long_it_waited(delivery: Delivery) -> None:
    late = wait_late(delivery)
    assert tries(delivery, late, delivery.part(late, "upload"))[-1][2] == "late by 1:00:01"


def test_quiet_says_in_the_log_how_long_it_waited(delivery: Delivery) -> None:
    quiet = wait_into_the_night(delivery)
    assert tries(delivery, quiet, delivery.part(quiet, "upload"))[-1][2] == "quiet hours, waited 0:11:00"


def test_found_message_is_recorded_as_found(delivery: Delivery) -> None:
    proof = lose(delivery, Look(("m7",), covered=True))
    assert tries(delivery, proof, delivery.part(proof, "text")) == [("sent", "found_in_chat", "")]
    assert delivery.part(proof, "text").reason is None


def test_interrupted_message_is_recorded_as_such(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        delivery.work()
    delivery.courier = delivery.new_courier()
    delivery.courier.recover()
    part = delivery.part(proof, "text")
    assert tries(delivery, proof, part) == [("unknown", "not_confirmed", "interrupted")]
    assert part.reason == because(SendingReason.NOT_CONFIRMED)
    assert part.due_at == NOON + timedelta(seconds=5)


def test_message_interrupted_before_it_left_is_recorded_as_such(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", KeyboardInterrupt(), left=False)
    with pytest.raises(KeyboardInterrupt):
        delivery.work()
    delivery.courier = delivery.new_courier()
    delivery.courier.recover()
    part = delivery.part(proof, "text")
    assert tries(delivery, proof, part) == [("not sent", "", "interrupted before sending")]
    assert part.state is PartState.QUEUED


def test_taken_back_message_is_recorded_by_its_id(delivery: Delivery) -> None:
    seen = (Sighting(NOON, own=True, kind="text", text="Hi", matches=True),)
    proof = lose(delivery, Look(("newer", "older"), covered=True, seen=seen))
    resender(delivery).decide(delivery.part(proof, "text").id, Decision.TAKE_BACK, "Budi")
    with delivery.store.read() as records:
        (decided,) = records.parts.decisions(proof.id)
    assert (decided.answer, decided.by, decided.evidence) == (Decision.TAKE_BACK, "Budi", "newer")
    assert delivery.part(proof, "text").remote_id == "older"
    (target, message, kind) = delivery.sender.recalled[0]
    assert (target.order_number, message, kind.value) == (ORDER.number, "newer", "text")


@pytest.mark.parametrize("found", [("only",), ()])
def test_one_message_is_not_taken_back(delivery: Delivery, found: tuple[str, ...]) -> None:
    proof = lose(delivery, EMPTY, EMPTY, EMPTY)
    part = delivery.part(proof, "text")
    with delivery.store.begin() as records:
        records.looks.keep(part, NOON, covered=True, found=found, seen=())
    assert resender(delivery).decide(part.id, Decision.TAKE_BACK, "Budi") == ""
    assert delivery.sender.taken_back == []


def test_nothing_is_taken_back_of_what_is_not_asked_about(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.work()
    part = delivery.part(proof, "text")
    with delivery.store.begin() as records:
        records.looks.keep(part, NOON, covered=True, found=("a", "b"), seen=())
    assert resender(delivery).decide(part.id, Decision.TAKE_BACK, "Budi") == ""


def test_hidden_messages_are_asked_for_by_id_in_their_chat_since_the_first_attempt(
    delivery: Delivery,
) -> None:
    hide(delivery)
    ((target, ids, since),) = delivery.sender.asked_hidden
    assert (target.order_number, target.conversation_id) == (ORDER.number, "c1")
    assert sorted(ids) == ["m1", "m2"]
    assert since == NOON - timedelta(seconds=60), "the marketplace tells whole seconds"


def test_only_the_newest_sending_is_asked_about(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.work()
    delivery.clock.advance(60)
    resender(delivery).resend(proof.id, text="Once more.", why=ASKED, by="Budi")
    delivery.work()
    delivery.wait_and_work(600)
    assert [sorted(ids) for _, ids, _ in delivery.sender.asked_hidden] == [["m3", "m4"]]


def test_closing_leaves_the_older_sendings_alone(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", Refused("no", code="message_is_censored"))
    delivery.work()
    first = delivery.part(proof, "text").id
    resender(delivery).resend(proof.id, text="Other words.", why=ASKED, by="Budi")
    delivery.sender.plan("text", Refused("no", code="message_is_censored"))
    delivery.work()
    resender(delivery).close_proof(proof.id, note="enough", by="Budi")
    with delivery.store.read() as records:
        (decision,) = records.parts.decisions(proof.id)
        old = records.parts.get(first)
    assert old
    assert (decision.answer, decision.by, decision.evidence) == (Decision.CLOSE, "Budi", "enough")
    assert (old.state, kind_of(old)) == (PartState.CANCELLED, SendingReason.REPLACED)


def test_refusals_to_resend_say_what_to_do(delivery: Delivery) -> None:
    def refusal(proof_id: str) -> Said:
        with pytest.raises(NotPossible) as refused:
            resender(delivery).resend(proof_id, text="Again.", why=ASKED, by="Budi")
        return said(refused.value.reason)

    assert refusal("none") == Said(
        "This order was left without F4.",
        "Scan it again and press F4 to send.",
    )
    lost = lose(delivery, EMPTY, EMPTY, EMPTY)
    assert refusal(lost.id) == Said(
        "One message may have arrived already.",
        "Decide about it first: it is there, or not there.",
    )
    unknown = delivery.save(replace(OTHER, number="", buyer_id=""), photos=0)
    assert refusal(unknown.id) == Said(
        "No order has this number yet.",
        "Try again when the order has come in.",
    )


def test_disk_that_refuses_names_the_courier_in_the_log(
    delivery: Delivery, caplog: pytest.LogCaptureFixture
) -> None:
    from parcelguard.delivery.engine import CourierThread

    def refuse() -> None:
        raise StorageError("disk")

    def stumble() -> None:
        raise ValueError("bug")

    for trouble, words in (
        (refuse, "courier kopi could not keep its records: disk"),
        (stumble, "courier kopi stumbled"),
    ):
        swap(delivery.courier, "recover", trouble)
        thread = CourierThread(delivery.courier, "courier kopi", delivery.clock)
        with caplog.at_level(logging.WARNING):
            thread.start()
            while words not in caplog.messages:
                thread._thread.join(0.01)
            assert thread.stop(10)
