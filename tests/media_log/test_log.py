"""The media log: pages, filters, counts, search, and one proof's history in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from parcelguard.core.errors import Held, NoNetwork, OutcomeUnknown, Refused, StorageError
from parcelguard.core.orders import Order
from parcelguard.core.parts import PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.ports import Look
from parcelguard.media_log.history import PAGE, History
from parcelguard.media_log.resending import Resender
from parcelguard.store.database import Store
from parcelguard.store.views import LogFilter, LogQuery, Tone
from parcelguard.ui.words.step_words import step_words
from tests.support.fakes import (
    NOON,
    ORDER,
    OTHER,
    SHOP,
    Clock,
    Delivery,
    draft,
    keep_picture,
    picture,
    save_proof,
)


@pytest.fixture
def history(store: Store, media: Path) -> History:
    return History(store, {SHOP.id: SHOP}, media)


def saved(store: Store, order: Order | None, minutes: float, state: ProofState = ProofState.SAVED) -> Proof:
    """Save a proof without photos, so many minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    proof = draft(order, at)
    done = replace(proof, state=state, saved_at=at)
    with store.begin() as records:
        records.proofs.open(proof)
        records.proofs.save(done)
    return done


def found(history: History, text: str, **wishes: Any) -> list[str]:
    page = history.page(LogQuery(text=text, **wishes), None)
    return [entry.proof.order_number for entry in page.entries]


def test_pages_follow_each_other_without_gap_or_repetition(history: History, store: Store) -> None:
    proofs = [saved(store, ORDER, minutes=n // 3) for n in range(2 * PAGE + 7)]  # many at the same moment

    pages, after = [], None
    while True:
        page = history.page(LogQuery(), after)
        pages.append([entry.proof.id for entry in page.entries])
        saved(store, OTHER, minutes=9000)  # news at the top moves nothing further down
        if (after := page.next) is None:
            break

    assert [len(page) for page in pages] == [PAGE, PAGE, 7]
    assert [proof_id for page in pages for proof_id in page] == [proof.id for proof in reversed(proofs)]


def test_open_drafts_and_orders_left_without_photos_are_not_listed(
    history: History, store: Store, media: Path
) -> None:
    empty, with_photo, still_open = draft(), draft(OTHER), draft(None)
    with store.begin() as records:
        for proof in (empty, with_photo, still_open):
            records.proofs.open(proof)
        for proof in (with_photo, still_open):
            records.proofs.add_photo(keep_picture(media, proof, 1, picture()))
        records.proofs.abandon(empty.id, NOON)
        records.proofs.abandon(with_photo.id, NOON)

    (entry,) = history.page(LogQuery(), None).entries

    assert entry.proof.id == with_photo.id
    assert (entry.photos, entry.thumbnail.endswith(".thumb.jpg")) == (1, True)


def test_figures_of_today_are_told_by_shop_and_state(store: Store) -> None:
    elsewhere = replace(OTHER, shop_id="other")
    saved(store, ORDER, 1, ProofState.DELIVERED)
    saved(store, ORDER, 2, ProofState.HANDED)
    saved(store, OTHER, 3, ProofState.DELIVERED)
    saved(store, elsewhere, 4, ProofState.ATTENTION)
    saved(store, elsewhere, -60 * 24, ProofState.ATTENTION)
    with store.read() as records:
        told = records.log.by_shop(NOON - timedelta(hours=12))
    assert told == {
        ORDER.shop_id: {ProofState.DELIVERED: 2, ProofState.HANDED: 1},
        "other": {ProofState.ATTENTION: 1},
    }


def test_filters_and_counts_agree(history: History, store: Store) -> None:
    states = [state for state in ProofState if state is not ProofState.DRAFT]
    for minutes, state in enumerate(states):
        saved(store, ORDER, minutes, state)

    counts = history.counts(LogQuery())
    listed = {chip: len(history.page(LogQuery(filter=chip), None).entries) for chip in LogFilter}

    assert counts == listed
    assert listed == {
        LogFilter.ALL: 10,
        LogFilter.SENT: 3,
        LogFilter.SENDING: 1,
        LogFilter.WAITING: 1,
        LogFilter.FAILED: 1,
        LogFilter.BY_HAND: 1,
        LogFilter.NOT_SENT: 3,
    }


def test_dates_bound_what_is_listed_and_counted(history: History, store: Store) -> None:
    for minutes in (0, 10, 20):
        saved(store, ORDER, minutes)
    query = LogQuery(since=NOON + timedelta(minutes=10), until=NOON + timedelta(minutes=20))

    assert len(history.page(query, None).entries) == 1
    assert history.counts(query)[LogFilter.ALL] == 1


def test_search_finds_order_tracking_buyer_and_code_in_any_case(history: History, store: Store) -> None:
    saved(store, replace(ORDER, buyer_name="Änne Größe"), 0)
    saved(store, OTHER, 1)

    for text in ("q9ckd7t1", "SPXMY042177883121", "änne", "GRÖSSE", "  größe  q9ckd  "):
        assert found(history, text) == [ORDER.number], text
    assert found(history, "261120") == [OTHER.number, ORDER.number]
    assert found(history, "q9ckd b8g7") == []
    assert found(history, " ") == [OTHER.number, ORDER.number]


def test_wildcards_in_a_search_are_letters_like_any_other(history: History, store: Store) -> None:
    saved(store, replace(ORDER, buyer_name="100%_real\\deal"), 0)
    saved(store, replace(OTHER, buyer_name="100 percent surreal"), 1)

    for text in ("100%", "%_r", "l\\d", "%_real\\deal"):
        assert found(history, text) == [ORDER.number], text
    for text in ("%%", "1__", "/%", "' OR 1=1 --"):
        assert found(history, text) == [], text


def test_proof_that_was_linked_later_is_found_by_its_order(history: History, store: Store) -> None:
    proof = saved(store, None, 0)
    assert found(history, "aminah") == []
    with store.begin() as records:
        records.proofs.link(replace(proof, order_number=ORDER.number, buyer_name=ORDER.buyer_name))

    assert found(history, "aminah") == found(history, "unknown1") == [ORDER.number]


def test_entry_tells_what_keeps_a_proof_from_being_delivered(delivery: Delivery, history: History) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("open", Held("full", as_told("Five unanswered.", "Wait.")))
    delivery.work()

    (entry,) = history.page(LogQuery(), None).entries
    detail = history.detail(proof.id)

    assert (entry.reason, entry.shop) == (as_told("Five unanswered.", "Wait."), SHOP)
    assert detail.reason == entry.reason
    assert detail.undecided == ()


def test_history_tells_each_step_in_words(delivery: Delivery, history: History, clock: Clock) -> None:
    proof = delivery.save(photos=1)
    clock.advance(1)
    delivery.work()

    detail = history.detail(proof.id)

    assert [step_words(step) for step in detail.steps] == [
        "1 photo taken by Aina, Bench 01",
        "Saved and queued",
        "Photo 1 uploaded",
        "Order and conversation checked",
        "Message accepted",
        "Photo 1 accepted",
    ]
    assert {step.tone for step in detail.steps} == {Tone.OK}
    assert detail.text == f"Once more: Hi, {ORDER.number}."
    assert [part.state for part in detail.parts] == [PartState.SENT] * 4


def test_proof_that_is_not_there_is_told_in_words(history: History) -> None:
    with pytest.raises(StorageError, match="no such") as caught:
        history.detail("no such")
    assert caught.value.reason == because(SendingReason.NOT_IN_LOG)


def test_changed_or_missing_originals_are_noticed(history: History, store: Store, media: Path) -> None:
    proof = save_proof(store, media, NOON)
    with store.read() as records:
        first, second = records.proofs.photos(proof.id)

    assert history.unchanged(proof.id)
    (media / first.path).chmod(0o600)
    (media / first.path).write_bytes(picture(200))
    assert not history.unchanged(proof.id)
    (media / first.path).write_bytes(picture(1))
    assert history.unchanged(proof.id)
    (media / second.path).unlink()
    assert not history.unchanged(proof.id)


def steps(history: History, proof: Proof) -> list[str]:
    return [step_words(step) for step in history.detail(proof.id).steps]


def test_many_tries_in_a_row_are_one_line(delivery: Delivery, history: History) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", *[NoNetwork("away")] * 5)
    delivery.work()
    assert steps(history, proof)[-1] == "Photo 1 not sent, tried again later"
    for _ in range(4):
        delivery.wait_and_work(30)
    assert steps(history, proof)[2:] == ["Photo 1 not sent, tried 5 times"]


def test_doubt_and_what_came_of_it_are_told(delivery: Delivery, history: History) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    assert steps(history, proof)[-1] == "Message: no clear answer, checking the chat"
    delivery.sender.plan("look", Look(("m9",), covered=True))
    delivery.wait_and_work(5)
    assert "Message accepted (found in the chat)" in steps(history, proof)


def test_message_in_flight_is_on_its_way(delivery: Delivery, history: History) -> None:
    proof = delivery.save(photos=1)
    with delivery.store.begin() as records:
        records.attempts.claim(SHOP.id, delivery.clock(), visible=True)
    assert steps(history, proof)[-1] == "Photo 1 on its way"


def test_look_whether_it_was_hidden_is_told(delivery: Delivery, history: History) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.work()
    delivery.wait_and_work(600)
    assert steps(history, proof)[-1] == "Checked again: still in the chat"


def test_refusal_is_told_with_the_marketplaces_code(delivery: Delivery, history: History) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", Refused("no", code="message_is_censored"))
    delivery.work()
    assert steps(history, proof)[-1] == "Shopee MY did not take it: Message (message_is_censored)"


def test_sending_again_is_told_with_who_and_why(delivery: Delivery, history: History) -> None:
    proof = delivery.save(photos=1)
    delivery.work()
    resender = Resender(delivery.store, {SHOP.id: SHOP}, {SHOP.id: delivery.sender}, delivery.clock)
    delivery.clock.advance(60)
    resender.resend(proof.id, text="Once more.", why=Purpose(PlanReason.RESENT, "buyer asked"), by="Budi")
    assert "Sent again by Budi (buyer asked)" in steps(history, proof)


def test_originals_of_a_proof_without_photos_prove_nothing(history: History, store: Store) -> None:
    assert not history.unchanged(saved(store, ORDER, 0).id)


def test_order_left_without_f4_tells_only_of_its_photos(history: History, store: Store, media: Path) -> None:
    proof = draft(ORDER)
    with store.begin() as records:
        records.proofs.open(proof)
        records.proofs.add_photo(keep_picture(media, proof, 1, picture(1)))
        records.proofs.abandon(proof.id, NOON)
    assert steps(history, proof) == ["1 photo taken by Aina, Bench 01"]


def test_what_this_program_held_is_not_put_down_to_the_marketplace(
    delivery: Delivery, history: History
) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.wait_and_work(3601)
    assert steps(history, proof)[-1] == "Photo 1 held: too late"


def test_later_look_that_was_given_up_is_told_as_such(delivery: Delivery, history: History) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, check_after=timedelta(minutes=10))
    proof = delivery.save(photos=1)
    delivery.sender.plan("hidden", Refused("no", code="param_error"))
    delivery.work()
    delivery.wait_and_work(600)
    assert steps(history, proof)[-1] == "Later check of the chat given up"
