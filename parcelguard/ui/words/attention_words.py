"""What a group of messages that wait for a person is called, and what to know before sending them."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr
from parcelguard.store.views import AttentionGroup, AttentionTopic
from parcelguard.ui.words.reasons.saying import said

_TITLES: Mapping[AttentionTopic, str] = {
    AttentionTopic.ARRIVAL: msgid("Not sure it arrived"),
    AttentionTopic.CHECKING: msgid("Being looked for in the chat"),
    AttentionTopic.LATE: msgid("Not sent in time"),
    AttentionTopic.QUIET: msgid("Held for the night"),
    AttentionTopic.ORDER_CANCELLED: msgid("The order is cancelled: nothing was sent"),
    AttentionTopic.SHOP_OFF: msgid("The shop sends no messages"),
    AttentionTopic.BUDGET: msgid("Too few messages left for the buyer"),
    AttentionTopic.NOTHING_LEFT: msgid("No messages left for the buyer"),
    AttentionTopic.WITHOUT_PHOTO: msgid("A photo is missing or was changed"),
    AttentionTopic.HIDDEN: msgid("Accepted, but hidden by the marketplace"),
}


def group_title(group: AttentionGroup) -> str:
    """Return what a group waits for; where the marketplace said no, what it said."""
    if group.topic in _TITLES:
        return tr(_TITLES[group.topic])
    return said(group.reason).headline


def night_words(group: AttentionGroup) -> str:
    """Return what hour it is where a group's buyers live, while that is one of their quiet ones."""
    if group.night is None:
        return ""
    return tr(
        "It is {now} where the buyers live: quiet hours until {until}.",
        now=f"{group.night.now:%H:%M}",
        until=f"{group.night.until:%H:%M}",
    )
