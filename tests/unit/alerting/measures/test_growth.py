"""Growth that lasts for days, rates that double, movement beyond a yearly swing, recent means."""

import pytest

from alerting.history import Flag, History
from alerting.measures.growth import least_daily_change, rate_growth
from alerting.measures.kind import MeasureSpec
from alerting.measures.table import MEASURES
from alerting.measures.zero import of_recent_mean
from tests.builders import sensor

DAY_S = 86400.0


def history(*values: float, every_s: float = DAY_S) -> History:
    made = History()
    for step, value in enumerate(values):
        made.insert(step * every_s, value, int(Flag.CAN_CLEAR))
    return made


DAYS = [
    ("three days up: the least counts", (0.0, 0.2, 0.5, 0.6), 0.1),
    ("three days down: with its sign", (0.0, -0.2, -0.5, -0.6), -0.1),
    ("a day that goes back", (0.0, 0.2, 0.1, 0.6), 0.0),
    ("a day that stands still", (0.0, 0.2, 0.2, 0.6), 0.0),
]


@pytest.mark.parametrize(("what", "values", "least"), DAYS, ids=[entry[0] for entry in DAYS])
def test_what_grows_every_day(what: str, values: tuple[float, ...], least: float) -> None:
    assert least_daily_change(history(*values), 3, 3) == pytest.approx(least), what


def test_a_day_without_readings_is_not_known() -> None:
    made = history(0.0, 0.2, 0.5, 0.6)
    made.remove(1)
    assert least_daily_change(made, 2, 3) is None
    assert least_daily_change(history(0.0, 0.2, 0.5), 2, 3) is None


def test_a_rate_is_held_against_that_of_the_window_before() -> None:
    hours = [min(n, 24) * 1.0 + max(0, n - 24) * 2.0 for n in range(49)]
    assert rate_growth(history(*hours, every_s=3600.0), 48, DAY_S) == pytest.approx(200.0)
    assert rate_growth(history(*hours[:20], every_s=3600.0), 19, DAY_S) is None


def test_groundwater_counts_beyond_its_yearly_swing_in_either_direction() -> None:
    well = sensor("gw_level_mm", "pit", design={"gw_annual_swing_mm": 800.0})
    spec = MeasureSpec.model_validate(
        {
            "of": "beyond",
            "unit": "mm",
            "baseline": "the yearly swing",
            "less": {"design": "gw_annual_swing_mm", "default": 0.0},
        }
    )
    made = MEASURES["beyond"].make(spec, well)
    assert not isinstance(made, str)
    assert made.compute(history(-1800.0), 0) == 1000.0
    assert made.compute(history(500.0), 0) == 0.0


def test_a_value_is_held_against_the_mean_of_the_three_before_it() -> None:
    assert of_recent_mean(history(10.0, 10.0, 10.0, 15.0), 3) == pytest.approx(150.0)
    assert of_recent_mean(history(10.0, 10.0, 15.0), 2) is None
    assert of_recent_mean(history(0.0, 0.0, 0.0, 15.0), 3) is None
