"""Assessment: counted by unit and month, in the time of China, without exercises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerting.model import Mark
from alerting.tasks.assess import COLUMNS, assessed, month_of, span_of
from alerting.tasks.model import EventKind as K
from alerting.tasks.model import Leg, Task
from tests.unit.alerting_tasks.values import ORDER, task

UNIT = "Helong Street"


def of(unit: str, one: Task, alert: str = "alert-1", mark: Mark = Mark.ACTUAL) -> Task:
    return replace(one, order=replace(ORDER, unit=unit, alert_id=alert, mark=mark))


def test_each_unit_is_counted_by_month() -> None:
    rows = assessed(
        [
            of(UNIT, task((K.ACCEPTED, 2), (K.ON_SCENE, 20), (K.DONE, 60))),
            of(UNIT, task((K.ACCEPTED, 4)), alert="alert-2"),
            of(UNIT, task((K.DECLINED, 1), overdue=())),
            of(UNIT, task(overdue=(Leg.ACCEPT,))),
            of("Other", task((K.RECALLED, 1))),
            of("Other", task((K.ACCEPTED, 1)), mark=Mark.EXERCISE),
        ],
        {"alert-1": 90.0, "alert-2": 30.0, "alert-9": 5.0},
    )
    first, other = rows
    assert (first.unit, first.month, first.orders) == (UNIT, "2026-06", 4)
    assert (first.accepted, first.arrived, first.done, first.declined, first.open) == (
        2,
        1,
        1,
        1,
        2,
    )
    assert first.overdue_share == 0.25
    cells = first.cells()
    assert (cells["accept_median_s"], cells["accept_worst_s"]) == (180.0, 240.0)
    assert cells["arrive_median_s"] == 1200.0
    assert (cells["acknowledge_median_s"], cells["acknowledge_worst_s"]) == (60.0, 90.0)
    assert tuple(cells) == COLUMNS
    assert (other.orders, other.recalled, other.cells()["accept_median_s"]) == (1, 1, None)


def test_exercises_are_counted_when_asked_for() -> None:
    drill = of(UNIT, task((K.ACCEPTED, 1)), mark=Mark.EXERCISE)
    assert assessed([drill], {}) == []
    assert assessed([drill], {}, with_exercises=True)[0].orders == 1


def test_a_month_begins_and_ends_in_the_time_of_china() -> None:
    begin, end = span_of("2026-12")
    assert begin.astimezone(UTC) == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert end.astimezone(UTC) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert month_of(begin) == "2026-12"
    assert month_of(end - timedelta(seconds=1)) == "2026-12"


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "11-2026"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: 2026-11"):
        span_of(text)
