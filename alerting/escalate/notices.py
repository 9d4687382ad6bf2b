"""The record and the notices of one step of an escalation."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerting.escalate.step import Call, Escalation
from alerting.model import Card, Notice, NotifyReason, OutboxEntry
from alerting.ports import EscalationStep, StepKind
from alerting.route.ladder import Asked, Roads

MAX_WHY = 500


def step_of(escalation: Escalation, call: Call, asked: Asked, now: datetime) -> EscalationStep:
    """Give the record of a step; one that has nobody to ask is followed by the next at once."""
    rung = call.rung
    kind = StepKind.ROUND if rung.is_round else StepKind.CALLED
    if not asked.roads:
        kind = StepKind.NOBODY
    return EscalationStep(
        alert_id=escalation.alert.id,
        ordinal=escalation.transition.ordinal,
        n=call.n,
        kind=kind,
        at=now,
        due_at=now + (rung.wait if asked.roads else timedelta(0)),
        rung=rung.name,
        told=tuple(road.id for road, *_ in asked.roads),
        why="; ".join(said.en for said in asked.why)[:MAX_WHY]
        or named(road.name for road, *_ in asked.roads),
        why_zh="；".join(said.zh for said in asked.why)[:MAX_WHY],
    )


def step_notices(
    escalation: Escalation, step: EscalationStep, roads: Sequence[Roads], card: Card | None
) -> tuple[OutboxEntry, ...]:
    """Make one notice per person: a reminder for those told before, passed on to the others."""
    entries = []
    for road, *fallbacks in roads:
        is_told = road.id in escalation.told
        notice = Notice(
            id=step_notice_id(step, road.id),
            reason=NotifyReason.REPEAT if is_told else NotifyReason.ESCALATED,
            alert=escalation.alert,
            transition=escalation.transition,
            recipient=road,
            card=card,
            created_at=step.at,
        )
        entries.append(OutboxEntry(notice=notice, due_at=step.at, fallbacks=tuple(fallbacks)))
    return tuple(entries)


def step_notice_id(step: EscalationStep, recipient_id: str) -> str:
    """Give the id of a step's notice: the same on every machine and after every restart."""
    text = "\x1f".join((step.alert_id, str(step.ordinal), "step", recipient_id))
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}-{step.n}"


def named(names: Iterable[str]) -> str:
    """Give names as a record says them."""
    return ", ".join(dict.fromkeys(names))[:MAX_WHY] or "nobody"
