"""From a reason to what a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parcelguard.core.reasons.reason import Reason, ReasonKind
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.runtime.translation import tr
from parcelguard.ui.words.reasons import camera, marketplaces, sending, shops, storage

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    **sending.WORDS,
    **marketplaces.WORDS,
    **shops.WORDS,
    **storage.WORDS,
    **camera.WORDS,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is wrong, and what is safe or to be done about it; `advice` may be empty."""

    headline: str
    advice: str


NOTHING_SAID = Said("", "")


def said(reason: Reason | None) -> Said:
    """Return a reason in words, in the language in use; nothing for none."""
    if reason is None:
        return NOTHING_SAID
    values = dict(reason.values)
    if reason.kind is SendingReason.AS_TOLD:
        return Said(str(values.get("headline", "")), str(values.get("advice", "")))
    headline, advice = WORDS[reason.kind]
    return Said(tr(headline, **values), tr(advice, **values))
