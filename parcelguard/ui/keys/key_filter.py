"""Keys of the whole application: the scanner's bursts, and the packer's function keys.

One event filter sees every key before any widget does. Characters go on to a text field and
are taken out again if they turn out to be a scan; elsewhere they do nothing by themselves.
A function key fires when it stands alone, whatever has the focus: a pedal sends nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from parcelguard.core.config import ScannerSettings
from parcelguard.ui.keys.us_keys import physical_offset, us_character
from parcelguard.ui.keys.wedge import Code, WedgeClassifier

if TYPE_CHECKING:
    from parcelguard.ui.kit.text_field import Snapshot

# How long a key that cannot be taken back waits, to see whether a burst follows it. Some codes hold control
# characters, and a scanner types those as function keys: an F4 in front of a code would save an order that
# nobody wanted to save. Scanners press the next key within 5 to 20 ms, so 30 ms tell one from the other, and
# no finger notices them. F1 does not wait: the picture is of the moment, and one photo more does no harm.
HOLD_MS: Final = 30
# X11 tells a held key as release and press at one time, and Qt does not always mark them as repeat.
REPEAT_MS: Final = 2

_CTRL = Qt.KeyboardModifier.ControlModifier
_ALT = Qt.KeyboardModifier.AltModifier
_META = Qt.KeyboardModifier.MetaModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_MODIFIER_KEYS: frozenset[int] = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    }
)
_TERMINATORS: frozenset[int] = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab})
_LINE_ENDS = frozenset({"\r", "\n", "\t"})
# LF and CR as some scanners send them
_CTRL_TERMINATORS: frozenset[int] = frozenset({Qt.Key.Key_J, Qt.Key.Key_M})


class Action(StrEnum):
    """What the packer's keys ask for."""

    TAKE = "take"
    RETAKE = "retake"
    FIND = "find"
    SAVE = "save"
    HELP = "help"
    CLEAR = "clear"


_ACTIONS: dict[int, Action] = {
    Qt.Key.Key_F1: Action.TAKE,
    Qt.Key.Key_F2: Action.RETAKE,
    Qt.Key.Key_F3: Action.FIND,
    Qt.Key.Key_F4: Action.SAVE,
    Qt.Key.Key_F9: Action.HELP,
    Qt.Key.Key_Escape: Action.CLEAR,
}


class WedgeFilter(QObject):
    """Application-wide event filter; install it with `QApplication.installEventFilter`."""

    scanned = Signal(str)
    refused = Signal()  # a code with control keys, ignored
    pressed = Signal(Action)
    alone = Signal(str)  # one character outside a text field, by hand: nothing came before or after it

    def __init__(
        self, settings: ScannerSettings, platform: str | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._classifier = WedgeClassifier(settings)
        self._repeat_s = settings.repeat_ms / 1000
        self._offset = physical_offset(QGuiApplication.platformName() if platform is None else platform)
        self._last_seen: tuple[QEvent.Type, int, int] | None = None
        self._last_target: QObject | None = None
        self._last_time_s = 0.0
        self._last_code = ("", float("-inf"))
        self._released: dict[int, int] = {}  # when each function key was let go last
        self._before: Snapshot | None = None
        self._alt_digits = ""
        self._lone = ""  # the first character of what may become a burst, while there is no second
        self._composed = ("", float("-inf"))
        self._held: list[Action] = []
        self._hold = self._timer(HOLD_MS, self._release_held)
        self._silence = self._timer(settings.silence_ms, self._after_silence)

    @property
    def in_burst(self) -> bool:
        """Whether a scanner is typing just now."""
        return self._classifier.machine(self._last_time_s)

    def unlock(self) -> None:
        """Let the same code count again at once: the order was saved or left."""
        self._last_code = ("", float("-inf"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at each key once, before the widget that has the focus."""
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) or not isinstance(event, QKeyEvent):
            return False
        if self._seen_before(watched, event):
            return False
        if kind == QEvent.Type.KeyRelease:
            return self._on_release(event)
        return self._on_press(event, watched)

    # ---- one key ---------------------------------------------------------------------

    def _on_press(self, event: QKeyEvent, watched: QObject) -> bool:
        key, modifiers = event.key(), event.modifiers()  # a number: not every key has a name in Qt
        if key in _MODIFIER_KEYS or QApplication.activePopupWidget() is not None:
            return False
        # A pedal that is held down, or a heavy hand: one press is one photo.
        if event.isAutoRepeat():
            return key in _ACTIONS
        if key in _ACTIONS and self._is_repeat(event):
            return True
        time_s = self._time(event)
        self._end_silent(time_s)
        # Some scanners type each character as Alt and its number on the keypad, whatever the layout.
        if modifiers & _ALT and modifiers & _KEYPAD and event.text()[-1:].isdigit():
            self._alt_digits += event.text()[-1:]
            return True
        if modifiers & (_CTRL | _ALT | _META):
            return self._on_combination(key, modifiers, time_s)
        if key in _ACTIONS:
            return self._on_action(_ACTIONS[key], time_s)
        if key in _TERMINATORS or event.text() in _LINE_ENDS:
            return self._on_terminator(time_s)
        char = self._character(event)
        if char is None:
            return self._classifier.foreign(time_s)
        if self._is_echo(char, event, time_s):
            return False
        return self._on_character(char, time_s, watched)

    def _on_release(self, event: QKeyEvent) -> bool:
        if event.key() in _ACTIONS:
            self._released[event.key()] = event.timestamp()
        if event.key() != Qt.Key.Key_Alt or not self._alt_digits:
            return False
        code, self._alt_digits = int(self._alt_digits) & 0xFF, ""
        time_s = self._time(event)
        if code in (9, 10, 13):
            return self._on_terminator(time_s)
        char = chr(code)
        if char.isprintable() or char == "\x1d":
            self._composed = (char, time_s)
            self._feed(time_s, char)
        else:
            self._classifier.foreign(time_s)
        return True

    def _on_combination(self, key: int, modifiers: Qt.KeyboardModifier, time_s: float) -> bool:
        if modifiers & _CTRL and not modifiers & (_ALT | _META) and self._classifier.machine(time_s):
            if key in _CTRL_TERMINATORS:
                return self._on_terminator(time_s)
            # Ctrl+] is how a keyboard types the group separator of GS1, which is part of the code.
            if key == Qt.Key.Key_BracketRight:
                self._feed(time_s, "\x1d")
                return True
        return self._classifier.foreign(time_s)

    def _on_action(self, action: Action, time_s: float) -> bool:
        # Within a burst it came from the scanner: it does nothing, and the whole code is refused.
        if self._classifier.foreign(time_s):
            return True
        self._last_time_s = time_s
        # Order is kept: an F1 after an F4 that still waits belongs to what comes after that F4.
        if action is Action.TAKE and not self._held:
            self.pressed.emit(action)
        else:
            self._held.append(action)
            self._hold.start()
        return True

    def _on_terminator(self, time_s: float) -> bool:
        if self._classifier.trailing(time_s):
            return True
        code = self._classifier.key(time_s, None, terminator=True)
        if code is None:
            self._before = None
            return False
        self._finish(code, time_s)
        return True

    def _on_character(self, char: str, time_s: float, watched: QObject) -> bool:
        field = _takes_typing(watched)
        first = self._classifier.empty()
        if first:
            self._before = _snapshot(field)
        # Space presses the button that has the focus; a burst that begins with one is not known of.
        by_hand = first and char == " "
        self._feed(time_s, char)
        self._lone = char if first and field is None else ""
        return field is None and not by_hand

    def _feed(self, time_s: float, char: str) -> None:
        # The function key that waits was the first of this burst, and no finger's.
        if self._held:
            self._held.clear()
            self._hold.stop()
            self._classifier.lead_in(self._last_time_s)
        self._classifier.key(time_s, char, terminator=False)
        self._last_time_s = time_s
        self._silence.start()

    # ---- what comes of it ------------------------------------------------------------

    def _finish(self, code: Code, time_s: float) -> None:
        self._take_back()
        if code.tainted:
            self.refused.emit()
            return
        text, at_s = self._last_code
        # A trigger that was held a little too long reads the same label twice.
        if code.text == text and time_s - at_s < self._repeat_s:
            return
        self._last_code = (code.text, time_s)
        self.scanned.emit(code.text)

    def _take_back(self) -> None:
        """Put a text field back to what it held before the scan."""
        before, self._before = self._before, None
        if before is not None:
            before.restore()

    def _after_silence(self) -> None:
        self._end_silent(self._last_time_s + self._classifier.silence_s)

    def _end_silent(self, time_s: float) -> None:
        if self._classifier.empty():
            return
        code = self._classifier.tick(time_s)
        if code:
            self._finish(code, self._last_time_s)
        elif self._classifier.empty():
            self._before = None
            if lone := self._lone:
                self._lone = ""
                self.alone.emit(lone)

    def _release_held(self) -> None:
        held, self._held = self._held, []
        for action in held:
            self.pressed.emit(action)

    # ---- reading the event -----------------------------------------------------------

    def _character(self, event: QKeyEvent) -> str | None:
        """Return the key's US character; the event's own text where the platform tells no keys."""
        code = event.nativeScanCode()
        if self._offset is not None and code and not event.modifiers() & _KEYPAD:
            # By the key's place and not by its letter: scanners type as on a US keyboard, whatever this one
            # is.
            char = us_character(code - self._offset, shift=bool(event.modifiers() & _SHIFT))
            if char is not None:
                return char
        text = event.text()
        return text if text and text.isprintable() else None

    def _is_repeat(self, event: QKeyEvent) -> bool:
        """Whether the key was let go so shortly before that no finger did it.

        Only for function keys: a scanner that types a digit twice may be as quick.
        """
        at_ms = event.timestamp()
        return bool(at_ms) and at_ms - self._released.get(event.key(), -REPEAT_MS - 1) <= REPEAT_MS

    def _is_echo(self, char: str, event: QKeyEvent, time_s: float) -> bool:
        """Whether the system itself delivers the character that Alt and digits were for."""
        composed, at_s = self._composed
        return not event.nativeScanCode() and char == composed and time_s - at_s < HOLD_MS / 1000

    def _seen_before(self, watched: QObject, event: QKeyEvent) -> bool:
        """Qt shows one key to the window, then the widget, then each of its parents."""
        seen = (event.type(), event.timestamp(), event.key())
        last, target = self._last_seen, self._last_target
        self._last_seen, self._last_target = seen, watched
        if seen != last or target is None or target is watched or not isValid(target):
            return False
        if target.isWindowType() and watched.isWidgetType():
            return True
        return isinstance(target, QWidget) and isinstance(watched, QWidget) and watched.isAncestorOf(target)

    @staticmethod
    def _time(event: QKeyEvent) -> float:
        """Return when the key was pressed; the system's own time does not suffer from a busy window."""
        return event.timestamp() / 1000 or monotonic()

    def _timer(self, wait_ms: int, then: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=wait_ms)
        timer.timeout.connect(then)
        return timer


def _takes_typing(watched: QObject) -> QWidget | None:
    target = watched if isinstance(watched, QWidget) else QApplication.focusWidget()
    typing = target is not None and target.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    return target if typing else None


def _snapshot(field: QWidget | None) -> Snapshot | None:
    if field is None:
        return None
    from parcelguard.ui.kit.text_field import snapshot  # Qt's text widgets cost the first paint 8 ms

    return snapshot(field)
