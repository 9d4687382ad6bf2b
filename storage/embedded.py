"""The telemetry store for one machine: one SQLite file with one wide table per device kind.

Wide rows keyed by device point and instant cost a third of narrow ones, see
docs/decisions/0002-stores.md. Writing and reading use a connection and a thread each, so that a
long query delays no write.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from alerting.model import Alert, Transition
from sensors.catalogue import KINDS, STORED
from sensors.model import Reading, Report, SensorKey
from storage import embedded_file
from storage.errors import StorageError, StoreRefused, StoreUnavailable
from storage.ports import Place, Refused, Row, SiteRow
from storage.schema import to_us, why_unstorable
from storage.sqlite import SqliteThread, is_busy, is_full

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedConfig:
    """Where the file is and how long readings are kept (None: for ever).

    `busy` is how long a call waits for another program that holds the file.
    """

    path: Path
    retention: timedelta | None = None
    busy: timedelta = timedelta(seconds=5)

    def __post_init__(self) -> None:
        """Refuse a retention that would delete what is just coming in."""
        if self.retention is not None and self.retention < timedelta(hours=1):
            raise ValueError(f"retention {self.retention} is shorter than one hour")


class EmbeddedStore:
    """A `TelemetryStore` in one SQLite file."""

    def __init__(self, config: EmbeddedConfig) -> None:
        """Take the path; nothing is touched before `open`."""
        self._config = config
        self._writer = SqliteThread("groundwatch-store")
        self._reader = SqliteThread("groundwatch-store-read")
        self._opening = asyncio.Lock()
        self._is_closed = False
        self._seen: set[embedded_file.Seen] = set()

    async def open(self) -> None:
        """Open or make the file, its directory and its tables.

        Raises:
            StoreUnavailable: another program holds it.
            StoreRefused: it may not be written, is damaged, or is of a newer format.
        """
        async with self._opening:
            self._is_closed = False
            if not self._reader.is_open:
                await self._open()

    async def _open(self) -> None:
        path, busy_s = self._config.path, self._config.busy.total_seconds()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            await self._writer.open(partial(embedded_file.open_file, path, busy_s))
            self._seen = set(await self._writer.call(embedded_file.read_seen))
            await self._reader.open(partial(embedded_file.open_reader, path, busy_s))
        except sqlite3.Error as error:
            raise self._translated(error) from error
        except OSError as error:
            raise StoreRefused(
                f"the database {path} cannot be made ({error.strerror}: {error.filename}): name a"
                " directory that this user may write to"
            ) from error

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        self._is_closed = True
        await self._reader.close()
        await self._writer.close()

    async def write(self, reports: Sequence[Report]) -> list[Refused]:
        """Store all reports but those that no store can take."""
        refused, taken = [], []
        for report in reports:
            reason = why_unstorable(report)
            if reason is None:
                taken.append(report)
            else:
                refused.append(Refused(report, reason))
        if taken:
            new = {
                place
                for r in taken
                for quantity in r.values
                if (place := (r.kind, r.site, r.device, r.point, quantity)) not in self._seen
            }
            await self._call(self._writer, embedded_file.write, taken, new)
            self._seen |= new
        return refused

    async def write_transition(self, alert: Alert, transition: Transition) -> None:
        """Store one transition of an alert."""
        await self._call(self._writer, embedded_file.write_transition, alert, transition)

    async def write_sites(self, rows: Sequence[SiteRow]) -> None:
        """Store how sites stand."""
        if rows:
            await self._call(self._writer, embedded_file.write_sites, rows)

    async def latest(self, site: str | None = None) -> list[Reading]:
        """Give the newest reading of every sensor."""
        return await self._call(self._reader, embedded_file.latest, site)

    async def history(
        self, key: SensorKey, kind: str, since: datetime, until: datetime, limit: int = 10_000
    ) -> list[Reading]:
        """Give one sensor's readings with since <= taken_at < until, oldest first."""
        if kind not in STORED or key.quantity not in STORED[kind].quantities:
            raise ValueError(f"the catalogue has no quantity {key.quantity!r} of kind {kind!r}")
        span = to_us(since), to_us(until)
        return await self._call(self._reader, embedded_file.history, key, kind, span, limit)

    async def rows(
        self, kind: str, since: datetime, until: datetime, limit: int = 1_000_000
    ) -> list[Row]:
        """Give all devices' wide rows of one kind, oldest first."""
        if kind not in STORED:
            raise ValueError(f"kind {kind!r} is none of {', '.join(STORED)}")
        return await self._call(
            self._reader, embedded_file.rows, kind, (to_us(since), to_us(until)), limit
        )

    async def rows_of_each(
        self, kind: str, most: Mapping[Place, int], since: datetime, until: datetime
    ) -> list[Row]:
        """Give the oldest rows of each device point named, `most` says how many; oldest first."""
        if kind not in STORED:
            raise ValueError(f"kind {kind!r} is none of {', '.join(STORED)}")
        return await self._call(
            self._reader, embedded_file.rows_of_each, kind, most, (to_us(since), to_us(until))
        )

    async def expire(self, now: datetime) -> int:
        """Delete readings older than the retention, in bounded steps; give how many rows.

        Transitions of alerts and records (lifts of cranes) are kept.
        """
        if self._config.retention is None:
            return 0
        before = to_us(now - self._config.retention)
        n_deleted = 0
        for kind in KINDS:
            for place in await self._call(self._reader, embedded_file.places, kind):
                step = partial(embedded_file.expire_some, kind=kind, place=place, before_us=before)
                n_deleted += await self._repeat(step)
        return n_deleted + await self._repeat(partial(embedded_file.expire_sites, before_us=before))

    async def _repeat(self, step: Callable[[sqlite3.Connection], int]) -> int:
        """Run a bounded step, letting writes in between, until it finds nothing more to do."""
        n_done = 0
        while n := await self._call(self._writer, step):
            n_done += n
        return n_done

    async def _call(
        self,
        thread: SqliteThread,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if self._is_closed:
            raise StoreUnavailable(f"the database {self._config.path} is closed")
        await self.open()
        try:
            return await thread.call(function, *args, **kwargs)
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: sqlite3.Error) -> StorageError:
        if is_busy(error) or is_full(error):
            return StoreUnavailable(f"the database {self._config.path} cannot now: {error}")
        return StoreRefused(f"the database {self._config.path} cannot be used: {error}")
