"""What could go wrong after the first try: old order checks, answers given late, shops that fell silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.alerts import AlertsChanged
from parcelguard.core.errors import (
    DamagedDatabase,
    Held,
    NoNetwork,
    NotSent,
    OutcomeUnknown,
    Refused,
    ShopWaits,
)
from parcelguard.core.events import Cue, ProofChanged, Sounded
from parcelguard.core.parts import Decision, PartKind, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.times import QuietHours
from parcelguard.delivery.engine import CourierThread
from parcelguard.delivery.ports import Look
from parcelguard.delivery.unserved import hold_unserved
from parcelguard.media_log.history import History
from parcelguard.media_log.resending import Resender
from parcelguard.store.views import Sighting
from parcelguard.ui.words.reasons.saying import said_alert
from tests.support.fakes import NOON, OTHER, SHOP, Delivery, kind_of
from tests.support.swapping import swap

F4 = Purpose(PlanReason.F4)

EMPTY = Look((), covered=True)


def resender(delivery: Delivery, *, enabled: bool = True) -> Resender:
    shops = {SHOP.id: replace(SHOP, enabled=enabled)}
    return Resender(delivery.store, shops, {SHOP.id: delivery.sender}, delivery.clock)


def decide(delivery: Delivery, proof: Proof, kind: str, decision: Decision, number: int = 1) -> None:
    resender(delivery).decide(delivery.part(proof, kind, number).id, decision, "Budi")


def headlines(delivery: Delivery) -> list[str]:
    told = delivery.heard(AlertsChanged)
    return [said_alert(alert).headline for alert in told[-1].alerts] if told else []


def restored(delivery: Delivery) -> Proof:
    """Return a proof whose messages all may have gone out, as a rebuilt one's may."""
    proof = delivery.save(photos=2)
    for part in delivery.parts(proof):
        if part.kind.visible:
            with delivery.store.begin() as records:
                records.parts.move(part, PartState.HELD, reason=because(SendingReason.RESTORED))
    return proof


# ---- the order is checked before anything is shown --------------------------------------------


def test_restored_messages_sent_again_go_in_their_order_after_the_order_check(delivery: Delivery) -> None:
    proof = restored(delivery)
    for kind, number in (("image", 2), ("image", 1), ("text", 1)):
        decide(delivery, proof, kind, Decision.SEND_AGAIN, number)
    delivery.work()
    assert delivery.sender.calls == ["upload", "upload", "open", "text", "image", "image"]


def test_restored_order_that_is_cancelled_by_now_gets_nothing(delivery: Delivery) -> None:
    proof = restored(delivery)
    delivery.sender.plan("open", Held("no", because(SendingReason.ORDER_CANCELLED)))
    for kind, number in (("text", 1), ("image", 1), ("image", 2)):
        decide(delivery, proof, kind, Decision.SEND_AGAIN, number)
    delivery.work()
    assert delivery.sender.calls == ["upload", "upload", "open"]
    assert delivery.state(proof) is ProofState.ATTENTION


def test_order_is_checked_again_before_a_message_that_waited(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", NotSent("busy", retry_after_s=1200.0))
    delivery.work()
    delivery.sender.plan("open", Held("no", because(SendingReason.ORDER_CANCELLED)))
    delivery.wait_and_work(1200)
    assert "image" not in delivery.sender.calls
    assert kind_of(delivery.part(proof, "text")) is SendingReason.ORDER_CANCELLED


def test_order_that_was_checked_again_is_not_asked_about_before_each_photo(delivery: Delivery) -> None:
    delivery.save(photos=3)
    delivery.sender.plan("text", NotSent("busy", retry_after_s=1200.0))
    delivery.work()
    delivery.wait_and_work(1200)
    assert delivery.sender.calls.count("open") == 2
    assert delivery.sender.calls.count("image") == 3


def test_photos_left_out_do_not_count_against_the_buyers_limit(delivery: Delivery) -> None:
    proof = delivery.save(photos=3)
    with delivery.store.read() as records:
        gone = records.proofs.photos(proof.id)[0]
    (delivery.media / gone.path).unlink()
    delivery.work()
    decide(delivery, proof, "upload", Decision.LEAVE)
    delivery.work()
    assert delivery.sender.planned == [3]


# ---- alerts say what is true -------------------------------------------------------------------


def test_message_that_grows_late_does_not_say_that_the_network_is_back(delivery: Delivery) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("upload", *[NoNetwork("away")] * 200)
    delivery.work()
    for _ in range(119):
        delivery.wait_and_work(30)
    assert "cannot be reached" in headlines(delivery)[0]
    delivery.save(OTHER, photos=1)
    delivery.wait_and_work(60)  # the first one is late now
    assert "cannot be reached" in headlines(delivery)[0]


def test_alert_ends_when_nothing_waits_for_the_marketplace_any_more(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", *[ShopWaits("no", code="error_auth")] * 200)
    delivery.work()
    assert headlines(delivery)
    for _ in range(61):
        delivery.wait_and_work(60)
    assert kind_of(delivery.part(proof, "upload")) is SendingReason.LATE
    assert headlines(delivery) == []


def test_courier_without_a_measured_clock_leaves_the_alert_of_another(delivery: Delivery) -> None:
    delivery.save(photos=1)
    delivery.work()
    assert delivery.heard(AlertsChanged) == []


def test_damaged_records_are_told_by_whoever_meets_them(delivery: Delivery) -> None:
    told: list[DamagedDatabase] = []

    def damage() -> None:
        raise DamagedDatabase("torn")

    swap(delivery.courier, "recover", damage)
    thread = CourierThread(delivery.courier, "courier", delivery.clock, told.append)
    thread.start()
    while not told:
        thread._thread.join(0.01)
    assert thread.stop(10)


# ---- a shop that fell silent -------------------------------------------------------------------


@pytest.mark.parametrize("decision", [Decision.THERE, Decision.LEAVE])
def test_answer_about_a_silent_shop_sets_nothing_going(delivery: Delivery, decision: Decision) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    hold_unserved(delivery.store, [])
    resender(delivery, enabled=False).decide(delivery.part(proof, "text").id, decision, "Budi")
    part = delivery.part(proof, "image")
    assert (part.state, kind_of(part)) == (PartState.HELD, SendingReason.SHOP_OFF)


def test_taking_back_for_a_silent_shop_sets_nothing_going(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    seen = (Sighting(NOON, own=True, kind="text", text="Hi", matches=True),)
    delivery.sender.plan("look", Look(("b", "a"), covered=True, seen=seen))
    delivery.work()
    delivery.wait_and_work(5)
    resender(delivery, enabled=False).decide(delivery.part(proof, "text").id, Decision.TAKE_BACK, "Budi")
    assert kind_of(delivery.part(proof, "image")) is SendingReason.SHOP_OFF


def test_delivered_proof_is_not_held_when_its_shop_falls_silent(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.work()
    hold_unserved(delivery.store, [])
    assert delivery.state(proof) is ProofState.DELIVERED
    delivery.wait_and_work(600)  # the shop is back, and is asked then whether anything was hidden
    assert delivery.part(proof, "check").state is PartState.SENT


# ---- the later look ------------------------------------------------------------------------------


def test_time_of_sending_stays_what_it_was_after_the_later_look(delivery: Delivery, media: Path) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.work()
    log = History(delivery.store, {SHOP.id: SHOP}, media)
    sent_at = log.detail(proof.id).entry.sent_at
    assert sent_at == NOON

    delivery.wait_and_work(600)
    assert delivery.part(proof, "check").state is PartState.SENT
    assert log.detail(proof.id).entry.sent_at == sent_at


def checked(delivery: Delivery, *answers: object) -> Proof:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.sender.plan("hidden", *answers)
    delivery.work()
    delivery.news.clear()
    delivery.wait_and_work(600)
    return proof


def test_later_look_that_finds_nothing_hidden_makes_no_noise(delivery: Delivery) -> None:
    checked(delivery)
    assert delivery.heard(Sounded) == []
    assert delivery.heard(ProofChanged) == []


def test_hidden_message_is_told_with_its_words_and_a_sound(delivery: Delivery) -> None:
    proof = checked(delivery, frozenset({"m2"}))
    (told,) = delivery.heard(ProofChanged)
    assert (told.proof_id, told.state) == (proof.id, ProofState.ATTENTION)
    assert told.reason == because(SendingReason.HIDDEN)
    assert delivery.heard(Sounded) == [Sounded(Cue.LOOK)]


def test_refused_later_look_holds_nothing(delivery: Delivery) -> None:
    proof = checked(delivery, Refused("no", code="param_error"))
    assert delivery.part(proof, "check").state is PartState.CANCELLED
    assert delivery.state(proof) is ProofState.DELIVERED


def test_later_look_waits_for_the_network(delivery: Delivery) -> None:
    proof = checked(delivery, *[NoNetwork("away")] * 5, frozenset({"m2"}))
    for _ in range(10):
        delivery.wait_and_work(30)
    assert delivery.part(proof, "image").state is PartState.FILTERED


def test_partly_sent_proof_is_looked_at_too(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=2)
    with delivery.store.read() as records:
        gone = records.proofs.photos(proof.id)[0]
    (delivery.media / gone.path).unlink()
    delivery.work()
    decide(delivery, proof, "upload", Decision.LEAVE)
    delivery.work()
    delivery.wait_and_work(600)
    assert delivery.sender.calls.count("hidden") == 1


# ---- answers and the hour ------------------------------------------------------------------------


def test_what_a_supervisor_sends_at_night_goes_out_however_long_the_line_is(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, quiet=QuietHours(timedelta(hours=8)))
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.clock.advance(9 * 3600)  # 21:00 there
    delivery.work()
    assert kind_of(delivery.part(proof, "upload")) is SendingReason.LATE
    decide(delivery, proof, "upload", Decision.SEND_AGAIN)
    delivery.wait_and_work(30 * 60)
    assert delivery.state(proof) is ProofState.DELIVERED


def test_saying_that_a_message_is_there_releases_no_late_photo(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)
    delivery.clock.advance(3 * 86_400)
    decide(delivery, proof, "text", Decision.THERE)
    delivery.work()
    part = delivery.part(proof, "image")
    assert (part.state, kind_of(part)) == (PartState.HELD, SendingReason.LATE)


def test_night_is_told_by_the_marketplaces_clock(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, quiet=QuietHours(timedelta(hours=8)))
    delivery.sender.clock_offset = timedelta(hours=12)
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.wait_and_work(11 * 60)
    assert kind_of(delivery.part(proof, "upload")) is SendingReason.QUIET


# ---- resends and odd channels ----------------------------------------------------------------------


def test_delivered_proof_that_never_had_words_of_its_own_is_sent_again_whole(delivery: Delivery) -> None:
    proof = delivery.save(photos=2)
    with delivery.store.begin() as records:
        photos = [photo.id for photo in records.proofs.photos(proof.id)]
        wordless = [(PartKind.UPLOAD, each) for each in photos] + [(PartKind.IMAGE, each) for each in photos]
        records.parts.plan(proof, wordless, text="", by="Aina", why=F4)
    with delivery.store._writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM part WHERE generation = 1")
    delivery.work()
    resender(delivery).resend(proof.id, text="Once more.", why=Purpose(PlanReason.RESENT, "asked"), by="Budi")
    delivery.work()
    assert delivery.sender.calls.count("image") == 4


def test_channel_that_cannot_be_read_back_asks_at_once(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, reads_back=False)
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    delivery.wait_and_work(5)
    assert kind_of(delivery.part(proof, "text")) is SendingReason.CANNOT_READ_BACK
    assert delivery.sender.looks == []


def test_clock_set_back_by_a_day_does_not_put_a_look_off_for_a_day(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    delivery.clock.jump(-86_400)
    for _ in range(20):
        delivery.wait_and_work(30)
    assert delivery.part(proof, "text").state is PartState.HELD


# ---- clocks that are set between sending and looking -------------------------------------------------


@pytest.mark.parametrize(("before_s", "jump_s", "after_s"), [(-420, -420, 0), (0, 0, 420), (420, 420, 0)])
def test_chat_is_read_back_to_before_the_message_whatever_happened_to_the_clocks(
    delivery: Delivery, before_s: int, jump_s: int, after_s: int
) -> None:
    """The marketplace's time of the claim is this computer's time and how far it was off then."""
    delivery.sender.clock_offset = timedelta(seconds=before_s)
    delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    sent_at = NOON + timedelta(seconds=before_s)  # by the marketplace's clock
    delivery.clock.jump(jump_s)
    delivery.sender.clock_offset = timedelta(seconds=after_s)
    for _ in range(30):
        delivery.wait_and_work(30)
    assert delivery.sender.looks
    assert all(mark.since <= sent_at - timedelta(seconds=59) for mark in delivery.sender.looks)


def test_doubt_is_told_with_its_words_as_long_as_it_lasts(delivery: Delivery) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost", as_told("Not confirmed.", "Looking.")))
    delivery.work()
    delivery.wait_and_work(5)
    assert delivery.heard(ProofChanged)[-1].reason == as_told("Not confirmed.", "Looking.")


def test_cancelled_order_is_only_left(delivery: Delivery) -> None:
    from parcelguard.media_log.attention import Attention

    delivery.save(photos=1)
    delivery.sender.plan("open", Held("no", because(SendingReason.ORDER_CANCELLED), code="order_cancelled"))
    delivery.work()
    senders = {SHOP.id: delivery.sender}
    (group,) = Attention(delivery.store, {SHOP.id: SHOP}, senders, delivery.clock).groups()
    assert group.answers == (Decision.LEAVE,)


def test_rest_of_the_slowest_channel_is_not_taken_for_a_clock_set_back(delivery: Delivery) -> None:
    """A signature that lives for two hours rests longer than that; nothing is looked for meanwhile."""
    delivery.sender.policy = replace(delivery.sender.policy, signature_window=timedelta(hours=2))
    delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    for _ in range(100):
        delivery.wait_and_work(60)
    assert len(delivery.sender.looks) == 1, "the early one"
