"""Shopee Open Platform v2 as one marketplace of the sandbox."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parcelguard.sandbox.shopee import (
    bookings as shopee_bookings,
)
from parcelguard.sandbox.shopee import (
    chat_reading as shopee_inbox,
)
from parcelguard.sandbox.shopee import (
    chat_sending as shopee_chat,
)
from parcelguard.sandbox.shopee import (
    consent_links as shopee_consent,
)
from parcelguard.sandbox.shopee import (
    orders as shopee_orders,
)
from parcelguard.sandbox.shopee import (
    shop_calls as shopee_auth,
)
from parcelguard.sandbox.shopee.state import ShopeeState, connect_shop
from parcelguard.sandbox.shopee.wire import Call, answer
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.refusals import METHODS
from parcelguard.sandbox.world.world import World

NAME = "shopee"
CALLS: tuple[Call, ...] = (
    *shopee_auth.CALLS,
    *shopee_orders.CALLS,
    *shopee_bookings.CALLS,
    *shopee_chat.CALLS,
    *shopee_inbox.CALLS,
)


def routes(world: World) -> list[Route]:
    """Return what to mount."""
    calls = [Route(call.path, partial(_call, world, call), methods=METHODS, name=call.path) for call in CALLS]
    return [*calls, *shopee_consent.routes(world), *shopee_bookings.routes(world)]


def credentials(world: World, shop: Shop) -> dict[str, Any]:
    """Let the seller agree just now, and return what a client needs."""
    grant = connect_shop(world, shop)
    partner = world.state_of(ShopeeState).partner
    return {
        "partner_id": partner.partner_id,
        "partner_key": partner.partner_key,
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expire_in": grant.expire_in,
        "settings": {"partner_id": partner.partner_id},
        "grants": {
            "shop": {
                "app_secret": partner.partner_key,
                "access_token": grant.access_token,
                "refresh_token": grant.refresh_token,
                "ends_in": grant.expire_in,
            }
        },
    }


def change_settings(world: World, _shop: Shop, posted: Mapping[str, Any]) -> None:
    """Set what may be set: `access_life_s`."""
    lives = world.state_of(ShopeeState).grants.lives
    lives.access_s = float(posted.get("access_life_s", lives.access_s))


async def _call(world: World, call: Call, request: Request) -> Response:
    return await answer(world, call, request)
