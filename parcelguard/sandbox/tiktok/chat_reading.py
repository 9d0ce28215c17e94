"""TikTok Shop Open API: customer service, the reading half and the shop's own settings."""

import json
from datetime import date
from typing import Any

from parcelguard.sandbox.tiktok.app_state import CHAT_SCOPE
from parcelguard.sandbox.tiktok.chat_sending import CREATE, SEND, ids, may_write, talk_of
from parcelguard.sandbox.tiktok.ids import im_user_id, platform, user_id
from parcelguard.sandbox.tiktok.refusals import BAD_CHAT
from parcelguard.sandbox.tiktok.wire import Asked, Call
from parcelguard.sandbox.world.records import Conversation, Message, Shop
from parcelguard.sandbox.world.world import World

# TikTok Shop Open API, "Get Conversations" and "Get Conversation Messages" (202309): the largest pages.
MOST_TALKS = 20
MOST_MESSAGES = 10
_SETTINGS = "/customer_service/202309/agents/settings"


def list_conversations(world: World, asked: Asked) -> dict[str, Any]:
    """Return the shop's conversations, those with news first."""
    talks = world.chat.of_shop(asked.shop.shop_id)
    page = asked.page(talks, lambda talk: _newest_id(world, talk), most=MOST_TALKS, down=True)
    return {
        "conversations": [_listed(world, asked, talk) for talk in page.rows],
        "next_page_token": page.next_token,
    }


def get_conversation(world: World, asked: Asked) -> dict[str, Any]:
    """Return one conversation; the newer version names the buyer's storefront `platform`."""
    return {"conversation": _talk(world, asked, talk_of(world, asked), platform_field="platform")}


def list_messages(world: World, asked: Asked) -> dict[str, Any]:
    """Return a conversation's messages, newest first unless asked otherwise."""
    talk = talk_of(world, asked)
    asked.choice("sort_field", "create_time", "index")  # both give the same order
    down = asked.choice("sort_order", "DESC", "ASC") == "DESC"
    page = asked.page(_visible(world, talk), _id, most=MOST_MESSAGES, down=down)
    return {
        "messages": [_message(world, asked, talk, message) for message in page.rows],
        "next_page_token": page.next_token,
        "unsupported_msg_tips": "",
    }


def read_messages(world: World, asked: Asked) -> dict[str, Any]:
    """Mark the buyer's messages as read; clears the staff's mark, so a packing app must not call it."""
    talk = talk_of(world, asked)
    talk.read_by_shop = len(talk.messages)
    return {}


def get_settings(_world: World, asked: Asked) -> dict[str, Any]:
    """Tell whether the owner's account takes chats."""
    return {"can_accept_chat": asked.shop.shop_id not in asked.state.away}


def put_settings(_world: World, asked: Asked) -> dict[str, Any]:
    """Set whether the owner's account takes chats."""
    takes_chats = asked.body.get("can_accept_chat")
    if not isinstance(takes_chats, bool):
        raise asked.bad("`can_accept_chat` must be true or false")
    (asked.state.away.discard if takes_chats else asked.state.away.add)(asked.shop.shop_id)
    return {}


def get_performance(world: World, asked: Asked) -> dict[str, Any]:
    """Return how well the shop answers, between two days."""
    try:
        first, last = (
            date.fromisoformat(asked.query.get(name, "")) for name in ("support_date_ge", "support_date_lt")
        )
    except ValueError as error:
        raise asked.bad("`support_date_ge` and `support_date_lt` must be days, YYYY-MM-DD") from error
    if first >= last:
        raise asked.bad("`support_date_ge` must be before `support_date_lt`")
    talks = world.chat.of_shop(asked.shop.shop_id)
    answered = sum(not talk.unread_count() for talk in talks)
    return {
        "performance": {
            "response_percentage": f"{100 * answered / len(talks):.2f}" if talks else "0",
            "response_time_mins": "5",
            "satisfaction_percentage": "0",
            "support_session_count": len(talks),
        }
    }


def _id(message: Message) -> str:
    return message.message_id


def _visible(world: World, talk: Conversation) -> list[Message]:
    now = world.now()
    return [message for message in talk.messages if message.listed_from <= now]


def _newest_id(world: World, talk: Conversation) -> str:
    visible = _visible(world, talk)
    return visible[-1].message_id if visible else talk.conversation_id


def _listed(world: World, asked: Asked, talk: Conversation) -> dict[str, Any]:
    visible = _visible(world, talk)
    return _talk(world, asked, talk, platform_field="buyer_platform") | {
        "can_send_message": not talk.buyer.blocked and may_write(world, talk.shop_id, talk.buyer),
        "latest_message": _message(world, asked, talk, visible[-1]) if visible else {},
    }


def _talk(world: World, asked: Asked, talk: Conversation, *, platform_field: str) -> dict[str, Any]:
    shop, buyer = asked.shop, talk.buyer
    person = {
        "user_id": user_id(buyer),
        "im_user_id": im_user_id(buyer),
        "role": "BUYER",
        "nickname": buyer.name,
        "avatar": "",
    }
    if shop.region == "ID":
        person[platform_field] = platform(buyer)
    house = {
        "user_id": "",
        "im_user_id": im_user_id(shop),
        "role": "SHOP",
        "nickname": shop.name,
        "avatar": "",
    }
    return {
        "id": ids(world, asked)(talk.conversation_id),
        "create_time": int(talk.messages[0].at if talk.messages else world.now()),
        "participant_count": 2,
        "unread_count": talk.unread_count(),
        "participants": [person, house],
    }


def _message(world: World, asked: Asked, talk: Conversation, message: Message) -> dict[str, Any]:
    source = message.source_content
    content = source["content"] if message.from_shop else {"content": message.content["text"]}
    if message.picture is not None:
        content = _image(asked, content)
    return {
        "id": ids(world, asked)(message.message_id),
        "type": source["type"] if message.from_shop else "TEXT",
        "content": json.dumps(content, ensure_ascii=False),
        "create_time": int(message.at),
        "index": str(talk.messages.index(message) + 1),
        "is_visible": message.shown_to_buyer(world.now()),
        "sender": _sender(asked.shop, talk, message),
    }


def _image(asked: Asked, content: dict[str, Any]) -> dict[str, Any]:
    """Return what the history makes of an image: lengths as text, and perhaps another address."""
    url = f"{content['url']}_tn" if asked.state.settings.rewrite_urls else content["url"]
    return {"url": url, "width": str(content["width"]), "height": str(content["height"])}


def _sender(shop: Shop, talk: Conversation, message: Message) -> dict[str, str]:
    if message.from_shop:
        who, name, role = im_user_id(shop), shop.name, message.source_content["role"]
    else:
        who, name, role = im_user_id(talk.buyer), talk.buyer.name, "BUYER"
    return {"im_user_id": who, "nickname": name, "avatar": "", "role": role}


CALLS = (
    Call("GET", CREATE, list_conversations, CHAT_SCOPE, metered=True, wrong=BAD_CHAT),
    Call(
        "GET",
        "/customer_service/202601/conversations/{conversation_id}",
        get_conversation,
        CHAT_SCOPE,
        wrong=BAD_CHAT,
    ),
    Call("GET", SEND, list_messages, CHAT_SCOPE, metered=True, wrong=BAD_CHAT),
    Call("POST", f"{SEND}/read", read_messages, CHAT_SCOPE, metered=True, wrong=BAD_CHAT),
    Call("GET", _SETTINGS, get_settings, CHAT_SCOPE, wrong=BAD_CHAT),
    Call("PUT", _SETTINGS, put_settings, CHAT_SCOPE, wrong=BAD_CHAT),
    Call("GET", "/customer_service/202407/performance", get_performance, CHAT_SCOPE, wrong=BAD_CHAT),
)
