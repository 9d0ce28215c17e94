"""How fast messages may follow each other, and how long failures wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parcelguard.delivery.pace import LONGEST_GAP, Pace, pause_after, wait_after
from tests.support.fakes import NOON


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_first_message_may_go_at_once_and_the_next_after_the_gap() -> None:
    pace = Pace(seconds(2))
    assert pace.allows(NOON)
    pace.sent(NOON)
    assert pace.next_at == NOON + seconds(2)
    assert not pace.allows(NOON + seconds(1.9))
    assert pace.allows(NOON + seconds(2))


def test_each_refusal_halves_the_pace_down_to_one_message_a_minute() -> None:
    pace = Pace(seconds(2))
    for expected in (4, 8, 16, 32, 60, 60):
        pace.too_fast(NOON)
        assert pace.next_at == NOON + seconds(expected)
    assert pace.slowed


def test_each_quiet_minute_gives_a_tenth_of_the_pace_back_and_never_more_than_it_was() -> None:
    pace = Pace(seconds(2))
    pace.too_fast(NOON)
    gaps = []
    for minute in range(9):
        for second in (0, 20, 40):
            pace.sent(NOON + seconds(60 * minute + second))
        gaps.append(pace.gap.total_seconds())

    assert gaps[:3] == [4, pytest.approx(4 / 1.1), pytest.approx(4 / 1.21)]
    assert gaps[7:] == [2, 2]  # 4 / 1.1 ** 7 is hardly more
    assert not pace.slowed


def test_messages_do_not_bring_the_pace_back_by_their_number() -> None:
    pace = Pace(seconds(2))
    pace.too_fast(NOON)
    for _ in range(100):
        pace.sent(NOON + seconds(59))
    assert pace.gap == seconds(4)


def test_refusal_begins_the_quiet_minute_anew() -> None:
    pace = Pace(seconds(2))
    pace.too_fast(NOON)
    pace.too_fast(NOON + seconds(50))
    pace.sent(NOON + seconds(100))
    assert pace.gap == seconds(8)


def test_clock_that_is_set_changes_the_pace_by_no_more_than_its_own() -> None:
    back, ahead = Pace(seconds(2)), Pace(seconds(2))
    back.too_fast(NOON)
    back.sent(NOON - seconds(3600))
    assert back.gap == seconds(4)
    back.sent(NOON - seconds(3600) + seconds(60))
    assert back.gap < seconds(4)
    ahead.too_fast(NOON)
    ahead.sent(NOON + timedelta(days=4000))
    assert ahead.gap == seconds(2)


def test_shop_without_a_gap_gets_one_when_it_is_too_fast_and_loses_it_again() -> None:
    pace = Pace(seconds(0))
    pace.too_fast(NOON)
    assert pace.next_at == NOON + seconds(0.25)
    pace.sent(NOON + timedelta(minutes=10))
    assert (pace.gap, pace.slowed) == (seconds(0), False)


def test_gap_that_only_a_clock_set_back_explains_is_ignored() -> None:
    pace = Pace(seconds(2))
    pace.sent(NOON)
    assert pace.allows(NOON - LONGEST_GAP)
    assert not pace.allows(NOON + seconds(2) - LONGEST_GAP)


@pytest.mark.parametrize(("attempts", "longest"), [(1, 2), (2, 4), (5, 32), (8, 256), (9, 300), (50, 300)])
def test_each_failure_waits_longer_spread_over_half_of_it(attempts: int, longest: int) -> None:
    waits = [wait_after(attempts).total_seconds() for _ in range(400)]
    assert longest / 2 <= min(waits) < longest * 0.6
    assert longest * 0.9 < max(waits) <= longest


@pytest.mark.parametrize(("failures", "pause"), [(1, 1), (2, 2), (5, 16), (6, 30), (60, 30)])
def test_shop_out_of_reach_is_asked_less_and_less_often(failures: int, pause: int) -> None:
    assert pause_after(failures) == seconds(pause)
