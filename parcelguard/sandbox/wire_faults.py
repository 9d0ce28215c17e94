"""The wire between client and marketplace: where answers come late, broken or never.

Faults of a single call's content live with the calls; here is only what any HTTP server could do to a client.
"""

import asyncio
import contextlib
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parcelguard.sandbox.faults import FaultSwitch
from parcelguard.sandbox.world.world import World

_NON_JSON = "<!doctype html><title>Please wait</title><h1>We will be right back</h1>"
# Where people look and test code steers: a fault there would only hide the one that was asked for.
_OURS = frozenset({"admin", "buyer", "file", "goods", "consent", "auth", "oauth", "open", "favicon.ico"})
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class WireFaults:
    """Wraps the application; every answer gets the marketplace's `Date`, some get a fault."""

    def __init__(self, app: ASGIApp, world: World, closing: asyncio.Event) -> None:
        self._app = app
        self._world = world
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, well or badly."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        dated = self._dated(send)
        if not _is_local(scope):
            await PlainTextResponse("Only for this computer.", 403)(scope, receive, dated)
        elif scope["path"].split("/")[1] in _OURS:
            await self._app(scope, receive, dated)
        else:
            await self._serve(scope, receive, dated)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = f"{scope['method']} {scope['path']}"
        # Late first, broken then: a switch for each may strike the same request.
        if fault := self._take("latency_s", path):
            await self._wait(fault.value)
        if self._take("drop_before", path):
            # Unread bytes would turn the close into a reset, and that only sometimes.
            await _read_out(receive)
            await _hang_up(scope, receive)
            return
        if fault := self._take("timeout_after_accept", path):
            await self._app(scope, receive, _nowhere)
            await self._wait(fault.value, receive)
            await _hang_up(scope, receive)
            return
        if self._take("drop_after", path):
            await self._app(scope, receive, _nowhere)
            await _hang_up(scope, receive)
            return
        if broken := self._broken_answer(path):
            fault, response = broken
            if fault.processed:
                await self._app(scope, receive, _nowhere)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _broken_answer(self, path: str) -> tuple[FaultSwitch, Response] | None:
        if fault := self._take("status_5xx", path):
            return fault, PlainTextResponse("upstream connect error or disconnect", fault.value)
        if fault := self._take("non_json", path):
            return fault, HTMLResponse(_NON_JSON, fault.status or 200)
        return None

    def _take(self, kind: str, path: str) -> FaultSwitch | None:
        with self._world.lock:
            fault = self._world.faults.strike(kind, path)
            if fault:
                self._world.requests.note(path.partition(" ")[2], f"wire:{kind}", 0)
            return fault

    async def _wait(self, seconds: float, receive: Receive | None = None) -> None:
        """Wait, but not past the server's end, nor past the client's patience if `receive` can tell."""
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._closing.wait())]
        if receive is not None:
            waits.append(asyncio.create_task(_gone(receive)))
        _, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _dated(self, send: Send) -> Send:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                stamp = formatdate(self._world.wire_now(), usegmt=True).encode()
                message["headers"] = [*message.get("headers", ()), (b"date", stamp)]
            await send(message)

        return dated


def _is_local(scope: Scope) -> bool:
    # The name is checked as well as the peer: a web page may point a name of its own at this machine.
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get(b"host", "").rsplit(":", 1)[0]
    origin = headers.get(b"origin", "")
    same_origin = origin in ("", "null") or origin.split("://", 1)[-1] == headers.get(b"host", "")
    peer = (scope.get("client") or ("",))[0]
    return peer in ("127.0.0.1", "::1") and host in _LOCAL_NAMES and same_origin


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read_out(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


async def _hang_up(scope: Scope, receive: Receive) -> None:
    hang_up: Callable[[], None] = scope["state"]["hang_up"]
    hang_up()
    await _gone(receive)


async def _nowhere(_message: Message) -> None:
    """Lose the answer."""
