"""Alerts held against labels: what counts as missed, and what as false."""

from datetime import timedelta
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
from groundwatch.truth import Seen, compare
from sensors.model import Position, SensorKey
from tests.builders import START, at

LABEL = {
    "site": "creek",
    "device": "WL-01",
    "hazard": "river_flood",
    "severity": "severe",
    "from_s": 240,
    "by_s": 600,
    "until_s": 3600,
}


def seen(
    *,
    raised_s: float = 300,
    severity: Severity = Severity.SEVERE,
    ended_s: float | None = None,
    device: str = "WL-01",
    hazard: str = "river_flood",
    kind: AlertKind = AlertKind.LIMIT,
) -> Seen:
    position = Position(23.2, 113.2)
    alert = Alert(
        id="a1",
        kind=kind,
        state=AlertState.FIRING if ended_s is None else AlertState.RESOLVED,
        sensor=SensorKey("creek", device, "", "stage_m"),
        hazard=hazard,
        rule_id="stage",
        pack="water_level@1",
        severity=severity,
        peak=severity,
        position=position,
        started_at=at(raised_s),
        detected_at=at(raised_s),
        severity_at=at(raised_s),
        value=4.0,
        limit=3.0,
        unit="m",
        reason="Stage: 4 m.",
        provenance=Provenance(source="a test"),
        ended_at=None if ended_s is None else at(ended_s),
    )
    raised = Transition(
        alert_id="a1",
        ordinal=1,
        kind=TransitionKind.RAISED,
        severity=severity,
        taken_at=at(raised_s),
        detected_at=at(raised_s),
        value=4.0,
        reason="Stage: 4 m.",
    )
    return Seen(alert, [raised])


def truth(*labels: dict[str, Any], allowed: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"labels": list(labels), "allowed": list(allowed)}


@pytest.mark.parametrize(
    ("known", "now_s", "missed"),
    [
        pytest.param([seen()], 4000, "", id="raised in time and kept"),
        pytest.param([], 599, "", id="not due yet"),
        pytest.param([], 600, "never raised", id="due and not there"),
        pytest.param(
            [seen(severity=Severity.MODERATE)], 4000, "never raised", id="not severe enough"
        ),
        pytest.param([seen(severity=Severity.EXTREME)], 4000, "", id="worse than the label"),
        pytest.param([seen(raised_s=660)], 4000, "raised 60 s too late", id="too late"),
        pytest.param([seen(ended_s=1800)], 4000, "cleared too early", id="cleared too early"),
        pytest.param([seen(ended_s=3700)], 4000, "", id="cleared after its end"),
        pytest.param([seen(ended_s=1800)], 1800, "", id="cleared just now, and not wrong yet"),
        pytest.param([seen(device="WL-02")], 4000, "never raised", id="on another device"),
    ],
)
def test_what_is_missed(known: list[Seen], now_s: float, missed: str) -> None:
    verdict = compare(truth(LABEL), known, START, START + timedelta(seconds=now_s))
    if missed:
        expected = f"river_flood at creek/WL-01, severe or worse: {missed}"
        assert verdict.missed == (expected,)
    else:
        assert verdict.missed == ()
    assert verdict.n_labels == (now_s >= 600)


SCOPE = {"hazard": "rainstorm", "devices": ["creek/RG-01"]}
WHOLE_DEVICE = {"hazard": "", "devices": ["creek/RG-01"]}


@pytest.mark.parametrize(
    ("known", "allowed", "n_false"),
    [
        pytest.param(seen(), (), 0, id="labelled"),
        pytest.param(seen(device="RG-01", hazard="rainstorm"), (), 1, id="on nobody's list"),
        pytest.param(seen(device="RG-01", hazard="rainstorm"), (SCOPE,), 0, id="allowed"),
        pytest.param(seen(device="RG-01", hazard="ponding"), (SCOPE,), 1, id="another hazard"),
        pytest.param(
            seen(device="RG-01", hazard="ponding"), (WHOLE_DEVICE,), 0, id="a device allowed whole"
        ),
        pytest.param(seen(device="log", kind=AlertKind.SYSTEM), (), 0, id="the program's own"),
    ],
)
def test_what_is_false(known: Seen, allowed: tuple[dict[str, Any], ...], n_false: int) -> None:
    verdict = compare(truth(LABEL, allowed=allowed), [known], START, at(0))
    assert len(verdict.false) == n_false
    for said in verdict.false:
        assert known.alert.hazard in said
        assert "creek/RG-01" in said
