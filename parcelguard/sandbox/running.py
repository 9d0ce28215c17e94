"""The sandbox on a loopback port: the server itself, and a thread to run it beside a test or an app."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from parcelguard.sandbox.app import build_app
from parcelguard.sandbox.world.world import World

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_START_WITHIN_S = 10.0
TICK_S = 0.03


class _HangingUp(H11Protocol):
    """Lets the application close its own connection without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "hang_up": transport.close}


class SandboxServer(uvicorn.Server):
    """A quiet server for one world; `address` is known before it starts."""

    def __init__(self, world: World, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._app = build_app(world)
        super().__init__(
            uvicorn.Config(
                self._app,
                http=_HangingUp,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self.socket = bind(host, port)
        name = f"[{host}]" if ":" in host else host
        self.address = f"http://{name}:{self.socket.getsockname()[1]}"

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: whoever runs the server decides what they mean."""
        yield

    async def serve_here(self) -> None:
        """Serve until `should_exit`."""
        try:
            await self.serve(sockets=[self.socket])
        finally:
            self.socket.close()

    async def main_loop(self) -> None:
        """Wait for `should_exit`; a short tick, because every test that stops a server waits for it."""
        while not self.should_exit:
            await asyncio.sleep(TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let waiting requests go first, so that stopping never waits for a fault."""
        cast("asyncio.Event", self._app.state.closing).set()
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """Take a port on this computer's own interface; the sandbox must never be reachable from elsewhere."""
    if host not in LOOPBACK:
        raise ValueError(f"the sandbox listens on loopback only, not on {host}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off only where the protocol is named; 40 ms an answer otherwise.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if (
        os.name == "posix"
    ):  # connections of an earlier run linger for a minute; elsewhere this would share the port
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError:
        taken.close()
        raise
    return taken


class SandboxThread:
    """A world being served beside whatever else the process does."""

    def __init__(self, world: World, *, port: int = 0) -> None:
        self._server = SandboxServer(world, port=port)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self.address = self._server.address

    def start(self) -> None:
        """Serve; returns once connections are accepted."""
        self._thread.start()
        if not self._ready.wait(_START_WITHIN_S) or not self._server.started:
            self.stop()
            raise RuntimeError("the sandbox did not start")

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Stop serving and wait; False means a request would not end."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._server.socket.close()
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        serving = asyncio.create_task(self._server.serve_here())
        try:
            while not (self._server.started or serving.done()):
                await asyncio.sleep(0.005)
        finally:
            self._ready.set()
        await serving


@contextmanager
def running(world: World, *, port: int = 0) -> Iterator[str]:
    """Serve a world for the length of the block and hand out its address."""
    thread = SandboxThread(world, port=port)
    thread.start()
    try:
        yield thread.address
    finally:
        stopped = thread.stop()
        world.remove_pictures()
        if not stopped:
            raise RuntimeError("the sandbox did not stop")
