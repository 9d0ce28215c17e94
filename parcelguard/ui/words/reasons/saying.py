"""From a reason to what a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from parcelguard.core.alerts import Alert
from parcelguard.core.reasons.reason import Reason, ReasonKind
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.runtime.translation import tr
from parcelguard.ui.words.reasons.values import SpokenValue


@cache
def words_of_reasons() -> Mapping[ReasonKind, tuple[str, str]]:
    """Return headline and advice of every kind, as they stand in the catalogue."""
    # Loaded with the first reason that is shown: before the first paint there is none to wait for.
    from parcelguard.ui.words.reasons import camera, marketplaces, sending, shops, storage

    topics = (sending.WORDS, marketplaces.WORDS, shops.WORDS, storage.WORDS, camera.WORDS)
    return {kind: words for topic in topics for kind, words in topic.items()}


class Said(NamedTuple):
    """What is wrong, and what is safe or to be done about it; `advice` may be empty."""

    headline: str
    advice: str


NOTHING_SAID = Said("", "")


def said(reason: Reason | None) -> Said:
    """Return a reason in words, in the language in use; nothing for none."""
    if reason is None:
        return NOTHING_SAID
    kept = dict(reason.values)
    if reason.kind is SendingReason.AS_TOLD or "headline" in kept:  # an earlier version's own sentences
        return Said(str(kept.get("headline", "")), str(kept.get("advice", "")))
    values = {name: SpokenValue(value) for name, value in reason.values}
    headline, advice = words_of_reasons()[reason.kind]
    return Said(tr(headline, **values), tr(advice, **values))


def said_alert(alert: Alert) -> Said:
    """Return an alert in words; it begins with its shop where the reason does not name it."""
    words = said(alert.reason)
    if not alert.shop:
        return words
    return Said(tr("{shop}: {sentence}", shop=alert.shop, sentence=words.headline), words.advice)
