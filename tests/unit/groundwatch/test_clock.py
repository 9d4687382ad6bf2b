"""The clocks: the wall's, the scaled one of the demonstration, the one that follows readings."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from groundwatch.clock import EventClock, ScaledClock, SystemClock

START = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_wall_clock_is_aware_and_in_utc() -> None:
    before = time.time()
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now.timestamp() <= time.time()


def test_a_scaled_clock_stands_still_until_it_begins() -> None:
    clock = ScaledClock(start=START, speed=60)
    assert clock.now() == clock.now() == START
    clock.begin(3600)
    assert clock.now() == START


def test_a_scaled_clock_runs_so_many_times_faster_than_the_wall() -> None:
    clock = ScaledClock(start=START, speed=60, anchor_s=time.time() - 100)
    assert timedelta(seconds=6000) <= clock.now() - START < timedelta(seconds=6600)


def test_a_halted_clock_stands_still() -> None:
    clock = ScaledClock(start=START, speed=1e6, anchor_s=time.time() - 1)
    clock.halt()
    halted_at = clock.now()
    assert halted_at > START
    assert clock.now() == halted_at


@pytest.mark.parametrize("speed", [0, -1])
def test_a_clock_cannot_stand_or_run_backwards(speed: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        ScaledClock(start=START, speed=speed)


def test_an_event_clock_follows_the_newest_reading_and_never_goes_back() -> None:
    clock = EventClock(START)
    begun = [clock.has_begun]
    later, earlier = START + timedelta(hours=5), START + timedelta(hours=2)
    assert clock.tell(later) == later
    begun.append(clock.has_begun)
    assert begun == [False, True]
    assert clock.tell(earlier) == later
    assert later <= clock.now() < later + timedelta(minutes=1)


def test_an_event_clock_has_not_begun_with_what_is_older_than_its_start() -> None:
    clock = EventClock(START)
    assert clock.tell(START - timedelta(days=1)) == START
    assert not clock.has_begun
