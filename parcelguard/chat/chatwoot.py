"""Chatwoot's conversations: WhatsApp, a web widget or whatever else its inbox stands for.

A picture travels with its message, so nothing is stored beforehand: it gets a name made from its
bytes, by which it is known when the conversation is read back. An accepted message has only been
kept by Chatwoot; whether it went on to the buyer is told later, by its status.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from parcelguard.chat.read_back import (
    Message,
    ReadMessage,
    excerpt,
    found_hidden,
    ids_among,
    look_through,
    one_by_one,
)
from parcelguard.chat.same_words import same_words
from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import Held, NotSent, Refused
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
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
from parcelguard.marketplace.answers import moment, rows
from parcelguard.marketplace.chatwoot.client import ChatwootClient
from parcelguard.marketplace.chatwoot.codes import TITLE
from parcelguard.marketplace.http import Upload

PAGES = 3
STRAGGLERS_FOR = timedelta(minutes=5)  # nothing is signed; by then no proxy holds a request any more
OUTGOING = (1, "outgoing")


def chatwoot_chat(client: ChatwootClient, shop: ShopSettings, house: HouseRules) -> ChatwootChat:  # noqa: ARG001
    """Return what reaches the buyers of one inbox."""
    return ChatwootChat(client, house)


class ChatwootChat:
    """Sends order photos into the conversations of one inbox."""

    def __init__(self, client: ChatwootClient, house: HouseRules) -> None:
        self._client = client
        self._policy = house.policy(
            signature_window=STRAGGLERS_FOR,
            check_after=timedelta(minutes=2),
            longest_text=marketplace("chatwoot").longest_text,
            keeps_uploads=False,
        )

    @property
    def policy(self) -> ChannelPolicy:
        """How Chatwoot wants to be used."""
        return self._policy

    @property
    def clock_offset(self) -> timedelta:
        """By how much Chatwoot's clock is ahead."""
        return self._client.clock.offset

    def upload_picture(self, picture: bytes) -> str:
        """Return the name under which the picture goes out; nothing is called."""
        # Made of what is in it, so that the message is known by this name when the chat is read back.
        return f"parcel-{hashlib.sha256(picture).hexdigest()[:16]}.jpg"

    def open_conversation(self, target: Target, planned: int) -> str:  # noqa: ARG002
        """Return the buyer's newest conversation in this inbox, or begin one; hold where no answer may go."""
        contact = self._contact(target)
        conversations = rows(self._client.get(f"/contacts/{target.buyer_id}/conversations").get("payload"))
        own = [each for each in conversations if each.get("inbox_id") == self._client.inbox_id]
        newest = max(own, key=lambda each: _whole(each.get("id")), default=None)
        if newest is None:
            return self._begun(contact)
        if newest.get("can_reply") is False:
            raise Held(
                "cannot reply",
                because(MarketplaceReason.ONLY_TEMPLATES, marketplace=TITLE),
                code="window_closed",
            )
        return str(newest["id"])

    def send_text(self, target: Target, text: str, wire: Wire) -> Receipt:
        """Post a text."""
        body = {"content": text, "message_type": "outgoing", "private": False}
        conversation = self._conversation(target)
        answer = self._client.send_text(_messages_of(conversation), body, wire.mark)
        return Receipt(message_id=str(answer.get("id") or ""), conversation_id=conversation)

    def send_image(self, target: Target, picture: Picture, wire: Wire) -> Receipt:
        """Post a picture; its bytes go along."""
        form = {"content": "", "message_type": "outgoing", "private": "false"}
        conversation = self._conversation(target)
        attached = Upload("attachments[]", picture.content, picture.address)
        answer = self._client.send_picture(_messages_of(conversation), form, attached, wire.mark)
        return Receipt(message_id=str(answer.get("id") or ""), conversation_id=conversation)

    def look_for_message(self, target: Target, mark: SentMark) -> Look:
        """Read the conversation back for own messages that match.

        A picture that cannot be told from others leaves open whether it is there.
        """
        if not target.conversation_id:
            return Look((), covered=True)  # every send names its conversation
        pages = one_by_one(self._messages(target.conversation_id))
        return look_through(pages, lambda message: _read(message, mark), mark.since, target.conversation_id)

    def hidden_messages(
        self, target: Target, message_ids: Collection[str], since: datetime
    ) -> frozenset[str]:
        """Return which of these messages never went on from Chatwoot to the buyer."""
        if not target.conversation_id:
            return frozenset()
        messages = self._messages(target.conversation_id)
        failed = found_hidden(messages, _sent_at, lambda message: message.get("status") == "failed", since)
        return ids_among(failed, "id", message_ids)

    def take_back(self, target: Target, message_id: str, kind: PartKind) -> None:  # noqa: ARG002
        """Refuse: deleting it in Chatwoot would leave it with the buyer."""
        raise Refused(
            "no recall",
            because(MarketplaceReason.NEVER_TAKEN_FROM_BUYER, marketplace=TITLE),
            code="no_recall",
        )

    # ---- steps -------------------------------------------------------------------------

    def _contact(self, target: Target) -> Mapping[str, Any]:
        """Return the contact that the order's code still names. Raises Held when it names another."""
        contacts = self._client.contacts(target.order_number)
        contact = next((each for each in contacts if str(each.get("id")) == target.buyer_id), None)
        if contact is None or len(contacts) > 1:
            raise Held(
                "the code names another contact",
                because(MarketplaceReason.CONTACT_CHANGED, marketplace=TITLE),
                code="buyer_changed",
            )
        return contact

    def _conversation(self, target: Target) -> str:
        if not target.conversation_id:
            raise NotSent(
                "no conversation yet", because(MarketplaceReason.CHAT_NOT_OPEN_YET, marketplace=TITLE)
            )
        return target.conversation_id

    def _begun(self, contact: Mapping[str, Any]) -> str:
        body: dict[str, Any] = {"inbox_id": self._client.inbox_id, "contact_id": contact["id"]}
        for link in rows(contact.get("contact_inboxes")):
            inbox = link.get("inbox")
            if isinstance(inbox, dict) and inbox.get("id") == self._client.inbox_id:
                body["source_id"] = link.get("source_id")
        begun = str(self._client.post("/conversations", body).get("id") or "")
        if not begun:
            raise NotSent("create conversation answered without id")
        return begun

    def _messages(self, conversation: str) -> Iterator[Message | None]:
        """Yield messages newest first, and None at the conversation's beginning; at most three pages."""
        before: dict[str, int] = {}
        for _ in range(PAGES):
            page = rows(self._client.get(_messages_of(conversation), **before).get("payload"))
            yield from sorted(page, key=lambda each: _whole(each.get("id")), reverse=True)
            oldest = min((_whole(each.get("id")) for each in page), default=0)
            # No page tells whether more follow: only an empty one is the beginning.
            if not oldest:
                yield None
                return
            before = {"before": oldest}


def _messages_of(conversation: str) -> str:
    return f"/conversations/{conversation}/messages"


def _sent_at(message: Message) -> datetime | None:
    return moment(message.get("created_at"))


def _read(message: Message, mark: SentMark) -> ReadMessage:
    own = message.get("message_type") in OUTGOING and message.get("private") is not True
    return ReadMessage(
        id=str(message.get("id") or ""),
        sent_at=_sent_at(message),
        own=own,
        kind="image" if rows(message.get("attachments")) else "text",
        excerpt=_excerpt(message) if own else "",
        matches=own and _matches(message, mark),
        doubtful=own and mark.kind is PartKind.IMAGE and _nameless(message),
    )


def _matches(message: Message, mark: SentMark) -> bool:
    attached = rows(message.get("attachments"))
    if mark.kind is PartKind.TEXT:
        return not attached and same_words(message.get("content"), mark.text)
    return any(_name(each) == mark.address != "" or _size(each) == mark.size != (0, 0) for each in attached)


def _nameless(message: Message) -> bool:
    """Whether a message has an attachment of which neither name nor size is told."""
    return any(not _name(each) and _size(each) == (0, 0) for each in rows(message.get("attachments")))


def _name(attachment: Mapping[str, Any]) -> str:
    """Return an attachment's file name, which ends its address."""
    return str(attachment.get("data_url") or "").split("?")[0].rsplit("/", 1)[-1]


def _size(attachment: Mapping[str, Any]) -> tuple[int, int]:
    return _whole(attachment.get("width")), _whole(attachment.get("height"))


def _whole(told: object) -> int:
    return int(str(told)) if str(told).isdecimal() else 0


def _excerpt(message: Message) -> str:
    """Return what a person recognises an own message by."""
    names = ", ".join(filter(None, map(_name, rows(message.get("attachments")))))
    return excerpt(message.get("content") or names)
