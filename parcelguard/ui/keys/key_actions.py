"""What the keys and the scanner do in the window: the packer's keys, scans from anywhere, and Esc."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from parcelguard.core.config import ScannerSettings
from parcelguard.core.scans import Scan, ScanSource
from parcelguard.runtime.translation import tr
from parcelguard.ui.keys.key_filter import Action, WedgeFilter
from parcelguard.ui.screen import Screen
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.words.pack_words import CONTROL_KEYS, STARTING

if TYPE_CHECKING:
    from parcelguard.ui.pack.pack_screen import PackScreen
    from parcelguard.ui.ports import PackControls

ReadScan = Callable[[str, ScanSource], Scan | None]


class Window(Protocol):
    """What the keys need of the window."""

    pack_screen: PackScreen

    @property
    def page(self) -> Page:
        """The page that is shown."""

    @property
    def screen_of_page(self) -> QWidget:
        """The widget that was built for this page."""

    @property
    def shown(self) -> QWidget | None:
        """The widget in front: the page's own, or a question in its place."""

    def show_page(self, page: Page) -> None:
        """Bring a page to the front."""


class KeyActions(QObject):
    """Until `attach`, what only the packing desk can do is answered with "Starting…"."""

    def __init__(
        self, window: Window, settings: ScannerSettings, read_scan: ReadScan | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._settings = settings
        self._read_scan = read_scan or self._normalise
        self._desk: PackControls | None = None

    def listen_to(self, keys: WedgeFilter) -> None:
        """Do what these keys ask for."""
        keys.pressed.connect(self.carry_out)
        keys.scanned.connect(self._on_scanned)
        keys.refused.connect(self._on_refused)
        keys.alone.connect(self._on_alone)

    def attach(self, desk: PackControls) -> None:
        """Reach the packing desk from here on."""
        self._desk = desk

    def carry_out(self, action: Action) -> None:
        """Do what a key, or the button with its name, asks for."""
        window = self._window
        if action is Action.FIND:
            window.show_page(Page.PACK)
            window.pack_screen.open_find()
        elif action is Action.HELP:
            window.show_page(Page.PACK if window.page is Page.HELP else Page.HELP)
        elif action is Action.CLEAR:
            self._escape()
        elif self._desk is None:
            window.pack_screen.remark(tr(STARTING))
        elif action is Action.TAKE:
            self._desk.take_photo()
        elif action is Action.RETAKE:
            self._desk.retake()
        else:
            self._desk.save()

    def look_up(self, typed: str) -> None:
        """Take in a number that was typed into the find field."""
        self._take_in(typed, ScanSource.TYPED)

    def _escape(self) -> None:
        """Esc leaves what is nearest: the find field, a question of a screen, another screen, the order."""
        window, screen = self._window, self._window.screen_of_page
        if window.page is Page.PACK:
            if not window.pack_screen.close_find() and self._desk is not None:
                self._desk.clear()
        elif not (isinstance(screen, Screen) and screen.escape()):
            window.show_page(Page.PACK)

    def _on_scanned(self, raw: str) -> None:
        self._take_in(raw, ScanSource.WEDGE)

    def _take_in(self, raw: str, source: ScanSource) -> None:
        # A scan means a parcel on the bench, whatever screen is read meanwhile.
        self._window.show_page(Page.PACK)
        self._window.pack_screen.close_find()
        scan = self._read_scan(raw, source)
        if self._desk is not None and scan is not None:
            self._desk.scan(scan)

    def _on_refused(self) -> None:
        self._window.show_page(Page.PACK)
        self._window.pack_screen.close_find()
        self._window.pack_screen.remark(tr(CONTROL_KEYS))

    def _on_alone(self, character: str) -> None:
        from parcelguard.ui.recovery.repair_page import RepairPage  # most days nothing is asked

        shown = self._window.shown
        if isinstance(shown, RepairPage):
            shown.press(character)

    def _normalise(self, raw: str, source: ScanSource) -> Scan | None:
        from parcelguard.scanner.normaliser import read_scan  # not needed before the first scan

        return read_scan(raw, source, prefix=self._settings.prefix, suffix=self._settings.suffix)
