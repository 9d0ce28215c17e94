"""The sandbox as one web application: all marketplaces, their switches and the buyer's view."""

import asyncio
import secrets
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parcelguard.sandbox import admin, consent, labels
from parcelguard.sandbox.buyer import BuyerPages
from parcelguard.sandbox.registry import SERVED
from parcelguard.sandbox.wire_faults import WireFaults
from parcelguard.sandbox.world.refusals import METHODS
from parcelguard.sandbox.world.world import World


def build_app(world: World) -> Starlette:
    """Put the marketplaces, their switches and the buyer's view behind one address.

    Set `app.state.closing` on the server's loop to let go of requests that a fault keeps waiting.
    """
    closing = asyncio.Event()
    routes = [route for marketplace in SERVED.values() for route in marketplace.routes(world)]
    routes += consent.routes(world)
    routes += BuyerPages(world).routes()
    routes += admin.routes(world, tuple(SERVED.values()))
    routes += labels.routes(world)
    # Last: several marketplaces have paths that begin so, and only what none of them knows may land here.
    routes.append(Route("/api/{rest:path}", partial(_unknown, world), methods=METHODS, name="unknown"))
    app = Starlette(routes=routes, middleware=[Middleware(WireFaults, world=world, closing=closing)])
    app.router.redirect_slashes = False  # a signed path has no second spelling
    app.state.closing = closing
    return app


async def _unknown(world: World, _request: Request) -> Response:
    """Say that there is no such path, where no marketplace can be told from it."""
    path, code = "(unknown path)", "error_param"
    with world.lock:
        status = 200 if world.faults.strike("all_200", path) else 404
        world.requests.note(path, code, status)
    body = {"request_id": secrets.token_hex(8), "error": code, "message": "Wrong path."}
    return JSONResponse(body, status_code=status)
