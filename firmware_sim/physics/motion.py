"""A drive that starts and stops with a limited acceleration: distance over time in closed form."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drive:
    """Greatest speed and acceleration of one drive, in its own unit (m or degrees)."""

    speed: float
    acceleration: float

    def takes_s(self, distance: float) -> float:
        """Give the shortest time for a distance, from rest to rest.

        >>> Drive(2.0, 1.0).takes_s(10.0), Drive(2.0, 1.0).takes_s(1.0)
        (7.0, 2.0)
        """
        way = abs(distance)
        if way <= self.speed**2 / self.acceleration:
            return 2.0 * math.sqrt(way / self.acceleration)
        return way / self.speed + self.speed / self.acceleration

    def after(self, distance: float, t_s: float) -> tuple[float, float]:
        """Give how far it is `t_s` after the start of a journey, and its acceleration there."""
        whole_s = self.takes_s(distance)
        if t_s <= 0.0 or whole_s == 0.0:
            return 0.0, 0.0
        if t_s >= whole_s:
            return distance, 0.0
        ramp_s = min(self.speed / self.acceleration, whole_s / 2.0)
        way = math.copysign(1.0, distance)
        rate = self.acceleration
        if t_s < ramp_s:
            return way * rate * t_s**2 / 2.0, way * rate
        left_s = whole_s - t_s
        if left_s < ramp_s:
            return distance - way * rate * left_s**2 / 2.0, -way * rate
        return way * (rate * ramp_s**2 / 2.0 + rate * ramp_s * (t_s - ramp_s)), 0.0
