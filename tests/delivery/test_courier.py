"""One shop's messenger, step by step with a clock that is moved: order, outcomes, pace, crashes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.alerts import AlertsChanged
from parcelguard.core.errors import (
    Held,
    NoNetwork,
    NotSent,
    OutcomeUnknown,
    Refused,
    StorageError,
    TooFast,
)
from parcelguard.core.events import Cue, ProofChanged, QueueChanged, Sounded
from parcelguard.core.parts import AttemptOutcome, Decision, PartState
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.announcing import ProofAnnouncer
from parcelguard.delivery.courier import LEASE
from parcelguard.delivery.ports import ChannelPolicy, Picture, Receipt, Target, Wire
from parcelguard.media_log.resending import Resender
from parcelguard.store.attempts import Try
from parcelguard.store.database import Store
from parcelguard.ui.words.reasons.saying import said_alert
from tests.support.fakes import (
    ORDER,
    OTHER,
    SHOP,
    Clock,
    Delivery,
    ScriptedSender,
    kind_of,
    picture,
    read_only,
    refuse_writes,
)
from tests.support.swapping import swap


def tries(delivery: Delivery, proof: Proof) -> list[Try]:
    with delivery.store.read() as records:
        return records.attempts.tries(proof.id)


# ---- a day without trouble -----------------------------------------------------------------


def test_parts_go_in_order_and_the_proof_is_delivered(delivery: Delivery) -> None:
    proof = delivery.save(photos=2)
    assert delivery.work() is None

    assert delivery.sender.calls == ["upload", "upload", "open", "text", "image", "image"]
    assert delivery.sender.planned == [3]
    assert delivery.state(proof) is ProofState.DELIVERED
    assert [part.remote_id for part in delivery.parts(proof) if part.kind.visible] == ["m1", "m2", "m3"]
    assert delivery.heard(ProofChanged)[-1].state is ProofState.DELIVERED
    assert delivery.heard(Sounded) == [Sounded(Cue.SENT)]
    assert delivery.heard(QueueChanged)[-1] == QueueChanged(0, 0, 0)


def test_only_the_last_message_makes_it_delivered(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    states = []
    while delivery.courier.step() is not None:
        states.append(delivery.state(proof))
    assert states == [ProofState.SENDING] * 3 + [ProofState.DELIVERED]


def test_picture_is_sent_by_the_address_its_own_upload_got(delivery: Delivery) -> None:
    addresses: list[str] = []
    real = delivery.sender.send_image

    def note_and_send(target: Target, picture: Picture, wire: Wire) -> Receipt:
        addresses.append(picture.address)
        return real(target, picture, wire)

    swap(delivery.sender, "send_image", note_and_send)
    proof = delivery.save(photos=3)
    delivery.work()

    uploaded = [part.address for part in delivery.parts(proof) if part.kind == "upload"]
    assert addresses == uploaded
    assert len(set(addresses)) == 3


def test_older_proof_goes_first_and_conversations_do_not_wait_for_each_other(delivery: Delivery) -> None:
    first, second = delivery.save(photos=1), delivery.save(OTHER, photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()

    assert delivery.state(second) is ProofState.DELIVERED
    assert delivery.states(first) == "upload:sent open:sent text:unknown image:blocked"


def test_messages_keep_their_distance(store: Store, media: Path, clock: Clock) -> None:
    policy = ChannelPolicy(signature_window=timedelta(seconds=300), between_messages=timedelta(seconds=2))
    delivery = Delivery(store, media, clock, ScriptedSender(policy=policy))
    delivery.save(photos=1)

    assert delivery.work() == clock() + timedelta(seconds=2)
    assert delivery.sender.calls == ["upload", "open", "text"]
    delivery.wait_and_work(1.9)
    assert delivery.sender.calls[-1] == "text"
    delivery.wait_and_work(0.1)
    assert delivery.sender.calls[-1] == "image"


# ---- not sent ------------------------------------------------------------------------------


def test_part_that_was_not_sent_waits_and_goes_again(delivery: Delivery, clock: Clock) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", NotSent("busy"), left=False)
    due = delivery.work_until_due()

    assert delivery.state(proof) is ProofState.WAITING
    assert clock() + timedelta(seconds=1) <= due <= clock() + timedelta(seconds=2)
    delivery.wait_and_work(2)
    assert delivery.state(proof) is ProofState.DELIVERED


def test_marketplace_says_when_to_come_again(delivery: Delivery, clock: Clock) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("upload", NotSent("later", retry_after_s=77.0))
    assert delivery.work() == clock() + timedelta(seconds=77)


def test_waiting_grows_with_each_try(delivery: Delivery, clock: Clock) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("upload", *[NotSent("no")] * 12)
    waits = []
    for _ in range(12):
        waits.append((delivery.work_until_due() - clock()).total_seconds())
        clock.advance(waits[-1])

    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits[:8], 1))
    assert all(150 <= wait <= 300 for wait in waits[8:])


def test_shop_rests_while_there_is_no_network_and_says_so(delivery: Delivery, clock: Clock) -> None:
    proof, second = delivery.save(photos=1), delivery.save(OTHER, photos=1)
    delivery.sender.plan("upload", *[NoNetwork("refused")] * 7)
    pauses = []
    for _ in range(7):
        pauses.append((delivery.work_until_due() - clock()).total_seconds())
        clock.advance(pauses[-1])

    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert len(delivery.sender.calls) == 7  # one probe a pause, not one for each proof
    news = delivery.heard(ProofChanged)[0]
    assert (news.state, news.reason) == (ProofState.WAITING, because(SendingReason.NO_NETWORK))
    assert delivery.heard(QueueChanged)[-1] == QueueChanged(0, 2, 0)
    delivery.courier.proof_saved(second.id)
    assert delivery.heard(ProofChanged)[-1].reason == because(SendingReason.NO_NETWORK)

    delivery.work()
    assert [delivery.state(each) for each in (proof, second)] == [ProofState.DELIVERED] * 2
    assert delivery.heard(QueueChanged)[-1] == QueueChanged(0, 0, 0)


def test_any_answer_of_the_marketplace_ends_the_talk_of_no_network(delivery: Delivery) -> None:
    first, second = delivery.save(photos=1), delivery.save(OTHER, photos=1)
    delivery.sender.plan("upload", NoNetwork("refused"))
    delivery.work()
    delivery.sender.plan("upload", Held("banned"), NotSent("busy", retry_after_s=60))
    delivery.wait_and_work(1)

    assert {delivery.state(first), delivery.state(second)} == {ProofState.ATTENTION, ProofState.WAITING}
    before = len(delivery.news)
    delivery.courier.proof_saved(second.id)
    assert len(delivery.news) == before
    assert delivery.heard(QueueChanged)[-1] == QueueChanged(0, 1, 1)


def test_too_fast_slows_the_shop_down_and_success_speeds_it_up(delivery: Delivery, clock: Clock) -> None:
    delivery.save(photos=3)
    delivery.sender.plan("text", TooFast("429", retry_after_s=4.0))
    delivery.work()
    assert delivery.sender.calls[-1] == "text"

    delivery.wait_and_work(3.9)
    assert delivery.sender.calls.count("text") == 1
    delivery.wait_and_work(0.1)
    assert delivery.sender.calls.count("text") == 2
    gap = delivery.work_until_due() - clock()
    assert timedelta(0) < gap < timedelta(seconds=1)


def test_asking_for_less_holds_back_the_whole_shop(delivery: Delivery) -> None:
    for _ in range(5):
        delivery.save(OTHER, photos=1)
    delivery.sender.plan("upload", TooFast("429", retry_after_s=60.0))
    delivery.work()
    assert delivery.sender.calls == ["upload"]

    delivery.wait_and_work(60)
    assert len(delivery.sender.calls) > 5


def test_part_that_waits_behind_a_doubt_does_not_keep_the_courier_busy(delivery: Delivery) -> None:
    first = delivery.save(photos=1)
    second = delivery.save(photos=1)  # of the same buyer
    delivery.sender.plan("upload", None, NotSent("later", retry_after_s=5.0))
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)
    assert delivery.state(first) is ProofState.ATTENTION
    assert not delivery.part(second, "open").state.settled

    assert delivery.work() is None  # only a person's answer changes anything


# ---- refused and held ----------------------------------------------------------------------


def test_refused_text_stops_the_set_before_any_picture(delivery: Delivery) -> None:
    proof = delivery.save(photos=2)
    error = Refused("censored", as_told("Refused the text.", "Change it."), code="message_is_censored")
    delivery.sender.plan("text", error)
    assert delivery.work() is None

    assert "image" not in delivery.sender.calls
    assert delivery.state(proof) is ProofState.ATTENTION
    part = delivery.part(proof, "text")
    assert (part.state, part.code, part.reason) == (
        PartState.REFUSED,
        "message_is_censored",
        as_told("Refused the text.", "Change it."),
    )
    news = delivery.heard(ProofChanged)[-1]
    assert news.reason == as_told("Refused the text.", "Change it.")
    assert delivery.heard(Sounded)[-1] == Sounded(Cue.LOOK)
    assert delivery.heard(QueueChanged)[-1] == QueueChanged(0, 0, 1)


def test_shop_rests_an_hour_after_three_refusals_in_a_row_that_tell_of_rules_broken(
    store: Store, media: Path, clock: Clock
) -> None:
    policy = ChannelPolicy(
        signature_window=timedelta(seconds=300),
        between_messages=timedelta(0),
        warnings=frozenset({"forbidden"}),
    )
    delivery = Delivery(store, media, clock, ScriptedSender(policy=policy))
    buyers = [replace(ORDER, number=f"26112200000{n}", buyer_id=str(n)) for n in range(5)]
    proofs = [delivery.save(order, photos=1) for order in buyers]
    refusal = Refused("no", code="forbidden")
    delivery.sender.plan("text", *[refusal] * 3)

    resting_until = delivery.work()
    assert resting_until == clock() + timedelta(hours=1)
    assert delivery.sender.calls.count("text") == 3
    (alert,) = delivery.heard(AlertsChanged)[-1].alerts
    assert said_alert(alert).headline.endswith("refused three messages in a row. Sending rests for an hour.")

    delivery.wait_and_work(1_800)
    delivery.courier = delivery.new_courier()  # a new start, or a shop that was changed, ends no rest
    delivery.courier.recover()
    assert delivery.work() == resting_until
    delivery.wait_and_work(1_799)
    assert delivery.sender.calls.count("text") == 3
    delivery.wait_and_work(1)
    states = Counter(delivery.state(proof) for proof in proofs)
    assert states == {ProofState.ATTENTION: 3, ProofState.DELIVERED: 2}


def test_refusals_with_a_success_between_them_do_not_make_the_shop_rest(
    store: Store, media: Path, clock: Clock
) -> None:
    policy = ChannelPolicy(
        signature_window=timedelta(seconds=300),
        between_messages=timedelta(0),
        warnings=frozenset({"forbidden"}),
    )
    delivery = Delivery(store, media, clock, ScriptedSender(policy=policy))
    refusal = Refused("no", code="forbidden")
    buyers = [replace(ORDER, number=f"26112200000{n}", buyer_id=str(n)) for n in range(5)]
    delivery.sender.plan("text", refusal, refusal, None, refusal, refusal)
    for order in buyers:
        clock.advance(1)
        delivery.save(order, photos=1)
        assert delivery.work() is None

    delivery.courier = delivery.new_courier()
    delivery.courier.recover()
    assert delivery.work() is None
    delivery.sender.plan("text", refusal)  # the third since the success, whoever counted the two before
    delivery.save(OTHER, photos=1)
    assert delivery.work() == clock() + timedelta(hours=1)


def test_held_part_waits_for_a_person(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("open", Held("five", code="reach_5_message_limit"))
    delivery.work()
    delivery.wait_and_work(86_400)

    assert delivery.sender.calls == ["upload", "open"]
    assert delivery.part(proof, "open").state is PartState.HELD


def test_proof_that_comes_to_its_turn_too_late_is_held(delivery: Delivery) -> None:
    late, in_time = delivery.save(photos=1), None
    delivery.clock.advance(3599)
    in_time = delivery.save(OTHER, photos=1)
    delivery.clock.advance(2)
    delivery.work()

    assert kind_of(delivery.part(late, "upload")) is SendingReason.LATE
    assert delivery.state(late) is ProofState.ATTENTION
    assert delivery.state(in_time) is ProofState.DELIVERED


def test_proof_begun_in_time_goes_no_further_by_itself_when_the_network_was_away_too_long(
    delivery: Delivery,
) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", NoNetwork("down"))
    delivery.work()
    delivery.wait_and_work(14 * 3600)

    assert kind_of(delivery.part(proof, "text")) is SendingReason.LATE
    assert "image" not in delivery.sender.calls


def test_picture_is_uploaded_again_when_its_address_has_grown_old(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("image", OutcomeUnknown("lost"))
    delivery.work()
    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)
    delivery.clock.advance(7200)
    Resender(delivery.store, {SHOP.id: SHOP}, {SHOP.id: delivery.sender}, delivery.clock).decide(
        delivery.part(proof, "image").id, Decision.SEND_AGAIN, "Budi"
    )
    delivery.work()

    assert delivery.sender.calls[-3:] == ["upload", "open", "image"]
    assert delivery.state(proof) is ProofState.DELIVERED


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_photo_that_is_missing_or_changed_on_disk_is_held(delivery: Delivery, damage: str) -> None:
    proof = delivery.save(photos=2)
    with delivery.store.read() as records:
        path = delivery.media / records.proofs.photos(proof.id)[1].path
    path.unlink()
    if damage == "changed":
        path.write_bytes(picture(200))
    delivery.work()

    part = delivery.part(proof, "upload", 2)
    assert part.state is PartState.HELD
    assert part.reason == because(SendingReason(f"photo_{damage}"), photo=2)
    assert delivery.sender.calls == ["upload"]
    assert delivery.state(proof) is ProofState.ATTENTION


# ---- intent before the wire ----------------------------------------------------------------


def test_attempt_is_on_disk_before_the_call_and_marked_before_the_first_byte(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    seen: list[tuple[str, bool]] = []

    def look(kind: str) -> None:
        attempt = tries(delivery, proof)[-1]
        assert delivery.part(proof, kind).state is PartState.LEASED
        assert attempt.outcome is AttemptOutcome.UNDER_WAY
        seen.append((kind, attempt.wire_at is not None))

    delivery.sender.before = look
    delivery.work()

    assert seen == [("upload", False), ("open", False), ("text", False), ("image", False)]
    marked = [attempt.wire_at is not None for attempt in tries(delivery, proof)]
    assert marked == [False, False, True, True]


def test_claim_older_than_twenty_seconds_is_not_sent(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)

    def sleep_once(kind: str) -> None:
        if kind == "text":
            delivery.clock.advance(21)
            delivery.sender.before = lambda kind: None

    delivery.sender.before = sleep_once
    delivery.work()

    told = [each for each in tries(delivery, proof) if each.part_id == delivery.part(proof, "text").id]
    assert [(each.outcome, each.wire_at is None) for each in told] == [("waiting", True), ("sent", False)]
    assert delivery.state(proof) is ProofState.DELIVERED


def test_sleep_that_stops_the_wall_clock_is_noticed_by_the_other_one(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)

    def sleep_once(kind: str) -> None:
        if kind == "text":
            delivery.clock.advance(21)
            delivery.clock.jump(-21)
            delivery.sender.before = lambda kind: None

    delivery.sender.before = sleep_once
    delivery.work()

    told = [each for each in tries(delivery, proof) if each.part_id == delivery.part(proof, "text").id]
    assert [each.wire_at is None for each in told] == [True, False]


def test_nothing_is_sent_when_the_mark_cannot_be_kept(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.courier.step()
    delivery.courier.step()
    real = delivery.sender.send_text

    def on_a_refusing_disk(target: Target, text: str, wire: Wire) -> Receipt:
        with read_only(delivery.store):
            return real(target, text, wire)

    swap(delivery.sender, "send_text", on_a_refusing_disk)
    delivery.work()

    assert delivery.part(proof, "text").state is PartState.WAITING
    assert kind_of(delivery.part(proof, "text")) is SendingReason.NOT_PREPARED
    assert tries(delivery, proof)[-1].wire_at is None


def test_bug_in_a_sender_makes_the_outcome_unknown_and_the_rest_goes_on(delivery: Delivery) -> None:
    first, second = delivery.save(photos=1), delivery.save(OTHER, photos=1)
    delivery.sender.plan("text", ValueError("bug"))
    delivery.work()

    assert delivery.part(first, "text").state is PartState.UNKNOWN
    assert delivery.state(second) is ProofState.DELIVERED


def test_result_that_cannot_be_kept_is_unknown_and_found_later(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    for _ in range(2):
        delivery.courier.step()
    real = delivery.sender._answer

    def disk_fails_afterwards(kind: str, wire: Wire | None, usual: object) -> object:
        answer = real(kind, wire, usual)
        refuse_writes(delivery.store, "ON")
        return answer

    swap(delivery.sender, "_answer", disk_fails_afterwards)
    with pytest.raises(StorageError):
        delivery.courier.step()
    swap(delivery.sender, "_answer", real)
    refuse_writes(delivery.store, "OFF")

    delivery.work()
    assert delivery.part(proof, "text").state is PartState.LEASED
    delivery.wait_and_work(LEASE.total_seconds())
    assert delivery.part(proof, "text").state is PartState.UNKNOWN
    assert delivery.sender.calls.count("text") == 1


# ---- crashes -------------------------------------------------------------------------------


class Crash(BaseException):
    """The process dies here."""


def crash_at(delivery: Delivery, kind: str, *, marked: bool) -> None:
    """Work until the first part of `kind`, and die there before or after its wire mark."""
    real = delivery.sender._answer

    def dies(name: str, wire: Wire | None, usual: object) -> object:
        if name == kind:
            if marked and wire:
                wire.mark()
            raise Crash
        return real(name, wire, usual)

    swap(delivery.sender, "_answer", dies)
    with pytest.raises(Crash):
        delivery.work()
    swap(delivery.sender, "_answer", real)
    delivery.courier = delivery.new_courier()


def test_crash_before_the_wire_mark_sends_again(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    crash_at(delivery, "text", marked=False)
    delivery.courier.recover()
    assert delivery.part(proof, "text").state is PartState.QUEUED
    delivery.work()

    assert delivery.state(proof) is ProofState.DELIVERED
    assert [each.outcome for each in tries(delivery, proof)][2:4] == ["not sent", "sent"]


def test_crash_after_the_wire_mark_is_unknown_and_not_sent_again(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    crash_at(delivery, "text", marked=True)
    delivery.courier.recover()
    assert delivery.part(proof, "text").state is PartState.UNKNOWN

    for _ in range(20):
        delivery.wait_and_work(60)
    assert delivery.sender.calls.count("text") == 0
    assert delivery.part(proof, "text").asked


def test_crash_in_an_upload_uploads_again(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    crash_at(delivery, "upload", marked=False)
    delivery.courier.recover()
    delivery.work()
    assert delivery.state(proof) is ProofState.DELIVERED


def test_crash_is_sorted_out_though_the_clock_was_set_back(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    crash_at(delivery, "text", marked=False)
    delivery.clock.advance(-420)
    delivery.courier.recover()
    assert delivery.part(proof, "text").state is PartState.QUEUED


def test_proof_whose_photo_row_is_gone_is_held(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    with delivery.store._writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM photo")
    delivery.work()
    part = delivery.part(proof, "upload")
    assert (part.state, kind_of(part)) == (PartState.HELD, SendingReason.PHOTO_UNRECORDED)


def test_claim_that_was_taken_away_meanwhile_is_not_sent(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)

    def lose_claim(kind: str) -> None:
        if kind == "text":
            with delivery.store.begin() as records:
                records.parts.cancel_rest(proof.id, SendingReason.CLOSED)

    delivery.sender.before = lose_claim
    delivery.work()
    assert delivery.state(proof) is ProofState.CLOSED
    assert all(each.wire_at is None for each in tries(delivery, proof))


def test_news_of_a_proof_that_is_gone_is_no_news(delivery: Delivery) -> None:
    ProofAnnouncer(delivery.store, delivery.news.append).proof("gone", "Shopee MY")
    assert delivery.news == []
