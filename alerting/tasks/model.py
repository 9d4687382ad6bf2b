"""The values of tasks: an order to a responder, the events of its life, and what follows from them.

Only events are kept; a task is what its events add up to (`alerting.tasks.step.folded`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerting.model import Mark, Recipient, Severity


class TaskState(StrEnum):
    """How far an order is."""

    SENT = "sent"
    ACCEPTED = "accepted"
    ON_SCENE = "on_scene"
    DONE = "done"
    DECLINED = "declined"
    RECALLED = "recalled"

    @property
    def is_over(self) -> bool:
        """Say whether nobody has to do anything more."""
        return self in (TaskState.DONE, TaskState.DECLINED, TaskState.RECALLED)


class EventKind(StrEnum):
    """What happened to an order."""

    ORDERED = "ordered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ON_SCENE = "on_scene"
    DONE = "done"
    RECALLED = "recalled"
    HANDED_OVER = "handed_over"
    FEEDBACK = "feedback"
    OVERDUE = "overdue"


class Leg(StrEnum):
    """What a responder owes next, each with its own deadline."""

    ACCEPT = "accept"
    ARRIVE = "arrive"
    FINISH = "finish"


class Tier(StrEnum):
    """The level that has an order in hand, smallest first."""

    SITE = "site"
    VILLAGE = "village"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """A quantity of one item of one depot that an order takes."""

    depot: str
    item: str
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked of whom, about which alert; never changed.

    `roads` are how the responder is told, in order; empty where none is on file. `level` is the
    tier that gave the order.
    """

    id: str
    alert_id: str
    site: str
    hazard: str
    severity: Severity
    responder: str
    name: str
    what: str
    phone: str = ""
    unit: str = ""
    roads: tuple[Recipient, ...] = ()
    items: tuple[StockLine, ...] = ()
    level: Tier = Tier.STREET
    travel_s: float | None = None
    mark: Mark = Mark.ACTUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to an order; append-only. `order` only with the first.

    `detail` is the leg that is overdue, the tier it was handed to, or the name of a picture.
    """

    task_id: str
    n: int
    at: datetime
    kind: EventKind
    actor: str
    note: str = ""
    detail: str = ""
    order: Order | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An order and how far it is."""

    order: Order
    state: TaskState
    owner: Tier
    n: int
    sent_at: datetime
    changed_at: datetime
    accepted_at: datetime | None = None
    on_scene_at: datetime | None = None
    ended_at: datetime | None = None
    overdue: tuple[Leg, ...] = ()
    note: str = ""
    pictures: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Give the order's id."""
        return self.order.id
