"""Chatwoot: conversations and what is said in them.

An accepted message is only stored; whether it reaches the buyer's phone is told by its status later.
"""

from collections.abc import Iterable
from typing import Any

from parcelguard.sandbox.chatwoot.accounts import inbox_id
from parcelguard.sandbox.chatwoot.contacts import contact_of, row
from parcelguard.sandbox.chatwoot.wire import MAX_ATTACHMENT, Asked, Call, invalid, missing
from parcelguard.sandbox.world.pictures import UnfitPicture
from parcelguard.sandbox.world.records import Conversation, Message, Picture
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

# Chatwoot, application API, "Get messages": twenty before an id, a hundred after one.
PAGE = 20
PAGE_AFTER = 100
LONGEST_TEXT = 150_000
DELIVERED_AFTER_S = 2
_TALK = "/conversations/{conversation_id:int}"
_TRUE = (True, "true", "1")


def open_conversation(world: World, asked: Asked) -> dict[str, Any]:
    """Open the conversation with a contact, or return the one there is."""
    contact = contact_of(world, asked, asked.body.get("contact_id"))
    named = (asked.body.get("source_id"), asked.body.get("inbox_id"))
    if named != (contact.source_id, inbox_id(asked.shop)):
        raise missing()
    return _talk(world, asked, world.chat.open_conversation(asked.shop.shop_id, contact.buyer))


def get_conversation(world: World, asked: Asked) -> dict[str, Any]:
    """Return one conversation."""
    return _talk(world, asked, _named(world, asked))


def list_conversations(world: World, asked: Asked) -> dict[str, Any]:
    """Return the account's conversations, the newest first."""
    talks = world.chat.of_shop(asked.shop.shop_id)
    talks.sort(key=_newest_id, reverse=True)
    return {
        "data": {"meta": {"all_count": len(talks)}, "payload": [_talk(world, asked, talk) for talk in talks]}
    }


def list_conversations_of_contact(world: World, asked: Asked) -> dict[str, Any]:
    """Return a contact's conversations."""
    contact = contact_of(world, asked, asked.named["contact_id"])
    talk = world.chat.find(asked.shop.shop_id, contact.buyer.user_id)
    return {"payload": [_talk(world, asked, talk)] if talk else []}


def send_message(world: World, asked: Asked) -> dict[str, Any]:
    """Store a message with its attachments; each part reaches the buyer on its own."""
    talk = _named(world, asked)
    text = asked.body.get("content") or ""
    if asked.body.get("message_type", "outgoing") != "outgoing":
        raise invalid("Incoming messages are only allowed in Api inboxes")
    if asked.body.get("private", False) in _TRUE:
        raise invalid("a private note never reaches the buyer")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise invalid(f"Content is too long (maximum is {LONGEST_TEXT} characters)")
    if not text and not asked.files:
        raise invalid("a message needs content or attachments")
    _check_pace(world, asked)
    said = _message(world, asked, talk, _store(world, asked, talk, text))
    if world.faults.strike("missing_message_id", asked.path):
        del said["id"]
    return said


def list_messages(world: World, asked: Asked) -> dict[str, Any]:
    """Return the newest messages, oldest of them first; `before` and `after` are ids."""
    talk = _named(world, asked)
    now = world.now()
    groups = _grouped(message for message in talk.messages if message.listed_from <= now)
    before, after = asked.whole("before", 0), asked.whole("after", 0)
    if before:
        groups = [group for group in groups if _id(group[0]) < before]
    groups = (
        [group for group in groups if _id(group[0]) > after][:PAGE_AFTER]
        if after and not before
        else groups[-PAGE:]
    )
    return {
        "meta": {"labels": [], "additional_attributes": {}, "contact": _person(world, asked, talk)},
        "payload": [_message(world, asked, talk, group) for group in groups],
    }


def _person(world: World, asked: Asked, talk: Conversation) -> dict[str, Any]:
    """Return the person of a conversation."""
    return row(asked, contact_of(world, asked, talk.buyer.user_id))


def _named(world: World, asked: Asked) -> Conversation:
    wanted = asked.state.conversation_id(asked.shop, int(asked.named["conversation_id"]))
    talk = world.chat.by_id(asked.shop.shop_id, wanted)
    if talk is None:
        raise missing()
    return talk


def _check_pace(world: World, asked: Asked) -> None:
    fault = world.faults.strike("sends_per_minute", asked.path)
    if fault and world.chat.sent_since(asked.shop.shop_id, world.now() - 60) >= fault.value:
        raise Refused("throttled", "Retry later\n", status=429)


def _store(world: World, asked: Asked, talk: Conversation, text: str) -> list[Message]:
    try:
        pictures = [
            world.pictures.keep_upload(talk.shop_id, data, asked.base_url, most=MAX_ATTACHMENT)
            for data in asked.files
        ]
    except UnfitPicture as unfit:
        raise invalid(f"Attachment is invalid: {unfit}") from unfit
    # A buyer's phone gets each attachment as a message of its own, so each counts in the transcript.
    parts: list[tuple[str, dict[str, Any], dict[str, Any]]] = [("text", {"text": text}, {})] if text else []
    parts += [("image", {"url": picture.url}, {"picture": picture}) for picture in pictures]
    now = world.now()
    late = world.faults.strike("late_filter", asked.path)
    delay = world.faults.strike("list_delay_s", asked.path)
    filter_at = now if talk.buyer.blocked else now + late.value if late else None
    stored: list[Message] = []
    for kind, content, facts in parts:
        stored.append(
            world.chat.accept(
                talk.shop_id,
                talk.buyer,
                kind,
                content,
                source_content={"post": stored[0].message_id} if stored else {},
                listed_from=now + (delay.value if delay else 0),
                filter_at=filter_at,
                filter_status=late.status_text if late else "blocked",
                **facts,
            )
        )
    return stored


def _grouped(messages: Iterable[Message]) -> list[list[Message]]:
    """Put the parts of one message together again."""
    groups: dict[str, list[Message]] = {}
    for message in messages:
        groups.setdefault(message.source_content.get("post", message.message_id), []).append(message)
    return list(groups.values())


def _id(message: Message) -> int:
    return int(message.message_id)


def _newest_id(talk: Conversation) -> str:
    return talk.messages[-1].message_id if talk.messages else ""


def _message(world: World, asked: Asked, talk: Conversation, parts: list[Message]) -> dict[str, Any]:
    first = parts[0]
    status = _status(world, talk, parts)
    said: dict[str, Any] = {
        "id": _id(first),
        "content": first.content["text"] if first.kind == "text" else None,
        "account_id": talk.shop_id,
        "inbox_id": inbox_id(asked.shop),
        "conversation_id": asked.state.number(talk),
        "message_type": 1 if first.from_shop else 0,
        "content_type": "text",
        "status": status,
        "content_attributes": {"external_error": "The channel refused it"} if status == "failed" else {},
        "created_at": int(first.at),
        "private": False,
        "source_id": None,
        "sender": {"id": 1, "name": asked.shop.name, "type": "user"},
    }
    if not first.from_shop:
        said["sender"] = {"id": talk.buyer.user_id, "name": talk.buyer.name, "type": "contact"}
    if pictures := [_attachment(part, part.picture) for part in parts if part.picture is not None]:
        said["attachments"] = [facts | {"message_id": _id(first)} for facts in pictures]
    return said


def _status(world: World, talk: Conversation, parts: list[Message]) -> str:
    now = world.now()
    if any(part.status(now) != "normal" for part in parts):
        return "failed"
    if parts[-1].message_id <= talk.buyer_read_id:
        return "read"
    return "delivered" if now - parts[-1].at >= DELIVERED_AFTER_S else "sent"


def _attachment(part: Message, picture: Picture) -> dict[str, Any]:
    return {
        "id": _id(part),
        "file_type": "image",
        "extension": None,
        "data_url": picture.url,
        "thumb_url": f"{picture.url}_tn",
        "file_size": picture.size,
        "width": picture.width,
        "height": picture.height,
    }


def _talk(world: World, asked: Asked, talk: Conversation) -> dict[str, Any]:
    last = talk.messages[-1].at if talk.messages else world.now()
    return {
        "id": asked.state.number(talk),
        "account_id": talk.shop_id,
        "inbox_id": inbox_id(asked.shop),
        "status": "open",
        "can_reply": True,
        "unread_count": talk.unread_count(),
        "last_activity_at": int(last),
        "meta": {"sender": _person(world, asked, talk), "channel": "Channel::Whatsapp"},
    }


CALLS = (
    Call("POST", "/conversations", open_conversation),
    Call("GET", "/conversations", list_conversations),
    Call("GET", _TALK, get_conversation),
    Call("GET", "/contacts/{contact_id:int}/conversations", list_conversations_of_contact),
    Call("POST", f"{_TALK}/messages", send_message),
    Call("GET", f"{_TALK}/messages", list_messages),
)
