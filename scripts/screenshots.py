"""Makes the pictures in docs/ from the real window: `make screenshots`.

Packs at the sandbox like the demo and grabs the window at telling moments: once at one marketplace,
once at all of them in a storm. With a folder as argument it also writes every state at several window
sizes there, for looking at.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize, Qt

from parcelguard.app import App, open_app
from parcelguard.commands.demo.driver import Driver, Until
from parcelguard.commands.demo.market import DemoOrder, Market
from parcelguard.commands.demo.run import prepare, scratch
from parcelguard.commands.demo.storm import storm
from parcelguard.core.alerts import Alert, AlertKey, Alerts, AlertTopic, Severity
from parcelguard.core.errors import DamagedDatabase
from parcelguard.core.events import ProofChanged
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.packing.desk_view import DeskState
from parcelguard.shops.settings_file import SettingsFile
from parcelguard.ui.check.check_screen import CheckPage
from parcelguard.ui.log.log_screen import LogPage
from parcelguard.ui.recovery.repair_page import Choice
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.shops.shops_screen import ChannelsPage
from parcelguard.ui.words.reasons.saying import said
from parcelguard.upkeep.housekeeping import DISK_SPACE

DOCS = Path(__file__).resolve().parent.parent / "docs" / "pictures"
BENCH = QSize(1366, 768)
SEND = "sellerchat/send_message"
LOOKED_S = 8.0  # by then the chat was looked at once
PROBED_S = 5.0  # by then every shop's marketplace was asked
STORMY_ORDERS = 21
_CHOICES = (
    Choice("Use the copy of last night", "What came since is added from the photo folder.", lambda: None),
    Choice("Use the photo folder alone", "Every photo is there; what was sent is asked about.", lambda: None),
    Choice("Close and call for help", "Nothing is changed.", lambda: None),
)
SIZES = (BENCH, QSize(1920, 1080), QSize(1024, 700))


class SwitchedMarket(Market):
    """Marketplaces that do what they are told."""

    def wish(self, what: str, fields: dict[str, Any]) -> None:
        """Switch a fault on, or change a shop."""
        self._ask(urllib.request.Request(f"{self.address}/admin/{what}", json.dumps(fields).encode()))

    def calm_down(self) -> None:
        """Switch every fault off."""
        self._ask(urllib.request.Request(f"{self.address}/admin/faults", method="DELETE"))

    def _ask(self, request: urllib.request.Request) -> None:
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


class Photographer(Driver):
    """Drives the window and grabs what it shows."""

    def __init__(
        self, app: App, market: SwitchedMarket, everything: Path | None, *, stormy: bool = False
    ) -> None:
        super().__init__(app, market.orders(), stormy=stormy)
        self._market = market
        self._everything = everything

    def _grab(self, name: str, *, docs: bool = False, wait_s: float = 0.25) -> Iterator[Until]:
        yield from self._rest(wait_s)
        if docs:
            DOCS.mkdir(parents=True, exist_ok=True)
            self._window.grab().save(str(DOCS / f"{name}.png"))
        if self._everything is None:
            return
        self._everything.mkdir(parents=True, exist_ok=True)
        for size in SIZES if docs else (BENCH,):
            self._window.resize(size)
            yield from self._rest(0.4 if docs else 0.0)
            self._window.grab().save(str(self._everything / f"{name}-{size.width()}.png"))
        self._window.resize(BENCH)


class Trader(Photographer):
    """Packs for shops of every marketplace in a storm, and looks at what it leaves."""

    def _pack_all(self) -> Iterator[Until]:
        yield Until(lambda: self._live, "a picture")
        yield Until(self._orders_known, "the orders")
        for fault in storm(len(self._orders)):
            self._market.switch_on(fault)
        for order in self._orders:
            yield from self._pack(order)
        numbers = set(self.observed.orders) - self.observed.by_hand
        yield Until(lambda: numbers <= self._delivered or self._at_rest(), "the storm over", 300.0)
        self._window.show_page(Page.BY_HAND)
        yield from self._grab("byhand", docs=True, wait_s=2.0)
        self._press(Qt.Key.Key_F10)
        yield from self._grab("byhand-marked", wait_s=1.0)
        self._window.show_page(Page.LOG)
        yield from self._rest(1.0)
        page = self._window.findChild(LogPage)
        assert page is not None
        entries = [page.model.entry(row) for row in range(page.model.rowCount())]
        waiting = next((row for row, each in enumerate(entries) if each.proof.state is ProofState.WAITING), 0)
        page.table.selectRow(waiting)
        yield from self._grab("storm", docs=True, wait_s=1.0)
        self._market.calm_down()
        self._market.wish("seller", {"marketplace": "lazada", "revoke": "chat"})
        for seller in self._market.sellers():
            if (seller["marketplace"], seller["region"]) == ("tiktok", "MY"):
                self._market.wish("seller", {"shop_id": seller["shop_id"], "chat_allowed": False})
        self._window.show_page(Page.CHANNELS)
        yield from self._grab("channels", docs=True, wait_s=PROBED_S)
        yield from self._add_shop()

    def _add_shop(self) -> Iterator[Until]:
        page = self._window.findChild(ChannelsPage)
        assert page is not None
        page.shops.add.click()
        yield from self._grab("add-shop")
        page.adding.name.setText("Kopi & Co Official")
        page.adding.marketplace.setCurrentIndex(1)
        yield from self._grab("add-shop-named")
        page.adding.buttons.buttons[0].click()
        yield from self._grab("add-shop-keys", wait_s=1.0)


class Packer(Photographer):
    """Drives the window through its states at one marketplace."""

    def __init__(self, app: App, market: SwitchedMarket, everything: Path | None) -> None:
        super().__init__(app, market, everything)
        self._asked: set[str] = set()
        app.window.bridge.proof_changed.connect(self._on_trouble)

    def _pack_all(self) -> Iterator[Until]:
        preview = self._window.pack_screen.preview
        yield Until(lambda: self._live and preview.frames_painted > 0, "a picture")
        plain = [order for order in self._orders if order.plain]
        yield from self._grab("ready")
        first, second, third, *others = plain
        yield from self._pack(first)
        yield from self._grab("saved", wait_s=0.1)
        yield Until(lambda: first.number in self._delivered, "first delivered")
        yield from self._grab("sent")
        yield from self._scan(second)
        yield from self._grab("open")
        for number in (1, 2, 3):
            yield from self._photograph(number)
        yield from self._rest(0.3)
        yield from self._grab("full")
        self._press(Qt.Key.Key_F1)
        yield from self._grab("fourth")
        self._press(Qt.Key.Key_F4)
        self._pressed_f4[second.number] = 0.0
        yield Until(lambda: self._desk.state is DeskState.READY, "second saved")
        yield from self._scan(third)
        for number in (1, 2):
            yield from self._photograph(number)
        assert self._app.camera
        self._app.camera.show_label(third.tracking)
        yield Until(lambda: second.number in self._delivered, "second delivered")
        yield from self._rest(0.7)
        yield from self._grab("pack", docs=True)
        self._press(Qt.Key.Key_F4)
        yield Until(lambda: self._desk.state is DeskState.READY, "third saved")
        for order in self._orders:
            if not order.plain and order.tracking:
                yield from self._type(order.tracking)
                yield from self._grab(f"special-{order.number[-4:]}")
                yield from self._leave()
        yield from self._type(first.tracking)
        yield from self._grab("packed-before")
        yield from self._leave()
        yield from self._type("SPXMY0421778ZZ")
        yield from self._grab("unknown", wait_s=0.0)
        yield from self._grab("unknown-later")
        self._press(Qt.Key.Key_F1)
        yield Until(lambda: len(self._desk.photos) == 1, "photo of the unknown")
        yield from self._leave()
        yield from self._grab("left")
        for order in others[:5]:
            yield from self._pack(order)
        numbers = set(self._pressed_f4) - {third.number}
        yield Until(lambda: numbers <= self._delivered, "all delivered")
        self._window.show_page(Page.LOG)
        yield from self._rest(1.0)
        yield from self._grab("log-list")
        self._press(Qt.Key.Key_Down)
        yield from self._grab("log", docs=True, wait_s=1.0)
        self._window.show_page(Page.HELP)
        yield from self._grab("help")
        self._window.show_page(Page.CHECK)
        yield from self._grab("check-empty", wait_s=0.5)
        yield from self._misbehaving(others[5:])

    def _misbehaving(self, orders: list[DemoOrder]) -> Iterator[Until]:
        """Pack while the marketplace misbehaves, and look at what it leads to."""
        for kind, times, more in (("error", 3, {"error": "message_is_censored"}), ("drop_before", 2, {})):
            seen = len(self._asked) + times
            self._market.wish("faults", {"kind": kind, "path": SEND, "times": times, **more})
            for order in orders[:times]:
                yield from self._pack(order)
            orders = orders[times:]
            yield Until(partial(self._have_asked, seen), f"trouble: {kind}")
        yield from self._rest(LOOKED_S)
        self._window.show_page(Page.CHECK)
        yield from self._grab("check", docs=True, wait_s=1.0)
        for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Down):
            self._press(key)
        yield from self._grab("check-refused", wait_s=0.5)
        yield from self._resend_refused()
        alerts = Alerts(self._app.hub.publish)
        alerts.raise_alert(
            Alert(AlertKey(AlertTopic.CLOCK_OFF), Severity.NOTE, because(StorageReason.CLOCK_SLOW, minutes=7))
        )
        full_at = (datetime.now(UTC) + timedelta(days=3)).isoformat()
        filling = because(StorageReason.FILLING_UP_UNTIL, free=9 * 10**9, full_at=full_at)
        alerts.raise_alert(Alert(DISK_SPACE, Severity.WARN, filling))
        yield from self._scan(orders[0])
        yield from self._photograph(1)
        yield from self._grab("alert", docs=True)
        alerts.raise_alert(Alert(DISK_SPACE, Severity.STOP, because(StorageReason.NO_NEW_ORDER)))
        yield from self._grab("alert-stop")
        damaged = said(DamagedDatabase().reason).headline
        self._window.question.ask(damaged, "Every photo lies in the photo folder.", _CHOICES)
        yield from self._grab("ask")

    def _have_asked(self, count: int) -> bool:
        return len(self._asked) >= count

    def _resend_refused(self) -> Iterator[Until]:
        """Write one other text for all whose text was refused, and see it arrive."""
        [page] = self._window.findChildren(CheckPage)
        self._press(Qt.Key.Key_Up)
        yield from self._rest(0.3)
        page.detail.answers.buttons.buttons[0].click()
        asked = {proof.order_number for proof in page.detail.edit.proofs}
        page.detail.edit.text.setPlainText("Dear {buyer}, order {order} is packed. Your photos:")
        yield from self._grab("check-text")
        page.detail.edit.buttons.buttons[0].click()
        yield from self._grab("check-text-asked")
        page.detail.edit.buttons.buttons[1].click()
        yield Until(lambda: asked <= self._delivered, "the other text delivered")
        yield from self._grab("check-text-sent")

    def _on_trouble(self, news: ProofChanged) -> None:
        if news.state in (ProofState.WAITING, ProofState.ATTENTION):
            self._asked.add(news.proof_id)

    def _leave(self) -> Iterator[Until]:
        self._press(Qt.Key.Key_Escape)
        yield Until(lambda: self._desk.state is DeskState.READY, "left")
        yield from self._rest(0.3)  # a key this close before a scan would look like part of it

    def _type(self, code: str) -> Iterator[Until]:
        for letter in code:
            self._press(Qt.Key(ord(letter)), letter)
            yield from self._rest(0.005)
        self._press(Qt.Key.Key_Return, "\r")
        yield from self._rest(0.1)


def take(
    market: SwitchedMarket,
    photographer_of: Callable[[App], Photographer],
    changes: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> str:
    """Let a photographer work at a marketplace; returns what stopped him early.

    `changes`: of shops' settings, by their ids.
    """
    photographers: list[Photographer] = []
    with closing(market), scratch() as home:
        settings, folders = prepare(home, market, gap_s=0.2)
        for shop_id, values in changes.items():
            settings = SettingsFile(folders.settings).change_shop(shop_id, values)

        def add(app: App) -> None:
            photographer = photographer_of(app)
            photographers.append(photographer)
            app.ready.connect(photographer.start)
            photographer.finished.connect(app.window.close)

        open_app(settings, folders, also=add)
    return photographers[0].observed.trouble


def main() -> int:
    everything = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    market = SwitchedMarket(20, plain=False)
    trouble = take(market, lambda app: Packer(app, market, everything))
    markets = SwitchedMarket(STORMY_ORDERS, plain=True, marketplaces="all")
    by_hand: Mapping[str, Mapping[str, Any]] = {
        "tiktok-sg": {"by_hand": True},
        "manual-my": {"chat_page": "https://bazaar.example/orders/{order}/chat"},
    }
    trouble = trouble or take(markets, lambda app: Trader(app, markets, everything, stormy=True), by_hand)
    if trouble:
        print(f"stopped early: {trouble}")
    return 1 if trouble else 0


if __name__ == "__main__":
    raise SystemExit(main())
