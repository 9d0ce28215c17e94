"""Why a part or a proof stands where it stands, where the program itself says so."""

from __future__ import annotations

from enum import StrEnum


class SendingReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    AS_TOLD = "as_told"  # an earlier version kept a sentence and nothing else
    MISTAKE = "mistake"  # a bug, or nothing that has a kind of its own
    # it goes on by itself
    NOT_SENT = "not_sent_yet"
    NO_NETWORK = "no_network"
    NOT_PREPARED = "not_prepared"
    NOT_CONFIRMED = "not_confirmed"  # it may have arrived: the chat is read back
    # of the whole shop
    SHOP_UNREACHABLE = "shop_unreachable"
    SHOP_SLOWED = "shop_slowed"
    SHOP_WAITS = "shop_waits"
    DAY_USED_UP = "day_used_up"
    REFUSED_IN_A_ROW = "refused_in_a_row"
    # a person decides: certainly not sent
    HELD = "held"
    LATE = "late"
    QUIET = "quiet"
    SHOP_OFF = "shop_off"
    ORDER_CANCELLED = "order_cancelled"
    PHOTO_MISSING = "photo_missing"
    PHOTO_CHANGED = "photo_changed"
    PHOTO_UNRECORDED = "photo_unrecorded"
    JOINED_PHOTO_MISSING = "joined_photo_missing"
    JOINED_PHOTO_CHANGED = "joined_photo_changed"
    BUDGET = "budget"  # the marketplace lets the buyer be told less than this, until he answers
    BUDGET_UNTIL = "budget_until"
    NOTHING_LEFT = "nothing_left"  # it lets him be told nothing at all
    NOTHING_LEFT_UNTIL = "nothing_left_until"
    # a person looks and answers: it may have arrived
    BEING_LOOKED_FOR = "being_looked_for"
    UNKNOWN = "unknown"  # an earlier version said in a sentence why
    CANNOT_READ_BACK = "cannot_read_back"
    NOT_READ_BACK_NOW = "not_read_back_now"
    TWO_ALIKE = "two_alike"
    NOT_FAR_ENOUGH = "not_far_enough"
    NOT_SEEN = "not_seen"
    SWITCHED_OFF_MEANWHILE = "switched_off_meanwhile"
    RESTORED = "restored"
    SINCE_BACKUP = "since_backup"
    # a person sends it
    BY_HAND = "by_hand"
    RESTORED_BY_HAND = "restored_by_hand"
    SINCE_BACKUP_BY_HAND = "since_backup_by_hand"
    # it is over
    HIDDEN = "filtered"
    REPLACED = "replaced"
    CLOSED = "closed"
    FOUND_IN_CHAT = "found_in_chat"
    # what a person asked for cannot be done
    DECIDED_MEANWHILE = "decided_meanwhile"
    BUYER_HAS_IT = "buyer_has_it"
    LEFT_WITHOUT_F4 = "left_without_f4"
    NO_ORDER_YET = "no_order_yet"
    TEXT_TOO_LONG = "text_too_long"
    SAME_TEXT = "same_text"
    MAY_HAVE_ARRIVED = "may_have_arrived"
    NOT_IN_LOG = "not_in_log"
    COPY_FOLDER = "copy_folder"
    PHOTO_UNUSABLE = "photo_unusable"


# Nobody knows whether it arrived, so nothing else goes into its conversation before a person has answered.
ASKS_A_PERSON = frozenset(
    {
        SendingReason.UNKNOWN,
        SendingReason.CANNOT_READ_BACK,
        SendingReason.NOT_READ_BACK_NOW,
        SendingReason.TWO_ALIKE,
        SendingReason.NOT_FAR_ENOUGH,
        SendingReason.NOT_SEEN,
        SendingReason.SWITCHED_OFF_MEANWHILE,
        SendingReason.RESTORED,
        SendingReason.SINCE_BACKUP,
    }
)
WITHOUT_PHOTO = frozenset(
    {
        SendingReason.PHOTO_MISSING,
        SendingReason.PHOTO_CHANGED,
        SendingReason.PHOTO_UNRECORDED,
        SendingReason.JOINED_PHOTO_MISSING,
        SendingReason.JOINED_PHOTO_CHANGED,
    }
)
LESS_THAN_PLANNED = frozenset({SendingReason.BUDGET, SendingReason.BUDGET_UNTIL})
NO_MESSAGES_LEFT = frozenset({SendingReason.NOTHING_LEFT, SendingReason.NOTHING_LEFT_UNTIL})
# What the marketplace was not asked about.
HELD_BY_US = frozenset(
    {
        SendingReason.LATE,
        SendingReason.QUIET,
        SendingReason.SHOP_OFF,
        *WITHOUT_PHOTO,
        *LESS_THAN_PLANNED,
        *NO_MESSAGES_LEFT,
    }
)
