"""The doors of stations that connect to us: from settings to sources, and whom nobody hears."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from groundwatch.listen import Listen
from groundwatch.pipeline import Pipeline
from groundwatch.settings import Settings
from ingest.codecs.hj212.reader import DOOR as HJ212
from ingest.codecs.hj212.reader import Hj212Reader
from ingest.codecs.sl651.reader import DOOR as SL651
from ingest.codecs.sl651.reader import Sl651Reader
from ingest.codecs.table import ForeignLane
from ingest.tcp import TcpConfig, TcpSource
from ingest.tcp.dialect import Dialect
from ingest.tcp.hj212 import Hj212Config, Hj212Dialect
from ingest.tcp.sl651 import Sl651Config, Sl651Dialect
from sensors.registry import Registry


@dataclass(frozen=True, slots=True)
class Door:
    """A listener, and the pipeline that carries what it hears."""

    source: TcpSource
    pipeline: Pipeline


def station_lanes(registry: Registry) -> tuple[ForeignLane, ...]:
    """Say how the messages of stations are read; also those in quarantine whose door is closed."""
    return (
        ForeignLane(f"{SL651}/+", SL651, Sl651Reader(registry).read, is_selective=True),
        ForeignLane(f"{HJ212}/+", HJ212, Hj212Reader(registry).read, is_selective=True),
    )


def station_sources(settings: Settings, *, now: Callable[[], datetime]) -> list[TcpSource]:
    """Make the listeners of the settings; nothing is bound yet.

    Raises:
        SourceError: a setting cannot be used.
    """
    return [
        TcpSource(_tcp_config(listen), dialect, now=now) for listen, dialect in _dialects(settings)
    ]


async def open_sources(sources: list[TcpSource], stack: AsyncExitStack) -> None:
    """Listen at every door.

    Raises:
        SourceError: a port cannot be had.
    """
    for source in sources:
        stack.push_async_callback(source.close, 0.0)
        await source.open()


def heard_at(doors: Iterable[Door], registry: Registry) -> frozenset[tuple[str, str]]:
    """Name the devices that have an address behind a door that is open: no broker is needed."""
    names = {door.source.name for door in doors}
    return frozenset(
        (device.site, device.id) for device in registry.devices() if names & set(device.addresses)
    )


def unheard(settings: Settings, registry: Registry) -> list[str]:
    """Name the doors behind which devices have addresses, and that are not set."""
    opened = {dialect.name for _, dialect in _dialects(settings)}
    found = []
    for door in (SL651, HJ212):
        n = len(registry.addresses(door))
        if n and door not in opened:
            said = f"{n} devices have" if n > 1 else "1 device has"
            found.append(
                f"{said} an address behind {door} and nobody listens there;"
                f' set `[{door}] listen`, for example "0.0.0.0:5651"'
            )
    return found


def _dialects(settings: Settings) -> Iterator[tuple[Listen, Dialect]]:
    sl651, hj212 = settings.sl651, settings.hj212
    if sl651 is not None:
        secret = sl651.password
        password = secret.get_secret_value() if secret else None
        yield (
            sl651.place,
            Sl651Dialect(Sl651Config(password=password, stay_online=sl651.stay_online)),
        )
    if hj212 is not None:
        secret = hj212.password
        password = secret.get_secret_value() if secret else None
        yield hj212.place, Hj212Dialect(Hj212Config(password=password))


def _tcp_config(listen: Listen) -> TcpConfig:
    return TcpConfig(
        host=listen.host,
        port=listen.port,
        max_connections=listen.max_connections,
        idle_s=listen.idle_s,
    )
