"""What is said about this computer's disk, records, keys and clock."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.reasons.storage import StorageReason

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    StorageReason.CANNOT_SAVE: (
        msgid("Cannot save on this computer. Do not close this parcel."),
        msgid("Check that the photo folder exists, can be written to and has free space."),
    ),
    StorageReason.DISK_FULL: (
        msgid("The disk is full. Do not close this parcel."),
        msgid("Free some space. Photos taken so far are safe."),
    ),
    StorageReason.NO_NEW_ORDER: (
        msgid("The disk is full: no new order can be opened."),
        msgid("Free some space. An open order can be finished. Photos taken so far are safe."),
    ),
    StorageReason.ALMOST_FULL: (
        msgid("The disk is almost full: {free:room} left."),
        msgid("Free some space now. Everything saved so far is safe."),
    ),
    StorageReason.ALMOST_FULL_UNTIL: (
        msgid("The disk is almost full: {free:room} left, at this rate until {full_at:day}."),
        msgid("Free some space now. Everything saved so far is safe."),
    ),
    StorageReason.FILLING_UP: (
        msgid("The disk is filling up: {free:room} left."),
        msgid("Free some space soon."),
    ),
    StorageReason.FILLING_UP_UNTIL: (
        msgid("The disk is filling up: {free:room} left, at this rate until {full_at:day}."),
        msgid("Free some space soon."),
    ),
    StorageReason.FOLDER_GONE: (
        msgid("Cannot save photos to {folder}. Do not close this parcel."),
        msgid("Check that its drive or network share is connected."),
    ),
    StorageReason.FOLDER_REFUSES: (
        msgid("Cannot save photos to {folder}. Do not close this parcel."),
        msgid("Check that the folder can be written to and its drive works."),
    ),
    StorageReason.FOLDER_STUCK: (
        msgid("Cannot save photos to {folder}: it does not answer. Do not close this parcel."),
        msgid("Check that its drive or network share is connected."),
    ),
    StorageReason.FOLDER_UNUSABLE: (
        msgid("This folder cannot be used: {folder}"),
        msgid("Check that the folder exists, can be written to and has free space."),
    ),
    StorageReason.ON_NETWORK_DRIVE: (
        msgid("The records cannot be kept on a network drive: {folder}"),
        msgid(
            "Choose a folder on this computer with --home. The photo folder and the backups may be on a "
            "network drive."
        ),
    ),
    StorageReason.PHOTO_UNREADABLE: (
        msgid("A photo on this computer cannot be read."),
        msgid("A supervisor can look at it in the log. Other photos are not affected."),
    ),
    StorageReason.COPY_NOT_MADE: (
        msgid("Saved. The buyer’s copy of a photo could not be made yet."),
        msgid("Keep packing. ParcelGuard tries again by itself."),
    ),
    StorageReason.RECORDS_GONE: (
        msgid("The records on this computer are gone. Your photos are safe."),
        msgid("Close ParcelGuard and open it again. It helps you to repair the records."),
    ),
    StorageReason.NEWER_RECORDS: (
        msgid("A newer ParcelGuard has worked with this data."),
        msgid("Install the newer version again."),
    ),
    StorageReason.RECORDS_DAMAGED: (
        msgid("The records on this computer are damaged. Your photos are safe."),
        msgid("Close ParcelGuard and open it again. It helps you to repair the records."),
    ),
    StorageReason.NOTE_NOT_WRITTEN: (
        msgid("The note in the photo folder was not saved. The records have everything."),
        msgid("Check that the photo folder exists, can be written to and has free space."),
    ),
    StorageReason.BACKUP_FAILED: (
        msgid("The nightly backup of the records failed."),
        msgid("ParcelGuard tries again every hour. Check the folder {folder}"),
    ),
    # its keys
    StorageReason.KEYS_NOT_OPENED: (
        msgid("The shops’ keys cannot be opened on this computer."),
        msgid(
            "Nothing was deleted. Bring secrets.json and secrets.key back together from a backup of this "
            "computer, or move both away and connect each shop again."
        ),
    ),
    StorageReason.KEYS_UNREADABLE: (
        msgid("The file with the shops’ keys cannot be read."),
        msgid("Restore it from a backup, or delete it and connect each shop again."),
    ),
    StorageReason.KEY_STORE_LOCKED: (
        msgid("The key store of this computer does not open."),
        msgid("Unlock it, or log in to the desktop again; then start ParcelGuard again."),
    ),
    StorageReason.NO_KEY_STORE: (
        msgid("This computer has no key store for the shops’ keys."),
        msgid(
            'In the settings file, under [secrets], set keep = "passphrase" (asked for at each start) '
            'or keep = "file" (whoever copies the data folder has the key too), and start it again.'
        ),
    ),
    StorageReason.WRONG_PASSPHRASE: (
        msgid("This is not the passphrase of the shops’ keys."),
        msgid("Nothing was deleted. Start again, or ask whoever chose it."),
    ),
    StorageReason.NO_PASSPHRASE: (msgid("No passphrase was chosen."), msgid("Start again; type it twice.")),
    StorageReason.PASSPHRASE_WAITS: (
        msgid("The shops’ keys wait for their passphrase."),
        msgid("Start ParcelGuard from a terminal, where it can ask."),
    ),
    StorageReason.CLOCK_SLOW: (
        msgid("This computer’s clock is {minutes:span} slow. Messages are sent with the right time."),
        msgid("Please set the clock."),
    ),
    StorageReason.CLOCK_FAST: (
        msgid("This computer’s clock is {minutes:span} fast. Messages are sent with the right time."),
        msgid("Please set the clock."),
    ),
    StorageReason.CLOCK_SET_AHEAD: (
        msgid("This computer’s clock was set ahead by {minutes:span}."),
        msgid("Check that it is right."),
    ),
    StorageReason.CLOCK_SET_BACK: (
        msgid("This computer’s clock was set back by {minutes:span}."),
        msgid("Check that it is right."),
    ),
    StorageReason.ASLEEP: (
        msgid("This computer was asleep for {minutes:span}."),
        msgid("Nothing is lost. Waiting messages are sent now."),
    ),
    StorageReason.ALREADY_RUNNING: (
        msgid("ParcelGuard is already open on this computer."),
        msgid("Use the window that is open."),
    ),
    StorageReason.NOT_STARTED: (
        msgid("ParcelGuard could not start."),
        msgid("Close it and open it again, or call your supervisor. The log file has the reason."),
    ),
    StorageReason.SANDBOX_NOT_INSTALLED: (
        msgid("The sandbox needs a few more packages."),
        msgid("Install them with: pip install 'parcelguard[sandbox]'"),
    ),
    StorageReason.PORT_IN_USE: (
        msgid("The sandbox cannot listen on port {port}."),
        msgid("Another program uses it. End that program, or choose another port with --port."),
    ),
    StorageReason.NO_ANSWER: (
        msgid("That did not work."),
        msgid("Try again. If that does not help, call your supervisor: the log file has the reason."),
    ),
    StorageReason.WINDOW_FAILED: (
        msgid("This window failed. Your order is safe."),
        msgid("It was started again, so go on. If it happens again, call your supervisor."),
    ),
}
