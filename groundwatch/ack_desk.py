"""Takes acknowledgements that come by a link or an answer, and what comes back about notices.

Links and answers are checked against the journal: whose they are, whether they were used, whether
the alert has become worse since. One is taken at a time, so that none counts twice.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from alerting.errors import JournalError
from alerting.escalate import Escalator
from alerting.model import Alert, AlertState, OutboxEntry, TransitionKind
from alerting.ports import Effects, Journal, Proof, ProofKind
from alerting.route import Person, RouteTable
from groundwatch.ack_link import Ticket, WhyNot, fingerprint, read
from groundwatch.ack_reply import is_from, masked, understood
from groundwatch.ack_words import by_other, say, what

_LOG = logging.getLogger(__name__)
_BEGAN = (
    TransitionKind.RAISED,
    TransitionKind.UPGRADED,
    TransitionKind.RECURRED,
    TransitionKind.RETURNED,
)
_LOOKED_AT = 50
_NAMED = 3


class Acknowledging(Protocol):
    """Who acknowledges (`alerting.engine.Engine`)."""

    async def acknowledge(self, alert_id: str, actor: str, note: str = "") -> Alert:
        """Acknowledge, and give the alert as it is then."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a link is about: the person, and the alerts that stand, as they are now."""

    person: Person
    alerts: tuple[Alert, ...]

    @property
    def language(self) -> str:
        """Give the person's language."""
        return self.person.roads[0].language

    @property
    def open(self) -> list[Alert]:
        """Give those that nobody has acknowledged."""
        return [alert for alert in self.alerts if alert.acknowledged_at is None]


@dataclass(frozen=True, slots=True)
class _Open:
    """A notice that was sent, and what it told of that stands and nobody has acknowledged."""

    entry: OutboxEntry
    alerts: tuple[Alert, ...]


class Outcome(StrEnum):
    """What became of an answer."""

    ACKNOWLEDGED = "acknowledged"
    NOT_UNDERSTOOD = "not_understood"
    UNKNOWN_SENDER = "unknown_sender"
    NOTHING_OPEN = "nothing_open"
    WRONG_NUMBER = "wrong_number"
    RISEN = "risen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of an answer, in a word and in the sender's language."""

    outcome: Outcome
    text: str
    alert_id: str = ""


class AckDesk:
    """Where acknowledgements from outside arrive."""

    def __init__(
        self,
        *,
        key: bytes,
        journal: Journal,
        engine: Acknowledging,
        routes: RouteTable,
        escalator: Escalator,
        now: Callable[[], datetime],
    ) -> None:
        """Hold the parts."""
        self._key = key
        self._journal = journal
        self._engine = engine
        self._routes = routes
        self._escalator = escalator
        self._now = now
        self._turn = asyncio.Lock()

    async def look(self, token: str) -> Seen | WhyNot:
        """Say what a link is about, without doing anything; raises JournalError."""
        ticket = read(token, self._key, self._now())
        if isinstance(ticket, WhyNot):
            return ticket
        person = self._routes.people.get(ticket.person_id)
        if person is None:
            return WhyNot.NOT_YOURS
        alerts, is_known = await self._meant(ticket)
        if not is_known:
            return WhyNot.WRONG
        if any(p.note == fingerprint(token) for p in await self._journal.proofs(ticket.subject)):
            return WhyNot.USED
        if not alerts:
            return WhyNot.OVER
        fresh = [alert for alert in alerts if not await self._has_risen(alert, ticket)]
        return Seen(person=person, alerts=tuple(fresh)) if fresh else WhyNot.RISEN

    async def _meant(self, ticket: Ticket) -> tuple[list[Alert], bool]:
        """Give the alerts of a link that stand, and whether its subject is known at all."""
        alert = await self._journal.alert(ticket.subject)
        if alert is not None:
            return ([alert] if alert.state is AlertState.FIRING else []), True
        entry = await self._journal.notice(ticket.subject)
        return (await self._standing(entry.notice.about), True) if entry else ([], False)

    async def acknowledge(self, token: str) -> Seen | WhyNot:
        """Acknowledge by a link, once; raises JournalError when it cannot be recorded."""
        async with self._turn:
            seen = await self.look(token)
            if isinstance(seen, WhyNot) or not seen.open:
                return seen
            name = seen.person.name
            done = [await self._engine.acknowledge(a.id, name, "by link") for a in seen.open]
            await self._prove(token.partition(".")[0], "", "link", fingerprint(token))
            return Seen(person=seen.person, alerts=tuple(done))

    async def reply(self, sender: str, text: str) -> Answered:
        """Take an answer to the newest open notice of whoever sent it; raises JournalError."""
        people = [person for person in self._routes.people.values() if is_from(person, sender)]
        if not people:
            _LOG.warning("an answer from a number nobody has", extra={"sender": masked(sender)})
            return Answered(outcome=Outcome.UNKNOWN_SENDER, text=say("unknown", "zh"))
        language = people[0].roads[0].language
        meant = understood(text)
        if meant is None:
            return Answered(outcome=Outcome.NOT_UNDERSTOOD, text=say("not_understood", language))
        async with self._turn:
            named = await self._open([person.id for person in people])
            about = (_named(each, meant.reference) for each in named)
            found = next((each for each in about if each.alerts), None)
            if found is None:
                return _not_found(named, meant.reference, language)
            fresh = [a for a in found.alerts if not await self._has_risen(a, found.entry)]
            if not fresh:
                risen = found.alerts[0]
                text = say("again", language, what=what(risen, language))
                return Answered(outcome=Outcome.RISEN, text=text, alert_id=risen.id)
            return await self._answered(found.entry, fresh, named)

    async def _answered(
        self, entry: OutboxEntry, alerts: Sequence[Alert], named: Sequence[_Open]
    ) -> Answered:
        notice, language = entry.notice, entry.notice.recipient.language
        for alert in alerts:
            await self._engine.acknowledge(alert.id, notice.recipient.name, "by answer")
        await self._prove(notice.subject, notice.id, "answer", "")
        shown = ", ".join(what(alert, language) for alert in alerts[:_NAMED])
        text = say("answered", language, what=shown)
        done = {alert.id for alert in alerts}
        left = list(dict.fromkeys(a.id for each in named for a in each.alerts if a.id not in done))
        if left:
            text += say("more", language, count=len(left), id=left[0][:6])
        return Answered(outcome=Outcome.ACKNOWLEDGED, text=text, alert_id=alerts[0].id)

    async def note(self, notice_id: str, kind: ProofKind, by: str, note: str = "") -> Proof | None:
        """Take what a provider says of a notice; None when there is no such notice.

        Raises:
            JournalError: it could not be recorded.
        """
        entry = await self._journal.notice(notice_id)
        if entry is None:
            return None
        proof = Proof(
            notice_id=notice_id,
            alert_id=entry.notice.alert.id,
            at=self._now(),
            kind=kind,
            by=by,
            note=note,
        )
        await self._journal.record(Effects(proofs=(proof,)))
        if kind is ProofKind.UNDELIVERED:
            self._escalator.note_undelivered(entry.notice)
        return proof

    async def is_stale(self, notice_id: str) -> bool:
        """Say whether an alert became worse after a notice: an answer to it is about less."""
        entry = await self._journal.notice(notice_id)
        return entry is not None and await self._has_risen(entry.notice.alert, entry)

    async def _open(self, people: Collection[str]) -> list[_Open]:
        """Give the notices of people about what stands and nobody acknowledged, newest first."""
        found: list[_Open] = []
        for entry in await self._journal.sent_to(people, _LOOKED_AT):
            standing = await self._standing(entry.notice.about)
            waiting = tuple(alert for alert in standing if alert.acknowledged_at is None)
            found.append(_Open(entry, waiting))
        return found

    async def _standing(self, alert_ids: Iterable[str]) -> list[Alert]:
        found = [await self._journal.alert(alert_id) for alert_id in alert_ids]
        return [a for a in found if a is not None and a.state is AlertState.FIRING]

    async def _has_risen(self, alert: Alert, since: Ticket | OutboxEntry) -> bool:
        """Say whether an alert became worse, or came back, after a person was told of it.

        Of a notice about several alerts the time it was made counts, else the step it told of.
        """
        began = [step for step in await self._journal.transitions(alert.id) if step.kind in _BEGAN]
        if isinstance(since, Ticket) and since.subject == alert.id:
            return any(step.ordinal > since.ordinal for step in began)
        entry = since if isinstance(since, OutboxEntry) else await self._entry(since.subject)
        if entry.notice.batch is None:
            return any(step.ordinal > entry.notice.transition.ordinal for step in began)
        return any(step.detected_at > entry.notice.created_at for step in began)

    async def _entry(self, notice_id: str) -> OutboxEntry:
        entry = await self._journal.notice(notice_id)
        if entry is None:
            raise JournalError(f"the notice {notice_id} is not in the journal any more")
        return entry

    async def _prove(self, alert_id: str, notice_id: str, by: str, note: str) -> None:
        proof = Proof(
            notice_id=notice_id,
            alert_id=alert_id,
            at=self._now(),
            kind=ProofKind.CONFIRMED,
            by=by,
            note=note,
        )
        await self._journal.record(Effects(proofs=(proof,)))


def _named(told: _Open, reference: str) -> _Open:
    """Give what is meant of a notice: all of it, or the alert that was named."""
    return replace(told, alerts=tuple(a for a in told.alerts if a.id.startswith(reference)))


def _not_found(named: Sequence[_Open], reference: str, language: str) -> Answered:
    """Say that nothing is open, or that something is, under another number than the one given."""
    left = list(dict.fromkeys(alert.id for each in named for alert in each.alerts))
    if not left:
        return Answered(outcome=Outcome.NOTHING_OPEN, text=say("nothing_open", language))
    text = say("wrong_number", language, given=reference)
    text += say("open", language, count=len(left), id=left[0][:6])
    return Answered(outcome=Outcome.WRONG_NUMBER, text=text)


def acknowledged_words(seen: Seen) -> str:
    """Say what became of a link that counted."""
    language, name = seen.language, seen.person.name
    first = seen.alerts[0]
    if any(alert.acknowledged_by == name for alert in seen.alerts) or not first.acknowledged_at:
        return say("done", language, name=name)
    return by_other(first, first.acknowledged_at, language)
