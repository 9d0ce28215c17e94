"""What the marketplace knows about shops, buyers, orders and pictures."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Shop:
    """One seller account in one country."""

    shop_id: int
    name: str
    region: str
    currency: str
    user_id: int  # the account that writes in the chat; never the shop_id
    marketplace: str
    status: str = "NORMAL"
    chat_allowed: bool = True


@dataclass(slots=True)
class Buyer:
    """One person who buys and chats."""

    user_id: int
    name: str
    shop_id: int = 0  # some buyers sell too, so a message from them carries a shop id
    blocked: str = ""  # "by_buyer" or "by_shop"
    open_return: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of an order."""

    item_id: int
    name: str
    sku: str
    price: float
    quantity: int = 1
    model_id: int = 0
    model_name: str = ""
    model_sku: str = ""
    colour: str = "#8a8f98"
    digital: bool = False  # nothing to pack
    packed_by_platform: bool = False  # it lies in the platform's own warehouse
    cancelled: bool = False  # this line alone


@dataclass(slots=True, kw_only=True)
class Package:
    """One parcel of an order."""

    package_number: str
    tracking_number: str
    items: list[Item]
    group_shipment_id: int = 0


@dataclass(slots=True, kw_only=True)
class Order:
    """One order of one buyer in one shop."""

    order_sn: str
    shop_id: int
    buyer: Buyer
    items: list[Item]
    packages: list[Package]
    carrier: str
    create_time: float
    update_time: float
    status: str = "PROCESSED"
    message_to_seller: str = ""
    note: str = ""
    cancel_by: str = ""
    cancel_reason: str = ""
    buyer_cancel_reason: str = ""
    has_buyer_id: bool = True  # some orders come without one: no chat for them
    booking_sn: str = ""

    @property
    def total(self) -> float:
        """What the buyer paid for the goods."""
        return round(sum(item.price * item.quantity for item in self.items), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One uploaded chat image."""

    file_id: str
    shop_id: int
    url: str
    sha256: str
    size: int
    width: int
    height: int
    media_type: str


@dataclass(slots=True, kw_only=True)
class Message:
    """One message that was accepted; `at` is the marketplace's clock."""

    message_id: str
    conversation_id: str
    kind: str
    content: dict[str, Any]
    at: float
    from_shop: bool
    order_sn: str = ""
    source_content: dict[str, Any] = field(default_factory=dict)
    picture: Picture | None = None
    listed_from: float = 0.0
    filter_at: float | None = None
    filter_status: str = "normal"
    recalled: bool = False

    def status(self, now: float) -> str:
        """Say what the platform makes of the message by now; a filter may strike late."""
        if self.filter_at is not None and now >= self.filter_at:
            return self.filter_status
        return "normal"

    def shown_to_buyer(self, now: float) -> bool:
        """Whether the buyer's screen has it."""
        return not self.recalled and (not self.from_shop or self.status(now) == "normal")


@dataclass(slots=True, kw_only=True)
class Conversation:
    """What one shop and one buyer wrote to each other, oldest first."""

    conversation_id: str
    shop_id: int
    buyer: Buyer
    messages: list[Message] = field(default_factory=list)
    read_by_shop: int = 0  # how many messages the shop has marked as read
    buyer_read_id: str = ""
    about: str = ""  # the order last spoken of, for messages that cannot name one

    def unread_count(self) -> int:
        """Count the buyer's messages the shop has not marked as read."""
        return sum(not message.from_shop for message in self.messages[self.read_by_shop :])
