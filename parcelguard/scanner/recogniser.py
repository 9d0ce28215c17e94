"""Names what a code looks like. A hint for the screen, never a reason to act: lookup comes first.

The shapes come from public letters, label codes and carriers' own documentation; digit-only
codes are ambiguous, so the first match is only the likeliest.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_SHAPES: tuple[tuple[str, str, str], ...] = (
    ("order", "shopee", r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-9A-Z]{8}"),
    ("return", "shopee", r"(?=.*[A-Z])\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-9A-Z]{9}"),
    ("order", "tiktok", r"5\d{17}"),
    ("order", "tokopedia", r"INV/\d{8}/[A-Z]{2,4}/\d{6,12}"),
    ("track", "spx", r"SPX[A-Z]{2,3}\d{11}[0-9A-Z]"),
    ("track", "spx-my-old", r"MY\d{12}[0-9A-Z]?"),
    ("track", "lex-my", r"(?:MYMPA\d{9}|LXST\d{9}MY)"),
    ("track", "lazada-return", r"LOSGR[0-9A-Z]{4,}"),
    ("track", "jnt-id", r"J(?:[A-Z]\d{10}|T\d{10,14})"),
    ("track", "jnt-my", r"6\d{11}(?:\d{3})?"),
    ("track", "jnt-other", r"J[A-Z]{2}\d{12}"),
    ("track", "jnt-cargo-my", r"(?:8000|9000)\d{6,12}"),
    ("track", "ninjavan", r"(?:NV[A-Z]{2}|NL[A-Z]{2}|MYNJV|SPE|SXDSG)[0-9A-Z]{6,20}"),
    ("track", "poslaju", r"(?:E[A-Z]{1,2}\d{9}MY|PL\d{12})"),
    ("track", "flash-th", r"TH\d{2}[0-9A-Z]{8,14}"),
    ("track", "kerry-my", r"MYKE[0-9A-Z]{4,}"),
    ("track", "dhl-ecom-my", r"(?:MYJZ[0-9A-Z]{4,}|59\d{8,14})"),
    ("track", "gdex", r"(?:LBX|GDSP)[0-9A-Z]{4,}"),
    ("track", "skynet-lazada", r"LAZMA[0-9A-Z]{4,}"),
    ("track", "sicepat", r"00\d{10}"),
    ("track", "anteraja", r"(?:1\d{13}|TSA[0-9A-Z]{7,12})"),
    ("track", "jne", r"(?:JNE|CGK|TG)[0-9A-Z]{7,14}"),
    ("track", "tiki", r"TKP\d{10,13}"),
    ("track", "upu-s10", r"[A-Z]{2}\d{9}[A-Z]{2}"),
    ("order", "lazada", r"\d{13,16}"),  # after all carriers that use digits only
)
_COMPILED = tuple((kind, hint, re.compile(pattern, re.ASCII)) for kind, hint, pattern in _SHAPES)
_ON_GOODS = ("EAN13", "EAN8", "UPCA", "ITF")
_RETAIL_LENGTHS = (8, 13)  # where a scanner tells no symbology; carriers use 12 and 14 digits too
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_OLDEST_ORDER = timedelta(days=2 * 366)


def recognise(text: str, now: datetime | None = None, symbology: str = "") -> tuple[str, str]:
    """Return (kind, hint) of the first shape that fits: ("order", "shopee"), or ("", "").

    Goods and cartons carry digits too. Their check digit tells them, unless the symbology is one
    that goods do not use: every tenth tracking number has a right one by chance.
    """
    on_goods = symbology in _ON_GOODS or (not symbology and len(text) in _RETAIL_LENGTHS)
    if on_goods and is_gtin(text):
        return "item", "gtin"
    today = (now or datetime.now(UTC)).date()
    for kind, hint, shape in _COMPILED:
        if shape.fullmatch(text) and _plausible(hint, text, today):
            return kind, hint
    return "", ""


def _plausible(hint: str, text: str, today: date) -> bool:
    if hint == "shopee":
        return _shopee_date(text, today)
    if hint == "upu-s10":
        return _s10_digit(text[2:10]) == int(text[10])
    return True


def _shopee_date(text: str, today: date) -> bool:
    """Check the date that begins a Shopee order number: real, not after tomorrow, not over two years old."""
    try:
        day = datetime.strptime(text[:6], "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return False
    return today - _OLDEST_ORDER <= day <= today + timedelta(days=1)


def is_gtin(text: str) -> bool:
    """Whether the digits of an EAN-8, UPC-A, EAN-13 or ITF-14 end in the right check digit."""
    if len(text) not in (8, 12, 13, 14) or not (text.isascii() and text.isdigit()):
        return False
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(text[:-1])))
    return (10 - total % 10) % 10 == int(text[-1])


def _s10_digit(serial: str) -> int:
    """Check digit of UPU S10: 11 minus the weighted sum modulo 11, with 10 → 0 and 11 → 5."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)
