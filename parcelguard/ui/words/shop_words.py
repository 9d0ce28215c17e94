"""The sentences of the Channels screen, and what a row of it says."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from parcelguard.core.config import MAY_COME_LATER, ShopSettings
from parcelguard.core.marketplace_facts import Key, Marketplace
from parcelguard.core.message_id import msgid
from parcelguard.marketplace.ports import AccessState
from parcelguard.runtime.translation import tr, trn
from parcelguard.shops.standing import Remedy, Today
from parcelguard.shops.views import (
    AppKeys,
    Attempt,
    Filled,
    GrantRow,
    MarketplaceRow,
    Rehearsal,
    Remark,
    Sends,
    ShopRow,
    Weight,
)
from parcelguard.store.views import Tone
from parcelguard.ui.kit.theme import Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.words.access_words import access_name, access_words, apply_words, days_left
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.shop_line import ShopLine
from parcelguard.ui.words.times import moment

NOTHING = "—"
TITLE = msgid("Marketplace chats")
SUBTITLE = msgid("Where packing photos go, and the message that goes with them")
READING = msgid("Reading…")
NO_SHOP = msgid("No shop yet.")
NO_SHOP_HINT = msgid(
    "Add the shop you sell at. ParcelGuard then knows its orders by their codes, and F4 sends the photos "
    "to the buyer’s chat. Where a marketplace gives no chat access, you send by hand what ParcelGuard has "
    "prepared."
)
ADD_SHOP = msgid("Add shop")
ALL_SHOPS_AT = msgid("All shops at")
CANCEL = msgid("Cancel (Esc)")
CLOSE = msgid("Close (Esc)")
SAVE = msgid("Save")
READ_THIS = msgid("I have read this: switch on")
WAITING = msgid("Waiting for the answer…")
NOT_OPENED = msgid("The browser did not open. Copy the address and open it yourself.")
LISTENS = msgid(
    "Allow access in the browser; this screen goes on by itself. If the browser ends at a page that cannot be"
    " shown, paste its address here."
)
PASTES = msgid(
    "Allow access in the browser. When it ends at your app’s redirect address, copy that address from the"
    " browser and paste it here."
)
REDIRECT = msgid(
    "Only if the console refuses http://127.0.0.1: the redirect address that is set for your app there."
)
KEPT = msgid("kept; leave empty to keep it")
ASKING = msgid("Asking the marketplace…")
SAVED = msgid("Saved. The next buyer gets this message.")
TESTING = msgid("Sending to the sandbox…")
STILL_OFF = msgid(
    "Nothing is sent for this shop yet. You can look at its preset message first. Switch sending on here or"
    " in its row, now or later."
)
REMOVE = msgid(
    "Nothing more is sent for this shop, and its keys and tokens are forgotten. Photos and records stay."
    " Messages that still wait are held and stay in Check."
)
PAGE_HINT = msgid(
    "Where “Open chat” leads when you send something by hand. Leave it empty for the seller centre."
    " {order} stands for the order’s number."
)
CODES_HINT = msgid(
    "Which scanned codes are order numbers of this shop, as a pattern: BZ[0-9]{8} for BZ and eight digits."
    " Without it, no scan opens an order of this shop."
)
STEPS = (msgid("Marketplace"), msgid("Keys"), msgid("Consent"), msgid("Done"))
CONSENT_STEP = 2
_COUNTRIES = {
    "MY": msgid("Malaysia"),
    "SG": msgid("Singapore"),
    "ID": msgid("Indonesia"),
    "TH": msgid("Thailand"),
    "VN": msgid("Vietnam"),
    "PH": msgid("Philippines"),
    "TW": msgid("Taiwan"),
    "BR": msgid("Brazil"),
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
    Remedy.AUTHORISE: msgid("Authorise…"),
    Remedy.APPLY: msgid("How to get it"),
    Remedy.TEST: msgid("Test"),
}
_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(ShopSettings)}


class Choice(StrEnum):
    """What the menu of a shop offers, besides its consents; the values are translated when shown."""

    TEST = msgid("Test access")
    BY_HAND = msgid("Send by hand instead")
    IN_CHAT = msgid("Send in the chat again")
    KEYS = msgid("Own keys…")
    DETAILS = msgid("Chat page…")
    REMOVE = msgid("Remove…")


def line(row: ShopRow) -> ShopLine:
    """Return what a shop's row says."""
    left = days_left(row.standing)
    return ShopLine(
        shop_id=row.settings.id,
        label=row.label,
        name=row.settings.name,
        tone=_INKS[row.standing.tone],
        access=access_name(row.standing),
        rest=f" · {left}" if left else "",
        link=tr(_LINKS[row.standing.remedy]),
        # Where its access says already that a person sends, the row does not say it twice.
        sends="" if row.standing.state is AccessState.BY_HAND else sends(row),
        today=today(row.today),
        on=row.on,
        switchable=can_switch(row),
    )


def sends(row: ShopRow) -> str:
    """Return how a shop's messages go out."""
    if row.sends is Sends.BY_HAND:
        return tr("By hand")
    return tr(row.marketplace.rule) if row.sends is Sends.BY_PACKER else NOTHING


def today(counted: Today) -> str:
    """Return a day's figures: '96 · 1 failed'."""
    if not any((counted.delivered, counted.failed, counted.waiting, counted.by_hand)):
        return NOTHING
    parts = [f"{counted.delivered:,}"]
    if counted.failed:
        parts.append(trn("{count} failed", "{count} failed", counted.failed))
    if counted.waiting:
        parts.append(trn("{count} waiting", "{count} waiting", counted.waiting))
    if counted.by_hand:
        parts.append(trn("{count} by hand", "{count} by hand", counted.by_hand))
    return " · ".join(parts)


def can_switch(row: ShopRow) -> bool:
    """Whether there is something to switch: where a person sends, nothing goes out by itself."""
    return row.marketplace.has_chat and not row.settings.by_hand


def shop(row: ShopRow) -> str:
    """Name a shop: 'Shopee MY, Kopi & Co'."""
    return f"{row.label}, {row.settings.name}"


def known_as(row: Marketplace) -> str:
    """Return a marketplace with the names it goes by elsewhere."""
    elsewhere = [
        tr("{name} in {country}", name=name, country=_country_name(region))
        for region, name in row.titles.items()
    ]
    return " · ".join((title(row), *elsewhere))


def title(row: Marketplace) -> str:
    """Return what a marketplace is called; only that of no marketplace is translated."""
    return row.title if row.has_chat else tr(row.title)


def country(region: str) -> str:
    """Return a country's name, with the two letters that shops are known by."""
    return f"{_country_name(region)} ({region})"


def _country_name(region: str) -> str:
    return tr(_COUNTRIES[region]) if region in _COUNTRIES else region


def master(each: MarketplaceRow, shops: Sequence[ShopRow]) -> str:
    """Return what a marketplace's switch is called: by every name under which its shops know it."""
    row = each.marketplace
    names = {row.titles.get(one.settings.region, "") for one in shops if one.marketplace.name == row.name}
    return ", ".join(sorted(name or row.title for name in names) or [row.title])


def grant(given: GrantRow, of: Sequence[GrantRow]) -> str:
    """Return what the menu says about a consent."""
    if len(of) > 1:
        purpose = tr(given.title)
        if given.connected:
            return tr("Renew {purpose}…", purpose=purpose)
        return tr("Authorise {purpose}…", purpose=purpose)
    return tr("Update chat token…") if given.connected else tr("Authorise…")


def choices(row: ShopRow) -> list[Choice]:
    """Return what else the menu of a shop offers."""
    found = [Choice.TEST] if row.marketplace.has_chat else []
    if row.marketplace.has_chat:
        found.append(Choice.IN_CHAT if row.settings.by_hand else Choice.BY_HAND)
    if row.marketplace.keys:
        found.append(Choice.KEYS)
    return [*found, Choice.DETAILS, Choice.REMOVE]


def details(row: ShopRow) -> str:
    """Return what the menu says about what a person has to enter for a shop."""
    return tr(Choice.DETAILS) if row.marketplace.has_chat else tr("Chat page and codes…")


def details_title(row: ShopRow) -> str:
    """Return the title above what a person has to enter for a shop."""
    return tr("Chat page") if row.marketplace.has_chat else tr("Chat page and codes")


def next_grant(row: ShopRow) -> GrantRow | None:
    """Return the consent that is still to be given; None when there is none."""
    return next((each for each in row.grants if not each.connected), None)


def lacks(row: ShopRow) -> str:
    """Return in a few words what a shop's access lacks."""
    return said(row.access.reason).headline or access_words(row.standing)


def apply_for(row: ShopRow) -> str:
    """Return how to get the chat, in the marketplace's words and ours."""
    parts = (said(row.access.reason).advice, apply_words(row.marketplace))
    return "\n\n".join(part for part in parts if part)


def now_asked(row: ShopRow) -> str:
    """Return what the marketplace answered about a shop: 'Shopee MY, Kopi & Co: Authorised'."""
    return f"{shop(row)}: {access_words(row.standing)}"


def same_app(app: AppKeys) -> str:
    """Return what offers another shop's app; on a button, where a single & would underline a letter."""
    return tr("Use the app of {shop}", shop=app.shop_name.replace("&", "&&"))


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
    hint = tr("Found at: {place}.", place=tr(key.where))
    later = tr("May come later: orders work without it.") if may_come_later(key, row) else ""
    return " ".join(each for each in (hint, later) if each)


# ---- the message -------------------------------------------------------------------------


def preset_title(row: ShopRow) -> str:
    """Return the title above the editor."""
    return tr("Preset message · {shop}", shop=row.label)


def counter(filled: Filled) -> str:
    """Return how much of the room a text takes for a buyer with usual details."""
    return tr("{length:,} of {longest:,} characters", length=filled.length, longest=filled.longest)


def remark(found: Remark) -> str:
    """Return what is to be known about a text."""
    return said(found.reason).advice


def can_save(remarks: Sequence[Remark]) -> bool:
    """Whether nothing speaks against keeping a text."""
    return not any(remark.weight is Weight.STOP for remark in remarks)


def rehearsed(rehearsal: Rehearsal) -> str:
    """Return what came of a test, in a few words."""
    if rehearsal.error:
        return said(rehearsal.error.reason).headline
    return trn(
        "The test buyer got {count} picture and the message.",
        "The test buyer got {count} pictures and the message.",
        rehearsal.pictures,
    )


def tested(label: str) -> str:
    """Return where a test went: nobody real got anything."""
    return tr(
        "It went through the same code as {shop}, to a buyer on this computer. Nobody else got anything.",
        shop=label,
    )


# ---- consent -----------------------------------------------------------------------------


def consent_title(row: ShopRow, given: GrantRow) -> str:
    """Return what is being allowed."""
    return tr("Authorise {shop}: {purpose}", shop=row.label, purpose=tr(given.title))


def consent_asks(row: ShopRow) -> str:
    """Return what happens next, and what is needed for it."""
    return tr(
        "{marketplace} asks in your browser whether ParcelGuard may use this shop. Log in there with the"
        " shop’s main account.",
        marketplace=row.marketplace.title,
    )


def consent_until(attempt: Attempt) -> str:
    """Return how long the answer is waited for."""
    return tr("Waiting for the answer… until {time}", time=moment(attempt.ends_at))


def connected(name: str, row: ShopRow) -> str:
    """Return whom a consent was given for, by the marketplace's own word."""
    return tr("{shop} is connected", shop=name or row.settings.name)


def band_tone(row: ShopRow) -> BandTone:
    """Return the colour of what is said about a shop's access."""
    return _BANDS[row.standing.tone]
