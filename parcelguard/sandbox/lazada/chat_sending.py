"""Lazada: seller chat, the sending half.

The platform publishes few of the chat's refusals; where none is known, the code begins with `PG_SIM_`.
"""

from enum import IntEnum
from typing import Any

from parcelguard.sandbox.lazada.apps import LazadaApps
from parcelguard.sandbox.lazada.wire import Asked, Call, SaidNo, missing
from parcelguard.sandbox.world.pictures import measure
from parcelguard.sandbox.world.records import Conversation, Message, Picture, Shop
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

DAY_S = 86_400
RECALL_S = 120
LONGEST_TEXT = 500  # not known for the real platform
MAX_BYTES = 1024 * 1024  # sources disagree between 1 and 3 MB; the smaller one is the safer teacher
# Lazada Open Platform, `/image/upload`: each side of a picture.
_SIDES = range(330, 5001)


class Template(IntEnum):
    """The kinds of messages a seller may send."""

    TEXT = 1
    PICTURE = 3
    EMOJI = 4
    VIDEO = 6
    PRODUCT = 10006
    ORDER = 10007
    VOUCHER = 10008
    FOLLOW = 10010


KINDS = {
    Template.TEXT: "text",
    Template.PICTURE: "image",
    Template.EMOJI: "emoji",
    Template.VIDEO: "video",
    Template.PRODUCT: "item",
    Template.ORDER: "order",
    Template.VOUCHER: "voucher",
    Template.FOLLOW: "follow",
}
_NEEDED = {
    Template.TEXT: ("txt",),
    Template.PICTURE: ("img_url", "width", "height"),
    Template.EMOJI: ("txt",),
    Template.VIDEO: ("video_id", "width", "height"),
    Template.PRODUCT: ("item_id",),
    Template.ORDER: ("order_id",),
    Template.VOUCHER: ("promotion_id",),
    Template.FOLLOW: (),
}


def upload_image(world: World, asked: Asked) -> dict[str, Any]:
    """/image/upload: keep an image under an address that anybody may open."""
    if asked.file is None:
        raise missing("image")
    if not asked.file:
        raise Refused("30", "E030: Empty image")
    measured = measure(asked.file)
    if measured is None or measured[0] == "image/gif":
        raise Refused("302", "E302: Not an acceptable image; JPG and PNG are")
    if len(asked.file) > MAX_BYTES:
        raise Refused("303", "E303: The image is too large")
    if not (measured[1] in _SIDES and measured[2] in _SIDES):
        raise Refused("302", "E302: Not an acceptable image; each side must be 330 to 5000 pixels")
    picture = world.pictures.keep_upload(asked.shop.shop_id, asked.file, asked.base_url, most=MAX_BYTES)
    return {"data": {"image": {"url": picture.url, "hash_code": picture.file_id}}}


def open_session(world: World, asked: Asked) -> dict[str, Any]:
    """/im/session/open: the conversation with an order's buyer, and whether there may be one."""
    order = world.order_of(asked.shop, asked.text("order_id"))
    if order is None or not order.has_buyer_id:
        raise SaidNo("PG_SIM_NO_BUYER", "The order has no buyer to write to")
    within_s = world.state_of(LazadaApps).rules.ordered_within_s
    if world.now() - order.create_time > within_s:
        days = int(within_s // DAY_S)
        raise SaidNo("-22", f"order out of day limit: {days}")
    talk = world.chat.open_conversation(asked.shop.shop_id, order.buyer)
    talk.about = order.order_sn
    return {"session_id": session_id(asked.shop, talk)}


def send(world: World, asked: Asked) -> dict[str, Any]:
    """/im/message/send: one message of one template."""
    talk = talk_of(world, asked)
    number = asked.whole("template_id")
    if number not in KINDS:
        raise Refused("InvalidParameter", "Invalid template_id")
    template = Template(number)
    for name in _NEEDED[template]:
        asked.text(name)
    content, picture = _content(world, asked, talk, template)
    if talk.buyer.blocked:
        raise SaidNo("PG_SIM_BLOCKED", "The session is closed")
    # Here five messages are counted: texts, pictures and cards alike, within a day, until the buyer replies.
    if _unanswered(world, talk) >= world.state_of(LazadaApps).rules.unanswered:
        raise SaidNo("PG_SIM_SESSION_QUOTA", "You can send 5 messages a day until the buyer replies")
    message = _accept(world, asked, talk, template, content, picture)
    data = {
        "message_id": message.message_id,
        "template_id": int(template),
        "current_time": int(message.at * 1000),
    }
    if world.faults.strike("missing_message_id", asked.path):
        del data["message_id"]
    return {"data": data}


def recall(world: World, asked: Asked) -> dict[str, Any]:
    """/im/message/recall: take a message back within two minutes."""
    wanted = asked.text("message_id")
    message = next((one for one in talk_of(world, asked).messages if one.message_id == wanted), None)
    if message is None or not message.from_shop or world.now() - message.at > RECALL_S:
        raise SaidNo("PG_SIM_RECALL", "The message can not be recalled")
    message.recalled = True
    return {}


def session_id(shop: Shop, talk: Conversation) -> str:
    """Return the one session of a shop and a buyer."""
    return f"{shop.shop_id}_2_{talk.buyer.user_id}_1_103"


def talk_of(world: World, asked: Asked) -> Conversation:
    """Find the conversation a call means; it must have been opened, or the buyer must have written."""
    wanted = asked.text("session_id").split("_")
    buyer_id = wanted[2] if len(wanted) == 5 else ""
    talk = world.chat.find(asked.shop.shop_id, int(buyer_id)) if buyer_id.isdecimal() else None
    if talk is None or session_id(asked.shop, talk) != asked.given["session_id"]:
        raise SaidNo("PG_SIM_NO_SESSION", "The session does not exist")
    return talk


def _content(
    world: World, asked: Asked, talk: Conversation, template: Template
) -> tuple[dict[str, Any], Picture | None]:
    match template:
        case Template.TEXT | Template.EMOJI:
            text = asked.text("txt")
            if len(text) > LONGEST_TEXT:
                raise SaidNo("PG_SIM_TEXT_TOO_LONG", f"The text is longer than {LONGEST_TEXT} characters")
            return {"text": text}, None
        case Template.PICTURE:
            picture = world.pictures.by_url(asked.text("img_url"), asked.shop.shop_id)
            if picture is None:  # the real platform may fetch any address
                raise SaidNo("PG_SIM_IMAGE", "The image was not uploaded by this shop")
            size = {name: asked.whole(name, low=1) for name in ("width", "height")}
            if (size["width"], size["height"]) != (picture.width, picture.height):
                raise SaidNo("PG_SIM_IMAGE", "Width and height are not those of the image")
            return {"url": picture.url} | size, picture
        case Template.ORDER:
            order = world.order_of(asked.shop, asked.text("order_id"))
            if order is None or order.buyer is not talk.buyer:
                raise SaidNo("PG_SIM_ORDER", "The order is not of this buyer")
            talk.about = order.order_sn
            return {"order_sn": order.order_sn, "status": order.status}, None
        case _:
            return {name: asked.given[name] for name in _NEEDED[template]}, None


def _unanswered(world: World, talk: Conversation) -> int:
    """Count what the shop wrote within a day since the buyer last did."""
    run = 0
    for message in reversed(talk.messages):
        if not message.from_shop or world.now() - message.at >= DAY_S:
            break
        run += not message.recalled
    return run


def _accept(
    world: World,
    asked: Asked,
    talk: Conversation,
    template: Template,
    content: dict[str, Any],
    picture: Picture | None,
) -> Message:
    now = world.now()
    late = world.faults.strike("late_filter", asked.path)
    delay = world.faults.strike("list_delay_s", asked.path)
    text = str(content.get("text", ""))
    # Moderation is silent: the answer is a success, and only the shop sees the message.
    caught = any(word in text.casefold() for word in world.state_of(LazadaApps).rules.banned_words)
    return world.chat.accept(
        asked.shop.shop_id,
        talk.buyer,
        KINDS[template],
        content,
        order_sn=world.order_meant(talk, text),
        picture=picture,
        listed_from=now + (delay.value if delay else 0),
        filter_at=now + late.value if late else now if caught else None,
        filter_status=late.status_text if late else "blocked",
    )


CALLS = (
    Call("/image/upload", upload_image, ("POST",)),
    Call("/im/session/open", open_session, ("GET", "POST"), app="chat"),
    Call("/im/message/send", send, ("POST",), app="chat"),
    Call("/im/message/recall", recall, ("GET", "POST"), app="chat"),
)
