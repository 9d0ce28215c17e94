"""From a shop's settings to its channel: the registry of the marketplaces, one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parcelguard.chat.chatwoot import chatwoot_chat
from parcelguard.chat.lazada import lazada_chat
from parcelguard.chat.shopee import shopee_chat
from parcelguard.chat.tiktok import tiktok_chat
from parcelguard.core.config import ShopSettings
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.times import quiet_hours
from parcelguard.delivery.ports import ChatSender, HouseRules
from parcelguard.marketplace.chatwoot.client import chatwoot_client
from parcelguard.marketplace.chatwoot.orders import chatwoot_orders
from parcelguard.marketplace.lazada.client import lazada_client
from parcelguard.marketplace.lazada.orders import lazada_orders
from parcelguard.marketplace.manual.client import manual_client
from parcelguard.marketplace.manual.orders import manual_orders
from parcelguard.marketplace.ports import Client
from parcelguard.marketplace.shopee.client import shopee_client
from parcelguard.marketplace.shopee.orders import shopee_orders
from parcelguard.marketplace.tiktok.client import tiktok_client
from parcelguard.marketplace.tiktok.orders import tiktok_orders
from parcelguard.orders.ports import OrderSource
from parcelguard.vault.vault import Vault

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Channel:
    """How one shop's orders are read and its buyers reached; `sender` is None where only a person can."""

    client: Client
    orders: OrderSource
    sender: ChatSender | None


@dataclass(frozen=True, slots=True)
class Maker:
    """What builds one marketplace's side of a channel; each part takes the client that `client` makes.

    `chat` is None where no program can write to buyers.
    """

    client: Callable[[ShopSettings, Vault, Clock], Any]
    orders: Callable[[Any, ShopSettings], OrderSource]
    chat: Callable[[Any, ShopSettings, HouseRules], ChatSender] | None


MAKERS: dict[str, Maker] = {
    "shopee": Maker(shopee_client, shopee_orders, shopee_chat),
    "lazada": Maker(lazada_client, lazada_orders, lazada_chat),
    "tiktok": Maker(tiktok_client, tiktok_orders, tiktok_chat),
    "chatwoot": Maker(chatwoot_client, chatwoot_orders, chatwoot_chat),
    "manual": Maker(manual_client, manual_orders, None),
}


def client_of(shop: ShopSettings, vault: Vault, now: Clock) -> Client:
    """Return the signed client of a shop; nothing is called yet."""
    client: Client = MAKERS[shop.marketplace].client(shop, vault, now)
    return client


def connect(shop: ShopSettings, vault: Vault, now: Clock) -> Channel:
    """Return the channel of a shop; nothing is called yet."""
    maker = MAKERS[shop.marketplace]
    client = client_of(shop, vault, now)
    sender = maker.chat(client, shop, house_rules(shop)) if maker.chat else None
    return Channel(client, maker.orders(client, shop), sender)


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
