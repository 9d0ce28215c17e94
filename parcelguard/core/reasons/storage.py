"""What is wrong with this computer: its disk, its records, its keys, its clock."""

from __future__ import annotations

from enum import StrEnum


class StorageReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    # its disk
    CANNOT_SAVE = "cannot_save"
    DISK_FULL = "disk_full"
    NO_NEW_ORDER = "no_new_order"
    ALMOST_FULL = "almost_full"
    ALMOST_FULL_UNTIL = "almost_full_until"
    FILLING_UP = "filling_up"
    FILLING_UP_UNTIL = "filling_up_until"
    FOLDER_GONE = "folder_gone"
    FOLDER_REFUSES = "folder_refuses"
    FOLDER_STUCK = "folder_stuck"
    FOLDER_UNUSABLE = "folder_unusable"
    ON_NETWORK_DRIVE = "on_network_drive"
    PHOTO_UNREADABLE = "photo_unreadable"
    COPY_NOT_MADE = "copy_not_made"
    # its records
    RECORDS_DAMAGED = "records_damaged"
    RECORDS_GONE = "records_gone"
    NEWER_RECORDS = "newer_records"
    NOTE_NOT_WRITTEN = "note_not_written"
    BACKUP_FAILED = "backup_failed"
    # its keys
    KEYS_NOT_OPENED = "keys_not_opened"
    KEYS_UNREADABLE = "keys_unreadable"
    KEY_STORE_LOCKED = "key_store_locked"
    NO_KEY_STORE = "no_key_store"
    WRONG_PASSPHRASE = "wrong_passphrase"  # noqa: S105 - the name of a reason
    NO_PASSPHRASE = "no_passphrase"  # noqa: S105 - the name of a reason
    PASSPHRASE_WAITS = "passphrase_waits"  # noqa: S105 - the name of a reason
    # its clock
    CLOCK_SLOW = "clock_slow"
    CLOCK_FAST = "clock_fast"
    CLOCK_SET_AHEAD = "clock_set_ahead"
    CLOCK_SET_BACK = "clock_set_back"
    ASLEEP = "asleep"
    # the program itself
    ALREADY_RUNNING = "already_running"
    NOT_STARTED = "not_started"
    SANDBOX_NOT_INSTALLED = "sandbox_not_installed"
    PORT_IN_USE = "port_in_use"
    WINDOW_FAILED = "window_failed"
    NO_ANSWER = "no_answer"
