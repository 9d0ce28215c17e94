"""Puts something else in a program's place, for harnesses that break it on purpose."""

from __future__ import annotations


def swap(owner: object, name: str, other: object) -> None:
    """Replace what `owner` calls `name` until this process ends; it has to be there."""
    assert hasattr(owner, name), name
    setattr(owner, name, other)
