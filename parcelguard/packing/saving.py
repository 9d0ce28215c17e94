"""What F4 writes: the proof, and the parts that go to the buyer or wait for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from parcelguard.core.message_sets import Allowance, MessageSet, fitting_set, plan_by_hand, plan_parts
from parcelguard.core.orders import Conversation
from parcelguard.core.parts import PlanReason, Purpose
from parcelguard.core.proofs import Photo, Proof, ProofState
from parcelguard.core.shops import Shop
from parcelguard.packing.desk_view import Desk
from parcelguard.store.database import Records
from parcelguard.upkeep.photo_notes import Notes

PHOTOS_ONLY: Final = MessageSet(with_text=False, one_picture=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """One F4: the proof as it will be, and what the buyer is to get."""

    proof: Proof
    photos: tuple[Photo, ...]
    shop: Shop | None
    text: str
    text_said: bool  # the buyer has this very text already

    @classmethod
    def of(cls, draft: Proof, desk: Desk, now: datetime) -> Saving:
        """Return what F4 makes of an open order."""
        shop = desk.shop
        sends = shop is not None and shop.writes and bool(draft.buyer_id)
        by_hand = shop is not None and shop.by_hand
        state = ProofState.SENDING if sends else ProofState.BY_HAND if by_hand else ProofState.SAVED
        return cls(
            proof=replace(draft, state=state, saved_at=now),
            photos=tuple(each.photo for each in desk.photos),
            shop=shop,
            text=desk.message,
            text_said=desk.message_said,
        )

    @property
    def sends(self) -> bool:
        """Whether parts are to go out by themselves."""
        return self.proof.state is ProofState.SENDING

    @property
    def by_hand(self) -> bool:
        """Whether a person is to send it in the marketplace's own pages."""
        return self.proof.state is ProofState.BY_HAND

    def way(self, records: Records, left_for: Callable[[Conversation], Allowance]) -> MessageSet:
        """Return how the set goes out; one that fits in no way is planned whole, and held for a person."""
        shop = self.shop
        assert shop is not None
        left = left_for(self.proof.conversation).left
        crowded = records.budget.crowded(shop.id, shop.collage_when_waiting)
        with_text = not self.text_said
        fit = fitting_set(shop, len(self.photos), with_text=with_text, left=left, crowded=crowded)
        return fit or MessageSet(with_text, one_picture=False)

    def write(self, records: Records, way: MessageSet) -> None:
        """Write the proof and its parts into the transaction that is open."""
        records.proofs.save(self.proof)
        if self.by_hand:
            planned = plan_by_hand()
        elif self.sends:
            ids = [photo.id for photo in self.photos]
            planned = plan_parts(ids, with_text=way.with_text, one_picture=way.one_picture)
        else:
            return
        records.parts.plan(
            self.proof, planned, text=self.text, by=self.proof.packer, why=Purpose(PlanReason.F4)
        )

    def describe(self, notes: Notes, way: MessageSet) -> None:
        """Leave a note beside the photos, from which the records can be made again."""
        notes.saved(
            self.proof,
            list(self.photos),
            sends=self.sends,
            text=self.text,
            with_text=way.with_text,
            one_picture=way.one_picture,
            by_hand=self.by_hand,
        )
