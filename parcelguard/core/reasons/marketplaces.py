"""What a marketplace's answer means; `marketplace` is among the values wherever the words name it."""

from __future__ import annotations

from enum import StrEnum


class MarketplaceReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    REFUSED = "refused_by_marketplace"
    # the way to it
    ADDRESS_NOT_FOUND = "address_not_found"
    STRANGER_ON_THE_WAY = "stranger_on_the_way"
    PROXY_REFUSES = "proxy_refuses"
    # its answer is none, or leaves open what happened
    ANSWER_MADE_NO_SENSE = "answer_made_no_sense"
    BUSY = "marketplace_busy"
    BUSY_READING = "marketplace_busy_reading"  # nothing visible was asked for
    UNEXPECTED_ANSWER = "unexpected_answer"
    UNEXPECTED_READING = "unexpected_reading"
    NOT_CONFIRMED = "not_confirmed_by_marketplace"
    OTHER_BUYER_TOLD = "other_buyer_told"
    # it asks to wait
    SLOWER = "slower"
    DAILY_CALLS_USED_UP = "daily_calls_used_up"
    CHAT_CALLS_USED_UP = "chat_calls_used_up"
    HOURLY_CALLS_USED_UP = "hourly_calls_used_up"
    CLOCK_REFUSED = "clock_refused"
    PICTURE_NOT_TAKEN_NOW = "picture_not_taken_now"
    OFF_DURING_SALE = "off_during_sale"
    NO_TOKENS = "no_tokens"
    RENEWAL_UNANSWERED = "renewal_unanswered"
    # the shop's access
    NOT_CONNECTED = "not_connected"
    CONSENT_AGAIN = "consent_again"
    CHAT_CONSENT_AGAIN = "chat_consent_again"
    SUBSCRIPTION_ENDED = "subscription_ended"
    CONSENT_NOT_FOR_SHOP = "consent_not_for_shop"
    APP_KEYS_REFUSED = "app_keys_refused"
    CHAT_APP_KEYS_REFUSED = "chat_app_keys_refused"
    PARTNER_KEYS_REFUSED = "partner_keys_refused"
    ACCESS_TOKEN_REFUSED = "access_token_refused"  # noqa: S105 - the name of a reason
    NO_CHAT_ACCESS = "no_chat_access"
    NO_CHAT_SCOPE = "no_chat_scope"
    NO_ORDER_ACCESS = "no_order_access"
    NO_ORDER_SCOPE = "no_order_scope"
    NO_INBOX_ACCESS = "no_inbox_access"
    OFFICE_REFUSED = "office_refused"
    SHOP_CLOSED = "shop_closed"
    SHOP_NOT_ACTIVE = "shop_not_active"
    SHOP_NOT_VERIFIED = "shop_not_verified"
    # keys that are to be entered first
    APP_SECRET_MISSING = "app_secret_missing"  # noqa: S105 - the name of a reason
    CHAT_APP_SECRET_MISSING = "chat_app_secret_missing"  # noqa: S105 - the name of a reason
    PARTNER_KEY_MISSING = "partner_key_missing"
    ACCESS_TOKEN_MISSING = "access_token_missing"  # noqa: S105 - the name of a reason
    SERVICE_ID_MISSING = "service_id_missing"
    # the answer to a consent
    NO_CODE = "no_code"
    CODE_REFUSED = "code_refused"
    ATTEMPT_DIFFERS = "attempt_differs"
    CONSENT_FOR_OTHER_SHOP = "consent_for_other_shop"
    CONSENT_FOR_NO_SHOP = "consent_for_no_shop"
    CONSENT_WITHOUT_SHOP = "consent_without_shop"
    CONSENT_FOR_OTHER_COUNTRY = "consent_for_other_country"
    CONSENT_FOR_NO_COUNTRY = "consent_for_no_country"
    CONSENTS_OF_TWO_SELLERS = "consents_of_two_sellers"
    NOT_A_SELLER = "not_a_seller"
    SHOP_NOT_NAMED = "shop_not_named"
    TOKEN_IS_ENOUGH = "token_is_enough"  # noqa: S105 - the name of a reason
    # the order and its buyer
    ORDER_UNKNOWN = "order_unknown"
    ORDER_NOT_PAID = "order_not_paid"
    ORDER_ON_HOLD = "order_on_hold"
    PACKED_ELSEWHERE = "packed_elsewhere"
    NO_BUYER = "no_buyer"
    BUYER_CHANGED = "buyer_changed"
    CONTACT_CHANGED = "contact_changed"
    # the chat
    BUYER_CLOSED_TO_SHOP = "buyer_closed_to_shop"
    BUYER_CLOSED_FOR_NOW = "buyer_closed_for_now"
    ORDER_TOO_OLD = "order_too_old"
    TOO_MANY_UNANSWERED = "too_many_unanswered"
    ORDER_TO_BE_NAMED = "order_to_be_named"
    SAFETY_RULES = "safety_rules"
    BUYER_BLOCKED_SHOP = "buyer_blocked_shop"
    SHOP_BLOCKED_BUYER = "shop_blocked_buyer"
    CHAT_OF_SUBACCOUNT = "chat_of_subaccount"
    CHATS_OF_SUBACCOUNT = "chats_of_subaccount"
    CHAT_NOT_OPENED = "chat_not_opened"
    CHAT_REFUSED = "chat_refused"
    CHAT_NOT_OPEN_YET = "chat_not_open_yet"
    CONVERSATION_UNKNOWN = "conversation_unknown"
    ONLY_TEMPLATES = "only_templates"
    # the message
    CALL_NOT_UNDERSTOOD = "call_not_understood"
    MESSAGE_REFUSED = "message_refused"
    MESSAGE_NOT_TAKEN = "message_not_taken"
    MESSAGE_REPEATED = "message_repeated"
    TEXT_REFUSED = "text_refused"
    TEXT_SENSITIVE = "text_sensitive"
    TEXT_TOO_LONG = "text_too_long_for_marketplace"
    PICTURE_REFUSED = "picture_refused"
    PICTURE_TOO_LARGE = "picture_too_large"
    PICTURE_UNFIT = "picture_unfit"
    # taking it back
    NOT_TAKEN_BACK = "not_taken_back"
    NEVER_TAKEN_BACK = "never_taken_back"
    NEVER_TAKEN_FROM_BUYER = "never_taken_from_buyer"
