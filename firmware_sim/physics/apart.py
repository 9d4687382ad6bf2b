"""How near two cranes are: the smallest distance between their jibs, ropes and masts.

Everything is a straight segment in local metres (x east, y north, z up), see domain reference A7.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from firmware_sim.physics.cycle import Corner
from firmware_sim.site import DeviceSpec

_M_PER_DEG = 111_195.0
_HEAD_M = 6.0

Point = tuple[float, float, float]
Segment = tuple[Point, Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a crane stands (WGS 84) and how large it is; heights above the common datum.

    One on a rail stands there when its travel is 0; it goes towards `rail_deg`, from one to the
    other of `ends_m`, and works at `home_m`.
    """

    lat: float
    lon: float
    base_m: float
    jib_height_m: float
    jib_m: float
    counter_jib_m: float
    rail_deg: float = 0.0
    ends_m: tuple[float, float] = (0.0, 0.0)
    home_m: float = 0.0

    @property
    def work_m(self) -> float | None:
        """Give the travel at which the crane works, None for one that is fixed."""
        return self.home_m if self.ends_m[0] < self.ends_m[1] else None

    def along(self, travel_m: float) -> tuple[float, float]:
        """Give how many metres east and north the crane is after travelling."""
        angle = math.radians(self.rail_deg)
        return travel_m * math.sin(angle), travel_m * math.cos(angle)

    def towards(self, other: "Stand") -> tuple[float, float]:
        """Give how many metres east and north of this crane another stands, neither travelled."""
        east_m = (other.lon - self.lon) * _M_PER_DEG * math.cos(math.radians(self.lat))
        return east_m, (other.lat - self.lat) * _M_PER_DEG

    def away(self, other: "Stand") -> tuple[float, float]:
        """Give distance in plan and azimuth from north towards another, both where they work."""
        (x, y), (x2, y2) = self.along(self.home_m), other.along(other.home_m)
        east, north = self.towards(other)
        east, north = east + x2 - x, north + y2 - y
        return math.hypot(east, north), math.degrees(math.atan2(east, north)) % 360.0

    def nearest_m(self, other: "Stand") -> float:
        """Give the smallest distance in plan that the two can have, wherever they travel."""
        east, north = self.towards(other)
        mine, theirs = (
            [(x + dx, y + dy, 0.0) for x, y in map(each.along, each.ends_m)]
            for each, dx, dy in ((self, 0.0, 0.0), (other, east, north))
        )
        return apart_m((mine[0], mine[1]), (theirs[0], theirs[1]))


def stand(spec: DeviceSpec, jib_m: float) -> Stand | None:
    """Give where a crane stands, or None where the site file has no position for it."""
    if spec.position is None:
        return None
    lat, lon = spec.position
    base_m = spec.design.get("base_elevation_m", 0.0)
    return Stand(
        lat=lat,
        lon=lon,
        base_m=base_m,
        jib_height_m=base_m + spec.design.get("mast_height_m", 60.0),
        jib_m=jib_m,
        counter_jib_m=spec.design.get("counter_jib_m", 13.0),
        rail_deg=spec.design.get("rail_azimuth_deg", 0.0),
        ends_m=(spec.design.get("travel_min_m", 0.0), spec.design.get("travel_max_m", 0.0)),
        home_m=sum(stretch(spec)) / 2.0,
    )


def stretch(spec: DeviceSpec) -> tuple[float, float]:
    """Give between which places on its rail a crane works, the same twice for one that is fixed.

    The site file's `x_work_from_m` to `x_work_to_m`, the middle of the rail without them.
    """
    low, high = spec.design.get("travel_min_m", 0.0), spec.design.get("travel_max_m", 0.0)
    middle = (low + high) / 2.0
    return spec.design.get("x_work_from_m", middle), spec.design.get("x_work_to_m", middle)


def clearance_m(one: Stand, hook: Corner, other: Stand, other_hook: Corner) -> float:
    """Give the smallest distance between the two cranes' parts."""
    (x, y), (x2, y2) = one.along(hook.travel_m), other.along(other_hook.travel_m)
    east, north = one.towards(other)
    jib, counter, rope, mast = _parts(one, hook, (x, y))
    jib2, counter2, rope2, mast2 = _parts(other, other_hook, (east + x2, north + y2))
    pairs = (
        *((jib, part) for part in (jib2, counter2, rope2, mast2)),
        *((jib2, part) for part in (counter, rope, mast)),
        (counter, rope2),
        (counter2, rope),
    )
    return min(apart_m(a, b) for a, b in pairs)


def _parts(place: Stand, hook: Corner, at: tuple[float, float]) -> Iterator[Segment]:
    sin, cos = math.sin(math.radians(hook.slew_deg)), math.cos(math.radians(hook.slew_deg))
    z = place.jib_height_m

    def out(radius_m: float, height_m: float) -> Point:
        return at[0] + radius_m * sin, at[1] + radius_m * cos, height_m

    axis = out(0.0, z)
    yield axis, out(place.jib_m, z)
    yield axis, out(-place.counter_jib_m, z)
    yield out(hook.radius_m, z), out(hook.radius_m, place.base_m + hook.height_m)
    yield out(0.0, place.base_m), out(0.0, z + _HEAD_M)


def apart_m(one: Segment, other: Segment) -> float:
    """Give the distance between two segments.

    >>> apart_m(((0, 0, 0), (2, 0, 0)), ((1, -1, 3), (1, 1, 3)))
    3.0
    """
    d1, d2 = _minus(one[1], one[0]), _minus(other[1], other[0])
    gap = _minus(one[0], other[0])
    a, e = max(_dot(d1, d1), 1e-12), max(_dot(d2, d2), 1e-12)
    b, c, f = _dot(d1, d2), _dot(d1, gap), _dot(d2, gap)
    turned = a * e - b * b
    if turned <= 1e-9 * a * e:  # as good as parallel: nearest at an end of one of them
        ends = [_off(end, other) for end in one] + [_off(end, one) for end in other]
        return min(ends)
    s = _unit((b * f - c * e) / turned)
    t = _unit((b * s + f) / e)
    s = _unit((b * t - c) / a)
    near = tuple(g + s * u - t * v for g, u, v in zip(gap, d1, d2, strict=True))
    return math.sqrt(sum(part * part for part in near))


def _off(point: Point, segment: Segment) -> float:
    """Give the distance of a point from a segment."""
    along, gap = _minus(segment[1], segment[0]), _minus(point, segment[0])
    share = _unit(_dot(along, gap) / max(_dot(along, along), 1e-12))
    return math.dist(gap, tuple(share * part for part in along))


def _unit(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
