"""All sentences of the band, the notices and the states, in one place and free of widgets.

The word "sent" in its good sense is said for ProofState.DELIVERED, and "sent by hand" where a person
said so; for nothing else. Sentence case, no exclamation marks, and no full stop at the end of a label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from parcelguard.core.errors import OutcomeUnknown
from parcelguard.core.events import CameraChanged, CameraState, ProofChanged
from parcelguard.core.proofs import MAX_PHOTOS, ProofState
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because
from parcelguard.packing.desk_view import Desk, DeskState, Notice, NoticeKind, ProofSaved
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.words.reasons.saying import said

SENT = "✓ Image sent to customer’s chat"
SAVED_SENDING = "Saved. Sending…"
SAVED_BY_HAND = "Saved. To be sent by hand"
STARTING = "Starting…"
FINISHING = "Finishing…"
FINISHING_HINT = "What is on its way right now gets a few seconds. The rest goes out after the next start."
FIND_HINT = "F3 types a number"
CONTROL_KEYS = "This code contains control keys and was ignored. Set the scanner to send plain codes."
HIDDEN = "Accepted but hidden by the marketplace"
SAFE_SEE_CHECK = "Photos are safe, see Check"
SHORT_QUEUE_S = 45  # less is not worth a word
LOOKING = "ParcelGuard looks in the chat"  # how the advice about an unknown outcome begins
_SAYS_ITSELF = ("Not sent", "Accepted", "Held")  # headlines that tell where the message is
CANCELLED = "STOP — this order is cancelled or about to be"  # the buyer may only have asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One glance from two metres: the shop's badge, the code, the buyer's line, and what to do."""

    tone: BandTone
    text: str
    badge: str = ""
    code: str = ""
    buyer_line: str = ""


LastProof = ProofChanged | ProofSaved | None
ShopName = Callable[[str], str]


def starting() -> Band:
    """Return the band before the program is ready to pack."""
    return Band(tone=BandTone.READY, text=STARTING)


def band(desk: Desk, last: LastProof = None, shop_name: ShopName = str) -> Band:
    """Return what the band says now.

    `last` is the newest news of the proof that was saved last; it is shown while no order is
    open. `shop_name` turns the id of a saved proof's shop into its label; other news bring the label.
    """
    if desk.state is DeskState.READY and desk.notice is None and last is not None:
        return proof_band(last, shop_name)
    tone, text = _now(desk)
    return Band(
        tone=tone,
        text=text,
        badge=desk.shop.label if desk.shop else "",
        code=desk.order.number if desk.order else desk.code,
        buyer_line=buyer_line(desk),
    )


def proof_band(last: ProofChanged | ProofSaved, shop_name: ShopName = str) -> Band:
    """Return what is to be said of one proof on its way: in the band, or in the toast."""
    if isinstance(last, ProofSaved):
        proof = last.proof
        tone = BandTone.READY if last.sends or proof.shop_id else BandTone.WARN
        code = proof.order_number or proof.code
        return Band(tone=tone, text=_saved(last), badge=shop_name(proof.shop_id), code=code)
    tone, text = _delivery(last)
    return Band(tone=tone, text=text, badge=last.shop, code=last.order_number)


def buyer_line(desk: Desk) -> str:
    """Return who bought how much, and who carries it; while nothing is open, how to do without a scan."""
    if desk.state is DeskState.READY and desk.notice is None:
        return FIND_HINT
    if desk.order is None:
        return ""
    count = sum(item.quantity for item in desk.order.items)
    items = f"{count} item{'s' if count != 1 else ''}" if count else ""
    return " · ".join(part for part in (desk.order.buyer_name, items, desk.order.carrier) if part)


def _now(desk: Desk) -> tuple[BandTone, str]:
    if desk.state is DeskState.CANCELLED:
        return BandTone.BAD, CANCELLED
    if desk.notice is not None:
        return notice(desk.notice, desk)
    if desk.saving:
        return BandTone.INFO, "Saving…"
    if desk.state is DeskState.PACKED or desk.packed_before is not None:
        return BandTone.WARN, _packed_before(desk)
    if desk.state is DeskState.UNMATCHED:
        return BandTone.WARN, _unmatched(desk)
    if desk.state is DeskState.OPEN:
        return BandTone.INFO, _photos(desk)
    return BandTone.READY, "Scan an order"


def _photos(desk: Desk) -> str:
    if not desk.photos:
        return "Take photos of the open parcel"
    taken = f"{len(desk.photos)} of {MAX_PHOTOS} photos"
    if desk.note:
        return f"{taken}. {desk.note}"
    does = "save" if _by_hand(desk) else "send"
    return f"{taken} — press F4 to {does}" if desk.full else f"{taken} — F1 takes more, F4 {does}s"


def _unmatched(desk: Desk) -> str:
    if desk.searching:
        return "No order has this number. Looking it up…"
    if desk.photos:
        return f"{len(desk.photos)} of {MAX_PHOTOS} photos. No order yet — F4 saves them under this number"
    return "No order is known for this code. Photos are kept under it"


def _packed_before(desk: Desk) -> str:
    before = desk.packed_before
    if before is None:
        return "Packed before. F1 adds photos, Esc leaves it"
    packed = f"Packed {moment(before.at)} by {before.packer}"
    if desk.photos:
        return f"{packed} already. F4 adds these photos, Esc leaves it"
    return f"{packed}. F1 adds photos, Esc leaves it"


_NOTICES: dict[NoticeKind, tuple[BandTone, str]] = {
    NoticeKind.SCAN_FIRST: (BandTone.WARN, "Scan an order first"),
    NoticeKind.THREE_ALREADY: (BandTone.WARN, "3 of 3 photos. F4 saves, F2 takes the last again"),
    NoticeKind.NO_PHOTO_YET: (BandTone.WARN, "No photo yet. Press F1 first"),
    NoticeKind.NOTHING_TO_RETAKE: (BandTone.WARN, "No photo to take again. Press F1"),
    NoticeKind.OTHER_ORDER_OPEN: (BandTone.WARN, "{} is another order. "),
    NoticeKind.NOT_AN_ORDER: (BandTone.WARN, "{} is not an order"),
    NoticeKind.SEVERAL_ORDERS: (BandTone.WARN, "Several orders have {}. Scan the order number"),
    NoticeKind.STILL_CANCELLED: (BandTone.BAD, CANCELLED),
    NoticeKind.NO_SUCH_ORDER: (BandTone.WARN, "No order has this number. Photos are kept under it"),
    NoticeKind.NOT_LOOKED_UP: (BandTone.WARN, "Could not look it up. Photos are kept under this number"),
    NoticeKind.PHOTO_FAILED: (BandTone.BAD, "{}"),
    NoticeKind.NOT_KEPT: (BandTone.BAD, "{}"),
    NoticeKind.RESTORED: (BandTone.INFO, "This order was still open. Its photos are safe"),
    NoticeKind.PHOTOS_KEPT: (BandTone.READY, "Order {} left, photos kept. Scan an order"),
}


def notice(told: Notice, desk: Desk) -> tuple[BandTone, str]:
    """Return the colour and the sentence of a notice about this desk."""
    tone, sentence = _NOTICES[told.kind]
    if told.kind is NoticeKind.OTHER_ORDER_OPEN:
        sentence += _way_out(desk)
    return tone, label(sentence.replace("{}", told.detail)).strip()


def _way_out(desk: Desk) -> str:
    """Return what can be done with the open order; F4 is named only where it does something."""
    if not desk.photos:
        return "Esc leaves this one"
    sends = desk.message and not _by_hand(desk)
    return f"F4 {'sends' if sends else 'saves'} this one first, Esc leaves it"


def _by_hand(desk: Desk) -> bool:
    return desk.shop is not None and desk.shop.by_hand


def _saved(saved: ProofSaved) -> str:
    if saved.sends:
        return SAVED_SENDING
    if saved.proof.state is ProofState.BY_HAND:
        return SAVED_BY_HAND
    if not saved.proof.shop_id:
        return "Saved on this computer. Nothing is sent: no order is known for this code"
    if not saved.proof.buyer_id:
        return "Saved on this computer. The order names no buyer to write to"
    return "Saved on this computer. This shop sends no messages"


def _delivery(news: ProofChanged) -> tuple[BandTone, str]:
    if news.state is ProofState.DELIVERED:
        return BandTone.OK, SENT
    if news.state is ProofState.WAITING:
        return BandTone.WARN, _waiting(news)
    if news.state is ProofState.ATTENTION:
        told = label(news.headline) if news.asks else failure(news.headline)
        return BandTone.BAD, f"{told}. {SAFE_SEE_CHECK}"
    if news.state is ProofState.PARTLY:
        return BandTone.WARN, "Only part of it is in the chat. See Log"
    if news.state is ProofState.BY_HAND:
        return BandTone.READY, SAVED_BY_HAND
    if news.state is ProofState.HANDED:
        return BandTone.INFO, "Sent by hand"
    if news.state is ProofState.CLOSED:
        return BandTone.READY, "Nothing more is sent for this order"
    if news.state is ProofState.SENDING:
        return BandTone.READY, SAVED_SENDING
    return BandTone.READY, "Saved on this computer"


def _waiting(news: ProofChanged) -> str:
    """Return what a proof waits for. That it is saved comes first: nothing is lost meanwhile."""
    told = label(news.headline)
    if not told:
        return "Saved. Sends by itself later"
    if not told.startswith("Saved"):
        told = f"Saved. {told}"
    return f"{told}: checking the chat" if news.advice.startswith(LOOKING) else told


def failure(headline: str) -> str:
    """Return a failure in words. What may have arrived, or did, is never called "not sent"."""
    told = label(headline)
    if not told:
        return "Not sent"
    if told == label(OutcomeUnknown.headline) or told.startswith(_SAYS_ITSELF):
        return told
    first, _, rest = told.partition(" ")
    lowered = first.lower() if first in ("The", "This", "A", "An", "No") else first
    return f"Not sent: {lowered} {rest}".rstrip()


def hidden(headline: str) -> bool:
    """Whether the marketplace accepted a message and keeps it from the buyer."""
    return headline.startswith("Accepted")


def label(sentence: str) -> str:
    """Return a sentence as a label: without its full stop."""
    return sentence.strip().removesuffix(".")


# ---- The top bar -------------------------------------------------------------------------


def camera_chip(news: CameraChanged) -> str:
    """Return what the camera's chip says."""
    if news.state is CameraState.STARTING:
        return "Camera starting"
    if news.state is CameraState.LOST:
        return "No camera"
    size = f" {news.height}p" if news.height else ""
    pace = f" · {news.fps:.0f} fps" if news.fps else ""
    return f"Camera{size}{pace}"


def queue_time(seconds: int) -> str:
    """Return how long a queue takes, roughly; nothing for what is over in a moment."""
    if seconds < SHORT_QUEUE_S:
        return ""
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    hours, rest = divmod(round(minutes / 5) * 5, 60)  # nobody waits that long to the minute
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"


def camera_help(news: CameraChanged) -> tuple[str, str]:
    """Return headline and advice for the empty picture."""
    if news.state is CameraState.LOST:
        words = said(news.reason or because(CameraReason.NO_CAMERA))
        return label(words.headline), words.advice
    return "Camera starting", "You can scan already."


def packed_today(packed: int) -> str:
    """Return the bench's count."""
    return f"{packed:,} packed today"


def pace(seconds: int | None) -> str:
    """Return the bench's speed, or nothing when there is none yet."""
    return f"{seconds} s per order, last hour" if seconds is not None else ""


def moment(at: datetime) -> str:
    """Return a time of day here; with its date when it was another day."""
    local = at.astimezone()
    today = datetime.now(local.tzinfo).date()
    return local.strftime("%H:%M") if local.date() == today else local.strftime("%d %b %H:%M")


def clock(at: datetime) -> str:
    """Return a time of day here with seconds."""
    return at.astimezone().strftime("%H:%M:%S")


def day(at: datetime) -> str:
    """Return a date here."""
    return at.astimezone().strftime("%d %b %Y")
