"""Buyers' names as the marketplaces tell them."""

from __future__ import annotations


def to_greet(name: object) -> str:
    """Return how a message may address the buyer: not at all when the name is missing or masked."""
    text = str(name or "").strip()
    return "" if "*" in text else text
