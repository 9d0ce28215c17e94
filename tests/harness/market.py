"""One shop at one marketplace, as a bench, a person and the judge need to know it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import httpx

from parcelguard.commands.demo.shops import ONLY, keep_secrets, settings_text
from parcelguard.core.marketplace_facts import ALL
from parcelguard.core.orders import Order
from parcelguard.marketplace.tokens import grant_key
from parcelguard.sandbox.faults import SEND as SEND
from parcelguard.sandbox.running import running
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.sandbox.world.world import World
from parcelguard.vault.vault import Vault
from tests.support.channel_benches import SHEETS, Sheet

SHOP = ONLY
CHANNELS = tuple(row.name for row in ALL.values() if row.has_chat)
RENEWING = tuple(sheet.name for sheet in SHEETS if sheet.refresh)  # where tokens run out
_TOKENS = ("_access", "_refresh", "_tokens")


class Market:
    """A marketplace that is served at `address`, with one shop and its orders."""

    def __init__(self, name: str, world: World, address: str) -> None:
        self.name, self.world, self.address = name, world, address
        self.sheet: Sheet = next(sheet for sheet in SHEETS if sheet.name == name)
        self._app_secrets: set[str] = set()

    @property
    def orders(self) -> list[Order]:
        """The orders as a bench has read them."""
        return [
            Order(
                shop_id=SHOP,
                number=each.order_sn,
                buyer_id=self.sheet.buyer_id(each.buyer),
                buyer_name=each.buyer.name,
            )
            for each in self.world.orders.values()
        ]

    @property
    def buyers(self) -> Mapping[int, Sequence[str]]:
        """Which orders each buyer has."""
        theirs = defaultdict(list)
        for order in self.world.orders.values():
            theirs[order.buyer.user_id].append(order.order_sn)
        return theirs

    @property
    def secrets(self) -> set[str]:
        """The apps' secrets and every token that was ever given out."""
        states = (self.world.state_of(ShopeeState).grants, *self.world._states.values())
        return self._app_secrets.union(*(getattr(state, kind, ()) for state in states for kind in _TOKENS))

    def connect(self, vault: Vault, host: str, until: float) -> str:
        """Let the seller agree just now; return settings with the shop at `host`.

        By the bench's clock the tokens work until then, in Unix seconds.
        """
        seller = httpx.get(f"{self.address}/admin/seller").json()
        keep_secrets(vault, {SHOP: seller})
        for grant in seller["grants"]:
            key = grant_key(SHOP, grant)
            secrets = vault.load(key)
            assert secrets
            vault.keep(key, replace(secrets, expires_at=until))
            self._app_secrets.add(secrets.app_secret)
        return settings_text({SHOP: seller}, host, gap_s=0)


@contextmanager
def open_market(name: str, orders: int, clock: Callable[[], float]) -> Iterator[Market]:
    """Open a shop at a marketplace, each of its orders of another buyer."""
    world = World(clock=clock)
    shop = world.add_shop("Kopi & Co", marketplace=name)
    for _ in range(orders):
        world.make_order(shop)
    with running(world) as address:
        yield Market(name, world, address)
