"""A rule with every number resolved for one sensor: what the fold and `explain` work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerting.basis import ALWAYS, Basis, Period
from alerting.history import History
from alerting.measures.kind import Compute, Remark
from alerting.model import Provenance, Severity
from alerting.numbers import Resolved
from alerting.terms import Wanted
from sensors.model import SensorKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure made ready for one sensor: `compute(history, index)` in the limit's unit.

    `whole` is what 100 % is, in `whole_unit`, where the measure is a percentage. `at_most` is
    empty, or says why the limits are only upper bounds of the true ones.
    """

    name: str
    compute: Compute
    window_s: float
    covered_s: float  # how much of the past readings must cover before it may clear anything
    unit: str
    baseline: str
    name_zh: str
    terms: str  # everything it depends on, to see whether a saved state still belongs to it
    is_plain: bool
    is_bounded: bool  # never above the largest value in its window, so a calm window needs no sum
    remark: Callable[[History, int], Remark | None] | None = None
    whole: Resolved | None = None
    whole_unit: str = ""
    at_most: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to reach a level: (measure index, limit) pairs, what they stand on, and when.

    `provenance` is what alerts say: with the source of what 100 % is, where they are percentages.
    """

    limits: tuple[tuple[int, float], ...]
    basis: Basis
    provenance: Provenance
    period: Period = ALWAYS
    at_most: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """One severity for one sensor: reached when any of its ways is."""

    severity: Severity
    ways: tuple[Way, ...]

    @property
    def provenance(self) -> Provenance:
        """Give where the first of its limits comes from."""
        return self.ways[0].provenance

    @property
    def at_most(self) -> str:
        """Say why staying below it proves nothing; empty where it does."""
        return next((way.at_most for way in self.ways if way.at_most), "")


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A severity (or a whole rule) that cannot be judged on this sensor, and why.

    `may_raise` marks a limit that is only an upper bound: reaching it raises all the same.
    """

    severity: Severity
    reason: str
    may_raise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRule:
    """A rule with every number resolved for one sensor. `sign` is -1 where low is dangerous.

    `origins` says for the fields that are not limits (`raise_when`, `clear_when`, …) which layer
    and line gave them.
    """

    id: str
    pack: str
    hazard: str
    title: str
    title_zh: str
    sensor: SensorKey
    sign: float
    measures: tuple[Measure, ...]
    levels: tuple[Level, ...]
    not_judged: tuple[NotJudged, ...]
    n: int
    of: int
    dwell_s: float
    at_once: float | None
    margin: float
    ratio: float
    hold_s: float
    readings: int
    sign_off: bool
    flat_s: float
    stale_s: float
    lateness_s: float
    wanted: Wanted = field(default_factory=Wanted)
    origins: Mapping[str, Basis] = field(hash=False, repr=False, default_factory=dict)

    @property
    def window_s(self) -> float:
        """Give the longest stretch of history a decision looks back over, in seconds."""
        widest = max(measure.window_s for measure in self.measures)
        return max(widest, self.flat_s, self.dwell_s)

    @property
    def covered_s(self) -> float:
        """Give the longest stretch that readings must cover before anything is cleared."""
        return max(measure.covered_s for measure in self.measures)

    @property
    def unclear(self) -> int:
        """Give the highest severity whose limit is only an upper bound, 0 when there is none."""
        return max((int(level.severity) for level in self.levels if level.at_most), default=0)
