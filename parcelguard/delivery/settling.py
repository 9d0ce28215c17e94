"""What is true of a message once it is certain that the marketplace has it, whoever found that out."""

from __future__ import annotations

from datetime import datetime

from parcelguard.core.parts import Part, PartKind, PartState
from parcelguard.delivery.ports import ChannelPolicy, Target
from parcelguard.store.database import Records
from parcelguard.store.jobs import Job


def target_of(job: Job) -> Target:
    """Return whom a part is for."""
    proof = job.proof
    return Target(
        order_number=proof.order_number, buyer_id=proof.buyer_id, conversation_id=job.conversation_id
    )


def settle_sent(records: Records, part: Part, remote_id: str, policy: ChannelPolicy, now: datetime) -> None:
    """Call a visible part sent, and once all of its set are, plan the look whether they were hidden."""
    # The database allows one part for each message, so what is found in the chat cannot count twice.
    if remote_id:
        records.remote.remember_message(part, remote_id)
    records.parts.move(part, PartState.SENT, due_at=None, reason=None, code="", remote_id=remote_id)
    if policy.check_after is None:
        return
    parts = records.parts.of_set(part.proof_id, part.generation)
    # Once for the set, when its last message is settled: one look shows them all.
    planned = any(each.kind is PartKind.CHECK for each in parts)
    if not planned and all(each.state.settled for each in parts if each.kind.visible):
        records.parts.plan_check(part, now + policy.check_after)
