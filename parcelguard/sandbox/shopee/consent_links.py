"""The two links by which a Shopee seller is asked to let an app act for the shop."""

from functools import partial
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parcelguard.sandbox import consent
from parcelguard.sandbox.shopee import gate
from parcelguard.sandbox.shopee.refusals import Refused, denied
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.sandbox.shopee.wire import refuse
from parcelguard.sandbox.world.world import World

SIGNED_PATH = "/api/v2/shop/auth_partner"
_MAY = ("see orders and parcels", "write to buyers in the chat")


def routes(world: World) -> list[Route]:
    """Return what to mount."""
    return [
        Route("/auth", partial(_unsigned, world), methods=["GET"]),
        Route(SIGNED_PATH, partial(_signed, world), methods=["GET"]),
    ]


async def _signed(world: World, request: Request) -> Response:
    """Open the older link: signed, `redirect`, good for five minutes."""
    try:
        gate.check_public(world, SIGNED_PATH, request.query_params)
    except Refused as refusal:
        return refuse(world, SIGNED_PATH, refusal)
    return _show(world, request.query_params.get("redirect", ""))


async def _unsigned(world: World, request: Request) -> Response:
    """Open the newer link: unsigned, `redirect_uri`, echoes `state`."""
    query = request.query_params
    if query.get("partner_id") != str(world.state_of(ShopeeState).partner.partner_id):
        return refuse(world, "/auth", denied("invalid_partner_id", "Invalid partner_id."))
    if query.get("auth_type", "seller") != "seller" or query.get("response_type", "code") != "code":
        return refuse(world, "/auth", denied("error_param", "Wrong auth_type or response_type."))
    return _show(world, query.get("redirect_uri", ""), query.get("state", ""))


def _show(world: World, redirect: str, state: str = "") -> Response:
    target = urlsplit(redirect)
    domains = world.state_of(ShopeeState).partner.redirect_domains
    # The domains that the app's console lists; where it lists none, any will do.
    if target.scheme not in ("http", "https") or (domains and target.hostname not in domains):
        text = "The redirect domain does not match the one declared for the app"
        return JSONResponse({"code": 1, "error": "error_param", "msg": text, "debug_message": ""}, 403)
    pending = consent.ConsentRequest(redirect, partial(_allow, world), state=state)
    choices = [(str(shop.shop_id), f"{shop.name} ({shop.region})") for shop in world.shops_of("shopee")]
    return consent.ask_seller(world, pending, [*choices, ("main", "Main account, all shops")], _MAY)


def _allow(world: World, chosen: str) -> dict[str, str]:
    state, shops = world.state_of(ShopeeState), world.shops_of("shopee")
    if chosen == "main":
        state.link(shops, world.now())
        code = state.grants.new_code(None, [shop.shop_id for shop in shops], world.now())
        return {"code": code, "main_account_id": str(state.main_account_id)}
    shop = next((shop for shop in shops if str(shop.shop_id) == chosen), shops[0])
    state.link([shop], world.now())
    return {"code": state.grants.new_code(shop.shop_id, [], world.now()), "shop_id": str(shop.shop_id)}
