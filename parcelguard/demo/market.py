"""The sandbox as a process of its own, and what the demo asks of it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from typing import Any

from parcelguard.errors import ParcelGuardError

ANSWER_S = 10


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """One order waiting at the sandbox."""

    number: str
    tracking: str
    buyer: str
    items: tuple[tuple[str, int], ...]
    plain: bool


class Market:
    """A running sandbox; it ends with this process, whatever happens."""

    def __init__(self, orders: int, *, plain: bool) -> None:
        command = [sys.executable, "-m", "parcelguard.sandbox", "--port", "0", "--orders", str(orders)]
        command += ["--stop-with-stdin", *(["--plain"] if plain else [])]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)  # noqa: S603
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise ParcelGuardError(
                "the sandbox did not start",
                headline="The sandbox marketplace did not start.",
                advice="Install what it needs with: pip install 'parcelguard[sandbox]'",
            )
        self.address: str = json.loads(line)["address"]

    @property
    def buyer_page(self) -> str:
        """Where a browser shows the chat as the buyer sees it."""
        return f"{self.address}/buyer"

    def seller(self) -> dict[str, Any]:
        """Return a shop's ready credentials."""
        return dict(self._get("seller"))

    def orders(self) -> list[DemoOrder]:
        """Return the orders that wait to be packed."""
        return [_order(row) for row in self._get("orders")]

    def transcript(self) -> list[dict[str, Any]]:
        """Return every message the sandbox accepted, in order."""
        return list(self._get("transcript"))

    def close(self) -> None:
        """End the sandbox."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _get(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self.address}/admin/{what}", timeout=ANSWER_S) as answer:  # noqa: S310
            return json.load(answer)


def _order(row: dict[str, Any]) -> DemoOrder:
    return DemoOrder(
        number=row["order_sn"],
        tracking=row["tracking_number"] or "",
        buyer=row["buyer"]["name"],
        items=tuple((item["name"], int(item["quantity"])) for item in row["items"]),
        plain=row["status"] == "PROCESSED" and bool(row["tracking_number"]),
    )
