"""Amounts of rain are held against the time they gathered in, not against a report as such."""

from collections.abc import Sequence

import pytest

from alerting.book import Change
from alerting.model import AlertKind, Severity
from sensors.model import Qc
from tests.builders import judge, report, sensor
from tests.unit.alerting.test_event_time import run

Row = tuple[float, float]  # minutes, mm since the report before
CALM: Sequence[Row] = [(5.0 * n, 0.0) for n in range(12)]


def judged(rows: Sequence[Row], *, every_s: float, door: Qc = Qc.PASS) -> list[Change]:
    here = judge(sensor("rain_mm", "rain", every_s=every_s))
    flags = {"rain_mm": int(door)}
    reports = [
        report(60.0 * m, {"rain_mm": mm}, kind="rain", qc=flags if mm > 20 else None)
        for m, mm in rows
    ]
    return run(here, reports)


def raised(changes: Sequence[Change]) -> Severity | None:
    return max((c.alert.severity for c in changes if c.alert.kind is AlertKind.LIMIT), default=None)


def test_an_hourly_gauge_that_reports_75_mm_raises_the_red_alert() -> None:
    rows = [(60.0 * n, mm) for n, mm in enumerate([0.0, 1.0, 75.0])]
    assert raised(judged(rows, every_s=3600.0)) is Severity.EXTREME


def test_the_amount_of_a_gap_raises() -> None:
    rows = [*CALM, (125.0, 90.0)]
    assert raised(judged(rows, every_s=300.0, door=Qc.SUSPECT)) is Severity.EXTREME


@pytest.mark.parametrize(
    "rows",
    [
        [*CALM, (60.0, 61.0)],  # more than ever in 5 min
        [*CALM, (125.0, 400.0)],  # more than ever also in the 70 min of the gap
        [*CALM, (60.0, 500.0), (65.0, 61.0)],  # what was kept out is no gap
    ],
)
def test_what_no_rain_can_be_in_its_time_raises_nothing(rows: Sequence[Row]) -> None:
    assert raised(judged(rows, every_s=300.0, door=Qc.SUSPECT)) is None


def test_the_first_report_of_all_may_have_gathered_for_long_and_raises() -> None:
    assert raised(judged([(0.0, 90.0)], every_s=300.0, door=Qc.SUSPECT)) is Severity.EXTREME
