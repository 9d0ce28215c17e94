"""Pages whose tokens hold the characters that careless encoding breaks."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

_MARK = b"\xfb\xef\xbf"  # becomes "+++/" in base64

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the token of the page after them; empty at the end."""

    rows: list[Row]
    next_token: str
    total: int


def page_of(
    rows: Iterable[Row], key: Callable[[Row], str], size: int, token: str, *, down: bool
) -> Page[Row] | None:
    """Return the page after the row that a token remembers; None for a token that was never given."""
    ordered = sorted(rows, key=key, reverse=down)
    total = len(ordered)
    if token:
        last = _read(token)
        if last is None:
            return None
        ordered = [row for row in ordered if (key(row) < last if down else key(row) > last)]
    shown = ordered[:size]
    return Page(shown, _token(key(shown[-1])) if len(ordered) > size else "", total)


def _token(last: str) -> str:
    text = last.encode()
    return base64.b64encode(_MARK + text + b" " * (len(text) % 3 == 0)).decode()  # always ends with "="


def _read(token: str) -> str | None:
    try:
        raw = base64.b64decode(token, validate=True)
        return raw.removeprefix(_MARK).decode().rstrip() if raw.startswith(_MARK) else None
    except ValueError:
        return None
