"""The line of a station: connects, sends what is not confirmed again, and counts what is."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from firmware_sim.station.weather import Weather

_AGAIN_S = 2.0
_MAX_KEPT = 10_000


class Speaker(Protocol):
    """A station's protocol."""

    def report(self, weather: Weather, number: int, at: datetime) -> bytes:
        """Write one report."""
        ...

    def confirmed(self, held: bytearray) -> list[int]:
        """Take whole answers out of `held` and give the numbers they confirm."""
        ...


@dataclass(slots=True)
class Tally:
    """What happened; `waiting` reports are not confirmed."""

    reports: int = 0
    confirmed: int = 0
    connections: int = 0
    waiting: int = 0
    refused: str = ""


@dataclass(slots=True, kw_only=True)
class Line:
    """One station on one line; `is_done` while every report is confirmed.

    At most 10,000 reports are kept; then the oldest is given up.
    """

    host: str
    port: int
    speaker: Speaker
    tally: Tally = field(default_factory=Tally)
    is_done: asyncio.Event = field(default_factory=asyncio.Event)
    _kept: dict[int, bytes] = field(default_factory=dict)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, weather: Iterator[Weather], at: datetime) -> None:
        """Make one more report."""
        self.tally.reports += 1
        number = self.tally.reports
        if len(self._kept) >= _MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[number] = self.speaker.report(next(weather), number, at)
        self.tally.waiting = len(self._kept)
        self.is_done.clear()
        self._more.set()

    async def run(self) -> None:
        """Stay on the line until cancelled."""
        while True:
            try:
                await self._talk()
            except (OSError, asyncio.IncompleteReadError) as error:
                self.tally.refused = str(error) or type(error).__name__
            await asyncio.sleep(_AGAIN_S / 4)

    async def _talk(self) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        self.tally.connections += 1
        try:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._send(writer), name="sending")
                await self._listen(reader)
                sending.cancel()
        except BaseExceptionGroup as group_of:
            raise OSError("the line was cut") from group_of
        finally:
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        held = bytearray()
        while data := await reader.read(4096):
            held += data
            for number in self.speaker.confirmed(held):
                self.tally.confirmed += self._kept.pop(number, None) is not None
                self.tally.waiting = len(self._kept)
            if not self._kept:
                self.is_done.set()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        """Send what is kept, oldest first; what is not confirmed in time goes out again."""
        sent = 0
        while True:
            self._more.clear()
            for number, report in list(self._kept.items()):
                if number > sent:
                    writer.write(report)
                    await writer.drain()
                    sent = number
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S):
                    await self._more.wait()
                    continue
            sent = 0
