"""What the tests of every marketplace of the sandbox need: clock, picture, client, and the program itself."""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from PIL import Image

from parcelguard.sandbox.running import running
from parcelguard.sandbox.world.world import World

NEW_YEAR = 1767225600  # 2026-01-01 08:00 in the shop's country
PROGRAM = [sys.executable, "-m", "parcelguard.sandbox", "--orders", "3"]


class Clock:
    """The time for both ends of the wire."""

    def __init__(self, now: float = NEW_YEAR + 6 * 3600) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), colour: str = "navy") -> bytes:
    """Return a picture of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return stream.getvalue()


@contextmanager
def served(world: World) -> Iterator[tuple[str, httpx.Client]]:
    """Serve a world, and hand out its address and a client for it."""
    with running(world) as address, httpx.Client(base_url=address, timeout=5) as http:
        yield address, http


def wish_on(page: httpx.Response) -> str:
    """Return what a consent page sends along when a button is pressed."""
    found = re.search(r'name="wish" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


def switch_on(http: httpx.Client, kind: str, **switch: object) -> None:
    """Switch a fault on."""
    answer = http.post("/admin/faults", json={"kind": kind, **switch})
    assert answer.status_code == 200, answer.text
