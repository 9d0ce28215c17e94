"""The sentences of the Channels screen, and what a row of it says."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from parcelguard.core.config import MAY_COME_LATER, ShopSettings
from parcelguard.core.marketplace_facts import Key, Marketplace
from parcelguard.shops.views import Attempt, Filled, GrantRow, MarketplaceRow, Remark, Remedy, ShopRow, Weight
from parcelguard.store.views import Tone
from parcelguard.ui.kit.theme import Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.shops.shop_list import ShopLine
from parcelguard.ui.words.times import moment

TITLE = "Marketplace chats"
SUBTITLE = "Where packing photos go, and what is said with them"
NO_SHOP = "No shop yet."
NO_SHOP_HINT = (
    "Add the shop you sell at: its orders are then known by their codes, and F4 sends the photos to the"
    " buyer’s chat. Where a marketplace gives no chat access, everything is kept ready to be sent by hand."
)
READ_THIS = "I have read this: switch on"
WAITING = "Waiting for the answer…"
NOT_OPENED = "The browser did not open. Copy the address and open it yourself."
LISTENS = (
    "Allow access in the browser; this screen goes on by itself. If the browser ends at a page that cannot be"
    " shown, paste its address here."
)
PASTES = (
    "Allow access in the browser. When it ends at your app’s redirect address, copy that address from the"
    " browser and paste it here."
)
REDIRECT = (
    "Only if the console refuses http://127.0.0.1: the redirect address that is set for your app there."
)
KEPT = "kept; leave empty to keep it"
ASKING = "Asking the marketplace…"
SAVED = "Saved: the next parcel’s buyer reads this"
TESTING = "Sending to the sandbox…"
STILL_OFF = (
    "Nothing is sent for this shop yet. Look at its preset message first if you like; sending is switched on"
    " here or in its row, now or later."
)
REMOVE = (
    "Nothing more is sent for this shop, and its keys and tokens are forgotten. Photos and records stay;"
    " what still waits is held and stays in Check."
)
PAGE_HINT = (
    "Where “Open chat” leads when something is sent by hand. Leave it empty for the seller centre;"
    " {order} stands for the order’s number."
)
CODES_HINT = (
    "Which scanned codes are order numbers of this shop, as a pattern: BZ[0-9]{8} for BZ and eight digits."
    " Without it, no scan opens an order of this shop."
)
STEPS = ("Marketplace", "Keys", "Consent", "Done")
_COUNTRIES = {
    "MY": "Malaysia",
    "SG": "Singapore",
    "ID": "Indonesia",
    "TH": "Thailand",
    "VN": "Vietnam",
    "PH": "Philippines",
    "TW": "Taiwan",
    "BR": "Brazil",
}
_INKS = {Tone.OK: Token.OK, Tone.WAIT: Token.WARN, Tone.BAD: Token.BAD, Tone.PLAIN: Token.MUTED}
_BANDS = {
    Tone.OK: BandTone.OK,
    Tone.WAIT: BandTone.WARN,
    Tone.BAD: BandTone.BAD,
    Tone.PLAIN: BandTone.INFO,
}
_LINKS = {
    Remedy.NOTHING: "",
    Remedy.AUTHORISE: "Authorise…",
    Remedy.APPLY: "How to get it",
    Remedy.TEST: "Test",
}
_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(ShopSettings)}


class Choice(StrEnum):
    """What the menu of a shop offers, besides its consents."""

    TEST = "Test access"
    BY_HAND = "Send by hand instead"
    IN_CHAT = "Send in the chat again"
    KEYS = "Own keys…"
    DETAILS = "Chat page…"
    REMOVE = "Remove…"


def line(row: ShopRow) -> ShopLine:
    """Return what a shop's row says."""
    access, dot, rest = row.access_words.partition(" · ")
    return ShopLine(
        shop_id=row.settings.id,
        label=row.label,
        name=row.settings.name,
        tone=_INKS[row.tone],
        access=access,
        rest=f"{dot}{rest}",
        link=_LINKS[row.remedy],
        sends=row.sends,
        today=row.today_words,
        on=row.on,
        switchable=can_switch(row),
    )


def can_switch(row: ShopRow) -> bool:
    """Whether there is something to switch: where a person sends, nothing goes out by itself."""
    return row.marketplace.has_chat and not row.settings.by_hand


def shop(row: ShopRow) -> str:
    """Name a shop: 'Shopee MY, Kopi & Co'."""
    return f"{row.label}, {row.settings.name}"


def known_as(row: Marketplace) -> str:
    """Return a marketplace with the names it goes by elsewhere."""
    elsewhere = [f"{name} in {_COUNTRIES.get(region, region)}" for region, name in row.titles.items()]
    return " · ".join((row.title, *elsewhere))


def country(region: str) -> str:
    """Return a country's name, with the two letters that shops are known by."""
    return f"{_COUNTRIES.get(region, region)} ({region})"


def master(each: MarketplaceRow, shops: Sequence[ShopRow]) -> str:
    """Return what a marketplace's switch is called: by every name under which its shops know it."""
    row = each.marketplace
    names = {row.titles.get(one.settings.region, "") for one in shops if one.marketplace.name == row.name}
    return ", ".join(sorted(name or row.title for name in names) or [row.title])


def grant(given: GrantRow, of: Sequence[GrantRow]) -> str:
    """Return what the menu says about a consent."""
    does = "Update chat token" if given.connected else "Authorise"
    if len(of) > 1:
        does = f"{'Renew' if given.connected else 'Authorise'} {given.title}"
    return f"{does}…"


def choices(row: ShopRow) -> list[Choice]:
    """Return what else the menu of a shop offers."""
    found = [Choice.TEST] if row.marketplace.has_chat else []
    if row.marketplace.has_chat:
        found.append(Choice.IN_CHAT if row.settings.by_hand else Choice.BY_HAND)
    if row.marketplace.keys:
        found.append(Choice.KEYS)
    return [*found, Choice.DETAILS, Choice.REMOVE]


def details(row: ShopRow) -> str:
    """Return what the menu says about what a person has to tell of a shop."""
    return Choice.DETAILS if row.marketplace.has_chat else "Chat page and codes…"


def next_grant(row: ShopRow) -> GrantRow | None:
    """Return the consent that is still to be given; None when there is none."""
    return next((each for each in row.grants if not each.connected), None)


def apply_for(row: ShopRow) -> str:
    """Return how to get the chat, in the marketplace's words and ours."""
    return "\n\n".join(part for part in (row.access.advice, row.marketplace.apply) if part)


# ---- keys --------------------------------------------------------------------------------


def is_number(key: Key) -> bool:
    """Whether what is copied from the console is a number."""
    return isinstance(_DEFAULTS.get(key.setting), int)


def may_come_later(key: Key, row: Marketplace) -> bool:
    """Whether orders work without it: then the shop can be added before it is there."""
    if key.secret:
        return key.setting == "chat" and len(row.grants) > 1
    return key.setting in MAY_COME_LATER


def key_hint(key: Key, row: Marketplace) -> str:
    """Return where a key is found."""
    later = " May come later: orders work without it." if may_come_later(key, row) else ""
    return f"Found at: {key.where}.{later}"


# ---- the message -------------------------------------------------------------------------


def preset_title(row: ShopRow) -> str:
    """Return the title above the editor."""
    return f"Preset message · {row.label}"


def counter(filled: Filled) -> str:
    """Return how much of the room a text takes for a buyer with usual details."""
    return f"{filled.length:,} of {filled.longest:,} characters"


def can_save(remarks: Sequence[Remark]) -> bool:
    """Whether nothing speaks against keeping a text."""
    return not any(remark.weight is Weight.STOP for remark in remarks)


def tested(label: str) -> str:
    """Return where a test went: nobody real got anything."""
    return f"Through the same code as {label}, to a buyer on this computer. Nobody else got anything."


# ---- consent -----------------------------------------------------------------------------


def consent_title(row: ShopRow, given: GrantRow) -> str:
    """Return what is being allowed."""
    return f"Authorise {row.label}: {given.title}"


def consent_asks(row: ShopRow) -> str:
    """Return what happens next, and what is needed for it."""
    return (
        f"{row.marketplace.title} asks in your browser whether ParcelGuard may use this shop."
        " Log in there with the shop’s main account."
    )


def consent_until(attempt: Attempt) -> str:
    """Return how long the answer is waited for."""
    return f"{WAITING} until {moment(attempt.ends_at)}"


def connected(name: str, row: ShopRow) -> str:
    """Return whom a consent was given for, by the marketplace's own word."""
    return f"{name or row.settings.name} is connected"


def longer(row: ShopRow) -> str:
    """Return what is to be known about a shop's access beyond the words in its row."""
    return f"{row.access.headline} {row.access.advice}".strip()


def band_tone(row: ShopRow) -> BandTone:
    """Return the colour of what is told about a shop's access."""
    return _BANDS[row.tone]
