"""The checks every signed call passes, in the order the platform makes them."""

import hmac
from collections.abc import Mapping

from starlette.requests import Request

from parcelguard.sandbox.tiktok import signing as tiktok_signing
from parcelguard.sandbox.tiktok.app_state import Grant, TikTokApp, cipher, scopes
from parcelguard.sandbox.tiktok.refusals import refusal
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

# TikTok Shop Open API, "Sign your API request": five minutes behind; ahead it forgives hardly anything.
BEHIND_S = 300
AHEAD_S = 30


def admit(
    world: World, request: Request, raw: bytes, *, scope: str, of_shop: bool
) -> tuple[Grant, Shop | None]:
    """Let a call through that is signed, covered by its consent and, if need be, names a shop."""
    state = world.state_of(TikTokApp)
    _check_signature(world, state, request, raw)
    path = f"{request.method} {request.url.path}"
    if world.faults.strike("expire_tokens", path):
        state.expire_access()
    if world.faults.strike("revoke", path):
        state.revoke()
    grant = state.grant_of(request.headers.get("x-tts-access-token", ""), world.now())
    given = request.query_params.get("shop_cipher", "")
    shops = [world.shops[shop_id] for shop_id in grant.shop_ids]
    named = next((shop for shop in shops if cipher(shop) == given), None)
    if scope not in scopes([named] if named else shops):
        raise refusal(
            105005, "Access denied: the app or the token has no scope for this endpoint.", status=401
        )
    if of_shop:
        return grant, _named_shop(given, named)
    if "shop_cipher" in request.query_params:
        raise refusal(36009004, "The parameter `shop_cipher` is not required here.", status=400)
    return grant, None


def check_pace(world: World, path: str, shop: Shop | None, *, metered: bool) -> None:
    """Refuse what a switch says is too fast, and what exceeds the day's chat quota."""
    if fault := world.faults.strike("rate_limit", path):
        waits = {"Retry-After": str(fault.value)} if fault.value else {}
        raise _too_many(fault.status or 429, waits)
    fault = world.faults.strike("requests_per_s", path)
    if fault and world.requests.too_many(shop.shop_id if shop else 0, fault.value):
        raise _too_many(429, {})
    if metered and shop:
        world.state_of(TikTokApp).meter(shop.shop_id, world.now())


def _check_signature(world: World, state: TikTokApp, request: Request, raw: bytes) -> None:
    query = request.query_params
    if not query.get("sign"):
        raise refusal(36009004, "The required signature parameter `sign` is missing.", status=401)
    if query.get("app_key") != state.app.app_key:
        raise refusal(36009004, "Invalid `app_key`: there is no such app.", status=401)
    timestamp = query.get("timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) == 10):
        raise refusal(36009004, "Invalid `timestamp`: it must be 10 digits, in seconds.", status=401)
    if not -BEHIND_S <= int(timestamp) - world.wire_now() <= AHEAD_S:
        raise refusal(36009004, "Expired `timestamp`: it is too far from the server's time.", status=401)
    expected = tiktok_signing.sign(
        state.app.app_secret,
        request.scope["raw_path"].decode("latin-1"),
        query.multi_items(),
        raw,
        multipart=request.headers.get("content-type", "").startswith("multipart/form-data"),
    )
    if not hmac.compare_digest(expected.encode(), query["sign"].encode()):
        raise refusal(106001, "Signature mismatch: the sign is invalid.", status=401)


def _named_shop(given: str, named: Shop | None) -> Shop:
    if not given:
        raise refusal(106013, "The required parameter `shop_cipher` is missing.", status=400)
    if named is None:
        raise refusal(101000, "The token was not granted for a shop of this `shop_cipher`.", status=401)
    if named.status != "NORMAL":
        raise refusal(36009044, "The seller is inactive.", status=401)
    return named


def _too_many(status: int, headers: Mapping[str, str]) -> Refused:
    return refusal(36009002, "Too many requests.", status=status, headers=headers)
