"""`groundwatch doctor`: looks at everything the program needs here, changes nothing that lasts."""

import errno
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerting.channels.guard import host_of
from alerting.errors import AlertingError
from groundwatch.clock import SystemClock
from groundwatch.compose import influx_config, mqtt_config
from groundwatch.district import District, counted, load_district
from groundwatch.doors import look_at_doors
from groundwatch.http_settings import HttpSettings
from groundwatch.roads import Roads
from groundwatch.settings import Settings, SettingsError, load_settings
from groundwatch.stations import station_sources, unheard
from ingest.broker import find_mosquitto
from ingest.errors import IngestError
from ingest.mqtt import try_broker
from storage.errors import StorageError
from storage.influx import InfluxStore
from storage.journal import SqlJournal


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at."""

    what: str
    is_fault: bool
    said: str

    def __str__(self) -> str:
        """Give one line for the terminal."""
        return f"{'FAULT' if self.is_fault else 'ok   '}  {self.what}: {self.said}"

    def as_json(self) -> dict[str, Any]:
        """Give it for machines."""
        return {"what": self.what, "ok": not self.is_fault, "said": self.said}


async def examine(config: Path | None, sites: Path | None) -> list[Found]:
    """Look at everything; a fault in one place does not hide the others."""
    found = [_python()]
    try:
        settings = load_settings(config, sites=sites)
    except SettingsError as error:
        return [*found, _fault("settings", str(error))]
    found.append(_good("settings", str(config) if config else "defaults"))
    found += [*_sites(settings), _state(settings), _port(settings), _heartbeat(settings)]
    found += await _stations(settings)
    found += [await _broker(settings), await _store(settings), await _journal(settings)]
    return found


def _good(what: str, said: str) -> Found:
    return Found(what, is_fault=False, said=said)


def _fault(what: str, said: str) -> Found:
    return Found(what, is_fault=True, said=said)


def _python() -> Found:
    shown = ".".join(str(part) for part in sys.version_info[:3])
    return Found("python", sys.version_info < (3, 11), shown)


def _district(settings: Settings) -> District:
    return load_district(
        settings.sites,
        packs=settings.packs,
        resources=settings.resources,
        roads=Roads(settings),
    )


def _sites(settings: Settings) -> list[Found]:
    district = _district(settings)
    if district.faults:
        first = district.faults[0]
        said = f"{counted(len(district.faults), 'fault')}; the first: {first}"
        return [_fault("site files", said)]
    registry = district.registry
    said = f"{registry.n_devices} devices, {registry.n_sensors} sensors in {settings.sites}"
    doors = [Found("door", bad, words) for bad, words in look_at_doors(settings, registry)]
    return [_good("site files", said), *doors]


async def _stations(settings: Settings) -> list[Found]:
    """Try to listen at every door of stations, and look whether one is missing."""
    found = []
    for source in station_sources(settings, now=SystemClock().now):
        what = f"{source.name} stations"
        found.append(await _tried(what, f"{source.place} is free", source.open))
        await source.close(0.0)
    district = _district(settings)
    return found + [_fault("stations", said) for said in unheard(settings, district.registry)]


def _state(settings: Settings) -> Found:
    """Try to write where the program would write, or in the nearest directory that exists."""
    place = settings.state
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.NamedTemporaryFile(dir=place):
            pass
    except OSError as error:
        return _fault("state directory", f"{place} cannot be written: {error.strerror}")
    free = os.statvfs(place)
    free_gb = free.f_bavail * free.f_frsize / 1e9
    said = f"{settings.state} can be written, {free_gb:.1f} GB free"
    return Found("state directory", free_gb < 1.0, said)


def _port(settings: Settings) -> Found:
    where = f"{settings.http.host}:{settings.http.port}"
    family = socket.AF_INET6 if ":" in settings.http.host else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((settings.http.host, settings.http.port))
    except OSError as error:
        said = f"{where} cannot be used: {error.strerror}"
        if error.errno == errno.EADDRINUSE:
            said += "; perhaps groundwatch is running already, else choose another (http.port)"
        return _fault("http port", said)
    return _good("http port", f"{where} is free; {_let_in(settings.http)}")


def _heartbeat(settings: Settings) -> Found:
    beat = settings.heartbeat
    if beat.url is None:
        said = "none: nobody outside would notice that this program is dead (docs/service.md)"
        return _good("heartbeat", said)
    return _good("heartbeat", f"every {beat.every_s:g} s to {host_of(beat.url.get_secret_value())}")


def _let_in(http: HttpSettings) -> str:
    """Say who may look and act over HTTP."""
    if http.keys:
        return "keys: " + ", ".join(f"{name} may {key.may}" for name, key in http.keys.items())
    if http.open:
        return "no keys: whoever reaches it may do everything (http.open)"
    return "no keys: whoever is on this machine may do everything"


async def _broker(settings: Settings) -> Found:
    if settings.mqtt.host is None:
        program = find_mosquitto()
        if program:
            return _good("broker", f"none is set; {program} will be started here")
        said = "none is set and mosquitto is not installed: the embedded broker will be used,"
        return _good("broker", f"{said} which loses what it holds when it stops")
    config = mqtt_config(settings, None)
    return await _tried("broker", config.place, lambda: try_broker(config, now=SystemClock().now))


async def _store(settings: Settings) -> Found:
    if settings.influx is None:
        return _good("database", f"embedded, in {settings.state}")
    store = InfluxStore(influx_config(settings.influx))
    try:
        return await _tried("database", settings.influx.url, store.open)
    finally:
        await store.close()


async def _journal(settings: Settings) -> Found:
    if settings.journal is None:
        return _good("journal", f"embedded, in {settings.state}")
    journal = SqlJournal(settings.journal)
    try:
        return await _tried("journal", "answers", journal.open)
    finally:
        await journal.close()


async def _tried(what: str, place: str, attempt: Callable[[], Any]) -> Found:
    try:
        await attempt()
    except (IngestError, StorageError, AlertingError) as error:
        return _fault(what, str(error))
    return _good(what, place)
