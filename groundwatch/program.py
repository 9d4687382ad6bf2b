"""The running program: its tasks, how they start, and how they stop so that nothing is lost.

Opening goes from what owns (log, journal) to what brings (source), in `groundwatch.compose`;
stopping goes the other way round, here.
"""

import asyncio
import gc
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from alerting.book import Change
from alerting.deliver import Deliverer
from alerting.engine import Engine
from alerting.errors import JournalError
from alerting.model import Alert, AlertKind
from alerting.unusual import Examined
from groundwatch.cards import CardDesk
from groundwatch.clock import Clock, EventClock
from groundwatch.district import District
from groundwatch.pipeline import Pipeline
from groundwatch.settings import Settings
from groundwatch.supervise import Away, problems
from groundwatch.training import Forests, Judged, Retraining
from ingest.broker import LocalBroker
from ingest.mqtt import MqttConfig, MqttSource
from ingest.source import DeviceStatus
from sensors.registry import Registry
from storage.embedded import EmbeddedStore
from storage.errors import LogFull, StorageError
from storage.journal import SqlJournal
from storage.log import Log
from storage.ports import SiteRow, TelemetryStore
from storage.ship import Shipper

_LOG = logging.getLogger(__name__)
_MAX_UNWRITTEN = 10_000
_SITES_EVERY_S = 20.0
_FIRST_SITES_S = 2.0
_SWEEP_EVERY_S = 600.0
_KEEP_NOTICES = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Models:
    """The models per kind of device, and what trains them each night."""

    forests: Forests
    retraining: Retraining


class HttpDoor(Protocol):
    """The HTTP interface as the program runs it (implemented by `groundwatch.http.server`)."""

    @property
    def port(self) -> int:
        """Give the port it listens on."""
        ...

    async def run(self) -> None:
        """Answer until stopped."""
        ...

    def stop(self) -> None:
        """Take no new connection, and let `run` end once those there are have been answered."""
        ...


@dataclass(slots=True, kw_only=True)
class Program:
    """The running parts, for the command line and the HTTP interface to look at."""

    settings: Settings
    district: District
    clock: Clock
    log: Log
    journal: SqlJournal
    store: TelemetryStore
    cards: CardDesk
    engine: Engine
    deliverer: Deliverer
    source: MqttSource
    pipeline: Pipeline
    shipper: Shipper
    broker: LocalBroker | None
    mqtt: MqttConfig
    started_at: datetime
    models: Models | None = None
    http: HttpDoor | None = None
    devices_online: dict[tuple[str, str], DeviceStatus] = field(default_factory=dict)
    changes: deque[Change] = field(default_factory=deque)
    store_problem: str = "not opened yet"
    n_unwritten_dropped: int = 0
    _wake_writer: asyncio.Event = field(default_factory=asyncio.Event)
    _is_stopping: bool = False
    _broker_away: Away = field(default_factory=Away)
    _store_away: Away = field(default_factory=Away)

    async def run(self, stop: asyncio.Event, ready: Callable[[], None] | None = None) -> None:
        """Run until `stop` is set, then stop gracefully: nothing owned is lost.

        Raises:
            SourceError: a person must mend something at the broker; nothing was lost.
        """
        # What was loaded lives as long as the program. Looking through it again and again for
        # garbage would stop the loop for 100 ms and more at 10,000 sensors.
        gc.collect()
        gc.freeze()
        async with asyncio.TaskGroup() as group:
            delivering = group.create_task(self.deliverer.run(), name="delivery")
            shipping = group.create_task(self._ship(), name="shipping")
            writing = group.create_task(self._write_transitions(), name="alerts to the store")
            ticking = group.create_task(self._tick(), name="timers")
            sweeping = group.create_task(self._sweep(), name="housekeeping")
            showing = group.create_task(self._show_sites(), name="sites to the store")
            carrying = group.create_task(self.pipeline.run(), name="pipeline")
            serving = group.create_task(self._serve(), name="http")
            learning = group.create_task(self._learn(), name="models")
            stopping = group.create_task(stop.wait(), name="stop")
            if ready is not None:
                ready()
            await asyncio.wait({carrying, stopping}, return_when=asyncio.FIRST_COMPLETED)
            self._is_stopping = True
            stopping.cancel()
            if self.http is not None:
                self.http.stop()
            await self.source.close()
            await asyncio.wait({carrying})
            ticking.cancel()
            await self.engine.tick(is_listening=False)
            await self._save_states(everything=True)
            await self.deliverer.stop()
            self.shipper.stop()
            await asyncio.wait({shipping, serving}, timeout=15)
            for task in (shipping, serving, writing, delivering, learning, sweeping, showing):
                task.cancel()

    async def _serve(self) -> None:
        if self.http is not None:
            await self.http.run()

    async def _learn(self) -> None:
        """Let the models judge what comes in, and train them anew each night."""
        if self.models is None:
            return
        await self.models.forests.load()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.models.forests.run(self._note_judged), name="forests")
            group.create_task(self.models.retraining.run(), name="retraining")

    async def _note_judged(self, judged: list[Judged]) -> None:
        await self.engine.take_answers(
            [
                Examined(
                    sensor=entry.sensor,
                    taken_s=entry.taken_at.timestamp(),
                    value=getattr(entry.answer, "score", 0.0),
                    unit="",
                    answer=entry.answer,
                )
                for entry in judged
            ]
        )

    async def _ship(self) -> None:
        """Open the store, however long that takes, and ship the log to it."""
        pause_s = 0.5
        while not self._is_stopping:
            try:
                await self.store.open()
            except StorageError as error:
                if str(error) != self.store_problem:
                    _LOG.warning("the database cannot be used yet", extra={"why": str(error)})
                self.store_problem = str(error)
                self.shipper.note_unopened(error)
                await asyncio.sleep(pause_s)
                pause_s = min(15.0, pause_s * 2)
            else:
                self.store_problem = ""
                await self.shipper.run()
                return

    async def _tick(self) -> None:
        was_listening = False
        while True:
            now = self.clock.now()
            is_listening = self.source.status.connected and (
                not isinstance(self.clock, EventClock) or self.clock.has_begun
            )
            if is_listening and not was_listening:
                self.engine.judge.silence.start(now.timestamp())
            was_listening = is_listening
            await self.engine.tick(is_listening=is_listening)
            await self._supervise()
            await self._save_states()
            await asyncio.sleep(1.0)

    async def _sweep(self) -> None:
        """Forget what is past its time: old readings of the embedded store, old notices."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            try:
                if isinstance(self.store, EmbeddedStore):
                    await self.store.expire(self.clock.now())
                await self.journal.prune(self.clock.now() - _KEEP_NOTICES)
            except (StorageError, JournalError) as error:
                _LOG.warning("housekeeping failed", extra={"why": str(error)})

    async def _supervise(self) -> None:
        source, ship, now_s = self.source.status, self.shipper.status(), time.monotonic()
        store_away = bool(self.store_problem) or not ship.is_writing
        found = problems(
            source=source,
            broker_away_s=self._broker_away.look(is_away=not source.connected, now_s=now_s),
            log_full=self.pipeline.counts.log_full,
            ship=ship,
            store_away_s=self._store_away.look(is_away=store_away, now_s=now_s),
        )
        for name, problem in found.items():
            if problem is None:
                await self.engine.clear_problem(name)
            else:
                await self.engine.raise_problem(name, problem.text, problem.severity)

    async def _save_states(self, *, everything: bool = False) -> None:
        try:
            await self.engine.save_states(self.log, everything=everything)
        except (JournalError, LogFull) as error:
            _LOG.warning("rule state could not be saved", extra={"why": str(error)})

    def note_changes(self, changes: Sequence[Change]) -> None:
        """Queue transitions for the store; the journal has them whatever happens here."""
        for change in changes:
            if len(self.changes) >= _MAX_UNWRITTEN:
                self.changes.popleft()
                self.n_unwritten_dropped += 1
            self.changes.append(change)
        self._wake_writer.set()

    def note_statuses(self, statuses: Sequence[DeviceStatus]) -> None:
        """Keep what devices last said of themselves."""
        for status in statuses:
            self.devices_online[status.site, status.device] = status

    async def _write_transitions(self) -> None:
        while True:
            await self._wake_writer.wait()
            self._wake_writer.clear()
            while self.changes:
                change = self.changes[0]
                try:
                    await self.store.write_transition(change.alert, change.transition)
                except StorageError:
                    await asyncio.sleep(2.0)  # the shipper reports the same trouble
                    continue
                if self.changes and self.changes[0] is change:
                    self.changes.popleft()

    async def _show_sites(self) -> None:
        """Write how sites stand now and then; apart from the timers, which wait for no database."""
        await asyncio.sleep(_FIRST_SITES_S)
        while True:
            await self._write_sites(self.clock.now())
            await asyncio.sleep(_SITES_EVERY_S)

    async def _write_sites(self, now: datetime) -> None:
        if self.store_problem:
            return
        try:
            alerts = await self.journal.alerts(firing_only=True, limit=100_000)
            await self.store.write_sites(site_rows(self.district.registry, alerts, now))
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
