from __future__ import annotations

import threading
import time

import cv2
import numpy as np
import pytest

from parcelguard.camera.messages import CodeRead, Outlined, Reading
from parcelguard.camera.newest_picture import Newest, Picture, Priority
from parcelguard.camera.reading import barcodes as looks
from parcelguard.camera.reading import second_engine as secondlook
from parcelguard.camera.reading.agreement import GONE_AFTER_S, Agreement
from parcelguard.camera.reading.barcodes import Found, Ladder, look_at_still, settle
from parcelguard.camera.reading.reader import CodeReader, Outlines
from parcelguard.core.events import CodeBox
from parcelguard.core.times import utc_now
from tests.support.camera_helpers import LABELS, label_picture, needs_labels, wait_for

ALL = ("Code128", "QRCode", "EAN13", "EAN8", "UPCA", "Code39", "ITF", "DataMatrix")
PLAIN = ("Code128", "QRCode")
TEXT = "PG108664704879"


def box(left: float, top: float, width: float = 100, height: float = 40) -> np.ndarray:
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
        found = look_at_still(cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE), ALL)
        if wanted not in [each.text.replace("\r\n", "\n") for each in found]:
            misses.append((picture.name, [each.text for each in found]))

    assert len(pictures) - len(misses) >= at_least, misses


@needs_labels
def test_pictures_without_a_code_give_nothing_however_often_they_are_seen() -> None:
    for picture in sorted((LABELS / "none").glob("*.png")):
        gray = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
        ladder, agreement = Ladder(ALL), Agreement()

        for look in range(15):
            codes = [(each.text, each.symbology) for each in ladder.look(gray)]
            assert agreement.look(codes, look * 0.1, tell=True) == [], picture.name
        assert look_at_still(gray, ALL) == [], picture.name


@pytest.mark.parametrize("module_px", [1.75, 2.5])
def test_a_label_is_read_at_any_angle(module_px: float) -> None:
    misses = [
        turn
        for seed, turn in enumerate(range(3, 363, 24))
        if [each.text for each in Ladder(PLAIN).look(label_picture(TEXT, module_px, turn, seed=seed))]
        != [TEXT]
    ]

    assert misses == []


def test_a_qr_code_is_read_at_any_angle() -> None:
    for seed, turn in enumerate(range(5, 365, 60)):
        gray = label_picture("241120Q9CKD7T1", 3.0, turn, symbology="QRCode", seed=seed)

        assert [(f.text, f.symbology) for f in Ladder(PLAIN).look(gray)] == [("241120Q9CKD7T1", "QRCode")]


def test_a_small_code_in_the_middle_is_read_by_enlarging() -> None:
    gray = label_picture("241120Q9CKD7T1", 2.0, 0, symbology="QRCode", seed=0)
    ladder = Ladder(PLAIN)

    texts = {each.text for _ in range(looks.ENLARGE_EVERY * 2) for each in ladder.look(gray)}

    assert texts == {"241120Q9CKD7T1"}


def test_item_codes_are_looked_for_only_in_every_third_look() -> None:
    gray = label_picture("4006381333931", 3.0, 0, symbology="EAN13")
    ladder = Ladder(("Code128", "QRCode", "EAN13"))

    read = [bool(ladder.look(gray)) for _ in range(6)]

    assert read == [False, False, True, False, False, True]


def test_the_box_of_a_turned_code_lies_where_the_code_is() -> None:
    gray = label_picture(TEXT, 2.5, 60, seed=1)
    dark = cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, np.ones((15, 15), np.uint8)) > 60
    middle = np.argwhere(dark).mean(axis=0)[::-1]

    (found,) = Ladder(PLAIN).look(gray)

    assert np.abs(found.corners.mean(axis=0) - middle).max() < 40


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2), (16, 16), (64, 64)])
def test_odd_pictures_do_not_upset_the_reader(shape: tuple[int, int]) -> None:
    ladder = Ladder(ALL)
    for _ in range(6):
        assert ladder.look(np.random.default_rng(1).integers(0, 255, shape, np.uint8)) == []


def test_without_the_second_engine_codes_are_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secondlook, "_zbar", lambda: None)

    assert secondlook.zbar_available() is False
    assert [f.text for f in look_at_still(label_picture(TEXT, 2.5, 30), ALL)] == [TEXT]


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

    told = [agreement.look([code], at * 0.1, tell=True) for at in range(20)]

    assert told == [[], [code], *[[]] * 18]


def test_two_looks_that_disagree_tell_nothing() -> None:
    agreement = Agreement()
    told = [agreement.look([(text, "Code128")], at * 0.1, tell=True) for at, text in enumerate("ABCDEF")]

    assert told == [[]] * 6


def test_two_equal_looks_too_far_apart_do_not_agree() -> None:
    agreement = Agreement()
    agreement.look([("A", "Code128")], 0.0, tell=True)

    assert agreement.look([("A", "Code128")], 1.4, tell=True) == []


def test_a_code_is_told_again_only_after_it_was_away() -> None:
    agreement = Agreement()
    code = ("A", "Code128")
    for at in (0.0, 0.1):
        agreement.look([code], at, tell=True)

    soon = 0.1 + GONE_AFTER_S - 0.1
    assert agreement.look([code], soon, tell=True) == []
    away = soon + GONE_AFTER_S
    assert agreement.look([code], away, tell=True) == []
    assert agreement.look([code], away + 0.1, tell=True) == [code]


def test_a_code_shown_while_an_order_was_open_is_told_when_it_is_still_there() -> None:
    agreement = Agreement()
    code = ("A", "Code128")
    for at in (0.0, 0.5, 1.0):
        assert agreement.look([code], at, tell=False) == []

    assert agreement.look([code], 1.5, tell=True) == [code]


def test_an_outline_outlasts_one_failed_look_and_then_goes() -> None:
    outlines = Outlines()
    shown = CodeBox("A", "Code128", ((0.1, 0.1),))

    assert outlines.look([shown], 0.0) == (shown,)
    assert outlines.look([shown], 0.1) is None
    assert outlines.look([], 0.2) is None
    assert outlines.look([], 0.6) == ()


# ---- the thread --------------------------------------------------------------------------


class Watched:
    """A watcher and what it has told."""

    def __init__(self, reading: Reading = Reading.EAGER) -> None:
        self.newest, self.priority = Newest(), Priority()
        self.told: list[object] = []
        self.watcher = CodeReader(PLAIN, self.newest, self.priority, self.told.append, reading)
        self._number = 0

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.watcher.close(5.0)

    def show(self, image: np.ndarray) -> None:
        self._number += 1
        self.newest.put(Picture(image, self._number, time.monotonic(), utc_now()))

    def codes(self) -> list[str]:
        return [told.text for told in self.told if isinstance(told, CodeRead)]

    def outlines(self) -> list[Outlined]:
        return [told for told in self.told if isinstance(told, Outlined)]


def colour(gray: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)


def test_a_label_in_several_pictures_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [colour(label_picture(TEXT, 2.5, 20, seed=7, size=(960, 540))) for _ in range(2)]
    looked, look = threading.Semaphore(0), Ladder.look

    def counted(ladder: Ladder, *arguments: object) -> list[Found]:
        looked.release()
        return look(ladder, *arguments)

    monkeypatch.setattr(Ladder, "look", counted)
    with Watched() as watched:
        for number in range(6):
            watched.show(pictures[number % 2])
            assert looked.acquire(timeout=10)

    assert watched.codes() == [TEXT]
    assert watched.outlines()[0].boxes[0].text == TEXT


def test_the_reader_waits_while_a_photo_is_being_kept() -> None:
    with Watched() as watched:
        watched.priority.claim()
        watched.show(colour(label_picture(TEXT, 2.5, 0, size=(960, 540))))
        assert not threading.Event().wait(0.3)  # nothing may happen in this time
        assert watched.told == []
        watched.priority.release()
        wait_for(watched.outlines)


def test_switched_off_it_shows_no_outlines() -> None:
    with Watched() as watched:
        watched.show(colour(label_picture(TEXT, 2.5, 0, size=(960, 540))))
        wait_for(watched.outlines)
        watched.watcher.set_reading(Reading.OFF)

        wait_for(lambda: watched.outlines()[-1].boxes == ())


def test_a_picture_that_upsets_the_engines_is_logged_once_and_passed_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = []

    def fail(self: Ladder, *_: object) -> list[Found]:
        failures.append(1)
        raise RuntimeError("odd")

    monkeypatch.setattr(Ladder, "look", fail)
    with Watched() as watched:
        for _ in range(3):
            count = len(failures)
            watched.show(colour(label_picture(TEXT, 2.5, 0, size=(320, 240))))
            wait_for(lambda count=count: len(failures) > count)
        monkeypatch.undo()
        watched.show(colour(label_picture(TEXT, 2.5, 0, size=(960, 540))))
        wait_for(watched.outlines)

    assert caplog.text.count("the reader failed on a picture") == 1
