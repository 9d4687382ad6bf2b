"""Writes what virtual sensors gave to the telemetry store, to be shown like what is measured.

The readings behind it are in the log and lose nothing here: when the store is away the oldest
values make room for newer ones, and are counted.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alerting.joint import Computed
from sensors.model import Qc, Report, SensorKey
from storage.errors import StorageError
from storage.ports import TelemetryStore

_LOG = logging.getLogger(__name__)
MAX_WAITING = 20_000
_AT_ONCE = 2_000
_RETRY_S = 2.0
_GATHER_S = 0.5
_SAME_EVERY_S = 60.0

_Place = tuple[str, str, str, float]


@dataclass(slots=True, kw_only=True)
class ComputedWriter:
    """Queues computed values, one report per device point and instant, and writes them in order.

    A value that stays the same is written once a minute: most signs are 0 nearly always.

    `n_dropped` counts reports that made room for newer ones while the store was away, `n_refused`
    those that it will never take.
    """

    store: TelemetryStore
    retry_s: float = _RETRY_S
    max_waiting: int = MAX_WAITING
    n_written: int = 0
    n_dropped: int = 0
    n_refused: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: "OrderedDict[_Place, Report]" = field(default_factory=OrderedDict)
    _written: dict[SensorKey, tuple[float, float, Qc]] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, values: Sequence[Computed]) -> None:
        """Queue values; another one for the same sensor and instant takes the old one's place."""
        for sensor, time_s, value, qc in values:
            key = sensor.key
            written = self._written.get(key)
            if (
                written is not None
                and written[1:] == (value, qc)
                and 0.0 <= time_s - written[0] < _SAME_EVERY_S
            ):
                continue
            self._written[key] = (time_s, value, qc)
            place = (key.site, key.device, key.point, time_s)
            report = self._waiting.get(place)
            if report is None:
                if len(self._waiting) >= self.max_waiting:
                    self._waiting.popitem(last=False)
                    self.n_dropped += 1
                taken_at = datetime.fromtimestamp(time_s, UTC)
                report = self._waiting[place] = Report(
                    *(key.site, key.device, sensor.kind, key.point, taken_at, taken_at), {}, {}
                )
            report.values[key.quantity] = value
            if qc != Qc.PASS:
                report.qc[key.quantity] = int(qc)
        self._wake.set()

    def put_records(self, records: Sequence[Report]) -> None:
        """Queue whole records (lifts of cranes)."""
        for report in records:
            place = (report.site, report.device, report.kind, report.taken_at.timestamp())
            if place not in self._waiting and len(self._waiting) >= self.max_waiting:
                self._waiting.popitem(last=False)
                self.n_dropped += 1
            self._waiting[place] = report
        if records:
            self._wake.set()

    async def run(self) -> None:
        """Write what is queued, once the store is `opened`, until cancelled."""
        await self.opened.wait()
        while True:
            await self._wake.wait()
            await asyncio.sleep(_GATHER_S)
            self._wake.clear()
            while self._waiting:
                await self._write_some()

    async def _write_some(self) -> None:
        places = list(self._waiting)[:_AT_ONCE]
        reports = [self._waiting.pop(place) for place in places]
        try:
            refused = await self.store.write(reports)
        except StorageError as error:
            _LOG.info("computed values not written yet", extra={"why": str(error)})
            self._put_back(places, reports)
            await asyncio.sleep(self.retry_s)  # the shipper reports the same trouble
        else:
            self.n_refused += len(refused)
            self.n_written += len(reports) - len(refused)

    def _put_back(self, places: Sequence[_Place], reports: Sequence[Report]) -> None:
        """Put what was not written back to the front, as far as there is room."""
        for place, report in zip(reversed(places), reversed(reports), strict=True):
            if place in self._waiting:
                continue  # computed anew meanwhile
            if len(self._waiting) >= self.max_waiting:
                self.n_dropped += 1
                continue
            self._waiting[place] = report
            self._waiting.move_to_end(place, last=False)
