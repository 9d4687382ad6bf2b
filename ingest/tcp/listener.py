"""The TCP source: listens for stations, gives their messages, and confirms what is owned."""

import asyncio
import errno
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ingest.errors import SourceError
from ingest.source import RawMessage, SourceStatus
from ingest.tcp.config import TcpConfig
from ingest.tcp.connection import Connection
from ingest.tcp.dialect import Dialect, Given, Heard

log = logging.getLogger(__name__)

_MAX_SWEEP_S = 5.0
_MAX_TOLD = 1000


@dataclass(slots=True)
class TcpCounts:
    """What happened since the start; counts only grow.

    `lost` are messages of stations that want no confirmation, and so never send them again, for
    which there was no room when the connection ended.
    """

    accepted: int = 0
    turned_away: int = 0
    timed_out: int = 0
    messages: int = 0
    confirmed: int = 0
    repeated: int = 0
    refused: int = 0
    lost: int = 0
    last_refusal: str = ""


@dataclass(slots=True)
class _Flight:
    """A message under way, and who waits for its confirmation (the newest who sent it)."""

    given: Given
    connection: Connection


class TcpSource:
    """A `Source` that stations connect to: a frame is confirmed once the log owns its readings.

    A frame that is never acknowledged is not confirmed, and the station sends it again; where that
    happens while it is still under way it is not given twice, and the newest sender is answered.
    A message counts as under way until it is acknowledged, even when its sender has gone: some
    stations send and leave. When the window is full, nothing is read.
    """

    def __init__(self, config: TcpConfig, dialect: Dialect, *, now: Callable[[], datetime]) -> None:
        self.config = config
        self.counts = TcpCounts()
        self._dialect = dialect
        self._now = now
        self._server: asyncio.Server | None = None
        self._connections: dict[int, Connection] = {}
        self._n_made = 0
        self._inbox: deque[RawMessage] = deque()
        self._flights: dict[tuple[int, int], _Flight] = {}
        self._by_bytes: dict[tuple[str, bytes], tuple[int, int]] = {}
        self._n_bytes = 0
        self._n_given = 0
        self._told_lost: set[str] = set()
        self._wake = asyncio.Event()
        self._is_closing = False
        self._is_iterated = False
        self._sweeper: asyncio.TimerHandle | None = None
        self._status = SourceStatus(
            connected=False, since=now(), reason="not yet listening", n_reconnects=0
        )

    @property
    def name(self) -> str:
        """Give the door's name."""
        return self._dialect.name

    @property
    def status(self) -> SourceStatus:
        """Say whether stations can reach us, since when, and why not."""
        return self._status

    @property
    def port(self) -> int:
        """Give the port it listens on, which the system chose where the setting is 0."""
        server = self._server
        return server.sockets[0].getsockname()[1] if server and server.sockets else self.config.port

    @property
    def place(self) -> str:
        """Name the listener for people."""
        return self.config.place if self.config.port else f"{self.config.host}:{self.port}"

    @property
    def n_unacknowledged(self) -> int:
        """Count the messages under way."""
        return len(self._flights)

    @property
    def n_connections(self) -> int:
        """Count the stations that are connected."""
        return len(self._connections)

    async def open(self) -> None:
        """Listen; what comes waits until `batches` is iterated.

        Raises:
            SourceError: the port cannot be had.
        """
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        config = self.config
        try:
            self._server = await loop.create_server(self._connect, config.host, config.port)
        except (OSError, OverflowError) as fault:
            raise SourceError(_why_not_bound(self.name, config, fault)) from fault
        self._sweep()
        self._note(connected=True, reason="listening")
        log.info("%s listens on %s", self.name, self.place)

    async def batches(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Yield what arrived since the last batch, at most `max_batch` messages, until closed.

        Raises:
            SourceError: the port cannot be had.
        """
        if self._is_iterated:
            raise RuntimeError("this source already gives its batches to somebody")
        self._is_iterated = True
        try:
            if not self._is_closing:
                await self.open()
            while self._inbox or not self._is_closing:
                self._wake.clear()
                if self._inbox:
                    n = min(len(self._inbox), self.config.max_batch)
                    yield [self._inbox.popleft() for _ in range(n)]
                else:
                    await self._wake.wait()
        finally:
            self._is_iterated = False

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Confirm these to their stations; those who have gone will send again, and be known."""
        now = self._now()
        for message in messages:
            flight = self._flights.pop(message.token, None) if message.token else None
            if flight is None:
                continue
            self._by_bytes.pop((message.topic, message.payload), None)
            self._n_bytes -= len(message.payload)
            flight.connection.n_in_flight -= 1
            if flight.given.confirm is not None:
                flight.connection.write(flight.given.confirm(now))
                self.counts.confirmed += 1
        for connection in list(self._connections.values()):
            connection.read_on()
        self._wake.set()

    def gives_again(self, message: RawMessage) -> bool:
        """Tell that nothing is sure to come again: not every station waits for a confirmation."""
        del message
        return False

    async def close(self, timeout_s: float = 5.0) -> None:
        """Take nothing more, wait until what came is acknowledged, and hang up.

        After `timeout_s` seconds it no longer waits: what is not confirmed is sent again.
        """
        self._is_closing = True
        if self._server is not None:
            self._server.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in self._connections.values():
            connection.stop_reading()
        self._wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._flights:
                    self._wake.clear()
                    await self._wake.wait()
        self._inbox.clear()
        self._wake.set()
        for connection in list(self._connections.values()):
            connection.close()
        self._note(connected=False, reason="closed")

    # What connections ask (`ingest.tcp.connection.Desk`)

    def welcome(self, connection: Connection) -> bool:
        """Take a new connection unless there are too many."""
        if self._is_closing or len(self._connections) >= self.config.max_connections:
            self.counts.turned_away += 1
            self._refusal(connection, f"{len(self._connections)} stations are connected already")
            return False
        self.counts.accepted += 1
        self._connections[connection.number] = connection
        return True

    def has_room(self, connection: Connection) -> bool:
        """Tell whether one more message may be read now."""
        config = self.config
        return (
            len(self._flights) < config.max_in_flight
            and self._n_bytes < config.max_in_flight_bytes
            and (connection.is_gone or connection.n_in_flight < config.max_per_connection)
        )

    def take(self, connection: Connection, given: Given) -> None:
        """Let a message be given, unless the same is under way already."""
        same = (given.topic, given.payload)
        known = self._by_bytes.get(same)
        if known is not None:
            flight = self._flights[known]
            flight.connection.n_in_flight -= 1
            connection.n_in_flight += 1
            self._flights[known] = _Flight(given, connection)
            self.counts.repeated += 1
            return
        self._n_given += 1
        token = (connection.number, self._n_given)
        self._flights[token] = _Flight(given, connection)
        self._by_bytes[same] = token
        self._n_bytes += len(given.payload)
        connection.n_in_flight += 1
        self.counts.messages += 1
        self._inbox.append(RawMessage(given.topic, given.payload, self._now(), token))
        self._wake.set()

    def take_last(self, connection: Connection, given: Given) -> None:
        """Take a message of a connection that ends, or count it as lost.

        What is sent again anyway needs room like any other; the rest has all the bytes there are.
        """
        is_last_chance = given.confirm is None
        fits = self._n_bytes < self.config.max_in_flight_bytes
        if self.has_room(connection) or (is_last_chance and fits):
            self.take(connection, given)
        elif is_last_chance:
            self._lose(connection)

    def refuse(self, connection: Connection, reason: str) -> None:
        """Count what was refused, and tell the 1st, 2nd, 4th, 8th, … time."""
        self.counts.refused += 1
        self._refusal(connection, reason)

    def hear(self, connection: Connection, data: bytes) -> Iterator[Heard]:
        """Let the connection's protocol read bytes."""
        return connection.talk.hear(data, self._now())

    def leave(self, connection: Connection) -> None:
        """Forget a connection; what it sent stays under way."""
        self._connections.pop(connection.number, None)

    # Inside

    def _connect(self) -> Connection:
        self._n_made += 1
        return Connection(
            number=self._n_made, desk=self, talk=self._dialect.converse(), config=self.config
        )

    def _sweep(self) -> None:
        """Look at every connection's times, now and then again."""
        loop = asyncio.get_running_loop()
        now, now_s = self._now(), loop.time()
        for connection in list(self._connections.values()):
            for heard in connection.talk.tick(now):
                connection.act(heard)
            why = connection.why_over(now_s)
            if why is not None:
                self.counts.timed_out += 1
                log.info("%s: %s is cut off: %s", self.name, connection.peer, why)
                connection.abort()
        every_s = min(_MAX_SWEEP_S, self.config.frame_s / 4, self.config.idle_s / 4)
        self._sweeper = loop.call_later(every_s, self._sweep)

    def _lose(self, connection: Connection) -> None:
        """Count a message as lost, and tell it once of each station."""
        self.counts.lost += 1
        station = connection.peer.rpartition(":")[0]
        if station not in self._told_lost and len(self._told_lost) < _MAX_TOLD:
            self._told_lost.add(station)
            log.warning(
                "%s loses messages of %s: it left while there was no room, and sends nothing again",
                *(self.name, connection.peer),
            )

    def _refusal(self, connection: Connection, reason: str) -> None:
        self.counts.last_refusal = reason
        n = self.counts.refused + self.counts.turned_away
        if n.bit_count() == 1:
            log.warning("%s refuses %s (%d so far): %s", self.name, connection.peer, n, reason)

    def _note(self, *, connected: bool, reason: str) -> None:
        self._status = SourceStatus(
            connected=connected, since=self._now(), reason=reason, n_reconnects=0
        )


def _why_not_bound(name: str, config: TcpConfig, fault: OSError | OverflowError) -> str:
    said = getattr(fault, "strerror", None) or str(fault)
    if getattr(fault, "errno", None) == errno.EADDRINUSE:
        said = "another program listens there; perhaps groundwatch is running already"
    return (
        f"{name}: cannot listen on {config.place}: {said};"
        f" name another address or port with `[{name}] listen`"
    )
