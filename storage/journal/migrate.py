"""Brings a journal's tables to this program's version; runs when the journal is opened.

A new revision is made with `alembic -c storage/journal/alembic.ini revision --autogenerate -m …`.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, text

from alerting.errors import JournalError
from storage.journal.schema import metadata

_SCRIPTS = Path(__file__).parent / "migrations"
_POSTGRES_LOCK = 0x67_77_6A_6C  # "gwjl"; any number that nobody else uses for advisory locks


def upgrade(connection: Connection) -> None:
    """Run the missing revisions inside the connection's transaction; no effect when there are none.

    Two programs that start at once do not meet here: SQLite's transaction was begun as the only
    writer's, and on PostgreSQL the second waits for an advisory lock.

    Raises:
        JournalError: the tables were made by a newer program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise JournalError(
            f"the journal's tables do not belong to this version of the program ({error});"
            " run the version that made them, or give another journal"
        ) from error


def drift(connection: Connection) -> list[Any]:
    """Give the differences between the database's tables and `schema`; empty is good."""
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))
