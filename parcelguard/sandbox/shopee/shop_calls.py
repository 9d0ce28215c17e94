"""Shopee Open Platform v2: tokens, shop facts and the shops a partner may act for."""

from typing import Any

from parcelguard.sandbox.shopee.refusals import denied
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.sandbox.shopee.tokens import one_subject
from parcelguard.sandbox.shopee.wire import Asked, Call
from parcelguard.sandbox.world.world import World

_CONSENT_SUBJECTS = ("shop_id", "main_account_id")
_REFRESH_SUBJECTS = ("shop_id", "merchant_id", "supplier_id", "user_id", "principal_id")


def token_get(world: World, asked: Asked) -> dict[str, Any]:
    """v2.public token/get: trade the consent's code for tokens."""
    _check_partner(world, asked)
    name, subject = one_subject(dict(asked.body), _CONSENT_SUBJECTS)
    code = asked.body.get("code")
    if not isinstance(code, str) or not code:
        raise denied("error_param", "Wrong parameters, detail: code is missing.")
    main = name == "main_account_id"
    state = world.state_of(ShopeeState)
    if main and subject != state.main_account_id:
        raise denied("invalid_main_acount_id", "Invalid main_account_id.")
    grant, shops = state.grants.redeem_code(code, None if main else subject, world.now())
    answer: dict[str, Any] = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expire_in": grant.expire_in,
    }
    return answer | {"shop_id_list": list(shops), "merchant_id_list": []} if main else answer


def access_token_get(world: World, asked: Asked) -> dict[str, Any]:
    """v2.public access_token/get: spend a refresh token for a new pair."""
    _check_partner(world, asked)
    name, subject = one_subject(dict(asked.body), _REFRESH_SUBJECTS)
    token = asked.body.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise denied("error_param", "Wrong parameters, detail: refresh_token is missing.")
    state = world.state_of(ShopeeState)
    if world.faults.strike("revoke", asked.path):
        state.revoke()
    shop = world.shops.get(subject) if name == "shop_id" else None
    if shop is None or shop.marketplace != "shopee":
        raise denied("error_auth", "Invalid refresh_token.")
    consent = state.consents.get(shop.shop_id)
    if consent is None:
        raise denied("shop_no_linked", "The shop is not linked to the partner.")
    if world.now() >= consent.until:
        raise denied("shop_access_expired", "The authorization of the shop has expired.")
    if shop.status == "BANNED":
        raise denied("shop_banned", "The shop is banned.")
    grant = state.grants.refresh(token, shop.shop_id, world.now())
    return {
        "partner_id": state.partner.partner_id,
        "shop_id": shop.shop_id,
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expire_in": grant.expire_in,
    }


def get_shop_info(world: World, asked: Asked) -> dict[str, Any]:
    """v2.shop.get_shop_info."""
    shop = asked.shop
    consent = world.state_of(ShopeeState).consents[shop.shop_id]
    return {
        "shop_name": shop.name,
        "region": shop.region,
        "status": shop.status,
        "auth_time": int(consent.since),
        "expire_time": int(consent.until),
        "is_cb": False,
    }


def get_shops_by_partner(world: World, asked: Asked) -> dict[str, Any]:
    """v2.public.get_shops_by_partner."""
    size = asked.whole("page_size", 100, low=1, high=100)
    page = asked.whole("page_no", 1, low=1)
    given = world.state_of(ShopeeState).consents
    linked = [
        (shop, consent)
        for shop in world.shops_of("shopee")
        if (consent := given.get(shop.shop_id)) and world.now() < consent.until
    ]
    shown = linked[(page - 1) * size : page * size]
    return {
        "authed_shop_list": [
            {
                "region": shop.region,
                "shop_id": shop.shop_id,
                "auth_time": int(consent.since),
                "expire_time": int(consent.until),
                "sip_affi_shop_list": [],
            }
            for shop, consent in shown
        ],
        "more": page * size < len(linked),
    }


def _check_partner(world: World, asked: Asked) -> None:
    if asked.body.get("partner_id") != world.state_of(ShopeeState).partner.partner_id:
        raise denied(
            "error_param", "Wrong parameters, detail: partner_id is missing or not an integer of yours."
        )


CALLS = (
    Call("POST", "/api/v2/auth/token/get", token_get, public=True, bare=True),
    Call("POST", "/api/v2/auth/access_token/get", access_token_get, public=True, bare=True),
    Call("GET", "/api/v2/public/get_shops_by_partner", get_shops_by_partner, public=True, bare=True),
    Call("GET", "/api/v2/shop/get_shop_info", get_shop_info, bare=True),
)
