"""What the seller's browser shows when it comes back from a marketplace."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import Reason, ReasonKind
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.runtime.translation import language, tr
from parcelguard.shops.loopback import PageText
from parcelguard.ui.words.reasons.saying import said

_GO_BACK = msgid("Go back to ParcelGuard and begin again.")
# In the browser another thing is to be done about these than on the Channels screen.
_ADVICE_THERE: Mapping[ReasonKind, str] = {
    ShopReason.NOT_THE_WHOLE_ADDRESS: _GO_BACK,
    ShopReason.OTHER_ATTEMPT: _GO_BACK,
    ShopReason.CONSENT_ANSWERED: msgid("You can close this window."),
}


def page_words(reason: Reason) -> PageText:
    """Return a page in the language in use."""
    words = said(reason)
    advice = tr(_ADVICE_THERE[reason.kind]) if reason.kind in _ADVICE_THERE else words.advice
    return PageText(words.headline, advice, language().replace("_", "-"))
