"""One reason: what kind it is of, and the numbers and names that belong to it.

Decisions compare kinds and never a sentence. What is stored is a reason; what a person reads is made from
it by `ui.words.reasons`, in his language. The kinds stand in the other modules here, by topic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.reasons.storage import StorageReason

Value: TypeAlias = str | int | float
ReasonKind: TypeAlias = SendingReason | MarketplaceReason | ShopReason | StorageReason | CameraReason
_BY_NAME: dict[str, ReasonKind] = {
    kind.value: kind
    for topic in (SendingReason, MarketplaceReason, ShopReason, StorageReason, CameraReason)
    for kind in topic
}


class Reason(Struct, frozen=True):
    """A kind with its values by name, sorted; two reasons are equal when both are."""

    kind: ReasonKind
    values: tuple[tuple[str, Value], ...] = ()

    def __getitem__(self, name: str) -> Value:
        return dict(self.values)[name]


def because(kind: ReasonKind, **values: Value) -> Reason:
    """Return the reason of a kind, with what its words mention."""
    return Reason(kind, tuple(sorted(values.items())))


def as_told(headline: str, advice: str = "") -> Reason:
    """Return a reason that an earlier version kept as a sentence: it is shown as it stands."""
    return because(SendingReason.AS_TOLD, headline=headline, advice=advice)


def reason_stored(name: str, values: Mapping[str, Value] | None) -> Reason | None:
    """Return the reason that is stored under a kind's name with these values; None for an empty name."""
    if not name:
        return None
    return because(kind_named(name) or SendingReason.MISTAKE, **(values or {}))


def kind_named(name: str) -> ReasonKind | None:
    """Return the kind that is stored under a name; None for one of a newer version."""
    return _BY_NAME.get(name)
