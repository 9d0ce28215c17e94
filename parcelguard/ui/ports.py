"""What the screens ask of the program; `app` plugs the real things in.

None of these calls waits: packing commands are posted to the desk's thread, camera calls
only write a message. Log calls do read the database and are made off the window's thread.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from parcelguard.domain import Scan
from parcelguard.store.views import LogFilter, LogPage, LogQuery, ProofDetail


class PackControls(Protocol):
    """The packer's five keys and the scanner."""

    def scan(self, scan: Scan) -> None: ...
    def take_photo(self) -> None: ...
    def retake(self) -> None: ...
    def save(self) -> None: ...
    def clear(self) -> None: ...


class Picture(Protocol):
    """One preview frame in shared memory: BGR, 8 bits each; valid until the next one is fetched."""

    @property
    def buffer(self) -> memoryview: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def stride(self) -> int: ...
    @property
    def number(self) -> int: ...


class Preview(Protocol):
    """Where the picture comes from; sizes in device pixels."""

    def frame(self) -> Picture | None: ...
    def set_view(self, width: int, height: int) -> None: ...


class Decision(StrEnum):
    """A supervisor's answer about a part whose fate is unknown."""

    THERE = "there"
    SEND_AGAIN = "send_again"
    LEAVE = "leave"


class LogDesk(Protocol):
    """Reading the media log and mending what went wrong. Every call may raise ParcelGuardError."""

    def page(self, query: LogQuery, after: tuple[datetime, str] | None) -> LogPage: ...
    def counts(self, query: LogQuery) -> dict[LogFilter, int]: ...
    def detail(self, proof_id: str) -> ProofDetail: ...
    def unchanged(self, proof_id: str) -> bool: ...
    def resend(self, proof_id: str, text: str, reason: str) -> None: ...
    def decide(self, part_id: str, decision: Decision) -> None: ...
    def media_path(self, relative: str) -> Path: ...
