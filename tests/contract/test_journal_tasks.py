"""The journal's memory of orders, on every journal."""

from dataclasses import replace
from datetime import timedelta

from alerting.ports import Effects
from alerting.tasks.model import Event, EventKind
from storage.journal.task_rows import TaskQuery
from tests.contract.journal_values import AnyJournal
from tests.contract.test_journal import journal, postgres
from tests.unit.alerting_delivery.values import NOW
from tests.unit.alerting_tasks.values import ORDER, event

__all__ = ["journal", "postgres"]


def named(task_id: str, one: Event, alert_id: str = "alert-1") -> Event:
    order = replace(ORDER, id=task_id, alert_id=alert_id) if one.order is not None else None
    return replace(one, task_id=task_id, order=order)


async def test_events_come_back_as_they_were_and_are_never_changed(journal: AnyJournal) -> None:
    first, then = event(EventKind.ORDERED, 0), event(EventKind.ACCEPTED, 1, note="上路了")
    await journal.record(Effects(task_events=(first,)))
    await journal.record(Effects(task_events=(first, then)))
    await journal.record(Effects(task_events=(replace(then, actor="Another"),)))
    assert await journal.task_events(TaskQuery(task_id="t-1")) == [first, then]
    assert await journal.task_events(TaskQuery(task_id="t-2")) == []


async def test_they_are_found_by_alert_by_time_and_while_open(journal: AnyJournal) -> None:
    later = NOW + timedelta(days=1)
    one = [named("a", event(EventKind.ORDERED, 0)), named("a", event(EventKind.RECALLED, 1))]
    two = [named("b", event(EventKind.ORDERED, 0, at=later), "alert-2")]
    await journal.record(Effects(task_events=(*one, *two)))

    async def ids(query: TaskQuery) -> list[str]:
        return [f"{each.task_id}{each.n}" for each in await journal.task_events(query)]

    assert await ids(TaskQuery(open_only=True)) == ["b0"]
    assert await ids(TaskQuery(alert_id="alert-1")) == ["a0", "a1"]
    assert await ids(TaskQuery(since=NOW, until=later)) == ["a0", "a1"]
    assert await ids(TaskQuery(since=later)) == ["b0"]
