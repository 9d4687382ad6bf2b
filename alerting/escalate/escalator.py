"""Keeps every escalation and takes the steps that are due; the engine makes them last.

Everything here is called by the engine one thing at a time, so that nobody can acknowledge between
a decision and its record. What a step tells goes out only after it was recorded (or, with the
journal away, at once and with a remark). Steps that came due while the program was down are taken
one by one from when it is back, with their waits: there is no burst.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from alerting.escalate.notices import named, step_notices, step_of
from alerting.escalate.ports import Escalating, WhyMuted
from alerting.escalate.step import Call, Escalation, Stop, anchored, next_step, why_over
from alerting.model import Alert, Card, Notice, NoticeState, OutboxEntry, Transition, TransitionKind
from alerting.ports import EscalationStep, StepKind
from alerting.route.ladder import FIRST_RUNG, Roads

_LOG = logging.getLogger(__name__)
_BEGAN = (
    TransitionKind.RAISED,
    TransitionKind.UPGRADED,
    TransitionKind.RECURRED,
    TransitionKind.RETURNED,
)
_TURNS = (TransitionKind.MUTED, TransitionKind.RETURNED)
_LOOKED_AT_AGAIN = timedelta(minutes=1)
_MUTED_FOR = timedelta(seconds=5)
MAX_AT_ONCE = 50


class Clock(Protocol):
    """Tells the time people live in."""

    def now(self) -> datetime:
        """Give the present instant, aware and in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of an escalation, and the notices that belong to it."""

    step: EscalationStep
    notices: tuple[OutboxEntry, ...]


# The people of the last step by id: reached, given up, or not known yet (None).
_Outcomes = dict[str, bool | None]


class Escalator:
    """The escalations of every alert that stands and nobody has acknowledged."""

    def __init__(
        self,
        *,
        router: Escalating,
        clock: Clock,
        why_muted: WhyMuted = lambda _alert, _now: "",
    ) -> None:
        """Start with none."""
        self.why_muted = why_muted
        self._router = router
        self._clock = clock
        self._standing: dict[str, Escalation] = {}
        self._told: dict[str, frozenset[str]] = {}
        self._outcomes: dict[str, _Outcomes] = {}
        self._of_notice: dict[str, str] = {}

    def __len__(self) -> int:
        """Give how many alerts people are being asked about."""
        return len(self._standing)

    def begin(
        self, alert: Alert, transition: Transition, first: Sequence[OutboxEntry]
    ) -> tuple[EscalationStep, ...]:
        """Begin asking, or begin again after a rise; gives the step that was the first notices.

        The same transition twice begins once (it is judged again after a crash).
        """
        if why_over(alert):
            return ()
        old = self._standing.get(alert.id)
        if old is not None and old.transition.ordinal == transition.ordinal:
            return ()
        now = self._clock.now()
        ladder = self._router.ladder(alert, now)
        wait = ladder.rung(0).wait if ladder is not None else _LOOKED_AT_AGAIN
        step = EscalationStep(
            alert_id=alert.id,
            ordinal=transition.ordinal,
            n=0,
            kind=StepKind.BEGUN,
            at=now,
            due_at=now + wait,
            rung=FIRST_RUNG,
            told=tuple(entry.notice.recipient.id for entry in first),
            why=named(entry.notice.recipient.name for entry in first),
        )
        begun = Escalation(
            alert=alert,
            transition=transition,
            n=0,
            at=now,
            due_at=step.due_at,
            told=self._told.get(alert.id, frozenset()),
        )
        self._keep(begun.after(step), first)
        return (step,)

    def restore(
        self, alert: Alert, transitions: Sequence[Transition], steps: Sequence[EscalationStep]
    ) -> None:
        """Take up an alert that stands where its recorded steps left it.

        Where none is recorded asking begins now, unless its notices are kept back: people are
        asked about those once they are told.
        """
        if not steps:
            self._restore_unasked(alert, transitions)
            return
        told = frozenset(person for step in steps for person in step.told)
        self._told[alert.id] = told
        last = steps[-1]
        began = [each for each in transitions if each.ordinal == last.ordinal]
        began = began or [each for each in transitions if each.kind in _BEGAN]
        if why_over(alert) or not began:
            return
        self._standing[alert.id] = Escalation(
            alert=alert,
            transition=began[-1],
            n=last.n,
            at=last.at,
            due_at=last.due_at,
            told=told,
        )

    def _restore_unasked(self, alert: Alert, transitions: Sequence[Transition]) -> None:
        began = [each for each in transitions if each.kind in _BEGAN]
        turns = [each.kind for each in transitions if each.kind in _TURNS]
        is_held = turns[-1:] == [TransitionKind.MUTED]
        if why_over(alert) or is_held or not began:
            return
        now = self._clock.now()
        ladder = self._router.ladder(alert, now)
        wait = ladder.rung(0).wait if ladder is not None else _LOOKED_AT_AGAIN
        self._standing[alert.id] = Escalation(
            alert=alert, transition=began[-1], n=0, at=now, due_at=now + wait
        )

    def follow(self, alert: Alert) -> None:
        """Take note of an alert as it stands now; what is over is asked about no more."""
        if why_over(alert):
            self._drop(alert.id)
        elif alert.id in self._standing:
            self._standing[alert.id] = replace(self._standing[alert.id], alert=alert)

    def forget(self, alert_id: str) -> None:
        """Forget whom an alert was told to, when it has ended and they know."""
        self._told.pop(alert_id, None)

    def told(self, alert_id: str) -> Sequence[Roads]:
        """Give the roads to everybody who was told, so that they hear the end of it too."""
        return self._router.roads_of(self._told.get(alert_id, frozenset()))

    def due(self) -> list[Escalation]:
        """List the escalations with a step to take now, the most severe first, a bounded number.

        Those that are muted are put off and take nobody's place.
        """
        now = self._clock.now()
        ready = [each for each in self._standing.values() if each.due_at <= now or now < each.at]
        ready.sort(key=lambda each: (-each.alert.severity, each.due_at))
        open_ones = (each for each in ready if not self._is_put_off(each, now))
        return list(islice(open_ones, MAX_AT_ONCE))

    def _is_put_off(self, due: Escalation, now: datetime) -> bool:
        if why_over(due.alert) or not self.why_muted(due.alert, now):
            return False
        put_off = replace(anchored(due, now), due_at=now + _MUTED_FOR)
        self._standing[due.alert.id] = put_off
        return True

    def take(self, due: Escalation, card: Card | None) -> Taken | None:
        """Take the next step of an escalation; None when it has to wait or is over."""
        now = self._clock.now()
        escalation = anchored(self._standing.get(due.alert.id, due), now)
        alert = escalation.alert
        ladder = self._router.ladder(alert, now)
        muted = self.why_muted(alert, now)
        found = next_step(escalation, ladder, now, muted)
        if isinstance(found, Stop):
            self._drop(alert.id)
            return None
        if not isinstance(found, Call) or ladder is None:
            pause = _MUTED_FOR if muted else _LOOKED_AT_AGAIN
            held = muted or ladder is None
            due_at = now + pause if held else escalation.due_at
            self._standing[alert.id] = replace(escalation, due_at=due_at)
            return None
        asked = self._router.asked(alert, ladder, found.rung, now)
        step = step_of(escalation, found, asked, now)
        notices = step_notices(escalation, step, asked.roads, card)
        self._keep(escalation.after(step), notices)
        return Taken(step, notices)

    def note_outcome(self, entry: OutboxEntry, handed_to: OutboxEntry | None = None) -> None:
        """Learn what became of a notice; when nobody of a step was reached, the next is due."""
        handed = handed_to.notice.recipient.id if handed_to is not None else ""
        self._note(entry.notice, is_taken=entry.state is not NoticeState.FAILED, handed=handed)

    def note_undelivered(self, notice: Notice) -> None:
        """Learn that a notice which a provider took did not arrive."""
        self._note(notice, is_taken=False)

    def _note(self, notice: Notice, *, is_taken: bool, handed: str = "") -> None:
        """Note it for every alert the notice was about, where it belongs to their last step."""
        for alert_id in notice.about:
            escalation = self._standing.get(alert_id)
            outcomes = self._outcomes.get(alert_id, {})
            if escalation is None or notice.recipient.id not in outcomes:
                continue
            if notice.created_at < escalation.at:
                continue
            outcomes[notice.recipient.id] = is_taken
            if handed:
                outcomes.setdefault(handed, None)
            if all(taken is False for taken in outcomes.values()):
                self._hasten(alert_id)

    def _hasten(self, alert_id: str) -> None:
        """Let the next rung be asked at once: nobody of this one was reached. Rounds keep time."""
        escalation = self._standing.get(alert_id)
        if escalation is None:
            return
        now = self._clock.now()
        ladder = self._router.ladder(escalation.alert, now)
        if ladder is not None and not ladder.rung(escalation.n + 1).is_round:
            self._standing[alert_id] = replace(escalation, due_at=now)
            _LOG.warning("nobody was reached; the next is asked", extra={"alert": alert_id})

    def _keep(self, escalation: Escalation, notices: Sequence[OutboxEntry]) -> None:
        alert_id = escalation.alert.id
        self._standing[alert_id] = escalation
        self._told[alert_id] = self._told.get(alert_id, frozenset()) | escalation.told
        self._outcomes[alert_id] = dict.fromkeys(entry.notice.recipient.id for entry in notices)

    def _drop(self, alert_id: str) -> None:
        self._standing.pop(alert_id, None)
        self._outcomes.pop(alert_id, None)


def by_alert(steps: Iterable[EscalationStep]) -> dict[str, list[EscalationStep]]:
    """Sort steps by their alert, in the order they come."""
    found: dict[str, list[EscalationStep]] = {}
    for step in steps:
        found.setdefault(step.alert_id, []).append(step)
    return found
