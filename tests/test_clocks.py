"""Sleep and set clocks are told apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import Clock

from parcelguard.clocks import ClockWatch, Passed, real_seconds


@pytest.fixture
def watch(clock: Clock) -> ClockWatch:
    return ClockWatch(clock, clock.elapsed_s)


def test_half_a_minute_is_nothing(watch: ClockWatch, clock: Clock) -> None:
    clock.advance(30)
    assert watch.look() == Passed()


def test_long_gap_is_told_once(watch: ClockWatch, clock: Clock) -> None:
    clock.advance(34 * 60)
    assert watch.look() == Passed(away=timedelta(minutes=34))
    assert watch.look() == Passed()


@pytest.mark.parametrize("minutes", [7, -1440])
def test_set_clock_is_told_with_its_direction(watch: ClockWatch, clock: Clock, minutes: int) -> None:
    clock.advance(30)
    clock.jump(minutes * 60)
    assert watch.look() == Passed(set_ahead=timedelta(minutes=minutes))


def test_small_correction_is_nothing(watch: ClockWatch, clock: Clock) -> None:
    clock.jump(119)
    assert watch.look() == Passed()


def test_clock_set_during_a_sleep_tells_both(watch: ClockWatch, clock: Clock) -> None:
    clock.advance(600)
    clock.jump(3600)
    assert watch.look() == Passed(timedelta(minutes=10), timedelta(hours=1))


def test_steady_seconds_do_not_go_back() -> None:
    before = real_seconds()
    assert real_seconds() >= before
