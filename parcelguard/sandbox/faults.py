"""FaultSwitch switches: what the marketplace gets wrong on purpose, how often and where.

A switch says what; the code that would get it right asks `strike` at that very point, so `after` and `times`
count the requests that really came that far.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from parcelguard.sandbox.world.shapes import SHAPES

SEND = "(sending)"  # stands for the call by which a message is sent, at every marketplace

# kind: (value when none is given, part of the path when none is given)
KINDS: dict[str, tuple[Any, str]] = {
    "latency_s": (1.0, ""),
    "timeout_after_accept": (60.0, SEND),
    "drop_before": (None, ""),
    "drop_after": (None, ""),
    "status_5xx": (503, ""),
    "non_json": (None, ""),
    "error": (None, ""),
    "http_491": (None, "sellerchat"),
    "rate_limit": (1, ""),
    "requests_per_s": (5, ""),
    "sends_per_minute": (20, SEND),
    "missing_message_id": (None, SEND),
    "numeric_ids": (None, ""),
    "late_filter": (600.0, SEND),
    "list_delay_s": (30.0, SEND),
    "empty_tracking": (None, ""),
    "null_fields": (None, ""),
    "omit_unknown_orders": (None, ""),
    "order_card_first_only": (None, SEND),
    "refuse_source_content": (None, SEND),
    "expire_tokens": (None, ""),
    "revoke": (None, ""),
    "all_200": (None, ""),
    "quoted_scalars": (None, ""),
    "naive_dates": (None, ""),
    "refusal_in_err_code": (None, ""),
    "rewritten_urls": (None, ""),
    "clock_offset_s": (600.0, ""),
}
ONCE = frozenset({"expire_tokens", "revoke"})  # one blow; forever would leave no way back
_NUMBERS = frozenset({"latency_s", "timeout_after_accept", "late_filter", "list_delay_s", "clock_offset_s"})
_WHOLE = frozenset({"status_5xx", "rate_limit", "requests_per_s", "sends_per_minute"})


class UnknownSwitch(ValueError):
    """The switch does not exist or is set to something it cannot mean."""


@dataclass(slots=True)
class FaultSwitch:
    """One switch that is on."""

    id: int
    kind: str
    value: Any
    path: str
    times: int | None = None
    after: int = 0
    error: str = "error_server"
    message: str = "Something went wrong on our side."
    status: int | None = None
    status_text: str = "blocked"  # what a late filter turns the message into
    processed: bool = False  # whether the request takes effect before the bad answer
    seen: int = 0
    used: int = 0

    @classmethod
    def from_json(cls, number: int, posted: Mapping[str, Any]) -> Self:
        """Read a switch as it was posted."""
        kind = posted.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise UnknownSwitch(f"kind must be one of: {', '.join(KINDS)}")
        unknown = set(posted) - _FIELDS
        if unknown:
            raise UnknownSwitch(f"unknown fields: {', '.join(sorted(unknown))}")
        value, path = KINDS[kind]
        rest = {name: given for name, given in posted.items() if name not in ("kind", "value", "path")}
        rest.setdefault("times", 1 if kind in ONCE else None)
        fault = cls(number, kind, posted.get("value", value), posted.get("path", path), **rest)
        fault.check()
        return fault

    def check(self) -> None:
        """Refuse a setting that could only fail later, in the middle of a request."""
        wanted: tuple[type, ...] = (int, float) if self.kind in _NUMBERS else (int,)
        if self.kind in _NUMBERS | _WHOLE and (
            isinstance(self.value, bool) or not isinstance(self.value, wanted)
        ):
            raise UnknownSwitch(f"{self.kind} needs a number as value")
        if self.kind == "null_fields" and not isinstance(self.value, list):
            raise UnknownSwitch("null_fields needs a list of field names as value")
        if self.times is not None and not isinstance(self.times, int):
            raise UnknownSwitch("times must be a whole number or null")
        if not isinstance(self.after, int) or not isinstance(self.path, str):
            raise UnknownSwitch("after must be a whole number and path a text")

    def strikes(self, path: str) -> bool:
        """Count one request and say whether the fault strikes it."""
        meant = _sends(path) if self.path == SEND else self.path in path
        if not meant or (self.times is not None and self.used >= self.times):
            return False
        # Counted only where path and limit fit, so `after` means requests that really came that far.
        self.seen += 1
        if self.seen <= self.after:
            return False
        self.used += 1
        return True


_FIELDS = {
    "kind",
    "value",
    "path",
    "times",
    "after",
    "error",
    "message",
    "status",
    "status_text",
    "processed",
}


def _sends(path: str) -> bool:
    """Whether a request is one by which a marketplace is given a message."""
    return any(row.sends and re.search(f"{row.sends}$", path) for row in SHAPES.values())


class FaultSwitches:
    """All switches that are on, in the order they were set."""

    def __init__(self) -> None:
        self._faults: list[FaultSwitch] = []
        self._given = 0

    def add(self, posted: Mapping[str, Any]) -> FaultSwitch:
        """Switch one on."""
        fault = FaultSwitch.from_json(self._given + 1, posted)
        self._given += 1
        self._faults.append(fault)
        return fault

    def set(self, kind: str, value: Any = None, **limits: Any) -> FaultSwitch:
        """Switch one on from code; same names as over the wire."""
        posted = {"kind": kind, **limits}
        return self.add(posted if value is None else {**posted, "value": value})

    def clear(self, number: int | None = None) -> None:
        """Switch one off, or all."""
        self._faults = [fault for fault in self._faults if number not in (None, fault.id)]

    def strike(self, kind: str, path: str) -> FaultSwitch | None:
        """Return the switch of this kind that strikes this request, and count it.

        `path` may begin with the method where one path both reads and sends: "GET /…".
        """
        return next((fault for fault in self._faults if fault.kind == kind and fault.strikes(path)), None)

    def clock_offset_s(self) -> float:
        """How far the marketplace's clock is off."""
        return float(sum(fault.value for fault in self._faults if fault.kind == "clock_offset_s"))

    def listed(self) -> list[dict[str, Any]]:
        """Return every switch with its counts, ready for JSON."""
        return [asdict(fault) for fault in self._faults]
