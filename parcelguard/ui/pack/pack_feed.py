"""Tells the Pack screen what happens, and one that was built anew what the last one knew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from parcelguard.core.events import CameraChanged, CodesSeen, ProofChanged
from parcelguard.core.reasons.reason import Reason
from parcelguard.packing.desk_view import DeskChanged, ProofSaved
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.pack.pack_screen import PackScreen

if TYPE_CHECKING:
    from parcelguard.ui.ports import Preview


class PackFeed(QObject):
    """Keeps the last event of each kind: a screen whose code failed is replaced in the middle of an order."""

    def __init__(self, screen: PackScreen, parent: QObject) -> None:
        super().__init__(parent)
        self._screen = screen
        self._started = False
        self._preview: Preview | None = None
        self._desk: DeskChanged | None = None
        self._camera: CameraChanged | None = None
        self._failure: Reason | None = None

    def listen_to(self, bridge: EventBridge) -> None:
        """Pass on what happens from now on."""
        bridge.desk_changed.connect(self._on_desk)
        bridge.proof_saved.connect(self._on_saved)
        bridge.proof_changed.connect(self._on_proof)
        bridge.camera_changed.connect(self._on_camera)
        bridge.codes_seen.connect(self._on_codes)

    def start(self, preview: Preview | None) -> None:
        """Say that the program is up, with what the camera sees."""
        self._started, self._preview, self._failure = True, preview, None
        if preview is not None:
            self._screen.preview.attach(preview)
        self._screen.ready()

    def fail(self, reason: Reason) -> None:
        """Say why the program cannot start."""
        self._failure = reason
        self._screen.fail(reason)

    def move_to(self, screen: PackScreen) -> None:
        """Go on with another screen; it shows at once what the old one showed."""
        last, self._screen = self._screen.last_proof, screen
        if self._camera is not None:
            screen.show_camera(self._camera)
        if self._preview is not None:
            screen.preview.attach(self._preview)
        if self._started:
            screen.ready()
        if self._desk is not None:
            screen.show_desk(self._desk.desk)
        if last is not None:
            screen.show_last(last)
        if self._failure is not None:
            screen.fail(self._failure)

    def _on_desk(self, event: DeskChanged) -> None:
        self._desk = event
        self._screen.show_desk(event.desk)

    def _on_saved(self, event: ProofSaved) -> None:
        self._screen.show_saved(event)

    def _on_proof(self, event: ProofChanged) -> None:
        self._screen.show_proof(event)

    def _on_codes(self, event: CodesSeen) -> None:
        self._screen.show_codes(event)

    def _on_camera(self, event: CameraChanged) -> None:
        self._camera = event
        self._screen.show_camera(event)
