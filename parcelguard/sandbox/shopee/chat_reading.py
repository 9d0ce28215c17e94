"""Shopee Open Platform v2: seller chat, the reading half."""

from collections.abc import Callable
from typing import Any

from parcelguard.sandbox.shopee.refusals import wrong_parameters
from parcelguard.sandbox.shopee.wire import Asked, Call
from parcelguard.sandbox.world.records import Conversation, Message, Shop
from parcelguard.sandbox.world.world import World

PAGE = 25
LARGEST_PAGE = 50  # larger ones are documented, but the live platform answers them with nothing
_NANO = 1_000_000_000

Id = Callable[[str], int | str]


def get_conversation_list(world: World, asked: Asked) -> dict[str, Any]:
    """v2.sellerchat.get_conversation_list.

    `older` without a cursor starts at the newest; `latest` without one starts at the shop's oldest.
    """
    direction, wanted = asked.query.get("direction"), asked.query.get("type", "all")
    if direction not in ("latest", "older") or wanted not in ("all", "pinned", "unread"):
        raise wrong_parameters("direction or type is invalid")
    size = asked.whole("page_size", PAGE, low=1, high=60)
    cursor = asked.whole("next_timestamp_nano", 0)
    number = _id_shape(world, asked)
    older = direction == "older"
    talks = [talk for talk in world.chat.of_shop(asked.shop.shop_id) if _listed(world, talk)]
    talks.sort(key=lambda talk: _nano(_newest(world, talk)), reverse=older)
    if wanted == "unread":
        talks = [talk for talk in talks if talk.unread_count()]
    if wanted == "pinned":
        talks = []
    if cursor:
        stamps = ((talk, _nano(_newest(world, talk))) for talk in talks)
        talks = [talk for talk, stamp in stamps if (stamp < cursor if older else stamp > cursor)]
    page = talks[:size] if size <= LARGEST_PAGE else []
    last = page[-1] if page else None
    return {
        "page_result": {
            "page_size": len(page),
            "next_cursor": {
                "next_message_time_nano": str(_nano(_newest(world, last))) if last else "0",
                "conversation_id": number(last.conversation_id) if last else number("0"),
            },
            "more": len(talks) > len(page) > 0,
        },
        "conversations": [_conversation(world, asked.shop, talk, number) for talk in page],
    }


def get_one_conversation(world: World, asked: Asked) -> dict[str, Any]:
    """v2.sellerchat.get_one_conversation."""
    return _conversation(world, asked.shop, _talk(world, asked), _id_shape(world, asked))


def get_message(world: World, asked: Asked) -> dict[str, Any]:
    """v2.sellerchat.get_message: newest first; `offset` is the last id of the page before."""
    if "message_id_list" in asked.query:
        raise wrong_parameters("message_id_list is invalid", code="param_error")
    talk = _talk(world, asked)
    size = asked.whole("page_size", PAGE, low=1, high=60)
    offset = asked.query.get("offset", "")
    number = _id_shape(world, asked)
    listed = list(reversed(_visible(world, talk)))
    if offset not in ("", "0"):
        listed = [message for message in listed if message.message_id < offset]
    page = listed[:size]
    more = len(listed) > len(page)
    return {
        "messages": [_message(world, asked.shop, talk, message, number) for message in page],
        "page_result": {"next_offset": page[-1].message_id if more else "", "page_size": len(page)},
    }


def get_unread_conversation_count(world: World, asked: Asked) -> dict[str, Any]:
    """v2.sellerchat.get_unread_conversation_count."""
    talks = world.chat.of_shop(asked.shop.shop_id)
    return {"total_unread_count": sum(talk.unread_count() > 0 for talk in talks)}


def read_conversation(world: World, asked: Asked) -> dict[str, Any]:
    """v2.sellerchat.read_conversation; clears the staff's unread mark, so a packing app must not call it."""
    talk = world.chat.by_id(asked.shop.shop_id, str(asked.body.get("conversation_id", "")))
    if talk is None:
        raise wrong_parameters("conversation_id is unknown", code="param_error")
    talk.read_by_shop = len(talk.messages)
    return {}


def _talk(world: World, asked: Asked) -> Conversation:
    talk = world.chat.by_id(asked.shop.shop_id, asked.query.get("conversation_id", ""))
    if talk is None:
        raise wrong_parameters("conversation_id is unknown", code="param_error")
    return talk


def _visible(world: World, talk: Conversation) -> list[Message]:
    now = world.now()
    return [message for message in talk.messages if message.listed_from <= now and not message.recalled]


def _listed(world: World, talk: Conversation) -> bool:
    return bool(_visible(world, talk))


def _newest(world: World, talk: Conversation) -> Message:
    visible = _visible(world, talk)
    return visible[-1] if visible else talk.messages[-1]


def _nano(message: Message) -> int:
    # The id's tail keeps messages of the same instant apart.
    return int(message.at) * _NANO + int(message.message_id) % _NANO


def _id_shape(world: World, asked: Asked) -> Id:
    return int if world.faults.strike("numeric_ids", asked.path) else str


def _conversation(world: World, shop: Shop, talk: Conversation, number: Id) -> dict[str, Any]:
    newest = _newest(world, talk)
    return {
        "conversation_id": number(talk.conversation_id),
        "to_id": talk.buyer.user_id,
        "to_name": talk.buyer.name,
        "to_avatar": "",
        "shop_id": shop.shop_id,
        "unread_count": talk.unread_count(),
        "pinned": False,
        "mute": False,
        "latest_message_id": number(newest.message_id),
        "latest_message_type": newest.kind,
        "latest_message_content": newest.content,
        "latest_message_from_id": shop.user_id if newest.from_shop else talk.buyer.user_id,
        "last_message_timestamp": _nano(newest),
        "last_read_message_id": number(
            talk.messages[talk.read_by_shop - 1].message_id if talk.read_by_shop else "0"
        ),
        "opposite_last_deliver_msg_id": number(world.chat.last_shown(talk) or "0"),
        "opposite_last_read_msg_id": number(talk.buyer_read_id or "0"),
        "max_general_option_hide_time": 0,
        "last_message_option": 0,
    }


def _message(world: World, shop: Shop, talk: Conversation, message: Message, number: Id) -> dict[str, Any]:
    shop_side, buyer_side = (shop.user_id, shop.shop_id), (talk.buyer.user_id, talk.buyer.shop_id)
    writer, reader = (shop_side, buyer_side) if message.from_shop else (buyer_side, shop_side)
    return {
        "message_id": number(message.message_id),
        "message_type": message.kind,
        "from_id": writer[0],
        "from_shop_id": writer[1],
        "to_id": reader[0],
        "to_shop_id": reader[1],
        "conversation_id": number(talk.conversation_id),
        "created_timestamp": int(message.at),
        "region": shop.region,
        "status": message.status(world.now()),
        "source": "openapi" if message.from_shop else "android",
        "content": message.content,
        "message_option": 0,
        "source_content": message.source_content,
        "quoted_msg": None,
    }


CALLS = (
    Call("GET", "/api/v2/sellerchat/get_conversation_list", get_conversation_list),
    Call("GET", "/api/v2/sellerchat/get_one_conversation", get_one_conversation),
    Call("GET", "/api/v2/sellerchat/get_message", get_message),
    Call("GET", "/api/v2/sellerchat/get_unread_conversation_count", get_unread_conversation_count),
    Call("POST", "/api/v2/sellerchat/read_conversation", read_conversation),
)
