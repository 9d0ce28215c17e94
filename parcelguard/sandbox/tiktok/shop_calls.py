"""TikTok Shop Open API: the consent page's link, tokens, and the shops a token is good for."""

from functools import partial
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from parcelguard.sandbox import consent
from parcelguard.sandbox.tiktok.app_state import CHAT_SCOPE, SHOP_SCOPE, Grant, TikTokApp, cipher, scopes
from parcelguard.sandbox.tiktok.refusals import refusal
from parcelguard.sandbox.tiktok.wire import Asked, Call
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.world import World

NAME = "tiktok"
_LANDED = "/open/landed"


def routes(world: World) -> list[Route]:
    """Return the consent page's link, and where it leads when the app has no address of its own."""
    return [
        Route("/open/authorize", partial(_authorize, world), methods=["GET"]),
        Route(_LANDED, _landed, methods=["GET"]),
    ]


def shops_of(world: World, shop: Shop) -> list[Shop]:
    """Return what one consent covers: a shop, or with it all shops across the border."""
    abroad = world.state_of(TikTokApp).cross_border
    if shop.shop_id not in abroad:
        return [shop]
    return [other for other in world.shops_of(NAME) if other.shop_id in abroad]


def token_get(world: World, asked: Asked) -> dict[str, Any]:
    """Trade the consent's code for tokens."""
    _check_app(asked, "authorized_code")
    return granted(world, asked.state.redeem(asked.query.get("auth_code", ""), world.now()))


def token_refresh(world: World, asked: Asked) -> dict[str, Any]:
    """Trade a refresh token for a new pair."""
    _check_app(asked, "refresh_token")
    if world.faults.strike("revoke", asked.path):
        asked.state.revoke()
    return granted(world, asked.state.refresh(asked.query.get("refresh_token", ""), world.now()))


def granted(world: World, grant: Grant) -> dict[str, Any]:
    """Return a pair of tokens as it goes over the wire."""
    shops = [world.shops[shop_id] for shop_id in grant.shop_ids]
    return {
        "access_token": grant.access_token,
        "access_token_expire_in": grant.access_ends,
        "refresh_token": grant.refresh_token,
        "refresh_token_expire_in": grant.refresh_ends,
        "open_id": f"pgdemo{shops[0].user_id}",
        "seller_name": shops[0].name,
        "seller_base_region": shops[0].region,
        "user_type": 0,
        "granted_scopes": scopes(shops),
    }


def get_shops(world: World, asked: Asked) -> dict[str, Any]:
    """Return the shops a token is good for, with their ciphers."""
    ids = asked.grant.shop_ids if asked.grant else ()
    return {
        "shops": [
            {
                "id": str(shop.shop_id),
                "cipher": cipher(shop),
                "code": f"{shop.region}LC{shop.user_id}",
                "name": shop.name,
                "region": shop.region,
                "seller_type": "CROSS_BORDER" if shop.shop_id in asked.state.cross_border else "LOCAL",
            }
            for shop in (world.shops[shop_id] for shop_id in ids)
        ]
    }


def _check_app(asked: Asked, grant_type: str) -> None:
    app, query = asked.state.app, asked.query
    if (query.get("app_key"), query.get("app_secret")) != (app.app_key, app.app_secret):
        raise refusal(36009004, "Invalid `app_key` or `app_secret`.", status=401)
    if query.get("grant_type") != grant_type:
        raise refusal(36009004, f"Invalid `grant_type`: it must be {grant_type}.", status=400)


async def _authorize(world: World, request: Request) -> Response:
    """Show the consent page of the app that the service id names; where it leads is fixed in the console."""
    state, shops = world.state_of(TikTokApp), world.shops_of(NAME)
    if request.query_params.get("service_id") != state.app.service_id or not shops:
        return HTMLResponse("There is no app with this service_id, or no shop to connect.", 404)
    pending = consent.ConsentRequest(
        state.app.redirect or f"{str(request.base_url).rstrip('/')}{_LANDED}",
        partial(_allow, world),
        cancel={"code": "null", "error": "auth_denied"},
        state=request.query_params.get("state", ""),
    )
    may = ["see orders and parcels"]
    if CHAT_SCOPE in scopes(shops):
        may.append("write to buyers in the chat")
    choices = [(str(shop.shop_id), f"{shop.name} ({shop.region})") for shop in shops]
    return consent.ask_seller(world, pending, choices, may)


def _allow(world: World, chosen: str) -> dict[str, str]:
    shops, state = world.shops_of(NAME), world.state_of(TikTokApp)
    shop = next((shop for shop in shops if str(shop.shop_id) == chosen), shops[0])
    code = state.new_code(shops_of(world, shop), world.now())
    return {"app_key": state.app.app_key, "code": code, "locale": "en", "shop_region": shop.region}


async def _landed(request: Request) -> Response:
    """Say what to do with the address one has come to."""
    return HTMLResponse(
        "<!doctype html><title>Connected · practice marketplace</title>"
        "<p>Copy this page's address into the app:</p>"
        f"<p><code>{escape(str(request.url))}</code></p>"
    )


CALLS = (
    Call("GET", "/api/v2/token/get", token_get),
    Call("GET", "/api/v2/token/refresh", token_refresh),
    Call("GET", "/authorization/202309/shops", get_shops, SHOP_SCOPE, of_shop=False),
)
