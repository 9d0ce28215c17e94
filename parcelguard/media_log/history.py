"""Reads the media log and tells what happened to a proof, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

from parcelguard.core.errors import StorageError
from parcelguard.core.parts import (
    AttemptOutcome,
    Decision,
    Part,
    PartKind,
    PartLabel,
    PartState,
    PlanReason,
    label_of,
)
from parcelguard.core.preset_message import fill_message
from parcelguard.core.proofs import Photo, Proof, ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import HELD_BY_US, SendingReason
from parcelguard.core.shops import Shop
from parcelguard.disk.files import holds
from parcelguard.media_log.missing import missing_of
from parcelguard.store.attempts import Try
from parcelguard.store.database import Records, Store
from parcelguard.store.log import Generation, LogRow, Position
from parcelguard.store.parts import Decided
from parcelguard.store.views import (
    HandJob,
    LogEntry,
    LogFilter,
    LogPage,
    LogQuery,
    ProofDetail,
    Step,
    StepKind,
    Tone,
)

PAGE = 50


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
                raise StorageError(f"no proof {proof_id}", because(SendingReason.NOT_IN_LOG))
            photos = records.proofs.photos(proof_id)
            generations = records.log.generations(proof_id)
            parts = records.parts.of(proof_id)
            tries = records.attempts.tries(proof_id)
            decided = records.parts.decisions(proof_id)
        entry = self._entry(row)
        labels = {part.id: label_of(part, photos) for part in parts}
        shop = entry.shop.label if entry.shop else ""
        steps = [
            *_photo_steps(row.proof, photos),
            *_saved_steps(row.proof, generations, parts),
            *(_try_step(labels[each.part_id], each, count, shop) for each, count in _grouped(tries)),
            *map(_decision_step, decided),
        ]
        return ProofDetail(
            entry=entry,
            photos=photos,
            parts=tuple(part for part in parts if part.generation == row.generation),
            steps=tuple(sorted(steps, key=lambda step: step.at)),
            text=self._text_to_send(row.proof, generations),
            reason=entry.reason,
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
            reason=blocking.reason if blocking else None,
            due_at=blocking.due_at if blocking else None,
            sent_at=row.sent_at,
            asks=blocking is not None and blocking.asked,
            checking=blocking is not None and blocking.state is PartState.UNKNOWN,
        )


def _photo_steps(proof: Proof, photos: tuple[Photo, ...]) -> list[Step]:
    if not photos:
        return []
    found_again = any(photo.recovered for photo in photos)
    step = Step(
        at=max(photo.taken_at for photo in photos),
        kind=StepKind.PHOTOS_FOUND if found_again else StepKind.PHOTOS_TAKEN,
        tone=Tone.OK,
        by=proof.packer,
        station=proof.station,
        count=len(photos),
    )
    return [step]


def _saved_steps(proof: Proof, generations: list[Generation], parts: Iterable[Part]) -> list[Step]:
    steps = []
    if proof.saved_at:
        by_hand = any(part.kind is PartKind.HAND and part.generation == 1 for part in parts)
        to_send = StepKind.SAVED_BY_HAND if by_hand else StepKind.SAVED_TO_SEND
        kind = to_send if generations else StepKind.SAVED
        steps.append(Step(at=proof.saved_at, kind=kind, tone=Tone.OK))
    steps.extend(_plan_step(each) for each in generations if each.purpose.reason is not PlanReason.F4)
    return steps


def _plan_step(sending: Generation) -> Step:
    """Tell why a set was planned that F4 did not."""
    kinds = {PlanReason.FITTED: StepKind.SHORTENED, PlanReason.BY_HAND: StepKind.TAKEN_OVER}
    return Step(
        at=sending.made_at,
        kind=kinds.get(sending.purpose.reason, StepKind.SENT_AGAIN),
        tone=Tone.PLAIN,
        by=sending.made_by,
        purpose=sending.purpose,
    )


def _decision_step(decided: Decided) -> Step:
    closed = decided.answer is Decision.CLOSE
    return Step(
        at=decided.at,
        kind=StepKind.CLOSED if closed else StepKind.DECIDED,
        tone=Tone.PLAIN,
        by=decided.by,
        decision=decided.answer,
        note=decided.evidence if closed else "",
    )


def _grouped(tries: list[Try]) -> Iterator[tuple[Try, int]]:
    """Yield each try, and of many in a row that did not leave only the last, with their number."""
    for (_, outcome), same in groupby(tries, lambda each: (each.part_id, each.outcome)):
        ones = list(same)
        if outcome.left_nothing:
            yield ones[-1], len(ones)
        else:
            yield from ((each, 1) for each in ones)


_STEPS: Mapping[AttemptOutcome, tuple[StepKind, Tone]] = {
    AttemptOutcome.UNDER_WAY: (StepKind.ON_ITS_WAY, Tone.WAIT),
    AttemptOutcome.SENT: (StepKind.DONE, Tone.OK),
    AttemptOutcome.WAITING: (StepKind.NOT_SENT, Tone.WAIT),
    AttemptOutcome.INTERRUPTED: (StepKind.NOT_SENT, Tone.WAIT),
    AttemptOutcome.UNKNOWN: (StepKind.UNCLEAR, Tone.WAIT),
    AttemptOutcome.HELD: (StepKind.NOT_TAKEN, Tone.BAD),
    AttemptOutcome.REFUSED: (StepKind.NOT_TAKEN, Tone.BAD),
    AttemptOutcome.GIVEN_UP: (StepKind.GIVEN_UP, Tone.PLAIN),
}


def _try_step(part: PartLabel, attempt: Try, count: int, shop: str) -> Step:
    kind, tone = _STEPS[attempt.outcome]
    if attempt.reason is SendingReason.FOUND_IN_CHAT:
        kind = StepKind.FOUND
    elif attempt.outcome is AttemptOutcome.HELD and attempt.reason in HELD_BY_US:
        kind = StepKind.HELD
    return Step(
        at=attempt.ended_at or attempt.claimed_at,
        kind=kind,
        tone=tone,
        part=part,
        reason=because(attempt.reason) if attempt.reason else None,
        shop=shop,
        code=attempt.code,
        count=count,
    )
