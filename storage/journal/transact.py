"""Runs whole transactions on a database whose driver blocks: SQLite's.

Each is one plain function of a connection. Were every statement handed to a thread by itself, a
transaction of five statements would change threads some twenty times, and under load each change
waits for its turn. What PostgreSQL's driver needs is in `transact_waiting`, loaded for that only.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine

_T = TypeVar("_T")


class Transactions(Protocol):
    """Transactions over one or a few connections."""

    async def transact(self, body: Callable[[Connection], _T]) -> _T:
        """Run `body` in one transaction; it is committed at the end, or leaves nothing."""
        ...

    async def dispose(self) -> None:
        """Let go of the connections."""
        ...


class InThreads:
    """Transactions in threads of their own, at most `size` at once.

    Work that was handed over runs to its end; only the wait for one's turn ends after `timeout_s`.
    """

    def __init__(self, engine: Engine, *, size: int, timeout_s: float) -> None:
        """Start nothing yet."""
        self._engine = engine
        self._timeout_s = timeout_s
        self._turns = asyncio.Semaphore(size)
        self._threads = ThreadPoolExecutor(max_workers=size, thread_name_prefix="journal")

    async def transact(self, body: Callable[[Connection], _T]) -> _T:
        """Run `body` in one transaction.

        Raises:
            TimeoutError: others took too long.
        """
        async with asyncio.timeout(self._timeout_s):
            await self._turns.acquire()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._transact, body
            )
        finally:
            self._turns.release()

    async def dispose(self) -> None:
        """Close the connections and end the threads."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._engine.dispose)
        self._threads.shutdown(wait=False)

    def _transact(self, body: Callable[[Connection], _T]) -> _T:
        with self._engine.begin() as connection:
            return body(connection)
