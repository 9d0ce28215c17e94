"""All of a station that depends on which shops there are: channels, couriers, the reading of orders.

It can be replaced while the station works, when a shop is added, changed or switched: a new one is
built, the old one ends what it has in flight, and the new one sorts out the rest from the records.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
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


class ShopsAtWork:
    """The shops of one station at work."""

    def __init__(
        self,
        settings: Settings,
        *,
        vault: Vault,
        store: Store,
        copies: CopyMaker,
        media: Path,
        publish: Callable[[object], None],
        now: Callable[[], datetime],
        alerts: Alerts,
        damaged: Callable[[DamagedDatabase], None],
        watched: dict[str, float],
    ) -> None:
        self._store = store
        self.shops: dict[str, Shop] = settings.packing_shops()
        with ExitStack() as undo:
            channels = {}
            for shop in settings.shops:
                channels[shop.id] = connect(shop, vault, now)
                undo.callback(channels[shop.id].client.close_connections)
            self.senders: dict[str, ChatSender] = {
                shop_id: channel.sender for shop_id, channel in channels.items() if channel.sender
            }
            self.left_for = Ledger(store, self.senders, now).left_for
            # Shops that know their codes by their looks alone are asked last.
            asked = sorted(channels, key=lambda shop_id: channels[shop_id].sender is None)
            self.orders = OrderIndex(store, {each: channels[each].orders for each in asked}, now)
            undo.callback(self.orders.stop)
            self._couriers = {
                shop_id: Courier(
                    shop=self.shops[shop_id],
                    store=store,
                    sender=sender,
                    copies=copies,
                    media=media,
                    publish=publish,
                    now=now,
                    alerts=alerts,
                    watched=watched,
                )
                for shop_id, sender in self.senders.items()
                if self.shops[shop_id].enabled
            }
            self.delivery = DeliveryEngine(self._couriers, now, damaged)
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

    def close(self) -> None:
        """End every call and thread; what is in flight is sorted out by whoever comes next."""
        self._undo.close()

    def _leave(self) -> None:
        for courier in self._couriers.values():
            courier.leave()
