"""Hand-made fakes of our Protocols, for tests that need a part but not its disk or network.

Each passes the same contract suite as the real one (tests/contract).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from alerting.errors import JournalError, JournalRefused
from alerting.model import Alert, AlertState, Mark, NoticeState, OutboxEntry, Transition
from alerting.mute import Silence
from alerting.ports import Action, Effects, EscalationStep, Proof, RuleState, StageRecord
from alerting.response.model import Response
from alerting.tasks.model import Event
from alerting.warning import Name, OfficialRecord
from storage.journal.task_rows import TaskQuery


class MemoryJournal:
    """An `alerting.ports.Journal` that lives in dictionaries.

    Set `is_away` to make every method raise `JournalError`, as when the database does not answer.
    Alerts of `refused_hazard` it never takes. `recorded` keeps every `Effects` that was taken, in
    order.
    """

    def __init__(self) -> None:
        self.is_away = False
        self.refused_hazard: str | None = None
        self.recorded: list[Effects] = []
        self._seq = 0
        self._alerts: dict[str, Alert] = {}
        self._transitions: dict[tuple[str, int], Transition] = {}
        self._outbox: dict[str, OutboxEntry] = {}
        self._actions: dict[Action, None] = {}
        self._states: dict[str, RuleState] = {}
        self._stages: dict[StageRecord, None] = {}
        self._officials: dict[Name, OfficialRecord] = {}
        self._task_events: dict[tuple[str, int], Event] = {}
        self._responses: dict[str, Response] = {}
        self._steps: dict[tuple[str, int, int], EscalationStep] = {}
        self._proofs: dict[Proof, None] = {}
        self._silences: dict[str, Silence] = {}

    async def open(self) -> None:
        self._answer()

    async def close(self) -> None:
        """Nothing to let go of."""

    async def record(self, effects: Effects) -> None:
        self._answer()
        if any(alert.hazard == self.refused_hazard for alert in effects.alerts):
            raise JournalRefused(f"no place for {self.refused_hazard} (fake)")
        self._refuse_unknown(effects)
        self._alerts.update((alert.id, alert) for alert in effects.alerts)
        for transition in effects.transitions:
            self._put_transition(transition)
        self._cancel(set(effects.cancelled), {entry.notice.id for entry in effects.notices})
        for entry in effects.notices:
            self._outbox.setdefault(entry.notice.id, entry)
        for entry in effects.settled:
            old = self._outbox.get(entry.notice.id)
            if old is not None and old.state is NoticeState.HELD:
                self._outbox[entry.notice.id] = replace(
                    old, state=entry.state, due_at=entry.due_at, last_error=entry.last_error
                )
        self._actions.update(dict.fromkeys(effects.actions))
        self._stages.update(dict.fromkeys(effects.stages))
        for event in effects.task_events:
            self._task_events.setdefault((event.task_id, event.n), event)
        for record in effects.officials:
            self._officials.setdefault(record.warning.name, record)
        self._responses.update((each.alert_id, each) for each in effects.responses)
        for step in effects.steps:
            self._steps.setdefault((step.alert_id, step.ordinal, step.n), step)
        self._proofs.update(dict.fromkeys(effects.proofs))
        self._silences.update((each.id, each) for each in effects.silences)
        self._seq = max(self._seq, effects.seq or 0)
        self.recorded.append(effects)

    async def recorded_seq(self) -> int:
        self._answer()
        return self._seq

    async def newest_state_seq(self) -> int:
        self._answer()
        return max((state.seq for state in self._states.values()), default=0)

    async def alert(self, alert_id: str) -> Alert | None:
        self._answer()
        return self._alerts.get(alert_id)

    async def alerts(
        self,
        *,
        firing_only: bool = False,
        site: str | None = None,
        since: datetime | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        self._answer()
        wanted = [
            alert
            for alert in self._alerts.values()
            if alert.mark is Mark.ACTUAL
            and (not firing_only or alert.state is AlertState.FIRING)
            and (site is None or alert.site == site)
            and (since is None or alert.detected_at >= since)
        ]
        wanted.sort(key=lambda alert: alert.id)
        return sorted(wanted, key=lambda alert: alert.detected_at, reverse=True)[:limit]

    async def exercises(self) -> list[Alert]:
        self._answer()
        every = [a for a in self._alerts.values() if a.mark is not Mark.ACTUAL]
        return [alert for alert in every if alert.state is AlertState.FIRING]

    async def transitions(self, alert_id: str) -> list[Transition]:
        self._answer()
        keys = sorted(key for key in self._transitions if key[0] == alert_id)
        return [self._transitions[key] for key in keys]

    async def actions(self, alert_id: str) -> list[Action]:
        self._answer()
        return sorted((a for a in self._actions if a.alert_id == alert_id), key=lambda a: a.at)

    async def due(self, now: datetime, limit: int = 100) -> list[OutboxEntry]:
        self._answer()
        pending = [
            entry
            for entry in self._outbox.values()
            if entry.state is NoticeState.PENDING
            and (entry.due_at <= now or entry.notice.created_at > now)
        ]
        pending.sort(key=lambda e: (-e.notice.alert.severity, e.due_at, e.notice.id))
        return pending[:limit]

    async def save_outcome(self, entry: OutboxEntry) -> None:
        self._answer()
        old = self._outbox.get(entry.notice.id)
        if old is None or old.state is NoticeState.PENDING:
            self._outbox[entry.notice.id] = entry
        elif old.state is NoticeState.CANCELLED and entry.sent_at and not old.sent_at:
            self._outbox[entry.notice.id] = replace(
                old, sent_at=entry.sent_at, attempts=entry.attempts
            )

    async def notice(self, notice_id: str) -> OutboxEntry | None:
        self._answer()
        return self._outbox.get(notice_id)

    async def sent_to(self, people: Collection[str], limit: int) -> list[OutboxEntry]:
        self._answer()
        sent = [
            (entry.sent_at, entry)
            for entry in self._outbox.values()
            if entry.notice.recipient.id in people and entry.sent_at is not None
        ]
        sent.sort(key=lambda pair: pair[1].notice.id)
        sent.sort(key=lambda pair: pair[0], reverse=True)
        return [entry for _, entry in sent[:limit]]

    async def outbox(self, alert_id: str) -> list[OutboxEntry]:
        self._answer()
        found = [e for e in self._outbox.values() if alert_id in e.notice.about]
        return sorted(found, key=lambda e: (e.notice.created_at, e.notice.id))

    async def response(self, alert_id: str) -> Response | None:
        self._answer()
        return self._responses.get(alert_id)

    async def standing_responses(self) -> list[Response]:
        self._answer()
        ids = sorted(self._responses)
        firing = [i for i in ids if self._alerts[i].state is AlertState.FIRING]
        return [self._responses[alert_id] for alert_id in firing]

    async def receipts(self) -> list[tuple[str, str, datetime]]:
        self._answer()
        first: dict[str, tuple[str, str, datetime]] = {}
        for entry in self._outbox.values():
            name, sent_at = entry.notice.recipient.name, entry.sent_at
            for alert_id in entry.notice.about:
                alert = self._alerts.get(alert_id)
                if sent_at is None or alert is None or alert.state is not AlertState.FIRING:
                    continue
                if alert_id not in first or sent_at < first[alert_id][2]:
                    first[alert_id] = (alert_id, name, sent_at)
        return [first[alert_id] for alert_id in sorted(first)]

    async def silences(self, now: datetime) -> list[Silence]:
        self._answer()
        left = [s for s in self._silences.values() if s.until > now and s.ended_at is None]
        return sorted(left, key=lambda silence: silence.since)

    async def held(self) -> list[OutboxEntry]:
        self._answer()
        found = [e for e in self._outbox.values() if e.state is NoticeState.HELD]
        return sorted(found, key=lambda e: e.notice.created_at)

    async def told_lately(self, since: datetime) -> list[tuple[str, str, datetime]]:
        self._answer()
        ends = ("cleared", "withdrawn", "severity_fell", "card", "group", "storm", "storm_over")
        left_out = (*ends, "renewed", "order", "order_over", "order_news")
        found = [
            (e.notice.recipient.id, e.notice.subject, e.notice.created_at)
            for e in self._outbox.values()
            if e.notice.created_at > since
            and e.state is not NoticeState.MUTED
            and e.notice.reason.value not in left_out
            and self._alerts[e.notice.alert.id].mark is Mark.ACTUAL
        ]
        return sorted(found, key=lambda told: told[2])

    async def stages(self) -> list[StageRecord]:
        self._answer()
        return list(self._stages)

    async def steps(self, alert_id: str | None = None) -> list[EscalationStep]:
        self._answer()
        wanted = [alert_id] if alert_id is not None else self._firing()
        return [self._steps[key] for key in sorted(self._steps) if key[0] in wanted]

    async def proofs(self, alert_id: str) -> list[Proof]:
        self._answer()
        return sorted((p for p in self._proofs if p.alert_id == alert_id), key=lambda p: p.at)

    async def officials(self, since: datetime) -> list[OfficialRecord]:
        self._answer()
        every = self._officials.values()
        return [each for each in every if max(each.warning.ends_at, each.warning.sent_at) >= since]

    async def task_events(self, query: TaskQuery) -> list[Event]:
        self._answer()
        every = [self._task_events[key] for key in sorted(self._task_events)]
        over = {
            each.task_id for each in every if each.kind.value in ("done", "declined", "recalled")
        }
        firsts = {
            each.task_id
            for each in every
            if each.order is not None
            and query.task_id in (None, each.task_id)
            and query.alert_id in (None, each.order.alert_id)
            and (query.since is None or each.at >= query.since)
            and (query.until is None or each.at < query.until)
            and not (query.open_only and each.task_id in over)
        }
        return [each for each in every if each.task_id in firsts]

    async def official(self, name: Name) -> OfficialRecord | None:
        self._answer()
        return self._officials.get(name)

    async def save_states(self, states: Sequence[RuleState]) -> None:
        self._answer()
        self._states.update((state.key, state) for state in states)

    async def load_states(self) -> list[RuleState]:
        self._answer()
        return [self._states[key] for key in sorted(self._states)]

    async def drop_states(self, keys: Iterable[str]) -> None:
        self._answer()
        for key in keys:
            self._states.pop(key, None)

    async def prune(self, before: datetime) -> int:
        self._answer()
        gone = [entry.notice.id for entry in self._outbox.values() if self._is_past(entry, before)]
        for notice_id in gone:
            del self._outbox[notice_id]
        return len(gone)

    def _answer(self) -> None:
        if self.is_away:
            raise JournalError("the journal is away (fake)")

    def _firing(self) -> set[str]:
        return {a.id for a in self._alerts.values() if a.state is AlertState.FIRING}

    def _refuse_unknown(self, effects: Effects) -> None:
        known = self._alerts.keys() | {alert.id for alert in effects.alerts}
        named = {step.alert_id for step in effects.transitions}
        named |= {action.alert_id for action in effects.actions}
        named |= {response.alert_id for response in effects.responses}
        if unknown := sorted(named - known):
            raise JournalRefused(f"no alert {unknown[0]!r}")

    def _put_transition(self, new: Transition) -> None:
        key = (new.alert_id, new.ordinal)
        old = self._transitions.setdefault(key, new)
        if not old.final:
            self._transitions[key] = replace(old, final=new.final, taken_at=new.taken_at)

    def _cancel(self, alert_ids: set[str], spared: set[str]) -> None:
        for notice_id, entry in self._outbox.items():
            is_meant = entry.notice.subject in alert_ids and notice_id not in spared
            if is_meant and entry.state is NoticeState.PENDING:
                self._outbox[notice_id] = replace(entry, state=NoticeState.CANCELLED)

    def _is_past(self, entry: OutboxEntry, before: datetime) -> bool:
        alert = self._alerts.get(entry.notice.alert.id)
        is_over = alert is None or alert.state is not AlertState.FIRING
        is_done = entry.state not in (NoticeState.PENDING, NoticeState.HELD)
        return is_over and is_done and (entry.sent_at or entry.notice.created_at) < before


class ListAside:
    """An `alerting.ports.Aside` that keeps what it was given, with why."""

    def __init__(self) -> None:
        self.kept: list[tuple[Effects, str]] = []

    async def put(self, effects: Effects, why: str) -> None:
        self.kept.append((effects, why))
