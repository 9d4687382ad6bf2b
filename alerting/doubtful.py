"""Sensors that cannot be believed: stuck, or contradicted by others; one minor alert each.

Like blind alerts these are about the instrument and not about the danger. When a doubt is seen
depends on what other sensors had said by then, so they are outside the order-independent history.
The same place collects the verdicts on single readings that became final, for the database.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from alerting.book import Change, Moment, open_alert, step_alert
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
from alerting.screen import Found
from alerting.sentence import plain, say
from sensors.model import SensorKey
from sensors.registry import Sensor

RULE_ID = "doubtful"
_SOURCE = Provenance(source="the tables of quality control", confidence="D")
_MAX_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Requalified:
    """A reading whose quality flag became known after it had been stored."""

    sensor: Sensor
    found: Found


@dataclass(slots=True)
class Flags:
    """Final verdicts waiting to be taken to the database; the oldest leave when too many wait."""

    n_dropped: int = 0
    _waiting: deque[Requalified] = field(default_factory=deque)

    def put(self, sensor: Sensor, found: Sequence[Found]) -> None:
        """Add what has become final about one sensor's readings."""
        for entry in found:
            if len(self._waiting) >= _MAX_WAITING:
                self._waiting.popleft()
                self.n_dropped += 1
            self._waiting.append(Requalified(sensor, entry))

    def take(self) -> list[Requalified]:
        """Give what waits, oldest first."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


class Doubts:
    """The alerts about doubtful sensors that stand now, at most one per sensor."""

    def __init__(self) -> None:
        """Start with none."""
        self._standing: dict[SensorKey, Alert] = {}

    def get(self, sensor: SensorKey) -> Alert | None:
        """Give the standing alert of a sensor."""
        return self._standing.get(sensor)

    def keep(self, alert: Alert) -> None:
        """Take up an alert that stood before a restart, or a changed copy of one."""
        self._standing[alert.sensor] = alert

    def open(self, sensor: Sensor, found: Found, moment: Moment) -> Change | None:
        """Tell people that a sensor is doubtful, unless they have been told."""
        if sensor.key in self._standing:
            return None
        taken_at = datetime.fromtimestamp(found.time_s, UTC)
        said = Sentence(form=Form.DOUBTFUL, title=found.test, text=found.reason)
        finding = Finding(
            rule_id=RULE_ID,
            pack="quality",
            sensor=sensor.key,
            severity=Severity.MINOR,
            taken_at=taken_at,
            value=found.value,
            limit=None,
            unit=sensor.unit,
            reason=say(said),
            provenance=_SOURCE,
            said=said,
        )
        alert = open_alert(finding, "sensor_doubtful", AlertKind.DOUBTFUL, taken_at, moment)
        kind = TransitionKind.RAISED
        alert, transition = step_alert(alert, kind, taken_at, moment, said=said)
        self._standing[sensor.key] = alert
        return Change(alert, transition, NotifyReason.FIRST)

    def close(self, sensor: SensorKey, reason: str, moment: Moment) -> Change | None:
        """Tell people that the sensor can be believed again, if they were told of a doubt."""
        standing = self._standing.pop(sensor, None)
        if standing is None:
            return None
        alert = replace(standing, state=AlertState.RESOLVED, ended_at=moment.now)
        kind = TransitionKind.CLEARED
        said = plain(Form.BELIEVED, reason)
        alert, transition = step_alert(alert, kind, moment.now, moment, said=said)
        return Change(alert, transition, NotifyReason.CLEARED)
