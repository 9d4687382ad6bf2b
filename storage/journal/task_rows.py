"""Events of tasks as rows of the journal, and the questions asked about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, select

from alerting.tasks.model import Event, Order
from storage.journal.rows import Values
from storage.journal.schema import task_events

_OVER = ("done", "declined", "recalled")
_FIRST = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Whose events: of one task, of an alert's, of those open, of those ordered in a span."""

    task_id: str | None = None
    alert_id: str | None = None
    open_only: bool = False
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 20_000


def task_event_row(event: Event) -> Values:
    """Give the row of an event."""
    order = None if event.order is None else msgspec.json.encode(event.order).decode()
    return {
        "task_id": event.task_id,
        "n": event.n,
        "at": event.at,
        "kind": event.kind,
        "actor": event.actor,
        "note": event.note,
        "detail": event.detail,
        "alert_id": "" if event.order is None else event.order.alert_id,
        "given": order,
    }


def task_event_of(row: Row[Any]) -> Event:
    """Give the event of a row; ValueError when its order cannot be read."""
    text = row.given
    try:
        order = None if text is None else msgspec.json.decode(text, type=Order)
    except msgspec.MsgspecError as error:
        raise ValueError(f"order of task {row.task_id}: {error}") from error
    return Event(
        task_id=row.task_id,
        n=row.n,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        note=row.note,
        detail=row.detail,
        order=order,
    )


def events_asked(query: TaskQuery) -> Select[Any]:
    """Ask for events, by task and then as they were; the newest tasks where there are too many."""
    table = task_events
    if query.task_id is not None:
        return select(table).where(table.c.task_id == query.task_id).order_by(table.c.n)
    first = select(table.c.task_id).where(table.c.n == _FIRST)
    if query.alert_id is not None:
        first = first.where(table.c.alert_id == query.alert_id)
    if query.since is not None:
        first = first.where(table.c.at >= query.since)
    if query.until is not None:
        first = first.where(table.c.at < query.until)
    if query.open_only:
        over = select(table.c.task_id).where(table.c.kind.in_(_OVER))
        first = first.where(table.c.task_id.not_in(over))
    first = first.order_by(table.c.at.desc(), table.c.task_id).limit(query.limit)
    wanted = table.c.task_id.in_(first.scalar_subquery())
    return select(table).where(wanted).order_by(table.c.task_id, table.c.n)
