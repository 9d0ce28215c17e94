"""Shops without an interface: their codes are known by their looks, and nothing is called."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.chat.registry import connect
from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import SettingsError
from parcelguard.core.orders import Order
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.times import utc_now
from parcelguard.marketplace.manual.client import manual_client
from parcelguard.marketplace.manual.orders import manual_orders
from parcelguard.marketplace.ports import AccessState
from parcelguard.vault.vault import vault_at

SHOP = ShopSettings(id="bazaar", marketplace="manual", name="Bazaar", codes=r"BZ\d{8}|#\d+")


def test_channel_has_orders_and_nobody_who_sends(tmp_path: Path) -> None:
    channel = connect(SHOP, vault_at(tmp_path / "secrets.json", "file"), utc_now)
    assert channel.sender is None
    assert channel.client.probe_access().state is AccessState.BY_HAND
    assert channel.orders.find_by_code("BZ12345678")
    channel.client.close_connections()


@pytest.mark.parametrize("code", ["BZ12345678", "#7"])
def test_code_that_fits_the_pattern_is_an_order(tmp_path: Path, code: str) -> None:
    orders = manual_orders(manual_client(SHOP, vault_at(tmp_path / "secrets.json", "file"), utc_now), SHOP)
    assert orders.find_by_code(code) == orders.read_order(code) == Order(shop_id="bazaar", number=code)


@pytest.mark.parametrize("codes", [SHOP.codes, ""])
def test_code_that_fits_only_in_part_or_no_pattern_is_none(tmp_path: Path, codes: str) -> None:
    shop = ShopSettings(id="bazaar", marketplace="manual", name="Bazaar", codes=codes)
    orders = manual_orders(manual_client(shop, vault_at(tmp_path / "secrets.json", "file"), utc_now), shop)
    for code in ("", "BZ123456789", "xBZ12345678", "bz12345678", "BZ12345678\n"):
        assert orders.find_by_code(code) is None
        assert orders.read_order(code) is None


def test_nothing_changes_behind_the_sellers_back(tmp_path: Path) -> None:
    orders = manual_orders(manual_client(SHOP, vault_at(tmp_path / "secrets.json", "file"), utc_now), SHOP)
    assert list(orders.changed_orders(utc_now() - timedelta(days=1), utc_now())) == []


def test_there_is_no_consent_to_give(tmp_path: Path) -> None:
    by_hand = manual_client(SHOP, vault_at(tmp_path / "secrets.json", "file"), utc_now)
    with pytest.raises(SettingsError) as caught:
        by_hand.consent_address("shop", "", "s1")
    assert caught.value.reason == because(ShopReason.NO_CONSENT_NEEDED)
    with pytest.raises(SettingsError):
        by_hand.accept_consent("shop", "http://x/?code=1&state=s1", "s1")
