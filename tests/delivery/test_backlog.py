"""How long a shop's queue takes: told when it changes, and not all the time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.errors import NoNetwork, Refused, TooFast
from parcelguard.core.events import ShopQueue
from parcelguard.delivery.ports import ChannelPolicy
from parcelguard.store.database import Store
from tests.support.fakes import OTHER, SHOP, Clock, Delivery, ScriptedSender


@pytest.fixture
def slow(store: Store, media: Path, clock: Clock) -> Delivery:
    policy = ChannelPolicy(signature_window=timedelta(seconds=300), between_messages=timedelta(seconds=2))
    return Delivery(store, media, clock, ScriptedSender(policy=policy))


def told(delivery: Delivery) -> tuple[int, int]:
    news = delivery.heard(ShopQueue)[-1]
    assert (news.shop_id, news.shop) == (SHOP.id, SHOP.label)
    return news.messages, news.seconds


def test_messages_take_as_long_as_the_gaps_between_them(slow: Delivery) -> None:
    slow.save(photos=3)
    slow.save(OTHER, photos=2)
    slow.work()
    assert told(slow) == (7, 14)
    slow.wait_and_work(2)
    assert told(slow) == (5, 10)


def test_queue_that_is_empty_says_so_once_and_then_nothing(slow: Delivery) -> None:
    slow.save(photos=1)
    slow.work()
    assert told(slow) == (2, 4)
    slow.wait_and_work(2)
    assert told(slow) == (0, 0)
    count = len(slow.heard(ShopQueue))
    slow.wait_and_work(10)
    assert len(slow.heard(ShopQueue)) == count


def test_nothing_is_told_of_an_empty_day(slow: Delivery) -> None:
    slow.work()
    assert slow.heard(ShopQueue) == []


def test_slower_pace_and_rests_take_longer(slow: Delivery) -> None:
    slow.save(photos=2)
    slow.sender.plan("text", TooFast("slow", retry_after_s=30.0), left=False)
    slow.work()
    assert told(slow) == (3, 30 + 3 * 4)


def test_shop_out_of_reach_tells_its_rest(slow: Delivery) -> None:
    slow.save(photos=2)
    slow.sender.plan("upload", NoNetwork("gone"))
    slow.work()
    assert told(slow) == (3, 1 + 3 * 2)


def test_what_needs_a_person_does_not_make_the_queue_longer(slow: Delivery) -> None:
    slow.sender.plan("open", Refused("no", code="forbidden"))
    slow.save(photos=3)
    slow.work()
    assert slow.heard(ShopQueue)[-1].messages == 0


def test_long_queue_is_not_counted_after_every_message(delivery: Delivery) -> None:
    for _ in range(5):
        delivery.save(photos=3)
    delivery.work()  # no time passes meanwhile
    assert [news.messages for news in delivery.heard(ShopQueue)] == [20, 0]


def test_new_courier_keeps_the_distance_to_the_last_message_of_the_old_one(
    slow: Delivery, clock: Clock
) -> None:
    slow.save(photos=2)
    slow.work()
    clock.advance(0.5)
    slow.courier = slow.new_courier()
    slow.courier.recover()
    assert slow.work() == clock() + timedelta(seconds=1.5)
    assert slow.sender.calls.count("image") == 0
