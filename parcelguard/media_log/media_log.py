"""The media log as the screens use it: reading, resending, deciding, and what waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from parcelguard.core.domain import Decision, ProofState
from parcelguard.core.errors import Refused
from parcelguard.delivery.announcing import News
from parcelguard.media_log.attention import Attention
from parcelguard.media_log.hand_copies import HandCopies
from parcelguard.media_log.history import History
from parcelguard.media_log.resending import Mender
from parcelguard.station.shops_at_work import Trade
from parcelguard.store.database import Store
from parcelguard.store.views import AttentionGroup, HandJob, LogFilter, LogPage, LogQuery, ProofDetail


class MediaLog:
    """Every call may come from any thread; `use` is told when the shops change."""

    def __init__(
        self,
        *,
        store: Store,
        trade: Trade,
        copies: HandCopies,
        describe: Callable[[str], None],
        news: News,
        media: Path,
        packer: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._copies = copies
        self._describe = describe
        self._news = news
        self._media = media
        self._packer = packer
        self._now = now
        self.use(trade)

    def use(self, trade: Trade) -> None:
        """Go on with these shops."""
        shops, senders = trade.shops, trade.senders
        self._history = History(self._store, shops, self._media)
        self._attention = Attention(self._store, shops, senders, self._now)
        self._mender = Mender(self._store, shops, senders, self._now)
        self._delivery = trade.delivery

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

    def resend(self, proof_id: str, text: str, reason: str) -> None:
        """Send again, as a new recorded generation."""
        self._mender.resend(proof_id, text=text, reason=reason, by=self._packer)
        self._describe(proof_id)
        self._changed(proof_id)

    def resend_all(self, proof_ids: Sequence[str], template: str, reason: str) -> int:
        """Send many again with the same words, filled for each buyer; returns how many were set going.

        Raises Refused, with the first reason, when none was.
        """
        done, refused = 0, None
        for proof_id in proof_ids:
            text = self._mender.words(proof_id, template)
            try:
                self._mender.resend(proof_id, text=text, reason=reason, by=self._packer, only_if_stuck=True)
            except Refused as error:
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
        if proof_id := self._mender.decide(part_id, decision, self._packer):
            self._changed(proof_id)

    def attention(self) -> tuple[AttentionGroup, ...]:
        """Return what waits for a person, by reason, shop and day."""
        return self._attention.groups()

    def decide_all(self, part_ids: Sequence[str], decision: Decision) -> int:
        """Answer the same for many; returns for how many there still was something to decide."""
        decided = 0
        for part_id in part_ids:
            if proof_id := self._mender.decide(part_id, decision, self._packer):
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
        self._mender.by_hand(proof_id, self._packer)
        self._describe(proof_id)
        self._changed(proof_id)

    def hand_pictures(self, job: HandJob) -> tuple[Path, ...]:
        """Return the buyer's pictures as files."""
        return self._copies.of(job)

    def media_path(self, relative: str) -> Path:
        """Return where a picture lies."""
        return self._media / relative

    def close(self, proof_id: str, reason: str) -> None:
        """Send nothing more of a proof."""
        self._mender.close(proof_id, reason=reason, by=self._packer)
        self._changed(proof_id)

    def _changed(self, proof_id: str) -> None:
        self._delivery.wake()
        shop = self._history.detail(proof_id).entry.shop
        self._news.proof(proof_id, shop.label if shop else "")
