"""`groundwatch-sim station`: one pretend station that connects by TCP and reports."""

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from firmware_sim.errors import Misuse
from firmware_sim.station.hj212 import Hj212Station
from firmware_sim.station.line import Line, Speaker
from firmware_sim.station.sl651 import Sl651Station
from firmware_sim.station.weather import weather
from firmware_sim.terminal import attended, sentences, until_signal

_FIVE_MINUTES = timedelta(minutes=5)
_PATIENCE_S = 20.0
_MAX_COUNT = 999


def station(  # noqa: PLR0913 - the options of a command
    sl651: Annotated[str | None, typer.Option(help="host:port of an SL 651 listener")] = None,
    hj212: Annotated[str | None, typer.Option(help="host:port of an HJ 212 listener")] = None,
    address: Annotated[str | None, typer.Option(help="station address, or MN of HJ 212")] = None,
    password: Annotated[str | None, typer.Option(help="the station's password")] = None,
    count: Annotated[int, typer.Option(help="reports, five minutes apart, the last now")] = 12,
    stage: Annotated[float, typer.Option(help="stage of the first report, m")] = 4.5,
    rise: Annotated[float, typer.Option(help="rise of the stage a report, m")] = 0.02,
    rain: Annotated[float, typer.Option(help="most rain in five minutes, mm")] = 4.0,
    seed: Annotated[int, typer.Option(help="seed of the weather")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print nothing but JSON")] = False,  # noqa: FBT002
) -> None:
    """Connect as a station, send reports until each is confirmed, and say what came of it."""
    with sentences():
        host, port = _place(sl651, hj212)
        if not 0 < count <= _MAX_COUNT:
            raise Misuse([f"--count {count}: must be 1 to {_MAX_COUNT}"])
        line = Line(host=host, port=port, speaker=_speaker(sl651 is not None, address, password))
        seen = weather(seed=seed, stage_m=stage, rise_m=rise, most_mm=rain)
        minutes = int(datetime.now(UTC).timestamp()) // 300 * 300
        last = datetime.fromtimestamp(minutes, UTC)
        for n in range(count):
            line.put(seen, last - _FIVE_MINUTES * (count - 1 - n))

        def tell() -> None:
            said = f"{line.tally.confirmed} of {count} reports confirmed"
            sys.stderr.write(said + (f" ({line.tally.refused})\n" if line.tally.refused else "\n"))

        async def work(stop: asyncio.Event) -> None:
            running = _until_confirmed(line, stop)
            await attended(running, stop, _PATIENCE_S, None if as_json else tell)

        asyncio.run(until_signal(work))
        sys.stdout.write(json.dumps(asdict(line.tally), ensure_ascii=False) + "\n")
        if line.tally.waiting:
            raise Misuse([f"{line.tally.waiting} reports were not confirmed: {_why(line)}"])


async def _until_confirmed(line: Line, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(line.run(), name="line")
        ends = {group.create_task(each.wait()) for each in (stop, line.is_done)}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in (running, *ends):
            task.cancel()


def _why(line: Line) -> str:
    if not line.tally.connections:
        return f"nobody listens on {line.host}:{line.port} ({line.tally.refused})"
    return "see the listener's log, or `/readyz`, for why"


def _place(sl651: str | None, hj212: str | None) -> tuple[str, int]:
    given = [place for place in (sl651, hj212) if place is not None]
    if len(given) != 1:
        raise Misuse(["give one of --sl651 HOST:PORT and --hj212 HOST:PORT"])
    host, _, port = given[0].rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise Misuse([f"{given[0]}: host and port are needed, as in 127.0.0.1:5651"])
    return host.strip("[]"), int(port)


def _speaker(is_sl651: bool, address: str | None, password: str | None) -> Speaker:  # noqa: FBT001
    chosen = {"station": address, "password": password}
    given = {name: value for name, value in chosen.items() if value is not None}
    if not is_sl651:
        return Hj212Station(**given)
    for name, size in (("station", 10), ("password", 4)):
        text = given.get(name, "0" * size)
        if len(text) != size or not all(each in "0123456789ABCDEFabcdef" for each in text):
            raise Misuse([f"{name} {text}: SL 651 needs {size} hexadecimal digits"])
    usual = Sl651Station()
    return Sl651Station(
        station=given.get("station", usual.station), password=given.get("password", usual.password)
    )
