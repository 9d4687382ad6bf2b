"""The assessment of a month: how quickly alerts were answered and orders followed, by unit."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from alerting.model import Transition, TransitionKind
from alerting.tasks.assess import COLUMNS, Row, assessed, span_of
from alerting.tasks.model import Task
from storage.journal.task_rows import TaskQuery

MAX_ORDERS = 20_000


class Tasks(Protocol):
    """Gives orders (implemented by `groundwatch.task_desk`)."""

    async def tasks(self, query: TaskQuery) -> list[Task]:
        """List orders."""
        ...


class Steps(Protocol):
    """Gives the steps of alerts (implemented by the journal)."""

    async def transitions(self, alert_id: str) -> list[Transition]:
        """List one alert's steps."""
        ...


async def assessment(
    tasks: Tasks, steps: Steps, month: str, *, with_exercises: bool = False
) -> list[Row]:
    """Count one month; ValueError where it is none."""
    begin, end = span_of(month)
    found = await tasks.tasks(TaskQuery(since=begin, until=end, limit=MAX_ORDERS))
    waited: dict[str, float] = {}
    for alert_id in sorted({task.order.alert_id for task in found}):
        span = waited_s(await steps.transitions(alert_id))
        if span is not None:
            waited[alert_id] = span
    return assessed(found, waited, with_exercises=with_exercises)


def waited_s(steps: Sequence[Transition]) -> float | None:
    """Say how long an alert waited for a person after it was raised; None where nobody came."""
    raised: datetime | None = None
    for step in steps:
        if step.kind is TransitionKind.RAISED and raised is None:
            raised = step.detected_at
        if step.kind is TransitionKind.ACKNOWLEDGED and raised is not None:
            return (step.detected_at - raised).total_seconds()
    return None


def as_csv(rows: Iterable[Row]) -> str:
    """Give the rows as CSV that a spreadsheet opens without running anything."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.cells().items()})
    return stream.getvalue()


def _cell(value: object) -> object:
    """Keep a name from being read as a formula."""
    if isinstance(value, str) and value[:1] in "=+-@\t\r":
        return f"'{value}"
    return "" if value is None else value
