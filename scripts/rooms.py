"""Draws the rooms of the house as they are checked: `make rooms` writes docs/pictures/rooms.svg.

The layers come from .importlinter and each room's sentence from its own docstring, so the picture cannot say
anything else than the code.
"""

from __future__ import annotations

import ast
from configparser import ConfigParser
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "rooms.svg"
WIDTH, ROW, GAP, EDGE = 1120, 46, 10, 20
ASIDE = 300  # the sandbox stands beside the house
STYLE = (
    "text{font-family:Inter,Helvetica,Arial,sans-serif;fill:#1b2430}"
    ".name{font-weight:600;font-size:15px}.says{font-size:12px;fill:#4a5666}"
    "rect{rx:6;fill:#eef2f7;stroke:#b8c4d2}.aside rect{fill:#fbf3e4;stroke:#dcc59a}"
)


def layers() -> list[list[str]]:
    """Return the rooms from the top: each row imports only from rows below it."""
    rules = ConfigParser()
    rules.read(ROOT / ".importlinter")
    rows = rules["importlinter:contract:rooms"]["layers"].strip().splitlines()
    return [row.replace(":", "|").replace(" ", "").split("|") for row in rows]


def sentence(room: str) -> str:
    """Return the first sentence of what a room says of itself."""
    place = ROOT / "parcelguard" / room
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text())) or ""
    return text.splitlines()[0].split(". ")[0].rstrip(".").replace("`", "") if text else ""


def shortened(text: str, width: float) -> str:
    """Return as much of a text as goes into so many pixels."""
    most = int(width / 6.1)
    return text if len(text) <= most else text[: most - 1].rstrip(" ,") + "…"


def box(name: str, left: float, top: float, width: float, height: float) -> str:
    """Return one room: its name over what it is for."""
    says = shortened(sentence(name), width - 24)
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}"/>'
        f'<text class="name" x="{left + 12:.0f}" y="{top + 19:.0f}">{name}</text>'
        f'<text class="says" x="{left + 12:.0f}" y="{top + 36:.0f}">{escape(says)}</text>'
    )


def drawing() -> str:
    """Return the whole picture as SVG."""
    rows = layers()
    house = WIDTH - ASIDE - 3 * EDGE
    boxes = []
    for number, row in enumerate(rows):
        top = EDGE + number * (ROW + GAP)
        width = (house - GAP * (len(row) - 1)) / len(row)
        boxes += [box(name, EDGE + place * (width + GAP), top, width, ROW) for place, name in enumerate(row)]
    height = 2 * EDGE + len(rows) * (ROW + GAP) - GAP + 24
    left = house + 2 * EDGE
    aside = [box("sandbox", left, EDGE, ASIDE, ROW)]
    notes = ("Knows nothing of the house; only", "the commands start it.")
    aside += [
        f'<text class="says" x="{left + 12}" y="{EDGE + ROW + 20 + 16 * n}">{note}</text>'
        for n, note in enumerate(notes)
    ]
    foot = "Each room imports only from rooms below it."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}">',
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" style="fill:#ffffff;stroke:none"/>',
            *boxes,
            '<g class="aside">',
            *aside,
            "</g>",
            f'<text class="says" x="{EDGE}" y="{height - 12}">{foot}</text>',
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")
