"""The media log as the screens use it: reading, resending, deciding, and what waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from parcelguard.core.errors import NotPossible
from parcelguard.core.parts import Decision, Purpose
from parcelguard.core.proofs import ProofState
from parcelguard.core.shops import Shop
from parcelguard.delivery.announcing import ProofAnnouncer
from parcelguard.delivery.ports import ChatSender
from parcelguard.media_log.attention import Attention
from parcelguard.media_log.hand_copies import HandCopies
from parcelguard.media_log.history import History
from parcelguard.media_log.resending import Resender
from parcelguard.store.database import Store
from parcelguard.store.views import AttentionGroup, HandJob, LogFilter, LogPage, LogQuery, ProofDetail


class Wakeable(Protocol):
    """What can be told that there is new work."""

    def wake(self) -> None:
        """Look for work at once."""


class ServedShops(Protocol):
    """The shops whose proofs are read and sent again; they are replaced as one when a shop changes."""

    @property
    def shops(self) -> Mapping[str, Shop]:
        """The shops by their ids."""
        ...

    @property
    def senders(self) -> Mapping[str, ChatSender]:
        """What reaches the buyers of each shop that has a chat."""
        ...

    @property
    def delivery(self) -> Wakeable:
        """What carries the parts."""
        ...


class MediaLog:
    """Every call may come from any thread; `use` is told when the shops change."""

    def __init__(
        self,
        *,
        store: Store,
        served: ServedShops,
        copies: HandCopies,
        describe: Callable[[str], None],
        announcer: ProofAnnouncer,
        media: Path,
        packer: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._copies = copies
        self._describe = describe
        self._announcer = announcer
        self._media = media
        self._packer = packer
        self._now = now
        self.use(served)

    def use(self, served: ServedShops) -> None:
        """Go on with these shops."""
        shops, senders = served.shops, served.senders
        self._history = History(self._store, shops, self._media)
        self._attention = Attention(self._store, shops, senders, self._now)
        self._resender = Resender(self._store, shops, senders, self._now)
        self._delivery = served.delivery

    def page(self, query: LogQuery, after: tuple[datetime, str] | None) -> LogPage:
        """Return the next entries, newest first."""
        return self._history.page(query, after)

    def counts(self, query: LogQuery) -> dict[LogFilter, int]:
        """Count what each chip would show."""
        return self._history.counts(query)

    def detail(self, proof_id: str) -> ProofDetail:
        """Return everything about one proof."""
        return self._history.detail(proof_id)

    def unchanged(self, proof_id: str) -> bool:
        """Whether the originals are what was photographed."""
        return self._history.unchanged(proof_id)

    def resend(self, proof_id: str, text: str, why: Purpose) -> None:
        """Send again, as a new recorded generation."""
        self._resender.resend(proof_id, text=text, why=why, by=self._packer)
        self._describe(proof_id)
        self._changed(proof_id)

    def resend_all(self, proof_ids: Sequence[str], template: str, why: Purpose) -> int:
        """Send many again with the same words, filled for each buyer; returns how many were set going.

        Raises NotPossible, with the first reason, when none was.
        """
        done, refused = 0, None
        for proof_id in proof_ids:
            text = self._resender.words(proof_id, template)
            try:
                self._resender.resend(proof_id, text=text, why=why, by=self._packer, only_if_stuck=True)
            except NotPossible as error:
                refused = refused or error
                continue
            self._describe(proof_id)
            self._changed(proof_id)
            done += 1
        if refused and not done:
            raise refused
        return done

    def decide(self, part_id: str, decision: Decision) -> None:
        """Answer what nobody knows."""
        if proof_id := self._resender.decide(part_id, decision, self._packer):
            self._changed(proof_id)

    def attention(self) -> tuple[AttentionGroup, ...]:
        """Return what waits for a person, by reason, shop and day."""
        return self._attention.groups()

    def decide_all(self, part_ids: Sequence[str], decision: Decision) -> int:
        """Answer the same for many; returns for how many there still was something to decide."""
        decided = 0
        for part_id in part_ids:
            if proof_id := self._resender.decide(part_id, decision, self._packer):
                self._changed(proof_id)
                decided += 1
        return decided

    def figures(self, since: datetime) -> dict[str, dict[ProofState, int]]:
        """Count the proofs saved since then, by shop and state."""
        with self._store.read() as records:
            return records.log.by_shop(since)

    def by_hand(self) -> tuple[HandJob, ...]:
        """Return what waits to be sent by hand, the oldest first."""
        jobs = self._history.by_hand()
        self._copies.sweep({job.proof_id for job in jobs})
        return jobs

    def send_by_hand(self, proof_id: str) -> None:
        """Leave the rest of a proof to a person."""
        self._resender.by_hand(proof_id, self._packer)
        self._describe(proof_id)
        self._changed(proof_id)

    def hand_pictures(self, job: HandJob) -> tuple[Path, ...]:
        """Return the buyer's pictures as files."""
        return self._copies.of(job)

    def media_path(self, relative: str) -> Path:
        """Return where a picture lies."""
        return self._media / relative

    def close_proof(self, proof_id: str, note: str) -> None:
        """Send nothing more of a proof; `note` is what the person wrote about it."""
        self._resender.close_proof(proof_id, note=note, by=self._packer)
        self._changed(proof_id)

    def _changed(self, proof_id: str) -> None:
        self._delivery.wake()
        shop = self._history.detail(proof_id).entry.shop
        self._announcer.proof(proof_id, shop.label if shop else "")
