"""Shopee Open Platform v2: seller chat, the sending half."""

from typing import Any

from parcelguard.sandbox.shopee import chat_rules
from parcelguard.sandbox.shopee.refusals import Refused, wrong_parameters
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.sandbox.shopee.wire import MAX_BYTES, Asked, Call
from parcelguard.sandbox.world.pictures import UnfitPicture
from parcelguard.sandbox.world.records import Buyer, Conversation, Message, Order, Picture, Shop
from parcelguard.sandbox.world.world import World

MESSAGE_TYPES = ("text", "image", "sticker", "item", "order", "voucher", "video")
_NEEDED = {
    "text": ("text",),
    "image": ("image_url",),
    "sticker": ("sticker_id", "sticker_package_id"),
    "item": ("item_id",),
    "order": ("order_sn",),
    "voucher": (),
    "video": ("vid", "video_url", "thumb_url", "thumb_width", "thumb_height", "duration_seconds"),
}
# How long after sending a message may be taken back, by country; elsewhere not at all.
_RECALL_S = {"TH": 180, "SG": 600, "ID": 600, "PH": 600, "BR": 600}


def upload_image(world: World, asked: Asked) -> dict[str, Any]:
    """v2.sellerchat.upload_image: keep an image; the buyer sees nothing yet."""
    try:
        picture = world.pictures.keep_upload(asked.shop.shop_id, asked.upload, asked.base_url, most=MAX_BYTES)
    except UnfitPicture as unfit:
        raise wrong_parameters(str(unfit)) from unfit
    return {"url": picture.url, "thumbnail": f"{picture.url}_tn"}


def send_message(world: World, asked: Asked) -> dict[str, Any]:
    """v2.sellerchat.send_message: one text, one image or one card to one buyer."""
    body, shop = asked.body, asked.shop
    to_id, content = _addressed(body)
    buyer = world.buyers.get(to_id)
    if buyer is None:
        raise Refused("user_is_forbidden", "You can not send message to this user.")
    orders = world.orders_of(shop.shop_id, to_id)
    talk = world.chat.find(shop.shop_id, to_id)
    rules = world.state_of(ShopeeState).rules
    chat_rules.check_contact(rules, buyer, talk, orders, world.now())
    kind = _kind(body, content)
    _check_conversation(body, talk)
    order = _order_meant(world, asked, kind, content, orders)
    card_only = world.faults.strike("order_card_first_only", asked.path)
    chat_rules.check_first_contact(talk, has_order=order is not None and (kind == "order" or not card_only))
    picture = _check_message(world, shop, talk, kind, content)
    # The run is counted last: a message that would be refused anyway must not look like one too many.
    _check_pace(world, asked)
    chat_rules.check_run(rules, talk)
    message = _accept(world, asked, buyer, kind, content, order, picture)
    return _sent(world, asked, message)


def delete_message(world: World, asked: Asked) -> dict[str, Any]:
    """v2.sellerchat.delete_message: take a message back while the country allows it."""
    shop = asked.shop
    wanted = str(asked.body.get("message_id", ""))
    for talk in world.chat.of_shop(shop.shop_id):
        for message in talk.messages:
            if message.message_id == wanted and message.from_shop:
                if world.now() - message.at > _RECALL_S.get(shop.region, -1):
                    raise Refused("error_business", "The message can not be recalled.")
                message.recalled = True
                return {}
    raise wrong_parameters("message_id is unknown", code="param_error")


def _addressed(body: Any) -> tuple[int, dict[str, Any]]:
    to_id, content = body.get("to_id"), body.get("content")
    if not isinstance(to_id, int) or isinstance(to_id, bool) or to_id <= 0:
        raise wrong_parameters("to_id is missing or invalid", code="param_error")
    if not isinstance(content, dict):
        raise wrong_parameters("content must be an object", code="param_error")
    return to_id, content


def _kind(body: Any, content: dict[str, Any]) -> str:
    kind = body.get("message_type")
    if kind not in MESSAGE_TYPES:
        raise wrong_parameters("message_type is missing or invalid", code="param_error")
    for name in _NEEDED[kind]:
        if content.get(name) in (None, ""):
            raise wrong_parameters(f"content.{name} is missing", code="param_error")
    for name in ("text", "image_url", "order_sn"):
        if not isinstance(content.get(name, ""), str):
            raise wrong_parameters(f"content.{name} must be a string", code="param_error")
    return str(kind)


def _check_conversation(body: Any, talk: Conversation | None) -> None:
    given = str(body.get("conversation_id") or "")
    if body.get("business_type", 0) not in (0, 11) or (body.get("business_type") == 11 and not given):
        raise wrong_parameters("business_type is invalid or lacks conversation_id", code="param_error")
    if given and (talk is None or talk.conversation_id != given):
        raise wrong_parameters("conversation_id does not belong to to_id", code="param_error")


def _order_meant(
    world: World, asked: Asked, kind: str, content: dict[str, Any], orders: list[Order]
) -> Order | None:
    source = asked.body.get("source_content")
    if source is not None:
        if world.faults.strike("refuse_source_content", asked.path) or not isinstance(source, dict):
            raise wrong_parameters("source_content is invalid", code="param_error")
        if asked.body.get("source_type", "order") != "order":
            raise wrong_parameters("source_type is invalid", code="param_error")
    named = {str(content["order_sn"])} if kind == "order" else set()
    if source and "order_sn" in source:
        named.add(str(source["order_sn"]))
    for order_sn in named - {order.order_sn for order in orders}:
        raise wrong_parameters(f"order {order_sn} is not of this buyer", code="param_error")
    return next((order for order in orders if order.order_sn in named), None)


def _check_message(
    world: World, shop: Shop, talk: Conversation | None, kind: str, content: dict[str, Any]
) -> Picture | None:
    rules = world.state_of(ShopeeState).rules
    text, picture = "", None
    if kind == "text":
        text = content["text"]
        chat_rules.check_text(rules, text)
    elif kind == "image":
        picture = world.pictures.by_url(content["image_url"], shop.shop_id)
        if picture is None:
            raise wrong_parameters("image_url was not uploaded by this shop", code="param_error")
        chat_rules.check_image(rules, picture)
    chat_rules.check_repeat(rules, talk, kind, text, picture, world.now())
    return picture


def _check_pace(world: World, asked: Asked) -> None:
    fault = world.faults.strike("sends_per_minute", asked.path)
    if fault and world.chat.sent_since(asked.shop.shop_id, world.now() - 60) >= fault.value:
        raise Refused("exceed_send_limitaion", "You have sent too many messages in a short time.")


def _accept(
    world: World,
    asked: Asked,
    buyer: Buyer,
    kind: str,
    content: dict[str, Any],
    order: Order | None,
    picture: Picture | None,
) -> Message:
    now = world.now()
    late = world.faults.strike("late_filter", asked.path)
    delay = world.faults.strike("list_delay_s", asked.path)
    kept = {name: content[name] for name in _NEEDED[kind]} if kind != "voucher" else dict(content)
    if picture is not None:
        kept = {
            "url": picture.url,
            "thumb_url": f"{picture.url}_tn",
            "thumb_width": picture.width,
            "thumb_height": picture.height,
        }
    return world.chat.accept(
        asked.shop.shop_id,
        buyer,
        kind,
        kept,
        order_sn=order.order_sn if order else "",
        source_content=dict(asked.body.get("source_content") or {}),
        picture=picture,
        listed_from=now + (delay.value if delay else 0),
        filter_at=now + late.value if late else None,
        filter_status=late.status_text if late else "normal",
    )


def _sent(world: World, asked: Asked, message: Message) -> dict[str, Any]:
    number = int if world.faults.strike("numeric_ids", asked.path) else str
    answer: dict[str, Any] = {
        "message_id": number(message.message_id),
        "to_id": asked.body["to_id"],
        "message_type": message.kind,
        "content": message.content,
        "conversation_id": number(message.conversation_id),
        "created_timestamp": int(message.at),
        "region": asked.shop.region,
        "message_option": 0,
    }
    if world.faults.strike("missing_message_id", asked.path):
        del answer["message_id"]
    return answer


CALLS = (
    Call("POST", "/api/v2/sellerchat/upload_image", upload_image, upload=True),
    Call("POST", "/api/v2/sellerchat/send_message", send_message),
    Call("POST", "/api/v2/sellerchat/delete_message", delete_message),
)
