"""The telemetry store on InfluxDB: what to send and ask, over the doors of this package."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from alerting.model import Alert, Transition
from sensors.catalogue import KINDS, STORED
from sensors.model import Qc, Reading, Report, SensorKey
from storage.errors import RowRefused, StoreRefused
from storage.influx import influxql
from storage.influx.answers import DatabaseMissing, Rejection
from storage.influx.config import InfluxConfig
from storage.influx.doors import HttpDoor, V2WriteDoor
from storage.influx.influxql import Cells, Query, Window
from storage.influx.placing import Item, place
from storage.ports import Place, Refused, Row, SiteRow
from storage.schema import LineWriter, site_line, transition_line

# 3 Core refuses queries that touch too many files, which is about three days of data.
_CORE_WINDOW = timedelta(hours=72)
_PAGE_ROWS = 10_000
_PLACES = 30  # device points in one question, whose text stays below a few thousand characters
_EARLIEST = datetime(1677, 9, 22, tzinfo=UTC)
_LATEST = datetime(2262, 4, 11, tzinfo=UTC)


class InfluxStore:
    """A `TelemetryStore` on one InfluxDB server of version 1.x, 2.x or 3 Core.

    It connects at the first call that needs the server, and again whenever it must: a server that
    is away at start is no reason not to start.
    """

    def __init__(self, config: InfluxConfig) -> None:
        """Take the address; nothing is connected yet."""
        self._config = config
        self._http = HttpDoor(config)
        self._v2 = V2WriteDoor(config)
        self._lines = LineWriter()
        self._version = 0
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Find out which version answers, and make the database on 1.x where it is missing.

        Raises:
            StoreUnavailable: no answer; the next call tries again.
            StoreRefused: wrong password, or an address that is not InfluxDB.
        """
        async with self._opening:
            if self._version:
                return
            version = self._config.version
            found = await self._http.version() if version == "auto" else version
            if fault := self._config.why_not_version(2 if found == 2 else 3 if found == 3 else 1):
                raise StoreRefused(f"{self._config.url}: {fault}")
            if found == 3:
                self._http.use_bearer()
            if found == 1:
                await self._make_database()
            else:
                await self._check_password()
            self._version = found

    async def close(self) -> None:
        """Let go of every connection."""
        await self._http.close()
        await self._v2.close()

    # -- writing --------------------------------------------------------------------------------

    async def write(self, reports: Sequence[Report]) -> list[Refused]:
        """Store all reports but those returned, with the reason for each."""
        rendered = self._lines.render(reports)
        if not rendered.lines:
            return rendered.refused
        items = [Item(*pair) for pair in zip(rendered.lines, rendered.reports, strict=True)]
        refused = await place(self._send, items, self._config.max_requests_per_write)
        return rendered.refused + refused

    async def write_transition(self, alert: Alert, transition: Transition) -> None:
        """Store one transition of an alert."""
        await self._send_all([transition_line(alert, transition)])

    async def write_sites(self, rows: Sequence[SiteRow]) -> None:
        """Store how sites stand."""
        if rows:
            await self._send_all([site_line(row) for row in rows])

    async def _send_all(self, lines: Sequence[str]) -> None:
        """Send lines of our own making, of which none may be refused."""
        rejection = await self._send(lines)
        if rejection is not None:
            raise RowRefused(f"InfluxDB did not take it: {rejection.reason}")

    async def _send(self, lines: Sequence[str]) -> Rejection | None:
        await self.open()
        body = "\n".join(lines).encode()
        if self._version != 1:
            return await self._v2.write(body)
        try:
            return await self._http.write(body)
        except DatabaseMissing:
            await self._make_database()
            return await self._http.write(body)

    async def _make_database(self) -> None:
        """Make the database on 1.x; one that exists stays as it is.

        A user who may not make databases may still write to one that an administrator made.
        """
        try:
            answer = await self._http.command(
                f"CREATE DATABASE {influxql.quoted(self._config.database)}"
            )
        except StoreRefused:
            await self._check_password()
            return
        list(influxql.cells(answer))

    async def _check_password(self) -> None:
        """Run a query that any user of the database may run; raises StoreRefused for others."""
        try:
            await self._ask(Query("SHOW MEASUREMENTS LIMIT 1"))
        except DatabaseMissing:
            # It is not about the password; a write will make the database or say what is wrong.
            return

    # -- reading --------------------------------------------------------------------------------

    async def latest(self, site: str | None = None) -> list[Reading]:
        """Give the newest reading of every sensor; on 3 Core only of the last 72 hours."""
        await self.open()
        within = self._window()
        readings = []
        for kind, quantities in (await self._stored_quantities()).items():
            for quantity in quantities:
                for row in await self._ask(influxql.last(kind, quantity, site, within)):
                    readings.append(_reading(row, quantity, "value", "qc", row.tags))
        return sorted(readings, key=lambda reading: reading.sensor)

    async def history(
        self, key: SensorKey, kind: str, since: datetime, until: datetime, limit: int = 10_000
    ) -> list[Reading]:
        """Give one sensor's readings with since <= taken_at < until, oldest first."""
        _check_sensor(key, kind)
        await self.open()
        tags = {"site": key.site, "device": key.device, "point": key.point}
        readings: list[Reading] = []
        for window in influxql.windows(*_within_reach(since, until), self._window()):
            while len(readings) < limit:
                wanted = min(_PAGE_ROWS, limit - len(readings))
                page = await self._ask(influxql.series(kind, key.quantity, tags, window, wanted))
                readings += [
                    _reading(row, key.quantity, key.quantity, f"{key.quantity}_qc", tags)
                    for row in page
                    if row.columns[key.quantity] is not None
                ]
                if len(page) < wanted:
                    break
                window = Window(page[-1].taken_at + timedelta(microseconds=1), window.until)
        return readings

    async def rows(
        self, kind: str, since: datetime, until: datetime, limit: int = 1_000_000
    ) -> list[Row]:
        """Give all devices' wide rows of one kind, oldest first."""
        if kind not in STORED:
            raise ValueError(f"kind {kind!r} is none of {', '.join(STORED)}")
        await self.open()
        rows: list[Row] = []
        for window in influxql.windows(*_within_reach(since, until), self._window()):
            async for row in self._rows_in(kind, window):
                if len(rows) >= limit:
                    return rows
                rows.append(row)
        return rows

    async def rows_of_each(
        self, kind: str, most: Mapping[Place, int], since: datetime, until: datetime
    ) -> list[Row]:
        """Give the oldest rows of each device point named, `most` says how many; oldest first."""
        if kind not in STORED:
            raise ValueError(f"kind {kind!r} is none of {', '.join(STORED)}")
        await self.open()
        left = {place: limit for place, limit in most.items() if limit > 0}
        rows: list[Row] = []
        for window in influxql.windows(*_within_reach(since, until), self._window()):
            for places, limit in _askable(left):
                page = await self._ask(influxql.wide_of_each(kind, places, window, limit))
                rows += [_row(cells, kind) for cells in page]
                for point, n_found in Counter(map(_place, page)).items():
                    left[point] -= n_found
        return sorted(rows, key=lambda row: (row.taken_at, row.site, row.device, row.point))

    async def _rows_in(self, kind: str, window: Window) -> AsyncIterator[Row]:
        """Read page by page; many devices may share the instant at which a page ends."""
        page_rows, seen = _PAGE_ROWS, set[tuple[str, str, str]]()
        while True:
            page = await self._ask(influxql.wide(kind, window, page_rows))
            fresh = [c for c in page if c.taken_at != window.since or _place(c) not in seen]
            for row in fresh:
                yield _row(row, kind)
            if len(page) < page_rows:
                return
            if page[-1].taken_at == window.since:
                page_rows *= 2
            end = page[-1].taken_at
            seen = {_place(c) for c in page if c.taken_at == end}
            window = Window(end, window.until)

    def _window(self) -> timedelta | None:
        """Give the widest span one query may have."""
        return self._config.window or (_CORE_WINDOW if self._version == 3 else None)

    async def _ask(self, query: Query) -> list[Cells]:
        try:
            return list(influxql.cells(await self._http.query(query)))
        except DatabaseMissing:
            # 3 Core makes a database at the first write; until then nothing was ever stored.
            if self._version == 3:
                return []
            raise

    async def _stored_quantities(self) -> dict[str, list[str]]:
        """Give the quantities of the catalogue that the database knows, by kind."""
        found: dict[str, list[str]] = {}
        for row in await self._ask(Query("SHOW FIELD KEYS")):
            kind, name = KINDS.get(row.name), row.columns.get("fieldKey")
            if kind is not None and name in kind.quantities:
                found.setdefault(kind.key, []).append(name)
        return found


def _check_sensor(key: SensorKey, kind: str) -> None:
    """Refuse names that are not in the catalogue; they would become part of a query."""
    if kind not in STORED:
        raise ValueError(f"kind {kind!r} is none of {', '.join(STORED)}")
    if key.quantity not in STORED[kind].quantities:
        raise ValueError(f"a {kind} has no quantity {key.quantity!r}")


def _askable(left: Mapping[Place, int]) -> list[tuple[list[Place], int]]:
    """Put device points together that want as many rows, no more than fit into one question."""
    found = []
    for limit, group in groupby(sorted(left, key=left.__getitem__), key=left.__getitem__):
        places = list(group)
        for at in range(0, len(places) if limit > 0 else 0, _PLACES):
            found.append((places[at : at + _PLACES], limit))
    return found


def _within_reach(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Cut a span to what a time in 64-bit nanoseconds can say."""
    return max(since, _EARLIEST), min(until, _LATEST)


def _place(row: Cells) -> tuple[str, str, str]:
    return row.tag("site"), row.tag("device"), row.tag("point")


def _reading(row: Cells, quantity: str, value: str, flag: str, tags: Mapping[str, str]) -> Reading:
    """Turn a row into a reading; a flag is stored only where it is not a pass."""
    key = SensorKey(tags["site"], tags["device"], tags.get("point", ""), quantity)
    qc = row.columns.get(flag)
    taken_at = row.taken_at
    return Reading(
        key, float(row.columns[value]), taken_at, taken_at, Qc.PASS if qc is None else int(qc)
    )


def _row(row: Cells, kind: str) -> Row:
    columns = row.columns
    names = STORED[kind].quantities
    values = {q: float(columns[q]) for q in names if columns.get(q) is not None}
    flags = {q: int(columns[f"{q}_qc"]) for q in names if columns.get(f"{q}_qc") is not None}
    return Row(*_place(row), row.taken_at, values, flags)
