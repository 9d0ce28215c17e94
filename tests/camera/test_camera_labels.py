from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import cv2
import numpy as np
import pytest

from parcelguard.camera.labels import file_name, sheet, svg
from parcelguard.camera.reading.barcodes import read_still
from tests.support.camera_helpers import Picture

ORDER = {
    "number": "241120Q9CKD7T1",
    "tracking": "SPXMY04217788312",
    "buyer": "aminah <script>alert(1)</script>",
    "items": [{"name": 'Mug & "tea"', "quantity": 2}],
}


def drawn(text: str, pixels: int = 4) -> Picture:
    """Return an SVG of ours as a gray picture; it consists of rectangles only."""
    root = ElementTree.fromstring(text)
    width, height = (int(value) for value in root.attrib["viewBox"].split()[2:])
    picture = np.full((height, width), 255, np.uint8)
    for bar in root[1].attrib["d"].split("M")[1:]:
        place, rest = bar.split("h", 1)
        x, y = (int(value) for value in place.split())
        length, rest = rest.split("v", 1)
        picture[y : y + int(rest.split("h")[0]), x : x + int(length)] = 0
    larger = cv2.resize(picture, None, fx=pixels, fy=pixels, interpolation=cv2.INTER_NEAREST)
    return np.asarray(larger, np.uint8)


@pytest.mark.parametrize(("text", "kind"), [("SPXMY04217788312", "Code128"), ("241120Q9CKD7T1", "QRCode")])
def test_a_drawn_code_is_read_back(text: str, kind: str) -> None:
    found = read_still(drawn(svg(text, kind)), ("Code128", "QRCode"))

    assert [(each.text, each.symbology) for each in found] == [(text, kind)]


def test_the_program_writes_a_sheet_and_one_file_per_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "parcelguard.camera.labels", str(tmp_path / "out")],
        input=json.dumps([ORDER]),
        text=True,
        capture_output=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"sheet.html", "SPXMY04217788312.svg", "241120Q9CKD7T1.svg"}


def test_what_an_order_says_is_shown_and_never_run() -> None:
    page = sheet([ORDER])

    assert "<script>" not in page
    assert "aminah &lt;script&gt;" in page
    assert "2 × Mug &amp; &quot;tea&quot;" in page


@pytest.mark.parametrize("text", ["../../etc/passwd", "a b", "", "x" * 200, "CON:1", ".hidden"])
def test_a_code_never_becomes_a_path(text: str) -> None:
    name = file_name(text)

    assert name.removesuffix(".svg").isalnum()
    assert len(name) == 20


def test_unreadable_orders_end_in_words_not_in_a_trace(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "parcelguard.camera.labels", str(tmp_path)],
        input='[{"number": 1}]',
        text=True,
        capture_output=True,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("no labels: ")
    assert "Traceback" not in done.stderr
