"""A mistake in a screen's code: the program goes on, the screen is built anew, the order is there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from parcelguard.core.events import CameraChanged, CameraState, Cue, EventHub, Sounded
from parcelguard.packing.desk_view import Desk, DeskChanged
from parcelguard.ui.log.log_screen import LogPage
from parcelguard.ui.pack.pack_screen import PackScreen
from parcelguard.ui.recovery import screen_restart as restart
from parcelguard.ui.recovery.repair_page import RepairPage
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words.reasons.saying import said_alert
from tests.support.ui_helpers import (
    NUMBER,
    FakeLog,
    FakePack,
    FakePreview,
    Hands,
    make_settings,
    open_desk,
    read_scan,
)

pytestmark = pytest.mark.qt_no_exception_capture
SAID = "This window failed. Your order is safe."


class Mistake(Exception):
    """Stands for any bug."""


class Broken(QWidget):
    """A part of a screen with a bug: in painting, in a slot, or in a key."""

    def __init__(self, parent: QWidget, where: str) -> None:
        super().__init__(parent)
        self._where = where
        self.resize(20, 20)
        self.show()

    def paintEvent(self, _event: object) -> None:  # noqa: N802 - Qt's own spelling
        painter = QPainter(self)
        painter.drawLine(0, 0, 5, 5)
        if self._where == "paint":
            raise Mistake("paint")

    def keyPressEvent(self, _event: object) -> None:  # noqa: N802
        raise Mistake("key")

    def slot(self) -> None:
        raise Mistake("slot")


class Guarded:
    """A window with its boundary, and what reached whoever listened for mistakes before."""

    def __init__(self, window: MainWindow, hub: EventHub, pack: FakePack, heard: list[str]) -> None:
        self.window, self.hub, self.pack, self.heard = window, hub, pack, heard
        self.cues: list[Cue] = []
        hub.subscribe(Sounded, lambda sounded: self.cues.append(sounded.cue))

    @property
    def alert(self) -> str:
        strip = self.window._alert_feed.strip
        return said_alert(strip.shown[0]).headline if strip is not None and strip.shown else ""


@pytest.fixture
def guarded(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Guarded]:
    heard: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: heard.append(str(error)))
    hub, pack = EventHub(), FakePack()
    window = MainWindow(
        make_settings(), hub, pack, FakePreview(), FakeLog(tmp_path, 3), read_scan=read_scan, platform="xcb"
    )
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    qtbot.waitUntil(lambda: window._restarter is not None)
    yield Guarded(window, hub, pack, heard)
    window.shut_down()


@pytest.mark.parametrize("where", ["paint", "slot", "key"])
def test_the_packing_screen_is_built_anew_with_the_order(guarded: Guarded, qtbot: QtBot, where: str) -> None:
    window = guarded.window
    guarded.hub.publish(CameraChanged(state=CameraState.LIVE, width=1920, height=1080, fps=30))
    guarded.hub.publish(DeskChanged(open_desk(2)))
    before = window.pack_screen
    broken = Broken(before, where)
    if where == "slot":
        QTimer.singleShot(0, broken, broken.slot)
    elif where == "key":
        QTimer.singleShot(0, broken, lambda: Hands().press(broken, Qt.Key.Key_Left))
    qtbot.waitUntil(lambda: window.pack_screen is not before)
    assert window._stack.currentWidget() is window.pack_screen
    assert NUMBER in window.pack_screen.band_view.accessibleName()
    assert window.pack_screen.photos.accessibleName().startswith("Photos: 2 of 3")
    assert window.pack_screen.preview.accessibleDescription() == ""
    assert guarded.alert == SAID
    assert any(where in told for told in guarded.heard)
    assert guarded.cues == [Cue.LOOK]


def test_the_new_screen_takes_keys_scans_news_and_pictures(guarded: Guarded, qtbot: QtBot) -> None:
    window, hands = guarded.window, Hands()
    before = window.pack_screen
    broken = Broken(before, "slot")
    QTimer.singleShot(0, broken, broken.slot)
    qtbot.waitUntil(lambda: window.pack_screen is not before)
    QTest.mouseClick(next(iter(window.pack_screen.keys.buttons.values())), Qt.MouseButton.LeftButton)
    assert guarded.pack.calls == ["take_photo"]
    hands.type(window, NUMBER)
    hands.enter(window)
    assert [scan.text for scan in guarded.pack.scans] == [NUMBER]
    guarded.hub.publish(DeskChanged(open_desk(3)))
    assert window.pack_screen.band_view.band.text == "3 of 3 photos — press F4 to send"
    guarded.hub.publish(CameraChanged(state=CameraState.LIVE))
    qtbot.waitUntil(lambda: window.pack_screen.preview.frames_painted > 0)
    window.frame_arrived()


def test_a_mistake_in_the_log_leaves_packing_alone(guarded: Guarded, qtbot: QtBot) -> None:
    window = guarded.window
    pack = window.pack_screen
    window.show_page(Page.LOG)
    failed = window._pages[Page.LOG]
    broken = Broken(failed, "slot")
    QTimer.singleShot(0, broken, broken.slot)
    qtbot.waitUntil(lambda: window._pages.get(Page.LOG) is not failed)
    log = window._pages[Page.LOG]
    assert isinstance(log, LogPage)
    assert window._stack.currentWidget() is log
    log.filters.only(
        ""
    )  # of any date: the photos of the fake log grow older than the week that is shown first
    qtbot.waitUntil(lambda: log.model.rowCount() == 3)
    assert window.pack_screen is pack
    assert guarded.alert == SAID


def test_a_screen_that_fails_again_and_again_is_left_alone(
    guarded: Guarded, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = guarded.window
    shows = PackScreen.show_desk

    def fail(screen: PackScreen, desk: Desk) -> None:
        if desk.photos:
            raise Mistake("cannot show photos")
        shows(screen, desk)

    monkeypatch.setattr(PackScreen, "show_desk", fail)
    guarded.hub.publish(DeskChanged(open_desk(2)))
    qtbot.waitUntil(lambda: isinstance(window._stack.currentWidget(), RepairPage))
    stand_in = window._stack.currentWidget()
    assert isinstance(stand_in, RepairPage)
    assert stand_in.headline == SAID
    assert "F1, F4 and the scanner still work" in stand_in.advice
    hands = Hands()
    hands.press(window, Qt.Key.Key_F1)
    hands.rest()
    hands.press(window, Qt.Key.Key_F4)
    qtbot.waitUntil(lambda: guarded.pack.calls == ["take_photo", "save"])
    failures = len(guarded.heard)
    guarded.hub.publish(DeskChanged(open_desk(3)))
    assert len(guarded.heard) == failures + 1
    assert window._stack.currentWidget() is stand_in
    monkeypatch.setattr(PackScreen, "show_desk", shows)
    hands.rest()
    hands.press(window, Qt.Key.Key_1, "1")
    qtbot.waitUntil(lambda: window._stack.currentWidget() is window.pack_screen)
    assert window.pack_screen.band_view.band.text == "3 of 3 photos — press F4 to send"


def test_a_paint_that_fails_each_time_ends_in_a_page_that_says_so(
    guarded: Guarded, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = guarded.window

    def fail(_screen: PackScreen, _event: object) -> None:
        raise Mistake("paint")

    monkeypatch.setattr(PackScreen, "paintEvent", fail, raising=False)
    window.rebuild(Page.PACK)
    qtbot.waitUntil(lambda: isinstance(window._stack.currentWidget(), RepairPage))
    assert len([told for told in guarded.heard if told == "paint"]) >= restart.TOO_OFTEN


def test_a_mistake_in_a_bar_is_said_and_heard(guarded: Guarded, qtbot: QtBot) -> None:
    broken = Broken(guarded.window._topbar, "slot")
    pack = guarded.window.pack_screen
    QTimer.singleShot(0, broken, broken.slot)
    qtbot.waitUntil(lambda: guarded.alert == SAID)
    assert guarded.window.pack_screen is pack


def test_what_was_said_goes_after_a_while(
    guarded: Guarded, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.window._alert_feed._over.setInterval(50)
    broken = Broken(guarded.window._topbar, "slot")
    QTimer.singleShot(0, broken, broken.slot)
    qtbot.waitUntil(lambda: guarded.alert == SAID)
    qtbot.waitUntil(lambda: guarded.alert == "")


def test_a_window_that_was_closed_hands_mistakes_back(guarded: Guarded) -> None:
    guarding = sys.excepthook
    guarded.window.shut_down()
    assert sys.excepthook != guarding
    sys.excepthook(Mistake, Mistake("later"), None)
    assert guarded.heard == ["later"]


def test_an_end_from_the_keyboard_is_no_mistake(guarded: Guarded, qtbot: QtBot) -> None:
    pack = guarded.window.pack_screen
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    qtbot.wait(50)
    assert guarded.window.pack_screen is pack
    assert guarded.alert == ""
