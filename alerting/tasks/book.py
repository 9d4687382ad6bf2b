"""The orders that are open, in memory: found by id and by alert, and the stock they hold.

The journal has the events; what is in here is what they add up to. Orders that are over leave.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from alerting.model import Mark
from alerting.tasks.model import Event, StockLine, Task
from alerting.tasks.step import folded

MAX_OPEN = 20_000


class Held(NamedTuple):
    """A quantity that an open order takes."""

    task_id: str
    alert_id: str
    line: StockLine


class TaskBook:
    """Every open task by id."""

    def __init__(self) -> None:
        """Start with none."""
        self.version = 0
        self._open: dict[str, Task] = {}

    def load(self, events: Iterable[Event]) -> None:
        """Take up what was open before a restart."""
        by_task: dict[str, list[Event]] = {}
        for event in events:
            by_task.setdefault(event.task_id, []).append(event)
        for several in by_task.values():
            task = folded(several)
            if task is not None:
                self.keep(task)

    def keep(self, task: Task) -> None:
        """Take a task as it is now; one that is over leaves."""
        self.version += 1
        if task.state.is_over:
            self._open.pop(task.id, None)
        else:
            self._open[task.id] = task

    def get(self, task_id: str) -> Task | None:
        """Give an open task."""
        return self._open.get(task_id)

    def __iter__(self) -> Iterator[Task]:
        """Go through the open tasks."""
        return iter(tuple(self._open.values()))

    def __len__(self) -> int:
        """Count the open tasks."""
        return len(self._open)

    def of_alert(self, alert_id: str) -> list[Task]:
        """List the open tasks of an alert, oldest first."""
        found = [task for task in self._open.values() if task.order.alert_id == alert_id]
        return sorted(found, key=lambda task: (task.sent_at, task.id))

    def held(self) -> list[Held]:
        """List what stock open orders take; those of an exercise take none."""
        return [
            Held(task.id, task.order.alert_id, line)
            for task in self._open.values()
            if task.order.mark is Mark.ACTUAL
            for line in task.order.items
        ]

    def taken(self, depot: str, item: str) -> float:
        """Say how much of an item of a depot open orders take."""
        return sum(
            held.line.quantity
            for held in self.held()
            if (held.line.depot, held.line.item) == (depot, item)
        )
