"""A TCP proxy that mistreats connections on purpose, byte by byte.

Each connection follows a plan: how its bytes travel each way, after how many they stop, and what
becomes of the connection then. A request can be kept and delivered later, when its sender has
long given up; the listener itself can refuse, or leave connections standing unanswered.
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

Answer = TypeVar("Answer")

CHUNK = 65_536
WITHIN_S = 10.0
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_NOW = struct.pack("ii", 1, 0)  # linger for no time: close() drops what is queued and sends RST


class Ending(StrEnum):
    """What becomes of a connection whose bytes ran out."""

    CLOSE = "close"
    RESET = "reset"
    SILENCE = "silence"  # it stays open, and nothing comes any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How bytes travel in one direction: `piece` bytes at a time, a pause before each.

    `let_through`: after so many bytes the plan's ending comes; 0 means with the first one that
    arrives, None never.
    """

    latency_s: float = 0.0
    jitter_s: float = 0.0
    piece: int = CHUNK
    pause_s: float = 0.0
    let_through: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens to one connection.

    `page` answers in the server's place, which never hears of the request. With `hold_s` the
    request is taken and waits for that long, whether or not its sender does. `close_after_s`: how
    much later than the server the proxy closes.
    """

    name: str = "pass"
    up: Way = field(default_factory=Way)
    down: Way = field(default_factory=Way)
    ending: Ending = Ending.CLOSE
    page: bytes = b""
    hold_s: float | None = None
    close_after_s: float = 0.0


@dataclass(slots=True, eq=False)
class Held:
    """A whole request that was taken and not delivered yet."""

    request: bytes
    due: float


# ---- plans ---------------------------------------------------------------------------------


def cut_request(after: int, ending: Ending) -> Plan:
    """Let the server have only the request's first bytes; after 0 of them it hears of nothing."""
    names = {Ending.CLOSE: "request cut", Ending.RESET: "request reset", Ending.SILENCE: "black hole"}
    return Plan(name=names[ending], up=Way(let_through=after), ending=ending)


def lose_answer(ending: Ending) -> Plan:
    """Let the server take the whole request and the client hear nothing of it."""
    return Plan(name=f"answer lost, {ending}", down=Way(let_through=0), ending=ending)


def half_answer(after: int, ending: Ending) -> Plan:
    """Let only the answer's first bytes arrive."""
    return Plan(name=f"half answer, {ending}", down=Way(let_through=after), ending=ending)


def slow(latency_s: float, jitter_s: float) -> Plan:
    """Delay everything."""
    way = Way(latency_s=latency_s, jitter_s=jitter_s)
    return Plan(name="slow", up=way, down=way)


def narrow(bytes_per_s: float) -> Plan:
    """Let no more through than so many bytes a second, each way."""
    way = Way(piece=512, pause_s=512 / bytes_per_s)
    return Plan(name="narrow", up=way, down=way)


def drip(pause_s: float) -> Plan:
    """Let the answer arrive one byte at a time: no single read ever takes long."""
    return Plan(name="drip", down=Way(piece=1, pause_s=pause_s))


def wrong_page(status: int = 200) -> Plan:
    """Answer as a captive portal does."""
    body = b"<!doctype html><title>Welcome</title><h1>Please log in to use the network</h1>"
    line = {200: b"200 OK", 302: b"302 Found\r\nLocation: http://login.test/"}[status]
    head = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % (line, len(body))
    return Plan(name=f"wrong page {status}", page=head + body)


def later(seconds: float) -> Plan:
    """Take the request and deliver it much later."""
    return Plan(name="delivered later", hold_s=seconds)


def scripted(plans: Iterable[Plan], then: Plan | None = None) -> Callable[[], Plan]:
    """Deal these plans in turn, and `then` for every connection after them."""
    rest, last = iter(plans), then or Plan()
    return lambda: next(rest, last)


def mixed(makers: Mapping[Callable[[random.Random], Plan], float], seed: int) -> Callable[[], Plan]:
    """Draw plans by weight; the same seed deals the same ones in the same order."""
    numbers = random.Random(seed)
    choices, weights = list(makers), list(makers.values())
    return lambda: numbers.choices(choices, weights)[0](numbers)


# ---- the proxy -----------------------------------------------------------------------------


class Proxy:
    """Stands in front of one server on a thread of its own; `now` says when held requests are due."""

    def __init__(
        self, server: str, plans: Callable[[], Plan], now: Callable[[], float] = time.monotonic
    ) -> None:
        target = urlsplit(server)
        self._server = (target.hostname, target.port)
        self.plans = plans
        self._now = now
        self.used: Counter[str] = Counter()
        self.held: list[Held] = []
        self._listener = self._bind(0)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._accepting: asyncio.Task[None] | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._fillers: list[socket.socket] = []
        self._ready, self._stopping = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="proxy", daemon=True)

    def start(self) -> None:
        """Listen; returns once connections are taken."""
        self._thread.start()
        assert self._ready.wait(WITHIN_S)

    def stop(self) -> None:
        """Drop every connection and end."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(WITHIN_S)
        assert not self._thread.is_alive()

    def accept(self) -> None:
        """Take connections again."""
        self._do(self._accept())

    def refuse(self) -> None:
        """Refuse every new connection; those that stand go on."""
        self._do(self._refuse())

    def stall(self) -> None:
        """Take no connections: the system still shakes hands, and nobody answers."""
        self._do(self._stall())

    def vanish(self) -> None:
        """Be gone, as where the network is: what stood is reset, and nobody can connect."""
        self._do(self._vanish())

    def drop_all(self) -> None:
        """Reset every connection that stands."""
        self._do(self._drop_all())

    def deliver(self, held: Held) -> bytes:
        """Deliver a held request to the server and return the answer that nobody waits for."""
        self.held.remove(held)
        return self._do(self._deliver(held))

    # ---- the listener ------------------------------------------------------------------

    def _do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WITHIN_S)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._accept()
        self._ready.set()
        await self._stopping.wait()
        await self._stall()
        await self._drop_all()
        self._make_room()
        self._listener.close()

    @staticmethod
    def _bind(port: int) -> socket.socket:
        """Take the port without listening: whoever connects now is refused."""
        # asyncio turns Nagle's delay off only where the protocol is named.
        taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.settimeout(0)  # as asyncio wants it
        taken.bind(("127.0.0.1", port))
        return taken

    async def _accept(self) -> None:
        if self._accepting is None:
            self._make_room()
            self._listener.listen(64)
            self._accepting = asyncio.create_task(self._take())

    async def _stall(self) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
            self._accepting = None

    async def _refuse(self) -> None:
        await self._stall()
        self._listener.close()
        self._listener = self._bind(self.port)

    async def _vanish(self) -> None:
        """Fill the queue of those who wait to be taken: the system then drops whoever comes."""
        await self._stall()
        await self._drop_all()
        self._listener.listen(0)
        for _ in range(3):
            filler = socket.socket()
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)

    def _make_room(self) -> None:
        while self._fillers:
            self._fillers.pop().close()

    async def _take(self) -> None:
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            task = asyncio.create_task(self._carry(client, self.plans()))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _drop_all(self) -> None:
        connections = list(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    # ---- one connection ----------------------------------------------------------------

    async def _carry(self, client: socket.socket, plan: Plan) -> None:
        self.used[plan.name] += 1
        reader, writer = await asyncio.open_connection(sock=client)
        reset = True  # until it ended as planned: a dropped connection is reset
        try:
            if plan.page:
                await _message(reader)
                writer.write(plan.page)
                await writer.drain()
                reset = False
            elif plan.hold_s is not None:
                request = await _message(reader)
                self.held.append(Held(request, self._now() + plan.hold_s))
                reset = await _drain(reader)
            else:
                reset = await self._join(plan, reader, writer)
            await asyncio.sleep(plan.close_after_s)
        except (OSError, EOFError):
            reset = True  # one side went away; so does the other
        finally:
            _close(writer, reset=reset)

    async def _join(self, plan: Plan, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Carry bytes both ways until one side ends or they run out; whether to end by a reset."""
        far_reader, far_writer = await asyncio.open_connection(*self._server)
        up = asyncio.create_task(_pump(plan.up, plan.ending, reader, far_writer))
        down = asyncio.create_task(_pump(plan.down, plan.ending, far_reader, writer))
        try:
            ended, _ = await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            if up in ended and not up.result():  # the client has gone; what it sent still counts
                await down
            cut = any(task.done() and not task.cancelled() and task.result() for task in (up, down))
            return cut and plan.ending is Ending.RESET
        finally:
            _close(far_writer)
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _deliver(self, held: Held) -> bytes:
        reader, writer = await asyncio.open_connection(*self._server)
        try:
            writer.write(held.request)
            return await _message(reader)
        finally:
            _close(writer)


async def _pump(way: Way, ending: Ending, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Carry bytes one way; True when they ran out as planned, False when their sender ended."""
    left = way.let_through
    while data := await reader.read(CHUNK):
        await asyncio.sleep(way.latency_s + way.jitter_s * random.random())
        passed = data[:left]
        for start in range(0, len(passed), way.piece):
            if way.pause_s:
                await asyncio.sleep(way.pause_s)
            writer.write(passed[start : start + way.piece])
            await writer.drain()
        if left is not None:
            left -= len(passed)
            if left == 0:
                if ending is not Ending.SILENCE:
                    return True
                await _drain(reader)
                break
    with suppress(OSError):
        writer.write_eof()
    return False


async def _drain(reader: asyncio.StreamReader) -> bool:
    """Take and forget everything until the sender ends; never a reason for a reset."""
    while await reader.read(CHUNK):
        pass
    return False


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read one whole request or answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return head + await reader.readexactly(int(length[1]) if length else 0)


def _close(writer: asyncio.StreamWriter, *, reset: bool = False) -> None:
    """End a connection without waiting, so that a dropped one is never left half closed."""
    if reset:
        with suppress(OSError):  # gone already
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW)
        writer.transport.abort()
    writer.close()


@contextmanager
def proxied(
    server: str, plans: Callable[[], Plan] = Plan, now: Callable[[], float] = time.monotonic
) -> Iterator[Proxy]:
    """Stand in front of a server for the length of the block."""
    proxy = Proxy(server, plans, now)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
