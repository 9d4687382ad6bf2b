"""Every alert that stands, of whatever kind: where its present copy is kept, and how it comes back.

Limit alerts stand at the tracks of their sensor, the others with what raised them. An alert whose
rule or sensor is gone from the files is an orphan: it stands until a person signs it off.
"""

from collections.abc import Callable, Iterator, Sequence

from alerting.doubtful import Doubts
from alerting.model import Alert, AlertKind, Transition
from alerting.sight import Sight
from alerting.standing import live_again
from alerting.track import Live, Track
from alerting.unusual import Anomalies
from alerting.watch import Watch
from sensors.model import SensorKey


class Roll:
    """Finds, exchanges and takes up again the alerts that stand."""

    def __init__(
        self,
        *,
        sight: Sight,
        anomalies: Anomalies,
        doubts: Doubts,
        find: Callable[[SensorKey], Watch | None],
    ) -> None:
        """Look at what these hold; `find` gives the watch of a sensor."""
        self._sight = sight
        self._anomalies = anomalies
        self._doubts = doubts
        self._find = find
        self._orphans: dict[str, Alert] = {}

    def keep(self, alert: Alert) -> None:
        """Take a changed copy of a standing alert (acknowledged) in place of the old one."""
        if alert.id in self._orphans:
            self._orphans[alert.id] = alert
        elif alert.kind is AlertKind.BLIND:
            self._sight.keep(alert)
        elif alert.kind is AlertKind.ANOMALY:
            self._anomalies.replace_alert(alert)
        elif alert.kind is AlertKind.DOUBTFUL:
            self._doubts.keep(alert)
        elif (live := self._live(alert)) is not None:
            live.alert = alert

    def standing(self, alert: Alert) -> Alert | None:
        """Give the present copy of an alert that stands, None when it does not."""
        if alert.id in self._orphans:
            return self._orphans[alert.id]
        if alert.kind is AlertKind.BLIND:
            return self._sight.standing((alert.sensor.site, alert.sensor.device))
        if alert.kind is AlertKind.ANOMALY:
            return self._anomalies.get(alert.sensor)
        if alert.kind is AlertKind.DOUBTFUL:
            return self._doubts.get(alert.sensor)
        live = self._live(alert)
        return live.alert if live is not None else None

    def restore(self, alert: Alert, transitions: Sequence[Transition]) -> bool:
        """Take up an alert that stood before a restart; False when its rule is gone."""
        if alert.kind is AlertKind.BLIND:
            return self._sight.restore(alert)
        if alert.kind is AlertKind.ANOMALY:
            if (alert.sensor.site, alert.sensor.device) not in self._sight.positions:
                return False
            self._anomalies.restore(alert)
            return True
        watch = self._find(alert.sensor)
        if alert.kind is AlertKind.DOUBTFUL and watch is not None:
            watch.is_stuck = not watch.is_doubted
            self._doubts.keep(alert)
            return True
        for track in self._tracks(alert):
            if track.rule.id == alert.rule_id:
                track.lives.append(live_again(alert, transitions))
                track.lives.sort(key=lambda live: live.alert.started_at)
                return True
        return False

    def keep_orphan(self, alert: Alert) -> None:
        """Keep an alert standing whose rule or sensor is gone, until a person signs it off."""
        self._orphans[alert.id] = alert

    def take_orphan(self, alert: Alert) -> bool:
        """Let an orphan stand no longer; False when the alert is none."""
        return self._orphans.pop(alert.id, None) is not None

    def _live(self, alert: Alert) -> Live | None:
        for track in self._tracks(alert):
            for live in track.lives:
                if live.alert.id == alert.id:
                    return live
        return None

    def _tracks(self, alert: Alert) -> Iterator[Track]:
        watch = self._find(alert.sensor)
        if watch is not None:
            yield from watch.tracks
