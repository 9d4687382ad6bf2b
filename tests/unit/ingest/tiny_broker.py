"""A hand-made MQTT 5 and 3.1.1 broker for answers that a real one does not give on demand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests import servers


@dataclass
class TinyBroker:
    """Answers CONNECT and SUBSCRIBE with the codes it is told.

    `greeting` holds bytes sent verbatim after each subscription. A message in `early` is sent
    before the answer to the subscription, which waits for its acknowledgement.
    """

    version: int = 5
    connack_code: int = 0
    suback_code: int = 1
    is_silent: bool = False
    greeting: list[bytes] = field(default_factory=list)
    early: bytes = b""
    port: int = field(default_factory=servers.free_port)
    packets: list[bytes] = field(default_factory=list)
    n_connections: int = 0
    _held: bytes = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        try:
            while True:
                head, body = await self._packet(reader)
                self.packets.append(bytes([head]) + body)
                if self.is_silent:
                    continue
                writer.write(self._answer(head & 0xF0, body))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _packet(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readexactly(1))[0]
        length = shift = 0
        while True:
            byte = (await reader.readexactly(1))[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return head, await reader.readexactly(length)

    def _answer(self, kind: int, body: bytes) -> bytes:
        properties = b"\0" if self.version == 5 else b""
        if kind == 0x10:
            return packet(0x20, bytes([0, self.connack_code]) + properties)
        if kind == 0x80:
            n_filters = body.count(b"gw/1")
            codes = bytes([self.suback_code]) * n_filters
            greeting = self.greeting.pop(0) if self.greeting else b""
            self._held = packet(0x90, body[:2] + properties + codes) + greeting
            return self.early or self._held
        if kind == 0x40 and self.early:
            return self._held
        return packet(0xD0, b"") if kind == 0xC0 else b""


def packet(head: int, body: bytes) -> bytes:
    """Frame a packet of at most 127 bytes."""
    return bytes([head, len(body)]) + body


def publish(mid: int, payload: bytes, version: int = 5, topic: bytes = b"gw/1/s/d/event") -> bytes:
    """Frame a PUBLISH at QoS 1."""
    properties = b"\0" if version == 5 else b""
    where = len(topic).to_bytes(2, "big") + topic
    return packet(0x32, where + mid.to_bytes(2, "big") + properties + payload)


@asynccontextmanager
async def running(broker: TinyBroker) -> AsyncIterator[TinyBroker]:
    """Serve on the broker's port until the end of the context."""
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(broker.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", broker.port)
    try:
        yield broker
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        await asyncio.wait_for(server.wait_closed(), 5)
