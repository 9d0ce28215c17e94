"""Core events become Qt signals here and nowhere else."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from parcelguard.core.alerts import AlertsChanged
from parcelguard.core.events import (
    CameraChanged,
    CodesSeen,
    EventHub,
    ProofChanged,
    QueueChanged,
    ShopQueue,
)
from parcelguard.packing.desk_view import DeskChanged, ProofSaved


class EventBridge(QObject):
    """One signal per kind of news; widgets never see the hub.

    The core may publish from any thread; Qt queues the signal for the receiver's thread.
    Connect bound methods, so a connection ends with its widget.
    """

    desk_changed = Signal(DeskChanged)
    proof_saved = Signal(ProofSaved)
    proof_changed = Signal(ProofChanged)
    queue_changed = Signal(QueueChanged)
    shop_queue = Signal(ShopQueue)
    camera_changed = Signal(CameraChanged)
    codes_seen = Signal(CodesSeen)
    alerts_changed = Signal(AlertsChanged)

    def __init__(self, hub: EventHub, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cancels = [
            hub.subscribe(DeskChanged, self.desk_changed.emit),
            hub.subscribe(ProofSaved, self.proof_saved.emit),
            hub.subscribe(ProofChanged, self.proof_changed.emit),
            hub.subscribe(QueueChanged, self.queue_changed.emit),
            hub.subscribe(ShopQueue, self.shop_queue.emit),
            hub.subscribe(CameraChanged, self.camera_changed.emit),
            hub.subscribe(CodesSeen, self.codes_seen.emit),
            hub.subscribe(AlertsChanged, self.alerts_changed.emit),
        ]

    def stop_listening(self) -> None:
        """Stop listening; call before the window goes away."""
        for cancel in self._cancels:
            cancel()
        self._cancels = []
