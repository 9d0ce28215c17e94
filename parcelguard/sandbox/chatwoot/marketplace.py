"""Chatwoot as one marketplace of the sandbox: no orders of its own, only the chat."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parcelguard.sandbox.chatwoot import (
    contacts as chatwoot_contacts,
)
from parcelguard.sandbox.chatwoot import (
    messages as chatwoot_messages,
)
from parcelguard.sandbox.chatwoot.accounts import ChatwootAccounts, inbox_id
from parcelguard.sandbox.chatwoot.wire import Call, answer
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.refusals import METHODS
from parcelguard.sandbox.world.world import World

NAME = "chatwoot"
CALLS: tuple[Call, ...] = (*chatwoot_contacts.CALLS, *chatwoot_messages.CALLS)
_ACCOUNT = "/api/v1/accounts/{account_id:int}"


def routes(world: World) -> list[Route]:
    """Return what to mount."""
    by_path: dict[str, dict[str, Call]] = {}
    for call in CALLS:
        by_path.setdefault(call.path, {})[call.method] = call
    return [
        Route(_ACCOUNT + path, partial(_call, world, calls), methods=METHODS, name=_ACCOUNT + path)
        for path, calls in by_path.items()
    ]


def credentials(world: World, shop: Shop) -> dict[str, Any]:
    """Return what a client needs; the token is the one from the agent's profile page."""
    token = world.state_of(ChatwootAccounts).token(shop)
    return {
        "account_id": shop.shop_id,
        "inbox_id": inbox_id(shop),
        "api_access_token": token,
        "settings": {"inbox_id": inbox_id(shop)},
        "grants": {"shop": {"app_secret": token}},
    }


def change_settings(world: World, _shop: Shop, posted: Mapping[str, Any]) -> None:
    """Set what may be set: `known_customers`."""
    state = world.state_of(ChatwootAccounts)
    state.known_customers = bool(posted.get("known_customers", state.known_customers))


async def _call(world: World, calls: Mapping[str, Call], request: Request) -> Response:
    return await answer(world, calls, request)
