from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from threading import Thread

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from parcelguard.core.alerts import Alert, AlertKey, Alerts, AlertTopic, Severity
from parcelguard.core.events import Cue, EventHub, Sounded
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.packing.desk_view import DeskChanged
from parcelguard.ui.kit.theme import Token
from parcelguard.ui.shell.alert_strip import AlertStrip
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words.reasons.saying import Said
from tests.support.ui_helpers import FakePack, FakePreview, Hands, make_settings, open_desk, read_scan

PACE_KEY = AlertKey(AlertTopic.SHOP_SLOWED, "kopi")
CLOCK_KEY = AlertKey(AlertTopic.CLOCK_OFF)
DISK_KEY = AlertKey(AlertTopic.DISK_SPACE)
SLOW = Alert(PACE_KEY, Severity.NOTE, because(SendingReason.SHOP_SLOWED, shop="Shopee MY"))
CLOCK = Alert(CLOCK_KEY, Severity.WARN, because(StorageReason.CLOCK_SLOW, minutes=7))
DISK = Alert(DISK_KEY, Severity.STOP, because(StorageReason.DISK_FULL))


class Bench:
    """A window, the station's alerts, and the sounds that were asked for."""

    def __init__(self, window: MainWindow, hub: EventHub) -> None:
        self.window, self.hub = window, hub
        self.alerts = Alerts(hub.publish)
        self.cues: list[Cue] = []
        hub.subscribe(Sounded, lambda sounded: self.cues.append(sounded.cue))

    @property
    def strip(self) -> AlertStrip:
        strip = self.window._alert_feed.strip
        assert strip is not None
        return strip


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    hub = EventHub()
    window = MainWindow(make_settings(), hub, FakePack(), FakePreview(), read_scan=read_scan, platform="xcb")
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    qtbot.waitUntil(window.isActiveWindow)
    yield Bench(window, hub)
    window.shut_down()


def test_a_station_without_trouble_builds_no_strip(bench: Bench) -> None:
    assert bench.window._alert_feed.strip is None
    bench.alerts.withdraw(DISK_KEY)
    assert bench.window._alert_feed.strip is None


def test_the_worst_alert_stands_first_and_the_others_are_counted(bench: Bench, qtbot: QtBot) -> None:
    for alert in (SLOW, CLOCK, DISK):
        bench.alerts.raise_alert(alert)
    assert list(bench.strip.shown) == [DISK]
    assert bench.strip.more.text() == "+2 more"
    assert bench.strip.accessibleName() == (
        "The disk is full. Do not close this parcel. Free some space. Photos taken so far are safe. "
        "This computer’s clock is 7 minutes slow. Messages are sent with the right time. "
        "Please set the clock. Shopee MY asks to send more slowly"
    )
    QTest.mouseClick(bench.strip.more, Qt.MouseButton.LeftButton)
    assert list(bench.strip.shown) == [DISK, CLOCK, SLOW]
    assert bench.strip.more.text() == "Show less"


def test_the_others_are_opened_by_keyboard_too(bench: Bench, qtbot: QtBot) -> None:
    bench.alerts.raise_alert(SLOW)
    bench.alerts.raise_alert(CLOCK)
    hands = Hands()
    for _ in range(30):
        if QApplication.focusWidget() is bench.strip.more:
            break
        hands.rest()
        hands.press(QApplication.focusWidget() or bench.window, Qt.Key.Key_Tab, "\t")
    hands.rest()
    hands.press(bench.strip.more, Qt.Key.Key_Space, " ")
    assert bench.strip.shown == (CLOCK, SLOW)


@pytest.mark.parametrize(
    ("alert", "token"), [(SLOW, Token.INFO_SOFT), (CLOCK, Token.WARN_SOFT), (DISK, Token.BAD_SOFT)]
)
def test_the_colour_follows_the_severity(bench: Bench, alert: Alert, token: Token) -> None:
    bench.alerts.raise_alert(alert)
    picture = bench.strip.grab().toImage()
    assert picture.pixelColor(4, 4) == bench.window.theme.color(token)


def test_it_stands_on_every_screen_and_takes_no_focus(bench: Bench, qtbot: QtBot) -> None:
    bench.hub.publish(DeskChanged(open_desk(1)))
    focused = QApplication.focusWidget()
    bench.alerts.raise_alert(CLOCK)
    qtbot.waitUntil(bench.strip.isVisible)
    assert QApplication.focusWidget() is focused
    bench.window.show_page(Page.HELP)
    assert bench.strip.isVisible()
    assert bench.strip.y() == bench.window._topbar.height()


def test_the_room_of_a_withdrawn_alert_is_kept_for_a_moment(bench: Bench, qtbot: QtBot) -> None:
    bench.alerts.raise_alert(CLOCK)
    qtbot.waitUntil(bench.strip.isVisible)
    height = bench.strip.height()
    bench.alerts.withdraw(CLOCK_KEY)
    assert bench.strip.shown == ()
    assert (bench.strip.isVisible(), bench.strip.height()) == (True, height)
    bench.alerts.raise_alert(SLOW)
    assert bench.strip.height() == height
    bench.alerts.withdraw(PACE_KEY)
    qtbot.waitUntil(lambda: not bench.strip.isVisible())


def test_a_stop_is_heard_once_and_again_when_it_comes_back(bench: Bench) -> None:
    bench.alerts.raise_alert(CLOCK)
    bench.alerts.raise_alert(DISK)
    bench.alerts.raise_alert(SLOW)
    bench.alerts.raise_alert(Alert(DISK_KEY, Severity.STOP, because(StorageReason.ALMOST_FULL, free=10**9)))
    assert bench.cues == [Cue.STOP]
    bench.alerts.withdraw(DISK_KEY)
    bench.alerts.raise_alert(DISK)
    assert bench.cues == [Cue.STOP, Cue.STOP]


def test_a_warning_that_becomes_a_stop_is_heard(bench: Bench) -> None:
    bench.alerts.raise_alert(Alert(DISK_KEY, Severity.WARN, because(StorageReason.FILLING_UP, free=10**10)))
    bench.alerts.raise_alert(DISK)
    assert bench.cues == [Cue.STOP]


def test_alerts_may_come_from_any_thread(bench: Bench, qtbot: QtBot) -> None:
    watcher = Thread(target=bench.alerts.raise_alert, args=(DISK,))
    watcher.start()
    qtbot.waitUntil(lambda: bench.window._alert_feed.strip is not None and bench.strip.isVisible())
    watcher.join()


@pytest.mark.parametrize(("size", "scale"), [((1024, 700), 200), ((1366, 768), 100), ((3840, 2160), 150)])
def test_long_words_are_broken_and_never_cut(qtbot: QtBot, size: tuple[int, int], scale: int) -> None:
    hub = EventHub()
    window = MainWindow(make_settings(scale_percent=scale), hub, FakePack(), read_scan=read_scan)
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    window.show()
    window.resize(*size)
    words = Said("The disk is full. Do not close this parcel.", "Free some space on drive D. " * 8)
    long = Alert(DISK_KEY, Severity.STOP, as_told(words.headline, words.advice))
    Alerts(hub.publish).raise_alert(long)
    strip = window._alert_feed.strip
    assert strip is not None
    qtbot.waitUntil(lambda: strip.width() > size[0] // 2)
    told = " ".join(piece for line in strip._lines(long) for piece, _ in line)
    assert told == f"{words.headline} {words.advice.strip().removesuffix('.')}"
    assert strip.height() < window.height() // 2
    assert not window.grab().isNull()


def test_the_strip_is_not_loaded_before_it_is_needed() -> None:
    names = ("alert_strip", "boundary", "restart", "repair_page", "check", "check_list", "pictures")
    code = (
        "import sys, parcelguard.ui.window;"
        f"print([name for name in {names!r} if f'parcelguard.ui.{{name}}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
