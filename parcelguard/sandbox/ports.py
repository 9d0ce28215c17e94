"""What one marketplace brings to the sandbox: a module with a name and three functions."""

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.routing import Route

from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.world import World


class Marketplace(Protocol):
    """The shape of such a module; what it keeps for itself it gets from `World.state_of`."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """Return what `Shop.marketplace` says of its shops."""
        ...

    def routes(self, world: World) -> list[Route]:
        """Return its paths, and the links to its consent page; no two marketplaces may share one."""
        ...

    def credentials(self, world: World, shop: Shop) -> dict[str, Any]:
        """Connect the shop as if its seller had agreed just now, and return what a client needs.

        By the marketplace's own names, and once more as a station keeps it: `settings`, and in `grants`
        what each consent gave: app_secret, and where there are tokens access_token, refresh_token,
        ends_in and refresh_ends_in (seconds), notes.
        """
        ...

    def change_settings(self, world: World, shop: Shop, posted: Mapping[str, Any]) -> None:
        """Set what tests may set, of the fields posted to `/admin/seller`."""
        ...
