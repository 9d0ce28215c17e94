"""Sleep and set clocks are told apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parcelguard.core.alerts import Alerts, AlertsChanged
from parcelguard.runtime.clock import ClockAlerts, ClockComparison, Passed, real_seconds
from parcelguard.ui.words.reasons.saying import said_alert
from tests.support.fakes import Clock


@pytest.fixture
def comparison(clock: Clock) -> ClockComparison:
    return ClockComparison(clock, clock.elapsed_s)


def test_half_a_minute_is_nothing(comparison: ClockComparison, clock: Clock) -> None:
    clock.advance(30)
    assert comparison.compare() == Passed()


def test_long_gap_is_told_once(comparison: ClockComparison, clock: Clock) -> None:
    clock.advance(34 * 60)
    assert comparison.compare() == Passed(away=timedelta(minutes=34))
    assert comparison.compare() == Passed()


@pytest.mark.parametrize("minutes", [7, -1440])
def test_set_clock_is_told_with_its_direction(
    comparison: ClockComparison, clock: Clock, minutes: int
) -> None:
    clock.advance(30)
    clock.jump(minutes * 60)
    assert comparison.compare() == Passed(set_ahead=timedelta(minutes=minutes))


def test_small_correction_is_nothing(comparison: ClockComparison, clock: Clock) -> None:
    clock.jump(119)
    assert comparison.compare() == Passed()


def test_clock_set_during_a_sleep_tells_both(comparison: ClockComparison, clock: Clock) -> None:
    clock.advance(600)
    clock.jump(3600)
    assert comparison.compare() == Passed(timedelta(minutes=10), timedelta(hours=1))


def test_steady_seconds_do_not_go_back() -> None:
    before = real_seconds()
    assert real_seconds() >= before


# ---- what the station is told ------------------------------------------------------------------


class Told:
    """A station that hears about clocks."""

    def __init__(self, clock: Clock) -> None:
        self.news: list[AlertsChanged] = []
        self.woken = 0
        comparison = ClockComparison(clock, clock.elapsed_s)
        self.clocks = ClockAlerts(comparison, Alerts(self.hear), self.wake)

    def hear(self, event: object) -> None:
        assert isinstance(event, AlertsChanged)
        self.news.append(event)

    def wake(self) -> None:
        self.woken += 1

    @property
    def headlines(self) -> list[str]:
        return [said_alert(alert).headline for alert in self.news[-1].alerts] if self.news else []


@pytest.fixture
def told(clock: Clock) -> Told:
    return Told(clock)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(34 * 60, "34 minutes"), (5 * 3600, "5 hours"), (60 * 3600, "2 days")],
)
def test_return_from_sleep_is_told_and_work_is_looked_for(
    told: Told, clock: Clock, seconds: int, words: str
) -> None:
    clock.advance(seconds)
    told.clocks.check_clock()
    assert told.headlines == [f"This computer was asleep for {words}."]
    assert told.woken == 1


@pytest.mark.parametrize(("seconds", "words"), [(420, "ahead by 7 minutes"), (-86_400, "back by 24 hours")])
def test_clock_that_was_set_is_told(told: Told, clock: Clock, seconds: int, words: str) -> None:
    clock.jump(seconds)
    told.clocks.check_clock()
    assert told.headlines == [f"This computer’s clock was set {words}."]
    assert told.woken == 0


def test_news_of_the_clock_stand_for_some_minutes(told: Told, clock: Clock) -> None:
    clock.advance(600)
    told.clocks.check_clock()
    for _ in range(9):
        clock.advance(30)
        told.clocks.check_clock()
    assert told.headlines
    told.clocks.check_clock()
    assert told.headlines == []
    told.clocks.check_clock()
    assert len(told.news) == 2
