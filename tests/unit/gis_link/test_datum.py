"""Datums: published vectors, exact inverses, and names that are never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_link.datum import (
    Datum,
    bd09_to_gcj02,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    parse_datum,
    to_wgs84,
    wgs84_to_gcj02,
)
from gis_link.ground import distances_m
from gis_link.model import Position

# WGS 84 and GCJ-02 of one point each, as the public implementations of the formula test them.
VECTORS = [
    ("Shanghai", (31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ("Shenzhen", (22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ("Beijing", (39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ("Beijing, centre", (39.915, 116.404), (39.91640428150164, 116.41024449916938)),
]
inside_china = st.builds(Position, st.floats(0.9, 55.7), st.floats(72.1, 137.7))
anywhere = st.builds(Position, st.floats(-85.0, 85.0), st.floats(-179.9, 179.9))


def apart_m(one: Position, other: Position) -> float:
    return float(distances_m(one, [other])[0])


@pytest.mark.parametrize(("name", "wgs84", "gcj02"), VECTORS)
def test_the_shift_agrees_with_published_points(
    name: str, wgs84: tuple[float, float], gcj02: tuple[float, float]
) -> None:
    assert apart_m(wgs84_to_gcj02(Position(*wgs84)), Position(*gcj02)) < 0.001, name
    assert apart_m(gcj02_to_wgs84(Position(*gcj02)), Position(*wgs84)) < 0.001, name


def test_baidus_shift_agrees_with_a_published_point() -> None:
    gcj02, bd09 = Position(39.915, 116.404), Position(39.92133699351021, 116.41036949371029)
    assert apart_m(gcj02_to_bd09(gcj02), bd09) < 0.001
    assert apart_m(bd09_to_gcj02(bd09), gcj02) < 0.001


@given(inside_china, st.sampled_from(list(Datum)))
def test_there_and_back_is_the_same_place(position: Position, datum: Datum) -> None:
    assert apart_m(to_wgs84(from_wgs84(position, datum), datum), position) < 0.1


@given(st.builds(Position, st.floats(22.6, 23.9), st.floats(112.9, 114.1)))
def test_the_shift_is_large_enough_to_send_the_wrong_team(position: Position) -> None:
    """Around the example district it is half a kilometre everywhere."""
    assert 400.0 < apart_m(wgs84_to_gcj02(position), position) < 700.0


@given(anywhere.filter(lambda p: not (0.7 < p.lat < 56.0 and 71.9 < p.lon < 138.0)))
def test_nothing_moves_outside_the_rectangle(position: Position) -> None:
    assert wgs84_to_gcj02(position) == position
    assert gcj02_to_wgs84(position) == position


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("WGS-84", Datum.WGS84),
        ("wgs84", Datum.WGS84),
        ("CGCS2000", Datum.WGS84),
        ("EPSG:4490", Datum.WGS84),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Datum.WGS84),
        (" gcj-02 ", Datum.GCJ02),
        ("BD-09", Datum.BD09),
        ("bd09ll", Datum.BD09),
    ],
)
def test_a_datum_is_read_as_people_write_it(text: str, datum: Datum) -> None:
    assert parse_datum(text) is datum


@pytest.mark.parametrize("text", ["", "EPSG:3857", "Beijing 54", "WGS"])
def test_an_unknown_datum_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="WGS-84, CGCS2000, GCJ-02 or BD-09"):
        parse_datum(text)
