"""What keeps a shop from being connected, and what its owner has to mend."""

from __future__ import annotations

from enum import StrEnum


class ShopReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    # the settings file
    WRONG_SETTINGS = "wrong_settings"
    WRONG_SETTINGS_FILE = "wrong_settings_file"
    SETTINGS_UNREADABLE = "settings_unreadable"
    SETTINGS_DAMAGED = "settings_damaged"
    SETTINGS_WRITTEN_OTHERWISE = "settings_written_otherwise"
    WRONG_VALUES = "wrong_values"
    NO_SUCH_SHOP = "no_such_shop"
    SHOP_KEEPS_ITS_PLACE = "shop_keeps_its_place"
    # switching on, keys
    NOTICE_UNREAD = "notice_unread"
    APP_KEYS_MISSING = "app_keys_missing"
    # what the kept keys tell of a shop's access
    CONSENT_MISSING = "consent_missing"
    CHAT_CONSENT_MISSING = "chat_consent_missing"
    CONSENT_ENDED = "consent_ended"
    # a consent that is asked for
    CONNECTED = "connected"
    ATTEMPT_OVER = "attempt_over"
    CONSENT_ANSWERED = "consent_answered"
    CONSENT_TOO_LATE = "consent_too_late"
    NOT_THE_WHOLE_ADDRESS = "not_the_whole_address"
    OTHER_ATTEMPT = "other_attempt"
    CONSENT_DENIED = "consent_denied"
    CONSENT_FAILED = "consent_failed"
    NOTHING_HERE = "nothing_here"
    # a consent from the command line
    UNKNOWN_SHOP = "unknown_shop"
    NO_CONSENT_NEEDED = "no_consent_needed"
    UNKNOWN_CONSENT = "unknown_consent"
    NOTHING_CONNECTED = "nothing_connected"
    # a preset message that cannot be used
    MESSAGE_EMPTY = "message_empty"
    MESSAGE_WITHOUT_ORDER = "message_without_order"
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    TEMPLATE_TOO_LONG = "template_too_long"
    MESSAGE_TOO_LONG = "message_too_long"
    # a preset message that may be refused or hidden
    NAMES_MAIL = "names_mail"
    NAMES_LINK = "names_link"
    NAMES_PHONE = "names_phone"
    NAMES_OTHERS = "names_others"
    ADVERTISES = "advertises"
    # trying a message out
    NO_CHAT_TO_TEST = "no_chat_to_test"
    SANDBOX_NOT_STARTED = "sandbox_not_started"
    SANDBOX_SILENT = "sandbox_silent"
