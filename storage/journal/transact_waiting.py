"""Runs whole transactions on a database whose driver waits by itself: PostgreSQL's.

SQLAlchemy's part for that takes 6 MB of memory, so this is loaded where there is such a database.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import create_async_engine

_T = TypeVar("_T")


class OnPostgres:
    """Transactions on PostgreSQL."""

    def __init__(self, url: URL, timeout_s: float, pool: dict[str, Any]) -> None:
        """Connect nothing yet."""
        self._engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "timeout": timeout_s,
                "command_timeout": timeout_s,
                "server_settings": {"application_name": "groundwatch", "synchronous_commit": "on"},
            },
            **pool,
        )

    async def transact(self, body: Callable[[Connection], _T]) -> _T:
        """Run `body` in one transaction."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(body)

    async def dispose(self) -> None:
        """Close the connections."""
        await self._engine.dispose()
