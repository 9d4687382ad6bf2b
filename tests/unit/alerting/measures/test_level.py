"""Rise and time to a level against lines worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.alerting.measures.making import answers, made

RATE = {"of": "rise_rate", "window": "1h", "min_readings": 6}
SOON = {
    "of": "time_to_level",
    "window": "1h",
    "min_readings": 6,
    "min_slope": 0.05,
    "until": {"design": "warning_stage_m"},
}
DESIGN = {"warning_stage_m": 3.0}


def line(per_hour: float, now: float, count: int = 12) -> list[tuple[float, float]]:
    """Five-minute readings on a line that ends at `now`."""
    return [(300.0 * n, now - per_hour * (count - 1 - n) / 12.0) for n in range(count)]


LINES: list[
    tuple[float, float, float, float | None]
] = [  # slope m/h, level now, rise rate, minutes to 3.0 m
    (0.3, 2.0, 0.3, 200.0),
    (0.5, 2.5, 0.5, 60.0),
    (1.0, 2.5, 1.0, 30.0),
    (1.0, 3.0, 1.0, None),  # reached: the limit of the stage itself speaks
    (-0.5, 3.2, -0.5, None),  # above it, even falling
    (-0.5, 2.9, -0.5, 1440.0),  # falling below it
    (0.049, 2.99, 0.049, 1440.0),  # creeping
    (0.06, 1.0, 0.06, 1440.0),  # more than a day
]


@pytest.mark.parametrize(("slope", "now", "rate", "minutes"), LINES)
def test_a_straight_line(slope: float, now: float, rate: float, minutes: float | None) -> None:
    rows = line(slope, now)
    assert answers(made("stage_m", "water_level", RATE), rows)[-1] == pytest.approx(rate)
    soon = made("stage_m", "water_level", SOON, design=DESIGN)
    assert answers(soon, rows)[-1] == pytest.approx(minutes)


@pytest.mark.parametrize("options", [RATE, SOON])
def test_too_few_readings_or_too_short_a_time_is_not_ready(options: dict[str, object]) -> None:
    measure = made("stage_m", "water_level", options, design=DESIGN)
    assert answers(measure, line(0.5, 2.5))[:6] == [None] * 6  # the sixth spans 25 min
    assert answers(measure, line(0.5, 2.5))[6] is not None
    close = [(10.0 * n, 2.0 + 0.001 * n) for n in range(12)]
    assert answers(measure, close) == [None] * 12


def test_a_gauge_that_reports_too_seldom_is_not_judged() -> None:
    why_not = "it reports every 15 min, and 6 readings are needed in 60 min"
    assert made("stage_m", "water_level", RATE, every_s=900.0) == why_not
    assert made("stage_m", "water_level", SOON, design=DESIGN, every_s=900.0) == why_not


def test_a_station_without_a_warning_stage_has_no_time_to_it() -> None:
    assert made("stage_m", "water_level", SOON) == "the site file gives no warning_stage_m"


@given(st.integers(0, 11), st.floats(-50.0, 50.0))
def test_one_wild_reading_among_twelve_changes_little(place: int, wild: float) -> None:
    rows = line(0.5, 2.5)
    rows[place] = (rows[place][0], wild)
    rate = answers(made("stage_m", "water_level", RATE), rows)[-1]
    assert rate == pytest.approx(0.5, abs=1e-6)
    soon = answers(made("stage_m", "water_level", SOON, design=DESIGN), rows)[-1]
    assert soon == pytest.approx(60.0, abs=1e-3)


def test_many_readings_are_thinned_and_say_the_same() -> None:
    rows = [(10.0 * n, 2.0 + 0.5 * n / 360.0) for n in range(361)]
    assert answers(made("stage_m", "water_level", RATE), rows)[-1] == pytest.approx(0.5)
