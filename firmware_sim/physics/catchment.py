"""From rain to discharge: a cascade of linear reservoirs, then Muskingum routing along a reach.

Both conserve water: what went in is what came out and what is still stored.
"""

import math
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Cascade:
    """Equal linear reservoirs in a row (Nash's unit hydrograph); `stored` is inflow x seconds.

    Each step is exact for an inflow that stays the same during it.
    """

    n: int
    keeps_s: float
    stored: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self.stored = self.stored or [0.0] * self.n

    def step(self, inflow: float, step_s: float) -> float:
        """Let `inflow` enter for `step_s`; give the mean outflow of the step."""
        keep = math.exp(-step_s / self.keeps_s)
        passing = inflow
        for index, before in enumerate(self.stored):
            steady = passing * self.keeps_s
            after = steady + (before - steady) * keep
            out = passing + (before - after) / step_s
            self.stored[index] = after
            passing = out
        return passing


@dataclass(slots=True, kw_only=True)
class Reach:
    """A reach of river by Muskingum: storage = K (x inflow + (1 - x) outflow)."""

    travel_s: float
    x: float
    inflow: float = 0.0
    outflow: float = 0.0

    def step(self, inflow: float, step_s: float) -> float:
        """Route one step; give the outflow at its end."""
        spread = 2.0 * self.travel_s * (1.0 - self.x)
        wedge = 2.0 * self.travel_s * self.x
        out = (
            (step_s - wedge) * inflow
            + (step_s + wedge) * self.inflow
            + (spread - step_s) * self.outflow
        ) / (spread + step_s)
        self.inflow, self.outflow = inflow, out
        return out

    @property
    def stored(self) -> float:
        """Give the water in the reach, in units of flow x s."""
        return self.travel_s * (self.x * self.inflow + (1.0 - self.x) * self.outflow)


def widest_step_s(reach: Reach) -> float:
    """Give the longest step that gives no negative outflow."""
    return 2.0 * reach.travel_s * (1.0 - reach.x)
