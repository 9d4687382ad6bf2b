"""What could not be decoded or stored, kept with its bytes and reason until somebody looks.

The functions run inside the log's own connection and transactions, so that a message is owned and
its rejects are kept in one commit. The quarantine is bounded: when it is full, what has been
replayed already goes first, then the oldest of the topic that takes most of it, so that one wrong
device cannot drive out what others sent. A counter says how many went unseen.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ingest.source import Undecodable
from storage.ports import Refused
from storage.schema import from_us, to_us

TABLES = """
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    origin TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    n_bytes INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    replayed_us INTEGER
);
CREATE INDEX IF NOT EXISTS quarantine_replayed
    ON quarantine (replayed_us) WHERE replayed_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS quarantine_by_topic ON quarantine (topic);
CREATE TABLE IF NOT EXISTS quarantine_share (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL UNIQUE,
    n_rows INTEGER NOT NULL,
    n_bytes INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS quarantine_share_rows ON quarantine_share (n_rows DESC, id);
CREATE INDEX IF NOT EXISTS quarantine_share_bytes ON quarantine_share (n_bytes DESC, id);
INSERT INTO quarantine_share (topic, n_rows, n_bytes)
    SELECT topic, COUNT(*), SUM(n_bytes) FROM quarantine
    WHERE NOT EXISTS (SELECT 1 FROM quarantine_share) GROUP BY topic ORDER BY MIN(id);
CREATE TRIGGER IF NOT EXISTS quarantine_grown AFTER INSERT ON quarantine BEGIN
    INSERT INTO quarantine_share (topic, n_rows, n_bytes) VALUES (new.topic, 1, new.n_bytes)
        ON CONFLICT (topic) DO UPDATE
        SET n_rows = n_rows + 1, n_bytes = n_bytes + excluded.n_bytes;
END;
CREATE TRIGGER IF NOT EXISTS quarantine_shrunk AFTER DELETE ON quarantine BEGIN
    UPDATE quarantine_share SET n_rows = n_rows - 1, n_bytes = n_bytes - old.n_bytes
        WHERE topic = old.topic;
    DELETE FROM quarantine_share WHERE topic = old.topic AND n_rows < 1;
END;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
"""
_COUNTERS = ("rows", "bytes", "total", "dropped_replayed", "dropped_unseen")
_ROW_OVERHEAD = 64
_OLDEST_OF_LARGEST = {
    "n_rows": "SELECT id, n_bytes FROM quarantine WHERE topic ="
    " (SELECT topic FROM quarantine_share ORDER BY n_rows DESC, id LIMIT 1) ORDER BY id LIMIT 1",
    "n_bytes": "SELECT id, n_bytes FROM quarantine WHERE topic ="
    " (SELECT topic FROM quarantine_share ORDER BY n_bytes DESC, id LIMIT 1) ORDER BY id LIMIT 1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineCaps:
    """How much the quarantine keeps, and how much of one payload."""

    max_rows: int = 100_000
    max_bytes: int = 64 * 1024 * 1024
    max_payload_bytes: int = 1024 * 1024

    def within(self, max_bytes: int) -> "QuarantineCaps":
        """Give caps that keep the quarantine of a small log from filling it."""
        fitting = min(self.max_bytes, max_bytes)
        return replace(
            self,
            max_bytes=fitting,
            max_payload_bytes=min(self.max_payload_bytes, fitting // 4),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One message (origin `ingest`) or one report as JSON (origin `store`), and why it is here."""

    id: int
    origin: str
    topic: str
    payload: bytes
    received_at: datetime
    reason: str
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineCounts:
    """How full the quarantine is, and what it ever took and let go.

    `n_dropped_unseen` counts entries that made room before anybody replayed them.
    """

    n_rows: int
    n_bytes: int
    n_total: int
    n_dropped_replayed: int
    n_dropped_unseen: int


class Entry(msgspec.Struct, frozen=True):
    """What is about to be kept."""

    origin: str
    topic: str
    payload: bytes
    received_us: int
    reason: str


def entries_of_rejects(rejects: Sequence[Undecodable]) -> list[Entry]:
    """Turn what ingest rejected into entries."""
    return [
        Entry("ingest", _text(r.topic), r.payload, to_us(r.received_at), _text(r.reason))
        for r in rejects
    ]


def _text(text: str) -> str:
    """Replace what cannot be written as UTF-8, which undecodable messages may bring along."""
    return text.encode("utf-8", "replace").decode("utf-8")


def entries_of_refused(refused: Sequence[Refused]) -> list[Entry]:
    """Turn what a database refused into entries; the payload is the report as JSON."""
    return [
        Entry(
            "store",
            "/".join(part for part in (r.report.site, r.report.device, r.report.point) if part),
            _report_json(r),
            to_us(r.report.received_at),
            r.reason,
        )
        for r in refused
    ]


def _report_json(refused: Refused) -> bytes:
    """Give the report as a JSON object, also where its numbers are not finite."""
    return msgspec.json.encode(msgspec.structs.asdict(refused.report))


def put(connection: sqlite3.Connection, entries: Sequence[Entry], caps: QuarantineCaps) -> None:
    """Insert `entries` and make room; runs inside the caller's transaction."""
    if not entries:
        return
    counts = counters(connection)
    for entry in entries:
        payload, reason = _cut(entry, caps.max_payload_bytes)
        n_bytes = len(payload) + len(entry.topic) + len(reason) + _ROW_OVERHEAD
        connection.execute(
            "INSERT INTO quarantine (origin, topic, payload, n_bytes, received_us, reason)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (entry.origin, entry.topic, payload, n_bytes, entry.received_us, reason),
        )
        counts["rows"] += 1
        counts["total"] += 1
        counts["bytes"] += n_bytes
    _make_room(connection, counts, caps)
    connection.executemany(
        "INSERT INTO counter (name, n) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET n = excluded.n",
        list(counts.items()),
    )


def _cut(entry: Entry, max_bytes: int) -> tuple[bytes, str]:
    """Give payload and reason, both within bounds; a cut payload says that it is cut."""
    reason = entry.reason[:2000]
    if len(entry.payload) <= max_bytes:
        return entry.payload, reason
    note = f"only the first {max_bytes} of {len(entry.payload)} bytes are kept"
    return entry.payload[:max_bytes], f"{reason} ({note})"


def _make_room(
    connection: sqlite3.Connection, counts: dict[str, int], caps: QuarantineCaps
) -> None:
    while counts["rows"] > caps.max_rows or counts["bytes"] > caps.max_bytes:
        victim = connection.execute(
            "SELECT id, n_bytes FROM quarantine WHERE replayed_us IS NOT NULL"
            " ORDER BY replayed_us, id LIMIT 1"
        ).fetchone()
        counter = "dropped_replayed"
        if victim is None:
            counter = "dropped_unseen"
            most = "n_rows" if counts["rows"] > caps.max_rows else "n_bytes"
            victim = connection.execute(_OLDEST_OF_LARGEST[most]).fetchone()
        connection.execute("DELETE FROM quarantine WHERE id = ?", (victim[0],))
        counts["rows"] -= 1
        counts["bytes"] -= victim[1]
        counts[counter] += 1


def counters(connection: sqlite3.Connection) -> dict[str, int]:
    """Read the counters, 0 where nothing was ever counted."""
    found = dict(connection.execute("SELECT name, n FROM counter").fetchall())
    return {name: found.get(name, 0) for name in _COUNTERS}


def counts(connection: sqlite3.Connection) -> QuarantineCounts:
    """Say how full the quarantine is."""
    found = counters(connection)
    return QuarantineCounts(
        n_rows=found["rows"],
        n_bytes=found["bytes"],
        n_total=found["total"],
        n_dropped_replayed=found["dropped_replayed"],
        n_dropped_unseen=found["dropped_unseen"],
    )


COLUMNS = "id, origin, topic, payload, received_us, reason, replayed_us"


def listed(
    connection: sqlite3.Connection, after_id: int, limit: int, *, with_replayed: bool
) -> list[Quarantined]:
    """List entries by id, oldest first."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM quarantine WHERE id > ? AND (? OR replayed_us IS NULL)"  # noqa: S608 - constant
        " ORDER BY id LIMIT ?",
        (after_id, with_replayed, limit),
    )
    return [entry_of(row) for row in rows]


def one(connection: sqlite3.Connection, entry_id: int) -> Quarantined | None:
    """Give one entry."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM quarantine WHERE id = ?",  # noqa: S608 - constant
        (entry_id,),
    ).fetchone()
    return None if row is None else entry_of(row)


def mark_replayed(connection: sqlite3.Connection, ids: Sequence[int], at_us: int) -> int:
    """Note that these were replayed; give how many of them there are."""
    cursor = connection.executemany(
        "UPDATE quarantine SET replayed_us = ? WHERE id = ?", [(at_us, i) for i in ids]
    )
    return cursor.rowcount


def entry_of(row: tuple[int, str, str, bytes, int, str, int | None]) -> Quarantined:
    """Make an entry of a row of `COLUMNS`."""
    return Quarantined(
        id=row[0],
        origin=row[1],
        topic=row[2],
        payload=bytes(row[3]),
        received_at=from_us(row[4]),
        reason=row[5],
        replayed_at=None if row[6] is None else from_us(row[6]),
    )
