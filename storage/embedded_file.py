"""The embedded store's file: tables and statements; each function runs in one of its two threads.

Names of tables and columns come from `sensors.catalogue`; everything else is bound.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from alerting.model import Alert, Transition
from sensors.catalogue import KINDS, STORED
from sensors.model import Qc, Reading, Report, SensorKey
from storage.errors import StoreRefused
from storage.ports import Place, Row, SiteRow
from storage.schema import from_us, to_us
from storage.sqlite import connect, transaction

"""Site, device and point."""
Seen = tuple[str, str, str, str, str]
"""Kind, site, device, point and quantity."""

FORMAT = 1
_EXPIRE_STEP_ROWS = 5_000
_TABLES = """
CREATE TABLE IF NOT EXISTS seen (
    kind TEXT NOT NULL, site TEXT NOT NULL, device TEXT NOT NULL, point TEXT NOT NULL,
    quantity TEXT NOT NULL,
    PRIMARY KEY (kind, site, device, point, quantity)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alert (
    id TEXT NOT NULL, ordinal INTEGER NOT NULL, taken_us INTEGER NOT NULL,
    site TEXT NOT NULL, device TEXT NOT NULL, point TEXT NOT NULL, quantity TEXT NOT NULL,
    hazard TEXT NOT NULL, kind TEXT NOT NULL, rule TEXT NOT NULL, severity TEXT NOT NULL,
    severity_number INTEGER NOT NULL, transition TEXT NOT NULL, value REAL, "limit" REAL,
    unit TEXT NOT NULL, reason TEXT NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL,
    final INTEGER NOT NULL,
    PRIMARY KEY (id, ordinal)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alert_taken ON alert (taken_us);
CREATE TABLE IF NOT EXISTS site (
    site TEXT NOT NULL, at_us INTEGER NOT NULL, name TEXT NOT NULL, lat REAL NOT NULL,
    lon REAL NOT NULL, worst INTEGER NOT NULL, n_firing INTEGER NOT NULL, n_blind INTEGER NOT NULL,
    PRIMARY KEY (site, at_us)
) WITHOUT ROWID;
"""


def open_file(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open the file for writing and make its tables."""
    connection = connect(path, busy_s=busy_s)
    try:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise StoreRefused(f"{path} has format {found}, this program knows up to {FORMAT}")
        with transaction(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            for kind in STORED:
                _make_table(connection, kind)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open the file for reading only."""
    connection = connect(path, busy_s=busy_s)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _make_table(connection: sqlite3.Connection, kind: str) -> None:
    """Make a kind's table, or add the columns of quantities that are new in the catalogue."""
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS t_{kind} (site TEXT NOT NULL, device TEXT NOT NULL,"
        " point TEXT NOT NULL, taken_us INTEGER NOT NULL, qc TEXT,"
        " PRIMARY KEY (site, device, point, taken_us)) WITHOUT ROWID"
    )
    there = {row[1] for row in connection.execute(f"PRAGMA table_info(t_{kind})")}
    for quantity in STORED[kind].quantities:
        if quantity not in there:
            connection.execute(f"ALTER TABLE t_{kind} ADD COLUMN {quantity} REAL")


def read_seen(connection: sqlite3.Connection) -> list[Seen]:
    """Give every sensor that ever wrote."""
    return connection.execute("SELECT kind, site, device, point, quantity FROM seen").fetchall()


def write(
    connection: sqlite3.Connection,
    reports: Sequence[Report],
    new: set[Seen],
) -> None:
    """Write reports in their order, so that of two for one instant the later one stays."""
    with transaction(connection):
        connection.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?)", sorted(new))
        for (kind, quantities), group in groupby(reports, key=_shape):
            connection.executemany(_upsert(kind, quantities), map(_parameters, group))


def _shape(report: Report) -> tuple[str, tuple[str, ...]]:
    return report.kind, tuple(report.values)


@lru_cache(maxsize=1024)
def _upsert(kind: str, quantities: tuple[str, ...]) -> str:
    """Give the statement that writes these quantities; names come from the catalogue."""
    names = "".join(f", {quantity}" for quantity in quantities)
    marks = ", ?" * len(quantities)
    updates = "".join(f", {quantity} = excluded.{quantity}" for quantity in quantities)
    return (
        f"INSERT INTO t_{kind} (site, device, point, taken_us, qc{names})"  # noqa: S608 - catalogue
        f" VALUES (?, ?, ?, ?, ?{marks})"
        " ON CONFLICT (site, device, point, taken_us) DO UPDATE SET"
        " qc = CASE WHEN excluded.qc IS NULL THEN qc"
        f" ELSE json_patch(coalesce(qc, '{{}}'), excluded.qc) END{updates}"
    )


def _parameters(report: Report) -> tuple[str | int | float | None, ...]:
    flags = {q: int(flag) for q, flag in report.qc.items() if flag != Qc.PASS}
    qc = json.dumps(flags) if flags else None
    place = report.site, report.device, report.point
    return (*place, to_us(report.taken_at), qc, *report.values.values())


def places(connection: sqlite3.Connection, kind: str) -> list[Place]:
    """List the device points of one kind."""
    return connection.execute(
        "SELECT DISTINCT site, device, point FROM seen WHERE kind = ? ORDER BY site, device, point",
        (kind,),
    ).fetchall()


def latest(connection: sqlite3.Connection, site: str | None) -> list[Reading]:
    """Give the newest reading of every sensor, of one site or of all."""
    sensors = connection.execute(
        "SELECT kind, site, device, point, quantity FROM seen WHERE ? IS NULL OR site = ?"
        " ORDER BY site, device, point, quantity",
        (site, site),
    ).fetchall()
    found = []
    for kind, site_id, device, point, quantity in sensors:
        if kind not in KINDS:
            continue  # a record is no reading
        row = connection.execute(
            f"SELECT taken_us, {quantity}, qc FROM t_{kind}"  # noqa: S608 - catalogue
            f" WHERE site = ? AND device = ? AND point = ? AND {quantity} IS NOT NULL"
            " ORDER BY taken_us DESC LIMIT 1",
            (site_id, device, point),
        ).fetchone()
        if row is not None:
            found.append(_reading(SensorKey(site_id, device, point, quantity), row))
    return found


def history(
    connection: sqlite3.Connection, key: SensorKey, kind: str, span: tuple[int, int], limit: int
) -> list[Reading]:
    """Give one sensor's readings within `span` (microseconds), oldest first."""
    rows = connection.execute(
        f"SELECT taken_us, {key.quantity}, qc FROM t_{kind}"  # noqa: S608 - catalogue
        " WHERE site = ? AND device = ? AND point = ? AND taken_us >= ? AND taken_us < ?"
        f" AND {key.quantity} IS NOT NULL ORDER BY taken_us LIMIT ?",
        (key.site, key.device, key.point, *span, limit),
    )
    return [_reading(key, row) for row in rows]


def _reading(key: SensorKey, row: tuple[int, float, str | None]) -> Reading:
    taken_at = from_us(row[0])
    qc = json.loads(row[2]).get(key.quantity, Qc.PASS) if row[2] else Qc.PASS
    return Reading(key, row[1], taken_at, taken_at, qc)


def rows(connection: sqlite3.Connection, kind: str, span: tuple[int, int], limit: int) -> list[Row]:
    """Give all device points' rows within `span` (microseconds), oldest first.

    The join looks up each device point's span by the primary key instead of reading the table.
    Sorting wide rows in SQLite costs more than reading them, so that it is asked to only where
    `limit` cuts.
    """
    names = tuple(STORED[kind].quantities)
    columns = ", ".join(f"t.{name}" for name in names)
    select = (
        f"SELECT t.site, t.device, t.point, t.taken_us, t.qc, {columns}"  # noqa: S608 - catalogue
        " FROM (SELECT DISTINCT site, device, point FROM seen WHERE kind = ?) AS place"
        f" CROSS JOIN t_{kind} AS t ON t.site = place.site AND t.device = place.device"
        " AND t.point = place.point AND t.taken_us >= ? AND t.taken_us < ?"
    )
    limit = max(limit, 0)
    found = connection.execute(f"{select} LIMIT ?", (kind, *span, limit + 1)).fetchall()
    if len(found) > limit:
        ordered = f"{select} ORDER BY t.taken_us, t.site, t.device, t.point LIMIT ?"
        found = connection.execute(ordered, (kind, *span, limit)).fetchall()
    found.sort(key=itemgetter(3, 0, 1, 2))
    return [_row(names, *row) for row in found]


def rows_of_each(
    connection: sqlite3.Connection, kind: str, most: Mapping[Place, int], span: tuple[int, int]
) -> list[Row]:
    """Give the oldest rows of each device point within `span` (microseconds), oldest first."""
    names = tuple(STORED[kind].quantities)
    columns = ", ".join(names)
    select = (
        f"SELECT site, device, point, taken_us, qc, {columns} FROM t_{kind}"  # noqa: S608 - catalogue
        " WHERE site = ? AND device = ? AND point = ? AND taken_us >= ? AND taken_us < ?"
        " ORDER BY taken_us LIMIT ?"
    )
    found = [
        row
        for place, limit in most.items()
        for row in connection.execute(select, (*place, *span, max(limit, 0)))
    ]
    found.sort(key=itemgetter(3, 0, 1, 2))
    return [_row(names, *row) for row in found]


def _row(
    names: tuple[str, ...],
    *cells: *tuple[str, str, str, int, str | None, *tuple[float | None, ...]],
) -> Row:
    site, device, point, taken_us, qc, *numbers = cells
    values = {n: v for n, v in zip(names, numbers, strict=True) if v is not None}
    return Row(site, device, point, from_us(taken_us), values, json.loads(qc) if qc else {})


def write_transition(connection: sqlite3.Connection, alert: Alert, transition: Transition) -> None:
    """Insert one transition, or replace what was there under its key."""
    sensor = alert.sensor
    connection.execute(
        "INSERT OR REPLACE INTO alert"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            alert.id, transition.ordinal, to_us(transition.taken_at),
            sensor.site, sensor.device, sensor.point, sensor.quantity,
            alert.hazard, str(alert.kind), alert.rule_id, transition.severity.word,
            int(transition.severity), str(transition.kind), transition.value, alert.limit,
            alert.unit, transition.reason, alert.position.lat, alert.position.lon,
            int(transition.final),
        ),
    )  # fmt: skip


def write_sites(connection: sqlite3.Connection, rows: Sequence[SiteRow]) -> None:
    """Insert how sites stand."""
    with transaction(connection):
        connection.executemany(
            "INSERT OR REPLACE INTO site VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (r.site, to_us(r.at), r.name, r.lat, r.lon, r.worst, r.n_firing, r.n_blind)
                for r in rows
            ],
        )


def expire_some(connection: sqlite3.Connection, kind: str, place: Place, before_us: int) -> int:
    """Delete the oldest rows of one device point, at most one step's worth."""
    last = connection.execute(
        f"SELECT max(taken_us) FROM (SELECT taken_us FROM t_{kind}"  # noqa: S608 - catalogue
        " WHERE site = ? AND device = ? AND point = ? AND taken_us < ? ORDER BY taken_us LIMIT ?)",
        (*place, before_us, _EXPIRE_STEP_ROWS),
    ).fetchone()[0]
    if last is None:
        return 0
    return connection.execute(
        f"DELETE FROM t_{kind}"  # noqa: S608 - catalogue
        " WHERE site = ? AND device = ? AND point = ? AND taken_us <= ?",
        (*place, last),
    ).rowcount


def expire_sites(connection: sqlite3.Connection, before_us: int) -> int:
    """Delete old states of sites, at most one step's worth."""
    return connection.execute(
        "DELETE FROM site WHERE (site, at_us) IN"
        " (SELECT site, at_us FROM site WHERE at_us < ? LIMIT ?)",
        (before_us, _EXPIRE_STEP_ROWS),
    ).rowcount
