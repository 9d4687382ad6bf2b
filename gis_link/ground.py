"""Distances and bearings over the ground: exact on the WGS 84 ellipsoid, and quick for many points.

Two points near each other are measured along the chord through the earth, lengthened to the arc by
the radius of curvature in their direction; up to 20 km that is the geodesic to within a
micrometre (tested against pyproj.Geod, which measures whatever is farther).
"""

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis_link.model import Position

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# WGS 84: semi-major axis, first eccentricity squared, smallest radius of curvature (meridian, 0 N).
_A, _E2 = 6378137.0, 0.0066943799901413165
R_MIN_M: Final = 6335439.0
HALF_TURN_M: Final = 20_037_508.4
NEAR_M: Final = 20_000.0


@cache
def geod() -> Any:
    """Load PROJ, which takes 12 MB of memory, once something is far enough to need it."""
    from pyproj import Geod

    return Geod(ellps="WGS84")


def ecef(lat: Floats, lon: Floats) -> Floats:
    """Give earth-centred coordinates in metres, shape (n, 3), of points on the ellipsoid."""
    phi, lam = np.radians(lat), np.radians(lon)
    normal = _A / np.sqrt(1.0 - _E2 * np.sin(phi) ** 2)
    flat = normal * np.cos(phi)
    z = normal * (1.0 - _E2) * np.sin(phi)
    return np.column_stack((flat * np.cos(lam), flat * np.sin(lam), z))


def ecef_of(at: Position) -> tuple[float, float, float]:
    """Give the same for one point, without the cost of arrays."""
    phi, lam = math.radians(at.lat), math.radians(at.lon)
    normal = _A / math.sqrt(1.0 - _E2 * math.sin(phi) ** 2)
    flat = normal * math.cos(phi)
    return flat * math.cos(lam), flat * math.sin(lam), normal * (1.0 - _E2) * math.sin(phi)


class Stand(NamedTuple):
    """A point to measure from: where it is in the earth, which way is north, and the curvatures.

    `across` is the curvature of the ellipsoid from east to west, `more_along` how much more of it
    there is from north to south; both per metre.
    """

    xyz: Floats
    north: Floats
    across: float
    more_along: float


@lru_cache(maxsize=16)
def stand(at: Position) -> Stand:
    """Reckon once what all measuring of one look-up begins with."""
    phi, lam = math.radians(at.lat), math.radians(at.lon)
    flat = 1.0 - _E2 * math.sin(phi) ** 2
    normal = _A / math.sqrt(flat)
    meridian = normal * (1.0 - _E2) / flat
    north = -math.sin(phi) * math.cos(lam), -math.sin(phi) * math.sin(lam), math.cos(phi)
    curvature = 1.0 / normal, 1.0 / meridian - 1.0 / normal
    return Stand(np.array(ecef_of(at)), np.array(north), *curvature)


def arcs_m(at: Position, gaps: Floats) -> Floats:
    """Give distances over the ground from `at` along `gaps`: geodesic up to `NEAR_M`.

    `gaps`, shape (n, 3), is the way through the earth to each point, earth-centred, in metres.
    """
    of = stand(at)
    chord_2 = np.einsum("ij,ij->i", gaps, gaps)
    curvature: Floats = np.einsum("ij,j->i", gaps, of.north)
    curvature *= curvature
    curvature /= chord_2 + 1e-30  # the share of the meridian
    curvature *= of.more_along
    curvature += of.across
    curvature *= curvature
    curvature *= chord_2
    curvature *= 1.0 / 24.0
    curvature += 1.0
    curvature *= np.sqrt(chord_2)
    return curvature


def with_far(at: Position, lat: Floats, lon: Floats, metres: Floats) -> Floats:
    """Give the distances with those beyond `NEAR_M` measured along the geodesic."""
    is_far = metres > NEAR_M
    metres[is_far] = _geodesic(at, lat[is_far], lon[is_far])
    return metres


def _geodesic(at: Position, lat: Floats, lon: Floats) -> Floats:
    from_lon, from_lat = np.full(lon.size, at.lon), np.full(lat.size, at.lat)
    return np.asarray(geod().inv(from_lon, from_lat, lon, lat)[2], dtype=np.float64)


def measure_m(at: Position, lat: Floats, lon: Floats) -> Floats:
    """Give geodesic distances in metres to points given as arrays of degrees."""
    return with_far(at, lat, lon, arcs_m(at, ecef(lat, lon) - stand(at).xyz))


def distances_m(origin: Position, to: Sequence[Position]) -> Floats:
    """Give the geodesic distance in metres from `origin` to each position."""
    return measure_m(origin, np.array([p.lat for p in to]), np.array([p.lon for p in to]))


def bearings_deg(lat: Floats, lon: Floats, gap: Floats) -> Floats:
    """Give the bearings (0 to 360 degrees) from points along `gap`, some kilometres at most.

    `gap`, shape (n, 3), is the way through the earth from each point, earth-centred, in metres.
    """
    phi, lam = np.radians(lat), np.radians(lon)
    sin_lam, cos_lam = np.sin(lam), np.cos(lam)
    x, y, z = gap.T
    east = cos_lam * y - sin_lam * x
    north = np.cos(phi) * z - np.sin(phi) * (cos_lam * x + sin_lam * y)
    found: Floats = np.degrees(np.arctan2(east, north)) % 360.0
    return found


def bearing_deg(origin: Position, to: Position) -> float:
    """Give the geodesic bearing at `origin` towards `to`, 0 to 360 clockwise from true north."""
    gap = np.subtract(ecef_of(to), ecef_of(origin))
    if gap @ gap > NEAR_M**2:
        return float(geod().inv(origin.lon, origin.lat, to.lon, to.lat)[0]) % 360.0
    return float(bearings_deg(np.array([origin.lat]), np.array([origin.lon]), gap[None, :])[0])


def longest_m(chord_m: float) -> float:
    """Give an upper bound of the geodesic between points this far apart through the earth."""
    half = chord_m / (2.0 * R_MIN_M)
    return 2.0 * R_MIN_M * math.asin(half) * (1 + 1e-12) + 1e-6 if half < 1.0 else math.inf
