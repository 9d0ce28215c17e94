"""Carries one shop's parts to its buyers, one step at a time.

Before anything leaves, the attempt is on disk; after it, its outcome. There are three outcomes:
sent, certainly not sent, and unknown. Unknown is never repeated blindly: the part rests until no
straggler can arrive any more, is looked for in the chat twice, and then a person decides.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from parcelguard.delivery.news import News
from parcelguard.delivery.pace import Pace, pause_after, wait_after
from parcelguard.delivery.ports import ChatSender, CopyMaker, Receipt, SentMark, Target, Wire
from parcelguard.domain import UNKNOWN_REASON, Part, PartKind, PartState, Shop
from parcelguard.errors import (
    DeliveryError,
    Held,
    NoNetwork,
    NotSent,
    OutcomeUnknown,
    ParcelGuardError,
    Refused,
    TooFast,
)
from parcelguard.store.attempts import Job, Try
from parcelguard.store.database import Records, Store

log = logging.getLogger(__name__)

CLAIM_LIFE = timedelta(seconds=20)  # a request not on its way by then is given up, not sent
LEASE = timedelta(seconds=90)
EARLY_LOOK = timedelta(seconds=5)
BETWEEN_LOOKS = timedelta(seconds=60)
LOOK_AGAIN = timedelta(seconds=30)  # reading back itself failed
LOOKING_PATIENCE = timedelta(minutes=10)
BEFORE_CLAIM = timedelta(seconds=60)  # clocks differ; a match may look a little older than the attempt
UPLOAD_LIFE = timedelta(hours=1)
NOT_PREPARED = "Not sent yet: this computer could not prepare the message."
LOOKS = 3  # early, and two after the rest


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
    ) -> None:
        self._shop = shop
        self._store = store
        self._sender = sender
        self._copies = copies
        self._media = media
        self._news = News(store, publish)
        self._now = now
        self._pace = Pace(sender.policy.between_messages)
        self._failures = 0  # connections that failed in a row
        self._paused_until: datetime | None = None
        self._trouble: NoNetwork | None = None

    def recover(self) -> None:
        """Sort out what a crash left in flight: without a wire mark it certainly was not sent."""
        with self._store.read() as records:
            leased = records.attempts.leased(self._shop.id)
        self._sort_out(leased)

    def step(self) -> datetime | None:
        """Do the next thing that is due. Return when to come again; None means when woken."""
        now = self._now()
        if self._paused_until and now < self._paused_until:
            return self._paused_until
        with self._store.read() as records:
            leased = records.attempts.leased(self._shop.id)
        self._sort_out([each for each in leased if now - each[1].claimed_at >= LEASE])
        with self._store.read() as records:
            unknown = records.attempts.due_unknown(self._shop.id, now)
        if unknown:
            self._judge(*unknown)
            return now
        may_send = self._pace.next_at is None or now >= self._pace.next_at
        with self._store.begin() as records:
            part = records.attempts.claim(self._shop.id, now, visible=may_send)
            job = records.attempts.job(part) if part else None
        if job:
            self._carry(job)
            return now
        with self._store.read() as records:
            due = records.attempts.next_due(self._shop.id)
        return self._pace.next_at if not may_send else due

    def proof_saved(self, proof_id: str) -> None:
        """Tell at once how a new proof fares when the network is known to be away."""
        if self._trouble:
            self._announce(proof_id, self._trouble)

    # ---- one part ----------------------------------------------------------------------

    def _carry(self, job: Job) -> None:
        """Carry out a claimed part and record how it went."""
        try:
            receipt = self._do(job)
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
        self._refuse_late(job)
        target = self._target(job)
        if job.part.kind is PartKind.UPLOAD:
            return Receipt(message_id=self._sender.upload(self._copy(job)))
        if job.part.kind is PartKind.OPEN:
            return Receipt(conversation_id=self._sender.open(target, self._visible_left(job)))
        wire = Wire(self._attempt(job).signed_at, lambda: self._mark(job))
        if job.part.kind is PartKind.TEXT:
            return self._sender.send_text(target, job.text, wire)
        return self._sender.send_image(target, self._address(job), wire)

    def _address(self, job: Job) -> str:
        """Return the picture's address; nobody knows how long one lives, so an old one is made anew."""
        if job.uploaded_at and self._now() - job.uploaded_at < UPLOAD_LIFE:
            return job.address
        address = self._sender.upload(self._copy(job))
        with self._store.begin() as records:
            records.parts.new_address(job.part, address)
        return address

    def _copy(self, job: Job) -> bytes:
        """Return the buyer's copy, made from an original that is still what was photographed."""
        photo = job.photo
        if photo is None:
            raise Held("no photo row", headline="A photo of this proof is missing.")
        path = self._media / photo.path
        try:
            same = hashlib.sha256(path.read_bytes()).hexdigest() == photo.sha256
        except OSError as error:
            raise Held(
                f"{path}: {error}", headline=f"Photo {photo.ordinal} is missing on this disk."
            ) from error
        if not same:
            raise Held(f"{path} changed", headline=f"Photo {photo.ordinal} was changed after it was taken.")
        taken = photo.taken_at.astimezone()
        moment = f"{taken:%Y-%m-%d %H:%M:%S} {taken:%z}"
        caption = (job.proof.order_number, moment, job.proof.station, job.proof.packer)
        return self._copies.make(path, caption)

    def _refuse_late(self, job: Job) -> None:
        """Let nothing go out by itself long after the person who released it has left."""
        waited = self._now() - job.released_at
        if waited > self._sender.policy.late_after:
            raise Held(
                f"late by {waited}",
                code="late",
                headline="Not sent in time: the marketplace was out of reach for too long.",
                advice="Resend it when a message so late still makes sense to the buyer.",
            )

    def _mark(self, job: Job) -> None:
        """Set the wire mark, unless the claim is too old: a PC that slept must not send."""
        now = self._now()
        if now - self._attempt(job).claimed_at > CLAIM_LIFE:
            raise NotSent("claim too old to send")
        with self._store.begin() as records:
            if not records.attempts.mark_wire(job.part, now):
                raise NotSent("claim lost before sending")

    # ---- how it went -------------------------------------------------------------------

    def _sent(self, job: Job, receipt: Receipt) -> None:
        part, now = job.part, self._now()
        upload = part.kind is PartKind.UPLOAD
        facts = {"address": receipt.message_id} if upload else {"remote_id": receipt.message_id}
        with self._store.begin() as records:
            records.attempts.end_attempt(part, "sent")
            if part.kind.visible and receipt.message_id:
                records.remote.remember_message(part, receipt.message_id)
            if receipt.conversation_id:
                records.remote.remember_conversation(
                    self._shop.id, job.proof.buyer_id, receipt.conversation_id
                )
            records.parts.move(part, PartState.SENT, reason="", headline="", advice="", **facts)
        self._reached()
        if part.kind.visible:
            self._pace.sent(now)
        self._announce(part.proof_id)

    def _failed(self, job: Job, error: DeliveryError) -> None:
        part, now = job.part, self._now()
        state, due = self._verdict(part, error, now)
        if isinstance(error, NoNetwork):
            self._failures += 1
            self._paused_until = now + pause_after(self._failures)
            self._trouble = error
        else:
            self._reached()
        if isinstance(error, TooFast):
            self._pace.too_fast(now)
            self._paused_until = due  # it means the whole shop, uploads too
        code = error.code if isinstance(error, Refused) else ""
        log.info("part %s %s: %s (%s)", part.id, part.kind, state, type(error).__name__)
        with self._store.begin() as records:
            records.attempts.end_attempt(part, state, code=code, detail=str(error))
            records.parts.move(
                part, state, due_at=due, reason=code, headline=error.headline, advice=error.advice, looks=0
            )
        self._announce(part.proof_id, error)

    def _verdict(self, part: Part, error: DeliveryError, now: datetime) -> tuple[PartState, datetime | None]:
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
        self._failures, self._paused_until, self._trouble = 0, None, None

    # ---- unknown outcomes --------------------------------------------------------------

    def _judge(self, part: Part, looks: int) -> None:
        """Look for a message of unknown fate in the chat. Found is proof at once; absence has to rest."""
        with self._store.read() as records:
            job, attempt = records.attempts.job(part), records.attempts.last_try(part)
        mark = SentMark(
            kind=part.kind, since=attempt.claimed_at - BEFORE_CLAIM, text=job.text, address=job.address
        )
        try:
            look = self._sender.look(self._target(job), mark)
        except Exception as error:  # of any kind: one odd answer must not stop this shop's other parts
            known = isinstance(error, ParcelGuardError)
            log.info("reading back for part %s failed: %s", part.id, error, exc_info=not known)
            self._look_later(part, attempt)
            return
        with self._store.begin() as records:
            taken = records.remote.taken_messages(self._shop.id, look.found)
            found = [message for message in look.found if message not in taken]
            question = self._conclude(records, part, attempt, looks + 1, found, covered=look.covered)
            if look.conversation_id:
                records.remote.remember_conversation(self._shop.id, job.proof.buyer_id, look.conversation_id)
        self._announce(part.proof_id, question)

    def _look_later(self, part: Part, attempt: Try) -> None:
        """Try to read back again soon; when it has failed for long, a person has to look instead."""
        now = self._now()
        with self._store.begin() as records:
            if now < attempt.signed_at + self._sender.policy.settle + LOOKING_PATIENCE:
                records.parts.move(part, PartState.UNKNOWN, due_at=now + LOOK_AGAIN)
                return
            question = self._ask(records, part, "The chat cannot be read back now.")
        self._announce(part.proof_id, question)

    def _conclude(
        self, records: Records, part: Part, attempt: Try, looks: int, found: list[str], *, covered: bool
    ) -> Held | None:
        """Settle the part, let it rest on, or return the question a person has to answer."""
        now = self._now()
        rested = attempt.signed_at + self._sender.policy.settle
        if len(found) == 1:
            records.attempts.end_attempt(part, "sent", detail="found by reading back")
            records.remote.remember_message(part, found[0])
            records.parts.move(part, PartState.SENT, remote_id=found[0], reason="", headline="", advice="")
        elif found:
            return self._ask(records, part, "Two messages in the chat look like this one.")
        elif looks < LOOKS or now < rested:
            due = max(rested, now + BETWEEN_LOOKS) if looks == 1 else now + BETWEEN_LOOKS
            records.parts.move(part, PartState.UNKNOWN, due_at=due, looks=min(looks, LOOKS - 1))
        elif not covered:
            return self._ask(records, part, "The chat could not be read far enough back.")
        else:
            return self._ask(records, part, "Looked twice: the chat does not show it.")
        return None

    def _ask(self, records: Records, part: Part, headline: str) -> Held:
        advice = "Open the chat, then answer: it is there, or not there."
        records.parts.move(part, PartState.HELD, reason=UNKNOWN_REASON, headline=headline, advice=advice)
        return Held("unknown", code=UNKNOWN_REASON, headline=headline, advice=advice)

    def _sort_out(self, stale: list[tuple[Part, Try]]) -> None:
        """Settle leases that nobody works on: no wire mark means not sent, a mark means unknown."""
        now = self._now()
        for part, attempt in stale:
            with self._store.begin() as records:
                if part.kind.visible and attempt.wire_at:
                    records.attempts.end_attempt(part, "unknown", detail="interrupted")
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

    # ---- help --------------------------------------------------------------------------

    def _target(self, job: Job) -> Target:
        proof = job.proof
        return Target(
            order_number=proof.order_number, buyer_id=proof.buyer_id, conversation_id=job.conversation_id
        )

    def _attempt(self, job: Job) -> Try:
        with self._store.read() as records:
            return records.attempts.last_try(job.part)

    def _visible_left(self, job: Job) -> int:
        """Count the messages that this generation still has to post."""
        with self._store.read() as records:
            parts = records.parts.of(job.proof.id, job.part.generation)
        return sum(part.kind.visible and part.state is not PartState.SENT for part in parts)

    def _announce(self, proof_id: str, error: DeliveryError | None = None) -> None:
        self._news.proof(proof_id, self._shop.label, error, paused=self._trouble is not None)
