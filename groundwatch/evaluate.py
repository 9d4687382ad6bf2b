"""How good the warnings are: every labelled scenario judged, and what was missed, late or false.

The marks: nothing missed, nothing cleared while its danger lasted, no alert without its card, and
at most one false alarm in thirty quiet site-days. A quiet site-day is a simulated day of a site on
which no label applies.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerting.model import Alert
from groundwatch.carded import without_card
from groundwatch.cards import CardDesk
from groundwatch.clock import ScaledClock
from groundwatch.district import District, load_district
from groundwatch.simulator import SimulatorError, messages, scenarios, truth_of
from groundwatch.trial import Course, Trial
from groundwatch.truth import Fault, FaultKind, hold

DAYS_A_FALSE_ALARM = 30.0
# A message may be under way so long when a run is disturbed; a warning may be so much later.
REORDERED = timedelta(minutes=10)
_DAY_S = 86400.0
_START = datetime(2026, 7, 1, tzinfo=UTC)
_ROOT = Path(__file__).parent.parent
_SILENT = "sensor_silent"


class EvaluateError(Exception):
    """What was asked cannot be evaluated, in sentences."""


@dataclass(slots=True, kw_only=True)
class Score:
    """Counts for one hazard, or for all together."""

    scenarios: int = 0
    labels: int = 0
    missed: int = 0
    late: int = 0
    false_clears: int = 0
    false_alarms: int = 0
    without_card: int = 0
    quiet_site_days: float = 0.0

    def count(self, fault: Fault) -> None:
        """Count one fault."""
        name = fault.kind.value
        setattr(self, name, getattr(self, name) + 1)

    def as_json(self) -> dict[str, float]:
        """Give the counts as JSON values."""
        names = self.__slots__
        return {name: round(getattr(self, name), 3) for name in names}

    def why_not_good(self) -> list[str]:
        """Say which marks do not hold."""
        said = []
        if self.missed:
            said.append(f"{self.missed} missed, allowed is none")
        if self.false_clears:
            said.append(f"{self.false_clears} cleared too early, allowed is none")
        if self.without_card:
            said.append(f"{self.without_card} without a card, allowed is none")
        if self.false_alarms * DAYS_A_FALSE_ALARM > self.quiet_site_days:
            most = self.quiet_site_days / DAYS_A_FALSE_ALARM
            said.append(f"{self.false_alarms} false alarms, allowed are {most:.1f}")
        return said


@dataclass(slots=True, kw_only=True)
class Report:
    """The score of a whole run, by hazard, with a sentence for every fault by scenario."""

    total: Score = field(default_factory=Score)
    per_hazard: dict[str, Score] = field(default_factory=dict[str, Score])
    faults: list[tuple[str, Fault]] = field(default_factory=list[tuple[str, Fault]])
    truths: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    messages: int = 0
    rejects: int = 0
    seconds: float = 0.0

    def allowed(self) -> dict[str, list[str]]:
        """Give for each hazard the scenarios in which alerts of it are allowed besides labels."""
        found: dict[str, list[str]] = {}
        for truth in self.truths:
            for hazard in sorted({scope["hazard"] for scope in truth["allowed"]}):
                found.setdefault(hazard, []).append(truth["name"])
        return dict(sorted(found.items()))

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            **self.total.as_json(),
            "per_hazard": {name: s.as_json() for name, s in sorted(self.per_hazard.items())},
            "faults": [
                {"scenario": name, "kind": f.kind.value, "hazard": f.hazard, "what": f.sentence}
                for name, f in self.faults
            ],
            "allowed": self.allowed(),
            "marks_hold": not self.total.why_not_good(),
            "messages": self.messages,
            "rejects": self.rejects,
            "seconds": round(self.seconds, 1),
        }


async def evaluate(
    only: Sequence[str], *, faults: bool, tell: Callable[[str], None] | None = None
) -> Report:
    """Judge the scenarios named, or all; `tell` is given a line after each.

    Raises:
        EvaluateError: a name is unknown, or the site files of a scenario have faults.
        SimulatorError: the simulator cannot do its part.
    """
    known = await scenarios()
    unknown = [name for name in only if name not in known]
    if unknown:
        raise EvaluateError(
            f"no scenario {', '.join(unknown)}; `groundwatch-sim list` shows all {len(known)}"
        )
    report = Report()
    begun_s = time.monotonic()
    districts: dict[str, District] = {}
    for name in only or known:
        truth = await truth_of(name) | {"name": name}
        district = districts.get(truth["sites"])
        if district is None:
            district = districts[truth["sites"]] = _district(truth["sites"])
        start = datetime.fromisoformat(truth["start"]) if truth["start"] else _START
        course = await Trial(district, truth, start).run(messages(name, faults=faults))
        found = _faults(truth, course, faults=faults)
        desk = CardDesk(district.resources, ScaledClock(start=course.end, speed=1.0))
        found += await without_card(desk, course.seen())
        _add(report, (name, truth), course, found)
        if tell is not None:
            tell(_line(name, truth, course, found))
    _count(report)
    report.seconds = time.monotonic() - begun_s
    return report


def _district(named: str) -> District:
    place = Path(named)
    district = load_district(place if place.is_absolute() or place.is_dir() else _ROOT / place)
    if district.faults:
        raise EvaluateError("\n".join(district.faults))
    return district


def _faults(truth: dict[str, Any], course: Course, *, faults: bool) -> list[Fault]:
    allowance = REORDERED if faults else timedelta()
    seen = course.seen()
    if faults:  # what the disturbance really kept from us is rightly called silent
        seen = [
            entry
            for entry in seen
            if entry.alert.id not in course.unheard or _is_labelled(truth, entry.alert)
        ]
    return hold(truth, seen, course.start, course.end, allowance)


def _is_labelled(truth: dict[str, Any], alert: Alert) -> bool:
    place = (_SILENT, alert.site, alert.sensor.device)
    return any((x["hazard"], x["site"], x["device"]) == place for x in truth["labels"])


def _add(
    report: Report, named: tuple[str, dict[str, Any]], course: Course, found: list[Fault]
) -> None:
    name, truth = named
    report.truths.append(truth)
    report.messages += course.messages
    report.rejects += sum(course.rejects.values())
    report.faults += [(name, fault) for fault in found]


def _count(report: Report) -> None:
    """Count everything in total and for each hazard that is labelled or was falsely raised."""
    truths = report.truths
    labelled = {label["hazard"] for truth in truths for label in truth["labels"]}
    for hazard in labelled | {fault.hazard for _, fault in report.faults}:
        report.per_hazard[hazard] = _score(truths, hazard)
    report.total = _score(truths, "")
    report.total.scenarios = len(truths)
    for _, fault in report.faults:
        report.total.count(fault)
        report.per_hazard[fault.hazard].count(fault)


def _score(truths: Sequence[dict[str, Any]], hazard: str) -> Score:
    labels = [
        [label for label in truth["labels"] if hazard in ("", label["hazard"])] for truth in truths
    ]
    return Score(
        scenarios=sum(bool(found) for found in labels),
        labels=sum(len(found) for found in labels),
        quiet_site_days=sum(quiet_site_days(truth, hazard) for truth in truths),
    )


def quiet_site_days(truth: dict[str, Any], hazard: str = "") -> float:
    """Count the site-days on which no label (of `hazard`, if given) applies.

    The last day of a scenario counts for the part of it that is simulated.
    """
    total = 0.0
    for site in {name.split("/")[0] for name in truth["devices"]}:
        labels = [
            (label["from_s"], label["until_s"])
            for label in truth["labels"]
            if label["site"] == site and hazard in ("", label["hazard"])
        ]
        day_s = 0.0
        while day_s < truth["duration_s"]:
            end_s = min(day_s + _DAY_S, truth["duration_s"])
            if not any(begun < end_s and until > day_s for begun, until in labels):
                total += (end_s - day_s) / _DAY_S
            day_s += _DAY_S
    return total


def _line(name: str, truth: dict[str, Any], course: Course, found: list[Fault]) -> str:
    counts = {kind: sum(f.kind is kind for f in found) for kind in FaultKind}
    wrong = ", ".join(f"{n} {kind.value.replace('_', ' ')}" for kind, n in counts.items() if n)
    rejects = sum(course.rejects.values())
    refused = f", {rejects} refused" if rejects else ""
    labels = f"{len(truth['labels'])} labels, {course.messages} messages{refused}"
    lines = [f"{name}: {labels}: {wrong or 'good'}"]
    return "\n".join([*lines, *(f"    {f.kind.value}: {f.sentence}" for f in found)])


def summary(report: Report, title: str) -> str:
    """Give the table by hazard and the line that says whether the marks hold."""
    names = (
        *("labels", "missed", "late", "false_clears", "false_alarms", "without_card"),
        "quiet_site_days",
    )
    heads = [name.replace("_", " ") for name in names]
    rows = [(hazard, s) for hazard, s in sorted(report.per_hazard.items())]
    lines = [f"{title:18} " + " ".join(f"{head:>15}" for head in heads)]
    for hazard, score in (*rows, ("all", report.total)):
        cells = " ".join(f"{round(getattr(score, name), 1):>15}" for name in names)
        lines.append(f"{hazard:18} {cells}")
    why = report.total.why_not_good()
    marks = "the marks hold" if not why else f"the marks do not hold: {'; '.join(why)}"
    work = f"{report.total.scenarios} scenarios, {report.messages} messages"
    lines.append(f"{work} in {report.seconds:.0f} s: {marks}")
    return "\n".join(lines)


__all__ = ["EvaluateError", "Report", "SimulatorError", "evaluate", "quiet_site_days", "summary"]
