"""The way to the database: which URLs are allowed, how connections are set up, how it is entered.

Writing goes over one connection, so writers wait in line in the program rather than at the file's
lock, and readers (HTTP, command line) can never keep an alert from being recorded.
"""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from storage.journal.transact import InThreads, Transactions

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+aiosqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_ALLOWED = "sqlite:///path/of/journal.db or postgresql://user:password@host:5432/database"
_MAX_READERS = 4
MIN_BYTES = 256 * 1024
_PAGE_BYTES = 4096
_MAX_WAL_BYTES = 64 * 1024 * 1024


def journal_url(text: str) -> URL:
    """Parse a journal's URL; raises ValueError saying what is allowed (and no password)."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError(f"not a URL; a journal's is {_ALLOWED}") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise ValueError(f"{url.drivername!r} is no journal; it is {_ALLOWED}")
    url = url.set(drivername=driver)
    if driver.startswith("postgresql"):
        return url
    if not url.database or url.database == ":memory:":
        raise ValueError(f"a journal must outlive the program: give a file, {_ALLOWED}")
    return url.set(database=str(Path(url.database).expanduser().absolute()))


def place_of(url: URL) -> str:
    """Name the database for messages: the file's path, or the address without password."""
    if url.drivername.startswith("sqlite"):
        return str(url.database)
    return url.render_as_string(hide_password=True)


def prepare_file(path: Path, busy_s: float) -> None:
    """Make the directory and the file, and switch it to write-ahead logging (blocking).

    SQLite does not wait for a lock while switching, so two programs that start at once would
    disturb each other: try again until `busy_s` have passed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + busy_s
    with closing(sqlite3.connect(path, timeout=busy_s)) as connection:
        connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > deadline:
                    raise
            time.sleep(0.02)


def reader(url: URL, timeout_s: float) -> Transactions:
    """Give the way of asking: a few connections that cannot write (SQLite)."""
    if url.drivername.startswith("postgresql"):
        return _postgres(url, timeout_s, _pooled(_MAX_READERS, timeout_s))
    pragmas = ["query_only=ON", "cache_size=-512"]
    return _sqlite(url, timeout_s, size=_MAX_READERS, begin="BEGIN", pragmas=pragmas)


def writer(url: URL, timeout_s: float, max_bytes: int | None) -> Transactions:
    """Give the way of writing: one connection."""
    if url.drivername.startswith("postgresql"):
        return _postgres(url, timeout_s, _pooled(1, timeout_s))
    pragmas = ["synchronous=FULL", "foreign_keys=ON", f"journal_size_limit={_MAX_WAL_BYTES}"]
    if max_bytes is not None:
        pragmas.append(f"max_page_count={max(1, max_bytes // _PAGE_BYTES)}")
    return _sqlite(url, timeout_s, size=1, begin="BEGIN IMMEDIATE", pragmas=pragmas)


def migrator(url: URL, timeout_s: float) -> Transactions:
    """Give the way of migrating; foreign keys are off, for SQLite rebuilds whole tables."""
    if url.drivername.startswith("postgresql"):
        return _postgres(url, timeout_s, {"poolclass": NullPool})
    pragmas = ["synchronous=FULL", "foreign_keys=OFF"]
    return _sqlite(url, timeout_s, size=1, begin="BEGIN IMMEDIATE", pragmas=pragmas)


def _pooled(size: int, timeout_s: float) -> dict[str, Any]:
    return {"pool_size": size, "max_overflow": 0, "pool_timeout": timeout_s}


def _sqlite(
    url: URL, timeout_s: float, *, size: int, begin: str, pragmas: Sequence[str]
) -> Transactions:
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": timeout_s, "isolation_level": None},
        **_pooled(size, timeout_s),
    )
    _set_up(engine, timeout_s, begin=begin, pragmas=pragmas)
    return InThreads(engine, size=size, timeout_s=timeout_s)


def _set_up(engine: Engine, timeout_s: float, *, begin: str, pragmas: Sequence[str]) -> None:
    """Let an engine's transactions begin with `begin`.

    The driver's own way, a transaction from the first write on, would fail at once instead of
    waiting when somebody else wrote since our first read.
    """
    setup = (f"busy_timeout={int(timeout_s * 1000)}", *pragmas)

    def set_up(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in setup:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def enter(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", enter)


def _postgres(url: URL, timeout_s: float, pool: dict[str, Any]) -> Transactions:
    from storage.journal.transact_waiting import OnPostgres

    return OnPostgres(url, timeout_s, pool)
