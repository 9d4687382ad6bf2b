"""The write-ahead log of everything that was decoded: what is in it is owned.

Blocks are appended by ingest and followed by the engine and the shipper, each with a cursor; what
every follower has passed is forgotten. See docs/decisions/0002-stores.md for why one path serves
both the normal case and a database that is away.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from ingest.source import Decoded
from sensors.model import Report
from storage import log_file, quarantine, quarantine_list
from storage.errors import LogFull, LogUnusable
from storage.log_file import Block, LogStatus
from storage.ports import Refused
from storage.quarantine import QuarantineCaps, Quarantined
from storage.quarantine_list import QuarantineGroups, QuarantineQuery
from storage.schema import to_us
from storage.sqlite import SqliteThread, is_full

P = ParamSpec("P")
T = TypeVar("T")

_QUARANTINE_SHARE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """Bounds of the log, and who must have passed a block before it is forgotten.

    `max_bytes` bounds the pages in use (file size less what can be used again). `tail_reports` are
    the newest reports kept in memory for followers, about 1 kB each. The quarantine gets at most
    a quarter of the log.
    """

    max_bytes: int = 2 * 1024**3
    followers: tuple[str, ...] = ("engine", "shipper")
    tail_reports: int = 4_000
    tail_blocks: int = 4_096
    quarantine: QuarantineCaps = field(default_factory=QuarantineCaps)

    def __post_init__(self) -> None:
        """Refuse bounds that cannot work."""
        if self.max_bytes < 1024 * 1024:
            raise ValueError(f"max_bytes is {self.max_bytes}, at least 1048576 is needed")
        if not self.followers:
            raise ValueError("a log that nobody follows would be forgotten at once")


class Log:
    """An `ingest.source.Owner` that keeps blocks of reports in one SQLite file.

    A block is owned when `own` returns: it survives `kill -9` and a power cut. Numbers of blocks
    start at 1, grow by one and are never given twice. One process at a time.
    """

    def __init__(self, path: Path, config: LogConfig | None = None) -> None:
        """Name the file; nothing is touched before `open`."""
        self._path = path
        self._config = config = config or LogConfig()
        self._caps = config.quarantine.within(config.max_bytes // _QUARANTINE_SHARE)
        self._thread = SqliteThread("groundwatch-log")
        self._lock_file: int | None = None
        self._last_seq = 0
        self._n_owned = 0
        self._cursors: dict[str, int] = {}
        self._tail: deque[Block] = deque()
        self._tail_floor = 0
        self._tail_reports = 0
        self._moved = asyncio.Event()

    async def open(self) -> None:
        """Open or make the file and its directory.

        Raises:
            LogUnusable: another process has it, it is damaged, or it may not be written.
        """
        self._lock_file = _lock(self._path)
        try:
            await self._thread.open(lambda: log_file.open_file(self._path))
            start = await self._read(log_file.read_start)
        except BaseException:
            await self.close()
            raise
        self._last_seq = start.last_seq
        self._start_tail(start.last_seq)
        self._cursors = {name: start.cursors.get(name, 0) for name in self._config.followers}

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        await self._thread.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    # -- owning ---------------------------------------------------------------------------------

    async def own(self, decoded: Decoded) -> int:
        """Write reports and rejects durably, and give the number of the last block.

        Rejects go to quarantine in the same commit; without reports no block is made.

        Raises:
            LogFull: cap reached, disk full or failing; nothing of `decoded` is owned.
        """
        if not decoded.reports and not decoded.rejects:
            return self._last_seq
        reports = decoded.reports
        written = self._thread.submit(
            log_file.append,
            reports,
            quarantine.entries_of_rejects(decoded.rejects),
            self._caps,
            self._config.max_bytes,
        )
        # What the thread has begun it finishes, also when the caller is cancelled meanwhile.
        written.add_done_callback(lambda done: self._note_owned(done, reports))
        try:
            seq = await asyncio.shield(written)
        except (sqlite3.Error, LogFull) as error:
            raise self._full(error) from error
        return self._last_seq if seq is None else seq

    def _note_owned(self, done: "asyncio.Future[int | None]", reports: list[Report]) -> None:
        if done.cancelled() or done.exception() is not None:
            return
        seq = done.result()
        if seq is None:
            return
        if seq != self._last_seq + 1:
            self._start_tail(seq - 1)
        self._last_seq = seq
        self._n_owned += len(reports)
        self._tail.append(Block(seq, reports))
        self._tail_reports += len(reports)
        while self._tail and self._is_tail_long():
            dropped = self._tail.popleft()
            self._tail_floor = dropped.seq
            self._tail_reports -= len(dropped.reports)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _start_tail(self, floor: int) -> None:
        self._tail.clear()
        self._tail_reports = 0
        self._tail_floor = floor

    def _is_tail_long(self) -> bool:
        config = self._config
        return self._tail_reports > config.tail_reports or len(self._tail) > config.tail_blocks

    def _full(self, error: Exception) -> LogFull:
        """Say why nothing more can be owned; an error that is not about space is a defect."""
        if isinstance(error, sqlite3.Error) and not is_full(error):
            raise log_file.unusable(self._path, error) from error
        return LogFull(
            f"the log {self._path} cannot take more ({error}): free space on its disk, raise its"
            " cap, or bring back the database that its blocks wait for; nothing is lost meanwhile,"
            " messages stay with the broker"
        )

    # -- following ------------------------------------------------------------------------------

    @property
    def last_seq(self) -> int:
        """Give the number of the last block ever owned, 0 when none."""
        return self._last_seq

    @property
    def n_owned(self) -> int:
        """Count the reports owned since `open`."""
        return self._n_owned

    async def wait_beyond(self, seq: int) -> None:
        """Wait until a block with a larger number than `seq` is owned."""
        while self._last_seq <= seq:
            await self._moved.wait()

    async def blocks(self, after: int, max_reports: int) -> list[Block]:
        """Give the blocks beyond `after` in order, up to `max_reports` reports but at least one.

        The newest come from memory; older ones are read from the disk.

        Raises:
            LogUnusable: the file cannot be read.
        """
        if after >= self._tail_floor:
            return self._blocks_of_tail(after, max_reports)
        return await self._read(log_file.read, after, max_reports)

    def _blocks_of_tail(self, after: int, max_reports: int) -> list[Block]:
        found: list[Block] = []
        n_reports = 0
        # Numbers in the tail grow by one, so that the place of a block is known.
        for block in islice(self._tail, after - self._tail_floor, None):
            n_reports += len(block.reports)
            if found and n_reports > max_reports:
                break
            found.append(block)
        return found

    async def count_reports(self, after: int, upto: int) -> int:
        """Count the reports in the blocks beyond `after` up to and including `upto`."""
        return await self._read(log_file.count_reports, after, upto)

    def cursor(self, follower: str) -> int:
        """Give the number of the last block that `follower` is done with, 0 when none.

        Raises:
            KeyError: `follower` is not among the config's followers.
        """
        return self._cursors[follower]

    async def set_cursor(self, follower: str, seq: int, *, refused: Sequence[Refused] = ()) -> None:
        """Note durably that `follower` is done up to `seq`; a cursor never goes back.

        `refused` are reports it could not place; they go to quarantine in the same commit.

        Raises:
            KeyError: `follower` is not among the config's followers.
            LogFull: it could not be written; nothing has changed.
        """
        seq = max(seq, self._cursors[follower])
        await self._write(
            log_file.save_cursor,
            follower,
            seq,
            quarantine.entries_of_refused(refused),
            self._caps,
        )
        self._cursors[follower] = seq

    async def raise_floor(self, seq: int) -> None:
        """Make sure that the next block's number is larger than `seq`.

        For a log that was deleted while other parts remember numbers of the old one.

        Raises:
            LogFull: it could not be written; nothing has changed.
        """
        if seq <= self._last_seq:
            return
        await self._write(log_file.raise_floor, seq)
        self._last_seq = seq
        self._start_tail(seq)

    async def forget(self) -> int:
        """Delete the blocks that every follower has passed, in bounded steps; give how many.

        Raises:
            LogFull: the disk is too full even for that.
        """
        upto = min(self._cursors.values())
        n_forgotten = 0
        while n := await self._write(log_file.forget_some, upto):
            n_forgotten += n
        while await self._write(log_file.shrink_some):
            pass
        return n_forgotten

    async def status(self) -> LogStatus:
        """Say what the log holds."""
        return await self._read(
            log_file.status, self._config.max_bytes, self._last_seq, dict(self._cursors)
        )

    # -- quarantine -----------------------------------------------------------------------------

    async def quarantined(
        self, *, after_id: int = 0, limit: int = 100, with_replayed: bool = False
    ) -> list[Quarantined]:
        """List what is in quarantine, oldest first."""
        return await self._read(quarantine.listed, after_id, limit, with_replayed=with_replayed)

    async def quarantine_groups(
        self, wanted: QuarantineQuery, *, limit: int = 100
    ) -> QuarantineGroups:
        """Give what is in quarantine, alike entries together, the newest first."""
        return await asyncio.to_thread(quarantine_list.groups, self._path, wanted, limit)

    async def quarantined_where(
        self, wanted: QuarantineQuery, *, after_id: int | None = None, limit: int = 100
    ) -> list[Quarantined]:
        """List single entries: after `after_id` the oldest first, without it the newest first."""
        return await self._read(quarantine_list.entries, wanted, after_id, limit)

    async def quarantined_one(self, entry_id: int) -> Quarantined | None:
        """Give one entry of the quarantine."""
        return await self._read(quarantine.one, entry_id)

    async def mark_replayed(self, entry_ids: Sequence[int], at: datetime) -> int:
        """Note that these entries were replayed at `at`; give how many of them there are.

        Raises:
            LogFull: it could not be written; nothing has changed.
        """
        return await self._write(quarantine.mark_replayed, entry_ids, to_us(at))

    # -- the file -------------------------------------------------------------------------------

    async def _read(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            return await self._thread.call(function, *args, **kwargs)
        except sqlite3.Error as error:
            raise log_file.unusable(self._path, error) from error

    async def _write(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            return await self._thread.call(function, *args, **kwargs)
        except sqlite3.Error as error:
            raise self._full(error) from error


def _lock(path: Path) -> int:
    """Lock the log for this process and give the open lock file.

    The lock belongs to the open file: it ends with the process, however that ends.
    """
    lock_path = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock_file = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise LogUnusable(
            f"the log {path} cannot be made ({error.strerror}: {error.filename}): name a directory"
            f" that this user may write to, or give this one to the user (chown)"
        ) from error
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(lock_file, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(lock_file)
        raise LogUnusable(
            f"the log {path} is in use by another process (id {holder}): end that one first, or"
            " give this one a directory of its own"
        ) from error
    os.ftruncate(lock_file, 0)
    os.write(lock_file, f"{os.getpid()}\n".encode())
    return lock_file
