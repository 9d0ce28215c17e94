"""Builds a screen anew whose code failed, and leaves it alone when that does not help."""

from __future__ import annotations

import logging
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject

from parcelguard.core.alerts import Alert, AlertKey, AlertTopic, Severity
from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.recovery.boundary import Boundary
from parcelguard.ui.shell.alert_feed import AlertFeed
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.words.reasons.saying import said

if TYPE_CHECKING:
    from parcelguard.ui.recovery.repair_page import RepairPage

log = logging.getLogger(__name__)

TOO_OFTEN = 3  # failures of one screen within WATCHED_S
WATCHED_S = 20.0
FAILED = Alert(AlertKey(AlertTopic.WINDOW), Severity.WARN, because(StorageReason.WINDOW_FAILED))
_LEFT_ALONE = {
    Page.PACK: msgid(
        "Photos taken so far are safe. F1, F4 and the scanner still work; listen for the sounds."
    ),
}
_OTHERS = msgid("Nothing is lost, and packing goes on. The log file has the reason.")


class Screens(Protocol):
    """What is needed of the window."""

    theme: Theme

    def page_of(self, culprit: object) -> Page | None:
        """Return the screen a widget belongs to; None if to none."""

    def rebuild(self, page: Page) -> None:
        """Build a screen anew from what happened last; may raise what its code raises."""

    def stand_in(self, page: Page, widget: RepairPage) -> None:
        """Show this in a screen's place."""


class Restarter(QObject):
    """Listens for failures from `start` to `stop`."""

    def __init__(self, screens: Screens, alert_feed: AlertFeed, parent: QObject) -> None:
        super().__init__(parent)
        self._screens = screens
        self._alert_feed = alert_feed
        self._failures: dict[Page, deque[float]] = {}
        self._left: set[Page | None] = set()
        self._boundary = Boundary(self)
        self._boundary.failed.connect(self._on_failed)

    def start(self) -> None:
        """Listen."""
        self._boundary.start()

    def stop(self) -> None:
        """Listen no more."""
        self._boundary.stop()

    def _on_failed(self, culprit: object) -> None:
        page = self._screens.page_of(culprit)
        if page in self._left:
            return
        if page is None:
            self._alert_feed.note(FAILED)
        elif self._too_often(page):
            self._leave_alone(page)
        else:
            self._rebuild(page)

    def _too_often(self, page: Page) -> bool:
        failures = self._failures.setdefault(page, deque(maxlen=TOO_OFTEN))
        failures.append(monotonic())
        # Built anew again and again it would only flicker, and fill the log.
        return len(failures) == TOO_OFTEN and failures[-1] - failures[0] < WATCHED_S

    def _rebuild(self, page: Page) -> None:
        self._left.discard(page)
        try:
            self._screens.rebuild(page)
        except Exception:
            log.exception("%s could not be built anew", page)
            self._leave_alone(page)
        else:
            self._alert_feed.note(FAILED)

    def _leave_alone(self, page: Page) -> None:
        from parcelguard.ui.recovery.repair_page import Choice, RepairPage

        self._failures.pop(page, None)
        self._left.add(page)
        again = Choice(tr("Try again"), tr("Starts this window once more."), lambda: self._rebuild(page))
        headline, advice = said(FAILED.reason).headline, tr(_LEFT_ALONE.get(page, _OTHERS))
        self._screens.stand_in(page, RepairPage(self._screens.theme, headline, advice, (again,)))
