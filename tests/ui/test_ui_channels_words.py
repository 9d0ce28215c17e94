"""The Channels screen in another language: nothing stays English, nothing is cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from parcelguard.core.events import EventHub
from parcelguard.core.marketplace_facts import ALL, marketplace
from parcelguard.marketplace.ports import AccessState
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.shops.shops_screen import ChannelsPage
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words.access_words import CALLBACK
from tests.support.pseudo_walk import cut_texts, plain_english, pseudo_language
from tests.support.ui_channel_fakes import SHOPS, FakeChannels, connected
from tests.support.ui_helpers import FakePack, make_settings, read_scan

LINK = "https://kopi.example"
MESSAGE = "Kopi {order}"  # what buyers read is in their language
DATA = (
    *(each.name for each in SHOPS),
    *(marketplace(each.marketplace).label(each.region) for each in SHOPS),
    *(row.title for row in ALL.values()),
    *(name for row in ALL.values() for name in row.titles.values()),
    *(f"({region})" for row in ALL.values() for region in row.regions),
    *("{buyer}", "{order}", "{shop}", "{tracking}", "{items}", "{oder}"),
    *("English", "Melayu", CALLBACK, "https://…/{order}", "https://…", LINK, "Kopi"),
    *(address for row in ALL.values() for address in row.chat_page.values()),
)


class Walk:
    """The screen in its window, and what was found on it so far."""

    def __init__(self, page: ChannelsPage, desk: FakeChannels, qtbot: QtBot) -> None:
        self.page, self.desk, self._qtbot = page, desk, qtbot

    def look(self, panel: QWidget) -> None:
        assert self.page._panel is panel
        self._qtbot.waitUntil(lambda: cut_texts(self.page) == [])  # the panel is laid out by then
        assert plain_english(self.page, DATA) == []

    def wait(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=10_000)


@pytest.fixture
def walk(qtbot: QtBot) -> Iterator[Walk]:
    desk = connected()
    desk.settings = tuple(msgspec.structs.replace(each, message=MESSAGE) for each in desk.settings)
    desk.access["kopi-tiktok"] = AccessState.NO_CHAT
    with pseudo_language():
        window = MainWindow(make_settings(), EventHub(), read_scan=read_scan, platform="xcb")
        qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
        window.resize(1366, 768)
        with qtbot.waitSignal(window.first_painted):
            window.show()
        window.attach(FakePack(), None, None, desk)
        window.show_page(Page.CHANNELS)
        page = window._pages[Page.CHANNELS]
        assert isinstance(page, ChannelsPage)
        page.consent._open_url = _opens_nothing
        walk = Walk(page, desk, qtbot)
        walk.wait(lambda: len(page.shops.list.rows) == len(desk.settings))
        walk.wait(lambda: len([call for call in desk.calls if call[0] == "probe_shop"]) == len(desk.settings))
        yield walk
        window.shut_down()


def _opens_nothing(_url: QUrl) -> bool:
    return True


pytestmark = pytest.mark.usefixtures("no_stray_threads")


def test_the_shops_and_the_message_have_no_english_left(walk: Walk) -> None:
    message = walk.page.message
    walk.wait(lambda: bool(message.presets.buttons))
    walk.look(message)
    message.text.setPlainText(f"{LINK} {{oder}}")
    walk.wait(message.remarks.isVisible)
    walk.look(message)
    message.text.setPlainText(MESSAGE)
    walk.page.message._test()
    walk.wait(message.test.isEnabled)
    walk.look(message)


def test_each_question_about_a_shop_has_no_english_left(walk: Walk) -> None:
    page = walk.page
    page._follow_link("kopi-tiktok")
    walk.look(page.text)
    for shop_id in ("kopi-my", "kopi-lazada", "kopi-id"):
        page.escape()
        page._switch(shop_id, on=True)
        walk.look(page.text)
    page.escape()
    page._ask_removal(page._rows["kopi-sg"])
    walk.look(page.text)
    for shop_id in ("kopi-stall", "kopi-my"):
        page.escape()
        page._ask_details(page._rows[shop_id])
        walk.look(page.details)
    for shop_id in ("kopi-my", "kopi-lazada", "kopi-tiktok"):
        page.escape()
        page._authorise(page._rows[shop_id], None)
        walk.look(page.keys)


def test_a_consent_has_no_english_left(walk: Walk) -> None:
    page, row = walk.page, walk.page._rows["kopi-id"]
    page._authorise(row, row.grants[0])
    walk.look(page.consent)
    page.consent._begin()
    walk.wait(lambda: page.consent.attempt is not None)
    walk.look(page.consent)
    page.escape()
    page._go_on("kopi-my", "Kopi & Co")
    walk.wait(lambda: page.done.outcome.isVisible())
    walk.look(page.done)


def test_adding_a_shop_has_no_english_left_at_any_marketplace(walk: Walk) -> None:
    page, adding = walk.page, walk.page.adding
    page._add()
    for place in range(adding.marketplace.count()):
        adding.marketplace.setCurrentIndex(place)
        walk.look(adding)
        if adding.chosen is not None and adding.chosen.keys:
            adding.name.setText("Kopi & Co")
            adding._go_on()
            walk.wait(adding.form.isVisible)
            walk.look(adding)
            adding.escape()


def test_the_menu_of_a_shop_has_no_english_left(walk: Walk) -> None:
    for shop_id in ("kopi-my", "kopi-lazada", "kopi-id", "kopi-stall"):
        entries = [action.text() for action in walk.page.menu_of(shop_id).actions()]
        assert entries
        assert [each for each in entries if not each.startswith("⟦")] == []


def test_the_empty_screen_has_no_english_left(qtbot: QtBot, walk: Walk) -> None:
    walk.desk.settings = ()
    walk.page._read()
    walk.wait(walk.page.shops.hint.isVisible)
    walk.look(walk.page.message)
