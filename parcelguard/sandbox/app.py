"""The sandbox as one web application."""

import asyncio
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parcelguard.sandbox import admin, shopee_auth, shopee_bookings, shopee_chat, shopee_inbox, shopee_orders
from parcelguard.sandbox.api import Call, answer, refuse
from parcelguard.sandbox.buyer import BuyerPages
from parcelguard.sandbox.consent import Consent
from parcelguard.sandbox.line import Line
from parcelguard.sandbox.refusals import Refused
from parcelguard.sandbox.world import World

CALLS: tuple[Call, ...] = (
    *shopee_auth.CALLS,
    *shopee_orders.CALLS,
    *shopee_bookings.CALLS,
    *shopee_chat.CALLS,
    *shopee_inbox.CALLS,
)
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]  # the wrong one gets a coded answer too


def build_app(world: World) -> Starlette:
    """Put the marketplace, its switches and the buyer's view behind one address.

    Set `app.state.closing` on the server's loop to let go of requests that a fault keeps waiting.
    """
    closing = asyncio.Event()
    routes = [
        Route(call.path, partial(_call, world, call), methods=_METHODS, name=call.path) for call in CALLS
    ]
    routes += Consent(world).routes()
    routes.append(Route("/api/{rest:path}", partial(_unknown, world), methods=_METHODS, name="unknown"))
    routes += BuyerPages(world).routes()
    routes += admin.routes(world)
    app = Starlette(routes=routes, middleware=[Middleware(Line, world=world, closing=closing)])
    app.router.redirect_slashes = False  # a signed path has no second spelling
    app.state.closing = closing
    return app


async def _call(world: World, call: Call, request: Request) -> Response:
    return await answer(world, call, request)


async def _unknown(world: World, _request: Request) -> Response:
    return refuse(world, "(unknown path)", Refused("error_param", "Wrong path.", status=404))
