"""Why an alert was raised, or why none was: gathered from the parts, told in values and in words.

The command line and the HTTP interface give the same answers (contract C6). What cannot be had
because a part is away is said in `remarks`; only an alert that the journal cannot give is an error.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from alerting.engine import UnknownAlert
from alerting.errors import JournalError
from alerting.history import Flag
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    OutboxEntry,
    Remark,
    Transition,
    TransitionKind,
)
from alerting.ports import Proof
from alerting.screen import Found
from alerting.watch import Watch
from groundwatch.explained import (
    Explanation,
    ReadingView,
    SensorView,
    Told,
    render_explanation,
)
from groundwatch.limits import (
    RuleView,
    SilenceView,
    flag_words,
    instant,
    rule_views,
    silence_view,
)
from groundwatch.program import Program
from groundwatch.read_often import required_text
from groundwatch.route_plan import asking
from sensors.model import Qc, Reading, SensorKey
from sensors.plausible import why_not_plausible
from sensors.registry import Registry, Sensor
from storage.errors import StorageError
from storage.journal.listing import AlertQuery

__all__ = [
    "Explanation",
    "UnknownSensor",
    "explain_alert",
    "explain_sensor",
    "render_explanation",
    "sensor_named",
    "sensor_view",
    "why_flagged",
]

_MAX_READINGS = 20
_MAX_STANDING = 50
_MAX_KEY = 300
_MAX_COMPARED = 2000
_ROSE = (TransitionKind.RAISED, TransitionKind.UPGRADED)


class UnknownSensor(LookupError):
    """The registry has no such sensor; `near` are the keys most like it."""

    def __init__(self, key: str, near: Sequence[str]) -> None:
        """Keep what was asked for and what may have been meant."""
        super().__init__(f"there is no sensor {key!r}")
        self.key = key
        self.near = tuple(near)


def sensor_named(registry: Registry, text: str) -> Sensor:
    """Find a sensor by `site/device/quantity` or `site/device/point/quantity`.

    Raises:
        UnknownSensor: there is none; with the keys most like it.
    """
    parts = text.strip("/").split("/")
    if len(parts) == 3:
        parts.insert(2, "")
    sensor = registry.sensor(SensorKey(*parts)) if len(parts) == 4 else None
    if sensor is None:
        near = get_close_matches(text[:_MAX_KEY], _likely(registry, parts), 3, 0.5)
        raise UnknownSensor(text, near)
    return sensor


def _likely(registry: Registry, parts: Sequence[str]) -> list[str]:
    """Give the keys worth comparing with: of the same device, else of the site, else of any."""
    every = [sensor.key for sensor in registry.sensors()]
    for count in (2, 1):
        same = [key for key in every if list(key[:count]) == list(parts[:count])]
        if same:
            every = same
            break
    return [str(key) for key in every[:_MAX_COMPARED]]


async def explain_alert(program: Program, alert_id: str) -> Explanation:
    """Explain one alert: readings, limit, rule, transitions, who was told, and who was not.

    Raises:
        UnknownAlert: there is no such alert.
        JournalError: the journal cannot be asked.
    """
    alert = await program.journal.alert(alert_id)
    if alert is None:
        raise UnknownAlert(alert_id)
    transitions = await program.journal.transitions(alert_id)
    found = program.district.registry.sensor(alert.sensor)
    remarks: list[str] = []
    view, readings = None, list[ReadingView]()
    if found is not None:
        view = await sensor_view(program, found, remarks)
        readings = await _readings_behind(program, found, alert, remarks)
        if alert.kind is AlertKind.LIMIT and view.rules:
            remarks += _rule_remarks(alert, view.rules)
    elif alert.kind in (AlertKind.LIMIT, AlertKind.ANOMALY):
        remarks.append("the sensor is no longer in the site files; its limits now are not known")
    remarks += [each.text.en for each in program.desks.official.in_force(alert.site)]
    steps = await program.journal.steps(alert_id)
    return Explanation(
        subject=f"alert {alert.id}",
        at=program.clock.now(),
        alert=alert,
        transitions=tuple(transitions),
        actions=tuple(await program.journal.actions(alert_id)),
        notices=await _notices(program, alert_id),
        steps=tuple(steps),
        asking=asking(alert, steps, program.district.routes, program.clock.now()),
        routing=tuple(_routing(program, alert, transitions)),
        sensor=view,
        readings=tuple(readings),
        silent=_silences(program, alert.sensor) if alert.kind is AlertKind.BLIND else (),
        remarks=tuple(remarks),
    )


async def explain_sensor(program: Program, key: str) -> Explanation:
    """Explain why a sensor has an alert, or has none, from what is known now.

    Raises:
        UnknownSensor: the registry has no such sensor.
    """
    sensor = sensor_named(program.district.registry, key)
    remarks: list[str] = []
    view = await sensor_view(program, sensor, remarks)
    standing = await _standing(program, sensor.key, remarks)
    watch = program.engine.judge.find(sensor.key)
    on_sensor = [alert for alert in standing if alert.sensor == sensor.key]
    remarks += [each.text.en for each in program.desks.official.in_force(sensor.key.site)]
    return Explanation(
        subject=f"sensor {sensor.key}",
        at=program.clock.now(),
        sensor=view,
        readings=tuple(_remembered(watch)[-_MAX_READINGS:]) if watch is not None else (),
        standing=tuple(standing),
        why_no_alert=() if on_sensor else tuple(why_no_alert(view)),
        remarks=tuple(remarks),
    )


async def sensor_view(program: Program, sensor: Sensor, remarks: list[str]) -> SensorView:
    """Show one sensor as it stands now; what cannot be had is added to `remarks`."""
    judge, now = program.engine.judge, program.clock.now()
    watch = judge.find(sensor.key)
    if watch is None:
        raise LookupError(f"{sensor.key} is in the registry and not under watch")
    value, taken_at = _newest(watch)
    if value is None and watch.newest_s:
        stored = await _stored_latest(program, sensor.key, remarks)
        value, taken_at = (stored.value, stored.taken_at) if stored else (None, None)
    packs = program.district.packs.get(sensor.kind, ())
    life = judge.governor.lives.of((sensor.key.site, sensor.key.device)).life
    if asked := required_text(sensor, packs, life, now.timestamp()):
        remarks.append(asked)
    device = program.district.registry.device(sensor.key.site, sensor.key.device)
    return SensorView(
        sensor=sensor,
        name=device.name if device is not None else "",
        value=value,
        taken_at=taken_at,
        age_s=None if taken_at is None else (now - taken_at).total_seconds(),
        silence=silence_view(watch, now, judge.silence.watching_s),
        rules=rule_views(sensor, packs, watch),
        detector=_detector_text(watch),
    )


def why_flagged(program: Program, reading: Reading) -> str:
    """Say why a stored reading has another quality flag than pass; "" where nothing is known.

    The tests that look at readings around one remember only the recent past.
    """
    sensor = program.district.registry.sensor(reading.sensor)
    if reading.qc == Qc.PASS or sensor is None:
        return ""
    watch = program.engine.judge.find(reading.sensor)
    found = watch.found(reading.taken_at.timestamp()) if watch is not None else None
    if found is not None:
        return f"{found.test}: {found.reason}"
    return why_not_plausible(reading.value, sensor)[1]


def why_no_alert(view: SensorView) -> list[str]:
    """Say in sentences why no alert stands on a sensor; plain logic on the view."""
    lines: list[str] = []
    if not view.rules:
        lines.append(f"no rule speaks of {view.sensor.key.quantity} of a {view.sensor.kind}")
    for rule in view.rules:
        if rule.fold is None:
            lines.append(f"{rule.rule_id} is not judged at all on this sensor")
        elif rule.fold.severity is None:
            lines.append(f"{rule.rule_id}: {rule.fold.text}")
        else:
            lines.append(f"{rule.rule_id} stands at {rule.fold.text}; its alert is being written")
        lines += [
            f"{rule.rule_id}, {missing.severity.word}: {missing.text}"
            for missing in rule.not_judged
        ]
    if view.silence.is_overdue:
        lines.append(f"silence is told as the device's own blind alert ({view.silence.text})")
    return lines


def _newest(watch: Watch) -> tuple[float | None, datetime | None]:
    history = watch.history
    if not len(history):
        return None, None
    return history.values[-1], instant(history.times[-1])


def _remembered(watch: Watch) -> list[ReadingView]:
    history = watch.history
    views = [
        ReadingView(taken_at=instant(at_s), value=value, remark=_remark(watch, at_s, value, flags))
        for at_s, value, flags in zip(history.times, history.values, history.flags, strict=True)
    ]
    views += [
        ReadingView(taken_at=instant(found.time_s), value=found.value, remark=_why_failed(found))
        for found in watch.failed()
    ]
    return sorted(views, key=lambda view: view.taken_at)


def _remark(watch: Watch, at_s: float, value: float, flags: int) -> str:
    found = watch.found(at_s)
    why = f"{found.test}: {found.reason}" if found is not None else ""
    why = why or (why_not_plausible(value, watch.sensor)[1] if flags & Flag.SUSPECT else "")
    return flag_words(flags) + (f" ({why})" if why else "")


def _why_failed(found: Found) -> str:
    return f"failed quality control: not judged ({found.test}: {found.reason})"


async def _readings_behind(
    program: Program, sensor: Sensor, alert: Alert, remarks: list[str]
) -> list[ReadingView]:
    """Give the newest readings up to the alert's present severity, within its rule's window."""
    watch = program.engine.judge.find(sensor.key)
    until = alert.severity_at + timedelta(microseconds=1)
    since = until - _looked_back(watch, alert, sensor.every)
    kept = _remembered(watch) if watch is not None else []
    found = {entry.taken_at: entry for entry in kept if since <= entry.taken_at < until}
    if not kept or kept[0].taken_at > since:
        try:
            stored = await program.store.history(sensor.key, sensor.kind, since, until)
        except StorageError as error:
            remarks.append(f"older readings cannot be shown, the database is away: {error}")
        else:
            views = {r.taken_at: _stored_view(r, sensor) for r in stored}
            found = views | found
    return [found[taken_at] for taken_at in sorted(found)][-_MAX_READINGS:]


def _looked_back(watch: Watch | None, alert: Alert, every: timedelta) -> timedelta:
    rules = [track.rule for track in watch.tracks] if watch is not None else []
    for rule in rules:
        if rule.id == alert.rule_id:
            return max(timedelta(seconds=rule.window_s), (rule.of + 1) * every)
    return 10 * every


def _stored_view(reading: Reading, sensor: Sensor) -> ReadingView:
    why = why_not_plausible(reading.value, sensor)[1]
    said = f" ({why})" if why else ""
    remark = flag_words(Flag.SUSPECT) + said if reading.qc == Qc.SUSPECT else ""
    if reading.qc == Qc.FAIL:
        remark = f"failed quality control: not judged{said}"
    return ReadingView(taken_at=reading.taken_at, value=reading.value, remark=remark)


async def _stored_latest(program: Program, key: SensorKey, remarks: list[str]) -> Reading | None:
    try:
        stored = await program.store.latest(key.site)
    except StorageError as error:
        remarks.append(f"the newest value cannot be shown, the database is away: {error}")
        return None
    return next((reading for reading in stored if reading.sensor == key), None)


async def _standing(program: Program, key: SensorKey, remarks: list[str]) -> list[Alert]:
    """Give the alerts that stand on the sensor, and the blind alert of its device."""
    device = SensorKey(key.site, key.device, "", "")
    firing = (AlertState.FIRING,)
    query = AlertQuery(sensor=device, states=firing, limit=_MAX_STANDING)
    try:
        found = await program.journal.found(query)
    except JournalError as error:
        remarks.append(f"standing alerts cannot be shown: {error}")
        return []
    return [alert for alert in found if alert.sensor in (key, device)]


def _silences(program: Program, key: SensorKey) -> tuple[SilenceView, ...]:
    """Say of every sensor of a device how long it has been silent."""
    judge, now = program.engine.judge, program.clock.now()
    device = program.district.registry.device(key.site, key.device)
    watches = [judge.find(sensor.key) for sensor in device.sensors] if device is not None else []
    return tuple(
        silence_view(watch, now, judge.silence.watching_s) for watch in watches if watch is not None
    )


def _detector_text(watch: Watch) -> str:
    if watch.detector is None:
        return "no detector follows this sensor"
    readiness = watch.detector.ready
    return "ready" if readiness.is_ready else f"not ready: {readiness.reason}"


def _rule_remarks(alert: Alert, rules: Sequence[RuleView]) -> list[str]:
    rule = next((rule for rule in rules if rule.rule_id == alert.rule_id), None)
    if rule is None:
        return [f"the rule {alert.rule_id} is no longer in the rule packs"]
    if rule.pack != alert.pack:
        return [f"judged with {alert.pack}; the limits shown are those of {rule.pack}, used now"]
    return []


def _routing(program: Program, alert: Alert, transitions: Sequence[Transition]) -> list[Remark]:
    """Say who is told and who is not, as of when the alert first stood at its worst."""
    worst = [entry for entry in transitions if entry.severity == alert.peak and entry.kind in _ROSE]
    at = worst[0].detected_at if worst else alert.detected_at
    return program.district.routes.why(replace(alert, severity=alert.peak), at)


async def _notices(program: Program, alert_id: str) -> tuple[Told, ...]:
    """Give the notices of an alert, each with what came back about it."""
    proofs = await program.journal.proofs(alert_id)
    return tuple(
        _told(entry, tuple(each for each in proofs if each.notice_id == entry.notice.id))
        for entry in await program.journal.outbox(alert_id)
    )


def _told(entry: OutboxEntry, proofs: tuple[Proof, ...] = ()) -> Told:
    notice = entry.notice
    return Told(
        notice_id=notice.id,
        recipient_id=notice.recipient.id,
        recipient=notice.recipient.name,
        channel=notice.recipient.channel,
        reason=notice.reason.value,
        severity=notice.alert.severity,
        state=entry.state.value,
        created_at=notice.created_at,
        due_at=entry.due_at,
        sent_at=entry.sent_at,
        attempts=entry.attempts,
        last_error=entry.last_error,
        fallbacks=tuple(f"{road.name} over {road.channel}" for road in entry.fallbacks),
        proofs=proofs,
    )
