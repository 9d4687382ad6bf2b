"""Starting and stopping: settings, site files, logs, signals; what the command line calls."""

import asyncio
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.live import Live

from alerting.errors import AlertingError
from groundwatch.compose import Program, opened
from groundwatch.demo import Demo, DemoError, LastNotices, demo_clock
from groundwatch.district import District, counted, load_district
from groundwatch.http.server import CannotListen, HttpServer, bind
from groundwatch.roads import Roads
from groundwatch.settings import Settings, SettingsError, load_settings
from groundwatch.view import Rate, Shown, picture
from ingest.errors import IngestError
from storage.errors import StorageError

MISTAKES = (
    SettingsError,
    IngestError,
    StorageError,
    AlertingError,
    DemoError,
    CannotListen,
    OSError,
    BaseExceptionGroup,
)

_LOG = logging.getLogger(__name__)
_MAX_SPEED = 3600
_MAX_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What a person may choose of the demonstration."""

    seconds: float | None
    speed: float
    sites: Path
    state: Path | None
    port: int
    as_json: bool


def sentences(error: BaseException) -> list[str]:
    """Say what went wrong, one line per cause; a defect of the program is raised again."""
    if isinstance(error, BaseExceptionGroup):
        return [line for part in error.exceptions for line in sentences(part)]
    if not isinstance(error, MISTAKES):
        raise error
    if isinstance(error, OSError) and not isinstance(error, StorageError):
        if not error.filename:
            raise error
        said = f"{error.filename}: cannot be used ({error.strerror})"
        return [f"{said}; name a directory that this user may write to with --state"]
    return str(error).splitlines()


def start_logs(*, as_json: bool, level: int = logging.INFO) -> None:
    """Send every log, ours and others', as structured lines to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    shown = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The default prints every local value with rich: seconds in which nothing is judged.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([structlog.processors.format_exc_info] if as_json else []),
                shown,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx2", "alembic", "apscheduler", "transitions", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def loaded(settings: Settings) -> District:
    """Load the district, or say everything that is wrong with it.

    Raises:
        SettingsError: there are faults; each is one line.
    """
    district = load_district(
        settings.sites,
        packs=settings.packs,
        resources=settings.resources,
        language=settings.language,
        roads=Roads(settings),
    )
    if district.faults:
        text = "\n".join(district.faults)
        found = counted(len(district.faults), "fault")
        raise SettingsError(f"{text}\n{found}; nothing was started")
    return district


def run_program(
    config: Path | None, given: dict[str, Any], *, port: int | None, log_json: bool
) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        SettingsError, IngestError, StorageError, AlertingError, CannotListen: a person must mend
            it.
    """
    settings = load_settings(config, **given)
    start_logs(as_json=log_json)
    for said in settings.idle:
        _LOG.warning("%s", said)
    district = loaded(settings)
    http_port = settings.http.port if port is None else port
    asyncio.run(_run(settings, district, http_port))


async def _run(settings: Settings, district: District, port: int) -> None:
    stop = asyncio.Event()
    log = structlog.get_logger("groundwatch")
    socket = bind(settings.http.host, port)
    try:
        with _signals(stop):
            async with opened(settings, district) as program:
                program.http = HttpServer(program, socket)
                address = f"http://{settings.http.host}:{program.http.port}"
                mqtt = program.mqtt.place
                await program.run(stop, lambda: log.info("running", http=address, broker=mqtt))
    finally:
        socket.close()
    log.info("stopped; everything taken in is owned")


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def run_demo(options: DemoOptions) -> None:
    """Run the demonstration; print one JSON object at the end, or show a live view.

    Raises:
        SettingsError, IngestError, StorageError, DemoError, CannotListen: a person must mend it.
    """
    if not 0 < options.speed <= _MAX_SPEED:
        said = f"--speed {options.speed:g}: must be above 0, and {_MAX_SPEED} at most"
        raise SettingsError(f"{said}; 60 shows an hour in a minute")
    if options.seconds is not None and not 0 < options.seconds <= _MAX_SECONDS:
        said = f"--seconds {options.seconds:g}: must be above 0, and {_MAX_SECONDS} (a day) at most"
        raise SettingsError(f"{said}; without it the storm runs to its end")
    start_logs(as_json=False, level=logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="groundwatch-") as temporary:
        state = options.state or Path(temporary)
        settings = load_settings(None, is_demo=True, sites=options.sites, state=state)
        district = loaded(settings)
        asyncio.run(_demo(options, settings, district))


async def _demo(options: DemoOptions, settings: Settings, district: District) -> None:
    stop = asyncio.Event()
    port = 0 if options.as_json and options.port == 8420 else options.port
    socket = bind(settings.http.host, port)
    settings.state.mkdir(parents=True, exist_ok=True)
    is_watched = not options.as_json and sys.stdout.isatty()
    plain = None if options.as_json or is_watched else sys.stdout
    notices = LastNotices(settings.state / "notices.txt", beside=plain)
    clock = demo_clock(options.speed, time.time(), timedelta(hours=3))  # noqa: TID251
    async with AsyncExitStack() as stack:
        stack.callback(socket.close)
        stack.callback(notices.close)
        stack.enter_context(_signals(stop))
        program = await stack.enter_async_context(
            opened(settings, district, clock=clock, console=notices)
        )
        program.http = HttpServer(program, socket)
        demo = Demo(program=program, clock=clock, sites=options.sites, seconds=options.seconds)
        if plain is not None:
            print(f"{_address(program)}; every notice follows as it is sent\n", flush=True)  # noqa: T201
        if is_watched:
            await _watched(demo, stop)
        else:
            await demo.run(stop)
        summary = await demo.summary()
    if options.as_json:
        print(json.dumps(summary, ensure_ascii=False, indent=2))  # noqa: T201
    else:
        _say_goodbye(summary)


async def _watched(demo: Demo, stop: asyncio.Event) -> None:
    """Run with a live view in the terminal."""
    program = demo.program
    url = _address(program)
    broker = program.broker.kind if program.broker else program.mqtt.place
    rate = Rate()
    console = Console()
    with Live(console=console, auto_refresh=False, screen=True) as live:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(demo.run(stop), name="demonstration")
            while not running.done():
                shown = await _shown(program, rate, broker, url)
                width, height = console.size
                live.update(picture(shown, width=width, height=height), refresh=True)
                await asyncio.wait({running}, timeout=0.5)


def _address(program: Program) -> str:
    assert program.http is not None  # noqa: S101 - set by the caller
    return f"http://127.0.0.1:{program.http.port}"


async def _shown(program: Program, rate: Rate, broker: str, url: str) -> Shown:
    alerts = await program.journal.alerts(limit=300)
    card = None
    if alerts:
        outbox = await program.journal.outbox(alerts[0].id)
        card = next((e.notice.card for e in outbox if e.notice.card is not None), None)
    readings = program.pipeline.counts.readings
    return Shown(
        now=program.clock.now(),
        per_s=rate.look(readings, time.monotonic()),
        readings=readings,
        broker=broker,
        url=url,
        alerts=alerts,
        card=card,
    )


def _say_goodbye(summary: dict[str, Any]) -> None:
    kept: Sequence[Any] = summary["alerts"]
    text = (
        f"{summary['readings']:,} readings of {summary['devices']} devices;"
        f" {len(kept)} alerts, {len(summary['blind'])} blind, {summary['deliveries']} notices"
        f" delivered; {summary['lost']} lost, {len(summary['missed_labels'])} labels missed,"
        f" {len(summary['false_labels'])} false alerts"
    )
    print(text)  # noqa: T201
    for line in (*summary["missed_labels"], *summary["false_labels"]):
        print(f"  {line}")  # noqa: T201
