"""Carries owned blocks from the log to the database, in order, for as long as it takes.

The database being away is no special case: the shipper falls behind its cursor and catches up. A
block shipped twice after a crash is stored once, because every store writes by key.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Protocol, TypeVar

from storage.errors import LogFull, StorageError, StoreRefused, StoreUnavailable
from storage.log import Log
from storage.log_file import Block
from storage.ports import TelemetryStore

T = TypeVar("T")

_log = logging.getLogger(__name__)
_MAX_DOUBLINGS = 16
_random = SystemRandom().random


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Give the instant, aware and in UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipConfig:
    """How blocks are gathered into writes, and how long to wait when a write fails.

    `max_reports` is not cut within a block. Failed writes are tried again after a random time
    between half and all of a delay that doubles from `first_retry` to `max_retry`; after a refusal
    (wrong password, no such database) always after `refused_retry`. A stop waits `drain_within`.
    """

    follower: str = "shipper"
    max_reports: int = 5_000
    max_age: timedelta = timedelta(milliseconds=300)
    first_retry: timedelta = timedelta(milliseconds=250)
    max_retry: timedelta = timedelta(seconds=15)
    refused_retry: timedelta = timedelta(seconds=30)
    forget_every: timedelta = timedelta(seconds=5)
    drain_within: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipStatus:
    """Where the shipper stands; `last_error` is empty while `is_writing`.

    `needs_a_person` says that the database refuses for a reason that waiting will not change.
    """

    behind_blocks: int
    behind_reports: int
    last_ok_at: datetime | None
    last_error: str
    is_writing: bool
    needs_a_person: bool
    n_shipped: int
    n_refused: int


@dataclass(slots=True)
class _Tally:
    """What happened so far."""

    behind_at_start: int = 0
    owned_at_start: int = 0
    n_taken: int = 0
    n_shipped: int = 0
    n_refused: int = 0
    n_failures: int = 0
    last_ok_at: datetime | None = None
    last_error: str = ""
    needs_a_person: bool = field(default=False)


class Shipper:
    """Follows the log by its own lasting cursor and writes blocks to the store until stopped."""

    def __init__(
        self,
        log: Log,
        store: TelemetryStore,
        config: ShipConfig | None = None,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = _random,
    ) -> None:
        """Take the parts; `sleep` takes seconds, `jitter` gives 0 to 1."""
        self._log = log
        self._store = store
        self._config = config or ShipConfig()
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._stopping = asyncio.Event()
        self._tally = _Tally()
        self._forgot_at: datetime | None = None

    def stop(self) -> None:
        """Let `run` ship what is left, once and within the config's time, and end."""
        self._stopping.set()

    def status(self) -> ShipStatus:
        """Say where the shipper stands."""
        tally = self._tally
        grown = self._log.n_owned - tally.owned_at_start
        return ShipStatus(
            behind_blocks=self._log.last_seq - self._cursor,
            behind_reports=tally.behind_at_start + grown - tally.n_taken,
            last_ok_at=tally.last_ok_at,
            last_error=tally.last_error,
            is_writing=not tally.last_error,
            needs_a_person=tally.needs_a_person,
            n_shipped=tally.n_shipped,
            n_refused=tally.n_refused,
        )

    def note_unopened(self, error: StorageError) -> None:
        """Remember why the store cannot be opened yet, until `run` begins."""
        self._tally.needs_a_person = isinstance(error, StoreRefused)
        self._tally.last_error = str(error) or type(error).__name__

    async def run(self) -> None:
        """Ship until `stop` or cancelled.

        Raises:
            LogUnusable: the log cannot be read.
        """
        self._tally.last_error, self._tally.needs_a_person, self._tally.n_taken = "", False, 0
        last_seq, self._tally.owned_at_start = self._log.last_seq, self._log.n_owned
        self._tally.behind_at_start = await self._log.count_reports(self._cursor, last_seq)
        while not self._stopping.is_set():
            await self._until_stop(self._log.wait_beyond, self._cursor)
            if self.status().behind_reports < self._config.max_reports:
                await self._pause(self._config.max_age)
            await self._ship_next()
        await self._drain()

    @property
    def _cursor(self) -> int:
        return self._log.cursor(self._config.follower)

    async def _ship_next(self) -> None:
        """Ship the next blocks, however often it takes, unless stopped between two attempts."""
        if self._stopping.is_set():
            return
        blocks = await self._log.blocks(self._cursor, self._config.max_reports)
        while blocks and not self._stopping.is_set():
            delay = await self._attempt(blocks)
            if delay is None:
                return
            await self._pause(delay)

    async def _drain(self) -> None:
        """Ship what is left until the first failure; the rest stays owned in the log."""
        try:
            async with asyncio.timeout(self._config.drain_within.total_seconds()):
                while blocks := await self._log.blocks(self._cursor, self._config.max_reports):
                    if await self._attempt(blocks) is not None:
                        break
        except TimeoutError:
            self._tally.last_error = "stopped before everything was written"
        left = self.status()
        if left.behind_blocks:
            _log.warning(
                "stopped with %d reports not yet in the database (%s); they stay in the log",
                left.behind_reports,
                left.last_error,
            )

    async def _attempt(self, blocks: Sequence[Block]) -> timedelta | None:
        """Write `blocks` and move the cursor; give the delay before the next try, None if done."""
        reports = [report for block in blocks for report in block.reports]
        try:
            refused = await self._store.write(reports)
            await self._log.set_cursor(self._config.follower, blocks[-1].seq, refused=refused)
        except (StoreUnavailable, StoreRefused, LogFull) as error:
            return self._note_failure(error)
        self._tally.n_taken += len(reports)
        self._note_success(len(reports) - len(refused), len(refused))
        await self._forget_when_due()
        return None

    async def _forget_when_due(self) -> None:
        now = self._clock.now()
        if self._forgot_at is None or now - self._forgot_at >= self._config.forget_every:
            self._forgot_at = now
            try:
                await self._log.forget()
            except LogFull as error:
                _log.warning("blocks that are no longer needed could not be deleted: %s", error)

    def _note_success(self, n_shipped: int, n_refused: int) -> None:
        tally = self._tally
        if tally.last_error:
            _log.info("the database takes readings again, %d behind", self.status().behind_reports)
        tally.n_failures, tally.last_error, tally.needs_a_person = 0, "", False
        tally.last_ok_at = self._clock.now()
        tally.n_shipped += n_shipped
        tally.n_refused += n_refused
        if n_refused:
            _log.warning("the database refused %d reports; they are in quarantine", n_refused)

    def _note_failure(self, error: StorageError) -> timedelta:
        """Remember why, tell the log once per reason, and give the delay before the next try."""
        tally = self._tally
        tally.needs_a_person = isinstance(error, StoreRefused)
        if str(error) != tally.last_error:
            level = logging.ERROR if tally.needs_a_person else logging.WARNING
            _log.log(level, "readings wait in the log, the database does not take them: %s", error)
        tally.last_error = str(error) or type(error).__name__
        tally.n_failures += 1
        if tally.needs_a_person:
            return self._config.refused_retry
        return self._retry_delay(error)

    def _retry_delay(self, error: StorageError) -> timedelta:
        config = self._config
        doublings = min(self._tally.n_failures - 1, _MAX_DOUBLINGS)
        delay = min(config.first_retry * (1 << doublings), config.max_retry)
        delay *= 0.5 + 0.5 * self._jitter()
        asked = error.retry_after_s if isinstance(error, StoreUnavailable) else None
        if asked is not None:
            delay = max(delay, min(timedelta(seconds=asked), config.max_retry))
        return delay

    async def _pause(self, duration: timedelta) -> None:
        await self._until_stop(self._sleep, duration.total_seconds())

    async def _until_stop(self, wait: Callable[[T], Awaitable[None]], until: T) -> None:
        """Wait for `wait(until)` or for `stop`, whichever comes first."""
        if self._stopping.is_set():
            return

        async def waiting() -> None:
            await wait(until)

        async with asyncio.TaskGroup() as group:
            tasks = {group.create_task(waiting()), group.create_task(self._stopping.wait())}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
