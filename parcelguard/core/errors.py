"""The error family: why something did not work, and what the log keeps.

`error.reason` is a value, which the screens put into words. `str(error)` is for the log and never
holds a token, a signature or a buyer's name. The classes follow what happens next, not where something broke.
"""

from __future__ import annotations

from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import Reason, ReasonKind, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.reasons.storage import StorageReason


class ParcelGuardError(Exception):
    """Base class; catching it never hides a bug."""

    kind: ReasonKind = SendingReason.MISTAKE  # where a raiser gives no reason of its own

    def __init__(self, detail: str = "", reason: Reason | None = None) -> None:
        self.reason = reason or because(self.kind)
        super().__init__(detail or self.reason.kind.value)


class SettingsError(ParcelGuardError):
    """The settings file says something the program cannot work with."""

    kind: ReasonKind = ShopReason.WRONG_SETTINGS


class StorageError(ParcelGuardError):
    """A photo or record could not be kept on this disk."""

    kind: ReasonKind = StorageReason.CANNOT_SAVE


class DiskFull(StorageError):
    """The disk has no room for another photo."""

    kind = StorageReason.DISK_FULL


class DamagedDatabase(StorageError):
    """The records cannot be read as they should be; the photo folder still tells what was photographed."""

    kind = StorageReason.RECORDS_DAMAGED


class AlreadyRunning(ParcelGuardError):
    """Another ParcelGuard works on the same data folder."""

    kind = StorageReason.ALREADY_RUNNING


class CameraUnavailable(ParcelGuardError):
    """The camera cannot be opened or stopped giving pictures."""

    kind: ReasonKind = CameraReason.NO_CAMERA


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

    def __init__(
        self, detail: str = "", reason: Reason | None = None, *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail, reason)
        self.retry_after_s = retry_after_s


class NoNetwork(NotSent):
    """The marketplace could not be reached at all."""

    kind = SendingReason.NO_NETWORK


class TooFast(NotSent):
    """The marketplace asks for fewer messages a minute."""


class NotAllowed(DeliveryError):
    """Certainly not sent, because somebody or something does not allow it.

    `code`: in the marketplace's own word; empty where it gave none, or was not asked.
    """

    kind: ReasonKind = MarketplaceReason.REFUSED

    def __init__(
        self, detail: str = "", reason: Reason | None = None, *, code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(detail, reason)
        self.code = code
        self.request_id = request_id


class Refused(NotAllowed):
    """The marketplace said no to this message, and will again; a person changes it or leaves it."""


class Held(NotAllowed):
    """What the marketplace tells of the order, the buyer or the chat speaks against it; a person decides."""

    kind: ReasonKind = SendingReason.HELD


class HeldHere(Held):
    """This program's own rules hold it back; the marketplace was not asked."""


class ShopWaits(NotAllowed):
    """The shop may send nothing now, whatever it is, until its keys, consent or permission change.

    That is no fault of the message: it keeps its turn and is tried again by itself.
    """

    kind: ReasonKind = SendingReason.SHOP_WAITS


class OutcomeUnknown(DeliveryError):
    """The message left and no clear answer came; a blind repeat could send it twice."""

    kind: ReasonKind = SendingReason.NOT_CONFIRMED
