"""Orders of a shop whose buyers are reached through Chatwoot: the contact is all that is known of one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from parcelguard.core.config import ShopSettings
from parcelguard.core.orders import Order
from parcelguard.marketplace.chatwoot.client import ChatwootClient


def chatwoot_orders(client: ChatwootClient, shop: ShopSettings) -> ChatwootOrders:
    """Return what finds the buyers of one inbox."""
    return ChatwootOrders(client, shop.id)


class ChatwootOrders:
    """Takes a scanned code for an order when it names one contact, and one only."""

    def __init__(self, client: ChatwootClient, shop_id: str) -> None:
        self._client = client
        self._shop_id = shop_id

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:  # noqa: ARG002
        """Yield nothing: Chatwoot knows no orders."""
        return iter(())

    def read_order(self, number: str) -> Order | None:
        """Return the order that a contact goes by."""
        contacts = self._client.contacts(number)
        if len(contacts) != 1 or not contacts[0].get("id"):
            return None
        contact = contacts[0]
        return Order(
            shop_id=self._shop_id,
            number=number,
            buyer_id=str(contact["id"]),
            buyer_name=str(contact.get("name") or ""),
        )

    def find_by_code(self, code: str) -> Order | None:
        """Return the order that the code names."""
        return self.read_order(code)
