"""A rain counter that stands still in the middle of a storm clears nothing and hides nothing."""

from dataclasses import replace

from alerting.book import Change
from alerting.model import AlertKind, AlertState, TransitionKind
from tests.builders import at, judge, report, sensor

AMOUNT = replace(sensor("rain_mm", "rain"), beside=frozenset({"rain_total_mm"}))
COUNTER = replace(sensor("rain_total_mm", "rain"), beside=frozenset({"rain_mm"}))
FREEZES = 24  # at 02:00
PER_REPORT_MM = 6.0


def storm(n_reports: int, *, freezes: int) -> list[Change]:
    """Let 72 mm an hour fall without end; the counter moves up to the report `freezes`."""
    judged = judge(AMOUNT, COUNTER)
    changes: list[Change] = []
    for n in range(n_reports):
        values = {"rain_mm": PER_REPORT_MM, "rain_total_mm": PER_REPORT_MM * min(n, freezes)}
        changes += judged.take([report(300.0 * n, values, kind="rain")], n + 1, at(300.0 * n))
        for minute in range(5):
            changes += judged.tick(at(300.0 * n + 60.0 * minute + 30), n + 1)
    return changes


def test_a_frozen_counter_is_doubted_and_clears_no_alert_of_the_storm() -> None:
    changes = storm(20 * 12, freezes=FREEZES)
    limit = [change for change in changes if change.alert.kind is AlertKind.LIMIT]
    assert {change.alert.rule_id for change in limit} == {"rain_total", "rain_counter"}
    assert not [change for change in limit if change.alert.state is AlertState.RESOLVED]
    (doubt,) = [change for change in changes if change.alert.kind is AlertKind.DOUBTFUL]
    assert doubt.transition.kind is TransitionKind.RAISED
    assert "did not change in 60 min while rain_mm adds up to 72" in doubt.alert.reason


def test_a_counter_that_goes_on_is_believed() -> None:
    changes = storm(6 * 12, freezes=10_000)
    assert {change.alert.kind for change in changes} == {AlertKind.LIMIT}


def test_the_amounts_of_a_gauge_whose_counter_never_moves_raise_the_alert() -> None:
    changes = storm(12, freezes=0)
    raised = [change.alert for change in changes if change.alert.rule_id == "rain_total"]
    assert raised
