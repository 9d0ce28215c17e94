"""The sandbox as a process of its own, and what the demo asks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from parcelguard.shops.practice import Sandbox


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """One order waiting at the sandbox.

    `by_hand`: of a shop whose buyers only a person can write to. `listed`: whether the shop's orders can be
    read before anyone scans them.
    """

    number: str
    tracking: str
    buyer: str
    items: tuple[tuple[str, int], ...]
    plain: bool
    by_hand: bool = False
    listed: bool = True

    @property
    def code(self) -> str:
        """What a packer scans; where no orders can be listed, only the order's number says anything."""
        return self.tracking if self.listed else self.number


class Sellers(Protocol):
    """What a station has to know to sell at a sandbox."""

    @property
    def address(self) -> str:
        """Where the sandbox answers."""

    @property
    def sellers(self) -> Callable[[], list[dict[str, Any]]]:
        """Returns ready credentials of every shop that has orders."""


class Market:
    """A running sandbox; it ends with this process, whatever happens."""

    def __init__(self, orders: int, *, plain: bool, marketplaces: str = "") -> None:
        options = ["--orders", str(orders), *(["--plain"] if plain else [])]
        options += ["--marketplaces", marketplaces] if marketplaces else []
        self._sandbox = Sandbox(*options)
        self.address = self._sandbox.address
        self.close = self._sandbox.close

    @property
    def buyer_page(self) -> str:
        """Where a browser shows the chat as the buyer sees it."""
        return f"{self.address}/buyer"

    def sellers(self) -> list[dict[str, Any]]:
        """Return ready credentials of every shop that has orders."""
        shop_ids = dict.fromkeys(row["shop_id"] for row in self._sandbox.get("/admin/orders"))
        return [self._sandbox.get(f"/admin/seller?shop_id={shop_id}") for shop_id in shop_ids]

    def orders(self) -> list[DemoOrder]:
        """Return the orders that wait to be packed."""
        return [_order(row) for row in self._sandbox.get("/admin/orders")]

    def transcript(self) -> list[dict[str, Any]]:
        """Return every message the sandbox accepted, in order."""
        return list(self._sandbox.get("/admin/transcript"))

    def switch_on(self, fault: Mapping[str, Any]) -> None:
        """Let the marketplaces get something wrong."""
        self._sandbox.post("/admin/faults", fault)


def _order(row: dict[str, Any]) -> DemoOrder:
    return DemoOrder(
        number=row["order_sn"],
        tracking=row["tracking_number"] or "",
        buyer=row["buyer"]["name"],
        items=tuple((item["name"], int(item["quantity"])) for item in row["items"]),
        plain=row["status"] == "PROCESSED" and bool(row["tracking_number"]),
        by_hand=row["by_hand"],
        listed=row["listed"],
    )
