"""The escalator with more than it takes at once, and with alerts of which no step is recorded."""

from datetime import timedelta

from alerting.escalate import Escalator
from alerting.escalate.escalator import MAX_AT_ONCE
from alerting.model import Alert, Severity
from alerting.route import Ladder
from tests.unit.alerting_delivery.values import HandClock, make_alert, make_entry, make_transition
from tests.unit.alerting_escalate.values import LadderRouter, rung

LADDER = Ladder(
    name="any",
    rungs=(
        rung("first", wait=timedelta(minutes=5)),
        rung("next", "bob", wait=timedelta(minutes=5)),
    ),
    every=timedelta(minutes=10),
)


def started(clock: HandClock, muted: set[str]) -> Escalator:
    return Escalator(
        router=LadderRouter(steps=LADDER),
        clock=clock,
        why_muted=lambda alert, _now: "silenced" if alert.id in muted else "",
    )


def begun(escalator: Escalator, name: str, severity: Severity) -> Alert:
    alert = make_alert(severity, id=name)
    escalator.follow(alert)
    escalator.begin(alert, make_transition(alert), [make_entry(alert)])
    return alert


def test_however_many_severe_alerts_are_silenced_the_others_are_asked_about() -> None:
    clock = HandClock()
    muted = {f"silenced-{n}" for n in range(MAX_AT_ONCE * 8)}
    escalator = started(clock, muted)
    for name in sorted(muted):
        begun(escalator, name, Severity.SEVERE)
    begun(escalator, "open", Severity.MODERATE)
    clock.move(minutes=5)
    asked: list[str] = []
    for _ in range(20):
        clock.move(seconds=1)
        for due in escalator.due():
            taken = escalator.take(due, None)
            asked += [taken.step.alert_id] if taken is not None else []
    assert asked == ["open"]


def test_an_alert_that_stands_without_a_recorded_step_is_asked_about_after_a_restart() -> None:
    clock = HandClock()
    escalator = started(clock, set())
    alert = make_alert(Severity.SEVERE)
    escalator.restore(alert, [make_transition(alert)], [])
    assert escalator.due() == []
    clock.move(minutes=5)
    (due,) = escalator.due()
    taken = escalator.take(due, None)
    assert taken is not None
    assert [entry.notice.recipient.id for entry in taken.notices] == ["bob"]


def test_an_alert_that_was_acknowledged_without_a_recorded_step_is_left_alone() -> None:
    clock = HandClock()
    escalator = started(clock, set())
    alert = make_alert(Severity.SEVERE, acknowledged_at=clock.now(), acknowledged_by="eve")
    escalator.restore(alert, [make_transition(alert)], [])
    clock.move(hours=5)
    assert escalator.due() == []
