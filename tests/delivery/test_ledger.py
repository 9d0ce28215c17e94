"""What may still be said: counted before a set begins, fitted where the rule allows, held where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parcelguard.core.alerts import AlertsChanged
from parcelguard.core.errors import (
    NotPossible,
    NotSent,
    OutcomeUnknown,
    Refused,
)
from parcelguard.core.message_sets import Allowance, MessageSet, fitting_set
from parcelguard.core.orders import Conversation
from parcelguard.core.parts import Decision, PartState, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.shops import Collage, Shop
from parcelguard.delivery.ledger import Ledger, allowance
from parcelguard.delivery.ports import ChannelPolicy, OverBudget
from parcelguard.media_log.attention import Attention
from parcelguard.media_log.history import History
from parcelguard.media_log.resending import Resender
from parcelguard.store.database import Store
from parcelguard.store.views import AttentionTopic
from parcelguard.ui.words.reasons.saying import said, said_alert
from parcelguard.ui.words.step_words import step_words
from tests.support.fakes import NOON, ORDER, OTHER, SHOP, Clock, Delivery, ScriptedSender, kind_of

LAZADA = ChannelPolicy(
    signature_window=timedelta(seconds=300),
    between_messages=timedelta(0),
    unanswered_limit=5,
    unanswered_window=timedelta(hours=24),
)
ASKED = Purpose(PlanReason.RESENT, "asked")
NEVER = replace(SHOP, collage="never")


@pytest.fixture
def lazada(store: Store, media: Path, clock: Clock) -> Delivery:
    return Delivery(store, media, clock, ScriptedSender(policy=LAZADA))


def resender(delivery: Delivery, shop: Shop = SHOP) -> Resender:
    return Resender(delivery.store, {shop.id: shop}, {shop.id: delivery.sender}, delivery.clock)


def left(delivery: Delivery) -> int | None:
    ledger = Ledger(delivery.store, {SHOP.id: delivery.sender}, delivery.clock)
    return ledger.left_for(Conversation(SHOP.id, ORDER.buyer_id)).left


def sendings(delivery: Delivery, proof: Proof) -> list[PlanReason]:
    with delivery.store.read() as records:
        return [each.purpose.reason for each in records.log.generations(proof.id)]


def headlines(delivery: Delivery) -> list[str]:
    told = delivery.heard(AlertsChanged)
    return [said_alert(alert).headline for alert in told[-1].alerts] if told else []


# ---- counting ---------------------------------------------------------------------------------


def test_channel_without_a_limit_counts_nothing(delivery: Delivery) -> None:
    delivery.save(photos=3)
    delivery.work()
    assert left(delivery) is None
    assert Ledger(delivery.store, {}, delivery.clock).left_for(Conversation("gone", "1")) == Allowance()


def test_limit_until_the_buyer_answers_is_left_to_the_chat(delivery: Delivery) -> None:
    delivery.sender.policy = replace(LAZADA, unanswered_window=timedelta(0))
    delivery.save(photos=3)
    delivery.work()
    assert left(delivery) is None


def test_each_message_counts_for_a_day_and_for_its_own_buyer_only(lazada: Delivery, clock: Clock) -> None:
    lazada.save(photos=2)
    lazada.save(OTHER, photos=1)
    lazada.work()
    assert left(lazada) == 2
    clock.advance(24 * 3600 + 1)
    assert left(lazada) == 5


def test_what_waits_counts_for_what_is_planned_behind_it(lazada: Delivery) -> None:
    lazada.save(photos=2)
    assert left(lazada) == 2


def test_what_was_not_sent_or_refused_does_not_count(lazada: Delivery) -> None:
    lazada.sender.plan("text", Refused("no", code="forbidden"))
    lazada.save(photos=1)
    lazada.work()
    assert left(lazada) == 4  # the picture may still go


def test_what_may_have_arrived_counts_even_when_a_person_left_it(lazada: Delivery) -> None:
    lazada.sender.plan("text", OutcomeUnknown("lost"))
    proof = lazada.save(photos=1)
    lazada.work()
    assert left(lazada) == 3
    resender(lazada).decide(lazada.part(proof, "text").id, Decision.LEAVE, "Budi")
    resender(lazada).close_proof(proof.id, note="enough", by="Budi")
    assert left(lazada) == 4


def test_what_was_sent_by_hand_counts_as_text_and_photos(lazada: Delivery) -> None:
    proof = lazada.save(photos=2)
    resender(lazada).by_hand(proof.id, "Budi")
    assert left(lazada) == 5
    resender(lazada).decide(lazada.part(proof, "hand").id, Decision.HANDED, "Budi")
    assert left(lazada) == 2


def test_room_comes_back_as_the_oldest_messages_grow_old(lazada: Delivery, clock: Clock) -> None:
    lazada.save(photos=1)
    lazada.work()
    clock.advance(600)
    lazada.save(photos=1)
    lazada.work()
    clock.advance(600)
    conversation = Conversation(SHOP.id, ORDER.buyer_id)
    with lazada.store.read() as records:
        told = {
            wanted: allowance(records, LAZADA, conversation, clock(), wanted=wanted).until
            for wanted in (1, 2, 3, 4, 5)
        }
    day = timedelta(hours=24)
    later = NOON + timedelta(seconds=600)
    assert told == {1: None, 2: NOON + day, 3: NOON + day, 4: later + day, 5: later + day}


def test_more_than_the_limit_never_finds_room(lazada: Delivery) -> None:
    with lazada.store.read() as records:
        told = allowance(records, LAZADA, Conversation("kopi", "1"), NOON, wanted=6)
    assert (told.left, told.until) == (5, None)


# ---- which set fits ---------------------------------------------------------------------------

FULL = MessageSet(with_text=True, one_picture=False)
ONE = MessageSet(with_text=True, one_picture=True)
BARE = MessageSet(with_text=False, one_picture=True)


@pytest.mark.parametrize(
    ("rule", "photos", "room", "crowded", "fits"),
    [
        ("when_needed", 3, None, False, FULL),
        ("when_needed", 3, 4, False, FULL),
        ("when_needed", 3, 3, False, ONE),
        ("when_needed", 3, 2, False, ONE),
        ("when_needed", 3, 1, False, BARE),
        ("when_needed", 3, 0, False, None),
        ("when_needed", 3, None, True, ONE),
        ("when_needed", 1, 1, False, BARE),
        ("when_needed", 0, 0, False, None),
        ("always", 3, None, False, ONE),
        ("always", 2, 1, False, BARE),
        ("never", 3, 4, True, FULL),
        ("never", 3, 3, True, None),
    ],
)
def test_picture_gives_first_and_then_the_text(
    rule: Collage, photos: int, room: int | None, crowded: bool, fits: MessageSet | None
) -> None:
    shop = replace(SHOP, collage=rule)
    assert fitting_set(shop, photos, with_text=True, left=room, crowded=crowded) == fits


def test_set_without_a_text_needs_one_message_less() -> None:
    assert fitting_set(SHOP, 3, with_text=False, left=3) == replace(FULL, with_text=False)
    assert fitting_set(SHOP, 3, with_text=False, left=2) == BARE
    assert fitting_set(SHOP, 0, with_text=True, left=1) == FULL


# ---- before a set begins ----------------------------------------------------------------------


def test_second_parcel_of_a_day_goes_as_one_picture_without_the_text(lazada: Delivery) -> None:
    first = lazada.save(photos=3)
    second = lazada.save(photos=3)
    lazada.work()

    assert lazada.state(first) is ProofState.DELIVERED
    assert lazada.state(second) is ProofState.DELIVERED
    assert lazada.states(second) == "upload:sent open:sent image:sent"
    assert lazada.sender.planned == [4, 1]
    assert sendings(lazada, second) == [PlanReason.F4, PlanReason.FITTED]
    assert lazada.sender.calls.count("image") == 4


def test_picture_takes_the_text_along_while_there_is_room(lazada: Delivery, clock: Clock) -> None:
    lazada.save(photos=2)
    lazada.work()
    proof = lazada.save(photos=3)
    lazada.work()
    assert lazada.states(proof) == "upload:sent open:sent text:sent image:sent"
    assert len(lazada.part(proof, "image").photo_ids) == 3


def test_fitted_set_is_no_younger_than_the_one_it_replaces(lazada: Delivery, clock: Clock) -> None:
    lazada.save(photos=2)
    lazada.work()
    proof = lazada.save(photos=3)
    saved_at = clock()
    lazada.sender.plan("upload", NotSent("busy", retry_after_s=3000.0))
    lazada.work()
    lazada.sender.plan("upload", None, None, None, NotSent("busy", retry_after_s=900.0))
    lazada.wait_and_work(3000)
    with lazada.store.read() as records:
        _, fitted = records.log.generations(proof.id)
    assert (fitted.purpose.reason, fitted.made_at) == (PlanReason.FITTED, saved_at)

    lazada.wait_and_work(900)
    assert kind_of(lazada.part(proof, "upload")) is SendingReason.LATE


def test_shop_that_never_makes_one_picture_holds_what_does_not_fit(lazada: Delivery) -> None:
    lazada.use(NEVER)
    lazada.save(photos=3)
    proof = lazada.save(photos=3)
    lazada.work()

    held = lazada.part(proof, "open")
    assert (held.state, kind_of(held)) == (PartState.HELD, SendingReason.BUDGET_UNTIL)
    words = said(held.reason)
    assert words.headline == "This buyer has 4 of the 5 messages that may go unanswered. This takes 4."
    assert "wait until" in words.advice
    assert lazada.state(proof) is ProofState.ATTENTION
    assert lazada.sender.calls.count("open") == 1


def test_nothing_left_is_held_whatever_the_rule(lazada: Delivery) -> None:
    proofs = [lazada.save(photos=3) for _ in range(3)]
    lazada.work()
    (held,) = [proof for proof in proofs if lazada.state(proof) is not ProofState.DELIVERED]
    part = lazada.part(held, "open")
    assert kind_of(part) is SendingReason.NOTHING_LEFT_UNTIL
    advice = said(part.reason).advice
    assert "one picture" not in advice
    tomorrow = (lazada.clock() + timedelta(days=1)).astimezone()
    assert advice.endswith(f"wait until {tomorrow:%d %b %H:%M}."), "the day is told, since it is not today"
    (group,) = Attention(lazada.store, {SHOP.id: SHOP}, {SHOP.id: lazada.sender}, lazada.clock).groups()
    assert group.topic is AttentionTopic.NOTHING_LEFT
    assert group.answers == (Decision.SEND_AGAIN, Decision.LEAVE), "one picture is one too many as well"


def test_set_that_another_courier_has_begun_meanwhile_is_not_planned_anew(lazada: Delivery) -> None:
    proof = lazada.save(photos=2)
    successor = lazada.new_courier()  # the shops were changed while a call of the first one hung
    lazada.sender.plan("open", "", OverBudget(used=3, limit=5, planned=3))

    def begin_meanwhile(kind: str) -> None:
        if kind == "open":
            lazada.sender.before = lambda _kind: None
            successor.recover()
            successor.step()
            with lazada.store.begin() as records:
                text = records.attempts.claim(SHOP.id, lazada.clock(), visible=True)
                assert text
                assert records.attempts.mark_wire(text, lazada.clock())

    lazada.sender.before = begin_meanwhile
    for _ in range(3):
        lazada.courier.step()

    assert lazada.sender.calls == ["upload", "upload", "open", "open"]
    assert sendings(lazada, proof) == ["F4"]
    assert lazada.states(proof).endswith("open:sent text:leased image:blocked image:blocked")


def test_set_that_waits_behind_does_not_hold_back_the_one_that_begins(lazada: Delivery) -> None:
    lazada.use(NEVER)
    first, second = lazada.save(photos=3), lazada.save(photos=3)
    lazada.work()
    states = {lazada.state(first), lazada.state(second)}
    assert states == {ProofState.DELIVERED, ProofState.ATTENTION}


def test_set_that_is_begun_keeps_its_room(lazada: Delivery) -> None:
    lazada.use(NEVER)
    begun = lazada.save(photos=3)
    lazada.sender.plan("text", NotSent("busy", retry_after_s=60.0), left=False)
    lazada.work()
    other = lazada.save(photos=1)
    lazada.work()
    assert kind_of(lazada.part(other, "open")) is SendingReason.BUDGET_UNTIL
    lazada.wait_and_work(60)
    assert lazada.state(begun) is ProofState.DELIVERED


def test_person_may_insist_because_the_buyer_may_have_answered(lazada: Delivery) -> None:
    lazada.use(NEVER)
    lazada.save(photos=3)
    proof = lazada.save(photos=3)
    lazada.work()
    resender(lazada).decide(lazada.part(proof, "open").id, Decision.SEND_AGAIN, "Budi")
    lazada.work()
    assert lazada.state(proof) is ProofState.DELIVERED


def test_release_for_another_reason_is_not_taken_for_insisting(lazada: Delivery, clock: Clock) -> None:
    lazada.use(NEVER)
    lazada.save(photos=3)
    lazada.work()
    proof = lazada.save(photos=3)
    clock.advance(3700)
    lazada.work()
    with lazada.store.begin() as records:
        records.parts.decide(lazada.part(proof, "open"), Decision.SEND_AGAIN, "Budi")
    assert kind_of(lazada.part(proof, "upload")) is SendingReason.LATE
    resender(lazada).decide(lazada.part(proof, "upload").id, Decision.SEND_AGAIN, "Budi")
    lazada.work()
    assert kind_of(lazada.part(proof, "open")) is SendingReason.BUDGET_UNTIL


def test_set_that_a_person_had_sent_again_stays_his_when_it_is_shortened(lazada: Delivery) -> None:
    lazada.save(photos=2)
    lazada.sender.plan("upload", None, None, Refused("no", code="odd"))
    proof = lazada.save(photos=3)
    lazada.work()
    resender(lazada).resend(proof.id, text="Again.", why=ASKED, by="Budi")
    lazada.work()
    assert sendings(lazada, proof) == [PlanReason.F4, PlanReason.RESENT, PlanReason.ONE_PICTURE]
    assert lazada.state(proof) is ProofState.DELIVERED


def test_log_tells_of_the_shortening_and_calls_it_no_resend(lazada: Delivery) -> None:
    lazada.save(photos=2)
    lazada.work()
    proof = lazada.save(photos=3)
    lazada.work()
    detail = History(lazada.store, {SHOP.id: SHOP}, lazada.media).detail(proof.id)
    told = [step_words(step) for step in detail.steps]
    assert "Made shorter: the buyer can get no more messages now" in told
    assert "Photos in one picture accepted" in told
    assert detail.entry.generation == 1


def test_text_that_is_longer_than_the_marketplace_takes_is_refused(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, longest_text=20)
    delivery.sender.plan("open", Refused("no", code="odd"))
    proof = delivery.save(photos=1)
    delivery.work()
    with pytest.raises(NotPossible) as refused:
        resender(delivery).resend(proof.id, text="x" * 25, why=ASKED, by="Budi")
    assert refused.value.reason == because(SendingReason.TEXT_TOO_LONG, by=5, longest=20)


def test_person_may_choose_one_picture_where_the_rule_does_not(lazada: Delivery) -> None:
    lazada.use(NEVER)
    lazada.save(photos=2)
    proof = lazada.save(photos=3)
    lazada.work()
    resender(lazada, NEVER).decide(lazada.part(proof, "open").id, Decision.ONE_PICTURE, "Budi")
    lazada.work()
    assert lazada.states(proof) == "upload:sent open:sent text:sent image:sent"
    assert lazada.state(proof) is ProofState.DELIVERED


def test_one_picture_carries_only_the_photos_the_buyer_has_not_got(delivery: Delivery) -> None:
    delivery.sender.plan("image", None, OverBudget(used=4, limit=5, planned=3))
    proof = delivery.save(photos=3)
    delivery.work()
    held = delivery.part(proof, "image", 2)
    assert (held.state, kind_of(held)) == (PartState.HELD, SendingReason.BUDGET)

    resender(delivery).decide(held.id, Decision.ONE_PICTURE, "Budi")
    delivery.work()
    assert delivery.states(proof) == "upload:sent open:sent image:sent"
    assert len(delivery.part(proof, "image").photo_ids) == 2


def test_one_picture_waits_while_nobody_knows_what_arrived(delivery: Delivery) -> None:
    delivery.sender.plan("open", OverBudget(used=5, limit=5, planned=4))
    proof = delivery.save(photos=3)
    delivery.work()
    with delivery.store.begin() as records:
        records.parts.move(delivery.part(proof, "text"), PartState.UNKNOWN)
    with pytest.raises(NotPossible, match="in doubt"):
        resender(delivery).decide(delivery.part(proof, "open").id, Decision.ONE_PICTURE, "Budi")
    assert delivery.part(proof, "open").state is PartState.HELD


@pytest.mark.parametrize(("room", "states"), [(3, "text:sent image:sent"), (1, "image:sent")])
def test_chat_that_knows_of_too_many_messages_gets_fewer(delivery: Delivery, room: int, states: str) -> None:
    delivery.sender.plan("open", OverBudget(used=5 - room, limit=5, planned=4))
    proof = delivery.save(photos=3)
    delivery.work()
    assert delivery.states(proof) == f"upload:sent open:sent {states}"


def test_chat_that_says_over_budget_but_leaves_room_is_not_asked_for_ever(delivery: Delivery) -> None:
    delivery.sender.plan("open", OverBudget(used=0, limit=9, planned=4))
    proof = delivery.save(photos=3)
    delivery.work()
    assert kind_of(delivery.part(proof, "open")) is SendingReason.BUDGET


def test_one_missing_original_holds_the_picture_of_them_all(delivery: Delivery, media: Path) -> None:
    delivery.use(replace(SHOP, collage="always"))
    delivery.sender.plan("open", OverBudget(used=3, limit=5, planned=4))
    proof = delivery.save(photos=3)
    with delivery.store.read() as records:
        gone = records.proofs.photos(proof.id)[1]
    taken: list[Callable[[], None]] = [(media / gone.path).unlink]
    delivery.sender.before = lambda kind: taken.pop()() if kind == "open" and taken else None
    delivery.work()
    held = delivery.part(proof, "upload")
    assert held.reason == because(SendingReason.JOINED_PHOTO_MISSING, photo=2)
    assert "resend from the log: the photos then go singly" in said(held.reason).advice

    resender(delivery).resend(proof.id, text="Hi again.", why=ASKED, by="Aina")
    delivery.work()
    missing = delivery.part(proof, "upload", 2)
    assert said(missing.reason).advice.endswith("leave this photo out: the rest can go.")
    resender(delivery).decide(missing.id, Decision.LEAVE, "Aina")
    delivery.work()
    assert delivery.state(proof) is ProofState.PARTLY
    assert delivery.sender.calls.count("image") == 2


def test_picture_of_several_is_uploaded_again_when_its_address_is_old(delivery: Delivery) -> None:
    delivery.sender.plan("open", OverBudget(used=3, limit=5, planned=4))
    delivery.sender.plan("text", NotSent("busy", retry_after_s=3590.0), left=False)
    proof = delivery.save(photos=3)
    delivery.sender.policy = replace(delivery.sender.policy, late_after=timedelta(hours=5))
    delivery.work()
    delivery.sender.plan("image", NotSent("busy", retry_after_s=30.0), left=False)
    delivery.wait_and_work(3590)
    uploads = delivery.sender.calls.count("upload")
    delivery.wait_and_work(30)
    assert delivery.sender.calls.count("upload") == uploads + 1
    assert delivery.state(proof) is ProofState.DELIVERED


# ---- the calls of a day -----------------------------------------------------------------------


def daily(calls: int) -> ScriptedSender:
    policy = ChannelPolicy(
        signature_window=timedelta(seconds=300),
        between_messages=timedelta(0),
        calls_per_day=calls,
        late_after=timedelta(hours=24),
    )
    return ScriptedSender(policy=policy)


def test_day_that_is_used_up_rests_the_shop_and_says_until_when(
    store: Store, media: Path, clock: Clock
) -> None:
    delivery = Delivery(store, media, clock, daily(10))  # of which nine are for sets
    first, second = delivery.save(photos=3), delivery.save(OTHER, photos=3)
    due = delivery.work()

    assert delivery.state(first) is ProofState.DELIVERED
    assert delivery.states(second).startswith("upload:sent upload:sent upload:sent open:waiting text:blocked")
    assert due == clock() + timedelta(minutes=1)
    midnight = datetime(2026, 11, 22, tzinfo=UTC).astimezone()
    assert headlines(delivery) == [
        "Kopi & Co: No more messages today: the marketplace’s daily limit is reached."
    ]
    advice = said(delivery.part(second, "open").reason).advice
    assert advice.endswith(f"by itself at {midnight:%d %b %H:%M}.")


def test_next_day_goes_on_by_itself(store: Store, media: Path, clock: Clock) -> None:
    delivery = Delivery(store, media, clock, daily(10))
    delivery.save(photos=3)
    proof = delivery.save(OTHER, photos=3)
    delivery.work()
    delivery.wait_and_work((datetime(2026, 11, 22, tzinfo=UTC) - clock()).total_seconds() - 1)
    assert delivery.state(proof) is ProofState.WAITING
    delivery.wait_and_work(61)
    assert delivery.state(proof) is ProofState.DELIVERED
    assert headlines(delivery) == []


def test_day_begins_by_the_marketplaces_clock(store: Store, media: Path, clock: Clock) -> None:
    delivery = Delivery(store, media, clock, daily(10))
    delivery.sender.clock_offset = timedelta(hours=2)
    delivery.save(photos=3)
    proof = delivery.save(OTHER, photos=3)
    delivery.work()
    delivery.wait_and_work((datetime(2026, 11, 21, 22, tzinfo=UTC) - clock()).total_seconds() + 1)
    assert delivery.state(proof) is ProofState.DELIVERED


def test_looks_count_among_the_calls(store: Store, media: Path, clock: Clock) -> None:
    delivery = Delivery(store, media, clock, daily(100))
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.save(photos=1)
    delivery.work()
    with store.read() as records:
        before = records.budget.calls(SHOP.id, NOON)
    delivery.wait_and_work(5)
    with store.read() as records:
        assert records.budget.calls(SHOP.id, NOON) == before + 1
        assert records.budget.calls("other", NOON) == 0


# ---- many proofs wait -------------------------------------------------------------------------


def test_shop_is_crowded_when_more_than_so_many_proofs_are_on_their_way(delivery: Delivery) -> None:
    for _ in range(3):
        delivery.save(photos=1)
    with delivery.store.read() as records:
        assert records.budget.crowded(SHOP.id, 2)
        assert not records.budget.crowded(SHOP.id, 3)
        assert not records.budget.crowded("other", 0)
