from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from threading import Event, Thread, current_thread, main_thread

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from parcelguard.core.errors import NoNetwork
from parcelguard.core.events import (
    CameraChanged,
    CameraState,
    CodeBox,
    CodesSeen,
    EventHub,
    ProofChanged,
    QueueChanged,
)
from parcelguard.core.proofs import ProofState, Today
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.scans import ScanSource
from parcelguard.packing.desk_view import (
    Desk,
    DeskChanged,
    DeskState,
    Notice,
    NoticeKind,
    ProofSaved,
)
from parcelguard.ui.keys.key_filter import Action
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.shell.farewell import FINISHING, Farewell
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words import pack_words as words
from tests.support.ui_helpers import (
    NUMBER,
    SHOP,
    FakePack,
    FakePreview,
    Hands,
    make_proof,
    make_settings,
    open_desk,
    read_scan,
)

CODE = "SPXMY04217788312"
NEWS = ProofChanged("p9", "241120PX77A0QE", SHOP.label, ProofState.DELIVERED)


@pytest.fixture
def hub() -> EventHub:
    return EventHub()


@pytest.fixture
def pack() -> FakePack:
    return FakePack()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def bare(qtbot: QtBot, hub: EventHub) -> Iterator[MainWindow]:
    """A window before the rest of the program exists."""
    window = MainWindow(make_settings(), hub, read_scan=read_scan, platform="xcb")
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    yield window
    window.shut_down()


@pytest.fixture
def window(bare: MainWindow, pack: FakePack) -> MainWindow:
    bare.attach(pack, FakePreview())
    return bare


def band_text(window: MainWindow) -> str:
    return window.pack_screen.band_view.band.text


def until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=3000)


def test_before_the_program_is_there_keys_are_answered(bare: MainWindow, hands: Hands) -> None:
    assert band_text(bare) == "Starting…"
    hands.press(bare, Qt.Key.Key_F1)
    assert band_text(bare) == "Starting…"


def test_a_program_that_cannot_start_says_why(bare: MainWindow, pack: FakePack) -> None:
    bare.fail(as_told("Cannot save on this computer.", "Check the photo folder."))
    assert bare.pack_screen.band_view.band.tone is BandTone.BAD
    assert band_text(bare) == "Cannot save on this computer. Check the photo folder"
    bare.attach(pack)
    assert band_text(bare) == "Scan an order"


def test_once_attached_it_waits_for_a_scan(window: MainWindow) -> None:
    assert band_text(window) == "Scan an order"


def test_a_scan_reaches_the_desk_with_what_was_read(window: MainWindow, pack: FakePack, hands: Hands) -> None:
    hands.type(window, CODE)
    hands.enter(window)
    assert [(scan.text, scan.source) for scan in pack.scans] == [(CODE, ScanSource.WEDGE)]


def test_the_five_keys_reach_the_desk(window: MainWindow, pack: FakePack, hands: Hands, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_F1, Qt.Key.Key_F2, Qt.Key.Key_F4, Qt.Key.Key_Escape):
        hands.rest()
        hands.press(window, key)
    until(qtbot, lambda: pack.calls == ["take_photo", "retake", "save", "clear"])


def test_the_keys_work_by_mouse_too(window: MainWindow, pack: FakePack) -> None:
    for action in (Action.TAKE, Action.SAVE, Action.RETAKE, Action.CLEAR):
        QTest.mouseClick(window.pack_screen.keys.buttons[action], Qt.MouseButton.LeftButton)
    assert pack.calls == ["take_photo", "save", "retake", "clear"]


def test_a_scan_brings_pack_to_the_front_from_any_page(
    window: MainWindow, pack: FakePack, hands: Hands
) -> None:
    window.show_page(Page.HELP)
    hands.press(window, Qt.Key.Key_F1)
    assert (window.page, pack.calls) == (Page.HELP, ["take_photo"])
    hands.rest()
    hands.type(window, CODE)
    hands.enter(window)
    assert window.page is Page.PACK
    assert len(pack.scans) == 1


def test_the_band_follows_the_desk_from_any_thread(window: MainWindow, hub: EventHub, qtbot: QtBot) -> None:
    desk = Thread(target=hub.publish, args=(DeskChanged(open_desk()),))
    desk.start()
    until(qtbot, lambda: band_text(window) == "Take photos of the open parcel")
    desk.join()
    assert NUMBER in window.pack_screen.band_view.accessibleName()


def test_photos_tell_their_check_and_what_is_on_its_way(window: MainWindow, hub: EventHub) -> None:
    hub.publish(DeskChanged(open_desk(2, taking=1)))
    spoken = window.pack_screen.photos.accessibleName()
    assert spoken == "Photos: 2 of 3, taking one. Sharp, Blurry · F2"


def test_delivery_of_the_last_order_is_shown_until_the_next_scan(window: MainWindow, hub: EventHub) -> None:
    hub.publish(DeskChanged(Desk()))
    hub.publish(ProofSaved(make_proof(1), sends=True))
    assert band_text(window) == "Saved. Sending…"
    hub.publish(ProofChanged("p1", "241120PX000001", SHOP.label, ProofState.DELIVERED))
    assert band_text(window) == words.SENT
    hub.publish(DeskChanged(open_desk()))
    hub.publish(DeskChanged(Desk()))
    assert band_text(window) == "Scan an order"


def test_news_of_another_order_come_as_a_toast_and_leave_the_band_alone(
    window: MainWindow, hub: EventHub, qtbot: QtBot
) -> None:
    hub.publish(DeskChanged(open_desk()))
    hub.publish(NEWS)
    toast = window.pack_screen.toast
    assert toast is not None
    assert toast.isVisible()
    assert toast.band is not None
    assert (toast.band.text, toast.band.code) == (words.SENT, "241120PX77A0QE")
    assert band_text(window) == "Take photos of the open parcel"


def test_the_same_waiting_proof_is_told_once(window: MainWindow, hub: EventHub) -> None:
    waiting = ProofChanged("p9", "241120PX77A0QE", SHOP.label, ProofState.WAITING, reason=NoNetwork().reason)
    hub.publish(DeskChanged(open_desk()))
    hub.publish(waiting)
    toast = window.pack_screen.toast
    assert toast is not None
    toast.hide()
    hub.publish(waiting)
    assert not toast.isVisible()


def test_news_that_overtake_the_saving_are_not_lost(window: MainWindow, hub: EventHub) -> None:
    hub.publish(DeskChanged(Desk()))
    hub.publish(ProofChanged("p1", "241120PX000001", SHOP.label, ProofState.DELIVERED))
    hub.publish(ProofSaved(make_proof(1), sends=True))
    assert band_text(window) == words.SENT


def test_the_chips_count_what_is_under_way(window: MainWindow, hub: EventHub) -> None:
    hub.publish(CameraChanged(state=CameraState.LIVE, width=1920, height=1080, fps=30))
    hub.publish(QueueChanged(sending=2, waiting=1, attention=3))
    assert [chip.text for chip in window._topbar.chips] == [
        "Camera 1080p · 30 fps",
        "Sending 2",
        "Waiting 1",
        "Needs a check 3",
        "Bench 07",
        "Aina",
    ]
    hub.publish(QueueChanged(sending=0, waiting=0, attention=0))
    assert [chip.text for chip in window._topbar.chips][1:] == ["Bench 07", "Aina"]


def test_a_lost_camera_says_what_to_do(window: MainWindow, hub: EventHub) -> None:
    hub.publish(CameraChanged(state=CameraState.LOST))
    told = window.pack_screen.preview.accessibleDescription()
    assert told == "No camera. Check the camera’s cable. Photos taken so far are safe."


def test_f3_opens_a_field_and_enter_looks_the_number_up(
    window: MainWindow, pack: FakePack, hands: Hands, qtbot: QtBot
) -> None:
    hands.press(window, Qt.Key.Key_F3)
    until(qtbot, lambda: window.pack_screen.find_field is not None)
    field = window.pack_screen.find_field
    assert field is not None
    assert field.isVisible()
    hands.rest()
    hands.type(field.field, "241120q9ckd7t1", gap_ms=130)
    hands.enter(field.field, gap_ms=130)
    assert [(scan.text, scan.source) for scan in pack.scans] == [(NUMBER, ScanSource.TYPED)]
    assert not field.isVisible()


def test_esc_closes_the_find_field_and_leaves_the_order(
    window: MainWindow, pack: FakePack, hands: Hands, qtbot: QtBot
) -> None:
    hands.press(window, Qt.Key.Key_F3)
    until(qtbot, lambda: window.pack_screen.find_field is not None)
    field = window.pack_screen.find_field
    assert field is not None
    hands.rest()
    hands.press(field.field, Qt.Key.Key_Escape)
    until(qtbot, lambda: not field.isVisible())
    assert pack.calls == []


def test_f9_opens_and_closes_help(window: MainWindow, hands: Hands, qtbot: QtBot) -> None:
    hands.press(window, Qt.Key.Key_F9)
    until(qtbot, lambda: window.page is Page.HELP)
    hands.rest()
    hands.press(window, Qt.Key.Key_Escape)
    until(qtbot, lambda: window.page is Page.PACK)


def test_a_code_with_control_keys_is_refused_in_words(
    window: MainWindow, pack: FakePack, hands: Hands
) -> None:
    hands.type(window, "ABCDEF")
    hands.press(window, Qt.Key.Key_W, "\x17", modifiers=Qt.KeyboardModifier.ControlModifier)
    hands.type(window, "123")
    hands.enter(window)
    assert window.isVisible()
    assert pack.scans == []
    assert band_text(window) == words.CONTROL_KEYS


def test_a_burst_with_alt_f4_does_not_close_the_window(
    window: MainWindow, hands: Hands, qtbot: QtBot
) -> None:
    hands.type(window, "ABCDEF")
    window.close()
    assert window.isVisible()
    hands.enter(window)
    with qtbot.waitSignal(window.closed):
        window.close()


def test_a_window_whose_calls_end_at_once_is_closed_without_a_word(bare: MainWindow, qtbot: QtBot) -> None:
    bare.end_with(lambda: None)
    with qtbot.waitSignal(bare.closed):
        bare.close()
    assert not bare.isVisible()


def test_a_window_stays_with_a_word_until_the_calls_in_flight_ended(
    window: MainWindow, pack: FakePack, hands: Hands, qtbot: QtBot
) -> None:
    over, threads = Event(), list[Thread]()

    def take_down() -> None:
        threads.append(current_thread())
        over.wait(10)

    window.end_with(take_down)
    closed: list[bool] = []
    window.closed.connect(lambda: closed.append(True))
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(Farewell)))
    [farewell] = window.findChildren(Farewell)
    assert farewell.accessibleName().startswith(FINISHING)
    window.resize(1500, 900)
    qtbot.waitUntil(lambda: farewell.size() == window.size())
    assert not window.grab().isNull()
    hands.press(window, Qt.Key.Key_F4)
    window.close()
    assert window.isVisible()
    assert (closed, pack.calls) == ([], [])
    over.set()
    qtbot.waitUntil(lambda: closed == [True])
    assert not window.isVisible()
    assert len(threads) == 1
    assert threads != [main_thread()]


def test_a_mistake_while_the_calls_end_still_closes_the_window(bare: MainWindow, qtbot: QtBot) -> None:
    def stumble() -> None:
        raise ZeroDivisionError

    bare.end_with(stumble)
    with qtbot.waitSignal(bare.closed):
        bare.close()


def test_a_program_that_is_taken_down_meanwhile_waits_for_the_calls(bare: MainWindow, qtbot: QtBot) -> None:
    going, ended, never = Event(), list[bool](), Event()

    def take_down() -> None:
        going.set()
        never.wait(0.2)
        ended.append(True)

    bare.end_with(take_down)
    bare.close()
    assert going.wait(5)
    bare.shut_down()
    assert ended == [True]


def test_the_preview_paints_the_newest_frame_and_asks_for_its_size(window: MainWindow, qtbot: QtBot) -> None:
    source = FakePreview()
    preview = window.pack_screen.preview
    window.pack_screen.show_camera(CameraChanged(state=CameraState.LIVE))
    preview.attach(source)
    until(qtbot, lambda: (preview.width(), preview.height()) in source.views)
    until(qtbot, lambda: preview.frames_painted > 0)
    painted, source.number = preview.frames_painted, 7

    def announce_frames() -> None:
        for _ in range(50):
            window.frame_arrived()

    camera = Thread(target=announce_frames)
    camera.start()
    until(qtbot, lambda: preview.frames_painted == painted + 1)
    camera.join()


def test_a_seen_code_is_outlined_where_it_is(window: MainWindow, hub: EventHub, qtbot: QtBot) -> None:
    window.pack_screen.preview.attach(FakePreview())
    hub.publish(CameraChanged(state=CameraState.LIVE, width=1920, height=1080, fps=30))
    corners = ((0.2, 0.4), (0.5, 0.4), (0.5, 0.6), (0.2, 0.6))
    preview = window.pack_screen.preview
    before = preview.grab().toImage()
    hub.publish(CodesSeen((CodeBox(CODE, "Code128", corners),)))
    after = preview.grab().toImage()
    x, y = int(preview.width() * 0.35), int(preview.height() * 0.4)
    assert before.pixelColor(x, y) != after.pixelColor(x, y)


def test_markup_in_foreign_text_is_shown_as_it_is(window: MainWindow, hub: EventHub) -> None:
    from dataclasses import replace

    desk = open_desk()
    assert desk.order is not None
    order = replace(desk.order, buyer_name="<img src=http://x/y>", number="<b>1</b>")
    hub.publish(DeskChanged(replace(desk, order=order, message="<h1>Hi</h1>")))
    window.grab()
    assert "<img src=http://x/y>" in window.pack_screen.band_view.accessibleName()
    rich = [label for label in window.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText]
    assert rich == []


def test_a_notice_in_an_open_order_can_be_painted_at_any_size(
    window: MainWindow, hub: EventHub, qtbot: QtBot
) -> None:
    failed = Notice(NoticeKind.PHOTO_FAILED, reason=because(CameraReason.NO_CAMERA))
    hub.publish(DeskChanged(open_desk(2, notice=failed, today=Today(1, None))))
    for width, height in ((1024, 700), (1920, 1080), (3840, 2160)):
        window.resize(width, height)
        assert not window.grab().isNull()


def test_every_control_has_a_name(window: MainWindow) -> None:
    from PySide6.QtWidgets import QAbstractButton

    nameless = [
        button
        for button in window.findChildren(QWidget)
        if isinstance(button, QAbstractButton) and not button.accessibleName()
    ]
    assert nameless == []


def test_large_text_never_makes_the_window_larger_than_the_screen(qtbot: QtBot, hub: EventHub) -> None:
    window = MainWindow(make_settings(scale_percent=200), hub, FakePack(), read_scan=read_scan)
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    window.show()
    hub.publish(DeskChanged(open_desk(3)))
    assert window.minimumSize().width() <= 1024
    assert (window.width(), window.height()) == (1366, 768)


def test_a_window_that_went_away_hears_nothing_more(qtbot: QtBot, hub: EventHub, qapp: QApplication) -> None:
    window = MainWindow(make_settings(), hub, FakePack(), read_scan=read_scan)
    qtbot.addWidget(window)
    window.shut_down()
    hub.publish(DeskChanged(open_desk()))
    assert band_text(window) == "Scan an order"


def test_before_the_first_paint_only_qt_and_the_core_are_loaded() -> None:
    code = (
        "import sys, parcelguard.ui.window;"
        "heavy = ('sqlalchemy', 'httpx', 'cv2', 'PIL', 'numpy', 'miniaudio', 'zxingcpp');"
        "lazy = ('log.log_screen', 'pack.find_field', 'shell.toast', 'shell.help_screen');"
        "lazy = tuple(f'parcelguard.ui.{name}' for name in lazy);"
        "print([name for name in heavy + lazy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_the_keys_of_the_log_and_of_typing(window: MainWindow, hands: Hands, qtbot: QtBot) -> None:
    hands.press(window, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: window.page is Page.HELP)
    sheets = [each for each in window.findChildren(QWidget) if "Keys in the log" in each.accessibleName()]
    assert len(sheets) == 1
    spoken = sheets[0].accessibleName()
    for key in ("F3: Find an order", "Tab: ", "↑ ↓: ", "Enter: "):
        assert key in spoken


def test_pack_says_how_to_do_without_a_scan(window: MainWindow) -> None:
    assert window.pack_screen.band_view.band.buyer_line == "F3 types a number"
    assert "F3 types a number" in window.pack_screen.band_view.accessibleName()


def test_a_code_that_nobody_was_asked_about_names_no_marketplace(window: MainWindow, hub: EventHub) -> None:
    hub.publish(DeskChanged(Desk(state=DeskState.UNMATCHED, code="X", searching=True)))
    assert window.pack_screen.items.accessibleName() == "Items to pack: No items are known for this code"
