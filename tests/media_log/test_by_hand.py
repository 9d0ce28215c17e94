"""What a person sends in the seller centre: saved as ever, listed, marked by whom, never sent from here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.errors import (
    Held,
    NotPossible,
    OutcomeUnknown,
)
from parcelguard.core.events import ProofChanged, QueueChanged
from parcelguard.core.message_sets import plan_by_hand, plan_parts
from parcelguard.core.parts import Decision, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.shops import Shop
from parcelguard.delivery.announcing import ProofAnnouncer
from parcelguard.delivery.unserved import hold_unserved
from parcelguard.disk.files import photo_folder
from parcelguard.disk.jpeg import jpeg_size
from parcelguard.media_log.attention import Attention
from parcelguard.media_log.history import History
from parcelguard.media_log.resending import Resender
from parcelguard.store.database import Store
from parcelguard.store.log import Generation
from parcelguard.store.views import HandJob, LogFilter, LogQuery
from parcelguard.ui.words.step_words import step_words
from parcelguard.upkeep.photo_notes import PROOF, Notes, read_note
from parcelguard.upkeep.rescan import hold_in_doubt, rescan
from tests.support.fakes import NOON, ORDER, OTHER, SHOP, Clock, Delivery, draft, keep_picture, kind_of

F4 = Purpose(PlanReason.F4)
ASKED = Purpose(PlanReason.RESENT, "asked")

HAND_SHOP = replace(SHOP, enabled=False, by_hand=True)


def resender(delivery: Delivery, shop: Shop = SHOP) -> Resender:
    return Resender(delivery.store, {shop.id: shop}, {shop.id: delivery.sender}, delivery.clock)


def history(delivery: Delivery, shop: Shop = SHOP) -> History:
    return History(delivery.store, {shop.id: shop}, delivery.media)


def jobs(delivery: Delivery) -> tuple[HandJob, ...]:
    return history(delivery).by_hand()


def save_by_hand(delivery: Delivery, photos: int = 2, text: str = "Hi by hand.") -> Proof:
    """Do what scan, F1 and F4 do at a shop that is written to by hand."""
    proof = draft(ORDER, delivery.clock())
    kept = [
        keep_picture(delivery.media, proof, n, f"photo {n} {proof.id}".encode()) for n in range(1, photos + 1)
    ]
    saved = replace(proof, state=ProofState.BY_HAND, saved_at=delivery.clock())
    with delivery.store.begin() as records:
        records.proofs.open(proof)
        for photo in kept:
            records.proofs.add_photo(photo)
        records.proofs.save(saved)
        records.parts.plan(saved, plan_by_hand(), text=text, by="Aina", why=F4)
    return saved


def steps(delivery: Delivery, proof: Proof) -> list[str]:
    return [step_words(step) for step in history(delivery).detail(proof.id).steps]


def decide(delivery: Delivery, proof: Proof, decision: Decision, by: str = "Aina") -> str:
    return resender(delivery, HAND_SHOP).decide(delivery.part(proof, "hand").id, decision, by)


# ---- saved by hand ----------------------------------------------------------------------------


def test_proof_by_hand_waits_for_a_person_and_no_courier_touches_it(delivery: Delivery) -> None:
    proof = save_by_hand(delivery)
    assert delivery.work() is None
    assert delivery.sender.calls == []
    assert delivery.states(proof) == "hand:held"
    assert kind_of(delivery.part(proof, "hand")) is SendingReason.BY_HAND
    assert delivery.state(proof) is ProofState.BY_HAND


def test_list_tells_what_to_send_the_oldest_first(delivery: Delivery, clock: Clock) -> None:
    older = save_by_hand(delivery)
    clock.advance(60)
    newer = save_by_hand(delivery, photos=1)
    first, second = jobs(delivery)

    assert (first.proof_id, second.proof_id) == (older.id, newer.id)
    assert (first.order_number, first.buyer_name) == (ORDER.number, ORDER.buyer_name)
    assert (first.shop, first.text, first.saved_at) == (SHOP, "Hi by hand.", NOON)
    assert [(delivery.media / path).read_bytes()[:7] for path in first.photos] == [b"photo 1", b"photo 2"]


def test_what_is_marked_sent_is_told_with_who_and_when(delivery: Delivery, clock: Clock) -> None:
    proof = save_by_hand(delivery)
    clock.advance(600)
    assert decide(delivery, proof, Decision.HANDED, "Budi") == proof.id

    assert delivery.state(proof) is ProofState.HANDED
    assert jobs(delivery) == ()
    assert steps(delivery, proof) == [
        "2 photos taken by Aina, Bench 01", "Saved, to be sent by hand", "Sent by hand by Budi",
    ]  # fmt: skip
    entry = history(delivery).detail(proof.id).entry
    assert (entry.sent_at, entry.reason) == (clock(), None)


def test_mark_can_be_taken_back(delivery: Delivery) -> None:
    proof = save_by_hand(delivery)
    decide(delivery, proof, Decision.HANDED)
    assert decide(delivery, proof, Decision.NOT_HANDED) == proof.id
    assert delivery.state(proof) is ProofState.BY_HAND
    assert len(jobs(delivery)) == 1
    assert steps(delivery, proof)[-1] == "Aina took back that it was sent by hand"


@pytest.mark.parametrize(
    "decision", [Decision.THERE, Decision.SEND_AGAIN, Decision.ONE_PICTURE, Decision.NOT_HANDED]
)
def test_answers_that_mean_nothing_by_hand_change_nothing(delivery: Delivery, decision: Decision) -> None:
    proof = save_by_hand(delivery)
    assert decide(delivery, proof, decision) == ""
    assert delivery.states(proof) == "hand:held"


def test_marking_twice_is_once(delivery: Delivery) -> None:
    proof = save_by_hand(delivery)
    decide(delivery, proof, Decision.HANDED)
    assert decide(delivery, proof, Decision.HANDED) == ""


def test_what_is_not_sent_after_all_is_closed(delivery: Delivery) -> None:
    first, second = save_by_hand(delivery), save_by_hand(delivery)
    decide(delivery, first, Decision.LEAVE)
    resender(delivery).close_proof(second.id, note="picked up", by="Budi")
    assert {delivery.state(first), delivery.state(second)} == {ProofState.CLOSED}


def test_by_hand_has_its_own_chip_and_floods_no_list_of_troubles(delivery: Delivery) -> None:
    waiting, handed = save_by_hand(delivery), save_by_hand(delivery)
    decide(delivery, handed, Decision.HANDED)
    counts = history(delivery).counts(LogQuery())
    assert (counts[LogFilter.BY_HAND], counts[LogFilter.SENT], counts[LogFilter.FAILED]) == (1, 1, 0)
    assert Attention(delivery.store, {SHOP.id: SHOP}, {}, delivery.clock).groups() == ()

    ProofAnnouncer(delivery.store, delivery.news.append).proof(waiting.id, SHOP.label)
    assert delivery.heard(ProofChanged)[-1].state is ProofState.BY_HAND
    assert delivery.heard(QueueChanged)[-1] == QueueChanged(0, 0, 0, by_hand=1)


def test_shop_without_a_courier_leaves_what_is_by_hand_alone(delivery: Delivery) -> None:
    proof = save_by_hand(delivery)
    hold_unserved(delivery.store, ())
    assert kind_of(delivery.part(proof, "hand")) is SendingReason.BY_HAND


def test_delivered_by_hand_can_be_sent_again_whole(delivery: Delivery) -> None:
    proof = save_by_hand(delivery)
    decide(delivery, proof, Decision.HANDED)
    assert history(delivery).detail(proof.id).text == "Once more: Hi by hand."
    resender(delivery).resend(proof.id, text="Once more", why=ASKED, by="Budi")
    delivery.work()
    assert delivery.states(proof) == "upload:sent upload:sent open:sent text:sent image:sent image:sent"
    assert delivery.state(proof) is ProofState.DELIVERED


def test_shop_that_writes_by_hand_is_not_resent_from_here(delivery: Delivery) -> None:
    proof = save_by_hand(delivery)
    with pytest.raises(NotPossible, match="not served"):
        resender(delivery, HAND_SHOP).resend(proof.id, text="x", why=ASKED, by="Budi")


# ---- turned over ------------------------------------------------------------------------------


def test_held_proof_is_turned_over_to_a_person_with_what_is_missing(delivery: Delivery) -> None:
    delivery.sender.plan("image", None, Held("closed", code="chat_closed"))
    proof = delivery.save(photos=3, text="Hello.")
    delivery.work()
    assert resender(delivery).by_hand(proof.id, "Budi").id == proof.id

    (job,) = jobs(delivery)
    assert (job.text, len(job.photos)) == ("", 2)
    assert delivery.state(proof) is ProofState.BY_HAND
    assert "Budi took over: it is sent by hand" in steps(delivery, proof)
    assert delivery.work() is None
    assert delivery.sender.calls.count("image") == 2
    with delivery.store.read() as records:
        first = records.parts.of_set(proof.id, 1)
    assert {part.state for part in first} <= {PartState.SENT, PartState.CANCELLED}


def test_turned_over_before_anything_went_it_is_all_of_it(delivery: Delivery) -> None:
    delivery.sender.plan("open", Held("no scope", code="no_chat"))
    proof = delivery.save(photos=2, text="Hello.")
    delivery.work()
    resender(delivery).by_hand(proof.id, "Budi")
    (job,) = jobs(delivery)
    assert (job.text, len(job.photos)) == ("Hello.", 2)


def test_turning_over_twice_is_once(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    resender(delivery).by_hand(proof.id, "Budi")
    resender(delivery).by_hand(proof.id, "Budi")
    with delivery.store.read() as records:
        sendings: list[Generation] = records.log.generations(proof.id)
    assert [each.purpose.reason for each in sendings] == [PlanReason.F4, PlanReason.BY_HAND]


@pytest.mark.parametrize("state", [PartState.UNKNOWN, PartState.LEASED])
def test_nothing_is_turned_over_while_a_message_may_have_arrived(
    delivery: Delivery, state: PartState
) -> None:
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    proof = delivery.save(photos=1)
    delivery.work()
    with delivery.store.begin() as records:
        records.parts.move(delivery.part(proof, "text"), state)
    with pytest.raises(NotPossible, match="in doubt"):
        resender(delivery).by_hand(proof.id, "Budi")


def test_what_the_buyer_has_is_not_turned_over(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.work()
    with pytest.raises(NotPossible, match="delivered"):
        resender(delivery).by_hand(proof.id, "Budi")


def test_order_left_without_f4_is_not_turned_over(delivery: Delivery) -> None:
    proof = draft()
    with delivery.store.begin() as records:
        records.proofs.open(proof)
    for gone in (proof.id, "nobody"):
        with pytest.raises(NotPossible, match="never saved"):
            resender(delivery).by_hand(gone, "Budi")


@pytest.mark.parametrize("known", [True, False])
def test_saved_without_a_chat_it_can_still_be_sent_by_hand(delivery: Delivery, known: bool) -> None:
    proof = draft(OTHER if known else None)
    saved = replace(proof, state=ProofState.SAVED, saved_at=NOON)
    with delivery.store.begin() as records:
        records.proofs.open(proof)
        records.proofs.add_photo(keep_picture(delivery.media, proof, 1, b"photo"))
        records.proofs.save(saved)
    resender(delivery).by_hand(proof.id, "Budi")
    (job,) = jobs(delivery)
    number = OTHER.number if known else "UNKNOWN1"
    assert job.order_number == number
    assert number in job.text
    assert job.shop == (SHOP if known else None)


def test_taken_back_from_the_person_it_goes_out_by_chat(delivery: Delivery) -> None:
    delivery.sender.plan("open", Held("no scope", code="no_chat"))
    proof = delivery.save(photos=1)
    delivery.work()
    resender(delivery).by_hand(proof.id, "Budi")
    resender(delivery).resend(proof.id, text="Hello again.", why=ASKED, by="Budi")
    delivery.work()
    assert delivery.state(proof) is ProofState.DELIVERED
    assert delivery.states(proof) == "upload:sent open:sent text:sent image:sent"


# ---- what the folder tells --------------------------------------------------------------------


def test_note_tells_that_a_person_sends_it(delivery: Delivery) -> None:
    proof = save_by_hand(delivery)
    notes = Notes(delivery.media)
    notes.resent(delivery.store, proof.id)
    note = read_note(delivery.media / photo_folder(proof.opened_at, proof.id) / PROOF)
    assert (note.by_hand, note.sends, note.text) == (True, False, "Hi by hand.")


def test_rebuilt_from_the_folder_it_waits_by_hand_and_asks_to_look_first(
    delivery: Delivery, tmp_path: Path, clock: Clock
) -> None:
    proof = save_by_hand(delivery)
    Notes(delivery.media).resent(delivery.store, proof.id)
    store = Store(tmp_path / "anew.db", clock)
    try:
        rescan(store, delivery.media, lambda path: jpeg_size(path) or (64, 48))
        (job,) = History(store, {SHOP.id: SHOP}, delivery.media).by_hand()
        assert (job.text, len(job.photos)) == ("Hi by hand.", 2)
        with store.read() as records:
            (part,) = records.parts.of(proof.id)
            assert kind_of(part) is SendingReason.RESTORED_BY_HAND
            found = records.proofs.get(proof.id)
        assert found
        assert found.state is ProofState.BY_HAND
    finally:
        store.close()


def test_one_picture_is_rebuilt_as_one(delivery: Delivery, tmp_path: Path, clock: Clock) -> None:
    proof = delivery.save(photos=3)
    with delivery.store.begin() as records:
        ids = [photo.id for photo in records.proofs.photos(proof.id)]
        records.parts.plan(
            proof, plan_parts(ids, one_picture=True), text="Hi", by="Aina", why=Purpose(PlanReason.FITTED)
        )
        found = records.proofs.photos(proof.id)
    notes = Notes(delivery.media)
    notes.saved(proof, found, sends=True, text="Hi", with_text=True, one_picture=True)
    store = Store(tmp_path / "anew.db", clock)
    try:
        rescan(store, delivery.media, jpeg_size)
        with store.read() as records:
            kinds = [(part.kind, len(part.photo_ids)) for part in records.parts.of(proof.id)]
        assert kinds == [("upload", 3), ("open", 0), ("text", 0), ("image", 3)]
    finally:
        store.close()


def test_restored_backup_asks_to_look_before_sending_by_hand(delivery: Delivery) -> None:
    proof = save_by_hand(delivery)
    with delivery.store.begin() as records:
        asks = because(SendingReason.SINCE_BACKUP)
        by_hand = because(SendingReason.SINCE_BACKUP_BY_HAND, backup=NOON.isoformat())
        assert hold_in_doubt(records, asks, by_hand) == 1
    part = delivery.part(proof, "hand")
    assert (part.state, kind_of(part)) == (PartState.HELD, SendingReason.SINCE_BACKUP_BY_HAND)


def test_late_window_does_not_touch_what_a_person_sends(delivery: Delivery, clock: Clock) -> None:
    proof = save_by_hand(delivery)
    clock.advance(timedelta(days=3).total_seconds())
    delivery.work()
    assert delivery.state(proof) is ProofState.BY_HAND
