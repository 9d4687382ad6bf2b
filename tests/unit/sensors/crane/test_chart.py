"""Load charts: what may be lifted is never promised too high, and files are checked by line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.crane.chart import Curve
from sensors.crane.chart_file import Charts, load_charts
from sensors.document import Fault

K, C = 85.24, 0.222  # domain reference A9: the synthetic test chart
SYNTHETIC = (
    *((13.7, 6.00), (15.0, 5.46), (20.0, 4.04), (25.0, 3.19), (30.0, 2.62)),
    *((35.0, 2.21), (40.0, 1.91), (45.0, 1.67), (50.0, 1.48), (56.0, 1.30)),
)
PRINTED_T = 0.005  # the chart is printed to 10 kg


def formula_t(radius_m: float) -> float:
    return min(6.0, K / radius_m - C)


def curve(*points: tuple[float, float]) -> Curve:
    return Curve(reeving=4.0, points=points or SYNTHETIC)


@pytest.mark.parametrize(("radius_m", "rated_t"), SYNTHETIC)
def test_the_points_of_the_synthetic_chart_are_met(radius_m: float, rated_t: float) -> None:
    assert curve().rated_t(radius_m) == rated_t
    assert formula_t(radius_m) == pytest.approx(rated_t, abs=PRINTED_T)


@pytest.mark.parametrize("radius_m", [0.0, 2.5, 13.6999])
def test_up_to_the_break_radius_the_chart_is_flat(radius_m: float) -> None:
    assert curve().rated_t(radius_m) == 6.0


@pytest.mark.parametrize("radius_m", [56.001, 60.0, 1000.0])
def test_beyond_the_last_radius_nothing_may_be_lifted(radius_m: float) -> None:
    assert curve().rated_t(radius_m) == 0.0


def test_a_straight_line_would_overstate_the_chart_midway_and_ours_does_not() -> None:
    straight_t = (4.04 + 2.62) / 2
    assert straight_t / formula_t(25.0) - 1.0 == pytest.approx(0.045, abs=0.001)
    ours_t = curve((20.0, 4.04), (30.0, 2.62)).rated_t(25.0)
    assert ours_t == pytest.approx(formula_t(25.0), abs=PRINTED_T)


@given(st.floats(2.0, 56.0))
def test_never_above_the_formula_by_more_than_the_chart_is_rounded(radius_m: float) -> None:
    assert curve().rated_t(radius_m) <= formula_t(radius_m) + PRINTED_T


@given(st.floats(2.0, 60.0), st.floats(2.0, 60.0))
def test_never_more_at_a_larger_radius(one_m: float, other_m: float) -> None:
    near_m, far_m = sorted((one_m, other_m))
    assert curve().rated_t(near_m) >= curve().rated_t(far_m)


@given(
    st.floats(20.0, 200.0),
    st.floats(0.0, 1.0),
    st.lists(st.floats(5.0, 60.0), min_size=3, max_size=12, unique=True),
    st.floats(5.0, 60.0),
)
def test_charts_of_the_usual_shape_are_followed_exactly(
    k: float, c: float, radii: list[float], radius_m: float
) -> None:
    radii = sorted({round(radius, 1) for radius in radii if k / round(radius, 1) - c > 0.05})
    if len(radii) < 3:
        return
    known = curve(*((radius, k / radius - c) for radius in radii))
    assert not any(known.stepped)
    if radii[0] <= radius_m <= radii[-1]:
        assert known.rated_t(radius_m) == pytest.approx(k / radius_m - c, rel=1e-6)


def test_where_the_curve_bends_even_over_one_by_radius_the_smaller_load_counts() -> None:
    steep = curve(*((radius, 4000.0 / radius**3) for radius in (10.0, 20.0, 30.0, 40.0)))
    assert steep.stepped[1]
    assert steep.rated_t(25.0) == 4000.0 / 30.0**3


def loaded(folder: Path, *rows: str, source: str = "test sheet") -> tuple[Charts, list[Fault]]:
    (folder / "charts").mkdir(exist_ok=True)
    text = f"model: QTZ-T\nsource: {source}\ncharts:\n" + "".join(f"  - {row}\n" for row in rows)
    (folder / "charts" / "qtz.yaml").write_text(text, encoding="utf-8")
    return load_charts(folder)


def test_a_file_gives_charts_by_model_jib_and_reeving(tmp_path: Path) -> None:
    charts, faults = loaded(
        tmp_path,
        "{jib_m: 56, reeving: 4, points: [[13.7, 6], [20, 4.04], [56, 1.3]]}",
        "{jib_m: 56, reeving: 2, points: [[25, 3], [56, 1.3]]}",
        "{jib_m: 50, reeving: 4, points: [[13.7, 6], [50, 1.5]]}",
    )
    assert faults == []
    assert set(charts) == {("QTZ-T", 56.0), ("QTZ-T", 50.0)}
    assert set(charts["QTZ-T", 56.0].curves) == {"2", "4"}
    found = charts["QTZ-T", 56.0].curve(2.0)
    assert found is not None
    assert found.rated_t(10.0) == 3.0


FAULTS = {
    "a radius that does not rise": ("[[20, 4], [20, 3]]", "radius 20 m follows 20 m"),
    "a load that rises": ("[[20, 3], [30, 4]]", "4 t at 30 m is more than 3 t at 20 m"),
    "a load of nothing": ("[[20, 3], [30, 0]]", "[30, 0] is no point of a chart"),
    "a negative radius": ("[[-2, 3], [30, 2]]", "[-2, 3] is no point of a chart"),
    "a radius beyond the jib": ("[[20, 3], [57, 1]]", "radius 57 m lies beyond the jib of 56 m"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_says_where_and_what(tmp_path: Path, case: str) -> None:
    points, words = FAULTS[case]
    charts, faults = loaded(tmp_path, f"{{jib_m: 56, reeving: 4, points: {points}}}")
    assert charts == {}
    assert any(words in str(fault) and "qtz.yaml:4" in str(fault) for fault in faults), faults
    assert not any(fault.is_warning for fault in faults)


def test_the_same_chart_twice_is_a_fault(tmp_path: Path) -> None:
    row = "{jib_m: 56, reeving: 4, points: [[13.7, 6], [56, 1.3]]}"
    _, faults = loaded(tmp_path, row, row)
    assert "QTZ-T with 56 m jib and 4 falls has a chart already" in str(faults[0])


def test_a_curve_that_is_not_convex_is_warned_of(tmp_path: Path) -> None:
    row = "{jib_m: 56, reeving: 4, points: [[20, 4.04], [25, 3.91], [30, 2.62], [40, 1.91]]}"
    charts, faults = loaded(tmp_path, row)
    assert charts
    assert all(fault.is_warning for fault in faults)
    assert any("not convex at 25 m" in str(fault) for fault in faults)


def test_a_district_without_charts_has_none(tmp_path: Path) -> None:
    assert load_charts(tmp_path) == ({}, [])
