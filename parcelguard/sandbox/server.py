"""The sandbox as a program: one line on standard output when it listens, then silence until it is stopped."""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from types import FrameType

from parcelguard.sandbox.app import build_app
from parcelguard.sandbox.demo_shops import ALL, demo_world
from parcelguard.sandbox.running import SandboxServer
from parcelguard.sandbox.world.world import World

__all__ = ["build_app", "main", "run", "serve"]


def run(
    port: int = 0,
    orders: int = 12,
    seed: int = 1,
    announce: Callable[[str], None] | None = None,
    *,
    stop_with_stdin: bool = False,
    specials: bool = True,
    marketplaces: Collection[str] = ("shopee",),
) -> None:
    """Serve the demo shops until SIGTERM, SIGINT, or the end of standard input if asked."""
    world = demo_world(orders=orders, seed=seed, specials=specials, marketplaces=marketplaces)
    try:
        serve("127.0.0.1", port, world, announce=announce or _print_line, stop_with_stdin=stop_with_stdin)
    finally:
        world.remove_pictures()


def serve(
    host: str, port: int, world: World, *, announce: Callable[[str], None], stop_with_stdin: bool = False
) -> None:
    """Serve a world on a loopback address in this thread; port 0 takes a free one."""
    server = SandboxServer(world, host=host, port=port)
    if threading.current_thread() is threading.main_thread():
        _stop_on_signals(server)
    if stop_with_stdin:
        threading.Thread(target=_stop_with_stdin, args=(server,), name="sandbox-stdin", daemon=True).start()
    asyncio.run(_serve(server, announce))


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m parcelguard.sandbox", description="Local marketplaces with demo shops."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--orders", type=int, default=12, help="how many orders wait to be packed")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same shop")
    parser.add_argument(
        "--marketplaces",
        type=named_marketplaces,
        default=("shopee",),
        help=f"all, or some of {','.join(ALL)}; each gets its share of the orders",
    )
    parser.add_argument("--plain", action="store_true", help="no cancelled, split or label-less orders")
    parser.add_argument("--stop-with-stdin", action="store_true", help="end when standard input ends")
    chosen = parser.parse_args(arguments)
    run(
        chosen.port,
        chosen.orders,
        chosen.seed,
        stop_with_stdin=chosen.stop_with_stdin,
        specials=not chosen.plain,
        marketplaces=chosen.marketplaces,
    )
    return 0


def named_marketplaces(text: str) -> tuple[str, ...]:
    """Return the marketplaces that a command line names: "all", or some with commas."""
    chosen = ALL if text == "all" else tuple(text.split(","))
    if unknown := set(chosen) - set(ALL):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


async def _serve(server: SandboxServer, announce: Callable[[str], None]) -> None:
    serving = asyncio.create_task(server.serve_here())
    while not (server.started or serving.done()):
        await asyncio.sleep(0.005)
    if server.started:
        address = server.address
        announce(json.dumps({"address": address, "buyer": f"{address}/buyer", "admin": f"{address}/admin"}))
    await serving


def _stop_on_signals(server: SandboxServer) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _stop_with_stdin(server: SandboxServer) -> None:
    # The bare descriptor: a thread blocked in the buffered reader would upset the interpreter's end.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.should_exit = True


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
