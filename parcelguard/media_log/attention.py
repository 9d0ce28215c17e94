"""What waits for a supervisor: by reason, shop and day, with the evidence and the answers that make sense."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from parcelguard.core.parts import Decision, Part, PartKind, PartState, label_of
from parcelguard.core.reasons.reason import Reason, ReasonKind, because
from parcelguard.core.reasons.sending import (
    ASKS_A_PERSON,
    LESS_THAN_PLANNED,
    NO_MESSAGES_LEFT,
    WITHOUT_PHOTO,
    SendingReason,
)
from parcelguard.core.shops import Shop
from parcelguard.delivery.ports import ChatSender
from parcelguard.disk.files import THUMBNAIL_SUFFIX
from parcelguard.store.database import Records, Store
from parcelguard.store.views import AttentionGroup, AttentionItem, AttentionKey, AttentionTopic, Night

SHOWN = 200  # items a group lists; the rest follows when these are dealt with

_SEND_OR_LEAVE = (Decision.SEND_AGAIN, Decision.LEAVE)
_SENDING = (Decision.SEND_AGAIN, Decision.ONE_PICTURE)
_THERE_OR_NOT = (Decision.THERE, Decision.SEND_AGAIN, Decision.LEAVE)
_ANSWERS: Mapping[AttentionTopic, tuple[Decision, ...]] = {
    AttentionTopic.ARRIVAL: _THERE_OR_NOT,
    AttentionTopic.CHECKING: _THERE_OR_NOT,
    AttentionTopic.LATE: _SEND_OR_LEAVE,
    AttentionTopic.QUIET: _SEND_OR_LEAVE,
    AttentionTopic.ORDER_CANCELLED: (Decision.LEAVE,),
    AttentionTopic.SHOP_OFF: _SEND_OR_LEAVE,
    AttentionTopic.BUDGET: (Decision.ONE_PICTURE, *_SEND_OR_LEAVE),
    AttentionTopic.NOTHING_LEFT: _SEND_OR_LEAVE,
    AttentionTopic.WITHOUT_PHOTO: _SEND_OR_LEAVE,
    AttentionTopic.HIDDEN: (Decision.THERE, Decision.LEAVE),
    AttentionTopic.REFUSED: _SEND_OR_LEAVE,
    AttentionTopic.HELD: _SEND_OR_LEAVE,
}
_EDITABLE = (AttentionTopic.HIDDEN, AttentionTopic.REFUSED)
_TOPICS: Mapping[ReasonKind, AttentionTopic] = {
    **dict.fromkeys(ASKS_A_PERSON, AttentionTopic.ARRIVAL),
    **dict.fromkeys(LESS_THAN_PLANNED, AttentionTopic.BUDGET),
    **dict.fromkeys(NO_MESSAGES_LEFT, AttentionTopic.NOTHING_LEFT),
    **dict.fromkeys(WITHOUT_PHOTO, AttentionTopic.WITHOUT_PHOTO),
    SendingReason.LATE: AttentionTopic.LATE,
    SendingReason.QUIET: AttentionTopic.QUIET,
    SendingReason.ORDER_CANCELLED: AttentionTopic.ORDER_CANCELLED,
    SendingReason.SHOP_OFF: AttentionTopic.SHOP_OFF,
}
_LISTED = {topic: place for place, topic in enumerate(AttentionTopic)}


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
            gathered: dict[AttentionKey, list[Part]] = defaultdict(list)
            for part in records.parts.stuck():
                gathered[_key(part)].append(part)
            return tuple(self._group(records, key, gathered[key]) for key in sorted(gathered, key=_place))

    def _group(self, records: Records, key: AttentionKey, parts: list[Part]) -> AttentionGroup:
        shop = self._shops.get(key.shop_id)
        answers = _ANSWERS[key.topic]
        if key.topic is AttentionTopic.REFUSED and key.part is PartKind.TEXT:
            answers = (Decision.LEAVE,)  # the same text would be refused again
        if shop is None or not shop.writes:
            answers = tuple(each for each in answers if each not in _SENDING)
        items = tuple(self._item(records, part) for part in parts[:SHOWN])
        twice = key.topic is AttentionTopic.ARRIVAL and any(
            self._can_take_back(item, key.shop_id) for item in items
        )
        if twice:
            answers = (*answers, Decision.TAKE_BACK)
        return AttentionGroup(
            key=key,
            reason=parts[0].reason,
            shop=shop.label if shop else key.shop_id,
            answers=answers,
            items=items,
            total=len(parts),
            editable=key.topic in _EDITABLE and Decision.LEAVE in answers,
            night=self._night(key.shop_id),
        )

    def _item(self, records: Records, part: Part) -> AttentionItem:
        job = records.jobs.of(part)
        photos = records.proofs.photos(part.proof_id)
        resting = part.asked or part.state is PartState.UNKNOWN
        sender = self._senders.get(part.conversation.shop_id)
        until = job.signed_at + sender.policy.settle if resting and sender and part.attempts else None
        shown = next((photo for photo in photos if photo.id in part.photo_ids), photos[0] if photos else None)
        return AttentionItem(
            part_id=part.id,
            proof=job.proof,
            part=label_of(part, photos),
            reason=_reason(part),
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

    def _night(self, shop_id: str) -> Night | None:
        """Return what to know before anything is sent now."""
        sender = self._senders.get(shop_id)
        quiet = sender.policy.quiet if sender else None
        if sender is None or quiet is None:
            return None
        there = self._now() + sender.clock_offset
        if quiet.until(there) is None:
            return None
        return Night((there + quiet.offset).time(), quiet.end)


def _since(part: Part) -> datetime:
    assert part.changed_at  # every stored part has it
    return part.changed_at


def _key(part: Part) -> AttentionKey:
    topic = _topic(part)
    says_no = topic is AttentionTopic.REFUSED
    in_its_words = says_no or topic is AttentionTopic.HELD
    return AttentionKey(
        topic=topic,
        shop_id=part.conversation.shop_id,
        day=_since(part).astimezone().date(),
        code=part.code if in_its_words else "",
        part=part.kind if says_no else None,
    )


def _place(key: AttentionKey) -> tuple[int, str, int, str, str]:
    """Return where a group is listed."""
    return -key.day.toordinal(), key.shop_id, _LISTED[key.topic], key.part or "", key.code


def _topic(part: Part) -> AttentionTopic:
    match part.state:
        case PartState.UNKNOWN:
            return AttentionTopic.CHECKING
        case PartState.FILTERED:
            return AttentionTopic.HIDDEN
        case PartState.REFUSED:
            return AttentionTopic.REFUSED
    held_for = part.reason.kind if part.reason else SendingReason.HELD
    return _TOPICS.get(held_for, AttentionTopic.HELD)


def _reason(part: Part) -> Reason | None:
    """Return why a part waits; a person may answer before it has been looked for to the end."""
    if part.state is PartState.UNKNOWN:
        return because(SendingReason.BEING_LOOKED_FOR)
    return part.reason
