"""Keeps the lift cycles of tower cranes: from the reports judged to records in the telemetry store.

Samples wait here until they are older than the crane's lateness, so that what arrives out of order
is put in its place first; the records are then the same in any order of arrival. A record has the
instant of its lift's start, and writing it again changes nothing: after a restart the last readings
of the store are gone through once more.
"""

import logging
from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

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
_FAIL = int(Qc.FAIL)

Name = tuple[str, str]


@dataclass(slots=True)
class _Crane:
    lifting_from_t: float
    waiting: list[Sample] = field(default_factory=list[Sample])
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
                sample = _sample(report.taken_at, report.values, report.qc)
                if sample is not None:
                    found += self._put(name, crane, sample)
        return found

    def take_rows(self, rows: Iterable[Row]) -> list[Report]:
        """Go through stored readings again, after a start."""
        found: list[Report] = []
        for row in rows:
            crane = self._cranes.get((row.site, row.device))
            sample = _sample(row.taken_at, row.values, row.qc) if not row.point else None
            if crane is not None and sample is not None:
                found += self._put((row.site, row.device), crane, sample)
        return found

    def _put(self, name: Name, crane: _Crane, sample: Sample) -> Sequence[Report]:
        waiting = crane.waiting
        if sample.taken_s <= crane.settled_s:
            self.n_late += 1
            return ()
        if not waiting or sample.taken_s > waiting[-1].taken_s:
            waiting.append(sample)
        else:
            place = bisect_right(waiting, sample.taken_s, key=lambda each: each.taken_s)
            if place and waiting[place - 1].taken_s == sample.taken_s:
                return ()
            insort(waiting, sample, key=lambda each: each.taken_s)
        return self._settle(name, crane)

    def _settle(self, name: Name, crane: _Crane) -> list[Report]:
        waiting = crane.waiting
        until_s = waiting[-1].taken_s - self._lateness_s
        if waiting[0].taken_s > until_s and len(waiting) <= _MAX_WAITING:
            return []
        count = bisect_right(waiting, until_s, key=lambda each: each.taken_s)
        count = max(count, len(waiting) - _MAX_WAITING)
        found: list[Report] = []
        for sample in waiting[:count]:
            crane.lift, done = step(crane.lift, sample, crane.lifting_from_t)
            crane.settled_s = sample.taken_s
            if done is not None:
                found.append(record(name, done))
        del waiting[:count]
        return found


def _sample(taken_at: datetime, values: dict[str, float], qc: dict[str, int]) -> Sample | None:
    load = values.get("load_t")
    if load is None or qc.get("load_t") == _FAIL:
        return None

    if not qc:  # as nearly always
        pct = values.get("chart_pct", values.get("moment_pct"))
        places = values.get("radius_m"), values.get("slew_deg")
        return Sample(taken_at.timestamp(), load, pct, *places)

    def believable(name: str) -> float | None:
        return values.get(name) if qc.get(name) != _FAIL else None

    pct = believable("chart_pct")
    return Sample(
        taken_at.timestamp(),
        load,
        believable("moment_pct") if pct is None else pct,
        believable("radius_m"),
        believable("slew_deg"),
    )


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
