"""A bench's home whose marketplace cannot be reached: everything is packed and kept, nothing is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from parcelguard.store.database import Store
from parcelguard.vault.vault import Secrets, vault_at
from tests.support.fakes import ORDER

NOBODY = "http://127.0.0.1:9"
SETTINGS = f"""
[secrets]
keep = "file"

[[shops]]
id = "{ORDER.shop_id}"
name = "Kopi & Co"
partner_id = 2001887
shop_id = 7
host = "{NOBODY}"
send = true
"""


def furnish(home: Path, orders: int) -> list[str]:
    """Write what a bench needs into a folder; return the codes of its orders."""
    (home / "settings.toml").write_text(SETTINGS)
    vault_at(home / "secrets.json", "file").keep(ORDER.shop_id, Secrets("shpk00", "access", "refresh", 4e9))
    codes = [f"261120Q{number:07}" for number in range(orders)]
    known = [
        replace(ORDER, number=code, buyer_id=str(n), codes=(), tracking="") for n, code in enumerate(codes)
    ]
    store = Store(home / "parcelguard.db")
    with store.begin() as records:
        records.orders.keep(known)
    store.close()
    (home / "orders.txt").write_text("\n".join(codes))
    return codes
