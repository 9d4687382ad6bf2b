"""No-lift and no-entry zones (禁吊区, 禁入区): prisms over a polygon, and distances to them.

Metres in the local frame of `sensors.crane.frame`. Distances are negative inside: then they say how
far it is to the nearest way out, through a side or over the top.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, sqrt

from sensors.model import Position

Corner = tuple[float, float]


class ZoneKind(StrEnum):
    """What may not be in a zone: a load on the hook, or any part of a crane."""

    NO_LIFT = "no_lift"
    NO_ENTRY = "no_entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone of a site file; above the elevation `top_m` it ends (None: it has no top)."""

    id: str
    name: str
    kind: ZoneKind
    corners: tuple[Position, ...]
    top_m: float | None = None


def is_inside(corners: Sequence[Corner], x_m: float, y_m: float) -> bool:
    """Say whether a point lies inside a polygon (even-odd rule)."""
    inside = False
    x0, y0 = corners[-1]
    for x1, y1 in corners:
        if (y1 > y_m) != (y0 > y_m) and x_m < (x0 - x1) * (y_m - y1) / (y0 - y1) + x1:
            inside = not inside
        x0, y0 = x1, y1
    return inside


def edge_m(corners: Sequence[Corner], x_m: float, y_m: float) -> float:
    """Give the distance from a point to the nearest edge of a polygon."""
    nearest = inf
    x0, y0 = corners[-1]
    for x1, y1 in corners:
        ex, ey = x1 - x0, y1 - y0
        px, py = x_m - x0, y_m - y0
        length = ex * ex + ey * ey
        along = (px * ex + py * ey) / length if length else 0.0
        along = 0.0 if along < 0.0 else min(along, 1.0)
        dx, dy = px - along * ex, py - along * ey
        square = dx * dx + dy * dy
        nearest = min(nearest, square)
        x0, y0 = x1, y1
    return sqrt(nearest)


def off_m(corners: Sequence[Corner], top_m: float, point: tuple[float, float, float]) -> float:
    """Give how far a point is off a zone in space, negative inside."""
    x_m, y_m, z_m = point
    edge = edge_m(corners, x_m, y_m)
    above = z_m - top_m
    if not is_inside(corners, x_m, y_m):
        return sqrt(edge * edge + above * above) if above > 0.0 else edge
    return above if above >= 0.0 else -min(edge, -above)


def beam_off_m(
    corners: Sequence[Corner], top_m: float, line: tuple[Corner, Corner], z_m: float
) -> float:
    """Give how far a level line is off a zone in space; 0 or less where it is inside or crosses.

    Inside, it says how far the deeper end is from a way out.
    """
    ends = [off_m(corners, top_m, (*end, z_m)) for end in line]
    deepest = min(ends)
    above = z_m - top_m
    if deepest < 0.0:
        return deepest
    plan = path_off_m(corners, line)
    return sqrt(plan * plan + above * above) if above > 0.0 else plan


def path_off_m(corners: Sequence[Corner], line: tuple[Corner, Corner]) -> float:
    """Give how far in plan a line is off a zone, 0 where it touches it."""
    if is_inside(corners, *line[0]) or is_inside(corners, *line[1]):
        return 0.0
    return _line_edge_m(corners, line)


def _line_edge_m(corners: Sequence[Corner], line: tuple[Corner, Corner]) -> float:
    (ax, ay), (bx, by) = line
    nearest = min(edge_m(corners, ax, ay), edge_m(corners, bx, by))
    previous = corners[-1]
    for corner in corners:
        if _cross(line, (previous, corner)):
            return 0.0
        nearest = min(nearest, edge_m(line, *corner))
        previous = corner
    return nearest


def _cross(one: tuple[Corner, Corner], other: tuple[Corner, Corner]) -> bool:
    (a, b), (c, d) = one, other
    return _side(a, b, c) * _side(a, b, d) < 0.0 and _side(c, d, a) * _side(c, d, b) < 0.0


def _side(a: Corner, b: Corner, point: Corner) -> float:
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
