"""What the numbers of each marketplace look like, on screens and on labels."""

import random
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

MALAYSIA = timezone(timedelta(hours=8))
_SYMBOLS = {
    "#": string.digits,
    "%": "123456789",
    "*": string.ascii_uppercase + string.digits,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One marketplace's numbers: `#` is a digit, `%` one but 0, `*` a capital letter or a digit."""

    first_shop_id: int  # the following shops count on from here
    carrier: str
    order: str  # {day} is the day of the order
    tracking: str  # {region} is the shop's country
    package: str


SHAPES = {
    "shopee": Shape(
        227_700_123, "SPX Express", "{day}********", "SPX{region}###########*", "OFG%##############"
    ),
    "lazada": Shape(200_200, "LEX", "4##############", "LXST#########{region}", "FP09#############"),
    "tiktok": Shape(
        7_490_000_000_000_000_001,
        "Ninja Van",
        "58################",
        "NV{region}#########",
        "117###############",
    ),
    "chatwoot": Shape(31, "JNE", "WA########", "JNE##########", "PK########"),
    "manual": Shape(901, "Pos Laju", "BZ########", "PL############", "PK########"),
}


def drawn(pattern: str, numbers: random.Random, *, moment: float = 0.0, region: str = "") -> str:
    """Return one number of a pattern."""
    day = datetime.fromtimestamp(moment, UTC).astimezone(MALAYSIA).strftime("%y%m%d")
    symbols = "".join(
        numbers.choices(_SYMBOLS[symbol])[0] if symbol in _SYMBOLS else symbol
        for symbol in pattern.replace("{day}", "\0").replace("{region}", "\1")
    )
    return symbols.replace("\0", day).replace("\1", region)
