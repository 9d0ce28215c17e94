"""How a shop's access is called, on the Channels screen and on the command line alike."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.marketplace_facts import Marketplace
from parcelguard.core.message_id import msgid
from parcelguard.marketplace.ports import Access, AccessState
from parcelguard.runtime.translation import tr, trn
from parcelguard.shops.consent import PATH, PORT
from parcelguard.shops.loopback import HERE
from parcelguard.shops.standing import Standing
from parcelguard.ui.words.reasons.saying import said

CALLBACK = f"http://{HERE}:{PORT}{PATH}"  # what to enter in a marketplace's console
_NAMES: Mapping[AccessState, str] = {
    AccessState.AUTHORISED: msgid("Authorised"),
    AccessState.CONSENT_AGAIN: msgid("Needs consent again"),
    AccessState.NO_CHAT: msgid("No chat permission"),
    AccessState.NOT_CONNECTED: msgid("Not authorised"),
    AccessState.UNREACHABLE: msgid("Cannot be reached now"),
    AccessState.BY_HAND: msgid("By hand"),
}


def access_name(standing: Standing) -> str:
    """Return what a shop may do, in a few words."""
    if not standing.ends_soon or standing.days_left is None:
        return tr(_NAMES[standing.state])
    if standing.days_left == 0:
        return tr("Expires within a day")
    return trn("Expires in {count} day", "Expires in {count} days", standing.days_left)


def days_left(standing: Standing) -> str:
    """Return how long the consent holds; empty where that is not known, or said by its name already."""
    if standing.days_left is None or standing.ends_soon:
        return ""
    return trn("{count} day left", "{count} days left", standing.days_left)


def access_words(standing: Standing) -> str:
    """Return both: 'Authorised · 26 days left'."""
    return " · ".join(each for each in (access_name(standing), days_left(standing)) if each)


def missing_words(access: Access) -> str:
    """Return what a shop's access lacks and what to do about it; empty when all is well."""
    words = said(access.reason)
    return " ".join(each for each in (words.headline, words.advice) if each)


def apply_words(row: Marketplace) -> str:
    """Return what to apply for at a marketplace, and where."""
    return " ".join(tr(each, callback=CALLBACK) for each in row.apply)


def notice_words(row: Marketplace) -> str:
    """Return what must have been read before sending is switched on."""
    return " ".join(tr(each) for each in row.notice)
