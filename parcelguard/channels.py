"""From a shop's settings to its channel: the four modules of its marketplace, found by their name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Protocol, cast

from parcelguard.config import ShopSettings
from parcelguard.delivery.ports import ChatSender, HouseRules
from parcelguard.domain import quiet_hours
from parcelguard.marketplace.ports import Client
from parcelguard.marketplace.vault import Vault
from parcelguard.marketplaces import marketplace
from parcelguard.orders.ports import OrderSource

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Channel:
    """How one shop's orders are read and its buyers reached; `sender` is None where only a person can."""

    client: Client
    orders: OrderSource
    sender: ChatSender | None


class _MarketplaceModule(Protocol):
    def client(self, shop: ShopSettings, vault: Vault, now: Clock) -> Client: ...


class _ChatModule(Protocol):
    def sender(self, client: Client, shop: ShopSettings, house: HouseRules) -> ChatSender: ...


class _OrdersModule(Protocol):
    def source(self, client: Client, shop: ShopSettings) -> OrderSource: ...


def client_of(shop: ShopSettings, vault: Vault, now: Clock) -> Client:
    """Return the signed client of a shop; nothing is called yet."""
    module = cast("_MarketplaceModule", import_module(f"parcelguard.marketplace.{shop.marketplace}"))
    return module.client(shop, vault, now)


def connect(shop: ShopSettings, vault: Vault, now: Clock) -> Channel:
    """Return the channel of a shop; nothing is called yet."""
    client = client_of(shop, vault, now)
    orders = cast("_OrdersModule", import_module(f"parcelguard.orders.{shop.marketplace}"))
    sender = None
    if marketplace(shop.marketplace).has_chat:
        chat = cast("_ChatModule", import_module(f"parcelguard.chat.{shop.marketplace}"))
        sender = chat.sender(client, shop, house_rules(shop))
    return Channel(client, orders.source(client, shop), sender)


def house_rules(shop: ShopSettings) -> HouseRules:
    """Return what the settings say about sending for this shop."""
    gap_s = shop.seconds_between_messages
    if gap_s is None:
        gap_s = marketplace(shop.marketplace).gap_s
    return HouseRules(
        between_messages=timedelta(seconds=gap_s),
        late_after=timedelta(minutes=shop.late_after_minutes),
        quiet=quiet_hours(shop.region, shop.quiet_hours),
        resend_when_absent=shop.when_absent == "once",
    )
