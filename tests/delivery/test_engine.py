"""The couriers' threads: started, woken and stopped, and never ended by a failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest

from parcelguard.core.errors import OutcomeUnknown
from parcelguard.core.parts import PartState
from parcelguard.core.proofs import ProofState
from parcelguard.core.times import utc_now
from parcelguard.delivery import engine as engine_module
from parcelguard.delivery.engine import DeliveryEngine
from parcelguard.runtime.threads import Worker
from tests.support.fakes import OTHER, SHOP, Delivery, refuse_writes, wait_for
from tests.support.swapping import swap

pytestmark = pytest.mark.usefixtures("no_stray_threads")


@pytest.fixture
def engine(delivery: Delivery) -> Iterator[DeliveryEngine]:
    delivery.clock.now = utc_now()
    started = DeliveryEngine({SHOP.id: delivery.courier}, delivery.clock)
    yield started
    assert started.stop()


def test_engine_carries_what_waits_and_what_is_saved_later(
    delivery: Delivery, engine: DeliveryEngine
) -> None:
    waiting = delivery.save(photos=1)
    engine.start()
    wait_for(lambda: delivery.state(waiting) is ProofState.DELIVERED)

    later = delivery.save(OTHER, photos=1)
    engine.proof_saved(SHOP.id, later.id)
    engine.proof_saved("no such shop", later.id)
    wait_for(lambda: delivery.state(later) is ProofState.DELIVERED)


def test_engine_sorts_out_a_crash_first(delivery: Delivery, engine: DeliveryEngine) -> None:
    proof = delivery.save(photos=1)
    with delivery.store.begin() as records:
        assert records.attempts.claim(SHOP.id, delivery.clock(), visible=True)

    engine.start()
    wait_for(lambda: delivery.state(proof) is ProofState.DELIVERED)


def test_waking_looks_for_work_at_once(delivery: Delivery, engine: DeliveryEngine) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    engine.start()
    wait_for(lambda: "text:unknown" in delivery.states(proof))
    delivery.clock.advance(5)
    engine.wake()
    wait_for(lambda: "look" in delivery.sender.calls)


def test_disk_that_refuses_and_a_bug_do_not_end_the_thread(
    delivery: Delivery, engine: DeliveryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "AFTER_TROUBLE_S", 0.01)
    proof = delivery.save(photos=1)
    stumbles = [ZeroDivisionError(), KeyError("x")]
    real, steps = delivery.courier.step, []

    def step() -> datetime | None:
        steps.append("step")
        if stumbles:
            raise stumbles.pop()
        return real()

    swap(delivery.courier, "step", step)
    refuse_writes(delivery.store, "ON")
    engine.start()
    wait_for(lambda: len(steps) > 4)
    assert delivery.sender.calls == []
    refuse_writes(delivery.store, "OFF")
    wait_for(lambda: delivery.state(proof) is ProofState.DELIVERED)


def test_stopping_waits_for_the_call_in_flight_and_begins_nothing_new(
    delivery: Delivery, engine: DeliveryEngine
) -> None:
    proof = delivery.save(photos=1)
    in_call, go_on = threading.Event(), threading.Event()

    def hold(kind: str) -> None:
        if kind == "text":
            in_call.set()
            assert go_on.wait(10)

    delivery.sender.before = hold
    engine.start()
    assert in_call.wait(10)
    stopping = threading.Thread(target=engine.stop)
    stopping.start()
    assert stopping.is_alive()
    go_on.set()
    stopping.join(10)

    assert delivery.states(proof) == "upload:sent open:sent text:sent image:queued"


def test_call_that_does_not_end_is_left_behind_and_sorted_out_at_the_next_start(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parcelguard.delivery.engine.LONGEST_FAREWELL_S", 0.05)
    proof = delivery.save(photos=1)
    in_call, go_on = threading.Event(), threading.Event()

    def hold(kind: str) -> None:
        if kind == "text":
            in_call.set()
            assert go_on.wait(10)

    delivery.sender.before = hold
    engine = DeliveryEngine({SHOP.id: delivery.courier}, delivery.clock)
    engine.start()
    assert in_call.wait(10)
    assert not engine.stop()
    assert delivery.part(proof, "text").state is PartState.LEASED
    go_on.set()
    assert engine.stop()


def test_engine_that_was_never_started_stops_at_once(delivery: Delivery) -> None:
    assert DeliveryEngine({SHOP.id: delivery.courier}, delivery.clock).stop()


def test_worker_runs_tasks_in_order_and_survives_a_failing_one(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []
    worker = Worker("test worker")
    worker.post(done.append, 1)
    worker.post(lambda: 1 / 0)
    worker.post(done.append, 2)

    assert worker.stop()
    assert done == [1, 2]
    assert "test worker: a task failed" in caplog.text


def test_worker_says_when_a_task_is_stuck() -> None:
    go_on = threading.Event()
    worker = Worker("stuck worker")
    worker.post(go_on.wait, 10)
    assert not worker.stop(timeout_s=0.05)
    go_on.set()
    assert worker.stop()
