"""Shopee's seller chat (Shopee Open Platform v2, sellerchat).

There is no idempotency key and no way to find a conversation by buyer, so nothing here repeats a
message; the outbox decides. Every message names its order, which a first contact must.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from parcelguard.chat.read_back import (
    EXCERPT,
    Message,
    ReadMessage,
    before,
    excerpt,
    found_hidden,
    ids_among,
    look_through,
    not_yet_seen,
    one_by_one,
    same_picture,
    tail,
)
from parcelguard.chat.same_words import same_words
from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    Held,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Refused,
)
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.ports import (
    ChannelPolicy,
    HouseRules,
    Look,
    OverBudget,
    Picture,
    Receipt,
    SentMark,
    Target,
    Wire,
)
from parcelguard.marketplace.answers import entry, moment, rows
from parcelguard.marketplace.shopee.client import CANCELLED_STATES, SIGNATURE_WINDOW, ShopeeClient
from parcelguard.marketplace.shopee.codes import TITLE, wants_order_card, wrong_parameter

CHAT = "/api/v2/sellerchat"
UNANSWERED_LIMIT = 5  # messages a shop may post before the buyer answers
PAGE = 25  # larger pages came back empty on live shops
PAGES = 3
RECALL = {
    "TH": timedelta(minutes=3),
    "SG": timedelta(minutes=10),
    "ID": timedelta(minutes=10),
    "PH": timedelta(minutes=10),
    "BR": timedelta(minutes=10),
}  # elsewhere Shopee takes nothing back
HIDDEN = frozenset({"blocked", "censored_blacklist"})
NO_RULES = HouseRules()


def shopee_chat(client: ShopeeClient, shop: ShopSettings, house: HouseRules) -> ShopeeChat:
    """Return what sends to the buyers of one shop."""
    return ShopeeChat(client, shop.region, house)


class ShopeeChat:
    """Sends order photos to the buyers of one Shopee shop."""

    def __init__(self, client: ShopeeClient, region: str = "", house: HouseRules = NO_RULES) -> None:
        self._client = client
        self._policy = house.policy(
            signature_window=SIGNATURE_WINDOW,
            same_text=timedelta(hours=24),
            check_after=timedelta(minutes=10),
            recall_within=RECALL.get(region, timedelta(0)),
            unanswered_limit=UNANSWERED_LIMIT,
            longest_text=marketplace("shopee").longest_text,
        )
        self._names_order = True  # until Shopee has refused that once

    @property
    def policy(self) -> ChannelPolicy:
        """How Shopee wants to be used."""
        return self._policy

    @property
    def clock_offset(self) -> timedelta:
        """By how much Shopee's clock is ahead."""
        return self._client.clock.offset

    def upload_picture(self, picture: bytes) -> str:
        """Store a picture and return its address. Shown to nobody, so repeating is harmless."""
        address = str(self._client.upload(f"{CHAT}/upload_image", picture).get("url") or "")
        if not address:
            raise NotSent("upload_image answered without url")
        return address

    def open_conversation(self, target: Target, planned: int) -> str:
        """Read order and conversation again; hold when cancelled, another buyer's, or too many unanswered."""
        order = self._order(target)
        if str(order.get("order_status")) in CANCELLED_STATES:
            raise Held("order cancelled", because(SendingReason.ORDER_CANCELLED), code="order_cancelled")
        buyer_id = str(order.get("buyer_user_id") or "")
        if not buyer_id:
            raise Held(
                "order without a buyer",
                because(MarketplaceReason.NO_BUYER, marketplace=TITLE),
                code="no_buyer",
            )
        if buyer_id != target.buyer_id:
            raise Held(
                "buyer differs from the one at packing",
                because(MarketplaceReason.BUYER_CHANGED, marketplace=TITLE),
                code="buyer_changed",
            )
        if target.conversation_id:
            self._refuse_too_many(target.conversation_id, planned)
        return target.conversation_id

    def send_text(self, target: Target, text: str, wire: Wire) -> Receipt:
        """Post a text."""
        return self._send(target, "text", {"text": text}, wire)

    def send_image(self, target: Target, picture: Picture, wire: Wire) -> Receipt:
        """Post an uploaded picture."""
        return self._send(target, "image", {"image_url": picture.address}, wire)

    def look_for_message(self, target: Target, mark: SentMark) -> Look:
        """Read the conversation back for own messages that match."""
        conversation, complete = target.conversation_id, True
        if not conversation:
            conversation, complete = self._find_conversation(target.buyer_id, mark.since)
        if not conversation:
            return Look((), covered=complete)
        pages = one_by_one(self._messages(conversation))
        return look_through(pages, lambda message: self._read(message, mark), mark.since, conversation)

    def hidden_messages(
        self, target: Target, message_ids: Collection[str], since: datetime
    ) -> frozenset[str]:
        """Return which of these messages Shopee has hidden: it may accept one and block it minutes later."""
        if not target.conversation_id:
            return frozenset()
        messages = self._messages(target.conversation_id)
        hidden = found_hidden(messages, _sent_at, lambda message: message.get("status") in HIDDEN, since)
        return ids_among(hidden, "message_id", message_ids)

    def take_back(self, target: Target, message_id: str, kind: PartKind) -> None:  # noqa: ARG002
        """Recall a message (delete_message); Shopee allows it for some minutes, in some countries."""
        body = {"message_id": message_id, "message_type": "text" if kind is PartKind.TEXT else "image"}
        try:
            self._client.post(f"{CHAT}/delete_message", body)
        except NotAllowed as error:
            raise Refused(
                str(error),
                because(MarketplaceReason.NOT_TAKEN_BACK, marketplace=TITLE),
                code=error.code,
                request_id=error.request_id,
            ) from error

    # ---- steps -------------------------------------------------------------------------

    def _send(self, target: Target, kind: str, content: Mapping[str, Any], wire: Wire) -> Receipt:
        """Post a message that names its order; where Shopee does not want the name, without it.

        A refused parameter means that nothing was sent, so once more is safe.
        """
        if not self._names_order:
            return self._introduced(target, kind, content, wire, named=False)
        try:
            return self._introduced(target, kind, content, wire, named=True)
        except NotAllowed as error:
            if not wrong_parameter(error):
                raise
            receipt = self._introduced(target, kind, content, wire, named=False)
            # Only after it went through without: otherwise something else was wrong with the parameters.
            self._names_order = False
            return receipt

    def _introduced(
        self, target: Target, kind: str, content: Mapping[str, Any], wire: Wire, *, named: bool
    ) -> Receipt:
        """Post a message; a first contact that wants an order card gets one first.

        Should the card's answer be lost, the message is not sent and is tried again first: a card that
        did arrive makes a second one needless.
        """
        try:
            return self._post(target, kind, content, wire, named=named)
        except NotAllowed as error:
            if not wants_order_card(error):
                raise
            self._post(target, "order", {"order_sn": target.order_number}, wire, named=named)
            return self._post(target, kind, content, wire, named=named)

    def _post(
        self, target: Target, kind: str, content: Mapping[str, Any], wire: Wire, *, named: bool
    ) -> Receipt:
        body = {"to_id": int(target.buyer_id), "message_type": kind, "content": content}
        order = {"source_type": "order", "source_content": {"order_sn": target.order_number}}
        answer = self._client.send(
            f"{CHAT}/send_message", {**body, **order} if named else body, wire.signed_at, wire.mark
        )
        told = str(answer.get("to_id") or 0)
        # The message went somewhere. It is neither called sent nor sent anew before a person or the chat has
        # told where.
        if told not in ("0", target.buyer_id):  # not known for sure of shops that sell across borders
            raise OutcomeUnknown(
                "to_id differs", because(MarketplaceReason.OTHER_BUYER_TOLD, marketplace=TITLE)
            )
        return Receipt(
            message_id=str(answer.get("message_id") or ""),
            conversation_id=str(answer.get("conversation_id") or ""),
        )

    def _order(self, target: Target) -> Mapping[str, Any]:
        answer = self._client.get(
            "/api/v2/order/get_order_detail",
            order_sn_list=target.order_number,
            response_optional_fields="buyer_user_id",
        )
        for order in rows(answer.get("order_list")):
            if order.get("order_sn") == target.order_number:
                return dict(order)
        raise Held(
            "order not in the answer",
            because(MarketplaceReason.ORDER_UNKNOWN, marketplace=TITLE),
            code="error_not_found",
        )

    def _refuse_too_many(self, conversation: str, planned: int) -> None:
        """Never start a set that cannot finish."""
        unanswered = 0
        for message in self._messages(conversation):
            if message is None or not self._own(message) or unanswered >= UNANSWERED_LIMIT:
                break
            unanswered += 1
        if unanswered + planned > UNANSWERED_LIMIT:
            raise OverBudget(used=unanswered, limit=UNANSWERED_LIMIT, planned=planned)

    def _messages(self, conversation: str) -> Iterator[Message | None]:
        """Yield messages newest first, and None at the conversation's beginning; at most three pages."""
        offset: str | int = 0
        seen: set[str] = set()
        for page in range(PAGES):
            query = {"offset": offset} if page else {}
            answer = self._client.get(
                f"{CHAT}/get_message", conversation_id=conversation, page_size=PAGE, **query
            )
            messages = answer.get("messages") or []
            if not page and not messages:  # a conversation has messages: this is no answer to go by
                return
            yield from not_yet_seen(rows(messages), seen)
            offset = entry(answer.get("page_result")).get("next_offset") or ""
            if str(offset) in ("", "0") or not messages:  # a page that is only short is not yet the last
                yield None
                return

    def _find_conversation(self, buyer_id: str, since: datetime) -> tuple[str, bool]:
        """Return the buyer's conversation, or '' and whether the list was read far enough to be sure."""
        cursor: dict[str, int] = {}
        for _ in range(PAGES):
            answer = self._client.get(
                f"{CHAT}/get_conversation_list", direction="older", type="all", page_size=PAGE, **cursor
            )
            for conversation in rows(answer.get("conversations")):
                if str(conversation.get("to_id")) == buyer_id:
                    return str(conversation.get("conversation_id") or ""), True
            result = entry(answer.get("page_result"))
            following = entry(result.get("next_cursor")).get("next_message_time_nano")
            if not result.get("more") or not following:
                return "", True
            if not str(following).isdecimal():
                return "", False
            # What follows is older than the attempt: a conversation with its message would have come by now.
            if before(moment(int(following) / 1e9), since):
                return "", True
            cursor = {"next_timestamp_nano": int(following)}
        return "", False

    def _read(self, message: Message, mark: SentMark) -> ReadMessage:
        own = self._own(message)
        return ReadMessage(
            id=str(message.get("message_id") or ""),
            sent_at=_sent_at(message),
            own=own,
            kind=str(message.get("message_type") or "")[:EXCERPT],
            excerpt=_excerpt(message) if own else "",
            matches=own and _matches(message, mark),
        )

    def _own(self, message: Message) -> bool:
        """Buyers can have a shop of their own, so ids are compared, not tested for zero."""
        return str(message.get("from_shop_id")) == str(self._client.account.shop_id)


def _sent_at(message: Message) -> datetime | None:
    return moment(message.get("created_timestamp"))


def _matches(message: Message, mark: SentMark) -> bool:
    kind = "text" if mark.kind is PartKind.TEXT else "image"
    if message.get("message_type") != kind:
        return False
    content = entry(message.get("content"))  # other kinds hold lists and texts here
    if kind == "text":
        return same_words(content.get("text"), mark.text)
    return same_picture(_address(content), (0, 0), mark)  # of a picture read back no size is told


def _excerpt(message: Message) -> str:
    """Return what a person recognises an own message by."""
    content = entry(message.get("content"))
    return excerpt(content.get("text") or tail(_address(content)))


def _address(content: Mapping[str, Any]) -> object:
    return content.get("url") or content.get("image_url")
