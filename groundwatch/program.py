"""The running program: its tasks, how they start, and how they stop so that nothing is lost.

Opening goes from what owns (log, journal) to what brings (source), in `groundwatch.compose`;
stopping goes the other way round, here.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from alerting.deliver import Deliverer
from alerting.engine import Engine
from alerting.errors import JournalError
from alerting.unusual import Examined
from groundwatch.ack_desk import AckDesk
from groundwatch.card_watch import CardWatch
from groundwatch.cards import CardDesk
from groundwatch.clock import Clock, EventClock
from groundwatch.closed_roads import ClosedRoads
from groundwatch.compose_desks import Desks
from groundwatch.computed_writer import ComputedWriter
from groundwatch.cycles import CycleKeeper, begin_again
from groundwatch.district import District
from groundwatch.doors import Telling
from groundwatch.drill_end import recall_orders
from groundwatch.due_dates import watch_dates
from groundwatch.flag_writer import FlagWriter
from groundwatch.keep_going import KeepGoing
from groundwatch.listening import Listening
from groundwatch.live import LiveResources
from groundwatch.pictures import Pictures
from groundwatch.pipeline import Pipeline
from groundwatch.rates import Rates
from groundwatch.self_watch import SelfWatch
from groundwatch.service_manager import ServiceManager
from groundwatch.settings import Settings
from groundwatch.stations import Door, heard_at
from groundwatch.store_writer import StoreWriter
from groundwatch.supervise import Problem, Standing
from groundwatch.training import MODELS, InUse, Judged, ModelStatus, Retraining
from ingest.broker import LocalBroker
from ingest.mqtt import MqttConfig, MqttSource
from ingest.source import DeviceStatus
from sensors.model import Report
from storage.embedded import EmbeddedStore
from storage.errors import LogFull, StorageError
from storage.journal import SqlJournal
from storage.log import Log
from storage.ports import TelemetryStore
from storage.ship import Shipper

_LOG = logging.getLogger(__name__)
_RENEW_LOOK_S = 600.0
_SWEEP_EVERY_S = 600.0
_KEEP_NOTICES = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Models:
    """The models in use, and what trains them each night."""

    in_use: InUse
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
    live: LiveResources
    closed_roads: ClosedRoads
    watching: CardWatch
    desks: Desks
    engine: Engine
    deliverer: Deliverer
    acks: AckDesk
    source: MqttSource
    pipeline: Pipeline
    shipper: Shipper
    broker: LocalBroker | None
    mqtt: MqttConfig
    started_at: datetime
    writer: StoreWriter
    flags: FlagWriter
    computed: ComputedWriter
    cycles: CycleKeeper
    rates: Rates
    tasks: KeepGoing
    watch: SelfWatch
    telling: Telling
    pictures: Pictures
    models: Models | None = None
    stations: tuple[Door, ...] = ()
    http: HttpDoor | None = None
    heartbeat: Callable[[], Awaitable[None]] | None = None
    service: ServiceManager = field(default_factory=ServiceManager)
    turned_s: float = field(default_factory=time.monotonic)
    devices_online: dict[tuple[str, str], DeviceStatus] = field(default_factory=dict)
    store_problem: str = "not opened yet"
    _is_stopping: bool = False

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
            ticking = group.create_task(self._tick(), name="timers")
            carrying = {group.create_task(self.pipeline.run(), name="pipeline")} | {
                group.create_task(door.pipeline.run(), name=f"{door.source.name} pipeline")
                for door in self.stations
            }

            def keep(name: str, make: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
                return group.create_task(self.tasks.run(name, make), name=name)

            shipping = keep("shipping", self._ship)
            serving = keep("http", self._serve)
            kept = [
                keep("alerts_to_store", self.writer.write_transitions),
                keep("sites_to_store", self.writer.show_sites),
                keep("flags_to_store", self.flags.run),
                keep("computed_to_store", self._write_computed),
                keep("dates", self._watch_dates),
                keep("rates", self.rates.run),
                keep("housekeeping", self._sweep),
                keep("models", self._learn),
                keep("telling", self.telling.run),
                keep("orders", self.desks.orders.run),
                keep("cards", self.watching.run),
                keep("renewals", self._renew),
                keep("closed_roads", self._open_roads),
                keep("official_feeds", self.desks.feeds.run),
            ]
            if self.broker is not None:
                kept.append(keep("broker_process", self.broker.keep))
            stopping = group.create_task(stop.wait(), name="stop")
            if self.heartbeat is not None:
                kept.append(keep("heartbeat", self.heartbeat))
            self.service.tell("READY=1")
            if ready is not None:
                ready()
            await asyncio.wait({*carrying, stopping}, return_when=asyncio.FIRST_COMPLETED)
            self._is_stopping = True
            self.service.tell("STOPPING=1")
            self.tasks.stop()
            stopping.cancel()
            if self.http is not None:
                self.http.stop()
            for door in self.stations:
                await door.source.close()
            await self.source.close()
            await asyncio.wait(carrying)
            ticking.cancel()
            await self.engine.tick(is_listening=False)
            await self._save_states(everything=True)
            await self.deliverer.stop()
            self.shipper.stop()
            await asyncio.wait({shipping, serving}, timeout=15)
            for task in (shipping, serving, delivering, *kept):
                task.cancel()

    async def _serve(self) -> None:
        if self.http is not None:
            await self.http.run()

    async def _write_computed(self) -> None:
        """Write computed values and lifts; those under way before a restart are taken up first."""
        await self.computed.opened.wait()
        try:
            self.computed.put_records(await begin_again(self.cycles, self.store, self.clock.now()))
        except StorageError as error:
            _LOG.warning("lifts under way are not taken up", extra={"why": str(error)})
        await self.computed.run()

    async def _watch_dates(self) -> None:
        await watch_dates(self.district.registry, self.pipeline, self.clock)

    async def _learn(self) -> None:
        """Let the models judge what comes in, and train them anew each night."""
        if self.models is None:
            return
        await self.models.in_use.load()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.models.in_use.run(self._note_judged), name="models")
            group.create_task(self.models.retraining.run(), name="retraining")

    async def _note_judged(self, judged: list[Judged]) -> None:
        await self.engine.take_answers(
            [
                Examined(
                    sensor=entry.sensor,
                    taken_s=entry.taken_at.timestamp(),
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
                self.store_problem, self.writer.is_open = "", True
                self.computed.opened.set()
                await self.shipper.run()
                return

    async def _tick(self) -> None:
        listening = Listening.since(self.started_at)
        at_stations = heard_at(self.stations, self.district.registry)
        while True:
            now = self.clock.now()
            is_listening = self.source.status.connected and (
                not isinstance(self.clock, EventClock) or self.clock.has_begun
            )
            has_jumped = self.watch.has_clock_jumped()
            grace_s = listening.look(now, is_listening=is_listening, has_jumped=has_jumped)
            if grace_s is not None:
                self.engine.judge.silence.start(now.timestamp(), grace_s)
            is_by_station = bool(at_stations) and not is_listening
            self.engine.judge.silence.hear_only(at_stations if is_by_station else None)
            await self.engine.tick(is_listening=is_listening or is_by_station)
            await recall_orders(self.engine.drills, self.desks.orders)
            self.flags.put(self.engine.judge.belief.flags.take())
            await self._supervise()
            await self._save_states()
            self.turned_s = time.monotonic()
            self.service.tell("WATCHDOG=1")
            await asyncio.sleep(1.0)

    async def _renew(self) -> None:
        """Keep messages from expiring at receivers while their alerts stand, from the start on."""
        every = self.desks.cap.config.renew_every
        routes = self.district.routes
        roads = [road for person in routes.people.values() for road in person.roads]
        is_posted = any(road.channel == "cap" for road in (*roads, routes.last_resort))
        while every is not None and is_posted:
            try:
                await self.engine.renewals.look("cap", every)
            except JournalError as error:
                _LOG.warning("messages are not renewed now", extra={"why": str(error)})
            await asyncio.sleep(min(every.total_seconds() / 8, _RENEW_LOOK_S))

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

    async def _open_roads(self) -> None:
        """Open the roads whose time is over; apart from the timers, which wait for no record."""
        while True:
            try:
                await self.closed_roads.open_due(self.clock.now())
            except JournalError as error:
                _LOG.warning("roads stay closed past their time", extra={"why": str(error)})
            await asyncio.sleep(1.0)

    async def _supervise(self) -> None:
        for name, verdict in (await self.watch.look()).items():
            if isinstance(verdict, Problem):
                await self.engine.raise_problem(name, verdict.text, verdict.severity)
                if verdict.news:
                    await self.engine.tell_more(name, verdict.text, verdict.news)
            elif verdict is Standing.OVER:
                await self.engine.clear_problem(name)

    async def _save_states(self, *, everything: bool = False) -> None:
        try:
            await self.engine.save_states(self.log, everything=everything)
        except (JournalError, LogFull) as error:
            _LOG.warning("rule state could not be saved", extra={"why": str(error)})

    def note_reports(self, reports: Sequence[Report]) -> None:
        """Look at what was judged just now: whose clock is right, and what the models say."""
        self.watch.note_reports(reports)
        self.flags.put(self.engine.judge.belief.flags.take())
        self.computed.put_records(self.cycles.take(reports))
        if self.models is not None:
            self.models.in_use.put(reports)

    def models_here(self) -> list[ModelStatus]:
        """Give how the models stand of those kinds of devices that the site files name."""
        kinds = {device.kind for device in self.district.registry.devices()}
        found = [] if self.models is None else self.models.in_use.status()
        return [status for status in found if MODELS[status.name] in kinds]

    def note_statuses(self, statuses: Sequence[DeviceStatus]) -> None:
        """Keep what devices last said of themselves."""
        for status in statuses:
            self.devices_online[status.site, status.device] = status
