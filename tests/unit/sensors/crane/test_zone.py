"""Zones: inside, edges and distances are those of an independent geometry library."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon

from sensors.crane.zone import beam_off_m, edge_m, is_inside, off_m

_metres = st.floats(-60.0, 60.0).map(lambda value: round(value, 3))
_point = st.tuples(_metres, _metres)


@st.composite
def _polygon(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Draw a star-shaped polygon: corners around a middle at rising angles."""
    count = draw(st.integers(3, 9))
    radii = [draw(st.floats(3.0, 40.0)) for _ in range(count)]
    return [
        (radius * math.cos(2 * math.pi * n / count), radius * math.sin(2 * math.pi * n / count))
        for n, radius in enumerate(radii)
    ]


@given(_polygon(), _point)
def test_inside_and_distance_to_the_edge(
    corners: list[tuple[float, float]], point: tuple[float, float]
) -> None:
    polygon = Polygon(corners)
    edge = polygon.exterior.distance(Point(point))
    assert edge_m(corners, *point) == pytest.approx(edge, abs=1e-6)
    assume(edge > 1e-6)
    assert is_inside(corners, *point) == polygon.contains(Point(point))


@given(_polygon(), _point, st.floats(0.0, 60.0))
def test_the_distance_in_space_is_negative_inside_only(
    corners: list[tuple[float, float]], point: tuple[float, float], z_m: float
) -> None:
    polygon, top_m = Polygon(corners), 30.0
    off = off_m(corners, top_m, (*point, z_m))
    plan = polygon.distance(Point(point))
    assume(polygon.exterior.distance(Point(point)) > 1e-6)
    if plan > 0.0 or z_m > top_m:
        assert off == pytest.approx(math.hypot(plan, max(z_m - top_m, 0.0)), abs=1e-6)
    else:
        way_out = min(polygon.exterior.distance(Point(point)), top_m - z_m)
        assert off == pytest.approx(-way_out, abs=1e-6)


@given(_polygon(), _point, _point, st.floats(0.0, 60.0))
def test_a_level_beam_is_as_far_off_as_its_nearest_point(
    corners: list[tuple[float, float]],
    start: tuple[float, float],
    end: tuple[float, float],
    z_m: float,
) -> None:
    assume(math.dist(start, end) > 0.01)
    polygon, top_m = Polygon(corners), 30.0
    plan = polygon.distance(LineString([start, end]))
    off = beam_off_m(corners, top_m, (start, end), z_m)
    if plan > 1e-6 or z_m > top_m:
        assert off == pytest.approx(math.hypot(plan, max(z_m - top_m, 0.0)), abs=1e-5)
    else:
        assert off <= 1e-6


def test_over_the_top_of_a_zone_is_outside() -> None:
    square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    assert off_m(square, 20.0, (5.0, 5.0, 23.0)) == 3.0
    assert off_m(square, math.inf, (5.0, 5.0, 500.0)) == -5.0
