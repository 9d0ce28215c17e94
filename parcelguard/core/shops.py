"""One seller account at one marketplace in one country, as the packing and the sending see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LONGEST_MESSAGE = 600  # characters: Shopee's, and where a marketplace says nothing else
Collage = Literal["never", "when_needed", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One seller account at one marketplace in one country.

    `enabled`: its chat is written to. `by_hand`: a person sends instead, in the seller centre.
    `collage`: when a proof's photos go as one picture; when_needed means that the buyer may be told
    too little for single ones, or that more than `collage_when_waiting` proofs of the shop wait.
    """

    id: str
    marketplace: str
    region: str
    name: str
    message: str
    enabled: bool = True
    by_hand: bool = False
    title: str = ""
    longest_text: int = LONGEST_MESSAGE
    collage: Collage = "when_needed"
    collage_when_waiting: int = 100

    @property
    def writes(self) -> bool:
        """Whether its buyers are written to from here."""
        return self.enabled and not self.by_hand

    @property
    def label(self) -> str:
        """What the small badge says: 'Shopee MY'."""
        return self.title or f"{self.marketplace.capitalize()} {self.region}".strip()
