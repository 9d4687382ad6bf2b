"""How near two tower cranes are: pure geometry of their parts (domain reference A7).

Metres in a local frame: x east, y north, z elevation. A crane is four parts: the jib, the
counter-jib (tail), the hook's rope and the mast, each a straight line with half a width around it;
one on a rail has its undercarriage as well. Which parts of two cranes can meet at all follows from
how far and how high they reach, from wherever their rails let them; only those are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import cos, dist, radians, sin, sqrt
from typing import NamedTuple

Vector = tuple[float, float, float]
Segment = tuple[Vector, Vector]


class Part(IntEnum):
    """A part of a crane."""

    JIB = 0
    TAIL = 1
    ROPE = 2
    MAST = 3
    CARRIAGE = 4


_BEAMS = (Part.JIB, Part.TAIL)
_FEET = (Part.MAST, Part.CARRIAGE)


class Rail(NamedTuple):
    """The rail of a crane that travels: the way it goes as its travel grows, as a unit vector.

    `min_m` and `max_m` are the least and the most travel at which it can be believed to stand,
    `carriage_m` the length of its undercarriage along the rail.
    """

    east: float
    north: float
    min_m: float
    max_m: float
    carriage_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tower:
    """A crane as it stands: where, how high and how long; `is_luffing` where the jib is raised.

    Heights are elevations; `half_width_m` is around jib, tail and mast. One on a `rail` stands at
    (x, y) when its travel is 0.
    """

    x_m: float
    y_m: float
    base_m: float
    jib_foot_m: float
    head_m: float
    jib_m: float
    tail_m: float
    low_hook_m: float
    is_luffing: bool = False
    half_width_m: float = 0.0
    rail: Rail | None = None

    @property
    def top_of_jib_m(self) -> float:
        """Give the highest elevation the jib can have."""
        return self.jib_foot_m + (self.jib_m if self.is_luffing else 0.0)

    @property
    def axes(self) -> tuple[Vector, Vector]:
        """Give the line on which the crane's axis can stand: both ends the same where it is fixed.

        It is level at 0, for distances in plan.
        """
        if self.rail is None:
            return (self.x_m, self.y_m, 0.0), (self.x_m, self.y_m, 0.0)
        east, north, low_m, high_m, _ = self.rail
        first, last = (
            (self.x_m + travel_m * east, self.y_m + travel_m * north, 0.0)
            for travel_m in (low_m, high_m)
        )
        return first, last


class Pose(NamedTuple):
    """How a crane stands at an instant: azimuth from true north, radius, elevation of the hook.

    `travel_m` is how far it went along its rail.
    """

    slew_deg: float
    radius_m: float
    hook_m: float
    jib_deg: float = 0.0
    travel_m: float = 0.0


Test = tuple[Part, Part]


def compared_parts(one: Tower, other: Tower, room_m: float) -> tuple[Test, ...]:
    """List the parts of two cranes that could come nearer to each other than `room_m`."""
    return tuple(
        (mine, theirs)
        for mine in Part
        for theirs in Part
        if _is_pair((one, mine), (other, theirs))
        and _could_meet((one, mine), (other, theirs), room_m)
    )


def _is_pair(one: tuple[Tower, Part], other: tuple[Tower, Part]) -> bool:
    """Say whether this pair is looked at: a jib or tail against anything above the undercarriage.

    An undercarriage is held against that or the mast of the other crane.
    """
    mine, theirs = one[1], other[1]
    if mine is Part.CARRIAGE or theirs is Part.CARRIAGE:
        is_there = all(each.rail for each, part in (one, other) if part is Part.CARRIAGE)
        return is_there and mine in _FEET and theirs in _FEET
    return mine in _BEAMS or theirs in _BEAMS


def apart_m(one: Tower, other: Tower) -> float:
    """Give the smallest distance in plan that the axes of two cranes can have."""
    if one.rail is None and other.rail is None:
        return sqrt((one.x_m - other.x_m) ** 2 + (one.y_m - other.y_m) ** 2)
    return distance_m(one.axes, other.axes)


def _could_meet(one: tuple[Tower, Part], other: tuple[Tower, Part], room_m: float) -> bool:
    (tower, part), (tower2, part2) = one, other
    room_m += tower.half_width_m + tower2.half_width_m
    if apart_m(tower, tower2) > _reach_m(tower, part) + _reach_m(tower2, part2) + room_m:
        return False
    low, high = _band_m(tower, part)
    low2, high2 = _band_m(tower2, part2)
    return low <= high2 + room_m and low2 <= high + room_m


def _reach_m(tower: Tower, part: Part) -> float:
    if part is Part.MAST:
        return 0.0
    if part is Part.CARRIAGE:
        return tower.rail.carriage_m / 2 if tower.rail is not None else 0.0
    return tower.tail_m if part is Part.TAIL else tower.jib_m


def _band_m(tower: Tower, part: Part) -> tuple[float, float]:
    if part is Part.JIB:
        return tower.jib_foot_m, tower.top_of_jib_m
    if part is Part.TAIL:
        return tower.jib_foot_m, tower.jib_foot_m
    if part is Part.ROPE:
        return tower.low_hook_m, tower.top_of_jib_m
    if part is Part.CARRIAGE:
        return tower.base_m, tower.base_m
    return tower.base_m, tower.head_m


def parts_of(tower: Tower, pose: Pose) -> tuple[Segment, ...]:
    """Give jib, tail, rope, mast and, on a rail, undercarriage as lines, in the order of `Part`."""
    angle = radians(pose.slew_deg)
    east, north = sin(angle), cos(angle)
    x, y, z = tower.x_m, tower.y_m, tower.jib_foot_m
    carriage: tuple[Segment, ...] = ()
    if (rail := tower.rail) is not None:
        x, y = x + pose.travel_m * rail.east, y + pose.travel_m * rail.north
        ahead_x, ahead_y = rail.carriage_m / 2 * rail.east, rail.carriage_m / 2 * rail.north
        base_m = tower.base_m
        carriage = (((x - ahead_x, y - ahead_y, base_m), (x + ahead_x, y + ahead_y, base_m)),)
    out, rope_z = tower.jib_m, z
    tip_z = z
    if tower.is_luffing:
        raised = radians(pose.jib_deg)
        out = tower.jib_m * cos(raised)
        tip_z = rope_z = z + tower.jib_m * sin(raised)
    radius, tail = pose.radius_m, tower.tail_m
    hook_x, hook_y = x + radius * east, y + radius * north
    axis = (x, y, z)
    return (
        (axis, (x + out * east, y + out * north, tip_z)),
        (axis, (x - tail * east, y - tail * north, z)),
        ((hook_x, hook_y, rope_z), (hook_x, hook_y, min(pose.hook_m, rope_z))),
        ((x, y, tower.base_m), (x, y, tower.head_m)),
        *carriage,
    )


def clearance_m(one: tuple[Tower, Pose], other: tuple[Tower, Pose], tests: Sequence[Test]) -> float:
    """Give the smallest distance between the parts that are compared, 0 where they touch."""
    mine, theirs = parts_of(*one), parts_of(*other)
    width, width2 = one[0].half_width_m, other[0].half_width_m
    nearest = float("inf")
    for part, part2 in tests:
        gap = distance_m(mine[part], theirs[part2])
        gap -= (0.0 if part is Part.ROPE else width) + (0.0 if part2 is Part.ROPE else width2)
        if gap < nearest:
            nearest = gap
    return nearest if nearest > 0.0 else 0.0


def distance_m(one: Segment, other: Segment) -> float:
    """Give the distance between two straight lines with ends.

    >>> distance_m(((0, 0, 0), (2, 0, 0)), ((1, -1, 3), (1, 1, 3)))
    3.0
    """
    (px, py, pz), (p2x, p2y, p2z) = one
    (qx, qy, qz), (q2x, q2y, q2z) = other
    ux, uy, uz = p2x - px, p2y - py, p2z - pz
    vx, vy, vz = q2x - qx, q2y - qy, q2z - qz
    wx, wy, wz = px - qx, py - qy, pz - qz
    a = ux * ux + uy * uy + uz * uz or 1e-12
    e = vx * vx + vy * vy + vz * vz or 1e-12
    b = ux * vx + uy * vy + uz * vz
    c = ux * wx + uy * wy + uz * wz
    f = vx * wx + vy * wy + vz * wz
    turned = a * e - b * b
    is_parallel = turned <= 1e-9 * a * e
    s = 0.0 if turned <= 0.0 else (b * f - c * e) / turned
    s = 0.0 if s < 0.0 else min(s, 1.0)
    t = (b * s + f) / e
    if t < 0.0:
        t, s = 0.0, -c / a
    elif t > 1.0:
        t, s = 1.0, (b - c) / a
    s = 0.0 if s < 0.0 else min(s, 1.0)
    dx, dy, dz = wx + s * ux - t * vx, wy + s * uy - t * vy, wz + s * uz - t * vz
    apart = sqrt(dx * dx + dy * dy + dz * dz)
    return min(apart, _ends_m(one, other)) if is_parallel else apart


def _ends_m(one: Segment, other: Segment) -> float:
    """Give the distance where it is at an end: of lines so parallel that rounding decides."""
    ends = [_off_m(end, other) for end in one] + [_off_m(end, one) for end in other]
    return min(ends)


def _off_m(point: Vector, line: Segment) -> float:
    (x, y, z), ((ax, ay, az), (bx, by, bz)) = point, line
    ux, uy, uz = bx - ax, by - ay, bz - az
    length = ux * ux + uy * uy + uz * uz or 1e-12
    share = ((x - ax) * ux + (y - ay) * uy + (z - az) * uz) / length
    share = 0.0 if share < 0.0 else min(share, 1.0)
    return dist(point, (ax + share * ux, ay + share * uy, az + share * uz))
