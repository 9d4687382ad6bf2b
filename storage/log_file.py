"""The log's file: tables, statements and bounds; every function runs in the log's own thread."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from sensors.model import Report
from storage import quarantine
from storage.errors import LogFull, LogUnusable
from storage.quarantine import QuarantineCaps, QuarantineCounts
from storage.sqlite import connect, is_busy, is_damaged, transaction

FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS block (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    n_reports INTEGER NOT NULL,
    n_bytes INTEGER NOT NULL,
    reports BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS cursor (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
"""
# What one step of forgetting may free, so that the next block need not wait long.
_STEP_BLOCKS = 256
_STEP_BYTES = 4 * 1024 * 1024
_VACUUM_FROM_PAGES = 2048
_VACUUM_STEP_PAGES = 1024

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Report])


class Block(NamedTuple):
    """What one batch of messages gave, and its place in the log."""

    seq: int
    reports: list[Report]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """What the log holds. `n_bytes` counts pages in use, which `max_bytes` bounds."""

    n_blocks: int
    n_bytes: int
    max_bytes: int
    oldest_seq: int | None
    last_seq: int
    cursors: dict[str, int]
    quarantine: QuarantineCounts


class Start(NamedTuple):
    """What the log must remember when its file is opened."""

    last_seq: int
    cursors: dict[str, int]


def open_file(path: Path) -> sqlite3.Connection:
    """Open the file and make its tables.

    Raises:
        LogUnusable: it is damaged, of a newer format, or cannot be opened.
    """
    connection = None
    try:
        connection = connect(path)
        # What is written here is read again from memory, if at all: few pages need be kept.
        connection.execute("PRAGMA cache_size = -512")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise LogUnusable(
                f"{path} has format {found}, this program knows up to {FORMAT}:"
                " start the newer program that wrote it, or use another directory"
            )
        connection.executescript(f"BEGIN; {_TABLES} {quarantine.TABLES} COMMIT;")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise unusable(path, error) from error
    except LogUnusable:
        if connection is not None:
            connection.close()
        raise
    return connection


def unusable(path: Path, error: sqlite3.Error) -> LogUnusable:
    """Say in words what is wrong with the file and what to do."""
    if is_damaged(error):
        todo = "it is damaged: move it aside (what the database has not taken is in it) and restart"
    elif is_busy(error):
        todo = "another program holds it: end that program, or use another directory"
    else:
        todo = "the log needs a directory with free space that this user may write to"
    return LogUnusable(f"the log {path} cannot be used ({error}): {todo}")


def read_start(connection: sqlite3.Connection) -> Start:
    """Read the last sequence number ever given and the cursors."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'block'").fetchone()
    cursors = dict(connection.execute("SELECT name, seq FROM cursor").fetchall())
    return Start(0 if row is None else row[0], cursors)


def append(
    connection: sqlite3.Connection,
    reports: list[Report],
    rejects: Sequence[quarantine.Entry],
    caps: QuarantineCaps,
    max_bytes: int,
) -> int | None:
    """Write one block and its rejects in one commit; give its number, None for rejects alone.

    Raises:
        LogFull: the file would pass `max_bytes`.
        sqlite3.Error: nothing was written.
    """
    blob = _encoder.encode(reports) if reports else b""
    kept = sum(min(len(entry.payload), caps.max_payload_bytes) for entry in rejects)
    needed = len(blob) + kept
    used = _bytes_used(connection)
    if used + needed > max_bytes:
        raise LogFull(
            f"it holds {used} of at most {max_bytes} bytes and the next block needs {needed}"
        )
    seq = None
    with transaction(connection):
        if reports:
            seq = connection.execute(
                "INSERT INTO block (n_reports, n_bytes, reports) VALUES (?, ?, ?)",
                (len(reports), len(blob), blob),
            ).lastrowid
        quarantine.put(connection, rejects, caps)
    return seq


def _bytes_used(connection: sqlite3.Connection) -> int:
    """Give the bytes of all pages in use, which a deleted block gives back at once."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def read(connection: sqlite3.Connection, after: int, max_reports: int) -> list[Block]:
    """Read blocks beyond `after` in order: at least one if there is one, else up to the bound."""
    blocks: list[Block] = []
    n_reports = 0
    rows = connection.execute(
        "SELECT seq, n_reports, reports FROM block WHERE seq > ? ORDER BY seq", (after,)
    )
    for seq, n, blob in rows:
        n_reports += n
        if blocks and n_reports > max_reports:
            break
        try:
            blocks.append(Block(seq, _decoder.decode(blob)))
        except msgspec.MsgspecError as error:
            raise LogUnusable(f"block {seq} of the log is damaged: {error}") from error
    rows.close()
    return blocks


def count_reports(connection: sqlite3.Connection, after: int, upto: int) -> int:
    """Count the reports in the blocks beyond `after` up to `upto`."""
    row = connection.execute(
        "SELECT coalesce(sum(n_reports), 0) FROM block WHERE seq > ? AND seq <= ?", (after, upto)
    ).fetchone()
    return int(row[0])


def save_cursor(
    connection: sqlite3.Connection,
    name: str,
    seq: int,
    refused: Sequence[quarantine.Entry],
    caps: QuarantineCaps,
) -> None:
    """Move a cursor, and keep what was refused on the way, in one commit."""
    with transaction(connection):
        quarantine.put(connection, refused, caps)
        connection.execute(
            "INSERT INTO cursor (name, seq) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET seq = excluded.seq",
            (name, seq),
        )


def forget_some(connection: sqlite3.Connection, upto: int) -> int:
    """Delete the oldest blocks up to `upto` within the bounds of one step; give how many."""
    last, n_blocks, n_bytes = upto, 0, 0
    rows = connection.execute(
        "SELECT seq, n_bytes FROM block WHERE seq <= ? ORDER BY seq LIMIT ?", (upto, _STEP_BLOCKS)
    ).fetchall()
    for seq, size in rows:
        if n_blocks and n_bytes + size > _STEP_BYTES:
            break
        last, n_blocks, n_bytes = seq, n_blocks + 1, n_bytes + size
    if n_blocks:
        with transaction(connection):
            connection.execute("DELETE FROM block WHERE seq <= ?", (last,))
    return n_blocks


def shrink_some(connection: sqlite3.Connection) -> bool:
    """Give some unused pages back to the disk; say whether many are left."""
    if connection.execute("PRAGMA freelist_count").fetchone()[0] <= _VACUUM_FROM_PAGES:
        return False
    # The pragma frees one page per step of the statement, so it must be read to its end.
    connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_STEP_PAGES})").fetchall()
    return True


def raise_floor(connection: sqlite3.Connection, seq: int) -> None:
    """Make the next block's number larger than `seq`."""
    with transaction(connection):
        changed = connection.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'block'", (seq,)
        ).rowcount
        if not changed:
            connection.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES ('block', ?)", (seq,)
            )


def status(
    connection: sqlite3.Connection, max_bytes: int, last_seq: int, cursors: dict[str, int]
) -> LogStatus:
    """Say what the log holds."""
    n_blocks, oldest = connection.execute("SELECT count(*), min(seq) FROM block").fetchone()
    return LogStatus(
        n_blocks=n_blocks,
        n_bytes=_bytes_used(connection),
        max_bytes=max_bytes,
        oldest_seq=oldest,
        last_seq=last_seq,
        cursors=cursors,
        quarantine=quarantine.counts(connection),
    )
