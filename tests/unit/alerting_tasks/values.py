"""Short ways to make orders and what happens to them."""

from dataclasses import replace
from datetime import datetime, timedelta

from alerting.model import Severity
from alerting.tasks.model import Event, EventKind, Order, StockLine, Task, Tier
from alerting.tasks.step import after, folded, why_not
from tests.unit.alerting_delivery.values import NOW

ORDER = Order(
    id="t-1",
    alert_id="alert-1",
    site="jiahe-pit",
    hazard="pit_deformation",
    severity=Severity.SEVERE,
    responder="T7",
    name="Helong Rescue (example)",
    unit="Helong Street",
    what="Bring struts and jacks to the pit",
    phone="+86 000 0000 0199",
    items=(StockLine(depot="D3", item="steel_strut", quantity=20.0),),
)


def event(kind: EventKind, n: int, *, after_min: float = 0.0, **changes: object) -> Event:
    made = Event(
        task_id=ORDER.id,
        n=n,
        at=NOW + timedelta(minutes=after_min),
        kind=kind,
        actor="Somebody",
        order=ORDER if kind is EventKind.ORDERED else None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def task(*moves: tuple[EventKind, float], **changes: object) -> Task:
    """Give the task after an order at NOW and moves, each with its minute."""
    events = [event(EventKind.ORDERED, 0)]
    for n, (kind, minute) in enumerate(moves, 1):
        detail = Tier.DISTRICT.value if kind is EventKind.HANDED_OVER else ""
        events.append(event(kind, n, after_min=minute, note="so it is", detail=detail))
    found = folded(events)
    assert found is not None
    return replace(found, **changes)  # type: ignore[arg-type]


def tried(one: Task, kind: EventKind, *, at: datetime | None = None, **changes: object) -> object:
    """Give the task after an event, or why it may not happen."""
    values = {"at": at or one.changed_at, "note": "why", **changes}
    made = replace(event(kind, one.n + 1), **values)  # type: ignore[arg-type]
    return why_not(one, made) or after(one, made)
