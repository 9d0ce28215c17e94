"""How fast messages may follow each other, and how long failures wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import NOON

from parcelguard.delivery.pace import LONGEST_GAP, Pace, pause_after, wait_after


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_first_message_may_go_at_once_and_the_next_after_the_gap() -> None:
    pace = Pace(seconds(2))
    assert pace.allows(NOON)
    pace.sent(NOON)
    assert pace.next_at == NOON + seconds(2)
    assert not pace.allows(NOON + seconds(1.9))
    assert pace.allows(NOON + seconds(2))


def test_too_fast_doubles_the_gap_up_to_a_minute_and_success_shrinks_it_back() -> None:
    pace = Pace(seconds(2))
    for expected in (4, 8, 16, 32, 60, 60):
        pace.too_fast(NOON)
        assert pace.next_at == NOON + seconds(expected)
    assert pace.slowed
    pace.sent(NOON)
    assert pace.next_at == NOON + seconds(53.999)
    for _ in range(40):
        pace.sent(NOON)
    assert pace.next_at == NOON + seconds(2)
    assert not pace.slowed


def test_shop_without_a_gap_gets_one_when_it_is_too_fast() -> None:
    pace = Pace(seconds(0))
    pace.too_fast(NOON)
    assert pace.next_at == NOON + seconds(1)


def test_shop_without_a_gap_loses_it_again() -> None:
    pace = Pace(seconds(0))
    pace.too_fast(NOON)
    for _ in range(60):
        pace.sent(NOON)
    assert not pace.slowed


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
