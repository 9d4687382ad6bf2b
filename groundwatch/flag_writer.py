"""Writes quality flags that became known after a reading was stored, beside the reading.

The shipper writes what comes in; a spike is only known when the next value has come. Nothing waits
for this queue, and what is lost of it in a crash is found again from the rules' memory.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from alerting.doubtful import Requalified
from sensors.model import Report
from storage.errors import StorageError
from storage.ports import Refused

_LOG = logging.getLogger(__name__)
_MAX_UNWRITTEN = 20_000
_BATCH = 500
_RETRY_S = 2.0


class ReadingStore(Protocol):
    """Where readings are stored (a telemetry store)."""

    async def write(self, reports: Sequence[Report]) -> list[Refused]:
        """Store all reports but those returned; raises StorageError."""
        ...


@dataclass(slots=True, kw_only=True)
class FlagWriter:
    """Queues flags and writes them in order; the oldest leave when too many wait.

    `n_dropped` counts those that made room, `n_refused` those that the store will never take.
    """

    store: ReadingStore
    retry_s: float = _RETRY_S
    n_dropped: int = 0
    n_refused: int = 0
    n_written: int = 0
    _waiting: deque[Requalified] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, flags: Sequence[Requalified]) -> None:
        """Queue flags."""
        for entry in flags:
            if len(self._waiting) >= _MAX_UNWRITTEN:
                self._waiting.popleft()
                self.n_dropped += 1
            self._waiting.append(entry)
        if flags:
            self._wake.set()

    async def run(self) -> None:
        """Write what is queued until cancelled."""
        while True:
            while self._waiting:
                await self._write_some()
            self._wake.clear()
            await self._wake.wait()

    async def _write_some(self) -> None:
        count = min(len(self._waiting), _BATCH)
        batch = [self._waiting.popleft() for _ in range(count)]
        try:
            refused = await self.store.write([flagged(entry) for entry in batch])
        except StorageError:  # the shipper reports the same trouble
            self._waiting.extendleft(reversed(batch))
            await asyncio.sleep(self.retry_s)
        else:
            self.n_written += count - len(refused)
            self.n_refused += len(refused)
            for entry in refused:
                _LOG.warning("a quality flag was refused", extra={"why": entry.reason})


def flagged(entry: Requalified) -> Report:
    """Give the report that writes one flag beside its value; the store merges the two."""
    key, found = entry.sensor.key, entry.found
    taken_at = datetime.fromtimestamp(found.time_s, UTC)
    return Report(
        key.site,
        key.device,
        entry.sensor.kind,
        key.point,
        taken_at,
        taken_at,
        {key.quantity: found.value},
        {key.quantity: found.qc},
    )
