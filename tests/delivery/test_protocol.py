"""The send protocol: its model is clean, each weakened one is not, and the courier does nothing else."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from parcelguard.core.errors import NotSent, OutcomeUnknown, StorageError
from parcelguard.core.parts import Part, PartKind, PartState, PlanReason, Purpose
from parcelguard.core.proofs import ProofState
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.ports import ChannelPolicy, Look, Picture, Receipt, SentMark, Target, Wire
from parcelguard.store.database import Store
from tests.support.fakes import NOON, SHOP, Clock, PlainCopies, draft, read_only
from tests.support.protocol import Rules, State, moves, search

F4 = Purpose(PlanReason.F4)

pytestmark = pytest.mark.usefixtures("no_stray_threads")

CASES = {
    "the protocol": (Rules(), "ok"),
    "a short lease, the rest still counted from signing": (Rules(lease=1), "ok"),
    "a chat that shows messages late, and a rest that covers it": (Rules(list_lag=2, settle=5), "ok"),
    "no rest before calling a message absent": (Rules(settle=0), "doubled"),
    "a rest shorter than the signature lives": (Rules(settle=1), "doubled"),
    "sent again without reading back": (Rules(readback=False), "doubled"),
    "an ended lease goes back into the queue": (Rules(expired_to="queued"), "doubled"),
    "signed again when written": (Rules(sign_at_claim=False), "doubled"),
    "no durable intent before the write": (Rules(durable_intent=False), "doubled"),
    "a chat that shows messages later than the rest allows for": (Rules(list_lag=2), "doubled"),
}


@pytest.mark.parametrize(("rules", "verdict"), CASES.values(), ids=CASES.keys())
def test_model_is_clean_as_specified_and_caught_when_weakened(rules: Rules, verdict: str) -> None:
    found, path = search(rules)
    assert found == verdict, path


# ---- the courier against the model ------------------------------------------------------------

AS_BUILT = Rules(lease=1, most_tries=99, until=10**6)  # ninety seconds end with the second minute
MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    """The process ends here; nothing after it runs."""


class Chat:
    """A chat whose answers the test decides, one moment at a time."""

    def __init__(self, clock: Clock, at_gate: Queue[str], answers: Queue[Any]) -> None:
        self.policy = ChannelPolicy(
            signature_window=2 * MINUTE,
            list_delay=MINUTE / 2,
            between_messages=timedelta(0),
            late_after=timedelta(days=9),
            resend_when_absent=True,
        )
        self.clock_offset = timedelta(0)
        self._clock = clock
        self._at_gate, self._answers = at_gate, answers
        self.delivered: list[str] = []

    def upload_picture(self, picture: bytes) -> str:
        raise NotImplementedError

    def open_conversation(self, target: Target, planned: int) -> str:
        raise NotImplementedError

    def send_image(self, target: Target, picture: Picture, wire: Wire) -> Receipt:
        raise NotImplementedError

    def send_text(self, target: Target, text: str, wire: Wire) -> Receipt:
        self._pause("claimed")
        wire.mark()
        return self._pause("written")

    def look_for_message(self, target: Target, mark: SentMark) -> Look:
        return Look(tuple(self.delivered), covered=True)

    def hidden_messages(
        self, target: Target, message_ids: Collection[str], since: datetime
    ) -> frozenset[str]:
        return frozenset()

    def take_back(self, target: Target, message_id: str, kind: PartKind) -> None:
        raise NotImplementedError

    def _pause(self, where: str) -> Receipt:
        self._at_gate.put(where)
        answer = self._answers.get()
        if isinstance(answer, BaseException):
            raise answer
        said: Receipt = answer
        return said


class World:
    """A real courier and database, driven move by move, and the model's view of them."""

    def __init__(self, store: Store, media: Path, clock: Clock) -> None:
        self.store, self.media, self.clock = store, media, clock
        self.at_gate: Queue[str] = Queue()
        self.answers: Queue[Any] = Queue()
        self.chat = Chat(clock, self.at_gate, self.answers)
        self.wire: set[tuple[int, int, int | None]] = set()
        self.where = ""  # the gate the courier stands at, or ""
        self.deadline = 0
        self.asleep = False
        self.thread: threading.Thread | None = None
        proof = draft(opened_at=clock())
        saved = replace(proof, state=ProofState.SENDING, saved_at=clock())
        with store.begin() as records:
            records.proofs.open(proof)
            records.proofs.save(saved)
            records.parts.plan(saved, [(PartKind.TEXT, "")], text="Hi", by="Aina", why=F4)
        self.proof = saved
        self.courier = self._courier()

    def _courier(self) -> Courier:
        return Courier(
            shop=SHOP,
            store=self.store,
            sender=self.chat,
            copies=PlainCopies(),
            media=self.media,
            publish=lambda event: None,
            now=self.clock,
            elapsed_s=self.clock.elapsed_s,
        )

    # -- what the model sees

    @property
    def minute(self) -> int:
        return (self.clock() - NOON) // MINUTE

    def part(self) -> Part:
        with self.store.read() as records:
            return records.parts.of(self.proof.id)[0]

    def state(self) -> State:
        part = self.part()
        with self.store.read() as records:
            attempt = records.attempts.last_try(part) if part.attempts else None
        signed = (attempt.signed_at - NOON) // MINUTE if attempt else 0
        marked = attempt is not None and attempt.wire_at is not None
        row: tuple[Any, ...] = {
            PartState.QUEUED: ("queued",),
            PartState.WAITING: ("queued",),
            PartState.LEASED: ("leased", part.attempts, signed + AS_BUILT.lease, signed, marked),
            PartState.UNKNOWN: ("unknown", signed + AS_BUILT.settle),
            PartState.SENT: ("sent",),
            PartState.HELD: ("held",),
        }[part.state]
        station: tuple[Any, ...] = ("idle",)
        if self.where == "claimed":
            station = ("claimed", part.attempts, signed, False)
        elif self.where == "written":
            station = ("waiting", part.attempts, signed, self.deadline)
        if self.asleep:
            station = ("asleep", station)
        return State(
            self.minute,
            row,
            part.attempts,
            (station, ("idle",)),
            frozenset(self.wire),
            (0,) * len(self.chat.delivered),
        )

    # -- what happens

    def possible(self) -> Iterator[str]:
        yield "tick"
        if self.asleep:
            yield "wake"
        elif self.where:
            yield from ("sleep", "kill", "restart")
            yield "go on" if self.where == "claimed" else "pass"
            if self.where == "written" and self.minute >= self.deadline:
                yield "time-out"
        else:
            yield from ("work", "work", "work")
        for _, signed, who in self.wire:
            yield "lost"
            if self.minute <= signed + AS_BUILT.window:
                yield "delivered, answer lost"
                if who is not None and self.where == "written" and not self.asleep:
                    yield from ("delivered", "delivered, not kept")
            elif who is not None and self.where == "written" and not self.asleep:
                yield "refused as too old"

    def do(self, action: str) -> None:
        request = next(iter(self.wire), None)
        match action:
            case "tick":
                self.clock.advance(60)
            case "sleep":
                self.asleep = True
            case "wake":
                self.asleep = False
            case "work":
                self._run()
            case "go on":
                self._answer(None)
                if self.where == "written":
                    part = self.part()
                    signed = (self._signed() - NOON) // MINUTE
                    self.wire.add((part.attempts, signed, 0))
                    self.deadline = self.minute + AS_BUILT.deadline
            case "time-out":
                self._answer(OutcomeUnknown("time-out"))
                self._cut()
            case "kill" | "restart":
                self._answer(Killed())
                self._cut()
                self.courier = self._courier()
                if action == "restart":
                    self.courier.recover()
            case "lost":
                self.wire.discard(request)
            case "delivered, answer lost":
                self._deliver(request)
            case "delivered":
                self._deliver(request)
                self._answer(Receipt(message_id=self.chat.delivered[-1]))
            case "delivered, not kept":
                self._deliver(request)
                with read_only(self.store):
                    self._answer(Receipt(message_id=self.chat.delivered[-1]))
                self._cut()
            case "refused as too old":
                self.wire.discard(request)
                self._answer(NotSent("too old", retry_after_s=0))

    def _signed(self) -> datetime:
        with self.store.read() as records:
            return records.attempts.last_try(self.part()).signed_at

    def _deliver(self, request: Any) -> None:
        self.wire.discard(request)
        self.chat.delivered.append(f"m{len(self.chat.delivered) + 1}")

    def _cut(self) -> None:
        self.wire = {(attempt, signed, None) for attempt, signed, _ in self.wire}

    def _run(self) -> None:
        """Let the courier work until it stands at a gate or has nothing to do now."""

        def work() -> None:
            with suppress(Killed, StorageError):  # the process ends, or the disk refuses the outcome
                self.courier.step()
            self.at_gate.put("")

        self.thread = threading.Thread(target=work)
        self.thread.start()
        self._arrive()

    def _answer(self, answer: Any) -> None:
        self.answers.put(answer)
        self._arrive()

    def _arrive(self) -> None:
        self.where = self.at_gate.get(timeout=10)
        if not self.where:
            assert self.thread
            self.thread.join(10)

    def close(self) -> None:
        while self.where:
            self._answer(Killed())


@contextmanager
def world(store: Store, media: Path, clock: Clock) -> Iterator[World]:
    opened = World(store, media, clock)
    try:
        yield opened
    finally:
        opened.close()


def within(before: State, after: State, depth: int) -> bool:
    """Whether the model gets from one state to the other in so many moves."""
    states = {before}
    for _ in range(depth):
        if after in states:
            return True
        states |= {following for state in states for _, following in moves(state, AS_BUILT)}
    return after in states


WALKS, STEPS = 60, 40
seen: Counter[tuple[str, str]] = Counter()


def walk(run: World, numbers: random.Random, steps: int) -> list[str]:
    """Take random moves; after each, the courier stands where the model allows."""
    path: list[str] = []
    before = run.state()
    for _ in range(steps):
        if before.row[0] in ("sent", "held") and not run.where:
            break
        action = numbers.choice(list(run.possible()))
        path.append(action)
        run.do(action)
        after = run.state()
        seen[before.row[0], after.row[0]] += 1
        if after.row[0] == "held":  # a person's matter from here on; the model ends at the queue
            assert len(run.chat.delivered) == 0, path
            break
        assert within(before, after, 3), (path, before, after)
        assert len(run.chat.delivered) <= 1, path
        assert after.row[0] != "sent" or run.chat.delivered, path
        before = after
    return path


def test_courier_moves_only_as_the_model_does(tmp_path: Path, media: Path) -> None:
    seen.clear()
    for number in range(WALKS):
        clock = Clock()
        store = Store(tmp_path / f"{number}.db", clock)
        try:
            with world(store, media, clock) as run:
                walk(run, random.Random(number), STEPS)
        finally:
            store.close()

    assert {pair for pair in seen if pair[0] != pair[1]} >= {
        ("queued", "leased"),
        ("leased", "queued"),
        ("leased", "sent"),
        ("leased", "unknown"),
        ("unknown", "sent"),
        ("unknown", "queued"),
    }, "the walks took every way there is"


def test_courier_that_puts_an_ended_lease_back_into_the_queue_is_caught(
    tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to_queued(self: Courier, stale: list[Any]) -> None:
        with self._store.begin() as records:
            for part, _ in stale:
                records.parts.move(part, PartState.QUEUED)

    monkeypatch.setattr(Courier, "_sort_out", to_queued)
    caught = 0
    for number in range(WALKS):
        clock = Clock()
        store = Store(tmp_path / f"{number}.db", clock)
        try:
            with world(store, media, clock) as run:
                walk(run, random.Random(number), STEPS)
        except AssertionError:
            caught += 1
        finally:
            store.close()
    assert caught
