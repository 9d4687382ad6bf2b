"""What detectors find, as *anomaly* alerts: always minor, opened once, closed after calm readings.

A detector that is not ready neither opens nor closes anything (contract C3).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from alerting.book import Change, Moment, open_alert, step_alert
from alerting.detect.detector import Answer, Calm, Surprise
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Finding,
    Form,
    NotifyReason,
    Provenance,
    Sentence,
    Severity,
    TransitionKind,
)
from alerting.sentence import say
from sensors.model import SensorKey

CALM_READINGS = 12
# A crane that speaks every second is calm whenever it sets its load down.
CALM_APART_S = 60.0
RULE_ID = "anomaly"
_SOURCE = Provenance(source="the sensor's own past days", confidence="D")


@dataclass(slots=True)
class _Standing:
    alert: Alert
    n_calm: int = 0
    counted_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One settled reading and what its detector said."""

    sensor: SensorKey
    taken_s: float
    answer: Answer


class Anomalies:
    """The anomaly alerts that stand now, at most one per sensor."""

    def __init__(self) -> None:
        """Start with none."""
        self._standing: dict[SensorKey, _Standing] = {}

    def restore(self, alert: Alert) -> None:
        """Take up an alert that stood before a restart."""
        self._standing[alert.sensor] = _Standing(alert)

    def replace_alert(self, alert: Alert) -> None:
        """Keep a changed copy (acknowledged) of a standing alert."""
        standing = self._standing.get(alert.sensor)
        if standing is not None:
            standing.alert = alert

    def get(self, sensor: SensorKey) -> Alert | None:
        """Give the standing alert of a sensor."""
        standing = self._standing.get(sensor)
        return standing.alert if standing else None

    def take(self, examined: Examined, moment: Moment) -> Change | None:
        """Open, keep or close the sensor's anomaly alert by one detector's answer."""
        standing = self._standing.get(examined.sensor)
        if isinstance(examined.answer, Surprise):
            if standing is None:
                return self._open(examined, examined.answer, moment)
            standing.n_calm = 0
        elif standing is not None and isinstance(examined.answer, Calm):
            return self._calm(standing, examined.taken_s, moment)
        return None

    def _calm(self, standing: _Standing, taken_s: float, moment: Moment) -> Change | None:
        """Count a calm reading, and close the alert with the last that is needed."""
        if taken_s <= standing.alert.started_at.timestamp():
            return None  # calm before the surprise says nothing about after it
        if taken_s < standing.counted_s + CALM_APART_S:
            return None
        standing.n_calm, standing.counted_s = standing.n_calm + 1, taken_s
        if standing.n_calm < CALM_READINGS:
            return None
        del self._standing[standing.alert.sensor]
        ended_at = datetime.fromtimestamp(taken_s, UTC)
        alert = replace(standing.alert, state=AlertState.RESOLVED, ended_at=ended_at)
        said = Sentence(form=Form.AS_USUAL, numbers=(CALM_READINGS,))
        kind = TransitionKind.CLEARED
        alert, transition = step_alert(alert, kind, ended_at, moment, said=said)
        return Change(alert, transition, NotifyReason.CLEARED)

    def _open(self, examined: Examined, surprise: Surprise, moment: Moment) -> Change:
        taken_at = datetime.fromtimestamp(examined.taken_s, UTC)
        said = Sentence(
            form=Form.UNUSUAL,
            title=surprise.unit,
            title_zh=surprise.reason_zh,
            names=(surprise.quantity,) if surprise.quantity else (),
            numbers=(surprise.value, surprise.low, surprise.high),
            text=surprise.reason,
        )
        finding = Finding(
            rule_id=RULE_ID,
            pack="detect",
            sensor=examined.sensor,
            severity=Severity.MINOR,
            taken_at=taken_at,
            value=surprise.value,
            limit=surprise.high if surprise.value > surprise.high else surprise.low,
            unit=surprise.unit,
            reason=say(said),
            provenance=_SOURCE,
            said=said,
        )
        alert = open_alert(finding, "anomaly", AlertKind.ANOMALY, taken_at, moment)
        kind = TransitionKind.RAISED
        alert, transition = step_alert(alert, kind, taken_at, moment, said=said)
        self._standing[examined.sensor] = _Standing(alert)
        return Change(alert, transition, NotifyReason.FIRST)
