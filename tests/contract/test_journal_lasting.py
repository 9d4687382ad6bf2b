"""What a journal on a disk must stand: closing, killing, wrong values; on both databases."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerting.errors import JournalError
from alerting.ports import Effects, RuleState
from sensors.model import Position
from storage.journal import SqlJournal
from storage.resource_edits import EditAction, ResourceEdit
from tests.contract.journal_values import (
    T0,
    a_raise,
    a_transition,
    an_action,
    an_alert,
    an_entry,
    everything,
    fresh_url,
    opened,
    run_sql,
)
from tests.servers import start_postgres, stop

ROOT = Path(__file__).parents[2]
LATER = T0 + timedelta(days=30)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    dsn = start_postgres(tmp_path_factory.mktemp("postgres"))
    yield dsn
    stop(dsn)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/made/by/open/journal.db"
    return await fresh_url(request.getfixturevalue("postgres"))


async def test_instants_come_back_in_utc_to_the_microsecond(url: str) -> None:
    local = datetime.fromisoformat("2026-05-01T20:00:00.000001+08:00")
    async with opened(url) as journal:
        await journal.record(Effects(alerts=(an_alert(detected_at=local),)))
        found = await journal.alert("a1")
    assert found is not None
    assert found.detected_at == local
    assert found.detected_at.isoformat() == "2026-05-01T12:00:00.000001+00:00"


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
    with writer:
        rest = writer.stdout.read()  # not `communicate`, which passes over what was read ahead
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


async def test_closing_waits_for_what_a_cancelled_caller_began(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    alerts = tuple(an_alert(f"a{n}") for n in range(2000))
    async with opened(url) as journal:
        await journal.record(a_raise(3000))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await journal.record(Effects(alerts=alerts))
    async with opened(url) as journal:
        assert len(await journal.alerts(limit=5000)) == 2001
    assert caplog.text == ""


async def test_a_failure_after_its_caller_was_cancelled_is_told(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    alerts = tuple(an_alert(f"a{n}") for n in range(2000))
    async with opened(url) as journal:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await journal.record(
                    Effects(alerts=alerts, transitions=(a_transition("of-no-alert"),))
                )
    assert "failed after its caller was cancelled" in caplog.text


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
        assert await journal.due(LATER) == [an_entry("n1", alert, last_error="a\ufffdb\ufffdc")]


async def test_a_number_that_is_none_does_not_stop_an_alert(url: str) -> None:
    nan = float("nan")
    async with opened(url) as journal:
        await journal.record(Effects(alerts=(an_alert(value=nan, position=Position(nan, 1.0)),)))
        found = await journal.alert("a1")
    assert found is not None
    assert found.value is None
    assert found.position.lat != found.position.lat
    assert found.position.lon == 1.0


async def test_an_unreadable_notice_does_not_hold_up_the_others(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(url) as journal:
        for number in (1, 2, 3):
            await journal.record(a_raise(number))
        await run_sql(url, "UPDATE outbox SET entry = '{\"v\":99}' WHERE id = 'n1'")
        await run_sql(url, "UPDATE outbox SET entry = 'rubbish' WHERE id = 'n2'")
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
    await run_sql(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalError, match="run the version that made them"):
        await SqlJournal(url).open()


async def test_edits_of_resources_are_kept_in_order_and_old_positions_go(url: str) -> None:
    def edit(action: EditAction, resource: str, hours: int, **changes: str) -> ResourceEdit:
        return ResourceEdit(
            kind="teams",
            resource=resource,
            action=action,
            at=T0 + timedelta(hours=hours),
            actor="甲某",
            note="n",
            changes=changes,
            before={"a": "1"},
            after={"a": "2", **changes},
        )

    made = [
        edit(EditAction.CREATE, "T1", 0, name="队"),
        edit(EditAction.POSITION, "T1", 1, lat="1"),
        edit(EditAction.POSITION, "T2", 2, lat="2"),
        edit(EditAction.POSITION, "T1", 3, lat="3"),
        edit(EditAction.PATCH, "T1", 4, name=""),
    ]
    async with opened(url) as journal:
        for each in made:
            await journal.add_edit(each)
    async with opened(url) as journal:
        found = await journal.standing_edits()
        assert [replace(each, number=0) for each in found] == [made[0], *made[2:]]
        newest = await journal.edits("T1", limit=2)
        assert [replace(each, number=0) for each in newest] == [made[4], made[3]]
        rest = await journal.edits("T1", kind="teams", before=newest[-1].number)
        assert [replace(each, number=0) for each in rest] == [made[1], made[0]]
        assert await journal.edits("T1", kind="depots") == []
        await journal.prune(LATER)
        assert [each.number for each in await journal.standing_edits()] == [
            each.number for each in found
        ]
        assert len(await journal.edits("T1")) == 3


async def test_a_message_of_cap_stays_as_it_was_first_given(url: str) -> None:
    async with opened(url) as journal:
        assert await journal.cap_messages({"m1": "old", "m2": "塔吊"}) == {
            "m1": "old",
            "m2": "塔吊",
        }
    async with opened(url) as journal:
        found = await journal.cap_messages({"m1": "new", "m3": "three"})
        assert found == {"m1": "old", "m3": "three"}
        assert await journal.cap_messages({}) == {}
        many = {f"n{n}": str(n) for n in range(900)}
        assert await journal.cap_messages(many) == many
        assert await journal.cap_messages(dict.fromkeys(many, "")) == many


async def test_messages_of_cap_asked_for_at_once_are_one(url: str) -> None:
    async with opened(url) as journal:
        for n in range(5):
            asked = ({"old": "o", f"m{n}": str(who)} for who in range(8))
            found = await asyncio.gather(*map(journal.cap_messages, asked))
            assert all(each == found[0] for each in found)
            assert await journal.cap_messages({f"m{n}": "late"}) == {f"m{n}": found[0][f"m{n}"]}


async def test_a_message_keeps_its_name_outside_and_shares_it_with_none(url: str) -> None:
    span = ("s_20260601140000_0", "s_20260601140000_9")

    def choose(taken: Collection[str]) -> str:
        return next(name for n in range(10) if (name := f"{span[0][:-1]}{n}") not in taken)

    async with opened(url) as journal:
        first = [await journal.foreign_name(f"m{n}", span, choose) for n in range(3)]
    async with opened(url) as journal:
        again = [await journal.foreign_name(f"m{n}", span, choose) for n in range(4)]
    assert [name[-1] for name in again] == ["0", "1", "2", "3"]
    assert first == again[:3]
