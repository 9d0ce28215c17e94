"""The id that an added shop gets, by which records know it for ever."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import count
from typing import Any

import msgspec

from parcelguard.core.config import ShopSettings


def new_shop_id(values: Mapping[str, Any], taken: set[str]) -> str:
    """Make an id of what a shop is: 'kopi-co-shopee-my', and 'kopi-co-shopee-my-2' for the next one.

    Records outlive their shop. So none at another marketplace may take the id of one that was removed,
    and the same one added again has its records again.
    """
    usual = {field.name: field.default for field in msgspec.structs.fields(ShopSettings)}
    marketplace_name, region = (values.get(name, usual[name]) for name in ("marketplace", "region"))
    plain = unicodedata.normalize("NFKD", str(values.get("name", ""))).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:20].strip("-") or "shop"
    stem = f"{name}-{marketplace_name}-{str(region).lower()}"
    return next(made for n in count(1) if (made := stem if n == 1 else f"{stem}-{n}") not in taken)
