"""The marketplaces this program knows: one row each, with what a person must know before connecting a shop.

Texts are marked for translation here, one whole sentence or paragraph a message, and put into the language
in use where they are shown. The modules that speak to a marketplace carry its name: `marketplace.<name>`,
`chat.<name>`, `marketplace.<name>.orders`, and `sandbox.<name>` for trying it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parcelguard.core.message_id import msgid
from parcelguard.core.shops import LONGEST_MESSAGE

SOUTH_EAST_ASIA = ("MY", "SG", "ID", "TH", "VN", "PH")


@dataclass(frozen=True, slots=True)
class Key:
    """One thing the seller copies from the marketplace's console, once.

    `setting`: the setting it is kept in; for a secret the grant it belongs to. `where`: where the
    console shows it.
    """

    setting: str
    label: str
    where: str
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Marketplace:
    """One row.

    `titles`: another name in some countries. `keys`: what a shop needs from the console. `grants`: the
    consents a seller gives, with what each is for. `apply`: what to apply for and where, in sentences;
    `{callback}` stands for this program's own address. `rule`: how photos may be sent, in a few words for
    the shop's row; `notice`: what must have been read before sending is switched on. `gap_s`: seconds
    between two messages of a shop. `longest_text`: of a message, in characters. `chat_page`: where a person
    finds the order's chat, by country; `{order}` stands for its number.
    """

    name: str
    title: str
    regions: tuple[str, ...] = SOUTH_EAST_ASIA
    titles: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    grants: Mapping[str, str] = field(default_factory=dict)
    apply: tuple[str, ...] = ()
    rule: str
    notice: tuple[str, ...]
    gap_s: float = 1.0
    longest_text: int = LONGEST_MESSAGE
    chat_page: Mapping[str, str] = field(default_factory=dict)
    has_chat: bool = True

    def label(self, region: str) -> str:
        """Return what the small badge of a shop says: 'Shopee MY'."""
        return self.titles.get(region) or f"{self.title} {region}".strip()

    @property
    def needed(self) -> tuple[str, ...]:
        """The settings without which a shop cannot even be asked for consent."""
        return tuple(key.setting for key in self.keys if not key.secret)


_BY_PERSON = msgid(
    "Only a packer's F4 sends. Nothing goes out on a scan, in bulk to old orders, or as advertising."
)
_CALLBACK = msgid(
    "As its callback (redirect) address enter {callback}. Where the console refuses that, enter an https "
    "page of your own: you then paste the address at which the browser ends."
)
_PRIVATE = msgid("Keep other buyers' labels out of the picture.")
_NO_PROMISE = msgid("It has no rule about packing photos.")
_ON_F4 = msgid("On F4, by the packer")
_SAME_PAGE_SECRET = msgid("the same page › App Secret")

_ROWS = (
    Marketplace(
        name="shopee",
        title="Shopee",
        regions=(*SOUTH_EAST_ASIA, "TW", "BR"),
        keys=(
            Key(
                "partner_id",
                msgid("Partner ID"),
                msgid("open.shopee.com › Console › your app › Live Partner ID"),
            ),
            Key("shop", msgid("Partner key"), msgid("the same page › Live API Partner Key"), secret=True),
            Key("shop_id", msgid("Shop ID"), msgid("the number at the end of your shop's address")),
        ),
        grants={"shop": msgid("orders and chat")},
        apply=(
            msgid(
                "Register at open.shopee.com as a seller: apps of third-party partners get no chat. Make an "
                "app of the kind “Seller In-house System”, which cannot be changed later, and ask Shopee for "
                "the Seller Chat API. Leave the IP whitelist off. Taiwan has no chat for apps; in Brazil ask "
                "your account manager."
            ),
            _CALLBACK,
        ),
        rule=_ON_F4,
        notice=(
            _BY_PERSON,
            msgid(
                "Shopee forbids apps to send order updates that the buyer did not ask for. It does not say "
                "whether packing photos count: it may warn you, or close the app's chat. You can write for "
                "30 days after an order, 5 messages until the buyer answers. The same text twice in 24 "
                "hours is refused. Use no links, phone numbers or names of other shops."
            ),
            _PRIVATE,
        ),
        gap_s=1.5,
        longest_text=LONGEST_MESSAGE,
        chat_page={
            "MY": "https://seller.shopee.com.my/webchat/conversations",
            "SG": "https://seller.shopee.sg/webchat/conversations",
            "ID": "https://seller.shopee.co.id/webchat/conversations",
            "TH": "https://seller.shopee.co.th/webchat/conversations",
            "VN": "https://banhang.shopee.vn/webchat/conversations",
            "PH": "https://seller.shopee.ph/webchat/conversations",
            "TW": "https://seller.shopee.tw/webchat/conversations",
            "BR": "https://seller.shopee.com.br/webchat/conversations",
        },
    ),
    Marketplace(
        name="lazada",
        title="Lazada",
        keys=(
            Key(
                "app_key",
                msgid("App key for orders"),
                msgid("open.lazada.com › App Console › “Seller In-house APP”"),
            ),
            Key("orders", msgid("App secret for orders"), _SAME_PAGE_SECRET, secret=True),
            Key("chat_app_key", msgid("App key for chat"), msgid("App Console › the “In-house IM Chat” app")),
            Key("chat", msgid("App secret for chat"), _SAME_PAGE_SECRET, secret=True),
        ),
        grants={"orders": msgid("orders and pictures"), "chat": msgid("the chat")},
        apply=(
            msgid(
                "Lazada gives orders and chat to two different apps. Make both at open.lazada.com: one of "
                "the category “Seller In-house APP”, one “In-house IM Chat”. Put your shop's short code on "
                "the whitelist of each."
            ),
            _CALLBACK,
        ),
        rule=_ON_F4,
        notice=(
            _BY_PERSON,
            msgid(
                "Lazada allows 5 messages a day until the buyer answers; a whole set needs 4. It hides "
                "messages with links, phone numbers or advertising and does not say so; ParcelGuard checks "
                "the chat once, a minute later. Many messages in a short time cost penalty points."
            ),
            _NO_PROMISE,
            _PRIVATE,
        ),
        gap_s=1.0,
        longest_text=500,
        chat_page={
            "MY": "https://sellercenter.lazada.com.my/apps/im/window",
            "SG": "https://sellercenter.lazada.sg/apps/im/window",
            "ID": "https://sellercenter.lazada.co.id/apps/im/window",
            "TH": "https://sellercenter.lazada.co.th/apps/im/window",
            "VN": "https://sellercenter.lazada.vn/apps/im/window",
            "PH": "https://sellercenter.lazada.com.ph/apps/im/window",
        },
    ),
    Marketplace(
        name="tiktok",
        title="TikTok",
        titles={"ID": "Tokopedia & Shop"},
        keys=(
            Key("app_key", msgid("App key"), msgid("Partner Center › App & Service › your app")),
            Key("shop", msgid("App secret"), msgid("the same page › App secret"), secret=True),
            Key(
                "service_id",
                msgid("Service ID"),
                msgid("the same page › Authorization link, after service_id="),
            ),
        ),
        grants={"shop": msgid("orders, and chat where it was granted")},
        apply=(
            msgid(
                "Register at partner.tiktokshop.com as an in-house developer in the country of your shop, "
                "make a custom app, and apply for the scope “Customer Service”: it is off until granted, "
                "case by case, and small sellers may not get it. Without it orders work, and messages are "
                "sent by hand. Leave the app's IP allow list off."
            ),
            _CALLBACK,
        ),
        rule=_ON_F4,
        notice=(
            _BY_PERSON,
            msgid(
                "Send at most one set for a parcel. Use no links, phone numbers, coupons or requests for "
                "ratings. TikTok allows 10,000 chat calls a day."
            ),
            _NO_PROMISE,
            _PRIVATE,
        ),
        gap_s=0.75,
        longest_text=2000,
        chat_page={
            "MY": "https://seller-my.tiktok.com/chat",
            "SG": "https://seller-sg.tiktok.com/chat",
            "ID": "https://seller-id.tokopedia.com/chat",
            "TH": "https://seller-th.tiktok.com/chat",
            "VN": "https://seller-vn.tiktok.com/chat",
            "PH": "https://seller-ph.tiktok.com/chat",
        },
    ),
    Marketplace(
        name="chatwoot",
        title="Chatwoot",
        keys=(
            Key("host", msgid("Address of your Chatwoot"), msgid("as the browser shows it, up to /app")),
            Key("shop_id", msgid("Account number"), msgid("the number after /accounts/ in the address")),
            Key(
                "inbox_id",
                msgid("Inbox number"),
                msgid("Settings › Inboxes › your inbox: the number in the address"),
            ),
            Key("shop", msgid("Access token"), msgid("Profile settings › Access Token"), secret=True),
        ),
        apply=(
            msgid(
                "Nothing to apply for: you need a Chatwoot with a WhatsApp, web or other inbox, and an "
                "agent's access token. A buyer is found by the order's number in a contact's identifier, "
                "name, phone or e-mail."
            ),
        ),
        rule=_ON_F4,
        notice=(
            msgid(
                "WhatsApp lets a business write freely only within 24 hours of the buyer's last message. "
                "Chatwoot takes the message at once and delivers it later; ParcelGuard checks whether that "
                "failed."
            ),
        ),
        gap_s=1.0,
        longest_text=2000,
    ),
    Marketplace(
        name="manual",
        title=msgid("By hand"),
        regions=(*SOUTH_EAST_ASIA, "TW", "BR"),
        rule=msgid("By hand, in the seller centre"),
        notice=(msgid("ParcelGuard keeps photos and text ready; a person sends them and says so."),),
        longest_text=2000,
        has_chat=False,
    ),
)
ALL: Mapping[str, Marketplace] = {row.name: row for row in _ROWS}


def marketplace(name: str) -> Marketplace:
    """Return a marketplace's row. Raises KeyError for one that is not known."""
    return ALL[name]
