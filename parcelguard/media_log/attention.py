"""What waits for a supervisor: by reason, shop and day, with the evidence and the answers that make sense."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from parcelguard.core.parts import (
    BUDGET,
    CHECKING,
    LATE,
    LOOK_AND_ANSWER,
    NOTHING_LEFT,
    PHOTO_MISSING,
    QUIET,
    SHOP_OFF,
    UNKNOWN_REASON,
    Decision,
    Part,
    PartKind,
    PartState,
)
from parcelguard.core.shops import Shop
from parcelguard.delivery.ports import ChatSender
from parcelguard.disk.files import THUMBNAIL_SUFFIX
from parcelguard.media_log.history import part_name
from parcelguard.store.database import Records, Store
from parcelguard.store.views import AttentionGroup, AttentionItem

SHOWN = 200  # items a group lists; the rest follows when these are dealt with

_SEND_OR_LEAVE = (Decision.SEND_AGAIN, Decision.LEAVE)
_SENDING = (Decision.SEND_AGAIN, Decision.ONE_PICTURE)
_THERE_OR_NOT = (Decision.THERE, Decision.SEND_AGAIN, Decision.LEAVE)


@dataclass(frozen=True, slots=True)
class _Kind:
    title: str
    answers: tuple[Decision, ...]
    editable: bool = False


_KINDS: Mapping[str, _Kind] = {
    UNKNOWN_REASON: _Kind("Nobody knows whether it arrived", _THERE_OR_NOT),
    CHECKING: _Kind("Being looked for in the chat", _THERE_OR_NOT),
    LATE: _Kind("Not sent in time", _SEND_OR_LEAVE),
    QUIET: _Kind("Held for the night", _SEND_OR_LEAVE),
    "order_cancelled": _Kind("The order is cancelled: nothing was sent", (Decision.LEAVE,)),
    SHOP_OFF: _Kind("The shop sends no messages", _SEND_OR_LEAVE),
    BUDGET: _Kind("Too few messages left for the buyer", (Decision.ONE_PICTURE, *_SEND_OR_LEAVE)),
    NOTHING_LEFT: _Kind("No messages left for the buyer", _SEND_OR_LEAVE),
    PHOTO_MISSING: _Kind("A photo is missing or was changed", _SEND_OR_LEAVE),
}


class Attention:
    """The list as the screens read it."""

    def __init__(
        self,
        store: Store,
        shops: Mapping[str, Shop],
        senders: Mapping[str, ChatSender],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._shops = shops
        self._senders = senders
        self._now = now

    def groups(self) -> tuple[AttentionGroup, ...]:
        """Return everything that waits for a person, the newest day first."""
        with self._store.read() as records:
            gathered: dict[tuple[date, str, str], list[Part]] = defaultdict(list)
            for part in records.parts.stuck():
                shop_id = part.conversation.split("/")[0]
                gathered[_since(part).astimezone().date(), shop_id, _reason(part)].append(part)
            keys = sorted(gathered, key=lambda key: (-key[0].toordinal(), key[1], key[2]))
            return tuple(self._group(records, *key, gathered[key]) for key in keys)

    def _group(
        self, records: Records, day: date, shop_id: str, reason: str, parts: list[Part]
    ) -> AttentionGroup:
        shop = self._shops.get(shop_id)
        kind = _KINDS.get(reason) or _kind_of(parts[0])
        answers = kind.answers
        if shop is None or not shop.writes:
            answers = tuple(each for each in answers if each not in _SENDING)
        items = tuple(self._item(records, part, shop_id) for part in parts[:SHOWN])
        if reason == UNKNOWN_REASON and any(self._can_take_back(item, shop_id) for item in items):
            answers = (*answers, Decision.TAKE_BACK)
        return AttentionGroup(
            reason=reason,
            title=kind.title,
            shop=shop.label if shop else shop_id,
            day=day,
            answers=answers,
            items=items,
            total=len(parts),
            editable=kind.editable and Decision.LEAVE in answers,
            caution=self._caution(shop_id),
        )

    def _item(self, records: Records, part: Part, shop_id: str) -> AttentionItem:
        job = records.attempts.job(part)
        photos = records.proofs.photos(part.proof_id)
        numbers = {photo.id: photo.ordinal for photo in photos}
        resting = part.asked or part.state is PartState.UNKNOWN
        sender = self._senders.get(shop_id)
        until = job.signed_at + sender.policy.settle if resting and sender and part.attempts else None
        shown = next((photo for photo in photos if photo.id in part.photo_ids), photos[0] if photos else None)
        return AttentionItem(
            part_id=part.id,
            proof=job.proof,
            what=part_name(part, numbers),
            headline=part.headline,
            advice=part.advice if part.state is not PartState.UNKNOWN else LOOK_AND_ANSWER,
            since=_since(part),
            thumbnail=shown.path.removesuffix(".jpg") + THUMBNAIL_SUFFIX if shown else "",
            text=job.text,
            looks=records.looks.of(part.id) if resting else (),
            may_arrive_until=until if until and until > self._now() else None,
        )

    def _can_take_back(self, item: AttentionItem, shop_id: str) -> bool:
        """Whether a message stands there twice, and the marketplace still removes one."""
        sender = self._senders.get(shop_id)
        if sender is None or not item.looks or len(item.looks[-1].found) < 2:
            return False
        told = [each.at for each in item.looks[-1].seen if each.matches and each.at]
        return bool(told) and self._now() + sender.clock_offset - max(told) < sender.policy.recall_within

    def _caution(self, shop_id: str) -> str:
        """Return what to know before anything is sent now."""
        sender = self._senders.get(shop_id)
        quiet = sender.policy.quiet if sender else None
        if sender is None or quiet is None:
            return ""
        there = self._now() + sender.clock_offset
        if quiet.until(there) is None:
            return ""
        local = there + quiet.offset
        return f"It is {local:%H:%M} where the buyers live: quiet hours until {quiet.end:%H:%M}."


def _since(part: Part) -> datetime:
    assert part.changed_at  # every stored part has it
    return part.changed_at


def _reason(part: Part) -> str:
    if part.state is PartState.UNKNOWN:
        return CHECKING
    if part.state is PartState.REFUSED:
        return f"refused {part.kind} {part.reason}"
    return part.reason or part.state.value


def _kind_of(part: Part) -> _Kind:
    """Describe what the marketplace itself gave as a reason."""
    if part.state is PartState.FILTERED:
        return _Kind(
            "Accepted, but hidden by the marketplace", (Decision.THERE, Decision.LEAVE), editable=True
        )
    if part.state is PartState.REFUSED:
        words = part.kind is PartKind.TEXT
        return _Kind(part.headline, _SEND_OR_LEAVE if not words else (Decision.LEAVE,), editable=True)
    return _Kind(part.headline, _SEND_OR_LEAVE)
