"""Printable labels for trying things out: `python -m parcelguard.camera.labels OUT_DIR < orders.json`.

Reads a JSON list of {"number", "tracking", "buyer", "items": [{"name", "quantity"}]} and writes
`sheet.html`, an A4 sheet to print, and one SVG per code. A program of its own, because the window's
process must not load a barcode engine.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_QUIET_MODULES = {"Code128": 10, "QRCode": 4}
_MODULE_MM = 0.4
_NARROWEST_MM = 60.0


def main(arguments: Sequence[str]) -> int:
    """Write the labels of the orders on standard input; return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m parcelguard.camera.labels OUT_DIR < orders.json\n")
        return 2
    try:
        orders = json.load(sys.stdin)
        write_labels(orders, Path(arguments[0]))
    except (ValueError, KeyError, TypeError, OSError) as error:
        sys.stderr.write(f"no labels: {type(error).__name__}: {error}\n")
        return 1
    return 0


def write_labels(orders: Sequence[dict[str, Any]], folder: Path) -> None:
    """Write the sheet and all SVGs into `folder`. Raises ValueError for a text that no code can hold."""
    folder.mkdir(parents=True, exist_ok=True)
    for text in dict.fromkeys(
        code for order in orders for code in (order["number"], order["tracking"]) if code
    ):
        (folder / file_name(text)).write_text(svg(text, "Code128"), encoding="utf-8")
    (folder / "sheet.html").write_text(sheet(orders), encoding="utf-8")


def file_name(text: str) -> str:
    """Return a file name for a code; texts that are not plainly safe get the name of their hash."""
    safe = _SAFE_NAME.fullmatch(text) is not None
    return f"{text if safe else hashlib.sha256(text.encode()).hexdigest()[:16]}.svg"


def svg(text: str, symbology: str) -> str:
    """Return a Code128 or QRCode of `text` as SVG, one unit per module, with its quiet zone.

    Raises ValueError when the text cannot be encoded.
    """
    modules = _modules(text, symbology)
    quiet = _QUIET_MODULES[symbology]
    if symbology == "Code128":
        modules = modules[:1]
        width, height, tall = modules.shape[1] + 2 * quiet, 40, 40
        top = 0
    else:
        width, height, tall = modules.shape[1] + 2 * quiet, modules.shape[0] + 2 * quiet, 1
        top = quiet
    path = "".join(
        f"M{quiet + start} {top + y}h{length}v{tall}h-{length}z"
        for y, row in enumerate(modules)
        for start, length in _runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width * _MODULE_MM:.1f}mm" height="{height * _MODULE_MM:.1f}mm"'
        ' preserveAspectRatio="none" shape-rendering="crispEdges">'
        f'<rect width="{width}" height="{height}" fill="#fff"/><path d="{path}"/></svg>\n'
    )


def sheet(orders: Sequence[dict[str, Any]]) -> str:
    """Return the HTML of an A4 sheet with one shipping label per order."""
    labels = "".join(_label(order) for order in orders)
    return _PAGE.replace("{labels}", labels)


def _label(order: dict[str, Any]) -> str:
    number, tracking = str(order["number"]), str(order["tracking"])
    code = svg(tracking or number, "Code128")
    wide_mm = max(_NARROWEST_MM, _modules(tracking or number, "Code128").shape[1] * _MODULE_MM)
    items = "".join(
        f"<li>{int(item['quantity'])} × {escape(str(item['name']))}</li>" for item in order["items"]
    )
    return (
        '<section class="label">'
        f"<header><b>DEMO EXPRESS</b><span>STD</span></header>"
        f'<div class="bars" style="--wide:{_with_quiet(code, wide_mm):.1f}mm">{code}</div>'
        f'<p class="tracking">{escape(tracking or number)}</p>'
        f'<div class="to"><div class="qr">{svg(number, "QRCode")}</div>'
        f"<dl><dt>To</dt><dd>{escape(str(order['buyer']))}</dd>"
        f"<dt>Order</dt><dd>{escape(number)}</dd></dl></div>"
        f"<ul>{items}</ul></section>\n"
    )


def _with_quiet(code: str, bars_mm: float) -> float:
    """Return the printed width of the whole symbol when its bars are `bars_mm` wide."""
    total = int(code.split('viewBox="0 0 ')[1].split()[0])
    return bars_mm * total / (total - 2 * _QUIET_MODULES["Code128"])


def _modules(text: str, symbology: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return the dark modules, (rows, columns), without quiet zone."""
    barcode = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology))
    image = np.array(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))
    return image < 128


def _runs(row: np.ndarray[Any, np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Return (start, length) of each run of dark modules."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
    return [(int(start), int(end - start)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ParcelGuard demo labels</title>
<style>
@page { size: A4; margin: 10mm }
* { box-sizing: border-box }
body { margin: 0; font: 10pt/1.35 "Inter", "Helvetica Neue", Arial, sans-serif; color: #111;
  display: grid; grid-template-columns: repeat(2, 92mm); gap: 6mm; justify-content: center }
.label { border: .4mm solid #111; border-radius: 2mm; padding: 3mm; height: 86mm; overflow: hidden;
  background: #fff; break-inside: avoid }
header { display: flex; justify-content: space-between; padding-bottom: 1.5mm;
  border-bottom: .4mm solid #111 }
.bars { width: var(--wide); max-width: 100%; height: 18mm; margin: 2.5mm auto 1mm }
.bars svg { width: 100%; height: 100% }
.tracking { margin: 0 0 2mm; text-align: center; font-weight: 600; letter-spacing: .06em }
.to { display: flex; gap: 3mm; border-top: .2mm solid #999; padding-top: 2mm }
.qr svg { width: 24mm; height: 24mm; display: block }
dl { margin: 0; min-width: 0 } dt { font-size: 7.5pt; color: #666 } dd { margin: 0 0 1mm; font-weight: 600;
  overflow-wrap: anywhere }
ul { margin: 1.5mm 0 0; padding-left: 4mm; font-size: 8.5pt; color: #333 }
@media screen { body { padding: 10mm; background: #e6e8eb } }
</style></head><body>
{labels}</body></html>
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
