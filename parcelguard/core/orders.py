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


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a shop and a buyer write to each other, whether or not the marketplace has opened it yet.

    As text it is "shop/buyer", which is how it is stored; no shop's id holds a slash.
    """

    shop_id: str
    buyer_id: str

    def __str__(self) -> str:
        return f"{self.shop_id}/{self.buyer_id}"

    @classmethod
    def named(cls, stored: str) -> Conversation:
        """Return the conversation that is stored under a name."""
        shop_id, _, buyer_id = stored.partition("/")
        return cls(shop_id, buyer_id)
