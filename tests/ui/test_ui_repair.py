from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from parcelguard.core.events import EventHub
from parcelguard.ui.recovery.repair_page import Choice, RepairPage
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.window import MainWindow
from tests.support.ui_helpers import FakePack, Hands, make_settings, read_scan

HEADLINE = "The records on this computer are damaged."
SAFE = "All photos are safe in their folder."


class Asked:
    """A window that asks, and what was chosen."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.chosen: list[str] = []
        self.hands = Hands()
        self.ask()

    def ask(self) -> None:
        titles = ("Put them together", "Take the backup", "Close")
        self.window.question.ask(
            HEADLINE, SAFE, [Choice(t, f"{t} does this.", self._choose(t)) for t in titles]
        )

    @property
    def page(self) -> RepairPage:
        page = self.window._stack.currentWidget()
        assert isinstance(page, RepairPage)
        return page

    @property
    def asks(self) -> bool:
        return isinstance(self.window._stack.currentWidget(), RepairPage)

    def key(self, key: Qt.Key, text: str) -> None:
        self.hands.rest()
        self.hands.press(QApplication.focusWidget() or self.window, key, text)

    def tab_to(self, wanted: QWidget) -> None:
        for _ in range(30):
            if QApplication.focusWidget() is wanted:
                return
            self.key(Qt.Key.Key_Tab, "\t")
        raise AssertionError("Tab does not lead there")

    def _choose(self, title: str) -> Callable[[], None]:
        return lambda: self.chosen.append(title)


@pytest.fixture
def asked(qtbot: QtBot) -> Iterator[Asked]:
    """Before the rest of the program exists, as it is when the records cannot be opened."""
    window = MainWindow(make_settings(), EventHub(), read_scan=read_scan, platform="xcb")
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    qtbot.waitUntil(window.isActiveWindow)
    yield Asked(window)
    window.shut_down()


def test_the_question_stands_in_place_of_pack_and_says_what_is_safe(asked: Asked) -> None:
    assert asked.page.accessibleName() == f"{HEADLINE} {SAFE}"
    names = [choice.accessibleName() for choice in asked.page.choices]
    assert names == ["1: Put them together", "2: Take the backup", "3: Close"]
    assert asked.page.choices[1].accessibleDescription() == "Take the backup does this."
    assert asked.page.keys.text() == "Press 1, 2 or 3"


def test_a_figure_alone_chooses(asked: Asked, qtbot: QtBot) -> None:
    asked.key(Qt.Key.Key_2, "2")
    qtbot.waitUntil(lambda: asked.chosen == ["Take the backup"])


def test_tab_and_space_choose(asked: Asked) -> None:
    asked.tab_to(asked.page.choices[2])
    asked.key(Qt.Key.Key_Space, " ")
    assert asked.chosen == ["Close"]


def test_a_scan_chooses_nothing(asked: Asked, qtbot: QtBot) -> None:
    asked.hands.rest()
    asked.hands.type(asked.window, "1234567890")
    asked.hands.enter(asked.window)
    asked.hands.rest()
    qtbot.wait(300)
    assert asked.chosen == []
    assert asked.asks


def test_a_choice_is_made_once(asked: Asked, qtbot: QtBot) -> None:
    asked.key(Qt.Key.Key_1, "1")
    qtbot.waitUntil(lambda: asked.chosen == ["Put them together"])
    asked.key(Qt.Key.Key_1, "1")
    asked.page.choices[1].click()
    qtbot.wait(300)
    assert asked.chosen == ["Put them together"]
    assert asked.page.progress_text.words == "Working…"


def test_progress_then_the_result_then_pack(asked: Asked, qtbot: QtBot) -> None:
    gone_on: list[int] = []
    asked.page.choices[0].click()
    asked.window.question.tell_progress("Reading photos: 1,240 of 4,812")
    assert asked.page.progress_text.words == "Reading photos: 1,240 of 4,812"
    assert not any(choice.isVisible() for choice in asked.page.choices)
    asked.window.question.tell_done(
        "The records are whole again.", "4,812 photos of 1,604 orders.", then=lambda: gone_on.append(1)
    )
    assert asked.page._head.words == "The records are whole again."
    assert asked.page._advice.words == "4,812 photos of 1,604 orders."
    assert QApplication.focusWidget() is asked.page.go_on
    assert gone_on == []
    asked.key(Qt.Key.Key_Space, " ")
    assert gone_on == [1]
    assert asked.window._stack.currentWidget() is asked.window.pack_screen


def test_the_program_may_be_plugged_in_before_the_person_goes_on(asked: Asked) -> None:
    asked.page.choices[0].click()
    asked.window.attach(FakePack())
    asked.window.question.tell_done("Done.")
    assert asked.asks
    asked.page.go_on.click()
    assert asked.window.pack_screen.band_view.band.text == "Scan an order"


def test_help_can_be_read_meanwhile_and_the_question_stays(asked: Asked) -> None:
    asked.window.show_page(Page.HELP)
    assert not asked.asks
    asked.window.show_page(Page.PACK)
    assert asked.asks


def test_asking_again_replaces_the_question(asked: Asked, qtbot: QtBot) -> None:
    asked.page.choices[0].click()
    asked.ask()
    assert all(choice.isEnabled() for choice in asked.page.choices)
    asked.key(Qt.Key.Key_3, "3")
    qtbot.waitUntil(lambda: asked.chosen == ["Put them together", "Close"])


def test_without_a_question_there_is_nothing_to_tell(qtbot: QtBot) -> None:
    window = MainWindow(make_settings(), EventHub(), FakePack(), read_scan=read_scan)
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    window.question.tell_progress("1 of 2")
    window.question.tell_done("Done.")
    assert window._stack.currentWidget() is window.pack_screen


@pytest.mark.parametrize(("size", "scale"), [((1024, 700), 200), ((1366, 768), 100), ((3840, 2160), 100)])
def test_it_can_be_painted_at_any_size(qtbot: QtBot, size: tuple[int, int], scale: int) -> None:
    window = MainWindow(make_settings(scale_percent=scale), EventHub(), read_scan=read_scan)
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    asked = Asked(window)
    window.show()
    window.resize(*size)
    for choice in asked.page.choices:
        qtbot.waitUntil(lambda choice=choice: choice.height() >= choice.heightForWidth(choice.width()))  # type: ignore[misc]
    assert not window.grab().isNull()
