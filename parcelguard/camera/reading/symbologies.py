"""What both engines have to know about kinds of codes."""

from __future__ import annotations

from collections.abc import Sequence

RETAIL = ("EAN13", "EAN8", "UPCA")


def named(text: str, symbology: str, symbologies: Sequence[str]) -> tuple[str, str]:
    """Return text and symbology; a UPC-A is an EAN-13 with a leading zero that scanners leave away."""
    if symbology == "EAN13" and text.startswith("0") and "UPCA" in symbologies:
        return text[1:], "UPCA"
    return text, symbology
