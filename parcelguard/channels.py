"""Which modules reach which marketplace: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from parcelguard.chat.shopee import ShopeeChat
from parcelguard.config import ShopSettings
from parcelguard.delivery.ports import ChatSender, HouseRules
from parcelguard.domain import quiet_hours
from parcelguard.marketplace.http import Http
from parcelguard.marketplace.shopee import Account, ShopeeClient
from parcelguard.marketplace.vault import Vault
from parcelguard.orders.ports import OrderSource
from parcelguard.orders.shopee import ShopeeOrders

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Channel:
    """How one shop's orders are read and its buyers reached."""

    sender: ChatSender
    orders: OrderSource
    close: Callable[[], None]


def shopee_client(shop: ShopSettings, vault: Vault, http: Http, now: Clock) -> ShopeeClient:
    """Return the signed client of a Shopee shop."""
    account = Account(shop.id, shop.host, shop.partner_id, shop.shop_id)
    return ShopeeClient(account, vault, http, now)


def house_rules(shop: ShopSettings) -> HouseRules:
    """Return what the settings say about sending for this shop."""
    return HouseRules(
        late_after=timedelta(minutes=shop.late_after_minutes),
        quiet=quiet_hours(shop.region, shop.quiet_hours),
        resend_when_absent=shop.when_absent == "once",
    )


def _shopee(shop: ShopSettings, vault: Vault, now: Clock) -> Channel:
    http = Http(shop.host)
    client = shopee_client(shop, vault, http, now)
    gap = timedelta(seconds=shop.seconds_between_messages)
    chat = ShopeeChat(client, gap, shop.region, house_rules(shop))
    return Channel(chat, ShopeeOrders(client), http.close)


_CONNECTORS: Mapping[str, Callable[[ShopSettings, Vault, Clock], Channel]] = {"shopee": _shopee}


def connect(shop: ShopSettings, vault: Vault, now: Clock) -> Channel:
    """Return the channel of a shop; nothing is called yet."""
    return _CONNECTORS[shop.marketplace](shop, vault, now)
