"""The index answers exactly as measuring everything would, only sooner."""

import math
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis_link.index import Index, Near
from gis_link.model import Position
from tests.unit.gis_link.builders import away, brute_force_m, scattered

POINTS = scattered(600, seed=3)
BIG = scattered(10_000, seed=4)


def words(position: Position) -> list[str]:
    return ["rare"] if position.lat * 1e6 % 1.0 < 0.05 else ["common"]


def by_brute_force(
    points: list[Position],
    at: Position,
    k: int,
    radius_m: float,
    is_wanted: Callable[[Position], bool],
) -> list[tuple[Position, float]]:
    measured = [(brute_force_m(at, p), i) for i, p in enumerate(points) if is_wanted(p)]
    return [(points[i], metres) for metres, i in sorted(measured)[:k] if metres <= radius_m]


def assert_same(found: list[Near[Position]], expected: list[tuple[Position, float]]) -> None:
    assert [near.entry for near in found] == [entry for entry, _ in expected]
    for near, (_, metres) in zip(found, expected, strict=True):
        assert near.distance_m == pytest.approx(metres, abs=1e-6)


INDEX = Index(POINTS, lambda p: p, words)
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

    found = INDEX.near(at, k, radius_m, word, accept if picky else None)
    assert_same(found, by_brute_force(POINTS, at, k, radius_m, is_wanted))


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
    found = Index(points, lambda p: p).near(at, k, radius_m)
    expected = by_brute_force(points, at, k, radius_m, lambda _: True)
    assert [round(near.distance_m, 5) for near in found] == [round(m, 5) for _, m in expected]


@pytest.mark.slow
def test_ten_thousand_points_agree_with_brute_force() -> None:
    index = Index(BIG, lambda p: p)
    for at in scattered(40, seed=5):
        assert_same(index.near(at, 25), by_brute_force(BIG, at, 25, math.inf, lambda _: True))


def test_equal_distances_keep_the_order_of_the_entries() -> None:
    here = away(0.0)
    entries = [("b", here), ("a", here), ("c", here)]
    found = Index(entries, lambda entry: entry[1]).near(here, 2)
    assert [near.entry[0] for near in found] == ["b", "a"]


def test_the_way_over_the_ground_counts_and_not_the_one_through_the_earth() -> None:
    """Northward the earth is rounder, so the same way over it is a shorter one through it."""
    origin = Position(0.0, 0.0)
    north, east = away(2_000_010.0, 0.0, origin), away(2_000_000.0, 90.0, origin)
    [nearest] = Index([north, east], lambda p: p).near(origin, 1)
    assert nearest.entry is east
    assert nearest.distance_m == pytest.approx(2_000_000.0, abs=1e-3)


def test_within_gives_everything_inside_the_radius() -> None:
    at = away(0.0)
    expected = by_brute_force(POINTS, at, len(POINTS), 5_000.0, lambda _: True)
    assert_same(INDEX.within(at, 5_000.0), expected)
    assert expected


def test_an_empty_index_answers_nothing() -> None:
    empty: Index[Position] = Index([], lambda p: p)
    assert empty.near(away(0.0), 5) == []


@pytest.mark.parametrize("at", [Position(91.0, 0.0), Position(0.0, 181.0), Position(math.nan, 0.0)])
def test_a_position_off_the_globe_is_refused(at: Position) -> None:
    with pytest.raises(ValueError, match="lat -90 to 90, lon -180 to 180"):
        Index([at], lambda p: p)


@pytest.mark.slow
def test_a_look_up_among_a_hundred_thousand_costs_little() -> None:
    """The limit is ten times what it takes, so that only a lost index fails it."""
    points = scattered(100_000, seed=6)
    index = Index(points, lambda p: p, words)
    asked = scattered(200, seed=7)
    began = time.process_time()
    for at in asked:
        assert len(index.near(at, 8, 10_000.0)) == 8
        assert len(index.near(at, 8, 50_000.0, "rare")) == 8
    assert (time.process_time() - began) / (2 * len(asked)) < 0.002
