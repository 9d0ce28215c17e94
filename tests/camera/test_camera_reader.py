from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import pytest

from parcelguard.camera.messages import CodeRead, Outlined, Reading
from parcelguard.camera.newest_picture import Image, Newest, Picture, Priority
from parcelguard.camera.reading import barcodes, second_engine
from parcelguard.camera.reading.agreement import GONE_AFTER_S, Agreement
from parcelguard.camera.reading.barcodes import Corners, Found, Ladder, read_still, settle
from parcelguard.camera.reading.reader import CodeReader, Outlines
from parcelguard.core.events import CodeBox
from parcelguard.core.times import utc_now
from tests.support.camera_helpers import LABELS, decoded, label_picture, needs_labels, wait_for

ALL = ("Code128", "QRCode", "EAN13", "EAN8", "UPCA", "Code39", "ITF", "DataMatrix")
PLAIN = ("Code128", "QRCode")
TEXT = "PG108664704879"


def box(left: float, top: float, width: float = 100, height: float = 40) -> Corners:
    right, bottom = left + width, top + height
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


# ---- real and generated labels -----------------------------------------------------------


@needs_labels
@pytest.mark.parametrize(
    ("folder", "at_least"),
    [("code128", 10), ("code39", 6), ("itf", 5), ("ean13", 12), ("upca", 2), ("qr", 13), ("datamatrix", 5)],
)
def test_photographed_labels_are_read(folder: str, at_least: int) -> None:
    misses = []
    pictures = sorted((LABELS / folder).glob("*.png"))
    for picture in pictures:
        wanted = picture.with_suffix(".txt").read_text(encoding="utf-8")
        found = read_still(decoded(picture.read_bytes(), cv2.IMREAD_GRAYSCALE), ALL)
        if wanted not in [each.text.replace("\r\n", "\n") for each in found]:
            misses.append((picture.name, [each.text for each in found]))

    assert len(pictures) - len(misses) >= at_least, misses


@needs_labels
def test_pictures_without_a_code_give_nothing_however_often_they_are_seen() -> None:
    for picture in sorted((LABELS / "none").glob("*.png")):
        gray = decoded(picture.read_bytes(), cv2.IMREAD_GRAYSCALE)
        ladder, agreement = Ladder(ALL), Agreement()

        for reading in range(15):
            codes = [(each.text, each.symbology) for each in ladder.read_codes(gray)]
            assert agreement.agree_on(codes, reading * 0.1, tell=True) == [], picture.name
        assert read_still(gray, ALL) == [], picture.name


@pytest.mark.parametrize("module_px", [1.75, 2.5])
def test_a_label_is_read_at_any_angle(module_px: float) -> None:
    misses = [
        turn
        for seed, turn in enumerate(range(3, 363, 24))
        if [each.text for each in Ladder(PLAIN).read_codes(label_picture(TEXT, module_px, turn, seed=seed))]
        != [TEXT]
    ]

    assert misses == []


def test_a_qr_code_is_read_at_any_angle() -> None:
    for seed, turn in enumerate(range(5, 365, 60)):
        gray = label_picture("241120Q9CKD7T1", 3.0, turn, symbology="QRCode", seed=seed)

        assert [(f.text, f.symbology) for f in Ladder(PLAIN).read_codes(gray)] == [
            ("241120Q9CKD7T1", "QRCode")
        ]


def test_a_small_code_in_the_middle_is_read_by_enlarging() -> None:
    gray = label_picture("241120Q9CKD7T1", 2.0, 0, symbology="QRCode", seed=0)
    ladder = Ladder(PLAIN)

    texts = {each.text for _ in range(barcodes.ENLARGE_EVERY * 2) for each in ladder.read_codes(gray)}

    assert texts == {"241120Q9CKD7T1"}


def test_item_codes_are_looked_for_only_in_every_third_look() -> None:
    gray = label_picture("4006381333931", 3.0, 0, symbology="EAN13")
    ladder = Ladder(("Code128", "QRCode", "EAN13"))

    read = [bool(ladder.read_codes(gray)) for _ in range(6)]

    assert read == [False, False, True, False, False, True]


def test_the_box_of_a_turned_code_lies_where_the_code_is() -> None:
    gray = label_picture(TEXT, 2.5, 60, seed=1)
    dark = cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, np.ones((15, 15), np.uint8)) > 60
    middle = np.argwhere(dark).mean(axis=0)[::-1]

    (found,) = Ladder(PLAIN).read_codes(gray)

    assert np.abs(found.corners.mean(axis=0) - middle).max() < 40


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2), (16, 16), (64, 64)])
def test_odd_pictures_do_not_upset_the_reader(shape: tuple[int, int]) -> None:
    ladder = Ladder(ALL)
    for _ in range(6):
        assert ladder.read_codes(np.random.default_rng(1).integers(0, 255, shape, np.uint8)) == []


def test_without_the_second_engine_codes_are_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_engine, "_zbar", lambda: None)

    assert second_engine.zbar_available() is False
    assert [f.text for f in read_still(label_picture(TEXT, 2.5, 30), ALL)] == [TEXT]


# ---- what counts -------------------------------------------------------------------------


def test_overlapping_boxes_with_one_text_are_one_code() -> None:
    found = [
        Found("A", "Code128", box(0, 0)),
        Found("A", "Code128", box(5, 5)),
        Found("A", "Code128", box(500, 0)),
    ]

    assert settle(found) == [found[0], found[2]]


def test_overlapping_boxes_with_two_texts_of_one_kind_spoil_the_look() -> None:
    spoilt = [
        Found("A", "Code128", box(0, 0)),
        Found("C", "QRCode", box(500, 0)),
        Found("B", "Code128", box(9, 0)),
    ]

    assert settle(spoilt) == []


def test_two_codes_side_by_side_are_both_told() -> None:
    found = [
        Found("A", "Code128", box(0, 0)),
        Found("B", "Code128", box(0, 100)),
        Found("C", "QRCode", box(0, 0)),
    ]

    assert settle(found) == found


def test_a_text_counts_when_two_looks_agree_and_is_told_once() -> None:
    agreement = Agreement()
    code = ("A", "Code128")

    told = [agreement.agree_on([code], at * 0.1, tell=True) for at in range(20)]

    assert told == [[], [code], *[[]] * 18]


def test_two_looks_that_disagree_tell_nothing() -> None:
    agreement = Agreement()
    told = [agreement.agree_on([(text, "Code128")], at * 0.1, tell=True) for at, text in enumerate("ABCDEF")]

    assert told == [[]] * 6


def test_two_equal_looks_too_far_apart_do_not_agree() -> None:
    agreement = Agreement()
    agreement.agree_on([("A", "Code128")], 0.0, tell=True)

    assert agreement.agree_on([("A", "Code128")], 1.4, tell=True) == []


def test_a_code_is_told_again_only_after_it_was_away() -> None:
    agreement = Agreement()
    code = ("A", "Code128")
    for at in (0.0, 0.1):
        agreement.agree_on([code], at, tell=True)

    soon = 0.1 + GONE_AFTER_S - 0.1
    assert agreement.agree_on([code], soon, tell=True) == []
    away = soon + GONE_AFTER_S
    assert agreement.agree_on([code], away, tell=True) == []
    assert agreement.agree_on([code], away + 0.1, tell=True) == [code]


def test_a_code_shown_while_an_order_was_open_is_told_when_it_is_still_there() -> None:
    agreement = Agreement()
    code = ("A", "Code128")
    for at in (0.0, 0.5, 1.0):
        assert agreement.agree_on([code], at, tell=False) == []

    assert agreement.agree_on([code], 1.5, tell=True) == [code]


def test_an_outline_outlasts_one_failed_look_and_then_goes() -> None:
    outlines = Outlines()
    shown = CodeBox("A", "Code128", ((0.1, 0.1),))

    assert outlines.update([shown], 0.0) == (shown,)
    assert outlines.update([shown], 0.1) is None
    assert outlines.update([], 0.2) is None
    assert outlines.update([], 0.6) == ()


# ---- the thread --------------------------------------------------------------------------


class ReadingBench:
    """A reader and what it has told."""

    def __init__(self, reading: Reading = Reading.EAGER) -> None:
        self.newest, self.priority = Newest(), Priority()
        self.told: list[object] = []
        self.reader = CodeReader(PLAIN, self.newest, self.priority, self.told.append, reading)
        self._number = 0

    def __enter__(self) -> ReadingBench:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.reader.stop_reading(5.0)

    def show(self, image: Image) -> None:
        self._number += 1
        self.newest.put(Picture(image, self._number, time.monotonic(), utc_now()))

    def codes(self) -> list[str]:
        return [told.text for told in self.told if isinstance(told, CodeRead)]

    def outlines(self) -> list[Outlined]:
        return [told for told in self.told if isinstance(told, Outlined)]


def colour(gray: Image) -> Image:
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8)


def test_a_label_in_several_pictures_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [colour(label_picture(TEXT, 2.5, 20, seed=7, size=(960, 540))) for _ in range(2)]
    read, real = threading.Semaphore(0), Ladder.read_codes

    def counted(ladder: Ladder, gray: Image, give_way: Callable[[], None]) -> list[Found]:
        read.release()
        return real(ladder, gray, give_way)

    monkeypatch.setattr(Ladder, "read_codes", counted)
    with ReadingBench() as bench:
        for number in range(6):
            bench.show(pictures[number % 2])
            assert read.acquire(timeout=10)

    assert bench.codes() == [TEXT]
    assert bench.outlines()[0].boxes[0].text == TEXT


def test_the_reader_waits_while_a_photo_is_being_kept() -> None:
    with ReadingBench() as bench:
        bench.priority.claim()
        bench.show(colour(label_picture(TEXT, 2.5, 0, size=(960, 540))))
        assert not threading.Event().wait(0.3)  # nothing may happen in this time
        assert bench.told == []
        bench.priority.release()
        wait_for(bench.outlines)


def test_switched_off_it_shows_no_outlines() -> None:
    with ReadingBench() as bench:
        bench.show(colour(label_picture(TEXT, 2.5, 0, size=(960, 540))))
        wait_for(bench.outlines)
        bench.reader.set_reading(Reading.OFF)

        wait_for(lambda: bench.outlines()[-1].boxes == ())


def _longer_than(some: list[int], count: int) -> bool:
    return len(some) > count


def test_a_picture_that_upsets_the_engines_is_logged_once_and_passed_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[int] = []

    def fail(self: Ladder, *_: object) -> list[Found]:
        failures.append(1)
        raise RuntimeError("odd")

    monkeypatch.setattr(Ladder, "read_codes", fail)
    with ReadingBench() as bench:
        for _ in range(3):
            count = len(failures)
            bench.show(colour(label_picture(TEXT, 2.5, 0, size=(320, 240))))
            wait_for(partial(_longer_than, failures, count))
        monkeypatch.undo()
        bench.show(colour(label_picture(TEXT, 2.5, 0, size=(960, 540))))
        wait_for(bench.outlines)

    assert caplog.text.count("the reader failed on a picture") == 1
