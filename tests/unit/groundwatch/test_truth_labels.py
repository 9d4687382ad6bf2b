"""Alerts held against labels: each way to be wrong is told once, with its kind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Provenance,
    Severity,
    Transition,
    TransitionKind,
)
from groundwatch.evaluate import Score, quiet_site_days
from groundwatch.truth import FaultKind, Seen, compare, hold
from sensors.model import Position, SensorKey

START = datetime(2026, 7, 1, tzinfo=UTC)
END = START + timedelta(hours=4)
LABEL = {
    "hazard": "river_flood",
    "site": "creek",
    "device": "WL-1",
    "severity": "severe",
    "from_s": 3600.0,
    "by_s": 3900.0,
    "until_s": 7200.0,
}
TRUTH: dict[str, Any] = {
    "labels": [LABEL],
    "allowed": [{"hazard": "ponding", "devices": ["creek/UP-1"]}],
    "disturbed": ["creek/WL-1"],
}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def seen(
    raised: float,
    cleared: float | None = None,
    *,
    severity: Severity = Severity.SEVERE,
    hazard: str = "river_flood",
    device: str = "WL-1",
    kind: AlertKind = AlertKind.LIMIT,
) -> Seen:
    alert = Alert(
        id=f"{hazard}{device}{raised}",
        kind=kind,
        state=AlertState.FIRING if cleared is None else AlertState.RESOLVED,
        sensor=SensorKey("creek", device, "", "stage_m"),
        hazard=hazard,
        rule_id="stage",
        pack="water_level",
        severity=severity,
        peak=severity,
        position=Position(0.0, 0.0),
        started_at=at(raised),
        detected_at=at(raised),
        severity_at=at(raised),
        value=1.0,
        limit=1.0,
        unit="m",
        reason="because",
        provenance=Provenance(source="test"),
        ended_at=None if cleared is None else at(cleared),
    )
    step = Transition(
        alert_id=alert.id,
        ordinal=1,
        kind=TransitionKind.RAISED,
        severity=severity,
        taken_at=at(raised),
        detected_at=at(raised),
        value=1.0,
        reason="because",
    )
    steps = [step]
    if cleared is not None:
        over = at(cleared)
        steps.append(
            replace(step, kind=TransitionKind.CLEARED, taken_at=over, detected_at=over, ordinal=2)
        )
    return Seen(alert, steps)


CASES: list[tuple[str, list[Seen], list[FaultKind]]] = [
    ("raised in time and standing", [seen(61)], []),
    ("raised in time, over after the label", [seen(61, 121)], []),
    ("never raised", [], [FaultKind.MISSED]),
    ("raised too mildly", [seen(61, severity=Severity.MODERATE)], [FaultKind.MISSED]),
    ("raised too late", [seen(70)], [FaultKind.LATE]),
    ("cleared too early", [seen(61, 90)], [FaultKind.FALSE_CLEAR]),
    ("handed over from one alert to the next", [seen(61, 90), seen(80, 125)], []),
    ("a hole between two alerts", [seen(61, 90), seen(95, 125)], [FaultKind.FALSE_CLEAR]),
    ("told of something before, and again", [seen(20, 30), seen(61)], []),
    ("late and cleared", [seen(70, 90)], [FaultKind.LATE, FaultKind.FALSE_CLEAR]),
    ("another hazard", [seen(61), seen(9, hazard="ponding")], [FaultKind.FALSE_ALARM]),
    ("what is allowed", [seen(61), seen(9, hazard="ponding", device="UP-1")], []),
    (
        "unusual where something happens",
        [seen(61), seen(9, hazard="anomaly", kind=AlertKind.ANOMALY)],
        [],
    ),
    (
        "unusual where nothing happens",
        [seen(61), seen(9, hazard="anomaly", device="WL-2", kind=AlertKind.ANOMALY)],
        [FaultKind.FALSE_ALARM],
    ),
    ("this program's own", [seen(61), seen(9, hazard="system", kind=AlertKind.SYSTEM)], []),
]


@pytest.mark.parametrize(("what", "known", "expected"), CASES, ids=[case[0] for case in CASES])
def test_alerts_against_a_label(what: str, known: list[Seen], expected: list[FaultKind]) -> None:
    del what
    assert [fault.kind for fault in hold(TRUTH, known, START, END)] == expected


def test_an_allowance_is_for_being_late_only() -> None:
    wait = timedelta(minutes=10)
    assert hold(TRUTH, [seen(70)], START, END, wait) == []
    assert [f.kind for f in hold(TRUTH, [seen(76)], START, END, wait)] == [FaultKind.LATE]


def test_a_demonstration_that_is_not_over_judges_what_is_due() -> None:
    assert compare(TRUTH, [], START, at(64)).n_labels == 0
    verdict = compare(TRUTH, [seen(61, 90)], START, END)
    assert verdict.missed == ("river_flood at creek/WL-1, severe or worse: cleared too early",)
    assert verdict.false == ()


def test_quiet_site_days_are_days_of_a_site_without_a_label() -> None:
    day_s = 86400.0
    truth = {
        "duration_s": 2.5 * day_s,
        "devices": ["creek/WL-1", "creek/WL-2", "tower/TC-1"],
        "labels": [{**LABEL, "from_s": 1.2 * day_s, "until_s": 1.3 * day_s}],
    }
    assert quiet_site_days(truth) == pytest.approx(2.5 + 1.5)
    assert quiet_site_days(truth, "ponding") == pytest.approx(5.0)


def test_the_marks_say_which_of_them_do_not_hold() -> None:
    assert Score(quiet_site_days=30.0, false_alarms=1, late=2).why_not_good() == []
    assert Score(quiet_site_days=29.0, false_alarms=1).why_not_good() == [
        "1 false alarms, allowed are 1.0"
    ]
    assert len(Score(missed=1, false_clears=2).why_not_good()) == 2
