"""One SQLite connection living in one thread of its own; used by the log and the embedded store.

SQLite blocks while it waits for the disk, so it never runs on the event loop. One thread per
connection also means that statements run strictly in the order in which they were asked for.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_FULL_CODES = frozenset(
    (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
)
_BUSY_CODES = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED))
_DAMAGE_CODES = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))


def _code(error: sqlite3.Error) -> int:
    """Give the primary result code (https://sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_full(error: sqlite3.Error) -> bool:
    """Say whether the disk is full, failing, or may not be written."""
    return _code(error) in _FULL_CODES


def is_busy(error: sqlite3.Error) -> bool:
    """Say whether somebody else holds the file; trying again is right."""
    return _code(error) in _BUSY_CODES


def is_damaged(error: sqlite3.Error) -> bool:
    """Say whether the file is not, or not any more, a database."""
    return _code(error) in _DAMAGE_CODES


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit everything inside, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def connect(path: Path, *, busy_s: float = 5.0) -> sqlite3.Connection:
    """Open `path` in autocommit mode with a write-ahead log that is synced at every commit."""
    connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, cached_statements=512)
    try:
        # Incremental vacuum must be asked for before the first table exists.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = OFF")
        # The write-ahead log keeps its file at this size: on a full disk there is still room in
        # it to delete what is no longer needed.
        connection.execute("PRAGMA wal_autocheckpoint = 2000")
        connection.execute("PRAGMA journal_size_limit = 8388608")
    except BaseException:
        connection.close()
        raise
    return connection


class SqliteThread:
    """Runs functions on one connection, one after the other, off the event loop."""

    def __init__(self, name: str) -> None:
        """Name the thread; it lives from `open` to `close`."""
        self._name = name
        self._executor: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self, make: Callable[[], sqlite3.Connection]) -> None:
        """Make the connection in the thread that will use it, closing one that was open."""
        await self.close()
        executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        try:
            loop = asyncio.get_running_loop()
            self._connection = await loop.run_in_executor(executor, make)
        except BaseException:
            executor.shutdown(wait=False)
            raise
        self._executor = executor

    def submit(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> "asyncio.Future[T]":
        """Queue `function(connection, …)`; the future must be awaited or watched."""
        connection, executor = self._connection, self._executor
        if connection is None or executor is None:
            raise RuntimeError("the database was used before it was opened or after it was closed")
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(executor, lambda: function(connection, *args, **kwargs))

    async def call(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `function(connection, …)` in the thread and give its answer.

        When the caller is cancelled, what was queued still runs to its end.
        """
        return await asyncio.shield(self.submit(function, *args, **kwargs))

    @property
    def is_open(self) -> bool:
        """Say whether there is a connection."""
        return self._connection is not None

    async def close(self) -> None:
        """Finish what was queued, close the connection and end the thread."""
        connection, self._connection = self._connection, None
        executor, self._executor = self._executor, None
        if connection is not None and executor is not None:
            await asyncio.get_running_loop().run_in_executor(executor, connection.close)
            executor.shutdown()
