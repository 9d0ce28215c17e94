"""What the sandbox hands out for its shops, as a station's settings and secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from parcelguard.core.preset_message import DEFAULT_MESSAGE
from parcelguard.shops.practice import keep_grants
from parcelguard.vault.vault import Vault

ONLY = "kopi"  # the id of the shop of a demo with one
_STATION = """\
[bench]
station = "Bench 07"
packer = "Aina"

[camera]
source = "demo"

[secrets]
keep = "file"
"""
Seller = Mapping[str, Any]  # what the sandbox says of one


def named(sellers: Sequence[Seller]) -> dict[str, Seller]:
    """Return the sellers by the id that each gets: 'tiktok-sg', and a short one for a single shop."""
    if len(sellers) == 1:
        return {ONLY: sellers[0]}
    return {f"{seller['marketplace']}-{seller['region'].lower()}": seller for seller in sellers}


def settings_text(sellers: Mapping[str, Seller], address: str, gap_s: float) -> str:
    """Return a settings file with these shops, by their id; all of them send."""
    sections = [_STATION]
    for shop_id, seller in sellers.items():
        values = {
            "id": shop_id,
            "marketplace": seller["marketplace"],
            "region": seller["region"],
            "name": seller["shop_name"],
            "shop_id": int(seller["shop_id"]),
            "host": address,
            "send": True,
            "seconds_between_messages": gap_s,
            "message": DEFAULT_MESSAGE,
            **seller["settings"],
        }
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
        sections.append("\n".join(["[[shops]]", *lines, ""]))
    return "\n".join(sections)


def keep_secrets(vault: Vault, sellers: Mapping[str, Seller]) -> None:
    """Keep what the shops' calls are signed and allowed with, as if each seller had consented."""
    for shop_id, seller in sellers.items():
        keep_grants(vault, shop_id, seller)
