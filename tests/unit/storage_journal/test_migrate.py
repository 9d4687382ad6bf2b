"""The revisions lead to exactly the tables of `schema`, and back, on both databases."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from storage.journal import migrate
from storage.journal.connect import journal_url, migrator, prepare_file
from storage.journal.schema import metadata
from storage.journal.transact import Transactions
from tests.servers import start_postgres, stop

ROOT = Path(__file__).parents[3]


def tables_of(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def back_to_nothing(connection: Connection) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(ROOT / "storage/journal/migrations"))
    command.downgrade(config, "base")


def undo_an_index(connection: Connection) -> list[Any]:
    connection.exec_driver_sql("DROP INDEX ix_alerts_detected_at")
    return migrate.drift(connection)


async def check(database: Transactions) -> None:
    await database.transact(made_and_made_again)
    assert len(await database.transact(what_an_index_undone_is)) == 1
    await database.transact(unmade_and_made)
    await database.dispose()


def made_and_made_again(connection: Connection) -> None:
    migrate.upgrade(connection)
    migrate.upgrade(connection)
    assert migrate.drift(connection) == []
    assert tables_of(connection) == {*metadata.tables, "alembic_version"}


def what_an_index_undone_is(connection: Connection) -> list[Any]:
    with connection.begin_nested() as tried:
        found = undo_an_index(connection)
        tried.rollback()
    return found


def unmade_and_made(connection: Connection) -> None:
    back_to_nothing(connection)
    assert tables_of(connection) == {"alembic_version"}
    assert MigrationContext.configure(connection).get_current_heads() == ()
    migrate.upgrade(connection)
    assert migrate.drift(connection) == []


async def test_sqlite_revisions_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    prepare_file(path, 1.0)
    await check(migrator(journal_url(f"sqlite:///{path}"), 1.0))


@pytest.mark.postgres
async def test_postgres_revisions_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    dsn = start_postgres(tmp_path)
    await check(migrator(journal_url(dsn), 10.0))
    stop(dsn)


@pytest.mark.slow
def test_the_maintainers_command_finds_nothing_to_add(tmp_path: Path) -> None:
    alembic = [sys.executable, "-m", "alembic", "-c", str(ROOT / "storage/journal/alembic.ini")]
    for arguments in (["upgrade", "head"], ["check"]):
        done = subprocess.run(
            [*alembic, *arguments],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def before_escalations(connection: Connection) -> None:
    """Make the tables of revision 0004, with repeats of two alerts waiting and one sent."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(ROOT / "storage/journal/migrations"))
    command.upgrade(config, "0004")
    for row in (
        ("1", "alert-1", "first", "sent", 100, 100),
        ("2", "alert-1", "repeat", "pending", 100, 900),
        ("3", "alert-1", "repeat", "pending", 200, 800),
        ("4", "alert-2", "repeat", "sent", 100, 300),
        ("5", "alert-3", "first", "pending", 100, 100),
    ):
        connection.exec_driver_sql(
            "INSERT INTO outbox (id, alert_id, reason, severity, recipient_id, recipient_name,"
            " channel, address, language, state, attempts, created_at, due_at, last_error, entry)"
            " VALUES (?, ?, ?, 2, 'ann', 'Ann', 'console', '', 'en', ?, 0, ?, ?, '', '{}')",
            row,
        )


def rows(connection: Connection, question: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(question)]


async def test_repeats_that_wait_become_escalations_and_are_not_sent_themselves(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    prepare_file(path, 1.0)
    database = migrator(journal_url(f"sqlite:///{path}"), 1.0)

    def revised(connection: Connection) -> tuple[list[Any], list[Any]]:
        before_escalations(connection)
        migrate.upgrade(connection)
        steps = "SELECT alert_id, ordinal, n, kind, at, due_at, told FROM escalation_steps"
        return rows(connection, steps), rows(connection, "SELECT id, state FROM outbox ORDER BY id")

    steps, states = await database.transact(revised)
    await database.dispose()
    assert steps == [("alert-1", 0, 0, "begun", 100, 800, "[]")]
    assert [state for _, state in states] == ["sent", "cancelled", "cancelled", "sent", "pending"]


def test_a_journal_that_is_new_or_up_to_date_is_opened_without_alembic(tmp_path: Path) -> None:
    """It would stay in memory for as long as the program runs."""
    program = (
        "import asyncio, sys\n"
        "from storage.journal import SqlJournal\n"
        "async def main():\n"
        "    journal = SqlJournal(sys.argv[1])\n"
        "    await journal.open()\n"
        "    await journal.close()\n"
        "asyncio.run(main())\n"
        "assert 'alembic' not in sys.modules\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'journal.db'}"],
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_revisions_are_numbered_and_the_newest_file_is_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage/journal/migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.newest()]
