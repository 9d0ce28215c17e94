"""What is not sent although the marketplace might take it: too late, at night, more than may go."""

from __future__ import annotations

from datetime import datetime, timedelta

from parcelguard.core.errors import HeldHere
from parcelguard.core.message_sets import fitting_set, plan_parts
from parcelguard.core.parts import AttemptOutcome, PartKind, PlanReason, Purpose
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.shops import Shop
from parcelguard.delivery.ports import ChannelPolicy
from parcelguard.store.database import Records
from parcelguard.store.jobs import Job

PROMPT = timedelta(minutes=10)  # what a person set going goes out so soon after, even at night


def refuse_late(job: Job, policy: ChannelPolicy, now: datetime, ahead: timedelta) -> None:
    """Let nothing go out by itself long after the person who released it has left, or at night.

    `ahead`: by how much the marketplace's clock is. Raises HeldHere.
    """
    waited = now - job.released_at
    if waited > policy.late_after:
        raise HeldHere(f"late by {waited}", because(SendingReason.LATE))
    if policy.quiet and not job.by_person and waited > PROMPT and policy.quiet.until(now + ahead):
        raise HeldHere(f"quiet hours, waited {waited}", because(SendingReason.QUIET))


def fit_set(records: Records, shop: Shop, job: Job, left: int) -> bool:
    """Plan a set anew that is not begun, so that it takes no more messages than are left.

    False when the shop's rule has no way for that. To the late window it stays the same set.
    """
    parts = records.parts.of_set(job.proof.id, job.part.generation)
    to_send = [part for part in parts if part.kind.visible and not part.state.settled]
    photo_ids = [photo_id for part in to_send for photo_id in part.photo_ids]
    with_text = any(part.kind is PartKind.TEXT for part in to_send)
    fit = fitting_set(shop, len(photo_ids), with_text=with_text, left=left)
    if fit is None or fit.messages(len(photo_ids)) >= len(to_send):
        return False
    planned = plan_parts(photo_ids, with_text=fit.with_text, one_picture=fit.one_picture)
    detail = f"only {left} messages left"
    # An attempt without an end would look as if it still ran; the new plan cancels only its part.
    records.attempts.end_attempt(job.part, AttemptOutcome.INTERRUPTED, detail=detail)
    why = Purpose(PlanReason.ONE_PICTURE if job.by_person else PlanReason.FITTED)
    by, at = job.proof.packer, job.released_at
    records.parts.plan(job.proof, planned, text=job.text, by=by, why=why, at=at)
    return True
