"""What a buyer bought, and in which conversation one speaks about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order."""

    name: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a buyer bought in one marketplace order, as last read from the marketplace.

    `buyer_id` is empty where the marketplace names no buyer to write to. `codes` are all
    texts that find this order when scanned, its own number included.
    """

    shop_id: str
    number: str
    buyer_id: str = ""
    buyer_name: str = ""
    tracking: str = ""
    carrier: str = ""
    cancelled: bool = False
    items: tuple[Item, ...] = ()
    codes: tuple[str, ...] = ()


def conversation_of(shop_id: str, buyer_id: str) -> str:
    """Name the conversation of a shop with a buyer, whether or not the marketplace has opened it."""
    return f"{shop_id}/{buyer_id}"
