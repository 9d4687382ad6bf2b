"""Alerts held against a scenario's truth labels: what was missed, late, cleared early, or false.

The labels come as JSON from the simulator (`groundwatch-sim labels NAME --json`); this program
never imports it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from alerting.model import Alert, AlertKind, Severity, Transition, TransitionKind

_UP = (TransitionKind.RAISED, TransitionKind.UPGRADED)
_ENDS = (TransitionKind.CLEARED, TransitionKind.WITHDRAWN)
_ANOMALY = "anomaly"


class FaultKind(StrEnum):
    """What was wrong about what was said."""

    MISSED = "missed"
    LATE = "late"
    FALSE_CLEAR = "false_clears"
    FALSE_ALARM = "false_alarms"
    WITHOUT_CARD = "without_card"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong, in a sentence a person can check."""

    kind: FaultKind
    hazard: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One alert with its transitions."""

    alert: Alert
    transitions: Sequence[Transition]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Sentences about each label that was missed and each alert that should not be."""

    missed: tuple[str, ...]
    false: tuple[str, ...]
    n_labels: int


def compare(
    truth: Mapping[str, Any], seen: Iterable[Seen], start: datetime, now: datetime
) -> Verdict:
    """Hold alerts against labels; labels that are not due yet at `now` are left out.

    `start` is the simulated instant at which the scenario began.
    """
    known = list(seen)
    due = [label for label in truth["labels"] if start + _s(label["by_s"]) <= now]
    faults = hold(truth, known, start, now)
    false = tuple(f.sentence for f in faults if f.kind is FaultKind.FALSE_ALARM)
    missed = tuple(f.sentence for f in faults if f.kind is not FaultKind.FALSE_ALARM)
    return Verdict(missed=missed, false=false, n_labels=len(due))


def hold(
    truth: Mapping[str, Any],
    known: Sequence[Seen],
    start: datetime,
    now: datetime,
    allowance: timedelta = timedelta(),
) -> list[Fault]:
    """Give everything wrong; a label may be raised `allowance` later than it says."""
    found: list[Fault] = []
    for label in truth["labels"]:
        by = start + _s(label["by_s"]) + allowance
        if by <= now:
            found += _faults_of(label, known, (start, by, now))
    return [*found, *_false(truth, known)]


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _faults_of(
    label: Mapping[str, Any], known: Sequence[Seen], times: tuple[datetime, datetime, datetime]
) -> Iterator[Fault]:
    """Say what is wrong with one label; a severity that was missed can have no false clear."""
    start, by, now = times
    name = f"{label['hazard']} at {label['site']}/{label['device']}, {label['severity']} or worse"
    wanted = Severity.of(label["severity"])
    begun = start + _s(label["from_s"])
    matching = [
        entry
        for entry in known
        if (entry.alert.hazard, entry.alert.site, entry.alert.sensor.device)
        == (label["hazard"], label["site"], label["device"])
        and not _was_over(entry, begun)
    ]
    reached = [
        step.detected_at
        for entry in matching
        for step in entry.transitions
        if step.kind in _UP and step.severity >= wanted
    ]
    if not reached:
        yield Fault(FaultKind.MISSED, label["hazard"], f"{name}: never raised")
        return
    if min(reached) > by:
        late_s = (min(reached) - by).total_seconds()
        yield Fault(FaultKind.LATE, label["hazard"], f"{name}: raised {late_s:.0f} s too late")
    until = min(start + _s(label["until_s"]), now)
    ended = _stands_until(matching, min(reached))
    if ended is not None and ended < until:
        sentence = f"{name}: cleared too early"
        yield Fault(FaultKind.FALSE_CLEAR, label["hazard"], sentence)


def _stands_until(matching: Sequence[Seen], since: datetime) -> datetime | None:
    """Give when nothing of this hazard stood any more after `since`; None when something does."""
    spans = sorted((_span(entry) for entry in matching), key=lambda span: span[0])
    reached = since
    for begun, ended in spans:
        if begun > reached:
            break
        if ended is None:
            return None
        reached = max(reached, ended)
    return reached


def _was_over(entry: Seen, begun: datetime) -> bool:
    """Say whether an alert was over before a label begins: it told of something else."""
    ended = _span(entry)[1]
    return ended is not None and ended < begun


def _span(entry: Seen) -> tuple[datetime, datetime | None]:
    """Give when people were first told of an alert, and when they were told that it is over."""
    ends = [step.detected_at for step in entry.transitions if step.kind in _ENDS]
    is_over = entry.alert.ended_at is not None
    begun = entry.alert.detected_at
    return begun, (max(ends, default=entry.alert.ended_at) if is_over else None)


def _false(truth: Mapping[str, Any], known: Sequence[Seen]) -> Iterator[Fault]:
    labelled = {
        (label["hazard"], f"{label['site']}/{label['device']}") for label in truth["labels"]
    }
    for scope in truth["allowed"]:
        labelled |= {(scope["hazard"], device) for device in scope["devices"]}
    # Where something happens, saying that something is unusual is not false.
    labelled |= {(_ANOMALY, device) for device in truth.get("disturbed", ())}
    for entry in known:
        alert = entry.alert
        place = f"{alert.site}/{alert.sensor.device}"
        if alert.kind is AlertKind.SYSTEM or (alert.hazard, place) in labelled:
            continue
        if ("", place) not in labelled:
            sentence = f"{alert.hazard} at {place}, {alert.peak.word}: {alert.reason}"
            yield Fault(FaultKind.FALSE_ALARM, alert.hazard, sentence)
