"""The numbers of every test, resolved for one sensor; None where a test is not made.

Durations are seconds, values are in the sensor's base unit. `source` says where a number is from.
"""

from dataclasses import dataclass
from math import inf

from sensors.model import Qc


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """A jump of more than `step` that is gone within `within` readings (1 or 2).

    `flag` is what a single reading gets that stands alone; two in a row are only suspect.
    """

    step: float
    within: int
    flag: Qc
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A change of more than `limit` in `per_s` since the reading before.

    `wraps` is where a cyclic quantity begins again, 0 for any other.
    """

    limit: float
    per_s: float
    wraps: float = 0.0
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """The same value for `readings` and for `duration_s`; `but` is a value that may stay."""

    readings: int
    duration_s: float
    but: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Amounts that add up to more than is believable within `window_s`."""

    window_s: float
    suspect: float
    fail: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An amount against the mean of gauges nearby, weighted by the inverse of their distance."""

    radius_km: float
    fewest: int
    most: int
    window_s: float
    low: float
    high: float
    at_least: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InRain:
    """A stage that changes by no more than `change` in `window_s` while `rain_mm` falls nearby."""

    window_s: float
    rain_mm: float
    change: float
    radius_km: float
    fewest: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """A value whose partner at the same device contradicts it.

    Within `window_s` the value moves by `moves` or more (or, with `moves` 0, not at all) while
    `partner` stays within `low` to `high` (a state) or moves by no more than `still`. With
    `adds_up` above 0 the partner is an amount instead, and says that more than that fell.
    """

    partner: str
    window_s: float
    moves: float
    still: float
    low: float
    high: float
    adds_up: float = 0.0
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Every test of one sensor that looks beyond the single value."""

    spike: Spike | None = None
    rate: Rate | None = None
    flat: Flat | None = None
    totals: tuple[Total, ...] = ()
    neighbour: Neighbour | None = None
    in_rain: InRain | None = None
    against: Against | None = None

    @property
    def in_stream(self) -> bool:
        """Say whether any test looks at the readings around one."""
        return bool(self.spike or self.rate or self.flat or self.totals)

    @property
    def window_s(self) -> float:
        """Give how far back the tests add values up."""
        spans = [total.window_s for total in self.totals]
        spans += [check.window_s for check in (self.neighbour, self.in_rain, self.against) if check]
        return max(spans, default=0.0)

    @property
    def calm_step(self) -> float:
        """Give the largest change that no test minds, however near the readings lie."""
        steps = [self.spike.step] if self.spike else []
        steps += [self.rate.limit] if self.rate else []
        return min(steps, default=inf)


NO_CHECKS = Checks()
