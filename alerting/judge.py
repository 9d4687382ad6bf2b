"""Everything that is judged, in plain functions of the log: readings against rules, and silence.

`Judge.take` is called with each block of the log in order, `Judge.tick` by a timer. Both give
changes (alerts with transitions and reasons to notify); nothing in here waits or writes.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from alerting.belief import Belief
from alerting.beside import remark_for
from alerting.blind import SilenceTimers
from alerting.book import Book, Change, Moment, close_alert
from alerting.company import Company, Opinion
from alerting.detect.detector import Detector
from alerting.govern import Governor, Turn
from alerting.history import Flag, History
from alerting.joint import Computed, Joint, JointWatch, Outcome, joint_watches
from alerting.model import Alert, Sentence
from alerting.points import Points
from alerting.roll import Roll
from alerting.rules import Pack, Packs, rules_for
from alerting.sight import Sight
from alerting.standing import stand_again
from alerting.track import Track
from alerting.unusual import Anomalies, Examined
from alerting.warning import OfficialWarning
from alerting.watch import NO_LULL, Watch, timing_of
from alerting.working import Patience, Shift
from sensors.lifecycle import StageChange
from sensors.model import Qc, Report, SensorKey
from sensors.registry import Registry, Sensor

# A detector looks at one sensor once a minute at most: its families move over minutes, and a crane
# at 1 Hz would otherwise spend more on looking for the unusual than on its limits.
EXAMINE_EVERY_S = 60.0
_LOG = logging.getLogger(__name__)
_FAIL = int(Qc.FAIL)
_PASS = int(Qc.PASS)


class Arrival(NamedTuple):
    """When a report was taken (seconds since 1970), how much later it came, now, and its block."""

    taken_s: float
    delay_s: float
    now: datetime
    seq: int


# The virtual sensors that a report bears on, by instant, with the sensors it came from.
Fed = dict[tuple[int, float], tuple[JointWatch, list[SensorKey]]]


class Judge:
    """Holds every watch of the registry and the alerts that stand on them."""

    def __init__(
        self,
        *,
        registry: Registry,
        packs: Packs,
        detector_for: Callable[[Sensor], Detector | None],
        slack_s: float = 0.0,
        joints: Sequence[Joint] = (),
    ) -> None:
        """Bind every rule to every sensor it speaks of; nothing is judged yet.

        `joints` are the virtual sensors; their outputs are in the registry like any other sensor.
        `slack_s` is added to how long silence is tolerated, for clocks that run faster than the
        world: there a hiccup of a second looks like minutes.
        """
        self._slack_s = slack_s
        self.points = Points()
        self.find = self.points.find
        self.silence = SilenceTimers()
        self.sight = Sight(self.silence)
        self.anomalies = Anomalies()
        self.is_quiet = False
        self._is_joining = True
        self.on_computed: Callable[[Sequence[Computed]], None] | None = None
        self._shifts: dict[tuple[str, str], Shift] = {}
        self._book = Book()
        self.belief = Belief(self._book)
        self.roll = Roll(
            sight=self.sight,
            anomalies=self.anomalies,
            doubts=self.belief.doubts,
            find=self.find,
        )
        self.broken: dict[SensorKey, str] = {}
        self._joints = {joint.output.key: joint for joint in joints}
        self.governor = Governor(registry)
        for sensor in registry.sensors():
            self._add(sensor, packs.get(sensor.kind, ()), detector_for)
        self.governor.attach(self.find)
        self._feeds = joint_watches(joints, self.find)
        for key in self.governor.keys:
            if (watch := self.find(key)) is not None:
                watch.lull = NO_LULL
        self._put_beside(registry)
        self._company = Company(self.points.watches())
        for device in registry.devices():
            self.sight.positions[device.site, device.id] = device.position

    def _add(
        self,
        sensor: Sensor,
        packs: Sequence[Pack],
        detector_for: Callable[[Sensor], Detector | None],
    ) -> None:
        key = sensor.key
        rules = rules_for(sensor, packs)
        timing = timing_of(sensor, packs, self._slack_s)
        judged = [rule for rule in rules if rule.levels]
        detector = None if sensor.derived else detector_for(sensor)
        watch = Watch(
            sensor=sensor,
            rules=judged,
            timing=timing,
            detector=detector,
            surroundings=self.governor.lives.of((key.site, key.device)),
        )
        self.governor.add(watch, packs, self._slack_s)
        self.points.add(watch)
        joint = self._joints.get(key)
        if joint.is_watched if joint is not None else sensor.is_steady:
            self.silence.add(watch)
            self._add_to_shift(watch, packs)

    def _add_to_shift(self, watch: Watch, packs: Sequence[Pack]) -> None:
        """Let the silence of a machine at work count sooner; seconds cannot be told with slack."""
        given = (pack.spec.while_working for pack in packs)
        spec = next((each for each in given if each is not None), None)
        if spec is None or self._slack_s:
            return
        name = (watch.key.site, watch.key.device)
        shift = self._shifts.get(name)
        if shift is None:
            working = Patience(
                stale_s=spec.stale.total_seconds(), offline_s=spec.offline.total_seconds()
            )
            shift = Shift(state=spec.state, above=spec.above, working=working)
            self._shifts[name] = shift
        if watch.key.quantity == spec.state:
            watch.feed(0.0)  # after a restart its newest value says whether the machine works
        shift.add(watch)

    def take(
        self, reports: Sequence[Report], seq: int, now: datetime, *, is_owned: bool = True
    ) -> list[Change]:
        """Judge one block of the log, or what the log cannot take yet and will come again as one.

        Reports of a point that has seen the block, or later ones, before a restart are passed over.
        """
        points, changed = self.points.by_key, self.points.changed
        for report in reports:
            place = (report.site, report.device, report.point)
            point = points.get(place)
            if point is not None and seq > point.seq:
                changed.setdefault(place, seq)
                self._take_report(point.watches, report, seq, now)
                if self._shifts:
                    self._note_work(report, now)
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
        arrival = Arrival(taken_s, delay_s, now, seq)
        qc = report.qc
        fed: Fed = {}
        for quantity, value in report.values.items():
            watch = watches.get(quantity)
            flag = qc.get(quantity, _PASS) if qc else _PASS
            if watch is None or flag == _FAIL or watch.is_broken:
                continue
            if watch.is_idle:
                watch.hear(taken_s, delay_s)
                continue
            try:
                self._take_value(watch, value, flag, arrival, fed)
            except Exception as error:  # noqa: BLE001 - a defect at one sensor must not blind all
                self._give_up(watch, error)
        for (_, time_s), (joint, keys) in fed.items():
            if joint.watch.is_broken:
                continue
            try:
                self._take_joint(joint.take(keys, time_s), arrival)
            except Exception as error:  # noqa: BLE001 - as above
                self._give_up(joint.watch, error)

    def _take_value(
        self, watch: Watch, value: float, flag: int, arrival: Arrival, fed: Fed
    ) -> None:
        taken_s, delay_s, now, seq = arrival
        changed = watch.put(taken_s, value, flag, delay_s)
        if changed:
            self._reconcile(watch, changed, self._moment(watch, now, seq, delay_s))
        if watch.wants_settling():
            self._settle(watch, now, seq)
        lull = watch.lull
        if lull is not None and (watch.edits or not lull.holds(taken_s)):
            self._follow(watch, taken_s, fed)
            self._govern(watch, now, seq)
        watch.edits = ()

    def _give_up(self, watch: Watch, error: Exception) -> None:
        """Stop judging one sensor that our own code stumbles over: its silence will be told.

        Its alerts stand, its memory is not saved, and everything else is judged on.
        """
        watch.is_broken = True
        self.broken[watch.key] = f"{type(error).__name__}: {error}"
        _LOG.error("judging of %s has stopped", watch.key, exc_info=error)

    def _follow(self, watch: Watch, taken_s: float, fed: Fed) -> None:
        """Note which virtual sensors a reading bears on, and those that its tests found anew."""
        feeds = self._feeds.get(watch.key)
        if feeds is None or not self._is_joining:
            return
        edits = watch.edits
        instants = sorted({taken_s, *(edit.time_s for edit in edits)}) if edits else (taken_s,)
        for joint in feeds:
            if not edits and joint.lull.holds(taken_s):
                continue
            for time_s in instants:
                fed.setdefault((id(joint), time_s), (joint, []))[1].append(watch.key)

    def _note_work(self, report: Report, now: datetime) -> None:
        """Let a device that begins or ends its work be waited for accordingly."""
        name = (report.site, report.device)
        shift = self._shifts.get(name)
        value = report.values.get(shift.state) if shift is not None else None
        if shift is None or value is None:
            return
        if shift.hear(value, report.taken_at.timestamp()):
            self.silence.ask_soon(name, now.timestamp())

    def _take_joint(self, outcome: Outcome, arrival: Arrival) -> None:
        """Tell the book what a report's readings, all of them, did to a virtual sensor."""
        watch, changed, values = outcome
        _, delay_s, now, seq = arrival
        if self.on_computed is not None and values:
            self.on_computed(values)
        self.points.note_changed(watch.key, seq)
        if changed:
            self._reconcile(watch, changed, self._moment(watch, now, seq, delay_s))
        if len(watch.history) and watch.wants_settling():
            self._settle(watch, now, seq)

    def _put_beside(self, registry: Registry) -> None:
        """Let alerts say what stands beside their sensor."""

        def history_of(key: SensorKey) -> History | None:
            watch = self.find(key)
            return watch.history if watch is not None else None

        def keep(key: SensorKey) -> None:
            if (watch := self.find(key)) is not None:
                watch.feed(0.0)

        for sensor in registry.sensors():
            remark = remark_for(sensor, registry, history_of, keep)
            watch = self.find(sensor.key)
            for track in watch.tracks if watch is not None else ():
                track.beside = remark

    def declare(
        self, site: str, device: str, change: StageChange, now: datetime, seq: int
    ) -> list[Change]:
        """Take a person's word on the stage of a device, or of a site where `device` is empty.

        It counts from its own instant on, in so far as readings since then are not settled.
        """
        self._reconsider(self.governor.declare(site, device, change), now, seq)
        return self._book.take_changes()

    def warn(self, warning: OfficialWarning, now: datetime, seq: int) -> list[Change]:
        """Take an official message in; limits it tightens or sets free are judged again."""
        for turn in self.governor.warn(warning):
            self._reconsider(turn, now, seq)
        return self._book.take_changes()

    def _govern(self, watch: Watch, now: datetime, seq: int) -> None:
        """Judge again what a governing sensor's reading bears on."""
        if watch.key in self.governor.keys:
            for turn in self.governor.take(watch):
                self._reconsider(turn, now, seq)

    def _reconsider(self, turn: Turn, now: datetime, seq: int) -> None:
        """Judge the open past of devices again from an instant on."""
        wanted = set(turn.names)
        for watch in self.points.watches_of(wanted):
            if watch.is_broken or not watch.is_governed:
                continue
            try:
                self._judge_again(watch, turn.from_s, now, seq)
            except Exception as error:  # noqa: BLE001 - the governed one stumbled, not its gauge
                self._give_up(watch, error)
        for name in wanted:
            self.silence.ask_soon(name, now.timestamp())

    def _judge_again(self, watch: Watch, from_s: float, now: datetime, seq: int) -> None:
        if changed := watch.reconsider(from_s):
            self.points.note_changed(watch.key, seq)
            self._reconcile(watch, changed, Moment(now, seq, watch.sensor.position))

    def _moment(self, watch: Watch, now: datetime, seq: int, delay_s: float | None) -> Moment:
        late_by_s = delay_s if watch.is_late else None
        failed = [edit.now.reason for edit in watch.edits if edit.now is not None and edit.is_out]
        why = f"its reading failed quality control: {failed[0]}" if failed else ""
        return Moment(now, seq, watch.sensor.position, late_by_s, why)

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
        if watch.screen is not None:
            found = watch.settle_flags()
            self.belief.flags.put(watch.sensor, found)
            if not self.is_quiet:
                self.belief.note(watch, found, Moment(now, seq, watch.sensor.position))
        if last > first:
            moment = Moment(now, seq, watch.sensor.position)
            if not self.is_quiet:
                self._finalise(watch, first, last, moment)
            if watch.detector is not None:
                self._examine(watch, watch.detector, first, last, moment)
        watch.trim_if_long()

    def _hear(self, opinion: Opinion, now: datetime, seq: int) -> None:
        """Judge a sensor again that its company makes us doubt, or believe again."""
        watch = opinion.watch
        moment = Moment(now, seq, watch.sensor.position)
        changed = self.belief.hear(opinion, moment)
        if changed is None:
            return
        self.points.note_changed(watch.key, seq)
        self._reconcile(watch, changed, moment)
        watch.edits = ()

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
            examined = Examined(sensor=watch.key, taken_s=taken_s, answer=answer)
            change = self.anomalies.take(examined, moment)
            if change is not None:
                self._book.changes.append(change)

    def take_answers(self, examined: Iterable[Examined], now: datetime, seq: int) -> list[Change]:
        """Turn answers about whole devices into anomaly alerts."""
        changes: list[Change] = []
        for entry in examined:
            position = self.sight.positions.get((entry.sensor.site, entry.sensor.device))
            if position is not None:
                change = self.anomalies.take(entry, Moment(now, seq, position))
                changes += [change] if change is not None else []
        return changes

    def tick(self, now: datetime, seq: int) -> list[Change]:
        """Ask the silence timers that have run out; `seq` is the last block judged."""
        for name in self.governor.keep_up(now.timestamp()):
            self.silence.ask_soon(name, now.timestamp())
        for opinion in self._company.look(now.timestamp()):
            self._hear(opinion, now, seq)
        return self._book.take_changes() + self.sight.look(now, seq, self._has_alert)

    def _has_alert(self, key: SensorKey) -> bool:
        watch = self.find(key)
        return watch is not None and any(track.lives for track in watch.tracks)

    def sign_off(self, alert: Alert, now: datetime, seq: int, said: Sentence) -> list[Change]:
        """Close a limit alert because a person says so: everything up to now is final."""
        moment = Moment(now, seq, alert.position)
        if self.roll.take_orphan(alert):
            return [close_alert(alert, now, moment, said)]
        found = self.find(alert.sensor)
        if found is None:
            return []
        first, last = found.settle_all()
        for track in found.tracks:
            self._book.finalise(track, first, last, moment)
            for live in [live for live in track.lives if live.alert.id == alert.id]:
                self._book.close(live, now, moment, said)
                track.lives.remove(live)
                track.sign_off()
        self._finalise(found, last, last, moment)
        self.points.note_changed(found.key, seq)
        return self._book.take_changes()

    def end_quiet(self, now: datetime, seq: int) -> list[Change]:
        """End the silent replay of what the journal already knows, and bring the book up to it."""
        self.is_quiet = False
        for watch in self.points.watches():
            if watch.is_broken:
                continue
            try:
                self._stand_up(watch, now, seq)
            except Exception as error:  # noqa: BLE001 - as above: its alerts stand in the journal
                self._give_up(watch, error)
        return self._book.take_changes()

    def _stand_up(self, watch: Watch, now: datetime, seq: int) -> None:
        """Bring the book up to what the folds of one sensor show after the replay."""
        if len(watch.history):
            watch.settle()
        for track in watch.tracks:
            stand_again(track, watch.n_settled)
        self._reconcile(watch, watch.tracks, Moment(now, seq, watch.sensor.position))

    def take_surroundings(self) -> None:
        """Bring what governs others (phases, couplings, work) up to date with memories put back."""
        for (site, device), shift in self._shifts.items():
            state = self.find(SensorKey(site, device, "", shift.state))
            if state is not None and len(state.history):
                shift.hear(state.history.values[-1], state.history.times[-1])
        self.governor.catch_up(self.points.watches())

    def hold_joints(self) -> None:
        """Compute no virtual sensor until `compute_joints`: memories of different age lie here.

        Computed from inputs of which one has not read on yet, a value could be one that never was.
        """
        self._is_joining = False

    def compute_joints(self) -> None:
        """Bring every virtual sensor up to date, once all its inputs have seen the same blocks."""
        self._is_joining = True
        for joint in {id(j): j for feeds in self._feeds.values() for j in feeds}.values():
            try:
                values = joint.catch_up()
            except Exception as error:  # noqa: BLE001 - the program must come up to warn of the rest
                self._give_up(joint.watch, error)
                continue
            if self.on_computed is not None and values:
                self.on_computed(values)
