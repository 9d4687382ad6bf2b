"""`groundwatch doctor`: looks at everything the program needs here, changes nothing that lasts."""

import asyncio
import errno
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from alerting.channels.guard import host_of
from alerting.errors import AlertingError
from groundwatch.channel_settings import BUILT_IN
from groundwatch.client import is_alive
from groundwatch.clock import SystemClock
from groundwatch.compose import influx_config, mqtt_config
from groundwatch.district import District, counted, load_district
from groundwatch.doors import look_at_doors, used_doors
from groundwatch.http_settings import HttpSettings
from groundwatch.listen import host_and_port
from groundwatch.roads import Roads
from groundwatch.settings import Settings, SettingsError, load_settings
from groundwatch.stations import station_sources, unheard
from ingest.broker import find_mosquitto
from ingest.errors import IngestError
from ingest.mqtt import try_broker
from sensors.local_time import shown_minute
from storage.errors import StorageError
from storage.influx import InfluxStore
from storage.journal import SqlJournal
from storage.quarantine_list import QuarantineQuery, groups

_IN_FILE = "it stands in the settings: name their file with --config"
_NO_FILE = (
    "defaults, as no --config is given: what your own settings say of broker, database, channels,"
    " doors and keys is not looked at; name their file with --config"
)
_RUNS = "groundwatch answers here, so whether another start could have it was not tried"


class State(StrEnum):
    """How something was found; a note is of what could not be looked at, or is to be seen to."""

    GOOD = "ok"
    NOTE = "note"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at."""

    what: str
    state: State
    said: str

    @property
    def is_fault(self) -> bool:
        """Say whether somebody must mend it."""
        return self.state is State.FAULT

    def __str__(self) -> str:
        """Give one line for the terminal."""
        return f"{self.state:<5}  {self.what}: {self.said}"

    def as_json(self) -> dict[str, Any]:
        """Give it for machines."""
        state = self.state.value.lower()
        return {"what": self.what, "ok": not self.is_fault, "state": state, "said": self.said}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What is looked at; without a file of settings nobody knows what it would have said."""

    settings: Settings
    district: District
    has_file: bool
    is_running: bool


async def examine(config: Path | None, sites: Path | None) -> list[Found]:
    """Look at everything; a fault in one place does not hide the others."""
    found = [_python()]
    try:
        settings = load_settings(config, sites=sites)
    except SettingsError as error:
        return [*found, _fault("settings", str(error))]
    look = _Look(
        settings=settings,
        district=_district(settings, has_file=config is not None),
        has_file=config is not None,
        is_running=await asyncio.to_thread(_is_running, settings.http),
    )
    found.append(_good("settings", str(config)) if config else _note("settings", _NO_FILE))
    found += [_note("settings", said) for said in settings.idle]
    found += [*_sites(look), _state(settings), _port(look), _heartbeat(settings)]
    found += await _stations(look)
    found += [await _broker(settings), await _store(settings), await _journal(settings)]
    return [*found, *await asyncio.to_thread(_quarantine, settings)]


def _good(what: str, said: str) -> Found:
    return Found(what, State.GOOD, said)


def _note(what: str, said: str) -> Found:
    return Found(what, State.NOTE, said)


def _fault(what: str, said: str) -> Found:
    return Found(what, State.FAULT, said)


def _python() -> Found:
    shown = ".".join(str(part) for part in sys.version_info[:3])
    return _fault("python", shown) if sys.version_info < (3, 11) else _good("python", shown)


def _district(settings: Settings, *, has_file: bool) -> District:
    return load_district(
        settings.sites,
        packs=settings.packs,
        resources=settings.resources,
        roads=Roads(settings) if has_file else Roads(named=None),
    )


def _sites(look: _Look) -> list[Found]:
    settings, district = look.settings, look.district
    if district.faults:
        first = district.faults[0]
        said = f"{counted(len(district.faults), 'fault')}; the first: {first}"
        return [_fault("site files", said)]
    registry = district.registry
    said = f"{registry.n_devices} devices, {registry.n_sensors} sensors in {settings.sites}"
    found = [_good("site files", said)]
    if look.has_file:
        doors = look_at_doors(settings, registry)
        return found + [_fault("door", said) if bad else _good("door", said) for bad, said in doors]
    return found + list(_in_settings(district))


def _in_settings(district: District) -> Iterator[Found]:
    """Name what the site files speak of and only settings can have."""
    people = district.routes.people.values()
    named = {road.channel for person in people for road in person.roads} - {*BUILT_IN}
    if named:
        said = f"people are told over {', '.join(sorted(named))}: not looked at, {_IN_FILE}"
        yield _note("channels", said)
    for door, count in used_doors(district.registry).items():
        yield _note("door", f"{door}: {counted(count, 'device')}: not looked at, {_IN_FILE}")


async def _stations(look: _Look) -> list[Found]:
    """Try to listen at every door of stations, and look whether one is missing."""
    found = []
    for source in station_sources(look.settings, now=SystemClock().now):
        what = f"{source.name} stations"
        tried = await _tried(what, f"{source.place} is free", source.open)
        is_own = look.is_running and tried.is_fault and _is_in_use(source.place)
        found.append(_note(what, f"{source.place} is in use; {_RUNS}") if is_own else tried)
        await source.close(0.0)
    if look.has_file:
        found += [_fault("stations", s) for s in unheard(look.settings, look.district.registry)]
    return found


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
    if free_gb < 1.0:
        return _fault("state directory", said)
    return _good("state directory", said)


def _port(look: _Look) -> Found:
    http = look.settings.http
    where = f"{http.host}:{http.port}"
    fault = _why_not_bound(http.host, http.port)
    if fault is None:
        return _good("http port", f"{where} is free; {_let_in(http)}")
    if fault.errno != errno.EADDRINUSE:
        return _fault("http port", f"{where} cannot be used: {fault.strerror}")
    if look.is_running:
        return _note("http port", f"{where} is in use; {_RUNS}; {_let_in(http)}")
    said = f"{where} is in use by something else; choose another (http.port)"
    return _fault("http port", said)


def _why_not_bound(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError as error:
        return error
    return None


def _is_in_use(place: str) -> bool:
    fault = _why_not_bound(*host_and_port(place))
    return fault is not None and fault.errno == errno.EADDRINUSE


def _is_running(http: HttpSettings) -> bool:
    """Ask the address of the settings whether groundwatch answers there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(http.host, http.host)  # noqa: S104 - asked
    return is_alive(f"http://{f'[{host}]' if ':' in host else host}:{http.port}")


def _quarantine(settings: Settings) -> list[Found]:
    """Look into the log of the state directory, also of a program that runs; changes nothing."""
    path = settings.state / "log.db"
    if not path.is_file():
        return []
    try:
        found = groups(path, QuarantineQuery(), 1)
    except StorageError as error:
        return [_note("quarantine", f"not looked at: {error}")]
    if not found.groups:
        return [_good("quarantine", "nothing lies there")]
    newest = found.groups[0]
    said = f"{counted(found.n_entries, 'message')} that could not be used, newest of"
    return [
        _note(
            "quarantine",
            f"{said} {newest.topic}, {shown_minute(newest.last_at)}: {newest.reason}; while the"
            " program runs `groundwatch quarantine` lists all and says what to do",
        )
    ]


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
