"""Flow from stage: inside the curve, at its ends, and where it must say nothing."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.rating import Flow, Gauging, Rating, Segment, fitted, flow_at, why_no_rating

LOW = Segment(low_m=0.5, high_m=2.0, c=10.0, h0_m=0.5, b=1.5)
HIGH = Segment(low_m=2.0, high_m=6.0, c=12.0, h0_m=0.8, b=1.7)
CURVE = Rating(segments=(LOW, HIGH), n_gaugings=24, highest_gauging_m=4.0, dated=date(2025, 11, 3))


@pytest.mark.parametrize(
    ("stage_m", "m3s", "is_extrapolated"),
    [
        (0.5, 0.0, False),
        (1.5, 10.0, False),
        (2.0, 12.0 * 1.2**1.7, False),  # the upper segment from its lower end on
        (4.0, 12.0 * 3.2**1.7, False),
        (5.0, 12.0 * 4.2**1.7, True),
        (5.6, 12.0 * 4.8**1.7, True),  # 0.8 + 1.5 * 3.2
    ],
)
def test_a_stage_inside(stage_m: float, m3s: float, is_extrapolated: bool) -> None:
    found = flow_at(CURVE, stage_m)
    assert isinstance(found, Flow)
    assert found.m3s == pytest.approx(m3s)
    assert found.is_extrapolated is is_extrapolated


@pytest.mark.parametrize(
    ("stage_m", "why"), [(0.4, "below the curve"), (5.7, "1.5 times the highest gauging")]
)
def test_a_stage_outside_has_no_flow(stage_m: float, why: str) -> None:
    found = flow_at(CURVE, stage_m)
    assert isinstance(found, str)
    assert why in found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"segments": ()}, "no segment"),
        ({"n_gaugings": 0}, "no gauging"),
        ({"segments": (LOW, replace(HIGH, low_m=2.1))}, "open or overlap"),
        ({"segments": (replace(LOW, c=0.0),)}, "above 0"),
        ({"segments": (replace(LOW, high_m=0.5),)}, "end above its start"),
    ],
)
def test_a_curve_that_cannot_be_used_says_why(change: dict[str, object], why: str) -> None:
    faulty = replace(CURVE, **change)  # type: ignore[arg-type]
    said = why_no_rating(faulty)
    assert said is not None
    assert why in said
    assert flow_at(faulty, 1.0) == said


def test_a_tidal_station_has_no_flow() -> None:
    assert "tide" in (why_no_rating(CURVE, is_tidal=True) or "")


@given(st.floats(0.1, 100.0), st.floats(1.5, 3.0), st.floats(-2.0, 2.0))
def test_a_fit_of_exact_gaugings_gives_the_curve_back(c: float, b: float, h0_m: float) -> None:
    gaugings = [Gauging(h0_m + height, c * height**b) for height in (0.3, 0.8, 1.7, 3.1)]
    found = fitted(gaugings, h0_m)
    assert not isinstance(found, str)
    assert found == pytest.approx((c, b), rel=1e-6)


@pytest.mark.parametrize(
    ("gaugings", "why"),
    [
        ([Gauging(1.0, 2.0)], "too few"),
        ([Gauging(0.1, 2.0), Gauging(1.0, 2.0), Gauging(2.0, 3.0)], "above h0"),
        ([Gauging(1.0, 2.0)] * 3, "same stage"),
    ],
)
def test_a_fit_that_cannot_be_made_says_why(gaugings: list[Gauging], why: str) -> None:
    found = fitted(gaugings, 0.5)
    assert isinstance(found, str)
    assert why in found
