"""What a drill measured: who got it when, who answered when, and how far help came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alerting.model import Alert, NoticeState, OutboxEntry
from alerting.ports import Action
from alerting.response.model import Deed, Phase
from alerting.tasks.model import Task
from groundwatch.program import Program
from storage.journal.task_rows import TaskQuery

_REACHES = {
    Deed.VERIFY.value: Phase.VERIFIED,
    Deed.NOTIFIED.value: Phase.NOTIFIED,
    Deed.ACKNOWLEDGE.value: Phase.ACKNOWLEDGED,
    Deed.DISPATCH.value: Phase.DISPATCHED,
    Deed.ARRIVE.value: Phase.ON_SCENE,
    Deed.CONTAIN.value: Phase.CONTAINED,
    Deed.FALSE.value: Phase.FALSE,
    Deed.CLOSE.value: Phase.CLOSED,
}
_ANSWERS = (Deed.ACKNOWLEDGE.value, Deed.ARRIVE.value, Deed.CONTAIN.value, Deed.FALSE.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """One notice of a drill: to whom, over what, and after how many seconds it was taken."""

    recipient: str
    channel: str
    reason: str
    state: NoticeState
    after_s: float
    receipt_s: float | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """One order of a drill, with its times in seconds from the drill's beginning."""

    what: str
    accepted_s: float | None
    on_scene_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """All times are seconds from the beginning of the drill; None where it never came to that."""

    alert: Alert
    name: str
    actor: str
    ended_at: datetime | None
    first_receipt_s: float | None
    last_receipt_s: float | None
    acknowledged_s: float | None
    acknowledged_by: str
    phases: tuple[tuple[str, float, str], ...]
    notices: tuple[Reached, ...]
    orders: tuple[Ordered, ...]

    @property
    def text(self) -> str:
        """Give the report in words."""
        return "\n".join(_lines(self))


async def report_of(program: Program, alert: Alert) -> DrillReport:
    """Measure a drill from the record alone; it may still be under way.

    Raises:
        JournalError: the journal cannot be asked.
    """
    journal, began = program.journal, alert.detected_at
    actions = await journal.actions(alert.id)
    outbox = await journal.outbox(alert.id)
    tasks = await program.desks.orders.tasks(TaskQuery(alert_id=alert.id))
    answer = next((act for act in actions if act.action in _ANSWERS), None)
    receipts = [entry.sent_at for entry in outbox if entry.sent_at is not None]
    begun = next((act for act in actions if act.action == "drill"), None)
    return DrillReport(
        alert=alert,
        name=begun.detail if begun is not None else "",
        actor=begun.actor if begun is not None else "",
        ended_at=alert.ended_at,
        first_receipt_s=_after(began, min(receipts, default=None)),
        last_receipt_s=_after(began, max(receipts, default=None)),
        acknowledged_s=_after(began, answer.at if answer is not None else None),
        acknowledged_by=answer.actor if answer is not None else "",
        phases=tuple(_phases(actions, began)),
        notices=tuple(_reached(entry, began) for entry in outbox),
        orders=tuple(_ordered(task, began) for task in tasks),
    )


def _after(began: datetime, at: datetime | None) -> float | None:
    return None if at is None else (at - began).total_seconds()


def _phases(actions: list[Action], began: datetime) -> Iterator[tuple[str, float, str]]:
    """Give when each phase of the response was first reached, and by whom."""
    known: set[Phase] = set()
    for act in actions:
        phase = _REACHES.get(act.action)
        if phase is not None and phase not in known:
            known.add(phase)
            yield phase.value, (act.at - began).total_seconds(), act.actor


def _reached(entry: OutboxEntry, began: datetime) -> Reached:
    notice = entry.notice
    return Reached(
        recipient=notice.recipient.name,
        channel=notice.recipient.channel,
        reason=notice.reason.value,
        state=entry.state,
        after_s=(notice.created_at - began).total_seconds(),
        receipt_s=_after(began, entry.sent_at),
        why=entry.last_error,
    )


def _ordered(task: Task, began: datetime) -> Ordered:
    return Ordered(
        what=task.order.what,
        accepted_s=_after(began, task.accepted_at),
        on_scene_s=_after(began, task.on_scene_at),
    )


def _lines(report: DrillReport) -> Iterator[str]:
    alert = report.alert
    state = "over" if report.ended_at is not None else "under way"
    yield f"EXERCISE {report.name} ({alert.id}), begun by {report.actor}, {state}"
    yield f"  {alert.reason}"
    yield f"  first receipt   {_span(report.first_receipt_s)}"
    yield f"  last receipt    {_span(report.last_receipt_s)}"
    by = f" by {report.acknowledged_by}" if report.acknowledged_by else ""
    yield f"  acknowledged    {_span(report.acknowledged_s)}{by}"
    for phase, after_s, actor in report.phases:
        yield f"  {phase.replace('_', ' '):15s} {_span(after_s)} {actor}".rstrip()
    for order in report.orders:
        yield f"  order: {order.what}, accepted {_span(order.accepted_s)}"
    for told in report.notices:
        took = f"taken {_span(told.receipt_s)}" if told.receipt_s is not None else told.state.value
        why = f" ({told.why})" if told.why else ""
        yield f"  {told.recipient} over {told.channel}: {told.reason}, {took}{why}"


def _span(seconds: float | None) -> str:
    return "never" if seconds is None else f"after {seconds:.1f} s"
