"""Where the parts meet: one process, one loop, one task group with named tasks.

Opening goes from what owns (log, journal) to what brings (source); stopping goes the other way
round, so that nothing that was taken in is left without an owner.
"""

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TextIO

from alerting.book import Change
from alerting.channels.console import Console
from alerting.channels.webhook import Webhook, WebhookConfig
from alerting.deliver import Deliverer
from alerting.detect.detector import Detector
from alerting.detect.robust import robust_for
from alerting.engine import Engine, EngineConfig, Parts
from alerting.errors import JournalError
from alerting.judge import Judge
from alerting.model import Alert, AlertKind
from alerting.ports import Channel
from groundwatch.cards import CardDesk
from groundwatch.clock import Clock, EventClock, SystemClock
from groundwatch.district import District
from groundwatch.pipeline import Pipeline
from groundwatch.settings import InfluxSettings, Settings
from groundwatch.supervise import Away, problems
from ingest.broker import LocalBroker, local_broker
from ingest.intake import Intake
from ingest.mqtt import MqttConfig, MqttSource, TlsConfig
from ingest.source import DeviceStatus
from sensors.model import Position
from sensors.registry import Registry, Sensor
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.errors import LogFull, StorageError
from storage.influx import InfluxConfig, InfluxStore
from storage.influx.config import Version
from storage.journal import SqlJournal
from storage.log import Log, LogConfig
from storage.ports import SiteRow, TelemetryStore
from storage.ship import Shipper

_LOG = logging.getLogger(__name__)
_MAX_UNWRITTEN = 10_000
_INFLUX_VERSIONS: dict[str, Version] = {"auto": "auto", "1": 1, "2": 2, "3": 3}
_SITES_EVERY_S = 20.0
_REMEMBERED_REPORTS = 50_000


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
        async with asyncio.TaskGroup() as group:
            delivering = group.create_task(self.deliverer.run(), name="delivery")
            shipping = group.create_task(self._ship(), name="shipping")
            writing = group.create_task(self._write_transitions(), name="alerts to the store")
            ticking = group.create_task(self._tick(), name="timers")
            carrying = group.create_task(self.pipeline.run(), name="pipeline")
            serving = group.create_task(self._serve(), name="http")
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
            for task in (shipping, serving, writing, delivering):
                task.cancel()

    async def _serve(self) -> None:
        if self.http is not None:
            await self.http.run()

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
                await asyncio.sleep(pause_s)
                pause_s = min(15.0, pause_s * 2)
            else:
                self.store_problem = ""
                await self.shipper.run()
                return

    async def _tick(self) -> None:
        was_listening = False
        since_sites_s = 0.0
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
            since_sites_s += 1.0
            if since_sites_s >= _SITES_EVERY_S or since_sites_s == 2.0:
                since_sites_s = 2.0
                await self._write_sites(now)
            await asyncio.sleep(1.0)

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


@asynccontextmanager
async def opened(
    settings: Settings,
    district: District,
    *,
    clock: Clock | None = None,
    console: TextIO | None = None,
    channels: Mapping[str, Channel] | None = None,
) -> AsyncIterator[Program]:
    """Open every part and restore what was known; the parts are closed in reverse order.

    Raises:
        SettingsError, SourceError, StorageError, JournalError: a person must mend something.
    """
    clock = clock or _clock(settings)
    async with AsyncExitStack() as stack:
        settings.state.mkdir(parents=True, exist_ok=True)
        log = Log(settings.state / "log.db", LogConfig(max_bytes=settings.log_max_bytes))
        await log.open()
        stack.push_async_callback(log.close)
        journal = SqlJournal(settings.journal_url)
        await journal.open()
        stack.push_async_callback(journal.close)
        await log.raise_floor(await journal.recorded_seq())
        store = _store(settings)
        stack.push_async_callback(store.close)
        roads = dict(channels or {})
        if "console" not in roads:
            shown = Console(stream=console or sys.stderr, now=clock.now)
            stack.push_async_callback(shown.close)
            roads["console"] = shown
        if "webhook" not in roads:
            webhook = _webhook(settings)
            stack.push_async_callback(webhook.close)
            roads["webhook"] = webhook
        cards = CardDesk(district.resources, clock)
        deliverer = Deliverer(journal=journal, channels=roads, router=district.routes, clock=clock)
        judge = Judge(
            registry=district.registry, packs=district.packs, detector_for=_detector(settings)
        )
        parts = Parts(
            journal=journal, cards=cards, router=district.routes, deliverer=deliverer, clock=clock
        )
        engine = Engine(judge=judge, parts=parts, config=EngineConfig(home=_home(district)))
        judge.silence.start(clock.now().timestamp())
        count = await engine.restore(log)
        _LOG.info("restored", extra={"blocks_read": count, "last_block": engine.last_seq})
        broker = await _broker(settings, stack)
        mqtt = mqtt_config(settings, broker)
        source = MqttSource(mqtt, now=SystemClock().now if _is_event(clock) else clock.now)
        intake = Intake(district.registry)
        newest = await _remember(intake, log)
        if isinstance(clock, EventClock) and newest is not None:
            clock.tell(newest)
        pipeline = Pipeline(
            source=source,
            intake=intake,
            log=log,
            engine=engine,
            event_clock=clock if isinstance(clock, EventClock) else None,
        )
        program = Program(
            settings=settings,
            district=district,
            clock=clock,
            log=log,
            journal=journal,
            store=store,
            cards=cards,
            engine=engine,
            deliverer=deliverer,
            source=source,
            pipeline=pipeline,
            shipper=Shipper(log, store, clock=SystemClock()),
            broker=broker,
            mqtt=mqtt,
            started_at=clock.now(),
        )
        pipeline.on_status = program.note_statuses
        engine.listeners.append(program.note_changes)
        yield program


def _is_event(clock: Clock) -> bool:
    return isinstance(clock, EventClock)


def _clock(settings: Settings) -> Clock:
    system = SystemClock()
    if settings.clock == "event":
        return EventClock(datetime.fromtimestamp(0, system.now().tzinfo))
    return system


def _store(settings: Settings) -> TelemetryStore:
    influx = settings.influx
    if influx is None:
        path = settings.state / "telemetry.db"
        return EmbeddedStore(EmbeddedConfig(path=path, retention=settings.retention))
    return InfluxStore(influx_config(influx))


def influx_config(influx: InfluxSettings) -> InfluxConfig:
    """Say how to reach the database of the settings."""
    return InfluxConfig(
        url=influx.url,
        database=influx.database,
        version=_INFLUX_VERSIONS[influx.version],
        org=influx.org,
        token=influx.token.get_secret_value() if influx.token else "",
        user=influx.user or "",
        password=influx.password.get_secret_value() if influx.password else "",
    )


def _webhook(settings: Settings) -> Webhook:
    webhook = settings.webhook
    config = WebhookConfig(secret=webhook.secret, allowed_hosts=webhook.allowed_hosts)
    return Webhook(config=config, now=SystemClock().now)


def _detector(settings: Settings) -> Callable[[Sensor], Detector | None]:
    if not settings.models.enabled:
        return lambda _: None
    return lambda sensor: robust_for(sensor.kind, sensor.key.quantity)


def _home(district: District) -> Position:
    places = [site.position for site in district.registry.sites.values()]
    if not places:
        return Position(0.0, 0.0)
    lat = sum(place.lat for place in places) / len(places)
    lon = sum(place.lon for place in places) / len(places)
    return Position(lat, lon)


async def _broker(settings: Settings, stack: AsyncExitStack) -> LocalBroker | None:
    mqtt = settings.mqtt
    if mqtt.host is not None:
        return None
    running = local_broker(settings.state, prefer=mqtt.broker, port=mqtt.broker_port)
    broker = await stack.enter_async_context(running)
    _LOG.info("broker", extra={"kind": broker.kind, "promises": broker.promises})
    return broker


def mqtt_config(settings: Settings, broker: LocalBroker | None) -> MqttConfig:
    """Say how to reach the broker of the settings, or the one started here."""
    mqtt = settings.mqtt
    tls = None
    if mqtt.tls_ca is not None:
        tls = TlsConfig(ca=mqtt.tls_ca, cert=mqtt.tls_cert, key=mqtt.tls_key)
    return MqttConfig(
        host=broker.host if broker else mqtt.host or "",
        port=broker.port if broker else mqtt.port,
        version=broker.version if broker else mqtt.version,
        client_id=mqtt.client_id,
        user=mqtt.user,
        password=mqtt.password.get_secret_value() if mqtt.password else None,
        tls=tls,
        max_in_flight=mqtt.max_in_flight,
    )


async def _remember(intake: Intake, log: Log) -> datetime | None:
    """Tell the intake what was owned last, so that what comes again is known.

    Gives the newest `taken_at` among it.
    """
    after = max(0, log.last_seq - 2_000)
    left = _REMEMBERED_REPORTS
    newest: datetime | None = None
    while left > 0 and (blocks := await log.blocks(after, 5_000)):
        for block in blocks:
            intake.remember(block.reports)
            left -= len(block.reports)
            taken = max((report.taken_at for report in block.reports), default=newest)
            newest = taken if newest is None else max(newest, taken or newest)
        after = blocks[-1].seq
    return newest
