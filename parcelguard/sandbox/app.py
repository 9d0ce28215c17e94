"""The sandbox as one web application: all marketplaces, their switches and the buyer's view."""

import asyncio
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parcelguard.sandbox import admin, consent
from parcelguard.sandbox.buyer import BuyerPages
from parcelguard.sandbox.registry import SERVED
from parcelguard.sandbox.shopee.refusals import Refused
from parcelguard.sandbox.shopee.wire import METHODS, refuse
from parcelguard.sandbox.wire_faults import WireFaults
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
    routes.append(Route("/api/{rest:path}", partial(_unknown, world), methods=METHODS, name="unknown"))
    app = Starlette(routes=routes, middleware=[Middleware(WireFaults, world=world, closing=closing)])
    app.router.redirect_slashes = False  # a signed path has no second spelling
    app.state.closing = closing
    return app


async def _unknown(world: World, _request: Request) -> Response:
    return refuse(world, "(unknown path)", Refused("error_param", "Wrong path.", status=404))
