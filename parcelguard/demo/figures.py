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

from parcelguard.store.files import THUMBNAIL_SUFFIX


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


@dataclass(slots=True)
class Observed:
    """What the driver saw on the screen; times in seconds."""

    orders: list[str] = field(default_factory=list)  # order numbers saved with F4
    ticks: int = 0  # photos whose thumbnail appeared
    lateness: list[float] = field(default_factory=list)
    frames: int = 0
    trouble: str = ""  # why the driver gave up
    watched_s: float = 0.0
    latency: dict[str, list[float]] = field(
        default_factory=lambda: {"scan_answer": [], "f1_thumbnail": [], "f4_ready": [], "f4_accepted": []}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The result of one run."""

    orders: int
    photos: int
    accepted: int
    lost: int
    doubled: int
    transcript_messages: int
    preview_fps: float
    event_loop_p99_ms: float
    latency_ms: Mapping[str, Spread]

    @property
    def clean(self) -> bool:
        """Whether everything promised was kept."""
        return self.lost == 0 and self.doubled == 0

    def summary(self) -> str:
        """Return the one line that counts."""
        return (
            f"orders {self.orders} · photos {self.photos} · accepted {self.accepted} "
            f"· lost {self.lost} · doubled {self.doubled}"
        )

    def table(self) -> str:
        """Return everything for a terminal."""
        rows = [f"{'':<14}{'p50':>10}{'p95':>10}{'max':>10}   ms"]
        rows += [
            f"{name.replace('_', ' '):<14}{each.p50:>10.1f}{each.p95:>10.1f}{each.max:>10.1f}"
            for name, each in self.latency_ms.items()
        ]
        rows.append(f"{'picture':<14}{self.preview_fps:>10.1f} frames/s shown")
        rows.append(f"{'event loop':<14}{self.event_loop_p99_ms:>10.1f} ms late (p99)")
        return "\n".join([*rows, "", self.summary()])

    def json(self) -> str:
        """Return everything as JSON."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "latency_ms"}
        values["latency_ms"] = {
            name: {"p50": each.p50, "p95": each.p95, "max": each.max}
            for name, each in self.latency_ms.items()
        }
        return json.dumps(values, indent=2)


def count(observed: Observed, transcript: Sequence[Mapping[str, Any]], media: Path) -> Figures:
    """Compare what the screen acknowledged with the disk and the marketplace.

    Lost: acknowledged photos without an unharmed file, and messages of saved orders that never
    arrived. Doubled: messages beyond one text and each photo once.
    """
    whole, originals = _originals(media)
    expected = observed.ticks + len(observed.orders)
    same = Counter(
        (each["order_sn"], each["message_type"], each.get("text") or each.get("image_sha256"))
        for each in transcript
    )
    repeated = sum(times - 1 for times in same.values())
    cuts = sorted(observed.lateness)
    return Figures(
        orders=len(observed.orders),
        photos=whole,
        accepted=len(same),
        lost=max(0, observed.ticks - whole) + (originals - whole) + max(0, expected - len(same)),
        doubled=repeated + max(0, len(same) - expected),
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
