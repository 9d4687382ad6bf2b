"""How quickly responders answer: plain sums over tasks, by unit and month.

Only what happened is counted, and only real orders unless exercises are asked for; a time that was
never reached is left out of its mean and stands in its own column.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from alerting.model import Mark
from alerting.tasks.model import Task, TaskState
from sensors.local_time import SHOWN_ZONE

COLUMNS = (
    "month", "unit", "orders", "accepted", "arrived", "done", "declined", "recalled", "open",
    "overdue", "overdue_share", "acknowledge_median_s", "acknowledge_worst_s", "accept_median_s",
    "accept_worst_s", "arrive_median_s", "arrive_worst_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One unit in one month; spans are None where nothing was measured.

    `acknowledge` is how long the alerts behind the orders waited for a person; `accept` and
    `arrive` count from when the order was sent.
    """

    month: str
    unit: str
    orders: int
    accepted: int
    arrived: int
    done: int
    declined: int
    recalled: int
    open: int
    overdue: int
    acknowledge: tuple[float, ...] = ()
    accept: tuple[float, ...] = ()
    arrive: tuple[float, ...] = ()

    @property
    def overdue_share(self) -> float:
        """Give the share of orders of which at least one leg was late."""
        return self.overdue / self.orders if self.orders else 0.0

    def cells(self) -> dict[str, str | int | float | None]:
        """Give the row by column."""
        found: dict[str, str | int | float | None] = {
            name: getattr(self, name) for name in COLUMNS[:10]
        }
        found["overdue_share"] = round(self.overdue_share, 4)
        for name in ("acknowledge", "accept", "arrive"):
            spans: tuple[float, ...] = getattr(self, name)
            found[f"{name}_median_s"] = round(median(spans), 1) if spans else None
            found[f"{name}_worst_s"] = round(max(spans), 1) if spans else None
        return found


def month_of(at: datetime) -> str:
    """Give the month an instant lies in, in the time of China: `2026-11`."""
    return f"{at.astimezone(SHOWN_ZONE):%Y-%m}"


def span_of(month: str) -> tuple[datetime, datetime]:
    """Give begin and end of a month; ValueError where it is none."""
    try:
        begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=SHOWN_ZONE)
    except ValueError:
        raise ValueError(f"{month[:20]!r} is no month; allowed: 2026-11") from None
    return begin, (begin + timedelta(days=32)).replace(day=1)


def assessed(
    tasks: Iterable[Task],
    acknowledged: Mapping[str, float],
    *,
    with_exercises: bool = False,
) -> list[Row]:
    """Count by unit and month; `acknowledged` is how long each alert waited for a person, in s."""
    groups: dict[tuple[str, str], list[Task]] = {}
    for task in tasks:
        if with_exercises or task.order.mark is Mark.ACTUAL:
            unit = task.order.unit or task.order.name
            groups.setdefault((month_of(task.sent_at), unit), []).append(task)
    return [
        _row(month, unit, group, acknowledged) for (month, unit), group in sorted(groups.items())
    ]


def _row(month: str, unit: str, tasks: Sequence[Task], acknowledged: Mapping[str, float]) -> Row:
    ended = [task.state for task in tasks]
    alerts = sorted({task.order.alert_id for task in tasks} & acknowledged.keys())
    return Row(
        month=month,
        unit=unit,
        orders=len(tasks),
        accepted=sum(task.accepted_at is not None for task in tasks),
        arrived=sum(task.on_scene_at is not None for task in tasks),
        done=ended.count(TaskState.DONE),
        declined=ended.count(TaskState.DECLINED),
        recalled=ended.count(TaskState.RECALLED),
        open=sum(not state.is_over for state in ended),
        overdue=sum(bool(task.overdue) for task in tasks),
        acknowledge=tuple(acknowledged[alert] for alert in alerts),
        accept=tuple(_span(task, task.accepted_at) for task in tasks if task.accepted_at),
        arrive=tuple(_span(task, task.on_scene_at) for task in tasks if task.on_scene_at),
    )


def _span(task: Task, until: datetime) -> float:
    return (until - task.sent_at).total_seconds()
