"""What is said about connecting a shop, and about its settings and its message."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.reasons.shops import ShopReason

_BEGIN_AGAIN = msgid("Nothing was changed. You can begin again at any time.")
_CANNOT_BE_USED = msgid("This message cannot be used.")
_LOOK_AT_IT = msgid("Look at this message again.")

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    ShopReason.WRONG_SETTINGS: (
        msgid("The settings file has a mistake."),
        msgid("Mend the line named above, then start again."),
    ),
    ShopReason.WRONG_SETTINGS_FILE: (
        msgid("The settings file has a mistake: {path}"),
        msgid("Mend the lines that are named here, then start again."),
    ),
    ShopReason.SETTINGS_UNREADABLE: (
        msgid("The settings file cannot be read: {path}"),
        msgid("Nothing was changed."),
    ),
    ShopReason.SETTINGS_DAMAGED: (
        msgid("The settings file has a mistake."),
        msgid("Nothing was changed. Mend the file first."),
    ),
    ShopReason.SETTINGS_WRITTEN_OTHERWISE: (
        msgid("The settings file is written in a way that cannot be changed from here."),
        msgid("Change it by hand, then start ParcelGuard again. Nothing was written."),
    ),
    ShopReason.WRONG_VALUES: (msgid("This cannot be saved."), msgid("{mistakes}")),
    ShopReason.NO_SUCH_SHOP: (msgid("This shop is not in the settings."), msgid("Nothing was changed.")),
    ShopReason.SHOP_KEEPS_ITS_PLACE: (
        msgid("The id, the marketplace and the country of a shop cannot be changed."),
        msgid("Add it as another shop."),
    ),
    ShopReason.NOTICE_UNREAD: (
        msgid("Read first what this marketplace allows."),
        msgid("Then switch sending on."),
    ),
    ShopReason.APP_KEYS_MISSING: (
        msgid("The keys of your app are missing."),
        msgid("Enter them first: ParcelGuard uses your own app to reach the marketplace."),
    ),
    ShopReason.CONSENT_MISSING: (msgid("You have not allowed access at {marketplace} yet."), ""),
    ShopReason.CHAT_CONSENT_MISSING: (
        msgid("Orders work; the chat needs a consent of its own."),
        msgid("Make the “In-house IM Chat” app, then authorise the chat."),
    ),
    ShopReason.CONSENT_ENDED: (msgid("The consent at {marketplace} has ended."), ""),
    ShopReason.CONNECTED: (
        msgid("{shop} is connected."),
        msgid("You can close this window and go back to ParcelGuard."),
    ),
    ShopReason.ATTEMPT_OVER: (msgid("This attempt is over."), _BEGIN_AGAIN),
    ShopReason.CONSENT_ANSWERED: (msgid("This consent was answered already."), _BEGIN_AGAIN),
    ShopReason.CONSENT_TOO_LATE: (msgid("Nobody allowed it within {minutes:span}."), _BEGIN_AGAIN),
    ShopReason.NOT_THE_WHOLE_ADDRESS: (
        msgid("This is not the whole address at which the browser ended."),
        msgid("It begins with http and holds a code."),
    ),
    ShopReason.OTHER_ATTEMPT: (msgid("This address belongs to another attempt."), _BEGIN_AGAIN),
    ShopReason.CONSENT_DENIED: (msgid("You pressed Cancel at {marketplace}."), _BEGIN_AGAIN),
    ShopReason.CONSENT_FAILED: (msgid("The consent could not be taken."), _BEGIN_AGAIN),
    ShopReason.NOTHING_HERE: (msgid("Nothing here."), ""),
    ShopReason.UNKNOWN_SHOP: (
        msgid("There is no shop “{shop}” in the settings file."),
        msgid("The shops there: {known}"),
    ),
    ShopReason.NO_CONSENT_NEEDED: (
        msgid("This shop needs no consent."),
        msgid("A person sends its messages by hand."),
    ),
    ShopReason.UNKNOWN_CONSENT: (
        msgid("{marketplace} has no consent for “{grant}”."),
        msgid("Name one of: {known}"),
    ),
    ShopReason.NOTHING_CONNECTED: (
        msgid("Nothing was connected."),
        msgid("Start again when you have the address."),
    ),
    ShopReason.MESSAGE_EMPTY: (_CANNOT_BE_USED, msgid("Write what the buyer reads with the photos.")),
    ShopReason.MESSAGE_WITHOUT_ORDER: (
        _CANNOT_BE_USED,
        msgid(
            "Put {placeholder} somewhere: the buyer sees which order it is, and the same text twice in 24 "
            "hours is refused."
        ),
    ),
    ShopReason.UNKNOWN_PLACEHOLDER: (
        _CANNOT_BE_USED,
        msgid("{placeholder} is not known. You can use {known}."),
    ),
    ShopReason.TEMPLATE_TOO_LONG: (_CANNOT_BE_USED, msgid("It is longer than {longest} characters.")),
    ShopReason.MESSAGE_TOO_LONG: (
        _CANNOT_BE_USED,
        msgid("It has {length} characters when filled. {marketplace} takes at most {longest}."),
    ),
    ShopReason.NAMES_MAIL: (
        _LOOK_AT_IT,
        msgid("An e-mail address: the marketplace may refuse or hide the message."),
    ),
    ShopReason.NAMES_LINK: (_LOOK_AT_IT, msgid("A link: the marketplace may refuse or hide the message.")),
    ShopReason.NAMES_PHONE: (
        _LOOK_AT_IT,
        msgid("A phone number: the marketplace may refuse or hide the message."),
    ),
    ShopReason.NAMES_OTHERS: (
        _LOOK_AT_IT,
        msgid("It names {name}: the marketplace may refuse or hide the message."),
    ),
    ShopReason.ADVERTISES: (
        _LOOK_AT_IT,
        msgid("“{words}”: marketplaces do not allow advertising or asking for ratings here."),
    ),
    ShopReason.NO_CHAT_TO_TEST: (
        msgid("There is no chat to test here."),
        msgid("A person sends for this shop."),
    ),
    ShopReason.SANDBOX_NOT_STARTED: (
        msgid("The sandbox marketplace did not start."),
        msgid("Install what it needs with: {command}"),
    ),
    ShopReason.SANDBOX_SILENT: (msgid("The sandbox marketplace did not answer."), msgid("Try again.")),
}
