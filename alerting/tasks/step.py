"""The state machine of an order: what becomes of it by an event, or why it may not happen.

    sent -> accepted -> on scene -> done
      |        |           |
      +--------+-----------+--> recalled (by those who sent it)
      +--------+--------------> declined (by the responder, who says why)

A responder who arrives has accepted. Whatever repeats what is so already changes nothing, so that a
message sent twice does no harm. Feedback may come at any time, also when all is over.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from alerting.tasks.model import Event, EventKind, Leg, Order, Task, TaskState, Tier

_FROM: Mapping[EventKind, frozenset[TaskState]] = {
    EventKind.ACCEPTED: frozenset({TaskState.SENT}),
    EventKind.ON_SCENE: frozenset({TaskState.SENT, TaskState.ACCEPTED}),
    EventKind.DONE: frozenset({TaskState.ACCEPTED, TaskState.ON_SCENE}),
    EventKind.DECLINED: frozenset({TaskState.SENT, TaskState.ACCEPTED}),
    EventKind.RECALLED: frozenset({TaskState.SENT, TaskState.ACCEPTED, TaskState.ON_SCENE}),
}
_TO: Mapping[EventKind, TaskState] = {
    EventKind.ACCEPTED: TaskState.ACCEPTED,
    EventKind.ON_SCENE: TaskState.ON_SCENE,
    EventKind.DONE: TaskState.DONE,
    EventKind.DECLINED: TaskState.DECLINED,
    EventKind.RECALLED: TaskState.RECALLED,
}
_RUNGS = (TaskState.SENT, TaskState.ACCEPTED, TaskState.ON_SCENE, TaskState.DONE)
_NEED_WHY = frozenset({EventKind.DECLINED, EventKind.RECALLED, EventKind.HANDED_OVER})


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why an event may not happen, in a sentence for the person who wanted it."""

    text: str


@dataclass(frozen=True, slots=True)
class SoAlready:
    """What is wanted is so already: nothing changes, and nobody is at fault."""


def ordered(event: Event, order: Order) -> Task:
    """Give the task that an order begins."""
    return Task(
        order=order,
        state=TaskState.SENT,
        owner=order.level,
        n=event.n,
        sent_at=event.at,
        changed_at=event.at,
    )


def why_not(task: Task, event: Event) -> WhyNot | SoAlready | None:
    """Say why an event may not happen to a task; None when it may."""
    if event.n != task.n + 1:
        return WhyNot("somebody else changed it at the same time; look again")
    if event.at < task.changed_at:
        return WhyNot("the clock is behind the last event of this order")
    if event.kind in _NEED_WHY and not event.note.strip():
        return WhyNot(f"say why it is {event.kind.value.replace('_', ' ')}")
    own = _OWN.get(event.kind)
    return own(task, event) if own is not None else _why_no_move(task, event)


def after(task: Task, event: Event) -> Task:
    """Give the task after an event that may happen."""
    moved = replace(task, n=event.n, changed_at=event.at)
    if event.kind is EventKind.HANDED_OVER:
        return replace(moved, owner=Tier(event.detail))
    if event.kind is EventKind.OVERDUE:
        return replace(moved, overdue=(*task.overdue, Leg(event.detail)))
    if event.kind is EventKind.FEEDBACK:
        pictures = (*task.pictures, event.detail) if event.detail else task.pictures
        return replace(moved, note=event.note or task.note, pictures=pictures)
    state = _TO[event.kind]
    is_there = event.kind is EventKind.ON_SCENE
    accepted = event.kind is EventKind.ACCEPTED or (is_there and task.accepted_at is None)
    return replace(
        moved,
        state=state,
        accepted_at=event.at if accepted else task.accepted_at,
        on_scene_at=event.at if is_there else task.on_scene_at,
        ended_at=event.at if state.is_over else None,
        note=event.note or task.note,
    )


def folded(events: Iterable[Event]) -> Task | None:
    """Give what the events of one order add up to; None where there is no order among them."""
    task: Task | None = None
    for event in sorted(events, key=lambda each: each.n):
        if event.order is not None and task is None:
            task = ordered(event, event.order)
        elif task is not None and why_not(task, event) is None:
            task = after(task, event)
    return task


def _why_no_move(task: Task, event: Event) -> WhyNot | SoAlready | None:
    wanted = _TO.get(event.kind)
    if wanted is None:
        return WhyNot("an order is given once")
    if task.state in _FROM[event.kind]:
        return None
    if task.state is wanted or _is_passed(task.state, wanted):
        return SoAlready()
    return WhyNot(f"it is {task.state.value.replace('_', ' ')}: {_hint(task.state)}")


def _is_passed(state: TaskState, wanted: TaskState) -> bool:
    """Say whether a responder is further already than what is told late."""
    if state not in _RUNGS or wanted not in _RUNGS[:-1]:
        return False
    return _RUNGS.index(state) > _RUNGS.index(wanted)


def _hint(state: TaskState) -> str:
    if state.is_over:
        return "it is over; give a new order"
    return "accept it or arrive first" if state is TaskState.SENT else "recall it instead"


def _why_no_hand_over(task: Task, event: Event) -> WhyNot | SoAlready | None:
    if event.detail not in set(Tier):
        return WhyNot(f"there is no such level; allowed: {', '.join(Tier)}")
    if task.state.is_over:
        return WhyNot("it is over; there is nothing to hand over")
    return SoAlready() if task.owner.value == event.detail else None


def _why_no_feedback(_: Task, event: Event) -> WhyNot | None:
    return (
        None if event.note.strip() or event.detail else WhyNot("feedback needs words or a picture")
    )


def _why_not_overdue(task: Task, event: Event) -> WhyNot | SoAlready | None:
    if task.state.is_over:
        return WhyNot("it is over, so nothing is late")
    return SoAlready() if Leg(event.detail) in task.overdue else None


_Own = Callable[[Task, Event], WhyNot | SoAlready | None]
_OWN: Mapping[EventKind, _Own] = {
    EventKind.HANDED_OVER: _why_no_hand_over,
    EventKind.FEEDBACK: _why_no_feedback,
    EventKind.OVERDUE: _why_not_overdue,
}
