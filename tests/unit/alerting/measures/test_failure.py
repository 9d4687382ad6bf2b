"""Inverse-velocity forecasts (B7): exact series, noise, steps, and creep that never fails."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.history import Flag, History
from alerting.measures.failure import (
    Forecast,
    Method,
    Speed,
    forecast,
    inverse_line,
    noise_floor,
    onset_of,
)

DAY_S = 86400.0
DAILY = Method(step_s=DAY_S, window_s=30 * DAY_S, noise=0.0)


def fukuzono(tf_d: float, a: float = 0.05) -> Callable[[float], float]:
    """Displacement in mm whose inverse velocity is the line a (tf - t)."""
    return lambda day: -math.log(1.0 - day / tf_d) / a


def readings(
    law: Callable[[float], float], until_d: float, every_d: float = 1.0, noise_mm: float = 0.0
) -> History:
    chance, history = random.Random(7), History()
    for step in range(round(until_d / every_d) + 1):
        day = step * every_d
        value = law(day) + chance.gauss(0.0, noise_mm)
        history.insert(day * DAY_S, value, int(Flag.CAN_CLEAR))
    return history


def newest(history: History, method: Method = DAILY) -> Forecast | str:
    return forecast(history, len(history) - 1, method)


@pytest.mark.parametrize("until_d", [15, 20, 25, 28])
def test_the_failure_of_an_exact_series_is_found_and_never_later_than_it_comes(
    until_d: int,
) -> None:
    found = newest(readings(fukuzono(30.0), until_d))
    assert isinstance(found, Forecast)
    assert 28.9 < found.earliest_s / DAY_S <= found.latest_s / DAY_S <= 30.0
    assert found.r2 > 0.999
    assert found.n_points >= 5


def test_noise_well_below_the_movement_moves_the_forecast_by_less_than_four_days() -> None:
    history = readings(fukuzono(30.0), 25, every_d=1 / 24, noise_mm=0.3)
    found = newest(history, Method(step_s=DAY_S, window_s=30 * DAY_S, noise=0.3))
    assert isinstance(found, Forecast)
    assert abs(found.earliest_s / DAY_S - 30.0) < 4.0
    assert abs(found.latest_s / DAY_S - 30.0) < 4.0


NEVER: list[tuple[str, Callable[[float], float], str]] = [
    ("steady creep", lambda day: 0.8 * day, "no onset"),
    ("creep that slows", lambda day: 20.0 * math.log(1.0 + day), "no onset"),
    ("one step", lambda day: 0.5 * day + (12.0 if day >= 27.0 else 0.0), "no onset"),
    ("velocity that grows by a constant", lambda day: 0.02 * day * day, "outlived"),
]


@pytest.mark.parametrize(("what", "law", "why"), NEVER, ids=[entry[0] for entry in NEVER])
def test_what_does_not_run_to_failure_gives_no_failure_soon(
    what: str, law: Callable[[float], float], why: str
) -> None:
    found = newest(readings(law, 30))
    assert isinstance(found, str), what
    assert found.startswith("not ready: ")
    assert why in found


def test_steady_noise_gives_no_forecast() -> None:
    history = readings(lambda _: 0.0, 30, every_d=1 / 24, noise_mm=1.0)
    found = newest(history, Method(step_s=DAY_S, window_s=30 * DAY_S, noise=1.0))
    assert isinstance(found, str)
    assert "noise" in found or "onset" in found


def test_too_little_is_not_ready_and_says_what_is_missing() -> None:
    assert newest(readings(fukuzono(30.0), 5)) == "not ready: 5 steps of movement, 10 needed"


def test_a_day_without_readings_ends_what_is_looked_at() -> None:
    whole, holed = readings(fukuzono(30.0), 25), History()
    for time_s, value in zip(whole.times, whole.values, strict=True):
        if time_s != 18 * DAY_S:
            holed.insert(time_s, value, int(Flag.CAN_CLEAR))
    assert newest(holed) == "not ready: 6 steps of movement, 10 needed"


def test_the_noise_guard_is_three_sigma_of_a_difference_of_two_readings() -> None:
    for step_d, floor in ((1.0, 4.243), (0.5, 8.485)):
        method = Method(step_s=step_d * DAY_S, window_s=DAY_S, noise=1.0)
        assert noise_floor(method) == pytest.approx(floor, abs=0.001)


GOLDEN_B7 = [
    (
        "OOA: mean of 3 above mean of 7, sustained 3 steps",
        (3, 7, 3),
        ("short", "long", "sustained"),
    ),
    ("fit: at least 5 points, R² of 0.8", (5, 0.8), ("min_points", "min_r2")),
    ("noise guard: 3 sigma", (3.0,), ("n_sigma",)),
]


@pytest.mark.parametrize(("row", "values", "names"), GOLDEN_B7)
def test_the_published_numbers_are_the_defaults(
    row: str, values: tuple[float, ...], names: tuple[str, ...]
) -> None:
    assert tuple(getattr(DAILY, name) for name in names) == values, row


def test_an_onset_must_go_on_for_three_steps() -> None:
    speeds = [Speed(n * DAY_S, 1.0) for n in range(10)]
    rising = [Speed((10 + n) * DAY_S, 2.0 + n) for n in range(3)]
    assert onset_of([*speeds, *rising[:2]], DAILY) is None
    assert onset_of([*speeds, *rising], DAILY) == pytest.approx(8 * DAY_S)


def test_a_line_that_does_not_fall_has_no_zero() -> None:
    slowing = [Speed(n * DAY_S, 10.0 - n) for n in range(6)]
    assert inverse_line(slowing, 0.0, 0.0).zero_at == math.inf


@settings(max_examples=100, deadline=None)
@given(
    st.floats(12.0, 200.0),
    st.floats(0.005, 0.5),
    st.floats(0.5, 0.93),
    st.sampled_from([-1.0, 1.0]),
    st.floats(-1e3, 1e3),
)
def test_a_forecast_is_within_a_tenth_of_the_time_left_and_knows_no_direction(
    tf_d: float, a: float, share: float, sign: float, shift: float
) -> None:
    law = fukuzono(tf_d, a)
    history = readings(lambda day: shift + sign * law(day), round(share * tf_d))
    found = newest(history, Method(step_s=DAY_S, window_s=60 * DAY_S, noise=0.0))
    if isinstance(found, Forecast):
        left_d = tf_d - round(share * tf_d)
        assert found.earliest_s >= history.times[-1]
        assert abs(found.latest_s / DAY_S - tf_d) < 1.0 + 0.1 * left_d


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_forecast(
    values: list[float], chance: random.Random
) -> None:
    straight, mixed = History(), History()
    rows = [(n * DAY_S / 2, value) for n, value in enumerate(values)]
    for row in rows:
        straight.insert(*row, int(Flag.CAN_CLEAR))
    chance.shuffle(rows)
    for row in rows:
        mixed.insert(*row, int(Flag.CAN_CLEAR))
    assert newest(mixed) == newest(straight)
