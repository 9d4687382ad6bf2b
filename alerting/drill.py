"""Drills: simulated alerts to real people over real channels, marked as exercises everywhere.

A drill has an identity of its own (its id begins with `drill-`) and no part in judging: it takes no
reading, hides and gathers no real alert, and no real one hides it. It ends by its plan, by a
person's word, after a restart, and at once when a real alert is extreme.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerting.book import Change, Moment, alert_id, step_alert
from alerting.errors import DeedRefused
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Mark,
    NotifyReason,
    Provenance,
    Sentence,
    Severity,
    TransitionKind,
)
from alerting.parts import Parts, Present, Turn
from alerting.ports import Action, Effects
from alerting.publish import Publisher, act_of
from alerting.response.desk import PROGRAM, Done
from alerting.response.model import Deed, Said
from alerting.response.rules import DrillRules
from alerting.sentence import turned
from sensors.model import Position, SensorKey

PREFIX = "drill-"
WORDS, WORDS_ZH = "EXERCISE, not a real alert", "演练，并非真实警报"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStep:
    """From `after` the beginning on the alert has this severity, and says so."""

    after: timedelta
    severity: Severity
    text: str
    text_zh: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """What is simulated, where, and for how long; the steps never fall."""

    name: str
    title: str
    sensor: SensorKey
    hazard: str
    position: Position
    steps: tuple[DrillStep, ...]
    lasts: timedelta
    unit: str = ""
    limit: float | None = None


@dataclass(slots=True)
class _Run:
    """A drill under way: `n` steps were taken."""

    plan: DrillPlan
    started_at: datetime
    n: int = 1


@dataclass(frozen=True, slots=True)
class Over:
    """A drill that has to end, and why."""

    alert: Alert
    why: str
    actor: str = PROGRAM


@dataclass(slots=True, kw_only=True)
class Drills:
    """Begins, follows and ends drills, in turn with the engine's own steps.

    `ended` names those that are over and whose orders are still to be recalled.
    """

    parts: Parts
    publisher: Publisher
    present: Present
    turn: Turn
    rules: DrillRules = field(default_factory=DrillRules)
    ended: deque[str] = field(default_factory=deque)
    _runs: dict[str, _Run] = field(default_factory=dict)

    async def start(self, plan: DrillPlan, actor: str, note: str = "") -> Alert:
        """Raise a drill's alert and tell people; the first step is taken at once.

        Raises:
            DeedRefused: it is not allowed now; the text says why.
            JournalError: it could not be recorded, so nobody was told.
        """
        async with self.turn.lock:
            now = self.parts.clock.now()
            why_not = why_no_drill(plan, actor, self._real_red(), self.rules)
            if why_not is None and len(self.present.drills) >= self.rules.at_once:
                why_not = f"{self.rules.at_once} drills are under way already; end one first"
            if why_not is not None:
                raise DeedRefused(f"drill {plan.name}: {why_not}")
            first = plan.steps[0]
            alert = drill_alert(plan, first, now)
            said = _said(first)
            alert, transition = step_alert(
                alert, TransitionKind.RAISED, now, Moment(now, 0, plan.position), said=said
            )
            transition = replace(transition, actor=actor)
            action = Action(
                alert_id=alert.id, at=now, actor=actor, action="drill", note=note, detail=plan.name
            )
            await self.parts.journal.record(
                Effects(alerts=(alert,), transitions=(transition,), actions=(action,))
            )
            self.present.drills[alert.id] = alert
            self._runs[alert.id] = _Run(plan, now)
            change = Change(alert, transition, NotifyReason.FIRST)
            await self.publisher.publish([change], None)
            return alert

    async def end(self, drill_id: str, actor: str, note: str = "") -> Alert:
        """End a drill by a person's word; people are told, and what it left is cleared away.

        Raises:
            DeedRefused: there is no such drill, or it is over.
        """
        async with self.turn.lock:
            alert = self.present.drills.get(drill_id)
            if alert is None:
                raise DeedRefused(f"drill {drill_id}: there is none of that id, or it is over")
            return await self._end(Over(alert, note or f"ended by {actor}", actor))

    async def tick(self, now: datetime) -> None:
        """Take the steps that are due, and end what has to end."""
        for over in list(self._over(now)):
            await self._end(over)
        for drill_id, run in list(self._runs.items()):
            while run.n < len(run.plan.steps):
                step = run.plan.steps[run.n]
                if now < run.started_at + step.after:
                    break
                run.n += 1
                await self._rise(self.present.drills[drill_id], step, now)

    def _over(self, now: datetime) -> Iterator[Over]:
        real = self._real_red()
        for drill_id, alert in self.present.drills.items():
            run = self._runs.get(drill_id)
            if run is None:
                yield Over(alert, "the program was restarted")
            elif real is not None:
                yield Over(alert, f"there is a real extreme alert: {real.id}")
            elif now >= run.started_at + run.plan.lasts:
                yield Over(alert, "its time is over")

    def _real_red(self) -> Alert | None:
        """Give a real extreme alert that stands."""
        standing = self.publisher.teller.all_standing()
        reds = (each for each in standing if each.severity is Severity.EXTREME)
        return next((each for each in reds if each.mark is Mark.ACTUAL), None)

    async def _rise(self, alert: Alert, step: DrillStep, now: datetime) -> None:
        is_up = step.severity > alert.severity
        said = _said(step)
        alert = replace(
            alert,
            severity=step.severity,
            peak=max(alert.peak, step.severity),
            severity_at=now,
            value=step.value if step.value is not None else alert.value,
            reason=said.title,
            said=said,
        )
        kind = TransitionKind.UPGRADED if is_up else TransitionKind.DOWNGRADED
        alert, transition = step_alert(alert, kind, now, Moment(now, 0, alert.position), said=said)
        self.present.drills[alert.id] = alert
        reason = NotifyReason.SEVERITY_ROSE if is_up else None
        await self.publisher.publish([Change(alert, transition, reason)], None)

    async def _end(self, over: Over) -> Alert:
        now = self.parts.clock.now()
        alert = replace(over.alert, state=AlertState.RESOLVED, ended_at=now)
        said = turned(f"{WORDS}: the exercise is over, {over.why}", f"{WORDS_ZH}：演练结束")
        moment = Moment(now, 0, alert.position)
        alert, transition = step_alert(alert, TransitionKind.CLEARED, now, moment, said=said)
        transition = replace(transition, actor=over.actor)
        del self.present.drills[alert.id]
        self._runs.pop(alert.id, None)
        held = self.publisher.gatherer.answered(alert.id)
        self.publisher.gatherer.note_answered(alert.id)
        await self.publisher.publish([Change(alert, transition, NotifyReason.CLEARED)], None)
        for subject in held:
            self.parts.deliverer.cancel(subject)
        await self._close(alert, over, now)
        self.ended.append(alert.id)
        return alert

    async def _close(self, alert: Alert, over: Over, now: datetime) -> None:
        """Close the response with the exercise."""
        desk = self.publisher.desk
        said = Said(deed=Deed.CLOSE, actor=over.actor, note=over.why)
        done = desk.take(alert, said, now)
        if isinstance(done, Done):
            desk.keep(done.response, alert)
            effects = Effects(actions=(act_of(done),), responses=(done.response,))
            await self.publisher.recorder.take(effects)


def why_no_drill(plan: DrillPlan, actor: str, real: Alert | None, rules: DrillRules) -> str | None:
    """Say why a drill cannot begin now; None when it can."""
    if not actor.strip():
        return "say who you are: it is kept with the drill"
    if real is not None:
        return f"a real extreme alert stands ({real.id}); people are needed there"
    if not plan.steps or not timedelta(0) < plan.lasts <= rules.longest:
        return f"a drill has at least one step and lasts {rules.longest} at most"
    return None


def drill_alert(plan: DrillPlan, step: DrillStep, now: datetime) -> Alert:
    """Make the alert of a drill; its id and its words say what it is."""
    said = _said(step)
    return Alert(
        id=PREFIX + alert_id(f"drill {plan.name}", str(plan.sensor), now, 0),
        kind=AlertKind.LIMIT,
        state=AlertState.FIRING,
        sensor=plan.sensor,
        hazard=plan.hazard,
        rule_id=f"drill_{plan.name}",
        pack="drill",
        severity=step.severity,
        peak=step.severity,
        position=plan.position,
        started_at=now,
        detected_at=now,
        severity_at=now,
        value=step.value,
        limit=plan.limit,
        unit=plan.unit,
        reason=said.title,
        provenance=Provenance(source=f"drill {plan.name}", confidence="D"),
        said=said,
        mark=Mark.EXERCISE,
    )


def _said(step: DrillStep) -> Sentence:
    return turned(f"{WORDS}: {step.text}", f"{WORDS_ZH}：{step.text_zh or step.text}")
