"""The checks every signed call passes, in the order the platform makes them."""

from collections.abc import Mapping, Sequence

from parcelguard.sandbox.shopee import signing
from parcelguard.sandbox.shopee.refusals import DENIED, Refused, denied
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.world import World

# Shopee Open Platform v2, "API calls": a timestamp is good for five minutes, whatever else is right.
WINDOW_S = 300
_COMMON = ("partner_id", "timestamp", "sign", "access_token", "shop_id")


def check_public(world: World, path: str, query: Mapping[str, str]) -> None:
    """Let a call through that is signed by the partner alone."""
    _check_signature(world, path, query)


def check_shop(world: World, path: str, query: Mapping[str, str]) -> Shop:
    """Let a call through that is signed for one shop, and return the shop."""
    _check_signature(world, path, query, query.get("access_token", ""), query.get("shop_id", ""))
    for name in ("access_token", "shop_id"):
        if not query.get(name):
            raise denied("error_param", f"There is no {name} in query.")
    # Only a call that is signed well may count against a switch, or strangers would use it up.
    _expire_on_command(world, path)
    shop = world.shops.get(_whole(query, "shop_id"))
    if shop is None or shop.marketplace != "shopee":
        raise denied("error_param", "Invalid shop_id.")
    state = world.state_of(ShopeeState)
    consent = state.consents.get(shop.shop_id)
    # The platform looks at the consent before the token: a seller who took it back is told so,
    # not that the token is wrong.
    if consent is None:
        raise denied("partner_shop_no_link", "Partner and shop has no linked.")
    if world.now() >= consent.until:
        raise denied("shop_access_expired", "The authorization of the shop has expired.")
    state.grants.check_access(query["access_token"], shop.shop_id, world.now())
    return shop


def check_single(pairs: Sequence[tuple[str, str]]) -> None:
    """Refuse a common parameter given twice: which one was signed would be a guess."""
    names = [name for name, _ in pairs]
    for name in _COMMON:
        if names.count(name) > 1:
            raise denied("error_param", f"There is more than one {name} in query.")


def check_pace(world: World, path: str, shop: Shop | None) -> None:
    """Refuse what a switch says is too fast."""
    if fault := world.faults.strike("rate_limit", path):
        raise Refused(
            "error_rate_limit",
            "You exceed api rate limit, please retry later.",
            status=fault.status or 429,
            headers={"Retry-After": str(fault.value)},
        )
    fault = world.faults.strike("requests_per_s", path)
    if fault and world.requests.too_many(shop.shop_id if shop else 0, fault.value):
        raise Refused("error_rate_limit", "You exceed api rate limit, please retry later.", status=429)


def _check_signature(
    world: World, path: str, query: Mapping[str, str], token: str = "", subject: str = ""
) -> None:
    if not query.get("partner_id"):
        raise denied("error_param", "There is no partner_id in query.")
    if not query.get("timestamp"):
        raise denied("error_param", "There is no timestamp in query.")
    if abs(world.wire_now() - _whole(query, "timestamp")) > WINDOW_S:
        raise denied("error_param", "Timestamp is expired.")
    if not query.get("sign"):
        raise denied("error_param", "There is no sign in query.")
    partner = world.state_of(ShopeeState).partner
    if query["partner_id"] != str(partner.partner_id):
        raise denied("invalid_partner_id", "Invalid partner_id.")
    base = signing.base_string(query["partner_id"], path, query["timestamp"], token, subject)
    if not signing.matches(partner.partner_key, base, query["sign"]):
        raise denied("error_sign", "Wrong sign.")


def _expire_on_command(world: World, path: str) -> None:
    if world.faults.strike("expire_tokens", path):
        world.state_of(ShopeeState).grants.expire_access()
    if world.faults.strike("revoke", path):
        world.state_of(ShopeeState).revoke()


def _whole(query: Mapping[str, str], name: str) -> int:
    text = query[name]
    if not (text.isascii() and text.isdigit()):
        raise Refused("error_param", f"Invalid {name}.", status=DENIED)
    return int(text)
