"""Brings a journal's tables to this program's version; runs when the journal is opened.

A new revision is made with `alembic -c storage/journal/alembic.ini revision --autogenerate -m …`.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    inspect,
    select,
    text,
)

from alerting.errors import JournalError
from storage.journal.schema import metadata

_SCRIPTS = Path(__file__).parent / "migrations"
_POSTGRES_LOCK = 0x67_77_6A_6C  # "gwjl"; any number that nobody else uses for advisory locks
# The table in which alembic notes what has been done, as alembic itself makes it.
_NOTE = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def upgrade(connection: Connection) -> None:
    """Bring the tables to `schema` inside the connection's transaction.

    An empty database gets them as they are now, one of an older version by the revisions it lacks;
    alembic, which takes 11 MB of memory, is loaded for the second only. Two programs that start at
    once do not meet here: SQLite's transaction was begun as the only writer's, and on PostgreSQL
    the second waits for an advisory lock.

    Raises:
        JournalError: the tables were made by a newer program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
    found = set(inspect(connection).get_table_names())
    if not found & {_NOTE.name, *metadata.tables}:
        _NOTE.create(connection)
        metadata.create_all(connection)
        connection.execute(_NOTE.insert().values(version_num=newest()))
    elif _NOTE.name not in found or _done(connection) != [newest()]:
        _revise(connection)


def newest() -> str:
    """Give the newest revision: they are numbered, and each file is named by its own."""
    return max(path.name.split("_")[0] for path in (_SCRIPTS / "versions").glob("[0-9]*.py"))


def _done(connection: Connection) -> list[str]:
    return list(connection.execute(select(_NOTE.c.version_num)).scalars())


def _revise(connection: Connection) -> None:
    """Run the revisions that are missing."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

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
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))
