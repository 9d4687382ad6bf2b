"""Keeps the lift cycles of tower cranes: from the reports judged to records in the telemetry store.

Samples wait here until they are older than the crane's lateness, so that what arrives out of order
is put in its place first; the records are then the same in any order of arrival. A record has the
instant of its lift's start, and writing it again changes nothing: after a restart the last readings
of the store are gone through once more.
"""

import logging
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isnan, nan

from sensors.crane.cycle import Cycle, Sample, step
from sensors.model import Qc, Report
from sensors.recipes.crane import lifting_from_t
from sensors.registry import Registry
from storage.ports import Row, TelemetryStore

_LOG = logging.getLogger(__name__)
KIND = "crane_cycle"
LATENESS_S = 60.0
LOOK_BACK = timedelta(minutes=30)
_MAX_WAITING = 5_000
_TOGETHER_S = 10.0  # samples are settled so many seconds' worth at once, which costs less each
_SAID = 4  # what a sample says besides its instant
_FAIL = int(Qc.FAIL)

Name = tuple[str, str]
Said = tuple[float, float, float, float, float]  # as `Sample`, NaN where nothing was said


class _Waiting:
    """Samples in order of time as plain numbers, which take a fifth of the room; NaN: not said."""

    __slots__ = ("_said", "times")

    def __init__(self) -> None:
        self.times = array("d")
        self._said = array("d")

    def put(self, sample: Said) -> bool:
        """Take a sample into its place; False where one of that instant is there."""
        times, taken_s = self.times, sample[0]
        if not times or taken_s > times[-1]:
            times.append(taken_s)
            self._said.extend(sample[1:])
            return True
        place = bisect_left(times, taken_s)
        if times[place] == taken_s:
            return False
        times.insert(place, taken_s)
        self._said[place * _SAID : place * _SAID] = array("d", sample[1:])
        return True

    def take(self, count: int) -> list[Sample]:
        """Give the oldest samples and let them go."""
        said = self._said
        found = [
            Sample(taken_s, said[at], *map(_or_none, said[at + 1 : at + _SAID]))
            for taken_s, at in zip(self.times[:count], range(0, len(said), _SAID), strict=False)
        ]
        del self.times[:count], said[: count * _SAID]
        return found


def _or_none(number: float) -> float | None:
    return None if isnan(number) else number


@dataclass(slots=True)
class _Crane:
    lifting_from_t: float
    waiting: _Waiting = field(default_factory=_Waiting)
    lift: Cycle | None = None
    settled_s: float = 0.0


class CycleKeeper:
    """Folds reports of cranes into lifts; `take` gives the records of those that have ended."""

    def __init__(self, registry: Registry, lateness_s: float = LATENESS_S) -> None:
        """Know every crane that says its load."""
        self.n_late = 0
        self._lateness_s = lateness_s
        self._cranes = {
            (device.site, device.id): _Crane(lifting_from_t(load.design))
            for device in registry.devices()
            if device.kind == "crane"
            and (load := device.points.get("", {}).get("load_t")) is not None
        }

    def take(self, reports: Iterable[Report]) -> list[Report]:
        """Take what was judged just now; give the records of lifts that are over and settled."""
        found: list[Report] = []
        for report in reports:
            name = (report.site, report.device)
            crane = self._cranes.get(name)
            if crane is not None and not report.point:
                sample = _said(report.taken_at, report.values, report.qc)
                if sample is not None:
                    found += self._put(name, crane, sample)
        return found

    def take_rows(self, rows: Iterable[Row]) -> list[Report]:
        """Go through stored readings again, after a start."""
        found: list[Report] = []
        for row in rows:
            crane = self._cranes.get((row.site, row.device))
            sample = _said(row.taken_at, row.values, row.qc) if not row.point else None
            if crane is not None and sample is not None:
                found += self._put((row.site, row.device), crane, sample)
        return found

    def _put(self, name: Name, crane: _Crane, sample: Said) -> Sequence[Report]:
        if sample[0] <= crane.settled_s:
            self.n_late += 1
            return ()
        return self._settle(name, crane) if crane.waiting.put(sample) else ()

    def _settle(self, name: Name, crane: _Crane) -> Sequence[Report]:
        times = crane.waiting.times
        until_s = times[-1] - self._lateness_s
        if times[0] > until_s - _TOGETHER_S and len(times) <= _MAX_WAITING:
            return ()
        count = max(bisect_right(times, until_s), len(times) - _MAX_WAITING)
        found: list[Report] = []
        for sample in crane.waiting.take(count):
            crane.lift, done = step(crane.lift, sample, crane.lifting_from_t)
            crane.settled_s = sample.taken_s
            if done is not None:
                found.append(record(name, done))
        return found


def _said(taken_at: datetime, values: dict[str, float], qc: dict[str, int]) -> Said | None:
    """Give what a crane said of its lift; what failed its tests is not said."""
    if qc and _FAIL in qc.values():
        values = {name: value for name, value in values.items() if qc.get(name) != _FAIL}
    load = values.get("load_t")
    if load is None:
        return None
    get = values.get
    pct = get("chart_pct", get("moment_pct", nan))
    return taken_at.timestamp(), load, pct, get("radius_m", nan), get("slew_deg", nan)


def record(name: Name, lift: Cycle) -> Report:
    """Write a lift as a report of the kind `crane_cycle` at the instant it began."""
    cells = {
        "duration_s": lift.duration_s,
        "max_load_t": lift.max_load_t,
        "max_pct": lift.max_pct,
        "start_radius_m": lift.start.radius_m,
        "end_radius_m": lift.end.radius_m,
        "start_slew_deg": lift.start.slew_deg,
        "end_slew_deg": lift.end.slew_deg,
        "was_cut": float(lift.was_cut),
    }
    values = {quantity: value for quantity, value in cells.items() if value is not None}
    taken_at = datetime.fromtimestamp(lift.start.taken_s, UTC)
    return Report(*name, KIND, "", taken_at, taken_at, values, {})


async def begin_again(keeper: CycleKeeper, store: TelemetryStore, now: datetime) -> list[Report]:
    """Take up lifts that were under way before a restart, from what the store has of them."""
    found = keeper.take_rows(await store.rows("crane", now - LOOK_BACK, now))
    _LOG.info("lift cycles taken up", extra={"ended": len(found)})
    return found
