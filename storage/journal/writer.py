"""Runs whole write transactions, each as one plain function of a connection.

SQLite's driver knows no waiting: with every statement handed to a thread by itself, a transaction
of five statements changes threads some twenty times, and under load each change waits for its turn.
So a transaction is handed over once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

_T = TypeVar("_T")


class Writer(Protocol):
    """One transaction after the other, over one connection."""

    async def transact(self, body: Callable[[Connection], _T]) -> _T:
        """Run `body` in one transaction; it is committed at the end, or leaves nothing."""
        ...

    async def dispose(self) -> None:
        """Let go of the connection."""
        ...


class ThreadWriter:
    """Transactions of a driver that blocks, in a thread of their own.

    Work that was handed over runs to its end; only the wait for one's turn ends after `timeout_s`.
    """

    def __init__(self, engine: Engine, timeout_s: float) -> None:
        """Start nothing yet."""
        self._engine = engine
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal-writer")

    async def transact(self, body: Callable[[Connection], _T]) -> _T:
        """Run `body` in one transaction.

        Raises:
            TimeoutError: others wrote for too long.
        """
        async with asyncio.timeout(self._timeout_s):
            await self._turn.acquire()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._transact, body
            )
        finally:
            self._turn.release()

    async def dispose(self) -> None:
        """Close the connection and end the thread."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)

    def _transact(self, body: Callable[[Connection], _T]) -> _T:
        with self._engine.begin() as connection:
            return body(connection)


class AsyncWriter:
    """Transactions of a driver that waits by itself."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Connect nothing yet."""
        self._engine = engine

    async def transact(self, body: Callable[[Connection], _T]) -> _T:
        """Run `body` in one transaction."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(body)

    async def dispose(self) -> None:
        """Close the connection."""
        await self._engine.dispose()
