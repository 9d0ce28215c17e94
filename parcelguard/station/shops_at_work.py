"""All of a station that depends on which shops there are: channels, couriers, the reading of orders.

It can be replaced while the station works, when a shop is added, changed or switched: a new one is
built, the old one ends what it has in flight, and the new one sorts out the rest from the records.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from parcelguard.chat.registry import connect
from parcelguard.core.alerts import Alerts
from parcelguard.core.config import Settings
from parcelguard.core.errors import DamagedDatabase, ParcelGuardError
from parcelguard.core.shops import Shop
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.engine import DeliveryEngine
from parcelguard.delivery.ledger import Ledger
from parcelguard.delivery.ports import ChatSender, CopyMaker
from parcelguard.delivery.unserved import hold_unserved
from parcelguard.orders.order_index import Asker, OrderIndex
from parcelguard.store.database import Store
from parcelguard.vault.vault import Vault

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationServices:
    """What the shops at work share, and what stays when they are replaced.

    `unknown_since`: part id -> when this program learned that its outcome is unknown, on a clock that
    nobody can set. A wait that has begun goes on under the couriers that follow.
    """

    store: Store
    vault: Vault
    copies: CopyMaker
    media: Path
    publish: Callable[[object], None]
    now: Callable[[], datetime]
    alerts: Alerts
    damaged: Callable[[DamagedDatabase], None]
    unknown_since: dict[str, float] = field(default_factory=dict)


class ShopsAtWork:
    """The shops of one station at work."""

    def __init__(self, settings: Settings, services: StationServices) -> None:
        store, now = services.store, services.now
        self._store = store
        self.shops: dict[str, Shop] = settings.packing_shops()
        with ExitStack() as undo:
            channels = {}
            for shop in settings.shops:
                channels[shop.id] = connect(shop, services.vault, now)
                undo.callback(channels[shop.id].client.close_connections)
            self.senders: dict[str, ChatSender] = {
                shop_id: channel.sender for shop_id, channel in channels.items() if channel.sender
            }
            self.left_for = Ledger(store, self.senders, now).left_for
            # Shops without an interface know a code by its form alone, so they are asked last.
            asked = sorted(channels, key=lambda shop_id: channels[shop_id].sender is None)
            self.orders = OrderIndex(store, {each: channels[each].orders for each in asked}, now)
            undo.callback(self.orders.stop)
            self._couriers = {
                shop_id: _courier(self.shops[shop_id], sender, services)
                for shop_id, sender in self.senders.items()
                if self.shops[shop_id].enabled
            }
            self.delivery = DeliveryEngine(self._couriers, now, services.damaged)
            undo.callback(self._leave)
            undo.callback(self.delivery.stop)
            self._undo = undo.pop_all()

    @property
    def same_text(self) -> dict[str, timedelta]:
        """For how long each shop's marketplace refuses the same text to the same buyer."""
        return {each: sender.policy.same_text for each, sender in self.senders.items()}

    def start(self, asker: Asker) -> None:
        """Begin to read orders and to send, and hold what no courier serves any more."""
        self.orders.start(asker)
        self.delivery.start()
        self.hold_unserved()

    def serves(self, shop_id: str) -> bool:
        """Whether a courier carries for a shop."""
        return shop_id in self._couriers

    def hold_unserved(self) -> None:
        """Hold what is under way for shops without a courier; when the disk refuses, the next time."""
        try:
            hold_unserved(self._store, self._couriers)
        except ParcelGuardError as error:
            log.warning("not held: %s", error)

    def end_work(self) -> None:
        """End every call and thread; what is in flight is sorted out by whoever comes next."""
        self._undo.close()

    def _leave(self) -> None:
        for courier in self._couriers.values():
            courier.leave()


def _courier(shop: Shop, sender: ChatSender, services: StationServices) -> Courier:
    return Courier(
        shop=shop,
        store=services.store,
        sender=sender,
        copies=services.copies,
        media=services.media,
        publish=services.publish,
        now=services.now,
        alerts=services.alerts,
        watched=services.unknown_since,
    )
