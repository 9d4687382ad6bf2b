"""Dates that run out: calibration 1 year, drop test 3 months, service life 5 years (A10)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from alerting.model import AlertState
from groundwatch.due_dates import due_reports
from sensors.due import DUE, runs_out
from sensors.registry import Registry
from tests.unit.alerting.joints.yard import judge_of
from tests.unit.sensors.test_derive import made

ENDS = {
    "antifall_calibrated": (date(2026, 3, 1), date(2027, 3, 1)),
    "antifall_drop_tested": (date(2026, 3, 1), date(2026, 6, 1)),
    "antifall_made": (date(2026, 3, 1), date(2031, 3, 1)),
}


@pytest.mark.parametrize("name", ENDS)
def test_how_long_each_is_good(name: str) -> None:
    done, end = ENDS[name]
    assert runs_out(done, DUE[name].months) == end


def test_the_last_day_of_a_month_stays_the_last() -> None:
    assert runs_out(date(2027, 11, 30), 3) == date(2028, 2, 29)


def hoist(folder: Path, dates: str) -> tuple[Registry, list[str]]:
    return made(folder, "load_t", kind="hoist", extra=f"dates: {{{dates}}}")


LEFT = {
    "31 days left": (31, None),
    "30 days left": (30, "minor"),
    "7 days left": (7, "moderate"),
    "the day it runs out": (0, "severe"),
    "long past": (-100, "severe"),
}


@pytest.mark.parametrize("case", LEFT)
def test_the_calendar_raises(tmp_path: Path, case: str) -> None:
    days, severity = LEFT[case]
    registry, faults = hoist(tmp_path, "antifall_drop_tested: 2026-03-01")
    assert faults == []
    now = datetime(2026, 6, 1, tzinfo=UTC) - timedelta(days=days)
    changes = judge_of(registry).take(list(due_reports(registry, now)), 1, now)
    assert [change.alert.severity.word for change in changes] == ([severity] if severity else [])


def test_a_new_date_clears_it(tmp_path: Path) -> None:
    registry, _ = hoist(tmp_path, "antifall_drop_tested: 2026-03-01")
    judge = judge_of(registry)
    now = datetime(2026, 6, 2, tzinfo=UTC)
    judge.take(list(due_reports(registry, now)), 1, now)
    renewed, _ = hoist(tmp_path, "antifall_drop_tested: 2026-06-02")
    changes = []
    for hour in range(1, 4):
        later = now + timedelta(hours=hour)
        changes += judge.take(list(due_reports(renewed, later)), hour + 1, later)
    assert [change.alert.state for change in changes][-1] is AlertState.RESOLVED


def test_a_date_that_is_not_given_is_not_judged_and_a_wrong_name_is_a_fault(tmp_path: Path) -> None:
    registry, faults = hoist(tmp_path, "antifall_drop_test: 2026-03-01")
    assert "'antifall_drop_test' is no date that runs out" in faults[0]
    assert "antifall_drop_tested" in faults[0]
    registry, _ = hoist(tmp_path, "antifall_drop_tested: 2026-03-01")
    device = registry.device("site", "D-01")
    assert device is not None
    assert "gives no date antifall_made" in device.missing["antifall_life_days"]
