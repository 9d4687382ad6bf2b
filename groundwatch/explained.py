"""An explanation as values, and as lines of text for a terminal (`groundwatch explain`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alerting.model import Alert, Provenance, Remark, Severity, Transition
from alerting.ports import Action, EscalationStep, Proof, StepKind
from alerting.render.words import number_words
from alerting.response.words import deed_words, note_words
from alerting.rules import period_text
from groundwatch.limits import Condition, LevelView, RuleView, SilenceView, WayView, span
from sensors.local_time import shown_time
from sensors.registry import Sensor
from sensors.units import shown_unit

_NOT_SENT = ("muted",)
_NOTHING = Remark("")
_MAX_NOTICES = 40
_MAX_STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView:
    """One reading a judgement rests on; `remark` says what it may not be used for."""

    taken_at: datetime
    value: float
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorView:
    """One sensor now: its newest value (None when there is none), its silence, its rules."""

    sensor: Sensor
    name: str
    value: float | None
    taken_at: datetime | None
    age_s: float | None
    silence: SilenceView
    rules: tuple[RuleView, ...]
    detector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice to one person: by which road, why, and what became of it. No address."""

    notice_id: str
    recipient_id: str
    recipient: str
    channel: str
    reason: str
    severity: Severity
    state: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    attempts: int
    last_error: str
    fallbacks: tuple[str, ...]
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer to "why" and "why not", for one alert or one sensor as of `at`.

    `alert` is None for a question about a sensor; `sensor` is None for alerts that are not about
    one sensor (blind: see `silent`; system). `standing` are the alerts that stand on the sensor or
    its device. `routing` says in sentences who is told and who is not, `steps` who was asked while
    nobody answered, `asking` what comes next, or why nobody is asked any more.
    """

    subject: str
    at: datetime
    alert: Alert | None = None
    transitions: tuple[Transition, ...] = ()
    actions: tuple[Action, ...] = ()
    notices: tuple[Told, ...] = ()
    routing: tuple[Remark, ...] = ()
    steps: tuple[EscalationStep, ...] = ()
    asking: Remark = _NOTHING
    sensor: SensorView | None = None
    readings: tuple[ReadingView, ...] = ()
    standing: tuple[Alert, ...] = ()
    silent: tuple[SilenceView, ...] = ()
    why_no_alert: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def render_explanation(explanation: Explanation) -> str:
    """Give the explanation as text; the same values as in the object, most important first."""
    lines = [f"{explanation.subject}, as of {shown_time(explanation.at)}"]
    if explanation.alert is not None:
        lines += _alert_lines(explanation.alert)
        lines += _block("what happened", map(_transition_line, explanation.transitions))
        lines += _block("what people did", _action_lines(explanation))
    lines += _block("why no alert stands", explanation.why_no_alert)
    lines += _block("alerts that stand", map(_standing_line, explanation.standing))
    lines += _block("readings behind it", _reading_lines(explanation))
    if explanation.sensor is not None:
        lines += _sensor_lines(explanation.sensor)
    lines += _block("silence", (f"{view.sensor}: {view.text}" for view in explanation.silent))
    held = tuple(told for told in explanation.notices if told.state in _NOT_SENT)
    sent = tuple(told for told in explanation.notices if told.state not in _NOT_SENT)
    lines += _block("who was told", _notice_lines(sent))
    lines += _block("who was not told, and why", _notice_lines(held))
    lines += _block("who was asked, step by step", _step_lines(explanation))
    lines += _block("why these people", (said.en for said in explanation.routing))
    lines += _block("remarks", explanation.remarks)
    return "\n".join(printable(line) for line in lines)


def _alert_lines(alert: Alert) -> list[str]:
    lines = [
        f"{alert.severity.word} ({alert.severity.colour}), {alert.state.value}: {alert.reason}",
        f"  sensor  {alert.sensor}",
        f"  rule    {alert.rule_id} of {alert.pack}, hazard {alert.hazard.replace('_', ' ')}",
    ]
    if alert.limit is not None:
        limit = number_words(alert.limit, alert.unit)
        lines.append(f"  limit   {limit}, {_source(alert.provenance)}")
    else:
        lines.append(f"  source  {_source(alert.provenance)}")
    lines.append(f"  began   {shown_time(alert.started_at)}, known {shown_time(alert.detected_at)}")
    if alert.ended_at is not None:
        lines.append(f"  ended   {shown_time(alert.ended_at)}")
    if alert.acknowledged_at is not None:
        lines.append(f"  seen    {shown_time(alert.acknowledged_at)} by {alert.acknowledged_by}")
    return lines


def _transition_line(step: Transition) -> str:
    late = f", detected late by {span(step.late_by_s)}" if step.late_by_s is not None else ""
    final = "final" if step.final else "not final: readings under way may change it"
    kind = step.kind.value.replace("_", " ")
    head = f"{shown_time(step.taken_at)} {kind} {step.severity.word}"
    return f"{head} ({final}{late}): {step.reason}"


def _action_lines(explanation: Explanation) -> Iterator[str]:
    for action in explanation.actions:
        note = f": {note_words(action.note).en}" if action.note else ""
        note = f" ({action.detail}){note}" if action.detail else note
        yield f"{shown_time(action.at)} {action.actor}: {deed_words(action.action).en}{note}"


def _standing_line(alert: Alert) -> str:
    return f"{alert.id} {alert.kind.value} {alert.severity.word}: {alert.reason}"


def _reading_lines(explanation: Explanation) -> Iterator[str]:
    view = explanation.sensor
    unit = view.sensor.unit if view is not None else ""
    for reading in explanation.readings:
        remark = f"  ({reading.remark})" if reading.remark else ""
        yield f"{shown_time(reading.taken_at)}  {number_words(reading.value, unit)}{remark}"


def _sensor_lines(view: SensorView) -> list[str]:
    value = "none" if view.value is None else number_words(view.value, view.sensor.unit)
    age = "" if view.age_s is None else f", {span(max(0.0, view.age_s))} old"
    lines = [
        f"now: {value}{age}",
        f"  silence  {view.silence.text}",
        f"  detector {view.detector}",
    ]
    for rule in view.rules:
        lines += _rule_lines(rule)
    return lines


def _rule_lines(rule: RuleView) -> list[str]:
    state = rule.fold.text if rule.fold is not None else "not judged"
    lines = [f"rule {rule.rule_id} of {rule.pack} ({rule.title}): {state}"]
    lines += [f"  {_level_line(level)}" for level in rule.levels]
    lines += [f"  {gap.severity.word}: {gap.text}" for gap in rule.not_judged]
    lines += [f"  {remark.en}" for remark in rule.remarks]
    lines.append(f"  raised when {rule.raised_when}")
    lines.append(f"  cleared when {rule.cleared_when}")
    return lines


def _level_line(level: LevelView) -> str:
    ways = " or ".join(map(_way_text, level.ways))
    return f"{level.severity.word}, {_met(level)}: {ways}; {_source(level.provenance)}"


def _way_text(way: WayView) -> str:
    valid = period_text(way.period)
    when = "" if valid == "always" else f" ({valid})"
    return " and ".join(map(_condition_text, way.conditions)) + when


def _met(level: LevelView) -> str:
    """Tell what is not met from what cannot be known yet."""
    if level.is_met:
        return "met"
    every = [condition for way in level.ways for condition in way.conditions]
    if any(condition.present is None for condition in every):
        return "not known"
    return "not judged below it" if any(way.at_most for way in level.ways) else "not met"


def _condition_text(condition: Condition) -> str:
    window = f" over {span(condition.window_s)}" if condition.window_s else ""
    name = "value" if condition.measure == "value" else condition.measure.replace("_", " ")
    now = "unknown" if condition.present is None else f"{condition.present:.4g}"
    limit = f"{condition.side} {condition.limit:.4g} {shown_unit(condition.unit)}".rstrip()
    return f"{name}{window} {limit} (now {now})"


def _notice_lines(notices: tuple[Told, ...]) -> Iterator[str]:
    for told in notices[:_MAX_NOTICES]:
        when = f"sent {shown_time(told.sent_at)}" if told.sent_at is not None else told.state
        if told.state == "pending":
            when = f"due {shown_time(told.due_at)}"
        tries = f", {told.attempts} attempts" if told.attempts > 1 else ""
        error = f"; {told.last_error}" if told.last_error else ""
        proof = "".join(f", {each.kind.value} {shown_time(each.at)}" for each in told.proofs)
        reason = told.reason.replace("_", " ")
        yield f"{told.recipient} over {told.channel}: {reason}, {when}{proof}{tries}{error}"
    if len(notices) > _MAX_NOTICES:
        yield f"and {len(notices) - _MAX_NOTICES} more"


def _step_lines(explanation: Explanation) -> Iterator[str]:
    for step in explanation.steps[-_MAX_STEPS:]:
        done = "nobody to ask, passed over" if step.kind is StepKind.NOBODY else step.why
        yield f"{shown_time(step.at)} step {step.n}, {step.rung}: {done}"
    if explanation.asking.en:
        yield explanation.asking.en


def _source(provenance: Provenance) -> str:
    named = f"{provenance.source} {provenance.clause}".strip()
    return f"from {named or 'nowhere stated'} (confidence {provenance.confidence})"


def _block(title: str, lines: "Iterator[str] | tuple[str, ...] | map[str]") -> list[str]:
    found = [f"  {line}" for line in lines]
    return [f"{title}:", *found] if found else []


def printable(line: str) -> str:
    """Replace what could break a line or steer a terminal; names may come from the wire."""
    return "".join(sign if sign.isprintable() else " " for sign in line)
