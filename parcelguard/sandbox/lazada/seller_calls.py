"""Lazada: the seller's consent, tokens, and who the seller is."""

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from parcelguard.sandbox import consent
from parcelguard.sandbox.lazada.apps import App, Grant, LazadaApps
from parcelguard.sandbox.lazada.wire import Asked, Call
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.world import World

_MAY = {
    "order": ("see orders and parcels", "upload pictures"),
    "chat": ("write to buyers in the chat",),
}


def routes(world: World) -> list[Route]:
    """Return where the seller's browser is sent."""
    return [Route("/oauth/authorize", partial(_authorize, world), methods=["GET"])]


async def _authorize(world: World, request: Request) -> Response:
    query = request.query_params
    app = world.state_of(LazadaApps).app(query.get("client_id", ""))
    redirect = query.get("redirect_uri", "")
    if app is None or query.get("response_type") != "code":
        return HTMLResponse("invalid client_id or response_type", 400)
    if not redirect.startswith(("http://", "https://")) or app.callback not in ("", redirect):
        return HTMLResponse("redirect uri does not match the callback URL", 400)
    countries = {code.upper() for code in query.get("country", "").split(",") if code}
    choices = [
        (str(shop.shop_id), f"{shop.name} ({shop.region}), {_short_code(shop)}")
        for shop in world.shops_of("lazada")
        if not countries or shop.region in countries
    ]
    pending = consent.ConsentRequest(redirect, partial(_allow, world, app), state=query.get("state", ""))
    return consent.ask_seller(world, pending, choices, _MAY[app.kind])


def _allow(world: World, app: App, chosen: str) -> dict[str, str]:
    shops = world.shops_of("lazada")
    shop = next((shop for shop in shops if str(shop.shop_id) == chosen), shops[0])
    return {"code": world.state_of(LazadaApps).new_code(app, shop.shop_id, world.now())}


def create(world: World, asked: Asked) -> dict[str, Any]:
    """/auth/token/create: trade the consent's code for tokens."""
    grant = world.state_of(LazadaApps).redeem(asked.app, asked.text("code"), world.now())
    return _tokens(world.shops[grant.shop_id], grant, "country_user_info")


def refresh(world: World, asked: Asked) -> dict[str, Any]:
    """/auth/token/refresh: a new pair; the list of shops has another name here."""
    state = world.state_of(LazadaApps)
    if world.faults.strike("revoke", asked.path):
        state.revoke(asked.app)
    grant = state.refresh(asked.app, asked.text("refresh_token"), world.now())
    return _tokens(world.shops[grant.shop_id], grant, "country_user_info_list")


def get_seller(_world: World, asked: Asked) -> dict[str, Any]:
    """/seller/get."""
    shop = asked.shop
    return {
        "data": {
            "seller_id": shop.shop_id,
            "name": shop.name,
            "short_code": _short_code(shop),
            "logo_url": "",
            "email": "o***r@shop.example",
            "cb": False,
            "location": shop.region,
            "status": "ACTIVE",
            "verified": True,
        }
    }


def _tokens(shop: Shop, grant: Grant, list_name: str) -> dict[str, Any]:
    country, seller_id = shop.region.lower(), str(shop.shop_id)
    info = {
        "country": country,
        "user_id": seller_id,
        "seller_id": seller_id,
        "short_code": _short_code(shop),
    }
    return {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expires_in": grant.expires_in,
        "refresh_expires_in": grant.refresh_expires_in,
        "country": country,
        "account_platform": "seller_center",
        "account": "owner@shop.example",
        "account_id": None,
        list_name: [info],
    }


def _short_code(shop: Shop) -> str:
    return f"{shop.region}PG{shop.shop_id % 10_000:04}"


CALLS = (
    Call("/auth/token/create", create, ("GET", "POST"), app=""),
    Call("/auth/token/refresh", refresh, ("GET", "POST"), app=""),
    Call("/seller/get", get_seller),
)
