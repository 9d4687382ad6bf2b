"""What a database said, as a `JournalError` that tells a person what to do next."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from alerting.errors import JournalError, JournalRefused

_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process holds it locked; end that process (see `fuser`)",
    sqlite3.SQLITE_LOCKED: "another process holds it locked; end that process (see `fuser`)",
    sqlite3.SQLITE_FULL: "disk or size limit is full; free some space or raise the limit",
    sqlite3.SQLITE_IOERR: "the disk does not take or give it; check the disk and its free space",
    sqlite3.SQLITE_READONLY: "it cannot be written; check owner and mode of file and directory",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the directory is there and writable",
    sqlite3.SQLITE_CORRUPT: "",
    sqlite3.SQLITE_NOTADB: "",
}
_DAMAGED = (
    "the file is damaged; stop the program, keep a copy of the file, then put a backup in its"
    " place, or save what can be read (`sqlite3 {place} .recover | sqlite3 NEW`), or move it away"
    " to begin an empty journal"
)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn what the database raises into `JournalError`; `place` is the file or address.

    What breaks a rule of the tables, and always will, is a `JournalRefused`.

    A ValueError about a value of ours (a naive instant) comes through as it is.
    """
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, ValueError) and not isinstance(error, DBAPIError):
            raise error.orig from error
        if isinstance(error, IntegrityError | DataError):
            raise JournalRefused(_words(place, error.orig or error)) from error
        raise JournalError(_words(place, error.orig or error)) from error
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise JournalError(_words(place, error)) from error


def _words(place: str, error: BaseException) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    said = str(error).partition("\n")[0] or type(error).__name__
    if isinstance(error, TimeoutError | PoolTimeoutError):
        said = "no answer in time"
    if isinstance(code, int):
        advice = _ADVICE.get(code & 0xFF)
        if advice is not None:
            return f"journal {place}: {said}; {advice or _DAMAGED.format(place=place)}"
    return f"journal {place}: {said}"
