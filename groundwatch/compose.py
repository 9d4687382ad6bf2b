"""Where the parts meet: every part is made here, from settings and a loaded district.

Opening goes from what owns (log, journal) to what brings (source); the parts are closed in reverse
order. `groundwatch.program` runs and stops what is opened here.
"""

import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TextIO

from alerting.deliver import Deliverer
from alerting.detect.detector import Detector
from alerting.detect.robust import robust_for
from alerting.detect.shelf import Shelf
from alerting.engine import Engine, EngineConfig, Parts
from alerting.escalate import Escalator
from alerting.gather.rules import GatherRules, StormRules
from alerting.joints.table import joints_for
from alerting.judge import Judge
from alerting.model import Alert, Severity
from alerting.ports import Channel
from alerting.tasks.book import TaskBook
from alerting.tell.teller import TellRules
from groundwatch.ack_desk import AckDesk
from groundwatch.ack_link import linker
from groundwatch.card_watch import CardWatch
from groundwatch.channel_entry import RoadParts
from groundwatch.clock import Clock, EventClock, ScaledClock, SystemClock
from groundwatch.compose_desks import Running, cap_desk, cap_road, open_desks, orders_of
from groundwatch.compose_near import open_near
from groundwatch.computed_writer import ComputedWriter
from groundwatch.console_stand_in import stand_ins
from groundwatch.cycles import CycleKeeper
from groundwatch.district import District
from groundwatch.doors import Telling, filters_of, look_at_doors, open_doors
from groundwatch.environment import ServiceSettings
from groundwatch.flag_writer import FlagWriter
from groundwatch.heartbeat import Heartbeat
from groundwatch.keep_going import KeepGoing
from groundwatch.kept_key import kept_key
from groundwatch.official_desk import CardsWithContext
from groundwatch.pictures import Pictures
from groundwatch.pipeline import Pipeline
from groundwatch.program import Models, Program
from groundwatch.rates import CommandDoor, Rates
from groundwatch.readiness import looked_at
from groundwatch.roads import open_roads, ways_back
from groundwatch.self_watch import SelfWatch, Watched
from groundwatch.service_manager import ServiceManager
from groundwatch.settings import INFLUX_VERSIONS, InfluxSettings, Settings, TellingSettings
from groundwatch.siren_door import SirenDoor
from groundwatch.stations import Door, open_sources, station_lanes, station_sources, unheard
from groundwatch.store_writer import StoreWriter
from groundwatch.supervise import REFUSED_FILE
from groundwatch.task_desk import OpenOrders
from groundwatch.task_link import linker as order_linker
from groundwatch.training import InUse, Retraining, TrainingPlan, model_key
from groundwatch.training_history import intervals
from ingest.broker import LocalBroker, local_broker
from ingest.codecs.formats import Opened
from ingest.codecs.table import LANES, ForeignLane
from ingest.command import Commander
from ingest.intake import Intake
from ingest.mqtt import DEFAULT_FILTERS, MqttConfig, MqttSource, TlsConfig
from ingest.tcp import TcpSource
from sensors.model import Position
from sensors.registry import Registry, Sensor
from storage.aside import EffectsAside
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.influx import InfluxConfig, InfluxStore
from storage.journal import SqlJournal
from storage.log import Log, LogConfig
from storage.ports import TelemetryStore
from storage.ship import Shipper

__all__ = ["Program", "influx_config", "mqtt_config", "opened"]

_LOG = logging.getLogger(__name__)
_REMEMBERED_REPORTS = 50_000
_SLACK_S = 3.0
_JOURNAL_PATIENCE_S = 3.0  # a warning waits no longer for its record than this


@dataclass(frozen=True, slots=True)
class _Keepers:
    """What owns: log, journal and store."""

    log: Log
    journal: SqlJournal
    store: TelemetryStore


@asynccontextmanager
async def opened(
    settings: Settings,
    district: District,
    *,
    clock: Clock | None = None,
    console: TextIO | None = None,
    channels: Mapping[str, Channel] | None = None,
    wall: Clock | None = None,
) -> AsyncIterator[Program]:
    """Open every part and restore what was known; the parts are closed in reverse order.

    `clock` and `console` replace the settings' clock and standard error; `channels` replaces or
    adds roads by name; `wall` replaces the host's clock where it is watched for being set.

    Raises:
        SettingsError, SourceError, StorageError, JournalError: a person must mend something.
    """
    clock = clock or _clock(settings)
    async with AsyncExitStack() as stack:
        settings.state.mkdir(parents=True, exist_ok=True)
        keepers = await _keepers(settings, stack)
        cap = cap_desk(settings, district, keepers.journal, clock)
        sirens = SirenDoor()
        means = RoadParts(
            now=SystemClock().now,
            back=ways_back(settings),
            teller=sirens,
            foreign=cap.gbt35965_of,
        )
        roads = open_roads(settings, console or sys.stderr, means, stack)
        roads |= {"cap": cap_road(settings, cap, stack)} | dict(channels or {})
        roads |= stand_ins(district.routes.console_stands_in_for, roads)
        book = TaskBook()
        reserved = OpenOrders(book)
        near = await open_near(settings, district, keepers.journal, clock, stack, reserved)
        context = CardsWithContext(near.cards)
        of_people = SystemClock() if _is_event(clock) else clock  # people live in real time
        deliverer, escalator = _asking(settings, district, keepers.journal, roads, of_people)
        parts = Parts(
            journal=keepers.journal,
            cards=context,
            router=district.routes,
            deliverer=deliverer,
            clock=clock,
            aside=EffectsAside(settings.state / REFUSED_FILE, now=SystemClock().now),
            escalator=escalator,
            orders=orders_of(book, settings),
        )
        computed = ComputedWriter(store=keepers.store)
        engine = await _engine(settings, district, parts, keepers.log, computed)
        broker = await _broker(settings, stack)
        mqtt = mqtt_config(settings, broker)
        doors = open_doors(settings, district.registry)
        source = MqttSource(mqtt, now=_receiving_clock(clock).now)
        stations = station_sources(settings, now=_receiving_clock(clock).now)
        await open_sources(stations, stack)
        for said in unheard(settings, district.registry):
            _LOG.warning(said)
        for is_fault, said in look_at_doors(settings, district.registry):
            _LOG.log(logging.WARNING if is_fault else logging.INFO, said)
        watched = Watched(
            source=lambda: source.status,
            log=keepers.log,
            engine=engine,
            deliverer=deliverer,
            pipeline=await _pipeline(source, district, keepers.log, engine, clock, doors.lanes),
            shipper=Shipper(keepers.log, keepers.store, clock=SystemClock()),
            writer=StoreWriter(
                store=keepers.store,
                journal=keepers.journal,
                registry=district.registry,
                now=clock.now,
            ),
            tasks=KeepGoing(),
            wall=None if _is_event(clock) else wall or SystemClock(),
        )
        telling = _telling(source, doors, clock)
        sirens.commander = telling.commander
        running = Running(
            settings=settings,
            district=district,
            journal=keepers.journal,
            engine=engine,
            deliverer=deliverer,
            live=near.live,
            context=context,
            book=book,
            cap=cap,
            clock=clock,
            of_people=of_people,
            link_key=_ack_key(settings),
        )
        program = Program(
            acks=AckDesk(
                key=_ack_key(settings),
                journal=keepers.journal,
                engine=engine,
                routes=district.routes,
                escalator=escalator,
                now=of_people.now,
            ),
            settings=settings,
            district=district,
            clock=clock,
            log=keepers.log,
            journal=keepers.journal,
            store=keepers.store,
            cards=near.cards,
            live=near.live,
            closed_roads=near.closed,
            watching=CardWatch(record=keepers.journal, cards=context, orders=parts.orders),
            desks=await open_desks(running, stack),
            engine=engine,
            deliverer=deliverer,
            source=source,
            pipeline=watched.pipeline,
            shipper=watched.shipper,
            broker=broker,
            mqtt=mqtt,
            started_at=clock.now(),
            writer=watched.writer,
            flags=FlagWriter(store=keepers.store),
            computed=computed,
            cycles=CycleKeeper(district.registry),
            tasks=watched.tasks,
            watch=SelfWatch(watched),
            models=_models(settings, keepers.store, clock, district.registry),
            telling=telling,
            pictures=Pictures(settings.state / "pictures"),
            stations=tuple(_door(station, watched.pipeline) for station in stations),
            service=ServiceManager(ServiceSettings().notify_socket),
            rates=Rates(
                governor=engine.judge.governor,
                door=CommandDoor(commander=telling.commander),
                now=clock.now,
            ),
        )
        program.heartbeat = Heartbeat(
            settings=settings.heartbeat,
            look=partial(looked_at, program),
            turned_s=lambda: program.turned_s,
            now=SystemClock().now,
        ).run
        program.engine.listeners.append(near.flooded.note)
        near.flooded.listeners.append(program.watching.note)
        _connect(program)
        yield program


def _asking(
    settings: Settings,
    district: District,
    journal: SqlJournal,
    roads: Mapping[str, Channel],
    clock: Clock,
) -> tuple[Deliverer, Escalator]:
    """Make what brings notices to people, and what asks the next when nobody answers."""
    at, key = settings.http.public_url, _ack_key(settings)
    seen, answered = linker(at, key, clock.now), order_linker(at, key, clock.now)
    names = {site.id: site.name for site in district.registry.sites.values()}
    deliverer = Deliverer(
        journal=journal,
        channels=roads,
        clock=clock,
        ack_link=lambda notice: answered(notice) if notice.task else seen(notice),
        site_name=lambda site: names.get(site, ""),
    )
    escalator = Escalator(router=district.routes, clock=clock)
    deliverer.listeners.append(escalator.note_outcome)
    return deliverer, escalator


def _ack_key(settings: Settings) -> bytes:
    return kept_key(settings.state / "ack.key")


async def _keepers(settings: Settings, stack: AsyncExitStack) -> _Keepers:
    log = Log(settings.state / "log.db", LogConfig(max_bytes=settings.log_max_bytes))
    await log.open()
    stack.push_async_callback(log.close)
    journal = SqlJournal(settings.journal_url, timeout_s=_JOURNAL_PATIENCE_S)
    await journal.open()
    stack.push_async_callback(journal.close)
    # A log that was put aside would else count from 1, below what the journal's rule states have
    # seen, and everything new would be passed over as known.
    newest = max(await journal.recorded_seq(), await journal.newest_state_seq())
    await log.raise_floor(newest)
    store = _store(settings)
    stack.push_async_callback(store.close)
    return _Keepers(log, journal, store)


async def _engine(
    settings: Settings, district: District, parts: Parts, log: Log, computed: ComputedWriter
) -> Engine:
    """Make the engine and bring it to where it was; what that computes is written again."""
    judge = Judge(
        registry=district.registry,
        packs=district.packs,
        detector_for=_detector(settings),
        joints=joints_for(district.registry),
        slack_s=_SLACK_S * parts.clock.speed if isinstance(parts.clock, ScaledClock) else 0.0,
    )
    engine = Engine(judge=judge, parts=parts, config=_engine_config(district, settings.telling))
    judge.on_computed = computed.put
    judge.silence.start(parts.clock.now().timestamp())
    count = await engine.restore(log)
    _LOG.info("restored", extra={"blocks_read": count, "last_block": engine.last_seq})
    return engine


async def _pipeline(
    source: MqttSource,
    district: District,
    log: Log,
    engine: Engine,
    clock: Clock,
    lanes: Sequence[ForeignLane],
) -> Pipeline:
    every_lane = [*LANES, *lanes, *station_lanes(district.registry)]
    intake = Intake(district.registry, lanes=every_lane)
    newest = await _remember(intake, log)
    if isinstance(clock, EventClock) and newest is not None:
        clock.tell(newest)
    return Pipeline(source=source, intake=intake, log=log, engine=engine, clock=clock)


def _door(source: TcpSource, main: Pipeline) -> Door:
    """Let what a listener hears take the road of everything else, in turn with it."""
    pipeline = Pipeline(
        source=source,
        intake=main.intake,
        log=main.log,
        engine=main.engine,
        clock=main.clock,
        counts=main.counts,
        carrying=main.carrying,
    )
    return Door(source, pipeline)


def _connect(program: Program) -> None:
    """Let the parts that tell and the parts that listen know each other."""
    for pipeline in (program.pipeline, *(door.pipeline for door in program.stations)):
        pipeline.on_status = program.note_statuses
        pipeline.on_reports = program.note_reports
        pipeline.on_orders = program.telling.commander.put
        pipeline.on_replies = program.telling.commander.take_replies
    program.engine.listeners.extend([program.writer.put, program.watch.note_changes])
    program.live.listeners.append(program.watching.note)
    program.closed_roads.listeners.append(program.watching.note)
    program.desks.orders.listeners.append(program.watching.note)
    program.watching.listeners.append(program.engine.follow_up.send)


def _telling(source: MqttSource, doors: Opened, clock: Clock) -> Telling:
    """Make what tells devices; their clocks are real also where ours is a replay's."""
    now = _receiving_clock(clock).now
    commander = Commander(source, now)
    return Telling(commander=commander, greets=doors.greets, status=lambda: source.status, now=now)


def _receiving_clock(clock: Clock) -> Clock:
    """Give the clock that stamps arrival; a replay's readings are stamped again when decoded."""
    return SystemClock() if _is_event(clock) else clock


def _models(
    settings: Settings, store: TelemetryStore, clock: Clock, registry: Registry
) -> Models | None:
    if not settings.models.enabled:
        return None
    given = settings.models.key
    key = model_key(settings.state, given.get_secret_value() if given else None)
    shelf = Shelf(settings.state / "models", key)
    in_use = InUse(shelf)
    plan = TrainingPlan(at_hour_utc=settings.models.train_at_hour_utc)
    retraining = Retraining(
        store=store,
        every=partial(intervals, registry),
        models=in_use,
        shelf=shelf,
        clock=clock,
        plan=plan,
    )
    return Models(in_use, retraining)


def _is_event(clock: Clock) -> bool:
    return isinstance(clock, EventClock)


def _clock(settings: Settings) -> Clock:
    system = SystemClock()
    if settings.clock == "event":
        return EventClock(datetime.fromtimestamp(0, UTC))
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
        version=INFLUX_VERSIONS[influx.version],
        org=influx.org,
        token=influx.token.get_secret_value() if influx.token else "",
        user=influx.user or "",
        password=influx.password.get_secret_value() if influx.password else "",
    )


def _detector(settings: Settings) -> Callable[[Sensor], Detector | None]:
    if not settings.models.enabled:
        return lambda _: None
    return lambda sensor: robust_for(sensor.kind, sensor.key.quantity)


def _engine_config(district: District, telling: TellingSettings) -> EngineConfig:
    sites, policy = district.registry.sites, district.response
    most = policy.storm.most if telling.storm_most is None else telling.storm_most

    def area_of(alert: Alert) -> str:
        site = sites.get(alert.site)
        return alert.site if site is None else site.street or site.name

    return EngineConfig(
        home=_home(district),
        response=policy.people,
        telling=TellRules(
            inhibitions=district.inhibitions, flapping=policy.flapping, silences=policy.silences
        ),
        gathering=GatherRules(
            waits={**policy.company, **_own_waits(telling)},
            storm=_storm(policy.storm, most),
            area_of=area_of,
        ),
        drills=policy.drills,
    )


def _storm(rules: StormRules, most: int) -> StormRules | None:
    """Let storms begin above `most`; one must never be over at what begins it."""
    if not most:
        return None
    return replace(rules, most=most, calm_below=min(rules.calm_below, most))


def _own_waits(telling: TellingSettings) -> dict[Severity, timedelta]:
    said = {
        Severity.MINOR: telling.minor_wait_s,
        Severity.MODERATE: telling.moderate_wait_s,
        Severity.SEVERE: telling.severe_wait_s,
    }
    return {worth: timedelta(seconds=s) for worth, s in said.items() if s is not None}


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
        filters=(*DEFAULT_FILTERS, *filters_of(settings)),
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
