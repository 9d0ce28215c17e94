"""Bad weather for the demo: what marketplaces and networks do wrong, in a mixed order that repeats."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

SENDING = "(sending)"  # the sandbox's name for the calls that post a message, at every marketplace
_WHILE_SENDING: tuple[Mapping[str, Any], ...] = (
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "timeout_after_accept", "value": 1.0},
    {"kind": "status_5xx", "value": 502},
    {"kind": "status_5xx", "value": 503, "processed": True},
    {"kind": "non_json"},
    {"kind": "non_json", "processed": True},
    {"kind": "rate_limit", "value": 1},
    {"kind": "latency_s", "value": 0.5},
    {"kind": "late_filter", "value": 1.0},
    {"kind": "missing_message_id"},
)
_ANYWHERE: tuple[Mapping[str, Any], ...] = (
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "status_5xx", "value": 503},
    {"kind": "non_json"},
    {"kind": "rate_limit", "value": 1},
    {"kind": "latency_s", "value": 0.5},
    {"kind": "expire_tokens"},
)
SENDS_EACH = 4  # messages of one order
CALLS_EACH = 12
BETWEEN_SENDS = 6  # of one manner's blows and the next, on average
BETWEEN_CALLS = 20


def storm(orders: int, seed: int = 4) -> Iterator[dict[str, Any]]:
    """Yield the fault switches for a run of so many orders: one call in six or so meets with something."""
    numbers = random.Random(seed)  # noqa: S311 - weather, nothing secret
    yield from _blows(numbers, _WHILE_SENDING, SENDING, orders * SENDS_EACH, BETWEEN_SENDS)
    yield from _blows(numbers, _ANYWHERE, "", orders * CALLS_EACH, BETWEEN_CALLS)


def _blows(
    numbers: random.Random, manners: tuple[Mapping[str, Any], ...], path: str, calls: int, between: int
) -> Iterator[dict[str, Any]]:
    at = numbers.randrange(between)
    while at < calls:
        yield {**numbers.choice(manners), "path": path, "times": 1, "after": at}
        at += numbers.randrange(1, 2 * between)
