"""A load on a rope: a damped pendulum under the acceleration of the point it hangs from.

Small angles. Each step uses the exact solution for an acceleration that stays the same during it,
so the length of a step changes nothing for a free swing.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Swing:
    """Angle in radians and its rate; positive against the pull of a positive acceleration."""

    angle: float = 0.0
    rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    """Length, gravity and damping as a share of the critical one."""

    length_m: float
    gravity_ms2: float = 9.80665
    damping: float = 0.0

    @property
    def period_s(self) -> float:
        """Give the period of a small free swing without damping."""
        return math.tau * math.sqrt(self.length_m / self.gravity_ms2)


def swung(swing: Swing, rope: Rope, acceleration_ms2: float, step_s: float) -> Swing:
    """Give the swing after `step_s` under a steady acceleration of the suspension point."""
    omega = math.sqrt(rope.gravity_ms2 / rope.length_m)
    fading = rope.damping * omega
    ringing = omega * math.sqrt(1.0 - rope.damping**2)
    rest = -acceleration_ms2 / rope.gravity_ms2
    away = swing.angle - rest
    tangent = (swing.rate + fading * away) / ringing
    decay = math.exp(-fading * step_s)
    cos, sin = math.cos(ringing * step_s), math.sin(ringing * step_s)
    angle = decay * (away * cos + tangent * sin)
    rate = decay * (ringing * (tangent * cos - away * sin)) - fading * angle
    return Swing(rest + angle, rate)
