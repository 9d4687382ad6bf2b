"""Reads the calendar: the days left of every date that runs out, as reports owned and judged."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from groundwatch.clock import Clock, EventClock
from groundwatch.pipeline import Pipeline
from ingest.source import Decoded
from sensors.due import DUE, days_left
from sensors.model import Report
from sensors.registry import Registry
from storage.errors import LogFull

_LOG = logging.getLogger(__name__)
EVERY = timedelta(hours=1)
_LOOK_S = 20.0


def due_reports(registry: Registry, now: datetime) -> Iterator[Report]:
    """Make a report of the days left for every device that has such dates."""
    for device in registry.devices():
        values = {
            entry.quantity: days_left(device.dates[name], entry.months, now)
            for name, entry in DUE.items()
            if name in device.dates and entry.kind == device.kind
        }
        if values:
            yield Report(device.site, device.id, device.kind, "", now, now, values, {})


async def watch_dates(registry: Registry, pipeline: Pipeline, clock: Clock) -> None:
    """Look at the calendar every hour of the clock until cancelled."""
    looked_at: datetime | None = None
    while True:
        now = clock.now()
        has_begun = not isinstance(clock, EventClock) or clock.has_begun
        if has_begun and (looked_at is None or now - looked_at >= EVERY):
            reports = list(due_reports(registry, now))
            try:
                if reports:
                    await pipeline.own(Decoded(reports, []))
                looked_at = now
            except LogFull as error:
                _LOG.warning("dates that run out are not judged now", extra={"why": str(error)})
        await asyncio.sleep(_LOOK_S)
