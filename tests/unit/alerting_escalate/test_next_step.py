"""What an escalation does next, one decision at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerting.escalate import Call, Escalation, Stop, Wait, next_step
from alerting.escalate.step import anchored
from alerting.model import AlertState
from alerting.route import reminders
from tests.unit.alerting_delivery.values import NOW, make_alert, make_transition
from tests.unit.alerting_escalate.values import LADDER, MINUTE, rung


def where(n: int = 0, **changes: object) -> Escalation:
    alert = make_alert()
    made = Escalation(
        alert=alert,
        transition=make_transition(alert),
        n=n,
        at=NOW,
        due_at=NOW + 5 * MINUTE,
        told=frozenset({"ann"}),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_before_the_wait_is_over_nobody_else_is_asked() -> None:
    found = next_step(where(), LADDER, NOW + 4.9 * MINUTE)
    assert found == Wait(NOW + 5 * MINUTE, "first may still answer")


def test_then_the_next_rung_is() -> None:
    assert next_step(where(), LADDER, NOW + 5 * MINUTE) == Call(1, LADDER.rungs[1])
    assert next_step(where(1), LADDER, NOW + 5 * MINUTE) == Call(2, LADDER.rungs[2])


def test_after_the_last_rung_everybody_is_asked_round_after_round() -> None:
    for n in range(2, 40):
        found = next_step(where(n), LADDER, NOW + 5 * MINUTE)
        assert isinstance(found, Call)
        assert found.rung.is_round
        assert found.n == n + 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"acknowledged_at": NOW, "acknowledged_by": "eve"}, "acknowledged by eve"),
        ({"acknowledged_at": NOW}, "acknowledged by somebody"),
        ({"state": AlertState.RESOLVED}, "the alert is resolved"),
        ({"state": AlertState.WITHDRAWN}, "the alert is withdrawn"),
    ],
)
def test_it_stops_and_says_why(changes: dict[str, object], why: str) -> None:
    alert = make_alert(**changes)  # type: ignore[arg-type]
    assert next_step(where(alert=alert), LADDER, NOW + 60 * MINUTE) == Stop(why)


def test_what_is_muted_waits_and_its_step_is_not_lost() -> None:
    late = NOW + 60 * MINUTE
    assert next_step(where(), LADDER, late, "silenced by Eve") == Wait(
        NOW + 5 * MINUTE, "silenced by Eve"
    )
    assert next_step(where(), LADDER, late) == Call(1, LADDER.rungs[1])


def test_routes_may_say_that_nobody_is_asked_again() -> None:
    found = next_step(where(), None, NOW + 60 * MINUTE)
    assert isinstance(found, Wait)
    assert found.why == "its routes say that nobody is asked again"


def test_a_ladder_of_a_lesser_severity_goes_on_where_the_other_was() -> None:
    found = next_step(where(2), reminders(30 * MINUTE), NOW + 5 * MINUTE)
    assert isinstance(found, Call)
    assert (found.n, found.rung.name) == (3, "reminder")


def test_a_clock_that_was_set_back_does_not_silence_it() -> None:
    back = NOW - timedelta(days=365)
    assert next_step(where(), LADDER, back) == Wait(back + 5 * MINUTE, "first may still answer")
    again = anchored(where(), back)
    assert next_step(again, LADDER, back + 5 * MINUTE) == Call(1, LADDER.rungs[1])


def test_the_pace_of_rounds_slackens_and_never_ends() -> None:
    waits = [LADDER.rung(n).wait for n in range(3, 2000)]
    assert waits[:30] == [3 * MINUTE] * 30
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)
    slow = reminders(timedelta(hours=2)).rung(1000)
    assert slow.wait == timedelta(hours=2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rungs": ()},
        {"every": timedelta(0)},
        {"rungs": (rung("first", wait=timedelta(seconds=-1)),)},
    ],
)
def test_a_ladder_that_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="ladder"):
        replace(LADDER, **wrong)  # type: ignore[arg-type]
