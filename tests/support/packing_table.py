"""One packing desk with everything around it, driven by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from parcelguard.core.events import Cue, Sounded
from parcelguard.core.orders import Order
from parcelguard.core.proofs import Photo, Proof
from parcelguard.core.shops import Shop
from parcelguard.packing.desk_view import (
    Desk,
    DeskChanged,
    DeskState,
    Notice,
    NoticeKind,
    PackedBefore,
    ProofSaved,
)
from parcelguard.packing.packing_desk import PackingDesk
from parcelguard.packing.ports import Bench, DeskRecords, DeskRules, DeskShops
from parcelguard.store.database import Store
from parcelguard.upkeep.photo_notes import Notes
from tests.support.fakes import NOON, ORDER, OTHER, SHOP, CameraOnCue, Clock, SilentOrders, wedge

SELLING = {SHOP.id: replace(SHOP, enabled=True)}


class Table:
    """A desk whose camera and marketplaces answer when the test says so."""

    def __init__(
        self,
        store: Store,
        media: Path,
        clock: Clock,
        *,
        shops: Mapping[str, Shop] = SELLING,
        rules: DeskRules | None = None,
        notes: Notes | None = None,
    ) -> None:
        self.store, self.media, self.clock = store, media, clock
        self.camera, self.orders = CameraOnCue(media), SilentOrders()
        self.news: list[object] = []
        self.publish: Callable[[object], None] = self.news.append
        self.keys = PackingDesk(
            records=DeskRecords(store=store, media=media, notes=notes or Notes(media)),
            shops=DeskShops(shops=shops, same_text={SHOP.id: timedelta(hours=24)}, orders=self.orders),
            camera=self.camera,
            bench=Bench("Bench 01", "Aina"),
            publish=lambda event: self.publish(event),
            now=clock,
            rules=rules,
        )
        with store.begin() as records:
            records.orders.keep([ORDER, OTHER])

    @property
    def desk(self) -> Desk:
        return [event.desk for event in self.news if isinstance(event, DeskChanged)][-1]

    def state(self) -> DeskState:
        return self.desk.state

    def message_said(self) -> bool:
        return self.desk.message_said

    @property
    def order(self) -> Order:
        """The order that is open."""
        order = self.desk.order
        assert order is not None
        return order

    @property
    def shown_notice(self) -> Notice:
        """The notice that is there, with what it is about."""
        notice = self.desk.notice
        assert notice is not None
        return notice

    @property
    def packed_before(self) -> PackedBefore:
        """When the order on the desk was packed before."""
        before = self.desk.packed_before
        assert before is not None
        return before

    @property
    def notice(self) -> NoticeKind | None:
        return self.desk.notice.kind if self.desk.notice else None

    def sounds(self) -> list[Cue]:
        return [event.cue for event in self.news if isinstance(event, Sounded)]

    def saved(self) -> list[ProofSaved]:
        return [event for event in self.news if isinstance(event, ProofSaved)]

    def use_shops(self, shops: Mapping[str, Shop]) -> None:
        """Pack for other shops from now on."""
        self.keys.use_shops(
            DeskShops(shops=shops, same_text={SHOP.id: timedelta(hours=24)}, orders=self.orders)
        )

    def scan(self, text: str = ORDER.tracking, **facts: Any) -> None:
        self.keys.scan(replace(wedge(text), **facts))

    def answer_photo(self, number: int = -1) -> Photo:
        """Let the photo that was asked for come: the newest one, or that number."""
        photo = self.camera.develop(self.camera.asked[number])
        self.keys.photo_kept(photo, b"small")
        return photo

    def photograph(self) -> Photo:
        self.keys.take_photo()
        return self.answer_photo()

    def proof(self, proof_id: str) -> Proof:
        with self.store.read() as records:
            found = records.proofs.get(proof_id)
        assert found
        return found

    def photos(self, proof_id: str) -> list[str]:
        with self.store.read() as records:
            return [photo.id for photo in records.proofs.photos(proof_id)]

    def all_proofs(self) -> list[Proof]:
        with self.store.read() as records:
            return records.proofs.recent(NOON - timedelta(days=9))
