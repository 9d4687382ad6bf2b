"""One connection of a station: reads as long as there is room, and writes what confirms."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Protocol

from ingest.tcp.config import TcpConfig
from ingest.tcp.dialect import Answer, Conversation, Given, Heard, Refused

log = logging.getLogger(__name__)


class Desk(Protocol):
    """What a connection asks of the listener it belongs to."""

    def welcome(self, connection: "Connection") -> bool:
        """Take a new connection, or refuse it."""
        ...

    def has_room(self, connection: "Connection") -> bool:
        """Tell whether one more message of this connection may be read now."""
        ...

    def take(self, connection: "Connection", given: Given) -> None:
        """Take a message."""
        ...

    def take_last(self, connection: "Connection", given: Given) -> None:
        """Take a message of a connection that ends, or count it as lost."""
        ...

    def refuse(self, connection: "Connection", reason: str) -> None:
        """Note that something was refused."""
        ...

    def hear(self, connection: "Connection", data: bytes) -> Iterator[Heard]:
        """Let the connection's protocol read bytes."""
        ...

    def leave(self, connection: "Connection") -> None:
        """Forget a connection that is gone."""
        ...


class Connection(asyncio.Protocol):
    """Bytes to messages, with back pressure: while there is no room nothing is read.

    Times are those of the loop's clock.
    """

    def __init__(self, *, number: int, desk: Desk, talk: Conversation, config: TcpConfig) -> None:
        self.number = number
        self.talk = talk
        self.peer = "?"
        self.n_in_flight = 0
        self._desk = desk
        self._config = config
        self._transport: asyncio.Transport | None = None
        self._pending: list[Iterator[Heard]] = []
        self._n_refused = 0
        self._is_known = False  # a sound frame has come
        self._has_ended = False  # the station has ended its half
        self.is_gone = False
        self._heard_s = 0.0
        self._begun_s = 0.0

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or leave at once where the listener is full."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server gives no other
        peer = transport.get_extra_info("peername")
        self.peer = f"{peer[0]}:{peer[1]}" if peer else "?"
        self._heard_s = self._begun_s = asyncio.get_running_loop().time()
        if self._desk.welcome(self):
            self._transport = transport
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        if self._transport is None:
            return
        now_s = asyncio.get_running_loop().time()
        if not self.talk.is_within:
            self._begun_s = now_s if self._is_known else self._begun_s
        self._heard_s = now_s
        self._pending.append(self._desk.hear(self, data))
        self.read_on()

    def eof_received(self) -> bool:
        """Stay until what came is confirmed, where the station only ends its own half."""
        self._has_ended = True
        return bool(self.n_in_flight or self._pending)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take what came before the end as far as there is room: some stations send and leave."""
        del exc
        self._transport = None
        self.is_gone = True
        self._take_rest()
        self._desk.leave(self)

    # What the listener calls

    def read_on(self) -> None:
        """Read as far as there is room, then stop the station."""
        while self._pending and self._transport is not None:
            if not self._desk.has_room(self):
                self._transport.pause_reading()
                return
            self._act_next()
        if self._transport is None:
            return
        self._transport.resume_reading()
        if self._has_ended and not self.n_in_flight:
            self._transport.close()

    def _act_next(self) -> None:
        heard = next(self._pending[0], None)
        if heard is not None:
            self.act(heard)
        elif self._pending:
            del self._pending[0]

    def _take_rest(self) -> None:
        while self._pending:
            heard = next(self._pending[0], None)
            if heard is None:
                del self._pending[0]
            elif isinstance(heard, Given):
                self._desk.take_last(self, heard)
                if heard.why_refused:
                    self._refuse(heard.why_refused)
            else:
                self.act(heard)

    def act(self, heard: Heard) -> None:
        """Do what a protocol says."""
        if isinstance(heard, Given):
            self._desk.take(self, heard)
        elif isinstance(heard, Answer):
            self.write(heard.data)
        reason = heard.reason if isinstance(heard, Refused) else ""
        if isinstance(heard, Given):
            reason = heard.why_refused
        if reason:
            self._refuse(reason)
        else:
            self._n_refused, self._is_known = 0, True
            self._begun_s = self._heard_s

    def write(self, data: bytes) -> None:
        """Write; a station that does not read what it is sent is cut off and comes again."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(data)
        if transport.get_write_buffer_size() > self._config.max_unsent_bytes:
            self._refuse("it does not read what it is sent")
            self.abort()

    def stop_reading(self) -> None:
        """Read nothing any more, and take what has come already as far as there is room."""
        self._take_rest()
        if self._transport is not None:
            self._transport.pause_reading()

    def close(self) -> None:
        """End once what was written has left."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End now."""
        if self._transport is not None:
            self._transport.abort()

    def why_over(self, now_s: float) -> str | None:
        """Say which time has run out, or None."""
        config = self._config
        if self.n_in_flight or self._pending:
            return None  # it waits for us, not we for it
        if now_s - self._heard_s > config.idle_s:
            return f"nothing came for {config.idle_s:g} s"
        is_slow = self.talk.is_within or not self._is_known
        if is_slow and now_s - self._begun_s > config.frame_s:
            what = "a frame did not end" if self.talk.is_within else "no sound frame came"
            return f"{what} within {config.frame_s:g} s"
        return None

    def _refuse(self, reason: str) -> None:
        self._desk.refuse(self, reason)
        self._n_refused += 1
        if self._n_refused >= self._config.max_refused:
            self._pending.clear()
            self.abort()
