"""What to know about a preset message before buyers read it, and ready ones to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from parcelguard.core.config import ShopSettings
from parcelguard.core.marketplace_facts import ALL, marketplace
from parcelguard.core.orders import Item, Order
from parcelguard.core.preset_message import DEFAULT_MESSAGE, LONGEST_TEMPLATE, PLACEHOLDERS, fill_message
from parcelguard.core.reasons.reason import Value, because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.shops.views import Filled, Preset, Remark, Weight

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Of the countries' endings only small letters count: "packed.MY shop" is a missing space, and no address.
_LINK = re.compile(
    r"https?://\S+|\bwww\.\S+"
    r"|\b(?:[a-z0-9-]+\.)+(?:com|net|org|shop|store|link|info|biz|me|ly|io|co|gl|ee|asia|(?-i:my|sg|id|th|vn|ph|tw|br))"
    r"\b(?:/\S*)?",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w{])\+?\d(?:[ ().-]{0,2}\d){7,14}(?!\w)")
_ELSEWHERE = {
    "WhatsApp": r"whats\s*app|\bwasap\b",
    "Telegram": r"telegram",
    "Instagram": r"instagram",
    "Facebook": r"facebook",
    "WeChat": r"we\s*chat|微信",
    "Zalo": r"\bzalo\b",
    "LINE": r"\bline\s*(?:id|@|:)",
}
_ADVERTISING = re.compile(
    r"\b(?:voucher|coupon|discount|promo(?:tion)?|cashback|diskon|baucar|kupon)s?\b"
    r"|\b(?:5|five|lima)[ -]?(?:stars?|bintang)\b|\bbintang (?:5|lima)\b"
    r"|\b(?:good|nice|positive|your) (?:review|rating)s?\b"
    r"|khuyến mãi|mã giảm giá|ส่วนลด|โปรโมชั่น|优惠券|好评|優惠券|好評",
    re.IGNORECASE,
)
_ENGLISH = Preset("English", DEFAULT_MESSAGE)
_CHINESE = Preset("中文", "{buyer} 您好，您的订单 {order} 已打包好。这是封箱前的包裹照片。")
_MALAY = Preset(
    "Bahasa Melayu",
    "Hai {buyer}, pesanan anda {order} sudah siap dibungkus. Ini gambar bungkusan anda sebelum ditutup.",
)
_INDONESIAN = Preset(
    "Bahasa Indonesia",
    "Hai {buyer}, pesanan {order} sudah dikemas. Berikut foto paketnya sebelum ditutup.",
)
_THAI = Preset("ไทย", "สวัสดี คุณ {buyer} คำสั่งซื้อ {order} แพ็กเรียบร้อยแล้ว นี่คือรูปพัสดุของคุณก่อนปิดกล่อง")
_VIETNAMESE = Preset(
    "Tiếng Việt",
    "Chào {buyer}, đơn hàng {order} của bạn đã được đóng gói. Đây là ảnh kiện hàng trước khi dán kín.",
)
_FILIPINO = Preset(
    "Filipino",
    "Hi {buyer}, naka-pack na ang order mo na {order}. Narito ang mga litrato ng parcel mo bago ito isara.",
)
_TAIWANESE = Preset("中文", "{buyer} 您好，您的訂單 {order} 已包裝完成。這是封箱前的包裹照片。")
_PORTUGUESE = Preset(
    "Português",
    "Olá, {buyer}! Seu pedido {order} está embalado. Aqui estão as fotos do pacote antes de ser fechado.",
)
_LANGUAGES = {
    "MY": (_ENGLISH, _MALAY, _CHINESE),
    "SG": (_ENGLISH, _CHINESE),
    "ID": (_INDONESIAN, _ENGLISH),
    "TH": (_THAI, _ENGLISH),
    "VN": (_VIETNAMESE, _ENGLISH),
    "PH": (_ENGLISH, _FILIPINO),
    "TW": (_TAIWANESE, _ENGLISH),
    "BR": (_PORTUGUESE, _ENGLISH),
}
# An order's number as each marketplace makes them, so that the example is as long as real messages are.
_NUMBERS = {"shopee": "260415QK7P2M9X", "lazada": "578331042991704", "tiktok": "583310429917048216"}


def presets(region: str) -> tuple[Preset, ...]:
    """Return ready messages in the languages of a country's buyers, the most usual first."""
    return _LANGUAGES.get(region, (_ENGLISH,))


def filled(shop: ShopSettings, text: str) -> Filled:
    """Return the message as a made-up buyer would get it."""
    order = Order(
        shop_id=shop.id,
        number=_NUMBERS.get(shop.marketplace, "PG-20488"),
        buyer_name="Tan W.",
        tracking=f"SPX{shop.region}048120913",
        items=(Item("Enamel mug, green", "MUG-GRN", 2), Item("Kopi-O bags, 20 pcs", "COF-20", 1)),
    )
    return Filled(fill_message(text, order, shop.shop()), marketplace(shop.marketplace).longest_text)


def remarks(shop: ShopSettings, text: str) -> tuple[Remark, ...]:
    """Return what to know about a message, what keeps it from being saved first."""
    found = [*_faults(shop, text), *_risks(shop, text)]
    return tuple(sorted(found, key=lambda remark: remark.weight is not Weight.STOP))


def _faults(shop: ShopSettings, text: str) -> Iterator[Remark]:
    if not text.strip():
        yield _fault(ShopReason.MESSAGE_EMPTY)
        return
    if "{order}" not in text:
        yield _fault(ShopReason.MESSAGE_WITHOUT_ORDER, placeholder="{order}")
    for slip in _PLACEHOLDER.finditer(text):
        if slip[1] not in PLACEHOLDERS:
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            reason = because(ShopReason.UNKNOWN_PLACEHOLDER, placeholder=slip[0], known=known)
            yield Remark(Weight.STOP, reason, slip.span())
    # Filling shortens the list of items, so only the filled text says whether a message is too long; a
    # template that the settings file would refuse is not even filled.
    if len(text) > LONGEST_TEMPLATE:
        yield _fault(ShopReason.TEMPLATE_TOO_LONG, longest=LONGEST_TEMPLATE)
        return
    example = filled(shop, text)
    if example.length > example.longest:
        title = marketplace(shop.marketplace).title
        figures = {"length": example.length, "longest": example.longest}
        yield _fault(ShopReason.MESSAGE_TOO_LONG, marketplace=title, **figures)


def _fault(kind: ShopReason, **values: Value) -> Remark:
    return Remark(Weight.STOP, because(kind, **values))


def _risks(shop: ShopSettings, text: str) -> Iterator[Remark]:
    """Find what a marketplace's chat refuses, or hides without a word."""
    if shop.marketplace == "chatwoot":  # the seller's own channel: nobody polices it
        return
    mails = [mail.span() for mail in _MAIL.finditer(text)]
    for mail in mails:
        yield Remark(Weight.LOOK, because(ShopReason.NAMES_MAIL), mail)
    for link in _LINK.finditer(text):
        if not any(start <= link.start() < end for start, end in mails):
            yield Remark(Weight.LOOK, because(ShopReason.NAMES_LINK), link.span())
    for number in _PHONE.finditer(text):
        yield Remark(Weight.LOOK, because(ShopReason.NAMES_PHONE), number.span())
    for name, pattern in _other_places(shop).items():
        for mention in re.finditer(pattern, text, re.IGNORECASE):
            yield Remark(Weight.LOOK, because(ShopReason.NAMES_OTHERS, name=name), mention.span())
    for lure in _ADVERTISING.finditer(text):
        yield Remark(Weight.LOOK, because(ShopReason.ADVERTISES, words=lure[0]), lure.span())


def _other_places(shop: ShopSettings) -> dict[str, str]:
    """Return what to look for when another marketplace or messenger is named."""
    if shop.marketplace == "manual":  # it may be any of them
        return _ELSEWHERE
    names = {row.title for row in ALL.values() if row.keys} | {"Tokopedia"}
    row = marketplace(shop.marketplace)
    own = f"{row.title} {row.label(shop.region)}"
    return {name: rf"\b{name}\b" for name in sorted(names) if name not in own} | _ELSEWHERE
