"""Lazada's chat (Lazada Open Platform, instant messaging).

A conversation is one of shop and buyer, found by an order. Reading it regularly costs an app its
permission: it is read only to find a message of unknown fate, and once after each set, since
Lazada hides what it does not like without a word.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from parcelguard.chat.read_back import (
    EXCERPT,
    Message,
    ReadMessage,
    excerpt,
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
    Refused,
)
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
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
from parcelguard.marketplace.lazada.client import CHAT, ORDERS, ROW, SIGNATURE_WINDOW, LazadaClient
from parcelguard.marketplace.lazada.codes import TITLE, Unlisted
from parcelguard.marketplace.lazada.goods import (
    OVER,
    UNPAID,
    Row,
    first,
    is_cancelled,
    is_set,
    packed_elsewhere,
    status,
)
from parcelguard.marketplace.meaning import LONGEST_CODE

TEXT, PICTURE = "1", "3"  # Lazada's numbers for what a message is
SELLER = "2"
RECALLED = "1"
UNANSWERED_LIMIT = 5  # messages a shop may post before the buyer answers
PAGE = 20
PAGES = 3
SIDES = (330, 5000)  # pixels
LARGEST = 1_000_000  # bytes
CLOCK_SLACK = timedelta(seconds=5)  # Lazada's time is known to a few seconds; nothing is newer than this


class LazadaChat:
    """Sends order photos to the buyers of one Lazada shop."""

    def __init__(self, client: LazadaClient, house: HouseRules) -> None:
        self._client = client
        self._policy = house.policy(
            signature_window=SIGNATURE_WINDOW,
            check_after=timedelta(minutes=1),
            recall_within=timedelta(minutes=2),
            unanswered_limit=UNANSWERED_LIMIT,
            unanswered_window=timedelta(hours=24),
            longest_text=ROW.longest_text,
        )

    @property
    def policy(self) -> ChannelPolicy:
        """How Lazada wants to be used."""
        return self._policy

    @property
    def clock_offset(self) -> timedelta:
        """By how much Lazada's clock is ahead."""
        return self._client.clock.offset

    def upload_picture(self, picture: bytes) -> str:
        """Store a picture and return its address. Shown to nobody, so repeating is harmless."""
        _refuse_unfit(picture)
        data = entry(self._client.upload(picture).get("data"))
        address = str(entry(data.get("image")).get("url") or "")
        if not address:
            raise NotSent("image/upload answered without url")
        return address

    def open_conversation(self, target: Target, planned: int) -> str:  # noqa: ARG002 - the outbox counts what is unanswered
        """Read the order again, hold what is cancelled or another buyer's, and find the conversation."""
        answer = self._client.get(ORDERS, "/order/items/get", order_id=target.order_number)
        _refuse_wrong(rows(answer.get("data")), target)
        return self._conversation(target)

    def send_text(self, target: Target, text: str, wire: Wire) -> Receipt:
        """Post a text."""
        return self._send(target, {"template_id": TEXT, "txt": text}, wire)

    def send_image(self, target: Target, picture: Picture, wire: Wire) -> Receipt:
        """Post an uploaded picture."""
        width, height = picture.size
        content: dict[str, str | int] = {"img_url": picture.address, "width": width, "height": height}
        return self._send(target, {"template_id": PICTURE, **content}, wire)

    def look_for_message(self, target: Target, mark: SentMark) -> Look:
        """Read the conversation back for own messages that match."""
        conversation = target.conversation_id or self._conversation(target)
        pages = one_by_one(self._messages(conversation))
        return look_through(pages, lambda message: _read(message, mark), mark.since, conversation)

    def hidden_messages(
        self,
        target: Target,
        message_ids: Collection[str],
        since: datetime,  # noqa: ARG002 - Lazada has no such question
    ) -> frozenset[str]:
        """Return which of these messages only the seller sees; one page is read, and only once."""
        if not target.conversation_id:
            return frozenset()
        page, _ = self._page(target.conversation_id, self._now_ms())
        return frozenset(
            str(message.get("message_id")) for message in page if message.get("process_msg")
        ) & frozenset(message_ids)

    def take_back(self, target: Target, message_id: str, kind: PartKind) -> None:  # noqa: ARG002
        """Recall a message; Lazada allows it for two minutes."""
        try:
            self._client.post(
                CHAT, "/im/message/recall", session_id=target.conversation_id, message_id=message_id
            )
        except (NotAllowed, NotSent) as error:
            said_no = error if isinstance(error, NotAllowed) else error.__cause__
            if not isinstance(said_no, (NotAllowed, Unlisted)):
                raise
            raise Refused(
                str(error),
                because(MarketplaceReason.NOT_TAKEN_BACK, marketplace=TITLE),
                code=said_no.code,
                request_id=said_no.request_id,
            ) from error

    # ---- steps -------------------------------------------------------------------------

    def _conversation(self, target: Target) -> str:
        """Return the session of the order's buyer; asking for it opens it.

        Most of the reasons for which Lazada does not open one are not published. None of them goes away
        by asking again, and calls that fail count against the app.
        """
        try:
            answer = self._client.post(CHAT, "/im/session/open", order_id=target.order_number)
        except NotSent as error:
            said_no = error.__cause__
            if not isinstance(said_no, Unlisted):
                raise
            raise Refused(
                str(error),
                because(
                    MarketplaceReason.CHAT_NOT_OPENED, marketplace=TITLE, code=said_no.code[:LONGEST_CODE]
                ),
                code=said_no.code,
                request_id=said_no.request_id,
            ) from error
        session = answer.get("session_id") or entry(answer.get("data")).get("session_id")
        if not session:
            raise NotSent("session/open answered without session_id")
        return str(session)

    def _send(self, target: Target, content: Mapping[str, str | int], wire: Wire) -> Receipt:
        parameters = {"session_id": target.conversation_id, **content}
        answer = self._client.send("/im/message/send", parameters, wire.signed_at, wire.mark)
        return Receipt(
            message_id=str(entry(answer.get("data")).get("message_id") or ""),
            conversation_id=target.conversation_id,
        )

    def _messages(self, conversation: str) -> Iterator[Message | None]:
        """Yield messages newest first, and None at the conversation's beginning; at most three pages."""
        before_ms, last_id = self._now_ms(), ""
        seen: set[str] = set()
        for _ in range(PAGES):
            page, data = self._page(conversation, before_ms, last_id)
            yield from not_yet_seen(sorted(page, key=_sent_ms, reverse=True), seen)
            if not is_set(data.get("has_more")):
                yield None
                return
            before_ms, last_id = _number(data.get("next_start_time")), str(data.get("last_message_id") or "")
            # Without a place to go on from, the rest stays unread; that is not the beginning, so no None.
            if not before_ms:
                return

    def _now_ms(self) -> int:
        return int((self._client.their_time + CLOCK_SLACK).timestamp() * 1000)

    def _page(
        self, conversation: str, before_ms: int, last_id: str = ""
    ) -> tuple[list[Message], Mapping[str, Any]]:
        """Read the messages up to a moment; return them, and the answer's word on what comes next."""
        answer = self._client.get(
            CHAT,
            "/im/message/list",
            session_id=conversation,
            start_time=before_ms,
            page_size=PAGE,
            last_message_id=last_id,
        )
        data = entry(answer.get("data"))
        return rows(data.get("message_list")), data


def lazada_chat(client: LazadaClient, shop: ShopSettings, house: HouseRules) -> LazadaChat:  # noqa: ARG001
    """Return the chat of a shop."""
    return LazadaChat(client, house)


def _refuse_wrong(units: Sequence[Row], target: Target) -> None:
    """Hold what should not be written about, as the order stands now."""
    unknown = because(MarketplaceReason.ORDER_UNKNOWN, marketplace=TITLE)
    elsewhere = because(MarketplaceReason.PACKED_ELSEWHERE, marketplace=TITLE)
    changed = because(MarketplaceReason.BUYER_CHANGED, marketplace=TITLE)
    if not units:
        raise Held("no units", unknown, code="order_not_found")
    if is_cancelled(units):
        raise Held("order cancelled", because(SendingReason.ORDER_CANCELLED), code="order_cancelled")
    if all(status(unit) in (UNPAID, *OVER) for unit in units):
        raise Held("unpaid", because(MarketplaceReason.ORDER_NOT_PAID), code="order_unpaid")
    if packed_elsewhere(units):
        raise Held("packed elsewhere", elsewhere, code="packed_elsewhere")
    if first(units, "buyer_id") != target.buyer_id:
        raise Held("another buyer", changed, code="buyer_changed")


def _refuse_unfit(picture: bytes) -> None:
    """Refuse here what Lazada would refuse, with the reason that it does not tell."""
    from PIL import Image  # the window's first paint does without

    with Image.open(BytesIO(picture), formats=["JPEG"]) as image:
        sides = image.size
    if min(sides) >= SIDES[0] and max(sides) <= SIDES[1] and len(picture) <= LARGEST:
        return
    raise Refused(
        f"picture {sides[0]}x{sides[1]}, {len(picture)} bytes",
        because(
            MarketplaceReason.PICTURE_UNFIT,
            marketplace=TITLE,
            width=sides[0],
            height=sides[1],
            size=len(picture) // 1000,
            shortest=SIDES[0],
            longest=SIDES[1],
            largest=LARGEST // 1000,
        ),
        code="picture_unfit",
    )


def _number(value: object) -> int:
    try:
        return int(value)  # type: ignore[call-overload, no-any-return]  # anything may stand in an answer
    except (TypeError, ValueError, OverflowError):
        return 0


def _sent_ms(message: Message) -> int:
    return _number(message.get("send_time"))


def _sent_at(message: Message) -> datetime | None:
    seconds, thousandths = divmod(_sent_ms(message), 1000)
    told = moment(seconds)
    return told + timedelta(milliseconds=thousandths) if told else None


def _read(message: Message, mark: SentMark) -> ReadMessage:
    own = _is_own(message)
    return ReadMessage(
        id=str(message.get("message_id") or ""),
        sent_at=_sent_at(message),
        own=own,
        kind=_kind(message),
        excerpt=_excerpt(message) if own else "",
        matches=own and not _is_recalled(message) and _matches(message, mark),
    )


def _is_own(message: Message) -> bool:
    return str(message.get("from_account_type")) == SELLER


def _is_recalled(message: Message) -> bool:
    """Whether somebody took the message back: it is still listed, but the buyer has it no more."""
    return str(message.get("status")) == RECALLED


def _kind(message: Message) -> str:
    template = str(message.get("template_id") or "")
    return {TEXT: "text", PICTURE: "image"}.get(template, template[:EXCERPT])


def _content(message: Message) -> Mapping[str, Any]:
    """Return what stands in a message; it comes as JSON in a text."""
    content = message.get("content")
    try:
        return entry(json.loads(content) if isinstance(content, str) else content)
    except (ValueError, RecursionError):
        return {}


def _matches(message: Message, mark: SentMark) -> bool:
    content = _content(message)
    if mark.kind is PartKind.TEXT:
        return _kind(message) == "text" and same_words(content.get("txt"), mark.text)
    if _kind(message) != "image":
        return False
    size = (_number(content.get("width")), _number(content.get("height")))
    return same_picture(content.get("imgUrl"), size, mark)


def _excerpt(message: Message) -> str:
    """Return what a person recognises an own message by."""
    content = _content(message)
    return excerpt(content.get("txt")) or excerpt(tail(content.get("imgUrl")))
