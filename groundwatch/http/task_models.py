"""Answers about orders: how far each is, what is owed next, and what happened."""

from typing import Literal

from pydantic import Field

from alerting.tasks.deadline import due
from alerting.tasks.model import Event, Task
from groundwatch.http.words import Answer, Instant, SeverityWord, severity_word
from groundwatch.program import Program

StateWord = Literal["sent", "accepted", "on_scene", "done", "declined", "recalled"]


class StockAnswer(Answer):
    """A quantity that an order takes."""

    depot: str
    item: str
    quantity: float


class TaskAnswer(Answer):
    """An order and how far it is."""

    id: str
    alert_id: str
    site: str
    hazard: str
    severity: SeverityWord
    responder: str
    name: str
    phone: str
    unit: str
    what: str
    items: list[StockAnswer]
    exercise: bool
    state: StateWord
    owner: str = Field(description="The level that has it in hand.")
    sent_at: Instant
    accepted_at: Instant | None
    on_scene_at: Instant | None
    ended_at: Instant | None
    owed: str | None = Field(description="accept, arrive or finish; null when it is over.")
    owed_by: Instant | None
    overdue: list[str] = Field(description="What was not done in time.")
    is_told: bool = Field(description="False where no road is on file: somebody must call.")
    note: str
    pictures: list[str]

    @classmethod
    def of(cls, task: Task, program: Program) -> "TaskAnswer":
        """Make it of a task."""
        order, owed = task.order, due(task, program.desks.orders.deadlines)
        return cls(
            id=task.id,
            alert_id=order.alert_id,
            site=order.site,
            hazard=order.hazard,
            severity=severity_word(order.severity),
            responder=order.responder,
            name=order.name,
            phone=order.phone,
            unit=order.unit,
            what=order.what,
            items=[
                StockAnswer(depot=line.depot, item=line.item, quantity=line.quantity)
                for line in order.items
            ],
            exercise=order.mark.value == "exercise",
            state=task.state.value,
            owner=task.owner.value,
            sent_at=task.sent_at,
            accepted_at=task.accepted_at,
            on_scene_at=task.on_scene_at,
            ended_at=task.ended_at,
            owed=None if owed is None else owed.leg.value,
            owed_by=None if owed is None else owed.at,
            overdue=[leg.value for leg in task.overdue],
            is_told=bool(order.roads),
            note=task.note,
            pictures=[f"/api/v1/pictures/{name}" for name in task.pictures],
        )


class EventAnswer(Answer):
    """One thing that happened to an order."""

    n: int
    at: Instant
    kind: str
    actor: str
    note: str
    detail: str

    @classmethod
    def of(cls, event: Event) -> "EventAnswer":
        """Make it of an event."""
        return cls(
            n=event.n,
            at=event.at,
            kind=event.kind.value,
            actor=event.actor,
            note=event.note,
            detail=event.detail,
        )


class TaskDetail(TaskAnswer):
    """An order with all that happened to it, oldest first."""

    events: list[EventAnswer]


class TaskPage(Answer):
    """Orders, newest first."""

    items: list[TaskAnswer]


class FeedbackAnswer(Answer):
    """A picture that was kept with an order."""

    picture: str
    link: str
    task: TaskAnswer


class AssessmentAnswer(Answer):
    """One row a unit; spans in seconds, null where nothing was measured."""

    month: str
    rows: list[dict[str, str | int | float | None]]
