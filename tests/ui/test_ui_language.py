"""The language changes while the program works: everything is said anew, and the open order stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from parcelguard.core.alerts import Alert, AlertKey, AlertsChanged, AlertTopic, Severity
from parcelguard.core.events import CameraChanged, CameraState, EventHub, QueueChanged, ShopQueue
from parcelguard.core.proofs import Today
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because
from parcelguard.packing.desk_view import (
    Desk,
    DeskChanged,
    DeskState,
    F4Does,
    Notice,
    NoticeKind,
    PackedBefore,
    ProofSaved,
    ShortBudget,
)
from parcelguard.runtime.translation import ENGLISH, PSEUDO, tr, use_language
from parcelguard.ui.recovery.repair_page import Choice
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.window import MainWindow
from tests.support.pseudo_walk import cut_texts, painted_lines, plain_english
from tests.support.ui_helpers import (
    NOON,
    NUMBER,
    SHOP,
    FakeLog,
    FakePack,
    FakePreview,
    Hands,
    make_proof,
    make_settings,
    open_desk,
    read_scan,
)

WHY = because(CameraReason.NO_CAMERA)
BEFORE = PackedBefore(NOON, "Wei")
CODE = "MYNJV00000042"
DESKS = [
    Desk(today=Today(1240, 31)),
    open_desk(),
    open_desk(1),
    open_desk(1, taking=1),
    open_desk(3),
    open_desk(2, saving=True),
    open_desk(2, message_said=True),
    open_desk(2, short_budget=ShortBudget(0, F4Does.WAIT_FOR_SUPERVISOR)),
    *(open_desk(2, short_budget=ShortBudget(2, does)) for does in F4Does),
    open_desk(state=DeskState.CANCELLED),
    *(open_desk(count, state=DeskState.PACKED, packed_before=BEFORE) for count in (0, 2)),
    open_desk(state=DeskState.PACKED),
    Desk(state=DeskState.UNMATCHED, code=CODE, searching=True),
    Desk(state=DeskState.UNMATCHED, code=CODE),
    Desk(state=DeskState.UNMATCHED, code=CODE, photos=open_desk(2).photos),
    *(open_desk(1, notice=Notice(kind, CODE, WHY)) for kind in NoticeKind),
    *(Desk(notice=Notice(kind, CODE, WHY)) for kind in NoticeKind),
]
ALERTS = tuple(Alert(AlertKey(topic), Severity.WARN, WHY) for topic in list(AlertTopic)[:3])


@pytest.fixture
def hub() -> EventHub:
    return EventHub()


@pytest.fixture
def pack() -> FakePack:
    return FakePack()


@pytest.fixture
def window(qtbot: QtBot, hub: EventHub, pack: FakePack, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(
        make_settings(), hub, pack, FakePreview(), FakeLog(tmp_path, 3), read_scan=read_scan, platform="xcb"
    )
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    qtbot.waitUntil(lambda: window._restarter is not None)
    yield window
    window.shut_down()
    use_language(ENGLISH)


def data_of(desk: Desk) -> list[str]:
    """Return what no language changes: names, numbers and the buyer's own message."""
    order = desk.order
    items = [word for item in order.items for word in (item.name, item.sku)] if order else []
    named = [order.number, *_cut(order.buyer_name), *_cut(order.carrier)] if order else []
    return [
        *named,
        *items,
        *desk.message.split(),
        desk.code,
        CODE,
        SHOP.label,
        "Bench 07",
        "Aina",
        "Wei",
        "PG",
    ]


def _cut(words: str) -> list[str]:
    """Return what may be left of the buyer's line, which gives way to the sentence in the band."""
    return [words[:length] for length in range(2, len(words) + 1)]


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("desk", DESKS, ids=lambda desk: f"{desk.state}-{desk.notice and desk.notice.kind}")
def test_everything_on_pack_is_translated_and_nothing_is_cut(
    window: MainWindow, hub: EventHub, desk: Desk, size: tuple[int, int]
) -> None:
    hub.publish(CameraChanged(state=CameraState.LOST))
    hub.publish(QueueChanged(sending=2, waiting=1, attention=3, by_hand=4))
    hub.publish(ShopQueue(SHOP.id, SHOP.label, 20, 4900))
    window.resize(*size)
    window.change_language(PSEUDO)
    hub.publish(DeskChanged(desk))
    QApplication.processEvents()  # the new screen is laid out
    assert plain_english(window, data_of(desk)) == []
    assert cut_texts(window) == []


def test_the_open_order_stays_when_the_language_changes(
    window: MainWindow, hub: EventHub, pack: FakePack, qtbot: QtBot
) -> None:
    hub.publish(CameraChanged(state=CameraState.LIVE, width=1920, height=1080, fps=30))
    desk = open_desk(2)
    hub.publish(DeskChanged(desk))
    hands = Hands()

    for code in (PSEUDO, ENGLISH):
        window.change_language(code)
        shown = window.pack_screen
        assert window._stack.currentWidget() is shown
        assert NUMBER in shown.band_view.accessibleName()
        assert len(shown.photos._desk.photos) == 2
        assert bool(plain_english(window, data_of(desk))) == (code == ENGLISH)
        pack.calls.clear()
        hands.rest()
        hands.press(window, Qt.Key.Key_F1)
        qtbot.waitUntil(lambda: pack.calls == ["take_photo"])
    assert shown.band_view.band.text == "2 of 3 photos — F1 takes more, F4 sends"


def test_the_last_proof_stays_in_the_band_when_the_language_changes(
    window: MainWindow, hub: EventHub
) -> None:
    hub.publish(DeskChanged(Desk()))
    hub.publish(ProofSaved(make_proof(), sends=True))
    window.change_language(PSEUDO)
    assert window.pack_screen.band_view.band.text == tr("Saved. Sending…")
    assert "Saved" not in window.pack_screen.band_view.band.text


def test_another_screen_is_shown_in_the_new_language_at_once(window: MainWindow) -> None:
    window.show_page(Page.HELP)
    window.change_language(PSEUDO)
    assert window.page is Page.HELP
    QApplication.processEvents()
    assert plain_english(window, ["F1", "F2", "F4", "PG", "Bench 07", "Aina"]) == []
    assert cut_texts(window) == []


def test_the_camera_keeps_its_place_in_the_top_bar_when_words_grow_long(
    window: MainWindow, hub: EventHub
) -> None:
    hub.publish(CameraChanged(state=CameraState.LOST))
    hub.publish(QueueChanged(sending=2, waiting=1, attention=3, by_hand=4))
    hub.publish(ShopQueue(SHOP.id, SHOP.label, 20, 4900))
    window.resize(1250, 768)
    QApplication.processEvents()
    assert "Aina" in painted_lines(window._topbar)
    window.change_language(PSEUDO)
    QApplication.processEvents()
    painted = painted_lines(window._topbar)
    assert tr("No camera").strip("⟦⟧") in painted
    assert "Bench 07" not in painted


def test_the_alert_strip_and_its_button_are_said_anew(window: MainWindow, hub: EventHub) -> None:
    hub.publish(AlertsChanged(ALERTS))
    strip = window._alert_feed.strip
    assert strip is not None
    assert strip.more.text() == "+2 more"
    window.change_language(PSEUDO)
    assert strip.more.text() == tr("+{count} more", count=2)
    strip.more.click()
    assert strip.more.text() == tr("Show less")


def test_a_program_that_cannot_start_says_why_in_the_new_language(window: MainWindow) -> None:
    window.fail(WHY)
    window.change_language(PSEUDO)
    assert tr("No camera.").strip("⟦⟧~.") in window.pack_screen.band_view.band.text


def test_a_question_in_place_of_pack_stays_and_names_its_keys_in_the_language_it_was_asked_in(
    window: MainWindow,
) -> None:
    use_language(PSEUDO)
    window.question.ask("1", "2", [Choice(str(n), "3", lambda: None) for n in range(4)])
    page = window.question.page
    assert page is not None
    assert page.keys.text() == tr("Press a number from 1 to {last}", last=4)
    window.change_language(ENGLISH)
    assert window.question.page is page
    assert window._stack.currentWidget() is page
