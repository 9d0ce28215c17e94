"""When the Shopee chat lets a shop write to a buyer, and when it refuses.

The order of the checks follows what was seen on the live platform: first whether the shop may write at all,
then the message itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from parcelguard.sandbox.shopee.refusals import Refused
from parcelguard.sandbox.world.records import Buyer, Conversation, Message, Order, Picture

DAY_S = 86_400


@dataclass(slots=True)
class ChatRules:
    """The limits, each one changeable."""

    # Shopee Open Platform v2, `v2.sellerchat.send_message`: whom a shop may write to at all. The buyer wrote
    # within a week, ordered within a month, or has a return open.
    wrote_within_s: float = 7 * DAY_S
    ordered_within_s: float = 30 * DAY_S
    # The run that the error `reach_5_message_limit` names, until the buyer replies.
    unanswered: int = 5
    same_again_after_s: float = DAY_S
    same_image_counts: bool = False  # not known for the real platform
    longest_text: int = 600
    banned_words: tuple[str, ...] = (
        "whatsapp",
        "wa.me",
        "telegram",
        "wechat",
        "lazada",
        "tiktok",
        "http://",
        "https://",
        "www.",
    )
    # Stands for "the picture shows something forbidden": no picture of ours has this size by chance.
    banned_image_size: tuple[int, int] = (666, 666)


def check_contact(
    rules: ChatRules, buyer: Buyer, talk: Conversation | None, orders: Sequence[Order], now: float
) -> None:
    """Refuse a buyer who blocked, was blocked, or has had nothing to do with the shop lately."""
    if buyer.blocked == "by_buyer":
        raise Refused("error_blocked", "You have been blocked by this user.")
    if buyer.blocked == "by_shop":
        raise Refused("error_sender_block_receiver", "You have blocked this user.")
    wrote = any(
        not message.from_shop and now - message.at < rules.wrote_within_s
        for message in (talk.messages if talk else ())
    )
    ordered = any(now - order.create_time < rules.ordered_within_s for order in orders)
    if not (wrote or ordered or buyer.open_return):
        raise Refused("user_is_forbidden", "You can not send message to this user.")


def check_first_contact(talk: Conversation | None, *, has_order: bool) -> None:
    """Refuse a first message ever that does not say which order it is about."""
    if (talk is None or not talk.messages) and not has_order:
        raise Refused("first_chat_without_order_info", "The first chat must be sent with order information.")


def check_run(rules: ChatRules, talk: Conversation | None) -> None:
    """Refuse one message too many without an answer; order cards and photos count."""
    if talk is not None and unanswered(talk) >= rules.unanswered:
        raise Refused(
            "reach_5_message_limit", "You can only send 5 messages before the buyer replies to your messages."
        )


def unanswered(talk: Conversation) -> int:
    """Count the shop's newest messages that no buyer's message interrupts."""
    run = 0
    for message in reversed(talk.messages):
        if not message.from_shop:
            break
        # A message that was taken back makes room for another one.
        run += not message.recalled
    return run


def check_text(rules: ChatRules, text: str) -> None:
    """Refuse a text that is too long or says what must not be said."""
    if len(text) > rules.longest_text:
        raise Refused("message_too_long", f"The message is longer than {rules.longest_text} characters.")
    lowered = text.casefold()
    if any(word in lowered for word in rules.banned_words):
        raise Refused("message_is_censored", "The message contains sensitive content.")


def check_image(rules: ChatRules, picture: Picture) -> None:
    """Refuse the picture that stands for a forbidden one."""
    if (picture.width, picture.height) == rules.banned_image_size:
        raise Refused("message_is_censored", "The image contains sensitive content.")


def check_repeat(
    rules: ChatRules, talk: Conversation | None, kind: str, text: str, picture: Picture | None, now: float
) -> None:
    """Refuse the same message again within a day, in one conversation."""
    for message in talk.messages if talk else ():
        fresh = message.from_shop and not message.recalled and now - message.at < rules.same_again_after_s
        if fresh and message.kind == kind and _same(rules, message, text, picture):
            raise Refused(
                "error_business", "The message is same as the previous one, please do not send it again."
            )


def _same(rules: ChatRules, message: Message, text: str, picture: Picture | None) -> bool:
    if message.kind == "text":
        return bool(message.content["text"] == text)
    if picture is not None and message.picture is not None:
        return rules.same_image_counts and message.picture.sha256 == picture.sha256
    return False
