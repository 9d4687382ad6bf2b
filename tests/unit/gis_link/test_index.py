"""The index answers exactly as measuring everything would, only sooner."""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from gis_link.ground import Bools, bearings_deg, distances_m, ecef, measure_m
from gis_link.index import Belt, Found, Index, degrees, numbers_by_word
from gis_link.model import Position
from tests.unit.gis_link.builders import away, brute_force_m, scattered

POINTS = scattered(600, seed=3)
BIG = scattered(10_000, seed=4)


def words(position: Position) -> list[str]:
    return ["rare"] if position.lat * 1e6 % 1.0 < 0.05 else ["common"]


def by_brute_force(
    points: Sequence[Position],
    at: Position,
    k: int,
    radius_m: float,
    is_wanted: Callable[[Position], bool],
) -> list[tuple[Position, float]]:
    measured = [(brute_force_m(at, p), i) for i, p in enumerate(points) if is_wanted(p)]
    return [(points[i], metres) for metres, i in sorted(measured)[:k] if metres <= radius_m]


def assert_same(
    points: Sequence[Position], found: Found, expected: list[tuple[Position, float]]
) -> None:
    assert [points[row] for row in found.rows.tolist()] == [entry for entry, _ in expected]
    assert found.metres.tolist() == pytest.approx([metres for _, metres in expected], abs=1e-6)


def indexed(points: Sequence[Position]) -> Index:
    return Index.at(points, numbers_by_word(map(words, points)))


INDEX = indexed(POINTS)
_GEOD = Geod(ellps="WGS84")
# The same points: the first 500 sorted, the rest come later.
CHANGED = indexed(POINTS[:500]).changed(
    (), POINTS[500:], numbers_by_word(map(words, POINTS[500:]), 500)
)
near_here = st.builds(Position, st.floats(23.0, 23.6), st.floats(113.0, 113.6))


@settings(max_examples=150, deadline=None)
@given(
    near_here,
    st.integers(1, 700),
    st.sampled_from([0.0, 500.0, 3_000.0, 10_000.0, 80_000.0, math.inf]),
    st.sampled_from(["", "rare", "common", "unheard of"]),
    st.booleans(),
)
@example(POINTS[0], 1, 0.0, "", False)
def test_the_answer_is_that_of_brute_force(
    at: Position, k: int, radius_m: float, word: str, picky: bool
) -> None:
    def is_wanted(position: Position) -> bool:
        said = not word or word in words(position)
        return said and (not picky or accept(position))

    def accept(position: Position) -> bool:
        return position.lon * 1e6 % 1.0 < 0.3

    def keep(found: Found) -> Bools:
        return np.array([accept(POINTS[row]) for row in found.rows.tolist()], dtype=np.bool_)

    expected = by_brute_force(POINTS, at, k, radius_m, is_wanted)
    found = INDEX.nearest(at, k, radius_m, word, keep if picky else None)
    assert_same(POINTS, found, expected)
    assert_same(POINTS, CHANGED.nearest(at, k, radius_m, word, keep if picky else None), expected)


@settings(max_examples=60, deadline=None)
@given(
    near_here,
    st.integers(1, 40),
    st.sampled_from([500.0, 3_000.0, 10_000.0, 80_000.0]),
    st.sampled_from([5_000.0, 20_000.0, math.inf]),
    st.sampled_from(["", "rare", "common"]),
)
def test_of_a_belt_the_answer_is_that_of_brute_force_too(
    at: Position, k: int, inner_m: float, outer_m: float, word: str
) -> None:
    everything = by_brute_force(
        POINTS, at, len(POINTS), outer_m, lambda p: not word or word in words(p)
    )
    expected = [(p, metres) for p, metres in everything if metres > inner_m][:k]
    assert_same(POINTS, INDEX.between(at, k, Belt(inner_m, outer_m), word), expected)
    assert_same(POINTS, CHANGED.between(at, k, Belt(inner_m, outer_m), word), expected)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.builds(Position, st.floats(-90.0, 90.0), st.floats(-180.0, 180.0)), min_size=1),
    st.builds(Position, st.floats(-90.0, 90.0), st.floats(-180.0, 180.0)),
    st.integers(1, 5),
    st.sampled_from([50_000.0, 2_000_000.0, math.inf]),
)
@example([Position(0.0, 179.99), Position(0.0, -179.99)], Position(0.0, -179.98), 2, 50_000.0)
@example([Position(89.99, 10.0), Position(89.99, -170.0)], Position(89.995, -170.0), 2, 50_000.0)
def test_poles_and_the_date_line_are_no_borders(
    points: list[Position], at: Position, k: int, radius_m: float
) -> None:
    found = Index.at(points).nearest(at, k, radius_m)
    expected = by_brute_force(points, at, k, radius_m, lambda _: True)
    assert [round(m, 5) for m in found.metres.tolist()] == [round(m, 5) for _, m in expected]


@pytest.mark.slow
def test_ten_thousand_points_agree_with_brute_force() -> None:
    index = Index.at(BIG)
    for at in scattered(40, seed=5):
        expected = by_brute_force(BIG, at, 25, math.inf, lambda _: True)
        assert_same(BIG, index.nearest(at, 25), expected)


def test_equal_distances_keep_the_order_of_the_entries() -> None:
    here = away(0.0)
    assert Index.at([here, here, here]).nearest(here, 2).rows.tolist() == [0, 1]


def test_the_way_over_the_ground_counts_and_not_the_one_through_the_earth() -> None:
    """Northward the earth is rounder, so the same way over it is a shorter one through it."""
    origin = Position(0.0, 0.0)
    north, east = away(2_000_010.0, 0.0, origin), away(2_000_000.0, 90.0, origin)
    found = Index.at([north, east]).nearest(origin, 1)
    assert found.rows.tolist() == [1]
    assert found.metres[0] == pytest.approx(2_000_000.0, abs=1e-3)


def test_within_gives_everything_inside_the_radius() -> None:
    at = away(0.0)
    expected = by_brute_force(POINTS, at, len(POINTS), 5_000.0, lambda _: True)
    assert_same(POINTS, INDEX.within(at, 5_000.0), expected)
    assert expected


@settings(max_examples=60, deadline=None)
@given(near_here, st.integers(1, 300), st.sampled_from([500.0, 10_000.0, 80_000.0]))
def test_what_is_gathered_is_everything_within_its_radius(
    at: Position, k: int, farthest_m: float
) -> None:
    found, reach_m = INDEX.gather(at, k, farthest_m)
    assert reach_m <= farthest_m
    expected = by_brute_force(POINTS, at, len(POINTS), reach_m, lambda _: True)
    assert_same(POINTS, found, expected)


def test_an_empty_index_answers_nothing() -> None:
    empty = Index.at([])
    assert len(empty.nearest(away(0.0), 5)) == 0
    assert len(empty.gather(away(0.0), 5, 1e4)[0]) == 0
    full = empty.changed((), [away(10.0)], {})
    assert full.nearest(away(0.0), 5).rows.tolist() == [0]


def test_a_change_leaves_the_index_before_it_as_it_was() -> None:
    first = Index.at([away(100.0), away(200.0)])
    second = first.changed([0], [away(50.0)], {})
    third = second.changed([], [away(300.0)], {})
    assert first.nearest(away(0.0), 9).rows.tolist() == [0, 1]
    assert second.nearest(away(0.0), 9).rows.tolist() == [2, 1]
    assert third.nearest(away(0.0), 9).rows.tolist() == [0, 1, 2]


@pytest.mark.parametrize("at", [Position(91.0, 0.0), Position(0.0, 181.0), Position(math.nan, 0.0)])
def test_a_position_off_the_globe_is_refused(at: Position) -> None:
    with pytest.raises(ValueError, match="lat -90 to 90, lon -180 to 180"):
        Index.at([at])


@settings(max_examples=300, deadline=None)
@given(
    st.floats(-90.0, 90.0),
    st.floats(-180.0, 180.0),
    st.floats(0.0, 360.0),
    st.floats(0.0, 100_000.0),
)
def test_measuring_is_the_geodesic_to_a_micrometre(
    lat: float, lon: float, bearing: float, metres: float
) -> None:
    origin = Position(lat, lon)
    there = away(metres, bearing, origin)
    expected = brute_force_m(origin, there)
    assert measure_m(origin, *degrees([there]))[0] == pytest.approx(expected, abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(near_here, st.floats(0.0, 360.0), st.floats(1.0, 20_000.0))
def test_bearings_are_those_of_the_geodesic(at: Position, bearing: float, metres: float) -> None:
    origin = away(metres, bearing, at)
    lat, lon = degrees([origin])
    found = bearings_deg(lat, lon, ecef(*degrees([at])) - ecef(lat, lon))[0]
    expected = _GEOD.inv(origin.lon, origin.lat, at.lon, at.lat)[0]
    assert abs((found - expected + 180.0) % 360.0 - 180.0) < 1e-4


def test_distances_of_nothing_are_none() -> None:
    assert distances_m(away(0.0), []).tolist() == []


@pytest.mark.slow
def test_a_look_up_among_a_hundred_thousand_costs_little() -> None:
    """The limit is ten times what it takes, so that only a lost index fails it."""
    points = scattered(100_000, seed=6)
    index = indexed(points)
    asked = scattered(200, seed=7)
    began = time.process_time()
    for at in asked:
        assert len(index.nearest(at, 8, 10_000.0)) == 8
        assert len(index.nearest(at, 8, 50_000.0, "rare")) == 8
    assert (time.process_time() - began) / (2 * len(asked)) < 0.002
