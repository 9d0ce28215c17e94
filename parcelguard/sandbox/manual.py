"""A shop without an interface: it has orders and buyers, and nothing that a program could call."""

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.world import World

NAME = "manual"


def routes(_world: World) -> list[Route]:
    """Return nothing to mount."""
    return []


def credentials(_world: World, _shop: Shop) -> dict[str, Any]:
    """Return what the shop's order numbers look like; there is nothing to connect."""
    return {"settings": {"codes": "BZ[0-9]{8}"}, "grants": {}}


def change_settings(_world: World, _shop: Shop, _posted: Mapping[str, Any]) -> None:
    """Set nothing."""
