"""What is said of each step in a proof's history."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.parts import Decision, PartKind, PlanReason, Purpose
from parcelguard.core.reasons.reason import ReasonKind
from parcelguard.core.reasons.sending import (
    LESS_THAN_PLANNED,
    NO_MESSAGES_LEFT,
    WITHOUT_PHOTO,
    SendingReason,
)
from parcelguard.runtime.translation import tr, trn
from parcelguard.store.views import Step, StepKind
from parcelguard.ui.words.part_words import part_name

_DONE: Mapping[PartKind, str] = {
    PartKind.UPLOAD: msgid("{part} uploaded"),
    PartKind.OPEN: msgid("Order and conversation checked"),
    PartKind.TEXT: msgid("{part} accepted"),
    PartKind.IMAGE: msgid("{part} accepted"),
    PartKind.CHECK: msgid("Checked again: still in the chat"),
    PartKind.HAND: msgid("{part} done"),
}
_HELD: Mapping[ReasonKind, str] = {
    SendingReason.LATE: msgid("{part} held: too late"),
    SendingReason.QUIET: msgid("{part} held for the night"),
    SendingReason.SHOP_OFF: msgid("{part} held: the shop sends no messages"),
    **dict.fromkeys(WITHOUT_PHOTO, msgid("{part} held: a photo is missing or was changed")),
    **dict.fromkeys(LESS_THAN_PLANNED, msgid("{part} held: too few messages left for the buyer")),
    **dict.fromkeys(NO_MESSAGES_LEFT, msgid("{part} held: no messages left for the buyer")),
}
_DECIDED: Mapping[Decision, str] = {
    Decision.THERE: msgid("{by} said it is in the chat"),
    Decision.SEND_AGAIN: msgid("{by} said it is not there and sent it again"),
    Decision.LEAVE: msgid("{by} left it unsent"),
    Decision.TAKE_BACK: msgid("{by} took one of two back"),
    Decision.ONE_PICTURE: msgid("{by} chose to send one picture"),
    Decision.HANDED: msgid("Sent by hand by {by}"),
    Decision.NOT_HANDED: msgid("{by} took back that it was sent by hand"),
}
_PLANNED: Mapping[PlanReason, str] = {
    PlanReason.ONE_PICTURE: msgid("Sent again by {by} (one picture)"),
    PlanReason.RESENT: msgid("Sent again by {by} ({words})"),
    PlanReason.RESENT_HIDDEN: msgid("Sent again by {by} (hidden by the marketplace)"),
    PlanReason.RESENT_REFUSED: msgid("Sent again by {by} (text changed)"),
}
_PLAIN: Mapping[StepKind, str] = {
    StepKind.SAVED: msgid("Saved on this computer"),
    StepKind.SAVED_TO_SEND: msgid("Saved and queued"),
    StepKind.SAVED_BY_HAND: msgid("Saved, to be sent by hand"),
    StepKind.SHORTENED: msgid("Made shorter: the buyer can get no more messages now"),
    StepKind.TAKEN_OVER: msgid("{by} took over: it is sent by hand"),
    StepKind.FOUND: msgid("{part} accepted (found in the chat)"),
    StepKind.UNCLEAR: msgid("{part}: no clear answer, checking the chat"),
    StepKind.ON_ITS_WAY: msgid("{part} on its way"),
    StepKind.GIVEN_UP: msgid("{part} given up"),
    StepKind.CLOSED: msgid("{by} closed it: {note}"),
}


def step_words(step: Step) -> str:
    """Return one step of a proof's history as a sentence."""
    part = part_name(step.part) if step.part else ""
    match step.kind:
        case StepKind.PHOTOS_TAKEN:
            return _photos_taken(step)
        case StepKind.PHOTOS_FOUND:
            return tr("{photos} (found again after a stop)", photos=_photos_taken(step))
        case StepKind.SENT_AGAIN:
            return _sent_again(step)
        case StepKind.DONE:
            return tr(_DONE[step.part.kind] if step.part else "", part=part)
        case StepKind.HELD:
            kind = step.reason.kind if step.reason else SendingReason.HELD
            return tr(_HELD.get(kind, msgid("{part} held")), part=part)
        case StepKind.NOT_TAKEN:
            return _not_taken(step, part)
        case StepKind.NOT_SENT if step.count == 1:
            return tr("{part} not sent, tried again later", part=part)
        case StepKind.NOT_SENT:
            return trn(
                "{part} not sent, tried {count} time",
                "{part} not sent, tried {count} times",
                step.count,
                part=part,
            )
        case StepKind.DECIDED:
            return tr(_DECIDED[step.decision] if step.decision else "", by=step.by)
    return tr(_PLAIN[step.kind], part=part, by=step.by, note=step.note)


def _photos_taken(step: Step) -> str:
    return trn(
        "{count} photo taken by {by}, {station}",
        "{count} photos taken by {by}, {station}",
        step.count,
        by=step.by,
        station=step.station,
    )


def _sent_again(step: Step) -> str:
    why = step.purpose or Purpose(PlanReason.RESENT)
    return tr(_PLANNED.get(why.reason, _PLANNED[PlanReason.RESENT]), by=step.by, words=why.words)


def _not_taken(step: Step, part: str) -> str:
    """Return who did not take a part; a marketplace's code stands as it gave it."""
    shop = step.shop or tr("The marketplace")
    if step.code:
        return tr("{shop} did not take it: {part} ({code})", shop=shop, part=part, code=step.code)
    return tr("{shop} did not take it: {part}", shop=shop, part=part)
