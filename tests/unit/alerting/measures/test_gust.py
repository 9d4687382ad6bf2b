"""Gusts of a window: two that share no sample, at whatever pace a device speaks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.model import Severity
from tests.builders import judge, sensor
from tests.unit.alerting.measures.making import answers, made
from tests.unit.alerting_limits.look import severity_after

GUST = {"of": "gust", "window": "2m", "over": "3s"}
CALM = 5.0


def spaced(every_s: float, *values: float) -> list[tuple[float, float]]:
    return [(every_s * n, value) for n, value in enumerate(values)]


def last(every_s: float, rows: list[tuple[float, float]]) -> float | None:
    return answers(made("wind_ms", "crane", GUST, every_s=every_s), rows)[-1]


@pytest.mark.parametrize(
    ("every_s", "values", "reached"),
    [
        (1.0, [CALM] * 5 + [21.0] * 6, 21.0),  # six seconds are two gusts of three
        (1.0, [CALM] * 5 + [21.0] * 5, (CALM + 2 * 21.0) / 3),  # five are one and a part
        (1.0, [CALM] * 5 + [65.0] + [CALM] * 20, CALM),  # one wild sample is one gust
        (10.0, [CALM, 21.0, CALM, CALM, 23.0, CALM], 21.0),  # the lower of the two
        (10.0, [CALM, 21.0, CALM, CALM], CALM),
        (10.0, [CALM, 21.0, CALM, 23.0] + [CALM] * 9, 21.0),  # 21 m/s came 110 s before the end
        (10.0, [CALM, 21.0, CALM, 23.0] + [CALM] * 10, CALM),
        (60.0, [CALM, 21.0, 22.0], 21.0),
        (600.0, [CALM, 21.0, 22.0], 21.0),  # a slow device is asked over two of its reports
        (600.0, [CALM, 21.0, CALM, CALM], CALM),
    ],
)
def test_a_gust_counts_when_another_reaches_it_too(
    every_s: float, values: list[float], reached: float
) -> None:
    assert last(every_s, spaced(every_s, *values)) == pytest.approx(reached)


def test_the_first_gust_alone_says_nothing() -> None:
    assert last(10.0, [(0.0, 30.0)]) is None


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 40.0), min_size=2, max_size=40), st.sampled_from([3.0, 5.0, 60.0]))
def test_of_samples_too_far_apart_to_share_a_gust_each_is_one(
    values: list[float], every_s: float
) -> None:
    n_inside = 120 / every_s if every_s < 48 else 3  # 2.5 reports hold the last three
    inside = sorted(values[-int(n_inside) :])
    assert last(every_s, spaced(every_s, *values)) == pytest.approx(inside[-2])


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 40.0), min_size=2, max_size=40), st.sampled_from([0.7, 1.0, 2.0]))
def test_it_is_never_more_than_some_two_gusts_apart_reached(
    values: list[float], every_s: float
) -> None:
    rows, gusts = spaced(every_s, *values), []
    for start in range(len(rows)):
        for end in range(start, len(rows)):
            if rows[end][0] - rows[start][0] < 3.0:
                part = values[start : end + 1]
                gusts.append((start, end, sum(part) / len(part)))
    pairs = [min(a, b) for _, end, a in gusts for start, _, b in gusts if start > end]
    found = last(every_s, rows)
    assert found is None or found <= max(pairs) + 1e-9


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 40.0), min_size=4, max_size=40), st.integers(0, 39))
def test_a_stronger_sample_never_makes_the_gust_weaker(values: list[float], place: int) -> None:
    stronger = list(values)
    stronger[place % len(values)] += 10.0
    before, after = last(1.0, spaced(1.0, *values)), last(1.0, spaced(1.0, *stronger))
    if before is not None:
        assert after is not None
        assert after >= before - 1e-9


@pytest.mark.parametrize(("quantity", "every_s"), [("wind_ms", 10.0), ("gust_ms", 60.0)])
def test_between_its_gusts_a_storm_is_seen_and_its_lulls_are_no_end(
    quantity: str, every_s: float
) -> None:
    crane = sensor(quantity, "crane", every_s=every_s)

    def after(seconds: float, *values: float) -> int:
        calm = [CALM] * (int(seconds / every_s) - len(values))
        return severity_after(judge(crane), crane, "crane_gust", [*values, *calm])

    assert after(300.0, CALM, 20.0) == 0
    assert after(0.0, CALM, 20.0, 20.0) == Severity.EXTREME
    assert after(600.0, CALM, 20.0, 20.0) == Severity.EXTREME
    assert after(1200.0, CALM, 20.0, 20.0) == 0
