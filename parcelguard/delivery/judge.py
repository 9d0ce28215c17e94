"""Judges messages of unknown fate: looks for them in the chat, and asks a person when nobody can tell.

Found is proof at once. Absent is believed only when no straggler can arrive any more, by a clock that
nobody can set, and after two more looks that both reached far enough back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.parts import AttemptOutcome, Part, PartState
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.picture_sizes import picture_size
from parcelguard.delivery.ports import ChatSender, Look, SentMark
from parcelguard.delivery.settling import settle_sent, target_of
from parcelguard.runtime.crash_points import hit
from parcelguard.store.attempts import Try
from parcelguard.store.database import Records, Store
from parcelguard.store.jobs import Job

log = logging.getLogger(__name__)

BETWEEN_LOOKS = timedelta(seconds=60)
LOOK_AGAIN = timedelta(seconds=30)  # reading back itself failed
LOOKING_PATIENCE = timedelta(minutes=10)
BEFORE_CLAIM = timedelta(seconds=60)  # clocks differ; a match may look a little older than the attempt
LOOKS = 3  # early, and two after the rest
MOST_ON_THE_WIRE = 3  # a message proved absent so often is a person's matter


class Judge:
    """Works for one courier, on its thread."""

    def __init__(
        self,
        store: Store,
        sender: ChatSender,
        now: Callable[[], datetime],
        elapsed_s: Callable[[], float],
        watched: dict[str, float],
    ) -> None:
        self._store = store
        self._sender = sender
        self._now = now
        self._elapsed_s = elapsed_s
        self._watched = watched  # part id -> since when this program knows it is unknown

    def watch(self, part: Part) -> None:
        """Begin to count the rest of a part whose call has just ended, or was found unfinished."""
        self._watched[part.id] = self._elapsed_s()

    def resume(self, part: Part) -> None:
        """Go on counting a rest that another courier of this program has begun to count."""
        self._watched.setdefault(part.id, self._elapsed_s())

    def consider(self, part: Part, looks: int) -> Reason | None:
        """Look once and draw the conclusion; returns the question for a person, if there is one."""
        if not self._sender.policy.reads_back:
            with self._store.begin() as records:
                return self._ask(records, part, SendingReason.CANNOT_READ_BACK)
        with self._store.read() as records:
            job, attempt = records.jobs.of(part), records.attempts.last_try(part)
        try:
            # No transaction is open while the marketplace is asked: all who write share one connection.
            mark = mark_of(job, attempt, self._sender.clock_offset)
            look = self._sender.look_for_message(target_of(job), mark)
        except Exception as error:  # of any kind: one odd answer must not stop this shop's other parts
            known = isinstance(error, ParcelGuardError)
            log.info("reading back for part %s failed: %s", part.id, error, exc_info=not known)
            return self._look_later(part, attempt)
        hit("look.done")
        with self._store.begin() as records:
            return self._conclude(records, job, looks + 1, look)

    def _look_later(self, part: Part, attempt: Try) -> Reason | None:
        """Try to read back again soon; when it has failed for long, a person has to look instead."""
        now = self._now()
        with self._store.begin() as records:
            # Never concluded from a look that failed: nothing read is not the same as nothing there.
            if now < attempt.signed_at + self._sender.policy.settle + LOOKING_PATIENCE:
                records.parts.move(part, PartState.UNKNOWN, due_at=now + LOOK_AGAIN)
                return None
            return self._ask(records, part, SendingReason.NOT_READ_BACK_NOW)

    def _conclude(self, records: Records, job: Job, looks: int, look: Look) -> Reason | None:
        part, now, policy = job.part, self._now(), self._sender.policy
        # What is another part's already proves nothing for this one: a buyer of two orders may get one text
        # twice.
        taken = records.remote.taken_messages(job.proof.shop_id, look.found)
        found = [message for message in look.found if message not in taken]
        records.looks.keep(part, now, covered=look.covered, found=found, seen=look.seen)
        if look.conversation_id:
            records.remote.remember_conversation(job.proof.shop_id, job.proof.buyer_id, look.conversation_id)
        if len(found) == 1:
            found_it = SendingReason.FOUND_IN_CHAT
            records.attempts.end_attempt(part, AttemptOutcome.SENT, reason=found_it)
            settle_sent(records, part, found[0], policy, now)
            self._watched.pop(part.id, None)
            return None
        if found:
            # Which of them is this part's, and whether the buyer has it twice, only a person can tell.
            return self._ask(records, part, SendingReason.TWO_ALIKE)
        # Not seen is not absent: a request that was signed in time is taken long after it left, and a list
        # may lag behind. Only when nothing can arrive any more do two looks count, a minute apart.
        rest = self._rest(part)
        if looks < LOOKS or rest > timedelta(0):
            due = now + max(rest, BETWEEN_LOOKS)
            counted = 1 if rest > timedelta(0) else min(looks, LOOKS - 1)  # two have to follow the rest
            records.parts.move(part, PartState.UNKNOWN, due_at=due, looks=counted)
            return None
        # A look that ended before it reached the attempt may have missed the message.
        if not all(each.covered for each in records.looks.of(part.id)[-2:]):
            return self._ask(records, part, SendingReason.NOT_FAR_ENOUGH)
        if policy.resend_when_absent and records.attempts.on_the_wire(part) < MOST_ON_THE_WIRE:
            records.parts.move(part, PartState.QUEUED, reason=None, code="", looks=0)
            self._watched.pop(part.id, None)
            return None
        return self._ask(records, part, SendingReason.NOT_SEEN)

    def _rest(self, part: Part) -> timedelta:
        """Return for how long the message may still arrive, by a clock that nobody can set."""
        # Counted from when this program learned of it, not from the moment of the attempt: the wall clock may
        # have been set since. After a restart the whole rest is waited for again.
        settle = self._sender.policy.settle
        watched_s = self._elapsed_s() - self._watched.setdefault(part.id, self._elapsed_s())
        return settle - timedelta(seconds=watched_s)

    def _ask(self, records: Records, part: Part, kind: SendingReason) -> Reason:
        self._watched.pop(part.id, None)
        why = because(kind)
        records.parts.move(part, PartState.HELD, reason=why, code="", due_at=None)
        return why


def looked_for_since(attempt: Try, ahead: timedelta) -> datetime:
    """Return from when on, in the marketplace's time, a message of an attempt may stand in the chat.

    This computer's clock may have been set since, and how far it was off may not have been known
    then: the earlier of both readings holds.
    """
    return attempt.claimed_at + min(attempt.ahead, ahead) - BEFORE_CLAIM


def mark_of(job: Job, attempt: Try, ahead: timedelta) -> SentMark:
    """Return by what the message of an attempt is recognised."""
    return SentMark(
        kind=job.part.kind,
        since=looked_for_since(attempt, ahead),
        text=job.text,
        address=job.address,
        size=picture_size(job.photos),
    )
