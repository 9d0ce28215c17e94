"""Reads the media log and tells in words what happened to a proof, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from parcelguard.core.errors import StorageError
from parcelguard.core.parts import BY_HAND, F4, FITTED, OWN_REASONS, Decision, Part, PartKind, PartState
from parcelguard.core.preset_message import fill_message
from parcelguard.core.proofs import Photo, Proof, ProofState
from parcelguard.core.shops import Shop
from parcelguard.disk.files import holds
from parcelguard.media_log.missing import missing_of
from parcelguard.media_log.resending import CLOSED
from parcelguard.store.attempts import Try
from parcelguard.store.database import Records, Store
from parcelguard.store.log import Generation, LogRow, Position
from parcelguard.store.views import (
    HandJob,
    LogEntry,
    LogFilter,
    LogPage,
    LogQuery,
    ProofDetail,
    Step,
    Tone,
)

PAGE = 50
_DECIDED = {
    "there": "said it is in the chat",
    "send_again": "said it is not there and sent it again",
    "leave": "left it unsent",
    "take_back": "took one of two back",
    "one_picture": "chose to send one picture",
    "not_handed": "took back that it was sent by hand",
}


class History:
    """The log as the screens read it, and the list of what is sent by hand."""

    def __init__(self, store: Store, shops: Mapping[str, Shop], media: Path) -> None:
        self._store = store
        self._shops = shops
        self._media = media

    def page(self, query: LogQuery, after: Position | None) -> LogPage:
        """Return the next entries, newest first."""
        with self._store.read() as records:
            rows = records.log.page(query, after, PAGE + 1)
        entries = tuple(self._entry(row) for row in rows[:PAGE])
        more = len(rows) > PAGE
        return LogPage(entries, (entries[-1].at, entries[-1].proof.id) if more else None)

    def counts(self, query: LogQuery) -> dict[LogFilter, int]:
        """Count what each chip would show."""
        with self._store.read() as records:
            return records.log.counts(query)

    def detail(self, proof_id: str) -> ProofDetail:
        """Return everything about one proof. Raises StorageError when it is not there."""
        with self._store.read() as records:
            row = records.log.one(proof_id)
            if row is None:
                raise StorageError(f"no proof {proof_id}", headline="This proof is not in the log any more.")
            photos = records.proofs.photos(proof_id)
            generations = records.log.generations(proof_id)
            parts = records.parts.of(proof_id)
            tries = records.attempts.tries(proof_id)
            decided = records.parts.decisions(proof_id)
        entry = self._entry(row)
        shop = entry.shop.label if entry.shop else "The marketplace"
        numbers = {photo.id: photo.ordinal for photo in photos}
        names = {part.id: (part, part_name(part, numbers)) for part in parts}
        steps = [
            *_photo_steps(row.proof, photos),
            *_saved_steps(row.proof, generations, parts),
            *(_try_step(*names[each.part_id], each, count, shop) for each, count in _grouped(tries)),
            *(Step(at, _decided(answer, by, evidence), Tone.PLAIN) for at, answer, by, evidence in decided),
        ]
        newest = tuple(part for part in parts if part.generation == row.generation)
        return ProofDetail(
            entry=entry,
            photos=photos,
            parts=newest,
            steps=tuple(sorted(steps, key=lambda step: step.at)),
            text=self._text_to_send(row.proof, generations),
            headline=row.blocking.headline if row.blocking else "",
            advice=row.blocking.advice if row.blocking else "",
        )

    def _text_to_send(self, proof: Proof, generations: list[Generation]) -> str:
        """Propose the words of the next sending; after a delivery other ones, since the same are refused."""
        if proof.state in (ProofState.DELIVERED, ProofState.HANDED):
            times = "" if len(generations) == 1 else f" ({len(generations) + 1})"
            return f"Once more{times}: {generations[0].text}"
        if generations:
            return generations[-1].text
        with self._store.read() as records:
            found = records.orders.find([proof.order_number or proof.code])
        shop = self._shops.get(found[0].shop_id) if len(found) == 1 else None
        return fill_message(shop.message, found[0], shop) if shop else ""

    def by_hand(self) -> tuple[HandJob, ...]:
        """Return what waits to be sent by hand, the oldest first."""
        with self._store.read() as records:
            return tuple(self._hand_job(records, proof, part) for proof, part in records.log.by_hand())

    def _hand_job(self, records: Records, proof: Proof, part: Part) -> HandJob:
        missing = missing_of(records.parts.of(proof.id), records.proofs.photos(proof.id))
        text = records.log.generations(proof.id)[-1].text
        return HandJob(
            part_id=part.id,
            proof_id=proof.id,
            shop=self._shops.get(proof.shop_id),
            order_number=proof.order_number or proof.code,
            buyer_name=proof.buyer_name,
            text=text if missing.text else "",
            photos=tuple(photo.path for photo in missing.photos),
            saved_at=proof.saved_at or proof.opened_at,
        )

    def unchanged(self, proof_id: str) -> bool:
        """Whether every original still has the hash it had at capture."""
        with self._store.read() as records:
            photos = records.proofs.photos(proof_id)
        return bool(photos) and all(holds(self._media / photo.path, photo.sha256) for photo in photos)

    def _entry(self, row: LogRow) -> LogEntry:
        blocking = row.blocking
        return LogEntry(
            proof=row.proof,
            at=row.at,
            shop=self._shops.get(row.proof.shop_id),
            thumbnail=row.thumbnail,
            photos=row.photos,
            generation=row.sendings,
            headline=blocking.headline if blocking else "",
            due_at=blocking.due_at if blocking else None,
            sent_at=row.sent_at,
            asks=blocking is not None and blocking.asked,
            checking=blocking is not None and blocking.state is PartState.UNKNOWN,
        )


def _decided(answer: str, by: str, evidence: str) -> str:
    if answer == CLOSED:
        return f"{by} closed it: {evidence}"
    return f"Sent by hand by {by}" if answer == Decision.HANDED else f"{by} {_DECIDED[answer]}"


def _photo_steps(proof: Proof, photos: tuple[Photo, ...]) -> list[Step]:
    if not photos:
        return []
    count = "1 photo" if len(photos) == 1 else f"{len(photos)} photos"
    found = " (found again after a stop)" if any(photo.recovered for photo in photos) else ""
    text = f"{count} taken by {proof.packer}, {proof.station}{found}"
    return [Step(max(photo.taken_at for photo in photos), text, Tone.OK)]


def _saved_steps(proof: Proof, generations: list[Generation], parts: list[Part]) -> list[Step]:
    steps = []
    if proof.saved_at:
        by_hand = any(part.kind is PartKind.HAND and part.generation == 1 for part in parts)
        queued = "Saved, to be sent by hand" if by_hand else "Saved and queued"
        steps.append(Step(proof.saved_at, queued if generations else "Saved on this computer", Tone.OK))
    steps.extend(Step(each.made_at, _planned(each), Tone.PLAIN) for each in generations if each.reason != F4)
    return steps


def _planned(sending: Generation) -> str:
    """Tell why a set was planned that F4 did not."""
    if sending.reason == FITTED:
        return "Shortened: the buyer may be told no more now"
    if sending.reason == BY_HAND:
        return f"{sending.made_by} took over: it is sent by hand"
    return f"Sent again by {sending.made_by} ({sending.reason})"


def _grouped(tries: list[Try]) -> Iterator[tuple[Try, int]]:
    """Yield each try, and of many in a row that did not leave only the last, with their number."""
    for part_id, same in groupby(tries, lambda each: (each.part_id, each.outcome)):
        ones = list(same)
        if part_id[1] in (PartState.WAITING, "not sent"):
            yield ones[-1], len(ones)
        else:
            yield from ((each, 1) for each in ones)


def _try_step(part: Part, name: str, attempt: Try, count: int, shop: str) -> Step:
    at = attempt.ended_at or attempt.claimed_at
    outcome = attempt.outcome
    if outcome == PartState.SENT:
        how = f" ({attempt.detail})" if attempt.detail else ""
        return Step(at, f"{name} {_DONE[part.kind]}{how}", Tone.OK)
    if outcome == PartState.HELD and attempt.code in OWN_REASONS:
        return Step(at, f"{name} held ({attempt.code.replace('_', ' ')})", Tone.BAD)
    if outcome in (PartState.REFUSED, PartState.HELD):
        code = f" ({attempt.code})" if attempt.code else ""
        return Step(at, f"{shop} did not take it: {name}{code}", Tone.BAD)
    if outcome == PartState.UNKNOWN:
        return Step(at, f"{name}: no clear answer, checking the chat", Tone.WAIT)
    if outcome == "":
        return Step(at, f"{name} on its way", Tone.WAIT)
    if outcome == PartState.CANCELLED:
        return Step(at, f"{name} given up", Tone.PLAIN)
    tried = "tried again later" if count == 1 else f"tried {count} times"
    return Step(at, f"{name} not sent, {tried}", Tone.WAIT)


_DONE = {
    PartKind.UPLOAD: "uploaded",
    PartKind.OPEN: "checked",
    PartKind.TEXT: "accepted",
    PartKind.IMAGE: "accepted",
    PartKind.CHECK: "done",
}


def part_name(part: Part, numbers: Mapping[str, int]) -> str:
    """Return what a person calls a part; `numbers` are the photos' by id."""
    if part.kind is PartKind.TEXT:
        return "Message"
    if part.kind is PartKind.OPEN:
        return "Order and conversation"
    if part.kind is PartKind.CHECK:
        return "Later look at the chat"
    if part.kind is PartKind.HAND:
        return "By hand"
    if len(part.photo_ids) > 1:
        return "Photos in one picture"
    return f"Photo {numbers.get(part.photo_id, '')}".strip()
