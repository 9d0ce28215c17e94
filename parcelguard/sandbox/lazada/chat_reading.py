"""Lazada: seller chat, the reading half; pages run backwards in time."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from parcelguard.sandbox.lazada.chat_sending import KINDS, Template, session_id, talk_of
from parcelguard.sandbox.lazada.wire import Asked, Call, SaidNo
from parcelguard.sandbox.world.records import Conversation, Message, Shop
from parcelguard.sandbox.world.world import World

LARGEST_PAGE = 20
_TEMPLATES = {kind: template for template, kind in KINDS.items()}
_BUYER, _SELLER = 1, 2
_BY_A_PERSON = 1

Row = TypeVar("Row")


def get_session(world: World, asked: Asked) -> dict[str, Any]:
    """/im/session/get."""
    return {"data": _session(world, asked.shop, talk_of(world, asked))}


def list_sessions(world: World, asked: Asked) -> dict[str, Any]:
    """/im/session/list: the last talked to first."""
    talks = [talk for talk in world.chat.of_shop(asked.shop.shop_id) if _listed(world, talk)]
    stamped = [(_ms(_listed(world, talk)[-1]), session_id(asked.shop, talk), talk) for talk in talks]
    page, data = _page(asked, stamped, "last_session_id")
    return {"data": {"session_list": [_session(world, asked.shop, talk) for talk in page], **data}}


def list_messages(world: World, asked: Asked) -> dict[str, Any]:
    """/im/message/list: the newest first, down from `start_time`."""
    talk = talk_of(world, asked)
    stamped = [(_ms(message), message.message_id, message) for message in _listed(world, talk)]
    page, data = _page(asked, stamped, "last_message_id")
    rewritten = bool(world.faults.strike("rewritten_urls", asked.path))
    messages = [_message(world, asked.shop, talk, message, rewritten=rewritten) for message in page]
    return {"data": {"message_list": messages, **data}}


def read_session(world: World, asked: Asked) -> dict[str, Any]:
    """/im/session/read; clears the staff's unread mark, so a packing app must not call it."""
    talk, last = talk_of(world, asked), asked.text("last_read_message_id")
    places = [place for place, message in enumerate(talk.messages, 1) if message.message_id == last]
    if not places:
        raise SaidNo("PG_SIM_NO_MESSAGE", "The message does not exist")
    talk.read_by_shop = max(talk.read_by_shop, *places)
    return {}


def _page(
    asked: Asked, stamped: Sequence[tuple[int, str, Row]], last_name: str
) -> tuple[list[Row], dict[str, Any]]:
    start, last_id = asked.whole("start_time"), asked.given.get(last_name, "")
    size = asked.whole("page_size", LARGEST_PAGE, low=1, high=LARGEST_PAGE)
    # Several rows may share a millisecond; the id says where among them the page before ended.
    below = (start, last_id) if last_id else (start + 1, "")
    found = sorted((row for row in stamped if row[:2] < below), key=lambda row: row[:2], reverse=True)
    page = found[:size]
    return [row for _, _, row in page], {
        "has_more": len(found) > size,
        "next_start_time": page[-1][0] if page else start,
        last_name: page[-1][1] if page else "",
    }


def _listed(world: World, talk: Conversation) -> list[Message]:
    now = world.now()
    return [message for message in talk.messages if message.listed_from <= now]


def _session(world: World, shop: Shop, talk: Conversation) -> dict[str, Any]:
    listed = _listed(world, talk)
    newest = listed[-1] if listed else None
    by_id = {message.message_id: message for message in talk.messages}
    read = talk.messages[talk.read_by_shop - 1] if talk.read_by_shop else None
    theirs = by_id.get(talk.buyer_read_id)
    return {
        "session_id": session_id(shop, talk),
        "buyer_id": str(talk.buyer.user_id),
        "title": talk.buyer.name,
        "head_url": "",
        "site_id": shop.region,
        "tags": [],
        "summary": str(newest.content.get("text", f"[{newest.kind}]")) if newest else "",
        "unread_count": talk.unread_count(),
        "last_message_id": newest.message_id if newest else "",
        "last_message_time": _ms(newest) if newest else 0,
        "self_position": _ms(read) if read else 0,
        "to_position": _ms(theirs) if theirs else 0,
    }


def _message(
    world: World, shop: Shop, talk: Conversation, message: Message, *, rewritten: bool
) -> dict[str, Any]:
    seller, buyer = (str(shop.shop_id), _SELLER), (str(talk.buyer.user_id), _BUYER)
    writer, reader = (seller, buyer) if message.from_shop else (buyer, seller)
    caught = message.from_shop and message.status(world.now()) != "normal"
    return {
        "message_id": message.message_id,
        "session_id": session_id(shop, talk),
        "from_account_id": writer[0],
        "from_account_type": writer[1],
        "to_account_id": reader[0],
        "to_account_type": reader[1],
        "type": _BY_A_PERSON,
        "template_id": int(_TEMPLATES.get(message.kind, Template.TEXT)),
        "content": json.dumps(_content(message, rewritten=rewritten), ensure_ascii=False),
        "send_time": _ms(message),
        "status": int(message.recalled),
        "auto_reply": False,
        "process_msg": "The message contains sensitive content" if caught else "",
        "site_id": shop.region,
    }


def _content(message: Message, *, rewritten: bool) -> dict[str, Any]:
    """Return a message as it is kept: other names than it was sent with."""
    sent = message.content
    match message.kind:
        case "text":
            return {"txt": sent["text"]}
        case "image":
            url = sent["url"] + ("?v=2" if rewritten else "")
            return {"imgUrl": url, "osskey": "", "width": sent["width"], "height": sent["height"]}
        case "emoji":
            return {"txt": sent["text"], "imgUrl": "", "smallImgUrl": ""}
        case "order":
            return {"orderId": sent["order_sn"], "title": "", "content": "", "status": sent["status"]}
        case _:
            return {_camel(name): value for name, value in sent.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _ms(message: Message) -> int:
    return int(message.at * 1000)


CALLS = (
    Call("/im/session/get", get_session, app="chat"),
    Call("/im/session/list", list_sessions, app="chat"),
    Call("/im/session/read", read_session, ("POST",), app="chat"),
    Call("/im/message/list", list_messages, app="chat"),
)
