"""Everything that is judged, in plain functions of the log: readings against rules, and silence.

`Judge.take` is called with each block of the log in order, `Judge.tick` by a timer. Both give
changes (alerts with transitions and reasons to notify); nothing in here waits or writes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from alerting import memory
from alerting.blind import Blindness, SilenceTimers, why_blind
from alerting.book import Book, Change, Moment, open_alert, step_alert
from alerting.detect.detector import Detector
from alerting.history import Flag
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Finding,
    NotifyReason,
    Provenance,
    Transition,
    TransitionKind,
)
from alerting.rules import Pack, rules_for
from alerting.track import Live, Track
from alerting.unusual import Anomalies, Examined
from alerting.watch import Timing, Watch
from sensors.model import Position, Qc, Report, SensorKey
from sensors.registry import Registry, Sensor

BLIND_RULE = "blind"
# A detector looks at one sensor once a minute at most: its families move over minutes, and a crane
# at 1 Hz would otherwise spend more on looking for the unusual than on its limits.
EXAMINE_EVERY_S = 60.0
_BLIND_SOURCE = Provenance(source="the registry of sensors", confidence="D")
_FAIL = int(Qc.FAIL)
_PASS = int(Qc.PASS)

PointKey = tuple[str, str, str]


@dataclass(slots=True)
class Point:
    """The watches of one device point, by quantity, and the last log block they have seen."""

    key: PointKey
    watches: dict[str, Watch]
    seq: int = 0


class Judge:
    """Holds every watch of the registry and the alerts that stand on them."""

    def __init__(
        self,
        *,
        registry: Registry,
        packs: Mapping[str, Pack],
        detector_for: Callable[[Sensor], Detector | None],
        slack_s: float = 0.0,
    ) -> None:
        """Bind every rule to every sensor it speaks of; nothing is judged yet.

        `slack_s` is added to how long silence is tolerated, for clocks that run faster than the
        world: there a hiccup of a second looks like minutes.
        """
        self._slack_s = slack_s
        self.points: dict[PointKey, Point] = {}
        self.silence = SilenceTimers()
        self.anomalies = Anomalies()
        self.is_quiet = False
        self._book = Book()
        self._positions: dict[tuple[str, str], Position] = {}
        self._blind: dict[tuple[str, str], Alert] = {}
        self._dirty: dict[PointKey, int] = {}
        for sensor in registry.sensors():
            self._add(sensor, packs.get(sensor.kind), detector_for)
        for device in registry.devices():
            self._positions[device.site, device.id] = device.position

    def _add(
        self, sensor: Sensor, pack: Pack | None, detector_for: Callable[[Sensor], Detector | None]
    ) -> None:
        key = sensor.key
        rules = rules_for(sensor, pack)
        every_s = sensor.every.total_seconds()
        if pack is None:
            lateness_s, stale_s, offline_s = 60.0, 60.0, 600.0
        else:
            lateness_s = pack.spec.lateness.total_seconds()
            stale_s = pack.spec.stale.total_seconds()
            offline_s = pack.spec.offline.total_seconds()
        timing = Timing(
            lateness_s,
            max(stale_s, 3 * every_s) + self._slack_s,
            max(offline_s, 6 * every_s) + self._slack_s,
        )
        judged = [rule for rule in rules if rule.levels]
        watch = Watch(sensor=sensor, rules=judged, timing=timing, detector=detector_for(sensor))
        place = (key.site, key.device, key.point)
        self.points.setdefault(place, Point(place, {})).watches[key.quantity] = watch
        self.silence.add(watch)

    def take(
        self, reports: Sequence[Report], seq: int, now: datetime, *, is_owned: bool = True
    ) -> list[Change]:
        """Judge one block of the log, or what the log cannot take yet and will come again as one.

        Reports of a point that has seen the block, or later ones, before a restart are passed over.
        """
        points, dirty = self.points, self._dirty
        for report in reports:
            place = (report.site, report.device, report.point)
            point = points.get(place)
            if point is not None and seq > point.seq:
                dirty.setdefault(place, seq)
                self._take_report(point.watches, report, seq, now)
        for report in reports if is_owned else ():
            if (point := points.get((report.site, report.device, report.point))) is not None:
                point.seq = max(point.seq, seq)
        return self._book.take_changes()

    def _take_report(
        self, watches: Mapping[str, Watch], report: Report, seq: int, now: datetime
    ) -> None:
        """Judge every quantity of one report; failed values count as not there."""
        taken_s = report.taken_at.timestamp()
        delay_s = report.received_at.timestamp() - taken_s
        qc = report.qc
        for quantity, value in report.values.items():
            watch = watches.get(quantity)
            flag = qc.get(quantity, _PASS) if qc else _PASS
            if watch is None or flag == _FAIL:
                continue
            if watch.is_idle:
                if taken_s > watch.newest_s:
                    watch.newest_s = taken_s
                continue
            changed = watch.put(taken_s, value, flag, delay_s)
            if changed:
                self._reconcile(watch, changed, self._moment(watch, now, seq, delay_s))
            if watch.wants_settling:
                self._settle(watch, now, seq)

    def _moment(self, watch: Watch, now: datetime, seq: int, delay_s: float | None) -> Moment:
        late_by_s = delay_s if watch.is_late else None
        return Moment(now, seq, watch.sensor.position, late_by_s)

    def _reconcile(self, watch: Watch, tracks: Iterable[Track], moment: Moment) -> None:
        if self.is_quiet:
            return
        for track in tracks:
            self._book.reconcile(track, watch.n_settled, moment)
            if track.rule.sign_off:
                self._book.note_sign_off_wanted(track, moment)
        watch.is_busy = any(track.lives for track in watch.tracks)

    def _settle(self, watch: Watch, now: datetime, seq: int) -> None:
        first, last = watch.settle()
        if last > first:
            moment = Moment(now, seq, watch.sensor.position)
            if not self.is_quiet:
                self._finalise(watch, first, last, moment)
            if watch.detector is not None:
                self._examine(watch, watch.detector, first, last, moment)
        watch.trim_if_long()

    def _finalise(self, watch: Watch, first: int, last: int, moment: Moment) -> None:
        is_standing = False
        for track in watch.tracks:
            if track.lives:
                self._book.finalise(track, first, last, moment)
                is_standing = is_standing or bool(track.lives)
        watch.is_busy = is_standing

    def _examine(
        self, watch: Watch, detector: Detector, first: int, last: int, moment: Moment
    ) -> None:
        history = watch.history
        for index in range(first, last):
            taken_s, value = history.times[index], history.values[index]
            if taken_s < watch.examine_from_s or history.flags[index] != Flag.CAN_CLEAR:
                continue
            watch.examine_from_s = taken_s + EXAMINE_EVERY_S
            answer = detector.examine(taken_s, value)
            detector.learn(taken_s, value)
            if self.is_quiet:
                continue
            examined = Examined(
                sensor=watch.key,
                taken_s=taken_s,
                value=value,
                unit=watch.sensor.unit,
                answer=answer,
            )
            change = self.anomalies.take(examined, moment)
            if change is not None:
                self._book.changes.append(change)

    def take_answers(self, examined: Iterable[Examined], now: datetime, seq: int) -> list[Change]:
        """Turn answers about whole devices into anomaly alerts."""
        changes: list[Change] = []
        for entry in examined:
            position = self._positions.get((entry.sensor.site, entry.sensor.device))
            if position is not None:
                change = self.anomalies.take(entry, Moment(now, seq, position))
                changes += [change] if change is not None else []
        return changes

    def tick(self, now: datetime, seq: int) -> list[Change]:
        """Ask the silence timers that have run out; `seq` is the last block judged."""
        now_s = now.timestamp()
        for name in self.silence.due(now_s):
            standing = self._blind.get(name)
            sensors = self.silence.sensors(name)
            blindness = why_blind(
                sensors,
                now_s=now_s,
                watching_s=0.0 if standing is not None else self.silence.watching_s,
                has_alert=self._has_alert(name),
            )
            change = self._blind_change(name, standing, blindness, now, seq)
            if change is not None:
                self._book.changes.append(change)
        return self._book.take_changes()

    def _has_alert(self, name: tuple[str, str]) -> bool:
        for watch in self.silence.sensors(name):
            point = self.points[watch.key.site, watch.key.device, watch.key.point]
            if any(track.lives for track in point.watches[watch.key.quantity].tracks):
                return True
        return False

    def _blind_change(
        self,
        name: tuple[str, str],
        standing: Alert | None,
        blindness: Blindness | None,
        now: datetime,
        seq: int,
    ) -> Change | None:
        """Decide what one device's silence changes: raise, escalate, clear or nothing."""
        moment = Moment(now, seq, self._positions[name])
        if blindness is None:
            if standing is None:
                return None
            del self._blind[name]
            self.silence.mark(name, is_blind=False)
            alert = replace(standing, state=AlertState.RESOLVED, ended_at=now)
            reason = "every sensor of the device has spoken again"
            kind, notify = TransitionKind.CLEARED, NotifyReason.CLEARED
        elif standing is None:
            alert = open_alert(
                _blind_finding(name, blindness, now),
                "sensor_silent",
                AlertKind.BLIND,
                datetime.fromtimestamp(blindness.since_s, UTC),
                moment,
            )
            reason, kind, notify = blindness.reason, TransitionKind.RAISED, NotifyReason.FIRST
        elif blindness.severity > standing.severity:
            alert = replace(
                standing,
                severity=blindness.severity,
                peak=max(standing.peak, blindness.severity),
                severity_at=now,
                reason=blindness.reason,
            )
            reason = blindness.reason
            kind, notify = TransitionKind.UPGRADED, NotifyReason.SEVERITY_ROSE
        else:
            return None
        alert, transition = step_alert(alert, kind, now, moment, reason=reason)
        if alert.state is AlertState.FIRING:
            self._blind[name] = alert
            self.silence.mark(name, is_blind=True)
        return Change(alert, transition, notify)

    def sign_off(self, alert: Alert, now: datetime, seq: int, reason: str) -> list[Change]:
        """Close a limit alert because a person says so: everything up to now is final."""
        found = self.find(alert.sensor)
        if found is None:
            return []
        first, last = found.settle_all()
        moment = Moment(now, seq, found.sensor.position)
        for track in found.tracks:
            self._book.finalise(track, first, last, moment)
            for live in [live for live in track.lives if live.alert.id == alert.id]:
                self._book.close(live, now, moment, reason)
                track.lives.remove(live)
                track.sign_off()
        self._finalise(found, last, last, moment)
        key = found.key
        self._dirty.setdefault((key.site, key.device, key.point), seq)
        return self._book.take_changes()

    def keep(self, alert: Alert) -> None:
        """Take a changed copy of a standing alert (acknowledged) in place of the old one."""
        if alert.kind is AlertKind.BLIND:
            self._blind[alert.sensor.site, alert.sensor.device] = alert
        elif alert.kind is AlertKind.ANOMALY:
            self.anomalies.replace_alert(alert)
        elif (live := self._live(alert)) is not None:
            live.alert = alert

    def standing(self, alert: Alert) -> Alert | None:
        """Give the present copy of an alert that stands, None when it does not."""
        if alert.kind is AlertKind.BLIND:
            return self._blind.get((alert.sensor.site, alert.sensor.device))
        if alert.kind is AlertKind.ANOMALY:
            return self.anomalies.get(alert.sensor)
        live = self._live(alert)
        return live.alert if live is not None else None

    def _live(self, alert: Alert) -> Live | None:
        watch = self.find(alert.sensor)
        for track in watch.tracks if watch is not None else ():
            for live in track.lives:
                if live.alert.id == alert.id:
                    return live
        return None

    def find(self, key: SensorKey) -> Watch | None:
        """Give the watch of one sensor."""
        point = self.points.get((key.site, key.device, key.point))
        return point.watches.get(key.quantity) if point is not None else None

    def restore_alert(self, alert: Alert, transitions: Sequence[Transition]) -> bool:
        """Take up an alert that stood before a restart; False when its rule is gone."""
        if alert.kind is AlertKind.BLIND:
            name = (alert.sensor.site, alert.sensor.device)
            if name not in self._positions:
                return False
            self._blind[name] = alert
            self.silence.mark(name, is_blind=True)
            return True
        if alert.kind is AlertKind.ANOMALY:
            if (alert.sensor.site, alert.sensor.device) not in self._positions:
                return False
            self.anomalies.restore(alert)
            return True
        watch = self.find(alert.sensor)
        for track in watch.tracks if watch is not None else ():
            if track.rule.id == alert.rule_id:
                track.lives.append(_live_again(alert, transitions))
                track.lives.sort(key=lambda live: live.alert.started_at)
                return True
        return False

    def end_quiet(self, now: datetime, seq: int) -> list[Change]:
        """End the silent replay of what the journal already knows, and bring the book up to it."""
        self.is_quiet = False
        for point in self.points.values():
            for watch in point.watches.values():
                if len(watch.history):
                    watch.settle()
                for track in watch.tracks:
                    _stand_again(track, watch.n_settled)
                self._reconcile(watch, watch.tracks, Moment(now, seq, watch.sensor.position))
        return self._book.take_changes()

    def load_state(self, key: PointKey, seq: int, blob: bytes) -> str | None:
        """Put one point's memory back; give a sentence when it could not be used."""
        point = self.points.get(key)
        if point is None:
            return None
        why_not = memory.load(blob, point.watches)
        if why_not is None:
            point.seq = seq
        return why_not

    def dirty(self) -> Mapping[PointKey, int]:
        """Give the points changed since their memory was saved, with the first block each saw."""
        return self._dirty

    def dump_state(self, key: PointKey) -> bytes:
        """Write one point's memory."""
        return memory.dump(self.points[key].watches)

    def count_as_saved(self, keys: Iterable[PointKey]) -> None:
        """Take points off the list of changed ones."""
        for key in keys:
            self._dirty.pop(key, None)

    def count_as_changed(self, points: Iterable[tuple[PointKey, int]]) -> None:
        """Put points back on the list, with the first block whose effect is not saved."""
        for key, first_seq in points:
            self._dirty[key] = min(first_seq, self._dirty.get(key, first_seq))


def _stand_again(track: Track, first_open: int) -> None:
    """Keep alerts standing of whose readings nothing is remembered.

    That happens when the saved memory was unreadable, or a limit was changed: no reading has shown
    that the danger is over, so the alert stands until readings do.
    """
    if track.lives and not track.episodes(first_open):
        alert = track.lives[0].alert
        track.stand(int(alert.severity), alert.started_at.timestamp())


def _live_again(alert: Alert, transitions: Sequence[Transition]) -> Live:
    """Make the book's entry for an alert from what the journal has."""
    told_kinds = (TransitionKind.RAISED, TransitionKind.UPGRADED, TransitionKind.DOWNGRADED)
    told = [entry for entry in transitions if not entry.final and entry.kind in told_kinds]
    is_final = any(entry.final and entry.kind is TransitionKind.RAISED for entry in transitions)
    return Live(alert, told, is_final)


def _blind_finding(name: tuple[str, str], blindness: Blindness, now: datetime) -> Finding:
    return Finding(
        rule_id=BLIND_RULE,
        pack="silence",
        sensor=SensorKey(name[0], name[1], "", ""),
        severity=blindness.severity,
        taken_at=now,
        value=float(len(blindness.silent)),
        limit=None,
        unit="count",
        reason=blindness.reason,
        provenance=_BLIND_SOURCE,
    )
