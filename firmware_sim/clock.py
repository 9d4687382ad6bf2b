"""Simulated time: `start` plus the wall clock's seconds since `anchor`, times `speed`.

A server given the same three numbers lives in the same time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from firmware_sim.span import after


@dataclass(frozen=True, slots=True, kw_only=True)
class SimClock:
    """Where simulated time stands; `wall` gives Unix seconds."""

    start: datetime
    anchor: float
    speed: float
    wall: Callable[[], float]

    def t_s(self) -> float:
        """Give simulated seconds since the start; negative before the anchor."""
        return (self.wall() - self.anchor) * self.speed

    def wait_s(self, until_t_s: float) -> float:
        """Give wall seconds until a simulated instant; 0 when it has passed."""
        return max((until_t_s - self.t_s()) / self.speed, 0.0)

    def at(self, t_s: float) -> datetime:
        """Give the simulated instant `t_s` seconds after the start."""
        return after(self.start, t_s)
