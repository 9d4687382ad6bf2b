"""Who would be told of an alert, when and over what, step by step until everybody has been asked.

The same pure decisions as for a real alert (`alerting.escalate.next_step`), with nobody answering
and the time taken as it would pass.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from alerting.escalate import Call, Escalation, Stop, next_step
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Provenance,
    Remark,
    Severity,
    Transition,
    TransitionKind,
)
from alerting.ports import EscalationStep
from alerting.route import FIRST_RUNG, Roads, RouteTable, name_words, rung_words
from sensors.local_time import shown_time
from sensors.model import Position, SensorKey

MAX_STEPS = 60
_NEVER = Remark(
    "nobody is asked again: the routes that match say never", "不再询问：符合的路由规定不重复"
)
_NAMES_NOBODY = Remark("it names nobody who answers for this place", "此步未指定负责此地点的人")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPerson:
    """One person who would be told: over what first, and what is tried after that."""

    id: str
    name: str
    channel: str
    then: tuple[str, ...]
    name_zh: str
    then_zh: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step, `after_s` seconds after the alert."""

    n: int
    at: datetime
    after_s: float
    rung: str
    people: tuple[PlannedPerson, ...]
    why: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would happen; `end` says how it goes on."""

    places: tuple[str, ...]
    steps: tuple[PlannedStep, ...]
    end: Remark

    def as_json(self) -> dict[str, Any]:
        """Give it for machines; sentences in English, and in Chinese as `…_zh`."""
        found = asdict(self)
        for step, planned_step in zip(found["steps"], self.steps, strict=True):
            step["at"] = step["at"].isoformat()
            step["why"] = [said.en for said in planned_step.why]
            step["why_zh"] = [said.zh for said in planned_step.why]
        return found | {"end": self.end.en, "end_zh": self.end.zh}


def imagined(
    *, site: str, hazard: str, severity: Severity, kind: AlertKind, at: datetime, where: Position
) -> Alert:
    """Make an alert that nobody raised."""
    return Alert(
        id="imagined",
        kind=kind,
        state=AlertState.FIRING,
        sensor=SensorKey(site, "", "", ""),
        hazard=hazard,
        rule_id="",
        pack="",
        severity=severity,
        peak=severity,
        position=where,
        started_at=at,
        detected_at=at,
        severity_at=at,
        value=None,
        limit=None,
        unit="",
        reason="imagined",
        provenance=Provenance(source=""),
    )


def planned(alert: Alert, routes: RouteTable, at: datetime) -> Plan:
    """Plan an alert that nobody acknowledges, up to the first round in which everybody is told."""
    steps = [_first(alert, routes, at)]
    ladder = routes.ladder(alert, at)
    here = _begun(alert, at)
    if ladder is not None:
        here = replace(here, due_at=at + ladder.rung(0).wait)
    while ladder is not None and len(steps) < MAX_STEPS:
        now = here.due_at
        ladder = routes.ladder(alert, now) or ladder
        found = next_step(here, ladder, now)
        if not isinstance(found, Call):
            break
        asked = routes.asked(alert, ladder, found.rung, now)
        why = asked.why or (() if asked.roads else (_NAMES_NOBODY,))
        steps.append(_step(found.n, found.rung.name, (at, now), asked.roads, why))
        if found.rung.is_round:
            return Plan(places=_places(alert, routes), steps=tuple(steps), end=_goes_on(found))
        wait = found.rung.wait if asked.roads else found.rung.wait * 0
        here = replace(here, n=found.n, at=now, due_at=now + wait)
    return Plan(places=_places(alert, routes), steps=tuple(steps), end=_NEVER)


def asking(
    alert: Alert, steps: Sequence[EscalationStep], routes: RouteTable, now: datetime
) -> Remark:
    """Say what comes next for a real alert, or why nobody is asked any more."""
    if not steps:
        return Remark("")
    last = steps[-1]
    here = replace(_begun(alert, last.at), n=last.n, due_at=last.due_at)
    ladder = routes.ladder(alert, now)
    found = next_step(here, ladder, now)
    if isinstance(found, Stop):
        return Remark(f"nobody is asked any more: {found.why}", f"不再询问：{_over_zh(alert)}")
    if ladder is None:
        return _NEVER
    rung = rung_words(ladder.rung(last.n + 1).name)
    return Remark(
        f"next, if nobody acknowledges: {rung.en}, {shown_time(last.due_at)}",
        f"若无人确认，下一步：{rung.zh}，{shown_time(last.due_at)}",
    )


def lines_of(plan: Plan, language: str = "en") -> Iterator[str]:
    """Write a plan as lines for a terminal."""
    yield from _chinese_lines(plan) if language == "zh" else _english_lines(plan)


def _english_lines(plan: Plan) -> Iterator[str]:
    if plan.places:
        yield f"places: {', '.join(plan.places)}"
    for step in plan.steps:
        yield f"{_after(step.after_s)}  step {step.n}, {step.rung}"
        for person in step.people:
            then = f", then {', '.join(person.then)}" if person.then else ""
            yield f"    {person.name} over {person.channel}{then}"
        if not step.people:
            yield "    nobody: the next step follows at once"
        for said in step.why:
            yield f"      {said.en}"
    yield plan.end.en


def _chinese_lines(plan: Plan) -> Iterator[str]:
    if plan.places:
        yield f"地点：{'、'.join(plan.places)}"
    for step in plan.steps:
        yield f"{_after(step.after_s)}  第{step.n}步，{rung_words(step.rung).zh}"
        for person in step.people:
            then = f"，不通时依次：{'、'.join(person.then_zh)}" if person.then_zh else ""
            yield f"    {person.name_zh}（{person.channel}）{then}"
        if not step.people:
            yield "    无人可问：立即进入下一步"
        for said in step.why:
            yield f"      {said.zh}"
    yield plan.end.zh


def _over_zh(alert: Alert) -> str:
    """Say why nobody is asked any more, as `alerting.escalate` says it in English."""
    if alert.state is AlertState.FIRING:
        return f"已由{alert.acknowledged_by or '有关人员'}确认"
    return "警报已撤回" if alert.state is AlertState.WITHDRAWN else "警报已解除"


def _first(alert: Alert, routes: RouteTable, at: datetime) -> PlannedStep:
    roads = routes.recipients(alert, at)
    return _step(0, FIRST_RUNG, (at, at), roads, tuple(routes.why(alert, at)))


def _step(
    n: int,
    rung: str,
    times: tuple[datetime, datetime],
    roads: Sequence[Roads],
    why: tuple[Remark, ...],
) -> PlannedStep:
    began, now = times
    return PlannedStep(
        n=n,
        at=now,
        after_s=(now - began).total_seconds(),
        rung=rung,
        people=tuple(_person(each) for each in roads),
        why=why,
    )


def _person(roads: Roads) -> PlannedPerson:
    first, *rest = roads
    return PlannedPerson(
        id=first.id,
        name=first.name,
        channel=first.channel,
        then=tuple(
            road.channel if road.id == first.id else f"{road.name} over {road.channel}"
            for road in rest
        ),
        name_zh=name_words(first).zh,
        then_zh=tuple(
            road.channel if road.id == first.id else f"{name_words(road).zh}（{road.channel}）"
            for road in rest
        ),
    )


def _begun(alert: Alert, at: datetime) -> Escalation:
    transition = Transition(
        alert_id=alert.id,
        ordinal=alert.ordinal,
        kind=TransitionKind.RAISED,
        severity=alert.severity,
        taken_at=at,
        detected_at=at,
        value=None,
        reason="",
    )
    return Escalation(alert=alert, transition=transition, n=0, at=at, due_at=at)


def _places(alert: Alert, routes: RouteTable) -> tuple[str, ...]:
    return tuple(sorted(routes.places_of(alert)))


def _goes_on(round_: Call) -> Remark:
    minutes = round_.rung.wait.total_seconds() / 60
    return Remark(
        f"and so on every {minutes:g} min until somebody acknowledges or the alert ends;"
        " after many rounds less often, at the least every hour",
        f"此后每{minutes:g}分钟一轮，直至有人确认或警报结束；多轮之后间隔加长，至少每小时一轮",
    )


def _after(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours}:{minutes:02d}:{rest:02d}"
