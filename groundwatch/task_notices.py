"""What is said of orders: to the responder, to those on duty, and on the card; plain functions.

A notice about an order goes under the order's name, so that acknowledging the alert does not take
the order back. Its remarks are the order itself, in the reader's language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerting.model import (
    Alert,
    Card,
    Notice,
    NotifyReason,
    OutboxEntry,
    Recipient,
    Remark,
    Transition,
)
from alerting.render.words import short_time
from alerting.response.words import note_words
from alerting.route import notice_id
from alerting.tasks.deadline import Deadlines, due
from alerting.tasks.model import Event, EventKind, Leg, Task, TaskState

Roads = Sequence[Recipient]

_STATE = {
    TaskState.SENT: Remark("not accepted yet", "尚未接受"),
    TaskState.ACCEPTED: Remark("accepted", "已接受"),
    TaskState.ON_SCENE: Remark("on scene", "已到场"),
    TaskState.DONE: Remark("done", "已完成"),
    TaskState.DECLINED: Remark("declined", "已拒绝"),
    TaskState.RECALLED: Remark("recalled", "已撤回"),
}
_LEG = {
    Leg.ACCEPT: Remark("to be accepted", "应接受"),
    Leg.ARRIVE: Remark("to be on scene", "应到场"),
    Leg.FINISH: Remark("to be done", "应完成"),
}
_LATE = {
    Leg.ACCEPT: Remark("not accepted in time", "超时未接受"),
    Leg.ARRIVE: Remark("not on scene in time", "超时未到场"),
    Leg.FINISH: Remark("not done in time", "超时未完成"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a notice about an order is made of."""

    alert: Alert
    transition: Transition
    task: Task
    event: Event
    now: datetime
    card: Card | None = None


def order_notice(
    matter: Matter, roads: Roads, deadlines: Deadlines, take: Remark | None = None
) -> OutboxEntry:
    """Tell the responder what is asked, until when, and what to `take` along."""
    task, order = matter.task, matter.task.order
    owed = due(task, deadlines)
    by = Remark("")
    if owed is not None:
        by = Remark(f"accept by {short_time(owed.at)}", f"请于{short_time(owed.at)}前接受")
    said = [Remark(order.what, order.what), by]
    if take is not None:
        said.append(take)
    return _entry(matter, roads, NotifyReason.ORDER, said)


def over_notice(matter: Matter, roads: Roads) -> OutboxEntry:
    """Tell the responder that the order is taken back, and why."""
    why = note_words(matter.event.note)
    said = [Remark(f"no longer needed: {why.en}", f"不再需要：{why.zh}")]
    return _entry(matter, roads, NotifyReason.ORDER_OVER, said)


def news_notices(matter: Matter, people: Sequence[Roads], next_one: str) -> list[OutboxEntry]:
    """Tell those on duty what became of an order; `next_one` is who might be sent instead."""
    order = matter.task.order
    said = [news(matter.task, matter.event)]
    if not order.roads and matter.event.kind is EventKind.ORDERED:
        call = order.phone or "?"
        said.append(
            Remark(
                f"no road to {order.name} is on file: call {call} and pass the order on:"
                f" {order.what}",
                f"未登记{order.name}的通知方式，请致电{call}转达：{order.what}",
            )
        )
    if next_one:
        said.append(Remark(f"could be sent instead: {next_one}", f"可改派：{next_one}"))
    return [_entry(matter, roads, NotifyReason.ORDER_NEWS, said) for roads in people]


def news(task: Task, event: Event) -> Remark:
    """Say in a sentence what happened to an order."""
    who = task.order.name
    if event.kind is EventKind.OVERDUE:
        late = _LATE[Leg(event.detail)]
        return Remark(f"{who}: {late.en}", f"{who}：{late.zh}")
    if event.kind is EventKind.HANDED_OVER:
        return Remark(f"{who}: handed over to {event.detail}", f"{who}：移交{event.detail}")
    state = _STATE[task.state]
    note = note_words(event.note)
    en, zh = (f": {note.en}", f"：{note.zh}") if event.note else ("", "")
    return Remark(f"{who}: {state.en}{en}", f"{who}：{state.zh}{zh}")


def status_line(task: Task, deadlines: Deadlines) -> Remark:
    """Say on a card how far an order is and what is owed next."""
    state, owed, who = _STATE[task.state], due(task, deadlines), task.order.name
    late_en = "".join(f", {_LATE[leg].en}" for leg in task.overdue)
    late_zh = "".join(f"，{_LATE[leg].zh}" for leg in task.overdue)
    en, zh = f"{who} {state.en}{late_en}", f"{who}{state.zh}{late_zh}"
    if owed is None:
        return Remark(en, zh)
    leg, at = _LEG[owed.leg], short_time(owed.at)
    return Remark(f"{en}, {leg.en} by {at}", f"{zh}，{leg.zh}于{at}前")


def status_lines(tasks: Iterable[Task], deadlines: Deadlines) -> tuple[Remark, ...]:
    """Say on a card how far each order of an alert is."""
    return tuple(status_line(task, deadlines) for task in tasks)


def _entry(
    matter: Matter, roads: Roads, reason: NotifyReason, said: Sequence[Remark]
) -> OutboxEntry:
    first, *fallbacks = roads
    task = matter.task
    is_zh = first.language == "zh"
    notice = Notice(
        id=notice_id(task.id, matter.event.n, reason, first.id),
        reason=reason,
        alert=replace(matter.alert, id=task.id),
        transition=matter.transition,
        recipient=first,
        card=matter.card,
        created_at=matter.now,
        happened_at=matter.event.at,
        remarks=tuple(text for text in ((each.zh if is_zh else each.en) for each in said) if text),
        mark=task.order.mark,
        task=task.id,
    )
    return OutboxEntry(notice=notice, due_at=matter.now, fallbacks=tuple(fallbacks))
