"""What a SQLite journal says when its file is full, locked, damaged or out of reach."""

import asyncio
import contextlib
import sqlite3
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from alerting.errors import JournalError
from alerting.model import AlertState, NoticeState
from alerting.ports import Effects, RuleState
from storage.journal import SqlJournal
from storage.journal.connect import journal_url, prepare_file, writer
from tests.contract.journal_values import T0, a_raise, an_alert, an_entry, opened

LATER = T0 + timedelta(days=30)


def write(path: Path, content: bytes, *, offset: int = 0) -> None:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def size_of(path: Path) -> int:
    return path.stat().st_size


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "district" / "journal.db"


async def test_full_is_an_error_that_passes(path: Path) -> None:
    journal = SqlJournal(f"sqlite:///{path}", max_bytes=512 * 1024)
    await journal.open()
    over = an_alert(state=AlertState.RESOLVED)
    n_recorded = 0

    async def record_one_more() -> None:
        entry = an_entry(f"n{n_recorded}", over, state=NoticeState.SENT, sent_at=T0)
        await journal.record(Effects(seq=n_recorded, alerts=(over,), notices=(entry,)))

    async def record_for_ever() -> None:
        nonlocal n_recorded
        while True:
            await record_one_more()
            n_recorded += 1

    with pytest.raises(JournalError, match="full"):
        await record_for_ever()
    assert len(await journal.outbox("a1")) == n_recorded
    assert await journal.recorded_seq() == n_recorded - 1
    with pytest.raises(JournalError, match="full"):
        await record_one_more()
    with pytest.raises(JournalError, match="full"):
        await journal.save_states([RuleState(key="k", seq=1, blob=bytes(300_000))])
    assert await journal.prune(LATER) == n_recorded
    await journal.record(a_raise(5000))
    assert await journal.alert("a5000")
    await journal.close()
    assert size_of(path) <= 512 * 1024


async def test_locked_by_another_program_is_an_error_that_passes(path: Path) -> None:
    async with opened(f"sqlite:///{path}", timeout_s=0.2) as journal:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(JournalError, match=r"locked.*another process"):
                await journal.record(a_raise())
            assert await journal.alerts() == []
            other.execute("ROLLBACK")
        await journal.record(a_raise())
        assert await journal.alert("a1") == an_alert()


async def test_waits_for_a_lock_that_goes_away(path: Path) -> None:
    async with opened(f"sqlite:///{path}") as journal:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with asyncio.TaskGroup() as group:
                recording = group.create_task(journal.record(a_raise()))
                assert await journal.alerts() == []
                assert not recording.done()
                other.execute("COMMIT")
        assert await journal.alert("a1") == an_alert()


async def test_two_programs_that_read_before_they_write_wait_for_each_other(path: Path) -> None:
    url = f"sqlite:///{path}"
    async with opened(url) as one, opened(url) as other, asyncio.TaskGroup() as group:
        for number in range(1, 41):
            effects = replace(a_raise(number), cancelled=(f"a{number - 1}",))
            group.create_task((one if number % 2 else other).record(effects))
    async with opened(url) as journal:
        assert len(await journal.alerts()) == 40


def test_a_new_file_that_another_program_writes_is_waited_for(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(
        sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        releasing = threading.Timer(0.1, other.execute, ["COMMIT"])
        releasing.start()
        prepare_file(path, 10.0)
        releasing.join()
    with contextlib.closing(sqlite3.connect(path)) as later:
        assert later.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_new_file_that_stays_locked_is_told_in_the_end(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            prepare_file(path, 0.1)


@pytest.mark.parametrize("size", [0, 100, 8192])
async def test_opening_a_file_that_is_no_database(path: Path, size: int) -> None:
    write(path, b"not a database" * (size // 14 + 1))
    with pytest.raises(JournalError, match=r"damaged.*backup.*move it away") as caught:
        await SqlJournal(f"sqlite:///{path}").open()
    assert str(path) in str(caught.value)
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)


async def test_damage_in_the_middle_names_the_file_and_the_remedy(path: Path) -> None:
    async with opened(f"sqlite:///{path}") as journal:
        await journal.save_states(
            [RuleState(key=str(n), seq=n, blob=b"x" * 900) for n in range(99)]
        )
    write(path, b"\xff" * (size_of(path) - 4096), offset=4096)
    with pytest.raises(JournalError, match=r"damaged.*backup.*move it away") as caught:
        async with opened(f"sqlite:///{path}") as journal:
            await journal.load_states()
    assert str(path) in str(caught.value)


async def test_where_no_directory_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="file/sub"):
        await SqlJournal(f"sqlite:///{tmp_path}/file/sub/journal.db").open()


async def test_path_is_a_directory(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"check that the directory is there"):
        await SqlJournal(f"sqlite:///{tmp_path}").open()


async def test_opens_from_any_working_directory(tmp_path: Path) -> None:
    elsewhere = tmp_path / "100% elsewhere"
    elsewhere.mkdir()
    with contextlib.chdir(elsewhere):
        journal = SqlJournal("sqlite:///sub/journal.db")
        with contextlib.chdir("/"):
            await journal.open()
            await journal.record(a_raise())
            await journal.close()
    assert (elsewhere / "sub" / "journal.db").exists()


async def test_the_writer_is_durable_and_checks_references(path: Path) -> None:
    async with opened(f"sqlite:///{path}"):
        pass
    one = writer(journal_url(f"sqlite:///{path}"), 3.0, max_bytes=1024 * 1024)
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 3000,
        "max_page_count": 256,
    }

    def pragmas(connection: Connection) -> dict[str, object]:
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}

    assert await one.transact(pragmas) == wanted
    await one.dispose()


async def test_who_waits_too_long_for_a_turn_is_told_and_the_next_one_writes(path: Path) -> None:
    async with opened(f"sqlite:///{path}"):
        pass
    one = writer(journal_url(f"sqlite:///{path}"), 0.05, max_bytes=None)
    may_end = threading.Event()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(one.transact(lambda _: may_end.wait(10)))
        await asyncio.sleep(0)  # the first one has the turn
        with pytest.raises(TimeoutError):
            await one.transact(lambda _: None)
        may_end.set()
    assert first.result()
    assert await one.transact(lambda found: found.exec_driver_sql("SELECT 1").scalar()) == 1
    await one.dispose()


async def test_readers_cannot_keep_an_alert_from_being_recorded(path: Path) -> None:
    async with opened(f"sqlite:///{path}") as journal:
        await journal.record(Effects(alerts=tuple(an_alert(f"b{n}") for n in range(500))))
        async with asyncio.TaskGroup() as group:
            for _ in range(30):
                group.create_task(journal.alerts())
            began = time.monotonic()
            await journal.record(a_raise())
            assert time.monotonic() - began < 1.0
