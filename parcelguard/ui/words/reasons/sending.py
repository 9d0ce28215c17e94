"""What is said about messages on their way."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.reasons.sending import SendingReason

_LOOK_AND_ANSWER = msgid("Open the chat, then answer: it is there, or not there.")
_WAIT_OR_HAND = msgid("Send one picture, send by hand, or wait until the buyer answers.")
_WAIT_OR_HAND_UNTIL = msgid("Send one picture, send by hand, or wait until {until:moment}.")
_LEAVE_OUT = msgid("Bring the file back and send again, or leave this photo out: the rest can go.")
_LEAVE_OUT_JOINED = msgid(
    "Bring the file back and send again, or resend from the log: the photos then go singly,"
    " and this one can be left out."
)
_BUDGET = msgid("This buyer has {said} of the {limit} messages that may go unanswered. This takes {planned}.")

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    SendingReason.MISTAKE: (msgid("Something went wrong."), msgid("Call your supervisor.")),
    # it goes on by itself
    SendingReason.NOT_SENT: (msgid("Not sent yet."), msgid("It is saved and goes out by itself.")),
    SendingReason.NO_NETWORK: (
        msgid("Saved. No network: sends by itself when it is back."),
        msgid("Keep packing. Nothing is lost."),
    ),
    SendingReason.NOT_PREPARED: (
        msgid("Not sent yet: this computer could not prepare the message."),
        msgid("It is saved and goes out by itself."),
    ),
    SendingReason.NOT_CONFIRMED: (
        msgid("The marketplace did not confirm this message."),
        msgid("ParcelGuard looks in the chat before anything is sent again."),
    ),
    # of the whole shop
    SendingReason.SHOP_UNREACHABLE: (
        msgid("{shop} cannot be reached since {since:clock}."),
        msgid("Keep packing. Waiting messages are sent by themselves."),
    ),
    SendingReason.SHOP_SLOWED: (msgid("{shop} asks to send more slowly."), ""),
    SendingReason.SHOP_WAITS: (
        msgid("This shop may not send messages now."),
        msgid("Look at the shop in Channels. Nothing is lost."),
    ),
    SendingReason.DAY_USED_UP: (
        msgid("No more messages today: the marketplace’s daily limit is reached."),
        msgid("Keep packing. Sending goes on by itself at {until:moment}."),
    ),
    SendingReason.REFUSED_IN_A_ROW: (
        msgid("The marketplace refused three messages in a row. Sending rests for an hour."),
        msgid("Look at the refused ones, and at the preset message."),
    ),
    # a person decides: certainly not sent
    SendingReason.HELD: (
        msgid("Held: the marketplace does not allow this now."),
        msgid("A supervisor decides in Check."),
    ),
    SendingReason.LATE: (
        msgid("Not sent in time: it had to wait for too long."),
        msgid("A supervisor sends it when a message so late still makes sense to the buyer."),
    ),
    SendingReason.QUIET: (
        msgid("Held for the night: it is late where the buyer lives."),
        msgid("A supervisor sends it in the morning, or now."),
    ),
    SendingReason.SHOP_OFF: (
        msgid("This shop sends no messages."),
        msgid("Switch it on in the settings and resend, send it by hand, or close this proof."),
    ),
    SendingReason.ORDER_CANCELLED: (
        msgid("This order is cancelled or about to be."),
        msgid("Nothing was sent. Take the parcel out."),
    ),
    SendingReason.PHOTO_MISSING: (msgid("Photo {photo} is missing on this disk."), _LEAVE_OUT),
    SendingReason.PHOTO_CHANGED: (msgid("Photo {photo} was changed after it was taken."), _LEAVE_OUT),
    SendingReason.PHOTO_UNRECORDED: (
        msgid("A photo of this proof is missing."),
        msgid("Resend from the log, or leave this photo out: the rest can go."),
    ),
    SendingReason.JOINED_PHOTO_MISSING: (msgid("Photo {photo} is missing on this disk."), _LEAVE_OUT_JOINED),
    SendingReason.JOINED_PHOTO_CHANGED: (
        msgid("Photo {photo} was changed after it was taken."),
        _LEAVE_OUT_JOINED,
    ),
    SendingReason.BUDGET: (_BUDGET, _WAIT_OR_HAND),
    SendingReason.BUDGET_UNTIL: (_BUDGET, _WAIT_OR_HAND_UNTIL),
    SendingReason.NOTHING_LEFT: (_BUDGET, msgid("Send by hand, or wait until the buyer answers.")),
    SendingReason.NOTHING_LEFT_UNTIL: (_BUDGET, msgid("Send by hand, or wait until {until:moment}.")),
    # a person looks and answers: it may have arrived
    SendingReason.BEING_LOOKED_FOR: (
        msgid("The marketplace did not confirm this message."),
        _LOOK_AND_ANSWER,
    ),
    SendingReason.UNKNOWN: (msgid("Not sure it arrived."), _LOOK_AND_ANSWER),
    SendingReason.CANNOT_READ_BACK: (
        msgid("This marketplace’s chat cannot be read back."),
        _LOOK_AND_ANSWER,
    ),
    SendingReason.NOT_READ_BACK_NOW: (msgid("The chat cannot be read back now."), _LOOK_AND_ANSWER),
    SendingReason.TWO_ALIKE: (msgid("Two messages in the chat look like this one."), _LOOK_AND_ANSWER),
    SendingReason.NOT_FAR_ENOUGH: (msgid("The chat could not be read far enough back."), _LOOK_AND_ANSWER),
    SendingReason.NOT_SEEN: (msgid("Looked twice: the chat does not show it."), _LOOK_AND_ANSWER),
    SendingReason.SWITCHED_OFF_MEANWHILE: (
        msgid("It may have arrived: the shop was switched off before that was known."),
        _LOOK_AND_ANSWER,
    ),
    SendingReason.RESTORED: (
        msgid("Restored from the photo folder. Not sure it was sent."),
        _LOOK_AND_ANSWER,
    ),
    SendingReason.SINCE_BACKUP: (
        msgid("Restored from the backup of {backup:moment}. Not sure it was sent."),
        _LOOK_AND_ANSWER,
    ),
    # a person sends it
    SendingReason.BY_HAND: (
        msgid("A person sends this by hand."),
        msgid("Open the order’s chat in the seller centre, send text and photos, then mark it sent."),
    ),
    SendingReason.RESTORED_BY_HAND: (
        msgid("Restored from the photo folder. Not sure it was sent."),
        _LOOK_AND_ANSWER,
    ),
    SendingReason.SINCE_BACKUP_BY_HAND: (
        msgid("Restored from the backup of {backup:moment}. Not sure it was sent."),
        _LOOK_AND_ANSWER,
    ),
    # it is over
    SendingReason.HIDDEN: (
        msgid("Accepted, but hidden from the buyer by the marketplace."),
        msgid("Change the words or the photo, then resend."),
    ),
    SendingReason.REPLACED: (msgid("Sent again in another way."), ""),
    SendingReason.CLOSED: (msgid("Closed, not sent."), ""),
    SendingReason.FOUND_IN_CHAT: (msgid("Found in the chat."), ""),
    # what a person asked for cannot be done
    SendingReason.DECIDED_MEANWHILE: (msgid("It was decided meanwhile."), msgid("Nothing more is sent.")),
    SendingReason.BUYER_HAS_IT: (
        msgid("The buyer has it already."),
        msgid("Nothing is left to send by hand."),
    ),
    SendingReason.LEFT_WITHOUT_F4: (
        msgid("This order was left without F4."),
        msgid("Scan it again and press F4 to send."),
    ),
    SendingReason.NO_ORDER_YET: (
        msgid("No order has this number yet."),
        msgid("Try again when the order has come in."),
    ),
    SendingReason.TEXT_TOO_LONG: (
        msgid("The text is too long by {by}."),
        msgid("This marketplace takes {longest} characters."),
    ),
    SendingReason.SAME_TEXT: (
        msgid("The marketplace refuses the same text twice in a day."),
        msgid("Change a few words and send again."),
    ),
    SendingReason.MAY_HAVE_ARRIVED: (
        msgid("One message may have arrived already."),
        msgid("Decide about it first: it is there, or not there."),
    ),
    SendingReason.NOT_IN_LOG: (
        msgid("This proof is not in the log any more."),
        msgid("Look for it again in the log."),
    ),
    SendingReason.COPY_FOLDER: (
        msgid("This folder cannot be used: {folder}"),
        msgid("Check that it exists, can be written to and has free space."),
    ),
    SendingReason.PHOTO_UNUSABLE: (
        msgid("Photo {photo} is missing, or was changed after it was taken."),
        msgid("Check that the photo folder exists, and look for a copy of the photo."),
    ),
}
