"""What a PostgreSQL journal says when its server is away, silent or refuses."""

import os
import signal
import time
from pathlib import Path

import pytest

from alerting.errors import JournalError
from storage.journal import SqlJournal
from tests.contract.journal_values import a_raise, opened, run_sql
from tests.servers import pause, resume, start_postgres, stop

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'groundwatch'"

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


async def test_going_away_is_an_error_that_passes(tmp_path: Path) -> None:
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


def send(sent: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, sent)


async def test_not_answering_is_an_error_that_passes(tmp_path: Path) -> None:
    dsn = start_postgres(tmp_path)
    async with opened(dsn, timeout_s=0.3) as journal:
        await journal.record(a_raise(1))
        assert await journal.alerts()
        # Pausing the server's first process leaves those that serve our connections.
        backends = await run_sql(dsn, BACKENDS)
        try:
            pause(dsn)
            send(signal.SIGSTOP, backends)
            began = time.monotonic()
            with pytest.raises(JournalError, match="no answer in time"):
                await journal.record(a_raise(2))
            with pytest.raises(JournalError):
                await journal.alerts()
            assert time.monotonic() - began < 10
        finally:
            send(signal.SIGCONT, backends)
            resume(dsn)
        await journal.record(a_raise(3))
        assert await journal.alert("a3")
    stop(dsn)


async def test_refusing_does_not_tell_the_password(tmp_path: Path) -> None:
    dsn = start_postgres(tmp_path)
    address = dsn.rpartition("@")[2].partition("/")[0]
    for url in (
        f"postgresql://groundwatch:hush-hush@{address}/no_such_database",
        f"postgresql://nobody:hush-hush@{address}/postgres",
        "postgresql://nobody:hush-hush@127.0.0.1:1/postgres",
    ):
        with pytest.raises(JournalError, match=r"nobody|no_such_database") as caught:
            await SqlJournal(url).open()
        assert "hush" not in str(caught.value)
    stop(dsn)
