"""What a harness sets up: a data folder, a marketplace, one clock for both, and benches to break."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from parcelguard.chat.registry import connect
from parcelguard.core.config import load_settings
from parcelguard.core.shops import Shop
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.ports import ChannelPolicy, ChatSender
from parcelguard.store.database import Store
from parcelguard.vault.vault import Vault, vault_at
from tests.harness.invariants import Findings, judge
from tests.harness.market import SHOP, Market, open_market
from tests.harness.station_child import PlainCopies

CHILD = Path(__file__).with_name("station_child.py")
NOON_IN_MALAYSIA = timedelta(hours=4)
AFTER_ITS_REST = timedelta(minutes=10)  # a message is sent or asked about
RESENDS = 3
HOWEVER_LATE = timedelta(days=1)
START_S = 20.0
KILLED = -getattr(signal, "SIGKILL", -signal.SIGTERM)  # Windows knows no signals and tells the number


class Clock:
    """The marketplace's and the bench's time: the computer's, moved on by hand, from a noon in Malaysia.

    The benches read how far it was moved from `file`; `skew_s` puts their clock wrong.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        now = datetime.now(UTC)
        noon = now.replace(hour=0, minute=0, second=0, microsecond=0) + NOON_IN_MALAYSIA
        self._moved_s = (noon - now).total_seconds()
        self._skew_s = 0.0
        self.advance(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._moved_s + self._skew_s)

    def elapsed_s(self) -> float:
        """Tell what a clock would tell that nobody can set."""
        return time.monotonic() + self._moved_s

    def of_the_market(self) -> float:
        return time.time() + self._moved_s

    def advance(self, seconds: float) -> None:
        self._moved_s += seconds
        self._tell()

    def skew(self, seconds: float) -> None:
        self._skew_s = seconds
        self._tell()

    def _tell(self) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(str(self._moved_s + self._skew_s))
        new.replace(self.file)


class Victim:
    """One run of the bench, what it said, and the ways to end it."""

    def __init__(self, rig: Rig, *wishes: str, crash: str = "", env: Mapping[str, str] | None = None) -> None:
        self.started_at = time.time()
        command = [sys.executable, str(CHILD), str(rig.home), "--clock", str(rig.clock.file), *wishes]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PARCELGUARD_TEST": "1", "PARCELGUARD_FAULT": crash, **(env or {})},
        )
        self.said: list[dict[str, Any]] = []
        self.stderr = b""
        self._more = threading.Condition()
        self._readers = [threading.Thread(target=self._hear), threading.Thread(target=self._hear_errors)]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _hear(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.endswith(b"\n"):
                with self._more:
                    self.said.append(json.loads(line))
                    self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def _hear_errors(self) -> None:
        assert self._process.stderr
        self.stderr = self._process.stderr.read()

    def go(self) -> None:
        """Give a bench its cue that was started with `--on-cue`."""
        assert self._process.stdin
        self.started_at = time.time()
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def wait_for(self, what: Callable[[Victim], object], timeout_s: float = START_S) -> None:
        """Wait until `what` is true of what was said; fail when the bench ends or stands still before."""
        with self._more:
            arrived = self._more.wait_for(
                lambda: bool(what(self)) or not self._readers[0].is_alive(), timeout_s
            )
            if arrived and what(self):
                return
        self.kill()
        pytest.fail(f"the bench did not come so far: {self.said[-3:]} {self.stderr.decode()[-2000:]}")

    def heard(self, event: str) -> list[dict[str, Any]]:
        return [each for each in self.said if each["event"] == event]

    def kill(self) -> None:
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """Ask it to end in good order."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)
        self._end()
        assert self._process.returncode == 0, self.stderr.decode()[-2000:]

    def died(self, timeout_s: float = START_S) -> bool:
        """Whether a crash point killed it, in time."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        self._end()
        return code == KILLED

    def fell_asleep(self, timeout_s: float = START_S) -> bool:
        """Whether a crash point froze it as a sleeping computer is, in time."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until and self._process.poll() is None:
            if psutil.Process(self.pid).status() == psutil.STATUS_STOPPED:
                return True
            time.sleep(0.005)
        return False

    def wake(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def _end(self) -> None:
        self._process.wait(10)
        for reader in self._readers:
            reader.join(10)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()


class Rig:
    """A bench's data folder and its marketplace."""

    def __init__(self, folder: Path, market: Market, clock: Clock) -> None:
        self.home, self.market, self.world, self.clock = folder, market, market.world, clock
        self.said: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.started_at = 0.0
        self._alive: list[Victim] = []
        self.connect()
        self.codes = [order.number for order in market.orders]
        (folder / "orders.txt").write_text("\n".join(self.codes))
        with self.store() as store, store.begin() as records:
            records.orders.keep(market.orders)
            records.orders.mark_synced(SHOP, clock())

    @property
    def policy(self) -> ChannelPolicy:
        """How the shop's channel wants to be used."""
        with self._chat() as (chat, _):
            return chat.policy

    @property
    def vault(self) -> Vault:
        return vault_at(self.home / "secrets.json", "file")

    def connect(self, left_s: float = 14_400) -> None:
        """Give the bench tokens that are good for so long by the bench's clock."""
        until = self.clock.of_the_market() + left_s
        settings = self.market.connect(self.vault, self.market.address, until)
        (self.home / "settings.toml").write_text(settings, encoding="utf-8")

    def answer_slowly(self, seconds: float) -> None:
        """Let a moment pass between taking a message and answering: the moment that matters most."""
        accept = self.world.chat.accept

        def accept_and_wait(*values: Any, **facts: Any) -> Any:
            message = accept(*values, **facts)
            time.sleep(seconds)
            return message

        self.world.chat.accept = accept_and_wait  # type: ignore[method-assign]

    @contextmanager
    def store(self) -> Iterator[Store]:
        opened = Store(self.home / "parcelguard.db", self.clock)
        try:
            yield opened
        finally:
            opened.close()

    def start(self, *wishes: str, **facts: Any) -> Victim:
        """Start a bench on this folder; `end` takes over what it said."""
        victim = Victim(self, *wishes, **facts)
        self._alive.append(victim)
        return victim

    def end(self, victim: Victim, *, gently: bool = False) -> None:
        """End a bench, by force unless told otherwise, and remember what it acknowledged."""
        if victim in self._alive:
            self._alive.remove(victim)
            self.started_at = victim.started_at
            victim.stop() if gently else victim.kill()
            self.said += victim.said
            self.errors.append(victim.stderr.decode(errors="replace"))

    def end_all(self) -> None:
        for victim in list(self._alive):
            self.end(victim)

    @contextmanager
    def courier(self, *, resends: bool = False) -> Iterator[Courier]:
        """A courier in this process, on the rig's clock: time passes only when the test says so.

        `resends`: what is proved absent goes out once more without asking, however late.
        """
        with self._chat() as (chat, shop), self.store() as store:
            if resends:
                anyhow = replace(chat.policy, resend_when_absent=True, late_after=HOWEVER_LATE)
                chat._policy = anyhow  # type: ignore[attr-defined]
            yield Courier(
                shop=shop, store=store, sender=chat, copies=PlainCopies(),
                media=self.home / "media", publish=lambda event: None, now=self.clock,
                elapsed_s=self.clock.elapsed_s,
            )  # fmt: skip

    @contextmanager
    def _chat(self) -> Iterator[tuple[ChatSender, Shop]]:
        settings = load_settings(self.home / "settings.toml").shops[0]
        channel = connect(settings, self.vault, self.clock)
        assert channel.sender
        try:
            yield channel.sender, settings.shop()
        finally:
            channel.client.close_connections()

    def settle(self, *, resends: bool = False) -> None:
        """Let all come to rest, moving the clock to whatever is due next.

        What the buyer sees has to be sent or asked about within the channel's rest and ten minutes.
        """
        begun = self.clock()
        within = (self.policy.settle + AFTER_ITS_REST) * (RESENDS if resends else 1)
        with self.courier(resends=resends) as courier:
            courier.recover()
            while (due := courier.step()) is not None and self.clock() - begun < RESENDS * within:
                if (ahead := (due - self.clock()).total_seconds()) > 0:
                    self.clock.advance(ahead)
        until = (begun + within).timestamp() * 1e6
        late = self.query(
            "SELECT kind, state, reason FROM part WHERE kind IN ('text', 'image') "
            f"AND (changed_at > {until} OR state IN ('leased', 'queued', 'waiting', 'unknown'))"
        )
        assert not late, f"neither sent nor asked about within {within}"

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Look into the records behind the program's back."""
        with closing(sqlite3.connect(self.home / "parcelguard.db")) as records:
            records.row_factory = sqlite3.Row
            return [dict(row) for row in records.execute(sql)]

    def finish(self, *, pack: bool = True) -> Findings:
        """Start once more, pack what is left, let everything come to rest, and judge."""
        last = self.start(*(["--pack"] if pack else []))
        last.wait_for(lambda victim: victim.heard("packed" if pack else "started"), 60)
        self.end(last, gently=True)
        self.settle()
        return self.judge()

    def judge(self, *, at_rest: bool = True) -> Findings:
        return judge(
            self.home,
            self.said,
            self.world.transcript(),
            at_rest=at_rest,
            started_at=self.started_at,
            secrets=self.market.secrets,
            outputs=self.errors,
            buyers=self.market.buyers,
        )


@contextmanager
def open_rig(folder: Path, orders: int = 6, channel: str = "shopee") -> Iterator[Rig]:
    clock = Clock(folder / "clock.txt")
    with open_market(channel, orders, clock.of_the_market) as market:
        rig = Rig(folder, market, clock)
        try:
            yield rig
        finally:
            rig.end_all()
