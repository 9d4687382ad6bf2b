"""What an escalation does next: a plain function of where it is, its ladder, and now.

    begun (first notices) --waited--> called --waited--> … --waited--> round --waited--> round …
       any of them --acknowledged, ended or withdrawn--> stopped
       any of them --severity rose-------------------> begun, on the ladder of the new severity
       a rung that has nobody --at once--------------> the next one

Every step has a number, and is recorded under it before anybody is told, so it can be neither
repeated nor skipped, whatever happens in between. A fall in severity keeps the number: what was
asked has been asked, and the ladder of the lesser severity goes on from there.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from alerting.model import Alert, AlertState, Transition
from alerting.ports import EscalationStep
from alerting.route.ladder import Ladder, Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Where the asking about one alert is: `n` is the last step taken, at `at`."""

    alert: Alert
    transition: Transition
    n: int
    at: datetime
    due_at: datetime
    told: frozenset[str] = field(default=frozenset())

    def after(self, step: EscalationStep) -> "Escalation":
        """Give the escalation after one more step."""
        told = self.told | frozenset(step.told)
        return replace(self, n=step.n, at=step.at, due_at=step.due_at, told=told)


@dataclass(frozen=True, slots=True)
class Stop:
    """It is over, because."""

    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`, because."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Call:
    """Step `n` is due: ask the people of a rung."""

    n: int
    rung: Rung


def why_over(alert: Alert) -> str:
    """Say why nobody is asked any more about an alert as it stands; "" when they are."""
    if alert.state is not AlertState.FIRING:
        return f"the alert is {alert.state.value}"
    if alert.acknowledged_at is not None:
        return f"acknowledged by {alert.acknowledged_by or 'somebody'}"
    return ""


def next_step(
    escalation: Escalation, ladder: Ladder | None, now: datetime, muted: str = ""
) -> Call | Wait | Stop:
    """Say what is to be done now about an alert that somebody ought to acknowledge.

    `muted` says why nobody may be told for the time being; the step that comes due meanwhile is
    taken when that is over.
    """
    over = why_over(escalation.alert)
    if over:
        return Stop(over)
    if ladder is None:
        return Wait(escalation.due_at, "its routes say that nobody is asked again")
    due_at = due(escalation, now)
    if now < due_at:
        return Wait(due_at, f"{ladder.rung(escalation.n).name} may still answer")
    if muted:
        return Wait(due_at, muted)
    n = escalation.n + 1
    return Call(n, ladder.rung(n))


def due(escalation: Escalation, now: datetime) -> datetime:
    """Give when the next step is due; a clock that was set back does not make it wait longer."""
    if now < escalation.at:
        return now + (escalation.due_at - escalation.at)
    return escalation.due_at


def anchored(escalation: Escalation, now: datetime) -> Escalation:
    """Give the escalation with its wait beginning now if the clock was set back behind it."""
    if now >= escalation.at:
        return escalation
    return replace(escalation, at=now, due_at=due(escalation, now))
