"""The contract of `alerting.ports.Journal`, on SQLite, on PostgreSQL and on the fake.

The tests at the top run on all three; those that ask for `url` need a journal that lasts.
"""

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.errors import JournalError
from alerting.model import Alert, AlertState, NoticeState, OutboxEntry, Severity, TransitionKind
from alerting.ports import Action, Effects, RuleState
from sensors.model import Position, SensorKey
from storage.journal import SqlJournal
from tests.contract import journal_values as values
from tests.contract.journal_values import (
    T0,
    a_recipient,
    a_transition,
    an_action,
    an_alert,
    an_entry,
)
from tests.fakes import MemoryJournal
from tests.servers import pause, resume, start_postgres, stop

ROOT = Path(__file__).parents[2]
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LATER = T0 + 30 * DAY

AnyJournal = SqlJournal | MemoryJournal
SQLITE = "sqlite"
POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)

_numbers = count(1)
_each_example_on_the_same_journal = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    dsn = start_postgres(tmp_path_factory.mktemp("postgres"))
    yield dsn
    stop(dsn)


async def fresh_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == SQLITE:
        return f"sqlite:///{tmp_path}/made/by/open/journal.db"
    server: str = request.getfixturevalue("postgres")
    name = f"journal_{next(_numbers)}"
    connection = await asyncpg.connect(server.replace("+asyncpg", ""))
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return server.rpartition("/")[0] + f"/{name}"


@pytest.fixture(params=[SQLITE, POSTGRES])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database that lasts."""
    return await fresh_url(request.param, request, tmp_path)


@pytest.fixture(params=["memory", SQLITE, POSTGRES])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyJournal]:
    made: AnyJournal = (
        MemoryJournal()
        if request.param == "memory"
        else SqlJournal(await fresh_url(request.param, request, tmp_path))
    )
    await made.open()
    yield made
    await made.close()


@contextlib.asynccontextmanager
async def opened(url: str, *, timeout_s: float = 10.0) -> AsyncIterator[SqlJournal]:
    journal = SqlJournal(url, timeout_s=timeout_s)
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


def a_raise(number: int = 1) -> Effects:
    alert = an_alert(f"a{number}")
    return Effects(
        seq=number,
        alerts=(alert,),
        transitions=(a_transition(alert.id),),
        notices=(an_entry(f"n{number}", alert),),
    )


async def everything(journal: AnyJournal, alert_id: str) -> tuple[object, ...]:
    return (
        await journal.alert(alert_id),
        await journal.transitions(alert_id),
        await journal.actions(alert_id),
        await journal.outbox(alert_id),
        await journal.recorded_seq(),
    )


# Round trip


@_each_example_on_the_same_journal
@given(alert=values.alerts, transition=values.transitions, action=values.actions)
async def test_alert_transition_and_action_come_back_as_they_were(
    journal: AnyJournal, alert: Alert, transition: object, action: Action
) -> None:
    alert = replace(alert, id=f"a{next(_numbers)}")
    step = replace(transition, alert_id=alert.id)  # type: ignore[type-var]
    action = replace(action, alert_id=alert.id)
    await journal.record(Effects(alerts=(alert,), transitions=(step,), actions=(action,)))  # type: ignore[arg-type]
    found = await journal.alert(alert.id)
    assert found == alert
    assert type(found.state) is AlertState
    assert type(found.severity) is Severity
    assert await journal.transitions(alert.id) == [step]
    assert await journal.actions(alert.id) == [action]


@_each_example_on_the_same_journal
@given(entry=values.entries)
async def test_outbox_entry_comes_back_as_it_was(journal: AnyJournal, entry: OutboxEntry) -> None:
    alert = replace(entry.notice.alert, id=f"a{next(_numbers)}")
    notice = replace(entry.notice, id=f"n{next(_numbers)}", alert=alert)
    entry = replace(entry, notice=notice)
    await journal.record(Effects(alerts=(alert,), notices=(entry,)))
    found = await journal.outbox(alert.id)
    assert found == [entry]
    assert type(found[0].state) is NoticeState
    assert type(found[0].notice.alert.sensor) is SensorKey


@_each_example_on_the_same_journal
@given(states=st.lists(values.states, max_size=3, unique_by=lambda state: state.key))
async def test_rule_states_come_back_as_they_were(
    journal: AnyJournal, states: list[RuleState]
) -> None:
    await journal.save_states(states)
    wanted = {state.key for state in states}
    found = [state for state in await journal.load_states() if state.key in wanted]
    assert sorted(found, key=lambda s: s.key) == sorted(states, key=lambda s: s.key)


async def test_instants_come_back_in_utc_to_the_microsecond(url: str) -> None:
    local = datetime.fromisoformat("2026-05-01T20:00:00.000001+08:00")
    async with opened(url) as journal:
        await journal.record(Effects(alerts=(an_alert(detected_at=local),)))
        found = await journal.alert("a1")
    assert found is not None
    assert found.detected_at == local
    assert found.detected_at.isoformat() == "2026-05-01T12:00:00.000001+00:00"


# Recording


async def test_an_empty_journal_knows_nothing(journal: AnyJournal) -> None:
    assert await everything(journal, "a1") == (None, [], [], [], 0)
    assert await journal.alerts() == []
    assert await journal.due(LATER) == []
    assert await journal.load_states() == []


async def test_the_same_effects_recorded_twice_are_there_once(journal: AnyJournal) -> None:
    alert = an_alert()
    effects = Effects(
        seq=7,
        alerts=(alert, an_alert("a2")),
        transitions=(a_transition(), a_transition("a2")),
        notices=(an_entry("n1", alert),),
        cancelled=("a1",),
        actions=(an_action(), an_action(note="two pumps on the way"), an_action("a2")),
    )
    await journal.record(effects)
    once = await everything(journal, "a1")
    await journal.record(effects)
    assert await everything(journal, "a1") == once
    assert once[3] == [an_entry("n1", alert)]
    assert len(await journal.actions("a1")) == 2


async def test_a_failing_record_leaves_nothing(journal: AnyJournal) -> None:
    await journal.record(a_raise(1))
    before = await everything(journal, "a1")
    ended = an_alert("a1", state=AlertState.RESOLVED, ended_at=LATER)
    with pytest.raises(JournalError):
        await journal.record(
            Effects(
                seq=9,
                alerts=(ended, an_alert("a2")),
                transitions=(a_transition("a1", ordinal=1), a_transition("of-no-alert")),
                notices=(an_entry("n9", ended),),
                cancelled=("a1",),
                actions=(an_action(),),
            )
        )
    assert await everything(journal, "a1") == before
    assert await journal.alert("a2") is None
    await journal.record(a_raise(3))
    assert await journal.alert("a3") == an_alert("a3")


async def test_an_action_on_an_unknown_alert_is_refused(journal: AnyJournal) -> None:
    with pytest.raises(JournalError):
        await journal.record(Effects(actions=(an_action("of-no-alert"),)))
    assert await journal.actions("of-no-alert") == []


async def test_a_later_record_replaces_the_alert(journal: AnyJournal) -> None:
    await journal.record(a_raise())
    ended = an_alert(state=AlertState.RESOLVED, ended_at=T0 + SECOND, value=None, ordinal=1)
    await journal.record(Effects(alerts=(ended,)))
    assert await journal.alert("a1") == ended


async def test_within_one_record_the_last_of_the_same_alert_counts(journal: AnyJournal) -> None:
    await journal.record(Effects(alerts=(an_alert(value=1.0), an_alert(value=2.0))))
    assert await journal.alert("a1") == an_alert(value=2.0)


async def test_a_transition_only_becomes_final_and_changes_its_event_time(
    journal: AnyJournal,
) -> None:
    first = a_transition(final=False)
    await journal.record(Effects(alerts=(an_alert(),), transitions=(first,)))
    rewritten = a_transition(
        taken_at=T0 - SECOND, kind=TransitionKind.CLEARED, reason="other", value=0.0, final=True
    )
    await journal.record(Effects(transitions=(rewritten,)))
    settled = replace(first, taken_at=T0 - SECOND, final=True)
    assert await journal.transitions("a1") == [settled]
    await journal.record(Effects(transitions=(a_transition(taken_at=LATER, final=False),)))
    assert await journal.transitions("a1") == [settled]


async def test_transitions_come_in_order_of_their_ordinal(journal: AnyJournal) -> None:
    steps = [a_transition(ordinal=ordinal) for ordinal in (10, 2, 0, 1)]
    await journal.record(Effects(alerts=(an_alert(),), transitions=tuple(steps)))
    assert [step.ordinal for step in await journal.transitions("a1")] == [0, 1, 2, 10]


async def test_recorded_seq_never_goes_back(journal: AnyJournal) -> None:
    seen = []
    for seq in (5, 3, None, 6):
        await journal.record(Effects(seq=seq))
        seen.append(await journal.recorded_seq())
    assert seen == [5, 5, 5, 6]


async def test_actions_come_oldest_first(journal: AnyJournal) -> None:
    late, early = an_action(at=T0 + SECOND), an_action(action="note", note="看到了 🌊")
    await journal.record(Effects(alerts=(an_alert(),), actions=(late,)))
    await journal.record(Effects(actions=(early,)))
    assert await journal.actions("a1") == [early, late]


async def test_five_thousand_alerts_in_one_record(journal: AnyJournal) -> None:
    alerts = tuple(an_alert(f"a{n}") for n in range(5000))
    steps = tuple(a_transition(alert.id) for alert in alerts)
    await journal.record(Effects(seq=1, alerts=alerts, transitions=steps))
    assert len(await journal.alerts(limit=10_000)) == 5000
    assert await journal.transitions("a4999") == [steps[-1]]


async def test_many_tasks_record_and_ask_at_once(journal: AnyJournal) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(1, 41):
            group.create_task(journal.record(a_raise(number)))
            group.create_task(journal.due(LATER))
    assert len(await journal.alerts()) == 40
    assert await journal.recorded_seq() == 40


# Listing


async def test_alerts_are_listed_newest_first_and_filtered(journal: AnyJournal) -> None:
    elsewhere = SensorKey("site-2", "gauge-1", "", "level_m")
    await journal.record(
        Effects(
            alerts=(
                an_alert("old", detected_at=T0 - DAY),
                an_alert("new", detected_at=T0 + DAY, sensor=elsewhere),
                an_alert("over", detected_at=T0, state=AlertState.RESOLVED),
                an_alert("gone", detected_at=T0 - SECOND, state=AlertState.WITHDRAWN),
            )
        )
    )

    async def ids(**question: object) -> list[str]:
        return [alert.id for alert in await journal.alerts(**question)]  # type: ignore[arg-type]

    assert await ids() == ["new", "over", "gone", "old"]
    assert await ids(firing_only=True) == ["new", "old"]
    assert await ids(site="site-2") == ["new"]
    assert await ids(since=T0) == ["new", "over"]
    assert await ids(limit=2) == ["new", "over"]
    assert await ids(firing_only=True, site="site-1", since=T0 - 2 * DAY) == ["old"]
    assert await ids(site="nowhere") == []


# Outbox


async def test_a_notice_already_there_is_not_replaced(journal: AnyJournal) -> None:
    await journal.record(a_raise())
    sent = replace(an_entry(), state=NoticeState.SENT, sent_at=T0 + SECOND, attempts=1)
    await journal.save_outcome(sent)
    await journal.record(a_raise())
    assert await journal.outbox("a1") == [sent]


async def test_due_gives_the_most_severe_then_the_oldest(journal: AnyJournal) -> None:
    severe, minor = an_alert("severe"), an_alert("minor", severity=Severity.MINOR)
    extreme = an_alert("extreme", severity=Severity.EXTREME)
    entries = (
        an_entry("minor-old", minor, due_at=T0 - DAY),
        an_entry("severe-new", severe, due_at=T0),
        an_entry("severe-old", severe, due_at=T0 - SECOND),
        an_entry("extreme-new", extreme, due_at=T0),
        an_entry("extreme-not-yet", extreme, due_at=T0 + SECOND / 1_000_000),
        an_entry("extreme-sent", extreme, state=NoticeState.SENT),
        an_entry("extreme-failed", extreme, state=NoticeState.FAILED),
    )
    await journal.record(Effects(alerts=(severe, minor, extreme), notices=entries))
    due = [entry.notice.id for entry in await journal.due(T0)]
    assert due == ["extreme-new", "severe-old", "severe-new", "minor-old"]
    assert [entry.notice.id for entry in await journal.due(T0, limit=2)] == due[:2]


async def test_cancelling_stops_what_is_pending_of_that_alert(journal: AnyJournal) -> None:
    one, other = an_alert("a1"), an_alert("a2")
    entries = (an_entry("n1", one), an_entry("n2", other), an_entry("done", one))
    await journal.record(Effects(alerts=(one, other), notices=entries))
    await journal.save_outcome(replace(entries[2], state=NoticeState.SENT, sent_at=T0))
    cleared = an_entry("cleared", one)
    await journal.record(Effects(cancelled=("a1", "unknown"), notices=(cleared,)))
    assert {e.notice.id for e in await journal.due(LATER)} == {"cleared", "n2"}
    states = {entry.notice.id: entry.state for entry in await journal.outbox("a1")}
    assert states == {
        "n1": NoticeState.CANCELLED,
        "done": NoticeState.SENT,
        "cleared": NoticeState.PENDING,
    }


async def test_an_outcome_does_not_bring_a_cancelled_notice_back(journal: AnyJournal) -> None:
    await journal.record(a_raise())
    await journal.record(Effects(cancelled=("a1",)))
    retried = replace(an_entry(), attempts=1, due_at=T0 + SECOND, last_error="HTTP 503")
    await journal.save_outcome(retried)
    assert await journal.due(LATER) == []
    assert await journal.outbox("a1") == [replace(an_entry(), state=NoticeState.CANCELLED)]


async def test_a_notice_sent_while_it_was_being_cancelled_says_both(journal: AnyJournal) -> None:
    await journal.record(a_raise())
    await journal.record(Effects(cancelled=("a1",)))
    sent = replace(an_entry(), state=NoticeState.SENT, attempts=1, sent_at=T0 + SECOND)
    await journal.save_outcome(sent)
    assert await journal.outbox("a1") == [replace(sent, state=NoticeState.CANCELLED)]


async def test_an_outcome_of_a_pending_notice_is_kept_whole(journal: AnyJournal) -> None:
    waiting = an_entry(fallbacks=(a_recipient("r2"), a_recipient("r3")))
    await journal.record(Effects(alerts=(an_alert(),), notices=(waiting,)))
    moved = replace(
        waiting,
        notice=replace(waiting.notice, recipient=a_recipient("r2")),
        fallbacks=(a_recipient("r3"),),
        attempts=3,
        due_at=T0 + SECOND,
        last_error="接收方没有回应",
    )
    await journal.save_outcome(moved)
    assert await journal.due(T0) == []
    assert await journal.due(T0 + SECOND) == [moved]


@pytest.mark.parametrize("final", [NoticeState.SENT, NoticeState.FAILED])
async def test_a_second_outcome_does_not_undo_the_first(
    journal: AnyJournal, final: NoticeState
) -> None:
    await journal.record(a_raise())
    done = replace(an_entry(), state=final, attempts=1)
    await journal.save_outcome(done)
    await journal.save_outcome(replace(an_entry(), attempts=1, last_error="stale"))
    assert await journal.outbox("a1") == [done]


async def test_the_outcome_of_a_notice_never_recorded_is_added(journal: AnyJournal) -> None:
    sent = an_entry("unheard-of", state=NoticeState.SENT, sent_at=T0)
    await journal.save_outcome(sent)
    assert await journal.outbox("a1") == [sent]


async def test_outbox_of_one_alert_is_oldest_first(journal: AnyJournal) -> None:
    late, early = an_entry("n1"), an_entry("n2")
    late = replace(late, notice=replace(late.notice, created_at=T0 + SECOND))
    other = an_entry("n3", an_alert("a2"))
    await journal.record(Effects(alerts=(an_alert(), an_alert("a2")), notices=(late, early, other)))
    assert await journal.outbox("a1") == [early, late]


# Bounds


async def test_pruning_takes_old_done_notices_of_alerts_that_are_over(journal: AnyJournal) -> None:
    over, firing = an_alert("over", state=AlertState.RESOLVED), an_alert("firing")
    entries = (
        an_entry("sent", over, state=NoticeState.SENT, sent_at=T0),
        an_entry("failed", over, state=NoticeState.FAILED),
        an_entry("pending", over),
        an_entry("sent-lately", over, state=NoticeState.SENT, sent_at=T0 + 2 * DAY),
        an_entry("still-firing", firing, state=NoticeState.SENT, sent_at=T0),
    )
    await journal.record(
        Effects(alerts=(over, firing), notices=entries, transitions=(a_transition("over"),))
    )
    assert await journal.prune(T0) == 0
    assert await journal.prune(T0 + DAY) == 2
    left = [*await journal.outbox("over"), *await journal.outbox("firing")]
    assert {entry.notice.id for entry in left} == {"pending", "sent-lately", "still-firing"}
    assert await journal.alert("over") == over
    assert await journal.transitions("over") == [a_transition("over")]


async def test_pruning_takes_more_than_one_batch(journal: AnyJournal) -> None:
    over = an_alert(state=AlertState.RESOLVED)
    entries = tuple(an_entry(f"n{n}", over, state=NoticeState.CANCELLED) for n in range(1201))
    await journal.record(Effects(alerts=(over,), notices=entries))
    assert await journal.prune(LATER) == 1201
    assert await journal.outbox("a1") == []


async def test_rule_states_are_replaced_and_dropped_by_key(journal: AnyJournal) -> None:
    states = [RuleState(key=f"s/{n:05}", seq=n, blob=bytes([n % 256]) * 50) for n in range(1201)]
    await journal.save_states(states)
    await journal.save_states([RuleState(key="s/00000", seq=9, blob=b"")])
    found = await journal.load_states()
    assert found == [RuleState(key="s/00000", seq=9, blob=b""), *states[1:]]
    await journal.drop_states(state.key for state in states[1:])
    assert await journal.load_states() == [RuleState(key="s/00000", seq=9, blob=b"")]
    await journal.save_states([])


# Lasting


async def test_everything_is_there_after_closing_and_opening(url: str) -> None:
    async with opened(url) as journal:
        await journal.record(replace(a_raise(4), actions=(an_action("a4"),)))
        await journal.save_states([RuleState(key="k", seq=4, blob=b"\x00\xff")])
        before = await everything(journal, "a4")
    async with opened(url) as journal:
        assert await everything(journal, "a4") == before
        assert await journal.load_states() == [RuleState(key="k", seq=4, blob=b"\x00\xff")]
        assert await journal.due(LATER) == [an_entry("n4", an_alert("a4"))]


async def test_a_closed_journal_says_so_and_opens_again(url: str) -> None:
    journal = SqlJournal(url)
    with pytest.raises(JournalError, match="not open"):
        await journal.record(a_raise())
    await journal.open()
    await journal.close()
    await journal.close()
    for attempt in (journal.record(a_raise()), journal.alerts(), journal.due(T0)):
        with pytest.raises(JournalError, match="not open"):
            await attempt
    await journal.open()
    await journal.record(a_raise())
    await journal.close()


async def test_programs_that_open_it_at_once_do_not_disturb_each_other(url: str) -> None:
    journals = [SqlJournal(url) for _ in range(6)]
    async with asyncio.TaskGroup() as group:
        for journal in journals:
            group.create_task(journal.open())
    for number, journal in enumerate(journals, start=1):
        await journal.record(a_raise(number))
    assert await journals[0].recorded_seq() == 6
    for journal in journals:
        await journal.close()


@pytest.mark.slow
async def test_two_processes_migrate_at_once(url: str) -> None:
    writers = [start_writer(url, first) for first in (1, 100_001)]
    for writer in writers:
        read_numbers(writer, 3)
        kill(writer)
    async with opened(url) as journal:
        assert await journal.alert("a3")
        assert await journal.alert("a100003")


def start_writer(url: str, first: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.contract.journal_writer", url, str(first)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def read_numbers(writer: subprocess.Popen[str], at_least: int) -> list[int]:
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(at_least)]
    assert all(lines), "the writer ended early"
    return [int(line) for line in lines]


def kill(writer: subprocess.Popen[str]) -> list[int]:
    """Kill -9, and give the numbers it had printed meanwhile."""
    assert writer.stdout is not None
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate(timeout=30)
    return [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.slow
async def test_what_was_recorded_survives_kill_9(url: str) -> None:
    first = 1
    for at_least in (1, 40, 111):
        writer = start_writer(url, first)
        numbers = read_numbers(writer, at_least)
        numbers += kill(writer)
        async with opened(url) as journal:
            for number in numbers:
                alert = an_alert(f"a{number}")
                assert await journal.alert(alert.id) == alert
                assert await journal.transitions(alert.id) == [a_transition(alert.id)]
                assert len(await journal.outbox(alert.id)) == 5
            recorded = await journal.recorded_seq()
            assert numbers[-1] <= recorded <= numbers[-1] + 1
        first = recorded + 1


async def test_a_cancelled_caller_leaves_a_working_journal(url: str) -> None:
    alerts = tuple(an_alert(f"a{n}") for n in range(2000))
    async with opened(url) as journal:
        for wait_s in (0.0, 0.005, 0.02):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await journal.record(Effects(alerts=alerts))
            assert len(await journal.alerts(limit=5000)) in (0, 2000)
            await journal.record(Effects(seq=1))
        await journal.record(a_raise())
        assert await journal.alert("a1") == an_alert("a1")


# What the program does wrong


async def test_a_naive_instant_is_refused_and_leaves_nothing(url: str) -> None:
    naive = T0.replace(tzinfo=None)
    async with opened(url) as journal:
        await journal.record(Effects(alerts=(an_alert(),)))
        for effects in (
            Effects(seq=1, alerts=(an_alert(value=1.0), an_alert("a2", started_at=naive))),
            Effects(seq=1, notices=(an_entry(due_at=naive),)),
            Effects(seq=1, actions=(an_action(at=naive),)),
        ):
            with pytest.raises(ValueError, match="naive"):
                await journal.record(effects)
        for question in (journal.due(naive), journal.alerts(since=naive), journal.prune(naive)):
            with pytest.raises(ValueError, match="naive"):
                await question
        assert await everything(journal, "a1") == (an_alert(), [], [], [], 0)


async def test_text_that_no_database_can_hold_does_not_stop_an_alert(url: str) -> None:
    strange = "a\0b\ud800c"
    alert = an_alert(reason=strange)
    async with opened(url) as journal:
        await journal.record(
            Effects(
                alerts=(alert,),
                actions=(an_action(note=strange),),
                notices=(an_entry("n1", alert, last_error=strange),),
            )
        )
        found = await journal.alert("a1")
        assert found is not None
        assert found.reason == "a\ufffdb\ufffdc"
        assert (await journal.actions("a1"))[0].note == "a\ufffdb\ufffdc"
        assert await journal.due(LATER) == [an_entry("n1", alert, last_error=strange)]


async def test_a_number_that_is_none_does_not_stop_an_alert(url: str) -> None:
    nan = float("nan")
    async with opened(url) as journal:
        await journal.record(Effects(alerts=(an_alert(value=nan, position=Position(nan, 1.0)),)))
        found = await journal.alert("a1")
    assert found is not None
    assert found.value is None
    assert found.position.lat != found.position.lat
    assert found.position.lon == 1.0


async def change(url: str, statement: str) -> None:
    """Change the database behind the journal's back."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()
        return
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(statement)
    await connection.close()


async def test_an_unreadable_notice_does_not_hold_up_the_others(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(url) as journal:
        for number in (1, 2, 3):
            await journal.record(a_raise(number))
        await change(url, "UPDATE outbox SET entry = '{\"v\":99}' WHERE id = 'n1'")
        await change(url, "UPDATE outbox SET entry = 'rubbish' WHERE id = 'n2'")
        assert [entry.notice.id for entry in await journal.due(LATER)] == ["n3"]
        assert "n1" in caplog.text
        assert "n2" in caplog.text
        caplog.clear()
        assert [entry.notice.id for entry in await journal.due(LATER)] == ["n3"]
        assert caplog.text == ""
        with pytest.raises(JournalError, match="cannot be read"):
            await journal.outbox("a1")


async def test_tables_of_a_newer_program_are_refused(url: str) -> None:
    async with opened(url):
        pass
    await change(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalError, match="run the version that made them"):
        await SqlJournal(url).open()


# SQLite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "district" / "journal.db"


async def test_sqlite_full_is_an_error_that_passes(path: Path) -> None:
    journal = SqlJournal(f"sqlite:///{path}", max_bytes=512 * 1024)
    await journal.open()
    over = an_alert(state=AlertState.RESOLVED)
    n_recorded = 0
    with pytest.raises(JournalError, match="full"):
        for n_recorded in range(1000):
            entry = an_entry(f"n{n_recorded}", over, state=NoticeState.SENT, sent_at=T0)
            await journal.record(Effects(seq=n_recorded, alerts=(over,), notices=(entry,)))
    assert len(await journal.outbox("a1")) == n_recorded
    assert await journal.recorded_seq() == n_recorded - 1
    with pytest.raises(JournalError, match="full"):
        await journal.save_states([RuleState(key="k", seq=1, blob=bytes(300_000))])
    assert await journal.prune(LATER) == n_recorded
    await journal.record(a_raise(5000))
    assert await journal.alert("a5000")
    await journal.close()
    assert path.stat().st_size <= 512 * 1024


async def test_sqlite_locked_by_another_program_is_an_error_that_passes(path: Path) -> None:
    async with opened(f"sqlite:///{path}", timeout_s=0.2) as journal:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(JournalError, match=r"locked.*another process"):
                await journal.record(a_raise())
            assert await journal.alerts() == []
            other.execute("ROLLBACK")
        await journal.record(a_raise())
        assert await journal.alert("a1") == an_alert()


async def test_sqlite_waits_for_a_lock_that_goes_away(path: Path) -> None:
    async with opened(f"sqlite:///{path}") as journal:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with asyncio.TaskGroup() as group:
                recording = group.create_task(journal.record(a_raise()))
                assert await journal.alerts() == []
                assert not recording.done()
                other.execute("COMMIT")
        assert await journal.alert("a1") == an_alert()


@pytest.mark.parametrize("size", [0, 100, 8192])
async def test_sqlite_opening_a_file_that_is_no_database(path: Path, size: int) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database" * (size // 14 + 1))
    with pytest.raises(JournalError, match=r"damaged.*backup.*move it away") as caught:
        await SqlJournal(f"sqlite:///{path}").open()
    assert str(path) in str(caught.value)
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)


async def test_sqlite_damage_in_the_middle_names_the_file_and_the_remedy(path: Path) -> None:
    async with opened(f"sqlite:///{path}") as journal:
        await journal.save_states(
            [RuleState(key=str(n), seq=n, blob=b"x" * 900) for n in range(99)]
        )
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(JournalError, match=r"damaged.*backup.*move it away") as caught:
        async with opened(f"sqlite:///{path}") as journal:
            await journal.load_states()
    assert str(path) in str(caught.value)


async def test_sqlite_where_no_directory_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="file/sub"):
        await SqlJournal(f"sqlite:///{tmp_path}/file/sub/journal.db").open()


async def test_sqlite_path_is_a_directory(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"check that the directory is there"):
        await SqlJournal(f"sqlite:///{tmp_path}").open()


async def test_sqlite_opens_from_any_working_directory(tmp_path: Path) -> None:
    elsewhere = tmp_path / "100% elsewhere"
    elsewhere.mkdir()
    with contextlib.chdir(elsewhere):
        journal = SqlJournal("sqlite:///sub/journal.db")
        with contextlib.chdir("/"):
            await journal.open()
            await journal.record(a_raise())
            await journal.close()
    assert (elsewhere / "sub" / "journal.db").exists()


async def test_sqlite_readers_cannot_keep_an_alert_from_being_recorded(path: Path) -> None:
    async with opened(f"sqlite:///{path}") as journal:
        await journal.record(Effects(alerts=tuple(an_alert(f"b{n}") for n in range(500))))
        async with asyncio.TaskGroup() as group:
            for _ in range(30):
                group.create_task(journal.alerts())
            began = time.monotonic()
            await journal.record(a_raise())
            assert time.monotonic() - began < 1.0


# PostgreSQL


@pytest.mark.postgres
@pytest.mark.slow
async def test_postgres_going_away_is_an_error_that_passes(tmp_path: Path) -> None:
    dsn = start_postgres(tmp_path)
    port = int(dsn.rpartition(":")[2].partition("/")[0])
    async with opened(dsn) as journal:
        await journal.record(a_raise(1))
        stop(dsn)
        for _ in range(2):
            with pytest.raises(JournalError, match="postgresql"):
                await journal.record(a_raise(2))
            with pytest.raises(JournalError, match="postgresql"):
                await journal.alerts()
        start_postgres(tmp_path, port=port)
        await journal.record(a_raise(3))
        assert {alert.id for alert in await journal.alerts()} == {"a1", "a3"}
    stop(dsn)


@pytest.mark.postgres
@pytest.mark.slow
async def test_postgres_not_answering_is_an_error_that_passes(tmp_path: Path) -> None:
    dsn = start_postgres(tmp_path)
    async with opened(dsn, timeout_s=0.3) as journal:
        await journal.record(a_raise(1))
        pause(dsn)
        began = time.monotonic()
        with pytest.raises(JournalError):
            await journal.record(a_raise(2))
        with pytest.raises(JournalError):
            await journal.alerts()
        assert time.monotonic() - began < 10
        resume(dsn)
        await journal.record(a_raise(3))
        assert await journal.alert("a3")
    stop(dsn)


@pytest.mark.postgres
async def test_postgres_refusing_does_not_tell_the_password(postgres: str) -> None:
    address = postgres.rpartition("@")[2].partition("/")[0]
    for url in (
        f"postgresql://groundwatch:hush-hush@{address}/no_such_database",
        f"postgresql://nobody:hush-hush@{address}/postgres",
        "postgresql://nobody:hush-hush@127.0.0.1:1/postgres",
    ):
        with pytest.raises(JournalError, match=r"nobody|no_such_database") as caught:
            await SqlJournal(url).open()
        assert "hush" not in str(caught.value)
