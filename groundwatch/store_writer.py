"""Writes alerts' transitions and how sites stand to the telemetry store, for dashboards.

The journal has every transition whatever happens here; nothing waits for this.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alerting.book import Change
from alerting.errors import JournalError
from alerting.model import Alert, AlertKind
from sensors.registry import Registry
from storage.errors import RowRefused, StorageError
from storage.ports import SiteRow, TelemetryStore

_LOG = logging.getLogger(__name__)
_MAX_UNWRITTEN = 10_000
_RETRY_S = 2.0
_SITES_EVERY_S = 20.0
_FIRST_SITES_S = 2.0


class Alerts(Protocol):
    """Lists alerts (the journal does)."""

    async def alerts(self, *, firing_only: bool, limit: int) -> list[Alert]:
        """List alerts, newest first; raises JournalError."""
        ...


@dataclass(slots=True, kw_only=True)
class StoreWriter:
    """Queues changes and writes them in order, once the store `is_open`.

    `n_dropped` counts changes that made room for newer ones, `n_refused` those that the store will
    never take. `has_written` says that it took anything since the start.
    """

    store: TelemetryStore
    journal: Alerts
    registry: Registry
    now: Callable[[], datetime]
    retry_s: float = _RETRY_S
    is_open: bool = False
    has_written: bool = False
    n_dropped: int = 0
    n_refused: int = 0
    _changes: deque[Change] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, changes: Sequence[Change]) -> None:
        """Queue transitions; the oldest leave when too many wait."""
        for change in changes:
            if len(self._changes) >= _MAX_UNWRITTEN:
                self._changes.popleft()
                self.n_dropped += 1
            self._changes.append(change)
        self._wake.set()

    async def write_transitions(self) -> None:
        """Write what is queued until cancelled; one that is refused for good is left out."""
        while True:
            while self._changes:
                await self._write_next(self._changes.popleft())
            self._wake.clear()
            await self._wake.wait()

    async def _write_next(self, change: Change) -> None:
        try:
            await self.store.write_transition(change.alert, change.transition)
        except RowRefused as error:
            self.n_refused += 1
            about = {"alert": change.alert.id, "why": str(error)}
            _LOG.warning("the database will not take a change of an alert", extra=about)
        except StorageError:
            self._changes.appendleft(change)
            await asyncio.sleep(self.retry_s)  # the shipper reports the same trouble
        else:
            self.has_written = True

    async def show_sites(self) -> None:
        """Write how sites stand now and then until cancelled."""
        await asyncio.sleep(_FIRST_SITES_S)
        while True:
            await self.write_sites(self.now())
            await asyncio.sleep(_SITES_EVERY_S)

    async def write_sites(self, now: datetime) -> None:
        """Write how sites stand; what cannot be written now is written anew the next time."""
        if not self.is_open:
            return
        try:
            alerts = await self.journal.alerts(firing_only=True, limit=100_000)
            await self.store.write_sites(site_rows(self.registry, alerts, now))
            self.has_written = True
        except (StorageError, JournalError) as error:
            _LOG.info("site states not written", extra={"why": str(error)})


def site_rows(registry: Registry, alerts: Sequence[Alert], now: datetime) -> list[SiteRow]:
    """Sum up standing alerts by site for the map."""
    worst: dict[str, int] = {}
    firing: dict[str, int] = {}
    blind: dict[str, int] = {}
    for alert in alerts:
        worst[alert.site] = max(worst.get(alert.site, 0), int(alert.severity))
        counts = blind if alert.kind is AlertKind.BLIND else firing
        counts[alert.site] = counts.get(alert.site, 0) + 1
    return [
        SiteRow(
            site=site.id,
            name=site.name,
            lat=site.position.lat,
            lon=site.position.lon,
            worst=worst.get(site.id, 0),
            n_firing=firing.get(site.id, 0),
            n_blind=blind.get(site.id, 0),
            at=now,
        )
        for site in registry.sites.values()
    ]
