"""Lazada Open Platform as one marketplace of the sandbox; APIs and token calls live under `/rest`."""

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from parcelguard.sandbox.lazada import (
    chat_reading as lazada_inbox,
)
from parcelguard.sandbox.lazada import (
    chat_sending as lazada_chat,
)
from parcelguard.sandbox.lazada import (
    orders as lazada_orders,
)
from parcelguard.sandbox.lazada import (
    parcels as lazada_parcels,
)
from parcelguard.sandbox.lazada import (
    seller_calls as lazada_auth,
)
from parcelguard.sandbox.lazada import (
    wire as lazada_wire,
)
from parcelguard.sandbox.lazada.apps import App, LazadaApps
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.world import World

NAME = "lazada"
CALLS = (
    *lazada_auth.CALLS,
    *lazada_orders.CALLS,
    *lazada_parcels.CALLS,
    *lazada_chat.CALLS,
    *lazada_inbox.CALLS,
)


def routes(world: World) -> list[Route]:
    """Return what to mount."""
    return lazada_wire.routes(world, CALLS) + lazada_auth.routes(world)


def credentials(world: World, shop: Shop) -> dict[str, Any]:
    """Let the seller agree to both apps just now, and return what a client needs of each."""
    state = world.state_of(LazadaApps)
    given = {app.kind: _granted(world, shop, app) for app in state.apps}
    order, chat = given["order"], given["chat"]
    return {
        "seller_id": str(shop.shop_id),
        **given,
        "settings": {"app_key": order["app_key"], "chat_app_key": chat["app_key"]},
        "grants": {"orders": _kept(shop, order), "chat": _kept(shop, chat)},
    }


def change_settings(world: World, _shop: Shop, posted: Mapping[str, Any]) -> None:
    """Set lives in seconds, `callback` of both apps, `chat_may_upload`, and `revoke` an app's consents."""
    state = world.state_of(LazadaApps)
    lives = state.lives
    lives.access_s = float(posted.get("access_life_s", lives.access_s))
    lives.refresh_s = float(posted.get("refresh_life_s", lives.refresh_s))
    lives.code_s = float(posted.get("code_life_s", lives.code_s))
    lives.after_refresh_s = float(posted.get("after_refresh_s", lives.after_refresh_s))
    state.chat_may_upload = bool(posted.get("chat_may_upload", state.chat_may_upload))
    for app in state.apps:
        app.callback = str(posted.get("callback", app.callback))
        if posted.get("revoke") == app.kind:
            state.revoke(app)


def _kept(shop: Shop, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a consent as a station keeps it."""
    kept = {name: given[name] for name in ("app_secret", "access_token", "refresh_token")}
    ends = {"ends_in": given["expires_in"], "refresh_ends_in": given["refresh_expires_in"]}
    return kept | ends | {"notes": {"seller_id": str(shop.shop_id)}}


def _granted(world: World, shop: Shop, app: App) -> dict[str, Any]:
    grant = world.state_of(LazadaApps).issue(app, shop.shop_id, world.now())
    return {
        "app_key": app.key,
        "app_secret": app.secret,
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expires_in": grant.expires_in,
        "refresh_expires_in": grant.refresh_expires_in,
    }
