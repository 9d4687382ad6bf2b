"""The journal on a SQL database: one transaction per step of the engine, fsync'd before it answers.

All questions and writes of `alerting.ports.Journal` in one place; the tables are in `schema`, the
statements in `statements`, the conversion of values in `rows`.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Executable,
    Row,
    delete,
    or_,
    select,
    update,
)

from alerting.errors import JournalError
from alerting.model import Alert, AlertState, Mark, NoticeState, OutboxEntry, Transition
from alerting.mute import Silence
from alerting.ports import Action, Effects, EscalationStep, Proof, RuleState, StageRecord
from alerting.response.model import Response
from alerting.tasks.model import Event
from alerting.warning import Name, OfficialRecord
from storage.journal import cap_messages, connect, edits, foreign_names, rows, statements
from storage.journal.faults import translated
from storage.journal.listing import (
    AlertQuery,
    HistoryQuery,
    PastStep,
    alerts_found,
    step_of,
    steps_found,
)
from storage.journal.migrate import upgrade
from storage.journal.schema import (
    actions,
    alerts,
    notice_members,
    officials,
    outbox,
    proofs,
    responses,
    rule_state,
    silences,
    stages,
    transitions,
)
from storage.journal.task_rows import TaskQuery, events_asked, task_event_of, task_event_row
from storage.journal.transact import Transactions
from storage.journal.underway import UnderWay
from storage.resource_edits import ResourceEdit

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_Step = tuple[statements.Insert, Callable[[Any], rows.Values], Sequence[Any]]

_BATCH = 500  # rows of one transaction where all need not be in one
_BREATH = 100  # rows converted at a stretch, so that thousands need not be in memory twice


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doors:
    """The engines of an open journal."""

    reader: Transactions
    writer: Transactions
    write: statements.Statements


class SqlJournal:
    """`alerting.ports.Journal` on a SQLite file or a PostgreSQL database.

    Every method raises `JournalError` when the database does not answer, and works again when it
    does; a naive datetime is a ValueError. `record` and `save_outcome` answer after the data is on
    the disk.
    """

    def __init__(self, url: str, *, timeout_s: float = 10.0, max_bytes: int | None = None) -> None:
        """Check the URL; nothing is opened yet.

        `url` is sqlite:///path/of/journal.db or postgresql://user:password@host:5432/database.
        `timeout_s` bounds the wait for a lock, a connection or an answer. `max_bytes` caps the
        SQLite file (at least 256 KiB), so that it cannot take the disk from the rest.

        Raises:
            ValueError: the URL or the cap is not allowed; says what is.
        """
        self._url = connect.journal_url(url)
        if max_bytes is not None and max_bytes < connect.MIN_BYTES:
            raise ValueError(f"max_bytes is {max_bytes}; a journal needs {connect.MIN_BYTES}")
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._place = connect.place_of(self._url)
        self._doors: _Doors | None = None
        self._under_way = UnderWay()

    async def open(self) -> None:
        """Make what is missing (directory, file, tables) and bring the tables to this version.

        No effect when it is open already.

        Raises:
            JournalError: it cannot be opened, is damaged, or was made by a newer program.
        """
        if self._doors is not None:
            return
        with translated(self._place):
            if self._url.drivername.startswith("sqlite"):
                path = Path(str(self._url.database))
                await asyncio.to_thread(connect.prepare_file, path, self._timeout_s)
            migrator = connect.migrator(self._url, self._timeout_s)
            try:
                await migrator.transact(upgrade)
            finally:
                await migrator.dispose()
            self._doors = _Doors(
                reader=connect.reader(self._url, self._timeout_s),
                writer=connect.writer(self._url, self._timeout_s, self._max_bytes),
                write=statements.Statements.of(self._url.get_backend_name()),
            )

    async def close(self) -> None:
        """Let go of every connection; the journal can be opened again."""
        doors, self._doors = self._doors, None
        if doors is not None:
            await self._under_way.wait()
            with translated(self._place):
                await doors.reader.dispose()
                await doors.writer.dispose()

    async def record(self, effects: Effects) -> None:
        """Write everything in `effects` in one transaction, on the disk when this returns."""
        write = self._open_doors().write
        steps = _steps(write, effects)

        def put(connection: Connection) -> None:
            if effects.cancelled:
                _cancel(connection, effects)
            for statement, to_row, values in steps:
                for batch in _batches(values, _BREATH):
                    connection.execute(statement, [to_row(value) for value in batch])
            members = [row for entry in effects.notices for row in rows.member_rows(entry)]
            for batch in _batches(members):
                connection.execute(write.add_member, batch)
            for batch in _batches(effects.settled, _BREATH):
                connection.execute(
                    statements.settle(), [rows.settled_row(entry) for entry in batch]
                )

        await self._write(put)

    async def recorded_seq(self) -> int:
        """Give the highest `Effects.seq` recorded, 0 when none."""
        found = await self._ask(statements.recorded_seq(), lambda row: int(row.number))
        return found[0] if found else 0

    async def newest_state_seq(self) -> int:
        """Give the highest log block that a saved rule state is of, 0 when none is saved."""
        found = await self._ask(statements.newest_state_seq(), lambda row: int(row[0] or 0))
        return found[0]

    async def alert(self, alert_id: str) -> Alert | None:
        """Give one alert."""
        found = await self._ask(select(alerts).where(alerts.c.id == alert_id), rows.alert_of)
        return found[0] if found else None

    async def alerts(
        self,
        *,
        firing_only: bool = False,
        site: str | None = None,
        since: datetime | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        """List real alerts, newest `detected_at` first. `since` is on `detected_at`, inclusive."""
        question = select(alerts).order_by(alerts.c.detected_at.desc(), alerts.c.id).limit(limit)
        question = question.where(alerts.c.mark == Mark.ACTUAL)
        if firing_only:
            question = question.where(alerts.c.state == AlertState.FIRING)
        if site is not None:
            question = question.where(alerts.c.site == site)
        if since is not None:
            question = question.where(alerts.c.detected_at >= since)
        return await self._ask(question, rows.alert_of)

    async def exercises(self) -> list[Alert]:
        """List the alerts of drills that are under way; no other list has them."""
        is_meant = (alerts.c.mark != Mark.ACTUAL, alerts.c.state == AlertState.FIRING)
        return await self._ask(select(alerts).where(*is_meant), rows.alert_of)

    async def found(self, query: AlertQuery) -> list[Alert]:
        """Give one page of the alerts a person asks for."""
        return await self._ask(alerts_found(query), rows.alert_of)

    async def past(self, query: HistoryQuery) -> list[PastStep]:
        """Give one page of the final steps of alerts, sorted by event time.

        The same step written under two alerts (one continues the other) comes twice.
        """
        return await self._ask(steps_found(query), step_of)

    async def transitions(self, alert_id: str) -> list[Transition]:
        """List one alert's transitions in order."""
        question = select(transitions).where(transitions.c.alert_id == alert_id)
        return await self._ask(question.order_by(transitions.c.ordinal), rows.transition_of)

    async def actions(self, alert_id: str) -> list[Action]:
        """List what people did about one alert, oldest first."""
        question = select(actions).where(actions.c.alert_id == alert_id)
        return await self._ask(question.order_by(actions.c.at, actions.c.id), rows.action_of)

    async def response(self, alert_id: str) -> Response | None:
        """Give the response to one alert; None where nothing was ever kept."""
        question = select(responses).where(responses.c.alert_id == alert_id)
        found = await self._ask(question, rows.response_of)
        return found[0] if found else None

    async def standing_responses(self) -> list[Response]:
        """List the responses to alerts that fire."""
        return await self._ask(statements.standing_responses(), rows.response_of)

    async def receipts(self) -> list[tuple[str, str, datetime]]:
        """List alert id, recipient and instant of the first receipt, of alerts that fire."""
        found = await self._ask(
            statements.receipts(), lambda row: (row.told_of, row.recipient_name, row.sent_at)
        )
        return list({receipt[0]: receipt for receipt in reversed(found)}.values())[::-1]

    async def silences(self, now: datetime) -> list[Silence]:
        """List the silences that are not over at an instant, oldest first."""
        question = select(silences).where(silences.c.until > now, silences.c.ended_at.is_(None))
        return await self._ask(question.order_by(silences.c.since), rows.silence_of)

    async def stages(self) -> list[StageRecord]:
        """List every word of people on stages, in the order in which it was recorded."""
        return await self._ask(select(stages).order_by(stages.c.id), rows.stage_of)

    async def steps(self, alert_id: str | None = None) -> list[EscalationStep]:
        """List the steps of one alert, or of all that fire, by alert and then as they were."""
        return await self._ask(statements.steps_of(alert_id), rows.step_of)

    async def proofs(self, alert_id: str) -> list[Proof]:
        """List what came back about one alert's notices, oldest first."""
        question = select(proofs).where(proofs.c.alert_id == alert_id)
        return await self._ask(question.order_by(proofs.c.at, proofs.c.id), rows.proof_of)

    async def officials(self, since: datetime, limit: int = 5_000) -> list[OfficialRecord]:
        """List official messages whose time was not over before `since`, in order of record."""
        question = select(officials).where(officials.c.over_at >= since)
        newest = question.order_by(officials.c.id.desc()).limit(limit)
        return (await self._ask(newest, rows.official_of))[::-1]

    async def task_events(self, query: TaskQuery) -> list[Event]:
        """List what happened to orders, by task and then as it was."""
        return await self._ask(events_asked(query), task_event_of)

    async def official(self, name: Name) -> OfficialRecord | None:
        """Give one official message."""
        found = await self._ask(
            select(officials).where(
                officials.c.sender == name.sender, officials.c.identifier == name.identifier
            ),
            rows.official_of,
        )
        return found[0] if found else None

    async def due(self, now: datetime, limit: int = 100) -> list[OutboxEntry]:
        """List pending outbox entries whose `due_at` has come, most severe then oldest first.

        One that was made later than `now` is due: the clock was set back since.

        An entry that cannot be read back must not hold up the others: it becomes failed, with the
        reason in `last_error`, and is logged.
        """
        question = (
            select(outbox)
            .where(
                outbox.c.state == NoticeState.PENDING,
                or_(outbox.c.due_at <= now, outbox.c.created_at > now),
            )
            .order_by(outbox.c.severity.desc(), outbox.c.due_at, outbox.c.id)
            .limit(limit)
        )
        entries = []
        for row in await self._ask(question, lambda row: row):
            try:
                entries.append(rows.outbox_of(row))
            except ValueError as error:
                await self._give_up(row.id, f"cannot be read back: {error}")
        return entries

    async def save_outcome(self, entry: OutboxEntry) -> None:
        """Write a pending entry's new state, attempts, due time, error and recipient.

        An entry that is no longer pending stays what it is; of one that was cancelled while it was
        being sent, `sent_at` and `attempts` are kept, so that `explain` can tell. An entry never
        recorded (the journal was away) is added.
        """
        write = self._open_doors().write
        sent = {"notice_id": entry.notice.id, "sent": entry.sent_at, "tries": entry.attempts}

        def put(connection: Connection) -> None:
            connection.execute(write.put_outcome, rows.outbox_row(entry))
            if entry.sent_at is not None:
                connection.execute(statements.note_late_sending(), sent)

        await self._write(put)

    async def notice(self, notice_id: str) -> OutboxEntry | None:
        """Give one outbox entry."""
        found = await self._ask(select(outbox).where(outbox.c.id == notice_id), rows.outbox_of)
        return found[0] if found else None

    async def sent_to(self, people: Collection[str], limit: int) -> list[OutboxEntry]:
        """List the notices that were sent to people, the newest first."""
        return await self._ask(statements.sent_to(people, limit), rows.outbox_of)

    async def outbox(self, alert_id: str) -> list[OutboxEntry]:
        """List every outbox entry of one alert, oldest first, for `explain`."""
        return await self._ask(statements.about(alert_id), rows.outbox_of)

    async def held(self) -> list[OutboxEntry]:
        """List the notices that are held for company, oldest first."""
        question = select(outbox).where(outbox.c.state == NoticeState.HELD)
        return await self._ask(question.order_by(outbox.c.created_at), rows.outbox_of)

    async def told_lately(self, since: datetime) -> list[tuple[str, str, datetime]]:
        """List recipient, alert and instant of all notices made since, but of ends, in order."""
        return await self._ask(
            statements.told_lately(since),
            lambda row: (row.recipient_id, row.alert_id, row.created_at),
        )

    async def save_states(self, states: Sequence[RuleState]) -> None:
        """Upsert rule states, some hundred per transaction so that an alert never waits for all.

        A failure may leave the first ones saved, which does no harm: each says of which log block
        it is.
        """
        write = self._open_doors().write
        for batch in _batches(states):
            await self._execute(write.put_state, [rows.state_row(state) for state in batch])

    async def load_states(self) -> list[RuleState]:
        """Load all rule states, by key."""
        return await self._ask(select(rule_state).order_by(rule_state.c.key), rows.state_of)

    async def drop_states(self, keys: Iterable[str]) -> None:
        """Forget the rule states of device points that are no longer in the registry."""
        for batch in _batches(keys):
            await self._execute(delete(rule_state).where(rule_state.c.key.in_(batch)))

    async def add_edit(self, edit: ResourceEdit) -> int:
        """Add what somebody changed of a resource and give its number; then it is on the disk."""
        return await self._write(lambda connection: edits.added(connection, edit))

    async def standing_edits(self) -> list[ResourceEdit]:
        """List the edits to lay over the files, oldest first."""
        return await self._ask(edits.standing(), edits.edit_of)

    async def edits(
        self,
        resource: str,
        *,
        kind: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[ResourceEdit]:
        """List the edits of one resource, newest first, those numbered below `before`."""
        return await self._ask(edits.history(resource, kind, before, limit), edits.edit_of)

    async def foreign_name(
        self, message: str, span: tuple[str, str], choose: foreign_names.Choose
    ) -> str:
        """Give the name by which a message is known outside; `choose` a free one of a span first.

        `choose` may be called in another thread.

        Raises:
            ValueError: `choose` finds none; whatever it says.
        """
        return await self._write(
            lambda connection: foreign_names.name_given(connection, message, span, choose)
        )

    async def cap_messages(self, made: Mapping[str, str]) -> dict[str, str]:
        """Give texts by identifier as they were when first given; what is new is kept so."""
        return await self._write(lambda connection: cap_messages.kept_as_first(connection, made))

    async def prune(self, before: datetime) -> int:
        """Delete notices sent, failed or cancelled before `before`, of alerts that are over.

        So do positions of teams that newer ones followed. Alerts, transitions, actions and edits
        by people are evidence and stay. Gives how many notices went.
        """

        def delete_some(connection: Connection) -> int:
            found = connection.execute(statements.past_notices(before, _BATCH))
            ids = list(found.scalars())
            connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))
            gone = notice_members.c.notice_id.in_(ids)
            connection.execute(delete(notice_members).where(gone))
            return len(ids)

        await self._execute(edits.past_positions(before))
        n_gone = 0
        while n_now := await self._write(delete_some):
            n_gone += n_now
        return n_gone

    async def _ask(self, question: Executable, read: Callable[[Row[Any]], _T]) -> list[_T]:
        """Run one question and read its rows; a row that cannot be read is a JournalError."""
        reader = self._open_doors().reader

        async def fetch() -> Sequence[Row[Any]]:
            with translated(self._place):
                return await reader.transact(lambda connection: connection.execute(question).all())

        found = await self._under_way.run(fetch(), "journal question")
        try:
            return [read(row) for row in found]
        except ValueError as error:
            raise JournalError(f"journal {self._place}: a row cannot be read: {error}") from error

    async def _write(self, body: Callable[[Connection], _T]) -> _T:
        """Run `body` in one transaction; it is committed at the end, or leaves nothing."""
        writer = self._open_doors().writer

        async def transact() -> _T:
            with translated(self._place):
                return await writer.transact(body)

        return await self._under_way.run(transact(), "journal write")

    async def _execute(
        self, statement: Executable, values: Sequence[rows.Values] | None = None
    ) -> None:
        """Run one statement in a transaction of its own."""
        await self._write(lambda connection: connection.execute(statement, values))

    async def _give_up(self, notice_id: str, why: str) -> None:
        _log.error("notice %s %s; it was not sent", notice_id, why)
        statement = (
            update(outbox)
            .where(outbox.c.id == notice_id, outbox.c.state == NoticeState.PENDING)
            .values(state=NoticeState.FAILED, last_error=why)
        )
        await self._execute(statement)

    def _open_doors(self) -> _Doors:
        if self._doors is None:
            raise JournalError(f"journal {self._place} is not open")
        return self._doors


def _steps(write: statements.Statements, effects: Effects) -> list[_Step]:
    """Give what to insert, how to make a row of it, in the order the foreign keys ask for."""
    seq = () if effects.seq is None else (effects.seq,)
    return [
        (write.put_alert, rows.alert_row, effects.alerts),
        (write.put_transition, rows.transition_row, effects.transitions),
        (write.add_action, rows.action_row, effects.actions),
        (write.put_response, rows.response_row, effects.responses),
        (write.add_stage, rows.stage_row, effects.stages),
        (write.put_silence, rows.silence_row, effects.silences),
        (write.add_official, rows.official_row, effects.officials),
        (write.add_task_event, task_event_row, effects.task_events),
        (write.add_notice, rows.outbox_row, effects.notices),
        (write.add_step, rows.step_row, effects.steps),
        (write.add_proof, rows.proof_row, effects.proofs),
        (write.raise_seq, statements.seq_row, seq),
    ]


def _cancel(connection: Connection, effects: Effects) -> None:
    """Cancel what is pending of the cancelled alerts, but not the notices of these same effects.

    (When the same effects are recorded twice, those are pending already.)
    """
    spared = {entry.notice.id for entry in effects.notices}
    for batch in _batches(effects.cancelled):
        found = connection.execute(statements.pending_of(batch))
        meant = [{"notice_id": notice} for notice in found.scalars() if notice not in spared]
        if meant:
            connection.execute(statements.cancel(), meant)


def _batches(values: Iterable[_T], size: int = _BATCH) -> Iterable[list[_T]]:
    """Give the values in lists of at most `size`."""
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch
