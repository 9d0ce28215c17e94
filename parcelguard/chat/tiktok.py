"""TikTok Shop's customer service chat; in Indonesia, Tokopedia & Shop.

There is no message id of the client's and nothing can be taken back, so nothing here repeats a
message; the outbox decides. Creating a conversation is harmless: one that exists is returned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from parcelguard.chat.read_back import (
    EXCERPT,
    Message,
    ReadMessage,
    before,
    excerpt,
    look_through,
    same_picture,
    tail,
)
from parcelguard.chat.same_words import same_words
from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    Held,
    NotAllowed,
    NotSent,
    Refused,
)
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.ports import (
    ChannelPolicy,
    HouseRules,
    Look,
    Picture,
    Receipt,
    SentMark,
    Target,
    Wire,
)
from parcelguard.marketplace.answers import entry, moment, rows
from parcelguard.marketplace.tiktok.client import (
    CONVERSATIONS,
    SIGNATURE_WINDOW,
    TikTokClient,
    cancelled,
)
from parcelguard.marketplace.tiktok.codes import no_conversation
from parcelguard.marketplace.tiktok.signing import json_text

UPLOAD = "/customer_service/202309/images/upload"
PAGE = 10  # the most that is allowed
PAGES = 3
CALLS_A_DAY = 10_000
WARNINGS = frozenset({"45109001", "45109003", "45101006"})  # may not be written to; forbidden words
BUYER = "BUYER"
WAITING_STATES = ("UNPAID", "ON_HOLD")  # nothing to pack yet: not paid, or freely cancelled for an hour


def tiktok_chat(client: TikTokClient, shop: ShopSettings, house: HouseRules) -> TikTokChat:  # noqa: ARG001
    """Return what reaches a shop's buyers."""
    return TikTokChat(client, house)


class TikTokChat:
    """Sends order photos to the buyers of one shop."""

    def __init__(self, client: TikTokClient, house: HouseRules) -> None:
        self._client = client
        self._policy = house.policy(
            signature_window=SIGNATURE_WINDOW,
            check_after=timedelta(minutes=10),
            calls_per_day=CALLS_A_DAY,
            warnings=WARNINGS,
            longest_text=marketplace("tiktok").longest_text,
        )

    @property
    def policy(self) -> ChannelPolicy:
        """How TikTok Shop wants to be used."""
        return self._policy

    @property
    def clock_offset(self) -> timedelta:
        """By how much TikTok Shop's clock is ahead."""
        return self._client.clock.offset

    def upload_picture(self, picture: bytes) -> str:
        """Store a picture and return its address. Shown to nobody, so repeating is harmless."""
        address = str(self._client.upload(UPLOAD, picture).get("url") or "")
        if not address:
            raise NotSent("upload answered without url")
        return address

    def open_conversation(self, target: Target, planned: int) -> str:  # noqa: ARG002
        """Read the order again; hold when cancelled, not to be packed or another buyer's. Open the chat."""
        self._check(target)
        return self._conversation(target)

    def send_text(self, target: Target, text: str, wire: Wire) -> Receipt:
        """Post a text."""
        return self._send(target, "TEXT", {"content": text}, wire)

    def send_image(self, target: Target, picture: Picture, wire: Wire) -> Receipt:
        """Post an uploaded picture."""
        width, height = picture.size
        content = {"url": picture.address, "width": width, "height": height}
        return self._send(target, "IMAGE", content, wire)

    def look_for_message(self, target: Target, mark: SentMark) -> Look:
        """Read the conversation back for own messages that match."""
        conversation = target.conversation_id or self._conversation(target)
        pages = self._pages(conversation)
        return look_through(pages, lambda message: _read(message, mark), mark.since, conversation)

    def hidden_messages(
        self, target: Target, message_ids: Collection[str], since: datetime
    ) -> frozenset[str]:
        """Return which of these messages the buyer does not see, though they were accepted."""
        hidden = set()
        for page in self._pages(target.conversation_id) if target.conversation_id else ():
            for message in page or ():
                if str(message.get("id") or "") in message_ids and message.get("is_visible") is False:
                    hidden.add(str(message["id"]))
            if page is None or any(before(_sent_at(each), since) for each in page):
                break
        return frozenset(hidden)

    def take_back(self, target: Target, message_id: str, kind: PartKind) -> None:  # noqa: ARG002
        """Refuse: nothing can be taken back here."""
        raise Refused(
            "no recall",
            because(MarketplaceReason.NEVER_TAKEN_BACK, marketplace=self._client.title),
            code="no_recall",
        )

    # ---- steps -------------------------------------------------------------------------

    def _send(self, target: Target, kind: str, content: Mapping[str, Any], wire: Wire) -> Receipt:
        body = {"type": kind, "content": json_text(content).decode()}

        def post(conversation: str) -> Receipt:
            path = f"{CONVERSATIONS}/{conversation}/messages"
            answer = self._client.send(path, body, wire.signed_at, wire.mark)
            return Receipt(message_id=str(answer.get("message_id") or ""), conversation_id=conversation)

        return self._reopened(target, post)

    def _reopened(self, target: Target, post: Callable[[str], Receipt]) -> Receipt:
        """Post into the conversation, and once more into a fresh one when that is gone: nothing was taken."""
        if not target.conversation_id:
            return post(self._conversation(target))
        try:
            return post(target.conversation_id)
        except NotAllowed as error:
            if not no_conversation(error):
                raise
        return post(self._conversation(target))

    def _conversation(self, target: Target) -> str:
        answer = self._client.post(CONVERSATIONS, {"buyer_user_id": target.buyer_id})
        conversation = str(answer.get("conversation_id") or "")
        if not conversation:
            raise NotSent("create conversation answered without id")
        return conversation

    def _check(self, target: Target) -> None:
        orders = self._client.orders([target.order_number])
        order = next((each for each in orders if str(each.get("id")) == target.order_number), None)
        title = self._client.title
        if order is None:
            raise _held("order_not_found", because(MarketplaceReason.ORDER_UNKNOWN, marketplace=title))
        if cancelled(order):
            raise _held("order_cancelled", because(SendingReason.ORDER_CANCELLED))
        if order.get("is_on_hold_order") is True or order.get("status") in WAITING_STATES:
            raise _held("order_on_hold", because(MarketplaceReason.ORDER_ON_HOLD))
        if str(order.get("user_id") or "") != target.buyer_id:
            raise _held("buyer_changed", because(MarketplaceReason.BUYER_CHANGED, marketplace=title))

    def _pages(self, conversation: str) -> Iterator[list[Message] | None]:
        """Yield pages of messages, the newest first, and None at the conversation's beginning; at most three.

        A message that comes while the pages are read moves the others: one may stand on two pages.
        """
        seen: set[str] = set()
        query = {"page_size": str(PAGE), "sort_order": "DESC", "sort_field": "create_time"}
        for _ in range(PAGES):
            answer = self._client.get(f"{CONVERSATIONS}/{conversation}/messages", **query)
            messages = rows(answer.get("messages"))
            yield [each for each in messages if str(each.get("id") or "") not in seen]
            seen.update(str(each["id"]) for each in messages if each.get("id"))
            following = str(answer.get("next_page_token") or "")
            if not following:
                yield None
                return
            query["page_token"] = following


def _held(code: str, reason: Reason) -> Held:
    return Held(code, reason, code=code)


def _own(message: Message) -> bool:
    """Whether the shop's side wrote it; as whom its messages are shown is not known for sure."""
    return entry(message.get("sender")).get("role") not in (None, "", BUYER)


def _sent_at(message: Message) -> datetime | None:
    return moment(message.get("create_time"))


def _read(message: Message, mark: SentMark) -> ReadMessage:
    own = _own(message)
    return ReadMessage(
        id=str(message.get("id") or ""),
        sent_at=_sent_at(message),
        own=own,
        kind=str(message.get("type") or "").lower()[:EXCERPT],
        excerpt=_excerpt(message) if own else "",
        matches=own and _matches(message, mark),
    )


def _matches(message: Message, mark: SentMark) -> bool:
    content = _content(message)
    if mark.kind is PartKind.TEXT:
        return message.get("type") == "TEXT" and same_words(content.get("content"), mark.text)
    if message.get("type") != "IMAGE":
        return False
    shown = (_whole(content.get("width")), _whole(content.get("height")))
    return same_picture(content.get("url"), shown, mark)


def _excerpt(message: Message) -> str:
    """Return what a person recognises an own message by."""
    content = _content(message)
    return excerpt(content.get("content") or tail(content.get("url")))


def _content(message: Message) -> Mapping[str, Any]:
    """Return a message's content, which is a text that holds JSON."""
    try:
        return entry(json.loads(str(message.get("content") or "{}")))
    except (ValueError, RecursionError):
        return {}


def _whole(told: object) -> int:
    """Return a length in pixels; read back, they come as texts."""
    return int(str(told)) if str(told).isdecimal() else 0
