"""The message a shop's buyers read, with its placeholders filled."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.orders import Order
from parcelguard.core.shops import Shop

LONGEST_TEMPLATE = 2000  # characters, as the owner writes it: with the placeholders not yet filled
PLACEHOLDERS = ("buyer", "order", "shop", "tracking", "items")
DEFAULT_MESSAGE = (
    "Hi {buyer}, your order {order} is packed. Here are photos of your parcel before it is sealed."
)


def unknown_placeholders(template: str) -> list[str]:
    """Return what stands in braces and is no placeholder, so that a typing slip is told early."""
    return [name for name in _braced(template) if name not in PLACEHOLDERS]


def fill_message(template: str, order: Order, shop: Shop) -> str:
    """Return the text as the buyer gets it, the list of items shortened so that all of it fits.

    What stands in an order is never read as a template. Where no buyer is named, none is greeted: a word
    in his place would have to be in his language.
    """
    longest = shop.longest_text
    if not order.buyer_name:
        for mention in (" {buyer}", "{buyer}, ", "{buyer} ", "{buyer}"):
            template = template.replace(mention, "")
    items = ", ".join(f"{item.quantity} × {item.name}" for item in order.items) or "-"
    values = {
        "buyer": order.buyer_name,
        "order": order.number,
        "shop": shop.name,
        "tracking": order.tracking or "-",
        "items": items,
    }
    filled = _filled(template, values)
    mentions = template.count("{items}")
    if len(filled) > longest and mentions:
        too_many = -(-(len(filled) - longest) // mentions) + 1  # rounded up, and the sign of omission
        values["items"] = items[: max(0, len(items) - too_many)].rstrip(", ") + "…"
        filled = _filled(template, values)
    return filled


def _filled(template: str, values: Mapping[str, str]) -> str:
    filled, rest = "", template
    while rest:
        before, brace, after = rest.partition("{")
        name, closing, remainder = after.partition("}")
        if not brace:
            return filled + before
        if closing and name in values:
            filled, rest = filled + before + values[name], remainder
        else:
            filled, rest = filled + before + brace, after
    return filled


def _braced(template: str) -> list[str]:
    pieces = template.split("{")[1:]
    return [piece.split("}", 1)[0] for piece in pieces if "}" in piece]
