"""Tells the screens where a proof stands, after every change and from one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parcelguard.core.events import Cue, ProofChanged, QueueChanged, Sounded
from parcelguard.core.parts import PartState
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import Reason
from parcelguard.store.database import Store


class ProofAnnouncer:
    """What is told comes from the records, so it can be told by whoever changed them."""

    def __init__(self, store: Store, publish: Callable[[object], None]) -> None:
        self._store = store
        self._publish = publish

    def proof(self, proof_id: str, shop: str, why: Reason | None = None, *, paused: bool = False) -> None:
        """Tell where a proof stands, and why if that is known. `paused`: its shop cannot be reached."""
        with self._store.read() as records:
            proof = records.proofs.get(proof_id)
            parts = records.parts.of_newest(proof_id)
            queue = records.parts.queue()
        if proof is None:
            return
        asks = any(part.asked for part in parts)
        doubt = next((part for part in parts if part.state is PartState.UNKNOWN), None)
        reason = why or (doubt.reason if doubt else None)
        checking = doubt is not None and reason == doubt.reason
        on_its_way = proof.state is ProofState.SENDING
        state = ProofState.WAITING if paused and on_its_way else proof.state
        self._publish(ProofChanged(proof.id, proof.order_number, shop, state, reason, asks, checking))
        self._tell(queue, paused=paused)
        if state is ProofState.DELIVERED:
            self._publish(Sounded(Cue.SENT))
        elif state is ProofState.ATTENTION:
            self._publish(Sounded(Cue.LOOK))

    def queue(self, *, paused: bool = False) -> None:
        """Tell the figures of the top bar; while a shop rests, what would be sending waits."""
        with self._store.read() as records:
            queue = records.parts.queue()
        self._tell(queue, paused=paused)

    def _tell(self, queue: Mapping[ProofState, int], *, paused: bool) -> None:
        sending, waiting = queue.get(ProofState.SENDING, 0), queue.get(ProofState.WAITING, 0)
        if paused:
            sending, waiting = 0, sending + waiting
        attention, by_hand = queue.get(ProofState.ATTENTION, 0), queue.get(ProofState.BY_HAND, 0)
        self._publish(QueueChanged(sending, waiting, attention, by_hand))
