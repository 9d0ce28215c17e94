"""One normaliser for every scanner: keyboard wedge, webcam and typing hands.

It removes what scanners add and evens out what keyboards change. It never deletes a letter
or digit and never "repairs" O to 0 or I to 1: a wrong guess would open somebody's order.
"""

from __future__ import annotations

import json
import re
import unicodedata
from urllib.parse import parse_qsl, urlsplit

from parcelguard.core.scans import Scan, ScanSource
from parcelguard.scanner.recogniser import recognise

LONGEST_CODE = 512
MOST_CANDIDATES = 5  # each may cost a call
SHORTEST_PART = 5  # a quantity or a flag inside a payload is no code
GROUP_SEPARATOR = "\x1d"  # FNC1 inside GS1 data; part of the code
_AIM = re.compile(r"^\]([A-Za-z])([0-9A-Za-z])")  # ISO/IEC 15424: ] + letter + modifier
_AIM_NAMES = {"C": "Code128", "Q": "QRCode", "A": "Code39", "E": "EAN13", "I": "ITF", "d": "DataMatrix"}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_URL_KEYS = ("order_sn", "order_id", "tracking", "t", "tn", "awb")
_DELIMITERS = re.compile(r"[|;,]")


def read_scan(
    raw: str, source: ScanSource, symbology: str = "", prefix: str = "", suffix: str = ""
) -> Scan | None:
    """Return the scan that `raw` stands for, or None when nothing is left of it."""
    raw = raw[:LONGEST_CODE]
    text, symbology = _without_aim(_without_invisible(raw), symbology)
    if prefix and text.startswith(prefix):  # some scanners put it before the AIM identifier
        text, symbology = _without_aim(text.removeprefix(prefix), symbology)
    text = _tidy(text.removesuffix(suffix))
    if not text:
        return None
    parts = _parts(text)
    best = parts[0] if parts else text
    rest = tuple(part for part in dict.fromkeys([*parts[1:MOST_CANDIDATES], text]) if part != best)
    kind, hint = recognise(best, symbology=symbology)
    return Scan(text=best, raw=raw, source=source, symbology=symbology, candidates=rest, kind=kind, hint=hint)


def _without_aim(text: str, symbology: str) -> tuple[str, str]:
    match = _AIM.match(text)
    if not match:
        return text, symbology
    return text[match.end() :], symbology or _AIM_NAMES.get(match[1], "")


def _tidy(text: str) -> str:
    """Even out width, dashes, spaces and case; drop what cannot be seen."""
    text = "".join(_narrow(letter) for letter in text).translate(_DASHES)
    text = _without_invisible(text)
    squeezed = text.replace(" ", "")
    if squeezed.isalnum():
        text = squeezed
    payload = text.startswith(("http://", "https://", "HTTP://", "HTTPS://", "{"))
    mixed = text.upper() != text and text.lower() != text and not squeezed.isalnum()
    return text if payload or mixed else text.upper()[:LONGEST_CODE]  # "ß" becomes two letters


def _without_invisible(text: str) -> str:
    return "".join(letter for letter in text if letter == GROUP_SEPARATOR or _visible(letter)).strip()


def _narrow(letter: str) -> str:
    """Return the ASCII form of a full-width letter; everything else stays."""
    return unicodedata.normalize("NFKC", letter) if "！" <= letter <= "～" or letter == "\u3000" else letter


def _visible(letter: str) -> bool:
    return letter == " " or not unicodedata.category(letter).startswith(("C", "Z"))


def _parts(text: str) -> list[str]:
    """Return the texts worth looking up inside an address, JSON or a list; likeliest first."""
    if text.lower().startswith(("http://", "https://")):
        found = _address_parts(text)
    elif text.startswith("{"):
        found = _json_parts(text)
    elif _DELIMITERS.search(text):
        found = _DELIMITERS.split(text)
    else:
        return []
    cleaned = [_tidy(part) for part in found]
    kept = [part for part in dict.fromkeys(cleaned) if len(part) >= SHORTEST_PART]
    return sorted(kept, key=lambda part: recognise(part)[0] not in ("order", "track"))


def _address_parts(text: str) -> list[str]:
    try:
        address = urlsplit(text)
    except ValueError:  # a broken IPv6 host, say; the whole text is still looked up
        return []
    values = dict(parse_qsl(address.query))
    named = [values[key] for key in _URL_KEYS if key in values]
    return [*named, address.path.rstrip("/").rsplit("/", 1)[-1]]


def _json_parts(text: str) -> list[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [str(each) for each in value.values() if isinstance(each, str | int)] if value else []
