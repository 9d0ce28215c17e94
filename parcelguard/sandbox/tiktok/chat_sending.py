"""TikTok Shop Open API: customer service, the sending half."""

import json
from typing import Any

from parcelguard.sandbox.tiktok.app_state import CHAT_SCOPE, DAY_S
from parcelguard.sandbox.tiktok.ids import buyer_of, package_ids
from parcelguard.sandbox.tiktok.images import place
from parcelguard.sandbox.tiktok.refusals import BAD_CHAT, refusal
from parcelguard.sandbox.tiktok.wire import MAX_UPLOAD, Asked, Call
from parcelguard.sandbox.world.pictures import UnfitPicture
from parcelguard.sandbox.world.records import Buyer, Conversation, Message, Order, Picture
from parcelguard.sandbox.world.world import World

CREATE = "/customer_service/202309/conversations"
_SEND = "/customer_service/{version}/conversations/{conversation_id}/messages"
SEND = _SEND.replace("{version}", "202309")
SEND_AS = _SEND.replace("{version}", "202606")
LONGEST_TEXT = 2000
# TikTok Shop Open API, "Create Conversation" (202309): who may be written to, code 45109003 otherwise.
TALKED_WITHIN_S = 30 * DAY_S
ORDERED_WITHIN_S = 60 * DAY_S
_ROLES = ("CUSTOMER_SERVICE", "SYSTEM", "ROBOT")
_KINDS = {"TEXT": "text", "IMAGE": "image", "ORDER_CARD": "order", "LOGISTICS_CARD": "order"}


def create_conversation(world: World, asked: Asked) -> dict[str, Any]:
    """Open the chat with a buyer, or return the one there is."""
    buyer = buyer_of(world, asked.text("buyer_user_id"))
    if buyer is None or not may_write(world, asked.shop.shop_id, buyer):
        raise refusal(45109003, "The criteria for starting a conversation with this buyer are not met.")
    number = ids(world, asked)
    return {
        "conversation_id": number(world.chat.open_conversation(asked.shop.shop_id, buyer).conversation_id)
    }


def upload_image(world: World, asked: Asked) -> dict[str, Any]:
    """Keep an image; the buyer sees nothing yet."""
    try:
        picture = world.pictures.keep_upload(
            asked.shop.shop_id, asked.upload, place(asked.base_url, asked.shop), most=MAX_UPLOAD
        )
    except UnfitPicture as unfit:
        raise asked.bad("`data` is no JPG, PNG, GIF or WEBP image") from unfit
    return {"url": picture.url, "width": picture.width, "height": picture.height}


def send_message(world: World, asked: Asked) -> dict[str, Any]:
    """Send one text, one image or one card as customer service."""
    return _send(world, asked, _ROLES[0])


def send_message_as(world: World, asked: Asked) -> dict[str, Any]:
    """Send like `send_message`, in the role that `sender_role` names, if it does."""
    role = asked.body.get("sender_role", _ROLES[0])
    if role not in _ROLES:
        raise asked.bad(f"`sender_role` must be one of {', '.join(_ROLES)}")
    return _send(world, asked, role)


def talk_of(world: World, asked: Asked) -> Conversation:
    """Return the shop's own conversation that the path names."""
    wanted = asked.named["conversation_id"]
    talk = world.chat.by_id(asked.shop.shop_id, wanted)
    if talk is not None:
        return talk
    if any(world.chat.by_id(shop_id, wanted) for shop_id in world.shops):
        raise refusal(45102007, "No permission to this conversation.")
    raise refusal(45101003, "The conversation does not exist.")


def may_write(world: World, shop_id: int, buyer: Buyer) -> bool:
    """Whether shop and buyer talked or traded lately, or ever argued about a return."""
    now = world.now()
    talk = world.chat.find(shop_id, buyer.user_id)
    talked = any(now - message.at < TALKED_WITHIN_S for message in (talk.messages if talk else ()))
    orders = world.orders_of(shop_id, buyer.user_id)
    ordered = any(now - order.create_time < ORDERED_WITHIN_S for order in orders)
    return talked or ordered or buyer.open_return


def ids(world: World, asked: Asked) -> type[int] | type[str]:
    """Return how ids are written: as text, unless a switch says otherwise."""
    return int if world.faults.strike("numeric_ids", asked.path) else str


def _send(world: World, asked: Asked, role: str) -> dict[str, Any]:
    talk = talk_of(world, asked)
    kind, content = _message(asked)
    order, picture = _check(world, asked, talk, kind, content)
    if talk.buyer.blocked or not may_write(world, talk.shop_id, talk.buyer):
        raise refusal(45109001, "The message is forbidden by the rules of the chat.")
    fault = world.faults.strike("sends_per_minute", asked.path)
    if fault and world.chat.sent_since(talk.shop_id, world.now() - 60) >= fault.value:
        raise refusal(36009002, "Too many requests.", status=429)
    message = _accept(world, asked, talk, kind, content, role, order, picture)
    number = ids(world, asked)
    if world.faults.strike("missing_message_id", asked.path):
        return {}
    return {"message_id": number(message.message_id)}


def _message(asked: Asked) -> tuple[str, dict[str, Any]]:
    """Read type and content: the content is a string that holds JSON."""
    kind, text = asked.text("type"), asked.text("content")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise asked.bad("`content` is no JSON") from error
    if not isinstance(content, dict):
        raise asked.bad("`content` must hold an object")
    return kind, content


def _check(
    world: World, asked: Asked, talk: Conversation, kind: str, content: dict[str, Any]
) -> tuple[Order | None, Picture | None]:
    match kind:
        case "TEXT":
            _check_text(asked, content.get("content"))
        case "IMAGE":
            return None, _picture(world, asked, content)
        case "ORDER_CARD" | "LOGISTICS_CARD" | "RETURN_REFUND_CARD":
            return _order(world, asked, talk, kind, content), None
        case "PRODUCT_CARD":
            if not isinstance(content.get("product_id"), str):
                raise asked.bad("`product_id` must be a string")
        case "COUPON_CARD":
            raise refusal(45111012, "The coupon is not available.")
        case "VIDEO":
            raise refusal(45111001, "This type of message is not supported.")
        case _:
            raise asked.bad("`type` is unknown")
    return None, None


def _check_text(asked: Asked, text: Any) -> None:
    if not isinstance(text, str) or not 1 <= len(text) <= LONGEST_TEXT:
        raise asked.bad(f"a text must have 1 to {LONGEST_TEXT} characters")
    lowered = text.casefold()
    if any(word in lowered for word in asked.state.settings.banned_words):
        raise refusal(45101006, "The message contains sensitive content.")


def _picture(world: World, asked: Asked, content: dict[str, Any]) -> Picture:
    url, size = content.get("url"), (content.get("width"), content.get("height"))
    picture = world.pictures.by_url(url, asked.shop.shop_id) if isinstance(url, str) else None
    if picture is None:
        raise asked.bad("`url` was not uploaded by this shop")
    # `True` is an int to Python, and no length to the platform.
    if not all(type(length) is int for length in size) or size != (picture.width, picture.height):
        raise asked.bad("`width` and `height` are not those of the image")
    if size == asked.state.settings.banned_image_size:
        raise refusal(45101006, "The image contains sensitive content.")
    return picture


def _order(world: World, asked: Asked, talk: Conversation, kind: str, content: dict[str, Any]) -> Order:
    wanted = content.get("order_id")
    if not isinstance(wanted, str):
        raise asked.bad("`order_id` must be a string")
    order = world.order_of(asked.shop, wanted)
    parcels = package_ids(world, order) if order else []
    if (
        order is None
        or order.buyer is not talk.buyer
        or content.get("package_id") not in (None, *parcels)
        or (kind == "RETURN_REFUND_CARD" and not talk.buyer.open_return)
    ):
        raise refusal(45101002, "The conditions for sending this card are not met.")
    return order


def _accept(
    world: World,
    asked: Asked,
    talk: Conversation,
    kind: str,
    content: dict[str, Any],
    role: str,
    order: Order | None,
    picture: Picture | None,
) -> Message:
    now = world.now()
    late = world.faults.strike("late_filter", asked.path)
    delay = world.faults.strike("list_delay_s", asked.path)
    shown = {"text": content["content"]} if kind == "TEXT" else content
    return world.chat.accept(
        talk.shop_id,
        talk.buyer,
        _KINDS.get(kind, kind.lower()),
        shown,
        order_sn=order.order_sn if order else "",
        source_content={"type": kind, "role": role, "content": content},
        picture=picture,
        listed_from=now + (delay.value if delay else 0),
        filter_at=now + late.value if late else None,
        filter_status=late.status_text if late else "normal",
    )


CALLS = (
    Call("POST", CREATE, create_conversation, CHAT_SCOPE, wrong=BAD_CHAT),
    Call(
        "POST",
        "/customer_service/202309/images/upload",
        upload_image,
        CHAT_SCOPE,
        upload=True,
        wrong=BAD_CHAT,
    ),
    Call("POST", SEND, send_message, CHAT_SCOPE, metered=True, wrong=BAD_CHAT),
    Call("POST", SEND_AS, send_message_as, CHAT_SCOPE, metered=True, wrong=BAD_CHAT),
)
