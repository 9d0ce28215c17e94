"""The marketplaces of the sandbox, one row each: its numbers, its demo shops, and where its buyers read."""

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

MALAYSIA = timezone(timedelta(hours=8))
_SYMBOLS = {
    "#": string.digits,
    "%": "123456789",
    "*": string.ascii_uppercase + string.digits,
}
_NOT_READ = "^(?!GET ).*/conversations/[^/]+/messages/?"  # the path that lists them, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One row; of the patterns `#` is a digit, `%` one but 0, `*` a capital letter or a digit.

    `app`: where a buyer reads his messages, with other names in some countries. `shops`: names and
    countries of the demo shops. `sends`: the end of the path that posts a message, or any pattern for
    its method and path; empty where a person sends. `listed`: whether orders can be read before one is
    scanned.
    """

    app: str
    apps: Mapping[str, str] = field(default_factory=dict)
    shops: tuple[tuple[str, str], ...]
    first_shop_id: int  # the following shops count on from here
    carrier: str
    order: str  # {day} is the day of the order
    tracking: str  # {region} is the shop's country
    package: str
    sends: str = ""
    listed: bool = True


SHAPES = {
    "shopee": Shape(
        app="Shopee",
        shops=(("Kopi & Co", "MY"),),
        first_shop_id=227_700_123,
        carrier="SPX Express",
        order="{day}********",
        tracking="SPX{region}###########*",
        package="OFG%##############",
        sends="/sellerchat/send_message",
    ),
    "lazada": Shape(
        app="Lazada",
        shops=(("Kopi & Co", "MY"),),
        first_shop_id=200_200,
        carrier="LEX",
        order="4##############",
        tracking="LXST#########{region}",
        package="FP09#############",
        sends="/im/message/send",
    ),
    "tiktok": Shape(
        app="TikTok Shop",
        apps={"ID": "Tokopedia & Shop"},
        shops=(("Kopi & Co", "MY"), ("Kopi & Co Singapore", "SG"), ("Kopi & Co Indonesia", "ID")),
        first_shop_id=7_490_000_000_000_000_001,
        carrier="Ninja Van",
        order="58################",
        tracking="NV{region}#########",
        package="117###############",
        sends=_NOT_READ,
    ),
    "chatwoot": Shape(
        app="WhatsApp",
        shops=(("Kopi & Co WhatsApp", "ID"),),
        first_shop_id=31,
        carrier="JNE",
        order="WA########",
        tracking="JNE##########",
        package="PK########",
        sends=_NOT_READ,
        listed=False,
    ),
    "manual": Shape(
        app="Another shop",
        shops=(("Kopi & Co Bazaar", "MY"),),
        first_shop_id=901,
        carrier="Pos Laju",
        order="BZ########",
        tracking="PL############",
        package="PK########",
        listed=False,
    ),
}


def drawn(pattern: str, numbers: random.Random, *, moment: float = 0.0, region: str = "") -> str:
    """Return one number of a pattern."""
    day = datetime.fromtimestamp(moment, UTC).astimezone(MALAYSIA).strftime("%y%m%d")
    symbols = "".join(
        numbers.choices(_SYMBOLS[symbol])[0] if symbol in _SYMBOLS else symbol
        for symbol in pattern.replace("{day}", "\0").replace("{region}", "\1")
    )
    return symbols.replace("\0", day).replace("\1", region)
