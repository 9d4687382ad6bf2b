"""Which stored rows models learn from: every device point its share, as many at once as fit.

Of each hour the oldest rows of a device point are read, so that the rows of one hour follow each
other and no hour of the day is missing. Device points are read in batches, and what is read
together has at most `max_rows` rows: hundreds of devices take more of the night, not of the memory.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from alerting.detect.features import Sample
from sensors.model import Qc, Report
from sensors.registry import Registry
from storage.ports import Place, Row, TelemetryStore

_HOUR: Final = timedelta(hours=1)
_HOURS_A_DAY: Final = 24
_BELIEVED = frozenset({Qc.PASS, Qc.NOT_EVALUATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPlan:
    """How much history is read: the last `span`, at most `max_rows` rows of it at once.

    Few device points share an hour's part of `max_rows`; each has at least `least_each` rows of an
    hour, which is all that one speaking every two minutes has.
    """

    span: timedelta = timedelta(days=28)
    max_rows: int = 200_000
    least_each: int = 30


DEFAULT_HISTORY: Final = HistoryPlan()
# Device points that are read together, and how many rows of an hour each has at most.
Batch = Mapping[Place, int]


class History:
    """The stored rows of all device points of one kind up to an instant.

    `every` says how often each device point speaks.
    """

    def __init__(
        self,
        store: TelemetryStore,
        kind: str,
        every: Mapping[Place, timedelta],
        *,
        until: datetime,
        plan: HistoryPlan = DEFAULT_HISTORY,
    ) -> None:
        """Take what to read; nothing is read yet."""
        self._store, self._kind = store, kind
        n_hours = max(1, plan.span // _HOUR)
        self._hours = [until - at * _HOUR for at in range(n_hours, 0, -1)]
        part = max(1, plan.max_rows // n_hours)
        self._batches = list(_batches(_shares(every, part, plan.least_each), part))

    async def of_all(self) -> list[Sample]:
        """Read rows of every device point, of as many of its hours as there is room for."""
        found: list[Sample] = []
        for number, since in enumerate(self._hours if self._batches else ()):
            found += await self._hour(self._due(number), since)
        return found

    async def of_each(self) -> AsyncIterator[list[Sample]]:
        """Read rows of all hours, some device points after the other."""
        for batch in self._batches:
            found: list[Sample] = []
            for since in self._hours:
                found += await self._hour(batch, since)
            yield found

    def _due(self, number: int) -> Batch:
        """Give the batch whose turn an hour is, from day to day at another hour of the day."""
        turn = number + number // _HOURS_A_DAY
        return self._batches[turn % len(self._batches)]

    async def _hour(self, batch: Batch, since: datetime) -> list[Sample]:
        rows = await self._store.rows_of_each(self._kind, batch, since, since + _HOUR)
        return [sample_of(row) for row in rows]


def _shares(
    every: Mapping[Place, timedelta], part: int, least_each: int
) -> Iterator[tuple[Place, int]]:
    """Say how many rows of an hour each device point has at most."""
    equal = part // max(1, len(every))
    for place, interval in every.items():
        yield place, min(part, max(equal, min(least_each, ceil(_HOUR / interval))))


def _batches(shares: Iterable[tuple[Place, int]], part: int) -> Iterator[Batch]:
    """Put device points together for as long as an hour's part has room for their shares."""
    batch: dict[Place, int] = {}
    for place, share in shares:
        if batch and sum(batch.values()) + share > part:
            yield batch
            batch = {}
        batch[place] = share
    if batch:
        yield batch


def intervals(registry: Registry, kind: str) -> dict[Place, timedelta]:
    """Give every device point of a kind, and how often it speaks."""
    return {
        (device.site, device.id, sensor.key.point): device.every
        for device in registry.devices()
        if device.kind == kind
        for sensor in device.sensors
    }


def sample_of(row: Report | Row) -> Sample:
    """Keep the believable values of a row."""
    values = row.values
    if row.qc:
        values = {
            quantity: value
            for quantity, value in values.items()
            if row.qc.get(quantity, Qc.PASS) in _BELIEVED
        }
    return Sample(f"{row.site}/{row.device}/{row.point}", row.taken_at.timestamp(), values)
