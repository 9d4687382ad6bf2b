"""The three datums of Chinese maps and the way between them.

Surveys use CGCS2000, which is WGS 84 to within decimetres. Web maps of mainland China use GCJ-02,
which moves every point by 300 to 700 m, and some use BD-09, which moves GCJ-02 once more. A team
taken from one and a sensor from another are therefore not near each other when they should be, so
every file states its datum and nothing here guesses one.

GCJ-02 and BD-09 have published forward formulas only; the inverses are found by iteration until
the forward formula gives the point back to within a millimetre.
"""

import math
from collections.abc import Callable
from enum import StrEnum

from gis_link.model import Position

# Krasovsky 1940 ellipsoid, on which the GCJ-02 shift is defined.
_A = 6378245.0
_EE = 0.00669342162296594323
# The rectangle inside which the shift applies: lat, lat, lon, lon.
_SOUTH, _NORTH, _WEST, _EAST = 0.8293, 55.8271, 72.004, 137.8347
_BD_TURN = math.pi * 3000.0 / 180.0
_BD_LAT, _BD_LON = 0.006, 0.0065
_CLOSE_DEG = 1e-10
_MAX_STEPS = 30


class Datum(StrEnum):
    """What a pair of degrees means."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


_NAMES = {
    "WGS84": Datum.WGS84,
    "CGCS2000": Datum.WGS84,
    "EPSG4326": Datum.WGS84,
    "EPSG4490": Datum.WGS84,
    "CRS84": Datum.WGS84,
    "URNOGCDEFCRSOGC13CRS84": Datum.WGS84,
    "URNOGCDEFCRSOGCCRS84": Datum.WGS84,
    "URNOGCDEFCRSEPSG4326": Datum.WGS84,
    "URNOGCDEFCRSEPSG4490": Datum.WGS84,
    "GCJ02": Datum.GCJ02,
    "BD09": Datum.BD09,
    "BD09LL": Datum.BD09,
}


def parse_datum(text: str) -> Datum:
    """Read a datum as files write it (`WGS-84`, `CGCS2000`, `GCJ-02`, `BD-09`, a CRS name).

    Raises:
        ValueError: it is none of these.
    """
    key = "".join(letter for letter in text.upper() if letter.isalnum())
    if key not in _NAMES:
        raise ValueError(
            f"datum {text.strip()!r} is not known: write WGS-84, CGCS2000, GCJ-02 or BD-09"
        )
    return _NAMES[key]


def to_wgs84(position: Position, datum: Datum) -> Position:
    """Give the WGS 84 position of a point stated in `datum`; unchanged outside the rectangle."""
    if datum is Datum.BD09:
        position = bd09_to_gcj02(position)
    return position if datum is Datum.WGS84 else gcj02_to_wgs84(position)


def from_wgs84(position: Position, datum: Datum) -> Position:
    """Give the position in `datum` of a WGS 84 point."""
    if datum is Datum.WGS84:
        return position
    shifted = wgs84_to_gcj02(position)
    return gcj02_to_bd09(shifted) if datum is Datum.BD09 else shifted


def wgs84_to_gcj02(position: Position) -> Position:
    """Shift a WGS 84 point as Chinese web maps do; unchanged outside the rectangle."""
    return _shifted(position) if _is_shifted(position) else position


def gcj02_to_wgs84(position: Position) -> Position:
    """Undo the shift, exact to a millimetre.

    Within about 700 m of the rectangle's edge a GCJ-02 point can have two origins; the one inside
    is given.
    """
    origin = _invert(_shifted, position)
    return origin if _is_shifted(origin) else position


def gcj02_to_bd09(position: Position) -> Position:
    """Shift a GCJ-02 point as Baidu's maps do."""
    x, y = position.lon, position.lat
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * _BD_TURN)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * _BD_TURN)
    return Position(radius * math.sin(angle) + _BD_LAT, radius * math.cos(angle) + _BD_LON)


def bd09_to_gcj02(position: Position) -> Position:
    """Undo Baidu's shift, exact to a millimetre."""
    return _invert(gcj02_to_bd09, position)


def _is_shifted(position: Position) -> bool:
    return _SOUTH <= position.lat <= _NORTH and _WEST <= position.lon <= _EAST


def _shifted(position: Position) -> Position:
    north, east = _shift_m(position.lon - 105.0, position.lat - 35.0)
    phi = math.radians(position.lat)
    flat = 1.0 - _EE * math.sin(phi) ** 2
    meridian = _A * (1.0 - _EE) / flat**1.5
    parallel = _A / math.sqrt(flat) * math.cos(phi)
    return Position(
        position.lat + math.degrees(north / meridian),
        position.lon + math.degrees(east / parallel),
    )


def _shift_m(x: float, y: float) -> tuple[float, float]:
    """Give the published GCJ-02 polynomial: metres north and east at (x, y) from 35 N 105 E."""
    root = 0.2 * math.sqrt(abs(x))
    ripple = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + root
    north += (ripple + _wave(y, 20.0, 1.0, 40.0, 3.0)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2 / 3
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.5 * root
    east += (ripple + _wave(x, 20.0, 1.0, 40.0, 3.0)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2 / 3
    return north, east


def _wave(at: float, first: float, period: float, second: float, longer: float) -> float:
    return first * math.sin(at / period * math.pi) + second * math.sin(at / longer * math.pi)


def _invert(forward: Callable[[Position], Position], goal: Position) -> Position:
    """Find the point that `forward` moves to `goal`: it moves little and smoothly, so step back."""
    guess = goal
    for _ in range(_MAX_STEPS):
        there = forward(guess)
        d_lat, d_lon = there.lat - goal.lat, there.lon - goal.lon
        guess = Position(guess.lat - d_lat, guess.lon - d_lon)
        if abs(d_lat) < _CLOSE_DEG and abs(d_lon) < _CLOSE_DEG:
            break
    return guess
