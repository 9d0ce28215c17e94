"""The error family: what the person reads, and what the log keeps.

`headline` and `advice` are sentences for a packer or supervisor. `str(error)` is for
the log and never holds a token, a signature or a buyer's name. The classes follow
what happens next, not where something broke.
"""

from __future__ import annotations

from importlib import import_module

from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import Reason, ReasonKind, as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.reasons.storage import StorageReason


class ParcelGuardError(Exception):
    """Base class; catching it never hides a bug.

    `reason` says why, as a value; `str(error)` is for the log.
    """

    kind: ReasonKind = SendingReason.MISTAKE  # where a raiser gives no reason of its own
    # Being replaced by reasons, room by room; what is given as sentences becomes a reason "as told".
    headline: str = "Something went wrong."
    advice: str = "Call your supervisor."

    def __init__(
        self, detail: str = "", reason: Reason | str | None = None, *, headline: str = "", advice: str = ""
    ) -> None:
        super().__init__(detail or headline or self.headline)
        assert not isinstance(reason, str)
        if reason is None and (headline or advice or type(self).kind is SendingReason.MISTAKE):
            reason = as_told(headline or self.headline, advice or self.advice)
        self.reason = reason or because(self.kind)
        words = import_module("parcelguard.ui.words.reasons.saying").said(self.reason)
        self.headline, self.advice = words.headline, words.advice


class SettingsError(ParcelGuardError):
    """The settings file says something the program cannot work with."""

    kind: ReasonKind = ShopReason.WRONG_SETTINGS
    headline = "The settings file has a mistake."
    advice = "Mend the line named above, then start again."


class StorageError(ParcelGuardError):
    """A photo or record could not be kept on this disk."""

    kind: ReasonKind = StorageReason.CANNOT_SAVE
    headline = "Cannot save on this computer. Do not close this parcel."
    advice = "Check that the photo folder exists, can be written to and has free space."


class DiskFull(StorageError):
    """The disk has no room for another photo."""

    kind = StorageReason.DISK_FULL
    headline = "The disk is full. Do not close this parcel."
    advice = "Free some space. Photos taken so far are safe."


class DamagedDatabase(StorageError):
    """The records cannot be read as they should be; the photo folder still tells what was photographed."""

    kind = StorageReason.RECORDS_DAMAGED
    headline = "The records on this computer are damaged. Your photos are safe."
    advice = "Close ParcelGuard and open it again. It helps you to repair the records."


class AlreadyRunning(ParcelGuardError):
    """Another ParcelGuard works on the same data folder."""

    kind = StorageReason.ALREADY_RUNNING
    headline = "ParcelGuard is already open on this computer."
    advice = "Use the window that is open."


class CameraUnavailable(ParcelGuardError):
    """The camera cannot be opened or stopped giving pictures."""

    kind: ReasonKind = CameraReason.NO_CAMERA
    headline = "No camera."
    advice = "Check the camera's cable. Photos taken so far are safe."


class NotPossible(ParcelGuardError):
    """What a person asked for cannot be done as things stand; nothing was changed."""


class DeliveryError(ParcelGuardError):
    """A part of a proof did not reach the buyer's chat, or nobody knows whether it did.

    What each class proves about the message, and so what may happen next:

    ============== ============================ =====================================
    NotSent        certainly not sent           is tried again by itself
    NotAllowed     certainly not sent           see its four
      ShopWaits    the shop may send nothing    the whole shop is tried again
      Refused      the marketplace said no      a person changes or leaves it
      Held         something speaks against it  a person decides
      HeldHere     our own rule holds it back   a person decides
    OutcomeUnknown it may have arrived          the chat is read before anything else
    ============== ============================ =====================================
    """


class NotSent(DeliveryError):
    """Certainly not sent and worth repeating by itself."""

    kind: ReasonKind = SendingReason.NOT_SENT
    headline = "Not sent yet."
    advice = "It is saved and goes out by itself."

    def __init__(
        self,
        detail: str = "",
        reason: Reason | str | None = None,
        *,
        retry_after_s: float | None = None,
        headline: str = "",
        advice: str = "",
    ) -> None:
        super().__init__(detail, reason, headline=headline, advice=advice)
        self.retry_after_s = retry_after_s


class NoNetwork(NotSent):
    """The marketplace could not be reached at all."""

    kind = SendingReason.NO_NETWORK
    headline = "Saved. No network: sends by itself when it is back."
    advice = "Keep packing. Nothing is lost."


class TooFast(NotSent):
    """The marketplace asks for fewer messages a minute."""


class NotAllowed(DeliveryError):
    """Certainly not sent, because somebody or something does not allow it.

    `code`: in the marketplace's own word; empty where it gave none, or was not asked.
    """

    kind: ReasonKind = MarketplaceReason.REFUSED
    headline = "The marketplace refused this message."
    advice = "Read the reason in the log, then resend."

    def __init__(
        self,
        detail: str = "",
        reason: Reason | str | None = None,
        *,
        code: str = "",
        request_id: str = "",
        headline: str = "",
        advice: str = "",
    ) -> None:
        super().__init__(detail, reason, headline=headline, advice=advice)
        self.code = code
        self.request_id = request_id


class Refused(NotAllowed):
    """The marketplace said no to this message, and will again; a person changes it or leaves it."""


class Held(NotAllowed):
    """What the marketplace tells of the order, the buyer or the chat speaks against it; a person decides."""

    kind: ReasonKind = SendingReason.HELD
    headline = "Held: the marketplace does not allow this now."
    advice = "A supervisor decides in Check."


class HeldHere(Held):
    """This program's own rules hold it back; the marketplace was not asked."""


class ShopWaits(NotAllowed):
    """The shop may send nothing now, whatever it is, until its keys, consent or permission change.

    That is no fault of the message: it keeps its turn and is tried again by itself.
    """

    kind: ReasonKind = SendingReason.SHOP_WAITS
    headline = "This shop may not send messages now."
    advice = "Look at the shop in Channels. Nothing is lost."


class OutcomeUnknown(DeliveryError):
    """The message left and no clear answer came; a blind repeat could send it twice."""

    kind: ReasonKind = SendingReason.NOT_CONFIRMED
    headline = "The marketplace did not confirm this message."
    advice = "ParcelGuard looks in the chat before anything is sent again."
