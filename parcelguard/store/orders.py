"""Orders as last read from the marketplaces, and the codes that find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from parcelguard.core.orders import Item, Order
from parcelguard.store.tables import order_codes, orders, sync_marks


class OrderRecords:
    """Questions about orders."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    def keep(self, found: Iterable[Order]) -> None:
        """Insert or renew orders. Codes are only added, and a known tracking number is never blanked.

        A reading may come without them: of an older state, or while the packages could not be read.
        """
        for order in found:
            row = {
                "shop_id": order.shop_id,
                "number": order.number,
                "buyer_id": order.buyer_id,
                "buyer_name": order.buyer_name,
                "tracking": order.tracking,
                "carrier": order.carrier,
                "cancelled": order.cancelled,
                "items": [[item.name, item.sku, item.quantity] for item in order.items],
                "read_at": self._now(),
            }
            changes = {key: row[key] for key in row if key not in ("shop_id", "number")}
            if not order.tracking:
                del changes["tracking"]
            upsert = (
                insert(orders)
                .values(row)
                .on_conflict_do_update(index_elements=["shop_id", "number"], set_=changes)
            )
            self._connection.execute(upsert)
            self._keep_codes(order)

    def find(self, texts: Sequence[str]) -> list[Order]:
        """Return the orders that the first known text stands for; mostly one, or none."""
        for text in texts:
            query = (
                select(orders)
                .join(order_codes, _same_order)
                .where(order_codes.c.code == _key(text))
                .order_by(orders.c.shop_id, orders.c.number)
            )
            found = [self._order(row) for row in self._connection.execute(query)]
            if found:
                return found
        return []

    def get(self, shop_id: str, number: str) -> Order | None:
        """Return one order as it is kept."""
        query = select(orders).where(orders.c.shop_id == shop_id, orders.c.number == number)
        row = self._connection.execute(query).one_or_none()
        return self._order(row) if row else None

    def synced_until(self, shop_id: str) -> datetime | None:
        """Return up to when this shop's orders were read completely."""
        query = select(sync_marks.c.until).where(sync_marks.c.shop_id == shop_id)
        return self._connection.execute(query).scalar()

    def mark_synced(self, shop_id: str, until: datetime) -> None:
        """Record up to when this shop's orders were read completely."""
        mark = insert(sync_marks).values(shop_id=shop_id, until=until)
        self._connection.execute(
            mark.on_conflict_do_update(index_elements=["shop_id"], set_={"until": until})
        )

    def _keep_codes(self, order: Order) -> None:
        codes = dict.fromkeys(filter(None, map(_key, (order.number, order.tracking, *order.codes))))
        rows = [{"code": code, "shop_id": order.shop_id, "number": order.number} for code in codes]
        self._connection.execute(insert(order_codes).on_conflict_do_nothing(), rows)

    def _order(self, row: Row[Any]) -> Order:
        where = (order_codes.c.shop_id == row.shop_id, order_codes.c.number == row.number)
        codes = self._connection.execute(select(order_codes.c.code).where(*where)).scalars()
        return Order(
            shop_id=row.shop_id,
            number=row.number,
            buyer_id=row.buyer_id,
            buyer_name=row.buyer_name,
            tracking=row.tracking,
            carrier=row.carrier,
            cancelled=row.cancelled,
            items=tuple(Item(name, sku, quantity) for name, sku, quantity in row.items),
            codes=tuple(codes),
        )


_same_order = (order_codes.c.shop_id == orders.c.shop_id) & (order_codes.c.number == orders.c.number)


def _key(text: str) -> str:
    """Return the form under which a code is kept: labels print hyphens and spaces as they like."""
    return text.upper().replace(" ", "").replace("-", "")
