"""Every page of the window in a language that nobody speaks: no plain English is left, and nothing is cut.

What a page shows in all its states and with each of its panels open is walked in the tests of that page.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from parcelguard.core.events import EventHub
from parcelguard.packing.desk_view import DeskChanged
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.window import MainWindow
from tests.support.pseudo_walk import cut_texts, painted_lines, plain_english, pseudo_language
from tests.support.ui_channel_fakes import connected
from tests.support.ui_helpers import (
    MESSAGE,
    NUMBER,
    ORDER,
    SHOP,
    FakeLog,
    FakePack,
    FakePreview,
    make_settings,
    open_desk,
    read_scan,
)

SIZES = [(1366, 768), (1920, 1080)]
# What no language changes: names of people, shops and goods, numbers, keys on the keyboard.
DATA = (
    *("Aina", "Bench 07", "Siti", "ParcelGuard", "PG", "Esc", "Enter", "Tab", "Ctrl", "Shift"),
    *(NUMBER, *MESSAGE.split(), SHOP.name, SHOP.label, ORDER.buyer_name, ORDER.carrier),
    *(text for item in ORDER.items for text in (item.name, item.sku)),
)


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def window(request: pytest.FixtureRequest, qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    hub, log, channels = EventHub(), FakeLog(tmp_path, 6), connected()
    with pseudo_language():
        opened = MainWindow(make_settings(), hub, read_scan=read_scan, platform="xcb")
        qtbot.addWidget(opened)
        opened.resize(*request.param)
        with qtbot.waitSignal(opened.first_painted):
            opened.show()
        opened.attach(FakePack(), FakePreview(), log, channels)
        hub.publish(DeskChanged(open_desk(2)))
        yield opened
        opened.shut_down()


@pytest.mark.parametrize("page", list(Page), ids=str)
def test_no_page_shows_plain_english_or_cuts_a_text(window: MainWindow, qtbot: QtBot, page: Page) -> None:
    data = (*DATA, *(row.settings.name for row in connected().shops()))
    window.show_page(page)
    qtbot.waitUntil(lambda: window.page is page)
    qtbot.waitUntil(lambda: sum("⟦" in line for line in painted_lines(window)) > len(Page))
    assert plain_english(window, data) == []
    assert cut_texts(window) == []
