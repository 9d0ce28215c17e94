"""What a demo run achieved, counted from the sandbox's transcript and the disk, not from the app."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from parcelguard.core.message_id import msgid
from parcelguard.disk.files import THUMBNAIL_SUFFIX
from parcelguard.runtime.translation import tr, trn

LATENCIES = {
    "scan_answer": msgid("scan answer"),
    "f1_thumbnail": msgid("f1 thumbnail"),
    "f4_ready": msgid("f4 ready"),
    "f4_accepted": msgid("f4 accepted"),
}


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th percentile and maximum of some times, in milliseconds."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, times_s: Sequence[float]) -> Spread:
        """Summarise times given in seconds."""
        if not times_s:
            return cls(0.0, 0.0, 0.0)
        if len(times_s) == 1:
            only = round(times_s[0] * 1000, 1)
            return cls(only, only, only)
        cuts = quantiles(times_s, n=100, method="inclusive")
        return cls(*(round(value * 1000, 1) for value in (cuts[49], cuts[94], max(times_s))))


@dataclass(frozen=True, slots=True)
class Waiting:
    """One saved order that is not delivered: what a supervisor reads, and how many messages are not out."""

    reason: str
    messages: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What the station's records say at the end, by order number or message id."""

    sent: frozenset[str] = frozenset()
    handed: frozenset[str] = frozenset()
    waiting: tuple[Waiting, ...] = ()
    photos: Mapping[str, int] = field(default_factory=dict)
    together: int = 0  # messages that several photos in one picture took the place of


NOTHING_KEPT = Kept()


@dataclass(slots=True)
class Observed:
    """What the driver saw on the screen; times in seconds."""

    orders: list[str] = field(default_factory=list)  # order numbers saved with F4
    by_hand: set[str] = field(default_factory=set)  # those that a person sends
    ticks: int = 0  # photos whose thumbnail appeared
    lateness: list[float] = field(default_factory=list)
    frames: int = 0
    trouble: str = ""  # why the driver gave up
    watched_s: float = 0.0
    latency: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in LATENCIES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The result of one run.

    `handed`: orders that a person said he sent. `waiting`: saved orders that are not delivered, by what
    a supervisor reads about each; what waits without a reason counts as lost.
    """

    orders: int
    photos: int
    accepted: int
    lost: int
    doubled: int
    false_sent: int = 0
    handed: int = 0
    waiting: Mapping[str, int] = field(default_factory=dict)
    transcript_messages: int
    preview_fps: float
    event_loop_p99_ms: float
    latency_ms: Mapping[str, Spread]

    @property
    def clean(self) -> bool:
        """Whether everything promised was kept."""
        return self.lost == self.doubled == self.false_sent == 0

    def summary(self) -> str:
        """Return the one line that counts."""
        waiting = sum(self.waiting.values())
        figures = (
            tr("orders {number}", number=self.orders),
            tr("photos {number}", number=self.photos),
            tr("accepted {number}", number=self.accepted),
            tr("by hand {number}", number=self.handed) if self.handed else "",
            tr("waiting {number}", number=waiting) if waiting else "",
            tr("lost {number}", number=self.lost),
            tr("doubled {number}", number=self.doubled),
            tr("false sent {number}", number=self.false_sent) if waiting or self.false_sent else "",
        )
        return " · ".join(figure for figure in figures if figure)

    def table(self) -> str:
        """Return everything for a terminal."""
        rows = [f"{'':<14}{'p50':>10}{'p95':>10}{'max':>10}   ms"]
        rows += [
            f"{tr(LATENCIES[name]):<14}{each.p50:>10.1f}{each.p95:>10.1f}{each.max:>10.1f}"
            for name, each in self.latency_ms.items()
        ]
        frames, late = f"{self.preview_fps:.1f}", f"{self.event_loop_p99_ms:.1f}"
        rows.append(tr("picture: {frames} frames shown per second", frames=frames))
        rows.append(tr("event loop: {late} ms late (p99)", late=late))
        rows += [
            trn("{count} waits: {reason}", "{count} wait: {reason}", number, reason=reason)
            for reason, number in self.waiting.items()
        ]
        return "\n".join([*rows, "", self.summary()])

    def json(self) -> str:
        """Return everything as JSON."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "latency_ms"}
        values["latency_ms"] = {
            name: {"p50": each.p50, "p95": each.p95, "max": each.max}
            for name, each in self.latency_ms.items()
        }
        return json.dumps(values, indent=2)


def count(
    observed: Observed, transcript: Sequence[Mapping[str, Any]], media: Path, kept: Kept = NOTHING_KEPT
) -> Figures:
    """Compare what the screen acknowledged with the disk and the marketplaces.

    Lost: acknowledged photos without an unharmed file, and messages of saved orders that neither
    arrived nor wait for a reason. Doubled: messages beyond one text and each photo once.
    False sent: messages that the records call sent and no marketplace has.
    """
    whole, originals = _originals(media)
    open_parts = sum(each.messages for each in kept.waiting)
    handed = len(observed.by_hand & kept.handed)
    unmarked = len(observed.by_hand) - handed
    photos_by_hand = sum(kept.photos.get(order, 0) for order in observed.by_hand)
    expected = observed.ticks - photos_by_hand + len(observed.orders) - len(observed.by_hand)
    expected -= kept.together
    same = Counter(
        (
            each.get("shop_id"),
            each["order_sn"],
            each["message_type"],
            each.get("text") or each.get("image_sha256"),
        )
        for each in transcript
    )
    repeated = sum(times - 1 for times in same.values())
    missing = max(0, expected - len(same) - open_parts) + unmarked
    cuts = sorted(observed.lateness)
    return Figures(
        orders=len(observed.orders),
        photos=whole,
        accepted=len(same),
        lost=max(0, observed.ticks - whole) + (originals - whole) + missing,
        doubled=repeated + max(0, len(same) - expected),
        false_sent=len(kept.sent - {str(each["message_id"]) for each in transcript}) if kept.sent else 0,
        handed=handed,
        waiting=Counter(each.reason for each in kept.waiting),
        transcript_messages=len(transcript),
        preview_fps=round(observed.frames / observed.watched_s, 1) if observed.watched_s else 0.0,
        event_loop_p99_ms=round(cuts[int(len(cuts) * 0.99)] * 1000, 1) if cuts else 0.0,
        latency_ms={name: Spread.of(times) for name, times in observed.latency.items()},
    )


def _originals(media: Path) -> tuple[int, int]:
    """Return how many originals hold what their name says, and how many there are."""
    originals = [path for path in media.rglob("*.jpg") if not path.name.endswith(THUMBNAIL_SUFFIX)]
    whole = sum(
        hashlib.sha256(path.read_bytes()).hexdigest().startswith(path.stem.rsplit("-", 1)[-1])
        for path in originals
    )
    return whole, len(originals)
