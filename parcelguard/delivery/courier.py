"""Carries one shop's parts to its buyers, one step at a time.

Before anything leaves, the attempt is on disk; after it, its outcome. There are three outcomes:
sent, certainly not sent, and unknown. Unknown is never repeated blindly: the part rests until no
straggler can arrive any more, is looked for in the chat, and then a person decides (`judge`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from parcelguard.core.alerts import Alerts
from parcelguard.core.errors import DeliveryError, NotAllowed, NotSent, OutcomeUnknown, ParcelGuardError
from parcelguard.core.parts import AttemptOutcome, Part, PartKind, PartState
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.shops import Shop
from parcelguard.delivery.announcing import ProofAnnouncer
from parcelguard.delivery.backlog import Backlog
from parcelguard.delivery.judge import Judge, looked_for_since
from parcelguard.delivery.leases import recover_lease
from parcelguard.delivery.ledger import afford
from parcelguard.delivery.next_step import Next, ShopNext, what_next
from parcelguard.delivery.own_rules import PROMPT, fit_set, refuse_late
from parcelguard.delivery.pace import LONGEST_GAP, Pace, pause_after, wait_after
from parcelguard.delivery.ports import ChatSender, CopyMaker, OverBudget, Receipt, Wire
from parcelguard.delivery.preparing import Preparer
from parcelguard.delivery.settling import settle_sent, target_of
from parcelguard.delivery.shop_alerts import ShopAlerts
from parcelguard.runtime.crash_points import hit
from parcelguard.store.attempts import Try
from parcelguard.store.database import Store
from parcelguard.store.jobs import Job

log = logging.getLogger(__name__)

CLAIM_LIFE = timedelta(seconds=20)  # a request not on its way by then is given up, not sent
LEASE = timedelta(seconds=90)
WARNINGS = 3  # refusals of rules broken in a row
AFTER_WARNINGS = timedelta(hours=1)


class Courier:
    """One shop's messenger. Works on the courier's own thread; only `proof_saved` comes from others."""

    def __init__(
        self,
        *,
        shop: Shop,
        store: Store,
        sender: ChatSender,
        copies: CopyMaker,
        media: Path,
        publish: Callable[[object], None],
        now: Callable[[], datetime],
        elapsed_s: Callable[[], float] = time.monotonic,
        alerts: Alerts | None = None,
        watched: dict[str, float] | None = None,
    ) -> None:
        """Prepare for the shop; `watched`: what other couriers of this program know of rests, by part."""
        self._shop = shop
        self._store = store
        self._sender = sender
        self._announcer = ProofAnnouncer(store, publish)
        self._now = now
        self._elapsed_s = elapsed_s  # a clock that nobody can set
        self._pace = Pace(sender.policy.between_messages)
        self._preparer = Preparer(store, sender, copies, media, now)
        self._judge = Judge(store, sender, now, elapsed_s, {} if watched is None else watched)
        self._shop_alerts = ShopAlerts(shop, alerts or Alerts(publish))
        self._backlog = Backlog(store, shop, publish, elapsed_s)
        self._warnings = 0  # refusals in a row that tell of rules broken
        self._failures = 0  # connections that failed in a row
        self._paused_until: datetime | None = None
        self._claimed_s = 0.0
        self._in_hand = ""  # the proof whose parts go first, so that a buyer gets them together
        self._newest_next = False

    def recover(self) -> None:
        """Sort out what a crash left in flight: without a wire mark it certainly was not sent."""
        with self._store.read() as records:
            leased = records.attempts.leased(self._shop.id)
            unknown = records.attempts.unknown(self._shop.id)
            sent_last = records.attempts.last_sent(self._shop.id, self._now() - LONGEST_GAP)
            warned = records.attempts.refused_since_sent(
                self._shop.id, self._sender.policy.warnings, self._now() - AFTER_WARNINGS
            )
        # The pace, the warnings and the rests live in memory only: a restart must not be a way around them.
        for part in unknown:
            self._judge.resume(part)
        if sent_last:
            self._pace.sent(sent_last)
        for moment in warned:
            self._warned(moment)
        self._sort_out(leased)

    def step(self) -> datetime | None:
        """Do the next thing that is due. Return when to come again; None means when woken."""
        now = self._now()
        if self._rests(now):
            return self._paused_until
        with self._store.read() as records:
            leased = records.attempts.leased(self._shop.id)
            unknown = records.attempts.due_unknown(self._shop.id, now)
        # Not this thread's, which carries one part at a time; while it is young it may be that of a courier
        # whose call hangs and that was replaced. One from the future was claimed before the clock was set
        # back.
        self._sort_out([each for each in leased if not timedelta(0) <= now - each[1].claimed_at < LEASE])
        # Before anything new: a message of unknown fate keeps its whole conversation waiting.
        if unknown:
            self._look(*unknown)
            return now
        hit("send.choosing")
        # The pace is for what the buyer sees. Uploads and questions use the pause, so that pictures are
        # ready.
        may_send = self._pace.allows(now)
        with self._store.begin() as records:
            part = records.attempts.claim(
                self._shop.id,
                now,
                visible=may_send,
                in_hand=self._in_hand,
                newest=self._newest_next,
                ahead=self._sender.clock_offset,
            )
            job = records.jobs.of(part) if part else None
            due = None if job else records.attempts.next_due(self._shop.id)
        if job is None and due is None:  # nothing waits for the marketplace any more
            self._shop_alerts.over()
            self._shop_alerts.paced(slowed=False)
        if job:
            self._claimed_s = self._elapsed_s()
            # What is prepared in a pause between messages changes no turns.
            if may_send:
                self._take_in_hand(job.part.proof_id)
            self._carry(job)
            self._tell_backlog()
            return now
        self._tell_backlog(at_rest=may_send)
        return due if may_send else self._pace.next_at

    def proof_saved(self, proof_id: str) -> None:
        """Tell at once how a new proof fares when the network is known to be away."""
        if self._shop_alerts.why:
            self._announce(proof_id, self._shop_alerts.why)

    def leave(self) -> None:
        """Take back what was told of the shop: nobody serves it now, or another courier who tells anew."""
        self._shop_alerts.leave()
        self._backlog.leave()

    def _rests(self, now: datetime) -> bool:
        """Whether the shop is left alone for a while; a clock set back must not make that endless."""
        until = self._paused_until
        return until is not None and now < until <= now + timedelta(hours=1)

    def _take_in_hand(self, proof_id: str) -> None:
        """Stay with a proof; then take the newest and the oldest in turn, so that neither starves."""
        if proof_id != self._in_hand:
            self._in_hand = proof_id
            self._newest_next = not self._newest_next

    def _look(self, part: Part, looks: int) -> None:
        self._announce(part.proof_id, self._judge.consider(part, looks))

    # ---- one part ----------------------------------------------------------------------

    def _carry(self, job: Job) -> None:
        """Carry out a claimed part and record how it went."""
        # The claim is on disk by now, and no byte has left. Two more commits follow: the wire mark just
        # before the first byte, and the outcome after the answer. What stops us between two of them leaves
        # a lease that says what may have happened (`leases`).
        hit("send.claimed")
        try:
            receipt = self._do(job)
            hit("send.answered")
        except OverBudget as error:
            if not self._fit(job, error.left):
                self._failed(job, error)
        except DeliveryError as error:
            self._failed(job, error)
        except ParcelGuardError as error:  # this computer could not prepare it; nothing left
            detail = f"{type(error).__name__}: {error}"
            self._failed(job, NotSent(detail, because(SendingReason.NOT_PREPARED)))
        except Exception as error:  # a bug: what it did is unknown, and the rest goes on
            log.exception("part %s (%s) failed unexpectedly", job.part.id, job.part.kind)
            self._failed(job, OutcomeUnknown(type(error).__name__))
        else:
            self._sent(job, receipt)

    def _do(self, job: Job) -> Receipt:
        target = target_of(job)
        if job.part.kind is PartKind.CHECK:
            self._mark_hidden(job)
            return Receipt()
        refuse_late(job, self._sender.policy, self._now(), self._sender.clock_offset)
        if job.part.kind is PartKind.UPLOAD:
            return Receipt(message_id=self._sender.upload_picture(self._preparer.copy(job)))
        if job.part.kind is PartKind.OPEN:
            # Counted before the set begins: a text whose pictures may not follow is worse than a set that
            # waits.
            planned = self._visible_left(job)
            with self._store.read() as records:
                ahead = self._sender.clock_offset
                afford(records, self._sender.policy, self._shop, job.part, planned, self._now(), ahead)
            return Receipt(conversation_id=self._sender.open_conversation(target, planned))
        picture = self._preparer.picture(job) if job.part.kind is PartKind.IMAGE else None
        self._check_order_again(job)
        wire = Wire(job.signed_at, lambda: self._mark(job))
        if picture is None:
            return self._sender.send_text(target, job.text, wire)
        return self._sender.send_image(target, picture, wire)

    def _fit(self, job: Job, left: int) -> bool:
        """Plan a set anew that is not begun, so that it fits; False when there is no way for that."""
        if job.part.kind is not PartKind.OPEN:
            return False
        with self._store.begin() as records:
            if not records.parts.still(job.part):  # another courier has begun it, whose call did not hang
                return False
            if not fit_set(records, self._shop, job, left):
                return False
        self._announce(job.proof.id)
        return True

    def _check_order_again(self, job: Job) -> None:
        """Ask again whether the order stands and may be written about, when that was asked long ago."""
        # An order may be cancelled while its proof waits; a buyer should hear nothing of that one.
        if job.checked_at is None or self._now() - job.checked_at <= PROMPT:
            return
        self._sender.open_conversation(target_of(job), self._visible_left(job))
        with self._store.begin() as records:
            records.parts.opened_again(job.part)

    def _mark_hidden(self, job: Job) -> None:
        """Ask whether the marketplace hid what it had accepted; what it hid is a person's matter."""
        with self._store.read() as records:
            parts = records.parts.of_set(job.proof.id, job.part.generation)
            tries = records.attempts.tries(job.proof.id)
        begun = min(looked_for_since(each, self._sender.clock_offset) for each in tries)
        sent = {part.remote_id: part for part in parts if part.kind.visible and part.remote_id}
        hidden = self._sender.hidden_messages(target_of(job), sent.keys(), begun)
        gone = [sent[remote_id] for remote_id in sorted(hidden & sent.keys())]
        why = because(SendingReason.HIDDEN)
        with self._store.begin() as records:
            for part in gone:
                records.parts.move(part, PartState.FILTERED, reason=why, code="")
        if gone:
            self._announce(job.proof.id, why)

    def _mark(self, job: Job) -> None:
        """Set the wire mark, unless the claim is too old: a PC that slept must not send."""
        # The request is signed for the moment of the claim, and how long it may arrive is counted from there.
        # So what was claimed before this PC slept must not leave now: by the wall clock, which goes on in
        # sleep, and by the other, which nobody can set.
        now = self._now()
        age = max(now - job.claimed_at, timedelta(seconds=self._elapsed_s() - self._claimed_s))
        if age > CLAIM_LIFE:
            raise NotSent("claim too old to send", retry_after_s=0)
        # On disk before the first byte leaves: whatever happens then, it is never taken for unsent.
        with self._store.begin() as records:
            if not records.attempts.mark_wire(job.part, now):
                raise NotSent("claim lost before sending")

    # ---- how it went -------------------------------------------------------------------

    def _sent(self, job: Job, receipt: Receipt) -> None:
        part, now = job.part, self._now()
        # Attempt, conversation, message id and part in one commit: what is there belongs to exactly one part.
        with self._store.begin() as records:
            records.attempts.end_attempt(part, AttemptOutcome.SENT)
            if receipt.conversation_id:
                records.remote.remember_conversation(
                    self._shop.id, job.proof.buyer_id, receipt.conversation_id
                )
            if part.kind.visible:
                settle_sent(records, part, receipt.message_id, self._sender.policy, now)
            else:
                address = receipt.message_id
                records.parts.move(part, PartState.SENT, reason=None, code="", address=address)
        hit("send.kept")
        self._reached()
        if part.kind.visible:
            self._warnings = 0
            self._pace.sent(job.claimed_at)  # from one request to the next, however long answers take
            self._shop_alerts.paced(slowed=self._pace.slowed)
        if part.kind is not PartKind.CHECK:  # nothing new: it was delivered before
            self._announce(part.proof_id)

    def _failed(self, job: Job, error: DeliveryError) -> None:
        part, now = job.part, self._now()
        following = what_next(
            error,
            kind=part.kind,
            attempts=part.attempts,
            now=now,
            again_after=wait_after(part.attempts),
            offline_for=pause_after(self._failures + 1),
        )
        self._shop_goes_on(following, error.reason, now)
        code, request_id = (error.code, error.request_id) if isinstance(error, NotAllowed) else ("", "")
        if code in self._sender.policy.warnings:
            self._warned(now)
        state = following.state
        log.info("part %s %s: %s (%s)", part.id, part.kind, state, type(error).__name__)
        # Attempt and part in one commit: a part that is tried again never has an attempt that seems to last.
        with self._store.begin() as records:
            records.attempts.end_attempt(
                part,
                following.outcome,
                reason=error.reason.kind,
                code=code,
                request_id=request_id,
                detail=str(error),
            )
            records.parts.move(part, state, due_at=following.due_at, reason=error.reason, code=code, looks=0)
        hit("send.kept")
        # Counted from the end of the call, not from its beginning: only now nothing more is written to the
        # wire.
        if state is PartState.UNKNOWN:
            self._judge.watch(part)
        if part.kind is not PartKind.CHECK:
            self._announce(part.proof_id, error.reason)

    def _shop_goes_on(self, following: Next, why: Reason, now: datetime) -> None:
        """Let the shop rest, slow down or go on after a failure."""
        if following.answered:
            self._reached()
        if following.shop is ShopNext.GOES_ON:
            return
        self._paused_until = following.due_at  # of the whole shop, uploads too
        if following.shop is ShopNext.SLOWS:
            self._pace.too_fast(now)
            self._shop_alerts.paced(slowed=True)
            return
        self._failures += 1
        if following.shop is ShopNext.AWAY:
            self._shop_alerts.unreachable(why, now)
        else:
            self._shop_alerts.may_not_send(why, now)

    def _warned(self, now: datetime) -> None:
        """Rest when one buyer after the other is refused: going on might cost the shop its chat."""
        self._warnings += 1
        if self._warnings >= WARNINGS:
            self._paused_until = now + AFTER_WARNINGS
            self._shop_alerts.may_not_send(because(SendingReason.REFUSED_IN_A_ROW), now)

    def _reached(self) -> None:
        """Forget about missing network: whatever was answered, something answered."""
        self._failures, self._paused_until = 0, None
        self._shop_alerts.over()
        self._shop_alerts.clock_off(self._sender.clock_offset)

    # ---- help --------------------------------------------------------------------------

    def _tell_backlog(self, *, at_rest: bool = False) -> None:
        rest = max(self._paused_until - self._now(), timedelta(0)) if self._paused_until else timedelta(0)
        self._backlog.tell(self._pace.gap, rest, at_rest=at_rest or bool(rest))

    def _sort_out(self, stale: list[tuple[Part, Try]]) -> None:
        """Settle leases that nobody works on, each in a transaction of its own."""
        now = self._now()
        for part, attempt in stale:
            with self._store.begin() as records:
                recover_lease(records, part, attempt, now, self._judge.watch)

    def _visible_left(self, job: Job) -> int:
        """Count the messages that this generation still has to post."""
        with self._store.read() as records:
            parts = records.parts.of_set(job.proof.id, job.part.generation)
        return sum(part.kind.visible and not part.state.settled for part in parts)

    def _announce(self, proof_id: str, why: Reason | None = None) -> None:
        paused = self._shop_alerts.why is not None
        self._announcer.proof(proof_id, self._shop.label, why, paused=paused)
