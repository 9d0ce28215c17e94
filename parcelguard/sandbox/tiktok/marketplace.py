"""TikTok Shop Open API as one marketplace of the sandbox; in Indonesia it carries Tokopedia's orders too."""

import re
from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parcelguard.sandbox.tiktok import (
    chat_reading as tiktok_inbox,
)
from parcelguard.sandbox.tiktok import (
    chat_sending as tiktok_chat,
)
from parcelguard.sandbox.tiktok import (
    images as tiktok_images,
)
from parcelguard.sandbox.tiktok import (
    orders as tiktok_orders,
)
from parcelguard.sandbox.tiktok import (
    packages as tiktok_packages,
)
from parcelguard.sandbox.tiktok import (
    shop_calls as tiktok_auth,
)
from parcelguard.sandbox.tiktok.app_state import TikTokApp, cipher
from parcelguard.sandbox.tiktok.refusals import refusal
from parcelguard.sandbox.tiktok.shop_calls import NAME as NAME
from parcelguard.sandbox.tiktok.wire import Call, answer, refuse
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.refusals import METHODS
from parcelguard.sandbox.world.world import World

CALLS: tuple[Call, ...] = (
    *tiktok_auth.CALLS,
    *tiktok_orders.CALLS,
    *tiktok_packages.CALLS,
    *tiktok_chat.CALLS,
    *tiktok_inbox.CALLS,
)
_AREAS = ("authorization", "order", "fulfillment", "return_refund", "customer_service")
_VERSION = re.compile(r"(?<=/)\d{6}(?=/)")
_VERSIONS = {found[0] for call in CALLS if (found := _VERSION.search(call.path))}


def routes(world: World) -> list[Route]:
    """Return what to mount."""
    by_path: dict[str, dict[str, Call]] = {}
    for call in CALLS:
        by_path.setdefault(call.path, {})[call.method] = call
    # `/packages/search` is no package: paths without a blank come first.
    mounted = [
        Route(path, partial(_call, world, calls), methods=METHODS, name=path)
        for path, calls in sorted(by_path.items(), key=lambda pair: "{" in pair[0])
    ]
    strange = [
        Route(f"/{area}/{{rest:path}}", partial(_unknown, world), methods=METHODS, name=f"unknown {area}")
        for area in _AREAS
    ]
    pages = [*tiktok_auth.routes(world), *tiktok_images.routes(world)]
    return mounted + strange + pages


def credentials(world: World, shop: Shop) -> dict[str, Any]:
    """Let the seller agree just now, and return what a client needs."""
    state = world.state_of(TikTokApp)
    grant = state.issue([shop.shop_id for shop in tiktok_auth.shops_of(world, shop)], world.now())
    app, given = state.app, tiktok_auth.granted(world, grant)
    now = world.now()
    return {
        "app_key": app.app_key,
        "app_secret": app.app_secret,
        "service_id": app.service_id,
        "redirect": app.redirect,
        "shop_cipher": cipher(shop),
        **given,
        "settings": {"app_key": app.app_key, "service_id": app.service_id},
        "grants": {
            "shop": {
                "app_secret": app.app_secret,
                "access_token": given["access_token"],
                "refresh_token": given["refresh_token"],
                "ends_in": given["access_token_expire_in"] - now,
                "refresh_ends_in": given["refresh_token_expire_in"] - now,
                "notes": {"shop_cipher": cipher(shop)},
            }
        },
    }


def change_settings(world: World, shop: Shop, posted: Mapping[str, Any]) -> None:
    """Set what may be set: the app's `redirect`, `cross_border`, and every number of `Settings`."""
    state = world.state_of(TikTokApp)
    state.app.redirect = str(posted.get("redirect", state.app.redirect))
    if "cross_border" in posted:
        (state.cross_border.add if posted["cross_border"] else state.cross_border.discard)(shop.shop_id)
    for setting in fields(state.settings):
        if setting.name in posted:
            kind = type(getattr(state.settings, setting.name))
            setattr(state.settings, setting.name, kind(posted[setting.name]))


async def _call(world: World, calls: Mapping[str, Call], request: Request) -> Response:
    return await answer(world, calls, request)


async def _unknown(world: World, request: Request) -> Response:
    version = _VERSION.search(request.url.path)
    if version and version[0] not in _VERSIONS:
        return refuse(
            world, "(unknown path)", refusal(36009014, "The API version does not exist.", status=400)
        )
    return refuse(world, "(unknown path)", refusal(36009009, "The path does not exist.", status=404))
