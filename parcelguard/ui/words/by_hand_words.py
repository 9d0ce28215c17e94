"""The sentences of the screen for what is sent by hand, and where an order's chat is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from parcelguard.core.config import ShopSettings
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr, trn
from parcelguard.store.views import HandJob
from parcelguard.ui.words.part_words import count_photos
from parcelguard.ui.words.times import moment

NOTHING = msgid("Nothing to send by hand.")
NOTHING_HINT = msgid(
    "Some shops have no chat access. F4 saves their parcels as always, and messages to their buyers wait "
    "here. One key opens the chat in the browser, others copy text and photos, and one marks it as sent."
)
TEXT_COPIED = msgid("Text copied. Paste it into the chat with Ctrl+V")
DRAG = msgid("Drag the photos into the chat, or copy them with F8")
MAKING = msgid("Making the buyer’s copies…")
TAKE_FIRST = msgid("Open the chat or copy something first, then Enter marks it. F10 marks it at once")
NO_PAGE = msgid("No chat page is known for this shop. Set it under Channels › ⋯ › Chat page")


@dataclass(frozen=True, slots=True)
class ChatPage:
    """Where a person finds an order's chat. `exact`: at the chat itself, not at the list of all chats."""

    address: str
    exact: bool


def chat_page(job: HandJob, shops: Mapping[str, ShopSettings]) -> ChatPage | None:
    """Return the shop's own page, or that of its marketplace's seller centre; None where nobody has said."""
    if job.shop is None:
        return None
    own = shops.get(job.shop.id)
    usual = marketplace(job.shop.marketplace).chat_page.get(job.shop.region, "")
    template = (own.chat_page if own else "") or usual
    if not template:
        return None
    return ChatPage(template.replace("{order}", quote(job.order_number, safe="")), "{order}" in template)


def opened(page: ChatPage) -> str:
    """Return what to do in the browser; a chat that is not the order's own is found by its number."""
    if page.exact:
        return tr("The chat opens in your browser")
    return tr("The chat opens in your browser. The order number is copied: search for it there")


def photos_copied(count: int) -> str:
    """Return that the pictures can be pasted."""
    return trn(
        "{count} photo copied. Paste it into the chat with Ctrl+V",
        "{count} photos copied. Paste them into the chat with Ctrl+V",
        count,
    )


def photos_for_buyer(count: int) -> str:
    """Return what a screen reader says of the pictures that can be dragged."""
    return trn("{count} photo for the buyer", "{count} photos for the buyer", count)


def title(count: int) -> str:
    """Return how much waits for a hand."""
    return trn("{count} order to send by hand", "{count} orders to send by hand", count)


def marked(job: HandJob) -> str:
    """Return what was just noted."""
    return tr("{order} is marked as sent by hand", order=job.order_number)


def about(job: HandJob) -> str:
    """Return who gets it, and since when it waits."""
    return " · ".join(
        fact for fact in (job.buyer_name, tr("saved {moment}", moment=moment(job.saved_at))) if fact
    )


def label(job: HandJob) -> str:
    """Return the shop's badge."""
    return job.shop.label if job.shop else ""


def row(job: HandJob) -> str:
    """Return the second line of a row, beside the badge."""
    return " · ".join(fact for fact in (job.buyer_name, count_photos(len(job.photos))) if fact)


def spoken(job: HandJob) -> str:
    """Return a row for a screen reader."""
    return ", ".join(fact for fact in (label(job), job.order_number, row(job), moment(job.saved_at)) if fact)


def with_key(key: str, action: str) -> str:
    """Return what a button says that has a key of its own, or none."""
    return f"{key}  {action}" if key else action


def key_spoken(key: str, action: str) -> str:
    """Return what a screen reader says of a button and its key."""
    return tr("{action}, {key}", action=action, key=key) if key else action
