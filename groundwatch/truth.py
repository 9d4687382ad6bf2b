"""Alerts held against a scenario's truth labels: what was missed, what was false.

The labels come as JSON from the simulator (`groundwatch-sim labels NAME --json`); this program
never imports it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerting.model import Alert, AlertKind, Severity, Transition, TransitionKind

_UP = (TransitionKind.RAISED, TransitionKind.UPGRADED)


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
    missed = [why for label in due if (why := _why_missed(label, known, start, now)) is not None]
    return Verdict(missed=tuple(missed), false=tuple(_false(truth, known)), n_labels=len(due))


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _why_missed(
    label: Mapping[str, Any], known: Sequence[Seen], start: datetime, now: datetime
) -> str | None:
    name = f"{label['hazard']} at {label['site']}/{label['device']}, {label['severity']} or worse"
    wanted = Severity.of(label["severity"])
    by = start + _s(label["by_s"])
    until = min(start + _s(label["until_s"]), now)
    matching = [
        entry
        for entry in known
        if (entry.alert.hazard, entry.alert.site, entry.alert.sensor.device)
        == (label["hazard"], label["site"], label["device"])
    ]
    reached = [
        step.detected_at
        for entry in matching
        for step in entry.transitions
        if step.kind in _UP and step.severity >= wanted
    ]
    if not reached:
        return f"{name}: never raised"
    if min(reached) > by:
        return f"{name}: raised {(min(reached) - by).total_seconds():.0f} s too late"
    if not any(entry.alert.ended_at is None or entry.alert.ended_at >= until for entry in matching):
        return f"{name}: cleared too early"
    return None


def _false(truth: Mapping[str, Any], known: Sequence[Seen]) -> list[str]:
    labelled = {
        (label["hazard"], f"{label['site']}/{label['device']}") for label in truth["labels"]
    }
    for scope in truth["allowed"]:
        labelled |= {(scope["hazard"], device) for device in scope["devices"]}
    found: list[str] = []
    for entry in known:
        alert = entry.alert
        place = f"{alert.site}/{alert.sensor.device}"
        if alert.kind is AlertKind.SYSTEM or (alert.hazard, place) in labelled:
            continue
        if ("", place) not in labelled:
            found.append(f"{alert.hazard} at {place}, {alert.peak.word}: {alert.reason}")
    return found
