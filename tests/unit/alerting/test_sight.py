"""A device that falls silent sensor by sensor is told of again only when that is news."""

import pytest

from alerting.model import AlertKind
from tests.builders import at, judge, report, sensor
from tests.unit.alerting.test_engine import World, world

NAMES = ("stage_m", "battery_v", "flow_m3s", "velocity_ms")


async def later(here: World, minutes: float, *speaking: str) -> int:
    """Let some sensors speak at an instant, and count the notices of blindness so far."""
    values = dict.fromkeys(speaking, 1.0 + minutes / 1e4)
    if values:
        await here.feed(report(60 * minutes, values))
    here.clock.time = at(60 * minutes + 2)
    await here.engine.tick()
    await here.quiet()
    return sum(notice.alert.kind is AlertKind.BLIND for notice in here.channel.notices)


@pytest.mark.parametrize(
    ("silent_first", "silent_then", "n_told"), [(3, 4, 2), (1, 2, 3), (1, 4, 3), (2, 3, 2)]
)
async def test_as_many_more_as_were_told_of_are_news_and_one_more_of_many_is_none(
    silent_first: int, silent_then: int, n_told: int
) -> None:
    async with world(judge(*(sensor(name) for name in NAMES))) as here:
        told = await later(here, 0, *NAMES)
        for minutes in range(5, 40, 5):
            told = await later(here, minutes, *NAMES[silent_first:])
        assert told == 2, "first, and once more when they count as gone for good"
        for minutes in range(40, 58, 5):
            told = await later(here, minutes, *NAMES[silent_then:])
    assert told == n_told


async def test_who_came_back_counts_no_more_against_one_that_falls_silent_after() -> None:
    """Three silent, two of them back, and then the last one: that is news, not one of many."""
    async with world(judge(*(sensor(name) for name in NAMES))) as here:
        told = await later(here, 0, *NAMES)
        for minutes in range(5, 40, 5):
            told = await later(here, minutes, *NAMES[3:])
        assert told == 2, "first, and once more when they count as gone for good"
        for minutes in range(40, 58, 5):
            told = await later(here, minutes, *NAMES[1:3])
    assert told == 3
