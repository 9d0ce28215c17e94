"""When a courier holds back: at night, when late, when the shop may not send; and what it tells about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from parcelguard.core.alerts import Alert, AlertKey, Alerts, AlertsChanged, AlertTopic, Severity
from parcelguard.core.errors import NoNetwork, NotSent, OutcomeUnknown, ShopWaits, TooFast
from parcelguard.core.events import ShopQueue
from parcelguard.core.parts import Decision, PartState
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.core.times import QuietHours
from parcelguard.delivery.ports import Look
from parcelguard.media_log.resending import Resender
from parcelguard.ui.words.reasons.saying import Said, said_alert
from tests.support.fakes import NOON, OTHER, SHOP, Delivery, kind_of

KL = QuietHours(timedelta(hours=8))


def at_home(hour: int, minute: int = 0) -> datetime:
    """A moment of 21 November in Malaysia."""
    return datetime(2026, 11, 21, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def alerts(delivery: Delivery) -> tuple[Alert, ...]:
    told = delivery.heard(AlertsChanged)
    return told[-1].alerts if told else ()


def obey_quiet_hours(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, quiet=KL)


# ---- night and lateness --------------------------------------------------------------------


def test_order_packed_at_night_is_sent_at_once_for_a_person_has_just_pressed_f4(delivery: Delivery) -> None:
    obey_quiet_hours(delivery)
    delivery.clock.now = at_home(22)
    proof = delivery.save(photos=1)
    delivery.work()
    assert delivery.state(proof) is ProofState.DELIVERED


def test_message_that_waited_into_the_night_is_held(delivery: Delivery) -> None:
    obey_quiet_hours(delivery)
    delivery.clock.now = at_home(20, 55)
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.wait_and_work(11 * 60)

    part = delivery.part(proof, "upload")
    assert (part.state, kind_of(part)) == (PartState.HELD, SendingReason.QUIET)
    Resender(delivery.store, {SHOP.id: SHOP}, {SHOP.id: delivery.sender}, delivery.clock).decide(
        part.id, Decision.SEND_AGAIN, "Budi"
    )
    delivery.work()
    assert delivery.state(proof) is ProofState.DELIVERED


def test_message_that_waited_by_day_goes_out(delivery: Delivery) -> None:
    obey_quiet_hours(delivery)
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.wait_and_work(11 * 60)
    assert delivery.state(proof) is ProofState.DELIVERED


def test_picture_follows_its_text_even_when_the_hour_has_passed_meanwhile(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NotSent("busy", retry_after_s=3500))
    delivery.work()
    delivery.sender.plan("image", NotSent("busy", retry_after_s=200))
    delivery.wait_and_work(3500)
    delivery.wait_and_work(200)  # 3,700 s after F4, but 200 s after the text
    assert delivery.state(proof) is ProofState.DELIVERED


# ---- turns ---------------------------------------------------------------------------------


def test_oldest_and_newest_go_in_turn_each_proof_whole(delivery: Delivery) -> None:
    proofs = [
        delivery.save(replace(OTHER, number=f"2611200000000{n}", buyer_id=f"31{n}"), photos=1)
        for n in range(5)
    ]
    finished = []
    for _ in range(100):
        delivery.courier.step()
        finished += [p for p in proofs if p not in finished and delivery.state(p) is ProofState.DELIVERED]
    assert [proofs.index(proof) for proof in finished] == [0, 4, 1, 3, 2]


def test_what_is_prepared_in_a_pause_does_not_lose_a_proof_its_turn(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, between_messages=timedelta(seconds=2))
    delivery.courier = delivery.new_courier()
    first, second = delivery.save(photos=1), delivery.save(OTHER, photos=1)
    delivery.work()
    assert delivery.part(first, "text").state is PartState.SENT
    assert delivery.part(second, "upload").state is PartState.SENT
    delivery.wait_and_work(2)
    assert delivery.state(first) is ProofState.DELIVERED


# ---- the shop, not the message -------------------------------------------------------------


def test_shop_that_may_not_send_keeps_its_queue_and_says_so_once(delivery: Delivery) -> None:
    first, second = delivery.save(photos=1), delivery.save(OTHER, photos=1)
    held = ShopWaits("no", as_told("Consent is needed again.", "Connect the shop."), code="error_auth")
    delivery.sender.plan("upload", held, held)
    delivery.work()

    assert delivery.sender.calls == ["upload"]
    assert [delivery.state(each) for each in (first, second)] == [ProofState.WAITING, ProofState.SENDING]
    (alert,) = alerts(delivery)
    assert (alert.key, alert.severity) == (AlertKey(AlertTopic.SHOP_HELD, "kopi"), Severity.WARN)
    assert said_alert(alert) == Said("Kopi & Co: Consent is needed again.", "Connect the shop.")
    delivery.wait_and_work(60)
    delivery.wait_and_work(60)

    assert [delivery.state(each) for each in (first, second)] == [ProofState.DELIVERED] * 2
    assert alerts(delivery) == ()


def test_long_absence_is_told_with_its_beginning_and_withdrawn(delivery: Delivery) -> None:
    delivery.save(photos=1)
    delivery.sender.plan("upload", *[NoNetwork("away")] * 10)
    delivery.work()
    assert alerts(delivery) == ()
    for _ in range(9):
        delivery.wait_and_work(30)
    (alert,) = alerts(delivery)
    assert (alert.key, alert.severity) == (AlertKey(AlertTopic.SHOP_AWAY, "kopi"), Severity.WARN)
    assert said_alert(alert) == Said(
        f"Shopee MY cannot be reached since {NOON.astimezone():%H:%M}.",
        "Keep packing. Waiting messages are sent by themselves.",
    )
    delivery.wait_and_work(30)
    assert alerts(delivery) == ()


def test_slower_pace_is_a_note_until_it_has_recovered(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, between_messages=timedelta(seconds=2))
    delivery.courier = delivery.new_courier()
    for number in range(4):
        delivery.save(replace(OTHER, number=f"2611200000000{number}", buyer_id=f"31{number}"), photos=2)
    delivery.sender.plan("text", TooFast("slow", retry_after_s=10.0))
    delivery.work()
    assert [alert.severity for alert in alerts(delivery)] == [Severity.NOTE]
    for _ in range(40):
        delivery.wait_and_work(10)
    assert alerts(delivery) == ()


@pytest.mark.parametrize(("offset_s", "words"), [(420, "7 minutes slow"), (-180, "3 minutes fast")])
def test_wrong_clock_is_said_in_minutes_until_it_is_set(
    delivery: Delivery, offset_s: int, words: str
) -> None:
    delivery.sender.clock_offset = timedelta(seconds=offset_s)
    delivery.save(photos=1)
    delivery.work()
    (alert,) = alerts(delivery)
    assert words in said_alert(alert).headline

    delivery.sender.clock_offset = timedelta(seconds=20)
    delivery.save(OTHER, photos=1)
    delivery.work()
    assert alerts(delivery) == ()


def test_courier_that_leaves_takes_back_what_it_told(delivery: Delivery) -> None:
    delivery.save(photos=3)
    delivery.sender.clock_offset = timedelta(minutes=7)
    delivery.sender.plan("open", TooFast("slow", retry_after_s=1.0), ShopWaits("no", code="error_auth"))
    delivery.work()
    delivery.wait_and_work(1)
    assert {alert.key for alert in alerts(delivery)} == {
        AlertKey(AlertTopic.SHOP_HELD, "kopi"),
        AlertKey(AlertTopic.SHOP_SLOWED, "kopi"),
        AlertKey(AlertTopic.CLOCK_OFF),
    }
    assert delivery.heard(ShopQueue)[-1].messages == 4

    delivery.courier.leave()
    assert alerts(delivery) == ()
    assert delivery.heard(ShopQueue)[-1] == ShopQueue("kopi", SHOP.label, 0, 0)


def test_alert_is_told_once_and_only_when_something_changed() -> None:
    told: list[object] = []
    board = Alerts(told.append)
    note = Alert(AlertKey(AlertTopic.BACKUP), Severity.NOTE, because(StorageReason.BACKUP_FAILED))
    stop = Alert(AlertKey(AlertTopic.DISK_SPACE), Severity.STOP, because(StorageReason.DISK_FULL))
    board.raise_alert(note)
    board.raise_alert(note)
    board.raise_alert(stop)
    board.withdraw(AlertKey(AlertTopic.NOTES))
    board.withdraw(note.key)
    alerts = [news.alerts for news in told if isinstance(news, AlertsChanged)]
    assert alerts == [(note,), (stop, note), (stop,)]


# ---- clocks --------------------------------------------------------------------------------


def test_clock_that_is_set_ahead_does_not_shorten_the_rest(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    delivery.wait_and_work(5)
    delivery.clock.jump(86_400)
    for _ in range(5):
        delivery.wait_and_work(60)
    assert delivery.part(proof, "text").state is PartState.UNKNOWN
    for _ in range(3):
        delivery.wait_and_work(60)
    assert delivery.part(proof, "text").state is PartState.HELD


def test_clock_that_is_set_back_does_not_stop_a_shop_for_a_day(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("upload", NoNetwork("away"))
    delivery.work()
    delivery.clock.jump(-86_400)
    delivery.wait_and_work(30)
    assert delivery.state(proof) is ProofState.DELIVERED


def test_restart_begins_the_rest_anew_for_nobody_measured_it_meanwhile(delivery: Delivery) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    delivery.clock.jump(1000)
    delivery.courier = delivery.new_courier()
    delivery.courier.recover()
    for seconds in (5, 120, 120):
        delivery.wait_and_work(seconds)
    assert delivery.part(proof, "text").state is PartState.UNKNOWN
    for _ in range(5):
        delivery.wait_and_work(60)
    assert delivery.part(proof, "text").state is PartState.HELD


# ---- sent once more without asking, where a shop wants that ---------------------------------


def test_message_proved_absent_goes_once_more_where_the_shop_wants_it(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, resend_when_absent=True)
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)
    assert delivery.sender.calls.count("text") == 2
    assert delivery.state(proof) is ProofState.DELIVERED


def test_message_absent_for_the_third_time_is_a_persons_matter(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, resend_when_absent=True)
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", *[OutcomeUnknown("lost")] * 5)
    delivery.work()
    for _ in range(3):
        for seconds in (5, 390, 60):
            delivery.wait_and_work(seconds)
    assert delivery.sender.calls.count("text") == 3
    assert (delivery.part(proof, "text").state, kind_of(delivery.part(proof, "text"))) == (
        PartState.HELD,
        SendingReason.NOT_SEEN,
    )


def test_chat_that_was_not_read_far_enough_in_either_look_proves_nothing(delivery: Delivery) -> None:
    delivery.sender.policy = replace(delivery.sender.policy, resend_when_absent=True)
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.sender.plan("look", Look((), covered=True), Look((), covered=False), Look((), covered=True))
    delivery.work()
    for seconds in (5, 390, 60):
        delivery.wait_and_work(seconds)
    assert delivery.sender.calls.count("text") == 1
    assert kind_of(delivery.part(proof, "text")) is SendingReason.NOT_FAR_ENOUGH
