from __future__ import annotations

import pytest

from parcelguard.core.config import ScannerSettings
from parcelguard.ui.keys.us_keys import physical_offset, us_character
from parcelguard.ui.keys.wedge import Code, WedgeClassifier


class Typist:
    """Feeds a classifier by gaps."""

    def __init__(self, settings: ScannerSettings | None = None) -> None:
        self.wedge = WedgeClassifier(settings or ScannerSettings())
        self.now = 100.0
        self.codes: list[Code] = []

    def type(self, text: str, gap_ms: float = 20) -> Typist:
        for char in text:
            self.now += gap_ms / 1000
            self._note(self.wedge.key(self.now, char, terminator=False))
        return self

    def enter(self, gap_ms: float = 20) -> Typist:
        self.now += gap_ms / 1000
        self._note(self.wedge.key(self.now, None, terminator=True))
        return self

    def wait(self, ms: float) -> Typist:
        self.now += ms / 1000
        self._note(self.wedge.tick(self.now))
        return self

    @property
    def texts(self) -> list[str]:
        return [code.text for code in self.codes]

    def _note(self, code: Code | None) -> None:
        if code:
            self.codes.append(code)


def test_a_burst_with_enter_is_a_code() -> None:
    assert Typist().type("SPXMY04217788312").enter().texts == ["SPXMY04217788312"]


def test_a_hand_is_never_a_scanner() -> None:
    assert Typist().type("SPXMY04217788312", gap_ms=110).enter(gap_ms=110).texts == []


def test_two_fast_keys_are_no_code() -> None:
    assert Typist().type("ab", gap_ms=5).enter(gap_ms=5).texts == []


def test_a_slow_bluetooth_scanner_counts_when_the_settings_say_so() -> None:
    slow = ScannerSettings(mean_gap_ms=120, largest_gap_ms=200)
    assert Typist().type("ABCDEF123", gap_ms=100).enter(100).texts == []
    assert Typist(slow).type("ABCDEF123", gap_ms=100).enter(100).texts == ["ABCDEF123"]


def test_one_long_gap_spoils_the_whole_burst() -> None:
    typist = Typist().type("ABCDEFGH")
    typist.now += 0.17
    assert typist.type("12345678").enter().texts == []


def test_the_longest_duration_counts_with_the_length() -> None:
    assert Typist().type("A" * 30, gap_ms=49).enter().texts == ["A" * 30]
    assert Typist().type("A" * 30, gap_ms=55).enter().texts == []
    assert Typist().type("A" * 120, gap_ms=40).enter().texts == ["A" * 120]


def test_terminators_separate_several_codes_of_one_burst() -> None:
    assert Typist().type("AAAAAA1").enter().type("BBBBBB2").enter().texts == ["AAAAAA1", "BBBBBB2"]


def test_the_lf_after_cr_and_empty_lines_say_nothing() -> None:
    typist = Typist().type("AAAAAA1").enter()
    typist.now += 0.005
    assert typist.wedge.trailing(typist.now)
    assert typist.enter().enter().texts == ["AAAAAA1"]


def test_silence_ends_a_code_without_terminator() -> None:
    assert Typist().type("AAAAAA1").wait(150).texts == []
    assert Typist().type("AAAAAA1").wait(200).texts == ["AAAAAA1"]


def test_a_function_key_within_a_burst_taints_the_code() -> None:
    typist = Typist().type("ABCDEF")
    typist.now += 0.02
    assert typist.wedge.foreign(typist.now)
    assert typist.type("123").enter().codes == [Code("ABCDEF123", tainted=True)]


def test_a_function_key_after_typing_by_hand_stands_alone() -> None:
    typist = Typist().type("abc", gap_ms=110)
    typist.now += 0.11
    assert not typist.wedge.foreign(typist.now)


def test_a_function_key_alone_is_no_burst() -> None:
    assert not Typist().wedge.foreign(5.0)


@pytest.mark.parametrize(
    ("code", "shift", "char"),
    [
        (16, False, "q"),
        (16, True, "Q"),
        (12, False, "-"),
        (53, False, "/"),
        (39, True, ":"),
        (11, False, "0"),
    ],
)
def test_physical_keys_mean_what_they_mean_in_the_us(code: int, shift: bool, char: str) -> None:
    assert us_character(code, shift=shift) == char


def test_platforms_without_scan_codes_have_no_physical_keys() -> None:
    assert [physical_offset(name) for name in ("xcb", "wayland-egl", "windows", "cocoa", "offscreen")] == [
        8,
        8,
        0,
        None,
        None,
    ]
