from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from parcelguard.core.config import ScannerSettings
from parcelguard.ui.keys.key_filter import Action, WedgeFilter
from tests.support.ui_helpers import Hands

CODE = "SPXMY04217788312"
CTRL = Qt.KeyboardModifier.ControlModifier


class Bench(QWidget):
    """A window with the widgets that may have the focus when somebody scans."""

    def __init__(self, keys: WedgeFilter) -> None:
        super().__init__()
        self.field = QLineEdit()
        self.note = QPlainTextEdit()
        self.button = QPushButton("Resend")
        rows = QVBoxLayout(self)
        rows.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        for widget in (self.field, self.note, self.button):
            rows.addWidget(widget)
        self.scans: list[str] = []
        self.pressed: list[Action] = []
        self.refusals = 0
        keys.scanned.connect(self.scans.append)
        keys.pressed.connect(self.pressed.append)
        keys.refused.connect(self._refuse)

    def _refuse(self) -> None:
        self.refusals += 1


@pytest.fixture
def keys(qapp: QApplication) -> Iterator[WedgeFilter]:
    made = WedgeFilter(ScannerSettings(), platform="xcb")
    qapp.installEventFilter(made)
    yield made
    qapp.removeEventFilter(made)


@pytest.fixture
def bench(qtbot: QtBot, keys: WedgeFilter) -> Bench:
    window = Bench(keys)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


@pytest.fixture
def hands() -> Hands:
    return Hands()


def test_a_scan_into_a_text_field_is_taken_out_again(bench: Bench, hands: Hands) -> None:
    bench.field.setText("mug")
    bench.field.setCursorPosition(1)
    hands.type(bench.field, CODE)
    hands.enter(bench.field)
    assert bench.scans == [CODE]
    assert (bench.field.text(), bench.field.cursorPosition()) == ("mug", 1)


def test_a_scan_into_a_note_is_taken_out_again(bench: Bench, hands: Hands) -> None:
    bench.note.setPlainText("Dear buyer")
    hands.type(bench.note, CODE)
    hands.enter(bench.note)
    assert bench.scans == [CODE]
    assert bench.note.toPlainText() == "Dear buyer"


def test_the_enter_of_a_scan_does_not_reach_the_field(bench: Bench, hands: Hands) -> None:
    entered: list[int] = []
    bench.field.returnPressed.connect(lambda: entered.append(1))
    hands.type(bench.field, CODE)
    hands.enter(bench.field)
    hands.enter(bench.field, gap_ms=5)  # CRLF
    assert entered == []
    hands.rest()
    hands.enter(bench.field)
    assert entered == [1]


def test_what_a_person_types_stays(bench: Bench, hands: Hands) -> None:
    hands.type(bench.field, "241120px", gap_ms=120)
    hands.enter(bench.field, gap_ms=120)
    assert bench.field.text() == "241120px"
    assert bench.scans == []


def test_a_scan_without_any_text_field_is_heard_and_presses_nothing(
    bench: Bench, hands: Hands, qtbot: QtBot
) -> None:
    pressed: list[int] = []
    bench.button.clicked.connect(lambda: pressed.append(1))
    hands.type(bench.button, "ABC 12345")
    hands.enter(bench.button)
    assert bench.scans == ["ABC 12345"]
    assert pressed == []


def test_keys_count_as_pressed_whatever_the_input_method_makes_of_them(bench: Bench, hands: Hands) -> None:
    hands.type(bench.button, "spxmy0421", shown="ㄴㅔㅌㅡㅛ0421")
    hands.enter(bench.button)
    assert bench.scans == ["spxmy0421"]


def test_where_the_platform_tells_no_keys_their_text_counts(qtbot: QtBot, qapp: QApplication) -> None:
    keys = WedgeFilter(ScannerSettings(), platform="offscreen")
    qapp.installEventFilter(keys)
    window = Bench(keys)
    qtbot.addWidget(window)
    hands = Hands()
    hands.type(window.button, CODE, physical=False)
    hands.enter(window.button)
    qapp.removeEventFilter(keys)
    assert window.scans == [CODE]


def test_shift_is_read_and_signs_survive_another_layout(bench: Bench, hands: Hands) -> None:
    hands.type(bench.button, "INV-2023/05", shown="INV'2023-05")
    hands.enter(bench.button)
    assert bench.scans == ["INV-2023/05"]


def test_a_line_feed_key_ends_a_code_too(bench: Bench, hands: Hands) -> None:
    hands.type(bench.button, CODE)
    event = QKeyEvent(QEvent.Type.KeyPress, 10, Qt.KeyboardModifier.NoModifier, 109, 0, 0, "\n")
    event.setTimestamp(hands.at_ms + 20)
    QCoreApplication.sendEvent(bench.button, event)
    assert bench.scans == [CODE]


def test_two_codes_in_one_burst_are_two_scans(bench: Bench, hands: Hands) -> None:
    for code in ("AAAAAA11", "BBBBBB22"):
        hands.type(bench.button, code)
        hands.enter(bench.button)
    assert bench.scans == ["AAAAAA11", "BBBBBB22"]


def test_the_same_code_again_at_once_is_one_scan_until_unlocked(
    bench: Bench, hands: Hands, keys: WedgeFilter
) -> None:
    for _ in range(2):
        hands.rest(400)
        hands.type(bench.button, CODE)
        hands.enter(bench.button)
    assert bench.scans == [CODE]
    keys.unlock()
    hands.rest(400)
    hands.type(bench.button, CODE)
    hands.enter(bench.button)
    assert bench.scans == [CODE, CODE]


def test_silence_ends_a_code_without_enter(bench: Bench, hands: Hands, qtbot: QtBot) -> None:
    hands.type(bench.field, CODE)
    qtbot.waitUntil(lambda: bench.scans == [CODE])
    assert bench.field.text() == ""


@pytest.mark.parametrize("key", [Qt.Key.Key_F1, Qt.Key.Key_F4, Qt.Key.Key_Escape, Qt.Key.Key_F2])
def test_a_function_key_within_a_burst_fires_nothing(
    bench: Bench, hands: Hands, qtbot: QtBot, keys: WedgeFilter, key: Qt.Key
) -> None:
    hands.type(bench.button, "ABCDEF")
    hands.press(bench.button, key)
    hands.type(bench.button, "123")
    hands.enter(bench.button)
    qtbot.waitUntil(lambda: not keys._hold.isActive())
    assert (bench.pressed, bench.scans, bench.refusals) == ([], [], 1)


def test_a_burst_that_begins_with_f4_fires_nothing(
    bench: Bench, hands: Hands, qtbot: QtBot, keys: WedgeFilter
) -> None:
    hands.press(bench.button, Qt.Key.Key_F4)
    hands.type(bench.button, "ABCDEF123", gap_ms=10)
    hands.enter(bench.button)
    qtbot.waitUntil(lambda: not keys._hold.isActive())
    assert (bench.pressed, bench.scans, bench.refusals) == ([], [], 1)


def test_ctrl_w_within_a_burst_reaches_no_widget(bench: Bench, hands: Hands) -> None:
    bench.field.setText("kept")
    hands.type(bench.field, "ABCDEF")
    hands.press(bench.field, Qt.Key.Key_W, "\x17", modifiers=CTRL)
    hands.press(bench.field, Qt.Key.Key_A, "\x01", modifiers=CTRL)
    hands.type(bench.field, "123")
    hands.enter(bench.field)
    assert (bench.scans, bench.refusals, bench.field.text()) == ([], 1, "kept")


def test_the_group_separator_of_gs1_is_part_of_the_code(bench: Bench, hands: Hands) -> None:
    hands.type(bench.button, "0109501101")
    hands.press(bench.button, Qt.Key.Key_BracketRight, "\x1d", modifiers=CTRL)
    hands.type(bench.button, "10ABC")
    hands.enter(bench.button)
    assert bench.scans == ["0109501101\x1d10ABC"]


def test_a_lone_pedal_works_whatever_has_the_focus(bench: Bench, hands: Hands, qtbot: QtBot) -> None:
    for target, key in ((bench.field, Qt.Key.Key_F1), (bench.note, Qt.Key.Key_F4)):
        hands.rest()
        hands.press(target, key)
    qtbot.waitUntil(lambda: bench.pressed == [Action.TAKE, Action.SAVE])


def test_a_held_key_is_one_press(bench: Bench, hands: Hands, qtbot: QtBot) -> None:
    hands.press(bench.button, Qt.Key.Key_F1)
    for _ in range(20):
        hands.press(bench.button, Qt.Key.Key_F1, repeat=True, gap_ms=30)
    assert bench.pressed == [Action.TAKE]


def test_f1_and_f4_keep_their_order(bench: Bench, hands: Hands, qtbot: QtBot) -> None:
    hands.press(bench.button, Qt.Key.Key_F4)
    hands.press(bench.button, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: bench.pressed == [Action.SAVE, Action.TAKE])


def test_a_key_counts_once_though_qt_shows_it_to_window_and_parents(
    bench: Bench, hands: Hands, qtbot: QtBot
) -> None:
    bench.button.setFocus()
    window = bench.windowHandle()
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        event = QKeyEvent(kind, Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier, "")
        QCoreApplication.sendEvent(window, event)
    assert bench.pressed == [Action.TAKE]


def test_alt_and_keypad_digits_are_composed(bench: Bench, hands: Hands) -> None:
    both = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.KeypadModifier
    for char in "AB12-CD":
        for digit in str(ord(char)):
            hands.press(bench.button, Qt.Key(ord(digit)), digit, modifiers=both, gap_ms=5)
        hands.press(bench.button, Qt.Key.Key_Alt, gap_ms=5)
    hands.enter(bench.button)
    assert bench.scans == ["AB12-CD"]


def test_space_still_presses_the_button_that_has_the_focus(bench: Bench, hands: Hands) -> None:
    pressed: list[int] = []
    bench.button.clicked.connect(lambda: pressed.append(1))
    hands.press(bench.button, Qt.Key.Key_Space, " ")
    assert pressed == [1]


@pytest.mark.parametrize(("key", "action"), [(Qt.Key.Key_F1, Action.TAKE), (Qt.Key.Key_F4, Action.SAVE)])
def test_a_key_held_down_counts_once_even_if_x11_does_not_mark_its_repeats(
    bench: Bench, hands: Hands, qtbot: QtBot, key: Qt.Key, action: Action
) -> None:
    hands.hold(bench.button, key)
    hands.press(bench.button, Qt.Key.Key_F9)  # told after all that went before
    qtbot.waitUntil(lambda: Action.HELP in bench.pressed)
    assert bench.pressed == [action, Action.HELP]


def test_a_key_pressed_again_after_its_release_counts_again(bench: Bench, hands: Hands) -> None:
    for _ in range(3):
        hands.press(bench.button, Qt.Key.Key_F1, gap_ms=3)
    assert bench.pressed == [Action.TAKE] * 3


def test_a_single_character_by_hand_is_told_once_nothing_followed(
    bench: Bench, keys: WedgeFilter, hands: Hands, qtbot: QtBot
) -> None:
    alone: list[str] = []
    keys.alone.connect(alone.append)
    hands.press(bench.button, Qt.Key.Key_2, "2")
    assert alone == []
    qtbot.waitUntil(lambda: alone == ["2"])


@pytest.mark.parametrize("typed", ["12", "1234", CODE])
def test_what_is_more_than_one_character_is_not_told_as_one(
    bench: Bench, keys: WedgeFilter, hands: Hands, qtbot: QtBot, typed: str
) -> None:
    alone: list[str] = []
    keys.alone.connect(alone.append)
    hands.type(bench.button, typed)
    hands.rest()
    hands.press(bench.button, Qt.Key.Key_7, "7")
    qtbot.waitUntil(lambda: alone == ["7"])


def test_a_character_in_a_text_field_is_only_typed(
    bench: Bench, keys: WedgeFilter, hands: Hands, qtbot: QtBot
) -> None:
    alone: list[str] = []
    keys.alone.connect(alone.append)
    bench.field.setFocus()
    hands.press(bench.field, Qt.Key.Key_2, "2")
    hands.rest()
    hands.press(bench.button, Qt.Key.Key_7, "7")
    qtbot.waitUntil(lambda: alone == ["7"])
    assert bench.field.text() == "2"
