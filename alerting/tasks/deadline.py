"""Until when a responder owes what, and what is late now; plain functions of a task and now."""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from alerting.model import Severity
from alerting.tasks.model import Leg, Task, TaskState
from sensors.document import Duration, FileModel, check_model, load_yaml

BUILT_IN = Path(__file__).with_name("deadlines.yaml")
_OWED = {TaskState.SENT: Leg.ACCEPT, TaskState.ACCEPTED: Leg.ARRIVE, TaskState.ON_SCENE: Leg.FINISH}

Span = Annotated[Duration, Field(gt=timedelta(0), le=timedelta(days=31))]


class DeadlinesRefused(ValueError):
    """A table of deadlines cannot be used; the text names file and line."""


class LegsSpec(FileModel):
    """The time for each leg at one severity."""

    accept: Span
    arrive: Span
    finish: Span


class Deadlines(FileModel):
    """The time for each leg by severity, and where the numbers come from."""

    source: Annotated[str, Field(min_length=1, max_length=300)]
    confidence: Annotated[str, Field(pattern=r"^(S\d+|[CHVD])$")] = "D"
    minor: LegsSpec
    moderate: LegsSpec
    severe: LegsSpec
    extreme: LegsSpec

    def of(self, severity: Severity, leg: Leg) -> timedelta:
        """Give the time for one leg."""
        legs = (self.minor, self.moderate, self.severe, self.extreme)[severity - 1]
        spans = {Leg.ACCEPT: legs.accept, Leg.ARRIVE: legs.arrive, Leg.FINISH: legs.finish}
        return spans[leg]


class Due(NamedTuple):
    """What is owed next, and until when."""

    leg: Leg
    at: datetime


def due(task: Task, deadlines: Deadlines) -> Due | None:
    """Say what is owed next and until when; None when it is over.

    Each leg counts from when the one before it was reached.
    """
    leg = _OWED.get(task.state)
    if leg is None:
        return None
    since = {
        Leg.ACCEPT: task.sent_at,
        Leg.ARRIVE: task.accepted_at or task.sent_at,
        Leg.FINISH: task.on_scene_at or task.sent_at,
    }[leg]
    return Due(leg, since + deadlines.of(task.order.severity, leg))


def late_leg(task: Task, deadlines: Deadlines, now: datetime) -> Leg | None:
    """Say which leg is late now and was not said to be yet."""
    owed = due(task, deadlines)
    if owed is None or owed.leg in task.overdue or now < owed.at:
        return None
    return owed.leg


def load_deadlines(path: Path) -> Deadlines:
    """Read a table.

    Raises:
        DeadlinesRefused: what is wrong, with file and line.
    """
    shown_as = path.name if path == BUILT_IN else ""
    found, faults = check_model(load_yaml(path, shown_as=shown_as), Deadlines)
    if found is None:
        raise DeadlinesRefused("\n".join(map(str, faults)))
    return found


@cache
def built_in() -> Deadlines:
    """Give the table that comes with the program."""
    return load_deadlines(BUILT_IN)
