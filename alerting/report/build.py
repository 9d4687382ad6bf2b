"""Puts a report together from the record: time, place, kind, readings, actions, needs; pure.

What nobody knows stands as not known; a number is only ever one that a sensor measured or a person
entered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.cap.hazards import Hazards, built_in
from alerting.model import Alert, AlertState, Card, Remark, Transition
from alerting.ports import Action
from alerting.render.phrases import card_words
from alerting.render.sources import source_words
from alerting.render.text import subject_words
from alerting.report.deadline import ReportDeadlines, due_reports
from alerting.report.end import end_lines
from alerting.report.facts import ENTERED, MADE, Facts, Known, Stage
from alerting.report.grade import Grade, grade_of, why_no_grade
from alerting.response.model import Deed, Response
from alerting.response.words import deed_words, note_words
from alerting.sentence import say
from alerting.tasks.model import Task
from sensors.local_time import shown_time

MAX_LINES = 20
_NOT_KNOWN = Remark("not known yet", "尚不清楚")
_TITLES = {
    Stage.FIRST: Remark("First report", "首报"),
    Stage.FOLLOW: Remark("Follow-up report", "续报"),
    Stage.FINAL: Remark("Final report", "终报"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Everything the record has of one alert."""

    alert: Alert
    steps: tuple[Transition, ...]
    actions: tuple[Action, ...]
    response: Response
    tasks: tuple[Task, ...] = ()
    card: Card | None = None
    places: tuple[str, ...] = ()
    told: int = 0

    @property
    def is_over(self) -> bool:
        """Say whether the condition and the response are both over."""
        is_calm = self.alert.state is not AlertState.FIRING
        return is_calm and self.response.phase.is_over and not self.open_tasks

    @property
    def open_tasks(self) -> list[Task]:
        """List the orders that are not over."""
        return [task for task in self.tasks if not task.state.is_over]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading with its lines."""

    key: str
    title: Remark
    lines: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report, ready to be written in any language."""

    stage: Stage
    number: int
    title: Remark
    at: datetime
    alert_id: str
    reporter: str
    grade: Grade | None
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a report is held against."""

    deadlines: ReportDeadlines
    hazards: Hazards | None = None


def report_of(
    incident: Incident, known: Known, stage: Stage, rules: Rules, now: datetime
) -> Report:
    """Make a report as the record stands now.

    A follow-up tells of what happened since the report before; the first and the final tell of all.
    """
    last = known.last()
    since = last.at if stage is Stage.FOLLOW and last is not None else None
    grade = grade_of(known.facts)
    number = known.number(stage) + 1
    title, due = _TITLES[stage], _due(incident, grade, rules, now)
    if stage is Stage.FOLLOW:
        title = Remark(f"{title.en} {number}", f"{title.zh}（第{number}次）")
    return Report(
        stage=stage,
        number=number,
        title=title,
        at=now,
        alert_id=incident.alert.id,
        reporter=known.reporter,
        grade=grade,
        sections=(
            _section("time", "Time", "时间", _time(incident, now, since)),
            _section("place", "Place", "地点", _place(incident)),
            _section("kind", "Kind", "类别", _kind(incident, known.facts, rules)),
            _section("readings", "Readings", "监测数据", _readings(incident, since)),
            _section("cause", "Cause", "原因", [_entered(known.facts.cause)]),
            _section("casualties", "Casualties and loss", "伤亡与损失", _casualties(known)),
            _section("actions", "Actions taken", "已采取措施", _actions(incident, since)),
            _section("needs", "Needs", "需求", _needs(incident, known)),
            _section("official", "Official warnings", "官方预警", _official(incident)),
            _section("deadlines", "Reporting deadlines", "报告时限", due),
            _section("reporter", "Reporter", "报告人", [_entered(known.reporter)]),
        ),
    )


def _section(key: str, en: str, zh: str, lines: Sequence[Remark]) -> Section:
    return Section(key=key, title=Remark(en, zh), lines=tuple(lines))


def _entered(text: str) -> Remark:
    return Remark(text, text) if text else _NOT_KNOWN


def _time(incident: Incident, now: datetime, since: datetime | None) -> list[Remark]:
    alert = incident.alert
    began, known = shown_time(alert.started_at), shown_time(alert.detected_at)
    lines = [
        Remark(f"began {began}", f"发生：{began}"),
        Remark(f"detected {known}", f"发现：{known}"),
    ]
    lines += end_lines(alert, incident.steps, incident.actions)
    lines.append(Remark(f"as of {shown_time(now)}", f"截至：{shown_time(now)}"))
    if since is not None:
        before = shown_time(since)
        lines.append(
            Remark(f"tells of what is new since {before}", f"本报反映{before}以来的新情况")
        )
    return lines


def _place(incident: Incident) -> list[Remark]:
    alert = incident.alert
    names = (*incident.places, alert.site)
    key = alert.sensor  # what it measures is named before it
    at_device = "/".join(part for part in (key.site, key.device, key.point) if part)
    at = f"{alert.position.lat:.5f}, {alert.position.lon:.5f} (WGS 84)"
    return [
        Remark(", ".join(names), "，".join(names)),
        Remark(
            f"{subject_words(alert, 'en')}, sensor {at_device}".removeprefix(", "),
            f"{subject_words(alert, 'zh')}，测点{at_device}".removeprefix("，"),
        ),
        Remark(at, at),
    ]


def _kind(incident: Incident, facts: Facts, rules: Rules) -> list[Remark]:
    alert = incident.alert
    said = (rules.hazards or built_in()).of(alert.hazard, alert.severity)
    state_en = "stands" if alert.state is AlertState.FIRING else alert.state.value
    state_zh = "持续中" if alert.state is AlertState.FIRING else "已解除"
    lines = [
        Remark(
            f"{said.event}, {alert.severity.colour} (worst {alert.peak.colour}), {state_en}",
            f"{said.event_zh}，{alert.severity.zh}色（最高{alert.peak.zh}色），{state_zh}",
        )
    ]
    grade = grade_of(facts)
    if grade is None:
        lines.append(why_no_grade(facts))
    else:
        lines.append(Remark(f"grade {grade.rank}, {grade.en}", f"等级：{grade.zh}"))
    return lines


def _readings(incident: Incident, since: datetime | None) -> list[Remark]:
    steps = [step for step in incident.steps if since is None or step.detected_at > since]
    source = source_words(incident.alert.provenance, "en")
    source_zh = source_words(incident.alert.provenance, "zh")
    lines = [_step_line(step) for step in steps]
    if not lines:
        lines = [Remark("nothing new", "无新变化")]
    if source:
        lines.append(Remark(f"limit from {source}", f"限值依据：{source_zh}"))
    return _bounded(lines)


def _step_line(step: Transition) -> Remark:
    at = shown_time(step.taken_at)
    en = say(step.said, "en") if step.said is not None else step.reason
    zh = say(step.said, "zh") if step.said is not None else step.reason
    kind = step.kind.value.replace("_", " ")
    return Remark(f"{at} {kind}, {step.severity.colour}: {en}", f"{at} {step.severity.zh}色：{zh}")


def _casualties(known: Known) -> list[Remark]:
    facts = known.facts
    named = (
        ("dead", "死亡", facts.dead),
        ("injured", "受伤", facts.injured),
        ("missing", "失联", facts.missing),
    )
    lines = [
        Remark(
            f"{en}: {'unknown' if n is None else n}", f"{zh}：{'未知' if n is None else f'{n}人'}"
        )
        for en, zh, n in named
    ]
    loss = facts.loss_cny
    said = ("unknown", "未知") if loss is None else (f"CNY {loss:,.0f}", f"{loss / 1e4:,.1f}万元")
    return [*lines, Remark(f"direct loss: {said[0]}", f"直接经济损失：{said[1]}")]


def _actions(incident: Incident, since: datetime | None) -> list[Remark]:
    lines = []
    if incident.told:
        lines.append(Remark(f"{incident.told} notices delivered", f"已送达通知{incident.told}份"))
    phase = incident.response.phase.value.replace("_", " ")
    lines.append(Remark(f"response: {phase}", f"处置阶段：{_PHASES.get(phase, phase)}"))
    for action in sorted(incident.actions, key=lambda each: each.at):
        if action.action in _NOT_ACTIONS or (since is not None and action.at <= since):
            continue
        lines.append(_action_line(action))
    lines += [_task_line(task) for task in incident.tasks]
    return _bounded(lines)


def _action_line(action: Action) -> Remark:
    said = deed_words(action.action)
    en, zh = said.en, said.zh
    who = f"{shown_time(action.at)} {action.actor}"
    if action.action == Deed.ASSIGN.value and action.detail:
        en, zh = f"{en} to {action.detail}", f"{zh}给{action.detail}"
    note = note_words(action.note)
    note_en, note_zh = (f": {note.en}", f"：{note.zh}") if action.note else ("", "")
    return Remark(f"{who}: {en}{note_en}", f"{who}：{zh}{note_zh}")


def _task_line(task: Task) -> Remark:
    times = [
        f"{name} {shown_time(at)}"
        for name, at in (
            ("sent", task.sent_at),
            ("accepted", task.accepted_at),
            ("on scene", task.on_scene_at),
            ("ended", task.ended_at),
        )
        if at is not None
    ]
    zh_times = [
        f"{name}{shown_time(at)}"
        for name, at in (
            ("下达", task.sent_at),
            ("接受", task.accepted_at),
            ("到场", task.on_scene_at),
            ("结束", task.ended_at),
        )
        if at is not None
    ]
    order, state = task.order, task.state.value.replace("_", " ")
    return Remark(
        f"order to {order.name}: {order.what}; {state}; {', '.join(times)}",
        f"指令（{order.name}）：{order.what}；{_STATES.get(state, state)}；{'，'.join(zh_times)}",
    )


def _needs(incident: Incident, known: Known) -> list[Remark]:
    lines = [Remark(known.facts.needs, known.facts.needs)] if known.facts.needs else []
    if incident.card is not None:
        glossary = incident.card.glossary
        lines += [
            Remark(text, card_words(text, "zh", glossary)) for text in incident.card.shortfall
        ]
    return _bounded(lines) or [Remark("none entered, nothing short", "未录入，资源无缺口")]


def _official(incident: Incident) -> list[Remark]:
    found = incident.card.official if incident.card is not None else ()
    return list(found) or [Remark("none in force here", "当前无")]


def _due(incident: Incident, grade: Grade | None, rules: Rules, now: datetime) -> list[Remark]:
    rank = None if grade is None else grade.rank
    lines = []
    for due in due_reports(rules.deadlines, incident.alert.detected_at, rank, now):
        at, row = shown_time(due.at), due.row
        past_en, past_zh = (" (past)", "（已过）") if due.is_past else ("", "")
        lines.append(
            Remark(
                f"{row.who}: by {at}{past_en} [{row.confidence}]",
                f"{row.who_zh}：{at}前{past_zh}［{row.confidence}］",
            )
        )
    return lines


def _bounded(lines: list[Remark]) -> list[Remark]:
    """Keep the first and the newest lines, and say how many lie between."""
    if len(lines) <= MAX_LINES:
        return lines
    left_out = len(lines) - MAX_LINES + 1
    between = Remark(f"({left_out} more in the record)", f"（另有{left_out}条见记录）")
    return [lines[0], between, *lines[left_out + 1 :]]


_PHASES = {
    "raised": "已触发", "verified": "已核实", "notified": "已通知", "acknowledged": "已确认",
    "dispatched": "已派出", "on scene": "已到场", "contained": "已控制", "closed": "已结束",
    "false": "误报",
}  # fmt: skip
_STATES = {
    "sent": "待接受", "accepted": "已接受", "on scene": "已到场", "done": "已完成",
    "declined": "已拒绝", "recalled": "已撤回",
}  # fmt: skip
# What sensors did stands under the readings; what the report itself did is not an action.
_NOT_ACTIONS = frozenset({ENTERED, MADE, Deed.WORSEN.value, Deed.RECUR.value, Deed.EASE.value})
