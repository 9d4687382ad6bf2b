"""Gathers what the record has of an incident, makes its reports, and records which were made."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from alerting.errors import DeedRefused
from alerting.look_up import look_up
from alerting.model import Alert, Card, NoticeState, OutboxEntry, Transition
from alerting.people import People
from alerting.ports import Action, CardLookup, Effects
from alerting.report.build import Incident, Report, Rules, report_of
from alerting.report.facts import ENTERED, MADE, Facts, Stage, detail_of, known_from, why_not
from groundwatch.cap_desk import Ground
from groundwatch.task_desk import TaskDesk
from storage.journal.task_rows import TaskQuery

CARD_WITHIN_S = 2.0


class Record(Protocol):
    """What is asked of the journal."""

    async def record(self, effects: Effects) -> None:
        """Write everything in one transaction."""
        ...

    async def transitions(self, alert_id: str) -> list[Transition]:
        """List the steps of an alert."""
        ...

    async def actions(self, alert_id: str) -> list[Action]:
        """List what people did about an alert."""
        ...

    async def outbox(self, alert_id: str) -> list[OutboxEntry]:
        """List the notices of an alert."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDesk:
    """Makes reports; one at a time, so that none is made twice."""

    record: Record
    people: People
    orders: TaskDesk
    cards: CardLookup
    ground: Ground
    rules: Rules
    now: Callable[[], datetime]
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def preview(self, alert_id: str, stage: Stage) -> Report:
        """Make a report as the record stands, without recording that it was made.

        Raises:
            UnknownAlert: no such alert.
            JournalError: the record cannot be read.
        """
        incident = await self._incident(alert_id)
        return report_of(incident, known_from(incident.actions), stage, self.rules, self.now())

    async def make(self, alert_id: str, stage: Stage, actor: str, facts: Facts) -> Report:
        """Make a report and record that it was made, by whom, and what they entered.

        Raises:
            UnknownAlert: no such alert.
            DeedRefused: it may not be made now; the text says why.
            JournalError: it could not be recorded, so it was not made.
        """
        async with self._lock:
            incident = await self._incident(alert_id)
            known = known_from(incident.actions)
            refused = why_not(known, stage, is_over=incident.is_over)
            if refused is not None:
                raise DeedRefused(f"alert {alert_id}: {refused}")
            now = self.now()
            entered = self._entered(alert_id, actor, facts, now)
            known = replace(known_from((*incident.actions, *entered)), reporter=actor)
            report = report_of(incident, known, stage, self.rules, now)
            made = Action(alert_id=alert_id, at=now, actor=actor, action=MADE, detail=stage.value)
            await self.record.record(Effects(actions=(*entered, made)))
            return report

    async def enter(self, alert_id: str, actor: str, facts: Facts) -> Facts:
        """Record facts without making a report; gives all that is known then.

        Raises:
            UnknownAlert: no such alert.
            JournalError: it could not be recorded.
        """
        await self.people.known(alert_id)
        actions = self._entered(alert_id, actor, facts, self.now())
        await self.record.record(Effects(actions=actions))
        return known_from(await self.record.actions(alert_id)).facts

    def _entered(
        self, alert_id: str, actor: str, facts: Facts, now: datetime
    ) -> tuple[Action, ...]:
        if not facts.is_anything:
            return ()
        detail = detail_of(facts)
        return (Action(alert_id=alert_id, at=now, actor=actor, action=ENTERED, detail=detail),)

    async def _incident(self, alert_id: str) -> Incident:
        alert = await self.people.known(alert_id)
        outbox = await self.record.outbox(alert_id)
        return Incident(
            alert=alert,
            steps=tuple(await self.record.transitions(alert_id)),
            actions=tuple(await self.record.actions(alert_id)),
            response=await self.people.response(alert_id),
            tasks=tuple(reversed(await self.orders.tasks(TaskQuery(alert_id=alert_id)))),
            card=await self._card(alert),
            places=self.ground.scene(alert, "").places,
            told=sum(entry.state is NoticeState.SENT for entry in outbox),
        )

    async def _card(self, alert: Alert) -> Card | None:
        """Look up what is short now; a report does not wait for it long."""
        return await look_up(self.cards, alert, CARD_WITHIN_S)
