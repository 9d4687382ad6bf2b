"""The load chart of a tower crane (起重特性表): rated load by radius and reeving.

Between two radii the rated load is a straight line over 1/R, which is exact for a curve K/R - c; a
straight line over R would promise up to 4.5 % too much. Where the neighbouring points show that
even that line would lie above the curve, the next smaller value of the chart counts.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

# A line over 1/R that promises more than this above the curve is not used. Charts are printed to
# 10 kg, so that two good points show an apparent bend of some thousandths.
MAX_PROMISE = 0.005

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One row of a chart: (radius in m, rated load in t), radii rising, for one reeving."""

    reeving: float
    points: tuple[Point, ...]
    radii: tuple[float, ...] = field(init=False)
    stepped: tuple[bool, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find the stretches on which only a step is safe."""
        object.__setattr__(self, "radii", tuple(radius for radius, _ in self.points))
        object.__setattr__(self, "stepped", _stepped(self.points))

    def rated_t(self, radius_m: float) -> float:
        """Give the rated load at a radius: flat to the first, 0 beyond the last.

        >>> curve = Curve(reeving=4, points=((10.0, 6.0), (20.0, 4.0), (30.0, 2.6)))
        >>> curve.rated_t(3.0), curve.rated_t(20.0), curve.rated_t(30.01)
        (6.0, 4.0, 0.0)
        """
        radii = self.radii
        if radius_m > radii[-1]:
            return 0.0
        place = bisect_left(radii, radius_m)
        far_m, far_t = self.points[place]
        if place == 0 or far_m == radius_m:
            return far_t
        if self.stepped[place - 1]:
            return far_t
        near_m, near_t = self.points[place - 1]
        share = far_m * (radius_m - near_m) / (radius_m * (far_m - near_m))
        return near_t + share * (far_t - near_t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a crane model may lift with one jib length; `source` says where it is from."""

    model: str
    jib_m: float
    source: str
    curves: Mapping[str, Curve] = field(hash=False)

    def curve(self, reeving: float) -> Curve | None:
        """Give the curve of a reeving, or None where the chart has none."""
        return self.curves.get(f"{reeving:g}")


def _stepped(points: Sequence[Point]) -> tuple[bool, ...]:
    """Say for each stretch whether a line over 1/R would promise too much.

    The bend at either end, seen from the point beyond it, tells how far the line lies above a
    smooth curve through the points: at most a quarter of the stretch squared times half the bend.
    """
    bends = [_bend(points, place) for place in range(len(points))]
    answers: list[bool] = []
    for place, ((near_m, _), (far_m, far_t)) in enumerate(pairwise(points)):
        width = 1.0 / near_m - 1.0 / far_m
        promised = max(bends[place], bends[place + 1]) * width * width / 4.0
        answers.append(promised > MAX_PROMISE * far_t)
    return tuple(answers)


def _bend(points: Sequence[Point], place: int) -> float:
    """Give the second divided difference over 1/R at an inner point; 0 at the ends and breaks.

    Beside a flat stretch the bend is the break radius itself and says nothing of the curve.
    """
    if not 0 < place < len(points) - 1:
        return 0.0
    (m0, t0), (m1, t1), (m2, t2) = points[place - 1 : place + 2]
    if t0 == t1 or t1 == t2:
        return 0.0
    u0, u1, u2 = 1.0 / m0, 1.0 / m1, 1.0 / m2
    return ((t0 - t1) / (u0 - u1) - (t1 - t2) / (u1 - u2)) / (u0 - u2)
