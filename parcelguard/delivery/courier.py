"""Carries one shop's parts to its buyers, one step at a time.

Before anything leaves, the attempt is on disk; after it, its outcome. There are three outcomes:
sent, certainly not sent, and unknown. Unknown is never repeated blindly: the part rests until no
straggler can arrive any more, is looked for in the chat, and then a person decides (`judge`).
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from parcelguard.core.alerts import Alerts
from parcelguard.core.errors import (
    DeliveryError,
    Held,
    HeldHere,
    NoNetwork,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    ParcelGuardError,
    Refused,
    ShopWaits,
    TooFast,
)
from parcelguard.core.message_sets import fitting_set, plan_parts
from parcelguard.core.parts import (
    FITTED,
    LATE,
    ONE_PICTURE,
    PHOTO_MISSING,
    QUIET,
    Part,
    PartKind,
    PartState,
)
from parcelguard.core.proofs import Photo
from parcelguard.core.shops import Shop
from parcelguard.delivery.announcing import ProofAnnouncer
from parcelguard.delivery.backlog import Backlog
from parcelguard.delivery.judge import EARLY_LOOK, Judge, looked_for_since
from parcelguard.delivery.ledger import afford
from parcelguard.delivery.pace import LONGEST_GAP, Pace, pause_after, wait_after
from parcelguard.delivery.picture_sizes import picture_size
from parcelguard.delivery.ports import ChatSender, CopyMaker, OverBudget, Picture, Receipt, Wire
from parcelguard.delivery.settling import settle_sent, target_of
from parcelguard.delivery.shop_alerts import ShopAlerts
from parcelguard.runtime.crash_points import hit
from parcelguard.store.attempts import Job, Try
from parcelguard.store.database import Store

log = logging.getLogger(__name__)

CLAIM_LIFE = timedelta(seconds=20)  # a request not on its way by then is given up, not sent
LEASE = timedelta(seconds=90)
UPLOAD_LIFE = timedelta(hours=1)
PROMPT = timedelta(minutes=10)  # what a person set going goes out so soon after, even at night
SHOP_REST = timedelta(minutes=1)  # between two questions whether a shop may send again
CHECKS = 2  # times to ask whether messages were hidden, when asking fails
WARNINGS = 3
AFTER_WARNINGS = timedelta(hours=1)
WARNED = "The marketplace refused three messages in a row. Sending rests for an hour."
LOOK_INTO_IT = "Look at the refused ones, and at the preset message."
NOT_PREPARED = "Not sent yet: this computer could not prepare the message."


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
        self._copies = copies
        self._media = media
        self._announcer = ProofAnnouncer(store, publish)
        self._now = now
        self._elapsed_s = elapsed_s  # a clock that nobody can set
        self._pace = Pace(sender.policy.between_messages)
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
        self._sort_out([each for each in leased if not timedelta(0) <= now - each[1].claimed_at < LEASE])
        if unknown:
            self._look(*unknown)
            return now
        hit("send.choosing")
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
            job = records.attempts.job(part) if part else None
            due = None if job else records.attempts.next_due(self._shop.id)
        if job is None and due is None:  # nothing waits for the marketplace any more
            self._shop_alerts.over()
            self._shop_alerts.paced(slowed=False)
        if job:
            self._claimed_s = self._elapsed_s()
            if may_send:  # what is prepared in a pause between messages changes no turns
                self._take_in_hand(job.part.proof_id)
            self._carry(job)
            self._tell_backlog()
            return now
        self._tell_backlog(at_rest=may_send)
        return due if may_send else self._pace.next_at

    def proof_saved(self, proof_id: str) -> None:
        """Tell at once how a new proof fares when the network is known to be away."""
        if error := self._shop_alerts.error:
            self._announce(proof_id, error)

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
        question = self._judge.consider(part, looks)
        self._announce(part.proof_id, question)

    # ---- one part ----------------------------------------------------------------------

    def _carry(self, job: Job) -> None:
        """Carry out a claimed part and record how it went."""
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
            self._failed(job, NotSent(f"{type(error).__name__}: {error}", headline=NOT_PREPARED))
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
        self._refuse_late(job)
        if job.part.kind is PartKind.UPLOAD:
            return Receipt(message_id=self._sender.upload_picture(self._copy(job)))
        if job.part.kind is PartKind.OPEN:
            planned = self._visible_left(job)
            with self._store.read() as records:
                ahead = self._sender.clock_offset
                afford(records, self._sender.policy, self._shop, job.part, planned, self._now(), ahead)
            return Receipt(conversation_id=self._sender.open_conversation(target, planned))
        picture = self._picture(job) if job.part.kind is PartKind.IMAGE else None
        self._check_order_again(job)
        wire = Wire(job.signed_at, lambda: self._mark(job))
        if picture is None:
            return self._sender.send_text(target, job.text, wire)
        return self._sender.send_image(target, picture, wire)

    def _fit(self, job: Job, left: int) -> bool:
        """Plan a set anew that is not begun, so that it takes no more messages than are left.

        False when the shop's rule has no way for that. To the late window it stays the same set.
        """
        if job.part.kind is not PartKind.OPEN:
            return False
        with self._store.begin() as records:
            if not records.parts.still(job.part):  # another courier has begun it, whose call did not hang
                return False
            parts = records.parts.of(job.proof.id, job.part.generation)
            to_send = [part for part in parts if part.kind.visible and not part.state.settled]
            photo_ids = [photo_id for part in to_send for photo_id in part.photo_ids]
            with_text = any(part.kind is PartKind.TEXT for part in to_send)
            fit = fitting_set(self._shop, len(photo_ids), with_text=with_text, left=left)
            if fit is None or fit.messages(len(photo_ids)) >= len(to_send):
                return False
            planned = plan_parts(photo_ids, with_text=fit.with_text, one_picture=fit.one_picture)
            records.attempts.end_attempt(job.part, "not sent", detail=f"only {left} messages left")
            reason = ONE_PICTURE if job.by_person else FITTED
            records.parts.plan(
                job.proof, planned, text=job.text, by=job.proof.packer, reason=reason, at=job.released_at
            )
        self._announce(job.proof.id)
        return True

    def _check_order_again(self, job: Job) -> None:
        """Ask again whether the order stands and may be written about, when that was asked long ago."""
        if job.checked_at is None or self._now() - job.checked_at <= PROMPT:
            return
        self._sender.open_conversation(target_of(job), self._visible_left(job))
        with self._store.begin() as records:
            records.parts.opened_again(job.part)

    def _picture(self, job: Job) -> Picture:
        """Return the picture as this channel wants it."""
        address = self._address(job)
        content = b"" if self._sender.policy.keeps_uploads else self._copy(job)
        return Picture(address=address, size=picture_size(job.photos), content=content)

    def _address(self, job: Job) -> str:
        """Return the picture's address; nobody knows how long one lives, so an old one is made anew."""
        if job.address and job.uploaded_at and self._now() - job.uploaded_at < UPLOAD_LIFE:
            return job.address
        address = self._sender.upload_picture(self._copy(job))
        with self._store.begin() as records:
            records.parts.new_address(job.part, address)
        return address

    def _copy(self, job: Job) -> bytes:
        """Return the buyer's picture, made from originals that still are what was photographed."""
        if not job.photos or len(job.photos) < len(job.part.photo_ids):
            raise _without_photo("no photo row", "A photo of this proof is missing.", job.part)
        paths = [self._unchanged(photo, job.part) for photo in job.photos]
        taken = job.photos[0].taken_at.astimezone()
        moment = f"{taken:%Y-%m-%d %H:%M:%S} {taken:%z}"
        caption = (job.proof.order_number, moment, job.proof.station, job.proof.packer)
        size = picture_size(job.photos)
        if len(paths) > 1:
            return self._copies.collage(paths, caption, size)
        return self._copies.make(paths[0], caption, size)

    def _unchanged(self, photo: Photo, part: Part) -> Path:
        path = self._media / photo.path
        try:
            same = hashlib.sha256(path.read_bytes()).hexdigest() == photo.sha256
        except OSError as error:
            headline = f"Photo {photo.ordinal} is missing on this disk."
            raise _without_photo(f"{path}: {error}", headline, part) from error
        if not same:
            headline = f"Photo {photo.ordinal} was changed after it was taken."
            raise _without_photo(f"{path} changed", headline, part)
        return path

    def _refuse_late(self, job: Job) -> None:
        """Let nothing go out by itself long after the person who released it has left, or at night."""
        policy, now = self._sender.policy, self._now()
        their_time = now + self._sender.clock_offset
        waited = now - job.released_at
        if waited > policy.late_after:
            raise HeldHere(
                f"late by {waited}",
                code=LATE,
                headline="Not sent in time: it had to wait for too long.",
                advice="A supervisor sends it when a message so late still makes sense to the buyer.",
            )
        if policy.quiet and not job.by_person and waited > PROMPT and policy.quiet.until(their_time):
            raise HeldHere(
                f"quiet hours, waited {waited}",
                code=QUIET,
                headline="Held for the night: it is late where the buyer lives.",
                advice="A supervisor sends it in the morning, or now.",
            )

    def _mark_hidden(self, job: Job) -> None:
        """Ask whether the marketplace hid what it had accepted; what it hid is a person's matter."""
        with self._store.read() as records:
            parts = records.parts.of(job.proof.id, job.part.generation)
            tries = records.attempts.tries(job.proof.id)
        begun = min(looked_for_since(each, self._sender.clock_offset) for each in tries)
        sent = {part.remote_id: part for part in parts if part.kind.visible and part.remote_id}
        hidden = self._sender.hidden_messages(target_of(job), sent.keys(), begun)
        gone = [sent[remote_id] for remote_id in sorted(hidden & sent.keys())]
        words = {
            "headline": "Accepted, but hidden from the buyer by the marketplace.",
            "advice": "Change the words or the photo, then resend.",
        }
        with self._store.begin() as records:
            for part in gone:
                records.parts.move(part, PartState.FILTERED, reason="filtered", **words)
        if gone:
            self._announce(job.proof.id, Held("hidden", **words))

    def _mark(self, job: Job) -> None:
        """Set the wire mark, unless the claim is too old: a PC that slept must not send."""
        now = self._now()
        age = max(now - job.claimed_at, timedelta(seconds=self._elapsed_s() - self._claimed_s))
        if age > CLAIM_LIFE:
            raise NotSent("claim too old to send", retry_after_s=0)
        with self._store.begin() as records:
            if not records.attempts.mark_wire(job.part, now):
                raise NotSent("claim lost before sending")

    # ---- how it went -------------------------------------------------------------------

    def _sent(self, job: Job, receipt: Receipt) -> None:
        part, now = job.part, self._now()
        with self._store.begin() as records:
            records.attempts.end_attempt(part, PartState.SENT)
            if receipt.conversation_id:
                records.remote.remember_conversation(
                    self._shop.id, job.proof.buyer_id, receipt.conversation_id
                )
            if part.kind.visible:
                settle_sent(records, part, receipt.message_id, self._sender.policy, now)
            else:
                said = {"reason": "", "headline": "", "advice": "", "address": receipt.message_id}
                records.parts.move(part, PartState.SENT, **said)
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
        state, due = self._verdict(part, error, now)
        if isinstance(error, (NoNetwork, ShopWaits)):
            self._failures += 1
            self._paused_until = due
            self._shop_alerts.met(error, now)
        elif _answered(error):
            self._reached()
        if isinstance(error, TooFast):
            self._pace.too_fast(now)
            self._shop_alerts.paced(slowed=True)
            self._paused_until = due  # it means the whole shop, uploads too
        code, request_id = (error.code, error.request_id) if isinstance(error, NotAllowed) else ("", "")
        if code in self._sender.policy.warnings:
            self._warned(now)
        log.info("part %s %s: %s (%s)", part.id, part.kind, state, type(error).__name__)
        with self._store.begin() as records:
            records.attempts.end_attempt(part, state, code=code, request_id=request_id, detail=str(error))
            records.parts.move(
                part, state, due_at=due, reason=code, headline=error.headline, advice=error.advice, looks=0
            )
        hit("send.kept")
        if state is PartState.UNKNOWN:
            self._judge.watch(part)
        if part.kind is not PartKind.CHECK:
            self._announce(part.proof_id, error)

    def _warned(self, now: datetime) -> None:
        """Rest when one buyer after the other is refused: going on might cost the shop its chat."""
        self._warnings += 1
        if self._warnings >= WARNINGS:
            self._paused_until = now + AFTER_WARNINGS
            self._shop_alerts.met(ShopWaits("refused in a row", headline=WARNED, advice=LOOK_INTO_IT), now)

    def _verdict(self, part: Part, error: DeliveryError, now: datetime) -> tuple[PartState, datetime | None]:
        final = isinstance(error, NotAllowed) and not isinstance(error, ShopWaits)
        tried = part.attempts >= CHECKS and not isinstance(error, NoNetwork)
        if part.kind is PartKind.CHECK and (final or tried):
            return PartState.CANCELLED, None  # not knowing whether it was hidden changes nothing for anyone
        if isinstance(error, ShopWaits):  # the shop's trouble, not the message's: it waits in line
            return PartState.WAITING, now + SHOP_REST
        if isinstance(error, Held):
            return PartState.HELD, None
        if isinstance(error, Refused):
            return PartState.REFUSED, None
        if isinstance(error, OutcomeUnknown) and part.kind.visible:
            return PartState.UNKNOWN, now + EARLY_LOOK
        wait = wait_after(part.attempts)
        if isinstance(error, NoNetwork):
            wait = pause_after(self._failures + 1)
        elif isinstance(error, NotSent) and error.retry_after_s is not None:
            wait = timedelta(seconds=error.retry_after_s)
        return PartState.WAITING, now + wait

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
        """Settle leases that nobody works on: no wire mark means not sent, a mark means unknown."""
        now = self._now()
        for part, attempt in stale:
            with self._store.begin() as records:
                if part.kind.visible and attempt.wire_at:
                    records.attempts.end_attempt(part, PartState.UNKNOWN, detail="interrupted")
                    self._judge.watch(part)
                    unknown = OutcomeUnknown
                    records.parts.move(
                        part,
                        PartState.UNKNOWN,
                        due_at=now + EARLY_LOOK,
                        headline=unknown.headline,
                        advice=unknown.advice,
                        looks=0,
                    )
                else:
                    records.attempts.end_attempt(part, "not sent", detail="interrupted before sending")
                    records.parts.move(part, PartState.QUEUED)

    def _visible_left(self, job: Job) -> int:
        """Count the messages that this generation still has to post."""
        with self._store.read() as records:
            parts = records.parts.of(job.proof.id, job.part.generation)
        return sum(part.kind.visible and not part.state.settled for part in parts)

    def _announce(self, proof_id: str, error: DeliveryError | None = None) -> None:
        self._announcer.proof(proof_id, self._shop.label, error, paused=self._shop_alerts.error is not None)


def _answered(error: DeliveryError) -> bool:
    """Whether the marketplace said this; what this computer decides itself tells nothing of the network."""
    if isinstance(error, NotAllowed):
        return not isinstance(error, HeldHere)
    return isinstance(error, (TooFast, OutcomeUnknown))


def _without_photo(detail: str, headline: str, part: Part) -> HeldHere:
    alone = "leave this photo out: the rest can go."
    joined = "resend from the log: the photos then go singly, and this one can be left out."
    instead = joined if len(part.photo_ids) > 1 else alone
    advice = f"Bring the file back and send again, or {instead}"
    return HeldHere(detail, code=PHOTO_MISSING, headline=headline, advice=advice)
