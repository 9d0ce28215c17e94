"""All sentences of the band, the notices and the states, in one place and free of widgets.

The word "sent" in its good sense is said for ProofState.DELIVERED, and "sent by hand" where a person
said so; for nothing else. Sentence case, no exclamation marks, and no full stop at the end of a label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parcelguard.core.events import ProofChanged
from parcelguard.core.message_id import msgid
from parcelguard.core.proofs import MAX_PHOTOS, ProofState
from parcelguard.core.reasons.reason import Reason
from parcelguard.packing.desk_view import (
    Desk,
    DeskState,
    F4Does,
    Notice,
    NoticeKind,
    PackedBefore,
    ProofSaved,
    ShortBudget,
)
from parcelguard.runtime.translation import tr, trn
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.reasons.standing import BEGINS_WITH_SAVED, TELLS_WHERE_IT_IS
from parcelguard.ui.words.sentences import label, together
from parcelguard.ui.words.times import moment

SEPARATOR = " · "  # between facts that stand beside each other
SENT = msgid("✓ Image sent to customer’s chat")
SAVED_SENDING = msgid("Saved. Sending…")
SAVED_BY_HAND = msgid("Saved. To be sent by hand")
STARTING = msgid("Starting…")
FIND_HINT = msgid("F3 types a number")
CONTROL_KEYS = msgid("This code contains control keys and was ignored. Set the scanner to send plain codes")
CANCELLED = msgid("STOP — this order is cancelled or about to be")  # the buyer may only have asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One glance from two metres: the shop's badge, the code, facts about the buyer, and what to do."""

    tone: BandTone
    text: str
    badge: str = ""
    code: str = ""
    buyer_facts: tuple[str, ...] = ()

    @property
    def buyer_line(self) -> str:
        """All facts about the buyer beside each other."""
        return SEPARATOR.join(self.buyer_facts)


LastProof = ProofChanged | ProofSaved | None
ShopName = Callable[[str], str]


def starting() -> Band:
    """Return the band before the program is ready to pack."""
    return Band(tone=BandTone.READY, text=tr(STARTING))


def band(desk: Desk, last: LastProof = None, shop_name: ShopName = str) -> Band:
    """Return what the band says now.

    `last` is the newest event of the proof that was saved last; it is shown while no order is
    open. `shop_name` turns the id of a saved proof's shop into its label; other events bring the label.
    """
    if desk.state is DeskState.READY and desk.notice is None and last is not None:
        return proof_band(last, shop_name)
    tone, text = _now(desk)
    return Band(
        tone=tone,
        text=text,
        badge=desk.shop.label if desk.shop else "",
        code=desk.order.number if desk.order else desk.code,
        buyer_facts=_buyer_facts(desk),
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


def _buyer_facts(desk: Desk) -> tuple[str, ...]:
    """Return who bought how much, and who carries it; while nothing is open, how to do without a scan."""
    if desk.state is DeskState.READY and desk.notice is None:
        return (tr(FIND_HINT),)
    if desk.order is None:
        return ()
    count = sum(item.quantity for item in desk.order.items)
    items = trn("{count} item", "{count} items", count) if count else ""
    return tuple(fact for fact in (desk.order.buyer_name, items, desk.order.carrier) if fact)


def _now(desk: Desk) -> tuple[BandTone, str]:
    if desk.state is DeskState.CANCELLED:
        return BandTone.BAD, tr(CANCELLED)
    if desk.notice is not None:
        return notice(desk.notice, desk)
    if desk.saving:
        return BandTone.INFO, tr("Saving…")
    if desk.state is DeskState.PACKED or desk.packed_before is not None:
        return BandTone.WARN, _packed_before(desk.packed_before, photos=bool(desk.photos))
    if desk.state is DeskState.UNMATCHED:
        return BandTone.WARN, _unmatched(desk)
    if desk.state is DeskState.OPEN:
        return BandTone.INFO, _photos(desk)
    return BandTone.READY, tr("Scan an order")


def _photos(desk: Desk) -> str:
    if not desk.photos:
        return tr("Take photos of the open parcel")
    count = len(desk.photos)
    if desk.short_budget is not None:
        taken = tr("{count} of {most} photos.", count=count, most=MAX_PHOTOS)
        return together(taken, _short_budget(desk.short_budget))
    if _by_hand(desk):
        sentence = (
            msgid("{count} of {most} photos — press F4 to save")
            if desk.full
            else msgid("{count} of {most} photos — F1 takes more, F4 saves")
        )
    else:
        sentence = (
            msgid("{count} of {most} photos — press F4 to send")
            if desk.full
            else msgid("{count} of {most} photos — F1 takes more, F4 sends")
        )
    return tr(sentence, count=count, most=MAX_PHOTOS)


def _short_budget(short: ShortBudget) -> str:
    """Return how little may still be said to this buyer, and what F4 does then."""
    left = short.left
    if not left:
        return tr("No messages left for this buyer: F4 saves, a supervisor decides")
    if short.f4 is F4Does.WAIT_FOR_SUPERVISOR:
        return trn(
            "{count} message left for this buyer: F4 saves, a supervisor decides",
            "{count} messages left for this buyer: F4 saves, a supervisor decides",
            left,
        )
    if short.f4 is F4Does.SEND_PICTURE_AND_TEXT:
        return trn(
            "{count} message left for this buyer: F4 sends one picture and the text",
            "{count} messages left for this buyer: F4 sends one picture and the text",
            left,
        )
    if short.f4 is F4Does.SEND_PICTURE_WITHOUT_TEXT:
        return trn(
            "{count} message left for this buyer: F4 sends one picture without the text",
            "{count} messages left for this buyer: F4 sends one picture without the text",
            left,
        )
    return trn(
        "{count} message left for this buyer: F4 sends one picture",
        "{count} messages left for this buyer: F4 sends one picture",
        left,
    )


def _unmatched(desk: Desk) -> str:
    if desk.searching:
        return tr("No order has this number. Looking it up…")
    if desk.photos:
        return tr(
            "{count} of {most} photos. No order yet — F4 saves them under this number",
            count=len(desk.photos),
            most=MAX_PHOTOS,
        )
    return tr("No order is known for this code. Photos are kept under it")


def _packed_before(before: PackedBefore | None, *, photos: bool) -> str:
    if before is None:
        return tr("Packed before. F1 adds photos, Esc leaves it")
    sentence = (
        msgid("Packed {time} by {packer} already. F4 adds these photos, Esc leaves it")
        if photos
        else msgid("Packed {time} by {packer}. F1 adds photos, Esc leaves it")
    )
    return tr(sentence, time=moment(before.at), packer=before.packer)


# OTHER_ORDER_OPEN, PHOTO_FAILED and NOT_KEPT say more than one thing: see `notice`.
_NOTICES: dict[NoticeKind, tuple[BandTone, str]] = {
    NoticeKind.SCAN_FIRST: (BandTone.WARN, msgid("Scan an order first")),
    NoticeKind.THREE_ALREADY: (BandTone.WARN, msgid("3 of 3 photos. F4 saves, F2 takes the last again")),
    NoticeKind.NO_PHOTO_YET: (BandTone.WARN, msgid("No photo yet. Press F1 first")),
    NoticeKind.NOTHING_TO_RETAKE: (BandTone.WARN, msgid("No photo to take again. Press F1")),
    NoticeKind.NOT_AN_ORDER: (BandTone.WARN, msgid("{code} is not an order")),
    NoticeKind.SEVERAL_ORDERS: (BandTone.WARN, msgid("Several orders have {code}. Scan the order number")),
    NoticeKind.STILL_CANCELLED: (BandTone.BAD, CANCELLED),
    NoticeKind.NO_SUCH_ORDER: (
        BandTone.WARN,
        msgid("No order has this number. Photos are kept under it"),
    ),
    NoticeKind.NOT_LOOKED_UP: (
        BandTone.WARN,
        msgid("Could not look it up. Photos are kept under this number"),
    ),
    NoticeKind.RESTORED: (BandTone.INFO, msgid("This order was still open. Its photos are safe")),
    NoticeKind.PHOTOS_KEPT: (BandTone.READY, msgid("Order {code} left, photos kept. Scan an order")),
}


def notice(shown: Notice, desk: Desk) -> tuple[BandTone, str]:
    """Return the colour and the sentence of a notice about this desk."""
    if shown.kind in (NoticeKind.PHOTO_FAILED, NoticeKind.NOT_KEPT):
        return BandTone.BAD, reason_words(shown.reason)
    if shown.kind is NoticeKind.OTHER_ORDER_OPEN:
        return BandTone.WARN, tr(_way_out(desk), code=shown.code)
    tone, sentence = _NOTICES[shown.kind]
    return tone, tr(sentence, code=shown.code)


def reason_words(reason: Reason | None) -> str:
    """Return what is wrong and what to do about it, as one label."""
    words = said(reason)
    return label(together(words.headline, words.advice))


def _way_out(desk: Desk) -> str:
    """Return what can be done with the open order; F4 is named only where it does something."""
    if not desk.photos:
        return msgid("{code} is another order. Esc leaves this one")
    if desk.message and not _by_hand(desk):
        return msgid("{code} is another order. F4 sends this one first, Esc leaves it")
    return msgid("{code} is another order. F4 saves this one first, Esc leaves it")


def _by_hand(desk: Desk) -> bool:
    return desk.shop is not None and desk.shop.by_hand


def _saved(saved: ProofSaved) -> str:
    if saved.sends:
        return tr(SAVED_SENDING)
    if saved.proof.state is ProofState.BY_HAND:
        return tr(SAVED_BY_HAND)
    if not saved.proof.shop_id:
        return tr("Saved on this computer. Nothing is sent: no order is known for this code")
    if not saved.proof.buyer_id:
        return tr("Saved on this computer. The order names no buyer to write to")
    return tr("Saved on this computer. This shop sends no messages")


_STATES: dict[ProofState, tuple[BandTone, str]] = {
    ProofState.DELIVERED: (BandTone.OK, SENT),
    ProofState.PARTLY: (BandTone.WARN, msgid("Only part of it is in the chat. See Log")),
    ProofState.BY_HAND: (BandTone.READY, SAVED_BY_HAND),
    ProofState.HANDED: (BandTone.INFO, msgid("Sent by hand")),
    ProofState.CLOSED: (BandTone.READY, msgid("Nothing more is sent for this order")),
    ProofState.SENDING: (BandTone.READY, SAVED_SENDING),
}
_ELSEWHERE = (BandTone.READY, msgid("Saved on this computer"))


def _delivery(event: ProofChanged) -> tuple[BandTone, str]:
    if event.state is ProofState.WAITING:
        return BandTone.WARN, _waiting(event)
    if event.state is ProofState.ATTENTION:
        return BandTone.BAD, _attention(event)
    tone, sentence = _STATES.get(event.state, _ELSEWHERE)
    return tone, tr(sentence)


def _attention(event: ProofChanged) -> str:
    """Return why a person is needed. What may have arrived, or did, is never called "not sent"."""
    if event.reason is None:
        return tr("Not sent. Photos are safe, see Check")
    words = label(said(event.reason).headline)
    may_have_arrived = event.asks or event.checking
    if may_have_arrived or event.reason.kind in TELLS_WHERE_IT_IS:
        return tr("{reason}. Photos are safe, see Check", reason=words)
    return tr("Not sent. {reason}. Photos are safe, see Check", reason=words)


def _waiting(event: ProofChanged) -> str:
    """Return what a proof waits for. That it is saved comes first: nothing is lost meanwhile."""
    if event.reason is None:
        return tr("Saved. Sends by itself later")
    words = label(said(event.reason).headline)
    if event.checking:
        return tr("Saved. {reason}. Checking the chat", reason=words)
    if event.reason.kind in BEGINS_WITH_SAVED:
        return words
    return tr("Saved. {reason}", reason=words)
