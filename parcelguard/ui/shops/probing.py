"""Asks the marketplaces what shops may do, on a thread where nobody waits behind it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal

from parcelguard.core.alerts import AlertsChanged, AlertTopic
from parcelguard.core.errors import ParcelGuardError
from parcelguard.shops.views import ShopRow
from parcelguard.ui.kit.background import Background
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.shops.probe_times import ProbeTimes


class Probing(QObject):
    """Once in a while by itself, at once when a person asks for it."""

    answered = Signal(ShopRow, bool)  # whether a person asked for it
    failed = Signal(ParcelGuardError)  # only where a person asked: nobody waits for the others

    def __init__(self, keeping: ShopsPort, calls: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._keeping = keeping
        self._calls = calls
        self._times = ProbeTimes()

    def note_alerts(self, present: AlertsChanged) -> frozenset[str]:
        """Return the shops that may not send any more, or may again: their rows must not say otherwise."""
        keys = {alert.key for alert in present.alerts}
        return self._times.note_held(
            frozenset(key.shop_id for key in keys if key.topic is AlertTopic.SHOP_HELD)
        )

    def probe_due(self, shop_ids: Iterable[str]) -> None:
        """Ask about those of these shops that were not asked about lately."""
        for shop_id in shop_ids:
            if self._times.is_due(shop_id):
                self._ask(shop_id, wanted=False)

    def probe_now(self, shop_id: str) -> None:
        """Ask because a person wants to know."""
        self._ask(shop_id, wanted=True)

    def _ask(self, shop_id: str, *, wanted: bool) -> None:
        self._times.note_asked(shop_id)

        def answered(row: ShopRow) -> None:
            self.answered.emit(row, wanted)

        def failed(error: ParcelGuardError) -> None:
            if wanted:
                self.failed.emit(error)

        self._calls.ask(partial(self._keeping.probe_shop, shop_id), answered, failed)
