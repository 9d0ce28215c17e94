"""The sentences of the screen for what is sent by hand, and where an order's chat is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from parcelguard.core.config import ShopSettings
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.store.views import HandJob
from parcelguard.ui.words.times import moment

NOTHING = "Nothing is to be sent by hand."
NOTHING_HINT = (
    "Some shops have no chat access. F4 saves their parcels as always, and what their buyers are to get waits"
    " here: the chat opens in the browser, text and photos are a key away, and one key marks it as sent."
)
TEXT_COPIED = "Text copied. Paste it into the chat with Ctrl+V"
DRAG = "Drag the photos into the chat, or copy them with F8"
MAKING = "Making the buyer’s copies…"
TAKE_FIRST = "Enter counts once the chat was opened or something was copied. F10 marks it at once"
NO_PAGE = "No chat page is known for this shop. Channels › ⋯ › Chat page sets it"


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
        return "The chat opens in your browser"
    return "The chat opens in your browser. The order’s number is copied: search for it there"


def photos_copied(count: int) -> str:
    """Return that the pictures can be pasted."""
    return f"{photos(count)} copied. Paste {'it' if count == 1 else 'them'} into the chat with Ctrl+V"


def photos(count: int) -> str:
    """Return how many pictures there are."""
    return "1 photo" if count == 1 else f"{count} photos"


def title(count: int) -> str:
    """Return how much waits for a hand."""
    return "1 order to send by hand" if count == 1 else f"{count:,} orders to send by hand"


def marked(job: HandJob) -> str:
    """Return what was just noted."""
    return f"{job.order_number} is noted as sent by hand"


def about(job: HandJob) -> str:
    """Return who gets it, and since when it waits."""
    return " · ".join(part for part in (job.buyer_name, f"saved {moment(job.saved_at)}") if part)


def label(job: HandJob) -> str:
    """Return the shop's badge."""
    return job.shop.label if job.shop else ""


def row(job: HandJob) -> str:
    """Return the second line of a row, beside the badge."""
    return " · ".join(part for part in (job.buyer_name, photos(len(job.photos))) if part)


def spoken(job: HandJob) -> str:
    """Return a row for a screen reader."""
    return ", ".join(part for part in (label(job), job.order_number, row(job), moment(job.saved_at)) if part)
