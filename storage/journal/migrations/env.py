"""Alembic's entry: runs the revisions on the connection handed over, or on one of its own.

`storage.journal.migrate` hands one over; the alembic command line gives only an address.
"""

from typing import Literal

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.types import TypeDecorator

from storage.journal.schema import metadata


def _plainly(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our column types into revisions as what they are in the database: revisions stay."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


def _run_on(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=_plainly,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_alone(url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        _run_on(connection)
    engine.dispose()


_given: Connection | None = context.config.attributes.get("connection")
if _given is not None:
    _run_on(_given)
else:
    _run_alone(context.config.get_main_option("sqlalchemy.url") or "")
