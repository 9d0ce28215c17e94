"""Proofs and their photos."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, insert, or_, select, update

from parcelguard.core.orders import Order
from parcelguard.core.proofs import Photo, Proof, ProofState, Shot, Today
from parcelguard.core.scans import ScanSource
from parcelguard.store.tables import photos, proofs

SAVED_STATES = tuple(
    state.value for state in ProofState if state not in (ProofState.DRAFT, ProofState.ABANDONED)
)
_PHOTO_COLUMNS = tuple(field.name for field in fields(Photo))


class ProofRecords:
    """Questions about proofs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, proof: Proof) -> None:
        """Record that an order was opened."""
        self._connection.execute(insert(proofs).values(**_row(proof), generation=0))

    def link(self, proof: Proof) -> None:
        """Copy what is now known of the order into a proof."""
        facts = {key: value for key, value in _row(proof).items() if key not in ("id", "state")}
        self._connection.execute(update(proofs).where(proofs.c.id == proof.id).values(**facts))

    def save(self, proof: Proof) -> None:
        """Turn the draft into a saved proof. Raises LookupError when it is no draft any more."""
        # Guarded by the state: a second F4 for the same draft must not plan a second set.
        if not self._change(proof.id, ProofState.DRAFT, **(_row(proof) | {"logged_at": proof.saved_at})):
            raise LookupError(f"proof {proof.id} is not a draft")

    def abandon(self, proof_id: str, now: datetime) -> None:
        """Leave a draft; with photos it is listed in the log."""
        logged = now if self.photos(proof_id) else None
        self._change(proof_id, ProofState.DRAFT, state=ProofState.ABANDONED.value, logged_at=logged)

    def open_draft(self) -> Proof | None:
        """Return the newest draft that a crash left open; older ones are left with their photos."""
        query = select(proofs).where(proofs.c.state == ProofState.DRAFT.value).order_by(proofs.c.id.desc())
        drafts = [proof_of(row) for row in self._connection.execute(query)]
        for older in drafts[1:]:
            self.abandon(older.id, older.opened_at)
        return drafts[0] if drafts else None

    def get(self, proof_id: str) -> Proof | None:
        """Return one proof."""
        row = self._connection.execute(select(proofs).where(proofs.c.id == proof_id)).first()
        return proof_of(row) if row else None

    def last_saved(self, order: Order) -> Proof | None:
        """Return the newest saved proof of an order."""
        return self._newest_saved(proofs.c.order_number == order.number, proofs.c.shop_id == order.shop_id)

    def last_saved_under(self, code: str) -> Proof | None:
        """Return the newest saved proof of a code that no order had."""
        return self._newest_saved(proofs.c.code == code, proofs.c.order_number == "")

    def _newest_saved(self, *about: ColumnElement[bool]) -> Proof | None:
        query = select(proofs).where(*about, proofs.c.state.in_(SAVED_STATES))
        row = self._connection.execute(query.order_by(proofs.c.id.desc()).limit(1)).first()
        return proof_of(row) if row else None

    def today(self, now: datetime, station: str) -> Today:
        """Count the parcels packed here since local midnight, and how fast in the last hour."""
        midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        saved = and_(proofs.c.station == station, proofs.c.saved_at.is_not(None))
        parcel = case((proofs.c.order_number == "", proofs.c.code), else_=proofs.c.order_number)
        count = select(func.count(parcel.distinct())).where(saved, proofs.c.saved_at >= midnight)
        last_hour = select(proofs.c.opened_at, proofs.c.saved_at).where(
            saved, proofs.c.saved_at >= now - timedelta(hours=1)
        )
        took = sorted((row.saved_at - row.opened_at) for row in self._connection.execute(last_hour))
        median = round(took[len(took) // 2].total_seconds()) if took else None
        return Today(self._connection.execute(count).scalar_one(), median)

    def add_photo(self, photo: Photo) -> bool:
        """Record a photo whose file is durable.

        False when it came too late: its proof is saved already, or its place was taken by another
        try. Then it is kept beside the proof, not part of it.
        """
        kept = and_(photos.c.proof_id == proofs.c.id, photos.c.discarded_at.is_(None))
        places = select(proofs.c.state, photos.c.ordinal).outerjoin(photos, kept)
        rows = self._connection.execute(places.where(proofs.c.id == photo.proof_id)).all()
        # There is a row: photos are asked for only of recorded drafts.
        state = ProofState(rows[0].state)
        free = photo.ordinal not in [row.ordinal for row in rows]
        belongs = free and state in (ProofState.DRAFT, ProofState.ABANDONED)
        values = {column: getattr(photo, column) for column in _PHOTO_COLUMNS}
        # Recorded even when it belongs no more: every durable original has its row, or the next start would
        # adopt it.
        late = None if belongs else photo.taken_at
        self._connection.execute(insert(photos).values(**values, discarded_at=late))
        if state is ProofState.ABANDONED:
            unlisted = update(proofs).where(proofs.c.id == photo.proof_id, proofs.c.logged_at.is_(None))
            self._connection.execute(unlisted.values(logged_at=photo.taken_at))
        return belongs

    def discard_photo(self, photo_id: str, now: datetime) -> None:
        """Take a photo out of its proof; the file stays."""
        self._connection.execute(update(photos).where(photos.c.id == photo_id).values(discarded_at=now))

    def photos(self, proof_id: str) -> tuple[Photo, ...]:
        """Return a proof's photos in order."""
        query = (
            select(photos)
            .where(photos.c.proof_id == proof_id, photos.c.discarded_at.is_(None))
            .order_by(photos.c.ordinal)
        )
        return tuple(photo_of(row) for row in self._connection.execute(query))

    def known_paths(self, proof_id: str) -> set[str]:
        """Return the paths of all photos ever recorded for a proof, discarded ones too."""
        query = select(photos.c.path).where(photos.c.proof_id == proof_id)
        return set(self._connection.execute(query).scalars())

    def recent(self, since: datetime) -> list[Proof]:
        """Return the proofs opened since then, for adopting pictures that a crash left without a row."""
        query = select(proofs).where(
            or_(proofs.c.opened_at >= since, proofs.c.state == ProofState.DRAFT.value)
        )
        return [proof_of(row) for row in self._connection.execute(query)]

    def _change(self, proof_id: str, was: ProofState, **values: Any) -> bool:
        guarded = update(proofs).where(proofs.c.id == proof_id, proofs.c.state == was.value)
        return self._connection.execute(guarded.values(**values)).rowcount == 1


def _row(proof: Proof) -> dict[str, Any]:
    found_by = (proof.order_number, proof.code, proof.tracking, proof.buyer_name)
    return {
        "id": proof.id,
        "state": proof.state.value,
        "code": proof.code,
        "raw_code": proof.raw_code,
        "source": proof.source.value,
        "station": proof.station,
        "packer": proof.packer,
        "opened_at": proof.opened_at,
        "saved_at": proof.saved_at,
        "shop_id": proof.shop_id,
        "order_number": proof.order_number,
        "buyer_id": proof.buyer_id,
        "buyer_name": proof.buyer_name,
        "tracking": proof.tracking,
        "found_by": "\n".join(dict.fromkeys(text.casefold() for text in found_by if text)),
    }


def proof_of(row: Row[Any]) -> Proof:
    """Turn a row of `proof` into its value."""
    return Proof(
        id=row.id,
        state=ProofState(row.state),
        code=row.code,
        raw_code=row.raw_code,
        source=ScanSource(row.source),
        station=row.station,
        packer=row.packer,
        opened_at=row.opened_at,
        saved_at=row.saved_at,
        shop_id=row.shop_id,
        order_number=row.order_number,
        buyer_id=row.buyer_id,
        buyer_name=row.buyer_name,
        tracking=row.tracking,
    )


def photo_of(row: Row[Any]) -> Photo:
    """Turn a row of `photo` into its value."""
    values = {column: getattr(row, column) for column in _PHOTO_COLUMNS}
    return Photo(**{**values, "shot": Shot(row.shot)})
